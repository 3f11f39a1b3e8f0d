#include "loop/deadline_heap.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace rondo::core {

DeadlineHeap::~DeadlineHeap() { std::free(entries_); }

// (No realloc: it would copy what may never have been touched, and so need no memory yet.)
bool DeadlineHeap::grow(std::size_t count) {
    constexpr std::size_t most = std::numeric_limits<uint32_t>::max();
    if (count > most) return false;
    std::size_t wanted = std::min(std::max<std::size_t>({count, 16, std::size_t{capacity_} + capacity_ / 2}), most);
    auto *grown = static_cast<Entry *>(std::malloc(wanted * sizeof(Entry)));
    if (!grown) return false;
    if (entries_) std::memcpy(grown, entries_, size_ * sizeof(Entry));
    std::free(entries_);
    entries_ = grown;
    capacity_ = static_cast<uint32_t>(wanted);
    return true;
}

void DeadlineHeap::fill(std::size_t slot, Entry entry) {
    if (slot > 0 && entry.before(entries_[(slot - 1) / 4])) {
        sift_up(slot, entry);
    } else {
        sift_down(slot, entry);
    }
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
        std::size_t last = std::min<std::size_t>(first + 4, size_);
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
