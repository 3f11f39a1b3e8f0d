// Every interleaving of the sleep and wake protocol of src/loop/driver.cpp and src/loop/loop.cpp, as a model:
//
//     sleeper   asleep = true · look at the inbox · wait · asleep = false · take the inbox         (Loop::sleep_until)
//     waker     push · read asleep · ringing++ · asleep.exchange(false) · ring · ringing--         (Loop::post, wake)
//     closing   close the inbox · asleep = false · until ringing is 0 · the bell is gone           (Driver::close)
//
// One sleeper, two wakers that post once each. Each step is one atomic operation of the code, all of them seq_cst, so
// that an interleaving of steps is all that can happen. A lost wake-up is a state in which nobody can move while the
// sleeper waits and something lies in the inbox. The same search must find the flaw in protocols broken on purpose.
#include "explore.h"

#include <gtest/gtest.h>

#include <array>
#include <compare>
#include <utility>

namespace {

enum Flaw {
    none,
    looks_before_it_says_asleep,
    does_not_look_again,
    waker_reads_before_it_pushes,
    waker_rings_without_exchange,
    closes_without_waiting_for_ringers,
    waker_takes_part_before_it_counts_itself,
};

enum class At { push, read, count_in, exchange, ring, count_out, end, refused };
enum class Sleeper { says_asleep, looks, waits, says_awake, takes, closes_inbox, closes_awake, waits_for_ringers, gone };

struct World {
    int inbox = 0;
    bool inbox_open = true;
    bool asleep = false;
    int tokens = 0;
    int ringing = 0;
    bool bell = true;
    int taken = 0;
    int naps_left = 2; // waits that may end for no reason
    Sleeper sleeper = Sleeper::says_asleep;
    bool saw_work = false;
    std::array<At, 2> waker{At::push, At::push};
    std::array<bool, 2> saw_asleep{};
    std::array<bool, 2> won{};
    auto operator<=>(const World &) const = default;
};

class Explorer {
public:
    Explorer(Flaw flaw, bool closing) : flaw_(flaw), closing_(closing) {}

    void explore() {
        auto moves = [this](const World &w, auto next) {
            step_sleeper(w, next);
            for (std::size_t i : {0u, 1u}) step_waker(w, i, next);
        };
        states = explore::all(start(), moves, [this](const World &w, bool) { look(w); });
    }

    std::size_t states = 0;
    int lost_wake_ups = 0;
    int rings_of_a_bell_that_is_gone = 0;
    int too_many_tokens = 0;
    int ends = 0;
    int posts_lost = 0;

private:
    World start() const {
        World w;
        if (flaw_ == looks_before_it_says_asleep) w.sleeper = Sleeper::looks;
        if (flaw_ == waker_reads_before_it_pushes) w.waker[0] = w.waker[1] = At::read;
        return w;
    }

    void look(const World &w) {
        if (w.tokens > 2) ++too_many_tokens;
        bool all_posted = w.waker[0] >= At::end && w.waker[1] >= At::end;
        bool waits = w.sleeper == Sleeper::waits && w.tokens == 0;
        if (waits && all_posted && w.inbox > 0) ++lost_wake_ups;
        if (w.sleeper == Sleeper::gone && all_posted) {
            ++ends;
            int refused = (w.waker[0] == At::refused) + (w.waker[1] == At::refused);
            if (w.taken + refused != 2) ++posts_lost;
        }
    }

    template <class Next>
    void step_sleeper(const World &w, Next next) {
        auto go = [&](Sleeper to, auto change) {
            World n = w;
            n.sleeper = to;
            change(n);
            next(n);
        };
        auto nothing = [](World &) {};
        auto first = flaw_ == looks_before_it_says_asleep ? Sleeper::looks : Sleeper::says_asleep;
        switch (w.sleeper) {
        case Sleeper::says_asleep: {
            auto then = flaw_ == does_not_look_again ? Sleeper::waits : Sleeper::looks;
            if (flaw_ == looks_before_it_says_asleep) then = w.saw_work ? Sleeper::says_awake : Sleeper::waits;
            go(then, [](World &n) { n.asleep = true; });
            break;
        }
        case Sleeper::looks:
            if (flaw_ == looks_before_it_says_asleep) {
                go(Sleeper::says_asleep, [](World &n) { n.saw_work = n.inbox > 0; });
            } else {
                go(w.inbox > 0 ? Sleeper::says_awake : Sleeper::waits, nothing);
            }
            break;
        case Sleeper::waits:
            if (w.tokens > 0) go(Sleeper::says_awake, [](World &n) { --n.tokens; });
            if (w.naps_left > 0) go(Sleeper::says_awake, [](World &n) { --n.naps_left; });
            break;
        case Sleeper::says_awake:
            go(Sleeper::takes, [](World &n) { n.asleep = false; });
            break;
        case Sleeper::takes: {
            auto take = [](World &n) { n.taken += std::exchange(n.inbox, 0); };
            go(first, take);
            if (closing_) go(Sleeper::closes_inbox, take);
            break;
        }
        case Sleeper::closes_inbox:
            go(Sleeper::closes_awake, [](World &n) {
                n.taken += std::exchange(n.inbox, 0);
                n.inbox_open = false;
            });
            break;
        case Sleeper::closes_awake:
            go(Sleeper::waits_for_ringers, [](World &n) { n.asleep = false; });
            break;
        case Sleeper::waits_for_ringers:
            if (w.ringing > 0 && flaw_ != closes_without_waiting_for_ringers) break;
            go(Sleeper::gone, [](World &n) { n.bell = false; });
            break;
        case Sleeper::gone:
            break;
        }
    }

