// libuv's timer, with its milliseconds.
#include "loop/alarm_clock.h"

namespace rondo::core {

rondo_status AlarmClock::open(uv_loop_t &loop) {
    int s = uv_timer_init(&loop, &timer_);
    if (s >= 0) uv_unref(reinterpret_cast<uv_handle_t *>(&timer_));
    return s;
}

void AlarmClock::set(int64_t deadline) {
    if (deadline == forever) {
        uv_timer_stop(&timer_);
        return;
    }
    int64_t left = deadline - monotonic_now();
    uv_update_time(timer_.loop);
    uint64_t milliseconds = left > 0 ? static_cast<uint64_t>((left - 1) / 1'000'000 + 1) : 0;
    // One that is due already fires before libuv waits, which it must not then.
    uv_timer_start(
        &timer_, [](uv_timer_t *timer) { uv_stop(timer->loop); }, milliseconds, 0);
}

int64_t AlarmClock::set_for_host(uv_loop_t &loop, int64_t deadline) {
    set(deadline);
    uv_update_time(&loop);
    int timer = uv_backend_timeout(&loop);
    return timer < 0 ? forever : timer * int64_t{1'000'000};
}

void AlarmClock::close() {}

} // namespace rondo::core
