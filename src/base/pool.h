// Small blocks, recycled per thread: free lists for each size class over malloc, so that a block may be freed by any
// thread and no block belongs to a loop. Threads pass what they have too much of on to each other in batches. Under ASan
// every block goes straight to malloc.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

namespace rondo::core {

// nullptr when out of memory. Aligned to 16 bytes.
[[nodiscard]] void *allocate(std::size_t size) noexcept;
void deallocate(void *block, std::size_t size) noexcept;

template <class T, class... Args>
[[nodiscard]] T *create(Args &&...args) noexcept {
    void *block = allocate(sizeof(T));
    return block ? new (block) T(std::forward<Args>(args)...) : nullptr;
}

template <class T>
void destroy(T *object) noexcept {
    if (!object) return;
    object->~T();
    deallocate(object, sizeof(T));
}

} // namespace rondo::core
