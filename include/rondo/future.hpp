// rondo/future.hpp - handles to what can be awaited: AnyFuture, Awaitable<T>, Future<T>.
//
// A handle is one counted reference: copying it shares the future, dropping it lets go. Make, copy and drop handles
// in any thread; everything else belongs to the loop's thread unless it is called _threadsafe. A future that fails
// and is let go before anybody looked at the error is reported to the loop's exception handler.
#ifndef RONDO_FUTURE_HPP
#define RONDO_FUTURE_HPP

#include <coroutine>
#include <cstddef>
#include <exception>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "callback.hpp"
#include "context.hpp"
#include "coroutine.hpp"
#include "error.hpp"
#include "rondo.h"
#include "value.hpp"

namespace rondo {

class Loop;

// Names one add_done_callback, to remove it.
struct DoneCallback {
    rondo_callback_fn function = nullptr;
    void *user = nullptr;
};

// A future of any kind: what does not depend on the type of its result. asyncio: Future.
class AnyFuture {
public:
    constexpr AnyFuture() noexcept = default;
    AnyFuture(const AnyFuture &other) noexcept : AnyFuture(share(other.future_)) {}
    AnyFuture(AnyFuture &&other) noexcept : future_(std::exchange(other.future_, nullptr)) {}
    AnyFuture &operator=(AnyFuture other) noexcept {
        std::swap(future_, other.future_);
        return *this;
    }
    ~AnyFuture() {
        if (future_ != nullptr) rondo_future_release(future_);
    }

    // Takes over a reference, or adds one of its own. Null gives an empty handle.
    [[nodiscard]] static AnyFuture adopt(rondo_future *future) noexcept { return AnyFuture(future); }
    [[nodiscard]] static AnyFuture share(rondo_future *future) noexcept {
        return AnyFuture(future != nullptr ? rondo_future_retain(future) : nullptr);
    }

    [[nodiscard]] explicit operator bool() const noexcept { return future_ != nullptr; }
    [[nodiscard]] bool operator==(const AnyFuture &other) const noexcept { return future_ == other.future_; }

    // done: finished or cancelled. cancelled: ended in the cancelled state.
    [[nodiscard]] bool done() const { return detail::check(rondo_future_done(future_)) == 1; }
    [[nodiscard]] bool cancelled() const { return detail::check(rondo_future_cancelled(future_)) == 1; }

    // Requests cancellation; false when it is done already or nobody would take the request. A task is not done when
    // this returns: it is thrown Cancelled in a later turn. asyncio: cancel(msg).
    bool cancel(const char *message = nullptr) const {
        return detail::check(rondo_future_cancel(future_, message)) == 1;
    }
    // From any thread. Error: RONDO_ECLOSED.
    void cancel_threadsafe(const char *message = nullptr) const {
        detail::check(rondo_future_cancel_threadsafe(future_, message));
    }

    // The error it failed with, or none when it has a value. Counts as looking at it.
    // Throws InvalidState (pending), Cancelled.
    [[nodiscard]] ErrorPtr error() const {
        rondo_error *error = nullptr;
        const rondo_status status = rondo_future_error(future_, &error);
        ErrorPtr owned = ErrorPtr::adopt(error);
        if (status < 0) detail::raise_error(std::move(owned), status);
        return owned;
    }
    // The same as an exception to rethrow; null when it has a value. asyncio: exception.
    [[nodiscard]] std::exception_ptr exception() const { return error().exception(); }
    // Counts an error as looked at.
    void silence() const { detail::check(rondo_future_silence(future_)); }

    // Schedules function(AnyFuture), or function(), for when it ends; soon if it has ended. It runs in `context`, by
    // default a copy of the current one. What it throws is reported. Error: RONDO_ECLOSED. asyncio:
    // add_done_callback.
    template <class F>
    DoneCallback add_done_callback(F function, const Context &context = {}) const {
        auto adapted = detail::adapt(std::move(function), [](const rondo_call &call) { return share(call.future); });
        DoneCallback entry;
        detail::submit_callback(std::move(adapted), context.native(), [&](auto *fn, void *user, auto *options) {
            entry = {fn, user};
            return rondo_future_add_done_callback(future_, fn, user, options);
        });
        return entry;
    }
    // False when it was scheduled already or is not there. asyncio: remove_done_callback.
    bool remove_done_callback(const DoneCallback &entry) const {
        return detail::check(rondo_future_remove_done_callback(future_, entry.function, entry.user)) > 0;
    }

