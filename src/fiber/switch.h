// Two stacks taking turns, the loop's and a fiber's, with all that belongs to a stack: the C++ runtime's exceptions,
// and what sanitizers and valgrind want to hear of a switch.
#pragma once

#include "fiber/jump.h"

#include <cxxabi.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RONDO_FIBER_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define RONDO_FIBER_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define RONDO_FIBER_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define RONDO_FIBER_TSAN 1
#endif

#ifdef RONDO_FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef RONDO_FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif
#ifdef RONDO_HAVE_VALGRIND
#include <valgrind/valgrind.h>
#endif

namespace rondo::core {

// What the observers of a process keep for each stack. Next to nothing in ordinary builds.
class SwitchObservers {
public:
    void created([[maybe_unused]] char *low, [[maybe_unused]] char *top) {
#ifdef RONDO_FIBER_ASAN
        low_ = low;
        size_ = static_cast<std::size_t>(top - low);
        __asan_unpoison_memory_region(low_, size_); // frames that were never left
#endif
#ifdef RONDO_FIBER_TSAN
        tsan_inside_ = __tsan_create_fiber(0);
#endif
#ifdef RONDO_HAVE_VALGRIND
        valgrind_id_ = VALGRIND_STACK_REGISTER(low, top);
#endif
    }

    void destroyed() {
#ifdef RONDO_FIBER_TSAN
        __tsan_destroy_fiber(tsan_inside_);
#endif
#ifdef RONDO_HAVE_VALGRIND
        VALGRIND_STACK_DEREGISTER(valgrind_id_);
#endif
    }

    void entering() {
#ifdef RONDO_FIBER_ASAN
        __sanitizer_start_switch_fiber(&fake_outside_, low_, size_);
#endif
#ifdef RONDO_FIBER_TSAN
        tsan_outside_ = __tsan_get_current_fiber();
        __tsan_switch_to_fiber(tsan_inside_, 0);
#endif
    }

    void entered() {
#ifdef RONDO_FIBER_ASAN
        __sanitizer_finish_switch_fiber(fake_inside_, &low_outside_, &size_outside_);
#endif
    }

    void leaving([[maybe_unused]] bool for_ever) {
#ifdef RONDO_FIBER_ASAN
        __sanitizer_start_switch_fiber(for_ever ? nullptr : &fake_inside_, low_outside_, size_outside_);
#endif
#ifdef RONDO_FIBER_TSAN
        __tsan_switch_to_fiber(tsan_outside_, 0);
#endif
    }

    void left() {
#ifdef RONDO_FIBER_ASAN
        __sanitizer_finish_switch_fiber(fake_outside_, nullptr, nullptr);
#endif
    }

private:
#ifdef RONDO_FIBER_ASAN
    void *fake_inside_ = nullptr;
    void *fake_outside_ = nullptr;
    char *low_ = nullptr;
    std::size_t size_ = 0;
    const void *low_outside_ = nullptr;
    std::size_t size_outside_ = 0;
#endif
#ifdef RONDO_FIBER_TSAN
    void *tsan_inside_ = nullptr;
    void *tsan_outside_ = nullptr;
#endif
#ifdef RONDO_HAVE_VALGRIND
    unsigned valgrind_id_ = 0;
#endif
};

class StackSwitch : private JumpPair {
public:
    using Entry = void (*)(StackSwitch &) noexcept;

    // entry runs at the first enter(), from top downwards; it must end with leave_for_ever().
    void create(char *low, char *top, Entry entry) noexcept {
        entry_ = entry;
        JumpPair::create(low, top, begin);
        observers_.created(low, top);
    }

    void destroy() noexcept { observers_.destroyed(); }

    // On the loop's stack: runs the fiber until it leaves.
    void enter() noexcept {
        // A fiber may suspend inside a catch block: what the C++ runtime knows of exceptions belongs to its stack.
        Exceptions &thread_exceptions = exceptions_of_thread();
        Exceptions outside = std::exchange(thread_exceptions, exceptions_);
        observers_.entering();
        JumpPair::enter();
        observers_.left();
        exceptions_ = std::exchange(thread_exceptions, outside);
    }

    // On the fiber's stack: back to enter(), until the next one.
    void leave() noexcept {
        observers_.leaving(false);
        JumpPair::leave();
        observers_.entered();
    }

    [[noreturn]] void leave_for_ever() noexcept {
        observers_.leaving(true);
        JumpPair::leave();
        __builtin_unreachable();
    }

private:
    // __cxa_eh_globals: the caught exceptions and, padded, the number of uncaught ones.
    struct Exceptions {
        uintptr_t caught = 0;
        uintptr_t uncaught = 0;
    };

    // Asked for once per thread. For the loop's stack, which stays in its thread.
    static Exceptions &exceptions_of_thread() noexcept {
        __attribute__((tls_model("initial-exec"))) static thread_local Exceptions *known = nullptr;
        if (!known) [[unlikely]]
            known = reinterpret_cast<Exceptions *>(abi::__cxa_get_globals());
        return *known;
    }

    static void begin(JumpPair *pair) noexcept {
        auto &self = static_cast<StackSwitch &>(*pair);
        self.observers_.entered();
        self.entry_(self);
    }

    Entry entry_ = nullptr;
    Exceptions exceptions_;
    [[no_unique_address]] SwitchObservers observers_;
};

} // namespace rondo::core
