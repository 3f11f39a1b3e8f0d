// Handles of scheduled callbacks: order, cancelling, and when user data goes.
#include "world.h"

#include <memory>

using namespace rondo::test;

namespace {

class Scheduled : public testing::Test, public World {
protected:
    // A callback that says its name; tells when its data is dropped.
    std::function<void()> saying(const std::string &name) {
        std::shared_ptr<void> data(nullptr, [this, name](void *) { dropped += name; });
        return [this, name, data] { say(name); };
    }
    std::string dropped;
};

} // namespace

TEST_F(Scheduled, L15_callbacks_run_once_each_in_the_order_of_the_calls) {
    for (const char *name : {"a", "b", "c"}) soon(saying(name));
    run();
    run();
    EXPECT_EQ(trace(), "1: a b c");
}

TEST_F(Scheduled, L15_one_may_be_scheduled_without_taking_its_handle) {
    auto *user = new Callback(callback([&] { say("ran"); }));
    rondo_call_options options = owning();
    EXPECT_EQ(rondo_loop_call_soon(loop, run_callback, user, &options, nullptr), RONDO_OK);
    run();
    EXPECT_EQ(trace(), "1: ran");
}

TEST_F(Scheduled, releasing_the_handle_does_not_cancel) {
    { Handle handle = soon(saying("a")); }
    run();
    EXPECT_EQ(trace(), "1: a");
}

TEST_F(Scheduled, L21_a_cancelled_callback_does_not_run_and_drops_its_data_at_once) {
    Handle ready = soon(saying("r"));
    Handle timer = later(RONDO_S(1), saying("t"));
    EXPECT_FALSE(ready.cancelled());
    ready.cancel();
    timer.cancel();
    EXPECT_EQ(dropped, "rt");
    EXPECT_TRUE(ready.cancelled());
    EXPECT_TRUE(timer.cancelled());
    EXPECT_EQ(timer.when(), RONDO_S(1));
    EXPECT_FALSE(busy());
    run();
    EXPECT_EQ(trace(), "");
}

TEST_F(Scheduled, L21_cancelling_again_or_afterwards_does_nothing) {
    Handle cancelled = soon(saying("a"));
    Handle ran = soon(saying("b"));
    cancelled.cancel();
    cancelled.cancel();
    run();
    ran.cancel();
    EXPECT_EQ(trace(), "1: b");
    EXPECT_EQ(dropped, "ab");
}

TEST_F(Scheduled, L21_an_entry_may_cancel_one_behind_it_in_the_same_turn) {
    Handle victim;
    soon([&] {
        say("first");
        victim.cancel();
        EXPECT_EQ(dropped, "v");
    });
    victim = soon(saying("v"));
    soon([&] { say("last"); });
    run();
    EXPECT_EQ(trace(), "1: first last");
}

TEST_F(Scheduled, L21_an_entry_may_cancel_a_timer_that_is_due_in_the_same_turn) {
    Handle victim;
    soon([&] { victim.cancel(); });
    victim = later(0, saying("v"));
    run();
    EXPECT_EQ(trace(), "");
    EXPECT_EQ(dropped, "v");
}

TEST_F(Scheduled, L21_an_entry_may_cancel_itself_while_it_runs) {
    Handle self;
    auto body = saying("self");
    self = soon([&self, body] {
        self.cancel();
        body();
    });
    body = nullptr;
    run();
    EXPECT_EQ(trace(), "1: self");
    EXPECT_EQ(dropped, "self");
}

TEST_F(Scheduled, L21_posted_callbacks_can_be_cancelled_before_the_loop_has_seen_them) {
    Handle a = from_outside(saying("a"));
    Handle b = from_outside(saying("b"));
    Handle c = from_outside(saying("c"));
    b.cancel();
    EXPECT_EQ(dropped, "b");
    c.cancel();
    EXPECT_EQ(dropped, "bc");
    one_turn();
    EXPECT_EQ(trace(), "1: a");
    EXPECT_EQ(dropped, "bca");
}

TEST_F(Scheduled, L21_the_only_posted_callback_can_be_cancelled) {
    Handle only = from_outside(saying("a"));
    only.cancel();
    EXPECT_EQ(dropped, "a");
    one_turn();
    EXPECT_EQ(trace(), "");
}

TEST_F(Scheduled, data_is_dropped_when_the_callback_has_run) {
    soon(saying("a"));
    soon([&] { EXPECT_EQ(dropped, "a"); });
    run();
}

TEST_F(Scheduled, R29_closing_drops_what_is_scheduled_without_running_it) {
    soon(saying("r"));
    later(RONDO_S(1), saying("t"));
    from_outside(saying("p"));
    EXPECT_EQ(close(), RONDO_OK);
    EXPECT_EQ(trace(), "");
    std::sort(dropped.begin(), dropped.end());
    EXPECT_EQ(dropped, "prt");
}

TEST_F(Scheduled, a_handle_outlives_its_loop) {
    Handle ran = soon([] {});
    Handle waiting = later(RONDO_S(1), [] {});
    one_turn();
    {
        World other;
        Handle there = other.soon([] {});
        Handle timer = other.later(RONDO_S(1), [] {});
        ran = there;
        waiting = timer;
    }
    ran.cancel();
    waiting.cancel();
    EXPECT_TRUE(ran.cancelled());
    EXPECT_EQ(waiting.when(), RONDO_S(1));
}

TEST_F(Scheduled, dropping_data_may_schedule_anew) {
    std::shared_ptr<void> data(nullptr, [this](void *) { soon([&] { say("born"); }); });
    Handle first = soon([data] {});
    data.reset();
    first.cancel();
    run();
    EXPECT_EQ(trace(), "1: born");
}

TEST_F(Scheduled, many_random_cancels_leave_exactly_the_others_to_run) {
    struct Entry {
        Handle handle;
        bool cancelled = false;
        int ran = 0;
    };
    std::vector<Entry> entries(2000);
    unsigned random = 12345;
    auto next = [&] { return random = random * 1664525u + 1013904223u, (random >> 8); };
    for (Entry &entry : entries) {
        auto run_it = [&entry] { ++entry.ran; };
        switch (next() % 3) {
        case 0:
            entry.handle = soon(run_it);
            break;
        case 1:
            entry.handle = later(static_cast<int64_t>(next() % 50), run_it);
            break;
        default:
            entry.handle = from_outside(run_it);
        }
        if (next() % 4 == 0) {
            Entry &victim = entries[next() % entries.size()];
            if (victim.handle.get() && !victim.ran) {
                victim.handle.cancel();
                victim.cancelled = true;
            }
        }
        if (next() % 100 == 0) one_turn();
    }
    one_turn();
    run();
    for (Entry &entry : entries) EXPECT_EQ(entry.ran, entry.cancelled ? 0 : 1);
}
