// Debug mode: where tasks, futures and handles were made (D5). Kept beside them, so that they are no larger for it.
#pragma once

#include "task/scheduler.h"

#include <string>

namespace rondo::core {

// Notes the stack above the caller. Does nothing when out of memory.
void note_origin(rondo_loop &loop, const void *object);
void forget_origin(rondo_loop &loop, const void *object);
void forget_origins(rondo_loop &loop);

// A line per frame, innermost first; empty when nothing is known.
std::string describe_origin(const rondo_loop &loop, const void *object);

} // namespace rondo::core
