// libuv's poll: a handle for each descriptor.
#include "loop/poller.h"

#include "base/pool.h"

#include <unordered_map>
#include <uv.h>

namespace rondo::core {
namespace {

struct Watched : uv_poll_t {
    Poller::ReportFn report;
    void *user;
    int fd; // a socket on Windows
    int events;
};

rondo_status start(Watched &watched);

void on_event(uv_poll_t *handle, int status, int events) {
    auto &watched = *static_cast<Watched *>(handle);
    if (status < 0) { // libuv has stopped it; let both find out by themselves
        start(watched);
        events = UV_READABLE | UV_WRITABLE;
    }
    watched.report(watched.user, watched.fd,
                   (events & UV_READABLE ? Poller::readable : 0) | (events & UV_WRITABLE ? Poller::writable : 0));
}

rondo_status start(Watched &watched) {
    int events = (watched.events & Poller::readable ? UV_READABLE : 0) |
                 (watched.events & Poller::writable ? UV_WRITABLE : 0);
    return uv_poll_start(&watched, events, on_event);
}

} // namespace

struct Poller::State {
    State(ReportFn r, void *u) : report(r), user(u) {}
    ReportFn report;
    void *user;
    uv_loop_t *loop = nullptr;
    std::unordered_map<int, Watched *> watched;

    rondo_status add(int fd, int events) {
        Watched *&place = watched[fd]; // throws before anything is to be undone
        place = create<Watched>();
        rondo_status status = RONDO_ENOMEM;
        if (place) status = uv_poll_init_socket(loop, place, static_cast<uv_os_sock_t>(fd));
        if (status < 0) {
            destroy(place);
            watched.erase(fd);
            return status;
        }
        place->report = report;
        place->user = user;
        place->fd = fd;
        status = change(fd, events);
        if (status < 0) remove(fd);
        return status;
    }

    rondo_status change(int fd, int events) {
        Watched &it = *watched.at(fd);
        it.events = events;
        return start(it);
    }

    void remove(int fd) {
        auto found = watched.find(fd);
        uv_close(reinterpret_cast<uv_handle_t *>(found->second),
                 [](uv_handle_t *handle) { destroy(static_cast<Watched *>(reinterpret_cast<uv_poll_t *>(handle))); });
        watched.erase(found);
    }
};

const bool Poller::needs_uv = true;

rondo_status Poller::open(ReportFn report, void *user) {
    state_ = create<State>(report, user);
    return state_ ? RONDO_OK : RONDO_ENOMEM;
}

rondo_status Poller::join(uv_loop_s &loop) {
    state_->loop = &loop;
    return RONDO_OK;
}

void Poller::close() {
    destroy(state_);
    state_ = nullptr;
}

rondo_status Poller::watch(int fd, int before, int events) {
    if (before == 0) return state_->add(fd, events);
    if (events != 0) return state_->change(fd, events);
    state_->remove(fd);
    return RONDO_OK;
}

bool Poller::watching() const { return !state_->watched.empty(); }

void Poller::poll() {}
void Poller::wait(int64_t) {}
void Poller::ring() noexcept {}

} // namespace rondo::core
