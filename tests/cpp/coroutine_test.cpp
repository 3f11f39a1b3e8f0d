// Coroutine<T>: awaiting directly, lifetimes, exceptions, depth.
#include "support.hpp"

#include <functional>
#include <map>
#include <optional>

namespace rondo::test {
namespace {

Coroutine<int> give(int x) { co_return x; }
Coroutine<int> give_late(int x) {
    co_await yield();
    co_return x;
}

TEST(Coroutine, T20_awaiting_is_a_call_without_a_turn) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  get_running_loop().call_soon([&trace] { trace("soon"); });
                  trace("before");
                  const int x = co_await give(1);
                  trace(x == 1 ? "after" : "wrong");
                  co_await yield();
                  trace("later");
              }),
              "before after | soon later");
}

TEST(Coroutine, T20_same_task_inside) {
    play([]() -> Coroutine<> {
        const AnyTask outer = current_task();
        const auto inner = [](AnyTask expected) -> Coroutine<bool> { co_return current_task() == expected; };
        EXPECT_TRUE(co_await inner(outer));
    });
}

TEST(Coroutine, is_lazy_and_dropping_it_unstarted_ends_it) {
    bool ran = false;
    const auto body = [](bool &flag, Counted) -> Coroutine<> {
        flag = true;
        co_return;
    };
    {
        const Coroutine<> coroutine = body(ran, Counted(1));
        EXPECT_TRUE(coroutine);
        EXPECT_EQ(Counted::alive, 1);
    }
    EXPECT_FALSE(ran);
    EXPECT_EQ(Counted::alive, 0);
}

TEST(Coroutine, B33_debug_mode_reports_one_that_was_never_awaited) {
    std::vector<std::string> reports;
    RunnerOptions options = virtual_clock([&reports](const Report &report) { reports.push_back(report.message()); });
    options.debug = true;
    run(
        []() -> Coroutine<> {
            { const Coroutine<int> forgotten = give(1); }
            co_return;
        },
        options);
    EXPECT_EQ(reports, std::vector<std::string>{"coroutine was never awaited"});
}

TEST(Coroutine, can_be_awaited_once) {
    play([]() -> Coroutine<> {
        Coroutine<int> once = give(1);
        EXPECT_EQ(co_await std::move(once), 1);
        EXPECT_FALSE(once);
        rondo_status status = RONDO_OK;
        try {
            co_await std::move(once);
        } catch (const Error &error) {
            status = error.code();
        }
        EXPECT_EQ(status, RONDO_EINVAL);
        EXPECT_EQ(status_of([&] { return create_task(std::move(once)); }), RONDO_EINVAL);
    });
}

TEST(Coroutine, moves_its_result_out) {
    const auto make = []() -> Coroutine<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
    const auto late = []() -> Coroutine<std::unique_ptr<int>> {
        co_await yield();
        co_return std::make_unique<int>(8);
    };
    play([&]() -> Coroutine<> {
        const std::unique_ptr<int> a = co_await make();
        const std::unique_ptr<int> b = co_await late();
        EXPECT_EQ(*a + *b, 15);
    });
    EXPECT_EQ(*play([&] { return make(); }), 7);
}

Coroutine<Counted> counted(int x) {
    Counted local(x);
    co_await yield();
    co_return local;
}

TEST(Coroutine, never_copies_a_result_it_can_move) {
    Counted::copies = 0;
    play([]() -> Coroutine<> {
        const Counted result = co_await counted(4);
        EXPECT_EQ(result.value(), 4);
    });
    EXPECT_EQ(play([] { return counted(5); }).value(), 5);
    EXPECT_EQ(Counted::copies, 0);
    EXPECT_EQ(Counted::alive, 0);
}

TEST(Coroutine, returns_references_and_braced_values) {
    play([]() -> Coroutine<> {
        int x = 1;
        const auto pass = [](int &it) -> Coroutine<int &> { co_return it; };
        int &same = co_await pass(x);
        EXPECT_EQ(&same, &x);
        const auto pair = []() -> Coroutine<std::pair<int, std::string>> { co_return {3, "three"}; };
        EXPECT_EQ((co_await pair()).second, "three");
    });
}

