// AsyncGenerator and aclosing (semantics.md 18, written A_1 to A_5 in the names).
#include "support.hpp"

#include <map>
#include <memory>
#include <set>

namespace rondo::test {
namespace {

using Log = std::vector<std::string>;

AsyncGenerator<int> count(int n) {
    for (int i = 0; i < n; ++i) co_yield i;
}

AsyncGenerator<int> count_slowly(int n) {
    for (int i = 0; i < n; ++i) {
        co_await sleep(1ms);
        co_yield i;
    }
}

// Says what becomes of it; its cleanup awaits.
AsyncGenerator<int> tell(Log &log, std::string name = "") {
    const Farewell last(log, name + "freed");
    std::exception_ptr thrown;
    try {
        for (int i = 0;; ++i) co_yield i;
    } catch (const GeneratorClosing &) {
        log.push_back(name + "closing");
        thrown = std::current_exception();
    }
    co_await yield();
    co_await sleep(1ms);
    log.push_back(name + "clean");
    std::rethrow_exception(thrown);
}

Coroutine<int> sum_of(AsyncGenerator<int> generator) {
    int sum = 0;
    while (auto value = co_await generator.next()) sum += *value;
    co_return sum;
}

TEST(Generator, produces_its_values_without_a_turn_and_ends) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  get_running_loop().call_soon([&trace] { trace("soon"); });
                  auto three = count(3);
                  while (auto value = co_await three.next()) trace(std::to_string(*value));
                  if (!co_await three.next()) trace("end");
                  co_await yield();
              }),
              "0 1 2 end | soon");
}

TEST(Generator, is_lazy_and_one_that_never_began_just_ends) {
    Log log;
    play([&]() -> Coroutine<> {
        const auto make = [&](bool &began, Counted) -> AsyncGenerator<int> {
            began = true;
            co_yield 1;
        };
        bool began = false;
        {
            auto unused = make(began, Counted());
            EXPECT_EQ(Counted::alive, 1);
        }
        EXPECT_EQ(Counted::alive, 0);
        auto closed = make(began, Counted());
        co_await closed.aclose();
        EXPECT_EQ(Counted::alive, 0);
        EXPECT_FALSE(co_await closed.next());
        EXPECT_FALSE(began);
    });
}

TEST(Generator, runs_inside_the_task_and_context_that_asks) {
    static const ContextVar<int> var("var", 0);
    play([]() -> Coroutine<> {
        const auto ask_who = []() -> AsyncGenerator<AnyTask> {
            for (;;) {
                co_await yield();
                var.set(var.get() + 1);
                co_yield current_task();
            }
        };
        auto generator = ask_who();
        EXPECT_EQ(*co_await generator.next(), current_task());
        EXPECT_EQ(var.get(), 1);
        auto other = create_task([&]() -> Coroutine<> {
            EXPECT_EQ(*co_await generator.next(), current_task());
            EXPECT_EQ(var.get(), 2);
        });
        co_await other;
        EXPECT_EQ(var.get(), 1);
        EXPECT_EQ(get_running_loop().stats().tasks, 1u);
    });
}

TEST(Generator, what_it_awaits_suspends_the_consumer) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  const auto work = [&trace]() -> AsyncGenerator<int> {
                      trace("g0");
                      co_await yield();
                      trace("g1");
                      co_yield 1;
                      trace("g2");
                      co_await create_task(turns(1));
                      co_yield 2;
                  };
                  auto generator = work();
                  trace("M0");
                  while (auto value = co_await generator.next()) trace("M" + std::to_string(*value));
                  trace("M.");
              }),
              "M0 g0 | g1 M1 g2 | | | M2 M.");
}

TEST(Generator, carries_every_kind_of_value) {
    play([]() -> Coroutine<> {
        const auto unique = []() -> AsyncGenerator<std::unique_ptr<int>> {
            co_yield std::make_unique<int>(1);
            auto named = std::make_unique<int>(2);
            co_yield std::move(named);
        };
        auto pointers = unique();
        EXPECT_EQ(**co_await pointers.next(), 1);
        EXPECT_EQ(**co_await pointers.next(), 2);
        EXPECT_FALSE(co_await pointers.next());

        std::vector<std::string> words{"a", "b"};
        const auto references = [](std::vector<std::string> &all) -> AsyncGenerator<std::string &> {
            for (std::string &word : all) co_yield word;
        };
        auto each = references(words);
        while (std::string *word = co_await each.next()) *word += "!";
        EXPECT_EQ(words, (std::vector<std::string>{"a!", "b!"}));

        const auto constant = []() -> AsyncGenerator<const std::string &> {
            co_yield "a literal, made a string in the expression";
            co_yield std::string("another");
        };
        auto texts = constant();
        EXPECT_EQ((co_await texts.next())->size(), 42u);
        EXPECT_EQ(*co_await texts.next(), "another");

        const auto pairs = []() -> AsyncGenerator<std::pair<int, std::string>> { co_yield {1, "one"}; };
        auto braced = pairs();
        EXPECT_EQ((co_await braced.next())->second, "one");
    });
}

