// wait: section 7.1 of the semantics.
#include "blocks.h"

using namespace rondo::test;

namespace {

class AWait : public testing::Test, public BlockWorld {
protected:
    static std::string states(const std::vector<Future> &futures) {
        std::string text;
        for (const Future &future : futures) text += future.done() ? "d" : "p";
        return text;
    }
};

} // namespace

TEST_F(AWait, W1_of_nothing_is_refused) {
    rondo_future *out = nullptr;
    EXPECT_EQ(rondo_wait(loop, nullptr, 0, RONDO_ALL_COMPLETED, RONDO_FOREVER, &out), RONDO_EINVAL);
    Future f = future();
    rondo_future *one = f.get();
    EXPECT_EQ(rondo_wait(loop, &one, 0, RONDO_ALL_COMPLETED, RONDO_FOREVER, &out), RONDO_EINVAL);
    EXPECT_EQ(rondo_wait(loop, &one, 1, RONDO_FIRST_EXCEPTION + 1, RONDO_FOREVER, &out), RONDO_EINVAL);
    EXPECT_EQ(out, nullptr);
}

TEST_F(AWait, W1_a_future_given_twice_counts_once) {
    Future a = future(), b = future();
    Future all = wait(of(a, b, a, a));
    a.set(1);
    run();
    EXPECT_FALSE(all.done());
    b.set(2);
    run();
    EXPECT_TRUE(all.done());
    EXPECT_EQ(all.text(), "0");
}

TEST_F(AWait, W1_futures_of_another_loop_are_refused) {
    BlockWorld other;
    Future own = future(), foreign = other.future();
    rondo_future *both[] = {own.get(), foreign.get()};
    EXPECT_EQ(rondo_wait(loop, both, 2, RONDO_ALL_COMPLETED, RONDO_FOREVER, nullptr), RONDO_EOTHERLOOP);
}

TEST_F(AWait, W2_cancels_nothing_and_retrieves_no_error) {
    Future bad = future(), slow = future();
    Future first = wait(of(bad, slow), RONDO_FIRST_COMPLETED);
    bad.fail("unseen");
    run();
    EXPECT_EQ(first.text(), "0");
    EXPECT_FALSE(slow.done());
    first = Future();
    bad = Future();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].error, "unseen");
}

TEST_F(AWait, W2_the_timeout_is_no_error) {
    Future a = future(), b = answering(0);
    Outcome outcome = run_main([&]() -> Script {
        co_await wait(of(a, b), RONDO_ALL_COMPLETED, RONDO_S(3));
        EXPECT_EQ(time(), RONDO_S(3));
        say(states(of(a, b)));
    });
    EXPECT_TRUE(outcome.ok());
    EXPECT_EQ(trace(), "4: pd");
    EXPECT_EQ(a.cancelling(), RONDO_EKIND);
    EXPECT_EQ(stats().deadlines, 0u);
}

TEST_F(AWait, W3_suspends_even_when_all_are_done) {
    Future a = future();
    a.set(1);
    run_main([&]() -> Script {
        soon([&] { say("others"); });
        co_await wait(of(a));
        say("M");
    });
    EXPECT_EQ(trace(), "2: others | 3: M");
}

TEST_F(AWait, W3_resumes_two_turns_after_the_completion) {
    Future f = future();
    run_main([&]() -> Script {
        soon([&] {
            f.set(1);
            say("set");
        });
        co_await wait(of(f));
        say("M");
    });
    EXPECT_EQ(trace(), "2: set | 4: M");
}

TEST_F(AWait, W4_first_completed_is_over_with_the_first_that_ends_however_it_ends) {
    Future value = future(), error = future(), gone = future();
    Future other = future();
    Future waits[] = {wait(of(value, other), RONDO_FIRST_COMPLETED), wait(of(other, error), RONDO_FIRST_COMPLETED),
                      wait(of(gone, other), RONDO_FIRST_COMPLETED)};
    value.set(1);
    error.fail("broken");
    gone.cancel();
    run();
    for (const Future &one : waits) EXPECT_EQ(one.text(), "0");
    error.silence();
}

TEST_F(AWait, W4_first_exception_does_not_count_a_cancelled_one) {
    Future gone = future(), bad = future(), slow = future();
    Future first = wait(of(gone, bad, slow), RONDO_FIRST_EXCEPTION);
    gone.cancel();
    run();
    EXPECT_FALSE(first.done());
    bad.fail("broken");
    run();
    EXPECT_TRUE(first.done());
    EXPECT_FALSE(slow.done());
    bad.silence();
}

