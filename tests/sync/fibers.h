// A virtual loop on which lambdas run as fibers, and a diary of what happens in which order.
#pragma once

#include "rondo/rondo.h"

#include <gtest/gtest.h>

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace sync_test {

using Body = std::function<rondo_status()>;

class Fibers : public testing::Test {
protected:
    Fibers() {
        RONDO_INIT(rondo_loop_options, loop_options);
        loop_options.flags = RONDO_LOOP_VIRTUAL_CLOCK;
        RONDO_INIT(rondo_runner_options, options);
        options.loop = &loop_options;
        rondo_runner_create(&options, &runner_);
        rondo_runner_get_loop(runner_, &loop_);
    }
    ~Fibers() override {
        close();
        for (rondo_task *task : tasks_) rondo_future_release(task);
        rondo_runner_release(runner_);
    }

    // Runs main, then closes: leftovers are cancelled and end.
    rondo_status run(Body main) {
        rondo_error *error = nullptr;
        rondo_status status = rondo_runner_run(runner_, call, &main, nullptr, nullptr, &error);
        if (error) message_ = rondo_error_message(error);
        rondo_error_release(error);
        return status;
    }
    rondo_status close() { return rondo_runner_close(runner_, RONDO_FOREVER, nullptr); }

    // The task is held until the test ends.
    rondo_task *spawn(Body body) {
        bodies_.push_back(std::make_unique<Body>(std::move(body)));
        rondo_task *task = nullptr;
        EXPECT_EQ(rondo_fiber_create(loop_, call, bodies_.back().get(), nullptr, &task), RONDO_OK);
        tasks_.push_back(task);
        return task;
    }
    rondo_status join(std::initializer_list<rondo_task *> tasks) {
        rondo_status first = RONDO_OK;
        for (rondo_task *task : tasks) {
            rondo_status status = rondo_await(task, nullptr);
            if (first == RONDO_OK) first = status;
        }
        return first;
    }
    static void turns(int n) {
        while (n-- > 0) rondo_yield();
    }
    static void cancel(rondo_task *task) { rondo_future_cancel(task, nullptr); }

    void note(const std::string &what) { diary += (diary.empty() ? "" : " ") + what; }
    uint64_t futures() {
        RONDO_INIT(rondo_loop_stats, stats);
        rondo_loop_get_stats(loop_, &stats);
        return stats.futures;
    }

    rondo_runner *runner_ = nullptr;
    rondo_loop *loop_ = nullptr;
    std::string diary;
    std::string message_;

private:
    static rondo_status call(void *body, rondo_value *) { return (*static_cast<Body *>(body))(); }

    std::vector<std::unique_ptr<Body>> bodies_;
    std::vector<rondo_task *> tasks_;
};

} // namespace sync_test
