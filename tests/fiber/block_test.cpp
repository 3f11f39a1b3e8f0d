// Timeouts, groups, waiting, generators and eager starts in fibers: straight-line code on nested stacks.
#include "world.h"

#include <string>
#include <vector>

using rondo_test::last_message;
using rondo_test::sized;
using rondo_test::World;

namespace {

struct InFibers : testing::Test {
    World w;

    uint64_t futures() {
        auto stats = sized<rondo_loop_stats>();
        EXPECT_EQ(rondo_loop_get_stats(w.loop(), &stats), RONDO_OK);
        return stats.futures;
    }
    int cancelling() { return rondo_task_cancelling(rondo_loop_current_task(w.loop())); }
    static rondo_status sleep_long() { return rondo_sleep(RONDO_S(1000)); }

    // Produces 0, 1, ... below n, with a turn before each; says how it was closed.
    rondo_generator *counting(int n, const std::string &name = "g") {
        return w.generator([this, n, name] {
            rondo_status s = RONDO_OK;
            for (int i = 0; i < n && s == RONDO_OK; ++i) {
                s = rondo_yield();
                rondo_value number = rondo_i64(i);
                if (s == RONDO_OK) s = rondo_produce(&number);
            }
            if (s < 0) {
                w.log(name + " " + rondo_status_name(s));
                rondo_yield(); // a clean-up may await
                w.log(name + " cleaned");
            }
            return s;
        });
    }
    static std::string all_of(rondo_generator *from) {
        std::string text;
        rondo_value value;
        rondo_status s;
        while ((s = rondo_generator_next(from, nullptr, &value, nullptr)) == 1) text += std::to_string(value.as.i64);
        return text + (s < 0 ? rondo_status_name(s) : "");
    }
};

} // namespace

// ---- timeouts

TEST_F(InFibers, O5_the_timeouts_error_has_the_cancellation_as_its_cause_and_can_be_returned) {
    rondo_error *error = nullptr;
    rondo_status s = w.run(
        [&] {
            rondo_timeout *limit = nullptr;
            rondo_status begun = rondo_timeout_begin(RONDO_S(1), &limit);
            return begun < 0 ? begun : rondo_timeout_end(limit, sleep_long());
        },
        nullptr, &error);
    EXPECT_EQ(s, RONDO_ETIMEDOUT);
    EXPECT_EQ(rondo_error_code(error), RONDO_ETIMEDOUT);
    EXPECT_EQ(rondo_error_code(rondo_error_cause(error)), RONDO_ECANCELED);
    rondo_error_release(error);
}

TEST_F(InFibers, O11_nested_timeouts_each_tell_their_own) {
    w.run([&] {
        rondo_timeout *outer = nullptr, *inner = nullptr;
        rondo_timeout_begin(RONDO_S(5), &outer);
        rondo_timeout_begin(RONDO_S(1), &inner);
        int32_t state = 0;
        EXPECT_EQ(rondo_timeout_leave(inner, sleep_long(), &state), RONDO_ETIMEDOUT);
        EXPECT_EQ(state, RONDO_TIMEOUT_EXPIRED);
        EXPECT_EQ(rondo_timeout_leave(outer, sleep_long(), &state), RONDO_ETIMEDOUT);
        EXPECT_EQ(rondo_loop_time(w.loop()), RONDO_S(5));
        EXPECT_EQ(cancelling(), 0);
        return rondo_yield();
    });
}

// ---- wait_for

TEST_F(InFibers, W10_without_a_timeout_it_is_an_await) {
    w.run([&] {
        auto *f = w.future();
        w.when(RONDO_S(1), [&] {
            rondo_value value = rondo_i64(5);
            return rondo_future_set_result(f, &value);
        });
        rondo_value view;
        EXPECT_EQ(rondo_wait_for(f, RONDO_FOREVER, &view), RONDO_OK);
        EXPECT_EQ(view.as.i64, 5);
        return RONDO_OK;
    });
}

