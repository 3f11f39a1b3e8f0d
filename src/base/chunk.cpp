#include "base/chunk.h"

#include <array>
#include <atomic>
#include <new>
#include <utility>

namespace rondo::core {
namespace {

// Which chunks of the address space are ours: a table of tables, of which a program has one or two.
class Register {
public:
    constexpr Register() = default;

    bool has(const void *address) const {
        const Table *table = tables_[index(address) / table_size].load(std::memory_order_acquire);
        if (!table) return false;
        return table->chunks[index(address) % table_size].load(std::memory_order_relaxed);
    }

    // False: no memory, or an address nobody has thought of.
    bool add(const void *address) {
        std::uintptr_t i = index(address);
        if (i / table_size >= tables_.size()) return false;
        Table *table = open_table(tables_[i / table_size]);
        if (!table) return false;
        table->chunks[i % table_size].store(true, std::memory_order_relaxed);
        return true;
    }

    void remove(const void *address) {
        Table *table = tables_[index(address) / table_size].load(std::memory_order_acquire);
        table->chunks[index(address) % table_size].store(false, std::memory_order_relaxed);
    }

private:
    static constexpr std::size_t table_size = 8192;
    static constexpr std::size_t most_chunks = std::size_t{1} << (sizeof(void *) == 8 ? 48 - 21 : 32 - 21);
    struct Table {
        std::array<std::atomic<bool>, table_size> chunks{};
    };

    static std::uintptr_t index(const void *address) { return reinterpret_cast<std::uintptr_t>(address) / chunk_size; }

    // Two threads may make the same: the first one's counts.
    static Table *open_table(std::atomic<Table *> &place) {
        if (Table *table = place.load(std::memory_order_acquire)) return table;
        Table *table = new (std::nothrow) Table;
        Table *other = nullptr;
        if (!table || place.compare_exchange_strong(other, table, std::memory_order_acq_rel)) return table;
        delete table;
        return other;
    }

    std::array<std::atomic<Table *>, (most_chunks + table_size - 1) / table_size> tables_{};
};

constinit Register chunks_in_use;

} // namespace

bool in_chunk(const void *block) noexcept { return chunks_in_use.has(block); }

struct alignas(64) Chunks::Chunk : Link {
    explicit Chunk(std::size_t size) : block_size(size) { reset(); }

    static Chunk &of(void *block) {
        return *reinterpret_cast<Chunk *>(reinterpret_cast<std::uintptr_t>(block) & ~(chunk_size - 1));
    }

    void reset() {
        free = nullptr;
        fresh = reinterpret_cast<char *>(this + 1);
    }
    bool exhausted() const { return !free && !has_fresh(); }
    FreeBlock *take() {
        ++used;
        if (free) return std::exchange(free, free->next);
        return reinterpret_cast<FreeBlock *>(std::exchange(fresh, fresh + block_size));
    }
    void give_back(void *block) {
        --used;
        auto *returned = static_cast<FreeBlock *>(block);
        returned->next = std::exchange(free, returned);
    }

    std::size_t block_size;
    FreeBlock *free;
    char *fresh; // from here on never used
    std::size_t used = 0;

private:
    bool has_fresh() const { return fresh + block_size <= reinterpret_cast<const char *>(this) + chunk_size; }
};

Chunks::Chunk *Chunks::make(std::size_t block_size) noexcept {
    void *memory = allocate_chunk();
    if (!memory) return nullptr;
    if (!chunks_in_use.add(memory)) {
        free_chunk(memory);
        return nullptr;
    }
    return new (memory) Chunk(block_size);
}

void Chunks::release(Chunk &chunk) noexcept {
    chunk.unlink();
    chunks_in_use.remove(&chunk);
    free_chunk(&chunk);
}

// One with blocks to give.
Chunks::Chunk *Chunks::open(std::size_t block_size) noexcept {
    if (!open_.empty()) return static_cast<Chunk *>(open_.front());
    Chunk *made = make(block_size);
    if (made) open_.push_back(*made);
    return made;
}

FreeBlock *Chunks::take(std::size_t block_size, std::uint32_t count) noexcept {
    FreeBlock *first = nullptr;
    for (FreeBlock **last = &first; count > 0; --count) {
        Chunk *chunk = open(block_size);
        if (!chunk) break;
        *last = chunk->take();
        (*last)->next = nullptr;
        last = &(*last)->next;
        if (chunk->exhausted()) chunk->unlink();
    }
    while (count > 0 && first) give_back(std::exchange(first, first->next));
    return first;
}

// One empty chunk stays, for a program that comes and goes over the edge of it.
void Chunks::give_back(void *block) noexcept {
    Chunk &chunk = Chunk::of(block);
    if (chunk.exhausted()) open_.push_front(chunk);
    chunk.give_back(block);
    if (chunk.used > 0) return;
    chunk.reset();
    chunk.unlink();
    bool spare = !open_.empty() && static_cast<Chunk &>(*open_.end()->prev).used == 0;
    open_.push_back(chunk);
    if (spare) release(chunk);
}

} // namespace rondo::core
