// The runner and its close: section 1 of the semantics. SIGINT has a file of its own.
#include "script.h"

#include <thread>

using namespace rondo::test;

namespace {

// A runner on the virtual clock, with the diary of a world whose loop it makes.
class ARunner : public testing::Test {
protected:
    ARunner() { make(options()); }
    ~ARunner() override { rondo_runner_release(runner); }

    rondo_runner_options options() {
        loop_options_ = loop_options();
        loop_options_.handler = hear;
        loop_options_.handler_user = this;
        auto made = sized<rondo_runner_options>();
        made.flags = RONDO_RUNNER_NO_SIGINT;
        made.loop = &loop_options_;
        return made;
    }
    void make(const rondo_runner_options &options) {
        rondo_runner_release(std::exchange(runner, nullptr));
        ASSERT_EQ(rondo_runner_create(&options, &runner), RONDO_OK);
    }
    bool works() {
        return run([]() -> Answer { co_return 1; }).ok();
    }

    template <class F>
    Outcome run(F body, rondo_context *context = nullptr) {
        auto conductor = std::make_unique<Conductor>(std::move(body));
        auto task = sized<rondo_task_options>();
        task.context = context;
        rondo_value value = rondo_none();
        rondo_error *error = nullptr;
        rondo_status status = rondo_runner_run_coro(runner, &Conductor::vtable, conductor.get(), &task, &value, &error);
        bool refused = status == RONDO_ECLOSED || status == RONDO_EFAULT;
        if (!refused) (void)conductor.release(); // it belongs to the task
        Outcome outcome = outcome_of(status, value, error);
        rondo_error_release(error);
        return outcome;
    }
    Outcome close(int64_t deadline = RONDO_FOREVER) {
        rondo_error *error = nullptr;
        rondo_status status = rondo_runner_close(runner, deadline, &error);
        Outcome outcome = outcome_of(status, rondo_none(), error);
        rondo_error_release(error);
        return outcome;
    }
    rondo_loop *loop() {
        rondo_loop *found = nullptr;
        rondo_runner_get_loop(runner, &found);
        return found;
    }
    template <class F>
    Future spawn(F body, const char *name = nullptr) {
        auto task = sized<rondo_task_options>();
        task.name = name;
        auto conductor = std::make_unique<Conductor>(std::move(body));
        rondo_task *made = nullptr;
        EXPECT_EQ(rondo_task_create(loop(), &Conductor::vtable, conductor.release(), &task, &made), RONDO_OK);
        return Future(made);
    }
    Future future() {
        rondo_future *made = nullptr;
        EXPECT_EQ(rondo_future_create(loop(), nullptr, &made), RONDO_OK);
        return Future(made);
    }
    // Sleeps for ever; when cancelled says so, cleans up for so many turns, raises it again.
    Future background(const std::string &name, int cleanup = 0) {
        return spawn([this, name, cleanup]() -> Script {
            Outcome outcome = co_await attempt(sleep(RONDO_S(1000)));
            say(name);
            for (int i = 0; i < cleanup; ++i) co_await yield();
            if (cleanup) say(name + " cleaned");
            throw Raised(outcome.status, outcome.message.c_str());
        });
    }
    void say(const std::string &what) { diary += (diary.empty() ? "" : " ") + what; }

    static void hear(void *user, rondo_loop *, const rondo_report *report) {
        auto &self = *static_cast<ARunner *>(user);
        const char *text = rondo_error_message(report->error);
        self.heard.push_back({report->message, rondo_error_code(report->error), text ? text : "", report->future,
                              report->task, report->handle});
        self.say("report");
    }

    rondo_runner *runner = nullptr;
    std::string diary;
    std::vector<Heard> heard;

private:
    rondo_loop_options loop_options_{};
};

// A context variable holding a number.
class Number {
public:
    Number() { rondo_ctxvar_create("number", nullptr, &var_); }
    ~Number() { rondo_ctxvar_release(var_); }
    Number(const Number &) = delete;
    Number &operator=(const Number &) = delete;

