// What a fiber may do and how it ends.
#include "world.h"

#include <stdexcept>
#include <thread>
#include <vector>

using rondo_test::last_message;
using rondo_test::World;

namespace {

struct Drops {
    int count = 0;
    static void drop(void *drops, size_t) { ++static_cast<Drops *>(drops)->count; }
    rondo_value value() { return rondo_ptr(this, drop); }
};

struct Fiber : testing::Test {
    Drops drops; // outlives the world
    World w;

    rondo_error *error_of(rondo_future *future) {
        rondo_error *error = nullptr;
        rondo_future_error(future, &error);
        rondo_error_release(error); // the future holds it
        return error;
    }
};

rondo_status answer_42(void *, rondo_value *result) {
    *result = rondo_i64(42);
    return RONDO_OK;
}

} // namespace

// ---- results

TEST_F(Fiber, result_is_moved_out_of_the_run) {
    rondo_value result;
    ASSERT_EQ(rondo_runner_run(w.runner(), answer_42, nullptr, NULL, &result, nullptr), RONDO_OK);
    EXPECT_EQ(result.as.i64, 42);
}

TEST_F(Fiber, run_needs_no_runner) {
    rondo_value result;
    ASSERT_EQ(rondo_run(answer_42, nullptr, &result, nullptr), RONDO_OK);
    EXPECT_EQ(result.as.i64, 42);
}

TEST_F(Fiber, result_of_a_failed_fiber_is_dropped) {
    auto main = [](void *arg, rondo_value *result) -> rondo_status {
        *result = static_cast<Drops *>(arg)->value();
        return rondo_fail(RONDO_EFAILED, "no");
    };
    rondo_value result = rondo_i64(1);
    EXPECT_EQ(rondo_runner_run(w.runner(), main, &drops, NULL, &result, nullptr), RONDO_EFAILED);
    EXPECT_EQ(result.kind, uint32_t{RONDO_NONE});
    EXPECT_EQ(drops.count, 1);
}

TEST_F(Fiber, await_shows_the_value_and_leaves_it) {
    w.run([&] {
        rondo_task *task = nullptr;
        EXPECT_EQ(rondo_fiber_create(nullptr, answer_42, nullptr, nullptr, &task), RONDO_OK);
        rondo_value view;
        EXPECT_EQ(rondo_await(task, &view), RONDO_OK);
        EXPECT_EQ(view.as.i64, 42);
        EXPECT_EQ(rondo_await(task, &view), RONDO_OK); // done: at once
        EXPECT_EQ(view.as.i64, 42);
        rondo_future_release(task);
        return RONDO_OK;
    });
}

TEST_F(Fiber, views_own_nothing) {
    w.run([&] {
        auto *f = w.future();
        rondo_value value = drops.value();
        rondo_future_set_result(f, &value);
        rondo_value view;
        EXPECT_EQ(rondo_await(f, &view), RONDO_OK);
        EXPECT_EQ(view.as.ptr, &drops);
        rondo_value_drop(&view);
        return RONDO_OK;
    });
    EXPECT_EQ(drops.count, 0);
}

TEST_F(Fiber, await_release_moves_the_value_to_the_only_holder) {
    for (bool done_before : {false, true}) {
        int before = drops.count;
        w.run([&] {
            rondo_future *f = nullptr;
            rondo_future_create(w.loop(), nullptr, &f);
            auto *setter = w.spawn([&] {
                rondo_value value = drops.value();
                return rondo_future_set_result(f, &value);
            });
            if (done_before) rondo_await(setter, nullptr);
            rondo_value out;
            EXPECT_EQ(rondo_await_release(f, &out), RONDO_OK);
            EXPECT_EQ(out.as.ptr, &drops);
            EXPECT_EQ(drops.count, before);
            rondo_value_drop(&out);
            return RONDO_OK;
        });
        EXPECT_EQ(drops.count, before + 1);
    }
}

