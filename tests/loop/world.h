// A loop with a diary: what happened, and in which turn. On the virtual clock unless told otherwise.
#pragma once

#include "rondo/rondo.h"
#include "rondo/uv.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace rondo::test {

template <class Struct> Struct sized() {
    Struct made{};
    made.size = sizeof made;
    return made;
}

inline rondo_loop_options loop_options(uint32_t flags = RONDO_LOOP_VIRTUAL_CLOCK) {
    auto options = sized<rondo_loop_options>();
    options.flags = flags;
    return options;
}

constexpr uint32_t real_clock = 0;

using Callback = std::function<void(rondo_call &)>;

// Any lambda, with the call as its argument or without.
template <class F> Callback callback(F function) {
    if constexpr (std::is_invocable_v<F &, rondo_call &>) {
        return function;
    } else {
        return [function](rondo_call &) mutable { function(); };
    }
}

inline void run_callback(void *user, rondo_call *call) { (*static_cast<Callback *>(user))(*call); }
inline void drop_callback(void *user) { delete static_cast<Callback *>(user); }

inline rondo_call_options owning(rondo_context *context = nullptr) {
    auto options = sized<rondo_call_options>();
    options.drop = drop_callback;
    options.context = context;
    return options;
}

// A callback as the library takes it; let_go gives back what the library did not take.
struct Packed {
    rondo_callback_fn fn;
    void *user;
    rondo_call_options options;
    void (*let_go)(void *user);
    bool kept_by_library; // it retains user itself: let_go in any case
};

class Handle {
public:
    Handle() = default;
    explicit Handle(rondo_handle *adopted) : handle_(adopted) {}
    Handle(const Handle &other) : handle_(rondo_handle_retain(other.handle_)) {}
    Handle &operator=(Handle other) {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Handle() { rondo_handle_release(handle_); }

    rondo_handle *get() const { return handle_; }
    void cancel() const { EXPECT_EQ(rondo_handle_cancel(handle_), RONDO_OK); }
    bool cancelled() const { return rondo_handle_cancelled(handle_) == 1; }
    int64_t when() const { return rondo_handle_when(handle_); }

private:
    rondo_handle *handle_ = nullptr;
};

struct Heard {
    std::string message;
    rondo_status code;
    std::string error;
    const rondo_future *future;
    const rondo_task *task;
    const rondo_handle *handle;
};

class World {
public:
    explicit World(rondo_loop_options options = loop_options()) {
        options.handler = hear;
        options.handler_user = this;
        EXPECT_EQ(rondo_loop_create(&options, &loop), RONDO_OK);
    }
    virtual ~World() { rondo_loop_release(loop); }
    World(const World &) = delete;
    World &operator=(const World &) = delete;

    // ---- the diary

    void say(const std::string &what) {
        uint64_t now = turn();
        if (now != said_in_) {
            if (!trace_.empty()) trace_ += " | ";
            trace_ += std::to_string(now) + ":";
        }
        said_in_ = now;
        trace_ += " " + what;
    }
    // "1: a b | 3: c": a and b in the first turn of the run, c in the third.
    const std::string &trace() const { return trace_; }
    void forget() {
        trace_.clear();
        said_in_ = nothing_said;
    }

    void open_libuv() { EXPECT_EQ(rondo_loop_uv(loop, nullptr), RONDO_OK); }
    uint64_t turn() { return stats().turns - first_turn_; }
    void count_turns_from_here() {
        first_turn_ = stats().turns;
        said_in_ = nothing_said;
    }
    rondo_loop_stats stats() {
        auto now = sized<rondo_loop_stats>();
        EXPECT_EQ(rondo_loop_get_stats(loop, &now), RONDO_OK);
        return now;
    }
    int64_t time() { return rondo_loop_time(loop); }

    // ---- callbacks

