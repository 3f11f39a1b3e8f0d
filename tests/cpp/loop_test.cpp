// The loop: callbacks, timers, handles, reports, running by hand (semantics.md 2).
#include "support.hpp"

#include <memory>
#include <thread>
#include <unistd.h>

namespace rondo::test {
namespace {

TEST(Loop, L15_callbacks_run_once_in_order_with_their_context) {
    static const ContextVar<int> var("var", 0);
    play([]() -> Coroutine<> {
        const Loop loop = get_running_loop();
        std::vector<int> seen;
        var.set(1);
        loop.call_soon([&] { seen.push_back(var.get()); });
        const Context given = copy_context();
        given.set(var, 5);
        loop.call_soon([&] { seen.push_back(var.get()); }, given);
        var.set(2);
        loop.call_soon([&, owned = std::make_unique<int>(3)] { seen.push_back(var.get() + *owned); });
        EXPECT_TRUE(seen.empty());
        co_await yield();
        EXPECT_EQ(seen, (std::vector<int>{1, 5, 5}));
    });
}

TEST(Loop, L16_B4_timers_by_deadline_then_by_call) {
    play([]() -> Coroutine<> {
        const Loop loop = get_running_loop();
        std::string order;
        loop.call_later(2ms, [&] { order += 'd'; });
        loop.call_later(1ms, [&] { order += 'b'; });
        loop.call_later(1ms, [&] { order += 'c'; });
        loop.call_at(loop.time() + 3ms, [&] { order += 'e'; });
        loop.call_later(-1s, [&] { order += 'a'; });
        loop.call_soon([&] { order += '0'; });
        co_await sleep(4ms);
        EXPECT_EQ(order, "0abcde");
    });
}

TEST(Loop, L21_cancelled_handles_do_not_run_and_drop_their_callable) {
    play([]() -> Coroutine<> {
        const Loop loop = get_running_loop();
        bool ran = false;
        const Handle soon = loop.call_soon([&, owned = Counted()] { ran = true; });
        const Handle later = loop.call_later(1ms, [&, owned = Counted()] { ran = true; });
        EXPECT_EQ(Counted::alive, 2);
        EXPECT_EQ(later.when(), loop.time() + 1ms);
        EXPECT_FALSE(later.cancelled());
        soon.cancel();
        later.cancel();
        later.cancel();
        EXPECT_EQ(Counted::alive, 0);
        EXPECT_TRUE(soon.cancelled() && later.cancelled());
        co_await sleep(2ms);
        EXPECT_FALSE(ran);
    });
}

TEST(Loop, L22_threadsafe_calls_keep_their_order_and_wake_the_loop) {
    run([]() -> Coroutine<> {
        const Loop loop = get_running_loop();
        std::vector<int> order;
        Future<> last;
        std::thread thread([&] {
            for (int i = 0; i < 100; ++i) loop.call_soon_threadsafe([&order, i] { order.push_back(i); });
            loop.call_soon_threadsafe([&last] { last.set_result(); });
        });
        co_await last;
        thread.join();
        EXPECT_EQ(order.size(), 100u);
        for (std::size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], static_cast<int>(i));
    });
}

TEST(Loop, L22_posts_stand_in_line_with_threadsafe_calls_and_are_dropped_once) {
    run([]() -> Coroutine<> {
        const Loop loop = get_running_loop();
        std::vector<int> order;
        const auto owned = std::make_shared<int>();
        Future<> last;
        std::thread thread([&] {
            for (int i = 0; i < 100; i += 2) {
                loop.post([&order, i, owned] { order.push_back(i); });
                loop.call_soon_threadsafe([&order, i] { order.push_back(i + 1); });
            }
            loop.post([&last] { last.set_result(); });
        });
        co_await last;
        thread.join();
        EXPECT_EQ(order.size(), 100u);
        for (std::size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], static_cast<int>(i));
        EXPECT_EQ(owned.use_count(), 1);
    });
}

