// Lock, Event, Condition, Semaphore, Barrier (semantics.md 12 to 16, tables A7 and A10).
#include "support.hpp"

#include <algorithm>
#include <optional>
#include <thread>

namespace rondo::test {
namespace {

// ---- Lock ------------------------------------------------------------------------------------------------------

Coroutine<> enter_and_leave(Trace &trace, Lock lock, std::string name, int inside) {
    auto held = co_await lock.scoped();
    trace(name);
    co_await turns(inside);
    trace(name + ".");
}

TEST(Lock, A7_Y5_is_handed_over_first_come_first_served_one_turn_each) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Lock lock;
                  co_await gather(enter_and_leave(trace, lock, "A", 1), enter_and_leave(trace, lock, "B", 1),
                                  enter_and_leave(trace, lock, "C", 1));
              }),
              "A | A. | B | B. | C | C.");
}

TEST(Lock, Y1_belongs_to_no_task) {
    play([]() -> Coroutine<> {
        Lock lock;
        EXPECT_THROW(lock.release(), InvalidState);
        co_await lock.acquire();
        EXPECT_TRUE(lock.locked());
        co_await create_task([&]() -> Coroutine<> {
            lock.release();
            co_return;
        });
        EXPECT_FALSE(lock.locked());
    });
}

TEST(Lock, Y1_is_not_reentrant) {
    play([]() -> Coroutine<> {
        Lock lock;
        co_await lock.acquire();
        EXPECT_THROW(co_await wait_for(lock.acquire(), 1s), TimeoutError);
        EXPECT_EQ(lock.waiting(), 0u);
    });
}

TEST(Lock, T21_is_had_without_a_turn_when_nobody_has_it) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Lock lock;
                  get_running_loop().call_soon([&trace] { trace("soon"); });
                  for (int i = 0; i < 3; ++i) {
                      co_await lock.acquire();
                      lock.release();
                  }
                  trace("M");
                  co_await yield();
              }),
              "M | soon");
}

TEST(Lock, Y2_Y3_a_newcomer_queues_behind_who_was_called_up_though_the_lock_is_free) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Lock lock;
                  co_await lock.acquire();
                  auto a = create_task(enter_and_leave(trace, lock, "A", 0));
                  co_await yield();
                  lock.release();
                  if (!lock.locked()) trace("free");
                  co_await lock.acquire();
                  trace("M");
                  lock.release();
                  co_await a;
              }),
              "free | A A. | M");
}

TEST(Lock, Y4_who_is_cancelled_when_it_was_his_turn_passes_it_on) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Lock lock;
                  co_await lock.acquire();
                  auto a = create_task(enter_and_leave(trace, lock, "A", 0));
                  auto b = create_task(enter_and_leave(trace, lock, "B", 0));
                  co_await yield();
                  EXPECT_EQ(lock.waiting(), 2u);
                  lock.release();
                  a.cancel();
                  trace("M");
                  co_await b;
                  EXPECT_TRUE(a.cancelled());
                  EXPECT_FALSE(lock.locked());
              }),
              "M | | B B.");
}

TEST(Lock, Y6_a_scope_gives_it_back_on_every_way_out) {
    play([]() -> Coroutine<> {
        Lock lock;
        const auto fail = [&]() -> Coroutine<> {
            auto held = co_await lock.scoped();
            throw std::runtime_error("out");
        };
        EXPECT_THROW(co_await fail(), std::runtime_error);
        EXPECT_FALSE(lock.locked());

        auto waiting = create_task([&]() -> Coroutine<> {
            auto held = co_await lock.scoped();
            co_await forever();
        });
        co_await yield();
        EXPECT_TRUE(lock.locked());
        waiting.cancel();
        EXPECT_THROW(co_await waiting, Cancelled);
        EXPECT_FALSE(lock.locked());

        std::optional held(co_await lock.scoped());
        auto moved = std::move(*held);
        held.reset();
        EXPECT_TRUE(lock.locked()) << "what was moved from holds nothing";
        moved.release();
        moved.release();
        EXPECT_FALSE(lock.locked());
    });
}

TEST(Lock, Y6_a_scope_can_wait_with_a_limit) {
    play([]() -> Coroutine<> {
        Lock lock;
        auto held = co_await wait_for(lock.scoped(), 1s);
        EXPECT_TRUE(lock.locked());
        EXPECT_THROW((void)co_await wait_for(lock.scoped(), 1s), TimeoutError);
        held.release();
        auto again = co_await create_task(lock.scoped());
        EXPECT_TRUE(lock.locked());
    });
}

