// Jobs: blocking functions in threads of an executor, as futures of the loop that asked for them (U20-U27).
#pragma once

#include "task/context.h"
#include "task/future.h"
#include "work/executor.h"

#include <atomic>

struct rondo_job final : rondo::core::Future, rondo::core::Work {
    rondo_job(rondo_loop &l, rondo_executor &e, rondo_job_fn f, void *a, void (*d)(void *));

    std::atomic<bool> unwanted{false}; // whoever awaited it was cancelled
    rondo_executor *executor;          // one reference
    rondo_job_fn fn;
    void *arg;
    void (*drop)(void *arg);
    rondo::core::ContextSlot context;
    // Written by the thread that runs it, read by the loop afterwards.
    rondo_value outcome;
    rondo::core::ErrorRef error;
};

namespace rondo::core {

using Job = ::rondo_job;

// The loop's own pool, made now if there is none. RONDO_ENOMEM; RONDO_ESHUTDOWN.
rondo_status default_executor(rondo_loop &loop, Executor *&out);
rondo_status set_default_executor(rondo_loop &loop, Executor &executor);

// Takes no more jobs; ended is done when its threads are.
rondo_status shut_down_executor(rondo_loop &loop, FutureRef &ended);

// RONDO_ENOMEM, RONDO_ESHUTDOWN: drop was not called.
rondo_status start_job(rondo_loop &loop, rondo_job_fn fn, void *arg, const rondo_job_options &options, Future *&out);

} // namespace rondo::core
