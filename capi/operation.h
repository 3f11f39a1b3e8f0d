// The two forms of every wait: an operation to be awaited, and a call inside a fiber.
#pragma once

#include "border.h"

#include "base/pool.h"
#include "fiber/fiber.h"
#include "task/operation.h"

namespace rondo::capi {

// The primitive belongs to the running loop, on whose thread this is.
template <class P>
rondo_status enter_bound(P *primitive) {
    RONDO_TRY(check(primitive));
    RONDO_TRY(primitive->bind());
    return enter(*primitive->home);
}

// What needs no waiting needs no loop; but not from beside the loop that the primitive belongs to.
template <class P>
[[gnu::noinline]] rondo_status enter_other(P *primitive) {
    RONDO_TRY(check(primitive));
    if (primitive->home && primitive->home->wrong_thread()) return RONDO_ETHREAD;
    rondo_loop *loop = rondo_loop::current();
    return loop ? enter(*loop) : RONDO_OK;
}
template <class P>
[[gnu::always_inline]] inline rondo_status enter_any(P *primitive) {
    if (check(primitive) != RONDO_OK || !primitive->home) return enter_other(primitive);
    rondo_loop &home = *primitive->home;
    return home.working_here() && !home.ring_active ? RONDO_OK : enter_other(primitive);
}

// An operation that does what make() answers, and stands in line by now; 0. One that need not wait after all is done.
// RONDO_ENOMEM: as if nothing had been asked.
template <class Make>
rondo_status begin(rondo_loop &loop, rondo_future **op, Make make) {
    if (!op) return RONDO_EINVAL;
    auto *operation = create<Operation>(loop);
    if (!operation) return RONDO_ENOMEM;
    if (!operation->run(make())) {
        operation->release_here();
        return RONDO_ENOMEM;
    }
    operation->start();
    *op = operation;
    return 0;
}

// Inside a fiber: waits for what an _async form has begun, if it has to.
template <class Async>
rondo_status wait_in_fiber(Async async, rondo_value *result = nullptr) {
    Fiber *fiber = Fiber::current();
    if (!fiber) return RONDO_ENOFIBER;
    rondo_future *op = nullptr;
    rondo_status status = async(&op);
    if (status != 0) return status > 0 ? RONDO_OK : fiber->note(status, nullptr);
    return fiber->await_release(FutureRef::adopt(op), result);
}

} // namespace rondo::capi
