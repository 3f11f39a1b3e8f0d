// Two stacks taking turns: the loop's and a fiber's. The one place that knows Boost.Context, and what sanitizers and
// valgrind want to hear of a switch.
#pragma once

#include <boost/context/detail/fcontext.hpp>
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

// What the observers of a process keep for each stack. Empty in ordinary builds.
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

class StackSwitch {
public:
    using Entry = void (*)(StackSwitch &) noexcept;

    // entry runs at the first enter(), from top downwards; it must end with leave_for_ever().
    void create(char *low, char *top, Entry entry) noexcept {
        entry_ = entry;
        auto **words = reinterpret_cast<void **>(top);
        words[-1] = nullptr;
        words[-2] = reinterpret_cast<void *>(begin);
        inside_ = words - 2;
        observers_.created(low, top);
    }

    void destroy() noexcept { observers_.destroyed(); }

    // On the loop's stack: runs the fiber until it leaves.
    void enter() noexcept {
        // A fiber may suspend inside a catch block: what the C++ runtime knows of exceptions belongs to its stack.
        auto &thread_exceptions = *reinterpret_cast<Exceptions *>(abi::__cxa_get_globals());
        Exceptions outside = std::exchange(thread_exceptions, exceptions_);
        observers_.entering();
        jump(outside_, inside_);
        observers_.left();
        exceptions_ = std::exchange(thread_exceptions, outside);
    }

    // On the fiber's stack: back to enter(), until the next one.
    void leave() noexcept {
        observers_.leaving(false);
        jump(inside_, outside_);
        observers_.entered();
    }

    [[noreturn]] void leave_for_ever() noexcept {
        observers_.leaving(true);
        jump(inside_, outside_);
        __builtin_unreachable();
    }

private:
    // __cxa_eh_globals: the caught exceptions and, padded, the number of uncaught ones.
    struct Exceptions {
        uintptr_t caught = 0;
        uintptr_t uncaught = 0;
    };

    __attribute__((always_inline)) void jump(void *&from, void *to) noexcept {
        void *f = &from, *self = this;
        asm volatile("leaq -128(%%rsp), %%rsp\n\t"
                     "pushq %%rbp\n\t"
                     "pushq %%rbx\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "movq %%rsp, (%%rsi)\n\t"
                     "movq %%rdx, %%rsp\n\t"
                     "popq %%rax\n\t"
                     "jmp *%%rax\n"
                     "1:\n\t"
                     "popq %%rbx\n\t"
                     "popq %%rbp\n\t"
                     "leaq 128(%%rsp), %%rsp\n\t"
                     : "+S"(f), "+d"(to), "+D"(self)
                     :
                     : "rax", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc",
                     "xmm0","xmm1","xmm2","xmm3","xmm4","xmm5","xmm6","xmm7","xmm8","xmm9","xmm10","xmm11","xmm12","xmm13","xmm14","xmm15");
    }
    static void begin(StackSwitch *from) noexcept {
        auto &self = *from;
        self.observers_.entered();
        self.entry_(self);
    }

    void *inside_ = nullptr;
    void *outside_ = nullptr;
    Entry entry_ = nullptr;
    Exceptions exceptions_;
    [[no_unique_address]] SwitchObservers observers_;
};

} // namespace rondo::core
