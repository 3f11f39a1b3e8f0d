// AArch64, with the calling conventions of Linux, the BSDs and macOS.
#pragma once

namespace rondo::core {

inline void *prepare_jump(char *, char *top, void *entry) noexcept {
    auto **words = reinterpret_cast<void **>(top - 32);
    words[2] = entry;
    return words;
}

// Leaves x29, x19 and the place to go on at on this stack, and takes the place from the other one. Everything else
// is declared as overwritten, for the compiler to keep what it needs; x18 is the thread's where it is anybody's.
__attribute__((always_inline)) inline void jump(void *&from, void *to, void *argument) noexcept {
    register void *x0 asm("x0") = argument; // what entry is given
    register void *x1 asm("x1") = to;
    register void **x2 asm("x2") = &from;
    asm volatile("stp x29, x19, [sp, #-160]!\n\t" // 128 of them are macOS's red zone
                 "adr x9, 1f\n\t"
                 "str x9, [sp, #16]\n\t"
                 "mov x9, sp\n\t"
                 "str x9, [x2]\n\t"
                 "mov sp, x1\n\t"
                 "ldr x9, [sp, #16]\n\t"
                 "mov x29, xzr\n\t" // entry's caller: the end for those who walk the stack
                 "mov x30, xzr\n\t"
                 "br x9\n"
                 "1:\n\t"
                 "ldp x29, x19, [sp], #160"
                 : "+r"(x0), "+r"(x1), "+r"(x2)
                 :
                 : "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
#ifndef __APPLE__
                   "x18",
#endif
                   "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x30", "memory", "cc", "v0", "v1",
                   "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16",
                   "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30",
                   "v31");
}

} // namespace rondo::core
