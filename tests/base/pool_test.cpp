#include "base/pool.h"

#include "base/chunk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <thread>
#include <utility>
#include <vector>

using namespace rondo::core;

namespace {

bool holds(const void *block, std::size_t size, unsigned char byte) {
    const auto *bytes = static_cast<const unsigned char *>(block);
    for (std::size_t i = 0; i < size; ++i) {
        if (bytes[i] != byte) return false;
    }
    return true;
}

struct Counted {
    explicit Counted(int &count) : alive(count) { ++alive; }
    ~Counted() { --alive; }
    int &alive;
};

} // namespace

TEST(Pool, blocks_are_aligned_to_sixteen) {
    for (std::size_t size : {0, 1, 15, 16, 17, 100, 511, 512, 513, 575, 576, 577, 5000}) {
        void *block = allocate(size);
        ASSERT_NE(block, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % 16, 0u) << size;
        std::memset(block, 1, size);
        deallocate(block, size);
    }
}

TEST(Pool, freeing_nothing_is_allowed) {
    deallocate(nullptr, 16);
    destroy<int>(nullptr);
}

TEST(Pool, blocks_never_overlap) {
    std::mt19937 random(2);
    struct Block {
        void *place;
        std::size_t size;
        unsigned char byte;
    };
    std::vector<Block> blocks;
    for (int step = 0; step < 20000; ++step) {
        if (blocks.size() < 200 && random() % 3) {
            std::size_t size = random() % 600;
            void *place = allocate(size);
            ASSERT_NE(place, nullptr);
            blocks.push_back({place, size, static_cast<unsigned char>(random())});
            std::memset(place, blocks.back().byte, size);
        } else if (!blocks.empty()) {
            std::swap(blocks[random() % blocks.size()], blocks.back());
            ASSERT_TRUE(holds(blocks.back().place, blocks.back().size, blocks.back().byte));
            deallocate(blocks.back().place, blocks.back().size);
            blocks.pop_back();
        }
    }
    for (Block &block : blocks) deallocate(block.place, block.size);
}

TEST(Pool, a_block_may_be_freed_by_another_thread) {
    std::vector<void *> blocks;
    for (int i = 0; i < 100; ++i) blocks.push_back(allocate(64));
    std::thread([&] {
        for (void *block : blocks) deallocate(block, 64);
        for (void *&block : blocks) block = allocate(64);
    }).join();
    for (void *block : blocks) deallocate(block, 64);
}

TEST(Pool, keeps_only_so_many_free_blocks) {
    std::vector<void *> blocks;
    for (int i = 0; i < 10000; ++i) blocks.push_back(allocate(48));
    for (void *block : blocks) deallocate(block, 48);
    for (void *&block : blocks) block = allocate(48);
    for (void *block : blocks) deallocate(block, 48);
}

TEST(Pool, create_and_destroy_run_the_constructor_and_the_destructor_once) {
    int alive = 0;
    auto *object = create<Counted>(alive);
    EXPECT_EQ(alive, 1);
    destroy(object);
    EXPECT_EQ(alive, 0);
}

namespace {

// Each is its own: what is written into one is still there when all have been written.
void fill(std::vector<void *> &blocks, std::size_t size) {
    for (void *&block : blocks) {
        block = allocate(size);
        ASSERT_NE(block, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % 16, 0u);
        *static_cast<void **>(block) = &block;
        std::memset(static_cast<char *>(block) + sizeof(void *), 7, size - sizeof(void *));
    }
    for (void *&block : blocks) ASSERT_EQ(*static_cast<void **>(block), &block);
}

void empty(std::vector<void *> &blocks, std::size_t size) {
    for (void *block : blocks) deallocate(block, size);
}

std::size_t count_in_chunks(const std::vector<void *> &blocks) {
    return static_cast<std::size_t>(std::count_if(blocks.begin(), blocks.end(), in_chunk));
}

} // namespace

// As many as three chunks hold.
TEST(Pool, very_many_blocks_of_a_size_come_from_chunks) {
    constexpr std::size_t size = 176;
    std::vector<void *> blocks(3 * chunk_size / size);
    for (int round = 0; round < 3; ++round) {
        fill(blocks, size);
        std::size_t in_chunks = count_in_chunks(blocks);
        bool recycled = in_chunks > 0; // a sanitizer takes every block from malloc
        EXPECT_TRUE(!recycled || in_chunks > blocks.size() / 2);
        EXPECT_LT(in_chunks, blocks.size());
        std::shuffle(blocks.begin(), blocks.end(), std::mt19937(static_cast<unsigned>(round)));
        empty(blocks, size);
    }
}

TEST(Pool, threads_share_chunks) {
    constexpr std::size_t size = 96;
    constexpr int rounds = 3;
    auto work = [] {
        std::vector<void *> blocks(2 * chunk_size / size);
        for (int round = 0; round < rounds; ++round) {
            fill(blocks, size);
            std::thread([&] { empty(blocks, size); }).join();
        }
    };
    std::thread first(work), second(work);
    first.join();
    second.join();
}

TEST(Chunks, give_what_they_got_back_and_keep_one_spare) {
    constexpr std::size_t size = 4096;
    constexpr uint32_t fit = chunk_size / size - 1; // the chunk's own head takes the place of one
    Chunks chunks;
    std::vector<FreeBlock *> blocks;
    for (FreeBlock *block = chunks.take(size, 3 * fit); block; block = block->next) blocks.push_back(block);
    ASSERT_EQ(blocks.size(), 3 * fit);
    std::sort(blocks.begin(), blocks.end());
    EXPECT_EQ(std::adjacent_find(blocks.begin(), blocks.end()), blocks.end());
    for (FreeBlock *block : blocks) EXPECT_TRUE(in_chunk(block));
    for (FreeBlock *block : blocks) chunks.give_back(block);
    auto left = std::count_if(blocks.begin(), blocks.end(), [](FreeBlock *block) { return in_chunk(block); });
    EXPECT_EQ(left, fit) << "one chunk is kept for the next blocks";
    FreeBlock *again = chunks.take(size, 1);
    EXPECT_TRUE(std::binary_search(blocks.begin(), blocks.end(), again));
}
