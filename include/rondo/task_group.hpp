// rondo/task_group.hpp - a block that ends when all tasks made in it have ended. asyncio: TaskGroup.
//
//     int total = co_await rondo::with_group([&](rondo::TaskGroup &group) -> rondo::Coroutine<int> {
//         auto left = group.create_task(count(left_half));
//         auto right = group.create_task(count(right_half));
//         co_return co_await left + co_await right;
//     });
//
// The block cannot be left while a member runs, however it ends: members outlive neither the block nor what they
// refer to around it. The first member that fails cancels the others and the body; what failed comes out of
// with_group as one GroupError, in the order in which it happened, what the body threw last. A member that ends
// cancelled is no failure, and what cancels the whole block from outside comes out as Cancelled, unless there are
// failures: then as GroupError, and the cancellation strikes at the next suspension.
//
// The trap: members may refer to what is around the block, not to what the body declares. Its locals are gone when it
// has returned, while members may still run.
//
// Members may make members, also while the block waits for its end: copy the TaskGroup, it is a handle.
// group.cancel() ends the block early without an error.
#ifndef RONDO_TASK_GROUP_HPP
#define RONDO_TASK_GROUP_HPP

#include <exception>
#include <type_traits>
#include <utility>
#include <variant>

#include "coroutine.hpp"
#include "error.hpp"
#include "future.hpp"
#include "rondo.h"

namespace rondo {

template <class T>
class Task;
struct TaskOptions;

// A counted handle to the group of one with_group; empty where there is none. Loop thread, but for copying and
// dropping handles.
class TaskGroup {
public:
    constexpr TaskGroup() noexcept = default;
    TaskGroup(const TaskGroup &other) noexcept
        : group_(other.group_ != nullptr ? rondo_task_group_retain(other.group_) : nullptr) {}
    TaskGroup(TaskGroup &&other) noexcept : group_(std::exchange(other.group_, nullptr)) {}
    TaskGroup &operator=(TaskGroup other) noexcept {
        std::swap(group_, other.group_);
        return *this;
    }
    ~TaskGroup() {
        if (group_ != nullptr) rondo_task_group_release(group_);
    }
    // Takes over a reference.
    [[nodiscard]] static TaskGroup adopt(rondo_task_group *group) noexcept { return TaskGroup(group); }

    // As rondo::create_task; the task is a member. Error: InvalidState when the group takes none: it has ended, or is
    // cancelling its members. (Defined in task.hpp.) asyncio: TaskGroup.create_task.
    template <detail::Startable C>
    Task<detail::StartedResult<C>> create_task(C &&coroutine) const;
    template <detail::Startable C>
    Task<detail::StartedResult<C>> create_task(C &&coroutine, TaskOptions options) const;

    // Cancels members and body; with_group then ends without an error, unless there is another reason for one. Again,
    // or after the end: nothing. asyncio: TaskGroup.cancel (3.15).
    void cancel() const { detail::check(rondo_task_group_cancel(group_)); }

    [[nodiscard]] explicit operator bool() const noexcept { return group_ != nullptr; }
    [[nodiscard]] bool operator==(const TaskGroup &other) const noexcept = default;
    [[nodiscard]] rondo_task_group *native() const noexcept { return group_; }

private:
    explicit TaskGroup(rondo_task_group *group) noexcept : group_(group) {}

    rondo_task_group *group_ = nullptr;
};

namespace detail {

[[noreturn, gnu::cold, gnu::noinline]] inline void raise_no_body_value() {
    throw Error(RONDO_ENOVALUE, "the group was cancelled before its body returned a value");
}

template <class T, class Body>
Coroutine<T> run_group(Body body) {
    rondo_task_group *made = nullptr;
    check(rondo_task_group_create(nullptr, &made));
    TaskGroup group = TaskGroup::adopt(made);
    check(rondo_task_group_enter(made));

    std::conditional_t<std::is_void_v<T>, std::monostate, BodyValue<T>> value;
    ErrorPtr raised;
    try {
        if constexpr (std::is_void_v<T>) {
            co_await enter_body(body, group);
        } else {
            value.set(co_await enter_body(body, group));
        }
    } catch (...) {
        raised = to_error(std::current_exception());
    }

    rondo_future *wait = nullptr;
    rondo_error *error = nullptr;
    rondo_status status = RONDO_OK;
    while ((status = rondo_task_group_exit(made, raised.get(), &wait, &error)) == 1) {
        raised = {};
        auto members = Awaitable<void>::adopt(wait);
        try {
            co_await std::move(members);
        } catch (...) {
            raised = to_error(std::current_exception());
        }
    }
    if (status < 0) raise_error(ErrorPtr::adopt(error), status);
    if constexpr (!std::is_void_v<T>) {
        if (!value) raise_no_body_value(); // only group.cancel() ends the body without a value and without an error
        co_return value.take();
    }
}

} // namespace detail

// Runs body(group) as a block of the awaiting task, awaits all members, and returns what body returned. body is a
// function of a TaskGroup & that makes a coroutine; it is kept while the block runs. Throws GroupError, Cancelled, or
// Interrupted and ExitRequested alone; Error RONDO_ENOVALUE when cancel() left the body without a value to return.
template <detail::ScopeBody<TaskGroup> Body>
auto with_group(Body &&body) {
    using Kept = detail::KeptBody<TaskGroup, Body>;
    return detail::run_group<detail::BodyResult<TaskGroup, Body>, Kept>(
        detail::keep_body<TaskGroup>(std::forward<Body>(body)));
}

} // namespace rondo

#include "task.hpp" // create_task of a group, for those who include this header alone

#endif // RONDO_TASK_GROUP_HPP
