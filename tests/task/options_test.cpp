// What Rondo offers beside asyncio's ways: section 30 of the semantics.
#include "blocks.h"

using namespace rondo::test;

namespace {

class AnOption : public testing::Test, public BlockWorld {
protected:
    template <class F> Future winning(F body) { return spawn_with(RONDO_TASK_RESULT_WINS, std::move(body)); }
    template <class F> Future sticking(F body) { return spawn_with(RONDO_TASK_CANCEL_STICKS, std::move(body)); }
    // Swallows its cancellation and answers 7.
    auto swallowing() {
        return []() -> Answer {
            co_await attempt(sleep(RONDO_S(9)));
            co_return 7;
        };
    }
};

class ReportingEarly : public testing::Test, public BlockWorld {
protected:
    ReportingEarly() : BlockWorld(loop_options(RONDO_LOOP_VIRTUAL_CLOCK | RONDO_LOOP_REPORT_EARLY)) {}
};

} // namespace

// ---- B2: values and cancel requests

TEST_F(AnOption, B2_without_it_the_value_a_cancel_comes_too_late_for_is_lost) { // T32
    Future f = future();
    Future w = spawn([&]() -> Script {
        Outcome outcome = co_await attempt(f);
        say(outcome.text());
    });
    one_turn();
    f.set(5);
    EXPECT_TRUE(w.cancel());
    run();
    EXPECT_EQ(trace(), "1: ECANCELED");
}

TEST_F(AnOption, B2_result_wins_delivers_the_value_and_strikes_at_the_next_suspension) {
    Future f = future();
    Future w = winning([&]() -> Script {
        Outcome outcome = co_await attempt(f);
        say(outcome.text());
        outcome = co_await attempt(sleep(RONDO_S(1)));
        say(outcome.text());
        EXPECT_TRUE((co_await attempt(yield())).ok()) << "it strikes once";
    });
    one_turn();
    f.set(5);
    EXPECT_TRUE(w.cancel("m"));
    EXPECT_EQ(w.cancelling(), 1);
    run();
    EXPECT_EQ(trace(), "1: 5 | 2: ECANCELED m");
}

TEST_F(AnOption, B2_result_wins_a_task_that_returns_then_ends_cancelled) {
    Future f = future();
    Future w = winning([&]() -> Script { say((co_await attempt(f)).text()); });
    one_turn();
    f.set(5);
    w.cancel("m");
    run();
    EXPECT_EQ(trace(), "1: 5");
    EXPECT_EQ(w.text(), "ECANCELED m");
}

TEST_F(AnOption, B2_result_wins_a_failure_or_a_pending_future_gives_way) {
    for (int how : {0, 1}) {
        Future f = future();
        Future w = winning([&]() -> Script { co_await f; });
        one_turn();
        if (how == 1) f.fail("broken");
        w.cancel();
        run();
        EXPECT_TRUE(w.cancelled());
        f.silence();
    }
}

TEST_F(AnOption, B2_result_wins_a_request_taken_back_does_not_strike) {
    Future f = future();
    Future w = winning([&]() -> Script {
        EXPECT_EQ((co_await attempt(f)).text(), "5");
        EXPECT_EQ(rondo_task_uncancel(rondo_loop_current_task(loop)), 0);
        co_await sleep(RONDO_S(1));
    });
    one_turn();
    f.set(5);
    w.cancel();
    run();
    EXPECT_TRUE(w.result().ok());
}

TEST_F(AnOption, B2_result_wins_inside_a_timeout_keeps_a_value_that_came_in_the_same_turn) { // O10
    Future f = future();
    std::string story;
    int64_t got = 0;
    Future w = winning([&]() -> Script {
        co_await tell(story, [&] {
            return inside(timeout(RONDO_S(1)), [&]() -> Script { got = co_await f; });
        });
    });
    at(RONDO_S(1), [&] { f.set(5); });
    run();
    EXPECT_EQ(got, 5);
    EXPECT_EQ(story, "OK");
    EXPECT_EQ(w.cancelling(), 0);
}

TEST_F(AnOption, B2_without_it_a_request_that_an_awaited_task_swallows_is_forgotten) { // T35
    Future inner = spawn(swallowing());
    Future outer = spawn([&]() -> Script {
        say((co_await attempt(inner)).text());
        say((co_await attempt(yield())).text());
    });
    one_turn();
    outer.cancel();
    run();
    EXPECT_FALSE(outer.cancelled());
    EXPECT_EQ(trace(), "2: 7 | 3: 0");
}