TEST_F(InFibers, W11_it_cancels_what_it_waits_for_and_waits_until_that_has_cleaned_up) {
    w.run([&] {
        auto *task = w.spawn([&] {
            rondo_status s = sleep_long();
            rondo_sleep(RONDO_S(3));
            w.log("cleaned");
            return s;
        });
        EXPECT_EQ(rondo_wait_for(task, RONDO_S(1), nullptr), RONDO_ETIMEDOUT);
        EXPECT_EQ(rondo_loop_time(w.loop()), RONDO_S(4));
        EXPECT_EQ(rondo_future_cancelled(task), 1);
        EXPECT_EQ(cancelling(), 0);
        auto *kept = w.spawn([] { return rondo_sleep(RONDO_S(9)); });
        EXPECT_EQ(rondo_wait_for(w.shield(kept), RONDO_S(1), nullptr), RONDO_ETIMEDOUT);
        EXPECT_EQ(rondo_await(kept, nullptr), RONDO_OK);
        return RONDO_OK;
    });
}

TEST_F(InFibers, W12_with_no_time_what_is_done_is_answered_and_a_task_never_begins) {
    w.run([&] {
        auto *done = w.future();
        rondo_value value = rondo_i64(3);
        rondo_future_set_result(done, &value);
        rondo_value view;
        for (int64_t time : {int64_t{0}, -RONDO_S(1)}) {
            EXPECT_EQ(rondo_wait_for(done, time, &view), RONDO_OK);
            EXPECT_EQ(view.as.i64, 3);
            auto *task = w.spawn([&] { return w.log("never"), RONDO_OK; });
            EXPECT_EQ(rondo_wait_for(task, time, nullptr), RONDO_ETIMEDOUT);
            EXPECT_EQ(rondo_error_code(rondo_error_cause(rondo_fiber_error())), RONDO_ECANCELED);
            auto *swallows = w.spawn([&] { return sleep_long(), RONDO_OK; });
            rondo_yield();
            EXPECT_EQ(rondo_wait_for(swallows, time, nullptr), RONDO_OK);
            auto *fails = w.spawn([&] { return sleep_long(), rondo_fail(RONDO_EFAILED, "clean-up"); });
            rondo_yield();
            EXPECT_EQ(rondo_wait_for(fails, time, nullptr), RONDO_EFAILED);
        }
        EXPECT_EQ(cancelling(), 0);
        return RONDO_OK;
    });
    EXPECT_EQ(w.trace(), "");
}

TEST_F(InFibers, W13_what_the_inner_task_makes_of_the_cancellation_counts) {
    w.run([&] {
        auto *swallows = w.spawn([&] { return sleep_long(), RONDO_OK; });
        EXPECT_EQ(rondo_wait_for(swallows, RONDO_S(1), nullptr), RONDO_OK);
        auto *fails = w.spawn([&] { return sleep_long(), rondo_fail(RONDO_EFAILED, "clean-up"); });
        EXPECT_EQ(rondo_wait_for(fails, RONDO_S(1), nullptr), RONDO_EFAILED);
        EXPECT_EQ(last_message(), "clean-up");
        EXPECT_EQ(cancelling(), 0);
        return RONDO_OK;
    });
}

TEST_F(InFibers, W14_a_cancel_beside_the_completion_is_not_lost) {
    rondo_task *waiter = nullptr;
    w.run([&] {
        auto *f = w.future();
        waiter = w.spawn([&] { return rondo_wait_for(f, RONDO_S(1), nullptr); });
        rondo_yield();
        rondo_future_set_result(f, nullptr);
        rondo_future_cancel(waiter, nullptr);
        return rondo_await(waiter, nullptr);
    });
    EXPECT_EQ(rondo_future_cancelled(waiter), 1);
}

// ---- next_completed

