// Cancelling tasks: section 4.3 of the semantics, whole.
#include "script.h"

using namespace rondo::test;

namespace {

class Cancelling : public testing::Test, public TaskWorld {
protected:
    // Sleeps for a long time and says how that ended.
    Future sleeper(const std::string &name) {
        return spawn([this, name]() -> Script {
            Outcome outcome = co_await attempt(sleep(RONDO_S(100)));
            say(name + " " + outcome.text());
            if (!outcome.ok()) throw Raised(outcome.status, outcome.message.c_str());
        });
    }
    // Swallows so many cancellations, then returns 1.
    Future swallower(int times = 1) {
        return spawn([this, times]() -> Answer {
            for (int i = 0; i < times; ++i) {
                Outcome outcome = co_await attempt(sleep(RONDO_S(100)));
                say("swallows " + outcome.text());
            }
            co_return 1;
        });
    }
    Future awaiting(const Future &inner) {
        return spawn([this, inner]() -> Answer {
            int64_t got = co_await inner;
            say("got " + std::to_string(got));
            co_return got;
        });
    }
};

} // namespace

TEST_F(Cancelling, T30_a_done_task_refuses_and_nothing_else_happens) {
    Future task = spawn([]() -> Answer { co_return 1; });
    run();
    EXPECT_FALSE(task.cancel());
    EXPECT_EQ(task.cancelling(), 0);
    EXPECT_EQ(task.text(), "1");
}

TEST_F(Cancelling, T30_a_request_passes_to_the_awaited_future_which_is_cancelled_at_once) {
    Future f = future();
    Future task = awaiting(f);
    one_turn();
    EXPECT_TRUE(task.cancel("enough"));
    EXPECT_TRUE(f.cancelled());
    EXPECT_EQ(f.text(), "ECANCELED enough");
    EXPECT_EQ(task.cancelling(), 1);
    run();
    EXPECT_EQ(task.text(), "ECANCELED enough");
}

TEST_F(Cancelling, T30_a_request_no_future_takes_strikes_at_the_next_step) {
    Future f = future();
    auto options = sized<rondo_future_options>();
    options.cancel = [](void *, rondo_cancel_request *io) { io->answer = RONDO_CANCEL_REFUSED; };
    rondo_future *leaf = nullptr;
    ASSERT_EQ(rondo_future_create(loop, &options, &leaf), RONDO_OK);
    Future stubborn(leaf);
    Future task = awaiting(stubborn);
    one_turn();
    EXPECT_TRUE(task.cancel("enough"));
    EXPECT_FALSE(stubborn.done());
    one_turn();
    EXPECT_FALSE(task.done());
    stubborn.set(1);
    one_turn();
    EXPECT_EQ(task.text(), "ECANCELED enough");
}

TEST_F(Cancelling, T31_cancel_does_not_finish_the_task_at_once) {
    Future task = sleeper("task");
    soon([&] {
        EXPECT_TRUE(task.cancel());
        EXPECT_FALSE(task.done());
        EXPECT_FALSE(task.cancelled());
        say("cancelled");
    });
    run();
    EXPECT_EQ(trace(), "1: cancelled | 2: task ECANCELED");
    EXPECT_TRUE(task.cancelled());
    EXPECT_EQ(time(), 0);
}

TEST_F(Cancelling, T32_a_cancel_wins_over_a_result_that_is_on_its_way) {
    Future f = future();
    Future task = awaiting(f);
    one_turn();
    f.set(5);
    EXPECT_TRUE(task.cancel("late"));
    EXPECT_EQ(f.text(), "5");
    run();
    EXPECT_EQ(task.text(), "ECANCELED late");
    EXPECT_EQ(trace(), "");
}

TEST_F(Cancelling, T32_and_over_an_error_that_is_on_its_way) {
    Future f = future();
    Future task = awaiting(f);
    one_turn();
    f.fail("broken");
    task.cancel("late");
    run();
    EXPECT_EQ(task.text(), "ECANCELED late");
    f = Future();
    EXPECT_TRUE(heard.empty());
}

