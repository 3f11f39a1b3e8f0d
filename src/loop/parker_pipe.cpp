// Where POSIX has no semaphore that both signal handlers and the monotonic clock may end: a pipe, made by the first
// park, and poll with its milliseconds.
#include "loop/parker.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <new>
#include <poll.h>
#include <unistd.h>

namespace rondo::core {
namespace {

enum Word : int { nobody, parked, called };

int milliseconds_until(int64_t deadline) {
    if (deadline == forever) return -1;
    int64_t left = deadline - monotonic_now();
    return left <= 0 ? 0 : static_cast<int>(std::min<int64_t>((left - 1) / 1'000'000 + 1, INT_MAX));
}

} // namespace

struct Parker::State {
    std::atomic<int> word{nobody};
    int ends[2] = {-1, -1};

    bool open() {
        if (ends[0] >= 0) return true;
        if (pipe(ends) != 0) return false;
        for (int end : ends) {
            fcntl(end, F_SETFD, FD_CLOEXEC);
            fcntl(end, F_SETFL, O_NONBLOCK);
        }
        return true;
    }
};

Parker::Parker() {
    static_assert(sizeof(State) <= sizeof room_ && std::atomic<int>::is_always_lock_free);
    new (room_) State;
}

Parker::~Parker() {
    if (state().ends[0] < 0) return;
    for (int end : state().ends) close(end);
}

void Parker::park(int64_t deadline) noexcept {
    State &s = state();
    int timeout = milliseconds_until(deadline);
    if (!s.open()) { // out of descriptors: look again and again
        if (s.word.exchange(nobody) != called) poll(nullptr, 0, timeout < 0 ? 1 : std::min(timeout, 1));
        return;
    }
    int before = nobody;
    if (s.word.compare_exchange_strong(before, parked)) {
        pollfd readable{s.ends[0], POLLIN, 0};
        poll(&readable, 1, timeout);
        char byte;
        while (read(s.ends[0], &byte, 1) > 0) {
        }
    }
    s.word.store(nobody);
}

// A byte written late, after a deadline has passed, costs the next park one wake for no reason.
void Parker::unpark() noexcept {
    if (state().word.exchange(called) != parked) return;
    int error = errno;
    char byte = 0;
    while (write(state().ends[1], &byte, 1) < 0 && errno == EINTR) {
    }
    errno = error;
}

} // namespace rondo::core
