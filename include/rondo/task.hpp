// rondo/task.hpp - tasks: coroutines that run beside their creator.
#ifndef RONDO_TASK_HPP
#define RONDO_TASK_HPP

#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "context.hpp"
#include "coroutine.hpp"
#include "future.hpp"
#include "loop.hpp"
#include "rondo.h"
#include "task_group.hpp"

namespace rondo {

namespace detail {

// Borrowed by options for the call they are given to. (g++ 12 destroys what stands in braces inside a co_await
// expression twice: options own nothing, so that `co_await create_task(work(), {.name = "work"})` is safe.)
class BorrowedText {
public:
    constexpr BorrowedText() noexcept = default;
    constexpr BorrowedText(const char *text) noexcept : text_(text) {}      // NOLINT: implicit by intention
    BorrowedText(const std::string &text) noexcept : text_(text.c_str()) {} // NOLINT
    [[nodiscard]] const char *native() const noexcept { return text_; }

private:
    const char *text_ = nullptr;
};

template <class Handle>
class Borrowed {
public:
    using Native = decltype(std::declval<const Handle &>().native());
    constexpr Borrowed() noexcept = default;
    Borrowed(const Handle &handle) noexcept : native_(handle.native()) {} // NOLINT: implicit by intention
    [[nodiscard]] Native native() const noexcept { return native_; }

private:
    Native native_ = nullptr;
};

} // namespace detail

// How a task is to run: `create_task(work(), {.name = "work", .eager = true})`. What is named here is borrowed for
// the call.
struct TaskOptions {
    detail::BorrowedText name = {};         // null: "Task-<n>"
    detail::Borrowed<Context> context = {}; // run in this very context; empty: in a copy of the current one
    // The first step runs inside the creating call: what never suspends is done when create_task returns.
    bool eager = false;
    detail::Borrowed<TaskGroup> group = {}; // the task belongs to this group; empty: to none
    // A cancel request that finds the awaited value already there does not cost the value: it is delivered, and the
    // request strikes at the next suspension. (asyncio drops the value.)
    bool result_wins = false;
    // A cancel request that was passed on to an awaited task counts for this one too: if that task swallows it, this
    // one is cancelled all the same. (asyncio forgets the request.)
    bool cancel_sticks = false;

    [[nodiscard]] rondo_task_options native() const noexcept {
        auto options = detail::sized<rondo_task_options>();
        if (eager) options.flags |= RONDO_TASK_EAGER;
        if (result_wins) options.flags |= RONDO_TASK_RESULT_WINS;
        if (cancel_sticks) options.flags |= RONDO_TASK_CANCEL_STICKS;
        options.group = group.native();
        options.name = name.native();
        options.context = context.native();
        return options;
    }
};

static_assert(std::is_trivially_destructible_v<TaskOptions>);

enum class TaskState : rondo_status {
    done = RONDO_TASK_DONE,
    ready = RONDO_TASK_READY,     // its next step is scheduled
    running = RONDO_TASK_RUNNING, // its step is on the stack
    waiting = RONDO_TASK_WAITING, // awaits a future
    sleeping = RONDO_TASK_SLEEPING,
    parked = RONDO_TASK_PARKED, // waits for a Waker
};

namespace detail {

// What tasks have beyond futures; Self is a handle.
template <class Self>
class TaskMethods {
public:
    // asyncio: get_name, set_name.
    [[nodiscard]] std::string name() const {
        const char *name = rondo_task_get_name(task());
        if (name == nullptr) check(RONDO_EKIND);
        return name;
    }
    void set_name(const std::string &name) const { check(rondo_task_set_name(task(), name.c_str())); }

    // How many cancel requests are not undone; undoes one and answers what is left.
    [[nodiscard]] int cancelling() const { return check(rondo_task_cancelling(task())); }
    int uncancel() const { return check(rondo_task_uncancel(task())); }

    // The context its steps run in.
    [[nodiscard]] Context get_context() const {
        rondo_context *context = nullptr;
        check(rondo_task_get_context(task(), &context));
        return Context::adopt(context);
    }

