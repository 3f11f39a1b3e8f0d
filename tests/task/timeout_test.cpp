// Timeouts: section 8 of the semantics.
#include "blocks.h"

using namespace rondo::test;

namespace {

class ATimeout : public testing::Test, public BlockWorld {
protected:
    int cancelling() { return rondo_task_cancelling(rondo_loop_current_task(loop)); }
    void cancel_me(const char *message = nullptr) { rondo_future_cancel(rondo_loop_current_task(loop), message); }
    auto sleeping(int64_t delay) {
        return [delay]() -> Script { co_await sleep(delay); };
    }
    static auto nothing() {
        return []() -> Script { co_return; };
    }
};

} // namespace

// ---- O1: its life

TEST_F(ATimeout, O1_is_created_active_and_finished) {
    run_main([&]() -> Script {
        Timeout limit = timeout(RONDO_S(5));
        EXPECT_EQ(limit.state(), RONDO_TIMEOUT_CREATED);
        EXPECT_EQ(limit.enter(), RONDO_OK);
        EXPECT_EQ(limit.state(), RONDO_TIMEOUT_ACTIVE);
        EXPECT_EQ(limit.exit(RONDO_OK), RONDO_OK);
        EXPECT_EQ(limit.state(), RONDO_TIMEOUT_FINISHED);
        EXPECT_FALSE(limit.expired());
        co_return;
    });
    EXPECT_EQ(stats().deadlines, 0u);
}

TEST_F(ATimeout, O1_or_expiring_and_expired) {
    run_main([&]() -> Script {
        Timeout limit = timeout(RONDO_S(5));
        EXPECT_EQ(limit.enter(), RONDO_OK);
        EXPECT_TRUE((co_await attempt(sleep(RONDO_S(9)))).cancelled());
        EXPECT_EQ(time(), RONDO_S(5));
        EXPECT_EQ(limit.state(), RONDO_TIMEOUT_EXPIRING);
        EXPECT_TRUE(limit.expired());
        EXPECT_EQ(limit.exit(RONDO_ECANCELED), RONDO_ETIMEDOUT);
        EXPECT_EQ(limit.state(), RONDO_TIMEOUT_EXPIRED);
        EXPECT_TRUE(limit.expired());
    });
}

TEST_F(ATimeout, O1_is_entered_once_by_a_running_task) {
    Timeout limit = timeout(RONDO_S(1));
    EXPECT_EQ(limit.enter(), RONDO_ENOTASK);
    EXPECT_EQ(limit.exit(RONDO_OK), RONDO_ESTATE);
    run_main([&]() -> Script {
        EXPECT_EQ(limit.enter(), RONDO_OK);
        EXPECT_EQ(limit.enter(), RONDO_ESTATE);
        EXPECT_EQ(limit.exit(RONDO_OK), RONDO_OK);
        EXPECT_EQ(limit.enter(), RONDO_ESTATE);
        EXPECT_EQ(limit.exit(RONDO_OK), RONDO_ESTATE);
        soon([&] { EXPECT_EQ(timeout(1).enter(), RONDO_ENOTASK); });
        co_await yield();
    });
}

TEST_F(ATimeout, O1_another_task_cannot_leave_it) {
    run_main([&]() -> Script {
        Timeout limit = timeout(RONDO_S(1));
        EXPECT_EQ(limit.enter(), RONDO_OK);
        Future other = spawn([&]() -> Script {
            EXPECT_EQ(limit.exit(RONDO_OK), RONDO_ESTATE);
            co_return;
        });
        co_await other;
        EXPECT_EQ(limit.state(), RONDO_TIMEOUT_ACTIVE);
        EXPECT_EQ(limit.exit(RONDO_OK), RONDO_OK);
    });
}

// ---- O2, O3: the deadline

