// Appendix A of the semantics, in fibers: the same lines in the same turns as asyncio.
#include "world.h"

using rondo_test::last_message;
using rondo_test::World;

namespace {

struct FiberTrace : testing::Test {
    World w;

    // Prints label0, label1, … with a sleep(0) between two.
    rondo_test::Body ticker(const std::string &label, int sleeps) {
        return [this, label, sleeps]() -> rondo_status {
            w.log(label + "0");
            for (int i = 1; i <= sleeps; ++i) {
                rondo_status s = rondo_sleep(0);
                if (s < 0) return s;
                w.log(label + std::to_string(i));
            }
            return RONDO_OK;
        };
    }

    // Sleeps for ever; when cancelled, logs, sleeps(0), logs again and passes the cancellation on.
    rondo_test::Body cleaner(const std::string &label) {
        return [this, label] {
            rondo_status s = rondo_sleep(RONDO_S(100));
            w.log(label + " cancelled");
            rondo_sleep(0);
            w.log(label + " cleaned");
            return s;
        };
    }

    rondo_test::Body waiter(rondo_future *future, const std::string &label) {
        return [this, future, label] {
            rondo_status s = rondo_await(future, nullptr);
            w.log(label);
            return s;
        };
    }
};

} // namespace

TEST_F(FiberTrace, A1_sleep_0_goes_round) {
    w.run([&] {
        auto *a = w.spawn(ticker("A", 2));
        auto *b = w.spawn(ticker("B", 2));
        auto *c = w.spawn(ticker("C", 2));
        w.log("M0");
        rondo_sleep(0);
        w.log("M1");
        rondo_await(w.gather({a, b, c}), nullptr);
        w.log("M2");
        return RONDO_OK;
    });
    EXPECT_EQ(w.trace(), "1: M0 | 2: A0 B0 C0 M1 | 3: A1 B1 C1 | 4: A2 B2 C2 | 6: M2");
}

TEST_F(FiberTrace, A2_waiters_wake_in_the_order_they_came) {
    w.run([&] {
        auto *t = w.spawn(ticker("T", 1));
        w.on_done(t, "cb1");
        auto *a = w.spawn(waiter(t, "A"));
        auto *b = w.spawn(waiter(t, "B"));
        w.log("M");
        rondo_await(t, nullptr);
        w.log("M woke");
        rondo_await(a, nullptr);
        rondo_await(b, nullptr);
        w.log("M end");
        return RONDO_OK;
    });
    EXPECT_EQ(w.trace(), "1: M | 2: T0 | 3: T1 | 4: cb1 M woke A B | 5: M end");
}

TEST_F(FiberTrace, A3_a_failed_gather_leaves_the_others_running) {
    w.run([&] {
        auto *a = w.spawn(ticker("A", 1));
        auto *b = w.spawn([&] {
            w.log("B0");
            rondo_sleep(0);
            w.log("B raises");
            return rondo_fail(RONDO_EFAILED, "b");
        });
        auto *c = w.spawn(ticker("C", 3));
        EXPECT_EQ(rondo_await(w.gather({a, b, c}), nullptr), RONDO_EFAILED);
        w.log("M except " + last_message());
        EXPECT_EQ(rondo_await(c, nullptr), RONDO_OK);
        w.log("M end");
        return RONDO_OK;
    });
    EXPECT_EQ(w.trace(), "2: A0 B0 C0 | 3: A1 B raises C1 | 4: C2 | 5: M except b C3 | 6: M end");
}

TEST_F(FiberTrace, A4_cancelling_the_task_that_gathers) {
    w.run([&] {
        auto *a = w.spawn(cleaner("A"));
        auto *b = w.spawn(cleaner("B"));
        auto *o = w.spawn([&] {
            rondo_status s = rondo_await(w.gather({a, b}), nullptr);
            w.log("O cancelled");
            return s;
        });
        rondo_sleep(RONDO_MS(1));
        uint64_t start = w.turn();
        EXPECT_EQ(rondo_future_cancel(o, nullptr), 1);
        EXPECT_EQ(rondo_future_done(a) | rondo_future_done(b) | rondo_future_done(o), 0);
        EXPECT_EQ(rondo_await(o, nullptr), RONDO_ECANCELED);
        w.log("M cancelled");
        EXPECT_EQ(w.turn() - start, 5U);
        return RONDO_OK;
    });
    auto turns_apart = w.trace();
    EXPECT_NE(turns_apart.find("A cancelled B cancelled | "), std::string::npos) << turns_apart;
    EXPECT_NE(turns_apart.find("A cleaned B cleaned | "), std::string::npos) << turns_apart;
    EXPECT_NE(turns_apart.find("O cancelled | "), std::string::npos) << turns_apart;
}

