// Brute force: every scenario is stopped after every possible number of turns, and struck by a cancel at every
// possible turn. Nothing may leak, crash or hang.
#include "support.hpp"

#include <functional>

namespace rondo::test {
namespace {

Coroutine<Counted> value_after(int yields, int x) {
    const Counted local(x);
    for (int i = 0; i < yields; ++i) co_await yield();
    co_return Counted(x);
}

Coroutine<Counted> nested(int depth) {
    const Counted local(depth);
    if (depth == 0) co_return co_await value_after(2, 1);
    Counted inner = co_await nested(depth - 1);
    co_await yield();
    co_return inner;
}

Coroutine<> fail_after(int yields) {
    const Counted local;
    for (int i = 0; i < yields; ++i) co_await yield();
    throw Counted(yields);
}

Coroutine<> clean_up() {
    const Counted local;
    auto outcome = co_await as_result(sleep(10ms));
    co_await yield();
    const Counted cleaning;
    co_await sleep(1ms);
    outcome.value();
}

// The scenarios.

Coroutine<> awaiting_coroutines() {
    const Counted local;
    const Counted result = co_await nested(5);
    co_await value_after(1, result.value());
}

Coroutine<> awaiting_tasks() {
    auto a = create_task(value_after(2, 1));
    auto b = create_task(nested(3));
    const Counted first = co_await a;
    const Counted second = co_await std::move(b);
    const Counted third = co_await create_task(value_after(1, 3));
}

Coroutine<> sharing_one_future() {
    Future<Counted> future;
    const auto wait = [](Future<Counted> f) -> Coroutine<> {
        const Counted local;
        const Counted got = co_await f;
    };
    auto a = create_task(wait(future));
    auto b = create_task(wait(future));
    future.add_done_callback([owned = Counted()] {});
    co_await turns(2);
    future.set_result(Counted(5));
    co_await gather(a, b);
}

Coroutine<> gathering() {
    auto outer = gather(value_after(3, 1), nested(2), sleep(2ms), clean_up());
    const Counted local;
    auto [a, b, slept, cleaned] = co_await std::move(outer);
}

Coroutine<> gathering_failures() {
    auto [a, b, c] = co_await gather_results(value_after(1, 1), fail_after(2), fail_after(0));
    try {
        co_await gather(value_after(5, 1), fail_after(1), clean_up());
    } catch (const Counted &) {
        const Counted local;
    }
    co_await turns(3);
}

Coroutine<> gathering_many() {
    std::vector<Coroutine<Counted>> many;
    for (int i = 0; i < 20; ++i) many.push_back(value_after(i % 5, i));
    const std::vector<Counted> results = co_await gather(std::move(many));
}

Coroutine<> cancelling() {
    auto inner = create_task(clean_up());
    const auto wait = [](Task<> task) -> Coroutine<> {
        const Counted local;
        co_await task;
    };
    auto outer = create_task(wait(inner));
    co_await turns(3);
    outer.cancel("chain");
    EXPECT_FALSE((co_await as_result(outer)).has_value());
    auto never = create_task(value_after(1, 1));
    never.cancel();
    EXPECT_FALSE((co_await as_result(never)).has_value());
}

Coroutine<> throwing_through() {
    const auto middle = []() -> Coroutine<> {
        const Counted local;
        co_await fail_after(1);
    };
    for (int i = 0; i < 3; ++i) {
        bool caught = false;
        try {
            if (i == 0) co_await middle();
            if (i == 1) co_await create_task(middle());
            if (i == 2) co_await gather(middle(), middle());
        } catch (const Counted &) {
            caught = true;
        }
        EXPECT_TRUE(caught);
    }
}

Coroutine<> callbacks_and_timers() {
    const Loop loop = get_running_loop();
    Future<> fired;
    loop.call_soon([owned = Counted()] {});
    loop.call_later(5ms, [fired, owned = Counted()] {
        if (!fired.done()) fired.set_result();
    });
    const Handle never = loop.call_later(1h, [owned = Counted()] {});
    co_await fired;
    loop.call_soon_threadsafe([owned = Counted()] {});
    co_await yield();
    never.cancel();
}

const ContextVar<Counted> variable("variable");

Coroutine<> contexts() {
    variable.set(Counted(1));
    auto task = create_task([owned = Counted()]() -> Coroutine<> {
        variable.set(Counted(2));
        co_await yield();
        copy_context().run([] { variable.set(Counted(3)); });
        co_await yield();
    });
    const Token token = variable.set(Counted(4));
    co_await task;
    variable.reset(token);
}

AsyncGenerator<Counted> values(int n) {
    const Counted local;
    std::exception_ptr thrown;
    try {
        for (int i = 0; i < n; ++i) {
            if (i % 2 == 1) co_await yield();
            co_yield Counted(i);
        }
    } catch (...) {
        thrown = std::current_exception();
    }
    const Counted cleaning;
    co_await sleep(1ms);
    if (thrown) std::rethrow_exception(thrown);
}

AsyncGenerator<Counted> passed_on(AsyncGenerator<Counted> from) {
    const Counted local;
    while (auto value = co_await from.next()) co_yield std::move(*value);
}

Coroutine<> generating() {
    const Counted local;
    auto whole = passed_on(values(4));
    while (auto value = co_await whole.next()) co_await value_after(1, value->value());
    auto dropped = passed_on(values(9));
    const auto first = co_await dropped.next();
    co_await aclosing(values(9), [](auto &generator) -> Coroutine<> {
        const auto one = co_await generator.next();
        const auto two = co_await generator.next();
    });
    auto closed = values(9);
    const auto last = co_await closed.next();
    co_await closed.aclose();
}

Coroutine<> grouping() {
    const Counted local;
    const Counted value = co_await with_group([](TaskGroup &group) -> Coroutine<Counted> {
        const Counted inside;
        group.create_task(value_after(2, 1));
        group.create_task(clean_up());
        auto last = group.create_task(nested(2), {.eager = true});
        co_return co_await last;
    });
    try {
        co_await with_group([](TaskGroup &group) -> Coroutine<> {
            group.create_task(clean_up());
            group.create_task(fail_after(2));
            co_await clean_up();
        });
    } catch (const GroupError &) {
        const Counted caught;
    }
    co_await with_group([](TaskGroup &group) -> Coroutine<> {
        group.create_task(clean_up());
        co_await yield();
        group.cancel();
    });
}

Coroutine<> limiting() {
    const Counted local;
    const Counted value = co_await with_timeout(5ms, nested(2));
    for (int i = 0; i < 2; ++i) {
        bool late = false;
        try {
            if (i == 0) co_await with_timeout(2ms, [](Timeout &) -> Coroutine<> { co_await clean_up(); });
            if (i == 1) co_await wait_for(create_task(clean_up()), 0ms);
        } catch (const TimeoutError &) {
            late = true;
        }
        EXPECT_TRUE(late);
        co_await yield();
    }
    const Counted waited = co_await wait_for(value_after(2, 1), 1h);
}

Coroutine<> waiting() {
    std::vector<Task<Counted>> tasks;
    for (int i = 0; i < 4; ++i) tasks.push_back(create_task(value_after(i, i)));
    auto some = co_await wait(tasks, first_completed, 1h);
    auto iteration = as_completed(tasks, 1h);
    while (auto next = co_await iteration.next()) const Counted result = next->result();
    const auto protect = []() -> Coroutine<> {
        const Counted inside;
        const Counted shielded = co_await shield(value_after(4, 1));
    };
    auto shielding = create_task(protect());
    co_await turns(2);
    shielding.cancel();
    EXPECT_FALSE((co_await as_result(shielding)).has_value());
}

Coroutine<> operands() {
    const auto number = [](int yields) -> Coroutine<int> {
        const Counted local;
        co_await turns(yields);
        co_return yields;
    };
    auto a = create_task(number(2));
    auto b = create_task(number(1));
    const int sum = co_await a + co_await number(1) + co_await std::move(b) + co_await create_task(number(2));
    EXPECT_EQ(sum, 6);
}

Coroutine<> fire_and_forget() {
    create_task(clean_up());
    create_task(fail_after(2));
    (void)gather(value_after(2, 1), fail_after(1));
    create_task([owned = Counted()]() -> Coroutine<> { co_await park(); });
    co_await turns(2);
}

struct Scenario {
    const char *name;
    Coroutine<> (*make)();
};

void PrintTo(const Scenario &scenario, std::ostream *out) { *out << scenario.name; }

class BruteForce : public testing::TestWithParam<Scenario> {
protected:
    static constexpr int many = 1000;

