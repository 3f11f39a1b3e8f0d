// Eager tasks, ensure_future, and the other choices of TaskOptions (semantics.md 4.5, 10, 30).
#include "support.hpp"

namespace rondo::test {
namespace {

Coroutine<int> give(int x) { co_return x; }

TEST(Eager, E1_the_first_step_runs_inside_the_creating_call) {
    static const ContextVar<int> var("var", 0);
    play([]() -> Coroutine<> {
        const AnyTask creator = current_task();
        bool began = false;
        AnyTask inside;
        const auto task = create_task(
            [&]() -> Coroutine<> {
                began = true;
                inside = current_task();
                var.set(1);
                co_await yield();
                EXPECT_EQ(current_task(), inside);
                EXPECT_EQ(var.get(), 1);
            },
            {.name = "eager", .eager = true});
        EXPECT_TRUE(began);
        EXPECT_EQ(inside, task);
        EXPECT_EQ(inside.name(), "eager");
        EXPECT_EQ(current_task(), creator);
        EXPECT_EQ(var.get(), 0); // a context of its own
        EXPECT_FALSE(task.done());
        co_await task;
    });
}

TEST(Eager, E2_one_that_never_suspends_is_done_at_once) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  trace("M0");
                  auto task = create_task(give(1), {.eager = true});
                  trace(task.done() && task.result() == 1 ? "done" : "pending");
                  task.add_done_callback([&trace] { trace("callback"); });
                  trace("M1");
                  co_await task;
                  trace("M2");
                  co_await yield();
                  trace("M3");
              }),
              "M0 done M1 M2 | callback M3");
}

TEST(Eager, E3_one_that_suspends_goes_on_as_any_other) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  const auto work = [&trace](std::string name) -> Coroutine<> {
                      trace(name + "0");
                      co_await yield();
                      trace(name + "1");
                  };
                  trace("M0");
                  auto eager = create_task(work("E"), {.eager = true});
                  auto lazy = create_task(work("L"));
                  trace("M1");
                  co_await lazy;
                  trace("M2");
              }),
              "M0 E0 M1 | E1 L0 | L1 | M2");
}

TEST(Eager, E4_errors_stay_in_the_task_and_interrupts_escape) {
    play([]() -> Coroutine<> {
        const auto fail = []() -> Coroutine<> {
            throw std::runtime_error("inside");
            co_return;
        };
        const auto task = create_task(fail(), {.eager = true});
        EXPECT_TRUE(task.done());
        EXPECT_STREQ(task.error().message(), "inside");
        const auto leave = []() -> Coroutine<> {
            throw ExitRequested("out");
            co_return;
        };
        EXPECT_EQ(status_of([&] { return create_task(leave(), {.eager = true}); }), RONDO_EEXIT);
        co_await yield();
    });
}

TEST(Eager, E4_cancelling_itself_ends_it_cancelled) {
    play([]() -> Coroutine<> {
        const auto task = create_task(
            []() -> Coroutine<> {
                current_task().cancel();
                co_return;
            },
            {.eager = true});
        EXPECT_TRUE(task.cancelled());
        co_return;
    });
}

TEST(Eager, E5_one_inside_the_other) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  const auto inner = [&trace]() -> Coroutine<> {
                      trace("inner0");
                      co_await yield();
                      trace("inner1");
                  };
                  const auto outer = [&]() -> Coroutine<> {
                      trace("outer0");
                      auto task = create_task(inner(), {.eager = true});
                      trace("outer1");
                      co_await task;
                      trace("outer2");
                  };
                  trace("M0");
                  auto task = create_task(outer(), {.eager = true});
                  trace("M1");
                  co_await task;
                  trace("M2");
              }),
              "M0 outer0 inner0 outer1 M1 | inner1 | outer2 | M2");
}