TEST(Lock, Y7_belongs_to_the_loop_where_somebody_had_to_wait) {
    Lock lock;
    std::optional<Loop> first;
    play([&]() -> Coroutine<> {
        first = get_running_loop();
        co_await lock.acquire();
        auto a = create_task(lock.acquire());
        co_await yield();
        lock.release();
        co_await a;
        lock.release();
    });
    play([&]() -> Coroutine<> {
        co_await lock.acquire(); // uncontended use is not checked
        EXPECT_EQ((co_await as_result(lock.acquire())).error().code(), RONDO_EOTHERLOOP);
        lock.release();
    });
}

TEST(Lock, Y8_is_not_for_other_threads) {
    Lock lock;
    play([&]() -> Coroutine<> {
        co_await lock.acquire();
        auto a = create_task(lock.acquire());
        co_await yield();
        rondo_status elsewhere = RONDO_OK;
        std::thread([&] { elsewhere = status_of([&] { return lock.release(), 0; }); }).join();
        EXPECT_EQ(elsewhere, RONDO_ETHREAD);
        EXPECT_TRUE(lock.locked());
        lock.release();
        co_await a;
        lock.release();
    });
}

TEST(Lock, ends_with_its_waiters_when_the_loop_closes) {
    std::vector<std::string> log;
    const auto wait = [&](std::string name, Lock lock) -> Coroutine<> {
        Farewell bye(log, name);
        auto held = co_await lock.scoped();
        co_await forever();
    };
    play([&]() -> Coroutine<> {
        Lock lock;
        (void)create_task([&, lock] { return wait("a", lock); });
        (void)create_task([&, lock] { return wait("b", lock); });
        co_await turns(2);
    });
    EXPECT_EQ(log, (std::vector<std::string>{"a", "b"}));

    log.clear();
    {
        const Loop loop = new_event_loop({.virtual_clock = true});
        Lock lock;
        (void)loop.create_task([&, lock] { return wait("a", lock); });
        (void)loop.create_task([&, lock] { return wait("b", lock); });
        loop.run_once();
        loop.run_once();
        loop.close(); // the frames go in the midst of their waits
    }
    EXPECT_EQ(log, (std::vector<std::string>{"a", "b"}));
}

TEST(Lock, is_not_begun_while_an_error_is_pending) {
    play([]() -> Coroutine<> {
        Lock lock;
        Future<int> failing;
        get_running_loop().call_soon([=] { failing.set_exception(std::runtime_error("first")); });
        const auto both = [&]() -> Coroutine<int> {
            co_return co_await failing + ((void)co_await lock.scoped(), 1);
        };
        EXPECT_THROW(co_await both(), std::runtime_error);
        EXPECT_FALSE(lock.locked());
    });
}

// ---- Event -----------------------------------------------------------------------------------------------------

Coroutine<> wait_and_tell(Trace &trace, Event event, std::string name) {
    try {
        co_await event.wait();
    } catch (const Cancelled &) {
        trace(name + "!");
        throw;
    }
    trace(name);
}

TEST(Event, Y10_wakes_all_in_order_also_when_cleared_before_they_run) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Event event;
                  auto a = create_task(wait_and_tell(trace, event, "A"));
                  auto b = create_task(wait_and_tell(trace, event, "B"));
                  co_await yield();
                  EXPECT_EQ(event.waiting(), 2u);
                  event.set();
                  event.clear();
                  EXPECT_FALSE(event.is_set());
                  trace("M");
                  co_await gather(a, b);
              }),
              "M | A B");
}

TEST(Event, Y11_set_costs_no_turn_and_a_late_cancel_wins) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Event event;
                  auto a = create_task(wait_and_tell(trace, event, "A"));
                  co_await yield();
                  event.set();
                  EXPECT_TRUE(event.is_set());
                  co_await event.wait();
                  trace("M");
                  a.cancel();
                  EXPECT_THROW(co_await a, Cancelled);
              }),
              "M | A!");
}

// ---- Condition -------------------------------------------------------------------------------------------------

Coroutine<> wait_under_lock(Trace &trace, Condition condition, std::string name) {
    auto held = co_await condition.scoped();
    trace(name);
    try {
        co_await condition.wait();
    } catch (const Cancelled &) {
        EXPECT_TRUE(condition.locked());
        trace(name + "!");
        throw;
    }
    EXPECT_TRUE(condition.locked());
    trace(name + ".");
}