TEST(Loop, L24_readers_and_writers) {
    run([]() -> Coroutine<> {
        const Loop loop = get_running_loop();
        int fds[2];
        EXPECT_EQ(pipe(fds), 0);
        Future<char> received;
        loop.add_reader(fds[0], [&] {
            char byte = 0;
            EXPECT_EQ(read(fds[0], &byte, 1), 1);
            loop.remove_reader(fds[0]);
            received.set_result(byte);
        });
        loop.add_writer(fds[1], [&, owned = Counted()] {
            EXPECT_EQ(write(fds[1], "!", 1), 1);
            loop.remove_writer(fds[1]);
        });
        EXPECT_EQ(co_await received, '!');
        EXPECT_FALSE(loop.remove_reader(fds[0]));
        close(fds[0]);
        close(fds[1]);
    });
    EXPECT_EQ(Counted::alive, 0);
}

TEST(Loop, L30_a_throwing_callback_is_reported_and_the_loop_goes_on) {
    std::vector<std::string> reports;
    play(
        [&]() -> Coroutine<> {
            const Loop loop = get_running_loop();
            bool next = false;
            loop.call_soon([] { throw std::runtime_error("oops"); });
            loop.call_soon([] { throw Cancelled("even this"); });
            loop.call_soon([&] { next = true; });
            co_await yield();
            EXPECT_TRUE(next);
            loop.call_exception_handler("by hand", ErrorPtr::make(RONDO_EINVAL, "mine"));
        },
        [&reports](const Report &report) { reports.push_back(report.error().message()); });
    EXPECT_EQ(reports, (std::vector<std::string>{"oops", "even this", "mine"}));
}

TEST(Loop, L40_an_interrupt_in_a_callback_leaves_the_loop_with_the_rest_ready) {
    const Loop loop = new_event_loop({.virtual_clock = true});
    bool later = false;
    loop.call_soon([] { throw Interrupted("now"); });
    loop.call_soon([&] { later = true; });
    EXPECT_THROW(loop.run_forever(), Interrupted);
    EXPECT_FALSE(later);
    loop.run_once();
    EXPECT_TRUE(later);
}

TEST(Loop, a_guest_says_what_its_host_shall_wait_for) {
    const Loop loop = new_event_loop();
    bool ran = false;
    loop.call_soon([&] { loop.call_soon([&] { ran = true; }); });
    EXPECT_EQ(loop.run_guest().time, 0ns);
    const Loop::GuestWait wait = loop.run_guest();
    EXPECT_TRUE(ran);
    EXPECT_GE(wait.fd, 0);
    EXPECT_EQ(wait.time, std::chrono::nanoseconds::max());
    loop.call_soon([] { throw Interrupted("now"); });
    EXPECT_THROW(static_cast<void>(loop.run_guest()), Interrupted);
}

TEST(Loop, L6_L7_states) {
    const Loop loop = new_event_loop();
    EXPECT_FALSE(loop.is_running());
    EXPECT_FALSE(loop.is_closed());
    loop.call_soon([&] {
        EXPECT_TRUE(loop.is_running());
        EXPECT_EQ(get_running_loop(), loop);
        EXPECT_EQ(status_of([&] { loop.run_forever(); return 0; }), RONDO_ERUNNING);
        EXPECT_EQ(status_of([&] { loop.close(); return 0; }), RONDO_ERUNNING);
        EXPECT_EQ(status_of([&] { run(turns(1)); return 0; }), RONDO_ERUNNING);
        loop.stop();
    });
    loop.run_forever();
    EXPECT_EQ(status_of([] { return get_running_loop(); }), RONDO_ENOLOOP);
    loop.close();
    loop.close();
    EXPECT_TRUE(loop.is_closed());
    EXPECT_EQ(status_of([&] { return loop.call_soon([owned = Counted()] {}); }), RONDO_ECLOSED);
    EXPECT_EQ(status_of([&] { return loop.call_soon_threadsafe([owned = Counted()] {}); }), RONDO_ECLOSED);
    EXPECT_EQ(status_of([&] { loop.post([owned = Counted()] {}); return 0; }), RONDO_ECLOSED);
    EXPECT_EQ(status_of([&] { return loop.create_task(turns(1)); }), RONDO_ECLOSED);
    EXPECT_EQ(Counted::alive, 0);
}

