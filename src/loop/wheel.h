// The timing wheel: where deadlines that are not near wait when there are many. It knows them to the tick, about a
// quarter of a millisecond; adding and removing touch nothing but the node and its neighbours. As time goes by nodes
// come nearer, from level to level, and are handed to the heap of those that are near.
#pragma once

#include "base/clock.h"
#include "base/list.h"
#include "loop/deadline_heap.h"
#include "loop/node.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace rondo::core {

class Wheel {
public:
    Wheel() = default;
    Wheel(const Wheel &) = delete;
    Wheel &operator=(const Wheel &) = delete;

    std::size_t size() const { return size_; }
    void start(int64_t now); // empty
    // Neither near nor out of reach.
    bool covers(int64_t deadline) const;
    void add(Node &node, int64_t deadline);
    void remove(Node &node);

    // No deadline in it is before this one; forever when it is empty.
    int64_t earliest() const { return earliest_; }
    // Hands over all that are due by then, and those of their ticks. The heap has room for them.
    void advance(int64_t time, DeadlineHeap &near);

private:
    static constexpr uint64_t tick_bits = 18; // of nanoseconds
    static constexpr uint64_t level_bits = 6;
    static constexpr std::size_t level_count = 6;
    static constexpr std::size_t bucket_count = std::size_t{1} << level_bits;
    // A bucket is several lists, walked in turn: what one waits for from memory comes while the others go on. Equal
    // deadlines stand in one list, in the order they came.
    static constexpr uint64_t lane_bits = 2;
    using Bucket = std::array<List, std::size_t{1} << lane_bits>;
    static constexpr uint64_t reach_bits = tick_bits + level_bits * level_count; // 208 days
    static_assert(reach_bits <= Node::slot_bits);

    struct Level {
        std::array<Bucket, bucket_count> buckets;
        uint64_t used = 0; // buckets that may have nodes
    };

    struct Place {
        Bucket *bucket;
        uint64_t tick; // its first
    };

    void hang(Node &node);
    Place find_first(); // not empty
    int64_t earliest_in(const Place &place);
    void open(const Place &place, DeadlineHeap &near);

    std::array<Level, level_count> levels_;
    std::size_t size_ = 0;
    uint64_t tick_ = 0; // the last that is near
    int64_t base_ = 0;  // nodes keep their deadlines counted from here
    int64_t earliest_ = forever;
};

} // namespace rondo::core
