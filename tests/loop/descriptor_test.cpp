// Readers and writers: level-triggered entries of the queue, replaced and removed at any moment.
#include "pipe.h"
#include "world.h"

#include <cstdio>
#include <fcntl.h>
#include <memory>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

using namespace rondo::test;

namespace {

enum class Libuv { closed, open_before, open_after }; // the first descriptor is watched

class Descriptor : public testing::TestWithParam<Libuv>, public World {
protected:
    void SetUp() override {
        if (GetParam() == Libuv::open_before) open_libuv();
        if (GetParam() != Libuv::open_after) return;
        Pipe first;
        add_reader(first.reading, [] {});
        open_libuv();
        remove_reader(first.reading);
    }
    void turns(int count) {
        count_turns_from_here();
        for (int i = 0; i < count; ++i) one_turn();
    }
    Pipe pipe;
};

struct SocketPair {
    SocketPair() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0); }
    ~SocketPair() {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    int ends[2] = {-1, -1};
};

} // namespace

INSTANTIATE_TEST_SUITE_P(With, Descriptor, testing::Values(Libuv::closed, Libuv::open_before, Libuv::open_after));

TEST_P(Descriptor, L5_a_reader_is_called_in_every_turn_in_which_there_is_something_to_read) {
    add_reader(pipe.reading, [&] {
        say("readable");
        if (turn() == 4) pipe.drain();
    });
    one_turn();
    pipe.fill();
    turns(6);
    EXPECT_EQ(trace(), "1: readable | 2: readable | 3: readable | 4: readable");
}

TEST_P(Descriptor, L5_a_later_reader_replaces_the_earlier_one) {
    bool dropped = false;
    std::shared_ptr<void> data(nullptr, [&](void *) { dropped = true; });
    pipe.fill();
    add_reader(pipe.reading, [&, data] { say("old"); });
    data.reset();
    add_reader(pipe.reading, [&] { say("new"); });
    EXPECT_TRUE(dropped);
    turns(1);
    EXPECT_EQ(trace(), "1: new");
}

TEST_P(Descriptor, L5_a_reader_replaced_between_the_event_and_its_entry_does_not_run) {
    pipe.fill();
    add_reader(pipe.reading, [&] { say("old"); });
    soon([&] { add_reader(pipe.reading, [&] { say("new"); }); });
    turns(2);
    EXPECT_EQ(trace(), "2: new");
}

TEST_P(Descriptor, L5_a_reader_removed_between_the_event_and_its_entry_does_not_run) {
    pipe.fill();
    add_reader(pipe.reading, [&] { say("reader"); });
    soon([&] { EXPECT_EQ(remove_reader(pipe.reading), 1); });
    turns(3);
    EXPECT_EQ(trace(), "");
}

TEST_P(Descriptor, L5_removing_tells_whether_there_was_one) {
    EXPECT_EQ(remove_reader(pipe.reading), 0);
    add_reader(pipe.reading, [] {});
    EXPECT_EQ(remove_writer(pipe.reading), 0);
    EXPECT_EQ(remove_reader(pipe.reading), 1);
    EXPECT_EQ(remove_reader(pipe.reading), 0);
}

TEST_P(Descriptor, a_reader_may_remove_itself) {
    std::shared_ptr<int> data = std::make_shared<int>(7);
    pipe.fill();
    add_reader(pipe.reading, [&, data] {
        EXPECT_EQ(remove_reader(pipe.reading), 1);
        EXPECT_EQ(*data, 7);
        say("once");
    });
    turns(3);
    EXPECT_EQ(trace(), "1: once");
    EXPECT_EQ(data.use_count(), 1);
}

TEST_P(Descriptor, a_reader_may_replace_itself) {
    std::shared_ptr<int> data = std::make_shared<int>(7);
    pipe.fill();
    add_reader(pipe.reading, [&, data] {
        add_reader(pipe.reading, [&] { say("second"); });
        EXPECT_EQ(*data, 7);
        say("first");
    });
    turns(2);
    EXPECT_EQ(trace(), "1: first | 2: second");
    EXPECT_EQ(data.use_count(), 1);
}

TEST_P(Descriptor, a_reader_may_remove_and_add_itself_again) {
    pipe.fill();
    std::function<void()> reader = [&] {
        say("reader");
        remove_reader(pipe.reading);
        add_reader(pipe.reading, [&] { reader(); });
    };
    add_reader(pipe.reading, [&] { reader(); });
    turns(3);
    EXPECT_EQ(trace(), "1: reader | 2: reader | 3: reader");
}