TEST(Loop, L23_D2_from_the_wrong_thread_nothing_happens) {
    play([]() -> Coroutine<> {
        const Loop loop = get_running_loop();
        auto future = loop.create_future<Counted>();
        auto task = create_task(turns(3));
        std::thread([=] {
            EXPECT_EQ(status_of([&] { return loop.call_soon([owned = Counted()] {}); }), RONDO_ETHREAD);
            EXPECT_EQ(status_of([&] { return loop.create_task(turns(1)); }), RONDO_ETHREAD);
            EXPECT_EQ(status_of([&] { return task.cancel(); }), RONDO_ETHREAD);
            EXPECT_EQ(status_of([&] { future.set_result(Counted(1)); return 0; }), RONDO_ETHREAD);
            EXPECT_EQ(status_of([&] { return get_running_loop(); }), RONDO_ENOLOOP);
        }).join();
        EXPECT_EQ(Counted::alive, 0);
        EXPECT_FALSE(future.done());
        co_await task;
    });
}

TEST(Loop, L8_stop_finishes_the_turn) {
    const Loop loop = new_event_loop();
    std::string order;
    loop.call_soon([&] {
        order += 'a';
        loop.stop();
        loop.call_soon([&] { order += 'c'; });
    });
    loop.call_soon([&] { order += 'b'; });
    loop.run_forever();
    EXPECT_EQ(order, "ab");
    EXPECT_FALSE(loop.run_once());
    EXPECT_EQ(order, "abc");
}

TEST(Loop, L9_run_until_complete) {
    const Loop loop = new_event_loop({.virtual_clock = true});
    const auto answer = []() -> Coroutine<std::unique_ptr<int>> {
        co_await sleep(1h);
        co_return std::make_unique<int>(42);
    };
    EXPECT_EQ(*loop.run_until_complete(answer()), 42);
    EXPECT_EQ(loop.time(), 1h);
    auto future = loop.create_future<int>();
    loop.call_later(1s, [=] { future.set_result(7); });
    EXPECT_EQ(loop.run_until_complete(future), 7);
    EXPECT_THROW(loop.run_until_complete([]() -> Coroutine<> {
        throw std::runtime_error("x");
        co_return;
    }()),
                 std::runtime_error);
    auto pending = loop.create_future<int>();
    loop.call_soon([&] { loop.stop(); });
    EXPECT_EQ(status_of([&] { return loop.run_until_complete(pending); }), RONDO_ESTOPPED);
}

TEST(Loop, discards_what_is_left_at_close) {
    const Loop loop = new_event_loop();
    loop.call_soon([owned = Counted()] {});
    loop.call_later(1h, [owned = Counted()] {});
    EXPECT_EQ(Counted::alive, 2);
    loop.close();
    EXPECT_EQ(Counted::alive, 0);
}

TEST(Loop, T70_a_pending_task_is_reported_when_the_loop_closes) {
    std::vector<std::string> reports;
    const Loop loop =
        new_event_loop({.virtual_clock = true, .exception_handler = [&reports](const Report &report) {
                            reports.push_back(report.message());
                        }});
    auto task = loop.create_task(forever());
    loop.run_once();
    loop.close();
    EXPECT_EQ(reports, std::vector<std::string>{"Task was destroyed but it is pending!"});
}

