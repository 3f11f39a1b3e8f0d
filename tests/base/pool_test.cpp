#include "base/pool.h"

#include <gtest/gtest.h>

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
    for (std::size_t size : {0, 1, 15, 16, 17, 100, 511, 512, 513, 5000}) {
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
