// Looking inside: states, who awaits whom, the dump, debug mode, the loop's options (semantics.md 26, 27, 30).
#include "support.hpp"

#include <algorithm>
#include <set>

namespace rondo::test {
namespace {

Coroutine<int> give(int x) { co_return x; }

Coroutine<> await(AnyFuture future) { co_await Awaitable<Value>(future); }

bool contains(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

TEST(Graph, V7_states) {
    play([]() -> Coroutine<> {
        EXPECT_EQ(current_task().state(), TaskState::running);
        const auto ready = create_task(give(1));
        const auto yielding = create_task(turns(10));
        const auto sleeping = create_task(forever());
        const auto waiting = create_task(await(sleeping));
        Waker *waker = nullptr;
        const auto parked = create_task([&]() -> Coroutine<> {
            Waker own = Waker::current();
            waker = &own;
            co_await park();
        });
        EXPECT_EQ(ready.state(), TaskState::ready);
        co_await yield();
        EXPECT_EQ(ready.state(), TaskState::done);
        EXPECT_EQ(yielding.state(), TaskState::ready);
        EXPECT_EQ(sleeping.state(), TaskState::sleeping);
        EXPECT_EQ(waiting.state(), TaskState::waiting);
        EXPECT_EQ(parked.state(), TaskState::parked);
        waker->wake();
        EXPECT_EQ(waiting.awaiting(), sleeping);
        EXPECT_FALSE(sleeping.awaiting());
        sleeping.cancel();
        co_await yield();
        EXPECT_EQ(sleeping.state(), TaskState::done);
        EXPECT_EQ(waiting.state(), TaskState::ready);
        EXPECT_FALSE(waiting.awaiting());
    });
}

TEST(Graph, V1_awaited_by_knows_every_kind_of_waiter) {
    play([]() -> Coroutine<> {
        const auto child = create_task(forever());
        EXPECT_TRUE(child.awaited_by().empty());
        const auto direct = create_task(await(child));
        const auto outer = gather(child);
        const auto shielding = shield(child);
        const auto some = create_task(wait(std::vector<AnyFuture>(1, child)));
        const auto iteration = as_completed(std::vector<Task<>>(1, child));
        co_await yield();
        const auto waiters = child.awaited_by();
        EXPECT_EQ(waiters.size(), 5u);
        const auto awaits = [&](const AnyFuture &it) {
            return std::find(waiters.begin(), waiters.end(), it) != waiters.end();
        };
        EXPECT_TRUE(awaits(direct));
        EXPECT_TRUE(awaits(outer));
        EXPECT_TRUE(awaits(shielding));
        EXPECT_TRUE(awaits(some.awaiting()));
        EXPECT_TRUE(awaits(iteration));
        child.cancel();
        co_await turns(2);
        EXPECT_TRUE(child.awaited_by().empty());
        outer.silence();
    });
}

TEST(Graph, V1_a_member_is_awaited_by_the_task_of_its_group) {
    play([]() -> Coroutine<> {
        const AnyTask self = current_task();
        co_await with_group([&](TaskGroup &group) -> Coroutine<> {
            const auto member = group.create_task(forever());
            co_await yield();
            EXPECT_EQ(member.awaited_by(), std::vector<AnyFuture>{self});
            group.cancel();
        });
    });
}

TEST(Graph, V4_dump_draws_the_tree) {
    play([]() -> Coroutine<> {
        const auto inner = create_task(forever(), {.name = "inner"});
        const auto outer = create_task([&]() -> Coroutine<> { co_await gather(inner, turns(5)); }, {.name = "outer"});
        co_await turns(2);
        const std::string text = get_running_loop().dump();
        EXPECT_TRUE(contains(text, "* outer: waiting")) << text;
        EXPECT_TRUE(contains(text, "* inner: sleeping")) << text;
        EXPECT_LT(text.find("* outer"), text.find("* inner")) << text;
        EXPECT_TRUE(contains(text, ": running")) << text;
        inner.cancel();
        outer.cancel();
    });
}

Coroutine<> innermost() { co_await forever(); }

AsyncGenerator<int> producing() {
    co_await innermost();
    co_yield 1;
}

Coroutine<> consuming() {
    auto generator = producing();
    (void)co_await generator.next();
}

// Where the compiler knows: see site.hpp.
TEST(Graph, V3_dump_tells_where_a_coroutine_waits) {
    if (detail::Site::current().line() == 0) GTEST_SKIP() << "this compiler has no std::source_location";
    play([]() -> Coroutine<> {
        const auto lambda = [](int) -> Coroutine<> { co_await consuming(); };
        const auto task = create_task([&]() -> Coroutine<> { co_await with_timeout(1h, lambda(1)); });
        co_await yield();
        const std::string text = get_running_loop().dump();
        std::size_t from = 0;
        for (const char *line :
             {"::forever, support.hpp:", "::innermost, graph_test.cpp:", "::producing, graph_test.cpp:",
              "::consuming, graph_test.cpp:", "::<lambda(int)>, graph_test.cpp:"}) {
            const std::size_t found = text.find(line, from);
            EXPECT_NE(found, std::string::npos) << line << " in " << text;
            from = found;
        }
        EXPECT_FALSE(contains(text, "rondo::detail")) << text; // nothing of the library's own
        task.cancel();
    });
}

TEST(Graph, V5_dump_names_a_cycle) {
    play([]() -> Coroutine<> {
        Task<> a, b;
        a = create_task([&]() -> Coroutine<> { co_await b; }, {.name = "a"});
        b = create_task([&]() -> Coroutine<> { co_await a; }, {.name = "b"});
        co_await yield();
        EXPECT_TRUE(contains(get_running_loop().dump(), "(cycle)"));
        a.cancel();
        co_await turns(3);
        EXPECT_TRUE(a.done() && b.done());
    });
}

TEST(Debug, D4_slow_callbacks_are_reported_with_their_duration) {
    struct Seen {
        int warnings = 0;
        std::chrono::nanoseconds duration = 0ns;
        AnyFuture task;
    } seen;
    RunnerOptions options;
    options.debug = true;
    options.loop.slow_callback = 1ms;
    options.loop.exception_handler = ExceptionHandler([&seen](const Report &report) {
        if (!report.is_warning()) return;
        ++seen.warnings;
        seen.duration = report.duration();
        seen.task = report.task();
    });
    Runner runner(options);
    runner.run([&]() -> Coroutine<> {
        EXPECT_EQ(get_running_loop().get_slow_callback(), 1ms);
        const auto slow = create_task([]() -> Coroutine<> {
            const auto begin = std::chrono::steady_clock::now();
            while (std::chrono::steady_clock::now() - begin < 2ms) {
            }
            co_return;
        });
        co_await slow;
        co_await yield();
        EXPECT_GE(seen.warnings, 1);
        EXPECT_GE(seen.duration, 1ms);
        EXPECT_EQ(seen.task, slow);
        seen.task = {};
        get_running_loop().set_slow_callback(1h);
        EXPECT_EQ(get_running_loop().get_slow_callback(), 1h);
    });
}

TEST(Debug, D5_origins_are_kept_in_debug_mode_only) {
    for (const bool debug : {false, true}) {
        RunnerOptions options = virtual_clock();
        options.debug = debug;
        run(
            [&]() -> Coroutine<> {
                const auto task = create_task(give(1));
                EXPECT_EQ(task.origin().empty(), !debug);
                co_await task;
            },
            options);
    }
}

TEST(LoopOptions, B28_report_early_does_not_wait_for_the_last_handle) {
    for (const bool early : {false, true}) {
        std::vector<std::string> reports;
        RunnerOptions options =
            virtual_clock([&reports](const Report &report) { reports.push_back(report.error().message()); });
        options.loop.report_early = early;
        run(
            [&]() -> Coroutine<> {
                const auto fail = []() -> Coroutine<> {
                    throw std::runtime_error("unseen");
                    co_return;
                };
                const auto kept = create_task(fail());
                co_await turns(3);
                EXPECT_EQ(reports.size(), early ? 1u : 0u);
            },
            options);
        EXPECT_EQ(reports, std::vector<std::string>{"unseen"}); // exactly once
    }
}

std::string order_of(std::uint64_t seed) {
    RunnerOptions options = virtual_clock();
    options.loop.shuffle_seed = seed;
    std::string order;
    run(
        [&]() -> Coroutine<> {
            const auto note = [&order](char c) -> Coroutine<> {
                order += c;
                co_return;
            };
            co_await with_group([&](TaskGroup &group) -> Coroutine<> {
                for (const char c : std::string("abcdefgh")) group.create_task(note(c));
                co_return;
            });
        },
        options);
    return order;
}

TEST(LoopOptions, B35_a_shuffled_loop_depends_on_its_seed_alone) {
    EXPECT_EQ(order_of(0), "abcdefgh");
    std::set<std::string> orders;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const std::string order = order_of(seed);
        EXPECT_EQ(order, order_of(seed));
        orders.insert(order);
        EXPECT_EQ(std::set<char>(order.begin(), order.end()).size(), 8u);
    }
    EXPECT_GT(orders.size(), 5u);
}

} // namespace
} // namespace rondo::test