TEST(Generator, moves_what_it_can_and_frees_all) {
    Counted::copies = 0;
    play([]() -> Coroutine<> {
        const auto make = []() -> AsyncGenerator<Counted> {
            const Counted local;
            co_yield Counted(1);
            Counted named(2);
            co_yield std::move(named);
            co_yield local; // the one copy
        };
        auto generator = make();
        EXPECT_EQ((co_await generator.next())->value(), 1);
        EXPECT_EQ((co_await generator.next())->value(), 2);
        EXPECT_EQ((co_await generator.next())->value(), 0);
        EXPECT_FALSE(co_await generator.next());
    });
    EXPECT_EQ(Counted::copies, 1);
    EXPECT_EQ(Counted::alive, 0);
}

TEST(Generator, an_exception_ends_it) {
    play([]() -> Coroutine<> {
        const auto fail = [](bool late) -> AsyncGenerator<int> {
            co_yield 1;
            if (late) co_await yield();
            throw std::out_of_range("far");
        };
        for (const bool late : {false, true}) {
            auto generator = fail(late);
            EXPECT_TRUE(co_await generator.next());
            EXPECT_THROW(co_await generator.next(), std::out_of_range);
            EXPECT_FALSE(co_await generator.next());
            co_await generator.aclose();
        }
    });
}

TEST(Generator, a_cancellation_of_the_consumer_is_thrown_inside) {
    play([]() -> Coroutine<> {
        bool caught = false;
        const auto wait = [&caught]() -> AsyncGenerator<int> {
            co_yield 1;
            caught = (co_await as_result(forever())).is_cancelled();
            co_yield 2; // and swallowed
        };
        auto generator = wait();
        const auto consumer = create_task([&]() -> Coroutine<int> {
            (void)co_await generator.next();
            co_return *co_await generator.next();
        });
        co_await yield();
        consumer.cancel();
        EXPECT_EQ(co_await consumer, 2);
        EXPECT_TRUE(caught);
        auto again = wait();
        EXPECT_EQ((co_await as_result(wait_for([&]() -> Coroutine<int> { co_return co_await sum_of(wait()); }, 1ms)))
                      .value(),
                  3);
    });
}

TEST(Generator, refuses_a_second_task_while_one_is_inside) {
    play([]() -> Coroutine<> {
        auto generator = count_slowly(2);
        const auto inside = create_task([&]() -> Coroutine<int> { co_return *co_await generator.next(); });
        co_await yield();
        EXPECT_EQ((co_await as_result(generator.next().as_coroutine())).error().code(), RONDO_ESTATE);
        EXPECT_EQ((co_await as_result(generator.aclose().as_coroutine())).error().code(), RONDO_ESTATE);
        EXPECT_EQ(co_await inside, 0);
        EXPECT_EQ(*co_await generator.next(), 1);
    });
}

TEST(Generator, next_is_an_awaitable_like_any_other) {
    play([]() -> Coroutine<> {
        const auto wait = []() -> AsyncGenerator<int> {
            co_yield 1;
            co_await sleep(1h);
        };
        auto generator = wait();
        EXPECT_EQ(*co_await wait_for(generator.next(), 1s), 1);
        EXPECT_EQ((co_await as_result(wait_for(generator.next(), 1s))).error().code(), RONDO_ETIMEDOUT);
        auto a = count_slowly(1);
        auto b = count_slowly(1);
        auto [x, y] = co_await gather(a.next(), b.next());
        EXPECT_EQ(*x + *y, 0);
        EXPECT_EQ(**co_await as_result(count(1).next()), 0);
    });
}

TEST(Generator, generators_of_generators_and_of_coroutines) {
    const auto flat = [](int n) -> AsyncGenerator<int> {
        for (int i = 0; i < n; ++i) {
            auto inner = count_slowly(i);
            while (auto value = co_await inner.next())
                co_yield *value + co_await [](int x) -> Coroutine<int> {
                    co_await yield();
                    co_return x * 100;
                }(i);
        }
    };
    EXPECT_EQ(play([&] { return sum_of(flat(4)); }), 100 + 2 * 200 + 1 + 3 * 300 + 3);
}

