// Futures: section 3 of the semantics.
#include "script.h"

#include <thread>

using namespace rondo::test;

namespace {

class AFuture : public testing::Test, public TaskWorld {
protected:
    Future f = future();
};

struct Dropped {
    static void drop(void *counter, size_t) { ++*static_cast<int *>(counter); }
    rondo_value value() { return rondo_ptr(&count, drop); }
    int count = 0;
};

} // namespace

TEST_F(AFuture, F1_is_pending_then_finished_for_good) {
    EXPECT_FALSE(f.done());
    EXPECT_EQ(f.set(7), RONDO_OK);
    EXPECT_TRUE(f.done());
    EXPECT_FALSE(f.cancelled());
    EXPECT_EQ(f.text(), "7");
    EXPECT_FALSE(f.cancel());
    EXPECT_EQ(f.fail("late"), RONDO_ESTATE);
    EXPECT_EQ(f.text(), "7");
}

TEST_F(AFuture, F1_a_failed_one_stays_failed_and_a_cancelled_one_cancelled) {
    f.fail("broken");
    EXPECT_FALSE(f.cancel());
    EXPECT_EQ(f.text(), "EFAILED broken");
    Future other = future();
    EXPECT_TRUE(other.cancel("enough"));
    EXPECT_EQ(other.set(1), RONDO_ESTATE);
    EXPECT_TRUE(other.cancelled());
    EXPECT_TRUE(other.done());
}

TEST_F(AFuture, F2_finishing_it_twice_is_refused_and_the_value_stays_the_callers) {
    f.set(1);
    Dropped thing;
    rondo_value value = thing.value();
    EXPECT_EQ(rondo_future_set_result(f.get(), &value), RONDO_ESTATE);
    EXPECT_EQ(value.as.ptr, &thing.count);
    EXPECT_EQ(thing.count, 0);
    EXPECT_EQ(f.fail("broken"), RONDO_ESTATE);
    EXPECT_EQ(f.text(), "1");
}

TEST_F(AFuture, F2_a_pending_one_has_no_result_yet) {
    EXPECT_EQ(f.result().status, RONDO_ESTATE);
    EXPECT_EQ(f.error().status, RONDO_ESTATE);
}

TEST_F(AFuture, F2_a_cancelled_one_raises_its_message_each_time) {
    f.cancel("enough");
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(f.text(), "ECANCELED enough");
        EXPECT_EQ(f.error().text(), "ECANCELED enough");
    }
}

TEST_F(AFuture, F3_cancelling_answers_whether_it_did_something) {
    EXPECT_TRUE(f.cancel());
    EXPECT_FALSE(f.cancel());
    EXPECT_EQ(f.text(), "ECANCELED");
}

TEST_F(AFuture, F3_even_a_refused_cancel_counts_as_looking_at_the_error) {
    f.fail("broken");
    EXPECT_FALSE(f.cancel());
    f = Future();
    EXPECT_TRUE(heard.empty());
}

TEST_F(AFuture, F4_callbacks_are_scheduled_and_never_run_in_place) {
    say_when_done(f, "callback");
    soon([&] {
        say("before");
        f.set(1);
        say("after");
    });
    soon([&] { say("queued"); });
    run();
    EXPECT_EQ(trace(), "1: before after queued | 2: callback");
}

TEST_F(AFuture, F4_neither_are_those_of_a_cancelled_or_failed_one) {
    Future g = future();
    say_when_done(f, "f");
    say_when_done(g, "g");
    soon([&] {
        f.cancel();
        g.fail("broken");
        g.silence();
        say("done");
    });
    run();
    EXPECT_EQ(trace(), "1: done | 2: f g");
}

TEST_F(AFuture, F5_callbacks_and_waiting_tasks_come_in_the_order_of_their_registration) {
    say_when_done(f, "callback 1");
    spawn([&]() -> Script {
        co_await f;
        say("task 1");
    });
    soon([&] { say_when_done(f, "callback 2"); });
    spawn([&]() -> Script {
        co_await f;
        say("task 2");
    });
    soon([&] { soon([&] { f.set(1); }); });
    run();
    EXPECT_EQ(trace(), "3: callback 1 task 1 callback 2 task 2");
}

