// gather and gather_results (semantics.md 6).
#include "support.hpp"

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
Coroutine<std::unique_ptr<int>> make(int x) {
    co_await yield();
    co_return std::make_unique<int>(x);
}

TEST(Gather, G1_nothing_is_done_at_once) {
    play([]() -> Coroutine<> {
        auto nothing = gather();
        EXPECT_TRUE(nothing.done());
        static_assert(std::is_same_v<decltype(nothing)::Result, std::tuple<>>);
        co_await nothing;
        EXPECT_TRUE((co_await gather(std::vector<Task<int>>())).empty());
    });
    EXPECT_EQ(status_of([] { return gather(); }), RONDO_ENOLOOP);
}

TEST(Gather, G2_G4_starts_and_answers_in_argument_order) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  const auto work = [&trace](std::string name, int yields) -> Coroutine<std::string> {
                      trace(name);
                      for (int i = 0; i < yields; ++i) co_await yield();
                      trace(name + ".");
                      co_return name;
                  };
                  auto outer = gather(work("a", 2), work("b", 1), work("c", 3));
                  trace("M");
                  auto [a, b, c] = co_await std::move(outer);
                  trace(a + b + c);
              }),
              "M | a b c | b. | a. | c. | | abc");
}

TEST(Gather, mixes_types_tasks_futures_sleeps_and_functions) {
    play([]() -> Coroutine<> {
        Future<std::string> future;
        auto task = create_task(give_after(2ms, 2));
        get_running_loop().call_later(1ms, [=] { future.set_result("text"); });
        int four = 4;
        auto [one, two, text, slept, nothing, pointer, answer] =
            co_await gather(give(1), task, future, sleep(3ms), turns(1), make(3),
                            [&]() -> Coroutine<int> { co_return four; });
        static_assert(std::is_same_v<decltype(slept), std::monostate>);
        static_assert(std::is_same_v<decltype(nothing), std::monostate>);
        EXPECT_EQ(one + two, 3);
        EXPECT_EQ(text, "text");
        EXPECT_EQ(*pointer, 3);
        EXPECT_EQ(answer, 4);
        EXPECT_EQ(get_running_loop().time(), 3ms);
    });
}

TEST(Gather, ranges_of_coroutines_tasks_and_futures) {
    play([]() -> Coroutine<> {
        std::vector<Coroutine<int>> coroutines;
        std::vector<Task<int>> tasks;
        std::vector<Future<std::string>> futures(2);
        std::vector<Coroutine<>> nothings;
        std::vector<Coroutine<std::unique_ptr<int>>> pointers;
        for (int i = 0; i < 3; ++i) {
            coroutines.push_back(give_after(std::chrono::milliseconds(3 - i), i));
            tasks.push_back(create_task(give(10 * i)));
            nothings.push_back(turns(i));
            pointers.push_back(make(i));
        }
        futures[0].set_result("x");
        futures[1].set_result("y");
        // (g++ 12 cannot compile a braced list beside a co_await)
        const std::vector<int> counted = {0, 1, 2};
        const std::vector<int> tens = {0, 10, 20};
        const std::vector<std::string> letters = {"x", "y"};
        EXPECT_EQ(co_await gather(std::move(coroutines)), counted);
        EXPECT_EQ(co_await gather(tasks), tens);
        EXPECT_EQ(co_await gather(tasks), tens);
        EXPECT_EQ(co_await gather(futures), letters);
        static_assert(std::is_void_v<decltype(gather(std::move(nothings)))::Result>);
        co_await gather(std::move(nothings));
        const auto made = co_await gather(std::move(pointers));
        EXPECT_EQ(*made[2], 2);
    });
}

TEST(Gather, G3_the_same_task_twice) {
    play([]() -> Coroutine<> {
        auto task = create_task(give_after(1ms, 5));
        auto [a, b] = co_await gather(task, task);
        EXPECT_EQ(a + b, 10);
    });
}

TEST(Gather, G5_futures_of_two_loops) {
    const Loop other = new_event_loop();
    const auto foreign = other.create_future<int>();
    play([&]() -> Coroutine<> {
        EXPECT_EQ(status_of([&] { return gather(foreign); }), RONDO_EOTHERLOOP);
        co_return;
    });
}

