#include "base/clock.h"

#include <gtest/gtest.h>

#include <ctime>

using namespace rondo::core;

namespace {

int64_t system_monotonic() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
}

} // namespace

TEST(Clock, is_the_monotonic_clock_the_system_sleeps_by) {
    int64_t before = system_monotonic();
    int64_t now = monotonic_now();
    EXPECT_LE(before, now);
    EXPECT_LE(now, system_monotonic());
}

TEST(Clock, never_goes_back) {
    int64_t last = monotonic_now();
    for (int i = 0; i < 10000; ++i) {
        int64_t now = monotonic_now();
        ASSERT_LE(last, now);
        last = now;
    }
}

TEST(Clock, adding_stops_at_the_ends_of_time) {
    constexpr int64_t beginning = std::numeric_limits<int64_t>::min();
    EXPECT_EQ(saturating_add(2, 3), 5);
    EXPECT_EQ(saturating_add(2, -3), -1);
    EXPECT_EQ(saturating_add(1, forever), forever);
    EXPECT_EQ(saturating_add(forever, forever), forever);
    EXPECT_EQ(saturating_add(-1, beginning), beginning);
    EXPECT_EQ(saturating_add(beginning, beginning), beginning);
    EXPECT_EQ(saturating_add(0, forever), forever);
}