TEST_F(AWait, W4_first_exception_without_one_is_over_when_all_are) {
    Future a = future(), b = future(), gone = future();
    Future first = wait(of(a, b, gone), RONDO_FIRST_EXCEPTION);
    a.set(1);
    gone.cancel();
    run();
    EXPECT_FALSE(first.done());
    b.set(2);
    run();
    EXPECT_TRUE(first.done());
}

TEST_F(AWait, W4_first_exception_looks_at_the_error) {
    Future bad = future(), slow = future();
    Future first = wait(of(bad, slow), RONDO_FIRST_EXCEPTION);
    bad.fail("broken");
    run();
    first = Future();
    bad = Future();
    EXPECT_TRUE(heard.empty());
}

TEST_F(AWait, W4_all_completed_waits_for_the_last) {
    Future a = future(), b = future();
    Future all = wait(of(a, b));
    b.fail("broken");
    run();
    EXPECT_FALSE(all.done());
    a.cancel();
    run();
    EXPECT_TRUE(all.done());
    b.silence();
}

TEST_F(AWait, W5_a_timeout_of_0_or_less_finds_what_is_done_then) {
    for (int64_t timeout : {int64_t{0}, -RONDO_S(1)}) {
        Future done = future(), pending = future();
        done.set(1);
        run_main([&]() -> Script {
            co_await wait(of(done, pending), RONDO_ALL_COMPLETED, timeout);
            say(states(of(done, pending)));
        });
        EXPECT_EQ(trace(), "3: dp");
        EXPECT_EQ(time(), 0);
        forget();
    }
}

TEST_F(AWait, W5_what_ends_in_the_turn_of_the_timeout_is_done) {
    Future a = future(), b = future();
    run_main([&]() -> Script {
        at(RONDO_S(1), [&] { say("timer"); });
        Future waiting = wait(of(a, b), RONDO_ALL_COMPLETED, RONDO_S(1));
        at(RONDO_S(1), [&] { b.set(1); });
        co_await waiting;
        say(states(of(a, b)));
    });
    EXPECT_EQ(trace(), "2: timer | 3: pd");
}

TEST_F(AWait, W6_cancelling_the_waiter_leaves_the_futures_alone) {
    Future f = future(), task = answering(5, 7);
    Future waiting;
    Future waiter = spawn([&]() -> Script {
        waiting = wait(of(f, task), RONDO_ALL_COMPLETED, RONDO_S(9));
        co_await waiting;
    });
    one_turn();
    EXPECT_EQ(stats().deadlines, 1u);
    EXPECT_TRUE(waiter.cancel("enough"));
    EXPECT_TRUE(waiting.cancelled());
    EXPECT_EQ(stats().deadlines, 0u);
    EXPECT_FALSE(f.done());
    run();
    EXPECT_EQ(waiter.text(), "ECANCELED enough");
    EXPECT_EQ(task.text(), "7");
    EXPECT_EQ(task.cancelling(), 0);
    EXPECT_FALSE(f.done());
    uint64_t before = stats().entries;
    f.set(1);
    run();
    EXPECT_EQ(stats().entries, before) << "its callback on f was removed";
}

TEST_F(AWait, W6_cancelling_it_when_it_is_done_does_nothing) {
    Future f = future();
    Future all = wait(of(f));
    f.set(1);
    run();
    EXPECT_FALSE(all.cancel());
    EXPECT_EQ(all.text(), "0");
}

TEST_F(AWait, nobody_has_to_hold_it) {
    Future f = future();
    bool done = false;
    when_done(wait(of(f)), [&] { done = true; });
    when_done(wait(of(f), RONDO_ALL_COMPLETED, RONDO_S(1)), [] {});
    run();
    EXPECT_FALSE(done);
    f.set(1);
    run();
    EXPECT_TRUE(done);
    f = Future();
    EXPECT_EQ(stats().futures, 0u);
}

TEST_F(AWait, ends_with_its_loop) {
    Future f = future();
    Future all = wait(of(f, f), RONDO_ALL_COMPLETED, RONDO_S(1));
    Future dropped = wait(of(f));
    dropped = Future();
    close();
    EXPECT_FALSE(all.done());
}

TEST_F(AWait, lets_the_children_go_when_it_goes) {
    Future f = future();
    Future all = wait(of(f));
    f.set(1);
    run();
    f = Future();
    EXPECT_EQ(stats().futures, 2u);
    all = Future();
    EXPECT_EQ(stats().futures, 0u);
}
