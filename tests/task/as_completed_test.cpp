// as_completed: section 7.3 of the semantics.
#include "blocks.h"

using namespace rondo::test;

namespace {

class AsCompleted : public testing::Test, public BlockWorld {
protected:
    // Awaits every ticket and tells its number and what it stands for.
    Script iterate(Future iteration) {
        for (;;) {
            std::optional<Future> next = ticket(iteration);
            if (!next) break;
            Outcome outcome = co_await attempt(*next);
            size_t index = 0;
            Future child = child_of(*next, &index);
            say(outcome.ok() ? std::to_string(index) + "=" + child.text() : outcome.text());
        }
        say("end");
    }
};

} // namespace

TEST_F(AsCompleted, W20_of_nothing_is_over_at_once) {
    Future iteration = as_completed(of());
    EXPECT_TRUE(iteration.done());
    EXPECT_FALSE(ticket(iteration));
}

TEST_F(AsCompleted, W20_a_future_given_twice_counts_once) {
    Future a = future(), b = future();
    Future iteration = as_completed(of(a, b, a, b, b));
    Future first = *ticket(iteration), second = *ticket(iteration);
    EXPECT_FALSE(ticket(iteration));
    b.set(2);
    a.set(1);
    run();
    size_t index = 9;
    EXPECT_EQ(child_of(first, &index).get(), b.get());
    EXPECT_EQ(index, 1u);
    EXPECT_EQ(child_of(second, &index).get(), a.get());
    EXPECT_EQ(index, 0u);
    EXPECT_TRUE(iteration.done());
}

TEST_F(AsCompleted, W20_futures_of_another_loop_are_refused) {
    BlockWorld other;
    Future own = future(), foreign = other.future();
    rondo_future *both[] = {own.get(), foreign.get()};
    EXPECT_EQ(rondo_as_completed(loop, both, 2, RONDO_FOREVER, nullptr), RONDO_EOTHERLOOP);
}

TEST_F(AsCompleted, W21_the_kth_ticket_is_for_the_kth_that_ends) {
    run_main([&]() -> Script {
        Future a = answering(3, 10), b = answering(1, 11), c = spawn(fail_after(2, "broken"));
        co_await iterate(as_completed(of(a, b, c)));
    });
    EXPECT_EQ(trace(), "5: 1=11 | 6: 2=EFAILED broken 0=10 end");
}

TEST_F(AsCompleted, W21_there_are_as_many_tickets_as_futures) {
    Future a = future(), b = future();
    Future iteration = as_completed(of(a, b));
    Future first = *ticket(iteration), second = *ticket(iteration);
    EXPECT_FALSE(ticket(iteration));
    a.set(1);
    b.set(1);
    run();
    EXPECT_TRUE(first.done() && second.done());
    EXPECT_FALSE(ticket(iteration));
}

TEST_F(AsCompleted, W21_tickets_are_served_in_the_order_they_were_drawn) {
    Future a = future(), b = future(), c = future();
    Future iteration = as_completed(of(a, b, c));
    Future first = *ticket(iteration), second = *ticket(iteration);
    c.set(3);
    run();
    EXPECT_TRUE(first.done());
    EXPECT_FALSE(second.done());
    EXPECT_EQ(child_of(first).get(), c.get());
    EXPECT_EQ(rondo_as_completed_child(second.get(), nullptr), nullptr);
    a.set(1);
    run();
    EXPECT_EQ(child_of(second).get(), a.get());
}

TEST_F(AsCompleted, W22_the_child_is_the_very_future_that_was_given) {
    Future task = answering(0, 5);
    Future iteration = as_completed(of(task));
    run();
    Future drawn = *ticket(iteration);
    EXPECT_TRUE(drawn.done()) << "what has ended is served at once";
    EXPECT_EQ(child_of(drawn).get(), task.get());
}

