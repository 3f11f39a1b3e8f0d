// rondo/timeout.hpp - blocks that must end before a deadline. asyncio: timeout, timeout_at, Timeout.
//
//     Page page = co_await rondo::with_timeout(2s, fetch(url));
//
//     co_await rondo::with_timeout(2s, [&](rondo::Timeout &limit) -> rondo::Coroutine<> {
//         while (auto part = co_await download.next()) limit.reschedule_after(2s); // two seconds for each
//     });
//
// The body runs inside the awaiting task. When the deadline passes, the task is cancelled: the body is thrown
// Cancelled where it waits, cleans up, and with_timeout throws TimeoutError in its place. A body that catches it and
// returns has succeeded. A cancellation from elsewhere stays what it is. Blocks nest; each turns only its own
// cancellation into a TimeoutError. For a single awaitable there is wait_for, in wait.hpp.
//
// Why no guard object: the end of the block changes the exception in flight, which no destructor can.
#ifndef RONDO_TIMEOUT_HPP
#define RONDO_TIMEOUT_HPP

#include <chrono>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>

#include "coroutine.hpp"
#include "error.hpp"
#include "loop.hpp"
#include "rondo.h"

namespace rondo {

namespace detail {

// When a deadline `delay` from now is.
[[nodiscard]] inline std::int64_t deadline_after(std::int64_t delay) {
    rondo_loop *loop = rondo_loop_running();
    if (loop == nullptr) check(RONDO_ENOLOOP);
    const std::int64_t now = rondo_loop_time(loop);
    return delay >= RONDO_FOREVER - now ? RONDO_FOREVER : now + delay;
}

// Given to a with_ function before its block begins.
struct Delay {
    std::int64_t nanoseconds;
};
struct Moment {
    std::int64_t nanoseconds;
};

} // namespace detail

// A counted handle to the deadline of one block. with_timeout makes one and hands it to the body; make one yourself
// to ask it afterwards:
//
//     rondo::Timeout limit(2s);          // counted from here
//     co_await rondo::with_timeout(limit, body);
//     if (limit.expired()) ...           // the body has swallowed the cancellation
//
// Points in time are Loop::time()'s; rondo::never stands for none. Loop thread, but for copying and dropping handles.
class Timeout {
public:
    enum class State : rondo_status {
        created = RONDO_TIMEOUT_CREATED,
        active = RONDO_TIMEOUT_ACTIVE,
        expiring = RONDO_TIMEOUT_EXPIRING, // the task was cancelled and is still inside
        expired = RONDO_TIMEOUT_EXPIRED,   // left after that
        finished = RONDO_TIMEOUT_FINISHED, // left in time
    };

    // Of the loop running in this thread. Errors: RONDO_ENOLOOP, RONDO_EINVAL (a NaN). asyncio: timeout.
    template <class Rep, class Period>
    explicit Timeout(std::chrono::duration<Rep, Period> delay) : Timeout(detail::Delay{detail::nanoseconds(delay)}) {}
    explicit Timeout(detail::Delay delay) : timeout_(make(detail::deadline_after(delay.nanoseconds))) {}
    explicit Timeout(detail::Moment when) : timeout_(make(when.nanoseconds)) {}
    // asyncio: timeout_at.
    template <class Rep, class Period>
    [[nodiscard]] static Timeout at(std::chrono::duration<Rep, Period> when) {
        return Timeout(detail::Moment{detail::nanoseconds(when)});
    }

    Timeout(const Timeout &other) noexcept
        : timeout_(other.timeout_ != nullptr ? rondo_timeout_retain(other.timeout_) : nullptr) {}
    Timeout(Timeout &&other) noexcept : timeout_(std::exchange(other.timeout_, nullptr)) {}
    Timeout &operator=(Timeout other) noexcept {
        std::swap(timeout_, other.timeout_);
        return *this;
    }
    ~Timeout() {
        if (timeout_ != nullptr) rondo_timeout_release(timeout_);
    }

    [[nodiscard]] std::chrono::nanoseconds when() const noexcept {
        return std::chrono::nanoseconds(rondo_timeout_when(timeout_));
    }
    [[nodiscard]] State state() const { return State{detail::check(rondo_timeout_state(timeout_))}; }
    // Whether it has struck, also while the task is still inside.
    [[nodiscard]] bool expired() const { return detail::check(rondo_timeout_expired(timeout_)) == 1; }

    // Moves the deadline of an active one to a point in time; one in the past strikes in the next turn. Throws
    // InvalidState. asyncio: reschedule.
    template <class Rep, class Period>
    void reschedule(std::chrono::duration<Rep, Period> when) const {
        detail::check(rondo_timeout_reschedule(timeout_, detail::nanoseconds(when)));
    }
    // The same, counted from now.
    template <class Rep, class Period>
    void reschedule_after(std::chrono::duration<Rep, Period> delay) const {
        detail::check(rondo_timeout_reschedule(timeout_, detail::deadline_after(detail::nanoseconds(delay))));
    }

