// Task<T>: creation, steps, names, awaiting (semantics.md 4.1, 4.2).
#include "support.hpp"

#include <thread>

namespace rondo::test {
namespace {

Coroutine<int> give(int x) { co_return x; }
Coroutine<int> give_late(int x) {
    co_await yield();
    co_return x;
}

TEST(Task, T1_starts_in_the_next_turn) {
    play([]() -> Coroutine<> {
        bool started = false;
        auto task = create_task([&]() -> Coroutine<> {
            started = true;
            co_return;
        });
        EXPECT_FALSE(started);
        EXPECT_FALSE(task.done());
        co_await yield();
        EXPECT_TRUE(started);
        EXPECT_TRUE(task.done());
    });
}

TEST(Task, T5_names) {
    play([]() -> Coroutine<> {
        auto plain = create_task(give(1));
        auto next = create_task(give(1));
        EXPECT_EQ(plain.name().substr(0, 5), "Task-");
        EXPECT_EQ(std::stoi(next.name().substr(5)), std::stoi(plain.name().substr(5)) + 1);
        auto named = create_task(give(1), {.name = "Ada"});
        EXPECT_EQ(named.name(), "Ada");
        named.set_name("Grace");
        EXPECT_EQ(named.name(), "Grace");
        EXPECT_EQ(AnyTask(named).name(), "Grace");
        co_await gather(plain, next, named);
    });
}

TEST(Task, T6_needs_a_running_loop) {
    EXPECT_EQ(status_of([] { return create_task(give(1)); }), RONDO_ENOLOOP);
    EXPECT_EQ(status_of([] { return current_task(); }), RONDO_ENOLOOP);
    EXPECT_EQ(status_of([] { return all_tasks(); }), RONDO_ENOLOOP);
    Coroutine<int> kept = give(1);
    EXPECT_EQ(status_of([&] { return create_task(std::move(kept)); }), RONDO_ENOLOOP);
}

TEST(Task, T7_context_of_its_own_or_the_one_given) {
    static const ContextVar<int> var("var", 0);
    const auto bump = []() -> Coroutine<int> {
        const int before = var.get();
        var.set(before + 1);
        co_await yield();
        co_return var.get();
    };
    play([&]() -> Coroutine<> {
        var.set(10);
        auto copy = create_task(bump());
        const Context given = Context::create();
        auto shared = create_task(bump(), {.context = given});
        var.set(20);
        EXPECT_EQ(co_await copy, 11);
        EXPECT_EQ(co_await shared, 1);
        EXPECT_EQ(var.get(), 20);
        EXPECT_EQ(given.get(var), 1);
        EXPECT_EQ(shared.get_context(), given);
    });
}

TEST(Task, T8_result_is_the_coroutine_s_to_set) {
    play([]() -> Coroutine<> {
        auto task = create_task(give_late(1));
        const auto as_future = static_cast<const Awaitable<int> &>(task);
        Value value = Value::of(2);
        EXPECT_EQ(rondo_future_set_result(as_future.native(), value.raw()), RONDO_EKIND);
        EXPECT_EQ(co_await task, 1);
    });
}

TEST(Task, T10_current_and_all_tasks) {
    play([]() -> Coroutine<> {
        const AnyTask me = current_task();
        EXPECT_TRUE(me);
        auto first = create_task(turns(1));
        auto second = create_task(turns(3));
        EXPECT_EQ(all_tasks(), (std::vector<AnyTask>{me, first, second}));
        bool empty_in_callback = false;
        get_running_loop().call_soon([&] { empty_in_callback = !current_task(); });
        co_await first;
        EXPECT_TRUE(empty_in_callback);
        EXPECT_EQ(all_tasks(), (std::vector<AnyTask>{me, second}));
        co_await second;
    });
}

TEST(Task, T21_awaiting_a_done_task_does_not_yield) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  auto task = create_task(give(1));
                  co_await yield();
                  get_running_loop().call_soon([&trace] { trace("soon"); });
                  trace("M");
                  const int x = co_await task;
                  trace(x + std::get<0>(co_await gather(task)) == 2 ? "M" : "wrong");
                  co_await yield();
              }),
              "M M | soon");
}

TEST(Task, T22_awaiting_itself_is_an_error) {
    play([]() -> Coroutine<> {
        Task<> self;
        rondo_status status = RONDO_OK;
        self = create_task([&]() -> Coroutine<> {
            try {
                co_await self;
            } catch (const Error &error) {
                status = error.code();
            }
        });
        co_await self;
        EXPECT_EQ(status, RONDO_ESELF);
    });
}

TEST(Task, T23_futures_of_another_loop) {
    const Loop other = new_event_loop({.virtual_clock = true});
    const auto pending = other.create_future<int>();
    const auto done = other.create_future<int>();
    done.set_result(5);
    play([&]() -> Coroutine<> {
        EXPECT_EQ(co_await done, 5);
        rondo_status status = RONDO_OK;
        try {
            co_await pending;
        } catch (const Error &error) {
            status = error.code();
        }
        EXPECT_EQ(status, RONDO_EOTHERLOOP);
    });
}

TEST(Task, results_are_copied_for_everybody_or_moved_to_one) {
    play([]() -> Coroutine<> {
        const auto text = []() -> Coroutine<std::vector<std::string>> { co_return {"a", "b"}; };
        auto task = create_task(text());
        EXPECT_EQ((co_await task).size(), 2u);
        EXPECT_EQ((co_await task)[1], "b");
        EXPECT_EQ(task.result()[0], "a");
        auto same = task;
        EXPECT_EQ((co_await std::move(task))[0], "a");
        EXPECT_EQ(status_of([&] { return same.result(); }), RONDO_ETAKEN);
        rondo_status status = RONDO_OK;
        try {
            co_await same;
        } catch (const Error &error) {
            status = error.code();
        }
        EXPECT_EQ(status, RONDO_ETAKEN);
    });
}

