// Watches descriptors and tells which are ready. poller_*.cpp: with epoll it waits by itself, and inside libuv once that
// is open; without, it is libuv's poll from the beginning.
#pragma once

#include "rondo/abi.h"

#include <cstdint>

struct uv_loop_s;

namespace rondo::core {

class Poller {
public:
    enum : int { readable = 1, writable = 2 };
    // Told of what is ready, of descriptors not watched any more too; may change what is watched.
    using ReportFn = void (*)(void *user, int fd, int events);
    static const bool needs_uv;

    Poller() = default;
    Poller(const Poller &) = delete;
    Poller &operator=(const Poller &) = delete;

    bool is_open() const { return state_ != nullptr; }
    rondo_status open(ReportFn report, void *user);
    // From now on libuv waits, for these descriptors too.
    rondo_status join(uv_loop_s &loop);
    void close(); // after libuv's loop, if it had joined one

    // From the events watched for before to others; 0: none. What cannot be watched is refused when it was not before.
    rondo_status watch(int fd, int before, int events);
    bool watching() const;

    // As Driver's; none of them once it has joined libuv's loop.
    void poll();
    void wait(int64_t deadline);
    void ring() noexcept;

private:
    struct State;
    State *state_ = nullptr;
};

} // namespace rondo::core
