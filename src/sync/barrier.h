// Barrier: Y40-Y42.
#pragma once

#include "sync/condition.h"

#include <cstdint>
#include <vector>

struct rondo_barrier final : rondo::core::Primitive<rondo_barrier> {
    enum class Phase : uint8_t { filling, draining, resetting, broken };

    rondo_barrier(uint64_t n, rondo::core::Ref<rondo_condition> c)
        : Primitive(rondo::core::Tag::barrier), parties(n), condition(std::move(c)) {}

    uint64_t waiting() const { return state == Phase::filling ? count : 0; }

    uint64_t parties;
    // Sees to it that leave needs no memory. False: there was none.
    bool make_room() noexcept;
    // The lowest index nobody inside has; asyncio gives one twice after a cancellation.
    uint64_t take_index();
    void leave(uint64_t index);

    uint64_t count = 0;          // who is inside
    uint64_t next = 0;           // the index of the next to arrive
    std::vector<uint64_t> freed; // by those who were cancelled, the lowest last
    Phase state = Phase::filling;
    rondo::core::Ref<rondo_condition> condition;
};

namespace rondo::core {

using Barrier = ::rondo_barrier;

// The operation's result is the index.
Routine wait(Ref<Barrier> barrier);
Routine reset(Ref<Barrier> barrier);
Routine abort(Ref<Barrier> barrier);

} // namespace rondo::core
