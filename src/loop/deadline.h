// The deadline heap: four children to a parent, equal deadlines first come first served, true removal.
#pragma once

#include "loop/node.h"

#include <cstddef>
#include <cstdint>

namespace rondo::core {

class DeadlineHeap {
public:
    DeadlineHeap() = default;
    DeadlineHeap(const DeadlineHeap &) = delete;
    DeadlineHeap &operator=(const DeadlineHeap &) = delete;
    ~DeadlineHeap();

    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    int64_t earliest() const { return entries_[0].deadline; }
    Node *first() const { return entries_[0].node; }

    // False when out of memory: nothing changed.
    [[nodiscard]] bool add(Node &node, int64_t deadline);
    void remove(Node &node);

private:
    struct Entry {
        int64_t deadline;
        uint64_t sequence;
        Node *node;
        bool before(const Entry &other) const {
            return deadline != other.deadline ? deadline < other.deadline : sequence < other.sequence;
        }
    };

    bool reserve();
    void place(std::size_t slot, const Entry &entry);
    void sift_up(std::size_t slot, const Entry &entry);
    void sift_down(std::size_t slot, const Entry &entry);

    Entry *entries_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
    uint64_t sequence_ = 0;
};

} // namespace rondo::core
