// rondo/gather.hpp - running things side by side and waiting for all of them. asyncio: gather.
//
//     auto [text, count] = co_await rondo::gather(fetch(url), count_rows(table));       // a std::tuple
//     std::vector<Page> pages = co_await rondo::gather(std::move(downloads));           // a std::vector
//
// Coroutines, functions that make one, and sleeps become tasks, in argument order; tasks and futures are used as they
// are. Results come in argument order whatever finished first. gather() itself returns at once: the tasks start in
// the next turn, whether or not somebody awaits the gathering.
//
// gather          the first to fail fails the gathering at once; the others run on, their results are lost
// gather_results  every outcome is handed over as a Result<T>; failures and cancellations do not throw
//
// gather(rondo::cancel_on_error, ...) cancels the others when one fails; gather(rondo::report_late, ...) tells the
// exception handler of failures after the first. Whoever wants the others awaited too takes with_group.
//
// Cancelling the gathering (or a task that awaits it) cancels every child that is not done. `co_await gather(...)`
// moves results out of coroutines and rvalue handles and copies those of lvalue handles; awaiting a named gathering
// copies them all, so that it can be awaited again (what cannot be copied is moved out). `void` becomes
// std::monostate in a tuple; the range forms of void give nothing and std::vector<Result<void>>.
#ifndef RONDO_GATHER_HPP
#define RONDO_GATHER_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "coroutine.hpp"
#include "future.hpp"
#include "loop.hpp"
#include "result.hpp"
#include "rondo.h"
#include "task.hpp"

namespace rondo {

// How a gather treats failures, where it differs from asyncio's.
struct GatherFlags {
    std::uint32_t bits;
    [[nodiscard]] friend constexpr GatherFlags operator|(GatherFlags a, GatherFlags b) noexcept {
        return {a.bits | b.bits};
    }
};
inline constexpr GatherFlags cancel_on_error{RONDO_GATHER_CANCEL_ON_ERROR}; // the first failure cancels the others
inline constexpr GatherFlags report_late{RONDO_GATHER_REPORT_LATE}; // later failures are reported if nobody looks

namespace detail {

// One argument of a gather: its future, and how its result will be read.
template <class T>
struct Child {
    Awaitable<T> future;
    Read how;
};

template <Startable C>
[[nodiscard]] Child<StartedResult<C>> as_child(C &&coroutine) {
    return {create_task(std::forward<C>(coroutine)), Read::takes};
}
template <class T>
[[nodiscard]] Child<T> as_child(const Awaitable<T> &future) {
    return {future, default_read<T>};
}
template <class T>
[[nodiscard]] Child<T> as_child(Awaitable<T> &&future) {
    return {std::move(future), Read::takes};
}

template <class A>
    requires requires(const A &awaitable) { awaitable.as_child(); }
[[nodiscard]] auto as_child(const A &awaitable) {
    return awaitable.as_child();
}

template <class A>
struct ChildType;
template <class T>
struct ChildType<Child<T>> {
    using type = T;
};
// The result type of one argument.
template <class A>
using Gathered = typename ChildType<decltype(as_child(std::declval<A>()))>::type;

template <class T>
using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

[[nodiscard]] inline AnyFuture make_gather(std::span<rondo_future *const> children, std::uint32_t flags) {
    rondo_future *gather = nullptr;
    check(rondo_gather(nullptr, children.data(), children.size(), flags, &gather));
    return AnyFuture::adopt(gather);
}

// How a gathering hands out child i: its value, or its outcome.
struct AsValues {
    static constexpr std::uint32_t flags = 0;
    template <class T>
    using Element = Stored<T>;

    template <class T>
    static Element<T> read(rondo_future *child, Read how) {
        if constexpr (std::is_void_v<T>) {
            read_result<T>(child, how);
            return {};
        } else {
            return read_result<T>(child, how);
        }
    }
};

struct AsResults {
    static constexpr std::uint32_t flags = RONDO_GATHER_RETURN_ERRORS;
    template <class T>
    using Element = Result<T>;

    template <class T>
    static Element<T> read(rondo_future *child, Read how) {
        rondo_error *error = nullptr;
        const rondo_status status = rondo_future_result(child, nullptr, &error);
        if (status < 0) return error != nullptr ? ErrorPtr::adopt(error) : ErrorPtr::make(status);
        if constexpr (std::is_void_v<T>) {
            return {};
        } else {
            return read_result<T>(child, how);
        }
    }
};

} // namespace detail

// A gathering under way: a future of its children. Await it for the results; done(), cancel(), add_done_callback() as
// with any future. Form is Tuple or Range below.
template <class Form>
class [[nodiscard]] Gather : public AnyFuture {
public:
    using Result = typename Form::Result;

    Gather(AnyFuture future, Form form) noexcept : AnyFuture(std::move(future)), form_(std::move(form)) {}

    // The results of one that is done; take() moves them out. Throw InvalidState while it is pending, and as
    // awaiting.
    Result result() const { return read(detail::Read::copies); }
    Result take() const { return read(detail::Read::takes); }

    class Awaiter final : public detail::FutureAwaiterBase {
    public:
        Awaiter(Gather gather, detail::Read how) noexcept
            : FutureAwaiterBase(gather.native()), gather_(std::move(gather)), how_(how) {}
        Result await_resume() const {
            if (!arrived()) return gather_.read(how_);
            return gather_.form_.read(future_, how_);
        }

