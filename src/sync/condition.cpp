#include "sync/condition.h"

#include "sync/queued.h"

using namespace rondo::core;

void rondo_condition::notify(uint64_t n) {
    while (n > 0 && call_first(waiters)) --n;
}

namespace rondo::core {
namespace {

void refuse(void *, rondo_cancel_request *io) { io->answer = RONDO_CANCEL_REFUSED; }

// For the last wait, when there is no memory for another: it is not left before it is over.
FutureRef make_reserve(rondo_loop &loop) {
    rondo_future_options options{};
    options.cancel = refuse;
    Future *future = nullptr;
    return make_future(loop, &options, future) < 0 ? FutureRef() : FutureRef::adopt(future);
}

// Cancel requests are put off until the lock is held: the last of them is answered.
Routine reacquire(Ref<Lock> lock, FutureRef reserve) {
    ErrorRef put_off;
    for (;;) {
        Routine again = acquire(Ref<Lock>::share(lock.get()));
        ErrorRef error = co_await again;
        if (!error) co_return std::move(put_off);
        if (error->code != RONDO_ECANCELED) break;
        put_off = std::move(error);
    }
    if (lock->try_acquire()) co_return std::move(put_off);
    Queued place(std::move(reserve), lock->waiters);
    if (ErrorRef error = co_await until(place.future())) put_off = std::move(error);
    place.leave();
    lock->locked = true;
    co_return std::move(put_off);
}

} // namespace

Routine wait(Ref<Condition> condition) {
    Queued place(*condition->home, condition->waiters);
    FutureRef reserve = make_reserve(*condition->home);
    if (!place || !reserve) co_return make_error(RONDO_ENOMEM);
    Routine again = reacquire(Ref<Lock>::share(condition->lock.get()), std::move(reserve));
    if (!again) co_return make_error(RONDO_ENOMEM);
    condition->lock->unlock();
    ErrorRef error = co_await until(place.future());
    place.leave();
    ErrorRef late = co_await again;
    if (late) error = std::move(late);
    if (error) condition->notify(1); // it may have been meant for this one
    co_return std::move(error);
}

} // namespace rondo::core
