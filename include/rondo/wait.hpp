// rondo/wait.hpp - waiting for some of several futures, for one with a limit, without cancelling it, or as they come.
//
// wait            until the first, the first failure, or all of them; with a timeout, which is no error
//
//     auto [done, pending] = co_await rondo::wait(downloads, rondo::first_completed, 100ms);
//
// wait_for        one awaitable, cancelled and TimeoutError when the time is over
//
//     Page page = co_await rondo::wait_for(fetch(url), 2s);
//
// shield          one awaitable that runs on when its waiter is cancelled
//
//     auto saved = rondo::create_task(save());   // keep the task: who is cancelled can await it later
//     co_await rondo::shield(saved);
//
// as_completed    several, each as soon as it ends
//
//     auto pages = rondo::as_completed(std::move(downloads));
//     while (auto page = co_await pages.next()) use(page->result());
//
// Whoever wants all results, or the first failure to end everything, takes gather or with_group.
#ifndef RONDO_WAIT_HPP
#define RONDO_WAIT_HPP

#include <chrono>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <ratio>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "coroutine.hpp"
#include "error.hpp"
#include "future.hpp"
#include "gather.hpp"
#include "loop.hpp"
#include "result.hpp"
#include "rondo.h"
#include "task.hpp"
#include "timeout.hpp"

namespace rondo {

// ---- wait ------------------------------------------------------------------------------------------------------

enum class ReturnWhen : std::uint32_t {
    all_completed = RONDO_ALL_COMPLETED,
    first_completed = RONDO_FIRST_COMPLETED,
    first_exception = RONDO_FIRST_EXCEPTION, // one has failed (being cancelled does not count), or all are done
};
inline constexpr ReturnWhen all_completed = ReturnWhen::all_completed;
inline constexpr ReturnWhen first_completed = ReturnWhen::first_completed;
inline constexpr ReturnWhen first_exception = ReturnWhen::first_exception;

// What wait() found: the futures given, in the order in which they were given.
template <class F>
struct Waited {
    std::vector<F> done;
    std::vector<F> pending;
};

namespace detail {

[[nodiscard]] inline Awaitable<void> make_wait(std::span<rondo_future *const> futures, ReturnWhen when,
                                               std::int64_t timeout) {
    rondo_future *wait = nullptr;
    check(rondo_wait(nullptr, futures.data(), futures.size(), static_cast<std::uint32_t>(when), timeout, &wait));
    return Awaitable<void>::adopt(wait);
}

template <class F>
[[nodiscard]] Awaitable<void> make_wait(const std::vector<F> &futures, ReturnWhen when, std::int64_t timeout) {
    std::vector<rondo_future *> handles;
    handles.reserve(futures.size());
    for (const F &future : futures) handles.push_back(future.native());
    return make_wait(std::span<rondo_future *const>(handles), when, timeout);
}

template <class F>
Coroutine<Waited<F>> wait_some(std::vector<F> futures, ReturnWhen when, std::int64_t timeout) {
    co_await make_wait(futures, when, timeout);
    Waited<F> waited;
    for (F &future : futures) (future.done() ? waited.done : waited.pending).push_back(std::move(future));
    co_return waited;
}

} // namespace detail

// Suspends, always, until the condition holds or the timeout has passed. Cancels none of the futures and looks at no
// error; a future given twice comes back twice. Errors: RONDO_EINVAL (no futures, or an empty handle),
// RONDO_EOTHERLOOP, RONDO_ECLOSED. asyncio: wait.
template <std::derived_from<AnyFuture> F, class Rep = std::int64_t, class Period = std::nano>
Coroutine<Waited<F>> wait(std::vector<F> futures, ReturnWhen when = all_completed,
                          std::chrono::duration<Rep, Period> timeout = never) {
    return detail::wait_some(std::move(futures), when, detail::nanoseconds(timeout));
}
template <std::derived_from<AnyFuture> F, class Rep, class Period>
Coroutine<Waited<F>> wait(std::vector<F> futures, std::chrono::duration<Rep, Period> timeout) {
    return detail::wait_some(std::move(futures), all_completed, detail::nanoseconds(timeout));
}

// ---- wait_for --------------------------------------------------------------------------------------------------

namespace detail {

// A is a reference when the caller gave an lvalue, as in outcome_of.
template <class T, class A>
Coroutine<T> await_within(std::decay_t<A> awaitable, std::int64_t timeout) {
    Timeout limit(Delay{timeout});
    check(rondo_timeout_enter(limit.native()));
    std::exception_ptr exception;
    try {
        if constexpr (std::is_void_v<T>) {
            co_await static_cast<A &&>(awaitable);
            check(rondo_timeout_exit(limit.native(), RONDO_OK));
            co_return;
        } else {
            T value = co_await static_cast<A &&>(awaitable);
            check(rondo_timeout_exit(limit.native(), RONDO_OK));
            co_return static_cast<T &&>(value);
        }
    } catch (...) {
        exception = std::current_exception();
    }
    leave_failed(limit, exception);
}

// No time at all: what is not done is cancelled and awaited to its end.
template <class T, class A>
Coroutine<T> cancel_and_await(std::decay_t<A> future) {
    if (future.done()) co_return co_await static_cast<A &&>(future);
    rondo_future *const handle = future.native();
    auto ended = make_wait(std::span(&handle, 1), all_completed, RONDO_FOREVER);
    future.cancel();
    co_await std::move(ended);
    ErrorPtr cancelled;
    try {
        co_return co_await static_cast<A &&>(future);
    } catch (const Cancelled &reason) {
        cancelled = reason.error();
    }
    raise_timeout(cancelled);
}

template <class T>
Coroutine<T> cancel_unstarted(Coroutine<T> coroutine) {
    co_return co_await cancel_and_await<T, Task<T>>(create_task(std::move(coroutine)));
}

} // namespace detail

// Awaits what is given inside a timeout: coroutines (and functions that make one) in this very task, futures by
// awaiting them, so that a task that is late is cancelled. When the time is over and the cleanup has ended, throws
// TimeoutError; what ignores its cancellation and returns has succeeded. With a zero or negative timeout what is not
// done is cancelled at once, and a coroutine never begins. Throws what the awaitable throws. asyncio: wait_for.
template <class A, class Rep, class Period>
auto wait_for(A &&awaitable, std::chrono::duration<Rep, Period> timeout) {
    const std::int64_t ns = detail::nanoseconds(timeout);
    if constexpr (detail::Startable<A>) {
        using T = detail::StartedResult<A>;
        using C = Coroutine<T>;
        C coroutine = detail::to_coroutine(std::forward<A>(awaitable));
        if (ns <= 0) return detail::cancel_unstarted<T>(std::move(coroutine));
        return detail::await_within<T, C>(std::move(coroutine), ns);
    } else {
        using T = detail::AwaitResult<A>;
        if constexpr (std::derived_from<std::remove_cvref_t<A>, AnyFuture>) {
            if (ns <= 0) return detail::cancel_and_await<T, A>(std::forward<A>(awaitable));
        }
        return detail::await_within<T, A>(std::forward<A>(awaitable), ns);
    }
}

// ---- shield ----------------------------------------------------------------------------------------------------

// A future that ends as another does, one turn later. Cancelling it, or a task that awaits it, leaves the other
// alone. F is the handle that it shields. Read like any future: see Awaitable.
template <class F>
class [[nodiscard]] Shield : public AnyFuture {
public:
    Shield(AnyFuture outer, F inner, bool takes)
        : AnyFuture(std::move(outer)), inner_(std::move(inner)), takes_(takes) {}

