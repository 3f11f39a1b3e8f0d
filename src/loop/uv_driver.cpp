#include "loop/uv_driver.h"

#include "base/clock.h"

#include <algorithm>

#if defined(__linux__)
#include <cerrno>
#include <sys/timerfd.h>
#include <unistd.h>
#endif

namespace rondo::core {

rondo_status UvDriver::open() {
    if (int s = uv_loop_init(&loop_); s < 0) return s;
    int s = uv_async_init(&loop_, &bell_, [](uv_async_t *) {});
    if (s >= 0) {
        uv_unref(reinterpret_cast<uv_handle_t *>(&bell_));
        s = open_alarm();
    }
    if (s < 0) close();
    return s;
}

void UvDriver::close() {
    uv_walk(
        &loop_,
        [](uv_handle_t *handle, void *) {
            if (!uv_is_closing(handle)) uv_close(handle, nullptr);
        },
        nullptr);
    while (uv_loop_close(&loop_) == UV_EBUSY) uv_run(&loop_, UV_RUN_DEFAULT);
    close_alarm();
}

void UvDriver::wait(int64_t deadline) {
    set_alarm(deadline);
    auto *bell = reinterpret_cast<uv_handle_t *>(&bell_);
    uv_ref(bell); // libuv waits only while something is alive
    uv_run(&loop_, UV_RUN_ONCE);
    uv_unref(bell);
}

#if defined(__linux__)

// The alarm rings through the descriptor; libuv's own timers do not.
int64_t UvDriver::get_ready_to_wait(int64_t deadline) {
    uv_update_time(&loop_);
    int timer = uv_backend_timeout(&loop_);
    if (timer == 0) return 0;
    if (timer > 0) deadline = std::min(deadline, monotonic_now() + timer * int64_t{1'000'000});
    set_alarm(deadline);
    return forever;
}

rondo_status UvDriver::open_alarm() {
    alarm_set_for_ = forever;
    alarm_fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (alarm_fd_ < 0) return -errno;
    alarm_.data = this;
    if (int s = uv_poll_init(&loop_, &alarm_, alarm_fd_); s < 0) return s;
    uv_unref(reinterpret_cast<uv_handle_t *>(&alarm_));
    return uv_poll_start(&alarm_, UV_READABLE, [](uv_poll_t *alarm, int, int) {
        static_cast<UvDriver *>(alarm->data)->set_alarm(forever);
    });
}

void UvDriver::set_alarm(int64_t deadline) {
    if (deadline == alarm_set_for_) return;
    alarm_set_for_ = deadline;
    itimerspec when{};
    if (deadline != forever) {
        if (deadline <= 0) deadline = 1; // all zero would disarm
        when.it_value.tv_sec = deadline / 1'000'000'000;
        when.it_value.tv_nsec = deadline % 1'000'000'000;
    }
    timerfd_settime(alarm_fd_, TFD_TIMER_ABSTIME, &when, nullptr);
}

void UvDriver::close_alarm() {
    if (alarm_fd_ >= 0) ::close(alarm_fd_);
    alarm_fd_ = -1;
}

#else

int64_t UvDriver::get_ready_to_wait(int64_t deadline) {
    set_alarm(deadline);
    uv_update_time(&loop_);
    int timer = uv_backend_timeout(&loop_);
    return timer < 0 ? forever : timer * int64_t{1'000'000};
}

rondo_status UvDriver::open_alarm() {
    alarm_set_for_ = forever;
    int s = uv_timer_init(&loop_, &alarm_);
    if (s >= 0) uv_unref(reinterpret_cast<uv_handle_t *>(&alarm_));
    return s;
}

void UvDriver::set_alarm(int64_t deadline) {
    if (deadline == forever) {
        uv_timer_stop(&alarm_);
        return;
    }
    int64_t left = deadline - monotonic_now();
    uv_update_time(&loop_);
    uv_timer_start(
        &alarm_, [](uv_timer_t *) {}, left > 0 ? static_cast<uint64_t>((left + 999'999) / 1'000'000) : 0, 0);
}

void UvDriver::close_alarm() {}

#endif

} // namespace rondo::core
