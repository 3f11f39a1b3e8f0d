// rondo/sync.hpp - Lock, Event, Condition, Semaphore, Barrier: the tasks of one loop waiting for one another.
//
//     rondo::Lock lock;
//
//     rondo::Coroutine<> transfer(Account &from, Account &to) {
//         auto held = co_await lock.scoped(); // given back when `held` goes, however that is
//         co_await from.take(10);
//         co_await to.add(10);
//     }
//
// None of them is for threads: the loop's thread alone, and a task alone can wait (for threads there is channel.hpp).
// One belongs to the loop on which somebody first had to wait; elsewhere: Error RONDO_EOTHERLOOP. All of them are
// handles: copies share one lock. Waiters are served first come, first served; who is cancelled when it was his turn
// passes it on. What need not wait does not suspend. Every wait throws Cancelled.
//
// The waiting functions do nothing until they are awaited, and can be given to create_task, gather and wait_for:
//
//     auto held = co_await rondo::wait_for(lock.scoped(), 2s);
#ifndef RONDO_SYNC_HPP
#define RONDO_SYNC_HPP

#include <cstdint>
#include <type_traits>
#include <utility>

#include "coroutine.hpp"
#include "error.hpp"
#include "operation.hpp"
#include "rondo.h"

namespace rondo {

// What scoped() gives: a lock that is held, or a permit that was taken, until this goes. Moves only.
template <class Lockable>
class [[nodiscard("it is given back at once")]] Held {
public:
    explicit Held(Lockable lockable) noexcept : lockable_(std::move(lockable)), holds_(true) {}
    Held(Held &&other) noexcept
        : lockable_(std::move(other.lockable_)), holds_(std::exchange(other.holds_, false)) {}
    Held &operator=(Held &&other) noexcept {
        std::swap(lockable_, other.lockable_);
        std::swap(holds_, other.holds_);
        return *this;
    }
    ~Held() {
        if (holds_) (void)Lockable::give_back(lockable_.native());
    }

    // Gives it back now.
    void release() {
        if (std::exchange(holds_, false)) detail::check(Lockable::give_back(lockable_.native()));
    }

private:
    Lockable lockable_;
    bool holds_;
};

namespace detail {

// Awaiting scoped().
template <class Lockable>
class [[nodiscard("co_await it")]] ScopedOperation final : public OperationBase<ScopedOperation<Lockable>, void> {
    using Base = OperationBase<ScopedOperation<Lockable>, void>;

public:
    explicit ScopedOperation(typename Lockable::Native *native) noexcept : native_(native) {}

    Held<Lockable> await_resume() {
        Base::await_resume();
        return Held<Lockable>(Lockable::share(native_));
    }
    [[nodiscard]] Coroutine<Held<Lockable>> as_coroutine() const { return run(Lockable::share(native_)); }

private:
    friend Base;
    rondo_status begin(rondo_future **op) noexcept { return Lockable::begin_acquire(native_, op); }
    void done() const noexcept {}

    static Coroutine<Held<Lockable>> run(Lockable lockable) { co_return co_await ScopedOperation(lockable.native()); }

    typename Lockable::Native *native_;
};

} // namespace detail

// ---- Lock ------------------------------------------------------------------------------------------------------

// One task at a time. Not reentrant; belongs to no task: anyone may release it. asyncio: Lock.
class Lock : public detail::Counted<Lock, rondo_lock, rondo_lock_retain, rondo_lock_release> {
public:
    using Counted::Counted;
    Lock() : Counted(detail::Adopted{}, make()) {}

    [[nodiscard]] auto acquire() const noexcept {
        return detail::Operation<Lock, rondo_lock_acquire_async>(*this);
    }
    // The next in line gets it in the loop's next turn. Throws InvalidState when it is not locked.
    void release() const { detail::check(rondo_lock_unlock(native())); }
    // acquire, and release when the result of it goes: a Held<Lock>. asyncio: async with lock.
    [[nodiscard]] auto scoped() const noexcept { return detail::ScopedOperation<Lock>(native()); }

    // False also while the next owner was called up but has not run yet: then acquire would wait all the same.
    [[nodiscard]] bool locked() const { return detail::check(rondo_lock_locked(native())) == 1; }
    // How many are in line.
    [[nodiscard]] std::uint64_t waiting() const noexcept { return rondo_lock_waiting(native()); }

private:
    friend Held<Lock>;
    friend detail::ScopedOperation<Lock>;
    static rondo_lock *make() {
        rondo_lock *lock = nullptr;
        detail::check(rondo_lock_create(&lock));
        return lock;
    }
    static rondo_status begin_acquire(rondo_lock *lock, rondo_future **op) noexcept {
        return rondo_lock_acquire_async(lock, op);
    }
    static rondo_status give_back(rondo_lock *lock) noexcept { return rondo_lock_unlock(lock); }
};

// ---- Event -----------------------------------------------------------------------------------------------------

// Something that has happened, or not yet. asyncio: Event.
class Event : public detail::Counted<Event, rondo_event, rondo_event_retain, rondo_event_release> {
public:
    using Counted::Counted;
    Event() : Counted(detail::Adopted{}, make()) {}