TEST_F(ATimeout, O2_its_deadline_is_absolute_and_counts_from_its_making) {
    run_main([&]() -> Script {
        Timeout limit = timeout(RONDO_S(5));
        co_await sleep(RONDO_S(3));
        EXPECT_EQ(limit.when(), RONDO_S(5));
        std::string story;
        co_await tell(story, [&] { return inside(limit, sleeping(RONDO_S(100))); });
        EXPECT_EQ(story, "ETIMEDOUT");
        EXPECT_EQ(time(), RONDO_S(5));
    });
}

TEST_F(ATimeout, O2_forever_never_comes) {
    run_main([&]() -> Script {
        Timeout limit = timeout_at(RONDO_FOREVER);
        EXPECT_EQ(limit.when(), RONDO_FOREVER);
        EXPECT_EQ(limit.enter(), RONDO_OK);
        EXPECT_EQ(stats().deadlines, 0u);
        co_await sleep(RONDO_S(1000));
        EXPECT_EQ(limit.exit(RONDO_OK), RONDO_OK);
    });
}

TEST_F(ATimeout, O3_a_deadline_that_has_passed_is_queued_like_a_callback) {
    run_main([&]() -> Script {
        soon([&] { say("before"); });
        Timeout limit = timeout_at(time());
        EXPECT_EQ(limit.enter(), RONDO_OK);
        soon([&] { say(limit.expired() ? "behind" : "too early"); });
        Outcome outcome = co_await attempt(sleep(RONDO_S(1)));
        say(outcome.text());
        EXPECT_EQ(limit.exit(outcome.status), RONDO_ETIMEDOUT);
    });
    EXPECT_EQ(trace(), "2: before behind | 3: ECANCELED");
    EXPECT_EQ(time(), 0);
}

// ---- O4, O5: expiry

TEST_F(ATimeout, O4_expiry_is_one_cancel_request_without_a_message) {
    run_main([&]() -> Script {
        Timeout limit = timeout(RONDO_S(1));
        EXPECT_EQ(limit.enter(), RONDO_OK);
        Outcome outcome = co_await attempt(sleep(RONDO_S(9)));
        EXPECT_EQ(outcome.text(), "ECANCELED");
        EXPECT_EQ(cancelling(), 1);
        EXPECT_TRUE((co_await attempt(sleep(RONDO_S(9)))).ok()) << "one shot";
        EXPECT_EQ(limit.exit(RONDO_ECANCELED), RONDO_ETIMEDOUT);
        EXPECT_EQ(cancelling(), 0);
    });
}

TEST_F(ATimeout, O5_turns_its_own_cancellation_into_a_timeout) {
    std::string story;
    Outcome outcome = run_main([&]() -> Script {
        co_await tell(story, [&] { return inside(timeout(RONDO_S(1)), sleeping(RONDO_S(9))); });
        EXPECT_EQ(cancelling(), 0);
        co_await sleep(RONDO_S(1)); // nothing is left over
    });
    EXPECT_EQ(story, "ETIMEDOUT");
    EXPECT_TRUE(outcome.ok());
}

TEST_F(ATimeout, O5_another_error_passes_unchanged) {
    run_main([&]() -> Script {
        Timeout limit = timeout(RONDO_S(1));
        EXPECT_EQ(limit.enter(), RONDO_OK);
        co_await attempt(sleep(RONDO_S(9)));
        EXPECT_EQ(limit.exit(RONDO_EFAILED), RONDO_EFAILED);
        EXPECT_TRUE(limit.expired());
        EXPECT_EQ(cancelling(), 0);
    });
}

TEST_F(ATimeout, O5_a_foreign_cancel_wins) {
    Future main;
    main = spawn([&]() -> Script {
        Timeout limit = timeout(RONDO_S(1));
        EXPECT_EQ(limit.enter(), RONDO_OK);
        co_await attempt(sleep(RONDO_S(9)));
        main.cancel("from outside");
        EXPECT_EQ(cancelling(), 2);
        Outcome outcome = co_await attempt(sleep(RONDO_S(9)));
        EXPECT_EQ(outcome.text(), "ECANCELED from outside");
        EXPECT_EQ(limit.exit(outcome.status), RONDO_ECANCELED);
        EXPECT_EQ(cancelling(), 1);
        throw Raised(outcome.status);
    });
    run();
    EXPECT_TRUE(main.cancelled());
}

