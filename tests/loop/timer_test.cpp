// call_later and call_at: order, and never early.
#include "pipe.h"
#include "world.h"

#include "loop/uv_driver.h"

#include <chrono>
#include <thread>
#if __has_include(<sys/prctl.h>)
#include <sys/prctl.h>
#endif
#if defined(__linux__)
#include <cerrno>
#include <cstddef>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#endif

using namespace rondo::test;

namespace {

class Timer : public testing::Test, public World {};

void burn(std::chrono::nanoseconds time) {
    auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
    }
}

// A thread the kernel wakes late sleeps seldom by itself.
void be_woken_in_time() {
#ifdef PR_SET_TIMERSLACK
    prctl(PR_SET_TIMERSLACK, 1UL);
#endif
}

} // namespace

TEST_F(Timer, L16_a_delay_of_zero_goes_through_the_heap_and_the_most_negative_is_first) {
    soon([&] {
        later(0, [&] { say("0"); });
        later(-RONDO_S(5), [&] { say("-5"); });
        soon([&] { say("soon"); });
    });
    run();
    EXPECT_EQ(trace(), "2: soon -5 0");
}

TEST_F(Timer, L16_call_later_is_call_at_of_now_plus_the_delay) {
    later(RONDO_MS(10), [&] {
        EXPECT_EQ(later(RONDO_MS(5), [&] { say("a"); }).when(), RONDO_MS(15));
        EXPECT_EQ(at(RONDO_MS(12), [&] { say("b"); }).when(), RONDO_MS(12));
        EXPECT_EQ(soon([&] { say("c"); }).when(), 0);
    });
    run();
    EXPECT_EQ(trace(), "2: c | 3: b | 4: a");
}

TEST_F(Timer, L16_the_end_of_time_is_a_legal_deadline) {
    EXPECT_EQ(later(RONDO_FOREVER, [&] { say("never"); }).when(), RONDO_FOREVER);
    later(RONDO_S(1), [&] {
        EXPECT_EQ(later(RONDO_FOREVER, [&] { say("never"); }).when(), RONDO_FOREVER);
    });
    one_turn(RONDO_FOREVER);
    EXPECT_EQ(time(), RONDO_S(1));
    EXPECT_EQ(trace(), "");
}

TEST_F(Timer, L17_a_cancelled_timer_leaves_the_heap_at_once) {
    std::vector<Handle> handles;
    for (int i = 0; i < 1000; ++i) handles.push_back(later(RONDO_S(i + 1), [&] { say("x"); }));
    EXPECT_EQ(stats().deadlines, 1000u);
    for (const Handle &handle : handles) handle.cancel();
    EXPECT_EQ(stats().deadlines, 0u);
    run();
    EXPECT_EQ(trace(), "");
    EXPECT_EQ(time(), 0);
}

TEST_F(Timer, L18_B4_equal_deadlines_run_in_the_order_of_the_calls) {
    for (int i = 0; i < 10; ++i) at(RONDO_S(1), [this, i] { say(std::to_string(i)); });
    run();
    EXPECT_EQ(trace(), "1: 0 1 2 3 4 5 6 7 8 9");
}

TEST_F(Timer, L20_a_due_timer_stands_behind_what_is_ready_in_that_turn) {
    at(RONDO_MS(5), [&] { soon([&] { say("result"); }); });
    at(RONDO_MS(5), [&] { at(RONDO_MS(5), [&] { say("deadline"); }); });
    run();
    EXPECT_EQ(trace(), "2: result deadline");
}

TEST_F(Timer, all_that_are_due_become_ready_in_one_turn) {
    for (int i = 1; i <= 3; ++i) at(i, [this, i] { say(std::to_string(i)); });
    at(-1, [&] { say("-1"); });
    one_turn(2);
    EXPECT_EQ(trace(), "1: -1");
    run();
    EXPECT_EQ(time(), 3);
}

TEST_F(Timer, one_that_comes_due_while_another_runs_waits_for_the_next_turn) {
    at(RONDO_MS(1), [&] {
        say("first");
        at(RONDO_MS(1), [&] { say("second"); });
    });
    run();
    EXPECT_EQ(trace(), "1: first | 2: second");
}

namespace {

// Lateness of a few timers on the real clock, in nanoseconds.
std::vector<int64_t> lateness(World &w) {
    std::vector<int64_t> found;
    for (int64_t delay : {RONDO_US(50), RONDO_US(700), RONDO_US(1300), RONDO_MS(3), RONDO_MS(5)}) {
        int64_t when = w.time() + delay;
        w.at(when, [&w, &found, when] { found.push_back(w.time() - when); });
    }
    w.run();
    return found;
}

} // namespace