TEST_F(Fiber, await_release_copies_plain_values_others_hold_and_leaves_them_the_rest) {
    w.run([&] {
        auto *plain = w.future();
        auto *owned = w.future();
        rondo_value value = rondo_i64(7);
        rondo_future_set_result(plain, &value);
        value = drops.value();
        rondo_future_set_result(owned, &value);
        rondo_value out;
        EXPECT_EQ(rondo_await_release(rondo_future_retain(plain), &out), RONDO_OK);
        EXPECT_EQ(out.as.i64, 7);
        EXPECT_EQ(rondo_await_release(rondo_future_retain(owned), &out), RONDO_OK);
        EXPECT_EQ(out.kind, uint32_t{RONDO_NONE});
        EXPECT_EQ(rondo_await(owned, &out), RONDO_OK);
        EXPECT_EQ(out.as.ptr, &drops);
        return RONDO_OK;
    });
    EXPECT_EQ(drops.count, 0);
}

TEST_F(Fiber, a_value_taken_by_another_is_an_error) {
    w.run([&] {
        auto *f = w.future();
        rondo_value value = rondo_i64(7);
        rondo_future_set_result(f, &value);
        rondo_value out;
        EXPECT_EQ(rondo_future_take(f, &out, nullptr), RONDO_OK);
        EXPECT_EQ(rondo_await(f, &out), RONDO_ETAKEN);
        EXPECT_EQ(rondo_error_code(rondo_fiber_error()), RONDO_ETAKEN);
        return RONDO_OK;
    });
}

// ---- time

TEST_F(Fiber, sleeps_as_long_as_asked) {
    w.run([&] {
        int64_t start = rondo_loop_time(w.loop());
        EXPECT_EQ(rondo_sleep(RONDO_S(3600)), RONDO_OK);
        EXPECT_EQ(rondo_loop_time(w.loop()) - start, RONDO_S(3600));
        return RONDO_OK;
    });
}

TEST_F(Fiber, sleep_of_nothing_and_yield_take_one_turn) {
    w.run([&] {
        for (int64_t delay : {int64_t{0}, int64_t{-5}}) {
            uint64_t turn = w.turn();
            EXPECT_EQ(rondo_sleep(delay), RONDO_OK);
            EXPECT_EQ(w.turn() - turn, 1U);
        }
        uint64_t turn = w.turn();
        EXPECT_EQ(rondo_yield(), RONDO_OK);
        EXPECT_EQ(w.turn() - turn, 1U);
        return RONDO_OK;
    });
}

TEST_F(Fiber, awaiting_what_is_done_takes_no_turn) {
    w.run([&] {
        auto *f = w.future();
        rondo_future_set_result(f, nullptr);
        uint64_t turn = w.turn();
        EXPECT_EQ(rondo_await(f, nullptr), RONDO_OK);
        EXPECT_EQ(rondo_await(w.gather({}), nullptr), RONDO_OK);
        EXPECT_EQ(rondo_await(w.gather({f, f}), nullptr), RONDO_OK);
        EXPECT_EQ(w.turn(), turn);
        return RONDO_OK;
    });
}

// ---- errors

TEST_F(Fiber, fails_with_the_very_error_of_its_await) {
    rondo_error *thrown = rondo_error_new(RONDO_EFAILED, "deep");
    rondo_error *caught = nullptr;
    rondo_status status = w.run(
        [&] {
            auto *inner = w.spawn([&] { return rondo_raise(rondo_error_retain(thrown)); });
            auto *mid = w.spawn([&] { return rondo_await(inner, nullptr); });
            rondo_status s = rondo_await(mid, nullptr);
            EXPECT_EQ(rondo_fiber_error(), thrown);
            EXPECT_EQ(error_of(inner), thrown);
            EXPECT_EQ(error_of(mid), thrown);
            return s;
        },
        nullptr, &caught);
    EXPECT_EQ(status, RONDO_EFAILED);
    EXPECT_EQ(caught, thrown);
    rondo_error_release(caught);
    rondo_error_release(thrown);
}

TEST_F(Fiber, fails_with_its_error_even_after_a_clean_up_that_awaits_and_fails) {
    w.run([&] {
        rondo_error *first = rondo_error_new(RONDO_EFAILED, "first");
        auto *failing = w.future();
        rondo_future_set_error(failing, first);
        auto *task = w.spawn([&] {
            rondo_status s = rondo_await(failing, nullptr);
            rondo_sleep(RONDO_MS(1));
            EXPECT_EQ(rondo_fiber_error(), nullptr);
            auto *also = w.future();
            rondo_error *other = rondo_error_new(RONDO_ESTATE, "in the clean-up");
            rondo_future_set_error(also, other);
            rondo_error_release(other);
            EXPECT_EQ(rondo_await(also, nullptr), RONDO_ESTATE);
            return s;
        });
        EXPECT_EQ(rondo_await(task, nullptr), RONDO_EFAILED);
        EXPECT_EQ(rondo_fiber_error(), first);
        rondo_error_release(first);
        return RONDO_OK;
    });
}