TEST_F(AsCompleted, W22_what_is_done_before_is_served_in_argument_order_and_a_turn_later) {
    Future a = future(), b = future();
    b.set(2);
    a.set(1);
    Future iteration = as_completed(of(a, b));
    Future early = *ticket(iteration);
    EXPECT_FALSE(early.done());
    run_main([&]() -> Script {
        co_await attempt(early);
        say(child_of(early).text());
        co_await iterate(iteration);
    });
    EXPECT_EQ(trace(), "1: 1 1=2 end");
}

TEST_F(AsCompleted, W23_the_timeout_fails_every_ticket_and_cancels_nothing) {
    Future quick, slow;
    run_main([&]() -> Script {
        quick = spawn([]() -> Answer {
            co_await sleep(RONDO_S(1));
            co_return 1;
        });
        slow = spawn([]() -> Answer {
            co_await sleep(RONDO_S(9));
            co_return 9;
        });
        std::vector<Future> both = of(slow, quick);
        Future iteration = as_completed(both, RONDO_S(5));
        co_await sleep(RONDO_S(2)); // it counts from the call
        co_await iterate(iteration);
        EXPECT_EQ(time(), RONDO_S(5));
        EXPECT_TRUE(iteration.done());
        EXPECT_FALSE(slow.done());
        EXPECT_EQ(co_await slow, 9);
    });
    EXPECT_NE(trace().find("1=1 | "), std::string::npos) << trace();
    EXPECT_NE(trace().find("ETIMEDOUT"), std::string::npos) << trace();
    EXPECT_EQ(slow.cancelling(), 0);
}

TEST_F(AsCompleted, W23_a_ticket_drawn_after_the_timeout_fails_at_once_unless_something_has_ended) {
    Future a = future(), b = future();
    Future iteration = as_completed(of(a, b), RONDO_S(1));
    a.set(1);
    run();
    Future first = *ticket(iteration), second = *ticket(iteration);
    EXPECT_EQ(first.text(), "0");
    EXPECT_EQ(child_of(first).text(), "1");
    EXPECT_EQ(second.result().status, RONDO_ETIMEDOUT);
    EXPECT_EQ(rondo_as_completed_child(second.get(), nullptr), nullptr);
    EXPECT_FALSE(ticket(iteration));
}

TEST_F(AsCompleted, W23_completion_and_timeout_in_one_turn_the_earlier_entry_wins) {
    for (bool value_first : {true, false}) {
        Future f = future();
        Future iteration;
        int64_t when = time() + RONDO_S(1);
        if (value_first) at(when - 1, [&] { soon([&] { f.set(1); }); }); // its callback stands before the timer
        iteration = as_completed(of(f), RONDO_S(1));
        if (!value_first) at(when, [&] { f.set(1); });
        Future drawn = *ticket(iteration);
        run();
        EXPECT_EQ(drawn.result().status, value_first ? RONDO_OK : RONDO_ETIMEDOUT);
    }
}

TEST_F(AsCompleted, W24_leaving_the_iteration_leaves_the_rest_running) {
    Future a = answering(1, 1), b = answering(5, 2);
    {
        Future iteration = as_completed(of(a, b), RONDO_S(100));
        Future first = *ticket(iteration);
        one_turn();
        one_turn();
        one_turn();
        EXPECT_TRUE(first.done());
    }
    while (stats().ready > 0) one_turn();
    EXPECT_EQ(b.text(), "2");
    EXPECT_EQ(stats().futures, 2u);
    EXPECT_EQ(stats().deadlines, 0u) << "the timer ends with the last of them";
}

TEST_F(AsCompleted, W24_a_failure_nobody_looked_at_is_reported) {
    Future bad = future();
    Future iteration = as_completed(of(bad));
    Future drawn = *ticket(iteration);
    bad.fail("unseen");
    run();
    EXPECT_TRUE(drawn.done());
    drawn = Future();
    iteration = Future();
    EXPECT_TRUE(heard.empty());
    bad = Future();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].error, "unseen");
}

