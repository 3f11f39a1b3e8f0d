// wait: a future that is done when enough of the others are, or a time is over. It leaves them alone.
#pragma once

#include "loop/alarm.h"
#include "task/combinator.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace rondo::core {

struct Wait final : Combinator {
    Wait(rondo_loop &l, Child *children, std::size_t n, uint32_t rondo_condition);

    struct Timer : Alarm {
        explicit Timer(Wait &w);
        Wait *wait;
    };

    uint32_t condition;
    std::size_t missing; // children that have not ended
    Timer timer;
};

// All futures, at least one, belong to the loop. RONDO_ENOMEM.
rondo_status wait(rondo_loop &loop, std::span<Future *const> futures, uint32_t condition, int64_t timeout,
                  FutureRef &out);

} // namespace rondo::core
