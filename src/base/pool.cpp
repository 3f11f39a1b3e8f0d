#include "base/pool.h"

#include "base/chunk.h"
#include "base/count.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

namespace rondo::core {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool recycling = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool recycling = false;
#else
constexpr bool recycling = true;
#endif
#else
constexpr bool recycling = true;
#endif

constexpr std::size_t grain = 16;
constexpr std::size_t largest = 576;
constexpr std::size_t class_count = largest / grain + 1;
static_assert(sizeof(FreeBlock) <= grain);
constexpr std::size_t class_of(std::size_t size) { return (size + grain - 1) / grain; }

constexpr std::uint32_t batch_size = 64;
constexpr std::uint32_t batches_per_class = 64; // bounds what is held back from malloc

// Where threads that free more than they allocate leave batches for those that do the opposite, and where blocks come
// from and go to in bulk. Nobody waits for it: while another thread is there, malloc serves.
class Depot {
public:
    constexpr Depot() = default;

    bool put(FreeBlock *batch) {
        if (count_.load(std::memory_order_relaxed) >= batches_per_class || !enter()) return false;
        batch->next_batch = top_;
        top_ = batch;
        count_.store(count_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        leave();
        return true;
    }

    // nullptr: malloc shall serve.
    FreeBlock *take(std::size_t size) {
        bool bulk = size * from_malloc_.load() >= chunk_size;
        if ((!bulk && count_.load(std::memory_order_relaxed) == 0) || !enter()) return nullptr;
        FreeBlock *batch = top_;
        if (batch) {
            top_ = batch->next_batch;
            count_.store(count_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
        } else if (bulk) {
            take_back();
            batch = chunks_.take(size, batch_size);
        }
        leave();
        return batch;
    }

    void *allocate_one(std::size_t size) {
        void *block = std::malloc(size);
        if (block) from_malloc_.add();
        return block;
    }

    // Back to where they came from.
    void let_go(FreeBlock *first) {
        while (FreeBlock *block = first) {
            first = block->next;
            if (in_chunk(block)) {
                return_to_chunk(block);
            } else {
                std::free(block);
                (void)from_malloc_.drop();
            }
        }
        if (returned_.load(std::memory_order_relaxed) && enter()) {
            take_back();
            leave();
        }
    }

private:
    bool enter() { return !busy_.exchange(true, std::memory_order_acquire); }
    void leave() { busy_.store(false, std::memory_order_release); }

    void return_to_chunk(FreeBlock *block) {
        block->next = returned_.load(std::memory_order_relaxed);
        while (!returned_.compare_exchange_weak(block->next, block, std::memory_order_release, std::memory_order_relaxed)) {
        }
    }
    void take_back() {
        FreeBlock *first = returned_.exchange(nullptr, std::memory_order_acquire);
        while (FreeBlock *block = first) {
            first = block->next;
            chunks_.give_back(block);
        }
    }

    std::atomic<bool> busy_{false};
    std::atomic<std::uint32_t> count_{0};
    FreeBlock *top_ = nullptr;
    Chunks chunks_;
    Count from_malloc_{0};
    std::atomic<FreeBlock *> returned_{nullptr}; // to chunks, by whoever enters next
};

constinit std::array<Depot, class_count> depots;

// A thread's own: up to two batches of each class.
struct Cache {
    struct Class {
        FreeBlock *first = nullptr;
        std::uint32_t count = 0;
        FreeBlock *full = nullptr; // a whole batch
    };
    std::array<Class, class_count> classes;
};

// Only a pointer is thread-local: the loader has little room for those of libraries that come late.
__attribute__((tls_model("initial-exec"))) thread_local Cache *cache = nullptr;
// Blocks freed while the thread ends, after the cache, go to malloc.
__attribute__((tls_model("initial-exec"))) thread_local bool closed = false;

void close_cache() {
    closed = true;
    Cache *old = std::exchange(cache, nullptr);
    if (!old) return;
    for (std::size_t i = 0; i < class_count; ++i) {
        depots[i].let_go(old->classes[i].first);
        depots[i].let_go(old->classes[i].full);
    }
    delete old;
}

struct AtThreadEnd {
    ~AtThreadEnd() { close_cache(); }
};

// This thread's, made now. nullptr: there is none any more, or no memory for one.
Cache *open_cache() {
    static thread_local AtThreadEnd at_end;
    (void)at_end;
    return closed ? nullptr : cache = new (std::nothrow) Cache;
}

Cache *this_cache() { return cache ? cache : open_cache(); }

FreeBlock *fetch_batch(std::size_t i) {
    Cache *mine = this_cache();
    if (!mine) return nullptr;
    Cache::Class &c = mine->classes[i];
    FreeBlock *batch = c.full ? std::exchange(c.full, nullptr) : depots[i].take(i * grain);
    if (!batch) return nullptr;
    c.first = batch->next;
    c.count = batch_size - 1;
    return batch;
}

void store_batch(Cache::Class &c, std::size_t i) {
    FreeBlock *batch = std::exchange(c.full, std::exchange(c.first, nullptr));
    c.count = 0;
    if (batch && !depots[i].put(batch)) depots[i].let_go(batch);
}

void push(Cache::Class &c, void *block) {
    auto *free_block = static_cast<FreeBlock *>(block);
    free_block->next = c.first;
    c.first = free_block;
    ++c.count;
}

// The class is empty, or the block too large for any.
[[gnu::noinline]] void *allocate_elsewhere(std::size_t size) {
    if (!recycling || size > largest) return std::malloc(size ? size : 1);
    std::size_t i = class_of(size);
    void *block = fetch_batch(i);
    return block ? block : depots[i].allocate_one(size ? i * grain : 1);
}

// The class has a whole batch, the thread no cache yet or no more, or the block is too large for any class.
[[gnu::noinline]] void deallocate_elsewhere(void *block, std::size_t size) {
    if (!block || !recycling || size > largest) return std::free(block);
    std::size_t i = class_of(size);
    if (Cache *mine = this_cache()) {
        Cache::Class &c = mine->classes[i];
        if (c.count == batch_size) store_batch(c, i);
        push(c, block);
    } else {
        depots[i].let_go(new (block) FreeBlock{});
    }
}

} // namespace

void *allocate(std::size_t size) noexcept {
    Cache *mine = cache;
    if (!recycling || !mine || size > largest) [[unlikely]]
        return allocate_elsewhere(size);
    Cache::Class &c = mine->classes[class_of(size)];
    FreeBlock *block = c.first;
    if (!block) [[unlikely]]
        return allocate_elsewhere(size);
    c.first = block->next;
    --c.count;
    return block;
}

void deallocate(void *block, std::size_t size) noexcept {
    Cache *mine = cache;
    if (!recycling || !mine || !block || size > largest) [[unlikely]]
        return deallocate_elsewhere(block, size);
    Cache::Class &c = mine->classes[class_of(size)];
    if (c.count == batch_size) [[unlikely]]
        return deallocate_elsewhere(block, size);
    push(c, block);
}

} // namespace rondo::core
