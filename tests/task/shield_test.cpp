// shield: section 7.4 of the semantics.
#include "blocks.h"

using namespace rondo::test;

namespace {

class AShield : public testing::Test, public BlockWorld {};

} // namespace

TEST_F(AShield, W40_of_something_done_is_that_itself) {
    Future value = future(), error = future(), gone = future();
    value.set(1);
    error.fail("broken");
    gone.cancel();
    for (const Future &inner : {value, error, gone}) EXPECT_EQ(shield(inner).get(), inner.get());
    error.silence();
    EXPECT_EQ(stats().futures, 3u);
}

TEST_F(AShield, W41_cancelling_the_outer_leaves_the_inner_running) {
    Future inner = answering(3, 7);
    Future outer = shield(inner);
    EXPECT_TRUE(outer.cancel("enough"));
    EXPECT_EQ(outer.text(), "ECANCELED enough");
    EXPECT_FALSE(outer.cancel());
    run();
    EXPECT_EQ(inner.text(), "7");
    EXPECT_EQ(inner.cancelling(), 0);
}

TEST_F(AShield, W41_cancelling_a_task_that_awaits_it_does_too) { // A11
    Future inner;
    Future o;
    run_main([&]() -> Script {
        inner = spawn([&]() -> Answer {
            co_await sleep(RONDO_MS(10));
            say("I done");
            co_return 5;
        });
        o = spawn([&]() -> Script {
            Outcome outcome = co_await attempt(shield(inner));
            say("O " + outcome.text());
            throw Raised(outcome.status);
        });
        co_await yield();
        co_await yield();
        count_turns_from_here();
        say("M cancels");
        o.cancel("m");
        co_await attempt(o);
        say(std::string("M sees it, I is ") + (inner.done() ? "done" : "not done"));
        co_await inner;
        say("M goes on");
    });
    EXPECT_EQ(trace(), "0: M cancels | 1: O ECANCELED m | 2: M sees it, I is not done | 4: I done | 5: M goes on");
    EXPECT_TRUE(o.cancelled());
}

TEST_F(AShield, W42_the_result_arrives_two_turns_after_the_completion) {
    Future inner = future();
    run_main([&]() -> Script {
        Future outer = shield(inner);
        soon([&] {
            inner.set(42);
            say("set");
        });
        say(std::to_string(co_await outer));
    });
    EXPECT_EQ(trace(), "2: set | 4: 42");
}

TEST_F(AShield, W42_the_error_is_the_very_same_and_counts_as_retrieved) {
    Future inner = future();
    Future outer = shield(inner);
    inner.fail("broken");
    EXPECT_FALSE(outer.done());
    run();
    rondo_error *there = nullptr, *here = nullptr;
    rondo_future_error(inner.get(), &there);
    rondo_future_error(outer.get(), &here);
    EXPECT_EQ(there, here);
    rondo_error_release(there);
    rondo_error_release(here);
    inner = Future();
    outer = Future();
    EXPECT_TRUE(heard.empty());
}

TEST_F(AShield, W42_an_outer_nobody_looks_at_reports_the_error) {
    Future inner = future();
    Future outer = shield(inner);
    inner.fail("broken");
    run();
    outer = Future();
    inner = Future();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].message, "Future exception was never retrieved");
}

TEST_F(AShield, W43_inner_cancelled_cancels_the_outer_without_its_message) {
    Future inner = future();
    Future outer = shield(inner);
    inner.cancel("why");
    run();
    EXPECT_TRUE(outer.cancelled());
    EXPECT_EQ(outer.text(), "ECANCELED");
}

TEST_F(AShield, W44_an_error_after_the_outer_was_cancelled_is_reported) {
    Future inner = future();
    Future outer = shield(inner);
    outer.cancel();
    outer = Future();
    inner.fail("late");
    run();
    inner = Future();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].error, "late");
}

TEST_F(AShield, W44_but_not_when_somebody_awaits_the_inner_later) {
    Future inner = future();
    Future outer = shield(inner);
    outer.cancel();
    outer = Future();
    inner.fail("late");
    run();
    EXPECT_EQ(inner.text(), "EFAILED late");
    inner = Future();
    EXPECT_TRUE(heard.empty());
}

TEST_F(AShield, W45_does_not_protect_against_the_end_of_the_runner) {
    rondo_runner *runner = nullptr;
    auto loop_options = rondo::test::loop_options();
    auto options = sized<rondo_runner_options>();
    options.loop = &loop_options;
    options.flags = RONDO_RUNNER_NO_SIGINT;
    ASSERT_EQ(rondo_runner_create(&options, &runner), RONDO_OK);
    struct State {
        rondo_task *inner = nullptr;
        rondo_status ended = RONDO_OK;
    } state;
    auto inner_fiber = [](void *s, rondo_value *) { return static_cast<State *>(s)->ended = rondo_sleep(RONDO_S(1)); };
    struct Start {
        State *state;
        rondo_fiber_fn inner;
    } start{&state, inner_fiber};
    auto main_fiber = [](void *s, rondo_value *) -> rondo_status {
        auto &at = *static_cast<Start *>(s);
        rondo_fiber_create(nullptr, at.inner, at.state, nullptr, &at.state->inner);
        rondo_future *outer = nullptr;
        rondo_shield(at.state->inner, &outer);
        rondo_future_cancel(outer, nullptr);
        rondo_future_release(outer);
        return rondo_yield();
    };
    ASSERT_EQ(rondo_runner_run(runner, main_fiber, &start, nullptr, nullptr, nullptr), RONDO_OK);
    EXPECT_EQ(rondo_runner_close(runner, RONDO_FOREVER, nullptr), RONDO_OK);
    EXPECT_EQ(state.ended, RONDO_ECANCELED);
    rondo_future_release(state.inner);
    rondo_runner_release(runner);
}

TEST_F(AShield, W46_the_orphan_runs_on_and_can_be_awaited_later) {
    Future inner = answering(4, 9);
    Outcome outcome = run_main([&]() -> Answer {
        Future caller = spawn([&]() -> Script { co_await shield(inner); });
        co_await yield();
        caller.cancel();
        co_await attempt(caller);
        co_return co_await inner;
    });
    EXPECT_EQ(outcome.text(), "9");
}

TEST_F(AShield, of_a_shield_protects_as_well) {
    Future inner = future();
    Future middle = shield(inner);
    Future outer = shield(middle);
    outer.cancel();
    EXPECT_FALSE(middle.done());
    inner.set(3);
    run();
    EXPECT_EQ(middle.text(), "3");
}

TEST_F(AShield, a_value_can_be_taken_once_through_any_of_them) {
    Future inner = future();
    Future one = shield(inner), two = shield(one);
    inner.set(3);
    run();
    rondo_value out = rondo_none();
    EXPECT_EQ(rondo_future_take(two.get(), &out, nullptr), RONDO_OK);
    EXPECT_EQ(out.as.i64, 3);
    EXPECT_EQ(rondo_future_take(inner.get(), &out, nullptr), RONDO_ETAKEN);
    EXPECT_EQ(rondo_future_result(one.get(), &out, nullptr), RONDO_ETAKEN);
}

TEST_F(AShield, nobody_has_to_hold_it) {
    Future inner = future();
    bool done = false;
    when_done(shield(inner), [&] { done = true; });
    inner.set(1);
    run();
    EXPECT_TRUE(done);
    inner = Future();
    EXPECT_EQ(stats().futures, 0u);
}

TEST_F(AShield, ends_with_its_loop) {
    Future inner = future();
    Future outer = shield(inner), chained = shield(outer);
    close();
    EXPECT_FALSE(chained.done());
}
