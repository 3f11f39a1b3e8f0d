// The trace tables of the semantics' appendix A that concern what exists, with the turn of every entry. Turn 1 is the
// one of M's first step; where a table counts from a later one, its comment says so. `wait` is a gather here: it has
// the same latency.
#include "../loop/pipe.h"
#include "script.h"

using namespace rondo::test;

namespace {

class Appendix : public testing::Test, public TaskWorld {
protected:
    // Says name0, yields, says name1, … and returns after so many yields.
    Future counting(const std::string &name, int yields) {
        return spawn([=, this]() -> Script {
            for (int i = 0; i <= yields; ++i) {
                say(name + std::to_string(i));
                if (i < yields) co_await yield();
            }
        });
    }
};

} // namespace

TEST_F(Appendix, A1_sleep_0_round_robin) {
    run_main([&]() -> Script {
        Future a = counting("A", 2), b = counting("B", 2), c = counting("C", 2);
        say("M0");
        co_await yield();
        say("M1");
        Future all = gather({a, b, c});
        co_await all;
        say("M2");
    });
    EXPECT_EQ(trace(), "1: M0 | 2: A0 B0 C0 M1 | 3: A1 B1 C1 | 4: A2 B2 C2 | 6: M2");
}

TEST_F(Appendix, A2_one_completed_task_several_waiters) {
    run_main([&]() -> Script {
        Future t = counting("T", 1);
        say_when_done(t, "cb1");
        auto waiter = [&](const std::string &name) {
            return spawn([this, t, name]() -> Script {
                co_await t;
                say(name);
            });
        };
        Future a = waiter("A"), b = waiter("B");
        say("M awaits T");
        co_await t;
        say("M");
        co_await a;
        co_await b;
        say("M end");
    });
    EXPECT_EQ(trace(), "1: M awaits T | 2: T0 | 3: T1 | 4: cb1 M A B | 5: M end");
}

TEST_F(Appendix, A3_gather_failure) { // the table's 1 is our 2
    run_main([&]() -> Script {
        Future a = counting("A", 1), c = counting("C", 3);
        Future b = spawn([&]() -> Script {
            say("B0");
            co_await yield();
            say("B raises");
            throw Raised(RONDO_EFAILED, "B");
        });
        Future all = gather({a, b, c});
        Outcome outcome = co_await attempt(all);
        say("M " + outcome.text());
        co_await c;
    });
    EXPECT_EQ(trace(), "2: A0 C0 B0 | 3: A1 C1 B raises | 4: C2 | 5: C3 M EFAILED B");
}

TEST_F(Appendix, A4_gather_outer_cancelled) { // the table's 1 is our 4
    auto cleaning = [&](const std::string &name) {
        return spawn([this, name]() -> Script {
            Outcome outcome = co_await attempt(sleep(RONDO_S(100)));
            say(name + " CE");
            co_await yield();
            say(name + " cleaned");
            throw Raised(outcome.status, "");
        });
    };
    run_main([&]() -> Script {
        Future o = spawn([&]() -> Script {
            Future all = gather({cleaning("A"), cleaning("B")});
            Outcome outcome = co_await attempt(all);
            say("O CE");
            throw Raised(outcome.status, "");
        });
        for (int i = 0; i < 3; ++i) co_await yield();
        EXPECT_TRUE(o.cancel());
        EXPECT_FALSE(o.done());
        say("M cancels");
        Outcome outcome = co_await attempt(o);
        say("M " + outcome.text());
    });
    EXPECT_EQ(trace(), "4: M cancels | 5: A CE B CE | 6: A cleaned B cleaned | 8: O CE | 9: M ECANCELED");
}

TEST_F(Appendix, A6_cancel_order) { // the table's 1 is our 3
    run_main([&]() -> Script {
        auto sleeping = [&](const std::string &name) {
            return spawn([this, name]() -> Script {
                Outcome outcome = co_await attempt(sleep(RONDO_S(100)));
                say(name + " CE");
                throw Raised(outcome.status, "");
            });
        };
        Future a = sleeping("A"), b = sleeping("B"), c = sleeping("C");
        co_await yield();
        co_await yield();
        say("M cancels");
        for (const Future &task : {c, a, b}) task.cancel();
        say_when_done(a, "done A");
        say_when_done(b, "done B");
        say_when_done(c, "done C");
        Future all = gather({a, b, c}, RONDO_GATHER_RETURN_ERRORS);
        co_await all;
        say("M");
    });
    EXPECT_EQ(trace(), "3: M cancels | 4: C CE A CE B CE | 5: done C done A done B | 6: M");
}

