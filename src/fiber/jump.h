// From one stack to another: two contexts that take turns. The one place that knows the machine, or Boost.Context where
// we do not know it.
//
// On x86-64 the jump is inline and not a call: the processor predicts returns by counting calls, and a call that never
// returns makes it guess wrong in every frame above. This saves a quarter of the time of a yield. The floating-point
// control words stay as they are: they belong to the thread, for all kinds of coroutines alike.
#pragma once

#include <cstddef>

#if defined(__x86_64__) && defined(__LP64__) && !(defined(__CET__) && __CET__ >= 2) && !defined(RONDO_FIBER_BOOST)
#define RONDO_FIBER_JUMP_X86_64 1
#else
#include <boost/context/detail/fcontext.hpp>
#endif

namespace rondo::core {

class JumpPair {
public:
    using Entry = void (*)(JumpPair *) noexcept;

    // entry runs at the first enter(), from top (aligned to 16) downwards, and never returns.
    void create(char *low, char *top, Entry entry) noexcept;
    // From the outer stack to the inner one, to the place of its last leave(); and back.
    void enter() noexcept;
    void leave() noexcept;

private:
#ifdef RONDO_FIBER_JUMP_X86_64
    static void jump(void *&from, void *to, JumpPair *argument) noexcept;
#else
    static void begin(boost::context::detail::transfer_t from) noexcept;
    Entry entry_ = nullptr;
#endif
    void *inside_ = nullptr;
    void *outside_ = nullptr;
};

#ifdef RONDO_FIBER_JUMP_X86_64

inline void JumpPair::create(char *, char *top, Entry entry) noexcept {
    auto **words = reinterpret_cast<void **>(top);
    words[-1] = nullptr; // where a caller's address would stand: the end for those who walk the stack
    words[-2] = reinterpret_cast<void *>(entry);
    inside_ = words - 2;
}

// Leaves rbp, rbx and the place to go on at on this stack, and takes the place from the other one. Everything else is
// declared as overwritten, for the compiler to keep what it needs.
__attribute__((always_inline)) inline void JumpPair::jump(void *&from, void *to, JumpPair *argument) noexcept {
    void **place = &from;
    asm volatile("leaq -128(%%rsp), %%rsp\n\t" // the red zone
                 "pushq %%rbp\n\t"
                 "pushq %%rbx\n\t"
                 "leaq 1f(%%rip), %%rax\n\t"
                 "pushq %%rax\n\t"
                 "movq %%rsp, (%[place])\n\t"
                 "movq %[to], %%rsp\n\t"
                 "popq %%rax\n\t"
                 "jmp *%%rax\n"
                 "1:\n\t"
                 "popq %%rbx\n\t"
                 "popq %%rbp\n\t"
                 "leaq 128(%%rsp), %%rsp"
                 : [place] "+S"(place), [to] "+d"(to), "+D"(argument) // rdi: what entry is given
                 :
                 : "rax", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc", "xmm0", "xmm1",
                   "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",
                   "xmm14", "xmm15");
}

__attribute__((always_inline)) inline void JumpPair::enter() noexcept { jump(outside_, inside_, this); }
__attribute__((always_inline)) inline void JumpPair::leave() noexcept { jump(inside_, outside_, this); }

#else

inline void JumpPair::create(char *low, char *top, Entry entry) noexcept {
    entry_ = entry;
    inside_ = boost::context::detail::make_fcontext(top, static_cast<std::size_t>(top - low), begin);
}

inline void JumpPair::begin(boost::context::detail::transfer_t from) noexcept {
    auto *self = static_cast<JumpPair *>(from.data);
    self->outside_ = from.fctx;
    self->entry_(self);
}

inline void JumpPair::enter() noexcept { inside_ = boost::context::detail::jump_fcontext(inside_, this).fctx; }
inline void JumpPair::leave() noexcept { outside_ = boost::context::detail::jump_fcontext(outside_, nullptr).fctx; }

#endif

} // namespace rondo::core