TEST_F(Cancelling, T32_and_over_the_end_of_a_sleep_that_is_on_its_way) {
    Future task = spawn([&]() -> Script {
        Outcome outcome = co_await attempt(sleep(RONDO_S(1)));
        say(outcome.text());
    });
    at(RONDO_S(1), [&] { soon([&] { task.cancel("late"); }); });
    run();
    EXPECT_EQ(trace(), "3: ECANCELED late");
}

TEST_F(Cancelling, T33_a_task_that_has_not_begun_never_runs_a_line) {
    Future task = spawn([&]() -> Script {
        Finally finally([&] { say("finally"); });
        say("body");
        co_return;
    });
    EXPECT_TRUE(task.cancel("early"));
    EXPECT_FALSE(task.done());
    run();
    EXPECT_EQ(trace(), "");
    EXPECT_TRUE(task.cancelled());
    EXPECT_EQ(task.text(), "ECANCELED early");
}

TEST_F(Cancelling, T34_cancelling_itself_strikes_the_next_await_that_suspends) {
    Future done = future(), f = future();
    done.set(1);
    Future task = spawn([&]() -> Script {
        EXPECT_TRUE(task.cancel("myself"));
        int64_t got = co_await done;
        say("done " + std::to_string(got));
        Outcome outcome = co_await attempt(f);
        say(outcome.text());
    });
    run();
    EXPECT_EQ(trace(), "1: done 1 | 2: ECANCELED myself");
    EXPECT_TRUE(f.cancelled());
}

TEST_F(Cancelling, T34_a_sleep_a_yield_and_a_park_are_struck_at_once) {
    for (Suspension what : {sleep(RONDO_S(100)), yield(), park()}) {
        forget();
        Future task = spawn([&]() -> Script {
            task.cancel("myself");
            Outcome outcome = co_await attempt(what);
            say(outcome.text());
            outcome = co_await attempt(yield());
            say(outcome.text());
        });
        run();
        EXPECT_EQ(trace(), "2: ECANCELED myself | 3: 0");
        EXPECT_EQ(time(), 0);
    }
}

TEST_F(Cancelling, T34_an_awaited_task_is_cancelled_when_the_await_begins) {
    Future inner = sleeper("inner");
    Future task = spawn([&]() -> Script {
        co_await yield();
        task.cancel("myself");
        co_await inner;
    });
    run();
    EXPECT_EQ(trace(), "3: inner ECANCELED myself");
    EXPECT_EQ(inner.cancelling(), 1);
    EXPECT_EQ(task.text(), "ECANCELED myself");
}

TEST_F(Cancelling, T34_returning_without_suspending_ends_cancelled_and_the_value_is_dropped) {
    Future task = spawn([&]() -> Answer {
        task.cancel("myself");
        co_return 5;
    });
    run();
    EXPECT_TRUE(task.cancelled());
    EXPECT_EQ(task.text(), "ECANCELED myself");
}

TEST_F(Cancelling, T34_an_error_raised_without_suspending_stands) {
    Future task = spawn([&]() -> Script {
        task.cancel("myself");
        throw Raised(RONDO_EFAILED, "broken");
        co_return;
    });
    run();
    EXPECT_FALSE(task.cancelled());
    EXPECT_EQ(task.text(), "EFAILED broken");
}

TEST_F(Cancelling, T34_asking_twice_takes_the_newer_message) {
    Future task = spawn([&]() -> Script {
        task.cancel("first");
        task.cancel("second");
        co_await yield();
    });
    run();
    EXPECT_EQ(task.text(), "ECANCELED second");
    EXPECT_EQ(task.cancelling(), 2);
}

TEST_F(Cancelling, T35_a_request_travels_down_the_chain_of_awaited_tasks_with_its_message) {
    Future inner = sleeper("inner");
    Future middle = awaiting(inner);
    Future outer = awaiting(middle);
    one_turn();
    EXPECT_TRUE(outer.cancel("all of you"));
    for (const Future &task : {inner, middle, outer}) EXPECT_EQ(task.cancelling(), 1);
    run();
    for (const Future &task : {inner, middle, outer}) EXPECT_EQ(task.text(), "ECANCELED all of you");
    EXPECT_EQ(turn(), 3u);
}

