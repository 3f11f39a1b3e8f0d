#include "sync/barrier.h"

#include "task/value.h"

#include <algorithm>
#include <exception>
#include <functional>

namespace rondo::core {
namespace {

using Phase = rondo_barrier::Phase;

constexpr uint64_t everybody = ~uint64_t{0};

Routine lock_of(Barrier &barrier) {
    Lock &lock = *barrier.condition->lock;
    (void)lock.bind(); // nobody else has either of them
    (void)barrier.condition->bind();
    return acquire(Ref<Lock>::share(&lock));
}

void unlock(Barrier &barrier) { barrier.condition->lock->unlock(); }

Routine wait_once(Barrier &barrier) { return wait(Ref<Condition>::share(barrier.condition.get())); }

ErrorRef broken(const char *how) { return make_error(RONDO_EBROKEN, how); }

// Those who arrive while others leave.
Routine enter(Ref<Barrier> barrier) {
    while (barrier->state == Phase::draining || barrier->state == Phase::resetting) {
        Routine once = wait_once(*barrier);
        if (ErrorRef error = co_await once) co_return std::move(error);
    }
    co_return barrier->state == Phase::broken ? broken("Barrier aborted") : ErrorRef();
}

Routine meet(Ref<Barrier> barrier) {
    if (barrier->count == barrier->parties) {
        barrier->state = Phase::draining;
        barrier->condition->notify(everybody);
        co_return ErrorRef();
    }
    while (barrier->state == Phase::filling) {
        Routine once = wait_once(*barrier);
        if (ErrorRef error = co_await once) co_return std::move(error);
    }
    co_return barrier->state == Phase::draining ? ErrorRef() : broken("Abort or reset of barrier");
}

} // namespace
} // namespace rondo::core

bool rondo_barrier::make_room() noexcept {
    if (next < freed.capacity()) return true;
    try {
        freed.reserve(std::max<uint64_t>(8, 2 * next));
        return true;
    } catch (const std::exception &) {
        return false;
    }
}

uint64_t rondo_barrier::take_index() {
    ++count;
    if (freed.empty()) return next++;
    uint64_t index = freed.back();
    freed.pop_back();
    return index;
}

void rondo_barrier::leave(uint64_t index) {
    if (state == Phase::filling) {
        auto place = std::lower_bound(freed.begin(), freed.end(), index, std::greater<>());
        freed.insert(place, index);
    }
    if (--count > 0) return;
    next = 0;
    freed.clear();
    if (state == Phase::resetting || state == Phase::draining) state = Phase::filling;
    condition->notify(rondo::core::everybody);
}

namespace rondo::core {

Routine wait(Ref<Barrier> barrier) {
    Operation &self = co_await this_operation();
    Routine locking = lock_of(*barrier);
    if (ErrorRef error = co_await locking) co_return std::move(error);
    Routine entering = enter(Ref<Barrier>::share(barrier.get()));
    ErrorRef error = co_await entering;
    if (!error && !barrier->make_room()) error = make_error(RONDO_ENOMEM);
    if (!error) {
        self.result = rondo_value{RONDO_U64, 0, {0}, 0, nullptr};
        uint64_t index = self.result.as.u64 = barrier->take_index();
        Routine meeting = meet(Ref<Barrier>::share(barrier.get()));
        error = co_await meeting;
        barrier->leave(index);
    }
    unlock(*barrier);
    co_return std::move(error);
}

Routine reset(Ref<Barrier> barrier) {
    Routine locking = lock_of(*barrier);
    if (ErrorRef error = co_await locking) co_return std::move(error);
    barrier->state = barrier->count == 0 ? Phase::filling : Phase::resetting;
    barrier->condition->notify(everybody);
    unlock(*barrier);
    co_return ErrorRef();
}

Routine abort(Ref<Barrier> barrier) {
    Routine locking = lock_of(*barrier);
    if (ErrorRef error = co_await locking) co_return std::move(error);
    barrier->state = Phase::broken;
    barrier->condition->notify(everybody);
    unlock(*barrier);
    co_return ErrorRef();
}

} // namespace rondo::core