    // Who waits for it: tasks, the gathers, waits and shields it belongs to, and the task whose group it is a member
    // of. asyncio: capture_call_graph.
    [[nodiscard]] std::vector<AnyFuture> awaited_by() const {
        std::size_t count = 0;
        detail::check(rondo_future_awaited_by(future_, nullptr, 0, &count));
        std::vector<rondo_future *> handles(count);
        std::vector<AnyFuture> waiters;
        waiters.reserve(count);
        detail::check(rondo_future_awaited_by(future_, handles.data(), count, &count));
        for (rondo_future *waiter : handles) waiters.push_back(adopt(waiter));
        return waiters;
    }
    // Where it was made, a line per frame, innermost first; known in debug mode only. asyncio: source_traceback.
    [[nodiscard]] std::string origin() const {
        std::size_t length = 0;
        detail::check(rondo_future_origin(future_, nullptr, 0, &length));
        std::string text(length + 1, '\0');
        detail::check(rondo_future_origin(future_, text.data(), text.size(), &length));
        text.resize(length);
        return text;
    }

    // asyncio: get_loop. (Defined in loop.hpp.)
    [[nodiscard]] Loop get_loop() const;

    [[nodiscard]] rondo_future *native() const noexcept { return future_; }
    // Gives the reference up to the caller.
    [[nodiscard]] rondo_future *release() noexcept { return std::exchange(future_, nullptr); }

protected:
    explicit AnyFuture(rondo_future *future) noexcept : future_(future) {}

private:
    rondo_future *future_ = nullptr;
};

namespace detail {

// Whether a reader copies the result (others may read it too) or moves it out (once; then RONDO_ETAKEN).
enum class Read : bool { copies, takes };

template <class T>
inline constexpr Read default_read = Copyable<T> ? Read::copies : Read::takes;

// A finished future's result.
template <class T>
T read_result(rondo_future *future, [[maybe_unused]] Read how) {
    rondo_value view = rondo_none();
    rondo_error *error = nullptr;
    if constexpr (!AlwaysCopied<T>) {
        if (how == Read::takes) {
            const rondo_status status = rondo_future_take(future, &view, &error);
            if (status < 0) [[unlikely]]
                raise_error(ErrorPtr::adopt(error), status);
            Value owned(std::move(view));
            return ValueTraits<T>::take(*owned.raw());
        }
    }
    const rondo_status status = rondo_future_result(future, &view, &error);
    if (status < 0) [[unlikely]]
        raise_error(ErrorPtr::adopt(error), status);
    if constexpr (std::is_void_v<T>) {
        return;
    } else if constexpr (Copyable<T>) {
        return ValueTraits<T>::copy(view);
    } else {
        raise_error({}, RONDO_ETAKEN); // not reached: types that cannot be copied are taken
    }
}

// Awaiting a future: one AWAIT verdict. When it is done the same step goes on.
class FutureAwaiterBase : protected AwaitedFuture {
public:
    [[nodiscard]] bool await_ready() const noexcept { return false; }

    template <class P>
    [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter, Site here = Site::current()) noexcept {
        waiter_ = &waiter.promise();
        rondo_step *io = waiter_->suspend(RONDO_STEP_AWAIT, here);
        if (io == nullptr) [[unlikely]]
            return false;
        io->target = give();
        waiter_->pending.expect(this);
        return true;
    }

protected:
    explicit FutureAwaiterBase(rondo_future *future, bool owned = false) noexcept : AwaitedFuture(future, owned) {}
    ~FutureAwaiterBase() {
        if (waiter_ != nullptr) (void)waiter_->pending.arrived(this); // not asked: something else has thrown
    }

    // Whether the step at hand brings the future's value; throws when it brings an error.
    [[nodiscard]] bool arrived() const {
        if (waiter_ == nullptr) return false;
        if (waiter_->pending.arrived(this)) [[likely]]
            return true;
        waiter_->resumed();
        return false;
    }

    PromiseBase *waiter_ = nullptr; // set when it did suspend
};

template <class T>
class FutureAwaiter : public FutureAwaiterBase {
public:
    FutureAwaiter(rondo_future *future, Read how) noexcept : FutureAwaiterBase(future), how_(how) {}

