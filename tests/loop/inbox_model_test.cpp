// Every interleaving of src/loop/inbox.cpp and of who sleeps on it, as a model:
//
//     call      [room behind the last one: add it] · else make posts · [end what is open · append them] · read asleep
//     node      [end what is open · append it] · read asleep
//     loop      asleep = true · read first · wait · [end what is open · take all]
//     closing   [end what is open · take all · closed]
//
// What stands in brackets holds the lock: one step. One thread posts a call, a node and a call, the other two calls; posts
// have room for two. Everything arrives once, each thread's in order, and nobody sleeps over what somebody has posted and is
// done with, wherever the others are. The same search must find the flaw in protocols broken on purpose.
#include "explore.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <vector>

namespace {

enum Flaw {
    none,
    a_node_leaves_posts_open,
    new_posts_leave_others_open,
    a_take_leaves_posts_open,
    a_close_leaves_posts_open,
    only_the_first_reads_asleep,
};

enum class At { push, make, append, read_asleep, end };
enum class LoopAt { says_asleep, looks, waits, takes, gone };

struct Group {
    std::vector<int> items;
    std::size_t count = 0; // how many the loop will see
    auto operator<=>(const Group &) const = default;
};

struct Thread {
    At at = At::push;
    int done = 0;
    bool was_first = false;
    auto operator<=>(const Thread &) const = default;
};

constexpr std::size_t room = 2;
constexpr int nothing = -1; // is open
constexpr int taken_one = -2;
constexpr std::array<const char *, 2> scripts{"cnc", "cc"};

struct World {
    std::vector<Group> groups;
    int open = nothing; // which of them calls are added to
    bool closed = false;
    bool asleep = false;
    bool rung = false;
    std::array<Thread, 2> threads;
    LoopAt loop = LoopAt::says_asleep;
    std::vector<int> taken;
    int refused = 0;
    auto operator<=>(const World &) const = default;
};

class Explorer {
public:
    Explorer(Flaw flaw, bool closing) : flaw_(flaw), closing_(closing) {
        auto moves = [this](const World &w, auto next) {
            for (int i : {0, 1}) step_thread(w, i, next);
            step_loop(w, next);
        };
        states = explore::all(World{}, moves, [this](const World &w, bool) { look(w); });
    }

    std::size_t states = 0;
    int ends = 0;
    int lost = 0;
    int out_of_order = 0;
    int slept_over = 0;

private:
    void look(const World &w) {
        for (int thread : {0, 1}) {
            std::vector<int> of_thread;
            for (int item : w.taken) {
                if (item / 10 == thread) of_thread.push_back(item);
            }
            if (!std::is_sorted(of_thread.begin(), of_thread.end())) ++out_of_order;
        }
        if (w.loop == LoopAt::waits && !w.rung) {
            for (const Group &group : w.groups) {
                for (int item : group.items) slept_over += item % 10 < w.threads[static_cast<std::size_t>(item / 10)].done;
            }
        }
        if (w.threads[0].at != At::end || w.threads[1].at != At::end) return;
        if (!w.groups.empty()) return;
        ++ends;
        if (w.taken.size() + static_cast<std::size_t>(w.refused) != 5) ++lost;
    }

    static void end_posts(World &w) {
        if (w.open >= 0) {
            Group &group = w.groups[static_cast<std::size_t>(w.open)];
            group.count = group.items.size();
        }
        w.open = nothing;
    }

    static void take(World &w, bool leaves_open) {
        int open = w.open;
        end_posts(w);
        for (const Group &group : w.groups)
            w.taken.insert(w.taken.end(), group.items.begin(), group.items.begin() + static_cast<std::ptrdiff_t>(group.count));
        w.groups.clear();
        if (leaves_open && open >= 0) w.open = taken_one;
    }

    static void go_on(Thread &thread, const char *script) {
        ++thread.done;
        thread.at = script[thread.done] ? At::push : At::end;
    }