    void set(int64_t number, rondo_context *context = nullptr) {
        rondo_value value = rondo_i64(number);
        EXPECT_EQ(rondo_context_set(context, var_, &value, nullptr), RONDO_OK);
    }
    int64_t get(rondo_context *context = nullptr) {
        rondo_value view = rondo_none();
        return rondo_context_get(context, var_, &view) == RONDO_OK ? view.as.i64 : -1;
    }

private:
    rondo_ctxvar *var_ = nullptr;
};

} // namespace

// ---- states

TEST_F(ARunner, R1_is_created_then_initialised_then_closed) {
    EXPECT_EQ(close().status, RONDO_OK);
    EXPECT_TRUE(works());
    EXPECT_EQ(close().status, RONDO_OK);
    EXPECT_EQ(run([]() -> Script { co_return; }).status, RONDO_ECLOSED);
}

TEST_F(ARunner, R2_makes_its_loop_when_it_is_first_needed) {
    static int made;
    made = 0;
    auto with_factory = options();
    with_factory.loop_factory = [](void *, rondo_loop **out) {
        ++made;
        auto loop = loop_options();
        rondo_loop_create(&loop, out);
    };
    make(with_factory);
    EXPECT_EQ(made, 0);
    close();
    EXPECT_EQ(made, 0);
    EXPECT_TRUE(works());
    EXPECT_TRUE(works());
    loop();
    EXPECT_EQ(made, 1);
    make(with_factory);
    loop();
    EXPECT_EQ(made, 2);
}

TEST_F(ARunner, R2_a_loop_made_by_it_opens_no_descriptor_until_it_waits_for_one) {
    run([]() -> Script { co_await sleep(RONDO_MS(1)); });
    auto stats = sized<rondo_loop_stats>();
    EXPECT_EQ(rondo_loop_get_stats(loop(), &stats), RONDO_OK);
    EXPECT_EQ(stats.open, 0u);
}

TEST_F(ARunner, R3_has_the_same_loop_until_it_is_closed) {
    rondo_loop *first = loop();
    EXPECT_TRUE(works());
    EXPECT_EQ(loop(), first);
    close();
    rondo_loop *none = nullptr;
    EXPECT_EQ(rondo_runner_get_loop(runner, &none), RONDO_ECLOSED);
    EXPECT_EQ(none, nullptr);
    rondo_context *context = nullptr;
    EXPECT_EQ(rondo_runner_get_context(runner, &context), RONDO_ECLOSED);
}

TEST_F(ARunner, R4_closing_one_that_never_ran_leaves_it_usable_and_closing_twice_is_fine) {
    EXPECT_EQ(close().status, RONDO_OK);
    EXPECT_TRUE(works());
    EXPECT_EQ(close().status, RONDO_OK);
    EXPECT_EQ(close().status, RONDO_OK);
    EXPECT_FALSE(works());
}

TEST_F(ARunner, R5_uses_the_loop_of_a_factory_and_closes_it) {
    static rondo_loop *made;
    auto with_factory = options();
    with_factory.loop_factory = [](void *user, rondo_loop **out) {
        auto options = loop_options();
        rondo_loop_create(&options, out);
        *static_cast<rondo_loop **>(user) = made = rondo_loop_retain(*out);
    };
    rondo_loop *told = nullptr;
    with_factory.loop_factory_user = &told;
    make(with_factory);
    run([&]() -> Script {
        EXPECT_EQ(rondo_loop_running(), told);
        co_return;
    });
    EXPECT_EQ(loop(), made);
    EXPECT_EQ(rondo_loop_running(), nullptr);
    close();
    EXPECT_EQ(rondo_loop_is_closed(made), 1);
    rondo_loop_release(made);
}

TEST_F(ARunner, R5_a_factory_that_makes_nothing_is_an_error_and_the_next_try_may_work) {
    static bool ready;
    ready = false;
    auto with_factory = options();
    with_factory.loop_factory = [](void *, rondo_loop **out) {
        auto options = loop_options();
        if (ready) rondo_loop_create(&options, out);
    };
    make(with_factory);
    EXPECT_EQ(run([]() -> Script { co_return; }).status, RONDO_EFAULT);
    ready = true;
    EXPECT_TRUE(works());
}