TEST_F(FiberTrace, A5_a_failing_member_cancels_the_others_then_the_body) {
    w.run([&] {
        rondo_task_group *group = nullptr;
        EXPECT_EQ(rondo_task_group_begin(&group), RONDO_OK);
        w.spawn_member(group, cleaner("A"));
        w.spawn_member(group, [&] {
            rondo_sleep(0);
            w.log("Bad raises");
            return rondo_fail(RONDO_EFAILED, "bad");
        });
        w.log("body");
        rondo_status s = rondo_sleep(RONDO_S(100));
        w.log("body cancelled");
        s = rondo_task_group_end(group, s);
        EXPECT_EQ(s, RONDO_EGROUP);
        w.log(std::string("M ") + rondo_error_message(rondo_error_unwrap(rondo_fiber_error())));
        return RONDO_OK;
    });
    EXPECT_EQ(w.trace(), "1: body | 3: Bad raises | 5: A cancelled body cancelled | 6: A cleaned | 8: M bad");
}

TEST_F(FiberTrace, A6_cancelled_in_the_order_of_the_calls) {
    w.run([&] {
        rondo_task *tasks[3];
        const char *names[] = {"A", "B", "C"};
        for (int i = 0; i < 3; ++i) {
            tasks[i] = w.spawn([&, i] {
                rondo_status s = rondo_sleep(RONDO_S(1));
                w.log(names[i]);
                return s;
            });
        }
        rondo_sleep(0);
        rondo_sleep(0);
        w.log("M");
        for (int i : {2, 0, 1}) rondo_future_cancel(tasks[i], nullptr);
        for (int i : {0, 1, 2}) w.on_done(tasks[i], std::string("done ") + names[i]);
        rondo_await(w.gather({tasks[0], tasks[1], tasks[2]}, RONDO_GATHER_RETURN_ERRORS), nullptr);
        w.log("M");
        return RONDO_OK;
    });
    EXPECT_EQ(w.trace(), "3: M | 4: C A B | 5: done C done A done B | 6: M");
}

TEST_F(FiberTrace, A9_eager_against_lazy) {
    w.run([&] {
        auto prints = [&](const char *name) {
            return [this, name] {
                w.log(std::string(name) + "1");
                rondo_sleep(0);
                w.log(std::string(name) + "2");
                return RONDO_OK;
            };
        };
        w.log("M1");
        auto *e = w.spawn_eager(prints("E"));
        w.log("M2");
        auto *z = w.spawn(prints("Z"));
        w.log("M3");
        rondo_await(e, nullptr);
        w.log("M4");
        rondo_await(z, nullptr);
        w.log("M5");
        return RONDO_OK;
    });
    EXPECT_EQ(w.trace(), "1: M1 E1 M2 M3 | 2: E2 Z1 | 3: M4 Z2 | 4: M5");
}

TEST_F(FiberTrace, A11_a_shield) {
    w.run([&] {
        auto *inner = w.spawn([&] {
            rondo_status s = rondo_sleep(RONDO_MS(10));
            w.log("I done");
            return s;
        });
        auto *outer = w.spawn([&] {
            rondo_status s = rondo_await(w.shield(inner), nullptr);
            w.log("O cancelled");
            return s;
        });
        rondo_sleep(0);
        rondo_sleep(0);
        w.log("M cancels");
        rondo_future_cancel(outer, nullptr);
        EXPECT_EQ(rondo_await(outer, nullptr), RONDO_ECANCELED);
        w.log(rondo_future_done(inner) ? "I is done" : "I is not done");
        rondo_await(inner, nullptr);
        w.log("M goes on");
        return RONDO_OK;
    });
    EXPECT_EQ(w.trace(), "3: M cancels | 4: O cancelled | 5: I is not done | 7: I done | 8: M goes on");
}

