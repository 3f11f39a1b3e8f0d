// gather: section 6 of the semantics.
#include "script.h"

using namespace rondo::test;

namespace {

class AGather : public testing::Test, public TaskWorld {
protected:
    // Yields so many times, then answers.
    Future answering(int yields, int64_t value) {
        return spawn([yields, value]() -> Answer {
            for (int i = 0; i < yields; ++i) co_await yield();
            co_return value;
        });
    }
    Future failing(int yields, const char *message) {
        return spawn([yields, message]() -> Script {
            for (int i = 0; i < yields; ++i) co_await yield();
            throw Raised(RONDO_EFAILED, message);
        });
    }
    // Sleeps; when cancelled cleans up for so many turns, then raises it again or swallows it.
    Future cleaning(int turns, bool raises, const std::string &name = "") {
        return spawn([=, this]() -> Answer {
            Outcome outcome = co_await attempt(sleep(RONDO_S(100)));
            for (int i = 0; i < turns; ++i) co_await yield();
            if (!name.empty()) say(name);
            if (raises) throw Raised(outcome.status, outcome.message.c_str());
            co_return 1;
        });
    }
    static std::string texts(const Future &all) {
        std::string joined;
        for (size_t i = 0; i < rondo_gather_count(all.get()); ++i) {
            Future child(rondo_future_retain(rondo_gather_child(all.get(), i)));
            joined += (i ? ", " : "") + child.text();
        }
        return joined;
    }
    static constexpr uint32_t errors_too = RONDO_GATHER_RETURN_ERRORS;
};

} // namespace

TEST_F(AGather, G1_of_nothing_is_done_at_once) {
    Future all = gather({});
    EXPECT_TRUE(all.done());
    EXPECT_EQ(all.text(), "0");
    EXPECT_EQ(rondo_gather_count(all.get()), 0u);
}

TEST_F(AGather, G2_answers_at_once_and_need_not_be_awaited) {
    Future a = answering(1, 1), f = future();
    Future all = gather({a, f});
    EXPECT_FALSE(all.done());
    EXPECT_EQ(rondo_gather_child(all.get(), 0), a.get());
    EXPECT_EQ(rondo_gather_child(all.get(), 1), f.get());
    EXPECT_EQ(rondo_gather_child(all.get(), 2), nullptr);
    f.set(2);
    run();
    EXPECT_EQ(texts(all), "1, 2");
}

TEST_F(AGather, G2_nobody_has_to_hold_it_until_it_is_done) {
    Future f = future();
    bool done = false;
    when_done(gather({f}), [&] { done = true; });
    f.set(1);
    run();
    EXPECT_TRUE(done);
    f = Future();
    EXPECT_EQ(stats().futures, 0u);
}

TEST_F(AGather, G3_a_child_given_twice_runs_once_and_stands_at_both_places) {
    int ran = 0;
    Future a = spawn([&]() -> Answer {
        co_await yield();
        co_return ++ran;
    });
    Future all = gather({a, answering(0, 5), a});
    run();
    EXPECT_EQ(texts(all), "1, 5, 1");
    EXPECT_TRUE(all.done());
}

TEST_F(AGather, G4_results_are_in_argument_order) {
    Future all = gather({answering(3, 1), answering(0, 2), answering(1, 3)});
    run();
    EXPECT_EQ(texts(all), "1, 2, 3");
}

TEST_F(AGather, G5_children_of_another_loop_are_refused) {
    TaskWorld other;
    Future foreign = other.future(), own = future();
    rondo_future *children[] = {own.get(), foreign.get()};
    EXPECT_EQ(rondo_gather(loop, children, 2, 0, nullptr), RONDO_EOTHERLOOP);
    own.set(1);
    foreign.set(1);
}

TEST_F(AGather, G6_the_first_failure_fails_it_and_the_siblings_run_on) {
    Future slow = answering(5, 1);
    Future all = gather({slow, failing(1, "first"), failing(2, "second")});
    say_when_done(all, "failed");
    say_when_done(slow, "slow");
    run();
    EXPECT_EQ(trace(), "4: failed | 7: slow");
    EXPECT_EQ(all.text(), "EFAILED first");
    EXPECT_EQ(slow.text(), "1");
    EXPECT_EQ(slow.cancelling(), 0);
}

TEST_F(AGather, G7_later_failures_of_siblings_are_silent) {
    Future all = gather({failing(1, "first"), failing(2, "second")});
    run();
    EXPECT_EQ(all.text(), "EFAILED first");
    all = Future();
    EXPECT_TRUE(heard.empty());
    EXPECT_EQ(stats().futures, 0u);
}

