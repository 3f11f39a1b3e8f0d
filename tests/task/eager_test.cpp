// Eager start: section 4.5 of the semantics.
#include "blocks.h"

using namespace rondo::test;

namespace {

class Eager : public testing::Test, public BlockWorld {
protected:
    rondo_task *current() { return rondo_loop_current_task(loop); }
    template <class F> Future eager(F body) { return spawn_with(RONDO_TASK_EAGER, std::move(body)); }
    std::string current_name() { return current() ? rondo_task_get_name(current()) : "none"; }
};

} // namespace

TEST_F(Eager, E1_the_first_step_runs_inside_the_creating_call) {
    run_main([&]() -> Script {
        say("before");
        eager([&]() -> Script {
            say("child");
            co_await yield();
        });
        say("after");
        co_return;
    });
    EXPECT_EQ(trace(), "1: before child after");
}

TEST_F(Eager, E1_the_current_task_is_the_child_and_then_the_creator_again) {
    run_main([&]() -> Script {
        rondo_task *creator = current();
        rondo_task *seen = nullptr;
        Future child = eager([&]() -> Script {
            seen = current();
            co_return;
        });
        EXPECT_EQ(seen, child.get());
        EXPECT_EQ(current(), creator);
        soon([&] {
            rondo_task *inner = nullptr;
            eager([&]() -> Script {
                inner = current();
                co_return;
            });
            EXPECT_NE(inner, nullptr);
            EXPECT_EQ(current(), nullptr);
        });
        co_await yield();
    });
}

TEST_F(Eager, E1_it_runs_in_a_context_of_its_own) {
    rondo_ctxvar *var = nullptr;
    rondo_ctxvar_create("var", nullptr, &var);
    auto set = [&](int64_t number) {
        rondo_value value = rondo_i64(number);
        EXPECT_EQ(rondo_context_set(nullptr, var, &value, nullptr), RONDO_OK);
    };
    auto get = [&] {
        rondo_value view = rondo_none();
        EXPECT_EQ(rondo_context_get(nullptr, var, &view), RONDO_OK);
        return view.as.i64;
    };
    run_main([&]() -> Script {
        set(1);
        Future child = eager([&]() -> Script {
            EXPECT_EQ(get(), 1);
            set(2);
            co_await yield();
            EXPECT_EQ(get(), 2);
        });
        EXPECT_EQ(get(), 1);
        set(3);
        co_await child;
    });
    rondo_ctxvar_release(var);
}

TEST_F(Eager, E1_not_in_the_context_that_is_entered) {
    run_main([&]() -> Script {
        rondo_context *context = nullptr;
        EXPECT_EQ(rondo_task_get_context(current(), &context), RONDO_OK);
        auto options = sized<rondo_task_options>();
        options.flags = RONDO_TASK_EAGER;
        options.context = context;
        auto conductor = std::make_unique<Conductor>([]() -> Script { co_return; });
        EXPECT_EQ(make_task(std::move(conductor), &options, nullptr), RONDO_EENTERED);
        rondo_context_release(context);
        EXPECT_EQ(stats().tasks, 1u);
        co_return;
    });
}

TEST_F(Eager, E2_one_that_never_suspends_is_done_at_once_and_was_never_queued) {
    run_main([&]() -> Script {
        uint64_t ready = stats().ready;
        Future child = eager([&]() -> Answer {
            EXPECT_EQ(stats().tasks, 2u);
            co_return 5;
        });
        EXPECT_TRUE(child.done());
        EXPECT_EQ(child.text(), "5");
        EXPECT_EQ(stats().ready, ready);
        EXPECT_EQ(stats().tasks, 1u);
        say_when_done(child, "callback");
        say("M");
        EXPECT_EQ(co_await child, 5);
        say("M goes on");
    });
    run_on();
    EXPECT_EQ(trace(), "1: M M goes on | 2: callback");
}