TEST_F(Fiber, a_status_of_its_own_makes_a_new_error) {
    w.run([&] {
        auto *task = w.spawn([] { return RONDO_ETIMEDOUT; });
        EXPECT_EQ(rondo_await(task, nullptr), RONDO_ETIMEDOUT);
        EXPECT_EQ(last_message(), rondo_strerror(RONDO_ETIMEDOUT));
        task = w.spawn([] { return rondo_fail(RONDO_ENOTSUP, "not here"); });
        EXPECT_EQ(rondo_await(task, nullptr), RONDO_ENOTSUP);
        EXPECT_EQ(last_message(), "not here");
        task = w.spawn([] { return 17; });
        EXPECT_EQ(rondo_await(task, nullptr), RONDO_EINVAL);
        return RONDO_OK;
    });
}

TEST_F(Fiber, fail_with_a_code_that_is_none_is_an_invalid_argument) {
    w.run([&] {
        auto *task = w.spawn([] { return rondo_fail(0, "fine?"); });
        EXPECT_EQ(rondo_await(task, nullptr), RONDO_EINVAL);
        EXPECT_EQ(last_message(), "fine?");
        return RONDO_OK;
    });
}

TEST_F(Fiber, fiber_error_is_null_before_and_after_success) {
    w.run([&] {
        EXPECT_EQ(rondo_fiber_error(), nullptr);
        auto *task = w.spawn([] { return RONDO_EFAILED; });
        EXPECT_EQ(rondo_await(task, nullptr), RONDO_EFAILED);
        EXPECT_NE(rondo_fiber_error(), nullptr);
        rondo_yield();
        EXPECT_EQ(rondo_fiber_error(), nullptr);
        return RONDO_OK;
    });
}

TEST_F(Fiber, an_error_nobody_awaits_is_reported) {
    w.run([&] {
        rondo_task *task = nullptr;
        rondo_fiber_create(
            w.loop(), [](void *, rondo_value *) { return rondo_fail(RONDO_EFAILED, "x"); }, nullptr, nullptr, &task);
        rondo_yield();
        rondo_yield();
        rondo_future_release(task);
        return RONDO_OK;
    });
    EXPECT_EQ(w.reports(), "Task exception was never retrieved\n");
}

// ---- C++ exceptions

TEST_F(Fiber, a_cpp_exception_becomes_an_error) {
    w.run([&] {
        auto *task = w.spawn([]() -> rondo_status { throw std::runtime_error("thrown"); });
        EXPECT_EQ(rondo_await(task, nullptr), RONDO_EFAILED);
        EXPECT_EQ(last_message(), "thrown");
        task = w.spawn([]() -> rondo_status { throw 1; });
        EXPECT_EQ(rondo_await(task, nullptr), RONDO_EFAILED);
        return RONDO_OK;
    });
}

TEST_F(Fiber, may_suspend_inside_catch_blocks_that_overlap) {
    int finished = 0;
    w.run([&] {
        std::vector<rondo_future *> tasks;
        for (int i = 0; i < 3; ++i) {
            tasks.push_back(w.spawn([&, i] {
                try {
                    throw i;
                } catch (int caught) {
                    EXPECT_EQ(std::uncaught_exceptions(), 0);
                    rondo_sleep(RONDO_MS(10 - 3 * i)); // leaves in another order than it came
                    EXPECT_EQ(caught, i);
                    try {
                        throw;
                    } catch (int again) {
                        EXPECT_EQ(again, i);
                    }
                }
                ++finished;
                return RONDO_OK;
            }));
        }
        EXPECT_EQ(std::current_exception(), nullptr);
        for (auto *task : tasks) rondo_await(task, nullptr);
        return RONDO_OK;
    });
    EXPECT_EQ(finished, 3);
    EXPECT_EQ(std::current_exception(), nullptr);
}