TEST_P(Descriptor, removed_and_added_in_one_turn_it_is_the_new_one_that_runs) {
    pipe.fill();
    add_reader(pipe.reading, [&] { say("old"); });
    soon([&] {
        remove_reader(pipe.reading);
        add_reader(pipe.reading, [&] { say("new"); });
    });
    turns(2);
    EXPECT_EQ(trace(), "2: new");
}

TEST_P(Descriptor, a_reader_and_a_writer_share_one_descriptor) {
    SocketPair pair;
    add_writer(pair.ends[0], [&] { say("writable"); });
    add_reader(pair.ends[0], [&] { say("readable"); });
    turns(1);
    EXPECT_EQ(trace(), "1: writable");
    forget();
    ASSERT_EQ(write(pair.ends[1], "x", 1), 1);
    turns(1);
    EXPECT_EQ(trace(), "1: readable writable");
    forget();
    EXPECT_EQ(remove_writer(pair.ends[0]), 1);
    turns(1);
    EXPECT_EQ(trace(), "1: readable");
    forget();
    EXPECT_EQ(remove_reader(pair.ends[0]), 1);
    turns(1);
    EXPECT_EQ(trace(), "");
}

TEST_P(Descriptor, the_reader_may_remove_the_writer_that_stands_behind_it) {
    SocketPair pair;
    ASSERT_EQ(write(pair.ends[1], "x", 1), 1);
    add_reader(pair.ends[0], [&] {
        say("readable");
        remove_writer(pair.ends[0]);
        remove_reader(pair.ends[0]);
    });
    add_writer(pair.ends[0], [&] { say("writable"); });
    turns(3);
    EXPECT_EQ(trace(), "1: readable");
}

TEST_P(Descriptor, the_end_of_the_stream_is_readable) {
    pipe.close_writing();
    add_reader(pipe.reading, [&] { say("end"); });
    turns(2);
    EXPECT_EQ(trace(), "1: end | 2: end");
}

TEST_P(Descriptor, L5_a_broken_descriptor_keeps_calling_until_it_is_removed) {
    pipe.close_reading();
    add_writer(pipe.writing, [&] {
        say("broken");
        if (turn() == 3) remove_writer(pipe.writing);
    });
    turns(5);
    EXPECT_EQ(trace(), "1: broken | 2: broken | 3: broken");
}

TEST_P(Descriptor, an_error_in_a_reader_is_reported_and_the_reader_stays) {
    pipe.fill();
    add_reader(pipe.reading, [](rondo_call &call) { call.status = RONDO_EFAILED; });
    turns(2);
    EXPECT_EQ(heard.size(), 2u);
}

TEST_P(Descriptor, a_fatal_error_in_a_reader_leaves_the_loop) {
    pipe.fill();
    add_reader(pipe.reading, [](rondo_call &call) { call.status = RONDO_EINTERRUPT; });
    EXPECT_EQ(run_forever(), RONDO_EINTERRUPT);
}

TEST_P(Descriptor, what_cannot_be_watched_is_refused) {
    EXPECT_EQ(add_reader(-1, [] {}), UV_EBADF);
    EXPECT_EQ(add_reader(99999, [] {}), UV_EBADF);
    std::FILE *file = std::tmpfile();
    ASSERT_NE(file, nullptr);
    EXPECT_EQ(add_reader(fileno(file), [] {}), UV_EPERM);
    EXPECT_EQ(remove_reader(fileno(file)), 0);
    std::fclose(file);
}

TEST_P(Descriptor, a_refused_descriptor_leaves_the_others_alone) {
    pipe.fill();
    add_reader(pipe.reading, [&] { say("readable"); });
    EXPECT_EQ(add_reader(99999, [] {}), UV_EBADF);
    turns(1);
    EXPECT_EQ(trace(), "1: readable");
}

TEST_P(Descriptor, a_reader_alone_keeps_a_run_waiting_and_can_stop_it) {
    World w(loop_options(real_clock));
    if (GetParam() == Libuv::open_before) w.open_libuv();
    w.add_reader(pipe.reading, [&] { w.stop(); });
    if (GetParam() == Libuv::open_after) w.open_libuv();
    w.later(RONDO_MS(1), [&] { pipe.fill(); });
    EXPECT_EQ(w.run_forever(), RONDO_OK);
    EXPECT_GE(w.stats().sleeps, 1u);
}