TEST_F(ARunner, R6_debug_is_left_alone_or_set_after_the_loop_was_made) {
    auto debug = [&] { return rondo_loop_get_debug(loop()); };
    int own_default = debug();
    auto flagged = options();
    flagged.flags |= RONDO_RUNNER_DEBUG;
    make(flagged);
    EXPECT_EQ(debug(), 1);
    flagged = options();
    flagged.flags |= RONDO_RUNNER_NO_DEBUG;
    make(flagged);
    EXPECT_EQ(debug(), 0);
    make(options());
    EXPECT_EQ(debug(), own_default);
}

TEST_F(ARunner, R7_runs_share_one_context_that_never_leaks_to_the_caller) {
    Number number;
    rondo_context *given = nullptr;
    rondo_context_create(&given);
    number.set(1, given);
    auto with_context = options();
    with_context.context = given;
    make(with_context);
    loop();
    number.set(2, given);
    run([&]() -> Script {
        EXPECT_EQ(number.get(), 1);
        number.set(10);
        co_return;
    });
    run([&]() -> Script {
        EXPECT_EQ(number.get(), 10);
        co_return;
    });
    EXPECT_EQ(number.get(given), 2);
    rondo_context *shared = nullptr;
    EXPECT_EQ(rondo_runner_get_context(runner, &shared), RONDO_OK);
    EXPECT_EQ(number.get(shared), 10);
    rondo_context_release(given);
}

TEST_F(ARunner, R8_a_run_with_a_context_of_its_own_runs_directly_in_it) {
    Number number;
    rondo_context *own = nullptr;
    rondo_context_create(&own);
    number.set(5, own);
    run(
        [&]() -> Script {
            EXPECT_EQ(number.get(), 5);
            number.set(6);
            co_return;
        },
        own);
    EXPECT_EQ(number.get(own), 6);
    run([&]() -> Script {
        EXPECT_EQ(number.get(), -1);
        co_return;
    });
    rondo_context_release(own);
}

TEST_F(ARunner, R9_something_that_cannot_be_stepped_is_refused) {
    rondo_error *error = nullptr;
    EXPECT_EQ(rondo_runner_run_coro(runner, nullptr, nullptr, nullptr, nullptr, &error), RONDO_EINVAL);
    EXPECT_EQ(rondo_error_code(error), RONDO_EINVAL);
    rondo_error_release(error);
    EXPECT_EQ(rondo_runner_run(runner, nullptr, nullptr, NULL, nullptr, nullptr), RONDO_EINVAL);
}

TEST_F(ARunner, R10_running_inside_a_run_is_refused_before_anything_is_made) {
    static int made;
    made = 0;
    auto with_factory = options();
    with_factory.loop_factory = [](void *, rondo_loop **out) {
        ++made;
        auto options = loop_options();
        rondo_loop_create(&options, out);
    };
    rondo_runner *inner = nullptr;
    ASSERT_EQ(rondo_runner_create(&with_factory, &inner), RONDO_OK);
    run([&]() -> Script {
        Conductor never([]() -> Script { co_return; });
        EXPECT_EQ(rondo_runner_run_coro(inner, &Conductor::vtable, &never, nullptr, nullptr, nullptr), RONDO_ERUNNING);
        EXPECT_EQ(rondo_runner_run_coro(runner, &Conductor::vtable, &never, nullptr, nullptr, nullptr), RONDO_ERUNNING);
        EXPECT_EQ(rondo_run_coro(&Conductor::vtable, &never, nullptr, nullptr), RONDO_ERUNNING);
        co_return;
    });
    EXPECT_EQ(made, 0);
    rondo_runner_release(inner);
}

TEST_F(ARunner, R10_two_threads_may_run_at_the_same_time) {
    run([&]() -> Script {
        std::thread([] {
            rondo_value value = rondo_none();
            auto *frame = new Conductor([]() -> Answer { co_return 8; });
            EXPECT_EQ(rondo_run_coro(&Conductor::vtable, frame, &value, nullptr), RONDO_OK);
            EXPECT_EQ(value.as.i64, 8);
        }).join();
        co_return;
    });
}