    // As an argument of gather.
    [[nodiscard]] auto as_child() const requires requires(const F &inner) { detail::as_child(inner); }
    {
        auto child = detail::as_child(inner_);
        child.future = decltype(child.future)(*this);
        return child;
    }

    // What is shielded.
    [[nodiscard]] const F &inner() const noexcept { return inner_; }

    auto result() const {
        detail::read_result<void>(native(), detail::Read::copies);
        return inner_.result();
    }
    auto take() const {
        detail::read_result<void>(native(), detail::Read::copies);
        return inner_.take();
    }

    class Awaiter final : public detail::FutureAwaiterBase {
    public:
        Awaiter(Shield shield, bool takes)
            : FutureAwaiterBase(shield.native()), shield_(std::move(shield)), takes_(takes) {}
        auto await_resume() const {
            (void)arrived(); // throws what came instead
            return takes_ ? shield_.take() : shield_.result();
        }

    private:
        Shield shield_;
        bool takes_;
    };
    [[nodiscard]] Awaiter operator co_await() const & { return {*this, false}; }
    [[nodiscard]] Awaiter operator co_await() && {
        const bool takes = takes_;
        return {std::move(*this), takes};
    }

private:
    F inner_;
    bool takes_; // inner was given away, so that its value may be moved out
};

// Protects a future, or a coroutine, which becomes a task, from the cancellation of whoever awaits it. A task made
// here has no other handle: keep a task of your own to await it after a cancellation. A runner that closes cancels
// what is shielded all the same. Errors: RONDO_ENOLOOP, RONDO_ECLOSED. asyncio: shield.
template <class A>
auto shield(A &&awaitable) {
    auto inner = ensure_future(std::forward<A>(awaitable));
    rondo_future *outer = nullptr;
    detail::check(rondo_shield(inner.native(), &outer));
    return Shield<decltype(inner)>(AnyFuture::adopt(outer), std::move(inner), !std::is_lvalue_reference_v<A>);
}

// ---- as_completed ----------------------------------------------------------------------------------------------

// One of the futures given to as_completed: done, to be read or awaited as the future it is.
template <class T>
class Completed : public Awaitable<T> {
public:
    Completed(AnyFuture future, std::size_t index) noexcept : Awaitable<T>(std::move(future)), index_(index) {}
    // Its place among those given.
    [[nodiscard]] std::size_t index() const noexcept { return index_; }

private:
    std::size_t index_;
};

// The futures in the order in which they end. A handle; several tasks may share an iteration: they are served in the
// order in which they asked. Is itself a future, done when all are or the timeout has passed.
template <class T>
class [[nodiscard]] AsCompleted : public AnyFuture {
public:
    explicit AsCompleted(AnyFuture iteration) noexcept : AnyFuture(std::move(iteration)) {}

