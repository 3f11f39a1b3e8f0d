#include "loop/fork.h"

#include <atomic>
#include <pthread.h>

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
    static const int watching = [in_child] {
        tell_child = in_child;
        return pthread_atfork(nullptr, nullptr, begin_child);
    }();
    (void)watching;
}

} // namespace rondo::core
