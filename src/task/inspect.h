// Who awaits whom (V1-V7). The edges are the waiting lists themselves: nothing is kept for this.
#pragma once

#include "task/scheduler.h"
#include "task/task.h"

#include <functional>
#include <string_view>

namespace rondo::core {

// A RONDO_TASK_ state.
int32_t task_state(const Task &task);
const char *task_state_name(int32_t state);

// What the task waits for, or nullptr.
Future *awaited_by(const Task &task);

// Calls visit for everything that waits for the future: tasks, combinators, and the task whose group it belongs to.
void for_each_awaiter(Future &future, const std::function<void(Future &)> &visit);

// All unfinished tasks as text. coroutines: with what they say about themselves.
void dump(rondo_loop &loop, const std::function<void(std::string_view)> &write, bool coroutines = true);

// Writes it to the descriptor, neither allocating nor locking nor asking the coroutines.
void dump_to(rondo_loop &loop, int descriptor) noexcept;

} // namespace rondo::core