    class Awaiter final {
    public:
        explicit Awaiter(AsCompleted iteration) noexcept : iteration_(std::move(iteration)) {}
        Awaiter(const Awaiter &) = delete;
        Awaiter &operator=(const Awaiter &) = delete;

        [[nodiscard]] bool await_ready() {
            rondo_future *ticket = nullptr;
            detail::check(rondo_as_completed_next(iteration_.native(), &ticket));
            ticket_ = AnyFuture::adopt(ticket);
            return !ticket_ || ticket_.done();
        }
        template <class P>
        [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter,
                                         detail::Site here = detail::Site::current()) noexcept {
            waiter_ = &waiter.promise();
            rondo_step *io = waiter_->suspend(RONDO_STEP_AWAIT, here);
            if (io != nullptr) io->target = rondo_future_retain(ticket_.native());
            return io != nullptr;
        }
        std::optional<Completed<T>> await_resume() const {
            if (!ticket_) return std::nullopt;
            if (waiter_ != nullptr) {
                waiter_->resumed();
            } else {
                detail::read_result<void>(ticket_.native(), detail::Read::copies);
            }
            std::size_t index = 0;
            AnyFuture child = share(rondo_as_completed_child(ticket_.native(), &index));
            return Completed<T>(std::move(child), index);
        }

    private:
        AsCompleted iteration_;
        AnyFuture ticket_;
        detail::PromiseBase *waiter_ = nullptr;
    };

    class [[nodiscard("co_await it")]] Next {
    public:
        explicit Next(AsCompleted iteration) noexcept : iteration_(std::move(iteration)) {}
        [[nodiscard]] Awaiter operator co_await() const &noexcept { return Awaiter(iteration_); }
        [[nodiscard]] Awaiter operator co_await() &&noexcept { return Awaiter(std::move(iteration_)); }

    private:
        AsCompleted iteration_;
    };

    // To be awaited: a std::optional of the next future to end, empty when all were handed out. Throws TimeoutError
    // for each that is not done when the timeout has passed; they run on. asyncio: __anext__.
    [[nodiscard]] Next next() const noexcept { return Next(*this); }
};

namespace detail {

template <class A, class Items>
auto make_as_completed(Items &&items, std::int64_t timeout) {
    using T = Gathered<A>;
    std::vector<Awaitable<T>> futures;
    std::vector<rondo_future *> handles;
    futures.reserve(items.size());
    handles.reserve(items.size());
    for (auto &item : items) {
        futures.push_back(as_child(static_cast<A>(item)).future);
        handles.push_back(futures.back().native());
    }
    rondo_future *iteration = nullptr;
    check(rondo_as_completed(nullptr, handles.data(), handles.size(), timeout, &iteration));
    return AsCompleted<T>(AnyFuture::adopt(iteration));
}

} // namespace detail

// Futures, or coroutines, which become tasks in the order given. The timeout counts from the call. Leaving the loop
// early leaves the rest running. Errors: RONDO_ENOLOOP, RONDO_ECLOSED, RONDO_EOTHERLOOP. asyncio: as_completed.
template <class A, class Rep = std::int64_t, class Period = std::nano>
requires detail::Gatherable<A &&>
auto as_completed(std::vector<A> &&awaitables, std::chrono::duration<Rep, Period> timeout = never) {
    return detail::make_as_completed<A &&>(std::move(awaitables), detail::nanoseconds(timeout));
}
template <class A, class Rep = std::int64_t, class Period = std::nano>
requires detail::Gatherable<const A &>
auto as_completed(const std::vector<A> &awaitables, std::chrono::duration<Rep, Period> timeout = never) {
    return detail::make_as_completed<const A &>(awaitables, detail::nanoseconds(timeout));
}

} // namespace rondo

#endif // RONDO_WAIT_HPP
