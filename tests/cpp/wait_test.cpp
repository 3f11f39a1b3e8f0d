// wait, wait_for, as_completed, shield, and gather's flags (semantics.md 7 and 30).
#include "support.hpp"

#include <memory>

namespace rondo::test {
namespace {

Coroutine<int> give(int x) { co_return x; }
Coroutine<int> give_after(std::chrono::milliseconds delay, int x) {
    co_await sleep(delay);
    co_return x;
}
Coroutine<int> fail_after(std::chrono::milliseconds delay, std::string what) {
    co_await sleep(delay);
    throw std::runtime_error(what);
}
Coroutine<std::unique_ptr<int>> make_after(std::chrono::milliseconds delay, int x) {
    co_await sleep(delay);
    co_return std::make_unique<int>(x);
}

// (g++ 12 cannot await with a braced list.)
template <class F, class... Others>
std::vector<F> list(F first, Others... others) {
    return {first, others...};
}

std::chrono::nanoseconds now() { return get_running_loop().time(); }

// ---- wait ------------------------------------------------------------------------------------------------------

TEST(Wait, W1_refuses_nothing_and_empty_handles) {
    play([]() -> Coroutine<> {
        EXPECT_EQ((co_await as_result(wait(std::vector<Task<>>()))).error().code(), RONDO_EINVAL);
        EXPECT_EQ((co_await as_result(wait(std::vector<Task<>>(2)))).error().code(), RONDO_EINVAL);
    });
}

TEST(Wait, W1_one_given_twice_comes_back_twice) {
    play([]() -> Coroutine<> {
        auto a = create_task(give_after(1ms, 1));
        auto b = create_task(give_after(2ms, 2));
        auto [done, pending] = co_await wait(list(a, b, a), first_completed);
        EXPECT_EQ(done, (std::vector{a, a}));
        EXPECT_EQ(pending, std::vector{b});
    });
}

TEST(Wait, W2_answers_in_input_order_and_cancels_nothing) {
    play([]() -> Coroutine<> {
        std::vector<Task<int>> tasks;
        for (const int ms : {3, 9, 1, 8, 2})
            tasks.push_back(create_task(give_after(std::chrono::milliseconds(ms), ms)));
        auto [done, pending] = co_await wait(tasks, 4ms);
        EXPECT_EQ(now(), 4ms);
        std::vector<int> results;
        for (const auto &task : done) results.push_back(task.result());
        EXPECT_EQ(results, (std::vector{3, 1, 2}));
        EXPECT_EQ(pending, (std::vector{tasks[1], tasks[3]}));
        EXPECT_EQ(pending[0].cancelling(), 0);
        EXPECT_EQ(co_await pending[0], 9);
    });
}

TEST(Wait, W2_looks_at_no_error) {
    std::vector<std::string> reports;
    play(
        []() -> Coroutine<> {
            std::vector<Task<int>> tasks{create_task(fail_after(1ms, "unseen"))};
            (void)co_await wait(std::move(tasks));
            co_await yield();
        },
        [&reports](const Report &report) { reports.push_back(report.error().message()); });
    EXPECT_EQ(reports, std::vector<std::string>{"unseen"});
}

TEST(Wait, W3_always_suspends) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  auto a = create_task(give(1));
                  co_await a;
                  get_running_loop().call_soon([&trace] { trace("soon"); });
                  trace("M0");
                  (void)co_await wait(list(a));
                  trace("M1");
              }),
              "M0 | soon | M1");
}

TEST(Wait, W4_first_completed_and_all_completed) {
    play([]() -> Coroutine<> {
        const auto a = create_task(give_after(2ms, 1));
        const auto b = create_task(give_after(1ms, 2));
        auto [done, pending] = co_await wait(list(a, b), first_completed);
        EXPECT_EQ(now(), 1ms);
        EXPECT_EQ(done, std::vector{b});
        EXPECT_EQ(pending, std::vector{a});
        auto all = co_await wait(list(a, b), all_completed);
        EXPECT_EQ(now(), 2ms);
        EXPECT_EQ(all.done.size(), 2u);
        EXPECT_TRUE(all.pending.empty());
    });
}