    // Until it is set; does not look again when it was cleared in between.
    [[nodiscard]] auto wait() const noexcept { return detail::Operation<Event, rondo_event_wait_async>(*this); }
    // Wakes all that wait.
    void set() const { detail::check(rondo_event_set(native())); }
    void clear() const { detail::check(rondo_event_clear(native())); }
    [[nodiscard]] bool is_set() const { return detail::check(rondo_event_is_set(native())) == 1; }
    // How many wait.
    [[nodiscard]] std::uint64_t waiting() const noexcept { return rondo_event_waiting(native()); }

private:
    static rondo_event *make() {
        rondo_event *event = nullptr;
        detail::check(rondo_event_create(&event));
        return event;
    }
};

// ---- Condition -------------------------------------------------------------------------------------------------

// A lock, and waiting under it for something to change:
//
//     auto held = co_await condition.scoped();
//     co_await condition.wait_for([&] { return !jobs.empty(); });
//
// wait and notify throw InvalidState when the lock is not held. asyncio: Condition.
class Condition : public detail::Counted<Condition, rondo_condition, rondo_condition_retain, rondo_condition_release> {
public:
    using Counted::Counted;
    // With a lock of its own, or a shared one.
    Condition() : Counted(detail::Adopted{}, make(nullptr)) {}
    explicit Condition(const Lock &lock) : Counted(detail::Adopted{}, make(lock.native())) {}

    [[nodiscard]] Lock lock() const noexcept { return Lock::share(rondo_condition_lock(native())); }
    [[nodiscard]] auto acquire() const noexcept {
        return detail::Operation<Condition, acquire_async>(*this);
    }
    void release() const { detail::check(rondo_lock_unlock(rondo_condition_lock(native()))); }
    [[nodiscard]] auto scoped() const noexcept {
        return detail::ScopedOperation<Lock>(rondo_condition_lock(native()));
    }
    [[nodiscard]] bool locked() const { return detail::check(rondo_lock_locked(rondo_condition_lock(native()))) == 1; }

    // Gives the lock back, waits to be notified, and has the lock again when it ends, however it ends. It may be woken
    // for nothing: test in a loop, or take wait_for.
    [[nodiscard]] auto wait() const noexcept { return detail::Operation<Condition, rondo_condition_wait_async>(*this); }
    // Waits until predicate() is true, and returns what it was. The predicate is kept while it waits.
    template <class Predicate>
    [[nodiscard]] auto wait_for(Predicate predicate) const {
        using Answer = std::decay_t<std::invoke_result_t<Predicate &>>;
        return wait_until<Answer>(*this, std::move(predicate));
    }

    // Wakes the n that wait longest; they go on one by one, as they get the lock.
    void notify(std::uint64_t n = 1) const { detail::check(rondo_condition_notify(native(), n)); }
    void notify_all() const { detail::check(rondo_condition_notify_all(native())); }
    // How many wait to be notified.
    [[nodiscard]] std::uint64_t waiting() const noexcept { return rondo_condition_waiting(native()); }

private:
    static rondo_condition *make(rondo_lock *lock) {
        rondo_condition *condition = nullptr;
        detail::check(rondo_condition_create(lock, &condition));
        return condition;
    }
    static rondo_status acquire_async(rondo_condition *condition, rondo_future **op) noexcept {
        return rondo_lock_acquire_async(rondo_condition_lock(condition), op);
    }
    template <class T, class Predicate>
    static Coroutine<T> wait_until(Condition condition, Predicate predicate) {
        for (;;) {
            T answer = predicate();
            if (answer) co_return answer;
            co_await condition.wait();
        }
    }
};

// ---- Semaphore -------------------------------------------------------------------------------------------------

// So many permits to take and give back. asyncio: Semaphore.
class Semaphore : public detail::Counted<Semaphore, rondo_semaphore, rondo_semaphore_retain, rondo_semaphore_release> {
public:
    using Counted::Counted;
    // Error: RONDO_EINVAL (fewer than none).
    explicit Semaphore(std::int64_t permits = 1) : Counted(detail::Adopted{}, make(permits, 0)) {}

