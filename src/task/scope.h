// Scopes: blocks of one task that timeouts and task groups stand for. A task knows those it is in, the innermost first;
// one it never leaves is left when the task ends.
#pragma once

#include "task/task.h"

#include <cstdint>

namespace rondo::core {

struct Scope {
    // forsaken: its task has ended inside it. Both are called on the loop's thread.
    explicit Scope(void (*task_ended)(Scope &)) : forsaken(task_ended) {}

    void enter(Task &entering);
    void leave();

    // Undoes the scope's own cancel request. True: no other is left that came after the task entered.
    bool uncancel_own();

    Task *task = nullptr;   // while it is inside; what the scope stands for keeps itself alive meanwhile
    Scope *outer = nullptr; // the next of its task's scopes
    uint32_t base = 0;      // cancel requests its task had when it entered
    int64_t deadline = INT64_MAX;
    void (*forsaken)(Scope &);
};

// The task whose step runs on this loop, or RONDO_ENOTASK.
rondo_status running_task(const rondo_loop &loop, Task *&out);

// The earliest deadline of the scopes the task is in.
int64_t earliest_deadline(const Task &task);

// The task has ended.
void forsake_scopes(Task &task);

} // namespace rondo::core
