// Tells of fibers that run over their stack: one line to stderr naming the task, then the process dies as it would have.
#pragma once

namespace rondo::core {

class Fiber;

// Before a fiber first runs in a thread: sees to the signal handlers, once in the process, and to a signal stack for
// this thread, if it has none.
void watch_for_overflow() noexcept;

// For a stack whose guard could only be a canary.
[[noreturn]] void die_of_overflow(const Fiber &fiber) noexcept;

} // namespace rondo::core
