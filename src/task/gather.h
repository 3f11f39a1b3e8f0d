// gather: a future that is done when its children are.
#pragma once

#include "task/combinator.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace rondo::core {

extern const CombinatorClass gather_class;

struct Gather final : Combinator {
    Gather(rondo_loop &l, Child *children, std::size_t n, uint32_t rondo_gather_flags);

    std::size_t finished = 0;
    uint32_t flags;
    bool cancel_requested = false;
    bool asking = false; // a cancel request is passing to the children
};

// All children belong to the loop. flags: RONDO_GATHER_. RONDO_ENOMEM.
rondo_status gather(rondo_loop &loop, std::span<Future *const> children, uint32_t flags, Gather *&out);

} // namespace rondo::core