TEST_F(Eager, E3_one_that_suspends_goes_on_as_any_other) { // A9
    run_main([&]() -> Script {
        auto prints = [this](std::string name) {
            return [this, name]() -> Script {
                say(name + "1");
                co_await yield();
                say(name + "2");
            };
        };
        say("M1");
        Future e = eager(prints("E"));
        say("M2");
        Future z = spawn(prints("Z"));
        say("M3");
        co_await e;
        say("M4");
        co_await z;
        say("M5");
    });
    EXPECT_EQ(trace(), "1: M1 E1 M2 M3 | 2: E2 Z1 | 3: M4 Z2 | 4: M5");
}

TEST_F(Eager, E3_in_whatever_it_suspends) {
    Future f = future();
    std::vector<Future> children;
    rondo_waker *waker = nullptr;
    run_main([&]() -> Script {
        children.push_back(eager([&]() -> Answer { co_return co_await f; }));
        children.push_back(eager([&]() -> Answer {
            co_await sleep(RONDO_S(2));
            co_return 2;
        }));
        children.push_back(eager([&]() -> Answer {
            co_await park();
            co_return 3;
        }));
        EXPECT_EQ(rondo_task_waker(children[2].get(), &waker), RONDO_OK);
        f.set(1);
        rondo_waker_wake(waker);
        for (const Future &child : children) EXPECT_FALSE(child.done());
        for (int i = 0; i < 3; ++i) EXPECT_EQ(co_await children[i], i + 1);
    });
}

TEST_F(Eager, E4_an_error_is_kept_in_the_task) {
    run_main([&]() -> Script {
        Future child = eager([]() -> Script {
            throw Raised(RONDO_EFAILED, "broken");
            co_return;
        });
        EXPECT_TRUE(child.done());
        say("M goes on");
        EXPECT_EQ((co_await attempt(child)).text(), "EFAILED broken");
    });
    EXPECT_EQ(trace(), "1: M goes on");
    EXPECT_TRUE(heard.empty());
}

TEST_F(Eager, E4_an_error_nobody_looks_at_is_reported) {
    run_main([&]() -> Script {
        eager([]() -> Script {
            throw Raised(RONDO_EFAILED, "broken");
            co_return;
        });
        EXPECT_EQ(heard.size(), 1u);
        co_return;
    });
}

TEST_F(Eager, E4_an_interrupt_is_the_creators_to_raise) {
    run_main([&]() -> Script {
        rondo_coro_vtable raises{};
        raises.size = sizeof raises;
        raises.step = [](void *, rondo_step *io) {
            io->verdict = RONDO_STEP_RAISE;
            io->out_error = rondo_error_new(RONDO_EINTERRUPT, nullptr);
        };
        int frame = 0;
        RONDO_INIT(rondo_task_options, options);
        options.flags = RONDO_TASK_EAGER;
        rondo_task *child = nullptr;
        EXPECT_EQ(rondo_task_create(loop, &raises, &frame, &options, &child), RONDO_EINTERRUPT);
        EXPECT_EQ(child, nullptr);
        co_await yield();
        say("the creator goes on");
    });
    EXPECT_EQ(trace(), "2: the creator goes on");
}

TEST_F(Eager, E5_what_stands_before_its_first_suspension_runs_before_the_creators_next_line) {
    run_main([&]() -> Script {
        eager([&]() -> Script {
            say("a1");
            eager([&]() -> Script {
                say("b1");
                co_await yield();
                say("b2");
            });
            say("a2");
            co_await yield();
            say("a3");
        });
        say("M");
        co_await yield();
    });
    run_on();
    EXPECT_EQ(trace(), "1: a1 b1 a2 M | 2: b2 a3");
}

TEST_F(Eager, E5_names_are_right_inside) {
    run_main([&]() -> Script {
        auto options = sized<rondo_task_options>();
        options.flags = RONDO_TASK_EAGER;
        options.name = "child";
        std::string inside_name;
        spawn(
            [&]() -> Script {
                inside_name = current_name();
                co_return;
            },
            &options);
        EXPECT_EQ(inside_name, "child");
        co_return;
    });
}