// ---- cancellation (T30-T43)

TEST_F(Fiber, T31_cancel_strikes_at_the_suspension_in_a_later_turn) {
    w.run([&] {
        auto *task = w.spawn([&] {
            EXPECT_EQ(rondo_sleep(RONDO_S(1)), RONDO_ECANCELED);
            EXPECT_EQ(last_message(), "enough");
            return RONDO_ECANCELED;
        });
        rondo_yield();
        EXPECT_EQ(rondo_future_cancel(task, "enough"), 1);
        EXPECT_EQ(rondo_future_done(task), 0);
        EXPECT_EQ(rondo_await(task, nullptr), RONDO_ECANCELED);
        EXPECT_EQ(last_message(), "enough");
        EXPECT_EQ(rondo_future_cancelled(task), 1);
        EXPECT_EQ(rondo_loop_time(w.loop()), 0);
        return RONDO_OK;
    });
}

TEST_F(Fiber, T33_cancelled_before_it_began_takes_no_stack) {
    w.run([&] {
        bool ran = false;
        auto *task = w.spawn([&] {
            ran = true;
            return RONDO_OK;
        });
        rondo_future_cancel(task, "m");
        EXPECT_EQ(rondo_await(task, nullptr), RONDO_ECANCELED);
        EXPECT_EQ(last_message(), "m");
        EXPECT_FALSE(ran);
        return RONDO_OK;
    });
}

TEST_F(Fiber, T34_cancelling_itself_strikes_the_next_suspension_only) {
    w.run([&] {
        auto *done = w.future();
        rondo_future_set_result(done, nullptr);
        auto *task = w.spawn([&] {
            rondo_future_cancel(rondo_loop_current_task(w.loop()), "self");
            EXPECT_EQ(rondo_await(done, nullptr), RONDO_OK);
            rondo_status s = rondo_sleep(RONDO_S(1));
            EXPECT_EQ(last_message(), "self");
            return s;
        });
        EXPECT_EQ(rondo_await(task, nullptr), RONDO_ECANCELED);
        task = w.spawn([&] {
            rondo_future_cancel(rondo_loop_current_task(w.loop()), "self");
            return RONDO_OK;
        });
        EXPECT_EQ(rondo_await(task, nullptr), RONDO_ECANCELED);
        EXPECT_EQ(rondo_future_cancelled(task), 1);
        task = w.spawn([&] {
            rondo_future_cancel(rondo_loop_current_task(w.loop()), "self");
            return rondo_fail(RONDO_EFAILED, "other");
        });
        EXPECT_EQ(rondo_await(task, nullptr), RONDO_EFAILED);
        return RONDO_OK;
    });
}

TEST_F(Fiber, T35_an_inner_task_that_swallows_the_cancel_saves_the_outer) {
    w.run([&] {
        auto *inner = w.spawn([&] {
            EXPECT_EQ(rondo_sleep(RONDO_S(1)), RONDO_ECANCELED);
            return RONDO_OK;
        });
        auto *outer = w.spawn([&] { return rondo_await(inner, nullptr); });
        rondo_yield();
        rondo_yield();
        rondo_future_cancel(outer, nullptr);
        EXPECT_EQ(rondo_await(outer, nullptr), RONDO_OK);
        EXPECT_EQ(rondo_future_cancelled(outer), 0);
        EXPECT_EQ(rondo_task_cancelling(outer), 1);
        EXPECT_EQ(rondo_task_cancelling(inner), 1);
        return RONDO_OK;
    });
}

TEST_F(Fiber, T36_ending_cancelled_by_its_own_will) {
    w.run([&] {
        auto *task = w.spawn([] { return RONDO_ECANCELED; });
        EXPECT_EQ(rondo_await(task, nullptr), RONDO_ECANCELED);
        EXPECT_EQ(rondo_future_cancelled(task), 1);
        EXPECT_EQ(rondo_task_cancelling(task), 0);
        return RONDO_OK;
    });
}

