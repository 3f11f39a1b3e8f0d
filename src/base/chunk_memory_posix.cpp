#include "base/chunk.h"

#include <cstdint>
#include <sys/mman.h>

namespace rondo::core {

// Twice as much holds a piece that is aligned; the rest goes back.
void *allocate_chunk() noexcept {
    void *mapped = mmap(nullptr, 2 * chunk_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    char *low = static_cast<char *>(mapped);
    std::size_t before = -reinterpret_cast<std::uintptr_t>(low) & (chunk_size - 1);
    char *chunk = low + before;
    if (before > 0) munmap(low, before);
    munmap(chunk + chunk_size, chunk_size - before);
    return chunk;
}

void free_chunk(void *chunk) noexcept { munmap(chunk, chunk_size); }

} // namespace rondo::core
