#include "task/scope.h"

#include <algorithm>

namespace rondo::core {

void Scope::enter(Task &entering) {
    task = &entering;
    base = entering.cancels;
    outer = entering.scopes;
    entering.scopes = this;
}

void Scope::leave() {
    Scope **place = &task->scopes;
    while (*place != this) place = &(*place)->outer;
    *place = outer;
    task = nullptr;
}

bool Scope::uncancel_own() { return uncancel(*task) <= base; }

rondo_status running_task(const rondo_loop &loop, Task *&out) {
    if (!loop.current_task) return RONDO_ENOTASK;
    out = static_cast<Task *>(loop.current_task);
    return RONDO_OK;
}

int64_t earliest_deadline(const Task &task) {
    int64_t earliest = INT64_MAX;
    for (const Scope *scope = task.scopes; scope; scope = scope->outer) earliest = std::min(earliest, scope->deadline);
    return earliest;
}

void forsake_scopes(Task &task) {
    while (Scope *scope = task.scopes) {
        scope->leave();
        scope->forsaken(*scope);
    }
}

} // namespace rondo::core
