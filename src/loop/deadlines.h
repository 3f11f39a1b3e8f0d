// The deadlines of a loop: a heap, and with many of them a wheel for those that are not near.
#pragma once

#include "loop/deadline_heap.h"
#include "loop/wheel.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace rondo::core {

class Deadlines {
public:
    Deadlines() = default;
    Deadlines(const Deadlines &) = delete;
    Deadlines &operator=(const Deadlines &) = delete;
    ~Deadlines();

    bool empty() const { return size() == 0; }
    std::size_t size() const { return heap_.size() + far(); }

    // Nothing is due before; forever when it is empty.
    int64_t earliest() const { return std::min(heap_earliest(), wheel_ ? wheel_->earliest() : forever); }
    // The same, and something is due then, if that is within the limit.
    int64_t find_earliest(int64_t limit);
    // Takes out the first that is due by then, or nullptr.
    Node *take_due(int64_t time);

    // False when out of memory: nothing changed.
    [[nodiscard]] bool add(Node &node, int64_t deadline, int64_t now) {
        if (far() > 0 || heap_.size() >= many) return add_to_many(node, deadline, now);
        if (!heap_.reserve(heap_.size() + 1)) return false;
        heap_.push(node, deadline);
        return true;
    }
    void remove(Node &node) {
        if (node.linked()) {
            wheel_->remove(node);
        } else {
            heap_.remove(node);
        }
    }

private:
    static constexpr std::size_t many = 256; // in the heap, before a wheel is started

    bool add_to_many(Node &node, int64_t deadline, int64_t now);
    std::size_t far() const { return wheel_ ? wheel_->size() : 0; }
    int64_t heap_earliest() const { return heap_.empty() ? forever : heap_.earliest(); }
    bool start_wheel(int64_t now);

    DeadlineHeap heap_;
    Wheel *wheel_ = nullptr;
};

} // namespace rondo::core
