// The loop: a ready queue, a deadline heap, an inbox for other threads, and one turn that runs them in asyncio's order.
// It runs nodes and does not know what they are. turn.cpp is the heart; read it first.
#pragma once

#include "base/clock.h"
#include "base/list.h"
#include "base/object.h"
#include "base/thread.h"
#include "loop/deadlines.h"
#include "loop/driver.h"
#include "loop/fork.h"
#include "loop/inbox.h"
#include "loop/node.h"

#include "rondo/abi.h"

#include <array>
#include <atomic>
#include <cstdint>

namespace rondo::core {

struct LoopCounters {
    uint64_t turns = 0;
    uint64_t entries = 0;
    uint64_t polls = 0;
    uint64_t sleeps = 0;
};

// Debug mode: told of every entry. before answers what after is given; the node may be gone by then.
struct EntryWatch {
    void *(*before)(Loop &loop, Node &node);
    void (*after)(Loop &loop, void *token, int64_t duration_ns);
};

class Loop : public Object {
public:
    explicit Loop(const rondo_loop_options &options);

    // ---- the ready queue: FIFO, one turn runs what was ready when it began
    void ready(Node &node) { ready_->push_back(node); }
    void ready_all(List &nodes) { ready_->splice_back(nodes); }
    bool has_ready() const { return !ready_->empty(); }
    uint64_t count_ready();

    // ---- deadlines: the node becomes ready at the deadline, never before
    [[nodiscard]] bool add_deadline(Node &node, int64_t when) {
        return deadlines_.add(node, when, now_.load(std::memory_order_relaxed));
    }
    void remove_deadline(Node &node) { deadlines_.remove(node); }
    bool has_due() { return has_ready() || (!deadlines_.empty() && comes_due(now())); }
    std::size_t deadline_count() const { return deadlines_.size(); }
    int64_t now();         // reads the clock
    int64_t clock() const; // any thread: the same, and nothing else
    // A virtual clock stands still until as many resumes: something outside of the loop is under way.
    void pause_clock() { ++clock_pauses_; }
    bool resume_clock() { return clock_pauses_ > 0 && clock_pauses_-- > 0; } // false: it was not paused

    // ---- other threads
    [[nodiscard]] bool post(Node &node); // any thread; false: see refusal()
    // Calls, by value; run is that of a node of such. RONDO_ENOMEM, or a refusal().
    rondo_status post(const PostedCall &call, RunFn run) {
        if (forked()) return RONDO_EFORKED;
        rondo_status status = inbox_.push(call, run);
        if (status == RONDO_OK) driver_.wake();
        return status;
    }
    // The same for who has nothing else that keeps the loop alive: a close waits for it.
    [[nodiscard]] bool post_and_go(Node &node);
    void wake() noexcept { driver_.wake(); }
    // Somebody may give it work outside of a run, or before libuv waits: whoever waits must look.
    void touch() noexcept {
        if ((!running() || looking_) && !forked()) wake();
    }
    // Any thread and signal handlers: on_attention runs on the loop thread in the next turn.
    void call_attention() noexcept;
    void (*on_attention)(Loop &) = nullptr;
    // Any thread and signal handlers: the running loop ends after the current entry.
    void break_off() noexcept { leave_.store(true, std::memory_order_relaxed); }

    // ---- running
    rondo_status check_runnable() const; // ECLOSED, EFORKED, ERUNNING, EREENTRANT
    static rondo_status check_thread();  // ERUNNING: this thread runs a loop; EREENTRANT: and is inside libuv's poll
    void run_forever();                  // until stop() or break_off()
    void run_once(int64_t max_wait);
    // One turn that does not wait. *wait: how long the host may, for the descriptor; 0: not at all.
    rondo_status run_guest(int32_t &descriptor, int64_t &wait);
    void stop() { stopping_ = true; }
    bool running() const { return running_in_.load(std::memory_order_relaxed) != 0; }
    bool running_here() const { return running_in_.load(std::memory_order_relaxed) == this_thread(); }
    // Not even from a callback of libuv, which may be about to wait.
    bool working_here() const { return running_here() && !looking_; }
    bool wrong_thread() const { return running() && !running_here(); }
    bool home_thread() const { return home_.load(std::memory_order_relaxed) == this_thread(); }
    static Loop *current() { return current_; }

