// rondo/error.hpp - errors: the counted error object, and the C++ exceptions it becomes.
//
// A C++ exception that leaves a coroutine is kept whole inside the task's error and comes out again, at whoever
// awaits the task, as the same exception. Errors of other languages become rondo::Error or one of its kin.
// Cancellation is no std::exception, as in asyncio: `catch (const std::exception &)` never swallows it.
#ifndef RONDO_ERROR_HPP
#define RONDO_ERROR_HPP

#include <cstddef>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

#include "box.hpp"
#include "rondo.h"

namespace rondo {

// One counted reference to an immutable rondo_error, or none. Any thread. asyncio: an exception object.
class ErrorPtr {
public:
    constexpr ErrorPtr() noexcept = default;
    ErrorPtr(const ErrorPtr &other) noexcept : ErrorPtr(share(other.error_)) {}
    ErrorPtr(ErrorPtr &&other) noexcept : error_(std::exchange(other.error_, nullptr)) {}
    ErrorPtr &operator=(ErrorPtr other) noexcept {
        std::swap(error_, other.error_);
        return *this;
    }
    ~ErrorPtr() {
        if (error_ != nullptr) rondo_error_release(error_);
    }

    // Takes over a reference, or adds one of its own.
    [[nodiscard]] static ErrorPtr adopt(rondo_error *error) noexcept { return ErrorPtr(error); }
    [[nodiscard]] static ErrorPtr share(const rondo_error *error) noexcept {
        return ErrorPtr(error != nullptr ? rondo_error_retain(error) : nullptr);
    }
    // A new error; never fails (out of memory it is a RONDO_ENOMEM).
    [[nodiscard]] static ErrorPtr make(rondo_status code, const char *message = nullptr) noexcept {
        return ErrorPtr(rondo_error_new(code, message));
    }

    [[nodiscard]] explicit operator bool() const noexcept { return error_ != nullptr; }
    [[nodiscard]] bool operator==(const ErrorPtr &other) const noexcept = default;

    [[nodiscard]] rondo_status code() const noexcept { return rondo_error_code(error_); }
    // Valid while the error lives.
    [[nodiscard]] const char *message() const noexcept { return text(rondo_error_message(error_)); }
    // The language or library it comes from: "c++", "python", "rondo".
    [[nodiscard]] const char *domain() const noexcept { return text(rondo_error_domain(error_)); }
    [[nodiscard]] ErrorPtr cause() const noexcept { return share(rondo_error_cause(error_)); }
    [[nodiscard]] ErrorPtr context() const noexcept { return share(rondo_error_context(error_)); }
    [[nodiscard]] std::size_t child_count() const noexcept { return rondo_error_child_count(error_); }
    [[nodiscard]] ErrorPtr child(std::size_t index) const noexcept {
        return share(rondo_error_child(error_, index));
    }

    [[nodiscard]] bool is_cancelled() const noexcept { return code() == RONDO_ECANCELED; }

    // Throws the exception this error stands for: the original one if it was a C++ exception.
    [[noreturn]] void raise() const;
    // The same to be kept, or to be rethrown elsewhere; null for none.
    [[nodiscard]] std::exception_ptr exception() const noexcept;

    [[nodiscard]] rondo_error *get() const noexcept { return error_; }
    [[nodiscard]] rondo_error *release() noexcept { return std::exchange(error_, nullptr); }

private:
    explicit ErrorPtr(rondo_error *error) noexcept : error_(error) {}
    static const char *text(const char *or_null) noexcept { return or_null != nullptr ? or_null : ""; }

    rondo_error *error_ = nullptr;
};

namespace detail {
// An error that somebody else keeps alive. A function that throws one of these has nothing to clean up, so the unwinder
// need not stop in it.
struct BorrowedError {
    rondo_error *error;
};
} // namespace detail

// What every exception of Rondo is; itself no std::exception. asyncio: BaseException.
class BaseError {
public:
    explicit BaseError(ErrorPtr error) noexcept : error_(std::move(error)) {}
    explicit BaseError(detail::BorrowedError error) noexcept : error_(ErrorPtr::share(error.error)) {}
    BaseError(rondo_status code, const char *message) noexcept : error_(ErrorPtr::make(code, message)) {}
    virtual ~BaseError() = default;