TEST_F(InFibers, W22_iterates_in_the_order_of_completion) {
    w.run([&] {
        auto *slow = w.spawn([] { return rondo_sleep(RONDO_S(3)); });
        auto *quick = w.spawn([] { return rondo_sleep(RONDO_S(1)); });
        auto *bad = w.spawn([] { return rondo_sleep(RONDO_S(2)), rondo_fail(RONDO_EFAILED, "bad"); });
        auto *iteration = w.as_completed({slow, quick, bad});
        rondo_future *done = nullptr;
        size_t index = 0;
        std::string order;
        while (rondo_next_completed(iteration, &done, &index) == 1) {
            order += std::to_string(index);
            EXPECT_EQ(rondo_future_done(done), 1);
        }
        EXPECT_EQ(order, "120");
        EXPECT_EQ(done, nullptr);
        EXPECT_EQ(rondo_await(bad, nullptr), RONDO_EFAILED);
        return RONDO_OK;
    });
}

TEST_F(InFibers, W23_a_timeout_ends_the_iteration_with_its_error) {
    w.run([&] {
        auto *slow = w.spawn([] { return rondo_sleep(RONDO_S(3)); });
        auto *iteration = w.as_completed({slow}, RONDO_S(1));
        EXPECT_EQ(rondo_next_completed(iteration, nullptr, nullptr), RONDO_ETIMEDOUT);
        EXPECT_EQ(rondo_next_completed(iteration, nullptr, nullptr), RONDO_OK);
        return rondo_await(slow, nullptr);
    });
}

TEST_F(InFibers, W25_two_fibers_share_an_iteration) {
    std::string seen;
    w.run([&] {
        auto *a = w.future(), *b = w.future(), *c = w.future();
        auto *iteration = w.as_completed({a, b, c});
        auto consume = [&, iteration](char name) {
            return [&, iteration, name] {
                size_t index = 0;
                while (rondo_next_completed(iteration, nullptr, &index) == 1) seen += name + std::to_string(index);
                return RONDO_OK;
            };
        };
        auto *one = w.spawn(consume('x')), *two = w.spawn(consume('y'));
        rondo_yield();
        rondo_yield();
        for (auto *future : {c, a, b}) rondo_future_set_result(future, nullptr);
        rondo_await(w.gather({one, two}), nullptr);
        return RONDO_OK;
    });
    EXPECT_EQ(seen, "x2x1y0") << "x came first, and what had ended when it asked again was there at once";
}

// ---- groups

TEST_F(InFibers, K8_K20_a_groups_error_can_be_returned_like_that_of_an_await) {
    rondo_error *error = nullptr;
    rondo_status s = w.run(
        [&] {
            rondo_task_group *group = nullptr;
            rondo_status begun = rondo_task_group_begin(&group);
            if (begun < 0) return begun;
            w.spawn_member(group, [] { return rondo_fail(RONDO_EFAILED, "one"); });
            w.spawn_member(group, [] { return rondo_fail(RONDO_EFAILED, "two"); });
            return rondo_task_group_end(group, rondo_fail(RONDO_EFAILED, "body"));
        },
        nullptr, &error);
    EXPECT_EQ(s, RONDO_EGROUP);
    ASSERT_EQ(rondo_error_child_count(error), 1u) << "the members were cancelled before they began";
    EXPECT_STREQ(rondo_error_message(rondo_error_child(error, 0)), "body");
    rondo_error_release(error);
}