TEST_F(ARunner, R11_the_one_shot_run_makes_a_runner_runs_and_closes_it) {
    std::string seen;
    auto *frame = new Conductor([&]() -> Answer {
        auto *child = new Conductor([&]() -> Script {
            Outcome outcome = co_await attempt(park());
            seen = outcome.text();
        });
        rondo_task_create(nullptr, &Conductor::vtable, child, nullptr, nullptr);
        co_await yield();
        co_return 9;
    });
    rondo_value value = rondo_none();
    EXPECT_EQ(rondo_run_coro(&Conductor::vtable, frame, &value, nullptr), RONDO_OK);
    EXPECT_EQ(value.as.i64, 9);
    EXPECT_EQ(seen, "ECANCELED");
    EXPECT_EQ(rondo_loop_running(), nullptr);
}

TEST_F(ARunner, R12_main_is_a_task_like_any_other_and_the_loop_runs_until_it_is_done) {
    Outcome outcome = run([&]() -> Answer {
        EXPECT_EQ(rondo_future_is_task(rondo_loop_current_task(nullptr)), 1);
        spawn([&]() -> Script {
            say("child");
            co_return;
        });
        co_await sleep(RONDO_S(1));
        co_return 3;
    });
    EXPECT_EQ(outcome.text(), "3");
    EXPECT_EQ(diary, "child");
    EXPECT_EQ(rondo_loop_time(loop()), RONDO_S(1));
}

TEST_F(ARunner, R12_the_error_of_main_is_the_answer_and_counts_as_retrieved) {
    Outcome outcome = run([]() -> Script {
        throw Raised(RONDO_EFAILED, "broken");
        co_return;
    });
    EXPECT_EQ(outcome.text(), "EFAILED broken");
    close();
    EXPECT_TRUE(heard.empty());
}

TEST_F(ARunner, R12_a_main_cancelled_by_others_answers_cancelled) {
    Outcome outcome = run([&]() -> Script {
        Future self(rondo_future_retain(rondo_loop_current_task(nullptr)));
        rondo_loop_call_soon(
            nullptr,
            [](void *main, rondo_call *) { rondo_future_cancel(static_cast<rondo_future *>(main), "others"); },
            self.get(), nullptr, nullptr);
        co_await sleep(RONDO_S(1));
    });
    EXPECT_EQ(outcome.text(), "ECANCELED others");
}

TEST_F(ARunner, R13_a_stop_before_main_is_done_is_an_error_and_close_cancels_main) {
    Outcome outcome = run([&]() -> Script {
        rondo_loop_stop(nullptr);
        Outcome ended = co_await attempt(sleep(RONDO_S(1)));
        say("main " + ended.text());
    });
    EXPECT_EQ(outcome.status, RONDO_ESTOPPED);
    EXPECT_EQ(diary, "");
    close();
    EXPECT_EQ(diary, "main ECANCELED");
}

TEST_F(ARunner, R14_background_tasks_see_their_cancellation_before_the_caller_sees_mains_error) {
    bool cleaned = false;
    auto *frame = new Conductor([&]() -> Script {
        auto *child = new Conductor([&]() -> Script {
            co_await attempt(park());
            co_await sleep(RONDO_US(10));
            cleaned = true;
        });
        rondo_task_create(nullptr, &Conductor::vtable, child, nullptr, nullptr);
        co_await yield();
        throw Raised(RONDO_EFAILED, "main");
    });
    rondo_error *error = nullptr;
    EXPECT_EQ(rondo_run_coro(&Conductor::vtable, frame, nullptr, &error), RONDO_EFAILED);
    EXPECT_STREQ(rondo_error_message(error), "main");
    rondo_error_release(error);
    EXPECT_TRUE(cleaned);
}

TEST_F(ARunner, thousands_of_runs_share_one_loop) {
    rondo_loop *first = loop();
    for (int64_t i = 0; i < 5000; ++i) {
        Outcome outcome = run([i]() -> Answer {
            co_await yield();
            co_return i;
        });
        ASSERT_EQ(outcome.value, i);
    }
    EXPECT_EQ(loop(), first);
    auto stats = sized<rondo_loop_stats>();
    rondo_loop_get_stats(loop(), &stats);
    EXPECT_EQ(stats.futures, 0u);
}

TEST_F(ARunner, a_background_task_lives_on_into_the_next_run) {
    Future f;
    run([&]() -> Script {
        f = future();
        spawn([&]() -> Script {
            int64_t got = co_await f;
            say("background " + std::to_string(got));
        });
        co_await yield();
    });
    run([&]() -> Script {
        f.set(4);
        co_await yield();
        say("main");
    });
    EXPECT_EQ(diary, "background 4 main");
}

