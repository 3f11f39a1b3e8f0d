// A fork copies what a loop is made of, but neither the threads that run and wake it nor the descriptors it would need
// for itself: in the child it can only be let go of.
#pragma once

#include <cstdint>

namespace rondo::core {

// Once, before the first loop: in_child runs in the child of every fork, in the thread that forked.
void watch_forks(void (*in_child)());

// How many forks lie between the first process and this one.
uint32_t fork_generation();

// The process something was made in.
class HomeProcess {
public:
    bool forked() const { return generation_ != fork_generation(); } // this is a child of it

private:
    uint32_t generation_ = fork_generation();
};

} // namespace rondo::core
