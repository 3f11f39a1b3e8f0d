// A loop with its tasks: what the loop does not know and every task needs. One struct, the ABI's rondo_loop.
#pragma once

#include "base/list.h"
#include "loop/loop.h"
#include "task/context.h"
#include "task/error.h"

#include "rondo/abi.h"

namespace rondo::core {

class Origins;

// Something that must end with the loop, before its libuv loop does.
struct CloseHook : Link {
    void (*at_close)(CloseHook &) = nullptr;
};

} // namespace rondo::core

struct rondo_loop final : rondo::core::Loop {
    explicit rondo_loop(const rondo_loop_options &options);

    static rondo_loop *current() { return static_cast<rondo_loop *>(Loop::current()); }
    const rondo_host *host() const { return host_; }
    void adopt_host(const rondo_host *host) {
        if (!host_) host_ = host;
    }
    void release();
    // For what must find the loop's memory even after its end, but does not keep it open: blocks, generators.
    void hold_memory() { memory_holders_.add(); }
    void let_memory_go();

    // Ends everything that lives on the loop, without running coroutines.
    void close();

    // Raised by a callback or step: leaves the loop after the current entry.
    void raise_fatal(rondo::core::ErrorRef error);
    // What left the loop, if anything did.
    rondo::core::ErrorRef take_fatal() { return std::move(fatal_); }

    // The context callbacks made now would copy.
    rondo::core::ContextSlot &context() { return *context_; }
    rondo::core::ContextSlot *swap_context(rondo::core::ContextSlot *slot) { return std::exchange(context_, slot); }
    // Between steps and callbacks.
    void leave_task() {
        current_task = nullptr;
        context_ = &base_context_;
    }

    rondo_task *current_task = nullptr; // whose step runs
    rondo::core::List tasks;            // not done, in creation order; through Task::of
    uint64_t task_count = 0;
    rondo::core::List operations; // pending futures that keep themselves alive; through their node
    uint64_t future_count = 0;    // futures whose memory is held; each stands for one reference on the loop
    rondo::core::List close_hooks;
    rondo::core::List finalizers; // registered, the oldest first; through Finalizer
    rondo::core::CloseHook *watches = nullptr; // src/io: the watched descriptors
    rondo_ring *ring = nullptr;                // one reference
    bool ring_active = false;                  // a batch is at the host: see ring.h
    bool debug = false;                        // change it through set_debug
    bool report_early = false;
    bool executor_ended = false;
    std::atomic<int> dump_wanted{-1}; // a descriptor, when another thread has asked for a dump
    void set_debug(bool on);
    std::atomic<bool> interrupt_wanted{false};   // set by a signal handler, with call_attention
    void (*on_interrupt)(rondo_loop &) = nullptr; // what the running runner does about it
    void *interrupt_user = nullptr;
    rondo_exception_handler_fn handler = nullptr;
    void *handler_user = nullptr;
    int64_t slow_callback; // ns; debug mode reports entries that run as long
    // The loop's own executor, of src/work; nullptr until the first job.
    void *executor = nullptr;
    rondo_status (*end_executor)(rondo_loop &, rondo::core::Ref<rondo_future> &ended) = nullptr;
    void (*abandon_executor)(rondo_loop &) = nullptr;
    std::atomic<rondo::core::Origins *> origins{nullptr}; // debug mode: where things were made; for its home thread
    bool knows_origins() const { return origins.load(std::memory_order_relaxed) != nullptr; }

private:
    rondo::core::ContextSlot base_context_; // of callbacks outside any task
    rondo::core::ContextSlot *context_ = &base_context_;
    rondo::core::ErrorRef fatal_;
    rondo::core::Count memory_holders_; // all references together are one
};

namespace rondo::core {

static_assert(sizeof(void *) != 8 || sizeof(rondo_loop) <= 576, "the largest block that is recycled");

// Runs something inside a context and outside any task; puts both back.
class EnterContext {
public:
    EnterContext(rondo_loop &loop, ContextSlot &slot, rondo_task *task = nullptr)
        : loop_(loop), outer_task_(std::exchange(loop.current_task, task)), outer_(loop.swap_context(&slot)),
          slot_(slot), entered_(slot.enter()) {}
    ~EnterContext() {
        if (entered_) slot_.leave();
        loop_.swap_context(outer_);
        loop_.current_task = outer_task_;
    }
    EnterContext(const EnterContext &) = delete;
    EnterContext &operator=(const EnterContext &) = delete;
    bool entered() const { return entered_; }

private:
    rondo_loop &loop_;
    rondo_task *outer_task_;
    ContextSlot *outer_;
    ContextSlot &slot_;
    bool entered_;
};

} // namespace rondo::core