TEST(Gather, G6_G7_first_failure_wins_and_the_others_run_on_silently) {
    std::vector<std::string> reports;
    play(
        [&]() -> Coroutine<> {
            auto slow = create_task(give_after(3ms, 1));
            try {
                co_await gather(slow, fail_after(1ms, "first"), fail_after(2ms, "second"));
                ADD_FAILURE();
            } catch (const std::runtime_error &error) {
                EXPECT_STREQ(error.what(), "first");
            }
            EXPECT_EQ(get_running_loop().time(), 1ms);
            EXPECT_FALSE(slow.done());
            EXPECT_EQ(co_await slow, 1);
        },
        [&reports](const Report &report) { reports.push_back(report.message()); });
    EXPECT_TRUE(reports.empty());
}

TEST(Gather, G8_results_carry_errors_and_cancellations) {
    play([]() -> Coroutine<> {
        auto cancelled = create_task(forever());
        get_running_loop().call_later(1ms, [=] { cancelled.cancel("message kept"); });
        auto [good, bad, gone, moved] =
            co_await gather_results(give(1), fail_after(1ms, "bad"), cancelled, make(2));
        EXPECT_EQ(good.value(), 1);
        EXPECT_STREQ(bad.error().message(), "bad");
        EXPECT_THROW(bad.value(), std::runtime_error);
        EXPECT_TRUE(gone.is_cancelled());
        EXPECT_STREQ(gone.error().message(), "message kept");
        EXPECT_EQ(**moved, 2);

        std::vector<Coroutine<int>> range;
        range.push_back(give(1));
        range.push_back(fail_after(1ms, "range"));
        const auto outcomes = co_await gather_results(std::move(range));
        EXPECT_EQ(*outcomes[0], 1);
        EXPECT_STREQ(outcomes[1].error().message(), "range");
        std::vector<Task<>> nothings{create_task(turns(1)), create_task(turns(2))};
        const std::vector<Result<void>> ends = co_await gather_results(nothings);
        EXPECT_TRUE(ends[0] && ends[1]);
    });
}

TEST(Gather, G9_G14_a_cancelled_child_fails_it) {
    play([]() -> Coroutine<> {
        auto child = create_task(forever());
        auto sibling = create_task(give_after(5ms, 1));
        auto outer = gather(child, sibling);
        co_await yield();
        child.cancel("child");
        rondo_status status = RONDO_OK;
        try {
            co_await outer;
        } catch (const Cancelled &cancelled) {
            status = cancelled.code();
            EXPECT_STREQ(cancelled.message(), "child");
        }
        EXPECT_EQ(status, RONDO_ECANCELED);
        EXPECT_FALSE(outer.cancelled());
        EXPECT_TRUE(outer.error().is_cancelled());
        EXPECT_EQ(co_await sibling, 1);
    });
}

TEST(Gather, G10_cancel_reaches_every_child_and_a_done_one_refuses) {
    play([]() -> Coroutine<> {
        auto a = create_task(forever());
        auto b = create_task(give(1));
        auto outer = gather(a, b);
        co_await turns(3);
        EXPECT_TRUE(outer.cancel("all"));
        EXPECT_FALSE(outer.done());
        EXPECT_TRUE((co_await as_result(a)).is_cancelled());
        EXPECT_STREQ((co_await as_result(a)).error().message(), "all");
        co_await turns(2);
        EXPECT_TRUE(outer.done());
        EXPECT_FALSE(outer.cancel());
        EXPECT_EQ(co_await b, 1);
        EXPECT_THROW(outer.result(), Cancelled);
    });
}

TEST(Gather, G11_G13_a_cancelled_gather_fails_even_if_all_children_swallow) {
    const auto swallow = []() -> Coroutine<int> {
        (void)co_await as_result(forever());
        co_return 1;
    };
    play([&]() -> Coroutine<> {
        auto values = gather(swallow(), swallow());
        auto results = gather_results(swallow(), swallow());
        co_await turns(2);
        EXPECT_TRUE(values.cancel());
        EXPECT_TRUE(results.cancel());
        co_await turns(3);
        EXPECT_THROW(values.result(), Cancelled);
        EXPECT_THROW(results.result(), Cancelled);
    });
}

TEST(Gather, G15_done_children_are_not_waited_for) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  auto a = create_task(give(1));
                  auto b = create_task(give(2));
                  co_await yield();
                  get_running_loop().call_soon([&trace] { trace("soon"); });
                  trace("M");
                  auto outer = gather(a, b);
                  if (outer.done()) trace("done");
                  auto [x, y] = co_await outer;
                  trace(std::to_string(x + y));
                  co_await yield();
              }),
              "M done 3 | soon");
}