TEST_F(FiberTrace, A12_a_timeout_against_a_result) {
    for (char who : {'a', 'b', 'c'}) {
        World here;
        auto *f = here.future();
        auto *task = here.spawn([&] {
            rondo_timeout *limit = nullptr;
            EXPECT_EQ(rondo_timeout_begin(RONDO_MS(5), &limit), RONDO_OK);
            rondo_value view = rondo_none();
            rondo_status s = rondo_timeout_end(limit, rondo_await(f, &view));
            here.log(s == RONDO_OK ? "value " + std::to_string(view.as.i64) : rondo_status_name(s));
            return RONDO_OK;
        });
        auto set = [&] {
            rondo_value value = rondo_i64(7);
            EXPECT_EQ(rondo_future_set_result(f, &value), RONDO_OK);
            here.log("set");
            return RONDO_OK;
        };
        // a: ahead of the deadline, in its turn; b: when the wake-up is queued before it comes
        if (who == 'a') here.when(RONDO_MS(5), set);
        if (who == 'b') here.when(RONDO_MS(5) - 1, set);
        here.run([&] { return rondo_await(task, nullptr); });
        const char *wanted[] = {"ETIMEDOUT", "value 7", "ETIMEDOUT"};
        EXPECT_NE(here.trace().find(wanted[who - 'a']), std::string::npos) << who << ": " << here.trace();
        EXPECT_EQ(rondo_future_cancelled(f), who == 'c' ? 1 : 0) << who;
        EXPECT_EQ(rondo_task_cancelling(task), 0);
    }
}

TEST_F(FiberTrace, A13_cancel_goes_down_the_chain_and_comes_back_up) {
    w.run([&] {
        auto *inner = w.spawn([&] {
            rondo_status s = rondo_sleep(RONDO_S(1));
            w.log("inner " + last_message());
            return s;
        });
        auto *mid = w.spawn(waiter(inner, "mid"));
        rondo_sleep(0);
        rondo_sleep(0);
        w.log("M");
        rondo_future_cancel(mid, "m");
        EXPECT_EQ(rondo_await(mid, nullptr), RONDO_ECANCELED);
        w.log("M " + last_message());
        EXPECT_EQ(rondo_task_cancelling(inner), 1);
        EXPECT_EQ(rondo_future_cancelled(inner), 1);
        return RONDO_OK;
    });
    EXPECT_EQ(w.trace(), "3: M | 4: inner m | 5: mid | 6: M m");
}

TEST_F(FiberTrace, A14_cancelled_before_the_first_step) {
    w.run([&] {
        auto *t = w.spawn([&] {
            w.log("never");
            return RONDO_OK;
        });
        rondo_future_cancel(t, "m");
        EXPECT_EQ(rondo_future_done(t), 0);
        EXPECT_EQ(rondo_task_cancelling(t), 1);
        w.log("M");
        EXPECT_EQ(rondo_await(t, nullptr), RONDO_ECANCELED);
        w.log("M " + last_message());
        EXPECT_EQ(rondo_future_cancelled(t), 1);
        return RONDO_OK;
    });
    EXPECT_EQ(w.trace(), "1: M | 3: M m");
}

TEST_F(FiberTrace, A15_cancelled_while_ready) {
    w.run([&] {
        auto *f = w.future();
        auto *t = w.spawn([&] {
            EXPECT_EQ(rondo_await(f, nullptr), RONDO_ECANCELED);
            w.log("w cancelled");
            rondo_sleep(0);
            w.log("w end");
            return RONDO_OK;
        });
        rondo_sleep(0);
        rondo_sleep(0);
        rondo_value one = rondo_i64(1);
        rondo_future_set_result(f, &one);
        EXPECT_EQ(rondo_future_cancel(t, nullptr), 1);
        EXPECT_EQ(rondo_future_cancelled(f), 0);
        w.log("M");
        EXPECT_EQ(rondo_await(t, nullptr), RONDO_OK);
        w.log("M end");
        EXPECT_EQ(rondo_future_cancelled(t), 0);
        EXPECT_EQ(rondo_task_cancelling(t), 1);
        return RONDO_OK;
    });
    EXPECT_EQ(w.trace(), "3: M | 4: w cancelled | 5: w end | 6: M end");
}

TEST_F(FiberTrace, A16_turns_from_completion_to_resumption) {
    w.run([&] {
        auto *f = w.future();
        auto *inner = w.spawn(waiter(f, "inner"));
        w.spawn(waiter(f, "await"));
        w.spawn(waiter(w.gather({f}), "gather"));
        w.spawn(waiter(inner, "task"));
        rondo_sleep(0);
        rondo_sleep(0);
        w.log("M");
        rondo_future_set_result(f, nullptr);
        for (int i = 0; i < 4; ++i) rondo_sleep(0);
        return RONDO_OK;
    });
    EXPECT_EQ(w.trace(), "3: M | 4: inner await | 5: gather task");
}

