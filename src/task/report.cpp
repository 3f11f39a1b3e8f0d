#include "task/report.h"

#include "task/handle.h"
#include "task/origin.h"
#include "task/task.h"

#include <cstdio>
#include <new>
#include <string>

namespace rondo::core {
namespace {

void print(const rondo_report &what) {
    std::fprintf(stderr, "rondo: %s", what.message);
    if (const rondo_future *subject = what.task ? what.task : what.future; subject && subject->is_task()) {
        std::fprintf(stderr, " [%s]", task_name(static_cast<Task &>(const_cast<rondo_future &>(*subject))));
    }
    if (what.error) std::fprintf(stderr, ": %s: %s", status_name(what.error->code), what.error->message);
    std::fputc('\n', stderr);
    if (what.origin) std::fprintf(stderr, "Object created at (innermost first):\n%s", what.origin);
}

// The context of whom the report is about, when it has one.
ContextSlot *context_of(const rondo_report &what) {
    if (what.task) return &static_cast<Task *>(what.task)->context;
    if (what.future && what.future->is_task()) return &static_cast<Task *>(what.future)->context;
    if (what.handle) return &what.handle->context;
    return nullptr;
}

} // namespace

void report(rondo_loop &loop, const rondo_report &what) {
    if (!loop.handler) {
        if (loop.debug) print(what);
        return;
    }
    ContextSlot *slot = context_of(what);
    EnterContext inside(loop, slot ? *slot : loop.context(), loop.current_task);
    loop.handler(loop.handler_user, &loop, &what);
}

namespace {

std::string origin_of(const rondo_loop &loop, const Report &what) {
    if (!loop.knows_origins()) return {};
    const void *subject = what.task ? what.task : what.future ? static_cast<const void *>(what.future) : what.handle;
    try {
        return describe_origin(loop, subject);
    } catch (const std::bad_alloc &) {
        return {};
    }
}

} // namespace

void report(rondo_loop &loop, const Report &what) {
    if (loop.forked()) return; // the parent will tell it
    rondo_report out{};
    out.size = sizeof out;
    out.message = what.message;
    out.error = what.error;
    out.future = what.future;
    out.task = what.task;
    out.handle = what.handle;
    out.duration_ns = what.duration;
    out.flags = what.warning ? uint32_t{RONDO_REPORT_WARNING} : 0;
    std::string origin = origin_of(loop, what);
    out.origin = origin.empty() ? nullptr : origin.c_str();
    report(loop, out);
}

} // namespace rondo::core
