#include "loop/deadline.h"

#include <algorithm>
#include <cstdlib>

namespace rondo::core {

DeadlineHeap::~DeadlineHeap() { std::free(entries_); }

bool DeadlineHeap::reserve() {
    if (size_ < capacity_) return true;
    std::size_t wanted = capacity_ ? capacity_ + capacity_ / 2 : 16;
    auto *grown = static_cast<Entry *>(std::realloc(entries_, wanted * sizeof(Entry)));
    if (!grown) return false;
    entries_ = grown;
    capacity_ = wanted;
    return true;
}

bool DeadlineHeap::add(Node &node, int64_t deadline) {
    if (!reserve()) return false;
    sift_up(size_++, {deadline, sequence_++, &node});
    return true;
}

void DeadlineHeap::remove(Node &node) {
    std::size_t slot = node.slot;
    node.slot = Node::none;
    Entry last = entries_[--size_];
    if (slot == size_) return;
    if (slot > 0 && last.before(entries_[(slot - 1) / 4])) {
        sift_up(slot, last);
    } else {
        sift_down(slot, last);
    }
}

void DeadlineHeap::place(std::size_t slot, const Entry &entry) {
    entries_[slot] = entry;
    entry.node->slot = static_cast<uint32_t>(slot);
}

void DeadlineHeap::sift_up(std::size_t slot, const Entry &entry) {
    while (slot > 0) {
        std::size_t parent = (slot - 1) / 4;
        if (!entry.before(entries_[parent])) break;
        place(slot, entries_[parent]);
        slot = parent;
    }
    place(slot, entry);
}

void DeadlineHeap::sift_down(std::size_t slot, const Entry &entry) {
    for (;;) {
        std::size_t first = slot * 4 + 1;
        if (first >= size_) break;
        std::size_t last = std::min(first + 4, size_);
        std::size_t least = first;
        for (std::size_t child = first + 1; child < last; ++child) {
            if (entries_[child].before(entries_[least])) least = child;
        }
        if (!entries_[least].before(entry)) break;
        place(slot, entries_[least]);
        slot = least;
    }
    place(slot, entry);
}

} // namespace rondo::core
