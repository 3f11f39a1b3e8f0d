// with_timeout, Timeout, current_deadline (semantics.md 8).
#include "support.hpp"

namespace rondo::test {
namespace {

using State = Timeout::State;

std::chrono::nanoseconds now() { return get_running_loop().time(); }

Coroutine<int> give(int x) { co_return x; }

// Cleans up for a while when cancelled, then lets it go on.
Coroutine<> clean_up(std::chrono::milliseconds work) {
    auto outcome = co_await as_result(forever());
    co_await sleep(work);
    outcome.value();
}

TEST(Timeout, O1_states) {
    play([]() -> Coroutine<> {
        Timeout limit(5ms);
        EXPECT_EQ(limit.state(), State::created);
        EXPECT_EQ(co_await with_timeout(limit,
                                        [](Timeout &inside) -> Coroutine<int> {
                                            EXPECT_EQ(inside.state(), State::active);
                                            co_return 1;
                                        }),
                  1);
        EXPECT_EQ(limit.state(), State::finished);
        EXPECT_FALSE(limit.expired());

        State cleaning = State::created;
        Timeout late(5ms);
        const auto outcome = co_await as_result(with_timeout(late, [&](Timeout &inside) -> Coroutine<> {
            const auto ended = co_await as_result(forever());
            cleaning = inside.state();
            EXPECT_TRUE(inside.expired());
            ended.value();
        }));
        EXPECT_EQ(outcome.error().code(), RONDO_ETIMEDOUT);
        EXPECT_EQ(cleaning, State::expiring);
        EXPECT_EQ(late.state(), State::expired);
        EXPECT_TRUE(late.expired());
    });
}

TEST(Timeout, O1_is_entered_once_and_inside_a_task) {
    play([]() -> Coroutine<> {
        const Timeout limit(5ms);
        co_await with_timeout(limit, yield());
        EXPECT_EQ((co_await as_result(with_timeout(limit, yield()))).error().code(), RONDO_ESTATE);
    });
    EXPECT_EQ(status_of([] { return Timeout(1s); }), RONDO_ENOLOOP);
}

TEST(Timeout, O2_counts_from_its_making_and_when_tells) {
    play([]() -> Coroutine<> {
        co_await sleep(10ms);
        const Timeout limit(5ms);
        EXPECT_EQ(limit.when(), 15ms);
        EXPECT_EQ(Timeout::at(12ms).when(), 12ms);
        EXPECT_EQ(Timeout(never).when(), never);
        EXPECT_EQ(Timeout(std::chrono::hours(1000000000)).when(), never);
        co_await sleep(3ms);
        EXPECT_EQ((co_await as_result(with_timeout(limit, forever()))).error().code(), RONDO_ETIMEDOUT);
        EXPECT_EQ(now(), 15ms);
        EXPECT_EQ((co_await as_result(with_timeout_at(20ms, forever()))).error().code(), RONDO_ETIMEDOUT);
        EXPECT_EQ(now(), 20ms);
    });
}

TEST(Timeout, a_delay_given_to_with_timeout_counts_from_its_begin) {
    play([]() -> Coroutine<> {
        auto later = with_timeout(5ms, forever());
        co_await sleep(10ms);
        EXPECT_EQ((co_await as_result(std::move(later))).error().code(), RONDO_ETIMEDOUT);
        EXPECT_EQ(now(), 15ms);
    });
}

TEST(Timeout, O4_O5_expiry_cancels_the_body_and_becomes_a_TimeoutError) {
    play([]() -> Coroutine<> {
        std::string message = "none";
        try {
            co_await with_timeout(5ms, clean_up(3ms));
        } catch (const TimeoutError &error) {
            message = error.what();
            EXPECT_TRUE(error.error().cause().is_cancelled());
        }
        EXPECT_EQ(message, "timed out");
        EXPECT_EQ(now(), 8ms);
        EXPECT_EQ(current_task().cancelling(), 0); // O14
    });
}

TEST(Timeout, O5_an_outside_cancel_wins) {
    play([]() -> Coroutine<> {
        const auto task = create_task([]() -> Coroutine<> { co_await with_timeout(5ms, clean_up(3ms)); });
        co_await sleep(6ms); // expired, cleaning up
        task.cancel("outside");
        const auto outcome = co_await as_result(task);
        EXPECT_TRUE(outcome.is_cancelled());
        EXPECT_STREQ(outcome.error().message(), "outside");
        EXPECT_EQ(task.cancelling(), 1);
    });
}

TEST(Timeout, O5_other_errors_pass_unchanged) {
    play([]() -> Coroutine<> {
        const auto fail = [](bool late) -> Coroutine<> {
            if (late) (void)co_await as_result(forever());
            throw std::out_of_range("mine");
        };
        EXPECT_THROW((co_await as_result(with_timeout(5ms, fail(false)))).value(), std::out_of_range);
        EXPECT_THROW((co_await as_result(with_timeout(5ms, fail(true)))).value(), std::out_of_range);
        EXPECT_EQ(current_task().cancelling(), 0);
        // a TimeoutError of the body's own is the body's
        const auto own = []() -> Coroutine<> {
            throw TimeoutError("own");
            co_return;
        };
        EXPECT_STREQ((co_await as_result(with_timeout(5ms, own()))).error().message(), "own");
    });
}

TEST(Timeout, O6_leaving_in_time_disarms) {
    play([]() -> Coroutine<> {
        EXPECT_EQ(co_await with_timeout(5ms, give(1)), 1);
        EXPECT_EQ(get_running_loop().stats().deadlines, 0u);
        co_await sleep(10ms);
        EXPECT_EQ(current_task().cancelling(), 0);
    });
}

TEST(Timeout, O7_a_body_that_swallows_it_has_succeeded) {
    play([]() -> Coroutine<> {
        const Timeout limit(5ms);
        EXPECT_EQ(co_await with_timeout(limit,
                                        []() -> Coroutine<int> {
                                            (void)co_await as_result(forever());
                                            co_return 7;
                                        }),
                  7);
        EXPECT_TRUE(limit.expired());
        EXPECT_EQ(current_task().cancelling(), 0);
        co_await yield(); // nothing is left to strike
    });
}

TEST(Timeout, O8_no_time_strikes_at_the_first_suspension_only) {
    play([]() -> Coroutine<> {
        EXPECT_EQ(co_await with_timeout(0ms, give(1)), 1);
        EXPECT_EQ(co_await with_timeout(-1s, give(2)), 2);
        EXPECT_EQ((co_await as_result(with_timeout(0ms, forever()))).error().code(), RONDO_ETIMEDOUT);
        EXPECT_EQ((co_await as_result(with_timeout(-1s, forever()))).error().code(), RONDO_ETIMEDOUT);
        EXPECT_EQ(now(), 0ms);
    });
}

TEST(Timeout, O9_reschedule) {
    play([]() -> Coroutine<> {
        Timeout limit(5ms);
        EXPECT_EQ(status_of([&] { limit.reschedule(1ms); }), RONDO_ESTATE);
        const auto outcome = co_await as_result(with_timeout(limit, [](Timeout &inside) -> Coroutine<> {
            co_await sleep(4ms);
            inside.reschedule_after(5ms);
            EXPECT_EQ(inside.when(), 9ms);
            co_await sleep(4ms);
            inside.reschedule(never);
            co_await sleep(100ms);
            inside.reschedule(1ms); // in the past: strikes in the next turn
            co_await forever();
        }));
        EXPECT_EQ(outcome.error().code(), RONDO_ETIMEDOUT);
        EXPECT_EQ(now(), 108ms);
        EXPECT_EQ(status_of([&] { limit.reschedule(never); }), RONDO_ESTATE);
    });
}

// (a) and (b) of table A12 as outcomes; the turns are in trace_test.
TEST(Timeout, O10_deadline_against_result) {
    play([]() -> Coroutine<> {
        Future<int> with_it;
        get_running_loop().call_later(5ms, [=] { with_it.set_result(1); });
        const auto outcome =
            co_await as_result(with_timeout(5ms, [&]() -> Coroutine<int> { co_return co_await with_it; }));
        EXPECT_EQ(outcome.error().code(), RONDO_ETIMEDOUT);
        EXPECT_TRUE(with_it.done());
    });
}

TEST(Timeout, O11_nested_each_takes_its_own) {
    play([]() -> Coroutine<> {
        // the inner one first
        const auto first = co_await as_result(with_timeout(20ms, []() -> Coroutine<int> {
            EXPECT_EQ((co_await as_result(with_timeout(5ms, forever()))).error().code(), RONDO_ETIMEDOUT);
            co_return 1;
        }));
        EXPECT_EQ(first.value(), 1);
        // the outer one first: a cancellation for the inner one
        bool inner_expired = true;
        const auto second = co_await as_result(with_timeout(5ms, [&]() -> Coroutine<> {
            const Timeout inner(20ms);
            const auto ended = co_await as_result(with_timeout(inner, forever()));
            EXPECT_TRUE(ended.is_cancelled());
            inner_expired = inner.expired();
            ended.value();
        }));
        EXPECT_EQ(second.error().code(), RONDO_ETIMEDOUT);
        EXPECT_FALSE(inner_expired);
        // both in one turn: the outer one's
        const auto third = co_await as_result(with_timeout(5ms, []() -> Coroutine<> {
            const auto ended = co_await as_result(with_timeout(5ms, forever()));
            EXPECT_TRUE(ended.is_cancelled());
            ended.value();
        }));
        EXPECT_EQ(third.error().code(), RONDO_ETIMEDOUT);
        EXPECT_EQ(current_task().cancelling(), 0);
    });
}

TEST(Timeout, O11_the_outer_one_strikes_while_the_inner_one_cleans_up) {
    play([]() -> Coroutine<> {
        bool inner_expired = false;
        const auto outcome = co_await as_result(with_timeout(8ms, [&]() -> Coroutine<> {
            const Timeout inner(5ms);
            const auto ended = co_await as_result(with_timeout(inner, clean_up(10ms)));
            EXPECT_TRUE(ended.is_cancelled());
            inner_expired = inner.expired();
            ended.value();
        }));
        EXPECT_EQ(outcome.error().code(), RONDO_ETIMEDOUT);
        EXPECT_TRUE(inner_expired);
        EXPECT_EQ(now(), 8ms);
        EXPECT_EQ(current_task().cancelling(), 0);
    });
}

TEST(Timeout, O12_works_in_the_cleanup_of_a_cancelled_task) {
    play([]() -> Coroutine<> {
        rondo_status inside = RONDO_OK;
        const auto task = create_task([&]() -> Coroutine<> {
            const auto ended = co_await as_result(forever());
            inside = (co_await as_result(with_timeout(5ms, forever()))).error().code();
            EXPECT_EQ(current_task().cancelling(), 1);
            ended.value();
        });
        co_await yield();
        task.cancel();
        EXPECT_TRUE((co_await as_result(task)).is_cancelled());
        EXPECT_EQ(inside, RONDO_ETIMEDOUT);
        EXPECT_EQ(now(), 5ms);
    });
}

TEST(Timeout, B34_current_deadline_is_the_earliest) {
    play([]() -> Coroutine<> {
        EXPECT_EQ(current_deadline(), never);
        co_await with_timeout(10ms, []() -> Coroutine<> {
            EXPECT_EQ(current_deadline(), 10ms);
            co_await with_timeout(20ms, []() -> Coroutine<> {
                EXPECT_EQ(current_deadline(), 10ms);
                co_return;
            });
            co_await with_timeout(5ms, []() -> Coroutine<> {
                EXPECT_EQ(current_deadline(), 5ms);
                co_return;
            });
            const auto child = create_task([]() -> Coroutine<> {
                EXPECT_EQ(current_deadline(), never); // a task of its own is in no block
                co_return;
            });
            co_await child;
            EXPECT_EQ(current_deadline(), 10ms);
        });
        EXPECT_EQ(current_deadline(), never);
    });
    EXPECT_EQ(current_deadline(), never);
}

TEST(Timeout, returns_what_the_body_returns_and_frees_it) {
    play([]() -> Coroutine<> {
        const auto counted = [](bool late) -> Coroutine<Counted> {
            const Counted local(1);
            if (late) co_await forever();
            co_return Counted(2);
        };
        EXPECT_EQ((co_await with_timeout(1ms, counted(false))).value(), 2);
        EXPECT_FALSE(co_await as_result(with_timeout(1ms, counted(true))));
        int x = 3;
        int &same = co_await with_timeout(1ms, [&]() -> Coroutine<int &> { co_return x; });
        EXPECT_EQ(&same, &x);
        auto keeps = [p = std::make_unique<int>(4)]() -> Coroutine<int> {
            co_await yield();
            co_return *p;
        };
        EXPECT_EQ(co_await with_timeout(1ms, std::move(keeps)), 4);
    });
    EXPECT_EQ(Counted::alive, 0);
}

TEST(Timeout, a_block_that_is_never_left_ends_with_its_loop) {
    {
        const Loop loop = new_event_loop({.virtual_clock = true});
        const auto body = []() -> Coroutine<> {
            const Counted local;
            co_await forever();
        };
        const auto task = loop.create_task([=]() -> Coroutine<> { co_await with_timeout(1h, body()); });
        loop.run_once();
        EXPECT_EQ(Counted::alive, 1);
        loop.close();
    }
    EXPECT_EQ(Counted::alive, 0);
}

} // namespace
} // namespace rondo::test