    [[nodiscard]] TaskState state() const { return TaskState{check(rondo_task_state(task()))}; }
    // The future it waits for; empty when it waits for none.
    [[nodiscard]] AnyFuture awaiting() const {
        rondo_future *future = nullptr;
        check(rondo_task_awaiting(task(), &future));
        return AnyFuture::adopt(future);
    }

private:
    [[nodiscard]] rondo_task *task() const noexcept { return static_cast<const Self *>(this)->native(); }
};

} // namespace detail

// A scheduled coroutine whose result is a T. A handle like Awaitable<T>: dropping it lets the task run on, the loop
// keeps it until it is done. asyncio: Task.
template <class T = void>
class Task : public Awaitable<T>, public detail::TaskMethods<Task<T>> {
public:
    constexpr Task() noexcept = default;
    explicit Task(AnyFuture future) noexcept : Awaitable<T>(std::move(future)) {}
};

// A task of which the result's type does not matter or is not known; empty where there is none.
class AnyTask : public AnyFuture, public detail::TaskMethods<AnyTask> {
public:
    constexpr AnyTask() noexcept = default;
    explicit AnyTask(AnyFuture future) noexcept : AnyFuture(std::move(future)) {}
    template <class T>
    AnyTask(Task<T> task) noexcept : AnyFuture(std::move(task)) {} // NOLINT: a task is a task
};

namespace detail {

template <class T>
[[nodiscard]] Task<T> start_task(rondo_loop *loop, Coroutine<T> coroutine, const TaskOptions *options) {
    rondo_task *task = nullptr;
    const void *init = CoroutineTask<T>::init(coroutine);
    const rondo_task_options native = options != nullptr ? options->native() : rondo_task_options{};
    const rondo_status status =
        rondo_task_create(loop, &CoroutineTask<T>::vtable, init, options != nullptr ? &native : nullptr, &task);
    Task<T> started{AnyFuture::adopt(task)};
    check(status); // (an eager task may fail and exist: what it interrupts, it interrupts here)
    return started;
}

} // namespace detail

// Makes a task of a coroutine, on the running loop; its first step comes in the loop's next turn. Takes a Coroutine,
// a function that makes one (a lambda with captures, for instance), which is kept until the task ends, or a sleep.
// Errors: RONDO_ENOLOOP, RONDO_ECLOSED. asyncio: create_task.
template <detail::Startable C>
Task<detail::StartedResult<C>> create_task(C &&coroutine) {
    return detail::start_task(nullptr, detail::to_coroutine(std::forward<C>(coroutine)), nullptr);
}
template <detail::Startable C>
Task<detail::StartedResult<C>> create_task(C &&coroutine, const TaskOptions &options) {
    return detail::start_task(nullptr, detail::to_coroutine(std::forward<C>(coroutine)), &options);
}

// What can be awaited as something that runs: a coroutine (or a function that makes one, or a sleep) becomes a task,
// a future stays what it is. asyncio: ensure_future.
template <detail::Startable C>
Task<detail::StartedResult<C>> ensure_future(C &&coroutine) {
    return create_task(std::forward<C>(coroutine));
}
template <class F>
requires std::derived_from<std::remove_cvref_t<F>, AnyFuture> std::remove_cvref_t<F> ensure_future(F &&future) {
    return std::forward<F>(future);
}

// The task whose step is running; empty inside callbacks. Error: RONDO_ENOLOOP.
[[nodiscard]] inline AnyTask current_task() {
    rondo_loop *loop = rondo_loop_running();
    if (loop == nullptr) detail::check(RONDO_ENOLOOP);
    return AnyTask(AnyFuture::share(rondo_loop_current_task(loop)));
}

// The loop's tasks that are not done, in creation order.
[[nodiscard]] inline std::vector<AnyTask> all_tasks(const Loop &loop) {
    std::size_t count = 0;
    detail::check(rondo_loop_all_tasks(loop.native(), nullptr, 0, &count));
    std::vector<rondo_task *> handles(count);
    std::vector<AnyTask> tasks;
    tasks.reserve(count);
    detail::check(rondo_loop_all_tasks(loop.native(), handles.data(), count, &count));
    for (rondo_task *task : handles) tasks.emplace_back(AnyFuture::adopt(task));
    return tasks;
}
[[nodiscard]] inline std::vector<AnyTask> all_tasks() { return all_tasks(get_running_loop()); }

template <detail::Startable C>
Task<detail::StartedResult<C>> TaskGroup::create_task(C &&coroutine) const {
    return create_task(std::forward<C>(coroutine), TaskOptions{});
}
template <detail::Startable C>
Task<detail::StartedResult<C>> TaskGroup::create_task(C &&coroutine, TaskOptions options) const {
    options.group = *this;
    return rondo::create_task(std::forward<C>(coroutine), options);
}

template <detail::Startable C>
Task<detail::StartedResult<C>> Loop::create_task(C &&coroutine) const {
    return detail::start_task(loop_, detail::to_coroutine(std::forward<C>(coroutine)), nullptr);
}
template <detail::Startable C>
Task<detail::StartedResult<C>> Loop::create_task(C &&coroutine, const TaskOptions &options) const {
    return detail::start_task(loop_, detail::to_coroutine(std::forward<C>(coroutine)), &options);
}

template <detail::Startable C>
detail::StartedResult<C> Loop::run_until_complete(C &&coroutine) const {
    const auto task = create_task(std::forward<C>(coroutine));
    run_until_done(task);
    return task.take();
}

} // namespace rondo

#endif // RONDO_TASK_HPP
