// Finer than libuv's millisecond.
#include "loop/alarm_clock.h"

#include <algorithm>
#include <cerrno>
#include <sys/timerfd.h>
#include <unistd.h>

namespace rondo::core {

rondo_status AlarmClock::open(uv_loop_t &loop) {
    descriptor_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (descriptor_ < 0) return -errno;
    if (int s = uv_poll_init(&loop, &poll_, descriptor_); s < 0) return s;
    poll_.data = this;
    uv_unref(reinterpret_cast<uv_handle_t *>(&poll_));
    return uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t *poll, int, int) {
        static_cast<AlarmClock *>(poll->data)->set(forever);
    });
}

void AlarmClock::set(int64_t deadline) {
    if (deadline == set_for_) return;
    set_for_ = deadline;
    itimerspec when{};
    if (deadline != forever) {
        if (deadline <= 0) deadline = 1; // all zero would disarm
        when.it_value.tv_sec = deadline / 1'000'000'000;
        when.it_value.tv_nsec = deadline % 1'000'000'000;
    }
    timerfd_settime(descriptor_, TFD_TIMER_ABSTIME, &when, nullptr);
}

// The alarm rings through the loop's descriptor; libuv's own timers do not.
int64_t AlarmClock::set_for_host(uv_loop_t &loop, int64_t deadline) {
    uv_update_time(&loop);
    int timer = uv_backend_timeout(&loop);
    if (timer == 0) return 0;
    if (timer > 0) deadline = std::min(deadline, monotonic_now() + timer * int64_t{1'000'000});
    set(deadline);
    return forever;
}

void AlarmClock::close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

} // namespace rondo::core
