// gather: a future that is done when its children are. While children are pending it keeps itself alive.
#pragma once

#include "task/future.h"

#include <cstddef>
#include <span>

namespace rondo::core {

extern const FutureClass gather_class;

struct Gather;

struct GatherChild : Node {
    Gather *outer = nullptr;
    Future *future = nullptr; // one reference
};

struct Gather final : Future {
    Gather(rondo_loop &l, std::size_t n, bool errors);

    std::span<GatherChild> children() { return {reinterpret_cast<GatherChild *>(this + 1), count}; }
    std::span<const GatherChild> children() const { return {reinterpret_cast<const GatherChild *>(this + 1), count}; }
    static std::size_t block_size(std::size_t count) { return sizeof(Gather) + count * sizeof(GatherChild); }

    std::size_t count;
    std::size_t finished = 0;
    bool return_errors;
    bool cancel_requested = false;
    bool asking = false; // a cancel request is passing to the children
};

// All children belong to the loop. RONDO_ENOMEM.
rondo_status gather(rondo_loop &loop, std::span<Future *const> children, bool return_errors, Gather *&out);

} // namespace rondo::core