// ---- O6, O7: leaving in time, or all the same

TEST_F(ATimeout, O6_leaving_in_time_disarms_it_and_errors_pass) {
    run_main([&]() -> Script {
        for (rondo_status status : {RONDO_OK, RONDO_EFAILED, RONDO_ECANCELED, RONDO_ETIMEDOUT}) {
            Timeout limit = timeout(RONDO_S(1));
            EXPECT_EQ(limit.enter(), RONDO_OK);
            EXPECT_EQ(stats().deadlines, 1u);
            EXPECT_EQ(limit.exit(status), status);
            EXPECT_EQ(limit.state(), RONDO_TIMEOUT_FINISHED);
            EXPECT_EQ(stats().deadlines, 0u);
        }
        co_await sleep(RONDO_S(5));
        EXPECT_EQ(cancelling(), 0);
    });
}

TEST_F(ATimeout, O7_a_body_that_swallows_the_cancellation_has_not_timed_out) {
    run_main([&]() -> Script {
        Timeout limit = timeout(RONDO_S(1));
        EXPECT_EQ(limit.enter(), RONDO_OK);
        co_await attempt(sleep(RONDO_S(9)));
        EXPECT_EQ(limit.exit(RONDO_OK), RONDO_OK);
        EXPECT_TRUE(limit.expired());
        EXPECT_EQ(limit.state(), RONDO_TIMEOUT_EXPIRED);
        EXPECT_EQ(cancelling(), 0);
    });
}

// ---- O8: 0 and less

TEST_F(ATimeout, O8_of_nothing_strikes_the_first_suspension_only) {
    for (int64_t delay : {int64_t{0}, -RONDO_S(1)}) {
        std::string quick, slow;
        Outcome outcome = run_main([&]() -> Script {
            Future done = future();
            done.set(1);
            co_await tell(quick, [&] {
                return inside(timeout(delay), [&]() -> Script { co_await done; });
            });
            co_await tell(slow, [&] {
                return inside(timeout(delay), [&]() -> Script {
                    co_await done;
                    co_await future();
                });
            });
            EXPECT_EQ(cancelling(), 0);
            co_await yield();
        });
        EXPECT_EQ(quick, "OK");
        EXPECT_EQ(slow, "ETIMEDOUT");
        EXPECT_TRUE(outcome.ok());
    }
}

// ---- O9: reschedule

TEST_F(ATimeout, O9_reschedules_only_while_active) {
    run_main([&]() -> Script {
        Timeout limit = timeout(RONDO_S(1));
        EXPECT_EQ(limit.reschedule(RONDO_S(2)), RONDO_ESTATE);
        EXPECT_EQ(limit.enter(), RONDO_OK);
        EXPECT_EQ(limit.reschedule(RONDO_S(7)), RONDO_OK);
        EXPECT_EQ(limit.when(), RONDO_S(7));
        co_await attempt(sleep(RONDO_S(9)));
        EXPECT_EQ(time(), RONDO_S(7));
        EXPECT_EQ(limit.reschedule(RONDO_S(9)), RONDO_ESTATE);
        EXPECT_EQ(limit.exit(RONDO_OK), RONDO_OK);
        EXPECT_EQ(limit.reschedule(RONDO_S(9)), RONDO_ESTATE);
        EXPECT_EQ(limit.when(), RONDO_S(7));
        Timeout other = timeout(RONDO_S(1));
        EXPECT_EQ(other.enter(), RONDO_OK);
        EXPECT_EQ(other.exit(RONDO_OK), RONDO_OK);
        EXPECT_EQ(other.reschedule(RONDO_S(99)), RONDO_ESTATE);
    });
}

