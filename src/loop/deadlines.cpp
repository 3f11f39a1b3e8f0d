#include "loop/deadlines.h"

#include "base/pool.h"

namespace rondo::core {

Deadlines::~Deadlines() { destroy(wheel_); }

// The heap has room for all, so that what comes near finds it; memory it has not touched yet costs nothing.
bool Deadlines::add_to_many(Node &node, int64_t deadline, int64_t now) {
    if (!heap_.reserve(size() + 1)) return false;
    if ((far() > 0 || (heap_.size() >= many && start_wheel(now))) && wheel_->covers(deadline)) {
        wheel_->add(node, deadline);
    } else {
        heap_.push(node, deadline);
    }
    return true;
}

bool Deadlines::start_wheel(int64_t now) {
    if (!wheel_) wheel_ = create<Wheel>();
    if (wheel_) wheel_->start(now);
    return wheel_ != nullptr;
}

int64_t Deadlines::find_earliest(int64_t limit) {
    while (far() > 0 && wheel_->earliest() < heap_earliest() && wheel_->earliest() <= limit)
        wheel_->advance(wheel_->earliest(), heap_);
    return earliest();
}

Node *Deadlines::take_due(int64_t time) {
    if (wheel_) wheel_->advance(time, heap_);
    if (heap_.empty() || heap_.earliest() > time) return nullptr;
    Node *node = heap_.first();
    heap_.remove(*node);
    return node;
}

} // namespace rondo::core
