#include "sync/condition.h"

#include "sync/queued.h"

using namespace rondo::core;

void rondo_condition::notify(uint64_t n) {
    while (n > 0 && call_first(waiters)) --n;
}

namespace rondo::core {
namespace {

// Cancel requests are put off until the lock is held: the last of them is answered.
Routine reacquire(Ref<Lock> lock) {
    ErrorRef put_off;
    for (;;) {
        Routine again = acquire(Ref<Lock>::share(lock.get()));
        ErrorRef error = co_await again;
        if (!error) break;
        bool cancelled = error->code == RONDO_ECANCELED;
        put_off = std::move(error);
        if (!cancelled) break;
    }
    co_return std::move(put_off);
}

} // namespace

Routine wait(Ref<Condition> condition) {
    Queued place(*condition->home, condition->waiters);
    if (!place) co_return make_error(RONDO_ENOMEM);
    condition->lock->unlock();
    ErrorRef error = co_await until(place.future());
    place.leave();
    Routine again = reacquire(Ref<Lock>::share(condition->lock.get()));
    ErrorRef late = co_await again;
    if (late) error = std::move(late);
    if (error) condition->notify(1); // it may have been meant for this one
    co_return std::move(error);
}

} // namespace rondo::core
