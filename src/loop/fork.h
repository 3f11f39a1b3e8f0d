// A fork copies what a loop is made of, but neither the threads that run and wake it nor the descriptors it would need
// for itself: in the child it can only be let go of.
#pragma once

#include <atomic>
#include <cstdint>

namespace rondo::core {

// Once, before the first loop: in_child runs in the child of every fork, in the thread that forked.
void watch_forks(void (*in_child)());

// How many lie between the first process and this one.
inline std::atomic<uint32_t> forks{0};

// The process something was made in.
class HomeProcess {
public:
    bool forked() const { return generation_ != forks.load(std::memory_order_relaxed); } // this is a child of it

private:
    uint32_t generation_ = forks.load(std::memory_order_relaxed);
};

} // namespace rondo::core
