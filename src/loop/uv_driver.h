// The libuv side of waiting: one loop, one bell, one alarm clock; both unreferenced, so that what is alive on the loop
// is somebody else's.
#pragma once

#include "loop/alarm_clock.h"

#include "rondo/abi.h"

#include <cstdint>
#include <uv.h>

namespace rondo::core {

class UvDriver {
public:
    UvDriver() = default;
    UvDriver(const UvDriver &) = delete;
    UvDriver &operator=(const UvDriver &) = delete;

    rondo_status open();
    void close();
    void part_from_parent() { uv_loop_fork(&loop_); }
    void wait(int64_t deadline);
    void poll() { uv_run(&loop_, UV_RUN_NOWAIT); }
    // For a host that waits: on what, and for at most how long (0: there is something to do). Alive for it, the loop is
    // watched like any other.
    void be_guest() { uv_ref(reinterpret_cast<uv_handle_t *>(&bell_)); }
    int descriptor() const { return uv_backend_fd(&loop_); }
    int64_t get_ready_to_wait(int64_t deadline);
    void ring() noexcept { uv_async_send(&bell_); }
    bool watching() const { return uv_loop_alive(&loop_) != 0; }
    uv_loop_t *loop() { return &loop_; }

private:
    uv_loop_t loop_{};
    uv_async_t bell_{};
    AlarmClock alarm_;
};

} // namespace rondo::core
