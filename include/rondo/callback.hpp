// rondo/callback.hpp - C++ callables as the library's callbacks.
//
// Machinery for loop.hpp, future.hpp and context.hpp. A callable no larger than a pointer and trivially copyable (a
// plain lambda, a lambda capturing one reference) travels in the callback's user pointer; any other is moved into one
// block, freed when the library drops the callback.
#ifndef RONDO_CALLBACK_HPP
#define RONDO_CALLBACK_HPP

#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "box.hpp"
#include "error.hpp"
#include "rondo.h"

namespace rondo::detail {

template <class F>
inline constexpr bool fits_in_pointer = sizeof(F) <= sizeof(void *) && alignof(F) <= alignof(void *) &&
                                        std::is_trivially_copyable_v<F> && std::is_trivially_destructible_v<F>;

// F is called as f(const rondo_call &); what it throws goes to the loop's exception handler.
template <class F>
class Callback {
public:
    explicit Callback(F function) {
        if constexpr (fits_in_pointer<F>) {
            std::memcpy(static_cast<void *>(&user_), &function, sizeof(F));
        } else {
            void *block = rondo_alloc(sizeof(F));
            if (block == nullptr) throw std::bad_alloc();
            user_ = ::new (block) F(std::move(function));
        }
    }
    Callback(const Callback &) = delete;
    Callback &operator=(const Callback &) = delete;
    ~Callback() {
        if constexpr (!fits_in_pointer<F>) {
            if (user_ != nullptr) drop(user_);
        }
    }

    [[nodiscard]] static constexpr rondo_callback_fn function() noexcept { return &call; }
    [[nodiscard]] void *user() const noexcept { return user_; }

    [[nodiscard]] static rondo_call_options options(rondo_context *context) noexcept {
        auto options = sized<rondo_call_options>();
        options.context = context;
        if constexpr (!fits_in_pointer<F>) options.drop = &drop;
        return options;
    }

    // The library has taken the callback.
    void release() noexcept { user_ = nullptr; }

private:
    static_assert(alignof(F) <= 16, "callbacks are aligned to 16");

    static void call(void *user, rondo_call *call) noexcept {
        try {
            if constexpr (fits_in_pointer<F>) {
                alignas(F) unsigned char memory[sizeof(F)];
                std::memcpy(memory, static_cast<const void *>(&user), sizeof(F));
                (*std::launder(reinterpret_cast<F *>(memory)))(*call);
            } else {
                (*static_cast<F *>(user))(*call);
            }
        } catch (...) {
            call->error = to_error(std::current_exception()).release();
        }
    }

    static void drop(void *user) noexcept {
        static_cast<F *>(user)->~F();
        rondo_free(user, sizeof(F));
    }

    void *user_ = nullptr;
};

// Accepts f(), or f(argument) where `argument` makes something of the rondo_call.
template <class F, class Argument>
[[nodiscard]] auto adapt(F function, Argument argument) {
    if constexpr (std::is_invocable_v<F &>) {
        return [function = std::move(function)](const rondo_call &) mutable { (void)function(); };
    } else {
        return [function = std::move(function), argument](const rondo_call &call) mutable {
            (void)function(argument(call));
        };
    }
}

// Hands `function` to submit(fn, user, options), which answers a status; throws what that status says.
template <class F, class Submit>
rondo_status submit_callback(F function, rondo_context *context, Submit submit) {
    Callback<F> callback(std::move(function));
    const rondo_call_options options = callback.options(context);
    const rondo_status status = check(submit(callback.function(), callback.user(), &options));
    callback.release();
    return status;
}

} // namespace rondo::detail

#endif // RONDO_CALLBACK_HPP