TEST_F(InFibers, K13_groups_timeouts_and_awaits_nested_in_straight_lines) {
    w.run([&] {
        rondo_timeout *limit = nullptr;
        rondo_timeout_begin(RONDO_S(2), &limit);
        rondo_task_group *outer = nullptr, *inner = nullptr;
        rondo_task_group_begin(&outer);
        w.spawn_member(outer, [&] {
            rondo_status s = sleep_long();
            w.log("outer member");
            return s;
        });
        rondo_task_group_begin(&inner);
        w.spawn_member(inner, [&] {
            rondo_status s = sleep_long();
            w.log("inner member");
            return s;
        });
        rondo_status s = rondo_task_group_end(inner, RONDO_OK);
        w.log(std::string("inner ") + rondo_status_name(s));
        s = rondo_task_group_end(outer, s);
        w.log(std::string("outer ") + rondo_status_name(s));
        s = rondo_timeout_end(limit, s);
        w.log(rondo_status_name(s));
        EXPECT_EQ(cancelling(), 0);
        return rondo_yield();
    });
    std::string order;
    for (const char *word : {"inner member", "inner ECANCELED", "outer member", "outer ECANCELED", "ETIMEDOUT"}) {
        size_t at = w.trace().find(word);
        ASSERT_NE(at, std::string::npos) << w.trace();
        EXPECT_LE(order.size(), at);
        order.assign(at, ' ');
    }
}

// ---- generators

TEST_F(InFibers, A_4_a_generator_fiber_consumed_by_a_fiber) {
    w.run([&] {
        auto *g = counting(4);
        EXPECT_EQ(all_of(g), "0123");
        EXPECT_EQ(all_of(g), "");
        rondo_generator_release(g);
        return RONDO_OK;
    });
    EXPECT_EQ(w.trace(), "");
}

TEST_F(InFibers, A_4_closing_it_raises_ECLOSING_where_it_produced) {
    w.run([&] {
        auto *g = counting(4);
        EXPECT_EQ(rondo_generator_next(g, nullptr, nullptr, nullptr), 1);
        EXPECT_EQ(rondo_generator_close(g, nullptr, nullptr), RONDO_OK);
        w.log("closed");
        rondo_generator_release(g);
        return RONDO_OK;
    });
    EXPECT_EQ(w.trace(), "2: g ECLOSING | 3: g cleaned closed");
}

TEST_F(InFibers, A_2_one_that_is_dropped_cleans_up_in_a_task_of_its_own) {
    w.run([&] {
        auto *g = counting(4);
        EXPECT_EQ(rondo_generator_next(g, nullptr, nullptr, nullptr), 1);
        rondo_generator_release(g);
        w.log("dropped");
        for (int i = 0; i < 4; ++i) rondo_yield();
        return RONDO_OK;
    });
    EXPECT_EQ(w.trace(), "2: dropped | 3: g ECLOSING | 4: g cleaned");
}

TEST_F(InFibers, A_3_a_closing_runner_closes_those_that_are_left) {
    auto *g = counting(4);
    w.run([&] {
        EXPECT_EQ(rondo_generator_next(g, nullptr, nullptr, nullptr), 1);
        return RONDO_OK;
    });
    EXPECT_EQ(w.close(), RONDO_OK);
    rondo_generator_release(g);
}

TEST_F(InFibers, generators_of_generators_switch_stacks_in_one_task) {
    constexpr int depth = 20;
    std::vector<rondo_generator *> chain{counting(5, "innermost")};
    for (int i = 1; i < depth; ++i) {
        rondo_generator *from = chain.back();
        chain.push_back(w.generator([from] {
            rondo_value number;
            rondo_status s;
            while ((s = rondo_generator_next(from, nullptr, &number, nullptr)) == 1) {
                number.as.i64 += 1;
                if ((s = rondo_produce(&number)) < 0) break;
            }
            return s;
        }));
    }
    w.run([&] {
        rondo_value number;
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ(rondo_generator_next(chain.back(), nullptr, &number, nullptr), 1);
            EXPECT_EQ(number.as.i64, i + depth - 1);
        }
        return RONDO_OK;
    });
    for (rondo_generator *g : chain) rondo_generator_release(g);
    EXPECT_EQ(w.close(), RONDO_OK);
    EXPECT_NE(w.trace().find("innermost cleaned"), std::string::npos) << w.trace();
}

