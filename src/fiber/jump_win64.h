// x86-64 with the calling convention of Windows, whose thread block also knows where the stack is.
#pragma once

namespace rondo::core {

inline void *prepare_jump(char *low, char *top, void *entry) noexcept {
    auto **words = reinterpret_cast<void **>(top - 32); // above it entry may keep its arguments
    words[-1] = nullptr;                                // where a caller's address would stand
    words[-2] = low;                                    // DeallocationStack
    words[-3] = low;                                    // StackLimit
    words[-4] = top;                                    // StackBase
    words[-5] = entry;
    return words - 5;
}

// As on other x86-64, and with the three words of the thread block behind the place.
__attribute__((always_inline)) inline void jump(void *&from, void *to, void *argument) noexcept {
    void **place = &from;
    asm volatile("pushq %%rbp\n\t"
                 "pushq %%rbx\n\t"
                 "pushq %%gs:0x1478\n\t"
                 "pushq %%gs:0x10\n\t"
                 "pushq %%gs:0x8\n\t"
                 "leaq 1f(%%rip), %%rax\n\t"
                 "pushq %%rax\n\t"
                 "movq %%rsp, (%[place])\n\t"
                 "movq %[to], %%rsp\n\t"
                 "popq %%rax\n\t"
                 "popq %%gs:0x8\n\t"
                 "popq %%gs:0x10\n\t"
                 "popq %%gs:0x1478\n\t"
                 "jmp *%%rax\n"
                 "1:\n\t"
                 "popq %%rbx\n\t"
                 "popq %%rbp"
                 : [place] "+S"(place), [to] "+d"(to), "+c"(argument) // rcx: what entry is given
                 :
                 : "rax", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc", "xmm0", "xmm1",
                   "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",
                   "xmm14", "xmm15");
}

} // namespace rondo::core