TEST_F(Fiber, T37_T38_a_swallowed_cancel_is_gone_and_a_second_one_strikes_the_clean_up) {
    w.run([&] {
        auto *task = w.spawn([&] {
            EXPECT_EQ(rondo_sleep(RONDO_S(1)), RONDO_ECANCELED);
            EXPECT_EQ(last_message(), "one");
            EXPECT_EQ(rondo_sleep(RONDO_MS(1)), RONDO_OK);
            EXPECT_EQ(rondo_sleep(RONDO_S(1)), RONDO_ECANCELED);
            EXPECT_EQ(last_message(), "three");
            return RONDO_OK;
        });
        rondo_yield();
        rondo_future_cancel(task, "one");
        rondo_future_cancel(task, "two");
        EXPECT_EQ(rondo_task_cancelling(task), 2);
        rondo_sleep(RONDO_MS(2));
        rondo_future_cancel(task, "three");
        EXPECT_EQ(rondo_await(task, nullptr), RONDO_OK);
        EXPECT_EQ(rondo_task_cancelling(task), 3);
        return RONDO_OK;
    });
}

TEST_F(Fiber, T39_uncancel_takes_back_a_request_that_has_not_struck) {
    w.run([&] {
        auto *task = w.spawn([&] {
            rondo_task *self = rondo_loop_current_task(w.loop());
            rondo_future_cancel(self, nullptr);
            EXPECT_EQ(rondo_task_uncancel(self), 0);
            return rondo_sleep(RONDO_MS(1));
        });
        EXPECT_EQ(rondo_await(task, nullptr), RONDO_OK);
        return RONDO_OK;
    });
}

TEST_F(Fiber, T41_translating_a_cancel_makes_a_failure) {
    w.run([&] {
        auto *task = w.spawn([&] {
            rondo_sleep(RONDO_S(1));
            return rondo_fail(RONDO_EFAILED, "translated");
        });
        rondo_yield();
        rondo_future_cancel(task, nullptr);
        EXPECT_EQ(rondo_await(task, nullptr), RONDO_EFAILED);
        EXPECT_EQ(rondo_future_cancelled(task), 0);
        return RONDO_OK;
    });
}

TEST_F(Fiber, T43_awaiting_what_others_cancelled_is_not_being_cancelled) {
    w.run([&] {
        auto *f = w.future();
        auto *task = w.spawn([&] {
            EXPECT_EQ(rondo_await(f, nullptr), RONDO_ECANCELED);
            EXPECT_EQ(rondo_task_cancelling(rondo_loop_current_task(w.loop())), 0);
            return RONDO_OK;
        });
        rondo_yield();
        rondo_future_cancel(f, nullptr);
        EXPECT_EQ(rondo_await(task, nullptr), RONDO_OK);
        return RONDO_OK;
    });
}

TEST_F(Fiber, the_reason_keeps_its_identity_through_a_chain) {
    w.run([&] {
        auto *inner = w.spawn([] { return rondo_sleep(RONDO_S(1)); });
        auto *outer = w.spawn([&] {
            rondo_status s = rondo_await(inner, nullptr);
            rondo_sleep(RONDO_MS(1));
            return s;
        });
        rondo_yield();
        rondo_yield();
        rondo_error *reason = rondo_error_new(RONDO_ECANCELED, "why");
        rondo_future_cancel_with(outer, reason);
        EXPECT_EQ(rondo_await(outer, nullptr), RONDO_ECANCELED);
        EXPECT_EQ(rondo_fiber_error(), reason);
        rondo_error_release(reason);
        return RONDO_OK;
    });
}

TEST_F(Fiber, leftovers_clean_up_when_the_runner_closes) {
    w.run([&] {
        for (const char *name : {"A", "B"}) {
            w.spawn([&, name] {
                rondo_status s = rondo_sleep(RONDO_S(1000));
                rondo_sleep(RONDO_MS(10));
                w.log(std::string(name) + " " + rondo_status_name(s));
                return s;
            });
        }
        rondo_yield();
        return RONDO_OK;
    });
    EXPECT_EQ(w.close(), RONDO_OK);
    EXPECT_NE(w.trace().find("A ECANCELED B ECANCELED"), std::string::npos) << w.trace();
    EXPECT_EQ(w.reports(), "");
}

TEST_F(Fiber, unfinished_when_the_loop_closes_is_freed) {
    w.run([&] {
        for (int i = 0; i < 10; ++i) w.spawn([] { return rondo_sleep(RONDO_S(1)); });
        rondo_yield();
        return RONDO_OK;
    });
    EXPECT_EQ(rondo_loop_close(w.loop()), RONDO_OK);
    EXPECT_NE(w.reports().find("Task was destroyed but it is pending!"), std::string::npos);
}