TEST_F(ATimeout, O9_none_disarms_it_and_a_time_arms_it_again) {
    run_main([&]() -> Script {
        Timeout limit = timeout(RONDO_S(1));
        EXPECT_EQ(limit.enter(), RONDO_OK);
        EXPECT_EQ(limit.reschedule(RONDO_FOREVER), RONDO_OK);
        EXPECT_EQ(stats().deadlines, 0u);
        co_await sleep(RONDO_S(5));
        EXPECT_EQ(limit.reschedule(RONDO_S(6)), RONDO_OK);
        EXPECT_TRUE((co_await attempt(sleep(RONDO_S(5)))).cancelled());
        EXPECT_EQ(time(), RONDO_S(6));
        EXPECT_EQ(limit.exit(RONDO_ECANCELED), RONDO_ETIMEDOUT);
    });
}

TEST_F(ATimeout, O9_a_past_time_strikes_in_the_next_turn) {
    run_main([&]() -> Script {
        co_await sleep(RONDO_S(2));
        count_turns_from_here();
        Timeout limit = timeout(RONDO_S(5));
        EXPECT_EQ(limit.enter(), RONDO_OK);
        EXPECT_EQ(limit.reschedule(RONDO_S(1)), RONDO_OK);
        soon([&] { say(limit.expired() ? "expired" : "active"); });
        Outcome outcome = co_await attempt(sleep(RONDO_S(9)));
        say(outcome.text());
        EXPECT_EQ(limit.exit(outcome.status), RONDO_ETIMEDOUT);
    });
    EXPECT_EQ(trace(), "1: expired | 2: ECANCELED");
}

// ---- O10: against a result that comes at the deadline (A12)

TEST_F(ATimeout, O10_a_result_set_in_the_turn_of_the_deadline_comes_too_late) {
    Future f = future();
    std::string story;
    run_main([&]() -> Script {
        at(RONDO_S(1), [&] { say("set " + std::to_string(f.set(1))); });
        co_await tell(story, [&] {
            return inside(timeout(RONDO_S(1)), [&]() -> Script { co_await f; });
        });
        say(story);
    });
    EXPECT_EQ(trace(), "2: set 0 | 3: ETIMEDOUT");
    EXPECT_EQ(f.text(), "1") << "its value is not lost to others";
}

TEST_F(ATimeout, O10_a_result_whose_wake_up_is_queued_before_is_delivered) {
    Future f = future();
    std::string story;
    Timeout limit = timeout(RONDO_S(1));
    Future w = spawn([&]() -> Script {
        co_await tell(story, [&] {
            return inside(limit, [&]() -> Script { EXPECT_EQ(co_await f, 7); });
        });
    });
    one_turn();
    at(RONDO_S(1) - 1, [&] { f.set(7); });
    one_turn(RONDO_S(1)); // f is set one turn before, the wake-up is queued
    run();
    EXPECT_EQ(story, "OK");
    EXPECT_FALSE(limit.expired());
    EXPECT_EQ(w.cancelling(), 0);
}

TEST_F(ATimeout, O10_nobody_sets_it) {
    Future f = future();
    std::string story;
    run_main([&]() -> Script {
        co_await tell(story, [&] {
            return inside(timeout(RONDO_S(1)), [&]() -> Script { co_await f; });
        });
        say(story);
    });
    EXPECT_EQ(trace(), "3: ETIMEDOUT");
    EXPECT_TRUE(f.cancelled());
}

// ---- O11: nesting

TEST_F(ATimeout, O11_the_inner_one_first) {
    std::string inner_story, outer_story;
    run_main([&]() -> Script {
        Timeout outer = timeout(RONDO_S(5)), inner = timeout(RONDO_S(1));
        co_await tell(outer_story, [&] {
            return inside(outer, [&]() -> Script {
                co_await tell(inner_story, [&] { return inside(inner, sleeping(RONDO_S(9))); });
                EXPECT_EQ(outer.state(), RONDO_TIMEOUT_ACTIVE);
            });
        });
        EXPECT_FALSE(outer.expired());
    });
    EXPECT_EQ(inner_story, "ETIMEDOUT");
    EXPECT_EQ(outer_story, "OK");
}

