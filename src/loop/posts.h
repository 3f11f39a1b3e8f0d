// Calls that other threads posted one after the other: a node that runs several.
#pragma once

#include "loop/node.h"

#include "rondo/abi.h"

#include <cstdint>

namespace rondo::core {

struct PostedCall {
    rondo_callback_fn fn;
    void *user;
    void (*drop)(void *user);
};

struct Posts final : Node {
    explicit Posts(RunFn run) : Node(run, Kind::posts) {}
    uint32_t left() const { return count - begun; }

    uint32_t count = 0;
    uint32_t begun = 0;
    PostedCall calls[19]; // as many as go into one of the pool's largest blocks
};

} // namespace rondo::core
