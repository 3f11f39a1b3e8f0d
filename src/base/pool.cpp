#include "base/pool.h"

#include <array>
#include <cstdint>
#include <cstdlib>

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
    bool open = true; // blocks freed while the thread ends, after this destructor, go to malloc

    ~Cache() {
        open = false;
        for (Class &c : classes) {
            while (FreeBlock *block = c.first) {
                c.first = block->next;
                std::free(block);
            }
        }
    }
};

thread_local Cache cache;

} // namespace

void *allocate(std::size_t size) noexcept {
    if (recycling && size <= largest) {
        Cache::Class &c = cache.classes[(size + grain - 1) / grain];
        if (FreeBlock *block = c.first) {
            c.first = block->next;
            --c.count;
            return block;
        }
        size = (size + grain - 1) / grain * grain;
    }
    return std::malloc(size ? size : 1);
}

void deallocate(void *block, std::size_t size) noexcept {
    if (!block) return;
    if (recycling && size <= largest && cache.open) {
        Cache::Class &c = cache.classes[(size + grain - 1) / grain];
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