TEST_F(AFuture, F5_all_are_placed_in_the_queue_together_at_the_moment_of_completion) {
    for (const char *name : {"a", "b", "c"}) say_when_done(f, name);
    soon([&] {
        soon([&] { say("before"); });
        f.set(1);
        soon([&] { say("behind"); });
    });
    run();
    EXPECT_EQ(trace(), "2: before a b c behind");
}

TEST_F(AFuture, F6_a_callback_added_to_a_done_one_is_scheduled_at_once) {
    f.set(1);
    soon([&] {
        say_when_done(f, "callback");
        say("added");
    });
    run();
    EXPECT_EQ(trace(), "1: added | 2: callback");
}

TEST_F(AFuture, F6_a_callback_is_given_the_future) {
    rondo_future *given = nullptr;
    when_done(f, [&](rondo_call &call) { given = call.future; });
    f.set(1);
    run();
    EXPECT_EQ(given, f.get());
}

TEST_F(AFuture, F6_a_scheduled_callback_keeps_the_future_alive) {
    rondo_future *borrowed = f.get();
    when_done(f, [&](rondo_call &call) {
        EXPECT_EQ(call.future, borrowed);
        EXPECT_EQ(Future(rondo_future_retain(call.future)).text(), "5");
    });
    f.set(5);
    f = Future();
    run();
    EXPECT_EQ(stats().futures, 0u);
}

TEST_F(AFuture, F6_the_context_of_a_callback_is_captured_when_it_is_added) {
    rondo_ctxvar *var = nullptr;
    rondo_ctxvar_create("var", nullptr, &var);
    auto set = [&](int64_t number) {
        rondo_value value = rondo_i64(number);
        rondo_context_set(nullptr, var, &value, nullptr);
    };
    soon([&] {
        set(1);
        when_done(f, [&] {
            rondo_value view = rondo_none();
            rondo_context_get(nullptr, var, &view);
            say(std::to_string(view.as.i64));
        });
        set(2);
        f.set(0);
    });
    run();
    EXPECT_EQ(trace(), "2: 1");
    rondo_ctxvar_release(var);
}

TEST_F(AFuture, F7_removing_a_callback_removes_all_equal_entries_and_tells_how_many) {
    int calls[2] = {0, 0};
    auto count = [](void *user, rondo_call *) { ++*static_cast<int *>(user); };
    for (int *user : {&calls[0], &calls[1], &calls[0]}) {
        EXPECT_EQ(rondo_future_add_done_callback(f.get(), count, user, nullptr), RONDO_OK);
    }
    auto another = [](void *, rondo_call *) {};
    EXPECT_EQ(rondo_future_remove_done_callback(f.get(), another, &calls[0]), 0);
    EXPECT_EQ(rondo_future_remove_done_callback(f.get(), count, &calls[0]), 2);
    EXPECT_EQ(rondo_future_remove_done_callback(f.get(), count, &calls[0]), 0);
    f.set(1);
    run();
    EXPECT_EQ(calls[0], 0);
    EXPECT_EQ(calls[1], 1);
}

TEST_F(AFuture, F7_what_is_scheduled_already_is_not_touched) {
    int calls = 0;
    auto count = [](void *user, rondo_call *) { ++*static_cast<int *>(user); };
    rondo_future_add_done_callback(f.get(), count, &calls, nullptr);
    f.set(1);
    EXPECT_EQ(rondo_future_remove_done_callback(f.get(), count, &calls), 0);
    run();
    EXPECT_EQ(calls, 1);
}

TEST_F(AFuture, F7_a_removed_callback_drops_its_data) {
    bool dropped = false;
    auto options = sized<rondo_call_options>();
    options.drop = [](void *user) { *static_cast<bool *>(user) = true; };
    auto nothing = [](void *, rondo_call *) {};
    rondo_future_add_done_callback(f.get(), nothing, &dropped, &options);
    rondo_future_remove_done_callback(f.get(), nothing, &dropped);
    EXPECT_TRUE(dropped);
}

TEST_F(AFuture, F8_a_failing_callback_is_reported_and_the_rest_run) {
    when_done(f, [](rondo_call &call) { call.status = RONDO_EFAILED; });
    say_when_done(f, "second");
    f.set(1);
    run();
    EXPECT_EQ(trace(), "1: second");
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].message, "Exception in callback");
}

