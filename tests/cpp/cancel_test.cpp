// Cancellation (semantics.md 4.3, T30-T43).
#include "support.hpp"

#include <thread>

namespace rondo::test {
namespace {

Coroutine<int> swallow_then(int value) {
    auto outcome = co_await as_result(forever());
    EXPECT_TRUE(outcome.is_cancelled());
    co_return value;
}

// The message of the Cancelled that awaiting throws, or what else happened.
template <class A>
Coroutine<std::string> cancelled_message(A awaitable) {
    try {
        co_await awaitable;
    } catch (const Cancelled &cancelled) {
        co_return cancelled.message();
    }
    co_return "not cancelled";
}

TEST(Cancel, is_no_std_exception) {
    static_assert(!std::is_base_of_v<std::exception, Cancelled>);
    static_assert(!std::is_base_of_v<std::exception, Interrupted>);
    play([]() -> Coroutine<> {
        auto task = create_task([]() -> Coroutine<std::string> {
            try {
                co_await forever();
            } catch (const std::exception &) {
                co_return "swallowed by accident";
            }
            co_return "never";
        });
        co_await yield();
        task.cancel();
        EXPECT_TRUE((co_await as_result(task)).is_cancelled());
        EXPECT_TRUE(task.cancelled());
    });
}

TEST(Cancel, T30_a_done_task_refuses) {
    play([]() -> Coroutine<> {
        auto task = create_task(turns(0));
        co_await task;
        EXPECT_FALSE(task.cancel());
        EXPECT_EQ(task.cancelling(), 0);
        EXPECT_FALSE(task.cancelled());
    });
}

TEST(Cancel, T30_cancels_the_future_it_waits_for) {
    play([]() -> Coroutine<> {
        Future<int> future;
        auto task = create_task(cancelled_message(future));
        co_await yield();
        EXPECT_TRUE(task.cancel("stop"));
        EXPECT_TRUE(future.cancelled());
        EXPECT_EQ(co_await task, "stop");
    });
}

TEST(Cancel, T31_never_ends_the_task_at_once) {
    play([]() -> Coroutine<> {
        auto task = create_task(forever());
        co_await yield();
        EXPECT_TRUE(task.cancel());
        EXPECT_FALSE(task.done());
        co_await yield();
        EXPECT_TRUE(task.done());
        EXPECT_TRUE(task.cancelled());
    });
}

TEST(Cancel, T32_the_value_of_a_ready_task_is_dropped_not_leaked) {
    play([]() -> Coroutine<> {
        Future<Counted> future;
        auto task = create_task([&]() -> Coroutine<> { co_await future; });
        co_await yield();
        future.set_result(Counted(1));
        task.cancel();
        EXPECT_TRUE((co_await as_result(task)).is_cancelled());
    });
    EXPECT_EQ(Counted::alive, 0);
}

TEST(Cancel, T33_before_the_first_step_nothing_of_the_body_runs) {
    play([]() -> Coroutine<> {
        bool ran = false;
        const auto body = [&](Counted) -> Coroutine<> {
            ran = true;
            co_return;
        };
        auto task = create_task(body(Counted(1)));
        task.cancel("early");
        EXPECT_EQ(co_await cancelled_message(task), "early");
        EXPECT_TRUE(task.cancelled());
        EXPECT_FALSE(ran);
        EXPECT_EQ(Counted::alive, 0);
    });
}

TEST(Cancel, T34_self_cancel_strikes_at_the_next_real_wait) {
    play([]() -> Coroutine<> {
        auto task = create_task([]() -> Coroutine<> {
            Future<int> done;
            done.set_result(1);
            EXPECT_TRUE(current_task().cancel("me"));
            co_await done;
            co_await turns(0);
            EXPECT_EQ(co_await cancelled_message(Future<>()), "me");
        });
        co_await task;
        auto yielding = create_task([]() -> Coroutine<> {
            current_task().cancel();
            co_await yield();
            ADD_FAILURE();
        });
        EXPECT_TRUE((co_await as_result(yielding)).is_cancelled());
    });
}

TEST(Cancel, T34_returning_without_waiting_ends_cancelled_and_drops_the_value) {
    play([]() -> Coroutine<> {
        auto returns = create_task([]() -> Coroutine<Counted> {
            current_task().cancel();
            co_return Counted(1);
        });
        auto raises = create_task([]() -> Coroutine<> {
            current_task().cancel();
            throw std::runtime_error("stands");
            co_return;
        });
        EXPECT_TRUE((co_await as_result(returns)).is_cancelled());
        EXPECT_TRUE(returns.cancelled());
        EXPECT_EQ(Counted::alive, 0);
        EXPECT_STREQ((co_await as_result(raises)).error().message(), "stands");
        EXPECT_FALSE(raises.cancelled());
    });
}

TEST(Cancel, T35_goes_through_to_the_awaited_task) {
    play([]() -> Coroutine<> {
        auto inner = create_task(swallow_then(5));
        auto outer = create_task([&]() -> Coroutine<int> { co_return co_await inner; });
        co_await turns(2);
        EXPECT_TRUE(outer.cancel());
        EXPECT_EQ(inner.cancelling(), 1);
        EXPECT_EQ(co_await outer, 5);
        EXPECT_FALSE(outer.cancelled());
        EXPECT_EQ(outer.cancelling(), 1);
    });
}

TEST(Cancel, T36_throwing_cancelled_ends_cancelled) {
    play([]() -> Coroutine<> {
        auto task = create_task([]() -> Coroutine<> {
            throw Cancelled("own");
            co_return;
        });
        EXPECT_EQ(co_await cancelled_message(task), "own");
        EXPECT_TRUE(task.cancelled());
        EXPECT_EQ(task.cancelling(), 0);
    });
}

TEST(Cancel, T37_swallowing_goes_on_and_keeps_the_count) {
    play([]() -> Coroutine<> {
        auto task = create_task([]() -> Coroutine<int> {
            EXPECT_TRUE((co_await as_result(forever())).is_cancelled());
            EXPECT_EQ(current_task().cancelling(), 1);
            co_await sleep(1ms);
            co_await yield();
            EXPECT_EQ(current_task().uncancel(), 0);
            EXPECT_EQ(current_task().uncancel(), 0);
            co_return 1;
        });
        co_await yield();
        task.cancel();
        EXPECT_EQ(co_await task, 1);
        EXPECT_EQ(task.cancelling(), 0);
    });
}

TEST(Cancel, T38_a_second_cancel_hits_the_cleanup) {
    play([]() -> Coroutine<> {
        std::vector<std::string> log;
        auto task = create_task([&]() -> Coroutine<> {
            log.push_back(co_await cancelled_message(Future<>()));
            log.push_back(co_await cancelled_message(Future<>()));
        });
        co_await turns(2);
        task.cancel("first");
        co_await turns(3);
        task.cancel("second");
        co_await task;
        EXPECT_EQ(log, (std::vector<std::string>{"first", "second"}));
        EXPECT_EQ(task.cancelling(), 2);
    });
}

TEST(Cancel, T38_two_before_delivery_strike_once_and_the_first_message_wins) {
    play([]() -> Coroutine<> {
        Future<int> future;
        int strikes = 0;
        std::string message;
        auto task = create_task([&]() -> Coroutine<> {
            message = co_await cancelled_message(future);
            ++strikes;
            co_await yield();
        });
        co_await yield();
        EXPECT_TRUE(task.cancel("first"));
        EXPECT_TRUE(task.cancel("second"));
        co_await task;
        EXPECT_EQ(message, "first");
        EXPECT_EQ(strikes, 1);
        EXPECT_EQ(task.cancelling(), 2);
    });
}

TEST(Cancel, T39_uncancel_takes_back_a_request_that_waits) {
    play([]() -> Coroutine<> {
        auto task = create_task([]() -> Coroutine<int> {
            const AnyTask self = current_task();
            self.cancel();
            EXPECT_EQ(self.uncancel(), 0);
            co_await yield();
            co_return 1;
        });
        EXPECT_EQ(co_await task, 1);
    });
}

TEST(Cancel, T40_the_message_travels_through_awaits) {
    play([]() -> Coroutine<> {
        auto inner = create_task(forever());
        auto outer = create_task([&]() -> Coroutine<> { co_await inner; });
        co_await turns(2);
        inner.cancel("why");
        EXPECT_EQ(co_await cancelled_message(outer), "why");
        EXPECT_TRUE(inner.cancelled());
        EXPECT_TRUE(outer.cancelled());
    });
}

TEST(Cancel, T41_translating_makes_a_failure) {
    play([]() -> Coroutine<> {
        auto task = create_task([]() -> Coroutine<> {
            try {
                co_await forever();
            } catch (const Cancelled &) {
                throw std::runtime_error("translated");
            }
        });
        co_await yield();
        task.cancel();
        EXPECT_STREQ((co_await as_result(task)).error().message(), "translated");
        EXPECT_FALSE(task.cancelled());
    });
}

TEST(Cancel, T42_the_count_stays_after_the_end) {
    play([]() -> Coroutine<> {
        auto task = create_task(forever());
        co_await yield();
        task.cancel();
        EXPECT_FALSE(task.cancelled());
        EXPECT_EQ(task.cancelling(), 1);
        (void)co_await as_result(task);
        EXPECT_TRUE(task.cancelled());
        EXPECT_EQ(task.cancelling(), 1);
    });
}

TEST(Cancel, T43_a_cancelled_awaited_task_does_not_count_as_my_cancel) {
    play([]() -> Coroutine<> {
        auto other = create_task(forever());
        auto waiter = create_task([&]() -> Coroutine<int> {
            EXPECT_TRUE((co_await as_result(other)).is_cancelled());
            co_return current_task().cancelling();
        });
        co_await turns(2);
        other.cancel();
        EXPECT_EQ(co_await waiter, 0);
    });
}

TEST(Cancel, F2_F3_cancelled_futures) {
    play([]() -> Coroutine<> {
        Future<int> future;
        EXPECT_TRUE(future.cancel("gone"));
        EXPECT_FALSE(future.cancel("again"));
        EXPECT_TRUE(future.done());
        for (int i = 0; i < 2; ++i) {
            try {
                future.result();
                ADD_FAILURE();
            } catch (const Cancelled &cancelled) {
                EXPECT_STREQ(cancelled.message(), "gone");
            }
        }
        EXPECT_THROW((void)future.error(), Cancelled);
        EXPECT_THROW(future.set_result(1), InvalidState);
        co_return;
    });
}

TEST(Cancel, a_class_derived_from_cancelled_keeps_its_type) {
    struct Deadline : Cancelled {
        using Cancelled::Cancelled;
    };
    play([]() -> Coroutine<> {
        auto task = create_task([]() -> Coroutine<> {
            throw Deadline("late");
            co_return;
        });
        bool same = false;
        try {
            co_await task;
        } catch (const Deadline &deadline) {
            same = std::string_view(deadline.message()) == "late";
        }
        EXPECT_TRUE(same);
        EXPECT_TRUE(task.cancelled());
    });
}

TEST(Cancel, destructors_run_before_the_awaiting_task_hears_of_it) {
    std::vector<std::string> log;
    play([&]() -> Coroutine<> {
        auto task = create_task([&]() -> Coroutine<> {
            const Farewell local(log, "local");
            co_await forever();
        });
        co_await yield();
        task.cancel();
        (void)co_await as_result(task);
        log.push_back("awaiter");
    });
    EXPECT_EQ(log, (std::vector<std::string>{"local", "awaiter"}));
}

TEST(Cancel, from_another_thread_wakes_the_loop) {
    std::thread thread;
    const bool cancelled = run([&]() -> Coroutine<bool> {
        auto task = create_task(forever());
        co_await sleep(1ms);
        thread = std::thread([task] { task.cancel_threadsafe("afar"); });
        co_return (co_await as_result(task)).is_cancelled();
    });
    thread.join();
    EXPECT_TRUE(cancelled);
}

} // namespace
} // namespace rondo::test
