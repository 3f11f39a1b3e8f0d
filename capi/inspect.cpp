#include "border.h"

#include "task/inspect.h"
#include "task/origin.h"

using namespace rondo::capi;

rondo_status rondo_task_state(const rondo_task *task) {
    Task *t = nullptr;
    RONDO_TRY(enter_task(task, t));
    return task_state(*t);
}

rondo_status rondo_task_awaiting(rondo_task *task, rondo_future **out) {
    Task *t = nullptr;
    if (out) *out = nullptr;
    RONDO_TRY(enter_task(task, t));
    give(out, FutureRef::share(awaited_by(*t)).detach());
    return RONDO_OK;
}

rondo_status rondo_future_awaited_by(rondo_future *future, rondo_future **out, size_t capacity, size_t *count) {
    RONDO_TRY(enter(future));
    if (!out && capacity > 0) return RONDO_EINVAL;
    size_t found = 0;
    for_each_awaiter(*future, [&](Future &waiter) {
        if (found < capacity) out[found] = FutureRef::share(&waiter).detach();
        ++found;
    });
    if (count) *count = found;
    return RONDO_OK;
}

rondo_status rondo_loop_dump(rondo_loop *loop, rondo_write_fn write, void *user) {
    RONDO_TRY(enter(loop));
    if (!write) return RONDO_EINVAL;
    dump(*loop, [&](std::string_view piece) { write(user, piece.data(), piece.size()); });
    return RONDO_OK;
}

rondo_status rondo_loop_dump_fd(rondo_loop *loop, int32_t fd) {
    if (!loop && !(loop = rondo_loop::current())) return RONDO_ENOLOOP;
    RONDO_TRY(check(loop));
    if (fd < 0) return RONDO_EINVAL;
    if (loop->wrong_thread()) {
        loop->dump_wanted.store(fd, std::memory_order_relaxed);
        loop->call_attention();
    } else {
        dump_to(*loop, fd);
    }
    return RONDO_OK;
}

rondo_status rondo_loop_set_slow_callback(rondo_loop *loop, int64_t duration_ns) {
    RONDO_TRY(enter(loop));
    if (duration_ns < 0) return RONDO_EINVAL;
    loop->slow_callback = duration_ns;
    return RONDO_OK;
}

int64_t rondo_loop_get_slow_callback(rondo_loop *loop) { return enter(loop) == RONDO_OK ? loop->slow_callback : 0; }

rondo_status rondo_future_origin(const rondo_future *future, char *text, size_t capacity, size_t *length) {
    if (length) *length = 0;
    RONDO_TRY(enter(future));
    if (!text && capacity > 0) return RONDO_EINVAL;
    try {
        std::string origin = describe_origin(*future->loop, future);
        if (length) *length = origin.size();
        if (capacity == 0) return RONDO_OK;
        size_t copied = std::min(origin.size(), capacity - 1);
        std::memcpy(text, origin.data(), copied);
        text[copied] = '\0';
        return RONDO_OK;
    } catch (const std::bad_alloc &) {
        return RONDO_ENOMEM;
    }
}
