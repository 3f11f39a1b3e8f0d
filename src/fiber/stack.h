// Stacks for fibers: cut from large mappings, guarded below, recycled per thread. Knows nobody.
//
//     low - guard_size           low                                   Stack
//     | guard: no access         | usable, grows downwards   <- control | header |
//
// Guards cost mappings before Linux 6.13 and a process may have only so many: beyond its share a stack gets a canary
// instead, the room of the guard then being spare memory that a small overflow may spill into unharmed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rondo::core {

constexpr std::size_t default_stack_size = std::size_t{64} << 10;
constexpr std::size_t smallest_stack_size = std::size_t{16} << 10;
constexpr std::size_t largest_stack_size = std::size_t{1} << 30;

// What the fiber's control block and this header may take on top of the usable size.
constexpr std::size_t stack_head_room = 1024;

enum class StackGuard : uint8_t {
    by_advice,  // costs nothing
    by_mapping, // costs mappings
    canary,
};

struct StackSlab;

// The header at the top of each stack; lives while the stack is taken or cached.
struct Stack {
    Stack *next; // in a cache
    StackSlab *slab;
    char *low;
    std::size_t guard_size;
    uint32_t index; // in the slab
    uint16_t size_class;
    StackGuard guard;

    char *top() { return reinterpret_cast<char *>(this); }
    std::size_t bytes() const { return static_cast<std::size_t>(reinterpret_cast<const char *>(this) - low); }
    bool guards(const void *address) const {
        auto *at = static_cast<const char *>(address);
        return at >= low - guard_size && at < low;
    }
};

// At least this many usable bytes below stack_head_room; 0 means the default. nullptr: no memory, or above the largest.
[[nodiscard]] Stack *take_stack(std::size_t size) noexcept;

// Its contents are lost. From any thread.
void give_stack(Stack *stack) noexcept;

// What it was taken for, rounded up.
std::size_t stack_size(const Stack *stack) noexcept;

// Of a canary stack: something was written just below its low end.
bool stack_overrun(const Stack *stack) noexcept;

// Unmaps what this thread keeps for its next fibers, as the end of the thread does.
void drop_cached_stacks() noexcept;

struct StackCounts {
    std::size_t mapped;  // stacks with an address, in use or not
    std::size_t guarded; // of these, guarded by_mapping
    uint64_t cut;        // stacks that came fresh from a mapping, ever
    uint64_t recycled;   // stacks that came from this thread's cache, ever
};
StackCounts stack_counts() noexcept;

// For tests: what new stacks are to be guarded with, at best, and how many guards by_mapping there may be.
void limit_stack_guards(StackGuard best, std::size_t mapping_budget) noexcept;

} // namespace rondo::core