TEST_F(Appendix, A8_ready_io_timer) {
    Pipe pipe;
    pipe.fill();
    std::function<void(int)> chain = [&](int i) {
        say("soon" + std::to_string(i));
        if (i < 3) soon([&chain, i] { chain(i + 1); });
    };
    run_main([&]() -> Script {
        add_reader(pipe.reading, [&] {
            say("IO");
            remove_reader(pipe.reading);
        });
        soon([&] { chain(0); });
        later(0, [&] { say("T0"); });
        say("M");
        co_await sleep(RONDO_MS(10));
    });
    EXPECT_EQ(trace(), "1: M | 2: soon0 IO T0 | 3: soon1 | 4: soon2 | 5: soon3");
}

TEST_F(Appendix, A13_cancel_through_a_chain) { // the table's 1 is our 4
    Future inner, mid;
    run_main([&]() -> Script {
        inner = spawn([&]() -> Script {
            Finally finally([&] { say("inner finally"); });
            Outcome outcome = co_await attempt(sleep(RONDO_S(100)));
            say("inner CE");
            throw Raised(outcome.status, outcome.message.c_str());
        });
        mid = spawn([&]() -> Script {
            Outcome outcome = co_await attempt(inner);
            EXPECT_TRUE(inner.done());
            say("mid CE");
            throw Raised(outcome.status, outcome.message.c_str());
        });
        for (int i = 0; i < 3; ++i) co_await yield();
        say("M cancels");
        EXPECT_TRUE(mid.cancel("m"));
        Outcome outcome = co_await attempt(mid);
        say("M " + outcome.text());
    });
    EXPECT_TRUE(inner.cancelled());
    EXPECT_EQ(trace(), "4: M cancels | 5: inner CE inner finally | 6: mid CE | 7: M ECANCELED m");
}

TEST_F(Appendix, A14_cancel_before_the_first_step) {
    run_main([&]() -> Script {
        Future w = spawn([&]() -> Script {
            Finally finally([&] { say("never"); });
            co_return;
        });
        w.cancel("m");
        EXPECT_FALSE(w.done());
        EXPECT_EQ(w.cancelling(), 1);
        say("M cancels");
        soon([&, w] {
            EXPECT_TRUE(w.cancelled());
            say("w cancelled");
        });
        Outcome outcome = co_await attempt(w);
        say("M " + outcome.text());
    });
    EXPECT_EQ(trace(), "1: M cancels | 2: w cancelled | 3: M ECANCELED m");
}

TEST_F(Appendix, A15_cancel_while_ready) { // the table's 1 is our 3
    Future f = future();
    Future w = spawn([&]() -> Answer {
        Outcome outcome = co_await attempt(f);
        say("w " + outcome.text());
        co_await sleep(int64_t{0});
        say("w ends");
        co_return 1;
    });
    run_main([&]() -> Script {
        co_await yield();
        co_await yield();
        f.set(7);
        EXPECT_TRUE(w.cancel("m"));
        EXPECT_EQ(f.text(), "7");
        say("M");
        co_await w;
        say("M continues");
    });
    EXPECT_FALSE(w.cancelled());
    EXPECT_EQ(w.cancelling(), 1);
    EXPECT_EQ(trace(), "3: M | 4: w ECANCELED m | 5: w ends | 6: M continues");
}

TEST_F(Appendix, A16_wake_up_latency) { // the future is completed in turn 4
    Future f = future();
    auto awaiting = [&](const std::string &how, const Future &what) {
        spawn([this, how, what]() -> Script {
            co_await what;
            say(how);
        });
    };
    run_main([&]() -> Script {
        awaiting("direct", f);
        awaiting("gather", gather({f}));
        awaiting("task", spawn([&]() -> Script {
            co_await f;
            say("task's body");
        }));
        for (int i = 0; i < 3; ++i) co_await yield();
        f.set(1);
        say("completed");
        for (int i = 0; i < 4; ++i) co_await yield();
    });
    EXPECT_EQ(trace(), "4: completed | 5: direct task's body | 6: gather task");
}

TEST_F(Appendix, A17_one_fifo_for_everything) {
    run_main([&]() -> Script {
        Future a = counting("A", 0);
        soon([&] { say("cs1"); });
        Future b = counting("B", 0);
        soon([&] { say("cs2"); });
        say("M");
        co_await b;
        say("M after B");
        co_await a;
        say("M after A");
    });
    EXPECT_EQ(trace(), "1: M | 2: A0 cs1 B0 cs2 | 3: M after B M after A");
}

TEST_F(Appendix, A20_several_gather_children_and_callbacks) {
    run_main([&]() -> Script {
        Future a = counting("A", 2), b = counting("B", 1), c = counting("C", 1);
        say_when_done(b, "B's callback");
        Future outer = gather({a, b, c});
        say_when_done(a, "A's callback");
        say_when_done(outer, "outer's callback");
        say("M awaits");
        co_await outer;
        say("M continues");
    });
    EXPECT_EQ(trace(), "1: M awaits | 2: A0 B0 C0 | 3: A1 B1 C1 | 4: A2 B's callback | 5: A's callback | "
                       "6: outer's callback M continues");
}
