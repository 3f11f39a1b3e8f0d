// A mutex for a few stores: inline, one byte, so that it may share a cache line with what it guards. One atomic step; who
// has to wait looks again, soon at first, then later and later: letting go tells nobody.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

namespace rondo::core {

class BriefLock {
public:
    BriefLock() = default;
    BriefLock(const BriefLock &) = delete;
    BriefLock &operator=(const BriefLock &) = delete;

    void lock() noexcept {
        if (held_.exchange(true, std::memory_order_acquire)) [[unlikely]]
            wait();
    }
    void unlock() noexcept { held_.store(false, std::memory_order_release); }

private:
    [[gnu::noinline, gnu::cold]] void wait() noexcept {
        for (uint32_t look = 0;; ++look) {
            if (!held_.load(std::memory_order_relaxed) && !held_.exchange(true, std::memory_order_acquire)) return;
            if (look < 100) continue;
            // Whoever holds it lost the processor.
            look < 200 ? std::this_thread::yield() : std::this_thread::sleep_for(std::chrono::microseconds(50));
        }
    }

    std::atomic<bool> held_{false};
};

} // namespace rondo::core
