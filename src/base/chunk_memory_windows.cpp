#include "base/chunk.h"

#include <malloc.h>

namespace rondo::core {

void *allocate_chunks(std::size_t count) noexcept { return _aligned_malloc(count * chunk_size, chunk_size); }
void free_chunks(void *first, std::size_t) noexcept { _aligned_free(first); }

} // namespace rondo::core
