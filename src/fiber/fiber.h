// Fibers: step coroutines whose frame is a whole stack. To the scheduler a fiber is a vtable like any other; its step
// switches to the fiber's stack, and an await there writes the verdict and switches back.
#pragma once

#include "fiber/stack.h"
#include "fiber/switch.h"
#include "task/error.h"
#include "task/future.h"
#include "task/scheduler.h"
#include "task/task.h"

#include "rondo/abi.h"

#include <cstddef>

namespace rondo::core {

// The frame in the task's block. No stack is held before the first step and after the last one.
struct FiberFrame {
    rondo_fiber_fn fn;
    void *arg;
    std::size_t stack_size;
    class Fiber *fiber;
};

// Takes a FiberFrame as init.
const rondo_coro_vtable &fiber_vtable();

// The control block of a started fiber, at the top of its stack.
class Fiber : private StackSwitch {
public:
    // The fiber whose stack this is, nullptr on any other stack.
    static Fiber *current() noexcept;

    // nullptr: no stack.
    static Fiber *create(const FiberFrame &frame, Task &task) noexcept;
    void destroy() noexcept;

    // On the loop's stack: runs the fiber to its next suspension. False: it has ended.
    [[nodiscard]] bool step(rondo_step &io) noexcept;

    // On the fiber's stack. The future may be done or not.
    rondo_status await(Future &future, rondo_value *view) noexcept;
    rondo_status await_release(FutureRef future, rondo_value *out) noexcept;
    rondo_status sleep(int64_t delay) noexcept;
    rondo_status yield() noexcept;

    // What the fiber will fail with when it returns this error's code, which is answered.
    rondo_status raise(ErrorRef error) noexcept;
    // An await inside a timeout was cancelled by it: what the timeout raises instead.
    rondo_status time_out() noexcept;
    // The error a status of this fiber stands for; a new one if there is none.
    ErrorRef error_of(rondo_status status) const noexcept;
    // As if an await had failed with it.
    rondo_status note(rondo_status status, Error *error) noexcept;
    rondo_step &io() noexcept { return *io_; }
    // The verdict is written.
    rondo_status suspend() noexcept;
    const Error *last_error() const noexcept { return last_failed_ ? failed_[0].get() : nullptr; }

    // Of a generator: hands the value to who asked. RONDO_ECLOSING.
    rondo_status produce(rondo_value value) noexcept;
    // Its coroutine belongs to a generator, not to a task.
    bool is_generator() const noexcept { return task_->frame() != frame_; }
    // Not inside rondo_context_run: the context it put in place would be lost by a switch.
    bool may_suspend() const noexcept { return &task_->loop->context() == &task_->context; }

    const Task &task() const noexcept { return *task_; }
    const Stack &stack() const noexcept { return *stack_; }

private:
    Fiber(Stack *stack, const FiberFrame &frame, Task &task);

    static void run(StackSwitch &self) noexcept;
    void finish(rondo_status status, rondo_value &result) noexcept;
    rondo_status suspend(uint32_t verdict) noexcept;
    rondo_status read(Future &done, rondo_value *view) noexcept;
    static void take_or_copy(Future &done, rondo_value &out) noexcept;
    static rondo_value view_of(const rondo_value &value) noexcept {
        rondo_value view = value;
        view.drop = nullptr;
        return view;
    }

    rondo_step *io_ = nullptr;
    Stack *stack_;
    rondo_fiber_fn fn_;
    void *arg_;
    Task *task_; // the one it runs in; a generator's may change
    const FiberFrame *frame_;
    bool ended_ = false;
    bool last_failed_ = false;
    // The last two awaits that failed, of different codes: a status kept over a clean-up still finds its error.
    ErrorRef failed_[2];
    ErrorRef raised_;
};

// ---- suspending
// Inline, as the switch itself: each return behind a switch is one that the processor guesses wrong, on both stacks.

__attribute__((always_inline)) inline rondo_status Fiber::suspend() noexcept {
    leave();
    if (io_->status != RONDO_OK) [[unlikely]]
        return note(io_->status, const_cast<Error *>(io_->error));
    last_failed_ = false;
    return RONDO_OK;
}

__attribute__((always_inline)) inline rondo_status Fiber::suspend(uint32_t verdict) noexcept {
    io_->verdict = verdict;
    return suspend();
}

inline rondo_status Fiber::await(Future &future, rondo_value *view) noexcept {
    if (!may_suspend()) return RONDO_ENOFIBER;
    if (future.done()) return read(future, view);
    future.retain();
    io_->target = &future;
    rondo_status status = suspend(RONDO_STEP_AWAIT);
    if (status == RONDO_OK && view) *view = view_of(*io_->sent);
    return status;
}

inline rondo_status Fiber::await_release(FutureRef held, rondo_value *out) noexcept {
    if (!may_suspend()) return RONDO_ENOFIBER;
    Future &future = *held;
    rondo_status status;
    if (future.done()) {
        status = read(future, nullptr);
    } else {
        io_->target = held.detach();
        status = suspend(RONDO_STEP_AWAIT); // the step holds it until the next switch
    }
    if (status == RONDO_OK && out) take_or_copy(future, *out);
    return status;
}

inline rondo_status Fiber::sleep(int64_t delay) noexcept {
    if (!may_suspend()) return RONDO_ENOFIBER;
    io_->delay_ns = delay;
    return suspend(RONDO_STEP_SLEEP);
}

inline rondo_status Fiber::yield() noexcept {
    if (!may_suspend()) return RONDO_ENOFIBER;
    return suspend(RONDO_STEP_YIELD);
}

// Of a generator.
inline rondo_status Fiber::produce(rondo_value value) noexcept {
    io_->out = value;
    return suspend(RONDO_STEP_PRODUCE);
}

} // namespace rondo::core
