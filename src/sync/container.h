// What a queue keeps its items in: first in first out, last in first out, or the smallest first (equal ones as they came).
#pragma once

#include "task/value.h"

#include "rondo/abi.h"

#include <cstddef>
#include <cstdint>

namespace rondo::core {

class Container {
public:
    Container(uint32_t order, rondo_before_fn before, void *user) : order_(order), before_(before), user_(user) {}
    ~Container();
    Container(const Container &) = delete;
    Container &operator=(const Container &) = delete;

    // Moves the item in. False when out of memory: it stays where it is.
    [[nodiscard]] bool put(rondo_value &item) {
        if (size_ == capacity_ && !grow()) return false;
        at(size_++) = {take_value(item), sequence_++};
        if (order_ == RONDO_QUEUE_PRIORITY) sift_up(size_ - 1);
        return true;
    }
    // Not empty.
    rondo_value get() {
        if (order_ != RONDO_QUEUE_FIFO) return get_ordered();
        std::size_t i = first_;
        first_ = (first_ + 1) & (capacity_ - 1);
        --size_;
        return slots_[i].item;
    }
    std::size_t size() const { return size_; }

private:
    struct Slot {
        rondo_value item;
        uint64_t sequence;
    };

    bool grow();
    rondo_value get_ordered();
    Slot &at(std::size_t i) { return slots_[(first_ + i) & (capacity_ - 1)]; }
    bool before(const Slot &a, const Slot &b) const;
    void sift_up(std::size_t i);
    void sift_down();

    uint32_t order_;
    rondo_before_fn before_;
    void *user_;
    Slot *slots_ = nullptr;
    std::size_t capacity_ = 0; // a power of two
    std::size_t first_ = 0;
    std::size_t size_ = 0;
    uint64_t sequence_ = 0;
};

} // namespace rondo::core