    [[nodiscard]] rondo_status code() const noexcept { return error_.code(); }
    [[nodiscard]] const char *message() const noexcept { return error_.message(); }
    [[nodiscard]] const ErrorPtr &error() const noexcept { return error_; }

protected:
    BaseError(const BaseError &) noexcept = default;
    BaseError &operator=(const BaseError &) noexcept = default;

private:
    ErrorPtr error_;
};

// An ordinary error: a status of the library, or an error of another language. asyncio: Exception.
class Error : public BaseError, public std::exception {
public:
    using BaseError::BaseError;
    explicit Error(rondo_status code) noexcept : BaseError(code, nullptr) {}
    Error(rondo_status code, const std::string &message) noexcept : BaseError(code, message.c_str()) {}
    [[nodiscard]] const char *what() const noexcept override { return message(); }
};

// asyncio: TimeoutError.
class TimeoutError : public Error {
public:
    using Error::Error;
    explicit TimeoutError(const char *message = nullptr) noexcept : Error(RONDO_ETIMEDOUT, message) {}
};

// Asked for a result too early, or set twice. asyncio: InvalidStateError.
class InvalidState : public Error {
public:
    using Error::Error;
    explicit InvalidState(const char *message = nullptr) noexcept : Error(RONDO_ESTATE, message) {}
};

// Of queues and channels: no place, or no item, just now. asyncio: QueueFull, QueueEmpty.
class QueueFull : public Error {
public:
    using Error::Error;
    explicit QueueFull(const char *message = nullptr) noexcept : Error(RONDO_EFULL, message) {}
};
class QueueEmpty : public Error {
public:
    using Error::Error;
    explicit QueueEmpty(const char *message = nullptr) noexcept : Error(RONDO_EEMPTY, message) {}
};

// A queue, a channel or a pool of threads takes or gives no more. asyncio: QueueShutDown.
class ShutDown : public Error {
public:
    using Error::Error;
    explicit ShutDown(const char *message = nullptr) noexcept : Error(RONDO_ESHUTDOWN, message) {}
};
using QueueShutDown = ShutDown;

// The barrier was reset or aborted. asyncio: BrokenBarrierError.
class BrokenBarrier : public Error {
public:
    using Error::Error;
    explicit BrokenBarrier(const char *message = nullptr) noexcept : Error(RONDO_EBROKEN, message) {}
};

// Thrown at the suspension point of a task that somebody cancelled, and at whoever awaits a cancelled future. Clean
// up and let it go on. asyncio: CancelledError.
class Cancelled : public BaseError {
public:
    using BaseError::BaseError;
    explicit Cancelled(const char *message = nullptr) noexcept : BaseError(RONDO_ECANCELED, message) {}
};

// Several errors at once: what failed in a task group. Most often there is one, and what is wanted is that one:
//
//     catch (const rondo::GroupError &errors) { errors.sole().raise(); }
//
// asyncio: ExceptionGroup.
class GroupError : public Error {
public:
    using Error::Error;

    [[nodiscard]] std::size_t size() const noexcept { return error().child_count(); }
    // In the order in which they happened.
    [[nodiscard]] std::vector<ErrorPtr> children() const {
        std::vector<ErrorPtr> all;
        all.reserve(size());
        for (std::size_t i = 0; i < size(); ++i) all.push_back(error().child(i));
        return all;
    }
    // The only error inside, through groups of one; the group itself when there are several.
    [[nodiscard]] ErrorPtr sole() const noexcept { return ErrorPtr::share(rondo_error_unwrap(error().get())); }

    // Calls handler(const E &) for each error inside that is an E, those of nested groups too, and answers how many
    // there were. Python: except*.
    template <class E, class F>
    std::size_t for_each(F handler) const {
        return visit<E>(error(), handler);
    }

private:
    template <class E, class F>
    static std::size_t visit(const ErrorPtr &error, F &handler) {
        std::size_t found = 0;
        for (std::size_t i = 0; i < error.child_count(); ++i) {
            const ErrorPtr child = error.child(i);
            if (child.child_count() > 0) {
                found += visit<E>(child, handler);
            } else if (const std::exception_ptr exception = child.exception()) {
                found += handle<E>(exception, handler);
            }
        }
        return found;
    }
    // Kept apart so that what the handler throws is not caught here.
    template <class E, class F>
    static std::size_t handle(const std::exception_ptr &exception, F &handler) {
        const E *match = nullptr;
        try {
            std::rethrow_exception(exception);
        } catch (const E &found) {
            match = &found; // lives as long as the exception_ptr
        } catch (...) {
            return 0;
        }
        handler(*match);
        return 1;
    }
};

// Thrown at the co_yield of a generator that is being closed. Clean up and let it go on. asyncio: GeneratorExit.
class GeneratorClosing : public BaseError {
public:
    using BaseError::BaseError;
    explicit GeneratorClosing(const char *message = nullptr) noexcept : BaseError(RONDO_ECLOSING, message) {}
};

// Ctrl-C, and a request to exit: they leave the loop at once. asyncio: KeyboardInterrupt, SystemExit.
class Interrupted : public BaseError {
public:
    using BaseError::BaseError;
    explicit Interrupted(const char *message = nullptr) noexcept : BaseError(RONDO_EINTERRUPT, message) {}
};
class ExitRequested : public BaseError {
public:
    using BaseError::BaseError;
    explicit ExitRequested(const char *message = nullptr) noexcept : BaseError(RONDO_EEXIT, message) {}
};

namespace detail {

[[nodiscard]] inline ErrorPtr wrap_exception(rondo_status code, const char *message,
                                             const std::exception_ptr &exception) noexcept {
    rondo_value payload = rondo_none();
    try {
        payload = Box<std::exception_ptr>::make(exception);
    } catch (...) {
        return ErrorPtr::make(RONDO_ENOMEM);
    }
    auto options = sized<rondo_error_options>();
    options.code = code;
    options.message = message;
    options.domain = "c++";
    options.payload = &payload;
    rondo_error *error = nullptr;
    if (rondo_error_create(&options, &error) == RONDO_OK) return ErrorPtr::adopt(error);
    rondo_value_drop(&payload);
    return ErrorPtr::make(code, message);
}

// Our own types say nothing that their error does not say; a class derived from them does.
template <class... Own>
struct TypesOf {
    [[nodiscard]] static bool include(const std::type_info &type) noexcept { return ((type == typeid(Own)) || ...); }

