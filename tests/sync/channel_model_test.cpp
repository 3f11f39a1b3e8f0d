// Every interleaving of a channel's senders and receivers (src/sync/channel.cpp). What happens under its mutex is one
// step:
//
//     send      put the item · call up the first receiver in line whose loop is open
//     receiver  take an item or stand in line · be called · take an item or stand in line again
//     give up   leave the line; if called up while an item is there, call up the next
//
// Receivers are a task that may be cancelled, one whose loop may close, and a blocked thread that may lose patience. A
// lost hand-over is a state in which nobody can move while an item lies there and somebody waits.
#include "explore.h"

#include <gtest/gtest.h>

#include <array>
#include <compare>

namespace {

enum Flaw {
    none,
    keeps_the_call_when_it_gives_up,
    calls_only_into_an_empty_channel,
    stops_at_a_closed_loop,
    called_stays_in_line,
    unparks_before_it_marks
};

enum Kind { task, task_of_a_closing_loop, thread };
constexpr std::array<Kind, 3> kinds{task, task_of_a_closing_loop, thread};

enum class At : char { tries, waits, resumes, parks, has_item, gave_up };

struct Receiver {
    At at = At::tries;
    bool called = false;
    int posted = 0; // of a task: in its loop's inbox; of a thread: tokens of its parker
    auto operator<=>(const Receiver &) const = default;
};

struct World {
    int items = 0;
    int to_send = 2;
    int taken = 0;
    bool loop_open = true;
    std::array<int, 3> line{-1, -1, -1}; // who waits, the longest first
    std::array<Receiver, 3> receivers;
    int to_mark = -1; // the broken sender: unparked, not yet marked as called
    auto operator<=>(const World &) const = default;

    void push(int who) {
        for (int &place : line) {
            if (place >= 0) continue;
            place = who;
            return;
        }
    }
    bool remove(int who) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            if (line[i] != who) continue;
            for (; i + 1 < line.size(); ++i) line[i] = line[i + 1];
            line.back() = -1;
            return true;
        }
        return false;
    }
};

bool call_up(Flaw flaw, World &w, int who) {
    Receiver &receiver = w.receivers[static_cast<std::size_t>(who)];
    if (kinds[static_cast<std::size_t>(who)] == task_of_a_closing_loop && !w.loop_open) return false;
    ++receiver.posted;
    if (flaw == unparks_before_it_marks && kinds[static_cast<std::size_t>(who)] == thread) {
        w.to_mark = who;
    } else {
        receiver.called = true;
    }
    return true;
}

void call_first(Flaw flaw, World &w) {
    while (w.line[0] >= 0) {
        int who = w.line[0];
        if (flaw != called_stays_in_line) w.remove(who);
        if (call_up(flaw, w, who) || flaw == stops_at_a_closed_loop || flaw == called_stays_in_line) return;
    }
}

void give_up(Flaw flaw, World &w, int who) {
    Receiver &receiver = w.receivers[static_cast<std::size_t>(who)];
    receiver.at = At::gave_up;
    if (w.remove(who) || !receiver.called || flaw == keeps_the_call_when_it_gives_up) return;
    if (w.items > 0) call_first(flaw, w);
}

template <class Next>
void move_sender(Flaw flaw, const World &w, Next next) {
    World n = w;
    if (w.to_mark >= 0) {
        n.receivers[static_cast<std::size_t>(w.to_mark)].called = true;
        n.to_mark = -1;
        return next(n);
    }
    if (w.to_send == 0) return;
    --n.to_send;
    ++n.items;
    if (flaw != calls_only_into_an_empty_channel || n.items == 1) call_first(flaw, n);
    next(n);
}

template <class Next>
void move_receiver(Flaw flaw, const World &w, int who, Next next) {
    auto i = static_cast<std::size_t>(who);
    const Receiver &receiver = w.receivers[i];
    bool closed = kinds[i] == task_of_a_closing_loop && !w.loop_open;
    World n = w;
    Receiver &self = n.receivers[i];
    switch (receiver.at) {
    case At::tries:
        if (w.items > 0) {
            --n.items;
            ++n.taken;
            self.at = At::has_item;
        } else {
            self.called = false;
            self.at = At::waits;
            n.push(who);
        }
        return next(n);
    case At::waits:
        if (kinds[i] == thread) { // was_called, before it parks
            self.at = receiver.called ? At::tries : At::parks;
            next(n);
        } else if (receiver.posted > 0 && !closed) { // the node runs: its future is done
            --self.posted;
            self.at = At::resumes;
            next(n);
        }
        break;
    case At::resumes:
        self.at = At::tries;
        next(n);
        break;
    case At::parks:
        if (receiver.posted == 0) break;
        --self.posted;
        self.at = At::waits;
        next(n);
        break;
    case At::has_item:
    case At::gave_up:
        return;
    }
    // Or it gives up: a task at any time, one with its loop, a thread when it looks and its time is over.
    n = w;
    if (kinds[i] == thread && receiver.at == At::parks) return;
    if (kinds[i] == task_of_a_closing_loop && w.loop_open) return;
    give_up(flaw, n, who);
    next(n);
}

template <class Next>
void close_loop(const World &w, Next next) {
    if (!w.loop_open) return;
    World n = w;
    n.loop_open = false;
    next(n);
}

struct Found {
    std::size_t worlds = 0;
    int lost = 0;
    int taken_twice = 0;
    int node_posted_twice = 0;
};

Found explored(Flaw flaw) {
    Found found;
    auto moves = [flaw](const World &w, auto next) {
        move_sender(flaw, w, next);
        for (int who : {0, 1, 2}) move_receiver(flaw, w, who, next);
        close_loop(w, next);
    };
    found.worlds = explore::all(World(), moves, [&found](const World &w, bool stuck) {
        bool waits = false;
        for (const Receiver &receiver : w.receivers) waits |= receiver.at < At::has_item;
        found.lost += stuck && w.items > 0 && waits;
        found.taken_twice += w.taken + w.items + w.to_send != 2;
        for (std::size_t i : {task, task_of_a_closing_loop}) found.node_posted_twice += w.receivers[i].posted > 1;
    });
    return found;
}

} // namespace

TEST(ChannelModel, each_item_finds_a_receiver_that_waits_in_any_interleaving) {
    Found found = explored(none);
    EXPECT_GT(found.worlds, 500u);
    EXPECT_EQ(found.lost, 0);
    EXPECT_EQ(found.taken_twice, 0);
    EXPECT_EQ(found.node_posted_twice, 0);
}

TEST(ChannelModel, the_search_finds_one_who_gives_up_and_keeps_the_call) {
    EXPECT_GT(explored(keeps_the_call_when_it_gives_up).lost, 0);
}

TEST(ChannelModel, the_search_finds_a_second_item_nobody_is_told_of) {
    EXPECT_GT(explored(calls_only_into_an_empty_channel).lost, 0);
}

TEST(ChannelModel, the_search_finds_a_call_to_a_closed_loop) { EXPECT_GT(explored(stops_at_a_closed_loop).lost, 0); }

TEST(ChannelModel, the_search_finds_one_who_is_called_twice) {
    EXPECT_GT(explored(called_stays_in_line).node_posted_twice, 0);
}

TEST(ChannelModel, the_search_finds_a_thread_that_is_unparked_too_early) {
    EXPECT_GT(explored(unparks_before_it_marks).lost, 0);
}