    // ---- the current batch, for nodes that run several at once
    Node *next_in_batch() { return batch_->empty() ? nullptr : static_cast<Node *>(batch_->front()); }
    void put_back(Node &node) { batch_->push_front(node); }
    void put_off(Node &node) { ready_->push_front(node); } // to the next turn
    void count_entry() { ++counters_.entries; }
    bool leaving() const { return leave_.load(std::memory_order_relaxed); }
    bool watched() const { return entry_watch_ != nullptr; }
    void run_watched(Node &node);
    // nullptr: nobody watches.
    void watch_entries(const EntryWatch *watch) { entry_watch_ = watch; }

    // ---- descriptors
    rondo_status open_poller(Poller::ReportFn report) { return driver_.open_poller(report, this); }
    Poller &poller() { return driver_.poller(); }
    rondo_status open_uv() { return driver_.open_uv(); }
    uv_loop_s *uv() { return driver_.uv(); }
    bool holds_descriptors() const { return driver_.is_open(); }
    void poll_soon() { entries_at_poll_ = counters_.entries - poll_interval_; }

    // ---- the child of a fork: the loop is the parent's
    bool forked() const { return process_.forked(); }
    rondo_status refusal() const { return forked() ? RONDO_EFORKED : RONDO_ECLOSED; } // why post() refused

    // ---- end
    bool closing() const { return closing_ && !closed(); } // what ends with it may call back
    bool closed() const { return closed_.load(std::memory_order_relaxed); }
    bool discarding() const { return discarding_; }
    void discard_all(); // closes the inbox and lets go of everything that is scheduled
    void close_driver();
    void part_from_parent(); // before anything of a forked loop is let go of

    bool virtual_clock() const { return virtual_; }
    bool shuffles() const { return shuffles_; }
    const LoopCounters &counters() const { return counters_; }

protected:
    ~Loop() = default;
    const rondo_host *host_;
    bool closing_ = false;

private:
    bool comes_due(int64_t time) { return deadlines_.find_earliest(time) <= time; }
    class Running;
    static void leave_in_child();
    __attribute__((tls_model("initial-exec"))) static constinit thread_local Loop *current_; // that this thread runs

    void turns(); // until it is to end
    void turn(int64_t max_wait);
    void take_turn(int64_t max_wait); // the same, inside its caller
    void take_inbox();
    void poll();
    void look();
    void wait_for_work(int64_t max_wait);
    int64_t next_alarm();
    bool work_has_come() const { return !inbox_.empty() || attention_.load() || leave_.load(); }
    bool comes_soon(int64_t deadline);
    void sleep_until(int64_t deadline);
    int64_t get_ready_to_wait();
    bool may_be_due() const;
    void fire_deadlines();
    void run_batch();
    void shuffle_batch();

    // A line that one processor writes is dear to the others: what posters read, what they write, and what the loop writes
    // all the time stand apart.
    const uint32_t poll_interval_;
    const bool virtual_;
    const bool shuffles_;
    std::atomic<bool> closed_{false};
    std::atomic<bool> leave_{false};
    std::atomic<bool> attention_{false};
    HomeProcess process_;
    std::atomic<uintptr_t> running_in_{0};
    std::atomic<uintptr_t> home_; // the thread that runs the loop, or ran it last, or made it
    Driver driver_;
    Inbox inbox_;

    // Seldom written.
    Deadlines deadlines_;
    const EntryWatch *entry_watch_ = nullptr;
    uint64_t shuffle_state_; // 0: entries keep their order
    int64_t fired_at_ = 0;   // when deadlines last were due
    uint8_t fired_ = 0;      // deadlines since the last wait, at most `several`
    uint8_t gap_ = 0;        // between two wakes for deadlines, in shortest ones
    uint32_t clock_pauses_ = 0;
    bool stopping_ = false;
    bool discarding_ = false;

    std::array<List, 2> queues_;
    List *ready_ = &queues_[0];
    List *batch_ = &queues_[1];
    LoopCounters counters_;
    std::atomic<int64_t> now_{0}; // written by the loop thread
    uint64_t entries_at_clock_ = 0;
    uint64_t entries_at_poll_ = 0;
    bool looking_ = false;  // libuv's callbacks may be on the stack
    bool restless_ = false; // a post ended the last sleep when it had hardly begun
};

} // namespace rondo::core