    // What an exception of exactly one of them was thrown with, else null.
    [[nodiscard]] static const BaseError *find([[maybe_unused]] const std::exception_ptr &exception) noexcept {
        const BaseError *found = nullptr;
#ifdef __GLIBCXX__ // which keeps the object's address and can name its type: to throw it again costs a microsecond
        void *object = nullptr;
        static_assert(sizeof exception == sizeof object);
        std::memcpy(&object, static_cast<const void *>(&exception), sizeof object);
        const std::type_info *type = object != nullptr ? exception.__cxa_exception_type() : nullptr;
        if (type != nullptr) (void)((*type == typeid(Own) && (found = static_cast<const Own *>(object))) || ...);
#endif
        return found;
    }
};
using OwnTypes = TypesOf<Cancelled, Error, TimeoutError, InvalidState, GroupError, GeneratorClosing, Interrupted,
                         ExitRequested, QueueFull, QueueEmpty, ShutDown, BrokenBarrier>;

// The one place where exceptions become errors.
[[nodiscard]] inline ErrorPtr to_error(const std::exception_ptr &exception) noexcept {
    if (const BaseError *own = OwnTypes::find(exception)) return own->error();
    try {
        std::rethrow_exception(exception);
    } catch (const BaseError &error) {
        if (OwnTypes::include(typeid(error))) return error.error();
        return wrap_exception(error.code(), error.message(), exception);
    } catch (const std::bad_alloc &error) {
        return wrap_exception(RONDO_ENOMEM, error.what(), exception);
    } catch (const std::exception &error) {
        return wrap_exception(RONDO_EFAILED, error.what(), exception);
    } catch (...) {
        return wrap_exception(RONDO_EFAILED, "a C++ exception that is no std::exception", exception);
    }
}

[[noreturn]] inline void raise_error(ErrorPtr error, rondo_status status) {
    if (!error) error = ErrorPtr::make(status);
    error.raise();
}

// Throws unless status is a success (>= 0), which it returns.
inline rondo_status check(rondo_status status) {
    if (status < 0) [[unlikely]]
        raise_error({}, status);
    return status;
}

// (In its caller: the fewer frames, the cheaper.)
[[noreturn, gnu::always_inline]] inline void raise_borrowed(BorrowedError borrowed) {
    if (const rondo_value *payload = rondo_error_payload(borrowed.error)) {
        if (auto *exception = Box<std::exception_ptr>::find(*payload)) std::rethrow_exception(*exception);
    }
    switch (rondo_error_code(borrowed.error)) {
    case RONDO_ECANCELED: throw Cancelled(borrowed);
    case RONDO_EINTERRUPT: throw Interrupted(borrowed);
    case RONDO_EEXIT: throw ExitRequested(borrowed);
    case RONDO_ETIMEDOUT: throw TimeoutError(borrowed);
    case RONDO_ESTATE: throw InvalidState(borrowed);
    case RONDO_EGROUP: throw GroupError(borrowed);
    case RONDO_EFULL: throw QueueFull(borrowed);
    case RONDO_EEMPTY: throw QueueEmpty(borrowed);
    case RONDO_ESHUTDOWN: throw ShutDown(borrowed);
    case RONDO_EBROKEN: throw BrokenBarrier(borrowed);
    case RONDO_ECLOSING: throw GeneratorClosing(borrowed);
    default: throw Error(borrowed);
    }
}

} // namespace detail

inline void ErrorPtr::raise() const { detail::raise_borrowed({error_}); }

inline std::exception_ptr ErrorPtr::exception() const noexcept {
    if (error_ == nullptr) return nullptr;
    try {
        raise();
    } catch (...) {
        return std::current_exception();
    }
}

} // namespace rondo

#endif // RONDO_ERROR_HPP
