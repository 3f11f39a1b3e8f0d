#include "base/chunk.h"

#include <cstdint>
#include <sys/mman.h>

namespace rondo::core {

// Twice as much holds a piece that is aligned; the rest goes back.
void *allocate_chunk(std::size_t size) noexcept {
    void *mapped = mmap(nullptr, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    char *low = static_cast<char *>(mapped);
    char *chunk = low + (-reinterpret_cast<std::uintptr_t>(low) & (size - 1));
    char *high = low + 2 * size;
    if (chunk > low) munmap(low, static_cast<std::size_t>(chunk - low));
    munmap(chunk + size, static_cast<std::size_t>(high - chunk) - size);
#ifdef MADV_HUGEPAGE
    madvise(chunk, size, MADV_HUGEPAGE);
#endif
    return chunk;
}

void free_chunk(void *chunk, std::size_t size) noexcept { munmap(chunk, size); }

} // namespace rondo::core
