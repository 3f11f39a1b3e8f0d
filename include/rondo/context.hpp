// rondo/context.hpp - context variables: values that follow a task, not a thread.
//
// Every task and callback runs in a context, a copy of its creator's at the time it was created; awaiting a coroutine
// directly shares the caller's. asyncio: contextvars.
#ifndef RONDO_CONTEXT_HPP
#define RONDO_CONTEXT_HPP

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "error.hpp"
#include "rondo.h"
#include "value.hpp"

namespace rondo {

template <class T>
class ContextVar;

// Undoes one ContextVar::set, once, in the context it was made in. Moves only; dropping it undoes nothing.
// asyncio: Token.
class Token {
public:
    explicit Token(rondo_token *token) noexcept : token_(token) {} // takes the reference
    Token(Token &&other) noexcept : token_(std::exchange(other.token_, nullptr)) {}
    Token &operator=(Token &&other) noexcept {
        std::swap(token_, other.token_);
        return *this;
    }
    ~Token() {
        if (token_ != nullptr) rondo_token_release(token_);
    }

    [[nodiscard]] rondo_token *get() const noexcept { return token_; }

private:
    rondo_token *token_;
};

// A counted handle to a context; copying the handle shares the context. An empty handle means "the current one"
// wherever a context is taken. Loop thread, but for making, copying and dropping handles. asyncio:
// contextvars.Context.
class Context {
public:
    constexpr Context() noexcept = default;
    Context(const Context &other) noexcept : context_(other.context_) {
        if (context_ != nullptr) rondo_context_retain(context_);
    }
    Context(Context &&other) noexcept : context_(std::exchange(other.context_, nullptr)) {}
    Context &operator=(Context other) noexcept {
        std::swap(context_, other.context_);
        return *this;
    }
    ~Context() {
        if (context_ != nullptr) rondo_context_release(context_);
    }

    [[nodiscard]] static Context adopt(rondo_context *context) noexcept { return Context(context); }

    // A context without values. asyncio: Context().
    [[nodiscard]] static Context create() {
        rondo_context *context = nullptr;
        detail::check(rondo_context_create(&context));
        return Context(context);
    }

    // One with the same values, that changes on its own. asyncio: Context.copy.
    [[nodiscard]] Context copy() const {
        rondo_context *context = nullptr;
        detail::check(rondo_context_copy(context_, &context));
        return Context(context);
    }

    // Calls function() now with this context current, and returns what it returns; needs a running loop.
    // Errors: RONDO_ENOLOOP, RONDO_EENTERED, whatever function throws. asyncio: Context.run.
    template <class F>
    std::invoke_result_t<F &> run(F function) const {
        using Result = std::invoke_result_t<F &>;
        struct Frame {
            F &function;
            std::exception_ptr exception;
            std::optional<std::conditional_t<std::is_void_v<Result>, bool, Result>> result;
        } frame{function, nullptr, std::nullopt};
        constexpr auto enter = [](void *user, rondo_call *) noexcept {
            auto &inside = *static_cast<Frame *>(user);
            try {
                if constexpr (std::is_void_v<Result>) {
                    inside.function();
                } else {
                    inside.result.emplace(inside.function());
                }
            } catch (...) {
                inside.exception = std::current_exception();
            }
        };
        detail::check(rondo_context_run(context_, enter, &frame));
        if (frame.exception) std::rethrow_exception(frame.exception);
        if constexpr (!std::is_void_v<Result>) return std::move(*frame.result);
    }

    // The variable's value here (its default when never set), and setting it from outside.
    template <class T>
    [[nodiscard]] T get(const ContextVar<T> &variable) const;
    template <class T>
    Token set(const ContextVar<T> &variable, std::type_identity_t<T> value) const;

    [[nodiscard]] explicit operator bool() const noexcept { return context_ != nullptr; }
    [[nodiscard]] bool operator==(const Context &other) const noexcept = default;
    [[nodiscard]] rondo_context *native() const noexcept { return context_; }

private:
    explicit Context(rondo_context *context) noexcept : context_(context) {}

    rondo_context *context_ = nullptr;
};

// A copy of the current context. Error: RONDO_ENOLOOP. asyncio: copy_context.
[[nodiscard]] inline Context copy_context() { return Context().copy(); }

// A variable with a value per context. Make it once, at namespace scope as a rule; any thread. get, set and reset
// work on the current context and throw RONDO_ENOLOOP where no loop runs. asyncio: ContextVar.
template <class T>
class ContextVar {
    static_assert(detail::Copyable<T>, "a context variable is read by copying; use a std::shared_ptr");

public:
    explicit ContextVar(const char *name) { detail::check(rondo_ctxvar_create(name, nullptr, &variable_)); }
    ContextVar(const char *name, T fallback) {
        Value value = Value::of(std::move(fallback));
        detail::check(rondo_ctxvar_create(name, value.raw(), &variable_));
    }
    ContextVar(const ContextVar &) = delete;
    ContextVar &operator=(const ContextVar &) = delete;
    ~ContextVar() { rondo_ctxvar_release(variable_); }

    // The value, else the variable's default, else `fallback`, else Error RONDO_ENOVALUE. (asyncio asks the fallback
    // before the variable's default.)
    [[nodiscard]] T get() const { return Context().get(*this); }
    [[nodiscard]] T get(T fallback) const {
        rondo_value view = rondo_none();
        const rondo_status status = rondo_context_get(nullptr, variable_, &view);
        if (status == RONDO_ENOVALUE) return fallback;
        detail::check(status);
        return ValueTraits<T>::copy(view);
    }

    Token set(T value) const { return Context().set(*this, std::move(value)); }

    // Error: RONDO_ETOKEN when it was used before or belongs to another context.
    void reset(const Token &token) const { detail::check(rondo_context_reset(nullptr, token.get())); }

    [[nodiscard]] const char *name() const noexcept { return rondo_ctxvar_name(variable_); }
    [[nodiscard]] rondo_ctxvar *native() const noexcept { return variable_; }

private:
    rondo_ctxvar *variable_ = nullptr;
};

template <class T>
T Context::get(const ContextVar<T> &variable) const {
    rondo_value view = rondo_none();
    detail::check(rondo_context_get(context_, variable.native(), &view));
    return ValueTraits<T>::copy(view);
}

template <class T>
Token Context::set(const ContextVar<T> &variable, std::type_identity_t<T> value) const {
    Value moved = Value::of<T>(std::move(value));
    rondo_token *token = nullptr;
    detail::check(rondo_context_set(context_, variable.native(), moved.raw(), &token));
    return Token(token);
}

} // namespace rondo

#endif // RONDO_CONTEXT_HPP
