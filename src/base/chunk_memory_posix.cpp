#include "base/chunk.h"

#include <cstdint>
#include <sys/mman.h>

namespace rondo::core {

// One chunk more holds a piece that is aligned; the rest goes back.
void *allocate_chunks(std::size_t count) noexcept {
    std::size_t size = count * chunk_size;
    void *mapped = mmap(nullptr, size + chunk_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    char *low = static_cast<char *>(mapped);
    std::size_t before = -reinterpret_cast<std::uintptr_t>(low) & (chunk_size - 1);
    char *first = low + before;
    if (before > 0) munmap(low, before);
    munmap(first + size, chunk_size - before);
#ifdef MADV_HUGEPAGE
    madvise(first, size, MADV_HUGEPAGE);
#endif
    return first;
}

void free_chunks(void *first, std::size_t count) noexcept { munmap(first, count * chunk_size); }

} // namespace rondo::core
