// One turn: what it runs, in which order, when it looks at descriptors and when it waits.
#include "pipe.h"
#include "world.h"

using namespace rondo::test;

namespace {

class Turn : public testing::Test, public World {
protected:
    // Entry after entry, each in a turn of its own.
    void keep_busy(int entries) {
        if (entries == 0) return;
        soon([this, entries] { keep_busy(entries - 1); });
    }
    void crowd(int entries) {
        for (int i = 0; i < entries; ++i) soon([] {});
    }
};

rondo_loop_options polling_every(uint32_t entries) {
    rondo_loop_options options = loop_options();
    options.poll_interval = entries;
    return options;
}

} // namespace

TEST_F(Turn, L1_runs_exactly_what_was_ready_when_it_began) {
    soon([&] {
        say("a");
        soon([&] { say("c"); });
    });
    soon([&] { say("b"); });
    run();
    EXPECT_EQ(trace(), "1: a b | 2: c");
}

TEST_F(Turn, L2_an_entry_that_reschedules_itself_runs_once_a_turn) {
    std::function<void(int)> again = [&](int left) {
        say("x");
        if (left > 1) soon([&again, left] { again(left - 1); });
    };
    soon([&] { again(3); });
    soon([&] { say("y"); });
    run();
    EXPECT_EQ(trace(), "1: x y | 2: x | 3: x");
}

TEST_F(Turn, L2_no_turn_runs_more_entries_than_were_ready) {
    std::function<void(int)> bear_two = [&](int depth) {
        if (depth == 0) return;
        for (int i = 0; i < 2; ++i) soon([&bear_two, depth] { bear_two(depth - 1); });
    };
    soon([&] { bear_two(6); });
    for (uint64_t expected = 1; busy(); expected *= 2) {
        uint64_t before = stats().entries;
        EXPECT_EQ(stats().ready, expected);
        one_turn();
        EXPECT_EQ(stats().entries - before, expected);
    }
}

TEST_F(Turn, L3_runs_ready_entries_then_descriptors_then_timers) {
    Pipe pipe;
    pipe.fill();
    soon([&] {
        later(0, [&] { say("timer"); });
        add_reader(pipe.reading, [&] {
            say("descriptor");
            remove_reader(pipe.reading);
        });
        soon([&] { say("ready"); });
    });
    run();
    EXPECT_EQ(trace(), "2: ready descriptor timer");
}

TEST_F(Turn, L4_does_not_wait_while_something_is_ready) {
    Pipe silent;
    add_reader(silent.reading, [] {});
    keep_busy(500);
    later(RONDO_S(3600), [] {});
    for (int i = 0; i < 500; ++i) one_turn(RONDO_FOREVER);
    EXPECT_EQ(stats().sleeps, 0u);
    EXPECT_EQ(time(), 0);
}

TEST_F(Turn, L4_does_not_wait_when_a_stop_was_asked_for) {
    stop();
    EXPECT_EQ(run_forever(), RONDO_OK);
    EXPECT_EQ(stats().sleeps, 0u);
    EXPECT_EQ(turn(), 1u);
}

TEST_F(Turn, L4_waits_for_the_earliest_deadline) {
    later(RONDO_MS(30), [&] { say("late"); });
    later(RONDO_MS(10), [&] {
        say("early");
        EXPECT_EQ(time(), RONDO_MS(10));
    });
    run();
    EXPECT_EQ(trace(), "1: early | 2: late");
    EXPECT_EQ(time(), RONDO_MS(30));
}

TEST_F(Turn, waits_no_longer_than_it_is_told) {
    later(RONDO_S(10), [&] { say("timer"); });
    EXPECT_EQ(one_turn(RONDO_S(4)), 0);
    EXPECT_EQ(time(), RONDO_S(4));
    EXPECT_EQ(one_turn(0), 0);
    EXPECT_EQ(time(), RONDO_S(4));
    EXPECT_EQ(trace(), "");
    one_turn(RONDO_FOREVER);
    EXPECT_EQ(time(), RONDO_S(10));
    EXPECT_EQ(trace(), "3: timer");
}

TEST_F(Turn, tells_whether_work_is_ready) {
    soon([&] { soon([] {}); });
    EXPECT_EQ(one_turn(), 1);
    EXPECT_EQ(one_turn(), 0);
}

TEST_F(Turn, L8_a_stop_lets_the_turn_finish) {
    soon([&] {
        say("stops");
        stop();
        soon([&] { say("next run"); });
    });
    soon([&] { say("behind the stop"); });
    EXPECT_EQ(run_forever(), RONDO_OK);
    EXPECT_EQ(trace(), "1: stops behind the stop");
    stop();
    run_forever();
    EXPECT_EQ(trace(), "1: stops behind the stop | 1: next run");
}

