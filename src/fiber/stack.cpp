#include "fiber/stack.h"

#include "base/thread.h"
#include "fiber/pages.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>

#ifdef RONDO_HAVE_VALGRIND
#include <valgrind/valgrind.h>
#endif

namespace rondo::core {

// One mapping with room for many stacks of one class.
struct StackSlab {
    StackSlab *next;
    StackSlab *prev;
    char *base;
    uint32_t capacity;
    uint32_t cut;        // stacks that ever got a guard: the first `cut` ones
    uint32_t taken;      // given out, thread caches included
    uint32_t free_count; // in free_indices
    uint32_t guards;     // of them by_mapping
    uint16_t size_class;
    StackGuard *guard;      // of each stack
    uint32_t *free_indices; // cut before and given back
};

namespace {

constexpr std::size_t class_count = 65;         // four to each doubling from 16 KiB to 1 GiB
constexpr std::size_t wanted_guard = 60 << 10;  // more than most frames, so that few can step over it
constexpr std::size_t cached_bytes = 128 << 20; // of each class, per thread; a page fault costs more than all else
constexpr uint32_t fewest_cached = 2;           // of each class
constexpr std::size_t largest_slab = 64 << 20;
constexpr std::size_t canary_size = 512;
constexpr std::size_t unknown_budget = SIZE_MAX;

std::size_t class_size(std::size_t size_class) {
    return (smallest_stack_size + (size_class % 4) * (smallest_stack_size / 4)) << (size_class / 4);
}

std::size_t class_of(std::size_t size) {
    if (size <= smallest_stack_size) return 0;
    std::size_t doublings = std::bit_width((size - 1) / smallest_stack_size) - 1;
    std::size_t quarter = (smallest_stack_size / 4) << doublings;
    std::size_t steps = (size + quarter - 1) / quarter;
    return doublings * 4 + steps - 4;
}

struct Shape {
    std::size_t usable; // the headroom included
    std::size_t guard;
    std::size_t stride() const { return usable + guard; }
};

// The stride is an odd number of pages: even ones let the tops of all stacks compete for a few lines of the TLB.
Shape shape_of(std::size_t size_class) {
    std::size_t page = page_size();
    auto up = [page](std::size_t n) { return (n + page - 1) / page * page; };
    Shape shape{up(class_size(size_class) + stack_head_room), up(wanted_guard)};
    if ((shape.stride() / page) % 2 == 0) shape.guard += page;
    return shape;
}

StackGuard best_guard() {
#ifdef RONDO_HAVE_VALGRIND
    if (RUNNING_ON_VALGRIND) return StackGuard::by_mapping;
#endif
    return StackGuard::by_advice;
}

// All slabs of the process. Every member under the mutex.
class Store {
public:
    // Fills up to `wanted` stacks into a chain and answers how many.
    uint32_t take(std::size_t size_class, uint32_t wanted, Stack *&chain) noexcept;
    void give(Stack *chain) noexcept;
    void drop_empty() noexcept;
    StackCounts counts() noexcept;
    void limit_guards(StackGuard best, std::size_t budget) noexcept;

    std::mutex mutex;

private:
    struct Class {
        StackSlab *roomy = nullptr; // slabs that can give a stack
        StackSlab *empty = nullptr; // one slab without stacks is kept, in `roomy` too
        std::size_t stacks = 0;     // in all slabs
    };

    StackSlab *new_slab(std::size_t size_class) noexcept;
    void delete_slab(StackSlab *slab) noexcept;
    Stack *take_from(StackSlab *slab) noexcept;
    void give_back(Stack *stack) noexcept;
    StackGuard place_guard(char *at, std::size_t size) noexcept;
    void push(StackSlab *slab) noexcept;
    void remove(StackSlab *slab) noexcept;

