// Every interleaving of wakers and a task that parks (src/task/waker.cpp; park and wake_task of src/task/task.cpp):
//
//     waker   work++ · posted.exchange(true) · if it was false: push
//     loop    takes the waker · posted = false · wakes the task: parked → ready, else remembers it
//     task    takes what work there is · gives way for a turn · parks: not if a wake is remembered
//
// Two threads with two pieces of work and one. A lost wake-up is a state in which nobody can move and work is left.
#include "explore.h"

#include <gtest/gtest.h>

#include <array>
#include <compare>

namespace {

enum Flaw { none, marks_after_it_pushed, clears_after_the_step, forgets_a_wake_before_the_park, wakes_before_the_work };

enum class Do : char { end, work, exchange, look, push, mark, clear, wake, take_work, yield, park };
using Program = std::array<Do, 5>; // filled up with ends

Program waking(Flaw flaw) {
    switch (flaw) {
    case marks_after_it_pushed:
        return {Do::work, Do::look, Do::push, Do::mark};
    case wakes_before_the_work:
        return {Do::exchange, Do::push, Do::work};
    default:
        return {Do::work, Do::exchange, Do::push};
    }
}

enum class Place : char { idle, wake, step, park };

Program on_loop(Flaw flaw, Place place) {
    bool late = flaw == clears_after_the_step;
    if (place == Place::wake) return late ? Program{Do::wake} : Program{Do::clear, Do::wake};
    if (place == Place::step) return {Do::take_work, Do::yield};
    return late ? Program{Do::clear, Do::park} : Program{Do::park};
}

struct Waker {
    std::size_t at = 0;
    int rounds = 2;
    bool wins = true; // the mark was not set before
    auto operator<=>(const Waker &) const = default;
};

struct World {
    std::array<Waker, 2> wakers;
    int work = 0;
    bool posted = false;
    int inbox = 0; // how often the one waker stands in it
    Place place = Place::idle;
    std::size_t at = 0;
    bool ready = true;
    bool parks_next = false;
    bool parked = false;
    bool remembered = false;
    auto operator<=>(const World &) const = default;

    // wake_task
    void wake(Flaw flaw) {
        if (parked) {
            parked = false;
            ready = true;
        } else if (flaw != forgets_a_wake_before_the_park) {
            remembered = true;
        }
    }
    void park() {
        parked = !remembered;
        ready = remembered;
        remembered = false;
    }
};

void act(Flaw flaw, World &w, Do what, Waker *waker) {
    switch (what) {
    case Do::work:
        ++w.work;
        break;
    case Do::exchange:
        waker->wins = !w.posted;
        w.posted = true;
        break;
    case Do::look:
        waker->wins = !w.posted;
        break;
    case Do::push:
        w.inbox += waker->wins;
        break;
    case Do::mark:
        w.posted = true;
        break;
    case Do::clear:
        w.posted = false;
        break;
    case Do::wake:
        w.wake(flaw);
        break;
    case Do::take_work:
        w.work = 0;
        break;
    case Do::yield:
        w.ready = w.parks_next = true;
        break;
    case Do::park:
        w.park();
        break;
    case Do::end:
        break;
    }
}

template <class Next>
void move_waker(Flaw flaw, const World &w, std::size_t i, Next next) {
    if (w.wakers[i].rounds == 0) return;
    World n = w;
    Waker &self = n.wakers[i];
    act(flaw, n, waking(flaw)[self.at], &self);
    if (waking(flaw)[++self.at] == Do::end) {
        self.at = 0;
        --self.rounds;
    }
    next(n);
}

template <class Next>
void move_loop(Flaw flaw, const World &w, Next next) {
    World n = w;
    if (w.place != Place::idle) {
        act(flaw, n, on_loop(flaw, w.place)[w.at], nullptr);
        if (on_loop(flaw, w.place)[++n.at] == Do::end) n.place = Place::idle;
        return next(n);
    }
    n.at = 0;
    if (w.inbox > 0) {
        n.place = Place::wake;
        --n.inbox;
        next(n);
        n.inbox = w.inbox;
    }
    if (w.ready) {
        n.place = w.parks_next ? Place::park : Place::step;
        n.ready = n.parks_next = false;
        next(n);
    }
}

struct Found {
    std::size_t worlds = 0;
    int lost = 0;
    int twice_in_the_inbox = 0;
};

Found explored(Flaw flaw) {
    Found found;
    auto moves = [flaw](const World &w, auto next) {
        for (std::size_t i : {0u, 1u}) move_waker(flaw, w, i, next);
        move_loop(flaw, w, next);
    };
    World first;
    first.wakers[1].rounds = 1;
    found.worlds = explore::all(first, moves, [&found](const World &w, bool stuck) {
        found.lost += stuck && w.work > 0;
        found.twice_in_the_inbox += w.inbox > 1;
    });
    return found;
}

} // namespace

TEST(WakerModel, no_wake_is_lost_and_none_stands_in_the_inbox_twice) {
    Found found = explored(none);
    EXPECT_GT(found.worlds, 1000u);
    EXPECT_EQ(found.lost, 0);
    EXPECT_EQ(found.twice_in_the_inbox, 0);
}

TEST(WakerModel, the_search_finds_two_wakes_that_both_post) {
    EXPECT_GT(explored(marks_after_it_pushed).twice_in_the_inbox, 0);
}

TEST(WakerModel, the_search_finds_a_mark_that_is_cleared_too_late) { EXPECT_GT(explored(clears_after_the_step).lost, 0); }

TEST(WakerModel, the_search_finds_a_wake_that_came_before_the_park) {
    EXPECT_GT(explored(forgets_a_wake_before_the_park).lost, 0);
}

TEST(WakerModel, the_search_finds_a_wake_that_came_before_the_work) { EXPECT_GT(explored(wakes_before_the_work).lost, 0); }
