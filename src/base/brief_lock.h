// A mutex for a few stores: inline, four bytes, and what lies beside it may share its cache line.
#pragma once

#include <atomic>

namespace rondo::core {

class BriefLock {
public:
    BriefLock() = default;
    BriefLock(const BriefLock &) = delete;
    BriefLock &operator=(const BriefLock &) = delete;

    void lock() noexcept {
        int before = free;
        if (!state_.compare_exchange_strong(before, held, std::memory_order_acquire, std::memory_order_relaxed)) wait();
    }
    void unlock() noexcept {
        if (state_.exchange(free, std::memory_order_release) == awaited) state_.notify_one();
    }

private:
    enum : int { free, held, awaited };

    [[gnu::noinline, gnu::cold]] void wait() noexcept {
        while (state_.exchange(awaited, std::memory_order_acquire) != free) state_.wait(awaited, std::memory_order_relaxed);
    }

    std::atomic<int> state_{free};
};

} // namespace rondo::core
