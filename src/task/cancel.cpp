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
        if (task.linked()) {
            task.unlink();
        } else {
            task.loop->remove_deadline(task);
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

} // namespace

bool cancel_task(Future &future, Error *reason) {
    for (auto *task = static_cast<Task *>(&future);;) {
        task->unretrieved = false;
        if (task->done()) return false;
        ++task->cancels;
        Future *awaited = task->phase == Phase::waiting ? task->waits.awaited : nullptr;
        if (awaited && awaited->is_task() && !awaited->done()) {
            task = static_cast<Task *>(awaited);
            continue;
        }
        if (awaited && awaited->cls->cancel(*awaited, reason)) return true;
        if (!strike(*task, reason)) keep_request(*task, reason);
        return true;
    }
}

uint32_t uncancel(Task &task) {
    if (task.cancels == 0) return 0;
    if (--task.cancels == 0 && task.must_cancel) {
        task.must_cancel = false;
        if (auto *reason = std::exchange(task.waits.to_raise, nullptr)) reason->release();
        if (task.phase == Phase::published) ring_refresh(*task.loop, task);
    }
    return task.cancels;
}

} // namespace rondo::core