// ---- bad input

TEST_F(Fiber, outside_a_fiber_nothing_of_the_room_works) {
    rondo_value view = rondo_i64(1);
    auto *f = w.future();
    EXPECT_EQ(rondo_await(f, &view), RONDO_ENOFIBER);
    EXPECT_EQ(view.kind, uint32_t{RONDO_NONE});
    EXPECT_EQ(rondo_await_release(rondo_future_retain(f), &view), RONDO_ENOFIBER);
    EXPECT_EQ(rondo_sleep(1), RONDO_ENOFIBER);
    EXPECT_EQ(rondo_yield(), RONDO_ENOFIBER);
    EXPECT_EQ(rondo_fail(RONDO_EFAILED, "x"), RONDO_ENOFIBER);
    rondo_error *error = rondo_error_new(RONDO_EFAILED, "mine");
    EXPECT_EQ(rondo_raise(error), RONDO_ENOFIBER);
    EXPECT_STREQ(rondo_error_message(error), "mine");
    rondo_error_release(error);
    EXPECT_EQ(rondo_fiber_error(), nullptr);
    EXPECT_EQ(rondo_await(nullptr, nullptr), RONDO_EINVAL);
    EXPECT_EQ(rondo_await_release(nullptr, nullptr), RONDO_EINVAL);
    EXPECT_EQ(rondo_raise(nullptr), RONDO_EINVAL);
}

TEST_F(Fiber, in_a_callback_nothing_of_the_room_works) {
    rondo_status seen = RONDO_OK;
    w.run([&] {
        rondo_loop_call_soon(
            w.loop(), [](void *user, rondo_call *) { *static_cast<rondo_status *>(user) = rondo_yield(); }, &seen,
            nullptr, nullptr);
        rondo_yield();
        rondo_yield();
        return RONDO_OK;
    });
    EXPECT_EQ(seen, RONDO_ENOFIBER);
}

TEST_F(Fiber, in_a_context_entered_by_hand_it_cannot_suspend) {
    rondo_status seen = RONDO_OK;
    w.run([&] {
        rondo_context *context = nullptr;
        rondo_context_create(&context);
        auto yield = [](void *user, rondo_call *) { *static_cast<rondo_status *>(user) = rondo_yield(); };
        EXPECT_EQ(rondo_context_run(context, yield, &seen), RONDO_OK);
        rondo_context_release(context);
        return rondo_yield();
    });
    EXPECT_EQ(seen, RONDO_ENOFIBER);
}

TEST_F(Fiber, bad_arguments_change_nothing) {
    rondo_task *task = nullptr;
    EXPECT_EQ(rondo_fiber_create(nullptr, answer_42, nullptr, nullptr, &task), RONDO_ENOLOOP);
    EXPECT_EQ(rondo_fiber_create(w.loop(), nullptr, nullptr, nullptr, &task), RONDO_EINVAL);
    auto *f = w.future();
    auto *as_loop = reinterpret_cast<rondo_loop *>(f);
    EXPECT_EQ(rondo_fiber_create(as_loop, answer_42, nullptr, nullptr, &task), RONDO_EKIND);
    auto options = rondo_test::sized<rondo_task_options>();
    options.stack_size = SIZE_MAX;
    EXPECT_EQ(rondo_fiber_create(w.loop(), answer_42, nullptr, &options, &task), RONDO_ENOMEM);
    EXPECT_EQ(task, nullptr);
    w.run([&] {
        EXPECT_EQ(rondo_await(nullptr, nullptr), RONDO_EINVAL);
        EXPECT_EQ(rondo_await(reinterpret_cast<rondo_future *>(w.loop()), nullptr), RONDO_EKIND);
        return RONDO_OK;
    });
    EXPECT_EQ(w.close(), RONDO_OK);
}

TEST_F(Fiber, on_a_closed_loop_none_is_made) {
    rondo_loop *loop = rondo_loop_retain(w.loop());
    w.close();
    rondo_task *task = nullptr;
    EXPECT_EQ(rondo_fiber_create(loop, answer_42, nullptr, nullptr, &task), RONDO_ECLOSED);
    rondo_loop_release(loop);
}

