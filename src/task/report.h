// Tells the exception handler about what nobody awaits.
#pragma once

#include "task/error.h"
#include "task/scheduler.h"

#include <cstdint>

namespace rondo::core {

struct Report {
    const char *message;
    const Error *error = nullptr;
    rondo_future *future = nullptr;
    rondo_task *task = nullptr;
    rondo_handle *handle = nullptr;
    int64_t duration = 0; // ns
    bool warning = false;
};

void report(rondo_loop &loop, const Report &what);
void report(rondo_loop &loop, const rondo_report &what);

} // namespace rondo::core