TEST(Condition, A10_Y22_the_notified_go_on_one_by_one_when_they_get_the_lock) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Condition condition;
                  auto a = create_task(wait_under_lock(trace, condition, "A"));
                  auto b = create_task(wait_under_lock(trace, condition, "B"));
                  co_await yield();
                  EXPECT_EQ(condition.waiting(), 2u);
                  co_await condition.acquire();
                  trace("all");
                  condition.notify_all();
                  co_await turns(2);
                  trace("release");
                  condition.release();
                  co_await gather(a, b);
              }),
              "A B all | | release | A. | B.");
}

TEST(Condition, Y20_needs_the_lock_its_own_or_another_ones) {
    play([]() -> Coroutine<> {
        Condition condition;
        EXPECT_THROW(co_await condition.wait(), InvalidState);
        EXPECT_THROW(condition.notify(), InvalidState);
        EXPECT_THROW(condition.notify_all(), InvalidState);
        EXPECT_THROW(condition.release(), InvalidState);

        Lock lock;
        Condition other(lock);
        EXPECT_EQ(other.lock(), lock);
        auto held = co_await lock.scoped();
        other.notify();
    });
}

TEST(Condition, Y21_a_cancelled_wait_has_the_lock_again_before_it_ends) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Condition condition;
                  auto a = create_task(wait_under_lock(trace, condition, "A"));
                  co_await yield();
                  co_await condition.acquire();
                  a.cancel();
                  co_await turns(3);
                  EXPECT_FALSE(a.done());
                  trace("release");
                  condition.release();
                  EXPECT_THROW(co_await a, Cancelled);
                  EXPECT_FALSE(condition.locked());
              }),
              "A | | | release | A!");
}

TEST(Condition, Y23_who_is_cancelled_after_the_notification_passes_it_on) {
    play([]() -> Coroutine<> {
        Trace trace;
        Condition condition;
        auto a = create_task(wait_under_lock(trace, condition, "A"));
        auto b = create_task(wait_under_lock(trace, condition, "B"));
        co_await yield();
        co_await condition.acquire();
        condition.notify(1);
        a.cancel();
        condition.release();
        co_await b;
        EXPECT_TRUE(a.cancelled());
    });
}

TEST(Condition, Y24_wait_for_looks_again_and_returns_what_the_predicate_was) {
    play([]() -> Coroutine<> {
        Condition condition;
        int looks = 0, number = 0;
        auto waiting = create_task([&]() -> Coroutine<int> {
            auto held = co_await condition.scoped();
            co_return co_await condition.wait_for([&] { return ++looks, number; });
        });
        for (const int n : {0, 0, 7}) {
            co_await yield();
            auto held = co_await condition.scoped();
            number = n;
            condition.notify();
        }
        EXPECT_EQ(co_await waiting, 7);
        EXPECT_EQ(looks, 4);
    });
}

// ---- Semaphore -------------------------------------------------------------------------------------------------

Coroutine<> take_permit(Trace &trace, Semaphore semaphore, std::string name) {
    co_await semaphore.acquire();
    trace(name);
}

TEST(Semaphore, Y30_Y31_a_permit_is_set_aside_for_who_waits_longest) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Semaphore semaphore;
                  co_await semaphore.acquire();
                  auto b = create_task(take_permit(trace, semaphore, "B"));
                  auto c = create_task(take_permit(trace, semaphore, "C"));
                  co_await yield();
                  semaphore.release();
                  EXPECT_EQ(semaphore.value(), 0u);
                  EXPECT_TRUE(semaphore.locked());
                  auto me = create_task(take_permit(trace, semaphore, "me"));
                  for (int i = 0; i < 2; ++i) {
                      co_await turns(2);
                      semaphore.release();
                  }
                  co_await gather(b, c, me);
              }),
              "B | | C | | me");
}

TEST(Semaphore, Y31_Y33_no_permit_is_lost_with_a_cancelled_waiter) {
    play([]() -> Coroutine<> {
        Trace trace;
        BoundedSemaphore semaphore(2);
        {
            auto one = co_await semaphore.scoped();
            auto two = co_await semaphore.scoped();
            auto a = create_task(take_permit(trace, semaphore, "A"));
            auto b = create_task(take_permit(trace, semaphore, "B"));
            auto c = create_task(take_permit(trace, semaphore, "C"));
            co_await yield();
            EXPECT_EQ(semaphore.waiting(), 3u);
            one.release();
            two.release();
            a.cancel();
            co_await gather(b, c);
            EXPECT_TRUE(a.cancelled());
        }
        EXPECT_EQ(semaphore.value(), 0u);
        semaphore.release();
        semaphore.release();
        EXPECT_EQ(status_of([&] { return semaphore.release(), 0; }), RONDO_EINVAL) << "Y32";
        EXPECT_EQ(semaphore.value(), 2u);
    });
}

