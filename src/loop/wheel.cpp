#include "loop/wheel.h"

#include <algorithm>
#include <bit>

namespace rondo::core {

void Wheel::start(int64_t now) {
    base_ = now;
    tick_ = 0;
}

bool Wheel::covers(int64_t deadline) const {
    if (deadline < base_ || deadline == forever) return false;
    uint64_t distance = static_cast<uint64_t>(deadline) - static_cast<uint64_t>(base_);
    return distance >> reach_bits == 0 && distance >> tick_bits > tick_;
}

void Wheel::add(Node &node, int64_t deadline) {
    node.slot = static_cast<uint64_t>(deadline) - static_cast<uint64_t>(base_);
    hang(node);
    ++size_;
    earliest_ = std::min(earliest_, deadline);
}

void Wheel::remove(Node &node) {
    node.unlink();
    node.slot = Node::none;
    if (--size_ == 0) earliest_ = forever;
}

// On the level of the highest digit in which the node's tick is not the wheel's: below it all are earlier.
void Wheel::hang(Node &node) {
    uint64_t tick = node.slot >> tick_bits;
    uint64_t digit = (std::bit_width(tick ^ tick_) - 1) / level_bits;
    uint64_t bucket = tick >> digit * level_bits & (bucket_count - 1);
    uint64_t lane = node.slot >> (tick_bits - lane_bits) & ((uint64_t{1} << lane_bits) - 1);
    Level &level = levels_[digit];
    level.used |= uint64_t{1} << bucket;
    level.buckets[bucket][lane].push_back(node);
}

Wheel::Place Wheel::find_first() {
    for (uint64_t digit = 0;; ++digit) {
        Level &level = levels_[digit];
        for (; level.used != 0; level.used &= level.used - 1) {
            auto i = static_cast<uint64_t>(std::countr_zero(level.used));
            Bucket &bucket = level.buckets[i];
            if (std::all_of(bucket.begin(), bucket.end(), [](const List &lane) { return lane.empty(); })) continue;
            uint64_t above = (digit + 1) * level_bits;
            return {&bucket, tick_ >> above << above | i << digit * level_bits};
        }
    }
}

// Where one is alone its deadline is told to the nanosecond, so that nobody wakes for it twice.
int64_t Wheel::earliest_in(const Place &place) {
    Link *alone = nullptr;
    for (List &lane : *place.bucket) {
        if (lane.empty()) continue;
        if (alone || lane.front()->next != lane.end()) return base_ + static_cast<int64_t>(place.tick << tick_bits);
        alone = lane.front();
    }
    return base_ + static_cast<int64_t>(static_cast<Node &>(*alone).slot);
}

void Wheel::advance(int64_t time, DeadlineHeap &near) {
    while (size_ > 0 && earliest_ <= time) {
        Place first = find_first();
        earliest_ = earliest_in(first);
        if (earliest_ <= time) open(first, near);
    }
    if (size_ == 0) earliest_ = forever;
}

void Wheel::open(const Place &place, DeadlineHeap &near) {
    tick_ = place.tick;
    for (bool more = true; more;) {
        more = false;
        for (List &lane : *place.bucket) {
            Link *link = lane.pop_front();
            if (!link) continue;
            more = true;
            auto &node = static_cast<Node &>(*link);
            if (node.slot >> tick_bits > tick_) {
                hang(node);
            } else {
                --size_;
                near.push(node, base_ + static_cast<int64_t>(node.slot));
            }
        }
    }
}

} // namespace rondo::core