TEST_F(ATimeout, O11_the_outer_one_first) {
    std::string inner_story, outer_story;
    run_main([&]() -> Script {
        Timeout outer = timeout(RONDO_S(1)), inner = timeout(RONDO_S(5));
        co_await tell(outer_story, [&] {
            return inside(outer, [&]() -> Script {
                co_await tell(inner_story, [&] { return inside(inner, sleeping(RONDO_S(9))); });
                throw Raised(RONDO_ECANCELED);
            });
        });
        EXPECT_FALSE(inner.expired());
        EXPECT_EQ(cancelling(), 0);
    });
    EXPECT_EQ(inner_story, "ECANCELED");
    EXPECT_EQ(outer_story, "ETIMEDOUT");
}

TEST_F(ATimeout, O11_both_in_one_turn_the_outer_one_tells) {
    std::string inner_story, outer_story;
    run_main([&]() -> Script {
        Timeout outer = timeout(RONDO_S(1)), inner = timeout(RONDO_S(1));
        co_await tell(outer_story, [&] {
            return inside(outer, [&]() -> Script {
                try {
                    co_await inside(inner, sleeping(RONDO_S(9)));
                } catch (const Raised &error) {
                    inner_story = story_of(error.error());
                    throw;
                }
            });
        });
        EXPECT_TRUE(inner.expired());
        EXPECT_EQ(cancelling(), 0);
    });
    EXPECT_EQ(inner_story, "ECANCELED");
    EXPECT_EQ(outer_story, "ETIMEDOUT");
}

TEST_F(ATimeout, O11_the_outer_one_while_the_inner_body_cleans_up) {
    std::string outer_story;
    run_main([&]() -> Script {
        Timeout outer = timeout(RONDO_S(2)), inner = timeout(RONDO_S(1));
        co_await tell(outer_story, [&] {
            return inside(outer, [&] {
                return inside(inner, [&]() -> Script {
                    co_await attempt(sleep(RONDO_S(9)));
                    co_await sleep(RONDO_S(9)); // the clean-up is cut short
                });
            });
        });
        EXPECT_TRUE(inner.expired());
        EXPECT_EQ(time(), RONDO_S(2));
        EXPECT_EQ(cancelling(), 0);
    });
    EXPECT_EQ(outer_story, "ETIMEDOUT");
}

// ---- O12-O14: counting

TEST_F(ATimeout, O12_works_in_the_clean_up_of_a_cancelled_task) {
    std::string story;
    Future main = spawn([&]() -> Script {
        Outcome outcome = co_await attempt(sleep(RONDO_S(9)));
        EXPECT_EQ(cancelling(), 1);
        co_await tell(story, [&] { return inside(timeout(RONDO_S(1)), sleeping(RONDO_S(9))); });
        EXPECT_EQ(cancelling(), 1);
        throw Raised(outcome.status);
    });
    one_turn();
    main.cancel();
    run();
    EXPECT_EQ(story, "ETIMEDOUT");
    EXPECT_TRUE(main.cancelled());
}

TEST_F(ATimeout, O13_of_0_swallows_an_earlier_cancel_that_was_not_delivered) { // asyncio's known hole, kept
    std::string story;
    Outcome outcome = run_main([&]() -> Script {
        cancel_me();
        co_await tell(story, [&] { return inside(timeout(0), sleeping(RONDO_S(1))); });
        EXPECT_EQ(cancelling(), 1);
        co_await yield();
    });
    EXPECT_EQ(story, "ETIMEDOUT");
    EXPECT_TRUE(outcome.ok());
}

TEST_F(ATimeout, O14_afterwards_the_count_is_what_it_was) {
    for (int before : {0, 1, 2}) {
        std::string story;
        run_main([&]() -> Script {
            for (int i = 0; i < before; ++i) {
                cancel_me();
                co_await attempt(yield());
            }
            co_await tell(story, [&] { return inside(timeout(RONDO_S(1)), sleeping(RONDO_S(9))); });
            EXPECT_EQ(cancelling(), before);
            co_await tell(story, [&] { return inside(timeout(RONDO_S(1)), nothing()); });
            EXPECT_EQ(cancelling(), before);
        });
    }
}

