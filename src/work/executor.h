// Executors: where blocking jobs run. The built-in one is a pool of threads that are started as they are needed; others
// are a submit function of their owner's.
#pragma once

#include "base/list.h"
#include "base/object.h"
#include "base/ref.h"
#include "loop/fork.h"

#include "rondo/abi.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

namespace rondo::core {

// Something to run once, in any thread.
struct Work : Link {
    void (*run)(Work &) = nullptr;
};

// Told once that no work is left running.
struct AtEnd : Link {
    void (*tell)(AtEnd &) = nullptr;
};

} // namespace rondo::core

struct rondo_executor final : rondo::core::Object {
    explicit rondo_executor(const rondo_executor_options &o);
    ~rondo_executor();
    void release();

    // RONDO_ESHUTDOWN, RONDO_EFORKED; RONDO_ENOMEM: no thread could be started.
    rondo_status submit(rondo::core::Work &work);
    // Takes back work that has not begun. False: it has.
    bool withdraw(rondo::core::Work &work);
    // Takes no more work. ended, if any, is told once when no work is left running, by any thread: now, if there is none.
    void shut_down(rondo::core::AtEnd *ended = nullptr);

    static uint32_t default_threads();

private:
    rondo_status start_thread();
    static void *run_thread(void *executor);
    void work_here();
    bool must_call();
    void owner_ended();

    std::mutex mutex_;
    std::condition_variable wanted_;
    rondo::core::List queue_;
    uint32_t threads_ = 0; // alive
    uint32_t idle_ = 0;
    uint32_t most_;
    uint32_t started_ = 0;
    bool called_ = false; // a thread that is idle, and has not come yet
    bool shut_ = false;
    bool owner_ends_ = false; // was asked to end what runs, and has not answered
    rondo::core::HomeProcess process_;
    bool forgotten_ = false; // no reference is left: the last thread ends it
    std::string name_;
    rondo::core::List ended_;
    void (*submit_)(void *user, void (*run)(void *work), void *work);
    void (*shutdown_)(void *user, void (*ended)(void *arg), void *arg);
    void (*drop_)(void *user);
    void *user_;
};

namespace rondo::core {

using Executor = ::rondo_executor;

} // namespace rondo::core
