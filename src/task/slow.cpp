#include "task/slow.h"

#include "task/handle.h"
#include "task/report.h"
#include "task/task.h"

#include <cstdio>

namespace rondo::core {
namespace {

// The object the node belongs to, with one reference; nullptr for the library's own nodes.
void *hold(Loop &, Node &node) {
    if (node.kind == Node::Kind::task) {
        auto &task = static_cast<Task &>(future_of(node));
        task.retain();
        return static_cast<Object *>(&task);
    }
    if (!is_handle(node)) return nullptr;
    auto &handle = static_cast<Handle &>(node);
    handle.retain();
    return static_cast<Object *>(&handle);
}

void tell(rondo_loop &loop, Task *task, Handle *handle, int64_t duration) {
    char message[160];
    const char *name = task ? task_name(*task) : "callback";
    std::snprintf(message, sizeof message, "Executing %s%s%s took %.3f seconds", task ? "<Task " : "", name ? name : "?",
                  task ? ">" : "", static_cast<double>(duration) / 1e9);
    Report what{message, nullptr, nullptr, task, handle};
    what.duration = duration;
    what.warning = true;
    report(loop, what);
}

void judge(Loop &loop, void *token, int64_t duration) {
    if (!token) return;
    auto &object = *static_cast<Object *>(token);
    auto &home = static_cast<rondo_loop &>(loop);
    Task *task = object.tag == Tag::future ? static_cast<Task *>(&object) : nullptr;
    Handle *handle = task ? nullptr : static_cast<Handle *>(&object);
    if (duration >= home.slow_callback) tell(home, task, handle, duration);
    if (task) {
        task->release_here();
    } else {
        handle->release();
    }
}

} // namespace

constinit const EntryWatch slow_entries{hold, judge};

} // namespace rondo::core
