#include "task/finalizer.h"

#include "task/gather.h"
#include "task/handle.h"
#include "task/report.h"

#include <new>
#include <vector>

namespace rondo::core {
namespace {

void report_failure(void *, rondo_call *call) {
    Future &task = *call->future;
    if (task.state != State::failed) return;
    task.unretrieved = false;
    report(*call->loop,
           Report{"an error occurred during closing of asynchronous generator", task.error, nullptr, &task});
}

rondo_status watch(rondo_loop &loop, Future &task) {
    Handle *handle = make_handle(loop, report_failure, nullptr, {});
    if (!handle) return RONDO_ENOMEM;
    add_done_callback(task, *handle);
    handle->release();
    return RONDO_OK;
}

// Only those registered now: what they register themselves is left for the next time.
rondo_status start_all(rondo_loop &loop, std::vector<FutureRef> &tasks) {
    List registered;
    registered.splice_back(loop.finalizers);
    while (Link *newest = registered.pop_back()) {
        auto &finalizer = static_cast<Finalizer &>(*newest);
        FutureRef task;
        finalizer.start(finalizer, loop, task);
        if (!task) continue;
        tasks.push_back(std::move(task));
        if (rondo_status s = watch(loop, *tasks.back()); s < 0) return s;
    }
    return RONDO_OK;
}

} // namespace

rondo_status start_finalizers(rondo_loop &loop, FutureRef &out) {
    try {
        std::vector<FutureRef> tasks;
        if (rondo_status s = start_all(loop, tasks); s < 0) return s;
        std::vector<Future *> children;
        for (FutureRef &task : tasks) children.push_back(task.get());
        Gather *all = nullptr;
        if (rondo_status s = gather(loop, children, RONDO_GATHER_RETURN_ERRORS, all); s < 0) return s;
        out = FutureRef::adopt(all);
        return RONDO_OK;
    } catch (const std::bad_alloc &) {
        return RONDO_ENOMEM;
    }
}

} // namespace rondo::core
