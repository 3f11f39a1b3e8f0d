#include "loop/fork.h"

#include "base/thread.h"

namespace rondo::core {
namespace {

void (*tell_child)() = nullptr;

void begin_child() {
    forks.fetch_add(1, std::memory_order_relaxed);
    tell_child();
}

} // namespace

void watch_forks(void (*in_child)()) {
    static const bool watching = [in_child] {
        tell_child = in_child;
        at_fork(nullptr, nullptr, begin_child);
        return true;
    }();
    (void)watching;
}

} // namespace rondo::core
