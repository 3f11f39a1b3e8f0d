// SIGINT and rondo_runner_interrupt: section 1.2 of the semantics. Each test touches the process' signals and puts the
// default action back.
#include "script.h"

#include <chrono>
#include <csignal>
#include <thread>

#include <pthread.h>

using namespace rondo::test;

namespace {

using Action = void (*)(int);

Action sigint_action() {
    struct sigaction current {};
    sigaction(SIGINT, nullptr, &current);
    return current.sa_handler;
}

void other_handler(int) {}

class Interrupt : public testing::Test {
protected:
    Interrupt() { make(0); }
    ~Interrupt() override {
        rondo_runner_release(runner);
        std::signal(SIGINT, SIG_DFL);
    }
    void make(uint32_t flags, uint32_t clock = RONDO_LOOP_VIRTUAL_CLOCK) {
        rondo_runner_release(std::exchange(runner, nullptr));
        auto loop = loop_options(clock);
        auto options = sized<rondo_runner_options>();
        options.flags = flags;
        options.loop = &loop;
        ASSERT_EQ(rondo_runner_create(&options, &runner), RONDO_OK);
    }
    template <class F>
    Outcome run(F body) {
        rondo_value value = rondo_none();
        rondo_error *error = nullptr;
        rondo_status status =
            rondo_runner_run_coro(runner, &Conductor::vtable, new Conductor(std::move(body)), nullptr, &value, &error);
        Outcome outcome = outcome_of(status, value, error);
        rondo_error_release(error);
        return outcome;
    }
    rondo_status close() { return rondo_runner_close(runner, RONDO_FOREVER, nullptr); }
    template <class F>
    Future spawn(F body) {
        rondo_task *task = nullptr;
        EXPECT_EQ(rondo_task_create(nullptr, &Conductor::vtable, new Conductor(std::move(body)), nullptr, &task),
                  RONDO_OK);
        return Future(task);
    }
    static Future current() { return Future(rondo_future_retain(rondo_loop_current_task(nullptr))); }

    rondo_runner *runner = nullptr;
};

} // namespace

TEST_F(Interrupt, R30_a_handler_is_in_place_only_while_main_runs) {
    EXPECT_EQ(sigint_action(), SIG_DFL);
    run([]() -> Script {
        EXPECT_NE(sigint_action(), SIG_DFL);
        co_return;
    });
    EXPECT_EQ(sigint_action(), SIG_DFL);
}

TEST_F(Interrupt, R30_an_action_of_somebody_else_stays_in_force) {
    for (Action action : {static_cast<Action>(other_handler), SIG_IGN}) {
        std::signal(SIGINT, action);
        run([action]() -> Script {
            EXPECT_EQ(sigint_action(), action);
            co_return;
        });
        EXPECT_EQ(sigint_action(), action);
    }
}

TEST_F(Interrupt, R30_not_in_another_thread_and_not_against_the_hosts_wish) {
    std::thread([&] {
        run([]() -> Script {
            EXPECT_EQ(sigint_action(), SIG_DFL);
            co_return;
        });
    }).join();
    make(RONDO_RUNNER_NO_SIGINT);
    run([]() -> Script {
        EXPECT_EQ(sigint_action(), SIG_DFL);
        co_return;
    });
}

TEST_F(Interrupt, R31_the_first_signal_cancels_main_alone) {
    Future other;
    std::string seen;
    Outcome outcome = run([&]() -> Script {
        other = spawn([]() -> Script { co_await park(); });
        raise(SIGINT);
        Outcome ended = co_await attempt(sleep(RONDO_S(1)));
        seen = ended.text() + " " + std::to_string(current().cancelling());
        throw Raised(ended.status);
    });
    EXPECT_EQ(seen, "ECANCELED 1");
    EXPECT_EQ(outcome.status, RONDO_EINTERRUPT);
    EXPECT_FALSE(other.done());
    EXPECT_EQ(other.cancelling(), 0);
    close();
    EXPECT_TRUE(other.cancelled());
}

