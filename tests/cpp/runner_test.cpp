// run and Runner (semantics.md 1).
#include "support.hpp"

#include <csignal>
#include <thread>

namespace rondo::test {
namespace {

Coroutine<int> give(int x) {
    co_await sleep(1ms);
    co_return x;
}

TEST(Run, returns_what_main_returns) {
    EXPECT_EQ(run(give(3)), 3);
    EXPECT_EQ(run([] { return give(4); }), 4);
    EXPECT_EQ(run([]() -> Coroutine<std::string> { co_return "text"; }), "text");
    run(sleep(0s));
    EXPECT_EQ(*run([]() -> Coroutine<std::unique_ptr<int>> { co_return std::make_unique<int>(5); }), 5);
}

TEST(Run, R10_not_inside_a_running_loop) {
    play([]() -> Coroutine<> {
        EXPECT_EQ(status_of([] { return run(give(1)); }), RONDO_ERUNNING);
        Runner runner;
        EXPECT_EQ(status_of([&] { return runner.run(give(1)); }), RONDO_ERUNNING);
        co_return;
    });
}

TEST(Run, R10_another_thread_may_run_its_own) {
    play([]() -> Coroutine<> {
        int result = 0;
        std::thread([&] { result = run(give(6)); }).join();
        EXPECT_EQ(result, 6);
        co_return;
    });
}

TEST(Run, R14_background_tasks_end_before_the_caller_hears_of_the_failure) {
    std::vector<std::string> log;
    try {
        run([&]() -> Coroutine<> {
            auto background = create_task([&]() -> Coroutine<> {
                const Farewell farewell(log, "background");
                co_await forever();
            });
            co_await yield();
            throw std::runtime_error("main");
        });
    } catch (const std::runtime_error &error) {
        log.push_back(error.what());
    }
    EXPECT_EQ(log, (std::vector<std::string>{"background", "main"}));
}

TEST(Runner, R2_R4_makes_no_loop_until_it_is_used) {
    Runner runner;
    runner.close();
    EXPECT_EQ(runner.run(give(1)), 1);
    runner.close();
    runner.close();
}

TEST(Runner, R3_one_loop_until_close_then_errors) {
    Runner runner;
    const Loop loop = runner.get_loop();
    EXPECT_EQ(runner.get_loop(), loop);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(runner.run([&]() -> Coroutine<bool> { co_return get_running_loop() == loop; }), true);
    }
    runner.close();
    EXPECT_TRUE(loop.is_closed());
    EXPECT_EQ(status_of([&] { return runner.get_loop(); }), RONDO_ECLOSED);
    EXPECT_EQ(status_of([&] { return runner.run(give(1)); }), RONDO_ECLOSED);
}

TEST(Runner, R5_loop_factory) {
    RunnerOptions options;
    std::optional<Loop> made;
    options.loop_factory = [&] {
        made = new_event_loop({.virtual_clock = true});
        return *made;
    };
    Runner runner(std::move(options));
    EXPECT_FALSE(made);
    EXPECT_EQ(runner.run(give(1)), 1);
    EXPECT_EQ(runner.get_loop(), *made);
    EXPECT_EQ(made->time(), 1ms);

    RunnerOptions failing;
    failing.loop_factory = []() -> Loop { throw std::range_error("no loop today"); };
    Runner broken(std::move(failing));
    EXPECT_THROW(broken.run(give(1)), std::range_error);
    EXPECT_THROW((void)broken.get_loop(), std::range_error);
}

TEST(Runner, R6_debug) {
    for (const bool on : {false, true}) {
        RunnerOptions options;
        options.debug = on;
        options.loop.debug = !on;
        Runner runner(std::move(options));
        EXPECT_EQ(runner.get_loop().get_debug(), on);
    }
}

TEST(Runner, R7_R8_contexts) {
    static const ContextVar<int> var("var", 0);
    const auto bump = []() -> Coroutine<int> {
        var.set(var.get() + 1);
        co_return var.get();
    };
    Context prepared = Context::create();
    RunnerOptions options = virtual_clock();
    options.context = prepared;
    Runner runner(std::move(options));
    EXPECT_EQ(runner.run(bump()), 1);
    EXPECT_EQ(runner.run(bump()), 2);
    const Context given = Context::create();
    EXPECT_EQ(runner.run(bump(), {.context = given}), 1);
    EXPECT_EQ(given.get(var), 1);
    EXPECT_EQ(runner.run(bump()), 3);
    EXPECT_EQ(runner.get_context().get(var), 3);
    EXPECT_EQ(prepared.get(var), 0);
}

TEST(Runner, main_has_the_name_given) {
    Runner runner(virtual_clock());
    const auto name = []() -> Coroutine<std::string> { co_return current_task().name(); };
    EXPECT_EQ(runner.run(name, {.name = "main"}), "main");
}

TEST(Runner, R13_stopped_before_main_was_done) {
    std::vector<std::string> log;
    Runner runner(virtual_clock());
    EXPECT_EQ(status_of([&] {
                  runner.run([&]() -> Coroutine<> {
                      const Farewell farewell(log, "main");
                      get_running_loop().stop();
                      co_await forever();
                  });
                  return 0;
              }),
              RONDO_ESTOPPED);
    EXPECT_TRUE(log.empty());
    runner.close();
    EXPECT_EQ(log, std::vector<std::string>{"main"});
}

TEST(Runner, R21_R22_R23_close_cancels_in_creation_order_and_waits) {
    std::vector<std::string> log;
    {
        Runner runner(virtual_clock([&log](const Report &report) {
            log.push_back(std::string(report.message()) + ": " + report.error().message());
        }));
        const auto leftover = [&log](std::string name) -> Coroutine<> {
            const auto outcome = co_await as_result(forever());
            co_await sleep(name == "a" ? 2ms : 1ms);
            log.push_back(name);
            if (name == "b") throw std::runtime_error("b failed");
            if (name == "a") outcome.value();
        };
        runner.run([&]() -> Coroutine<> {
            for (const char *name : {"a", "b", "c"}) create_task(leftover(name));
            co_await yield();
        });
        EXPECT_TRUE(log.empty());
    }
    EXPECT_EQ(log, (std::vector<std::string>{"b", "c", "a",
                                             "unhandled exception during asyncio.run() shutdown: b failed"}));
}

TEST(Runner, R22_B7_close_with_a_deadline_names_what_was_left) {
    std::vector<std::string> log;
    Runner runner(virtual_clock());
    runner.run([&]() -> Coroutine<> {
        const auto stubborn = [&log]() -> Coroutine<> {
            const Farewell farewell(log, "destroyed");
            for (;;) (void)co_await as_result(forever());
        };
        auto task = create_task(stubborn(), {.name = "stubborn"});
        co_await yield();
    });
    try {
        runner.close(1s);
        FAIL();
    } catch (const Error &error) {
        EXPECT_EQ(error.code(), RONDO_EDEADLINE);
        EXPECT_NE(std::string(error.what()).find("stubborn"), std::string::npos) << error.what();
    }
    EXPECT_EQ(log, std::vector<std::string>{"destroyed"});
    EXPECT_EQ(status_of([&] { return runner.run(give(1)); }), RONDO_ECLOSED);
}

TEST(Runner, cannot_be_closed_from_inside_its_own_run) {
    Runner runner(virtual_clock());
    runner.run([&]() -> Coroutine<> {
        EXPECT_EQ(status_of([&] {
                      runner.close();
                      return 0;
                  }),
                  RONDO_ERUNNING);
        co_return;
    });
    EXPECT_EQ(runner.run(give(1)), 1);
}

TEST(Runner, moves) {
    Runner first(virtual_clock());
    const Loop loop = first.get_loop();
    Runner second = std::move(first);
    EXPECT_EQ(second.get_loop(), loop);
    first = std::move(second);
    EXPECT_EQ(first.run(give(1)), 1);
}

TEST(Runner, R30_R31_R33_sigint_cancels_main_and_becomes_an_interrupt) {
    std::vector<std::string> log;
    Runner runner;
    EXPECT_THROW(runner.run([&]() -> Coroutine<> {
        get_running_loop().call_soon([] { std::raise(SIGINT); });
        try {
            co_await forever();
        } catch (const Cancelled &) {
            log.push_back("cancelled");
            throw;
        }
    }),
                 Interrupted);
    EXPECT_EQ(log, std::vector<std::string>{"cancelled"});
    EXPECT_EQ(runner.run([&]() -> Coroutine<int> {
        get_running_loop().call_soon([] { std::raise(SIGINT); });
        (void)co_await as_result(forever());
        co_return 7;
    }),
              7);
}

TEST(Runner, interrupt_by_hand) {
    RunnerOptions options = virtual_clock();
    options.handle_sigint = false;
    Runner runner(std::move(options));
    EXPECT_EQ(status_of([&] { return runner.interrupt(); }), RONDO_ESTATE);
    EXPECT_THROW(runner.run([&]() -> Coroutine<> {
        EXPECT_TRUE(runner.interrupt());
        EXPECT_FALSE(runner.interrupt());
        co_await forever();
    }),
                 Interrupted);
}

TEST(Runner, a_thousand_runs_on_one_loop) {
    Runner runner(virtual_clock());
    long sum = 0;
    for (int i = 0; i < 1000; ++i) sum += runner.run(give(i));
    EXPECT_EQ(sum, 499'500);
}

} // namespace
} // namespace rondo::test