// ---- close

TEST_F(ARunner, R20_with_no_task_left_there_is_nothing_to_run) {
    EXPECT_TRUE(works());
    auto before = sized<rondo_loop_stats>(), after = before;
    rondo_loop *kept = rondo_loop_retain(loop());
    rondo_loop_get_stats(kept, &before);
    close();
    rondo_loop_get_stats(kept, &after);
    EXPECT_EQ(after.turns, before.turns);
    rondo_loop_release(kept);
}

TEST_F(ARunner, R21_B6_leftover_tasks_are_cancelled_in_the_order_of_their_creation) {
    std::vector<Future> tasks;
    run([&]() -> Script {
        for (const char *name : {"a", "b", "c", "d"}) tasks.push_back(background(name));
        co_await yield();
    });
    close();
    EXPECT_EQ(diary, "a b c d");
    for (const Future &task : tasks) {
        EXPECT_TRUE(task.cancelled());
        EXPECT_EQ(task.cancelling(), 1);
        EXPECT_EQ(task.text(), "ECANCELED");
    }
}

TEST_F(ARunner, R21_a_leftover_task_that_never_began_runs_no_line) {
    works();
    spawn([&]() -> Script {
        say("never");
        co_return;
    });
    close();
    EXPECT_EQ(diary, "");
}

TEST_F(ARunner, R22_close_waits_for_every_cleanup_and_for_tasks_that_swallow_it) {
    run([&]() -> Script {
        background("slow", 100);
        spawn([&]() -> Script {
            co_await attempt(park());
            co_await sleep(RONDO_S(50));
            say("swallowed");
        });
        co_await yield();
    });
    close();
    EXPECT_EQ(diary, "slow slow cleaned swallowed");
    EXPECT_TRUE(heard.empty());
}

TEST_F(ARunner, R23_a_task_that_fails_while_ending_is_reported_and_others_are_silent) {
    Future failing;
    run([&]() -> Script {
        failing = spawn([]() -> Script {
            co_await attempt(park());
            throw Raised(RONDO_EFAILED, "cleanup broke");
        });
        spawn([]() -> Answer {
            co_await attempt(park());
            co_return 1;
        });
        background("silent");
        co_await yield();
    });
    close();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].message, "unhandled exception during asyncio.run() shutdown");
    EXPECT_EQ(heard[0].error, "cleanup broke");
    EXPECT_EQ(heard[0].task, failing.get());
    EXPECT_EQ(diary, "silent report");
}

TEST_F(ARunner, R26_after_the_close_loop_and_runner_are_closed_whatever_happened) {
    rondo_loop *kept = rondo_loop_retain(loop());
    spawn([]() -> Script {
        co_await attempt(park());
        throw Raised(RONDO_EINTERRUPT, "in cleanup");
    });
    run([]() -> Script { co_await yield(); });
    EXPECT_EQ(close().text(), "EINTERRUPT in cleanup");
    EXPECT_EQ(rondo_loop_is_closed(kept), 1);
    EXPECT_EQ(close().status, RONDO_OK);
    rondo_loop_release(kept);
}

TEST_F(ARunner, R26_B8_a_fatal_error_in_one_cleanup_does_not_cut_short_the_others) {
    run([&]() -> Script {
        background("before", 3);
        spawn([]() -> Script {
            co_await attempt(park());
            throw Raised(RONDO_EEXIT, "first");
        });
        spawn([]() -> Script {
            co_await attempt(park());
            co_await yield();
            throw Raised(RONDO_EINTERRUPT, "second");
        });
        background("behind", 3);
        co_await yield();
    });
    EXPECT_EQ(close().text(), "EEXIT first");
    EXPECT_EQ(diary, "before behind before cleaned behind cleaned");
}

TEST_F(ARunner, R27_B7_tasks_born_while_closing_are_cancelled_and_awaited_too) {
    run([&]() -> Script {
        spawn([&]() -> Script {
            Outcome outcome = co_await attempt(park());
            background("born while closing", 2);
            say("parent ends");
            throw Raised(outcome.status, "");
        });
        co_await yield();
    });
    close();
    EXPECT_EQ(diary, "parent ends born while closing born while closing cleaned");
    EXPECT_TRUE(heard.empty());
}