    template <class Next>
    void step_waker(const World &w, std::size_t i, Next next) {
        auto go = [&](At to, auto change) {
            World n = w;
            n.waker[i] = to;
            change(n);
            next(n);
        };
        auto nothing = [](World &) {};
        switch (w.waker[i]) {
        case At::push:
            if (!w.inbox_open) {
                go(At::refused, nothing);
            } else if (flaw_ == waker_reads_before_it_pushes) {
                go(w.saw_asleep[i] ? At::count_in : At::end, [](World &n) { ++n.inbox; });
            } else {
                go(At::read, [](World &n) { ++n.inbox; });
            }
            break;
        case At::read:
            if (flaw_ == waker_reads_before_it_pushes) {
                go(At::push, [i](World &n) { n.saw_asleep[i] = n.asleep; });
            } else if (flaw_ == waker_takes_part_before_it_counts_itself) {
                go(w.asleep ? At::exchange : At::end, nothing);
            } else {
                go(w.asleep ? At::count_in : At::end, nothing);
            }
            break;
        case At::count_in:
            go(flaw_ == waker_takes_part_before_it_counts_itself ? At::ring : At::exchange,
               [](World &n) { ++n.ringing; });
            break;
        case At::exchange:
            go(flaw_ == waker_takes_part_before_it_counts_itself ? At::count_in : At::ring, [this, i](World &n) {
                n.won[i] = flaw_ == waker_rings_without_exchange ? true : n.asleep;
                n.asleep = false;
            });
            break;
        case At::ring:
            if (w.won[i] && !w.bell) ++rings_of_a_bell_that_is_gone;
            go(At::count_out, [i](World &n) { n.tokens += n.won[i]; });
            break;
        case At::count_out:
            go(At::end, [](World &n) { --n.ringing; });
            break;
        case At::end:
        case At::refused:
            break;
        }
    }

    Flaw flaw_;
    bool closing_;
};

Explorer explored(Flaw flaw, bool closing) {
    Explorer explorer(flaw, closing);
    explorer.explore();
    return explorer;
}

} // namespace

TEST(WakeModel, no_wake_up_is_lost_in_any_interleaving) {
    Explorer found = explored(none, false);
    EXPECT_GT(found.states, 500u);
    EXPECT_EQ(found.lost_wake_ups, 0);
    EXPECT_EQ(found.too_many_tokens, 0);
}

TEST(WakeModel, closing_never_takes_the_bell_from_under_a_ringer_and_loses_no_post) {
    Explorer found = explored(none, true);
    EXPECT_GT(found.ends, 0);
    EXPECT_EQ(found.lost_wake_ups, 0);
    EXPECT_EQ(found.rings_of_a_bell_that_is_gone, 0);
    EXPECT_EQ(found.posts_lost, 0);
}

TEST(WakeModel, the_search_finds_a_sleeper_that_looks_too_early) {
    EXPECT_GT(explored(looks_before_it_says_asleep, false).lost_wake_ups, 0);
}

TEST(WakeModel, the_search_finds_a_sleeper_that_does_not_look_again) {
    EXPECT_GT(explored(does_not_look_again, false).lost_wake_ups, 0);
}

TEST(WakeModel, the_search_finds_a_waker_that_reads_too_early) {
    EXPECT_GT(explored(waker_reads_before_it_pushes, false).lost_wake_ups, 0);
}

TEST(WakeModel, the_search_finds_a_close_that_does_not_wait) {
    EXPECT_GT(explored(closes_without_waiting_for_ringers, true).rings_of_a_bell_that_is_gone, 0);
}

TEST(WakeModel, the_search_finds_a_ringer_that_counts_itself_too_late) {
    EXPECT_GT(explored(waker_takes_part_before_it_counts_itself, true).rings_of_a_bell_that_is_gone, 0);
}

TEST(WakeModel, the_search_finds_a_ring_that_came_after_somebody_elses) {
    EXPECT_GT(explored(waker_rings_without_exchange, true).rings_of_a_bell_that_is_gone +
                  explored(waker_rings_without_exchange, false).too_many_tokens,
              0);
}