TEST_F(FiberTrace, A16_turns_through_what_waits_around_it) {
    w.run([&] {
        auto *f = w.future();
        w.spawn(waiter(w.wait({f}), "wait"));
        w.spawn(waiter(w.shield(f), "shield"));
        w.spawn([&] {
            rondo_status s = rondo_wait_for(f, RONDO_S(1), nullptr);
            w.log("wait_for");
            return s;
        });
        w.spawn([&] {
            rondo_timeout *limit = nullptr;
            rondo_timeout_begin(RONDO_S(1), &limit);
            rondo_status s = rondo_timeout_end(limit, rondo_await(f, nullptr));
            w.log("timeout");
            return s;
        });
        w.spawn([&] {
            rondo_task_group *group = nullptr;
            rondo_task_group_begin(&group);
            w.spawn_member(group, waiter(f, "member"));
            rondo_status s = rondo_task_group_end(group, RONDO_OK);
            w.log("group");
            return s;
        });
        for (int i = 0; i < 3; ++i) rondo_sleep(0);
        w.log("M");
        rondo_future_set_result(f, nullptr);
        for (int i = 0; i < 4; ++i) rondo_sleep(0);
        return RONDO_OK;
    });
    EXPECT_EQ(w.trace(), "4: M | 5: wait_for timeout member | 6: wait shield | 7: group");
}

TEST_F(FiberTrace, A17_one_queue_for_everything) {
    w.run([&] {
        auto *a = w.spawn(ticker("A", 0));
        w.call_soon("cs1");
        auto *b = w.spawn(ticker("B", 0));
        w.call_soon("cs2");
        w.log("M");
        rondo_await(b, nullptr);
        w.log("M after B");
        rondo_await(a, nullptr);
        w.log("M after A");
        return RONDO_OK;
    });
    EXPECT_EQ(w.trace(), "1: M | 2: A0 cs1 B0 cs2 | 3: M after B M after A");
}

TEST_F(FiberTrace, A20_gather_among_other_callbacks) {
    w.run([&] {
        auto *a = w.spawn(ticker("A", 2));
        auto *b = w.spawn(ticker("B", 1));
        w.on_done(b, "B's callback");
        auto *c = w.spawn(ticker("C", 1));
        auto *outer = w.gather({a, b, c});
        w.on_done(a, "A's callback");
        w.on_done(outer, "outer's callback");
        w.log("M");
        rondo_await(outer, nullptr);
        w.log("M end");
        return RONDO_OK;
    });
    EXPECT_EQ(w.trace(), "1: M | 2: A0 B0 C0 | 3: A1 B1 C1 | 4: A2 B's callback | 5: A's callback | "
                         "6: outer's callback M end");
}

TEST_F(FiberTrace, A8_ready_before_timers_and_one_turn_for_each_link_of_a_chain) {
    int at = 0;
    rondo_test::Body chain;
    chain = [&] {
        w.log("soon " + std::to_string(at));
        if (++at < 4) w.soon(chain);
        return RONDO_OK;
    };
    w.run([&] {
        w.soon(chain);
        w.when(0, [&] { return w.log("T0"), RONDO_OK; });
        w.log("M");
        return rondo_sleep(RONDO_MS(10));
    });
    EXPECT_EQ(w.trace(), "1: M | 2: soon 0 T0 | 3: soon 1 | 4: soon 2 | 5: soon 3");
}

TEST_F(FiberTrace, A1_waiting_for_all_with_wait) {
    w.run([&] {
        auto *a = w.spawn(ticker("A", 2));
        auto *b = w.spawn(ticker("B", 2));
        auto *c = w.spawn(ticker("C", 2));
        w.log("M0");
        rondo_sleep(0);
        w.log("M1");
        rondo_await(w.wait({a, b, c}), nullptr);
        w.log("M2");
        return RONDO_OK;
    });
    EXPECT_EQ(w.trace(), "1: M0 | 2: A0 B0 C0 M1 | 3: A1 B1 C1 | 4: A2 B2 C2 | 6: M2");
}
