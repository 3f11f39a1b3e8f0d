#include "base/brief_lock.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

using rondo::core::BriefLock;

TEST(BriefLock, lets_in_one_at_a_time_and_wakes_who_waits) {
    constexpr int threads = 4;
    constexpr int each = 10'000;
    BriefLock lock;
    int64_t count = 0;
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t) {
        all.emplace_back([&] {
            for (int i = 0; i < each; ++i) {
                std::lock_guard held(lock);
                ++count;
                if (i % 1000 == 0) std::this_thread::yield();
            }
        });
    }
    for (std::thread &thread : all) thread.join();
    EXPECT_EQ(count, threads * each);
}