TEST(Coroutine, carries_an_exception_through_nested_coroutines) {
    struct Odd : std::runtime_error {
        using std::runtime_error::runtime_error;
        int detail = 42;
    };
    const auto fail = [](bool late) -> Coroutine<int> {
        if (late) co_await yield();
        throw Odd("odd");
    };
    const auto middle = [&](bool late) -> Coroutine<int> {
        const int x = co_await fail(late);
        co_return x + 1;
    };
    for (const bool late : {false, true}) {
        int detail = 0;
        play([&]() -> Coroutine<> {
            try {
                co_await middle(late);
            } catch (const Odd &odd) {
                detail = odd.detail;
            }
        });
        EXPECT_EQ(detail, 42);
    }
}

TEST(Coroutine, exception_leaves_run_as_it_was) {
    try {
        play([]() -> Coroutine<> {
            co_await yield();
            throw std::out_of_range("far");
        });
        FAIL();
    } catch (const std::out_of_range &error) {
        EXPECT_STREQ(error.what(), "far");
    }
    EXPECT_THROW(play([]() -> Coroutine<> {
                     throw 7;
                     co_return;
                 }),
                 int);
}

TEST(Coroutine, destroys_locals_and_arguments_in_order) {
    std::vector<std::string> log;
    const auto inner = [&](Farewell) -> Coroutine<> {
        const Farewell local(log, "inner local");
        co_await yield();
    };
    play([&]() -> Coroutine<> {
        const Farewell first(log, "outer local");
        co_await inner(Farewell(log, "inner argument"));
        log.push_back("after await");
    });
    EXPECT_EQ(log, (std::vector<std::string>{"inner local", "inner argument", "after await", "outer local"}));
}

// The loop is closed under a coroutine three calls deep: innermost frames end first.
TEST(Coroutine, unfinished_frames_end_from_the_inside) {
    std::vector<std::string> log;
    const auto third = [&]() -> Coroutine<> {
        const Farewell local(log, "third");
        co_await forever();
    };
    const auto second = [&]() -> Coroutine<> {
        const Farewell local(log, "second");
        co_await third();
    };
    const auto first = [&]() -> Coroutine<> {
        const Farewell local(log, "first");
        co_await second();
    };
    {
        const Loop loop = new_event_loop({.virtual_clock = true});
        const Task<> task = loop.create_task(first());
        loop.run_once();
        EXPECT_TRUE(log.empty());
        loop.close();
    }
    EXPECT_EQ(log, (std::vector<std::string>{"third", "second", "first"}));
}

Coroutine<long> sum_of_a_million() {
    long sum = 0;
    for (int i = 0; i < 1'000'000; ++i) sum += co_await give(1);
    co_return sum;
}

TEST(Coroutine, law12_a_million_awaits_that_finish_at_once) {
    EXPECT_EQ(play([] { return sum_of_a_million(); }), 1'000'000);
}

TEST(Coroutine, law12_a_million_awaits_of_done_futures) {
    EXPECT_EQ(play([]() -> Coroutine<long> {
                  Future<int> done;
                  done.set_result(1);
                  long sum = 0;
                  for (int i = 0; i < 1'000'000; ++i) sum += co_await done;
                  co_return sum;
              }),
              1'000'000);
}

TEST(Coroutine, law12_a_million_awaits_below_the_nesting_limit) {
    std::function<Coroutine<long>(int)> descend = [&](int depth) -> Coroutine<long> {
        if (depth == 0) co_return co_await sum_of_a_million();
        co_return co_await descend(depth - 1);
    };
    EXPECT_EQ(play([&] { return descend(200); }), 1'000'000);
}

