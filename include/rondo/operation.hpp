// rondo/operation.hpp - what locks, queues and channels are made of.
//
// Machinery for sync.hpp, queue.hpp, channel.hpp and thread.hpp. Counted is a handle to an object of the library.
// Operation is what their waiting functions return: awaiting it asks the library, which either has done what was asked
// (the coroutine does not suspend) or hands out a future, which is awaited with one AWAIT verdict. Nothing happens
// before it is awaited, and it keeps nothing alive: the handle it came from must live as long as the expression.
#ifndef RONDO_OPERATION_HPP
#define RONDO_OPERATION_HPP

#include <coroutine>
#include <type_traits>
#include <utility>

#include "coroutine.hpp"
#include "error.hpp"
#include "future.hpp"
#include "rondo.h"
#include "value.hpp"

namespace rondo::detail {

struct Adopted {};

// Base of Self, a counted handle: copying it shares the object.
template <class Self, class Object, auto retain, auto release>
class Counted {
public:
    using Native = Object;

    Counted(Adopted, Native *native) noexcept : native_(native) {} // takes the reference
    Counted(const Counted &other) noexcept
        : native_(other.native_ != nullptr ? retain(other.native_) : nullptr) {}
    Counted(Counted &&other) noexcept : native_(std::exchange(other.native_, nullptr)) {}
    Counted &operator=(Counted other) noexcept {
        std::swap(native_, other.native_);
        return *this;
    }
    ~Counted() {
        if (native_ != nullptr) release(native_);
    }

    // Takes over a reference, or adds one of its own.
    [[nodiscard]] static Self adopt(Native *native) noexcept { return Self(Adopted{}, native); }
    [[nodiscard]] static Self share(Native *native) noexcept { return Self(Adopted{}, retain(native)); }

    [[nodiscard]] bool operator==(const Counted &other) const noexcept = default;
    [[nodiscard]] Native *native() const noexcept { return native_; }

private:
    Native *native_;
};

// Awaiting what an _async function begins. Self has `rondo_status begin(rondo_future **op)`, called once, and
// `T done()`, what it comes to when begin answered 1.
template <class Self, class T>
class OperationBase : public FutureAwaiter<T> {
public:
    [[nodiscard]] bool await_ready() const noexcept { return false; }

    template <class P>
    [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter, Site here = Site::current()) noexcept {
        this->waiter_ = &waiter.promise();
        if (this->waiter_->pending.failed()) [[unlikely]]
            return false; // it is not begun; see Pending
        rondo_future *operation = nullptr;
        status_ = static_cast<Self *>(this)->begin(&operation);
        if (status_ != 0) {
            this->waiter_ = nullptr;
            return false;
        }
        this->own(operation);
        if (rondo_future_done(operation) != 0) {
            this->waiter_ = nullptr;
            return false;
        }
        return FutureAwaiterBase::await_suspend(waiter, here);
    }

    T await_resume() {
        if (status_ > 0) [[likely]]
            return static_cast<Self *>(this)->done();
        check(status_);
        return FutureAwaiter<T>::await_resume();
    }

protected:
    OperationBase() noexcept : FutureAwaiter<T>(nullptr, Read::takes) {}

private:
    rondo_status status_ = 0;
};

// One that needs nothing but its object: begin_async(object, &op).
template <class Handle, auto begin_async, class T = void>
class [[nodiscard("co_await it")]] Operation final
    : public OperationBase<Operation<Handle, begin_async, T>, T> {
public:
    explicit Operation(const Handle &handle) noexcept : native_(handle.native()) {}

    // For create_task, gather, wait_for and the like: keeps the object.
    [[nodiscard]] Coroutine<T> as_coroutine() const { return run(Handle::share(native_)); }

private:
    friend OperationBase<Operation, T>;
    rondo_status begin(rondo_future **op) noexcept { return begin_async(native_, op); }
    T done() const {
        if constexpr (!std::is_void_v<T>) raise_error({}, RONDO_EFAULT); // not reached: such a one always has a future
    }

    static Coroutine<T> run(Handle handle) { co_return co_await Operation(handle); }

    typename Handle::Native *native_;
};

// One that hands an item in: give_async(object, &item, &op).
template <class Handle, auto give_async>
class [[nodiscard("co_await it")]] GiveOperation final : public OperationBase<GiveOperation<Handle, give_async>, void> {
public:
    GiveOperation(const Handle &handle, rondo_value item) noexcept
        : native_(handle.native()), item_(std::move(item)) {}

    [[nodiscard]] Coroutine<> as_coroutine() && { return run(Handle::share(native_), std::move(item_)); }

private:
    friend OperationBase<GiveOperation, void>;
    rondo_status begin(rondo_future **op) noexcept { return give_async(native_, item_.raw(), op); }
    void done() const noexcept {}

    static Coroutine<> run(Handle handle, Value item) {
        rondo_value raw = std::exchange(*item.raw(), rondo_none());
        co_await GiveOperation(handle, raw);
    }

    typename Handle::Native *native_;
    Value item_;
};

// One that brings a T out: take_async(object, &item, &op).
template <class Handle, auto take_async, class T>
class [[nodiscard("co_await it")]] TakeOperation final
    : public OperationBase<TakeOperation<Handle, take_async, T>, T> {
public:
    explicit TakeOperation(const Handle &handle) noexcept : native_(handle.native()) {}

    [[nodiscard]] Coroutine<T> as_coroutine() const { return run(Handle::share(native_)); }

private:
    friend OperationBase<TakeOperation, T>;
    rondo_status begin(rondo_future **op) noexcept { return take_async(native_, item_.raw(), op); }
    T done() { return ValueTraits<T>::take(*item_.raw()); }

    static Coroutine<T> run(Handle handle) { co_return co_await TakeOperation(handle); }

    typename Handle::Native *native_;
    Value item_;
};

} // namespace rondo::detail

#endif // RONDO_OPERATION_HPP