    [[nodiscard]] rondo_timeout *native() const noexcept { return timeout_; }

    // Not for users: by the running task, with one look at the clock.
    static Timeout entered(Timeout limit) {
        detail::check(rondo_timeout_enter(limit.native()));
        return limit;
    }
    static Timeout entered(detail::Delay delay) {
        Timeout limit(nullptr);
        detail::check(rondo_timeout_begin(delay.nanoseconds, &limit.timeout_));
        return limit;
    }
    static Timeout entered(detail::Moment when) {
        Timeout limit(nullptr);
        detail::check(rondo_timeout_begin_at(when.nanoseconds, &limit.timeout_));
        return limit;
    }

private:
    explicit Timeout(std::nullptr_t) noexcept : timeout_(nullptr) {}

    static rondo_timeout *make(std::int64_t when) {
        rondo_timeout *timeout = nullptr;
        detail::check(rondo_timeout_create(nullptr, when, &timeout));
        return timeout;
    }

    rondo_timeout *timeout_;
};

namespace detail {

[[noreturn, gnu::cold, gnu::noinline]] inline void raise_timeout(const ErrorPtr &cause) {
    auto options = sized<rondo_error_options>();
    options.code = RONDO_ETIMEDOUT;
    options.cause = cause.get();
    rondo_error *error = nullptr;
    check(rondo_error_create(&options, &error));
    throw TimeoutError(ErrorPtr::adopt(error));
}

// The block ended with an exception: throws what it is for the outside.
[[noreturn]] inline void leave_failed(const Timeout &limit, const std::exception_ptr &exception) {
    const ErrorPtr error = to_error(exception);
    const rondo_status status = rondo_timeout_exit(limit.native(), error.code());
    if (error.is_cancelled() && status == RONDO_ETIMEDOUT) raise_timeout(error);
    std::rethrow_exception(exception);
}

// Limit is a Timeout, a Delay that counts from the first line, or a Moment.
template <class T, class Limit, class Body>
Coroutine<T> run_within(Limit given, Body body) {
    Timeout limit = Timeout::entered(std::move(given));
    std::exception_ptr exception;
    try {
        if constexpr (std::is_void_v<T>) {
            co_await enter_body(body, limit);
            check(rondo_timeout_exit(limit.native(), RONDO_OK));
            co_return;
        } else {
            T value = co_await enter_body(body, limit);
            check(rondo_timeout_exit(limit.native(), RONDO_OK));
            co_return static_cast<T &&>(value);
        }
    } catch (...) {
        exception = std::current_exception();
    }
    leave_failed(limit, exception);
}

template <class Limit, class Body>
auto with_limit(Limit limit, Body &&body) {
    using Kept = KeptBody<Timeout, Body>;
    return run_within<BodyResult<Timeout, Body>, Limit, Kept>(std::move(limit),
                                                              keep_body<Timeout>(std::forward<Body>(body)));
}

} // namespace detail

// Runs body as a block of the awaiting task and returns what it returned. body is a coroutine, a function that makes
// one, or a function of a Timeout & that does; it is kept while the block runs. The delay counts from when the block
// begins; with a zero or negative one the first suspension fails. Throws TimeoutError, and what body throws.
template <class Rep, class Period, detail::ScopeBody<Timeout> Body>
auto with_timeout(std::chrono::duration<Rep, Period> delay, Body &&body) {
    return detail::with_limit(detail::Delay{detail::nanoseconds(delay)}, std::forward<Body>(body));
}
// With a Timeout not used before: else InvalidState.
template <detail::ScopeBody<Timeout> Body>
auto with_timeout(Timeout limit, Body &&body) {
    return detail::with_limit(std::move(limit), std::forward<Body>(body));
}
// With a deadline of Loop::time(). asyncio: timeout_at.
template <class Rep, class Period, detail::ScopeBody<Timeout> Body>
auto with_timeout_at(std::chrono::duration<Rep, Period> when, Body &&body) {
    return detail::with_limit(detail::Moment{detail::nanoseconds(when)}, std::forward<Body>(body));
}

// The earliest deadline of the blocks the running task is in, to be passed on to whoever works for it; rondo::never
// when there is none. asyncio: none.
[[nodiscard]] inline std::chrono::nanoseconds current_deadline() noexcept {
    return std::chrono::nanoseconds(rondo_current_deadline());
}

} // namespace rondo

#endif // RONDO_TIMEOUT_HPP