TEST(Gather, G17_G7_an_unseen_failure_is_reported_once) {
    std::vector<std::string> reports;
    play(
        []() -> Coroutine<> {
            { auto unseen = gather(fail_after(1ms, "one"), fail_after(1ms, "two")); }
            co_await sleep(5ms);
        },
        [&reports](const Report &report) { reports.push_back(report.error().message()); });
    EXPECT_EQ(reports, std::vector<std::string>{"one"});
}

TEST(Gather, G18_cancel_after_the_end_leaves_siblings_alone) {
    play([]() -> Coroutine<> {
        auto sibling = create_task(give_after(5ms, 1));
        auto outer = gather(sibling, fail_after(1ms, "x"));
        EXPECT_FALSE((co_await as_result(std::move(outer))).has_value());
        EXPECT_EQ(co_await sibling, 1);
        EXPECT_EQ(sibling.cancelling(), 0);
    });
}

TEST(Gather, G19_cancel_wins_over_a_failure_not_yet_seen) {
    play([]() -> Coroutine<> {
        Future<int> future;
        auto task = create_task([&]() -> Coroutine<> { co_await gather(future); });
        co_await yield();
        future.set_exception(std::runtime_error("lost"));
        co_await yield();
        EXPECT_TRUE(task.cancel());
        EXPECT_TRUE((co_await as_result(task)).is_cancelled());
    });
}

TEST(Gather, C4_children_run_in_copies_of_the_context) {
    static const ContextVar<int> var("var", 0);
    const auto bump = [](int x) -> Coroutine<int> {
        const int before = var.get();
        var.set(x);
        co_await yield();
        co_return before * 100 + var.get();
    };
    play([&]() -> Coroutine<> {
        var.set(1);
        auto [a, b] = co_await gather(bump(2), bump(3));
        EXPECT_EQ(a, 102);
        EXPECT_EQ(b, 103);
        EXPECT_EQ(var.get(), 1);
    });
}

TEST(Gather, a_named_one_can_be_read_again_a_temporary_moves_out) {
    play([]() -> Coroutine<> {
        const auto text = []() -> Coroutine<std::vector<int>> { co_return {1, 2}; };
        auto outer = gather(text(), text());
        EXPECT_EQ(std::get<0>(co_await outer).size(), 2u);
        EXPECT_EQ(std::get<1>(co_await outer).size(), 2u);
        EXPECT_EQ(std::get<1>(outer.take()).size(), 2u);
        EXPECT_EQ(status_of([&] { return std::get<0>(outer.result()).size(); }), RONDO_ETAKEN);
        auto kept = create_task(text());
        EXPECT_EQ(std::get<0>(co_await gather(kept)).size(), 2u);
        EXPECT_EQ((co_await kept).size(), 2u);
        EXPECT_EQ(std::get<0>(co_await gather(std::move(kept))).size(), 2u);
    });
}

TEST(Gather, results_are_freed) {
    play([]() -> Coroutine<> {
        const auto counted = [](int x) -> Coroutine<Counted> {
            co_await yield();
            if (x == 0) throw std::runtime_error("zero");
            co_return Counted(x);
        };
        auto [a, b] = co_await gather(counted(1), counted(2));
        EXPECT_EQ(a.value() + b.value(), 3);
        (void)co_await as_result(gather(counted(1), counted(0), counted(2)));
        std::vector<Coroutine<Counted>> many;
        for (int i = 0; i < 10; ++i) many.push_back(counted(i));
        const auto outcomes = co_await gather_results(std::move(many));
        EXPECT_EQ(outcomes[9]->value(), 9);
        EXPECT_FALSE(outcomes[0]);
    });
    EXPECT_EQ(Counted::alive, 0);
}

TEST(Gather, ten_thousand) {
    play([]() -> Coroutine<> {
        std::vector<Coroutine<int>> many;
        for (int i = 0; i < 10'000; ++i) many.push_back(give_after(std::chrono::milliseconds(i % 7), i));
        const std::vector<int> results = co_await gather(std::move(many));
        for (int i = 0; i < 10'000; ++i) EXPECT_EQ(results[static_cast<std::size_t>(i)], i);
    });
}

} // namespace
} // namespace rondo::test
