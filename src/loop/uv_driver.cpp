#include "loop/uv_driver.h"

namespace rondo::core {

rondo_status UvDriver::open() {
    if (int s = uv_loop_init(&loop_); s < 0) return s;
    int s = uv_async_init(&loop_, &bell_, [](uv_async_t *) {});
    if (s >= 0) {
        uv_unref(reinterpret_cast<uv_handle_t *>(&bell_));
        s = alarm_.open(loop_);
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
    alarm_.close();
}

void UvDriver::wait(int64_t deadline) {
    alarm_.set(deadline);
    auto *bell = reinterpret_cast<uv_handle_t *>(&bell_);
    uv_ref(bell); // libuv waits only while something is alive
    uv_run(&loop_, UV_RUN_ONCE);
    uv_unref(bell);
}

int64_t UvDriver::get_ready_to_wait(int64_t deadline) { return alarm_.set_for_host(loop_, deadline); }

} // namespace rondo::core