    private:
        Gather gather_; // the children hold the results
        detail::Read how_;
    };
    [[nodiscard]] Awaiter operator co_await() const & noexcept { return {*this, detail::Read::copies}; }
    [[nodiscard]] Awaiter operator co_await() && noexcept { return {std::move(*this), detail::Read::takes}; }

private:
    Result read(detail::Read how) const {
        detail::read_result<void>(native(), detail::Read::copies);
        return form_.read(native(), how);
    }

    Form form_;
};

namespace detail {

template <class T>
[[nodiscard]] constexpr Read read_child(Read whole, Read child) noexcept {
    return whole == Read::takes ? child : default_read<T>;
}

template <class Policy, class... Ts>
struct Tuple {
    using Result = std::tuple<typename Policy::template Element<Ts>...>;
    std::array<Read, sizeof...(Ts)> how;

    [[nodiscard]] Result read(rondo_future *gather, Read whole) const {
        return read(gather, whole, std::index_sequence_for<Ts...>());
    }

private:
    template <std::size_t... I>
    Result read([[maybe_unused]] rondo_future *gather, [[maybe_unused]] Read whole,
                std::index_sequence<I...>) const {
        return Result{Policy::template read<Ts>(rondo_gather_child(gather, I), read_child<Ts>(whole, how[I]))...};
    }
};

template <class Policy, class T>
struct Range {
    static constexpr bool nothing = std::is_void_v<T> && Policy::flags == 0;
    using Element = typename Policy::template Element<T>;
    using Result = std::conditional_t<nothing, void, std::vector<Element>>;
    Read how;

    Result read([[maybe_unused]] rondo_future *gather, [[maybe_unused]] Read whole) const {
        if constexpr (!nothing) {
            const std::size_t count = rondo_gather_count(gather);
            Result results;
            results.reserve(count);
            for (std::size_t i = 0; i < count; ++i) {
                results.push_back(Policy::template read<T>(rondo_gather_child(gather, i), read_child<T>(whole, how)));
            }
            return results;
        }
    }
};

template <class Policy, class... As>
auto gather_tuple(std::uint32_t flags, As &&...awaitables) {
    using Form = Tuple<Policy, Gathered<As>...>;
    // Braces: the tasks are made from left to right.
    std::tuple<Child<Gathered<As>>...> children{as_child(std::forward<As>(awaitables))...};
    return std::apply(
        [flags](auto &...child) {
            const std::array<rondo_future *, sizeof...(As)> handles{child.future.native()...};
            return Gather<Form>(make_gather(handles, flags), Form{{child.how...}});
        },
        children);
}

template <class Policy, class A, class Items>
auto gather_range(std::uint32_t flags, Items &&items) {
    using T = Gathered<A>;
    std::vector<Awaitable<T>> children;
    std::vector<rondo_future *> handles;
    children.reserve(items.size());
    handles.reserve(items.size());
    Read how = default_read<T>;
    for (auto &item : items) {
        Child<T> child = as_child(static_cast<A>(item));
        how = child.how;
        handles.push_back(child.future.native());
        children.push_back(std::move(child.future));
    }
    return Gather<Range<Policy, T>>(make_gather(handles, flags), {how});
}

template <class A>
concept Gatherable = requires(A &&awaitable) { as_child(std::forward<A>(awaitable)); };

} // namespace detail

// Errors of all forms: RONDO_ENOLOOP, RONDO_ECLOSED, RONDO_EOTHERLOOP.
template <detail::Gatherable... As>
auto gather(As &&...awaitables) {
    return detail::gather_tuple<detail::AsValues>(0, std::forward<As>(awaitables)...);
}
template <class A>
    requires detail::Gatherable<A &&>
auto gather(std::vector<A> &&awaitables) {
    return detail::gather_range<detail::AsValues, A &&>(0, std::move(awaitables));
}
template <class A>
    requires detail::Gatherable<const A &>
auto gather(const std::vector<A> &awaitables) {
    return detail::gather_range<detail::AsValues, const A &>(0, awaitables);
}

// With flags in front: `gather(rondo::cancel_on_error, a(), b())`.
template <detail::Gatherable... As>
auto gather(GatherFlags flags, As &&...awaitables) {
    return detail::gather_tuple<detail::AsValues>(flags.bits, std::forward<As>(awaitables)...);
}
template <class A>
    requires detail::Gatherable<A &&>
auto gather(GatherFlags flags, std::vector<A> &&awaitables) {
    return detail::gather_range<detail::AsValues, A &&>(flags.bits, std::move(awaitables));
}
template <class A>
    requires detail::Gatherable<const A &>
auto gather(GatherFlags flags, const std::vector<A> &awaitables) {
    return detail::gather_range<detail::AsValues, const A &>(flags.bits, awaitables);
}

// asyncio: gather(..., return_exceptions=True).
template <detail::Gatherable... As>
auto gather_results(As &&...awaitables) {
    return detail::gather_tuple<detail::AsResults>(detail::AsResults::flags, std::forward<As>(awaitables)...);
}
template <class A>
    requires detail::Gatherable<A &&>
auto gather_results(std::vector<A> &&awaitables) {
    return detail::gather_range<detail::AsResults, A &&>(detail::AsResults::flags, std::move(awaitables));
}
template <class A>
    requires detail::Gatherable<const A &>
auto gather_results(const std::vector<A> &awaitables) {
    return detail::gather_range<detail::AsResults, const A &>(detail::AsResults::flags, awaitables);
}

} // namespace rondo

#endif // RONDO_GATHER_HPP