Coroutine<int> count_down(int n, bool wait_at_the_end) {
    const Counted here;
    if (n == 0) {
        if (wait_at_the_end) co_await yield();
        co_return 0;
    }
    co_return 1 + co_await count_down(n - 1, wait_at_the_end);
}

TEST(Coroutine, deep_recursion_needs_no_deep_stack) {
    EXPECT_EQ(play([] { return count_down(200'000, false); }), 200'000);
    EXPECT_EQ(play([] { return count_down(200'000, true); }), 200'000);
    EXPECT_EQ(Counted::alive, 0);
}

TEST(Coroutine, deep_recursion_fails_and_is_abandoned_without_a_deep_stack) {
    std::function<Coroutine<>(int)> fail = [&](int n) -> Coroutine<> {
        const Counted here;
        if (n == 0) throw std::runtime_error("bottom");
        co_await fail(n - 1);
    };
    EXPECT_THROW(play([&] { return fail(20'000); }), std::runtime_error);

    std::function<Coroutine<>(int)> hang = [&](int n) -> Coroutine<> {
        const Counted here;
        if (n == 0) co_await forever();
        co_await hang(n - 1);
    };
    const Loop loop = new_event_loop({.virtual_clock = true});
    { const Task<> task = loop.create_task(hang(200'000)); }
    loop.run_once();
    EXPECT_EQ(Counted::alive, 200'001);
    loop.close();
    EXPECT_EQ(Counted::alive, 0);
}

TEST(Coroutine, resumes_the_parent_after_a_child_that_waited) {
    play([]() -> Coroutine<> {
        int sum = 0;
        for (int i = 0; i < 100; ++i) sum += co_await give_late(i) - co_await give(i);
        EXPECT_EQ(sum, 0);
        EXPECT_EQ(co_await give_late(1) + co_await give_late(2) * co_await give(3), 7);
    });
}

// g++ 12 waits for all operands before it asks any for its result: results must survive, errors must not.
TEST(Coroutine, several_awaits_in_one_expression_keep_their_own_results) {
    play([]() -> Coroutine<> {
        auto a = create_task(give_late(1));
        auto b = create_task(give_late(2));
        auto c = create_task(give_late(4));
        const int sum = co_await a * 100 + co_await b * 10 + co_await c;
        EXPECT_EQ(sum, 124);
        const int fresh = co_await create_task(give_late(1)) * 10 + co_await create_task(give_late(2));
        EXPECT_EQ(fresh, 12);
        const auto make = [](int x) -> Coroutine<std::unique_ptr<int>> {
            co_await yield();
            co_return std::make_unique<int>(x);
        };
        auto p = create_task(make(3));
        auto q = create_task(make(4));
        const int moved = *co_await p * 10 + *co_await std::move(q);
        EXPECT_EQ(moved, 34);
        Future<std::string> text;
        get_running_loop().call_soon([text] { text.set_result("x"); });
        const std::string mixed = co_await text + std::to_string(co_await give_late(5)) + co_await text;
        EXPECT_EQ(mixed, "x5x");
        EXPECT_EQ((co_await gather(give(1), give_late(2)), co_await give_late(6)), 6);
    });
}

TEST(Coroutine, an_error_in_an_expression_of_awaits_is_thrown_before_the_next_begins) {
    play([]() -> Coroutine<> {
        int began = 0;
        const auto count = [&began]() -> Coroutine<int> {
            ++began;
            co_await yield();
            co_return 1;
        };
        const auto fail = [](bool late) -> Coroutine<int> {
            if (late) co_await yield();
            throw std::out_of_range("operand");
        };
        const auto as_operand = [&](int which) -> Coroutine<int> {
            const bool late = which % 2 == 1;
            if (which < 2) co_return co_await fail(late) + co_await count();
            if (which < 4) co_return co_await create_task(fail(late)) + co_await count();
            const auto task = create_task(fail(late));
            const auto other = create_task(give_late(1));
            co_return co_await task + co_await other;
        };
        for (int which = 0; which < 6; ++which) {
            const auto outcome = co_await as_result(as_operand(which));
            EXPECT_THROW(outcome.value(), std::out_of_range) << which;
        }
        EXPECT_EQ(began, 0);
    });
}

// Waits, and leaves asking for the result to the test: what a compiler may do with the operands of an expression.
template <class Awaiter>
struct Begin {
    Awaiter &awaiter;
    bool await_ready() const { return awaiter.await_ready(); }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> waiter) const noexcept {
        return awaiter.await_suspend(waiter);
    }
    void await_resume() const noexcept {}
};
template <class Awaiter>
Begin(Awaiter &) -> Begin<Awaiter>;

TEST(Coroutine, a_result_that_is_asked_for_late_is_still_there) {
    play([]() -> Coroutine<> {
        const auto make = [](int x) -> Coroutine<std::unique_ptr<int>> {
            co_await yield();
            co_return std::make_unique<int>(x);
        };
        auto first = create_task(make(1)).operator co_await(); // holds the only handle
        co_await Begin{first};
        const auto kept = create_task(give_late(2));
        auto second = kept.operator co_await();
        co_await Begin{second};
        auto third = give_late(3).operator co_await();
        co_await Begin{third};
        EXPECT_EQ(third.await_resume(), 3);
        EXPECT_EQ(*first.await_resume(), 1);
        EXPECT_EQ(second.await_resume(), 2);
    });
}

TEST(Coroutine, an_error_that_is_asked_for_late_lets_no_await_begin_before) {
    play([]() -> Coroutine<> {
        int began = 0;
        const auto count = [&began]() -> Coroutine<int> {
            ++began;
            co_return 1;
        };
        const auto fail = []() -> Coroutine<int> {
            co_await yield();
            throw std::out_of_range("first");
        };
        const auto counting = [&began]() -> AsyncGenerator<int> {
            ++began;
            co_yield 1;
        };
        {
            auto first = create_task(fail()).operator co_await();
            co_await Begin{first};
            auto second = count().operator co_await();
            co_await Begin{second};
            EXPECT_THROW(second.await_resume(), std::out_of_range); // whoever is asked first tells
        }
        {
            auto first = fail().operator co_await();
            co_await Begin{first};
            auto generator = counting();
            auto second = generator.next().operator co_await();
            co_await Begin{second};
            EXPECT_THROW(second.await_resume(), std::out_of_range);
        }
        {
            auto first = fail().operator co_await();
            co_await Begin{first};
            Sleep second(0);
            co_await Begin{second};
            EXPECT_THROW(first.await_resume(), std::out_of_range);
            EXPECT_NO_THROW(second.await_resume());
        }
        {
            auto unasked = fail().operator co_await();
            co_await Begin{unasked};
        }
        EXPECT_EQ(began, 0);
        EXPECT_EQ(co_await count(), 1); // nothing is left behind
    });
}

TEST(Coroutine, T31_a_cancellation_in_an_expression_of_awaits_is_not_lost) {
    play([]() -> Coroutine<> {
        const Future<int> first, second;
        bool went_on = false;
        const auto task = create_task([&]() -> Coroutine<> {
            const int sum = co_await first + co_await second;
            went_on = sum != 0;
        });
        co_await yield();
        first.set_result(1);
        task.cancel(); // first's value is dropped, second is not awaited
        co_await turns(2);
        EXPECT_TRUE(task.cancelled());
        EXPECT_FALSE(second.done());
        EXPECT_FALSE(went_on);
    });
}

TEST(Coroutine, what_throws_beside_an_await_leaves_nothing_behind) {
    play([]() -> Coroutine<> {
        const auto fail = [](bool late) -> Coroutine<int> {
            if (late) co_await yield();
            throw std::out_of_range("operand");
        };
        const auto interrupt = [](int) -> int { throw std::logic_error("beside"); };
        const auto add = [](int x, int y) { return x + y; };
        for (int which = 0; which < 5; ++which) {
            const auto task = create_task(give_late(1));
            bool caught = false;
            try {
                if (which < 2) add(interrupt(1), co_await fail(which == 1));
                if (which == 2) add(interrupt(1), co_await task);
                if (which == 3) add(interrupt(1), co_await create_task(give_late(1)));
                if (which == 4) add(interrupt(1), co_await give_late(1));
            } catch (const std::exception &) {
                caught = true; // one of the two
            }
            EXPECT_TRUE(caught);
            EXPECT_EQ(co_await give_late(2) + co_await task, 3);
            co_await yield();
        }
    });
}

// g++ 12 copies a copyable awaiter in `co_await *pointer` and waits on the copy.
TEST(Coroutine, awaits_what_a_pointer_or_a_container_holds) {
    play([]() -> Coroutine<> {
        auto task = std::make_unique<Task<int>>(create_task(give_late(1)));
        EXPECT_EQ(co_await *task, 1);
        std::map<int, Task<int>> tasks;
        for (int i = 0; i < 3; ++i) tasks.emplace(i, create_task(give_late(i)));
        for (auto &[i, each] : tasks) EXPECT_EQ(co_await each, i);
        auto coroutine = std::make_unique<Coroutine<int>>(give_late(5));
        EXPECT_EQ(co_await std::move(*coroutine), 5);
        std::optional<Coroutine<int>> maybe = give_late(6);
        EXPECT_EQ(co_await *std::move(maybe), 6);
    });
}

TEST(Coroutine, temporaries_of_a_co_await_expression_end_once) {
    const auto take = [](Counted c) -> Coroutine<int> {
        co_await yield();
        co_return c.value();
    };
    play([&]() -> Coroutine<> {
        const bool yes = Counted::alive == 0;
        const int x = (yes ? co_await take(Counted(1)) : co_await take(Counted(2))) + co_await take(Counted(3));
        EXPECT_EQ(x, 4);
        EXPECT_EQ(Counted::alive, 0);
        const auto sum = [](int a, int b) { return a + b; }; // (g++ 12 cannot await inside a braced list)
        EXPECT_EQ(sum(co_await take(Counted(4)), co_await take(Counted(5))), 9);
    });
    EXPECT_EQ(Counted::alive, 0);
}

TEST(Coroutine, functions_with_captures_are_kept_while_they_run) {
    const auto start = [](int x) {
        return create_task([x, owned = std::make_unique<Counted>(x)]() -> Coroutine<int> {
            co_await yield();
            co_return x + owned->value();
        });
    };
    play([&]() -> Coroutine<> {
        auto a = start(1);
        auto b = start(2);
        EXPECT_EQ(co_await a + co_await b, 6);
        EXPECT_EQ(Counted::alive, 0);
    });
}

TEST(Coroutine, try_blocks_catch_and_go_on_awaiting) {
    play([]() -> Coroutine<> {
        int caught = 0;
        for (int i = 0; i < 3; ++i) {
            try {
                co_await give_late(1);
                if (i == 1) throw std::runtime_error("x");
                co_await give_late(2);
            } catch (const std::runtime_error &) {
                ++caught;
            }
            co_await yield();
        }
        EXPECT_EQ(caught, 1);
    });
}

TEST(Coroutine, awaiting_something_foreign_fails_the_task) {
    rondo_status status = RONDO_OK;
    play([&]() -> Coroutine<> {
        const auto stuck = []() -> Coroutine<> {
            const Counted here;
            co_await give(1);
            co_await std::suspend_always{};
        };
        auto direct = create_task(stuck());
        auto nested = create_task([&]() -> Coroutine<> {
            co_await give(1);
            co_await stuck();
        });
        auto outcomes = co_await gather_results(direct, nested);
        status = std::get<0>(outcomes).error().code();
        EXPECT_EQ(std::get<1>(outcomes).error().code(), RONDO_EFAULT);
    });
    EXPECT_EQ(status, RONDO_EFAULT);
    EXPECT_EQ(Counted::alive, 0);
}

} // namespace
} // namespace rondo::test