TEST_F(ARunner, B7_a_close_with_a_deadline_names_what_still_runs_and_destroys_it) {
    Future stuck;
    run([&]() -> Script {
        stuck = spawn(
            [&]() -> Script {
                Finally finally([&] { say("destroyed"); });
                for (;;) co_await attempt(park());
            },
            "stubborn");
        background("good");
        co_await yield();
    });
    Outcome outcome = close(RONDO_S(5));
    EXPECT_EQ(outcome.status, RONDO_EDEADLINE);
    EXPECT_NE(outcome.message.find("stubborn"), std::string::npos);
    EXPECT_EQ(diary, "good report destroyed");
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].message, "Task was destroyed but it is pending!");
    EXPECT_EQ(heard[0].task, stuck.get());
    EXPECT_EQ(close().status, RONDO_OK);
}

TEST_F(ARunner, B7_a_deadline_of_zero_gives_one_turn_to_end) {
    run([&]() -> Script {
        background("quick");
        co_await yield();
    });
    EXPECT_EQ(close(0).status, RONDO_OK) << "nothing was left over";
    EXPECT_EQ(diary, "quick");
}

TEST_F(ARunner, R22_a_stop_while_closing_does_not_end_the_close) {
    run([&]() -> Script {
        spawn([&]() -> Script {
            co_await attempt(park());
            rondo_loop_stop(nullptr);
            co_await yield();
            say("cleaned");
        });
        co_await yield();
    });
    EXPECT_EQ(close().status, RONDO_OK);
    EXPECT_EQ(diary, "cleaned");
}

TEST_F(ARunner, R22_tasks_that_await_each_other_do_not_keep_the_close_from_ending) {
    run([&]() -> Script {
        auto partners = std::make_shared<std::vector<Future>>(2);
        for (size_t i : {0u, 1u}) {
            (*partners)[i] = spawn([partners, i]() -> Script { co_await (*partners)[1 - i]; });
        }
        co_await yield();
        co_await yield();
        *partners = {Future((*partners)[0]), Future((*partners)[1])};
        auto clear = [partners]() -> Script {
            co_await attempt(park());
            partners->clear();
        };
        spawn(clear);
        co_await yield();
    });
    EXPECT_EQ(close().status, RONDO_OK);
}

TEST_F(ARunner, R29_scheduled_callbacks_are_discarded_by_the_close_without_running) {
    bool dropped = false;
    run([&]() -> Script { co_return; });
    std::shared_ptr<void> data(nullptr, [&](void *) { dropped = true; });
    auto *user = new Callback([this, data](rondo_call &) { say("ran"); });
    data.reset();
    rondo_call_options options = owning();
    rondo_loop_call_later(loop(), RONDO_S(1), run_callback, user, &options, nullptr);
    close();
    EXPECT_EQ(diary, "");
    EXPECT_TRUE(dropped);
}

TEST_F(ARunner, closing_inside_its_own_run_is_refused) {
    Outcome outcome = run([&]() -> Answer {
        EXPECT_EQ(close().status, RONDO_ERUNNING);
        co_await yield();
        co_return 1;
    });
    EXPECT_EQ(outcome.text(), "1");
}

TEST_F(ARunner, releasing_an_open_runner_closes_it) {
    rondo_runner *other = nullptr;
    auto made = options();
    ASSERT_EQ(rondo_runner_create(&made, &other), RONDO_OK);
    std::swap(runner, other);
    run([&]() -> Script {
        background("left");
        co_await yield();
    });
    std::swap(runner, other);
    rondo_runner_release(other);
    EXPECT_EQ(diary, "left");
}

TEST_F(ARunner, a_closed_loop_can_still_be_held_and_asked) {
    rondo_loop *kept = rondo_loop_retain(loop());
    Future f = future();
    rondo_runner_release(std::exchange(runner, nullptr));
    EXPECT_EQ(rondo_loop_is_closed(kept), 1);
    EXPECT_FALSE(f.done());
    rondo_loop_release(kept);
    EXPECT_EQ(f.set(1), RONDO_OK);
}
