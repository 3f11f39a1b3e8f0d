// Threads, as far as systems differ: which one is this, and how to start one. thread_*.cpp.
#pragma once

#include <cstdint>

#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 32)
#define RONDO_KNOWS_ONLY_THREAD 1
extern "C" char __libc_single_threaded; // <sys/single_threaded.h>
#endif
#endif

namespace rondo::core {

// A number that is cheap to read and never 0. Read anew each time: a compiler may keep a thread-local's address over a
// switch of stacks, after which another thread may run the loop.
inline uintptr_t this_thread() {
#if defined(__x86_64__) && defined(__LP64__) && defined(__ELF__)
    uintptr_t pointer;
    asm volatile("movq %%fs:0, %0" : "=r"(pointer));
    return pointer;
#elif defined(__aarch64__) && defined(__ELF__)
    uintptr_t pointer;
    asm volatile("mrs %0, tpidr_el0" : "=r"(pointer));
    return pointer;
#else
    __attribute__((tls_model("initial-exec"))) static thread_local char marker;
    return reinterpret_cast<uintptr_t>(&marker);
#endif
}

// No other thread has ever been started, as far as the system tells.
inline bool only_thread() {
#ifdef RONDO_KNOWS_ONLY_THREAD
    return __libc_single_threaded != 0;
#else
    return false;
#endif
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