TEST_F(Turn, L8_a_stop_before_the_run_makes_it_one_turn_with_the_due_timers) {
    later(0, [&] { say("due"); });
    later(RONDO_S(1), [&] { say("not due"); });
    soon([&] {
        say("ready");
        soon([&] { say("next run"); });
    });
    stop();
    EXPECT_EQ(run_forever(), RONDO_OK);
    EXPECT_EQ(trace(), "1: ready due");
    EXPECT_EQ(turn(), 1u);
}

TEST_F(Turn, L8_a_stop_is_used_up_by_its_run) {
    stop();
    run_forever();
    soon([&] { later(RONDO_S(1), [&] { stop(); }); });
    run_forever();
    EXPECT_EQ(time(), RONDO_S(1));
}

TEST_F(Turn, the_virtual_clock_stands_still_while_anyone_can_run) {
    keep_busy(1000);
    later(RONDO_MS(1), [&] { say("timer"); });
    run();
    EXPECT_EQ(trace(), "1001: timer");
    EXPECT_EQ(time(), RONDO_MS(1));
}

TEST_F(Turn, the_virtual_clock_starts_at_zero_and_jumps_exactly) {
    EXPECT_EQ(time(), 0);
    for (int64_t when : {int64_t{1}, RONDO_US(3), RONDO_S(86400) * 400}) {
        at(when, [this, when] { EXPECT_EQ(time(), when); });
    }
    run();
    EXPECT_EQ(time(), RONDO_S(86400) * 400);
    EXPECT_EQ(stats().sleeps, 0u);
}

TEST_F(Turn, L24_everything_is_an_entry_of_the_one_queue) {
    Pipe pipe;
    pipe.fill();
    soon([] {});
    later(0, [] {});
    from_outside([] {});
    add_reader(pipe.reading, [&] { remove_reader(pipe.reading); });
    one_turn();
    EXPECT_EQ(stats().entries, 4u);
}

TEST(Polling, happens_in_the_turn_after_a_descriptor_was_added) {
    World w(polling_every(1000));
    Pipe pipe;
    pipe.fill();
    w.soon([&] {
        w.add_reader(pipe.reading, [&] {
            w.say("readable");
            w.remove_reader(pipe.reading);
        });
        w.soon([&] { w.say("ready"); });
    });
    w.run();
    EXPECT_EQ(w.trace(), "2: ready readable");
}

class PollInterval : public testing::TestWithParam<std::tuple<uint32_t, int>> {};

TEST_P(PollInterval, an_event_waits_for_so_many_entries_and_the_rest_of_the_turn) {
    uint32_t interval = std::get<0>(GetParam());
    int crowd = std::get<1>(GetParam()); // clang 14 captures no structured bindings
    World w(polling_every(interval));
    Pipe pipe;
    uint64_t filled_at = 0, seen_at = 0, longest = 0;
    int seen = 0;
    w.add_reader(pipe.reading, [&] {
        seen_at = w.stats().entries;
        longest = std::max(longest, seen_at - filled_at);
        pipe.drain();
        ++seen;
    });
    std::function<void(int)> busy = [&](int left) {
        if (seen_at >= filled_at) {
            filled_at = w.stats().entries;
            pipe.fill();
        }
        for (int i = 1; i < crowd; ++i) w.soon([] {});
        if (left > 0) w.soon([&busy, left] { busy(left - 1); });
    };
    w.soon([&] { busy(1000); });
    for (int i = 0; i < 1000; ++i) w.one_turn();
    EXPECT_GT(seen, 5);
    auto bound = interval + 2 * static_cast<uint64_t>(crowd) + 1; // the turn it ends in, and the event's own turn
    EXPECT_LE(longest, bound);
    EXPECT_LE(w.stats().polls, w.stats().entries / interval + 2);
}

INSTANTIATE_TEST_SUITE_P(All, PollInterval,
                         testing::Combine(testing::Values(1, 7, 61), testing::Values(1, 5, 100)));

TEST(Polling, the_default_interval_is_61_entries) {
    World w;
    Pipe pipe;
    w.add_reader(pipe.reading, [] {});
    std::function<void(int)> chain = [&](int left) {
        if (left > 0) w.soon([&chain, left] { chain(left - 1); });
    };
    w.soon([&] { chain(610); });
    w.run();
    EXPECT_GE(w.stats().polls, 10u);
    EXPECT_LE(w.stats().polls, 12u);
}

TEST(Polling, ready_work_without_descriptors_makes_no_system_call) {
    World w(polling_every(1));
    for (int i = 0; i < 100; ++i) w.soon([] {});
    w.run();
    EXPECT_EQ(w.stats().polls, 0u);
    EXPECT_EQ(w.stats().open, 0u);
}
