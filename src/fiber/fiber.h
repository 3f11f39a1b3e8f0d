// Fibers: step coroutines whose frame is a whole stack. To the scheduler a fiber is a vtable like any other; its step
// switches to the fiber's stack, and an await there writes the verdict and switches back.
#pragma once

#include "fiber/stack.h"
#include "fiber/switch.h"
#include "task/error.h"
#include "task/future.h"
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
    bool may_suspend() const noexcept;

    const Task &task() const noexcept { return *task_; }
    const Stack &stack() const noexcept { return *stack_; }

private:
    Fiber(Stack *stack, const FiberFrame &frame, Task &task);

    static void run(StackSwitch &self) noexcept;
    void finish(rondo_status status, rondo_value &result) noexcept;
    rondo_status suspend(uint32_t verdict) noexcept;

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

} // namespace rondo::core
