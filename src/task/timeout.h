// timeout: a block of a task with a deadline (section 8 of asyncio's rules: O1-O15).
#pragma once

#include "base/object.h"
#include "loop/alarm.h"
#include "task/scope.h"

#include <cstdint>

struct rondo_timeout final : rondo::core::Object, rondo::core::Scope, rondo::core::Alarm {
    rondo_timeout(rondo_loop &l, int64_t when);

    void release();

    // RONDO_ESTATE; RONDO_ENOMEM.
    rondo_status enter(rondo::core::Task &entering, int64_t now);
    rondo_status reschedule(int64_t when);
    // How the block ends for the outside: body, or RONDO_ETIMEDOUT.
    rondo_status exit(rondo_status body);

    rondo_loop *loop; // its memory is held
    int32_t state = RONDO_TIMEOUT_CREATED;

private:
    rondo_status arm(int64_t now);
};

namespace rondo::core {

using Timeout = ::rondo_timeout;

// RONDO_ENOMEM.
rondo_status make_timeout(rondo_loop &loop, int64_t when, Timeout *&out);

} // namespace rondo::core