TEST_F(AGather, G8_with_return_errors_failures_and_cancellations_are_results) {
    Future gone = cleaning(0, true);
    Future all = gather({answering(0, 1), failing(0, "broken"), gone}, errors_too);
    one_turn();
    gone.cancel("gone");
    run();
    EXPECT_EQ(all.text(), "0");
    EXPECT_EQ(texts(all), "1, EFAILED broken, ECANCELED gone");
}

TEST_F(AGather, G9_a_child_cancelled_by_others_fails_it_with_the_cancellation_as_an_error) {
    Future gone = cleaning(0, true), slow = answering(5, 1);
    Future all = gather({gone, slow});
    one_turn();
    gone.cancel("gone");
    run();
    EXPECT_EQ(all.text(), "ECANCELED gone");
    EXPECT_FALSE(all.cancelled());
    EXPECT_EQ(slow.text(), "1");
}

TEST_F(AGather, G10_cancelling_it_cancels_every_child_that_is_not_done) {
    Future done = answering(0, 1), a = cleaning(0, true), b = cleaning(0, true);
    Future all = gather({done, a, b});
    one_turn();
    EXPECT_TRUE(all.cancel("stop"));
    EXPECT_FALSE(all.done());
    EXPECT_EQ(done.cancelling(), 0);
    run();
    EXPECT_EQ(texts(all), "1, ECANCELED stop, ECANCELED stop");
    EXPECT_FALSE(all.cancel());
}

TEST_F(AGather, G10_when_no_child_takes_it_the_answer_is_no_and_nothing_changes) {
    Future f = future();
    Future all = gather({f});
    soon([&] {
        f.set(1);
        EXPECT_FALSE(all.done());
        EXPECT_FALSE(all.cancel());
    });
    run();
    EXPECT_EQ(all.text(), "0");
}

TEST_F(AGather, G11_an_accepted_cancel_ends_in_a_cancellation_even_when_all_children_swallow_it) {
    for (uint32_t flags : {0u, errors_too}) {
        Future all = gather({cleaning(0, false), cleaning(2, false)}, flags);
        one_turn();
        EXPECT_TRUE(all.cancel("stop"));
        run();
        EXPECT_EQ(all.text(), "ECANCELED");
        EXPECT_FALSE(all.cancelled());
        EXPECT_EQ(texts(all), "1, 1");
    }
}

TEST_F(AGather, G11_with_return_errors_it_waits_for_all_children) {
    Future all = gather({cleaning(0, true), cleaning(3, true)}, errors_too);
    say_when_done(all, "done");
    one_turn();
    all.cancel("stop");
    run();
    EXPECT_EQ(trace(), "6: done");
}

TEST_F(AGather, G12_without_it_the_first_child_that_ends_cancelled_ends_it) {
    Future all = gather({cleaning(0, true, "quick"), cleaning(3, true, "slow")});
    say_when_done(all, "done");
    one_turn();
    all.cancel("stop");
    run();
    EXPECT_EQ(trace(), "1: quick | 3: done | 4: slow");
}

TEST_F(AGather, G13_the_message_is_the_childs_if_it_raised_it_again_else_empty) {
    Future all = gather({cleaning(0, true)});
    Future swallowed = gather({cleaning(0, false)});
    one_turn();
    all.cancel("stop");
    swallowed.cancel("stop");
    run();
    EXPECT_EQ(all.text(), "ECANCELED stop");
    EXPECT_EQ(swallowed.text(), "ECANCELED");
}

TEST_F(AGather, G13_with_return_errors_the_last_argument_decides_whoever_ends_last) {
    Future raised_last = gather({cleaning(0, false), cleaning(5, true)}, errors_too);
    Future raised_first = gather({cleaning(5, true), cleaning(0, false)}, errors_too);
    Future raised_sooner = gather({cleaning(5, false), cleaning(0, true)}, errors_too);
    one_turn();
    for (const Future &all : {raised_last, raised_first, raised_sooner}) all.cancel("stop");
    run();
    EXPECT_EQ(raised_last.text(), "ECANCELED stop");
    EXPECT_EQ(raised_first.text(), "ECANCELED");
    EXPECT_EQ(raised_sooner.text(), "ECANCELED stop");
}

TEST_F(AGather, G14_it_never_is_cancelled_itself_but_a_task_awaiting_it_becomes_so) {
    Future all = gather({cleaning(0, true)});
    Future task = spawn([&]() -> Script { co_await all; });
    one_turn();
    all.cancel("stop");
    run();
    EXPECT_FALSE(all.cancelled());
    EXPECT_TRUE(task.cancelled());
    EXPECT_EQ(task.text(), "ECANCELED stop");
}

