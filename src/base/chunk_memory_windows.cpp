#include "base/chunk.h"

#include <malloc.h>

namespace rondo::core {

void *allocate_chunk(std::size_t size) noexcept { return _aligned_malloc(size, size); }
void free_chunk(void *chunk, std::size_t) noexcept { _aligned_free(chunk); }

} // namespace rondo::core