TEST_F(AFuture, F9_a_cancellation_set_as_an_error_makes_it_failed_and_not_cancelled) {
    f.fail("as an error", RONDO_ECANCELED);
    EXPECT_TRUE(f.done());
    EXPECT_FALSE(f.cancelled());
    EXPECT_EQ(f.text(), "ECANCELED as an error");
    rondo_error *error = nullptr;
    EXPECT_EQ(rondo_future_error(f.get(), &error), RONDO_OK);
    EXPECT_EQ(rondo_error_code(error), RONDO_ECANCELED);
    rondo_error_release(error);
}

TEST_F(AFuture, F10_awaiting_a_pending_one_suspends_and_a_done_one_does_not) {
    Future done = future();
    done.set(1);
    spawn([&]() -> Script {
        int64_t got = co_await done;
        say("done " + std::to_string(got));
        got = co_await f;
        say("pending " + std::to_string(got));
    });
    soon([&] { f.set(2); });
    run();
    EXPECT_EQ(trace(), "1: done 1 | 2: pending 2");
}

TEST_F(AFuture, F11_many_tasks_get_the_same_value_and_the_same_error_object) {
    const rondo_error *seen[2] = {nullptr, nullptr};
    Future broken = future();
    for (int i : {0, 1}) {
        spawn([&, i]() -> Script {
            int64_t got = co_await f;
            say(std::to_string(got));
            try {
                co_await broken;
            } catch (const Raised &raised) {
                seen[i] = raised.error();
            }
        });
    }
    soon([&] { f.set(3); });
    soon([&] { soon([&] { soon([&] { broken.fail("broken"); }); }); });
    run();
    EXPECT_EQ(trace(), "2: 3 3");
    EXPECT_NE(seen[0], nullptr);
    EXPECT_EQ(seen[0], seen[1]);
}

TEST_F(AFuture, F12_belongs_to_the_loop_that_made_it) {
    EXPECT_EQ(rondo_future_loop(f.get()), loop);
    EXPECT_EQ(rondo_future_loop(nullptr), nullptr);
}

TEST_F(AFuture, F13_awaiting_outside_a_task_is_refused) {
    EXPECT_EQ(rondo_await(f.get(), nullptr), RONDO_ENOFIBER);
    soon([&] { EXPECT_EQ(rondo_await(f.get(), nullptr), RONDO_ENOFIBER); });
    spawn([&]() -> Script {
        EXPECT_EQ(rondo_await(f.get(), nullptr), RONDO_ENOFIBER);
        co_return;
    });
    run();
}

TEST_F(AFuture, F14_asking_for_the_result_or_the_error_counts_as_looking) {
    f.fail("broken");
    f.result();
    f = future();
    f.fail("broken");
    f.error();
    f = future();
    f.fail("broken");
    f.silence();
    f = Future();
    EXPECT_TRUE(heard.empty());
}

TEST_F(AFuture, F14_being_awaited_counts_as_looking) {
    spawn([&]() -> Script { co_await attempt(f); });
    soon([&] { f.fail("broken"); });
    run();
    f = Future();
    EXPECT_TRUE(heard.empty());
}

TEST_F(AFuture, F14_being_gathered_counts_as_looking) {
    Future all = gather({f});
    f.fail("broken");
    run();
    f = Future();
    all.result();
    all = Future();
    EXPECT_TRUE(heard.empty());
}

TEST_F(AFuture, F14_a_done_callback_alone_does_not_count_as_looking) {
    when_done(f, [] {});
    f.fail("broken");
    run();
    f = Future();
    EXPECT_EQ(heard.size(), 1u);
}

TEST_F(AFuture, F15_an_error_nobody_looked_at_is_reported_with_the_last_reference) {
    f.fail("broken");
    rondo_future *which = f.get();
    EXPECT_TRUE(heard.empty());
    f = Future();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].message, "Future exception was never retrieved");
    EXPECT_EQ(heard[0].error, "broken");
    EXPECT_EQ(heard[0].future, which);
    EXPECT_EQ(heard[0].task, nullptr);
}

