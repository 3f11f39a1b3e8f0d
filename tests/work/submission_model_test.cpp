// Every interleaving of a submission, who waits for it and who cancels it (src/work/submission.cpp), while its loop runs
// it and may close at any time. What happens under the submission's mutex, or between two turns of the loop, is one step:
//
//     waiter     done? else wait on the condition · ... · release
//     canceller  post · release
//     loop       begin: task, watch · cancel · the task ends · told: settle · notify · release
//                close: the hook settles what the task will never · the inbox lets go of what is in it
//
// In the end the waiter knows, once; the coroutine was ended once; and the memory is gone, with nobody touching it after.
#include "explore.h"

#include <gtest/gtest.h>

#include <compare>

namespace {

enum Flaw { none, settles_in_silence, closes_without_a_hook, a_cancel_holds_nothing, looks_before_it_locks, settles_twice };

enum class Errand : char { posted, begun, dropped };
enum class Task : char { none, runs, ended, told, abandoned };
enum class Waiter : char { looks, waits, woken, knows, gone };
enum class Canceller : char { posts, releases, gone };
enum class Loop : char { idle, notifies, releases, closes_inbox, closed };

struct World {
    Errand errand = Errand::posted;
    bool cancel_posted = false;
    Task task = Task::none;
    bool watched = false;
    bool open = true;
    Loop loop = Loop::idle;
    Loop after = Loop::idle; // what the loop goes on with when it has let go
    Waiter waiter = Waiter::looks;
    bool saw_not_done = false;
    Canceller canceller = Canceller::posts;
    bool done = false;
    int outcomes = 0;
    int references = 3; // the waiter's, the canceller's, the errand's
    int frames_ended = 0;
    bool touched_after_its_end = false;
    auto operator<=>(const World &) const = default;