TEST(Wait, W4_first_exception_does_not_count_cancellations) {
    play([]() -> Coroutine<> {
        const auto cancelled = create_task([]() -> Coroutine<int> {
            co_await forever();
            co_return 0;
        });
        const auto failing = create_task(fail_after(3ms, "x"));
        const auto slow = create_task(give_after(9ms, 9));
        get_running_loop().call_later(1ms, [=] { cancelled.cancel(); });
        auto [done, pending] = co_await wait(list(slow, failing, cancelled), first_exception);
        EXPECT_EQ(now(), 3ms);
        EXPECT_EQ(done, (std::vector{failing, cancelled}));
        EXPECT_EQ(pending, std::vector{slow});
        failing.silence();
        auto rest = co_await wait(list(slow, cancelled), first_exception); // none fails: as all_completed
        EXPECT_EQ(now(), 9ms);
        EXPECT_EQ(rest.done.size(), 2u);
    });
}

TEST(Wait, W5_no_time_tells_what_is_done) {
    play([]() -> Coroutine<> {
        const auto a = create_task(give(1));
        const auto b = create_task(give_after(1ms, 2));
        co_await yield();
        auto [done, pending] = co_await wait(list(a, b), 0ms);
        EXPECT_EQ(now(), 0ms);
        EXPECT_EQ(done, std::vector{a});
        EXPECT_EQ(pending, std::vector{b});
    });
}

// What ends in the very turn in which the timeout strikes counts as done.
TEST(Wait, W5_membership_is_looked_at_after_waking) {
    play([]() -> Coroutine<> {
        Future<> late;
        get_running_loop().call_later(5ms, [late] { late.set_result(); });
        const auto waiting = create_task(wait(list(late), 5ms));
        EXPECT_EQ((co_await waiting).done.size(), 1u);
        EXPECT_EQ(now(), 5ms);
    });
}

TEST(Wait, W6_cancelling_the_waiter_leaves_the_futures_alone) {
    play([]() -> Coroutine<> {
        const auto a = create_task(give_after(5ms, 1));
        const auto waiter = create_task(wait(list(a), all_completed, 1h));
        co_await turns(2);
        EXPECT_TRUE(waiter.cancel());
        EXPECT_TRUE((co_await as_result(waiter)).is_cancelled());
        EXPECT_FALSE(a.done());
        EXPECT_EQ(a.cancelling(), 0);
        EXPECT_EQ(get_running_loop().stats().deadlines, 1u); // a's; the waiter's is gone
        EXPECT_EQ(co_await a, 1);
        EXPECT_EQ(now(), 5ms);
    });
}

TEST(Wait, takes_futures_of_different_types_as_any_future) {
    play([]() -> Coroutine<> {
        Future<std::string> text;
        text.set_result("x");
        std::vector<AnyFuture> futures{create_task(forever()), text, create_task(give(1))};
        auto [done, pending] = co_await wait(std::move(futures), first_completed);
        EXPECT_EQ(done[0], text);
        EXPECT_EQ(pending.size(), 1u);
    });
}

// ---- wait_for --------------------------------------------------------------------------------------------------

TEST(WaitFor, W10_runs_in_the_same_task_and_context) {
    static const ContextVar<int> var("var", 0);
    play([]() -> Coroutine<> {
        const AnyTask self = current_task();
        const auto inside = [](AnyTask expected) -> Coroutine<bool> {
            var.set(7);
            co_await yield();
            co_return current_task() == expected;
        };
        EXPECT_TRUE(co_await wait_for(inside(self), 1s));
        EXPECT_EQ(var.get(), 7);
        EXPECT_EQ(co_await wait_for(give(3), never), 3);
    });
}

TEST(WaitFor, W11_throws_after_the_cleanup_has_ended) {
    play([]() -> Coroutine<> {
        const auto slow = []() -> Coroutine<int> {
            auto outcome = co_await as_result(forever());
            co_await sleep(10ms);
            std::move(outcome).value();
            co_return 1;
        };
        std::string message;
        try {
            co_await wait_for(slow(), 5ms);
        } catch (const TimeoutError &error) {
            message = error.what();
            EXPECT_TRUE(error.error().cause().is_cancelled());
        }
        EXPECT_EQ(message, "timed out");
        EXPECT_EQ(now(), 15ms);
        EXPECT_EQ(current_task().cancelling(), 0);
    });
}