TEST_F(Cancelling, T35_when_the_inner_task_swallows_it_the_outer_is_not_cancelled_at_all) {
    Future inner = swallower();
    Future outer = awaiting(inner);
    one_turn();
    outer.cancel();
    run();
    EXPECT_EQ(trace(), "1: swallows ECANCELED | 2: got 1");
    EXPECT_EQ(outer.text(), "1");
    EXPECT_FALSE(outer.cancelled());
    EXPECT_EQ(outer.cancelling(), 1);
}

TEST_F(Cancelling, T35_a_chain_of_a_hundred_thousand_tasks_is_cancelled_without_recursion) {
    std::vector<Future> chain{sleeper("innermost")};
    for (int i = 0; i < 100'000; ++i) {
        Future inner = chain.back();
        chain.push_back(spawn([inner]() -> Script { co_await inner; }));
    }
    one_turn();
    EXPECT_TRUE(chain.back().cancel("all"));
    EXPECT_EQ(chain.front().cancelling(), 1);
    run();
    EXPECT_EQ(chain.back().text(), "ECANCELED all");
}

TEST_F(Cancelling, T35_tasks_that_await_each_other_can_be_cancelled) {
    Future a, b;
    a = spawn([&]() -> Script { co_await b; });
    b = spawn([&]() -> Script { co_await a; });
    one_turn();
    EXPECT_TRUE(a.cancel("stuck"));
    EXPECT_EQ(a.cancelling(), 1);
    EXPECT_EQ(b.cancelling(), 1);
    run();
    EXPECT_EQ(a.text(), "ECANCELED stuck");
    EXPECT_EQ(b.text(), "ECANCELED stuck");
}

TEST_F(Cancelling, T35_so_can_one_that_awaits_a_ring_of_such_tasks) {
    Future a, b;
    a = spawn([&]() -> Script { co_await b; });
    b = spawn([&]() -> Script { co_await a; });
    Future outside = awaiting(a);
    one_turn();
    EXPECT_TRUE(outside.cancel("stuck"));
    run();
    for (const Future &task : {a, b, outside}) {
        EXPECT_EQ(task.text(), "ECANCELED stuck");
        EXPECT_EQ(task.cancelling(), 1);
    }
}

TEST_F(Cancelling, T35_and_those_that_await_each_other_through_a_gather) {
    Future a, b, all;
    a = spawn([&]() -> Script {
        all = gather({b});
        co_await all;
    });
    b = spawn([&]() -> Script { co_await a; });
    one_turn();
    EXPECT_TRUE(b.cancel("stuck"));
    run();
    EXPECT_EQ(a.text(), "ECANCELED stuck");
    EXPECT_EQ(b.text(), "ECANCELED stuck");
}

TEST_F(Cancelling, T36_raising_a_cancellation_makes_a_task_cancelled_though_nobody_asked) {
    Future task = spawn([]() -> Script {
        throw Raised(RONDO_ECANCELED, "my own");
        co_return;
    });
    run();
    EXPECT_TRUE(task.cancelled());
    EXPECT_EQ(task.cancelling(), 0);
    EXPECT_EQ(task.text(), "ECANCELED my own");
}

TEST_F(Cancelling, T37_one_that_swallows_it_goes_on_and_later_awaits_work) {
    Future task = spawn([&]() -> Answer {
        Outcome outcome = co_await attempt(sleep(RONDO_S(100)));
        say(outcome.text());
        co_await sleep(RONDO_S(1));
        say("slept");
        co_return 7;
    });
    one_turn();
    task.cancel();
    run();
    EXPECT_EQ(trace(), "1: ECANCELED | 3: slept");
    EXPECT_EQ(task.text(), "7");
    EXPECT_EQ(task.cancelling(), 1);
}

TEST_F(Cancelling, T38_a_second_request_strikes_the_cleanup) {
    Future task = spawn([&]() -> Script {
        for (int i = 0; i < 2; ++i) {
            Outcome outcome = co_await attempt(sleep(RONDO_S(100)));
            say(outcome.text());
        }
    });
    one_turn();
    task.cancel("first");
    one_turn();
    task.cancel("second");
    run();
    EXPECT_EQ(trace(), "2: ECANCELED first | 1: ECANCELED second");
    EXPECT_EQ(task.cancelling(), 2);
}

