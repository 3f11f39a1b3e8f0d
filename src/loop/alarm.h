// A node that runs once: at a deadline, or in the next turn. Its owner embeds it and disarms it before it goes.
#pragma once

#include "loop/loop.h"

namespace rondo::core {

struct Alarm : Node {
    explicit Alarm(RunFn fn) : Node(fn) {}

    // False when out of memory. `forever` never comes.
    [[nodiscard]] bool arm_at(Loop &loop, int64_t when) { return when == forever || loop.add_deadline(*this, when); }
    [[nodiscard]] bool arm_in(Loop &loop, int64_t delay) {
        if (delay == forever) return true;
        return arm_at(loop, saturating_add(loop.now(), delay)); // -2 comes before -1 (L16)
    }
    void disarm(Loop &loop) {
        if (slot != none) {
            loop.remove_deadline(*this);
        } else if (linked()) {
            unlink();
        }
    }
};

} // namespace rondo::core