TEST(WaitFor, W11_a_task_is_cancelled_unless_it_is_shielded) {
    play([]() -> Coroutine<> {
        const auto task = create_task(give_after(20ms, 1));
        EXPECT_EQ((co_await as_result(wait_for(shield(task), 5ms))).error().code(), RONDO_ETIMEDOUT);
        EXPECT_FALSE(task.done());
        EXPECT_EQ((co_await as_result(wait_for(task, 5ms))).error().code(), RONDO_ETIMEDOUT);
        EXPECT_TRUE(task.cancelled());
        EXPECT_EQ(now(), 10ms);
    });
}

TEST(WaitFor, W12_no_time_takes_what_is_done_and_begins_nothing) {
    play([]() -> Coroutine<> {
        const auto task = create_task(give(1));
        co_await task;
        EXPECT_EQ(co_await wait_for(task, 0ms), 1);
        EXPECT_EQ(co_await wait_for(task, -1s), 1);
        bool began = false;
        auto outcome = co_await as_result(wait_for(
            [&]() -> Coroutine<int> {
                began = true;
                co_return 1;
            },
            0ms));
        EXPECT_EQ(outcome.error().code(), RONDO_ETIMEDOUT);
        EXPECT_TRUE(outcome.error().cause().is_cancelled());
        EXPECT_FALSE(began);
        const auto pending = create_task(forever());
        co_await yield();
        EXPECT_EQ((co_await as_result(wait_for(pending, 0ms))).error().code(), RONDO_ETIMEDOUT);
        EXPECT_TRUE(pending.cancelled());
        // what swallows its cancellation has a result
        const auto stubborn = create_task([]() -> Coroutine<int> {
            (void)co_await as_result(forever());
            co_return 5;
        });
        co_await yield();
        EXPECT_EQ(co_await wait_for(stubborn, 0ms), 5);
        EXPECT_EQ(now(), 0ms);
    });
}

TEST(WaitFor, W13_swallowing_gives_the_value_and_other_errors_pass) {
    play([]() -> Coroutine<> {
        const auto swallow = []() -> Coroutine<int> {
            (void)co_await as_result(forever());
            co_return 5;
        };
        EXPECT_EQ(co_await wait_for(swallow(), 1ms), 5);
        EXPECT_EQ(current_task().cancelling(), 0);
        const auto change = []() -> Coroutine<int> {
            (void)co_await as_result(forever());
            throw std::logic_error("other");
        };
        const auto outcome = co_await as_result(wait_for(change(), 1ms));
        EXPECT_STREQ(outcome.error().message(), "other");
        EXPECT_THROW(outcome.value(), std::logic_error);
    });
}

TEST(WaitFor, W14_a_cancel_is_not_lost_to_a_result_of_the_same_turn) {
    play([]() -> Coroutine<> {
        Future<int> future;
        const auto waiter = create_task([=]() -> Coroutine<int> { co_return co_await wait_for(future, 1h); });
        co_await turns(2);
        future.set_result(1);
        EXPECT_TRUE(waiter.cancel());
        EXPECT_TRUE((co_await as_result(waiter)).is_cancelled());
    });
}

TEST(WaitFor, W15_what_comes_first_in_the_turn_of_the_deadline_wins) {
    play([]() -> Coroutine<> {
        Future<int> early, late;
        const Loop loop = get_running_loop();
        loop.call_later(5ms, [=] { early.set_result(1); }); // its waiter is not ready before the next turn
        auto outcome = co_await as_result(wait_for(early, 5ms));
        EXPECT_EQ(outcome.error().code(), RONDO_ETIMEDOUT);
        const auto waiter = create_task([=]() -> Coroutine<int> { co_return co_await wait_for(late, 5ms); });
        co_await sleep(4ms);
        late.set_result(2);
        EXPECT_EQ(co_await waiter, 2);
    });
}