TEST_F(Cancelling, T38_two_requests_before_the_delivery_are_one_and_the_first_message_wins) {
    Future f = future();
    Future on_a_future = awaiting(f);
    Future on_a_sleep = sleeper("sleeper");
    Future on_a_task = awaiting(sleeper("inner"));
    one_turn();
    for (const Future &task : {on_a_future, on_a_sleep, on_a_task}) {
        task.cancel("first");
        task.cancel("second");
        EXPECT_EQ(task.cancelling(), 2);
    }
    run();
    for (const Future &task : {on_a_future, on_a_sleep, on_a_task}) EXPECT_EQ(task.text(), "ECANCELED first");
}

TEST_F(Cancelling, T39_uncancel_counts_down_and_not_below_zero) {
    Future task = swallower(2);
    one_turn();
    task.cancel();
    task.cancel();
    EXPECT_EQ(task.uncancel(), 1);
    EXPECT_EQ(task.uncancel(), 0);
    EXPECT_EQ(task.uncancel(), 0);
    EXPECT_EQ(task.cancelling(), 0);
}

TEST_F(Cancelling, T39_reaching_zero_takes_back_a_request_that_has_struck_nothing_yet) {
    Future task = spawn([&]() -> Answer {
        task.cancel();
        EXPECT_EQ(task.uncancel(), 0);
        co_await yield();
        say("unharmed");
        co_return 1;
    });
    Future not_begun = spawn([&]() -> Answer { co_return 2; });
    not_begun.cancel();
    not_begun.uncancel();
    run();
    EXPECT_EQ(trace(), "2: unharmed");
    EXPECT_EQ(task.text(), "1");
    EXPECT_EQ(not_begun.text(), "2");
}

TEST_F(Cancelling, T39_reaching_one_takes_back_nothing) {
    Future task = spawn([&]() -> Script {
        task.cancel();
        task.cancel();
        EXPECT_EQ(task.uncancel(), 1);
        co_await yield();
    });
    run();
    EXPECT_TRUE(task.cancelled());
}

TEST_F(Cancelling, T39_a_cancellation_in_flight_is_not_taken_back) {
    Future f = future();
    Future on_a_future = awaiting(f);
    Future on_a_sleep = sleeper("sleeper");
    one_turn();
    for (const Future &task : {on_a_future, on_a_sleep}) {
        task.cancel("in flight");
        EXPECT_EQ(task.uncancel(), 0);
    }
    run();
    for (const Future &task : {on_a_future, on_a_sleep}) EXPECT_EQ(task.text(), "ECANCELED in flight");
}

TEST_F(Cancelling, T39_a_cancellation_that_struck_a_sleep_begun_after_the_request_is_in_flight) {
    Future task = spawn([&]() -> Script {
        task.cancel("self");
        soon([&] { task.uncancel(); });
        co_await sleep(RONDO_S(100));
    });
    run();
    EXPECT_EQ(task.text(), "ECANCELED self");
}

TEST_F(Cancelling, T40_the_message_reaches_the_coroutine_and_its_awaiter) {
    Future inner = sleeper("inner");
    Future outer = spawn([&]() -> Script {
        Outcome outcome = co_await attempt(inner);
        say("outer " + outcome.text());
    });
    one_turn();
    inner.cancel("why");
    run();
    EXPECT_EQ(trace(), "1: inner ECANCELED why | 2: outer ECANCELED why");
}

TEST_F(Cancelling, T40_a_reason_with_a_payload_arrives_as_the_same_object) {
    auto options = sized<rondo_error_options>();
    options.code = RONDO_ECANCELED;
    options.message = "told";
    rondo_error *reason = nullptr;
    ASSERT_EQ(rondo_error_create(&options, &reason), RONDO_OK);
    const rondo_error *seen = nullptr;
    Future task = spawn([&]() -> Script {
        try {
            co_await sleep(RONDO_S(100));
        } catch (const Raised &raised) {
            seen = raised.error();
        }
    });
    one_turn();
    EXPECT_EQ(rondo_future_cancel_with(task.get(), reason), 1);
    run();
    EXPECT_EQ(seen, reason);
    rondo_error_release(reason);
}

TEST_F(Cancelling, T41_translating_it_makes_the_task_failed) {
    Future task = spawn([]() -> Script {
        try {
            co_await sleep(RONDO_S(100));
        } catch (const Raised &) {
            throw Raised(RONDO_EFAILED, "translated");
        }
    });
    one_turn();
    task.cancel();
    run();
    EXPECT_FALSE(task.cancelled());
    EXPECT_EQ(task.text(), "EFAILED translated");
}

