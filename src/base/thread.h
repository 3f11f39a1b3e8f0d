// Threads, as far as systems differ: which one is this, and how to start one. thread_*.cpp.
#pragma once

#include <cstdint>

namespace rondo::core {

// A number that is cheap to read and never 0.
inline uintptr_t this_thread() {
    __attribute__((tls_model("initial-exec"))) static thread_local char marker;
    return reinterpret_cast<uintptr_t>(&marker);
}

// The thread that main() was called in.
bool in_main_thread() noexcept;

// Nobody joins it, and no signal is handled in it: signals are for the program's own threads.
[[nodiscard]] bool start_thread(void *(*run)(void *), void *argument) noexcept;

// For debuggers; as much of it as the system takes.
void name_this_thread(const char *name) noexcept;

// Before every fork from now on, and after it in the parent and in the child, in the thread that forks; each may be null.
void at_fork(void (*before)(), void (*in_parent)(), void (*in_child)()) noexcept;

} // namespace rondo::core