// K4 and gh-128550: its failure reaches the group through a callback, as any member's.
TEST(Eager, E5_a_failing_member_of_a_group) {
    play([]() -> Coroutine<> {
        bool body_went_on = false;
        const auto outcome = co_await as_result(with_group([&](TaskGroup &group) -> Coroutine<> {
            const auto fail = []() -> Coroutine<> {
                throw std::runtime_error("eager");
                co_return;
            };
            group.create_task(fail(), {.eager = true});
            EXPECT_EQ(current_task().cancelling(), 0);
            body_went_on = true;
            EXPECT_TRUE((co_await as_result(forever())).is_cancelled());
            EXPECT_EQ(current_task().cancelling(), 1);
        }));
        EXPECT_TRUE(body_went_on);
        EXPECT_STREQ(outcome.error().child(0).message(), "eager");
    });
}

TEST(Eager, E6_is_lazy_where_no_loop_runs) {
    const Loop loop = new_event_loop({.virtual_clock = true});
    bool began = false;
    const auto task = loop.create_task(
        [&]() -> Coroutine<> {
            began = true;
            co_return;
        },
        {.eager = true});
    EXPECT_FALSE(began);
    loop.run_once();
    EXPECT_TRUE(began);
}

TEST(Eager, C6_refuses_the_context_that_is_entered) {
    play([]() -> Coroutine<> {
        const Context own = current_task().get_context();
        EXPECT_EQ(status_of([&] { return create_task(give(1), {.context = own, .eager = true}); }), RONDO_EENTERED);
        EXPECT_EQ(co_await create_task(give(2), {.eager = true}), 2); // nothing is wedged
    });
}

TEST(Eager, a_chain_of_a_thousand) {
    const auto chain = [](auto &self, int n) -> Coroutine<int> {
        if (n == 0) {
            co_await yield();
            co_return 0;
        }
        co_return 1 + co_await create_task(self(self, n - 1), {.eager = true});
    };
    EXPECT_EQ(play([&] { return chain(chain, 500); }), 500);
}

TEST(EnsureFuture, U1_futures_stay_and_coroutines_become_tasks) {
    play([]() -> Coroutine<> {
        const auto task = create_task(give(1));
        EXPECT_EQ(ensure_future(task), task);
        const Future<int> future;
        EXPECT_EQ(ensure_future(future), future);
        static_assert(std::is_same_v<decltype(ensure_future(future)), Future<int>>);
        const Task<int> made = ensure_future(give(2));
        EXPECT_EQ(co_await made + co_await task, 3);
        const Task<> slept = ensure_future(sleep(1ms));
        co_await slept;
    });
}

// T32 against B2.
TEST(TaskOptions, B2_result_wins_delivers_the_value_and_cancels_next) {
    for (const bool wins : {false, true}) {
        play([&]() -> Coroutine<> {
            Future<int> future;
            rondo_status first = RONDO_OK, second = RONDO_OK;
            const auto task = create_task(
                [&]() -> Coroutine<> {
                    first = (co_await as_result(future)).error().code();
                    second = (co_await as_result(yield())).error().code();
                },
                {.result_wins = wins});
            co_await yield();
            future.set_result(1);
            EXPECT_TRUE(task.cancel());
            co_await task;
            EXPECT_EQ(first, wins ? RONDO_OK : RONDO_ECANCELED);
            EXPECT_EQ(second, wins ? RONDO_ECANCELED : RONDO_OK);
        });
    }
}

// T35 against B2.
TEST(TaskOptions, B2_cancel_sticks_though_the_awaited_task_swallows_it) {
    for (const bool sticks : {false, true}) {
        play([&]() -> Coroutine<> {
            const auto inner = create_task([]() -> Coroutine<int> {
                (void)co_await as_result(forever());
                co_return 1;
            });
            const auto outer =
                create_task([&]() -> Coroutine<int> { co_return co_await inner; }, {.cancel_sticks = sticks});
            co_await turns(2);
            EXPECT_TRUE(outer.cancel());
            const auto outcome = co_await as_result(outer);
            EXPECT_EQ(outcome.is_cancelled(), sticks);
            EXPECT_EQ(inner.result(), 1);
        });
    }
}

TEST(TaskOptions, the_group_may_be_given_as_an_option) {
    play([]() -> Coroutine<> {
        Task<> member;
        co_await with_group([&](TaskGroup &group) -> Coroutine<> {
            member = create_task(sleep(5ms), {.group = group});
            co_return;
        });
        EXPECT_TRUE(member.done());
    });
}

} // namespace
} // namespace rondo::test