TEST(WaitFor, takes_sleeps_gathers_and_functions) {
    play([]() -> Coroutine<> {
        co_await wait_for(sleep(1ms), 1s);
        auto [a, b] = co_await wait_for(gather(give(1), give_after(1ms, 2)), 1s);
        EXPECT_EQ(a + b, 3);
        int x = 4;
        EXPECT_EQ(co_await wait_for([&]() -> Coroutine<int> { co_return x; }, 1s), 4);
        EXPECT_EQ(*co_await wait_for(make_after(1ms, 5), 1s), 5);
        EXPECT_EQ((co_await as_result(wait_for(sleep(1h), 1ms))).error().code(), RONDO_ETIMEDOUT);
        const auto child = create_task(forever());
        EXPECT_EQ((co_await as_result(wait_for(gather(child), 1ms))).error().code(), RONDO_ETIMEDOUT);
        EXPECT_TRUE(child.cancelled());
    });
}

// ---- shield ----------------------------------------------------------------------------------------------------

TEST(Shield, W40_one_that_is_done_is_handed_on_as_it_is) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  auto task = create_task(give(1));
                  co_await task;
                  get_running_loop().call_soon([&trace] { trace("soon"); });
                  trace("M0");
                  trace("M" + std::to_string(co_await shield(task)));
                  co_await yield();
              }),
              "M0 M1 | soon");
}

TEST(Shield, W41_cancelling_it_or_its_waiter_leaves_the_inner_one_running) {
    play([]() -> Coroutine<> {
        const auto inner = create_task(give_after(5ms, 1));
        auto outer = shield(inner);
        EXPECT_TRUE(outer.cancel());
        EXPECT_TRUE(outer.cancelled());
        const auto waiter = create_task([=]() -> Coroutine<int> { co_return co_await shield(inner); });
        co_await turns(2);
        EXPECT_TRUE(waiter.cancel());
        EXPECT_TRUE((co_await as_result(waiter)).is_cancelled());
        EXPECT_FALSE(inner.done());
        EXPECT_EQ(inner.cancelling(), 0);
        EXPECT_EQ(co_await inner, 1);
    });
}

TEST(Shield, W42_the_outcome_arrives_a_turn_later) {
    play([]() -> Coroutine<> {
        Future<int> inner;
        auto outer = shield(inner);
        inner.set_result(1);
        EXPECT_FALSE(outer.done());
        co_await yield();
        EXPECT_TRUE(outer.done());
        EXPECT_EQ(outer.result(), 1);
        EXPECT_EQ(co_await outer, 1);
        const auto failing = shield(fail_after(1ms, "inner"));
        EXPECT_THROW(co_await failing, std::runtime_error);
        EXPECT_STREQ(failing.error().message(), "inner");
    });
}

TEST(Shield, W43_an_inner_cancellation_comes_out_without_its_message) {
    play([]() -> Coroutine<> {
        const auto inner = create_task(forever());
        const auto outer = shield(inner);
        co_await yield();
        inner.cancel("secret");
        const auto outcome = co_await as_result(outer);
        EXPECT_TRUE(outcome.is_cancelled());
        EXPECT_TRUE(outer.cancelled());
        EXPECT_STRNE(outcome.error().message(), "secret");
    });
}

TEST(Shield, W44_a_failure_behind_a_cancelled_shield_is_reported) {
    std::vector<std::string> reports;
    play(
        []() -> Coroutine<> {
            {
                auto outer = shield(fail_after(1ms, "late"));
                outer.cancel();
            }
            co_await sleep(5ms);
        },
        [&reports](const Report &report) { reports.push_back(report.error().message()); });
    EXPECT_EQ(reports, std::vector<std::string>{"late"});
}

TEST(Shield, W45_does_not_protect_from_the_end_of_the_run) {
    bool cancelled = false;
    play([&]() -> Coroutine<> {
        auto outer = shield([&]() -> Coroutine<> { cancelled = (co_await as_result(forever())).is_cancelled(); });
        co_await yield();
    });
    EXPECT_TRUE(cancelled);
}

TEST(Shield, hands_out_every_kind_of_value_and_can_be_gathered) {
    play([]() -> Coroutine<> {
        const auto text = []() -> Coroutine<std::vector<int>> {
            co_await yield();
            co_return {1, 2, 3};
        };
        EXPECT_EQ(*co_await shield(make_after(1ms, 5)), 5);
        const auto kept = create_task(text());
        EXPECT_EQ((co_await shield(kept)).size(), 3u);
        EXPECT_EQ((co_await kept).size(), 3u); // copied, not moved out: the task is still ours
        auto [a, b] = co_await shield(gather(give(1), give_after(1ms, 2)));
        EXPECT_EQ(a + b, 3);
        auto [c, d] = co_await gather(shield(kept), shield(give_after(1ms, 4)));
        EXPECT_EQ(c.size(), 3u);
        EXPECT_EQ(d, 4);
        co_await shield(sleep(1ms));
    });
}

