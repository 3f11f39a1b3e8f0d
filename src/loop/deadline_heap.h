// A heap of deadlines: four children to a parent, equal deadlines first come first served, true removal.
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

    // Makes room for as many in all. False when out of memory.
    [[nodiscard]] bool reserve(std::size_t count) { return count <= capacity_ || grow(count); }
    void push(Node &node, int64_t deadline) { // there is room
        Entry entry{deadline, sequence_++, &node};
        std::size_t slot = size_++;
        if (slot > 0 && entry.before(entries_[(slot - 1) / 4])) {
            sift_up(slot, entry);
        } else {
            place(slot, entry);
        }
    }
    void remove(Node &node) {
        std::size_t slot = node.slot;
        node.slot = Node::none;
        if (slot != --size_) fill(slot, entries_[size_]);
    }

private:
    struct Entry {
        int64_t deadline;
        uint64_t sequence;
        Node *node;
        bool before(const Entry &other) const {
            return deadline != other.deadline ? deadline < other.deadline : sequence < other.sequence;
        }
    };

    bool grow(std::size_t count);
    void place(std::size_t slot, const Entry &entry) {
        entries_[slot] = entry;
        entry.node->slot = slot;
    }
    void fill(std::size_t slot, Entry entry);
    void sift_up(std::size_t slot, const Entry &entry);
    void sift_down(std::size_t slot, const Entry &entry);

    Entry *entries_ = nullptr;
    uint32_t size_ = 0;
    uint32_t capacity_ = 0;
    uint64_t sequence_ = 0;
};

} // namespace rondo::core
