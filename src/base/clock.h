// Nanoseconds of the monotonic clock, and adding to them without overflow.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <limits>

namespace rondo::core {

constexpr int64_t forever = std::numeric_limits<int64_t>::max();

inline int64_t monotonic_now() {
#if defined(__linux__)
    timespec time; // what steady_clock does, without a call through the C++ library
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * int64_t{1'000'000'000} + time.tv_nsec;
#else
    using namespace std::chrono;
    return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
#endif
}

inline int64_t saturating_add(int64_t a, int64_t b) {
    int64_t sum = 0;
    if (!__builtin_add_overflow(a, b, &sum)) return sum;
    return b > 0 ? forever : std::numeric_limits<int64_t>::min();
}

} // namespace rondo::core