TEST_F(Cancelling, T42_cancelled_is_the_state_and_cancelling_the_counter_that_stays) {
    Future task = sleeper("task");
    one_turn();
    task.cancel();
    EXPECT_FALSE(task.cancelled());
    run();
    EXPECT_TRUE(task.cancelled());
    EXPECT_EQ(task.cancelling(), 1);
}

TEST_F(Cancelling, T43_awaiting_a_cancelled_task_does_not_mean_that_oneself_was_asked) {
    Future inner = sleeper("inner");
    Future outer = spawn([&]() -> Script {
        Outcome outcome = co_await attempt(inner);
        say("outer " + outcome.text() + " " + std::to_string(outer.cancelling()));
    });
    one_turn();
    inner.cancel();
    run();
    EXPECT_EQ(trace(), "1: inner ECANCELED | 2: outer ECANCELED 0");
    EXPECT_EQ(outer.text(), "0");
}

// ---- leaf operations

namespace {

struct Leaf {
    uint32_t answer = RONDO_CANCEL_NOW;
    std::function<void()> act = [] {};
    std::string reason;
    int dropped = 0;

    rondo_future_options options() {
        auto made = sized<rondo_future_options>();
        made.user = this;
        made.cancel = [](void *user, rondo_cancel_request *io) {
            auto *leaf = static_cast<Leaf *>(user);
            leaf->reason = rondo_error_message(io->reason);
            io->answer = leaf->answer;
            leaf->act();
        };
        made.drop = [](void *user) { ++static_cast<Leaf *>(user)->dropped; };
        return made;
    }
    Future make(TaskWorld &world) {
        rondo_future_options made = options();
        rondo_future *future = nullptr;
        EXPECT_EQ(rondo_future_create(world.loop, &made, &future), RONDO_OK);
        return Future(future);
    }
};

} // namespace

TEST_F(Cancelling, a_leaf_hears_the_reason_and_is_cancelled_at_once) {
    Leaf leaf;
    Future f = leaf.make(*this);
    Future task = awaiting(f);
    one_turn();
    EXPECT_TRUE(task.cancel("why"));
    EXPECT_EQ(leaf.reason, "why");
    EXPECT_TRUE(f.cancelled());
    run();
    EXPECT_TRUE(task.cancelled());
    f = Future();
    EXPECT_EQ(leaf.dropped, 1);
}

TEST_F(Cancelling, a_leaf_that_needs_time_stays_pending_until_it_finishes_itself) {
    Leaf leaf;
    leaf.answer = RONDO_CANCEL_LATER;
    Future f = leaf.make(*this);
    Future task = awaiting(f);
    one_turn();
    EXPECT_TRUE(task.cancel("why"));
    EXPECT_FALSE(f.done());
    f.fail("stopped", RONDO_ECANCELED);
    run();
    EXPECT_TRUE(task.cancelled());
}

TEST_F(Cancelling, a_leaf_may_finish_with_its_result_when_asked_to_cancel) {
    Leaf leaf;
    Future f = leaf.make(*this);
    leaf.act = [&] { f.set(8); };
    Future task = awaiting(f);
    one_turn();
    EXPECT_TRUE(task.cancel());
    run();
    EXPECT_EQ(task.text(), "8");
    EXPECT_EQ(task.cancelling(), 1);
}

TEST_F(Cancelling, a_leaf_may_take_back_the_request_it_is_told_of) {
    Leaf leaf;
    Future f = leaf.make(*this);
    Future task = spawn([&]() -> Answer {
        leaf.act = [&] { task.uncancel(); };
        task.cancel("myself");
        Outcome outcome = co_await attempt(f);
        say(outcome.text());
        co_return 1;
    });
    run();
    EXPECT_EQ(trace(), "2: ECANCELED myself");
    EXPECT_EQ(task.text(), "1");
}

TEST_F(Cancelling, a_dropped_leaf_is_told_once) {
    Leaf leaf;
    { Future f = leaf.make(*this); }
    EXPECT_EQ(leaf.dropped, 1);
}