    template <class F> Handle soon(F function, rondo_context *context = nullptr) {
        return schedule(function, context, [&](const Packed &p, rondo_handle **out) {
            return rondo_loop_call_soon(loop, p.fn, p.user, &p.options, out);
        });
    }
    template <class F> Handle later(int64_t delay, F function, rondo_context *context = nullptr) {
        return schedule(function, context, [&](const Packed &p, rondo_handle **out) {
            return rondo_loop_call_later(loop, delay, p.fn, p.user, &p.options, out);
        });
    }
    template <class F> Handle at(int64_t when, F function) {
        return schedule(function, nullptr, [&](const Packed &p, rondo_handle **out) {
            return rondo_loop_call_at(loop, when, p.fn, p.user, &p.options, out);
        });
    }
    // Any thread.
    template <class F> Handle from_outside(F function, rondo_context *context = nullptr) {
        return schedule(function, context, [&](const Packed &p, rondo_handle **out) {
            return rondo_loop_call_soon_threadsafe(loop, p.fn, p.user, &p.options, out);
        });
    }
    // Without a handle; the function is dropped when it is refused.
    template <class F> rondo_status post(F function, rondo_context *context = nullptr) {
        Packed packed = pack(callback(std::move(function)), context);
        rondo_status status = rondo_loop_call_soon_threadsafe(loop, packed.fn, packed.user, &packed.options, nullptr);
        settle(packed, status);
        return status;
    }
    template <class F> rondo_status add_reader(int fd, F function) {
        return watch(rondo_loop_add_reader, fd, function);
    }
    template <class F> rondo_status add_writer(int fd, F function) {
        return watch(rondo_loop_add_writer, fd, function);
    }
    rondo_status remove_reader(int fd) { return rondo_loop_remove_reader(loop, fd); }
    rondo_status remove_writer(int fd) { return rondo_loop_remove_writer(loop, fd); }

    // ---- running

    bool busy() {
        rondo_loop_stats now = stats();
        return now.ready > 0 || now.deadlines > 0;
    }
    // Turn after turn until nothing is ready and no deadline is left, or something fatal left the loop.
    rondo_status run() {
        count_turns_from_here();
        return run_on();
    }
    rondo_status run_on() {
        rondo_status status = RONDO_OK;
        while (status >= 0 && busy()) status = rondo_loop_run_once(loop, RONDO_FOREVER);
        return status < 0 ? status : RONDO_OK;
    }
    rondo_status run_forever() {
        count_turns_from_here();
        return rondo_loop_run_forever(loop, nullptr);
    }
    rondo_status one_turn(int64_t max_wait = 0) { return rondo_loop_run_once(loop, max_wait); }
    void stop() { EXPECT_EQ(rondo_loop_stop(loop), RONDO_OK); }
    rondo_status close() { return rondo_loop_close(loop); }

    rondo_loop *loop = nullptr;
    std::vector<Heard> heard;                                // by the exception handler
    std::function<void(const rondo_report &)> when_it_hears; // besides

protected:
    virtual Packed pack(Callback function, rondo_context *context) {
        return {run_callback, new Callback(std::move(function)), owning(context), drop_callback, false};
    }
    static void settle(const Packed &packed, rondo_status status) {
        if (status < 0 || packed.kept_by_library) packed.let_go(packed.user);
    }

private:
    static void hear(void *user, rondo_loop *, const rondo_report *report) {
        auto &world = *static_cast<World *>(user);
        const char *text = rondo_error_message(report->error);
        world.heard.push_back({report->message, rondo_error_code(report->error), text ? text : "", report->future,
                               report->task, report->handle});
        if (world.when_it_hears) world.when_it_hears(*report);
    }

    template <class F, class Place> Handle schedule(F function, rondo_context *context, Place place) {
        Packed packed = pack(callback(std::move(function)), context);
        rondo_handle *handle = nullptr;
        rondo_status status = place(packed, &handle);
        settle(packed, status);
        EXPECT_EQ(status, RONDO_OK);
        return Handle(handle);
    }

    template <class Add, class F> rondo_status watch(Add add, int fd, F function) {
        Packed packed = pack(callback(std::move(function)), nullptr);
        rondo_status status = add(loop, fd, packed.fn, packed.user, &packed.options);
        settle(packed, status);
        return status;
    }

    uint64_t first_turn_ = 0;
    static constexpr uint64_t nothing_said = UINT64_MAX;
    uint64_t said_in_ = nothing_said;
    std::string trace_;
};

} // namespace rondo::test