TEST_F(Interrupt, R31_a_signal_wakes_a_loop_that_sleeps_on_the_semaphore) {
    make(0, real_clock);
    Outcome outcome = run([]() -> Script {
        pthread_t main_thread = pthread_self();
        std::thread([main_thread] {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
            pthread_kill(main_thread, SIGINT);
        }).detach();
        co_await sleep(RONDO_S(3600));
    });
    EXPECT_EQ(outcome.status, RONDO_EINTERRUPT);
}

TEST_F(Interrupt, R31_a_signal_wakes_a_loop_that_sleeps_in_libuv) {
    make(0, real_clock);
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    Outcome outcome = run([&]() -> Script {
        rondo_loop_add_reader(nullptr, ends[0], [](void *, rondo_call *) {}, nullptr, nullptr);
        pthread_t main_thread = pthread_self();
        std::thread([main_thread] {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
            pthread_kill(main_thread, SIGINT);
        }).detach();
        co_await sleep(RONDO_S(3600));
    });
    EXPECT_EQ(outcome.status, RONDO_EINTERRUPT);
    close();
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_F(Interrupt, R32_the_second_signal_leaves_the_loop_after_the_current_entry) {
    std::string diary;
    Outcome outcome = run([&]() -> Script {
        spawn([&]() -> Script {
            diary += "behind ";
            co_return;
        });
        co_await yield();
        raise(SIGINT);
        raise(SIGINT);
        diary += "entry ends ";
        Outcome ended = co_await attempt(sleep(RONDO_S(1)));
        diary += "main " + ended.text();
    });
    EXPECT_EQ(outcome.status, RONDO_EINTERRUPT);
    EXPECT_EQ(diary, "behind entry ends ");
    EXPECT_EQ(close(), RONDO_OK);
    EXPECT_EQ(diary, "behind entry ends main ECANCELED");
}

TEST_F(Interrupt, R32_a_second_signal_in_a_later_turn_leaves_the_loop_too) {
    Outcome outcome = run([&]() -> Script {
        raise(SIGINT);
        co_await attempt(sleep(RONDO_S(1)));
        co_await yield();
        raise(SIGINT);
        co_await sleep(RONDO_S(1));
    });
    EXPECT_EQ(outcome.status, RONDO_EINTERRUPT);
    EXPECT_EQ(close(), RONDO_OK);
}

TEST_F(Interrupt, R32_a_first_signal_with_main_already_done_is_an_interrupt) {
    Outcome outcome = run([&]() -> Answer {
        spawn([]() -> Script {
            raise(SIGINT);
            co_return;
        });
        co_return 1;
    });
    EXPECT_EQ(outcome.status, RONDO_EINTERRUPT);
}

TEST_F(Interrupt, R32_a_signal_in_mains_last_step_is_not_lost) {
    Outcome outcome = run([]() -> Answer {
        raise(SIGINT);
        co_return 1;
    });
    EXPECT_EQ(outcome.status, RONDO_EINTERRUPT);
    EXPECT_EQ(run([]() -> Answer { co_return 2; }).text(), "2");
}

TEST_F(Interrupt, R33_a_main_that_swallows_it_returns_its_value) {
    Outcome outcome = run([]() -> Answer {
        raise(SIGINT);
        co_await attempt(sleep(RONDO_S(1)));
        co_return 5;
    });
    EXPECT_EQ(outcome.text(), "5");
}

TEST_F(Interrupt, R33_R34_a_main_that_translates_it_fails_with_its_own_error) {
    Outcome outcome = run([]() -> Script {
        raise(SIGINT);
        co_await attempt(sleep(RONDO_S(1)));
        throw Raised(RONDO_EFAILED, "translated");
    });
    EXPECT_EQ(outcome.text(), "EFAILED translated");
}

TEST_F(Interrupt, R33_R34_a_main_cancelled_by_somebody_else_as_well_is_cancelled) {
    Outcome outcome = run([]() -> Script {
        raise(SIGINT);
        current().cancel();
        co_await sleep(RONDO_S(1));
    });
    EXPECT_EQ(outcome.status, RONDO_ECANCELED);
}

TEST_F(Interrupt, R35_a_handler_put_in_place_during_the_run_is_kept) {
    run([]() -> Script {
        std::signal(SIGINT, other_handler);
        co_return;
    });
    EXPECT_EQ(sigint_action(), static_cast<Action>(other_handler));
}

TEST_F(Interrupt, R36_between_runs_and_while_closing_the_signal_has_its_default_action) {
    Action while_closing = nullptr;
    run([&]() -> Script {
        spawn([&]() -> Script {
            co_await attempt(park());
            while_closing = sigint_action();
        });
        co_await yield();
    });
    EXPECT_EQ(sigint_action(), SIG_DFL);
    close();
    EXPECT_EQ(while_closing, SIG_DFL);
}

TEST_F(Interrupt, R37_each_run_counts_anew) {
    for (int i = 0; i < 3; ++i) {
        Outcome outcome = run([]() -> Script {
            raise(SIGINT);
            co_await sleep(RONDO_S(1));
        });
        EXPECT_EQ(outcome.status, RONDO_EINTERRUPT);
        EXPECT_EQ(run([]() -> Answer { co_return 1; }).text(), "1");
    }
}

TEST_F(Interrupt, R37_a_hard_interrupt_leaves_nothing_to_the_next_run) {
    Outcome outcome = run([]() -> Script {
        raise(SIGINT);
        raise(SIGINT);
        co_await attempt(sleep(RONDO_S(1)));
    });
    EXPECT_EQ(outcome.status, RONDO_EINTERRUPT);
    outcome = run([]() -> Answer {
        co_await sleep(RONDO_S(10));
        co_return current().cancelling();
    });
    EXPECT_EQ(outcome.text(), "0");
}

// ---- for hosts that own the signal

TEST_F(Interrupt, R31_a_host_may_interrupt_by_a_call) {
    make(RONDO_RUNNER_NO_SIGINT);
    EXPECT_EQ(rondo_runner_interrupt(runner), RONDO_ESTATE);
    Outcome outcome = run([&]() -> Script {
        EXPECT_EQ(rondo_runner_interrupt(runner), 1);
        EXPECT_EQ(rondo_runner_interrupt(runner), 0);
        co_await sleep(RONDO_S(1));
    });
    EXPECT_EQ(outcome.status, RONDO_EINTERRUPT);
    EXPECT_EQ(rondo_runner_interrupt(runner), RONDO_ESTATE);
}

TEST_F(Interrupt, R32_with_main_done_a_host_is_told_to_raise_it_itself) {
    make(RONDO_RUNNER_NO_SIGINT);
    Outcome outcome = run([&]() -> Answer {
        spawn([this]() -> Script {
            EXPECT_EQ(rondo_runner_interrupt(runner), 0);
            co_return;
        });
        co_return 1;
    });
    EXPECT_EQ(outcome.text(), "1");
}

TEST_F(Interrupt, B29_a_callback_that_raises_an_interrupt_ends_the_run_between_entries) {
    Future self;
    Outcome outcome = run([&]() -> Script {
        rondo_loop_call_soon(
            nullptr, [](void *, rondo_call *call) { call->status = RONDO_EINTERRUPT; }, nullptr, nullptr, nullptr);
        self = current();
        co_await sleep(RONDO_S(1));
    });
    EXPECT_EQ(outcome.status, RONDO_EINTERRUPT);
    EXPECT_FALSE(self.done());
    EXPECT_EQ(close(), RONDO_OK);
    EXPECT_TRUE(self.cancelled());
}