// ---- a task that ends inside; the loop's end

TEST_F(ATimeout, is_left_when_its_task_ends_inside) {
    Timeout limit = timeout(RONDO_S(1)), expiring = timeout(RONDO_S(2));
    spawn([&]() -> Script {
        EXPECT_EQ(limit.enter(), RONDO_OK);
        co_return;
    });
    spawn([&]() -> Script {
        EXPECT_EQ(expiring.enter(), RONDO_OK);
        co_await sleep(RONDO_S(9));
    });
    run();
    EXPECT_EQ(limit.state(), RONDO_TIMEOUT_FINISHED);
    EXPECT_EQ(expiring.state(), RONDO_TIMEOUT_EXPIRED);
    EXPECT_EQ(stats().deadlines, 0u);
    EXPECT_EQ(time(), RONDO_S(2));
}

TEST_F(ATimeout, ends_with_its_loop_in_every_state) {
    Timeout created = timeout(RONDO_S(1)), active = timeout(RONDO_S(1)), due = timeout(0);
    spawn([&]() -> Script {
        EXPECT_EQ(active.enter(), RONDO_OK);
        EXPECT_EQ(due.enter(), RONDO_OK);
        co_await sleep(RONDO_S(9));
    });
    one_turn();
    close();
    EXPECT_EQ(created.state(), RONDO_TIMEOUT_CREATED);
    EXPECT_EQ(active.state(), RONDO_TIMEOUT_FINISHED);
    EXPECT_EQ(due.state(), RONDO_TIMEOUT_FINISHED);
    EXPECT_EQ(active.reschedule(RONDO_S(2)), RONDO_ESTATE);
    rondo_timeout *out = nullptr;
    EXPECT_EQ(rondo_timeout_create(loop, 0, &out), RONDO_ECLOSED);
}

TEST_F(ATimeout, may_be_left_in_another_order_than_entered) {
    run_main([&]() -> Script {
        Timeout outer = timeout(RONDO_S(1)), inner = timeout(RONDO_S(5));
        EXPECT_EQ(outer.enter(), RONDO_OK);
        EXPECT_EQ(inner.enter(), RONDO_OK);
        EXPECT_EQ(outer.exit(RONDO_OK), RONDO_OK);
        EXPECT_EQ(rondo_current_deadline(), RONDO_S(5));
        EXPECT_EQ(inner.exit(RONDO_OK), RONDO_OK);
        EXPECT_EQ(rondo_current_deadline(), RONDO_FOREVER);
        co_return;
    });
}

// ---- B34: the effective deadline

TEST_F(ATimeout, B34_the_current_deadline_is_the_earliest_of_those_around) {
    EXPECT_EQ(rondo_current_deadline(), RONDO_FOREVER);
    run_main([&]() -> Script {
        EXPECT_EQ(rondo_current_deadline(), RONDO_FOREVER);
        Timeout outer = timeout(RONDO_S(3)), inner = timeout(RONDO_S(9)), never = timeout_at(RONDO_FOREVER);
        outer.enter();
        EXPECT_EQ(rondo_current_deadline(), RONDO_S(3));
        inner.enter();
        never.enter();
        EXPECT_EQ(rondo_current_deadline(), RONDO_S(3));
        outer.reschedule(RONDO_S(20));
        EXPECT_EQ(rondo_current_deadline(), RONDO_S(9));
        Future child = spawn([&]() -> Script {
            EXPECT_EQ(rondo_current_deadline(), RONDO_FOREVER) << "a task has its own";
            co_return;
        });
        co_await child;
        never.exit(RONDO_OK);
        inner.exit(RONDO_OK);
        EXPECT_EQ(rondo_current_deadline(), RONDO_S(20));
        outer.exit(RONDO_OK);
        EXPECT_EQ(rondo_current_deadline(), RONDO_FOREVER);
    });
}