    void append(World &w, Thread &thread, int item, bool is_node) {
        if (w.closed) {
            ++w.refused;
            go_on(thread, scripts[static_cast<std::size_t>(item / 10)]);
            return;
        }
        thread.was_first = w.groups.empty();
        thread.at = At::read_asleep;
        if (flaw_ != (is_node ? a_node_leaves_posts_open : new_posts_leave_others_open)) end_posts(w);
        w.groups.push_back(Group{{item}, is_node ? std::size_t{1} : 0});
        if (!is_node) w.open = static_cast<int>(w.groups.size()) - 1;
    }

    // False: there is no room.
    static bool add(World &w, Thread &thread, int item) {
        if (w.open >= 0) {
            Group &group = w.groups[static_cast<std::size_t>(w.open)];
            if (group.items.size() == room) return false;
            group.items.push_back(item);
        } else if (w.open == nothing) {
            return false;
        }
        thread.was_first = false;
        thread.at = At::read_asleep;
        return true;
    }

    template <class Next>
    void step_thread(const World &w, int i, Next next) {
        World n = w;
        Thread &thread = n.threads[static_cast<std::size_t>(i)];
        const char *script = scripts[static_cast<std::size_t>(i)];
        int item = i * 10 + thread.done;
        switch (thread.at) {
        case At::push:
            if (script[thread.done] == 'n') {
                append(n, thread, item, true);
            } else if (!add(n, thread, item)) {
                thread.at = At::make;
            }
            break;
        case At::make:
            thread.at = At::append;
            break;
        case At::append:
            append(n, thread, item, false);
            break;
        case At::read_asleep:
            if (n.asleep && (flaw_ != only_the_first_reads_asleep || thread.was_first)) {
                n.asleep = false;
                n.rung = true;
            }
            go_on(thread, script);
            break;
        case At::end:
            return;
        }
        next(n);
    }

    template <class Next>
    void step_loop(const World &w, Next next) {
        World n = w;
        switch (w.loop) {
        case LoopAt::says_asleep:
            n.asleep = true;
            n.loop = LoopAt::looks;
            break;
        case LoopAt::looks:
            n.loop = n.groups.empty() ? LoopAt::waits : LoopAt::takes;
            break;
        case LoopAt::waits:
            if (!n.rung) return;
            n.loop = LoopAt::takes;
            break;
        case LoopAt::takes:
            n.asleep = n.rung = false;
            if (closing_) {
                World closing = n;
                take(closing, flaw_ == a_close_leaves_posts_open);
                closing.closed = true;
                closing.loop = LoopAt::gone;
                next(closing);
            }
            take(n, flaw_ == a_take_leaves_posts_open);
            n.loop = LoopAt::says_asleep;
            break;
        case LoopAt::gone:
            return;
        }
        next(n);
    }

    Flaw flaw_;
    bool closing_;
};

} // namespace

TEST(InboxModel, everything_arrives_once_and_in_order_and_wakes_the_loop) {
    Explorer found(none, false);
    EXPECT_GT(found.states, 500u);
    EXPECT_GT(found.ends, 0);
    EXPECT_EQ(found.lost, 0);
    EXPECT_EQ(found.out_of_order, 0);
    EXPECT_EQ(found.slept_over, 0);
}

TEST(InboxModel, what_a_close_does_not_take_it_refuses) {
    Explorer found(none, true);
    EXPECT_GT(found.ends, 0);
    EXPECT_EQ(found.lost, 0);
    EXPECT_EQ(found.out_of_order, 0);
}

TEST(InboxModel, the_search_finds_a_node_that_leaves_posts_open) {
    EXPECT_GT(Explorer(a_node_leaves_posts_open, false).out_of_order, 0);
}

TEST(InboxModel, the_search_finds_new_posts_that_leave_others_open) {
    EXPECT_GT(Explorer(new_posts_leave_others_open, false).lost, 0);
}

TEST(InboxModel, the_search_finds_a_take_that_leaves_posts_open) {
    EXPECT_GT(Explorer(a_take_leaves_posts_open, false).lost, 0);
}

TEST(InboxModel, the_search_finds_a_close_that_leaves_posts_open) {
    EXPECT_GT(Explorer(a_close_leaves_posts_open, true).lost, 0);
}

TEST(InboxModel, the_search_finds_that_others_than_the_first_must_wake_too) {
    EXPECT_GT(Explorer(only_the_first_reads_asleep, false).slept_over, 0);
}