TEST_F(InFibers, a_cancel_reaches_the_innermost_generator_and_comes_out) {
    w.run([&] {
        auto *inner = w.generator([&] {
            rondo_status s = sleep_long();
            w.log(std::string("inner ") + rondo_status_name(s));
            return s;
        });
        auto *outer = w.generator([inner] {
            rondo_status s = rondo_generator_next(inner, nullptr, nullptr, nullptr);
            return s < 0 ? s : RONDO_OK;
        });
        rondo_timeout *limit = nullptr;
        rondo_timeout_begin(RONDO_S(1), &limit);
        rondo_status s = rondo_generator_next(outer, nullptr, nullptr, nullptr);
        EXPECT_EQ(rondo_timeout_end(limit, s), RONDO_ETIMEDOUT);
        rondo_generator_release(inner);
        rondo_generator_release(outer);
        return RONDO_OK;
    });
    EXPECT_NE(w.trace().find("inner ECANCELED"), std::string::npos);
}

TEST_F(InFibers, a_generator_goes_on_in_whichever_task_asks) {
    auto *g = counting(3);
    std::string seen;
    w.run([&] {
        for (int i = 0; i < 3; ++i) {
            auto *task = w.spawn([&] {
                rondo_value number = rondo_none();
                EXPECT_EQ(rondo_generator_next(g, nullptr, &number, nullptr), 1);
                seen += std::to_string(number.as.i64);
                return RONDO_OK;
            });
            rondo_await(task, nullptr);
        }
        return RONDO_OK;
    });
    EXPECT_EQ(seen, "012");
    rondo_generator_release(g);
}

TEST_F(InFibers, producing_is_for_generators) {
    w.run([&] {
        rondo_value value = rondo_i64(1);
        EXPECT_EQ(rondo_produce(&value), RONDO_ENOFIBER);
        return RONDO_OK;
    });
}

// ---- eager starts

TEST_F(InFibers, E1_eager_fibers_inside_fibers) {
    constexpr int depth = 30;
    int at = 0;
    std::string done;
    std::function<rondo_status()> go;
    go = [&]() -> rondo_status {
        int mine = ++at;
        rondo_task *child = at < depth ? w.spawn_eager(go) : nullptr;
        EXPECT_EQ(rondo_yield(), RONDO_OK);
        if (child) rondo_await(child, nullptr);
        done += mine == depth || mine == 1 ? std::to_string(mine) + " " : "";
        return RONDO_OK;
    };
    w.run([&] {
        auto *top = w.spawn_eager(go);
        EXPECT_EQ(at, depth) << "all began inside this very call";
        EXPECT_EQ(rondo_future_done(top), 0);
        return rondo_await(top, nullptr);
    });
    EXPECT_EQ(done, "30 1 ");
}

TEST_F(InFibers, E2_one_that_never_suspends_gives_its_stack_back_at_once) {
    w.run([&] {
        for (int i = 0; i < 100; ++i) {
            auto *task = w.spawn_eager([] { return RONDO_OK; });
            EXPECT_EQ(rondo_future_done(task), 1);
        }
        return RONDO_OK;
    });
}

TEST_F(InFibers, E4_an_eager_fibers_error_is_not_its_creators) {
    w.run([&] {
        auto *task = w.spawn_eager([] { return rondo_fail(RONDO_EFAILED, "child"); });
        EXPECT_EQ(rondo_fiber_error(), nullptr);
        EXPECT_EQ(rondo_await(task, nullptr), RONDO_EFAILED);
        EXPECT_EQ(last_message(), "child");
        return RONDO_OK;
    });
}

// ---- a loop that ends under all of it

TEST_F(InFibers, nothing_leaks_when_the_loop_closes_while_they_wait) {
    w.run([&] {
        auto *f = w.future();
        w.spawn([&, f] { return rondo_wait_for(f, RONDO_S(100), nullptr); });
        w.spawn([&] { return rondo_wait_for(w.spawn([] { return sleep_long(), sleep_long(); }), 0, nullptr); });
        w.spawn([&, f] { return rondo_next_completed(w.as_completed({f}), nullptr, nullptr); });
        return rondo_yield();
    });
    rondo_loop_close(w.loop());
}
