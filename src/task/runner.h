// The runner: one loop made when it is first needed, main coroutines run on it one after another in one context, and
// asyncio's way of closing.
#pragma once

#include "base/object.h"
#include "loop/fork.h"
#include "task/context.h"
#include "task/scheduler.h"
#include "task/task.h"

#include "rondo/abi.h"

#include <atomic>

struct rondo_runner final : rondo::core::Object {
    explicit rondo_runner(const rondo_runner_options &options);
    ~rondo_runner();

    enum class State { created, making_loop, initialised, closed };

    // Makes the loop, if that was not done yet.
    rondo_status init();
    // It runs, or its loop is being made: it cannot end now.
    bool in_use() const;
    // RONDO_OK, or why nothing can run now.
    rondo_status check_runnable() const;
    // Runs main to its end; main holds the outcome. RONDO_OK also when main failed.
    rondo_status run(rondo::core::Task &main, rondo::core::ErrorRef &error);
    // 1: the main task was cancelled; 0: it is too late for that.
    bool interrupt();
    rondo_status close(int64_t deadline, rondo::core::ErrorRef &error);

    rondo_runner_options options;
    rondo_loop_options loop_options{};
    State state = State::created;
    rondo_loop *loop = nullptr;          // one reference
    rondo_context *context;              // one reference
    rondo::core::Task *main = nullptr;   // while it runs
    std::atomic<uint32_t> interrupts{0}; // requests during this run
    std::atomic<uint32_t> signals{0};    // SIGINTs during this run, counted by the handler
};

namespace rondo::core {

using Runner = ::rondo_runner;

// Runs the loop, which can be run, until the future is done. RONDO_OK when it is, whatever its outcome; RONDO_ESTOPPED; the code of what
// left the loop, with the error.
rondo_status run_until_done(rondo_loop &loop, Future &future, ErrorRef &error);

// While it lives, SIGINT goes to the runner: only in the main thread, only over the default action.
class InterruptScope {
public:
    explicit InterruptScope(Runner &runner);
    ~InterruptScope();
    InterruptScope(const InterruptScope &) = delete;
    InterruptScope &operator=(const InterruptScope &) = delete;

private:
    HomeProcess process_;
    bool installed_ = false;
};

} // namespace rondo::core