TEST_F(AFuture, F15_the_report_of_a_task_names_it_as_a_future) {
    Future task = spawn([]() -> Script {
        throw Raised(RONDO_EFAILED, "broken");
        co_return;
    });
    run();
    EXPECT_TRUE(heard.empty());
    task = Future();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].message, "Task exception was never retrieved");
    EXPECT_NE(heard[0].future, nullptr);
    EXPECT_EQ(heard[0].task, nullptr);
}

TEST_F(AFuture, F15_a_release_on_another_thread_is_reported_on_the_loops) {
    f.fail("broken");
    std::thread::id reported_on;
    when_it_hears = [&](const rondo_report &) { reported_on = std::this_thread::get_id(); };
    std::thread([&] { f = Future(); }).join();
    EXPECT_TRUE(heard.empty());
    one_turn();
    EXPECT_EQ(heard.size(), 1u);
    EXPECT_EQ(reported_on, std::this_thread::get_id());
}

TEST_F(AFuture, F15_whoever_hears_the_report_may_keep_the_future) {
    Future kept;
    when_it_hears = [&](const rondo_report &report) { kept = Future(rondo_future_retain(report.future)); };
    f.fail("broken");
    f = Future();
    EXPECT_EQ(kept.text(), "EFAILED broken");
    kept = Future();
    EXPECT_EQ(heard.size(), 1u);
}

TEST_F(AFuture, F15_a_cancelled_one_and_a_pending_one_end_silently) {
    f.cancel("x");
    f = future();
    f = Future();
    EXPECT_TRUE(heard.empty());
    EXPECT_EQ(stats().futures, 0u);
}

TEST_F(AFuture, F16_nothing_is_a_result_and_success_has_no_error) {
    EXPECT_EQ(rondo_future_set_result(f.get(), nullptr), RONDO_OK);
    rondo_value view = rondo_i64(1);
    EXPECT_EQ(rondo_future_result(f.get(), &view, nullptr), RONDO_OK);
    EXPECT_EQ(view.kind, uint32_t{RONDO_NONE});
    rondo_error *error = nullptr;
    EXPECT_EQ(rondo_future_error(f.get(), &error), RONDO_OK);
    EXPECT_EQ(error, nullptr);
}

TEST_F(AFuture, F20_a_fatal_error_set_on_it_is_stored_and_raised_in_who_awaits) {
    Future task = spawn([&]() -> Script {
        try {
            co_await f;
        } catch (const Raised &raised) {
            say(rondo_status_name(raised.code()));
            throw;
        }
    });
    soon([&] {
        EXPECT_EQ(f.fail("stop it", RONDO_EINTERRUPT), RONDO_OK);
        say("stored");
    });
    EXPECT_EQ(run(), RONDO_EINTERRUPT);
    EXPECT_EQ(trace(), "1: stored | 2: EINTERRUPT");
    EXPECT_EQ(task.text(), "EINTERRUPT stop it");
}

TEST_F(AFuture, B2_a_value_is_dropped_once_when_the_future_goes_or_given_away_once) {
    Dropped kept, taken;
    rondo_value value = kept.value();
    rondo_future_set_result(f.get(), &value);
    EXPECT_EQ(value.kind, uint32_t{RONDO_NONE});
    f = Future();
    EXPECT_EQ(kept.count, 1);

    f = future();
    value = taken.value();
    rondo_future_set_result(f.get(), &value);
    EXPECT_EQ(rondo_future_take(f.get(), &value, nullptr), RONDO_OK);
    EXPECT_EQ(f.result().status, RONDO_ETAKEN);
    EXPECT_EQ(rondo_future_take(f.get(), &value, nullptr), RONDO_ETAKEN);
    f = Future();
    EXPECT_EQ(taken.count, 0);
    rondo_value_drop(&value);
    EXPECT_EQ(taken.count, 1);
}

TEST_F(AFuture, B15_an_error_is_counted_and_outlives_its_future) {
    f.fail("broken");
    rondo_error *error = nullptr;
    rondo_future_error(f.get(), &error);
    f = Future();
    EXPECT_STREQ(rondo_error_message(error), "broken");
    rondo_error_release(error);
}