TEST_P(Descriptor, closing_the_loop_drops_readers_and_leaves_the_descriptor_open) {
    int dropped = 0;
    auto data = [&] { return std::shared_ptr<void>(nullptr, [&](void *) { ++dropped; }); };
    SocketPair pair;
    add_reader(pair.ends[0], [data = data()] {});
    add_writer(pair.ends[0], [data = data()] {});
    add_reader(pipe.reading, [data = data()] {});
    one_turn();
    EXPECT_EQ(close(), RONDO_OK);
    EXPECT_EQ(dropped, 3);
    EXPECT_EQ(write(pair.ends[0], "x", 1), 1);
}

TEST_P(Descriptor, closing_the_loop_drops_a_reader_whose_entry_is_ready) {
    pipe.fill();
    soon([](rondo_call &call) { call.status = RONDO_EINTERRUPT; });
    add_reader(pipe.reading, [&] { say("reader"); });
    EXPECT_EQ(one_turn(), RONDO_EINTERRUPT);
    EXPECT_EQ(stats().ready, 1u);
    EXPECT_EQ(close(), RONDO_OK);
    EXPECT_EQ(trace(), "");
}

TEST_P(Descriptor, removing_after_the_close_finds_none) {
    add_reader(pipe.reading, [] {});
    close();
    EXPECT_EQ(remove_reader(pipe.reading), 0);
}

TEST_P(Descriptor, one_closed_and_opened_again_under_its_number_is_watched_anew) {
    auto first = std::make_unique<Pipe>();
    int number = first->reading;
    add_reader(number, [&] { say("old"); });
    turns(1);
    first.reset();
    Pipe second;
    ASSERT_EQ(second.reading, number);
    second.fill();
    EXPECT_EQ(add_reader(number, [&] { say("new"); }), RONDO_OK);
    turns(1);
    EXPECT_EQ(trace(), "1: new");
    EXPECT_EQ(remove_reader(number), 1);
    turns(1);
    EXPECT_EQ(trace(), "1: new");
}

#if defined(__linux__)
// epoll goes on telling of it, and nobody can take it out.
TEST_P(Descriptor, one_closed_while_there_is_a_copy_of_it_calls_nobody_once_removed) {
    auto removed = std::make_unique<Pipe>();
    int copy = dup(removed->reading);
    removed->fill();
    pipe.fill();
    add_reader(removed->reading, [&] { say("removed"); });
    add_reader(pipe.reading, [&] { say("other"); });
    int number = removed->reading;
    removed->close_reading();
    EXPECT_EQ(remove_reader(number), 1);
    turns(2);
    EXPECT_EQ(trace(), "1: other | 2: other");
    ::close(copy);
}
#endif

TEST_P(Descriptor, one_that_cannot_be_watched_any_more_keeps_its_earlier_reader) {
    std::shared_ptr<int> data = std::make_shared<int>(0);
    Pipe closed;
    add_reader(closed.reading, [data] {});
    int number = closed.reading;
    closed.close_reading();
    if (add_reader(number, [] {}) == RONDO_OK) GTEST_SKIP() << "not seen before the system looks";
    EXPECT_EQ(data.use_count(), 2);
    EXPECT_EQ(remove_reader(number), 1);
    EXPECT_EQ(data.use_count(), 1);
}

TEST_P(Descriptor, what_a_drop_takes_out_while_the_loop_closes_is_gone_already) {
    SocketPair pair;
    int found = 0;
    int drops = 0;
    std::shared_ptr<void> data(nullptr, [&](void *) {
        ++drops;
        for (int fd : {pipe.reading, pair.ends[1]}) found += remove_reader(fd);
    });
    add_reader(pipe.reading, [] {});
    add_reader(pair.ends[0], [data] {});
    add_reader(pair.ends[1], [] {});
    data.reset();
    EXPECT_EQ(close(), RONDO_OK);
    EXPECT_EQ(drops, 1);
    EXPECT_EQ(found, 0);
}

TEST_P(Descriptor, many_watched_at_once_come_in_one_turn) {
    std::vector<std::unique_ptr<Pipe>> pipes;
    int called = 0;
    for (int i = 0; i < 200; ++i) {
        pipes.push_back(std::make_unique<Pipe>());
        pipes.back()->fill();
        add_reader(pipes.back()->reading, [&] { ++called; });
    }
    turns(1);
    EXPECT_EQ(called, 200);
    for (auto &one : pipes) remove_reader(one->reading);
    turns(2);
    EXPECT_EQ(called, 200);
}