TEST(Semaphore, Y30_Y32_refuses_fewer_permits_than_make_sense) {
    EXPECT_EQ(status_of([] { return Semaphore(-1); }), RONDO_EINVAL);
    EXPECT_EQ(status_of([] { return BoundedSemaphore(0); }), RONDO_EINVAL);
    EXPECT_TRUE(Semaphore(0).locked());
}

// ---- Barrier ---------------------------------------------------------------------------------------------------

Coroutine<> meet(std::vector<std::string> &log, Barrier barrier, std::string name) {
    try {
        const std::uint64_t index = co_await barrier.wait();
        log.push_back(name + std::to_string(index));
    } catch (const BrokenBarrier &) {
        log.push_back(name + "!");
    }
}

TEST(Barrier, Y40_gives_each_an_index_and_the_last_goes_first) {
    std::vector<std::string> log;
    play([&]() -> Coroutine<> {
        Barrier barrier(3);
        EXPECT_EQ(barrier.parties(), 3u);
        for (int round = 0; round < 2; ++round) {
            auto a = create_task(meet(log, barrier, "a"));
            auto b = create_task(meet(log, barrier, "b"));
            co_await turns(3);
            EXPECT_EQ(barrier.waiting(), 2u);
            auto c = create_task(meet(log, barrier, "c"));
            co_await gather(a, b, c);
        }
    });
    EXPECT_EQ(log, (std::vector<std::string>{"c2", "a0", "b1", "c2", "a0", "b1"}));
    EXPECT_EQ(status_of([] { return Barrier(0); }), RONDO_EINVAL);
}

TEST(Barrier, Y40_one_party_never_waits) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Barrier barrier(1);
                  get_running_loop().call_soon([&trace] { trace("soon"); });
                  EXPECT_EQ(co_await barrier.wait(), 0u);
                  EXPECT_EQ(co_await barrier.wait(), 0u);
                  trace("M");
                  co_await yield();
              }),
              "M | soon");
}

TEST(Barrier, Y41_B14_a_cancelled_waiter_frees_its_place_and_its_index) {
    std::vector<std::string> log;
    play([&]() -> Coroutine<> {
        Barrier barrier(3);
        auto a = create_task(meet(log, barrier, "a"));
        auto b = create_task(meet(log, barrier, "b"));
        co_await turns(3);
        a.cancel();
        co_await turns(3);
        EXPECT_FALSE(barrier.broken());
        co_await gather(b, meet(log, barrier, "c"), meet(log, barrier, "d"));
    });
    std::string indices;
    for (const std::string &line : log) indices += line.back();
    std::sort(indices.begin(), indices.end());
    EXPECT_EQ(indices, "012");
}

TEST(Barrier, Y42_reset_breaks_it_for_who_waits_and_abort_for_good) {
    std::vector<std::string> log;
    play([&]() -> Coroutine<> {
        Barrier barrier(2);
        auto a = create_task(meet(log, barrier, "a"));
        co_await turns(3);
        co_await barrier.reset();
        co_await a;
        EXPECT_EQ(barrier.state(), Barrier::State::filling);
        auto b = create_task(meet(log, barrier, "b"));
        co_await turns(3);
        co_await barrier.abort();
        co_await b;
        co_await meet(log, barrier, "c");
        EXPECT_TRUE(barrier.broken());
        try {
            co_await barrier.wait();
            ADD_FAILURE() << "broken for good";
        } catch (const BrokenBarrier &error) {
            EXPECT_EQ(error.code(), RONDO_EBROKEN);
        }
    });
    EXPECT_EQ(log, (std::vector<std::string>{"a!", "b!", "c!"}));
}

// ---- all -------------------------------------------------------------------------------------------------------

TEST(Operations, are_things_to_start_like_any_coroutine) {
    play([]() -> Coroutine<> {
        Event event;
        Task<std::uint64_t> met;
        {
            Barrier barrier(2); // a waiting coroutine keeps it
            met = create_task(barrier.wait());
            (void)create_task(barrier.wait());
        }
        get_running_loop().call_soon([event] { event.set(); });
        co_await gather(event.wait(), sleep(1ms));
        EXPECT_EQ(co_await met, 0u);
    });
}

} // namespace
} // namespace rondo::test