TEST_F(Fiber, awaiting_itself_is_an_error_in_the_next_turn) {
    w.run([&] {
        uint64_t turn = w.turn();
        EXPECT_EQ(rondo_await(rondo_loop_current_task(w.loop()), nullptr), RONDO_ESELF);
        EXPECT_EQ(w.turn() - turn, 1U);
        return RONDO_OK;
    });
}

TEST_F(Fiber, a_pending_future_of_another_loop_is_an_error_a_done_one_is_not) {
    World other;
    auto *pending = other.future();
    auto *done = other.future();
    rondo_future_set_result(done, nullptr);
    w.run([&] {
        EXPECT_EQ(rondo_await(pending, nullptr), RONDO_EOTHERLOOP);
        EXPECT_EQ(rondo_await(done, nullptr), RONDO_OK);
        return RONDO_OK;
    });
    EXPECT_EQ(rondo_future_done(pending), 0);
}

TEST_F(Fiber, a_run_inside_a_fiber_is_refused) {
    w.run([&] {
        EXPECT_EQ(rondo_run(answer_42, nullptr, nullptr, nullptr), RONDO_ERUNNING);
        return rondo_yield();
    });
}

// ---- contexts and names

TEST_F(Fiber, sees_its_own_context_on_both_sides_of_a_switch) {
    rondo_ctxvar *var = nullptr;
    rondo_ctxvar_create("var", nullptr, &var);
    w.run([&] {
        std::vector<rondo_future *> tasks;
        for (int64_t i = 0; i < 3; ++i) {
            tasks.push_back(w.spawn([&, i] {
                rondo_value value = rondo_i64(i);
                rondo_context_set(nullptr, var, &value, nullptr);
                rondo_sleep(RONDO_MS(5 - i));
                rondo_value view;
                EXPECT_EQ(rondo_context_get(nullptr, var, &view), RONDO_OK);
                EXPECT_EQ(view.as.i64, i);
                return RONDO_OK;
            }));
        }
        for (auto *task : tasks) rondo_await(task, nullptr);
        rondo_value view;
        EXPECT_EQ(rondo_context_get(nullptr, var, &view), RONDO_ENOVALUE);
        return RONDO_OK;
    });
    rondo_ctxvar_release(var);
}

TEST_F(Fiber, is_the_current_task_with_its_name) {
    w.run([&] {
        auto *task = w.spawn(
            [&] {
                EXPECT_STREQ(rondo_task_get_name(rondo_loop_current_task(nullptr)), "named");
                rondo_yield();
                EXPECT_STREQ(rondo_task_get_name(rondo_loop_current_task(nullptr)), "named");
                return RONDO_OK;
            },
            "named");
        return rondo_await(task, nullptr);
    });
}

// ---- threads

TEST_F(Fiber, suspended_in_one_thread_goes_on_in_another) {
    rondo_task *task = nullptr;
    w.run([&] {
        task = w.spawn([&] {
            for (int i = 0; i < 3; ++i) rondo_sleep(RONDO_MS(1));
            try {
                throw std::runtime_error("in the other thread");
            } catch (const std::exception &) {
                rondo_yield();
            }
            return rondo_loop_running() == w.loop() ? RONDO_OK : RONDO_EFAILED;
        });
        return rondo_sleep(RONDO_MS(1));
    });
    EXPECT_EQ(rondo_future_done(task), 0);
    std::thread([&] { EXPECT_EQ(w.run([&] { return rondo_await(task, nullptr); }), RONDO_OK); }).join();
}

TEST_F(Fiber, in_many_threads_at_once) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([] {
            World own;
            int ended = 0;
            own.run([&] {
                std::vector<rondo_future *> tasks;
                for (int i = 0; i < 200; ++i) {
                    tasks.push_back(own.spawn([&, i] {
                        rondo_sleep(RONDO_MS(i % 7));
                        ++ended;
                        return RONDO_OK;
                    }));
                }
                for (auto *task : tasks) rondo_await(task, nullptr);
                return RONDO_OK;
            });
            EXPECT_EQ(ended, 200);
        });
    }
    for (auto &thread : threads) thread.join();
}