    T await_resume() {
        if (!arrived()) return read_result<T>(future_, how_);
        rondo_step &io = *waiter_->frame->io;
        if constexpr (!AlwaysCopied<T>) {
            if (how_ == Read::takes) {
                Value owned;
                check(rondo_step_take(&io, owned.raw()));
                return ValueTraits<T>::take(*owned.raw());
            }
        }
        if constexpr (std::is_void_v<T>) {
            return;
        } else if constexpr (Copyable<T>) {
            return ValueTraits<T>::copy(*io.sent);
        } else {
            raise_error({}, RONDO_ETAKEN); // not reached
        }
    }

protected:
    FutureAwaiter(rondo_future *future, Read how, bool owned) noexcept
        : FutureAwaiterBase(future, owned), how_(how) {}

private:
    Read how_;
};

// The same for `co_await std::move(handle)` and `co_await make_handle()`: owns the handle, hands the value out.
template <class T>
class OwningFutureAwaiter final : public FutureAwaiter<T> {
public:
    explicit OwningFutureAwaiter(AnyFuture &&future) noexcept
        : FutureAwaiter<T>(future.release(), Read::takes, true) {}
};

} // namespace detail

// A future whose result is read as a T, whatever made it: Future<T> and Task<T> are such, and so is any rondo_future
// of C, Python or Rust through adopt() or share(). A result of another type throws Error RONDO_EKIND.
//
//     co_await handle             a copy of the result; the handle can be awaited again, also by others
//     co_await std::move(handle)  the result itself, moved out; whoever reads it later gets Error RONDO_ETAKEN
//
// A type that cannot be copied is moved out in both cases; numbers and strings are copied in both. Awaiting one that
// is done does not suspend. Throws what the future failed with, or Cancelled: because the future was cancelled, or
// the awaiting task. asyncio: an awaitable.
template <class T>
class Awaitable : public AnyFuture {
public:
    using Result = T;

    constexpr Awaitable() noexcept = default;
    explicit Awaitable(AnyFuture future) noexcept : AnyFuture(std::move(future)) {}

    [[nodiscard]] static Awaitable adopt(rondo_future *future) noexcept {
        return Awaitable(AnyFuture::adopt(future));
    }
    [[nodiscard]] static Awaitable share(rondo_future *future) noexcept {
        return Awaitable(AnyFuture::share(future));
    }

    // The result of one that is done; take() moves it out. Throw InvalidState while it is pending, and as awaiting.
    T result() const { return detail::read_result<T>(native(), detail::default_read<T>); }
    T take() const { return detail::read_result<T>(native(), detail::Read::takes); }

    [[nodiscard]] detail::FutureAwaiter<T> operator co_await() const & noexcept {
        return {native(), detail::default_read<T>};
    }
    [[nodiscard]] detail::OwningFutureAwaiter<T> operator co_await() && noexcept {
        return detail::OwningFutureAwaiter<T>(std::move(*this));
    }
};

// A result that somebody will set. asyncio: Future.
template <class T = void>
class [[nodiscard]] Future : public Awaitable<T> {
public:
    // A pending one, of the loop running in this thread or of `loop`. Errors: RONDO_ENOLOOP, RONDO_ECLOSED.
    Future() : Future(static_cast<rondo_loop *>(nullptr)) {}
    explicit Future(rondo_loop *loop) : Awaitable<T>(make(loop)) {}

    // Finishes it; whoever waits is scheduled, in the order of waiting. Throws InvalidState when it is done already.
    template <class U = T>
        requires(!std::is_void_v<T> && std::constructible_from<T, U>)
    void set_result(U &&value) const {
        set(T(std::forward<U>(value)), &rondo_future_set_result);
    }
    void set_result() const
        requires std::is_void_v<T>
    {
        detail::check(rondo_future_set_result(this->native(), nullptr));
    }
    // Any exception object, a std::exception_ptr, or an ErrorPtr.
    template <class E>
    void set_exception(E error) const {
        detail::check(rondo_future_set_error(this->native(), to_error(std::move(error)).get()));
    }

    // The same from any thread, done in the loop's next turn. Error: RONDO_ECLOSED.
    template <class U = T>
        requires(!std::is_void_v<T> && std::constructible_from<T, U>)
    void set_result_threadsafe(U &&value) const {
        set(T(std::forward<U>(value)), &rondo_future_set_result_threadsafe);
    }
    void set_result_threadsafe() const
        requires std::is_void_v<T>
    {
        detail::check(rondo_future_set_result_threadsafe(this->native(), nullptr));
    }
    template <class E>
    void set_exception_threadsafe(E error) const {
        detail::check(rondo_future_set_error_threadsafe(this->native(), to_error(std::move(error)).get()));
    }

private:
    static AnyFuture make(rondo_loop *loop) {
        rondo_future *future = nullptr;
        detail::check(rondo_future_create(loop, nullptr, &future));
        return AnyFuture::adopt(future);
    }

    void set(auto result, auto *set_value) const {
        Value moved(ValueTraits<T>::put(std::move(result)));
        detail::check(set_value(this->native(), moved.raw()));
    }

    template <class E>
    static ErrorPtr to_error(E error) {
        if constexpr (std::is_same_v<E, ErrorPtr>) {
            return error;
        } else if constexpr (std::is_same_v<E, std::exception_ptr>) {
            return detail::to_error(error);
        } else {
            return detail::to_error(std::make_exception_ptr(std::move(error)));
        }
    }
};

} // namespace rondo

#endif // RONDO_FUTURE_HPP
