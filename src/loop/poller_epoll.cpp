// An epoll set with nanoseconds, and an eventfd in it as the bell. In libuv's loop the set is one more descriptor.
#include "loop/poller.h"

#include "base/clock.h"
#include "base/pool.h"
#include "loop/fork.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <new>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <uv.h>
#include <vector>

namespace rondo::core {
namespace {

uint32_t to_epoll(int events) {
    return (events & Poller::readable ? uint32_t{EPOLLIN} : 0) | (events & Poller::writable ? uint32_t{EPOLLOUT} : 0);
}

// An error or the end of a connection is for the reader and the writer to find out.
int from_epoll(uint32_t events) {
    return (events & ~uint32_t{EPOLLOUT} ? Poller::readable : 0) | (events & ~uint32_t{EPOLLIN} ? Poller::writable : 0);
}

// How late the kernel may wake this thread, and mostly does; of a nice process half a percent.
int64_t lateness(int64_t left) {
    int slack = prctl(PR_GET_TIMERSLACK);
    return std::max<int64_t>(slack, left / 200);
}

} // namespace

struct Poller::State {
    State(ReportFn r, void *u) : report(r), user(u) {}
    ReportFn report;
    void *user;
    int set = -1;
    int bell = -1;
    uint32_t watched = 0;
    std::vector<epoll_event> found; // room for all at once, the bell too
    uv_poll_t in_libuv{};
    bool joined = false;
    bool no_nanoseconds = false; // before Linux 5.11
    HomeProcess process;

    ~State() {
        if (set >= 0) ::close(set);
        if (bell >= 0) ::close(bell);
    }

    rondo_status open() {
        try {
            found.resize(1);
        } catch (const std::bad_alloc &) {
            return RONDO_ENOMEM;
        }
        set = epoll_create1(EPOLL_CLOEXEC);
        if (set < 0) return -errno;
        bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (bell < 0) return -errno;
        // Told at each ring, it need not be read.
        return control(EPOLL_CTL_ADD, bell, EPOLLIN | EPOLLET);
    }

    rondo_status control(int operation, int fd, uint32_t events) {
        epoll_event event{};
        event.events = events;
        event.data.fd = fd;
        return epoll_ctl(set, operation, fd, &event) == 0 ? 0 : -errno;
    }

    int look(int timeout) { return epoll_wait(set, found.data(), static_cast<int>(found.size()), timeout); }

    int look_for(int64_t ns) {
        timespec timeout{};
        timeout.tv_sec = ns / 1'000'000'000;
        timeout.tv_nsec = ns % 1'000'000'000;
        if (!no_nanoseconds) {
            int count = epoll_pwait2(set, found.data(), static_cast<int>(found.size()), &timeout, nullptr);
            no_nanoseconds = count < 0 && errno == ENOSYS;
            if (!no_nanoseconds) return count;
        }
        pollfd readable{set, POLLIN, 0};
        int count = ppoll(&readable, 1, &timeout, nullptr);
        return count > 0 ? look(0) : count;
    }

    // By their numbers: a descriptor closed while a copy of it is open stays in the set, whatever is said about it.
    void tell(int count) {
        for (int i = 0; i < count; ++i) {
            epoll_event event = found[static_cast<std::size_t>(i)];
            if (event.data.fd != bell) report(user, event.data.fd, from_epoll(event.events));
        }
    }

    void count(int more) {
        watched += static_cast<uint32_t>(more);
        if (!joined) return;
        auto *handle = reinterpret_cast<uv_handle_t *>(&in_libuv);
        watched > 0 ? uv_ref(handle) : uv_unref(handle);
    }
};

const bool Poller::needs_uv = false;

rondo_status Poller::open(ReportFn report, void *user) {
    state_ = create<State>(report, user);
    if (!state_) return RONDO_ENOMEM;
    rondo_status status = state_->open();
    if (status < 0) close();
    return status;
}

rondo_status Poller::join(uv_loop_s &loop) {
    if (int s = uv_poll_init(&loop, &state_->in_libuv, state_->set); s < 0) return s;
    state_->in_libuv.data = this;
    state_->joined = true;
    state_->count(0);
    return uv_poll_start(&state_->in_libuv, UV_READABLE,
                         [](uv_poll_t *handle, int, int) { static_cast<Poller *>(handle->data)->poll(); });
}

void Poller::close() {
    destroy(state_);
    state_ = nullptr;
}

rondo_status Poller::watch(int fd, int before, int events) {
    State &s = *state_;
    if (s.process.forked()) return RONDO_EFORKED; // the set is the parent's too
    if (events == 0) {
        s.control(EPOLL_CTL_DEL, fd, 0);
        s.count(-1);
        return RONDO_OK;
    }
    if (before == 0) s.found.resize(s.watched + 2);
    // Closed, and opened as something else, a descriptor is in the set no more; a copy of its number may be.
    rondo_status status = s.control(before ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, to_epoll(events));
    if (status == -ENOENT) status = s.control(EPOLL_CTL_ADD, fd, to_epoll(events));
    if (status == -EEXIST) status = s.control(EPOLL_CTL_MOD, fd, to_epoll(events));
    if (status == 0 && before == 0) s.count(1);
    return status;
}

bool Poller::watching() const { return state_->watched > 0; }

void Poller::poll() { state_->tell(state_->look(0)); }

void Poller::wait(int64_t deadline) {
    int found = deadline == forever ? state_->look(-1) : 0;
    while (found == 0) {
        int64_t left = deadline - monotonic_now();
        if (left <= 0) return;
        int64_t early = left - lateness(left);
        found = state_->look_for(early > 0 ? early : left);
    }
    state_->tell(found);
}

void Poller::ring() noexcept {
    int error = errno;
    uint64_t one = 1;
    (void)!write(state_->bell, &one, sizeof one);
    errno = error;
}

} // namespace rondo::core
