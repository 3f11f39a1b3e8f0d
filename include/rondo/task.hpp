// rondo/task.hpp - tasks: coroutines that run beside their creator.
#ifndef RONDO_TASK_HPP
#define RONDO_TASK_HPP

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "context.hpp"
#include "coroutine.hpp"
#include "future.hpp"
#include "loop.hpp"
#include "rondo.h"

namespace rondo {

struct TaskOptions {
    std::string name = {}; // empty: "Task-<n>"
    Context context = {};  // run in this very context; empty: in a copy of the current one

    [[nodiscard]] rondo_task_options native() const noexcept {
        auto options = detail::sized<rondo_task_options>();
        options.name = name.empty() ? nullptr : name.c_str();
        options.context = context.native();
        return options;
    }
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
    if (options == nullptr) {
        check(rondo_task_create(loop, &CoroutineTask<T>::vtable, init, nullptr, &task));
    } else {
        const rondo_task_options native = options->native();
        check(rondo_task_create(loop, &CoroutineTask<T>::vtable, init, &native, &task));
    }
    return Task<T>(AnyFuture::adopt(task));
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