// ---- as_completed ----------------------------------------------------------------------------------------------

TEST(AsCompleted, W20_nothing_and_duplicates) {
    play([]() -> Coroutine<> {
        auto nothing = as_completed(std::vector<Task<int>>());
        EXPECT_FALSE(co_await nothing.next());
        const auto a = create_task(give_after(2ms, 1));
        const auto b = create_task(give_after(1ms, 2));
        auto twice = as_completed(list(a, b, a));
        std::vector<std::size_t> order;
        while (auto next = co_await twice.next()) order.push_back(next->index());
        EXPECT_EQ(order, (std::vector<std::size_t>{1, 0}));
    });
}

TEST(AsCompleted, W20_B6_starts_coroutines_in_the_order_given) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  const auto work = [&trace](std::string name, int yields) -> Coroutine<std::string> {
                      trace(name);
                      co_await turns(yields);
                      co_return name;
                  };
                  std::vector<Coroutine<std::string>> all;
                  all.push_back(work("a", 3));
                  all.push_back(work("b", 1));
                  all.push_back(work("c", 2));
                  auto done = as_completed(std::move(all));
                  trace("M");
                  while (auto next = co_await done.next()) trace(next->result() + std::to_string(next->index()));
              }),
              "M | a b c | | | b1 | c2 a0");
}

TEST(AsCompleted, W21_W22_hands_out_the_original_futures_done) {
    play([]() -> Coroutine<> {
        std::vector<Task<int>> tasks;
        for (const int ms : {3, 1, 2}) tasks.push_back(create_task(give_after(std::chrono::milliseconds(ms), ms)));
        auto iteration = as_completed(tasks);
        for (const int expected : {1, 2, 3}) {
            const auto next = co_await iteration.next();
            EXPECT_TRUE(next.has_value());
            if (!next) co_return;
            EXPECT_TRUE(next->done());
            EXPECT_EQ(*next, tasks[next->index()]);
            EXPECT_EQ(next->result(), expected);
            EXPECT_EQ(co_await *next, expected);
            EXPECT_EQ(now(), std::chrono::milliseconds(expected));
        }
        EXPECT_TRUE(iteration.done());
        EXPECT_FALSE(co_await iteration.next());
        EXPECT_FALSE(co_await iteration.next());
    });
}

TEST(AsCompleted, W22_failures_come_in_their_turn) {
    play([]() -> Coroutine<> {
        std::vector<Task<int>> tasks{create_task(give_after(3ms, 3)), create_task(fail_after(1ms, "bad"))};
        auto iteration = as_completed(tasks);
        const auto first = co_await iteration.next();
        EXPECT_THROW(first->result(), std::runtime_error);
        const auto second = co_await iteration.next();
        EXPECT_EQ(second->result(), 3);
    });
}

TEST(AsCompleted, W23_the_timeout_fails_what_is_left_and_cancels_nothing) {
    play([]() -> Coroutine<> {
        std::vector<Task<int>> tasks;
        for (const int ms : {30, 1, 20}) tasks.push_back(create_task(give_after(std::chrono::milliseconds(ms), ms)));
        auto iteration = as_completed(tasks, 5ms);
        EXPECT_EQ((co_await iteration.next())->result(), 1);
        for (int i = 0; i < 2; ++i) {
            const auto outcome = co_await as_result(iteration.next());
            EXPECT_EQ(outcome.error().code(), RONDO_ETIMEDOUT);
            EXPECT_EQ(now(), 5ms);
        }
        EXPECT_FALSE(co_await iteration.next());
        EXPECT_FALSE(tasks[0].done());
        EXPECT_EQ(co_await tasks[0], 30);
        EXPECT_EQ(tasks[2].result(), 20);
    });
}