TEST(RealClock, L19_no_timer_fires_early_on_the_semaphore) {
    World w(loop_options(real_clock));
    for (int64_t late : lateness(w)) EXPECT_GE(late, 0);
    EXPECT_EQ(w.stats().open, 0u);
    EXPECT_GE(w.stats().sleeps, 1u);
}

TEST(RealClock, L19_no_timer_fires_early_while_it_waits_for_descriptors) {
    World w(loop_options(real_clock));
    Pipe pipe;
    w.add_reader(pipe.reading, [] {});
    for (int64_t late : lateness(w)) EXPECT_GE(late, 0);
    EXPECT_EQ(w.stats().open, 1u);
    EXPECT_GE(w.stats().sleeps, 1u);
}

TEST(RealClock, L19_no_timer_fires_early_in_libuv) {
    World w(loop_options(real_clock));
    w.open_libuv();
    for (int64_t late : lateness(w)) EXPECT_GE(late, 0);
    EXPECT_EQ(w.stats().open, 1u);
}

#if defined(__linux__)
// Before Linux 5.11: no epoll_wait with nanoseconds.
TEST(RealClock, L19_no_timer_fires_early_on_an_old_kernel) {
    std::thread([] {
        sock_filter program[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_pwait2, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        sock_fprog filter{4, program};
        ASSERT_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) GTEST_SKIP() << "no filters for system calls";
        World w(loop_options(real_clock));
        Pipe pipe;
        int reads = 0;
        w.add_reader(pipe.reading, [&] {
            pipe.drain();
            ++reads;
        });
        w.later(RONDO_US(200), [&] { pipe.fill(); });
        for (int64_t late : lateness(w)) EXPECT_GE(late, 0);
        EXPECT_EQ(reads, 1);
    }).join();
}
#endif

TEST(RealClock, L19_no_timer_fires_early_in_a_busy_loop) {
    World w(loop_options(real_clock));
    bool fired = false;
    int64_t when = w.time() + RONDO_MS(3);
    w.at(when, [&] {
        EXPECT_GE(w.time(), when);
        fired = true;
    });
    std::function<void()> spin = [&] {
        if (!fired) w.soon([&] { spin(); });
    };
    spin();
    w.run();
    EXPECT_TRUE(fired);
}

TEST(RealClock, L19_a_delay_counts_from_now_after_code_that_blocked) {
    World w(loop_options(real_clock));
    w.soon([&] {
        burn(std::chrono::milliseconds(4));
        int64_t before = w.time();
        w.later(RONDO_MS(1), [&w, before] { EXPECT_GE(w.time() - before, RONDO_MS(1)); });
    });
    w.run();
}

TEST(RealClock, L11_time_is_monotonic_and_finer_than_a_millisecond) {
    World w(loop_options(real_clock));
    int64_t last = w.time();
    int steps = 0;
    for (int i = 0; i < 1000; ++i) {
        int64_t now = w.time();
        ASSERT_GE(now, last);
        if (now != last && now - last < RONDO_MS(1)) ++steps;
        last = now;
    }
    EXPECT_GT(steps, 10);
}

// How often a loop sleeps for so many timers, so many nanoseconds apart.
static int64_t sleeps_for(int timers, int64_t apart) {
    be_woken_in_time();
    World w(loop_options(real_clock));
    int64_t start = w.time();
    for (int i = 0; i < timers; ++i) w.at(start + i * apart, [] {});
    uint64_t before = w.stats().sleeps;
    w.run();
    return static_cast<int64_t>(w.stats().sleeps - before);
}

TEST(RealClock, deadlines_that_follow_each_other_closely_share_wakes) {
    EXPECT_LE(sleeps_for(1000, 40'000), 1000 * 40'000 / 100'000 + 10);
}

TEST(RealClock, many_of_them_share_more) { EXPECT_LE(sleeps_for(5000, 10'000), 5000 * 10'000 / 200'000); }

// As if the thread had lost the processor between the look at the clock and libuv's.
TEST(RealClock, L19_a_deadline_that_passed_on_the_way_to_libuv_ends_its_wait) {
    rondo::core::UvDriver driver;
    ASSERT_EQ(driver.open(), RONDO_OK);
    driver.wait(rondo::core::monotonic_now() - 1);
    driver.wait(rondo::core::monotonic_now());
    driver.close();
}
