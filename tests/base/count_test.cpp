#include "base/count.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace rondo::core;

TEST(Count, tells_who_drops_the_last_reference) {
    Count count;
    count.add();
    count.add(2);
    EXPECT_EQ(count.load(), 4u);
    EXPECT_FALSE(count.drop());
    EXPECT_FALSE(count.drop());
    EXPECT_FALSE(count.drop());
    EXPECT_EQ(count.load(), 1u);
    EXPECT_TRUE(count.drop());
    EXPECT_EQ(count.load(), 0u);
}

// A thread that begins late must find what was counted while there was none.
TEST(Count, goes_on_when_threads_come) {
    constexpr int rounds = 1000000;
    Count count;
    std::atomic<int> last{0};
    for (int i = 0; i < rounds; ++i) count.add();
    std::atomic<int> ready{0};
    auto work = [&] {
        for (++ready; ready < 2;) {
        }
        for (int i = 0; i < rounds; ++i) count.add();
        for (int i = 0; i < rounds + rounds / 2; ++i) last += count.drop();
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) threads.emplace_back(work);
    for (std::thread &thread : threads) thread.join();
    EXPECT_EQ(last, 0);
    EXPECT_EQ(count.load(), 1u);
    EXPECT_TRUE(count.drop());
}