// ---- the end of unfinished ones ---------------------------------------------------------------------------------

TEST(Generator, aclose_runs_the_cleanup_awaits_included) {
    Log log;
    play([&]() -> Coroutine<> {
        auto generator = tell(log);
        EXPECT_EQ(*co_await generator.next(), 0);
        co_await generator.aclose();
        EXPECT_EQ(log, (Log{"closing", "clean", "freed"}));
        EXPECT_EQ(get_running_loop().time(), 1ms);
        EXPECT_FALSE(co_await generator.next());
        co_await generator.aclose();
    });
}

TEST(Generator, aclose_passes_other_errors_on_and_refuses_more_values) {
    play([]() -> Coroutine<> {
        const auto fail = []() -> AsyncGenerator<int> {
            try {
                co_yield 1;
            } catch (const GeneratorClosing &) {
                throw std::logic_error("cleanup");
            }
        };
        auto failing = fail();
        (void)co_await failing.next();
        EXPECT_THROW(co_await failing.aclose(), std::logic_error);
        const auto defy = []() -> AsyncGenerator<Counted> {
            try {
                co_yield Counted(1);
            } catch (const GeneratorClosing &) {
            }
            co_yield Counted(2);
        };
        auto defiant = defy();
        (void)co_await defiant.next();
        EXPECT_THROW(co_await defiant.aclose(), InvalidState);
        EXPECT_FALSE(co_await defiant.next());
        const auto swallow = []() -> AsyncGenerator<int> {
            try {
                co_yield 1;
            } catch (const GeneratorClosing &) {
            }
        };
        auto quiet = swallow();
        (void)co_await quiet.next();
        co_await quiet.aclose();
    });
    EXPECT_EQ(Counted::alive, 0);
}

//
TEST(Generator, A_2_a_dropped_one_is_closed_by_a_new_task) {
    Log log;
    play([&]() -> Coroutine<> {
        const AnyTask self = current_task();
        AnyTask closer;
        const auto ask_who = [&]() -> AsyncGenerator<int> {
            std::exception_ptr thrown;
            try {
                co_yield 1;
            } catch (...) {
                thrown = std::current_exception();
            }
            co_await yield();
            closer = current_task();
            std::rethrow_exception(thrown);
        };
        {
            auto generator = tell(log);
            (void)co_await generator.next();
            auto other = ask_who();
            (void)co_await other.next();
        }
        EXPECT_TRUE(log.empty()); // later, not now
        co_await sleep(5ms);
        EXPECT_EQ(log, (Log{"closing", "clean", "freed"}));
        EXPECT_TRUE(closer);
        EXPECT_FALSE(closer == self);
    });
}

TEST(Generator, A_2_a_failing_cleanup_is_reported) {
    Log reports;
    play(
        []() -> Coroutine<> {
            const auto fail = []() -> AsyncGenerator<int> {
                try {
                    co_yield 1;
                } catch (const GeneratorClosing &) {
                    throw std::logic_error("cleanup");
                }
            };
            {
                auto generator = fail();
                (void)co_await generator.next();
            }
            co_await turns(3);
        },
        [&reports](const Report &report) { reports.push_back(report.error().message()); });
    EXPECT_EQ(reports, Log{"cleanup"});
}

// the runner closes what is left, after its tasks.
TEST(Generator, A_1_A_3_A_5_the_runner_closes_what_is_left_the_newest_first) {
    Log log;
    {
        Runner runner(virtual_clock());
        std::vector<AsyncGenerator<int>> left;
        runner.run([&]() -> Coroutine<> {
            for (const char *name : {"a ", "b ", "unbegun "}) left.push_back(tell(log, name));
            (void)co_await left[0].next();
            (void)co_await left[1].next();
            auto ended = tell(log, "ended ");
            (void)co_await ended.next();
            co_await ended.aclose();
            log.clear();
            create_task([&log]() -> Coroutine<> {
                (void)co_await as_result(forever());
                log.push_back("task");
            });
            co_await yield();
        });
        EXPECT_TRUE(log.empty());
        runner.close();
        EXPECT_EQ(log, (Log{"task", "b closing", "a closing", "b clean", "b freed", "a clean", "a freed"}));
        log.clear();
    }
    EXPECT_EQ(log, Log{}); // (what has not begun has no frame to tell of)
}