    void touch() { touched_after_its_end |= references <= 0; }
    void release() {
        touch();
        --references;
    }
};

// On the loop; then it notifies, lets go of a reference, and goes on.
void settle(Flaw flaw, World &w, Loop after) {
    w.touch();
    bool news = !w.done || flaw == settles_twice;
    w.outcomes += news;
    w.done = true;
    w.loop = news && flaw != settles_in_silence ? Loop::notifies : Loop::releases;
    w.after = after;
}

void end_task(World &w, Task how) {
    w.task = how;
    ++w.frames_ended;
}

// Tasks are abandoned, then hooks called, then the ready queue is dropped, with what a finished task wanted to tell.
void begin_to_close(Flaw flaw, World &w) {
    bool knows_it_ended = w.task == Task::ended;
    if (w.task == Task::runs) end_task(w, Task::abandoned);
    w.loop = Loop::closes_inbox;
    if (!w.watched || (flaw == closes_without_a_hook && !knows_it_ended)) return;
    w.watched = false;
    settle(flaw, w, Loop::closes_inbox);
}

template <class Next>
void run_loop(Flaw flaw, const World &w, Next next) {
    World n = w;
    if (w.errand == Errand::posted) { // it came first
        n.errand = Errand::begun;
        n.task = Task::runs;
        n.watched = true; // with the errand's reference
        next(n);
    } else if (w.cancel_posted) {
        n.touch();
        n.cancel_posted = false;
        if (n.task == Task::runs) end_task(n, Task::ended);
        if (flaw != a_cancel_holds_nothing) n.release();
        next(n);
    }
    n = w;
    if (w.task == Task::runs) {
        end_task(n, Task::ended);
        next(n);
    } else if (w.task == Task::ended && w.watched) {
        n.task = Task::told;
        n.watched = false;
        settle(flaw, n, Loop::idle);
        if (flaw == settles_twice) n.watched = true; // as if the watch outlived its call
        if (flaw == settles_twice) ++n.references;
        next(n);
    }
    n = w;
    begin_to_close(flaw, n);
    next(n);
}

template <class Next>
void move_loop(Flaw flaw, const World &w, Next next) {
    World n = w;
    switch (w.loop) {
    case Loop::idle:
        return run_loop(flaw, w, next);
    case Loop::notifies:
        n.touch();
        if (w.waiter == Waiter::waits) n.waiter = Waiter::woken;
        n.loop = Loop::releases;
        return next(n);
    case Loop::releases:
        n.release();
        n.loop = w.after;
        return next(n);
    case Loop::closes_inbox:
        n.open = false;
        n.loop = Loop::closed;
        if (w.cancel_posted && flaw != a_cancel_holds_nothing) n.release();
        n.cancel_posted = false;
        if (w.errand == Errand::posted) {
            n.errand = Errand::dropped;
            ++n.frames_ended;
            settle(flaw, n, Loop::closed);
        }
        return next(n);
    case Loop::closed:
        return;
    }
}

template <class Next>
void move_waiter(Flaw flaw, const World &w, Next next) {
    World n = w;
    n.touch();
    switch (w.waiter) {
    case Waiter::looks:
        if (flaw == looks_before_it_locks && !w.saw_not_done && !w.done) {
            n.saw_not_done = true;
        } else {
            n.waiter = w.done && !w.saw_not_done ? Waiter::knows : Waiter::waits;
        }
        return next(n);
    case Waiter::woken:
        n.waiter = w.done ? Waiter::knows : Waiter::waits;
        return next(n);
    case Waiter::knows:
        n = w;
        n.release();
        n.waiter = Waiter::gone;
        return next(n);
    case Waiter::waits:
    case Waiter::gone:
        return;
    }
}

template <class Next>
void move_canceller(Flaw flaw, const World &w, Next next) {
    World n = w;
    if (w.canceller == Canceller::gone) return;
    if (w.canceller == Canceller::posts) {
        n.cancel_posted = w.open;
        if (w.open && flaw != a_cancel_holds_nothing) ++n.references;
        n.canceller = Canceller::releases;
    } else {
        n.release();
        n.canceller = Canceller::gone;
    }
    next(n);
}

struct Found {
    std::size_t worlds = 0;
    int never_told = 0;
    int told_twice = 0;
    int frames = 0;
    int leaks = 0;
    int touched_after_its_end = 0;
};

Found explored(Flaw flaw) {
    Found found;
    auto moves = [flaw](const World &w, auto next) {
        move_loop(flaw, w, next);
        move_waiter(flaw, w, next);
        move_canceller(flaw, w, next);
    };
    found.worlds = explore::all(World(), moves, [&found](const World &w, bool stuck) {
        found.never_told += stuck && w.waiter != Waiter::gone;
        found.told_twice += w.outcomes > 1;
        found.frames += w.frames_ended > 1 || (stuck && w.frames_ended != 1);
        found.leaks += stuck && w.references > 0;
        found.touched_after_its_end += w.touched_after_its_end;
    });
    return found;
}

} // namespace

TEST(SubmissionModel, the_waiter_is_told_once_and_nothing_is_left_in_any_interleaving) {
    Found found = explored(none);
    EXPECT_GT(found.worlds, 200u);
    EXPECT_EQ(found.never_told, 0);
    EXPECT_EQ(found.told_twice, 0);
    EXPECT_EQ(found.frames, 0);
    EXPECT_EQ(found.leaks, 0);
    EXPECT_EQ(found.touched_after_its_end, 0);
}

TEST(SubmissionModel, the_search_finds_an_outcome_without_a_word) {
    EXPECT_GT(explored(settles_in_silence).never_told, 0);
}

TEST(SubmissionModel, the_search_finds_a_close_that_tells_nobody) {
    Found found = explored(closes_without_a_hook);
    EXPECT_GT(found.never_told, 0);
    EXPECT_GT(found.leaks, 0);
}

TEST(SubmissionModel, the_search_finds_a_cancel_of_what_is_gone) {
    EXPECT_GT(explored(a_cancel_holds_nothing).touched_after_its_end, 0);
}

TEST(SubmissionModel, the_search_finds_a_look_without_the_lock) {
    EXPECT_GT(explored(looks_before_it_locks).never_told, 0);
}

TEST(SubmissionModel, the_search_finds_a_second_outcome) { EXPECT_GT(explored(settles_twice).told_twice, 0); }