    std::array<Class, class_count> classes_{};
    StackGuard best_ = best_guard();
    std::size_t mapping_budget_ = unknown_budget;
    std::size_t guarded_ = 0; // by_mapping
    std::size_t mapped_ = 0;
    uint64_t cut_ = 0;
};

Store &store() {
    // Never destroyed: fibers may end in destructors that run at exit.
    static Store *const the_store = [] {
        alignas(Store) static char room[sizeof(Store)];
        auto *made = new (room) Store;
        auto unlock = [] { store().mutex.unlock(); };
        at_fork([] { store().mutex.lock(); }, unlock, unlock);
        return made;
    }();
    return *the_store;
}

bool roomy(const StackSlab *slab) { return slab->free_count > 0 || slab->cut < slab->capacity; }

void Store::push(StackSlab *slab) noexcept {
    StackSlab *&first = classes_[slab->size_class].roomy;
    slab->prev = nullptr;
    slab->next = first;
    if (first) first->prev = slab;
    first = slab;
}

void Store::remove(StackSlab *slab) noexcept {
    (slab->prev ? slab->prev->next : classes_[slab->size_class].roomy) = slab->next;
    if (slab->next) slab->next->prev = slab->prev;
}

// Slabs grow with the number of stacks in use, so that one fiber maps little and many cost few system calls.
StackSlab *Store::new_slab(std::size_t size_class) noexcept {
    Class &c = classes_[size_class];
    std::size_t stride = shape_of(size_class).stride();
    std::size_t room = std::max<std::size_t>(largest_slab / stride, 1);
    auto capacity = static_cast<uint32_t>(std::min(std::clamp<std::size_t>(c.stacks / 2, 8, 512), room));

    std::size_t bytes = sizeof(StackSlab) + capacity * (sizeof(uint32_t) + sizeof(StackGuard));
    auto *slab = static_cast<StackSlab *>(std::calloc(1, bytes));
    if (!slab) return nullptr;
    slab->base = map_pages(capacity * stride);
    if (!slab->base) {
        std::free(slab);
        return nullptr;
    }
    slab->capacity = capacity;
    slab->size_class = static_cast<uint16_t>(size_class);
    slab->free_indices = reinterpret_cast<uint32_t *>(slab + 1);
    slab->guard = reinterpret_cast<StackGuard *>(slab->free_indices + capacity);
    c.stacks += capacity;
    push(slab);
    return slab;
}

void Store::delete_slab(StackSlab *slab) noexcept {
    remove(slab);
    classes_[slab->size_class].stacks -= slab->capacity;
    guarded_ -= slab->guards;
    mapped_ -= slab->cut;
    unmap_pages(slab->base, slab->capacity * shape_of(slab->size_class).stride());
    std::free(slab);
}

StackGuard Store::place_guard(char *at, std::size_t size) noexcept {
    if (best_ == StackGuard::by_advice) {
        if (guard_pages_by_advice(at, size)) return StackGuard::by_advice;
        best_ = StackGuard::by_mapping;
    }
    if (mapping_budget_ == unknown_budget) mapping_budget_ = most_guards_by_mapping();
    if (best_ == StackGuard::by_mapping && guarded_ < mapping_budget_ && guard_pages_by_mapping(at, size)) {
        ++guarded_;
        return StackGuard::by_mapping;
    }
    return StackGuard::canary;
}

Stack *Store::take_from(StackSlab *slab) noexcept {
    Class &c = classes_[slab->size_class];
    if (c.empty == slab) c.empty = nullptr;
    Shape shape = shape_of(slab->size_class);
    uint32_t index = slab->free_count > 0 ? slab->free_indices[--slab->free_count] : slab->cut;
    char *start = slab->base + index * shape.stride();
    if (index == slab->cut) {
        StackGuard guard = slab->guard[index] = place_guard(start, shape.guard);
        slab->guards += guard == StackGuard::by_mapping;
        ++slab->cut;
        ++mapped_;
        ++cut_;
    }
    ++slab->taken;
    if (!roomy(slab)) remove(slab);
    void *header = start + shape.stride() - sizeof(Stack);
    return new (header)
        Stack{nullptr, slab, start + shape.guard, shape.guard, index, slab->size_class, slab->guard[index]};
}

uint32_t Store::take(std::size_t size_class, uint32_t wanted, Stack *&chain) noexcept {
    std::lock_guard lock(mutex);
    uint32_t got = 0;
    while (got < wanted) {
        StackSlab *slab = classes_[size_class].roomy;
        // Stacks in advance come from slabs at hand only.
        if (!slab && (got > 0 || !(slab = new_slab(size_class)))) break;
        Stack *stack = take_from(slab);
        stack->next = chain;
        chain = stack;
        ++got;
    }
    return got;
}

void Store::give_back(Stack *stack) noexcept {
    StackSlab *slab = stack->slab;
    Class &c = classes_[slab->size_class];
    bool was_roomy = roomy(slab);
    slab->free_indices[slab->free_count++] = stack->index;
    if (!was_roomy) push(slab);
    if (--slab->taken == 0 && c.empty) return delete_slab(slab);
    if (slab->taken == 0) c.empty = slab;
    char *start = stack->guard == StackGuard::canary ? stack->low - stack->guard_size : stack->low;
    char *end = reinterpret_cast<char *>(stack + 1);
    discard_pages(start, static_cast<std::size_t>(end - start));
}

void Store::give(Stack *chain) noexcept {
    std::lock_guard lock(mutex);
    while (Stack *stack = chain) {
        chain = stack->next;
        give_back(stack);
    }
}

void Store::drop_empty() noexcept {
    std::lock_guard lock(mutex);
    for (Class &c : classes_) {
        if (StackSlab *slab = std::exchange(c.empty, nullptr)) delete_slab(slab);
    }
}

StackCounts Store::counts() noexcept {
    std::lock_guard lock(mutex);
    return {mapped_, guarded_, cut_, 0};
}

void Store::limit_guards(StackGuard best, std::size_t budget) noexcept {
    std::lock_guard lock(mutex);
    best_ = best;
    mapping_budget_ = budget;
}

// Recently used stacks of this thread: warm, with their header in place.
struct Cache {
    struct Class {
        Stack *first = nullptr;
        uint32_t count = 0;
        uint32_t batch = 0; // how many were asked of the store the last time
    };
    std::array<Class, class_count> classes;
    uint64_t recycled = 0;

