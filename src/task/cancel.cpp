// Cancelling tasks: the request goes down the chain of awaited tasks and strikes the innermost suspension; what finds
// none is kept for the next one (T30-T39).
#include "task/ring.h"
#include "task/task.h"

#include <utility>

namespace rondo::core {
namespace {

void raise_at_next_step(Task &task, Error *reason) {
    reason->retain();
    if (auto *before = std::exchange(task.waits.to_raise, reason)) before->release();
}

void keep_request(Task &task, Error *reason) {
    // A CancelledError that is on its way keeps its message; a request that only waits takes the newest.
    bool struck = !task.must_cancel && task.waits.to_raise && task.waits.to_raise->code == RONDO_ECANCELED;
    if (struck) return;
    task.must_cancel = true;
    raise_at_next_step(task, reason);
    if (task.phase == Phase::published) ring_refresh(*task.loop, task);
    if (task.phase == Phase::running && task.in_ring) ring_pause(*task.loop);
}

// Strikes a suspension that has no future of its own.
bool strike(Task &task, Error *reason) {
    switch (task.phase) {
    case Phase::sleeping:
        if (task.slot != Node::none) {
            task.loop->remove_deadline(task);
        } else {
            task.unlink();
        }
        break;
    case Phase::parked:
        break;
    default:
        return false;
    }
    raise_at_next_step(task, reason);
    make_ready(task);
    return true;
}

// The unfinished task this one awaits, or nullptr.
Task *awaited_task(const Task &task) {
    Future *awaited = task.phase == Phase::waiting ? task.waits.awaited : nullptr;
    if (!awaited || !awaited->is_task() || awaited->done()) return nullptr;
    auto *found = static_cast<Task *>(awaited);
    return found->phase == Phase::ended ? nullptr : found;
}

// Counts the request with every task down the chain and answers the last one. Tasks that await each other have no
// last one: then it is the one at which the request has come round.
Task &pass_down(Task &first) {
    Task *last = &first;
    for (Task *task = &first; task && !task->asked; task = awaited_task(*task)) {
        task->asked = true;
        task->unretrieved = false;
        ++task->cancels;
        if (task->flags & RONDO_TASK_CANCEL_STICKS) task->owed = awaited_task(*task) != nullptr;
        last = task;
    }
    for (Task *task = &first;; task = awaited_task(*task)) {
        task->asked = false;
        if (task == last) return *last;
    }
}

void stop_waiting(Task &task) {
    task.unlink();
    std::exchange(task.waits.awaited, nullptr)->release_here();
}

} // namespace

bool cancel_task(Future &future, Error *reason) {
    future.unretrieved = false;
    auto &first = static_cast<Task &>(future);
    if (first.done() || first.phase == Phase::ended) return false;
    Task &task = pass_down(first);
    if (awaited_task(task)) { // it came round: nobody else will ever end this wait
        stop_waiting(task);
        raise_at_next_step(task, reason);
        make_ready(task);
        return true;
    }
    Future *awaited = task.phase == Phase::waiting ? task.waits.awaited : nullptr;
    if (awaited && awaited->cls->cancel(*awaited, reason)) return true;
    if (!strike(task, reason)) keep_request(task, reason);
    return true;
}

uint32_t uncancel(Task &task) {
    if (task.cancels == 0) return 0;
    if (--task.cancels > 0) return task.cancels;
    task.owed = false;
    if (task.must_cancel) {
        task.must_cancel = false;
        if (auto *reason = std::exchange(task.waits.to_raise, nullptr)) reason->release();
        if (task.phase == Phase::published) ring_refresh(*task.loop, task);
    }
    return task.cancels;
}

} // namespace rondo::core