TEST_F(AnOption, B2_cancel_sticks_to_the_waiter_of_a_task_that_swallows_it) {
    Future inner = spawn(swallowing());
    Future outer = sticking([&]() -> Script {
        Outcome outcome = co_await attempt(inner);
        say(outcome.text());
        EXPECT_TRUE((co_await attempt(yield())).ok()) << "it strikes once";
        throw Raised(outcome.status);
    });
    one_turn();
    outer.cancel();
    run();
    EXPECT_EQ(trace(), "2: ECANCELED");
    EXPECT_EQ(inner.text(), "7");
    EXPECT_TRUE(outer.cancelled());
}

TEST_F(AnOption, B2_cancel_sticks_through_a_chain) {
    Future innermost = spawn(swallowing());
    Future middle = sticking([&]() -> Script { co_await innermost; });
    Future outer = sticking([&]() -> Script { co_await middle; });
    one_turn();
    outer.cancel();
    run();
    EXPECT_TRUE(middle.cancelled());
    EXPECT_TRUE(outer.cancelled());
}

TEST_F(AnOption, B2_cancel_sticks_not_to_one_that_raises_or_passes_it_on) {
    Future failing = spawn([]() -> Script {
        co_await attempt(sleep(RONDO_S(9)));
        throw Raised(RONDO_EFAILED, "clean-up");
    });
    Future outer = sticking([&]() -> Script {
        say((co_await attempt(failing)).text());
        EXPECT_TRUE((co_await attempt(yield())).ok());
    });
    one_turn();
    outer.cancel();
    run();
    EXPECT_EQ(trace(), "2: EFAILED clean-up");
}

TEST_F(AnOption, B2_cancel_sticks_not_when_it_was_taken_back) {
    Future inner = spawn(swallowing());
    Future outer = sticking([&]() -> Script { EXPECT_EQ((co_await attempt(inner)).text(), "7"); });
    one_turn();
    outer.cancel();
    EXPECT_EQ(outer.uncancel(), 0);
    run();
    EXPECT_TRUE(outer.result().ok());
}

TEST_F(AnOption, B2_a_request_of_the_past_does_not_stick_to_later_awaits) {
    Future f = future();
    Future outer = sticking([&]() -> Script {
        co_await attempt(f);
        Future quick = answering(1, 3);
        EXPECT_EQ((co_await attempt(quick)).text(), "3");
    });
    one_turn();
    outer.cancel(); // struck the future
    run();
    EXPECT_TRUE(outer.result().ok());
}

// ---- B16: gather

TEST_F(AnOption, B16_cancel_on_error_cancels_the_other_children) {
    Future all;
    run_main([&]() -> Script {
        Future a = spawn(clean_up("A", 1)), bad = spawn(fail_after(1, "bad")), c = spawn(clean_up("C"));
        Future done = answering(0, 1);
        rondo_future *children[] = {a.get(), bad.get(), c.get(), done.get()};
        rondo_future *made = nullptr;
        EXPECT_EQ(rondo_gather(loop, children, 4, RONDO_GATHER_CANCEL_ON_ERROR, &made), RONDO_OK);
        all = Future(made);
        say((co_await attempt(all)).text());
        co_await attempt(a);
        EXPECT_EQ(bad.cancelling(), 0);
        EXPECT_EQ(done.text(), "1");
    });
    EXPECT_EQ(trace(), "5: EFAILED bad A ECANCELED C ECANCELED | 6: A cleaned");
}

TEST_F(AnOption, B16_cancel_on_error_a_cancelled_child_counts_as_one) {
    Future a = spawn(clean_up("A")), b = spawn(clean_up("B"));
    rondo_future *children[] = {a.get(), b.get()};
    rondo_future *made = nullptr;
    EXPECT_EQ(rondo_gather(loop, children, 2, RONDO_GATHER_CANCEL_ON_ERROR, &made), RONDO_OK);
    Future all(made);
    one_turn();
    b.cancel("why");
    run();
    EXPECT_EQ(trace(), "1: B ECANCELED | 3: A ECANCELED");
    EXPECT_EQ(all.text(), "ECANCELED why");
}

TEST_F(AnOption, B16_cancel_on_error_with_a_child_that_failed_before) {
    Future bad = future(), a = spawn(clean_up("A"));
    bad.fail("before");
    one_turn();
    rondo_future *children[] = {bad.get(), a.get()};
    rondo_future *made = nullptr;
    EXPECT_EQ(rondo_gather(loop, children, 2, RONDO_GATHER_CANCEL_ON_ERROR, &made), RONDO_OK);
    Future all(made);
    EXPECT_EQ(all.text(), "EFAILED before");
    run();
    EXPECT_EQ(trace(), "1: A ECANCELED");
}

TEST_F(AnOption, B16_cancel_on_error_with_errors_as_results_cancels_nothing) {
    Future bad = future(), slow = answering(3, 1);
    rondo_future *children[] = {bad.get(), slow.get()};
    rondo_future *made = nullptr;
    uint32_t flags = RONDO_GATHER_CANCEL_ON_ERROR | RONDO_GATHER_RETURN_ERRORS;
    EXPECT_EQ(rondo_gather(loop, children, 2, flags, &made), RONDO_OK);
    Future all(made);
    bad.fail("broken");
    run();
    EXPECT_EQ(all.text(), "0");
    EXPECT_EQ(slow.text(), "1");
}

