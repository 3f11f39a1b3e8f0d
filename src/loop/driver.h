// How a loop waits. Without descriptors: in a parker, which any thread and any signal handler may end. With some: in the
// poller. Once libuv is wanted: in libuv's poll, with an async handle as the bell and an alarm clock, as fine as the system
// has one.
#pragma once

#include "loop/parker.h"
#include "loop/poller.h"

#include "rondo/abi.h"

#include <atomic>
#include <cstdint>

struct uv_loop_s;

namespace rondo::core {

class UvDriver;

class Driver {
public:
    Driver() = default;
    ~Driver();
    Driver(const Driver &) = delete;
    Driver &operator=(const Driver &) = delete;

    // Between going_to_sleep() and wait() the loop looks once more for work: whoever adds some later calls wake().
    void going_to_sleep();
    void awake() { asleep_.store(false, std::memory_order_seq_cst); }
    // Waits until woken, until the deadline (monotonic ns) or an event. May return for no reason, never for good.
    void wait(int64_t deadline);
    // Any thread, and signal handlers.
    void wake() noexcept {
        if (asleep_.load(std::memory_order_seq_cst)) wake_sleeper();
    }

    // Between them, close() waits.
    void hold() noexcept { ringing_.fetch_add(1, std::memory_order_seq_cst); }
    void let_go() noexcept { ringing_.fetch_sub(1, std::memory_order_seq_cst); }

    // Looks at descriptors without waiting.
    void poll();
    // Descriptors are watched, or somebody's handles are on the libuv loop.
    bool watching() const;
    // Where to watch descriptors: opened now, if it was not. libuv's errors.
    rondo_status open_poller(Poller::ReportFn report, void *user);
    Poller &poller() { return poller_; }

    // Somebody else waits, in place of wait(): until the descriptor is readable, for at most what get_ready_to_wait says
    // (0: there is something to do). be_guest: opens, and has polls empty the descriptor.
    rondo_status be_guest();
    int descriptor() const; // negative: none
    int64_t get_ready_to_wait(int64_t deadline);

    // In the child of a fork: shares nothing with the parent's driver from now on, and is good for closing.
    void part_from_parent();

    rondo_status open_uv();
    bool is_open() const { return uv_ || poller_.is_open(); } // holds descriptors
    uv_loop_s *uv();
    // Closes what is left on the libuv loop.
    void close();

private:
    void wake_sleeper() noexcept;

    enum class Bed { parker, poller, uv };

    Parker parker_;
    Poller poller_;
    UvDriver *uv_ = nullptr;
    std::atomic<bool> asleep_{false};
    std::atomic<Bed> bed_{Bed::parker}; // what the sleeper waits in
    std::atomic<uint32_t> ringing_{0}; // wakes under way: close waits for them
};

} // namespace rondo::core
