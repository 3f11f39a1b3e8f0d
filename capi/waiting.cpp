#include "border.h"

#include "fiber/fiber.h"
#include "task/operation.h"
#include "task/shield.h"
#include "task/timeout.h"
#include "task/wait.h"

namespace rondo::capi {

rondo_status check_futures(const rondo_loop &loop, std::span<rondo_future *const> futures) {
    for (rondo_future *future : futures) {
        RONDO_TRY(check(future));
        if (future->loop != &loop) return RONDO_EOTHERLOOP;
        if (future->cls == &operation_class) return RONDO_EKIND;
    }
    return RONDO_OK;
}

namespace {

template <class T>
rondo_status enter_as(rondo_future *future, const FutureClass &cls, T *&out) {
    RONDO_TRY(enter(future));
    if (future->cls != &cls) return RONDO_EKIND;
    out = static_cast<T *>(future);
    return RONDO_OK;
}

// The child a ticket stands for now.
rondo_future *claim(Ticket &ticket, size_t *index) {
    ticket.claimed = true;
    if (index) *index = static_cast<size_t>(ticket.child - ticket.iteration->first);
    return ticket.child->future;
}

// asyncio: _cancel_and_wait. Not later than at once, a coroutine that has not begun never does.
rondo_status cancel_and_await(Fiber &fiber, Future &future, rondo_value *view) {
    Future *const futures[] = {&future};
    FutureRef ended;
    RONDO_TRY(wait(*future.loop, futures, RONDO_ALL_COMPLETED, RONDO_FOREVER, ended));
    future.cls->cancel(future, cancelled_error().get());
    RONDO_TRY(fiber.await_release(std::move(ended), nullptr));
    rondo_status status = fiber.await(future, view);
    return status == RONDO_ECANCELED ? fiber.time_out() : status;
}

} // namespace
} // namespace rondo::capi

using namespace rondo::capi;

rondo_status rondo_wait(rondo_loop *loop, rondo_future *const *futures, size_t count, uint32_t condition,
                        int64_t timeout_ns, rondo_future **out) {
    if (!futures || count == 0 || condition > RONDO_FIRST_EXCEPTION) return RONDO_EINVAL;
    RONDO_TRY(enter_open(loop));
    RONDO_TRY(check_futures(*loop, {futures, count}));
    FutureRef waiting;
    RONDO_TRY(wait(*loop, {futures, count}, condition, timeout_ns, waiting));
    give(out, waiting.detach());
    return RONDO_OK;
}

rondo_status rondo_shield(rondo_future *inner, rondo_future **out) {
    RONDO_TRY(enter(inner));
    if (inner->loop->closed()) return RONDO_ECLOSED;
    FutureRef outer;
    RONDO_TRY(shield(*inner, outer));
    give(out, outer.detach());
    return RONDO_OK;
}

rondo_status rondo_as_completed(rondo_loop *loop, rondo_future *const *futures, size_t count, int64_t timeout_ns,
                                rondo_future **out) {
    if (!futures && count > 0) return RONDO_EINVAL;
    RONDO_TRY(enter_open(loop));
    RONDO_TRY(check_futures(*loop, {futures, count}));
    FutureRef iteration;
    RONDO_TRY(as_completed(*loop, {futures, count}, timeout_ns, iteration));
    give(out, iteration.detach());
    return RONDO_OK;
}

rondo_status rondo_as_completed_next(rondo_future *iteration, rondo_future **out) {
    if (out) *out = nullptr;
    AsCompleted *it = nullptr;
    RONDO_TRY(enter_as(iteration, as_completed_class, it));
    if (it->loop->closed()) return RONDO_ECLOSED;
    FutureRef ticket;
    RONDO_TRY(draw_ticket(*it, ticket));
    bool drawn = static_cast<bool>(ticket);
    give(out, ticket.detach());
    return drawn;
}

int64_t rondo_as_completed_poll(rondo_future *iteration) {
    AsCompleted *it = nullptr;
    RONDO_TRY(enter_as(iteration, as_completed_class, it));
    return draw_ended(*it);
}

rondo_future *rondo_as_completed_child(rondo_future *future, size_t *index) {
    Ticket *ticket = nullptr;
    if (enter_as(future, ticket_class, ticket) < 0 || !ticket->child) return nullptr;
    return claim(*ticket, index);
}

rondo_status rondo_wait_for(rondo_future *future, int64_t timeout_ns, rondo_value *view) {
    if (view) *view = no_value();
    RONDO_TRY(check(future));
    Fiber *fiber = Fiber::current();
    if (!fiber) return RONDO_ENOFIBER;
    if (timeout_ns <= 0 && !future->done()) return cancel_and_await(*fiber, *future, view);
    rondo_timeout *limit = nullptr;
    RONDO_TRY(rondo_timeout_begin(timeout_ns, &limit));
    rondo_timeout_release(limit); // it keeps itself until it is left; the stack may end before with the loop
    return rondo_timeout_exit(limit, fiber->await(*future, view));
}

rondo_status rondo_next_completed(rondo_future *iteration, rondo_future **done, size_t *index) {
    if (done) *done = nullptr;
    RONDO_TRY(check(iteration));
    Fiber *fiber = Fiber::current();
    if (!fiber) return RONDO_ENOFIBER;
    rondo_future *drawn = nullptr;
    rondo_status status = rondo_as_completed_next(iteration, &drawn);
    if (status <= 0) return status;
    FutureRef ticket = FutureRef::adopt(drawn);
    if (ticket->done()) {
        RONDO_TRY(fiber->await(*ticket, nullptr));
    } else { // the step that resumes holds it until the next switch
        RONDO_TRY(fiber->await_release(std::move(ticket), nullptr));
    }
    rondo_future *child = claim(static_cast<Ticket &>(*drawn), index);
    if (done) *done = child;
    return 1;
}