TEST(Loop, D1_debug_mode) {
    EXPECT_TRUE(new_event_loop({.debug = true}).get_debug());
    const Loop loop = new_event_loop();
    loop.set_debug(true);
    EXPECT_TRUE(loop.get_debug());
    loop.set_debug(false);
    EXPECT_FALSE(loop.get_debug());
}

TEST(Sleep, S1_zero_or_less_is_one_turn) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  get_running_loop().call_soon([&trace] { trace("soon"); });
                  trace("M0");
                  co_await sleep(0s);
                  trace("M1");
                  co_await sleep(-1h);
                  trace("M2");
                  co_await yield();
                  trace("M3");
              }),
              "M0 | soon M1 | M2 | M3");
}

TEST(Sleep, S2_takes_its_time_exactly_on_the_virtual_clock) {
    play([]() -> Coroutine<> {
        const Loop loop = get_running_loop();
        co_await sleep(10ms);
        EXPECT_EQ(loop.time(), 10ms);
        co_await sleep(std::chrono::duration<double>(0.5));
        EXPECT_EQ(loop.time(), 510ms);
        co_await sleep(std::chrono::hours(24 * 365));
        EXPECT_EQ(loop.time(), 510ms + std::chrono::hours(24 * 365));
    });
}

TEST(Sleep, never_wakes_early_on_the_real_clock) {
    run([]() -> Coroutine<> {
        for (const auto delay : {100us, 1000us, 1500us}) {
            const auto before = std::chrono::steady_clock::now();
            co_await sleep(delay);
            EXPECT_GE(std::chrono::steady_clock::now() - before, delay);
        }
    });
}

TEST(Sleep, S3_S4_bad_and_endless_durations) {
    play([]() -> Coroutine<> {
        const auto nan = std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN());
        EXPECT_EQ(status_of([&] { return sleep(nan).await_ready(); }), RONDO_EINVAL);
        auto endless = create_task(sleep(std::chrono::hours::max()));
        auto infinite = create_task(sleep(std::chrono::duration<double>(std::numeric_limits<double>::infinity())));
        co_await sleep(1h);
        EXPECT_FALSE(endless.done() || infinite.done());
        EXPECT_EQ(get_running_loop().stats().deadlines, 2u);
        endless.cancel();
        infinite.cancel();
        EXPECT_TRUE((co_await as_result(endless)).is_cancelled());
        EXPECT_EQ(get_running_loop().stats().deadlines, 0u);
    });
}

TEST(Sleep, durations_round_up_to_nanoseconds) {
    using Tiny = std::chrono::duration<std::int64_t, std::pico>;
    EXPECT_EQ(detail::nanoseconds(Tiny(1)), 1);
    EXPECT_EQ(detail::nanoseconds(Tiny(1000)), 1);
    EXPECT_EQ(detail::nanoseconds(Tiny(1001)), 2);
    EXPECT_EQ(detail::nanoseconds(std::chrono::duration<double>(1e-10)), 1);
    EXPECT_EQ(detail::nanoseconds(2h), 7'200'000'000'000);
    EXPECT_EQ(detail::nanoseconds(std::chrono::hours::max()), RONDO_FOREVER);
    EXPECT_LT(detail::nanoseconds(std::chrono::hours::min()), 0);
}

TEST(Waker, a_parked_task_is_woken_from_another_thread) {
    run([]() -> Coroutine<> {
        std::thread thread([waker = Waker::current()] {
            std::this_thread::sleep_for(1ms);
            waker.wake();
        });
        co_await park();
        thread.join();
    });
}

TEST(Waker, waking_first_and_twice_counts_once) {
    play([]() -> Coroutine<> {
        const Waker waker = Waker::current();
        waker.wake();
        waker.wake();
        co_await park();
        auto again = create_task([]() -> Coroutine<> { co_await park(); });
        co_await turns(3);
        EXPECT_FALSE(again.done());
        again.cancel();
        EXPECT_TRUE((co_await as_result(again)).is_cancelled());
        waker.wake();
    });
}

} // namespace
} // namespace rondo::test
