// How many references there are. Any thread may change it; while the process has but one, that costs no atomic step.
#pragma once

#include "base/thread.h"

#include <atomic>
#include <cstdint>

namespace rondo::core {

class Count {
public:
    constexpr explicit Count(uint32_t references = 1) : count_(references) {}
    Count(const Count &) = delete;
    Count &operator=(const Count &) = delete;

    uint32_t load() const { return count_.load(std::memory_order_acquire); }
    void store(uint32_t references) { count_.store(references, std::memory_order_relaxed); }

    void add(uint32_t references = 1) {
        if (only_thread()) {
            store(count_.load(std::memory_order_relaxed) + references);
        } else {
            count_.fetch_add(references, std::memory_order_relaxed);
        }
    }
    // True when this was the last reference: the caller destroys what is counted.
    [[nodiscard]] bool drop() {
        uint32_t before = load();
        if (before != 1 && !only_thread()) return count_.fetch_sub(1, std::memory_order_acq_rel) == 1;
        store(before - 1); // nobody else has one to share
        return before == 1;
    }

private:
    std::atomic<uint32_t> count_;
};

} // namespace rondo::core