TEST(AsCompleted, W24_leaving_early_leaves_the_rest_running) {
    std::vector<std::string> reports;
    play(
        []() -> Coroutine<> {
            std::vector<Coroutine<int>> all;
            all.push_back(give_after(1ms, 1));
            all.push_back(fail_after(2ms, "unawaited"));
            {
                auto iteration = as_completed(std::move(all));
                EXPECT_EQ((co_await iteration.next())->result(), 1);
            }
            co_await sleep(10ms);
        },
        [&reports](const Report &report) { reports.push_back(report.error().message()); });
    EXPECT_EQ(reports, std::vector<std::string>{"unawaited"});
}

TEST(AsCompleted, W25_several_tasks_share_one_in_the_order_they_asked) {
    play([]() -> Coroutine<> {
        std::vector<Task<int>> tasks;
        for (const int ms : {1, 2, 3}) tasks.push_back(create_task(give_after(std::chrono::milliseconds(ms), ms)));
        auto iteration = as_completed(std::move(tasks));
        std::string log;
        const auto consume = [&log](std::string name, AsCompleted<int> from) -> Coroutine<> {
            while (auto next = co_await from.next()) log += name + std::to_string(next->result()) + " ";
        };
        auto gone = create_task(consume("gone", iteration));
        auto a = create_task(consume("a", iteration));
        auto b = create_task(consume("b", iteration));
        co_await yield();
        gone.cancel(); // its place goes to the next
        co_await gather(a, b);
        EXPECT_EQ(log, "a1 b2 a3 ");
    });
}

TEST(AsCompleted, a_cancelled_next_loses_no_result) {
    play([]() -> Coroutine<> {
        std::vector<Task<int>> tasks{create_task(give_after(1ms, 1)), create_task(give_after(2ms, 2))};
        auto iteration = as_completed(tasks);
        const auto impatient = create_task([=]() -> Coroutine<> { (void)co_await iteration.next(); });
        co_await yield();
        impatient.cancel();
        EXPECT_TRUE((co_await as_result(impatient)).is_cancelled());
        EXPECT_EQ((co_await iteration.next())->result(), 1);
        EXPECT_EQ((co_await iteration.next())->result(), 2);
        EXPECT_FALSE(co_await iteration.next());
    });
}

TEST(AsCompleted, values_that_only_move_are_taken) {
    play([]() -> Coroutine<> {
        std::vector<Coroutine<std::unique_ptr<int>>> all;
        all.push_back(make_after(2ms, 2));
        all.push_back(make_after(1ms, 1));
        auto iteration = as_completed(std::move(all));
        int sum = 0;
        while (auto next = co_await iteration.next()) sum = sum * 10 + *next->take();
        EXPECT_EQ(sum, 12);
    });
}

// ---- gather's flags --------------------------------------------------------------------------------------------

TEST(GatherFlags, B16_cancel_on_error_cancels_the_others) {
    play([]() -> Coroutine<> {
        const auto slow = create_task(give_after(5ms, 1));
        const auto outcome = co_await as_result(gather(cancel_on_error, slow, fail_after(1ms, "first")));
        EXPECT_STREQ(outcome.error().message(), "first");
        co_await turns(2);
        EXPECT_TRUE(slow.cancelled());
        EXPECT_EQ(now(), 1ms);
        std::vector<Task<int>> range{create_task(give_after(5ms, 1)), create_task(fail_after(1ms, "range"))};
        EXPECT_STREQ((co_await as_result(gather(cancel_on_error, range))).error().message(), "range");
        co_await turns(2);
        EXPECT_TRUE(range[0].cancelled());
    });
}

TEST(GatherFlags, B16_report_late_tells_of_failures_after_the_first) {
    for (const bool told : {false, true}) {
        std::vector<std::string> reports;
        play(
            [&]() -> Coroutine<> {
                auto outer = told ? gather(report_late, fail_after(1ms, "first"), fail_after(2ms, "second"))
                                  : gather(fail_after(1ms, "first"), fail_after(2ms, "second"));
                EXPECT_FALSE((co_await as_result(std::move(outer))).has_value());
                co_await sleep(5ms);
            },
            [&reports](const Report &report) { reports.push_back(report.error().message()); });
        EXPECT_EQ(reports, told ? std::vector<std::string>{"second"} : std::vector<std::string>{});
    }
}

} // namespace
} // namespace rondo::test
