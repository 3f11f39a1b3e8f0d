// Fatal errors, tasks nobody holds, tasks destroyed: section 4.4 of the semantics.
#include "script.h"

using namespace rondo::test;

namespace {

class Ending : public testing::Test, public TaskWorld {
protected:
    Future raising(rondo_status code, const char *message) {
        return spawn([=]() -> Script {
            throw Raised(code, message);
            co_return;
        });
    }
};

} // namespace

TEST_F(Ending, T60_a_fatal_error_finishes_the_task_and_leaves_the_loop) {
    for (rondo_status code : {RONDO_EINTERRUPT, RONDO_EEXIT}) {
        forget();
        Future task = raising(code, "fatal");
        Future awaiter = spawn([&]() -> Script {
            Outcome outcome = co_await attempt(task);
            say("awaiter " + outcome.text());
        });
        soon([&] { say("behind"); });
        EXPECT_EQ(run(), code);
        EXPECT_TRUE(task.done());
        EXPECT_EQ(trace(), "");
        EXPECT_EQ(run(), RONDO_OK);
        EXPECT_EQ(trace(), std::string("1: awaiter ") + rondo_status_name(code) + " fatal behind");
    }
}

TEST_F(Ending, T60_the_wake_up_of_an_awaiter_waits_for_the_next_run) {
    Future task = spawn([]() -> Script {
        co_await yield();
        throw Raised(RONDO_EINTERRUPT, "fatal");
    });
    spawn([&]() -> Script {
        co_await attempt(task);
        say("awaiter");
    });
    EXPECT_EQ(run(), RONDO_EINTERRUPT);
    EXPECT_EQ(trace(), "");
    run();
    EXPECT_EQ(trace(), "1: awaiter");
}

TEST_F(Ending, T60_run_until_complete_answers_with_the_fatal_error_of_any_task) {
    Future other = spawn([]() -> Script {
        co_await yield();
        throw Raised(RONDO_EEXIT, "enough");
    });
    Outcome outcome = run_main([&]() -> Script { co_await sleep(RONDO_S(1)); });
    EXPECT_EQ(outcome.text(), "EEXIT enough");
    other.silence();
}

TEST_F(Ending, T62_any_other_error_finishes_the_task_and_the_loop_goes_on) {
    Future task = raising(RONDO_ENOTSUP, "no");
    soon([&] { say("behind"); });
    EXPECT_EQ(run(), RONDO_OK);
    EXPECT_EQ(trace(), "1: behind");
    EXPECT_EQ(task.text(), "ENOTSUP no");
}

TEST_F(Ending, T70_closing_the_loop_destroys_pending_tasks_and_reports_each) {
    Future f = future();
    std::vector<Future> tasks;
    auto pending = [&](Suspension what) {
        tasks.push_back(spawn([this, what]() -> Script {
            Finally finally([&] { say("finally"); });
            co_await attempt(what);
            say("never");
        }));
    };
    pending(waiting_for(f));
    pending(sleep(RONDO_S(1)));
    pending(park());
    pending(yield());
    one_turn();
    Future not_begun = spawn([&]() -> Script {
        say("never");
        co_return;
    });
    f.set(1);
    count_turns_from_here();
    close();
    EXPECT_EQ(trace(), "0: finally finally finally finally");
    ASSERT_EQ(heard.size(), 5u);
    for (size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(heard[i].message, "Task was destroyed but it is pending!");
        EXPECT_EQ(heard[i].task, i < 4 ? tasks[i].get() : not_begun.get());
        EXPECT_EQ(heard[i].future, nullptr);
        EXPECT_EQ(heard[i].error, "");
    }
    EXPECT_FALSE(not_begun.done());
}

TEST_F(Ending, T70_a_destroyed_task_takes_no_more_requests) {
    Future task = spawn([]() -> Script { co_await park(); });
    one_turn();
    close();
    EXPECT_FALSE(task.cancel("too late"));
    EXPECT_FALSE(task.done());
    EXPECT_EQ(task.cancelling(), 0);
}

TEST_F(Ending, T70_whoever_hears_of_it_may_keep_and_cancel_the_task) {
    Future kept;
    when_it_hears = [&](const rondo_report &report) {
        kept = Future(rondo_future_retain(report.task));
        kept.cancel("in the report");
    };
    spawn([]() -> Script { co_await sleep(RONDO_S(1)); });
    one_turn();
    close();
    EXPECT_FALSE(kept.done());
    EXPECT_EQ(heard.size(), 1u);
}

TEST_F(Ending, T70_a_frame_that_ends_with_its_loop_may_finish_futures_and_release_tasks) {
    Future f = future();
    auto partner = std::make_shared<Future>();
    *partner = spawn([&, partner]() -> Script {
        Finally finally([&] { f.set(1); });
        co_await park();
    });
    spawn([&, partner]() -> Script {
        Finally finally([partner] { *partner = Future(); });
        co_await f;
    });
    one_turn();
    partner.reset();
    close();
    EXPECT_EQ(heard.size(), 2u);
}

TEST_F(Ending, T71_B1_a_task_nobody_holds_runs_to_its_end) {
    spawn([&]() -> Script {
        Future local = future();
        spawn([&, local]() -> Script {
            co_await yield();
            local.set(4);
        });
        int64_t got = co_await local;
        say("got " + std::to_string(got));
    });
    run();
    EXPECT_EQ(trace(), "4: got 4");
    EXPECT_EQ(stats().tasks, 0u);
    EXPECT_EQ(stats().futures, 0u);
    EXPECT_TRUE(heard.empty());
}

TEST_F(Ending, B1_a_task_that_waits_for_something_nobody_holds_stays_alive) {
    spawn([&]() -> Script {
        Future forgotten = future();
        co_await forgotten;
    });
    run();
    EXPECT_EQ(stats().tasks, 1u);
    close();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].message, "Task was destroyed but it is pending!");
}

TEST_F(Ending, tasks_and_futures_leave_no_memory_behind) {
    for (int i = 0; i < 100; ++i) {
        Future f = future();
        spawn([f]() -> Script { co_await attempt(f); });
        spawn([]() -> Script { co_await sleep(RONDO_S(1)); });
        soon([f] { f.set(1); });
    }
    run();
    EXPECT_EQ(stats().futures, 0u);
    EXPECT_EQ(stats().tasks, 0u);
}
