#include "sync/lock.h"

#include "sync/queued.h"

using namespace rondo::core;

bool rondo_lock::try_acquire() {
    if (locked) return false;
    for (Link *link = waiters.front(); link != waiters.end(); link = link->next) {
        if (future_of(static_cast<Node &>(*link)).state != State::cancelled) return false;
    }
    return locked = true;
}

// Whoever is called takes the lock when it comes to run: until then nobody has it.
rondo_status rondo_lock::unlock() {
    if (!locked) return RONDO_ESTATE;
    locked = false;
    wake_first();
    return RONDO_OK;
}

void rondo_lock::wake_first() {
    if (waiters.empty()) return;
    Future &first = future_of(static_cast<Node &>(*waiters.front()));
    rondo_value none = no_value();
    if (!first.done()) first.finish(none);
}

namespace rondo::core {

Routine acquire(Ref<Lock> lock) {
    if (lock->try_acquire()) co_return ErrorRef();
    Queued place(*lock->home, lock->waiters);
    if (!place) co_return make_error(RONDO_ENOMEM);
    ErrorRef error = co_await until(place.future());
    place.leave();
    if (!error) {
        lock->locked = true;
    } else if (!lock->locked) {
        lock->wake_first();
    }
    co_return std::move(error);
}

} // namespace rondo::core
