#include "loop/fork.h"

#include "base/thread.h"

#include <atomic>

namespace rondo::core {
namespace {

std::atomic<uint32_t> generation{0};
void (*tell_child)() = nullptr;

void begin_child() {
    generation.fetch_add(1, std::memory_order_relaxed);
    tell_child();
}

} // namespace

uint32_t fork_generation() { return generation.load(std::memory_order_relaxed); }

void watch_forks(void (*in_child)()) {
    static const bool watching = [in_child] {
        tell_child = in_child;
        at_fork(nullptr, nullptr, begin_child);
        return true;
    }();
    (void)watching;
}

} // namespace rondo::core
