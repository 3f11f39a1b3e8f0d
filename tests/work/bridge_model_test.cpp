// Every interleaving of a bridge between two loops (src/work/bridge.cpp): the far loop runs the source, the home loop
// the end, and either may close at any time. Each callback on its way holds the bridge, and so does the end:
//
//     far    wait there · the source ends · fetch, send home · cancel there · close: give up what waits, then the inbox
//     home   arrive · cancel: the end at once, and a word to the far loop · close, or let the end go when it is done
//
// In the end the home loop's user knows, once; and the bridge is gone, with nobody touching it after.
#include "explore.h"

#include <gtest/gtest.h>

#include <compare>

namespace {

enum Flaw {
    none,
    closes_without_a_hook,
    gives_up_after_it_fetched,
    arrives_at_an_end_that_is_done,
    keeps_the_end_when_it_is_refused,
    a_cancel_holds_nothing
};

enum class Wait : char { posted, waits, fetches, over };
enum class Loop : char { open, closes_inbox, closed };

struct World {
    Wait wait = Wait::posted;
    bool cancel_posted = false; // in the far inbox
    bool source_done = false;
    Loop far = Loop::open;
    Loop home = Loop::open;
    bool fetched = false;
    int arrivals = 0; // in the home inbox
    int sent = 0;
    int answers = 0;  // how often the end was ended
    bool has_end = true; // the bridge's reference to it
    bool user_has_end = true;
    bool cancelled = false;
    int references = 2; // the end's and the first callback's
    bool touched_after_its_end = false;
    auto operator<=>(const World &) const = default;

    void touch() { touched_after_its_end |= references <= 0; }
    void release() {
        touch();
        --references;
    }
    // The end's last reference gives the bridge's back.
    void let_end_go() {
        touch();
        bool had = has_end;
        has_end = false;
        if (had && !user_has_end) release();
    }
    void user_lets_end_go() {
        user_has_end = false;
        if (!has_end) release();
    }
};

void send_home(Flaw flaw, World &w) {
    w.touch();
    w.fetched = true;
    ++w.sent;
    if (w.home != Loop::closed) {
        ++w.arrivals;
        ++w.references;
    } else if (flaw != keeps_the_end_when_it_is_refused) {
        w.let_end_go();
    }
}

void give_up(Flaw flaw, World &w) {
    if (!w.fetched || flaw == gives_up_after_it_fetched) send_home(flaw, w);
    w.release();
}

void source_ends(World &w) {
    w.source_done = true;
    if (w.wait == Wait::waits) w.wait = Wait::fetches;
}

template <class Next>
void move_far(Flaw flaw, const World &w, Next next) {
    if (w.far == Loop::closed) return;
    World n = w;
    if (w.far == Loop::closes_inbox) {
        n.far = Loop::closed;
        n.wait = Wait::over;
        if (w.wait == Wait::posted) give_up(flaw, n);
        if (w.cancel_posted && flaw != a_cancel_holds_nothing) n.release();
        n.cancel_posted = false;
        return next(n);
    }
    if (w.wait == Wait::posted) { // its reference goes to the watch
        n.wait = w.source_done ? Wait::fetches : Wait::waits;
        next(n);
    } else if (w.cancel_posted) { // it came later
        n.touch();
        n.cancel_posted = false;
        source_ends(n);
        if (flaw != a_cancel_holds_nothing) n.release();
        next(n);
    }
    n = w;
    if (w.wait == Wait::fetches) { // then its drop finds that it has
        n.wait = Wait::over;
        send_home(flaw, n);
        give_up(flaw, n);
        next(n);
    }
    n = w;
    if (!w.source_done) {
        source_ends(n);
        next(n);
    }
    n = w;
    n.far = Loop::closes_inbox;
    bool told = w.wait == Wait::fetches || (w.wait == Wait::waits && flaw != closes_without_a_hook);
    if (told) {
        n.wait = Wait::over;
        give_up(flaw, n);
    }
    next(n);
}

// What may happen at home beside the answer.
enum Home { waits, cancels, closes };

template <class Next>
void move_home(Flaw flaw, Home home, const World &w, Next next) {
    if (w.home == Loop::closed) return;
    World n = w;
    if (w.arrivals > 0) {
        --n.arrivals;
        n.touch();
        if (w.answers == 0 || flaw == arrives_at_an_end_that_is_done) ++n.answers;
        n.let_end_go();
        n.release();
        next(n);
    }
    n = w;
    if (home != waits && w.answers == 0 && w.user_has_end && !w.cancelled) {
        n.touch();
        n.cancelled = true;
        ++n.answers;
        n.cancel_posted = w.far != Loop::closed;
        if (n.cancel_posted && flaw != a_cancel_holds_nothing) ++n.references;
        next(n);
    }
    n = w;
    if (w.answers > 0 && w.user_has_end) {
        n.user_lets_end_go();
        next(n);
    }
    if (home != closes) return;
    n = w; // and its user goes
    n.home = Loop::closed;
    for (; n.arrivals > 0; --n.arrivals) {
        n.let_end_go();
        n.release();
    }
    if (n.user_has_end) n.user_lets_end_go();
    next(n);
}

struct Found {
    std::size_t worlds = 0;
    int never_told = 0;
    int told_twice = 0;
    int leaks = 0;
    int touched_after_its_end = 0;
};

Found explored(Flaw flaw, Home home = closes) {
    Found found;
    auto moves = [flaw, home](const World &w, auto next) {
        move_far(flaw, w, next);
        move_home(flaw, home, w, next);
    };
    found.worlds = explore::all(World(), moves, [&found](const World &w, bool stuck) {
        found.never_told += stuck && w.home == Loop::open && w.answers == 0;
        found.told_twice += w.answers > 1 || w.sent > 1;
        found.leaks += stuck && w.references > 0;
        found.touched_after_its_end += w.touched_after_its_end;
    });
    return found;
}

} // namespace

TEST(BridgeModel, the_end_is_told_once_and_nothing_is_left_in_any_interleaving) {
    for (Home home : {waits, cancels, closes}) {
        Found found = explored(none, home);
        EXPECT_GT(found.worlds, 20u);
        EXPECT_EQ(found.never_told, 0);
        EXPECT_EQ(found.told_twice, 0);
        EXPECT_EQ(found.leaks, 0);
        EXPECT_EQ(found.touched_after_its_end, 0);
    }
}

TEST(BridgeModel, the_search_finds_a_far_loop_that_closes_in_silence) {
    EXPECT_GT(explored(closes_without_a_hook, waits).never_told, 0);
    EXPECT_GT(explored(closes_without_a_hook).leaks, 0);
}

TEST(BridgeModel, the_search_finds_a_second_arrival) {
    EXPECT_GT(explored(gives_up_after_it_fetched).told_twice, 0);
}

TEST(BridgeModel, the_search_finds_an_answer_after_a_cancel) {
    EXPECT_GT(explored(arrives_at_an_end_that_is_done).told_twice, 0);
}

TEST(BridgeModel, the_search_finds_an_end_that_nobody_lets_go) {
    EXPECT_GT(explored(keeps_the_end_when_it_is_refused).leaks, 0);
}

TEST(BridgeModel, the_search_finds_a_cancel_of_what_is_gone) {
    EXPECT_GT(explored(a_cancel_holds_nothing).touched_after_its_end, 0);
}