TEST(Task, move_only_results) {
    play([]() -> Coroutine<> {
        const auto make = [](int x) -> Coroutine<std::unique_ptr<int>> {
            co_await yield();
            co_return std::make_unique<int>(x);
        };
        auto task = create_task(make(1));
        EXPECT_EQ(*co_await task, 1);
        EXPECT_EQ(*co_await create_task(make(2)), 2);
        auto third = create_task(make(3));
        co_await turns(3);
        EXPECT_EQ(*third.result(), 3);
        EXPECT_EQ(status_of([&] { return third.result(); }), RONDO_ETAKEN);
    });
}

TEST(Task, several_waiters_get_the_value_of_one_task) {
    play([]() -> Coroutine<> {
        const auto wait = [](Task<int> task) -> Coroutine<int> { co_return co_await task; };
        auto task = create_task(give_late(4));
        auto [a, b, c] = co_await gather(wait(task), wait(task), task);
        EXPECT_EQ(a + b + c, 12);
    });
}

TEST(Task, exceptions_come_out_as_they_went_in) {
    const auto fail = []() -> Coroutine<int> {
        co_await yield();
        throw std::range_error("out");
    };
    play([&]() -> Coroutine<> {
        auto task = create_task(fail());
        for (int i = 0; i < 2; ++i) {
            try {
                co_await task;
                ADD_FAILURE();
            } catch (const std::range_error &error) {
                EXPECT_STREQ(error.what(), "out");
            }
        }
        EXPECT_TRUE(task.done());
        EXPECT_FALSE(task.cancelled());
        EXPECT_STREQ(task.error().domain(), "c++");
        EXPECT_STREQ(task.error().message(), "out");
        EXPECT_EQ(task.error().code(), RONDO_EFAILED);
        EXPECT_THROW(std::rethrow_exception(task.exception()), std::range_error);
        EXPECT_THROW(task.result(), std::range_error);
    });
}

TEST(Task, F16_no_error_on_success) {
    play([]() -> Coroutine<> {
        auto task = create_task(give(1));
        EXPECT_THROW((void)task.error(), InvalidState);
        EXPECT_THROW(task.result(), InvalidState);
        co_await task;
        EXPECT_FALSE(task.error());
        EXPECT_EQ(task.exception(), nullptr);
    });
}

TEST(Task, F15_unretrieved_exception_is_reported_once_the_handle_goes) {
    std::vector<std::string> reports;
    play(
        [&]() -> Coroutine<> {
            {
                auto task = create_task([]() -> Coroutine<> {
                    throw std::runtime_error("lost");
                    co_return;
                });
                co_await turns(2);
                EXPECT_TRUE(reports.empty());
            }
            co_await yield();
            EXPECT_EQ(reports, std::vector<std::string>{"Task exception was never retrieved: lost"});
            {
                auto seen = create_task([]() -> Coroutine<> {
                    throw std::runtime_error("seen");
                    co_return;
                });
                co_await turns(2);
                seen.silence();
            }
            co_await yield();
            EXPECT_EQ(reports.size(), 1u);
        },
        [&reports](const Report &report) {
            reports.push_back(std::string(report.message()) + ": " + report.error().message());
        });
}

TEST(Task, B1_dropping_the_handle_lets_the_task_run_on) {
    bool finished = false;
    play([&]() -> Coroutine<> {
        create_task([&]() -> Coroutine<> {
            co_await sleep(10ms);
            finished = true;
        });
        co_await sleep(20ms);
        EXPECT_TRUE(finished);
    });
}

TEST(Task, wrong_result_type_is_an_error_not_a_crash) {
    play([]() -> Coroutine<> {
        auto task = create_task(give(7));
        const auto as_text = Awaitable<std::string>::share(task.native());
        const auto as_box = Awaitable<Counted>::share(task.native());
        const auto as_void = Awaitable<void>::share(task.native());
        const auto as_long = Awaitable<long>::share(task.native());
        EXPECT_EQ(co_await as_long, 7);
        co_await as_void;
        try {
            co_await as_text;
            ADD_FAILURE();
        } catch (const Error &error) {
            EXPECT_EQ(error.code(), RONDO_EKIND);
            EXPECT_NE(std::string(error.what()).find("the integer 7"), std::string::npos) << error.what();
        }
        EXPECT_EQ(status_of([&] { return as_box.result().value(); }), RONDO_EKIND);
        EXPECT_EQ(co_await task, 7);
    });
}

TEST(Task, an_empty_handle_is_an_error_not_a_crash) {
    play([]() -> Coroutine<> {
        Task<int> empty;
        EXPECT_FALSE(empty);
        EXPECT_EQ(status_of([&] { return empty.done(); }), RONDO_EINVAL);
        EXPECT_EQ(status_of([&] { return empty.cancel(); }), RONDO_EINVAL);
        EXPECT_EQ(status_of([&] { return empty.name(); }), RONDO_EKIND);
        rondo_status status = RONDO_OK;
        try {
            co_await empty;
        } catch (const Error &error) {
            status = error.code();
        }
        EXPECT_EQ(status, RONDO_EINVAL);
    });
}

TEST(Task, handles_outlive_the_loop_and_move_to_other_threads) {
    Task<std::string> task;
    play([&]() -> Coroutine<> {
        task = create_task([]() -> Coroutine<std::string> { co_return "kept"; });
        co_await task;
    });
    EXPECT_TRUE(task.done());
    EXPECT_EQ(task.result(), "kept");
    std::thread([moved = std::move(task)]() mutable { moved = {}; }).join();
}

} // namespace
} // namespace rondo::test
