#include "sync/container.h"

#include <cstdlib>
#include <utility>

namespace rondo::core {

Container::~Container() {
    while (size_ > 0) {
        rondo_value item = get();
        drop_value(item);
    }
    std::free(slots_);
}

bool Container::grow() {
    std::size_t wanted = capacity_ ? capacity_ * 2 : 16;
    auto *grown = static_cast<Slot *>(std::malloc(wanted * sizeof(Slot)));
    if (!grown) return false;
    for (std::size_t i = 0; i < size_; ++i) grown[i] = at(i);
    std::free(std::exchange(slots_, grown));
    capacity_ = wanted;
    first_ = 0;
    return true;
}

rondo_value Container::get_ordered() {
    if (order_ == RONDO_QUEUE_LIFO) return at(--size_).item;
    rondo_value item = at(0).item;
    at(0) = at(--size_);
    sift_down();
    return item;
}

bool Container::before(const Slot &a, const Slot &b) const {
    if (before_(user_, &a.item, &b.item)) return true;
    return !before_(user_, &b.item, &a.item) && a.sequence < b.sequence;
}

void Container::sift_up(std::size_t i) {
    for (; i > 0 && before(at(i), at((i - 1) / 2)); i = (i - 1) / 2) std::swap(at(i), at((i - 1) / 2));
}

void Container::sift_down() {
    for (std::size_t i = 0;;) {
        std::size_t least = i;
        for (std::size_t child = 2 * i + 1; child <= 2 * i + 2 && child < size_; ++child) {
            if (before(at(child), at(least))) least = child;
        }
        if (least == i) return;
        std::swap(at(i), at(least));
        i = least;
    }
}

} // namespace rondo::core
