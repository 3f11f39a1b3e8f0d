#include "base/chunk.h"

#include <malloc.h>

namespace rondo::core {

void *allocate_chunk() noexcept { return _aligned_malloc(chunk_size, chunk_size); }
void free_chunk(void *chunk) noexcept { _aligned_free(chunk); }

} // namespace rondo::core
