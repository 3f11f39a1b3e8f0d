// A loop's states, what is refused in each, and run_until_complete.
#include "world.h"

#include <thread>

using namespace rondo::test;

namespace {

class Life : public testing::Test, public World {
protected:
    ~Life() override { rondo_future_release(future_); }

    rondo_future *future() {
        if (future_) return future_;
        EXPECT_EQ(rondo_future_create(loop, nullptr, &future_), RONDO_OK);
        return future_;
    }
    void finish() { EXPECT_EQ(rondo_future_set_result(future(), nullptr), RONDO_OK); }
    rondo_status until_complete() {
        count_turns_from_here();
        return rondo_loop_run_until_complete(loop, future(), nullptr);
    }

private:
    rondo_future *future_ = nullptr;
};

} // namespace

TEST_F(Life, L6_closing_twice_is_fine) {
    EXPECT_EQ(rondo_loop_is_closed(loop), 0);
    EXPECT_EQ(close(), RONDO_OK);
    EXPECT_EQ(close(), RONDO_OK);
    EXPECT_EQ(rondo_loop_is_closed(loop), 1);
}

TEST_F(Life, L6_closing_while_running_is_refused) {
    soon([&] {
        EXPECT_EQ(close(), RONDO_ERUNNING);
        soon([&] { say("still open"); });
    });
    run();
    EXPECT_EQ(trace(), "2: still open");
}

TEST_F(Life, L6_a_closed_loop_refuses_every_schedule_and_run) {
    future();
    close();
    auto nothing = [](void *, rondo_call *) {};
    EXPECT_EQ(rondo_loop_call_soon(loop, nothing, nullptr, nullptr, nullptr), RONDO_ECLOSED);
    EXPECT_EQ(rondo_loop_call_later(loop, 1, nothing, nullptr, nullptr, nullptr), RONDO_ECLOSED);
    EXPECT_EQ(rondo_loop_call_at(loop, 1, nothing, nullptr, nullptr, nullptr), RONDO_ECLOSED);
    EXPECT_EQ(rondo_loop_call_soon_threadsafe(loop, nothing, nullptr, nullptr, nullptr), RONDO_ECLOSED);
    EXPECT_EQ(rondo_loop_add_reader(loop, 0, nothing, nullptr, nullptr), RONDO_ECLOSED);
    EXPECT_EQ(rondo_loop_run_forever(loop, nullptr), RONDO_ECLOSED);
    EXPECT_EQ(rondo_loop_run_once(loop, 0), RONDO_ECLOSED);
    EXPECT_EQ(until_complete(), RONDO_ECLOSED);
    EXPECT_EQ(rondo_future_create(loop, nullptr, nullptr), RONDO_ECLOSED);
}

TEST_F(Life, L6_a_future_of_a_closed_loop_can_be_finished) {
    future();
    close();
    EXPECT_EQ(rondo_future_set_result(future(), nullptr), RONDO_OK);
    EXPECT_EQ(rondo_future_done(future()), 1);
}

TEST_F(Life, L6_a_future_with_callbacks_is_finished_after_the_close_but_says_so_and_drops_them) {
    auto *user = new Callback(callback([&] { say("ran"); }));
    rondo_call_options options = owning();
    EXPECT_EQ(rondo_future_add_done_callback(future(), run_callback, user, &options), RONDO_OK);
    close();
    EXPECT_EQ(rondo_future_set_result(future(), nullptr), RONDO_ECLOSED);
    EXPECT_EQ(rondo_future_done(future()), 1);
    EXPECT_EQ(trace(), "");
}

TEST_F(Life, L7_running_inside_a_run_is_refused_and_changes_nothing) {
    World other;
    soon([&] {
        rondo_error *err = nullptr;
        EXPECT_EQ(rondo_loop_run_forever(loop, &err), RONDO_ERUNNING);
        EXPECT_EQ(rondo_error_code(err), RONDO_ERUNNING);
        rondo_error_release(err);
        EXPECT_EQ(one_turn(), RONDO_ERUNNING);
        EXPECT_EQ(other.one_turn(), RONDO_ERUNNING);
        EXPECT_EQ(rondo_loop_run_forever(other.loop, nullptr), RONDO_ERUNNING);
        EXPECT_EQ(rondo_loop_running(), loop);
        EXPECT_EQ(rondo_loop_is_running(loop), 1);
        EXPECT_EQ(rondo_loop_is_running(other.loop), 0);
    });
    run();
    EXPECT_EQ(rondo_loop_running(), nullptr);
    EXPECT_EQ(other.one_turn(), 0);
}

