// Blocks in bulk. A program that uses very many of a size gets them from chunks of 2 MiB: without headers, beside those
// that were made at the same time. A chunk whose blocks are all back goes back too. (Large pages are not asked for: twice
// as quick where the memory is at hand, they are twice as slow in a virtual machine whose host has taken it back.)
#pragma once

#include "base/list.h"

#include <cstddef>
#include <cstdint>

namespace rondo::core {

struct FreeBlock {
    FreeBlock *next;
    FreeBlock *next_batch; // of the first of a batch, in a depot
};

constexpr std::size_t chunk_size = std::size_t{2} << 20;

// Any thread: whether a block that is in use comes from a chunk.
bool in_chunk(const void *block) noexcept;

// The chunks for blocks of one size. For one thread at a time.
class Chunks {
public:
    constexpr Chunks() = default;

    // count blocks, linked; nullptr when the system has no memory for another chunk.
    FreeBlock *take(std::size_t block_size, std::uint32_t count) noexcept;
    void give_back(void *block) noexcept; // one that in_chunk knows

private:
    struct Chunk;

    static Chunk *make(std::size_t block_size) noexcept;
    static void release(Chunk &chunk) noexcept;

    Chunk *open(std::size_t block_size) noexcept;

    List open_; // chunks with blocks to give
};

// ---- what systems do differently: chunk_memory_*.cpp. Aligned to its size; nullptr when there is none.
void *allocate_chunk() noexcept;
void free_chunk(void *chunk) noexcept;

} // namespace rondo::core
