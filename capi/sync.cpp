#include "operation.h"

#include "sync/barrier.h"
#include "sync/condition.h"
#include "sync/event.h"
#include "sync/lock.h"
#include "sync/semaphore.h"

using namespace rondo::capi;

namespace {

template <class P>
P *retain(P *primitive) {
    if (check(primitive) == RONDO_OK) primitive->retain();
    return primitive;
}

template <class P>
void release(P *primitive) {
    if (check(primitive) == RONDO_OK) primitive->release();
}

template <class P>
rondo_status hand_out(P *made, P **out) {
    if (!made) return RONDO_ENOMEM;
    give(out, made);
    return RONDO_OK;
}

template <class P>
Ref<P> share(P *primitive) {
    return Ref<P>::share(primitive);
}

template <class P>
uint64_t waiting(const P *primitive) {
    return enter_any(primitive) == RONDO_OK ? primitive->waiters.size() : 0;
}

} // namespace

// ---- Lock

rondo_status rondo_lock_create(rondo_lock **out) { return hand_out(create<rondo_lock>(), out); }
rondo_lock *rondo_lock_retain(rondo_lock *lock) { return retain(lock); }
void rondo_lock_release(rondo_lock *lock) { release(lock); }

rondo_status rondo_lock_acquire_async(rondo_lock *lock, rondo_future **op) {
    if (op) *op = nullptr;
    RONDO_TRY(enter_any(lock));
    if (lock->try_acquire()) return 1;
    RONDO_TRY(enter_bound(lock));
    return begin(*lock->home, op, [&] { return acquire(share(lock)); });
}

rondo_status rondo_lock_acquire(rondo_lock *lock) {
    RONDO_TRY(check(lock));
    return wait_in_fiber([&](rondo_future **op) { return rondo_lock_acquire_async(lock, op); });
}

rondo_status rondo_lock_unlock(rondo_lock *lock) {
    RONDO_TRY(enter_any(lock));
    return lock->unlock();
}

rondo_status rondo_lock_locked(const rondo_lock *lock) {
    RONDO_TRY(enter_any(lock));
    return lock->locked;
}

uint64_t rondo_lock_waiting(const rondo_lock *lock) { return waiting(lock); }

// ---- Event

rondo_status rondo_event_create(rondo_event **out) { return hand_out(create<rondo_event>(), out); }
rondo_event *rondo_event_retain(rondo_event *event) { return retain(event); }
void rondo_event_release(rondo_event *event) { release(event); }

rondo_status rondo_event_wait_async(rondo_event *event, rondo_future **op) {
    if (op) *op = nullptr;
    RONDO_TRY(enter_any(event));
    if (event->is_set) return 1;
    RONDO_TRY(enter_bound(event));
    return begin(*event->home, op, [&] { return wait(share(event)); });
}

rondo_status rondo_event_wait(rondo_event *event) {
    RONDO_TRY(check(event));
    return wait_in_fiber([&](rondo_future **op) { return rondo_event_wait_async(event, op); });
}

rondo_status rondo_event_set(rondo_event *event) {
    RONDO_TRY(enter_any(event));
    event->set();
    return RONDO_OK;
}

rondo_status rondo_event_clear(rondo_event *event) {
    RONDO_TRY(enter_any(event));
    event->is_set = false;
    return RONDO_OK;
}

rondo_status rondo_event_is_set(const rondo_event *event) {
    RONDO_TRY(enter_any(event));
    return event->is_set;
}

uint64_t rondo_event_waiting(const rondo_event *event) { return waiting(event); }

// ---- Condition

rondo_status rondo_condition_create(rondo_lock *lock, rondo_condition **out) {
    if (lock) RONDO_TRY(check(lock));
    Ref<rondo_lock> own = lock ? share(lock) : Ref<rondo_lock>::adopt(create<rondo_lock>());
    if (!own) return RONDO_ENOMEM;
    return hand_out(create<rondo_condition>(std::move(own)), out);
}

rondo_condition *rondo_condition_retain(rondo_condition *condition) { return retain(condition); }
void rondo_condition_release(rondo_condition *condition) { release(condition); }

rondo_lock *rondo_condition_lock(rondo_condition *condition) {
    return check(condition) == RONDO_OK ? condition->lock.get() : nullptr;
}

rondo_status rondo_condition_wait_async(rondo_condition *condition, rondo_future **op) {
    if (op) *op = nullptr;
    RONDO_TRY(enter_any(condition));
    if (!condition->lock->locked) return RONDO_ESTATE;
    RONDO_TRY(enter_bound(condition));
    RONDO_TRY(condition->lock->bind());
    return begin(*condition->home, op, [&] { return wait(share(condition)); });
}

rondo_status rondo_condition_wait(rondo_condition *condition) {
    RONDO_TRY(check(condition));
    return wait_in_fiber([&](rondo_future **op) { return rondo_condition_wait_async(condition, op); });
}