    ~Cache() { drop(); }

    void drop() noexcept {
        for (Class &c : classes) {
            store().give(std::exchange(c.first, nullptr));
            c.count = 0;
        }
        store().drop_empty();
    }
};

// The cache is too large for the little static TLS a library loaded late may use: only its address is there.
__attribute__((tls_model("initial-exec"))) thread_local Cache *cache = nullptr;
// Fibers that end after this thread's destructors go straight to the store.
__attribute__((tls_model("initial-exec"))) thread_local bool closed = false;

struct AtThreadEnd {
    ~AtThreadEnd() {
        closed = true;
        delete std::exchange(cache, nullptr);
    }
};

Cache *open_cache() {
    static thread_local AtThreadEnd at_end;
    (void)at_end;
    return closed ? nullptr : cache = new (std::nothrow) Cache;
}

Cache *this_cache() { return cache ? cache : open_cache(); }

uint32_t cache_limit(std::size_t size_class) {
    return static_cast<uint32_t>(std::max<std::size_t>(cached_bytes / class_size(size_class), fewest_cached));
}

} // namespace

Stack *take_stack(std::size_t size) noexcept {
    if (size == 0) size = default_stack_size;
    if (size > largest_stack_size) return nullptr;
    std::size_t size_class = class_of(size);
    Cache *mine = this_cache();
    Stack *stack = nullptr;
    if (!mine) return store().take(size_class, 1, stack) ? stack : nullptr;

    Cache::Class &c = mine->classes[size_class];
    if (c.first) {
        ++mine->recycled;
    } else {
        c.batch = std::min({c.batch * 2 + 1, cache_limit(size_class) / 4 + 1, 16U});
        c.count = store().take(size_class, c.batch, c.first);
        if (c.count == 0) return nullptr;
    }
    --c.count;
    stack = c.first;
    c.first = stack->next;
    return stack;
}

void give_stack(Stack *stack) noexcept {
    Cache *mine = this_cache();
    if (!mine) {
        stack->next = nullptr;
        return store().give(stack);
    }
    Cache::Class &c = mine->classes[stack->size_class];
    stack->next = c.first;
    c.first = stack;
    if (++c.count < fewest_cached) return;
    uint32_t limit = cache_limit(stack->size_class);
    if (c.count <= limit) return;

    // The older half goes: the newer is warmer.
    Stack *last_kept = c.first;
    for (c.count = 1; c.count < limit / 2; ++c.count) last_kept = last_kept->next;
    store().give(std::exchange(last_kept->next, nullptr));
}

std::size_t stack_size(const Stack *stack) noexcept { return class_size(stack->size_class); }

bool stack_overrun(const Stack *stack) noexcept {
    if (stack->guard != StackGuard::canary) return false;
    // Below an untouched low end there are zeros, which cost no page to read; frames leave return addresses.
    auto *word = reinterpret_cast<const uintptr_t *>(stack->low - canary_size);
    uintptr_t seen = 0;
    for (std::size_t i = 0; i < canary_size / sizeof *word; ++i) seen |= word[i];
    return seen != 0;
}

void drop_cached_stacks() noexcept {
    if (Cache *mine = this_cache()) mine->drop();
}

StackCounts stack_counts() noexcept {
    StackCounts counts = store().counts();
    if (Cache *mine = this_cache()) counts.recycled = mine->recycled;
    return counts;
}

void limit_stack_guards(StackGuard best, std::size_t mapping_budget) noexcept {
    store().limit_guards(best, mapping_budget);
}

} // namespace rondo::core
