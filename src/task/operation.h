// Operations: what a task awaits that takes more than one wait, as acquiring a lock or leaving a condition does. An
// operation is written as a C++ coroutine (a Routine) that runs inside the task which awaits it: whenever what it waits
// for has ended, the scheduler resumes it first, and the task only when it has finished. A cancel request reaches what
// the operation waits for at that moment, and the operation sees it as the outcome of that wait.
#pragma once

#include "base/pool.h"
#include "task/future.h"
#include "task/value.h"

#include <coroutine>
#include <cstddef>
#include <utility>

namespace rondo::core {

struct Operation;

// A coroutine that ends with an error or none. Lazy; `co_await` runs it inside the caller, or waits for a future. Awaited
// things are named variables: compilers have destroyed temporaries twice or not at all.
class [[nodiscard]] Routine {
public:
    struct promise_type;
    using Handle = std::coroutine_handle<promise_type>;

    Routine(Routine &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Routine &operator=(Routine &&other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Routine() {
        if (handle_) handle_.destroy();
    }

    // False: there was no memory for it.
    explicit operator bool() const { return handle_ != nullptr; }

    class Call;
    Call operator co_await() & noexcept;

private:
    friend struct Operation;
    explicit Routine(Handle handle) : handle_(handle) {}
    Handle handle_;
};

// An operation on its way. It is awaited once, by one task.
struct Operation final : Future {
    explicit Operation(rondo_loop &l);

    // What it does. False: there was no memory for the routine.
    [[nodiscard]] bool run(Routine main);

    // Runs it until it waits for something (answered, not done) or has ended (nothing; it is done). error: what the
    // last wait ended with.
    FutureRef advance(ErrorRef error);
    // The first stretch, ahead of the task that will await it now: a place in line is taken where it was asked for. What
    // the routine got by reference is there until then.
    void start();
    bool awaited() const { return top_ && !ahead_; }

    // What it will end with, if not with nothing; set by the routine.
    rondo_value result;

private:
    friend struct Routine::promise_type;
    friend class Routine::Call;
    friend class Until;

    void end(ErrorRef error);

    Routine main_{nullptr};
    Routine::Handle top_ = nullptr; // the innermost call
    FutureRef wait_;                // what the innermost call waits for
    bool ahead_ = false;            // nobody was told of that yet
    ErrorRef waited_;               // what that ended with
};

extern const FutureClass operation_class;

// A value an operation owns until somebody takes it.
struct OwnedValue {
    explicit OwnedValue(rondo_value &from) : value(take_value(from)) {}
    OwnedValue(OwnedValue &&other) noexcept : value(take_value(other.value)) {}
    OwnedValue &operator=(OwnedValue &&) = delete;
    ~OwnedValue() { drop_value(value); }
    rondo_value value;
};

// ---- the coroutine's side

struct Routine::promise_type {
    static void *operator new(std::size_t size) noexcept { return allocate(size); }
    static void operator delete(void *block, std::size_t size) noexcept { deallocate(block, size); }
    static Routine get_return_object_on_allocation_failure() noexcept { return Routine(nullptr); }

    Routine get_return_object() noexcept { return Routine(Handle::from_promise(*this)); }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_value(ErrorRef outcome) noexcept { error = std::move(outcome); }
    void unhandled_exception() noexcept { error = stray_exception(); }

    Operation *operation = nullptr;
    Handle caller = nullptr;
    ErrorRef error;
};

// `ErrorRef error = co_await call;` where call is a Routine: runs it to its end.
class Routine::Call {
public:
    explicit Call(Handle callee) noexcept : callee_(callee) {}
    bool await_ready() const noexcept { return !callee_; }
    void await_suspend(Handle caller) const noexcept {
        Operation *operation = caller.promise().operation;
        callee_.promise().operation = operation;
        callee_.promise().caller = caller;
        operation->top_ = callee_;
    }
    ErrorRef await_resume() const noexcept {
        return callee_ ? std::move(callee_.promise().error) : make_error(RONDO_ENOMEM);
    }

private:
    Handle callee_;
};

inline Routine::Call Routine::operator co_await() & noexcept { return Call(handle_); }

// `ErrorRef error = co_await until(future);` waits for the future's end.
class Until {
public:
    explicit Until(Future &future) noexcept : future_(&future) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(Routine::Handle self) noexcept {
        operation_ = self.promise().operation;
        operation_->wait_ = FutureRef::share(future_);
    }
    ErrorRef await_resume() const noexcept { return std::move(operation_->waited_); }

private:
    Future *future_;
    Operation *operation_ = nullptr;
};

inline Until until(Future &future) noexcept { return Until(future); }

// The operation a routine runs in, for its result: `Operation &self = co_await this_operation();`
class ThisOperation {
public:
    bool await_ready() const noexcept { return false; }
    bool await_suspend(Routine::Handle self) noexcept {
        operation_ = self.promise().operation;
        return false;
    }
    Operation &await_resume() const noexcept { return *operation_; }

private:
    Operation *operation_ = nullptr;
};

inline ThisOperation this_operation() noexcept { return {}; }

} // namespace rondo::core