    void TearDown() override { EXPECT_EQ(Counted::alive, 0); }

    // One turn, waiting on the virtual clock if need be; false when the main task is done.
    static bool advance(const Loop &loop, const Task<> &main) {
        if (main.done()) return false;
        loop.run_once(1h);
        return !main.done();
    }
};

TEST_P(BruteForce, the_loop_is_closed_after_every_turn) {
    for (int stop = 0; stop < many; ++stop) {
        bool running = true;
        {
            const Loop loop = new_event_loop({.virtual_clock = true});
            Task<> main = loop.create_task(GetParam().make());
            for (int turn = 0; turn < stop && running; ++turn) running = advance(loop, main);
            if (stop % 2 == 0) main = {};
            loop.close();
        }
        ASSERT_EQ(Counted::alive, 0) << "stopped after " << stop << " turns";
        if (!running) return;
    }
    FAIL() << "never ended";
}

TEST_P(BruteForce, the_runner_is_closed_after_every_turn) {
    for (int stop = 0; stop < many; ++stop) {
        bool running = true;
        {
            Runner runner(virtual_clock());
            const Loop loop = runner.get_loop();
            const Task<> main = loop.create_task(GetParam().make());
            for (int turn = 0; turn < stop && running; ++turn) running = advance(loop, main);
            runner.close();
            EXPECT_TRUE(main.done());
            main.silence();
        }
        ASSERT_EQ(Counted::alive, 0) << "closed after " << stop << " turns";
        if (!running) return;
    }
    FAIL() << "never ended";
}

TEST_P(BruteForce, main_is_cancelled_after_every_turn) {
    for (int stop = 0; stop < many; ++stop) {
        bool running = true;
        {
            Runner runner(virtual_clock());
            const Loop loop = runner.get_loop();
            const Task<> main = loop.create_task(GetParam().make());
            for (int turn = 0; turn < stop && running; ++turn) running = advance(loop, main);
            if (running) main.cancel("brute");
            for (int turn = 0; turn < many && advance(loop, main); ++turn) {
            }
            EXPECT_TRUE(main.done()) << "hung when cancelled after " << stop << " turns";
            main.silence();
        }
        ASSERT_EQ(Counted::alive, 0) << "cancelled after " << stop << " turns";
        if (!running) return;
    }
    FAIL() << "never ended";
}

INSTANTIATE_TEST_SUITE_P(
    All, BruteForce,
    testing::Values(Scenario{"awaiting_coroutines", awaiting_coroutines}, Scenario{"awaiting_tasks", awaiting_tasks},
                    Scenario{"sharing_one_future", sharing_one_future}, Scenario{"gathering", gathering},
                    Scenario{"gathering_failures", gathering_failures}, Scenario{"gathering_many", gathering_many},
                    Scenario{"cancelling", cancelling}, Scenario{"throwing_through", throwing_through},
                    Scenario{"callbacks_and_timers", callbacks_and_timers}, Scenario{"contexts", contexts},
                    Scenario{"generating", generating}, Scenario{"grouping", grouping},
                    Scenario{"limiting", limiting}, Scenario{"waiting", waiting}, Scenario{"operands", operands},
                    Scenario{"fire_and_forget", fire_and_forget}),
    [](const auto &param_info) { return param_info.param.name; });

} // namespace
} // namespace rondo::test