TEST_F(AnOption, B16_cancel_on_error_when_a_cancelled_child_is_a_leaf_and_ends_at_once) {
    Future bad = future(), leaf = future();
    rondo_future *children[] = {bad.get(), leaf.get(), bad.get(), leaf.get()};
    rondo_future *made = nullptr;
    EXPECT_EQ(rondo_gather(loop, children, 4, RONDO_GATHER_CANCEL_ON_ERROR, &made), RONDO_OK);
    Future all(made);
    bad.fail("broken");
    run();
    EXPECT_EQ(all.text(), "EFAILED broken");
    EXPECT_TRUE(leaf.cancelled());
}

TEST_F(AnOption, B16_report_late_tells_of_failures_after_the_first_that_nobody_looks_at) {
    for (uint32_t flags : {uint32_t{0}, uint32_t{RONDO_GATHER_REPORT_LATE}}) {
        heard.clear();
        Future first = future(), second = future(), seen = future();
        Future all = gather({first, second, seen}, flags);
        first.fail("first");
        run();
        second.fail("second");
        seen.fail("seen");
        run();
        EXPECT_EQ(all.text(), "EFAILED first");
        EXPECT_EQ(seen.text(), "EFAILED seen");
        all = first = second = seen = Future();
        ASSERT_EQ(heard.size(), flags ? 1u : 0u);
        if (flags) {
            EXPECT_EQ(heard[0].error, "second");
        }
    }
}

// ---- B28: reports

TEST_F(ReportingEarly, B28_tells_of_an_error_in_the_turn_after_it_happened) {
    Future f = future();
    spawn([&]() -> Script {
        f.fail("unseen");
        EXPECT_TRUE(heard.empty());
        co_return;
    });
    one_turn();
    EXPECT_TRUE(heard.empty());
    one_turn();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].future, f.get());
    f = Future();
    EXPECT_EQ(heard.size(), 1u) << "and only once";
}

TEST_F(ReportingEarly, B28_not_of_one_that_somebody_waits_for_or_looks_at) {
    Future awaited = future(), looked_at = future();
    spawn([&]() -> Script { co_await attempt(awaited); });
    one_turn();
    awaited.fail("awaited");
    looked_at.fail("looked at");
    EXPECT_EQ(looked_at.text(), "EFAILED looked at");
    run();
    EXPECT_TRUE(heard.empty());
}

TEST_F(ReportingEarly, B28_a_callback_that_does_not_look_is_nobody) {
    Future f = future();
    when_done(f, [] {});
    f.fail("unseen");
    run();
    f = Future();
    EXPECT_EQ(heard.size(), 1u);
}

TEST_F(ReportingEarly, B28_of_a_task) {
    Future task = spawn(fail_after(0, "unseen"));
    run();
    EXPECT_EQ(heard.size(), 1u);
    task = Future();
    EXPECT_EQ(heard.size(), 1u);
}

TEST_F(ReportingEarly, B28_of_a_gather_whose_other_children_run_on) {
    Future bad = future(), slow = future();
    Future all = gather({bad, slow});
    bad.fail("unseen");
    run();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].future, all.get());
    slow.set(1);
    run();
    all = bad = slow = Future();
    EXPECT_EQ(heard.size(), 1u);
    EXPECT_EQ(stats().futures, 0u);
}

TEST_F(ReportingEarly, B28_of_a_gather_that_its_loop_ends) {
    Future bad = future(), slow = future();
    Future all = gather({bad, slow});
    bad.fail("unseen");
    one_turn();
    close();
    EXPECT_TRUE(all.done());
}

TEST_F(ReportingEarly, B28_of_a_shield) {
    Future inner = future();
    Future outer = shield(inner);
    inner.fail("unseen");
    run();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].future, outer.get());
    outer = inner = Future();
    EXPECT_EQ(heard.size(), 1u);
    EXPECT_EQ(stats().futures, 0u);
}

TEST_F(ReportingEarly, B28_not_of_what_fails_when_the_loop_is_closed) {
    Future f = future();
    close();
    f.fail("too late");
    f = Future();
    EXPECT_TRUE(heard.empty());
}

TEST_F(ReportingEarly, B28_not_of_a_ticket_that_times_out) {
    Future f = future();
    Future iteration = as_completed(of(f), RONDO_S(1));
    Future drawn = *ticket(iteration);
    run();
    EXPECT_EQ(drawn.result().status, RONDO_ETIMEDOUT);
    drawn = Future();
    EXPECT_TRUE(heard.empty());
}