TEST_F(Life, L9_run_until_complete_ends_with_the_turn_in_which_the_stop_callback_runs) {
    soon([&] {
        soon([&] { say("before"); });
        finish();
        soon([&] {
            say("behind");
            soon([&] { say("next run"); });
        });
    });
    EXPECT_EQ(until_complete(), RONDO_OK);
    EXPECT_EQ(trace(), "2: before behind");
    EXPECT_EQ(turn(), 2u);
}

TEST_F(Life, L9_a_future_that_is_done_already_takes_one_turn) {
    finish();
    soon([&] {
        say("queued");
        soon([&] { say("next run"); });
    });
    EXPECT_EQ(until_complete(), RONDO_OK);
    EXPECT_EQ(trace(), "1: queued");
    EXPECT_EQ(turn(), 1u);
}

TEST_F(Life, L9_a_stop_before_the_future_is_done_is_an_error) {
    soon([&] { stop(); });
    EXPECT_EQ(until_complete(), RONDO_ESTOPPED);
    finish();
    soon([&] { say("the callback of the stopped run is gone"); });
    run();
    EXPECT_EQ(trace(), "1: the callback of the stopped run is gone");
    EXPECT_EQ(until_complete(), RONDO_OK);
}

TEST_F(Life, L9_the_error_of_the_future_is_the_answer_and_counts_as_retrieved) {
    rondo_error *error = rondo_error_new(RONDO_EFAILED, "broken");
    EXPECT_EQ(rondo_future_set_error(future(), error), RONDO_OK);
    rondo_error_release(error);
    rondo_error *err = nullptr;
    EXPECT_EQ(rondo_loop_run_until_complete(loop, future(), &err), RONDO_EFAILED);
    EXPECT_STREQ(rondo_error_message(err), "broken");
    rondo_error_release(err);
    EXPECT_TRUE(heard.empty());
}

TEST_F(Life, L9_a_future_of_another_loop_is_refused) {
    World other;
    EXPECT_EQ(rondo_loop_run_until_complete(other.loop, future(), nullptr), RONDO_EOTHERLOOP);
}

TEST_F(Life, L10_a_fatal_error_set_on_a_plain_future_ends_the_wait_for_it) {
    soon([&] {
        rondo_error *error = rondo_error_new(RONDO_EINTERRUPT, nullptr);
        EXPECT_EQ(rondo_future_set_error(future(), error), RONDO_OK);
        rondo_error_release(error);
    });
    EXPECT_EQ(until_complete(), RONDO_EINTERRUPT);
    EXPECT_EQ(turn(), 2u);
}

TEST_F(Life, L11_tells_whether_it_runs) {
    EXPECT_EQ(rondo_loop_is_running(loop), 0);
    soon([&] { EXPECT_EQ(rondo_loop_is_running(loop), 1); });
    run();
    EXPECT_EQ(rondo_loop_is_running(loop), 0);
    EXPECT_EQ(rondo_loop_is_running(nullptr), RONDO_EINVAL);
}

TEST_F(Life, L12_the_running_loop_is_the_threads_own) {
    EXPECT_EQ(rondo_loop_running(), nullptr);
    EXPECT_EQ(rondo_loop_call_soon(nullptr, run_callback, nullptr, nullptr, nullptr), RONDO_ENOLOOP);
    soon([&] {
        EXPECT_EQ(rondo_loop_running(), loop);
        rondo_loop *elsewhere = loop;
        std::thread([&] { elsewhere = rondo_loop_running(); }).join();
        EXPECT_EQ(elsewhere, nullptr);
    });
    run();
    EXPECT_EQ(rondo_loop_running(), nullptr);
}

TEST_F(Life, L12_there_is_no_current_task_inside_a_callback_or_outside_a_run) {
    EXPECT_EQ(rondo_loop_current_task(nullptr), nullptr);
    EXPECT_EQ(rondo_loop_current_task(loop), nullptr);
    soon([&] { EXPECT_EQ(rondo_loop_current_task(nullptr), nullptr); });
    run();
}

TEST_F(Life, a_loop_that_never_waited_for_a_descriptor_has_opened_none) {
    World w(loop_options(real_clock));
    w.later(RONDO_US(100), [] {});
    w.run();
    EXPECT_EQ(w.stats().open, 0u);
}

TEST_F(Life, releasing_an_open_loop_closes_it) {
    bool dropped = false;
    {
        World w;
        std::shared_ptr<void> data(nullptr, [&](void *) { dropped = true; });
        w.soon([data] {});
    }
    EXPECT_TRUE(dropped);
}
