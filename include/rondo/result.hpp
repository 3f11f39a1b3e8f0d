// rondo/result.hpp - Result<T>: an outcome as a value instead of an exception.
#ifndef RONDO_RESULT_HPP
#define RONDO_RESULT_HPP

#include <exception>
#include <type_traits>
#include <utility>
#include <variant>

#include "coroutine.hpp"
#include "error.hpp"

namespace rondo {

// A T, or the error that came instead (cancellation included). Result<void> holds success or an error.
template <class T>
class [[nodiscard]] Result {
public:
    using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

    Result()
        requires std::is_void_v<T>
        : outcome_(std::in_place_index<0>) {}
    Result(Stored value) : outcome_(std::in_place_index<0>, std::move(value)) {} // NOLINT: implicit by intention
    Result(ErrorPtr error) noexcept : outcome_(std::in_place_index<1>, std::move(error)) {} // NOLINT

    [[nodiscard]] bool has_value() const noexcept { return outcome_.index() == 0; }
    [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }
    [[nodiscard]] bool is_cancelled() const noexcept { return !has_value() && error().is_cancelled(); }

    // The value, or the exception: thrown as awaiting would have thrown it.
    T value() && {
        require();
        if constexpr (!std::is_void_v<T>) return std::get<0>(std::move(outcome_));
    }
    std::add_lvalue_reference_t<const T> value() const & {
        require();
        if constexpr (!std::is_void_v<T>) return std::get<0>(outcome_);
    }
    // Unchecked, as std::optional's.
    [[nodiscard]] const Stored &operator*() const noexcept { return *std::get_if<0>(&outcome_); }
    [[nodiscard]] Stored &operator*() noexcept { return *std::get_if<0>(&outcome_); }
    [[nodiscard]] const Stored *operator->() const noexcept { return std::get_if<0>(&outcome_); }

    // The error; none when there is a value.
    [[nodiscard]] ErrorPtr error() const noexcept {
        const ErrorPtr *error = std::get_if<1>(&outcome_);
        return error != nullptr ? *error : ErrorPtr();
    }

private:
    void require() const {
        if (const ErrorPtr *error = std::get_if<1>(&outcome_)) error->raise();
    }

    std::variant<Stored, ErrorPtr> outcome_;
};

namespace detail {

template <class A>
using AwaitResult = decltype(std::declval<A>().operator co_await().await_resume());

// A is a reference when the caller gave an lvalue: then its value is copied, not moved out.
template <class A, class T = AwaitResult<A>>
Coroutine<Result<T>> outcome_of(std::decay_t<A> awaitable) {
    try {
        if constexpr (std::is_void_v<T>) {
            co_await static_cast<A &&>(awaitable);
            co_return Result<T>();
        } else {
            co_return Result<T>(co_await static_cast<A &&>(awaitable));
        }
    } catch (...) {
        co_return Result<T>(to_error(std::current_exception()));
    }
}

} // namespace detail

// Awaits and hands the outcome over as a value: for cleanup that awaits, which a catch block cannot.
//
//     auto outcome = co_await rondo::as_result(work());
//     co_await tidy_up();
//     co_return std::move(outcome).value(); // throws what work() threw, Cancelled too
//
// Takes coroutines, functions that make one, sleeps, tasks, futures and gatherings.
template <class A>
auto as_result(A &&awaitable) {
    if constexpr (detail::Startable<A>) {
        using C = Coroutine<detail::StartedResult<A>>;
        return detail::outcome_of<C>(detail::to_coroutine(std::forward<A>(awaitable)));
    } else {
        return detail::outcome_of<A>(std::forward<A>(awaitable));
    }
}

} // namespace rondo

#endif // RONDO_RESULT_HPP