rondo_status rondo_condition_notify(rondo_condition *condition, uint64_t n) {
    RONDO_TRY(enter_any(condition));
    if (!condition->lock->locked) return RONDO_ESTATE;
    condition->notify(n);
    return RONDO_OK;
}

rondo_status rondo_condition_notify_all(rondo_condition *condition) {
    return rondo_condition_notify(condition, UINT64_MAX);
}

uint64_t rondo_condition_waiting(const rondo_condition *condition) { return waiting(condition); }

// ---- Semaphore

rondo_status rondo_semaphore_create(uint64_t value, uint64_t bound, rondo_semaphore **out) {
    if (bound > 0 && value > bound) return RONDO_EINVAL;
    return hand_out(create<rondo_semaphore>(value, bound ? bound : UINT64_MAX), out);
}

rondo_semaphore *rondo_semaphore_retain(rondo_semaphore *semaphore) { return retain(semaphore); }
void rondo_semaphore_release(rondo_semaphore *semaphore) { release(semaphore); }

rondo_status rondo_semaphore_acquire_async(rondo_semaphore *semaphore, rondo_future **op) {
    if (op) *op = nullptr;
    RONDO_TRY(enter_any(semaphore));
    if (semaphore->try_acquire()) return 1;
    RONDO_TRY(enter_bound(semaphore));
    return begin(*semaphore->home, op, [&] { return acquire(share(semaphore)); });
}

rondo_status rondo_semaphore_acquire(rondo_semaphore *semaphore) {
    RONDO_TRY(check(semaphore));
    return wait_in_fiber([&](rondo_future **op) { return rondo_semaphore_acquire_async(semaphore, op); });
}

rondo_status rondo_semaphore_give_back(rondo_semaphore *semaphore) {
    RONDO_TRY(enter_any(semaphore));
    return semaphore->give_back();
}

rondo_status rondo_semaphore_locked(const rondo_semaphore *semaphore) {
    RONDO_TRY(enter_any(semaphore));
    return semaphore->locked();
}

uint64_t rondo_semaphore_value(const rondo_semaphore *semaphore) {
    return enter_any(semaphore) == RONDO_OK ? semaphore->value : 0;
}

uint64_t rondo_semaphore_waiting(const rondo_semaphore *semaphore) { return waiting(semaphore); }

// ---- Barrier

rondo_status rondo_barrier_create(uint64_t parties, rondo_barrier **out) {
    if (parties == 0) return RONDO_EINVAL;
    Ref<rondo_lock> lock = Ref<rondo_lock>::adopt(create<rondo_lock>());
    if (!lock) return RONDO_ENOMEM;
    auto condition = Ref<rondo_condition>::adopt(create<rondo_condition>(std::move(lock)));
    if (!condition) return RONDO_ENOMEM;
    return hand_out(create<rondo_barrier>(parties, std::move(condition)), out);
}

rondo_barrier *rondo_barrier_retain(rondo_barrier *barrier) { return retain(barrier); }
void rondo_barrier_release(rondo_barrier *barrier) { release(barrier); }

rondo_status rondo_barrier_wait_async(rondo_barrier *barrier, rondo_future **op) {
    if (op) *op = nullptr;
    RONDO_TRY(enter_any(barrier));
    RONDO_TRY(enter_bound(barrier));
    return begin(*barrier->home, op, [&] { return wait(share(barrier)); });
}

rondo_status rondo_barrier_wait(rondo_barrier *barrier, uint64_t *index) {
    RONDO_TRY(check(barrier));
    rondo_value result = no_value();
    rondo_status status =
        wait_in_fiber([&](rondo_future **op) { return rondo_barrier_wait_async(barrier, op); }, &result);
    if (index) *index = result.as.u64;
    return status;
}

rondo_status rondo_barrier_reset_async(rondo_barrier *barrier, rondo_future **op) {
    if (op) *op = nullptr;
    RONDO_TRY(enter_any(barrier));
    RONDO_TRY(enter_bound(barrier));
    return begin(*barrier->home, op, [&] { return reset(share(barrier)); });
}

rondo_status rondo_barrier_abort_async(rondo_barrier *barrier, rondo_future **op) {
    if (op) *op = nullptr;
    RONDO_TRY(enter_any(barrier));
    RONDO_TRY(enter_bound(barrier));
    return begin(*barrier->home, op, [&] { return abort(share(barrier)); });
}

uint64_t rondo_barrier_parties(const rondo_barrier *barrier) {
    return check(barrier) == RONDO_OK ? barrier->parties : 0;
}

uint64_t rondo_barrier_waiting(const rondo_barrier *barrier) {
    return enter_any(barrier) == RONDO_OK ? barrier->waiting() : 0;
}

rondo_status rondo_barrier_state(const rondo_barrier *barrier) {
    RONDO_TRY(enter_any(barrier));
    return static_cast<rondo_status>(barrier->state);
}
