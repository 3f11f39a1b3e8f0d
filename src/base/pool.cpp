#include "base/pool.h"

#include <array>
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
constexpr std::size_t largest = 512;
constexpr std::uint32_t kept_per_class = 4096; // bounds what an idle thread holds back from malloc

struct FreeBlock {
    FreeBlock *next;
};

struct Cache {
    struct Class {
        FreeBlock *first = nullptr;
        std::uint32_t count = 0;
    };
    std::array<Class, largest / grain + 1> classes;
};

// Only a pointer is thread-local: the loader has little room for those of libraries that come late.
__attribute__((tls_model("initial-exec"))) thread_local Cache *cache = nullptr;
// Blocks freed while the thread ends, after the cache, go to malloc.
__attribute__((tls_model("initial-exec"))) thread_local bool closed = false;

void close_cache() {
    closed = true;
    Cache *old = std::exchange(cache, nullptr);
    if (!old) return;
    for (Cache::Class &c : old->classes) {
        while (FreeBlock *block = c.first) {
            c.first = block->next;
            std::free(block);
        }
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

} // namespace

void *allocate(std::size_t size) noexcept {
    if (recycling && size <= largest) {
        std::size_t i = (size + grain - 1) / grain;
        Cache *mine = cache;
        if (FreeBlock *block = mine ? mine->classes[i].first : nullptr) {
            mine->classes[i].first = block->next;
            --mine->classes[i].count;
            return block;
        }
        size = i * grain;
    }
    return std::malloc(size ? size : 1);
}

void deallocate(void *block, std::size_t size) noexcept {
    if (!block) return;
    Cache *mine = !recycling || size > largest ? nullptr : cache ? cache : open_cache();
    if (mine) {
        Cache::Class &c = mine->classes[(size + grain - 1) / grain];
        if (c.count < kept_per_class) {
            auto *free_block = static_cast<FreeBlock *>(block);
            free_block->next = c.first;
            c.first = free_block;
            ++c.count;
            return;
        }
    }
    std::free(block);
}

} // namespace rondo::core
