// x86-64 with the System V calling convention.
#pragma once

namespace rondo::core {

inline void *prepare_jump(char *, char *top, void *entry) noexcept {
    auto **words = reinterpret_cast<void **>(top);
    words[-1] = nullptr; // where a caller's address would stand: the end for those who walk the stack
    words[-2] = entry;
    return words - 2;
}

// Leaves rbp, rbx and the place to go on at on this stack, and takes the place from the other one. Everything else
// is declared as overwritten, for the compiler to keep what it needs.
__attribute__((always_inline)) inline void jump(void *&from, void *to, void *argument) noexcept {
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
                   "xmm14", "xmm15"
#ifdef __AVX512F__
                   ,
                   "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25", "xmm26",
                   "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", "k1", "k2", "k3", "k4", "k5", "k6", "k7"
#endif
    );
}

} // namespace rondo::core
