// A node is whatever can stand in the ready queue, in a future's list of waiters, or among the deadlines: a task, a
// callback, a child of a gather. It stands in one place at a time and is owned by the object around it.
#pragma once

#include "base/list.h"

#include <cstdint>

namespace rondo::core {

class Loop;
struct Node;

// Runs the node's turn. When loop.discarding(), only lets go of what the node holds.
using RunFn = void (*)(Node &node, Loop &loop);

struct Node : Link {
    enum class Kind : uint64_t { plain, task, callback, urgent, child, member, posts };

    explicit Node(RunFn fn = nullptr, Kind k = Kind::plain) : run(fn), kind(k) {}

    RunFn run;
    static constexpr uint64_t slot_bits = 56;
    static constexpr uint64_t none = (uint64_t{1} << slot_bits) - 1;
    uint64_t slot : slot_bits = none; // place in the deadline heap, deadline in the wheel, or place in a ring's batch
    // callback: among a future's waiters; urgent: run when taken from the inbox, not queued; child: of a combinator;
    // member: of a task group; posts: several calls
    Kind kind : 8;
};

} // namespace rondo::core
