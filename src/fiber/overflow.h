// Tells of fibers that run over their stack: one line to stderr naming the task, then the process dies as it would have.
#pragma once

namespace rondo::core {

class Fiber;

// Before a fiber first runs in a thread: sees to what is to hear of faults, once in the process, and to a place where
// that can run. overflow_*.cpp.
void watch_for_overflow() noexcept;

// If a fault at this address is an overflow of the running fiber, says so. Inside a signal handler.
void tell_of_fault(const void *address) noexcept;

// For a stack whose guard could only be a canary.
[[noreturn]] void die_of_overflow(const Fiber &fiber) noexcept;

} // namespace rondo::core