TEST_F(Eager, E5_a_member_that_fails_at_once_aborts_its_group_through_the_queue) {
    std::string story;
    run_main([&]() -> Script {
        Group group = this->group();
        co_await tell(story, [&] {
            return inside(group, [&]() -> Script {
                Future bad = spawn_member(group, fail_after(0, "bad"), RONDO_TASK_EAGER);
                EXPECT_TRUE(bad.done());
                EXPECT_EQ(rondo_task_cancelling(current()), 0);
                EXPECT_EQ(group.members(), 1u);
                spawn_member(group, clean_up("A"), RONDO_TASK_EAGER);
                say("body");
                co_await sleep(RONDO_S(1));
            });
        });
        say(story);
    });
    EXPECT_EQ(trace(), "1: body | 3: A ECANCELED | 5: EGROUP(EFAILED bad)");
}

TEST_F(Eager, E5_a_member_that_is_done_at_once_is_one_until_its_callback_has_run) {
    run_main([&]() -> Script {
        Group group = this->group();
        co_await inside(group, [&]() -> Script {
            Future quick = spawn_member(group, answer_after(0, 3), RONDO_TASK_EAGER);
            EXPECT_EQ(quick.text(), "3");
            EXPECT_EQ(group.members(), 1u);
            co_return;
        });
        EXPECT_EQ(group.members(), 0u);
        say("M");
    });
    EXPECT_EQ(trace(), "3: M");
}

TEST_F(Eager, E5_a_member_that_cancels_its_own_group_is_cancelled_with_it) {
    std::string story;
    run_main([&]() -> Script {
        Group group = this->group();
        co_await tell(story, [&] {
            return inside(group, [&]() -> Script {
                spawn_member(
                    group,
                    [&]() -> Script {
                        group.cancel();
                        co_await clean_up("A")();
                    },
                    RONDO_TASK_EAGER);
                co_return;
            });
        });
    });
    EXPECT_EQ(story, "OK");
    EXPECT_EQ(trace(), "2: A ECANCELED");
    EXPECT_EQ(time(), 0);
}

TEST_F(Eager, E6_without_a_running_loop_it_starts_lazily) {
    Future child = eager([&]() -> Script {
        say("child");
        co_return;
    });
    EXPECT_FALSE(child.done());
    EXPECT_EQ(stats().ready, 1u);
    run();
    EXPECT_EQ(trace(), "1: child");
}

TEST_F(Eager, cancelled_by_its_creator_it_gets_the_cancellation_where_it_waits) {
    run_main([&]() -> Script {
        Future child = eager(clean_up("child", 1));
        child.cancel("m");
        co_await attempt(child);
        say(child.text());
    });
    EXPECT_EQ(trace(), "2: child ECANCELED | 3: child cleaned | 4: ECANCELED m");
}

TEST_F(Eager, that_cancels_its_creator_strikes_at_the_creators_next_suspension) {
    Future main;
    main = spawn([&]() -> Script {
        eager([&]() -> Script {
            main.cancel("by child");
            co_return;
        });
        Outcome outcome = co_await attempt(sleep(RONDO_S(1)));
        say(outcome.text());
    });
    run();
    EXPECT_EQ(trace(), "2: ECANCELED by child");
}

TEST_F(Eager, nested_a_hundred_deep) {
    int depth = 0;
    std::function<Script()> go;
    go = [&]() -> Script {
        if (++depth < 100) {
            Future child = eager([&]() -> Script { return go(); });
            co_await child;
        }
        say(std::to_string(depth--));
    };
    run_main([&]() -> Script { return go(); });
    EXPECT_EQ(trace().substr(0, 9), "1: 100 99");
    EXPECT_EQ(depth, 0);
    EXPECT_EQ(stats().tasks, 0u);
}