TEST_F(AGather, G15_of_done_children_is_done_when_it_is_returned) {
    Future a = future(), b = future();
    a.set(1);
    b.set(2);
    Future all = gather({a, b});
    EXPECT_EQ(all.text(), "0");
    EXPECT_EQ(texts(all), "1, 2");
}

TEST_F(AGather, G15_of_a_failed_child_and_a_pending_one_has_failed_when_it_is_returned) {
    Future broken = future(), other = future(), pending = future();
    broken.fail("first");
    other.fail("second");
    Future all = gather({pending, broken, other});
    EXPECT_EQ(all.text(), "EFAILED first");
    all = Future();
    broken = other = Future();
    EXPECT_TRUE(heard.empty());
    pending.set(1);
    run();
}

TEST_F(AGather, G16_it_is_done_one_turn_after_its_last_child_and_wakes_its_awaiter_in_the_next) {
    Future f = future();
    Future all = gather({f});
    spawn([&]() -> Script {
        co_await all;
        say("woken");
    });
    soon([&] {
        f.set(1);
        soon([&] { EXPECT_TRUE(all.done()); });
    });
    run();
    EXPECT_EQ(trace(), "3: woken");
}

TEST_F(AGather, G17_a_failure_nobody_awaits_is_reported_with_its_own_name) {
    Future all = gather({failing(0, "broken")});
    run();
    all = Future();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].message, "_GatheringFuture exception was never retrieved");
    EXPECT_EQ(heard[0].error, "broken");
}

TEST_F(AGather, G17_a_refused_cancel_does_not_silence_it_as_it_does_other_futures) {
    Future all = gather({failing(0, "broken")});
    run();
    EXPECT_FALSE(all.cancel());
    all = Future();
    EXPECT_EQ(heard.size(), 1u);
}

TEST_F(AGather, G18_cancelling_it_when_it_is_done_leaves_the_siblings_alone) {
    Future slow = answering(5, 1);
    Future all = gather({failing(0, "broken"), slow});
    say_when_done(all, "failed");
    when_done(all, [&] { EXPECT_FALSE(all.cancel()); });
    run();
    EXPECT_EQ(slow.text(), "1");
    EXPECT_EQ(slow.cancelling(), 0);
    all.result();
}

TEST_F(AGather, G19_cancelling_the_awaiter_after_the_failure_wins_and_the_error_is_dropped) {
    Future broken = future();
    Future task = spawn([&]() -> Script {
        Future all = gather({broken});
        co_await all;
    });
    one_turn();
    broken.fail("broken");
    one_turn();
    EXPECT_TRUE(task.cancel("me"));
    run();
    EXPECT_EQ(task.text(), "ECANCELED me");
    EXPECT_TRUE(heard.empty());
}

TEST_F(AGather, a_gather_of_gathers_is_cancelled_to_the_bottom) {
    Future a = cleaning(0, true, "a"), b = cleaning(0, true, "b");
    Future inner = gather({b}), outer = gather({a, inner});
    Future task = spawn([&]() -> Script { co_await outer; });
    one_turn();
    EXPECT_TRUE(task.cancel("stop"));
    run();
    EXPECT_EQ(trace(), "1: a b");
    EXPECT_EQ(task.text(), "ECANCELED stop");
    inner.silence();
}

TEST_F(AGather, only_its_children_can_finish_it) {
    Future f = future();
    Future all = gather({f});
    EXPECT_EQ(all.set(1), RONDO_EKIND);
    EXPECT_EQ(all.fail("x"), RONDO_EKIND);
    EXPECT_EQ(rondo_gather_count(f.get()), 0u);
    f.set(1);
    run();
}

TEST_F(AGather, closing_the_loop_lets_go_of_what_it_waits_for) {
    Future f = future();
    Future all = gather({f, spawn([]() -> Script { co_await park(); })});
    one_turn();
    close();
    EXPECT_FALSE(all.done());
    EXPECT_EQ(f.set(1), RONDO_OK);
    EXPECT_FALSE(all.cancel());
}

TEST_F(AGather, a_hundred_thousand_children_are_counted_one_by_one) {
    std::vector<rondo_future *> children;
    for (int i = 0; i < 100'000; ++i) {
        Future child = answering(i % 3, i);
        children.push_back(rondo_future_retain(child.get()));
    }
    rondo_future *made = nullptr;
    ASSERT_EQ(rondo_gather(loop, children.data(), children.size(), 0, &made), RONDO_OK);
    Future all(made);
    run();
    EXPECT_TRUE(all.done());
    EXPECT_EQ(turn(), 4u);
    for (rondo_future *child : children) rondo_future_release(child);
    all = Future();
    EXPECT_EQ(stats().futures, 0u);
}
