// sleep: section 5 of the semantics.
#include "script.h"

using namespace rondo::test;

namespace {

class Sleeping : public testing::Test, public TaskWorld {};

} // namespace

TEST_F(Sleeping, S1_no_delay_or_a_negative_one_is_one_bare_yield_and_sets_no_timer) {
    for (int64_t delay : {int64_t{0}, int64_t{-1}, -RONDO_S(100)}) {
        forget();
        spawn([&]() -> Script {
            soon([&] { EXPECT_EQ(stats().deadlines, 0u); });
            co_await sleep(delay);
            say("resumed");
        });
        run();
        EXPECT_EQ(trace(), "2: resumed");
    }
}

TEST_F(Sleeping, S2_a_delay_takes_its_deadline_one_entry_and_one_more_turn) {
    spawn([&]() -> Script {
        co_await sleep(RONDO_S(1));
        say("resumed");
    });
    at(RONDO_S(1), [&] {
        say("deadline");
        soon([&] { say("before"); });
    });
    run();
    EXPECT_EQ(trace(), "2: deadline | 3: before resumed");
    EXPECT_EQ(time(), RONDO_S(1));
}

TEST_F(Sleeping, S2_the_wake_up_stands_where_the_timers_entry_ran) {
    spawn([&]() -> Script {
        co_await sleep(RONDO_S(1));
        say("resumed");
    });
    one_turn();
    at(RONDO_S(1), [&] { soon([&] { say("behind"); }); });
    run();
    EXPECT_EQ(trace(), "2: resumed behind");
}

TEST_F(Sleeping, S3_an_endless_delay_is_accepted_and_can_be_cancelled) {
    Future task = spawn([&]() -> Script { co_await sleep(RONDO_FOREVER); });
    later(RONDO_S(1), [&] { task.cancel("enough"); });
    run();
    EXPECT_EQ(task.text(), "ECANCELED enough");
    EXPECT_EQ(time(), RONDO_S(1));
}

TEST_F(Sleeping, S4_a_cancelled_sleep_takes_its_timer_along) {
    Future task = spawn([&]() -> Script { co_await sleep(RONDO_S(100)); });
    one_turn();
    EXPECT_EQ(stats().deadlines, 1u);
    task.cancel();
    run();
    EXPECT_EQ(stats().deadlines, 0u);
    EXPECT_TRUE(task.cancelled());
    EXPECT_EQ(time(), 0);
}

TEST_F(Sleeping, S4_a_sleep_cancelled_in_the_turn_of_its_deadline_is_cancelled) {
    Future task;
    at(RONDO_S(1), [&] { task.cancel("just in time"); });
    task = spawn([&]() -> Script { co_await sleep(RONDO_S(1)); });
    run();
    EXPECT_EQ(task.text(), "ECANCELED just in time");
    EXPECT_EQ(stats().ready, 0u);
}

TEST_F(Sleeping, S5_sleeping_for_nothing_takes_turns_round_robin) {
    for (const char *name : {"a", "b", "c"}) {
        spawn([this, name]() -> Script {
            for (int i = 0; i < 3; ++i) {
                say(name + std::to_string(i));
                co_await sleep(int64_t{0});
            }
        });
    }
    run();
    EXPECT_EQ(trace(), "1: a0 b0 c0 | 2: a1 b1 c1 | 3: a2 b2 c2");
}

TEST_F(Sleeping, B4_equal_deadlines_wake_in_the_order_of_falling_asleep) {
    for (int i = 0; i < 8; ++i) {
        spawn([this, i]() -> Script {
            co_await sleep(RONDO_S(1));
            say(std::to_string(i));
        });
    }
    run();
    EXPECT_EQ(trace(), "3: 0 1 2 3 4 5 6 7");
}

TEST_F(Sleeping, L19_a_real_sleep_is_never_too_short) {
    TaskWorld w(loop_options(real_clock));
    for (int64_t delay : {RONDO_US(30), RONDO_US(600), RONDO_MS(2)}) {
        w.spawn([&w, delay]() -> Script {
            int64_t before = w.time();
            co_await sleep(delay);
            EXPECT_GE(w.time() - before, delay);
        });
    }
    w.run();
}