TEST_F(AsCompleted, W25_a_ticket_cancelled_gives_its_turn_to_the_next) {
    Future a = future(), b = future();
    Future iteration = as_completed(of(a, b));
    Future first = *ticket(iteration), second = *ticket(iteration);
    EXPECT_TRUE(first.cancel("no more"));
    a.set(1);
    run();
    EXPECT_EQ(first.text(), "ECANCELED no more");
    EXPECT_EQ(child_of(second).get(), a.get());
    Future third = *ticket(iteration);
    EXPECT_FALSE(ticket(iteration));
    b.set(2);
    run();
    EXPECT_EQ(child_of(third).get(), b.get());
}

TEST_F(AsCompleted, W25_a_waiter_that_is_cancelled_loses_nothing) {
    Future a = future(), b = future();
    Future iteration = as_completed(of(a, b));
    Future waiter = spawn([&]() -> Script { co_await *ticket(iteration); });
    one_turn();
    a.set(1);
    one_turn(); // the ticket is served, the waiter ready
    waiter.cancel();
    run();
    EXPECT_TRUE(waiter.cancelled());
    EXPECT_EQ(child_of(*ticket(iteration)).get(), a.get());
}

TEST_F(AsCompleted, W25_a_ticket_released_unasked_gives_back_what_it_stood_for_in_front) {
    Future a = future(), b = future();
    Future iteration = as_completed(of(a, b));
    Future first = *ticket(iteration);
    a.set(1);
    b.set(2);
    run();
    first = Future();
    Future again = *ticket(iteration);
    EXPECT_EQ(child_of(again).get(), a.get());
    again = Future();
    EXPECT_EQ(child_of(*ticket(iteration)).get(), b.get()) << "a was asked for: it is used up";
    EXPECT_FALSE(ticket(iteration));
}

TEST_F(AsCompleted, W25_a_waiting_ticket_that_is_released_counts_no_more) {
    Future a = future();
    Future iteration = as_completed(of(a));
    Future drawn = *ticket(iteration);
    EXPECT_FALSE(ticket(iteration));
    drawn = Future();
    Future again = *ticket(iteration);
    a.set(1);
    run();
    EXPECT_EQ(child_of(again).get(), a.get());
}

TEST_F(AsCompleted, resumes_two_turns_after_the_completion) {
    Future f = future();
    run_main([&]() -> Script {
        Future iteration = as_completed(of(f));
        Future drawn = *ticket(iteration);
        soon([&] {
            f.set(1);
            say("set");
        });
        co_await drawn;
        say("M");
    });
    EXPECT_EQ(trace(), "2: set | 4: M");
}

TEST_F(AsCompleted, is_a_future_that_is_done_when_all_are) {
    Future a = future(), b = future();
    Future iteration = as_completed(of(a, b), RONDO_S(1));
    a.fail("broken");
    run_main([&]() -> Script {
        soon([&] { b.set(1); });
        co_await iteration;
        say("all");
    });
    EXPECT_EQ(trace(), "4: all");
    EXPECT_EQ(stats().deadlines, 0u);
    a.silence();
}

TEST_F(AsCompleted, cancelling_the_iteration_as_a_future_leaves_its_tickets) {
    Future a = future();
    Future iteration = as_completed(of(a));
    Future drawn = *ticket(iteration);
    EXPECT_TRUE(iteration.cancel());
    EXPECT_FALSE(iteration.cancel());
    a.set(1);
    run();
    EXPECT_EQ(child_of(drawn).get(), a.get());
}

TEST_F(AsCompleted, ends_with_its_loop_in_every_state) {
    Future a = future(), b = future(), c = future();
    a.set(1);
    Future iteration = as_completed(of(a, b, c, b), RONDO_S(9));
    Future fresh = as_completed(of(a, b));
    run_main([&]() -> Script { co_return; });
    Future first = *ticket(iteration), second = *ticket(iteration);
    Future child = child_of(first);
    close();
    EXPECT_FALSE(second.done());
    EXPECT_EQ(child.get(), a.get());
}
