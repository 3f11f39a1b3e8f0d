// A runner on the virtual clock for tests: fibers from lambdas, and a trace that knows the turns of the loop.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <functional>
#include <string>

#include "rondo/rondo.h"

namespace rondo_test {

template <class Struct>
Struct sized() {
    Struct made{};
    made.size = sizeof made;
    return made;
}

using Body = std::function<rondo_status()>;

class World {
public:
    explicit World(uint32_t loop_flags = RONDO_LOOP_VIRTUAL_CLOCK) {
        auto loop_options = sized<rondo_loop_options>();
        loop_options.flags = loop_flags;
        loop_options.handler = note_report;
        loop_options.handler_user = this;
        auto options = sized<rondo_runner_options>();
        options.flags = RONDO_RUNNER_NO_SIGINT;
        options.loop = &loop_options;
        EXPECT_EQ(rondo_runner_create(&options, &runner_), RONDO_OK);
        EXPECT_EQ(rondo_runner_get_loop(runner_, &loop_), RONDO_OK);
    }

    ~World() {
        for (rondo_future *future : kept_) rondo_future_release(future);
        rondo_runner_release(runner_);
    }

    World(const World &) = delete;
    World &operator=(const World &) = delete;

    rondo_runner *runner() { return runner_; }
    rondo_loop *loop() { return loop_; }

    // The world holds the reference, and the body, to its end.
    rondo_task *spawn(Body body, const char *name = nullptr, size_t stack_size = 0) {
        auto options = sized<rondo_task_options>();
        options.name = name;
        options.stack_size = stack_size;
        rondo_task *task = nullptr;
        EXPECT_EQ(rondo_fiber_create(loop_, run_body, keep(std::move(body)), &options, &task), RONDO_OK);
        return own(task);
    }

    rondo_task *spawn_eager(Body body) {
        auto options = sized<rondo_task_options>();
        options.flags = RONDO_TASK_EAGER;
        rondo_task *task = nullptr;
        EXPECT_EQ(rondo_fiber_create(loop_, run_body, keep(std::move(body)), &options, &task), RONDO_OK);
        return own(task);
    }

    rondo_task *spawn_member(rondo_task_group *group, Body body) {
        rondo_task *task = nullptr;
        EXPECT_EQ(rondo_task_group_spawn(group, run_body, keep(std::move(body)), &task), RONDO_OK);
        return own(task);
    }

    // Whoever asks for it releases it.
    rondo_generator *generator(Body body) {
        rondo_generator *made = nullptr;
        EXPECT_EQ(rondo_generator_create_fiber(loop_, run_body, keep(std::move(body)), 0, &made), RONDO_OK);
        return made;
    }

    rondo_future *wait(std::initializer_list<rondo_future *> futures, uint32_t condition = RONDO_ALL_COMPLETED) {
        rondo_future *made = nullptr;
        EXPECT_EQ(rondo_wait(loop_, futures.begin(), futures.size(), condition, RONDO_FOREVER, &made), RONDO_OK);
        return own(made);
    }

    rondo_future *shield(rondo_future *inner) {
        rondo_future *made = nullptr;
        EXPECT_EQ(rondo_shield(inner, &made), RONDO_OK);
        return own(made);
    }

    rondo_future *as_completed(std::initializer_list<rondo_future *> futures, int64_t timeout = RONDO_FOREVER) {
        rondo_future *made = nullptr;
        EXPECT_EQ(rondo_as_completed(loop_, futures.begin(), futures.size(), timeout, &made), RONDO_OK);
        return own(made);
    }

    void soon(Body body) {
        EXPECT_EQ(rondo_loop_call_soon(loop_, call_body, keep(std::move(body)), nullptr, nullptr), RONDO_OK);
    }

    void when(int64_t delay, Body body) {
        EXPECT_EQ(rondo_loop_call_later(loop_, delay, call_body, keep(std::move(body)), nullptr, nullptr), RONDO_OK);
    }

    rondo_future *future() {
        rondo_future *made = nullptr;
        EXPECT_EQ(rondo_future_create(loop_, nullptr, &made), RONDO_OK);
        return own(made);
    }

    rondo_future *gather(std::initializer_list<rondo_future *> children, uint32_t flags = 0) {
        rondo_future *made = nullptr;
        EXPECT_EQ(rondo_gather(loop_, children.begin(), children.size(), flags, &made), RONDO_OK);
        return own(made);
    }

    rondo_future *own(rondo_future *future) {
        kept_.push_back(future);
        return future;
    }

    rondo_status run(Body main, rondo_value *result = nullptr, rondo_error **err = nullptr) {
        first_turn_ = turn();
        return rondo_runner_run(runner_, run_body, keep(std::move(main)), NULL, result, err);
    }

    rondo_status close() { return rondo_runner_close(runner_, RONDO_FOREVER, nullptr); }

    void on_done(rondo_future *future, const std::string &label) {
        EXPECT_EQ(rondo_future_add_done_callback(future, log_label, note(label), nullptr), RONDO_OK);
    }

    void call_soon(const std::string &label) {
        EXPECT_EQ(rondo_loop_call_soon(loop_, log_label, note(label), nullptr, nullptr), RONDO_OK);
    }

    // Turn 1 is the one of main's first step.
    uint64_t turn() {
        auto stats = sized<rondo_loop_stats>();
        EXPECT_EQ(rondo_loop_get_stats(loop_, &stats), RONDO_OK);
        return stats.turns - first_turn_;
    }

    void log(const std::string &label) {
        uint64_t now = turn();
        if (now != logged_turn_) trace_ += (trace_.empty() ? "" : " | ") + std::to_string(now) + ":";
        logged_turn_ = now;
        trace_ += " " + label;
    }

    const std::string &trace() const { return trace_; }
    const std::string &reports() const { return reports_; }

private:
    struct Note {
        World *world;
        std::string label;
    };

    static rondo_status run_body(void *arg, rondo_value *) { return (*static_cast<Body *>(arg))(); }

    static void call_body(void *user, rondo_call *) { (*static_cast<Body *>(user))(); }

    static void log_label(void *user, rondo_call *) {
        auto *note = static_cast<Note *>(user);
        note->world->log(note->label);
    }

    static void note_report(void *user, rondo_loop *, const rondo_report *report) {
        static_cast<World *>(user)->reports_ += std::string(report->message) + "\n";
    }

    Body *keep(Body body) { return &bodies_.emplace_back(std::move(body)); }
    Note *note(const std::string &label) { return &notes_.emplace_back(Note{this, label}); }

    rondo_runner *runner_ = nullptr;
    rondo_loop *loop_ = nullptr;
    std::deque<Body> bodies_;
    std::deque<Note> notes_;
    std::deque<rondo_future *> kept_;
    std::string trace_;
    std::string reports_;
    uint64_t first_turn_ = 0;
    uint64_t logged_turn_ = UINT64_MAX;
};

// The message of the error the last await of this fiber failed with; "" when it has none.
inline std::string last_message() {
    const char *message = rondo_error_message(rondo_fiber_error());
    return message ? message : "";
}

} // namespace rondo_test
