#include "border.h"

#include "fiber/fiber.h"

using namespace rondo::capi;

rondo_status rondo_fiber_create(rondo_loop *loop, rondo_fiber_fn fn, void *arg, const rondo_task_options *options,
                                rondo_task **out) {
    RONDO_TRY(enter_open(loop));
    if (!fn) return RONDO_EINVAL;
    TaskOptions task_options;
    FiberFrame frame{fn, arg, 0, nullptr};
    if (options) RONDO_TRY(read_task_options(options, task_options, &frame.stack_size));
    if (frame.stack_size > largest_stack_size) return RONDO_ENOMEM;
    Task *task = nullptr;
    RONDO_TRY(make_task(*loop, fiber_vtable(), &frame, task_options, task));
    give<rondo_task>(out, task);
    return RONDO_OK;
}

rondo_status rondo_await(rondo_future *future, rondo_value *view) {
    if (view) *view = no_value();
    RONDO_TRY(check(future));
    Fiber *fiber = Fiber::current();
    return fiber ? fiber->await(*future, view) : RONDO_ENOFIBER;
}

rondo_status rondo_await_release(rondo_future *future, rondo_value *out) {
    if (out) *out = no_value();
    RONDO_TRY(check(future));
    FutureRef held = FutureRef::adopt(future);
    Fiber *fiber = Fiber::current();
    return fiber ? fiber->await_release(std::move(held), out) : RONDO_ENOFIBER;
}

rondo_status rondo_sleep(int64_t delay_ns) {
    Fiber *fiber = Fiber::current();
    return fiber ? fiber->sleep(delay_ns) : RONDO_ENOFIBER;
}

rondo_status rondo_yield(void) {
    Fiber *fiber = Fiber::current();
    return fiber ? fiber->yield() : RONDO_ENOFIBER;
}

rondo_status rondo_raise(rondo_error *error) {
    RONDO_TRY(check(error));
    Fiber *fiber = Fiber::current();
    return fiber ? fiber->raise(ErrorRef::adopt(error)) : RONDO_ENOFIBER;
}

rondo_status rondo_fail(rondo_status code, const char *message) {
    Fiber *fiber = Fiber::current();
    return fiber ? fiber->raise(make_error(code, message)) : RONDO_ENOFIBER;
}

const rondo_error *rondo_fiber_error(void) {
    Fiber *fiber = Fiber::current();
    return fiber ? fiber->last_error() : nullptr;
}