    [[nodiscard]] auto acquire() const noexcept {
        return detail::Operation<Semaphore, rondo_semaphore_acquire_async>(*this);
    }
    // Sets the permit aside for who waits longest, or keeps it.
    void release() const { detail::check(give_back(native())); }
    // acquire, and release when the result of it goes: a Held<Semaphore>. asyncio: async with semaphore.
    [[nodiscard]] auto scoped() const noexcept { return detail::ScopedOperation<Semaphore>(native()); }

    // Whether acquire would wait.
    [[nodiscard]] bool locked() const { return detail::check(rondo_semaphore_locked(native())) == 1; }
    // Permits left for newcomers.
    [[nodiscard]] std::uint64_t value() const noexcept { return rondo_semaphore_value(native()); }
    // How many are in line.
    [[nodiscard]] std::uint64_t waiting() const noexcept { return rondo_semaphore_waiting(native()); }

protected:
    Semaphore(std::int64_t permits, std::int64_t bound) : Counted(detail::Adopted{}, make(permits, bound)) {}

private:
    friend Held<Semaphore>;
    friend detail::ScopedOperation<Semaphore>;
    static rondo_semaphore *make(std::int64_t permits, std::int64_t bound) {
        if (permits < 0) throw Error(RONDO_EINVAL, "a semaphore cannot begin with fewer permits than none");
        rondo_semaphore *semaphore = nullptr;
        detail::check(rondo_semaphore_create(static_cast<std::uint64_t>(permits), static_cast<std::uint64_t>(bound),
                                             &semaphore));
        return semaphore;
    }
    static rondo_status begin_acquire(rondo_semaphore *semaphore, rondo_future **op) noexcept {
        return rondo_semaphore_acquire_async(semaphore, op);
    }
    static rondo_status give_back(rondo_semaphore *semaphore) noexcept { return rondo_semaphore_give_back(semaphore); }
};

// One that never has more permits than it began with: a release too many throws Error RONDO_EINVAL. asyncio:
// BoundedSemaphore.
class BoundedSemaphore : public Semaphore {
public:
    // Error: RONDO_EINVAL (fewer than one).
    explicit BoundedSemaphore(std::int64_t permits = 1) : Semaphore(permits, at_least_one(permits)) {}

private:
    static std::int64_t at_least_one(std::int64_t permits) {
        if (permits < 1) throw Error(RONDO_EINVAL, "a bounded semaphore needs a permit");
        return permits;
    }
};

// ---- Barrier ---------------------------------------------------------------------------------------------------

// So many tasks wait for one another, again and again. asyncio: Barrier.
class Barrier : public detail::Counted<Barrier, rondo_barrier, rondo_barrier_retain, rondo_barrier_release> {
public:
    using Counted::Counted;
    enum class State : rondo_status {
        filling = RONDO_BARRIER_FILLING,
        draining = RONDO_BARRIER_DRAINING, // the round is complete and goes on; newcomers wait for the next
        resetting = RONDO_BARRIER_RESETTING,
        broken = RONDO_BARRIER_BROKEN,
    };

    // Error: RONDO_EINVAL (no parties).
    explicit Barrier(std::uint64_t parties) : Counted(detail::Adopted{}, make(parties)) {}

    // Until as many wait as the barrier has parties. The result is an index of this round, 0 to parties - 1, each given
    // once, a std::uint64_t. A waiter who is cancelled frees its place. Throws BrokenBarrier.
    [[nodiscard]] auto wait() const noexcept {
        return detail::Operation<Barrier, rondo_barrier_wait_async, std::uint64_t>(*this);
    }
    // Those who wait are thrown BrokenBarrier; then the barrier is as new (reset), or broken for good (abort).
    [[nodiscard]] auto reset() const noexcept {
        return detail::Operation<Barrier, rondo_barrier_reset_async>(*this);
    }
    [[nodiscard]] auto abort() const noexcept {
        return detail::Operation<Barrier, rondo_barrier_abort_async>(*this);
    }

    [[nodiscard]] std::uint64_t parties() const noexcept { return rondo_barrier_parties(native()); }
    // How many wait in this round; 0 while it is draining. asyncio: n_waiting.
    [[nodiscard]] std::uint64_t waiting() const noexcept { return rondo_barrier_waiting(native()); }
    [[nodiscard]] State state() const { return State{detail::check(rondo_barrier_state(native()))}; }
    [[nodiscard]] bool broken() const { return state() == State::broken; }

private:
    static rondo_barrier *make(std::uint64_t parties) {
        rondo_barrier *barrier = nullptr;
        detail::check(rondo_barrier_create(parties, &barrier));
        return barrier;
    }
};

} // namespace rondo

#endif // RONDO_SYNC_HPP