TEST(Generator, A_3_shutdown_generators_reports_failures) {
    Log log, reports;
    play(
        [&]() -> Coroutine<> {
            const auto fail = []() -> AsyncGenerator<int> {
                try {
                    co_yield 1;
                } catch (const GeneratorClosing &) {
                    throw std::logic_error("cleanup");
                }
            };
            auto failing = fail();
            auto good = tell(log);
            (void)co_await failing.next();
            (void)co_await good.next();
            co_await get_running_loop().shutdown_generators();
            EXPECT_EQ(log, (Log{"closing", "clean", "freed"}));
            EXPECT_EQ(reports, Log{"cleanup"});
            EXPECT_FALSE(co_await good.next());
            auto later = count(2); // those that begin afterwards work
            EXPECT_TRUE(co_await later.next());
        },
        [&reports](const Report &report) { reports.push_back(report.error().message()); });
}

// one that somebody is inside of is left to them; it is registered again, and closed when they drop it.
TEST(Generator, A_3_one_that_runs_is_not_closed_under_its_consumer) {
    Log log;
    play([&]() -> Coroutine<> {
        const auto slow = [&]() -> AsyncGenerator<int> {
            std::exception_ptr thrown;
            try {
                for (int i = 0;; ++i) {
                    co_await sleep(5ms);
                    co_yield i;
                }
            } catch (...) {
                thrown = std::current_exception();
            }
            co_await yield();
            log.push_back("clean");
            std::rethrow_exception(thrown);
        };
        auto consumer = create_task([&]() -> Coroutine<int> {
            auto generator = slow();
            (void)co_await generator.next();
            co_return *co_await generator.next();
        });
        co_await yield();
        co_await get_running_loop().shutdown_generators();
        EXPECT_EQ(co_await consumer, 1);
        EXPECT_TRUE(log.empty());
        co_await sleep(5ms);
        EXPECT_EQ(log, Log{"clean"});
    });
}

//
TEST(Generator, A_4_aclosing_closes_before_it_goes_on) {
    Log log;
    play([&]() -> Coroutine<> {
        const int found = co_await aclosing(tell(log), [](auto &generator) -> Coroutine<int> {
            while (auto value = co_await generator.next()) {
                if (*value == 3) co_return *value;
            }
            co_return -1;
        });
        EXPECT_EQ(found, 3);
        EXPECT_EQ(log, (Log{"closing", "clean", "freed"}));
        log.clear();
        const auto outcome =
            co_await as_result(aclosing(tell(log), [](AsyncGenerator<int> &generator) -> Coroutine<> {
                (void)co_await generator.next();
                throw std::out_of_range("body");
            }));
        EXPECT_THROW(outcome.value(), std::out_of_range);
        EXPECT_EQ(log, (Log{"closing", "clean", "freed"}));
    });
}

TEST(Generator, a_closing_task_cancelled_before_its_first_step_cleans_up_all_the_same) {
    Log log;
    play([&]() -> Coroutine<> {
        {
            auto generator = tell(log);
            (void)co_await generator.next();
        }
        const auto tasks = all_tasks();
        EXPECT_EQ(tasks.size(), 2u);
        tasks.back().cancel();
        co_await sleep(5ms);
        EXPECT_EQ(log, (Log{"closing", "clean", "freed"}));
    });
}

TEST(Generator, dropped_between_two_runs) {
    Log log;
    Runner runner(virtual_clock());
    auto generator = std::make_unique<AsyncGenerator<int>>(tell(log));
    runner.run([&]() -> Coroutine<> { (void)co_await generator->next(); });
    generator.reset();
    EXPECT_TRUE(log.empty());
    runner.run([]() -> Coroutine<> { co_await sleep(5ms); });
    EXPECT_EQ(log, (Log{"closing", "clean", "freed"}));
}

TEST(Generator, dropped_after_its_loop_was_closed) {
    Log log;
    auto generator = std::make_unique<AsyncGenerator<int>>(tell(log));
    {
        const Loop loop = new_event_loop({.virtual_clock = true});
        loop.run_until_complete([&]() -> Coroutine<> { (void)co_await generator->next(); });
        loop.close();
    }
    generator.reset();
    EXPECT_EQ(log, Log{"freed"}); // nobody is there to await its cleanup
}

TEST(Generator, its_owner_goes_while_another_task_is_inside) {
    Log log;
    play([&]() -> Coroutine<> {
        auto generator = std::make_unique<AsyncGenerator<int>>([](Log &to) -> AsyncGenerator<int> {
            auto inner = tell(to);
            co_await sleep(1ms);
            while (auto value = co_await inner.next()) co_yield *value;
        }(log));
        const auto inside = create_task(generator->next());
        co_await yield();
        generator.reset();
        EXPECT_EQ(*co_await inside, 0);
        co_await sleep(5ms);
        EXPECT_EQ(log, (Log{"closing", "clean", "freed"}));
    });
}

