// Wakes a loop that sits in libuv's poll at a deadline; unreferenced. alarm_clock_*.cpp.
#pragma once

#include "base/clock.h"

#include "rondo/abi.h"

#include <uv.h>

namespace rondo::core {

class AlarmClock {
public:
    AlarmClock() = default;
    AlarmClock(const AlarmClock &) = delete;
    AlarmClock &operator=(const AlarmClock &) = delete;

    rondo_status open(uv_loop_t &loop);
    // Monotonic ns, or forever.
    void set(int64_t deadline);
    // For a host that waits for the loop's descriptor: the same, and for at most how long, for libuv's own timers too.
    int64_t set_for_host(uv_loop_t &loop, int64_t deadline);
    // After the loop is closed, and its handles with it.
    void close();

private:
    union {
        uv_poll_t poll_;
        uv_timer_t timer_{};
    };
    int descriptor_ = -1;
    int64_t set_for_ = forever;
};

} // namespace rondo::core