TEST(Generator, moves_also_while_a_task_is_inside) {
    Log log;
    play([&]() -> Coroutine<> {
        auto first = count_slowly(3);
        const auto inside = create_task(first.next());
        co_await yield();
        auto second = std::move(first);
        EXPECT_EQ(*co_await inside, 0);
        EXPECT_EQ(*co_await second.next(), 1);
        EXPECT_FALSE(co_await first.next()); // NOLINT: a moved-from one is at its end
        first = tell(log);
        (void)co_await first.next();
        std::swap(first, second);
        EXPECT_EQ(*co_await first.next(), 2);
        EXPECT_EQ(*co_await second.next(), 1);
        second = count(1); // closes the old one, later
        co_await sleep(5ms);
        EXPECT_EQ(log, (Log{"closing", "clean", "freed"}));
    });
}

TEST(Generator, unfinished_ones_end_with_their_loop) {
    Log log;
    {
        const Loop loop = new_event_loop({.virtual_clock = true});
        const auto chain = [&]() -> AsyncGenerator<int> {
            const Farewell local(log, "generator");
            const auto inner = [&]() -> Coroutine<> {
                const Farewell innermost(log, "inside");
                co_await forever();
            };
            co_yield 1;
            co_await inner();
        };
        const auto task = loop.create_task([&]() -> Coroutine<> {
            const Farewell local(log, "consumer");
            auto idle = tell(log, "idle ");
            (void)co_await idle.next();
            auto generator = chain();
            while (co_await generator.next()) {
            }
        });
        loop.run_once();
        loop.close();
    }
    EXPECT_EQ(log, (Log{"inside", "generator", "idle freed", "consumer"}));
}

// ---- law 12 ------------------------------------------------------------------------------------------------------

TEST(Generator, law12_a_million_values_that_are_there_at_once) {
    EXPECT_EQ(play([]() -> Coroutine<long> {
                  auto million = count(1'000'000);
                  long n = 0;
                  while (co_await million.next()) ++n;
                  co_return n;
              }),
              1'000'000);
}

TEST(Generator, law12_a_million_values_through_three_and_below_the_nesting_limit) {
    const auto pass = [](AsyncGenerator<int> from) -> AsyncGenerator<int> {
        while (auto value = co_await from.next()) co_yield *value;
    };
    const auto consume = [&](int depth) -> Coroutine<long> {
        auto chain = count(depth > 100 ? 10'000 : 1'000'000);
        for (int i = 0; i < depth; ++i) chain = pass(std::move(chain));
        long n = 0;
        while (co_await chain.next()) ++n;
        co_return n;
    };
    EXPECT_EQ(play([&] { return consume(3); }), 1'000'000);
    EXPECT_EQ(play([&] { return consume(200); }), 10'000);
}

Coroutine<int> descend(int depth) {
    if (depth == 0) {
        co_await yield();
        co_return 0;
    }
    co_return 1 + co_await descend(depth - 1);
}

// A walk of a tree as deep as that: every level is a generator inside the one above.
AsyncGenerator<int> walk(int depth, bool wait) {
    if (depth > 0) {
        auto below = walk(depth - 1, wait);
        while (auto value = co_await below.next()) co_yield *value;
    } else if (wait) {
        co_await yield();
    }
    co_yield depth;
}

TEST(Generator, law12_deep_recursion_needs_no_deep_stack) {
    play([]() -> Coroutine<> {
        const auto deep = []() -> AsyncGenerator<int> { co_yield co_await descend(100'000); };
        auto coroutines = deep();
        EXPECT_EQ(*co_await coroutines.next(), 100'000);
        for (const bool wait : {false, true}) {
            auto generators = walk(1000, wait);
            int n = 0;
            while (co_await generators.next()) ++n;
            EXPECT_EQ(n, 1001);
        }
    });
}

TEST(Generator, deep_ones_are_dropped_and_closed) {
    play([]() -> Coroutine<> {
        {
            auto dropped = walk(500, false);
            (void)co_await dropped.next();
        }
        auto closed = walk(500, true);
        (void)co_await closed.next();
        co_await closed.aclose();
    });
}

TEST(Generator, awaits_what_a_container_holds) {
    play([]() -> Coroutine<> {
        std::map<int, AsyncGenerator<int>> all;
        for (int i = 1; i < 4; ++i) all.emplace(i, count_slowly(i));
        int sum = 0;
        for (auto &[i, each] : all) {
            while (auto value = co_await each.next()) sum += *value;
        }
        EXPECT_EQ(sum, 0 + 1 + 3);
    });
}

} // namespace
} // namespace rondo::test
