// Asynchronous generators and finalizers: section 18 of the semantics.
#include "blocks.h"

using namespace rondo::test;

namespace {

// A generator made of numbered stages: stage(i) writes the verdict of its i-th step.
struct Stages {
    std::function<void(int, rondo_step &)> stage;
    std::function<void()> ended;
    int at = 0;
};

void step_stages(void *frame, rondo_step *io) {
    auto &stages = *static_cast<Stages *>(frame);
    int now = stages.at++;
    stages.stage(now, *io);
}

void end_stages(void *frame) {
    std::unique_ptr<Stages> stages(static_cast<Stages *>(frame));
    if (stages->ended) stages->ended();
}

const rondo_coro_vtable stages_vtable = {sizeof(rondo_coro_vtable), 0, 0, 0, nullptr, step_stages, end_stages, nullptr};

void produce(rondo_step &io, int64_t number) {
    io.verdict = RONDO_STEP_PRODUCE;
    io.out = rondo_i64(number);
}

void finish(rondo_step &io) { io.verdict = RONDO_STEP_RETURN; }

void raise(rondo_step &io, rondo_error *error) {
    io.verdict = RONDO_STEP_RAISE;
    io.out_error = error;
}

void pass_on(rondo_step &io) { raise(io, rondo_error_retain(io.error)); }

class Generator {
public:
    explicit Generator(rondo_generator *adopted = nullptr) : generator_(adopted) {}
    Generator(const Generator &other) : generator_(rondo_generator_retain(other.generator_)) {}
    Generator &operator=(Generator other) {
        std::swap(generator_, other.generator_);
        return *this;
    }
    ~Generator() { rondo_generator_release(generator_); }
    rondo_generator *get() const { return generator_; }
    Future next() const {
        rondo_task *task = nullptr;
        EXPECT_EQ(rondo_generator_next_task(generator_, &task), RONDO_OK);
        return Future(task);
    }
    Future close() const {
        rondo_task *task = nullptr;
        EXPECT_EQ(rondo_generator_close_task(generator_, &task), RONDO_OK);
        return Future(task);
    }

private:
    rondo_generator *generator_;
};

class AGenerator : public testing::Test, public BlockWorld {
protected:
    Generator generator(std::function<void(int, rondo_step &)> stage, std::function<void()> ended = {}) {
        auto *stages = new Stages{std::move(stage), std::move(ended)};
        rondo_generator *made = nullptr;
        EXPECT_EQ(rondo_generator_create(loop, &stages_vtable, stages, &made), RONDO_OK);
        return Generator(made);
    }
    // Produces 0, 1, ... below count with `yields` turns before each; closed, says so and cleans up for two turns.
    Generator counting(int count, const std::string &name = "g", int yields = 0) {
        auto left = std::make_shared<int>(yields);
        auto next = std::make_shared<int>(0);
        auto cleaning = std::make_shared<int>(-1);
        return generator(
            [=, this](int, rondo_step &io) {
                if (io.status < 0 && *cleaning < 0) {
                    say(name + " " + rondo_status_name(io.status));
                    *cleaning = 2;
                }
                if (*cleaning > 0) {
                    --*cleaning;
                    io.verdict = RONDO_STEP_YIELD;
                } else if (*cleaning == 0) {
                    say(name + " cleaned");
                    raise(io, rondo_error_new(RONDO_ECLOSING, nullptr));
                } else if (*next == count) {
                    finish(io);
                } else if (*left > 0) {
                    --*left;
                    io.verdict = RONDO_STEP_YIELD;
                } else {
                    *left = yields;
                    produce(io, (*next)++);
                }
            },
            [=, this] { say(name + " ended"); });
    }
    // Awaits one next after the other until the end.
    Script consume(Generator from) {
        for (;;) {
            Future task = from.next();
            Outcome outcome = co_await attempt(task);
            say(outcome.text());
            if (!outcome.ok()) break;
        }
    }
};

// Asks in the very step of a task: what bindings do.
struct Asking {
    rondo_generator *generator;
    std::function<void(rondo_status, int64_t)> heard;
    int wanted;
    bool closes = false;
};

void step_asking(void *frame, rondo_step *io) {
    auto &asking = *static_cast<Asking *>(frame);
    for (; asking.wanted > 0; --asking.wanted) {
        rondo_value value = rondo_none();
        rondo_error *error = nullptr;
        rondo_status status = asking.closes ? rondo_generator_close(asking.generator, io, &error)
                                            : rondo_generator_next(asking.generator, io, &value, &error);
        if (status == 2) return;
        EXPECT_EQ(status < 0, error != nullptr);
        rondo_error_release(error);
        asking.heard(status, value.as.i64);
        rondo_value_drop(&value);
    }
    io->verdict = RONDO_STEP_RETURN;
}

const rondo_coro_vtable asking_vtable = {sizeof(rondo_coro_vtable), 0, 0, 0, nullptr, step_asking, nullptr, nullptr};

} // namespace

TEST_F(AGenerator, runs_inside_the_task_that_asks_and_costs_no_turn_per_value) {
    Generator g = counting(3);
    std::string text;
    Asking asking{g.get(), [&](rondo_status status, int64_t value) {
                      text += status == 1 ? std::to_string(value) : rondo_status_name(status);
                      text += " ";
                  },
                  5};
    rondo_task *task = nullptr;
    ASSERT_EQ(rondo_task_create(loop, &asking_vtable, &asking, nullptr, &task), RONDO_OK);
    one_turn();
    EXPECT_EQ(rondo_future_done(task), 1);
    EXPECT_EQ(text, "0 1 2 OK OK ") << "after its end it stays ended";
    rondo_future_release(task);
}

TEST_F(AGenerator, what_it_awaits_the_asking_task_awaits) {
    Future f = future();
    rondo_task *seen = nullptr;
    Generator g = generator([&](int at, rondo_step &io) {
        seen = io.self;
        if (at == 0) {
            io.verdict = RONDO_STEP_AWAIT;
            io.target = rondo_future_retain(f.get());
        } else if (at == 1) {
            EXPECT_EQ(io.sent->as.i64, 41);
            produce(io, io.sent->as.i64 + 1);
        } else {
            finish(io);
        }
    });
    Future task = g.next();
    one_turn();
    EXPECT_EQ(seen, task.get());
    EXPECT_EQ(rondo_task_state(task.get()), RONDO_TASK_WAITING);
    f.set(41);
    run();
    EXPECT_EQ(task.text(), "42");
}

TEST_F(AGenerator, ends_with_EEXHAUSTED_for_those_who_await_tasks) {
    Generator g = counting(2);
    run_main([&]() -> Script { co_await consume(g); });
    EXPECT_EQ(trace(), "3: 0 | 5: 1 | 6: g ended | 7: EEXHAUSTED the generator has no more values");
}

TEST_F(AGenerator, that_fails_has_ended) {
    Generator g = generator([&](int, rondo_step &io) { raise(io, rondo_error_new(RONDO_EFAILED, "broken")); },
                            [&] { say("ended"); });
    Future first = g.next();
    run();
    EXPECT_EQ(first.text(), "EFAILED broken");
    EXPECT_EQ(trace(), "1: ended");
    Future second = g.next();
    run();
    EXPECT_EQ(second.result().status, RONDO_EEXHAUSTED);
}

TEST_F(AGenerator, a_step_without_a_verdict_ends_it) {
    Generator g = generator([](int, rondo_step &) {});
    Future task = g.next();
    run();
    EXPECT_EQ(task.result().status, RONDO_EFAULT);
}

TEST_F(AGenerator, another_task_cannot_ask_while_one_is_inside) {
    Future f = future();
    Generator g = generator([&](int at, rondo_step &io) {
        if (at == 0) {
            io.verdict = RONDO_STEP_AWAIT;
            io.target = rondo_future_retain(f.get());
        } else {
            produce(io, at);
        }
    });
    Future first = g.next(), second = g.next(), closing = g.close();
    one_turn();
    one_turn();
    EXPECT_EQ(second.result().status, RONDO_ESTATE);
    EXPECT_EQ(closing.result().status, RONDO_ESTATE);
    f.set(1);
    run();
    EXPECT_EQ(first.text(), "1");
    Future third = g.next();
    run();
    EXPECT_EQ(third.text(), "2");
}

TEST_F(AGenerator, a_cancel_of_the_asking_task_is_raised_inside_it) {
    Generator g = generator([&](int at, rondo_step &io) {
        if (at == 0) {
            io.verdict = RONDO_STEP_SLEEP;
            io.delay_ns = RONDO_S(1);
        } else {
            say(rondo_status_name(io.status));
            pass_on(io);
        }
    });
    Future task = g.next();
    one_turn();
    task.cancel("m");
    run();
    EXPECT_EQ(trace(), "1: ECANCELED");
    EXPECT_EQ(task.text(), "ECANCELED m");
    EXPECT_TRUE(task.cancelled());
}

TEST_F(AGenerator, a_task_cancelled_before_it_asked_leaves_it_as_it_was) {
    Generator g = counting(1);
    Future task = g.next();
    task.cancel();
    run();
    EXPECT_TRUE(task.cancelled());
    Future again = g.next();
    run();
    EXPECT_EQ(again.text(), "0");
}

TEST_F(AGenerator, close_raises_ECLOSING_where_it_produced_its_last_value) {
    Generator g = counting(9);
    run_main([&]() -> Script {
        Future first = g.next();
        co_await first;
        Future closing = g.close();
        EXPECT_EQ((co_await attempt(closing)).text(), "0");
        say("closed");
        Future after = g.next();
        EXPECT_EQ((co_await attempt(after)).status, RONDO_EEXHAUSTED);
        Future again = g.close();
        EXPECT_TRUE((co_await attempt(again)).ok());
    });
    EXPECT_EQ(trace(), "4: g ECLOSING | 6: g cleaned g ended | 7: closed");
}

TEST_F(AGenerator, close_of_one_that_never_ran_runs_no_line_of_it) {
    Generator g = counting(9);
    Future closing = g.close();
    run();
    EXPECT_EQ(closing.text(), "0");
    EXPECT_EQ(trace(), "1: g ended");
}

TEST_F(AGenerator, close_of_one_that_ignores_it_is_an_error) {
    Generator g = generator([](int at, rondo_step &io) { produce(io, at); }, [&] { say("ended"); });
    run_main([&]() -> Script {
        Future first = g.next();
        co_await first;
        Future closing = g.close();
        EXPECT_EQ((co_await attempt(closing)).status, RONDO_ESTATE);
        say("told");
    });
    EXPECT_EQ(trace(), "4: ended | 5: told");
}

TEST_F(AGenerator, close_of_one_that_fails_in_its_clean_up_tells) {
    Generator g = generator([](int at, rondo_step &io) {
        if (at == 0) {
            produce(io, 0);
        } else {
            raise(io, rondo_error_new(RONDO_EFAILED, "clean-up"));
        }
    });
    run_main([&]() -> Script {
        Future first = g.next();
        co_await first;
        Future closing = g.close();
        EXPECT_EQ((co_await attempt(closing)).text(), "EFAILED clean-up");
    });
}

TEST_F(AGenerator, a_value_nobody_takes_is_dropped) {
    int drops = 0;
    auto counted = [&] {
        return rondo_ptr(&drops, [](void *count, size_t) { ++*static_cast<int *>(count); });
    };
    Generator g = generator([&](int at, rondo_step &io) {
        io.verdict = at < 2 ? RONDO_STEP_PRODUCE : RONDO_STEP_RETURN;
        io.out = counted();
    });
    for (int i = 0; i < 3; ++i) {
        Future task = g.next();
        run();
        task.silence();
    }
    EXPECT_EQ(drops, 3) << "two values, and the result that generators do not have";
}

// ----

TEST_F(AGenerator, A_1_is_registered_from_its_first_step_on) {
    Generator begun = counting(2, "begun"), fresh = counting(2, "fresh");
    run_main([&]() -> Script {
        Future first = begun.next();
        co_await first;
        rondo_future *all = nullptr;
        EXPECT_EQ(rondo_loop_shutdown_generators(loop, &all), RONDO_OK);
        Future closing(all);
        co_await closing;
        say("all");
        Future second = fresh.next();
        EXPECT_EQ(co_await second, 0) << "one that had not begun is untouched";
    });
    EXPECT_EQ(trace(), "4: begun ECLOSING | 6: begun cleaned begun ended | 8: all");
}

TEST_F(AGenerator, A_2_dropped_unfinished_it_is_closed_by_a_new_task) {
    run_main([&]() -> Script {
        Generator g = counting(5);
        Future first = g.next();
        co_await first;
        first = Future();
        uint64_t tasks = stats().tasks;
        g = Generator();
        EXPECT_EQ(stats().tasks, tasks + 1);
        say("dropped");
        for (int i = 0; i < 4; ++i) co_await yield();
    });
    EXPECT_EQ(trace(), "3: dropped | 4: g ECLOSING | 6: g cleaned g ended");
    EXPECT_EQ(stats().futures, 0u);
}

TEST_F(AGenerator, A_2_an_error_of_that_is_reported) {
    Generator g = generator([](int at, rondo_step &io) {
        if (at == 0) {
            produce(io, 0);
        } else {
            raise(io, rondo_error_new(RONDO_EFAILED, "clean-up"));
        }
    });
    Future first = g.next();
    run();
    g = Generator();
    first = Future();
    run();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].error, "clean-up");
}

TEST_F(AGenerator, A_2_nothing_runs_when_the_loop_is_closed) {
    Generator g = counting(5);
    Future first = g.next();
    run();
    forget();
    close();
    EXPECT_EQ(trace(), "");
    rondo_task *task = nullptr;
    EXPECT_EQ(rondo_generator_next_task(g.get(), &task), RONDO_ECLOSED);
    g = Generator();
    EXPECT_NE(trace().find("g ended"), std::string::npos) << "but its frame is ended";
    EXPECT_EQ(trace().find("ECLOSING"), std::string::npos);
}

TEST_F(AGenerator, A_3_shutdown_closes_all_at_once_and_reports_failures) {
    std::vector<Generator> generators;
    for (const char *name : {"a", "b"}) generators.push_back(counting(5, name));
    generators.push_back(generator([](int at, rondo_step &io) {
        if (at == 0) {
            produce(io, 0);
        } else {
            raise(io, rondo_error_new(RONDO_EFAILED, "clean-up"));
        }
    }));
    run_main([&]() -> Script {
        for (const Generator &g : generators) {
            Future first = g.next();
            co_await first;
        }
        count_turns_from_here();
        rondo_future *all = nullptr;
        EXPECT_EQ(rondo_loop_shutdown_generators(loop, &all), RONDO_OK);
        Future closing(all);
        EXPECT_TRUE((co_await attempt(closing)).ok());
    });
    EXPECT_EQ(trace(), "1: b ECLOSING a ECLOSING | 3: b cleaned b ended a cleaned a ended");
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].error, "clean-up");
}

TEST_F(AGenerator, A_3_of_nothing_is_done_at_once) {
    rondo_future *all = nullptr;
    EXPECT_EQ(rondo_loop_shutdown_generators(loop, &all), RONDO_OK);
    EXPECT_TRUE(Future(all).done());
}

TEST_F(AGenerator, A_3_one_that_begins_afterwards_is_closed_by_a_later_shutdown) {
    Generator g = counting(5);
    run_main([&]() -> Script {
        for (int round = 0; round < 2; ++round) {
            rondo_future *all = nullptr;
            EXPECT_EQ(rondo_loop_shutdown_generators(loop, &all), RONDO_OK);
            Future closing(all);
            co_await closing;
            say(std::to_string(round));
            Future next = g.next();
            co_await attempt(next);
        }
    });
    EXPECT_NE(trace().find("g ended"), std::string::npos) << trace();
}

TEST_F(AGenerator, A_3_one_with_a_task_inside_is_closed_by_the_next_shutdown) {
    Future f = future();
    Generator g = generator(
        [&](int at, rondo_step &io) {
            if (io.status < 0) {
                pass_on(io);
            } else if (at == 0) {
                io.verdict = RONDO_STEP_AWAIT;
                io.target = rondo_future_retain(f.get());
            } else {
                produce(io, at);
            }
        },
        [&] { say("ended"); });
    run_main([&]() -> Script {
        Future inside_it = g.next();
        co_await yield();
        for (int round = 0; round < 2; ++round) {
            rondo_future *all = nullptr;
            EXPECT_EQ(rondo_loop_shutdown_generators(loop, &all), RONDO_OK);
            Future closing(all);
            co_await closing;
            say("round " + std::to_string(round));
            f.set(1);
            co_await attempt(inside_it);
        }
    });
    EXPECT_NE(trace().find("ended | "), std::string::npos) << trace();
}

TEST_F(AGenerator, A_4_leaving_an_iteration_does_not_close_it) {
    Generator g = counting(5);
    run_main([&]() -> Script {
        Future first = g.next();
        co_await first;
        co_await sleep(RONDO_S(1));
        Future second = g.next();
        EXPECT_EQ(co_await second, 1);
    });
    EXPECT_EQ(trace(), "");
}

TEST_F(AGenerator, need_not_be_held_while_a_task_asks_it) {
    Generator g = counting(1, "g", 2);
    Future task = g.next();
    one_turn();
    g = Generator();
    run();
    EXPECT_EQ(task.text(), "0");
    EXPECT_NE(trace().find("g ended"), std::string::npos) << trace();
    task = Future();
    EXPECT_EQ(stats().futures, 0u);
}

TEST_F(AGenerator, ends_with_its_loop_in_every_state) {
    int ended = 0;
    auto counted = [&](std::function<void(int, rondo_step &)> stage) {
        return generator(std::move(stage), [&] { ++ended; });
    };
    auto producing = [](int at, rondo_step &io) { produce(io, at); };
    auto parking = [](int, rondo_step &io) { io.verdict = RONDO_STEP_PARK; };
    Generator created = counted(producing), idle = counted(producing), waiting = counted(parking);
    Generator finished = counted([](int, rondo_step &io) { finish(io); });
    std::vector<Future> tasks{idle.next(), waiting.next(), finished.next()};
    run();
    close();
    created = idle = waiting = finished = Generator();
    tasks.clear();
    EXPECT_EQ(ended, 4);
}

// ---- finalizers

namespace {

class AFinalizer : public AGenerator {
protected:
    struct Entry {
        AFinalizer *world;
        std::string name;
        int kind; // 0: a task that says its name, 1: one that fails, 2: nothing to do
        rondo_finalizer *handle = nullptr;
    };
    ~AFinalizer() override {
        for (auto &entry : entries) rondo_finalizer_release(entry->handle);
    }
    Entry &finalizer(const std::string &name, int kind = 0) {
        entries.push_back(std::make_unique<Entry>(Entry{this, name, kind}));
        EXPECT_EQ(rondo_finalizer_create(loop, start, entries.back().get(), &entries.back()->handle), RONDO_OK);
        return *entries.back();
    }
    static void release(Entry &entry) { rondo_finalizer_release(std::exchange(entry.handle, nullptr)); }
    Future shutdown() {
        rondo_future *all = nullptr;
        EXPECT_EQ(rondo_loop_shutdown_generators(loop, &all), RONDO_OK);
        return Future(all);
    }
    std::vector<std::unique_ptr<Entry>> entries;

private:
    static void start(void *user, rondo_loop *, rondo_task **task) {
        auto &entry = *static_cast<Entry *>(user);
        AFinalizer &world = *entry.world;
        if (entry.kind == 2) return;
        Future made = world.spawn([&]() -> Script {
            co_await yield();
            world.say(entry.name);
            if (entry.kind == 1) throw Raised(RONDO_EFAILED, entry.name.c_str());
        });
        *task = rondo_future_retain(made.get());
    }
};

} // namespace

TEST_F(AFinalizer, A_5_all_are_started_together_the_newest_first) {
    for (const char *name : {"first", "second", "third"}) finalizer(name);
    Future all = shutdown();
    EXPECT_FALSE(all.done());
    run();
    EXPECT_EQ(trace(), "2: third second first");
    EXPECT_TRUE(all.done());
    EXPECT_TRUE(shutdown().done()) << "each is started once";
}

TEST_F(AFinalizer, A_5_failures_are_reported_and_not_raised) {
    finalizer("good");
    finalizer("bad", 1);
    Future all = shutdown();
    run();
    EXPECT_TRUE(all.result().ok());
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].error, "bad");
}

TEST_F(AFinalizer, A_5_may_have_nothing_to_do) {
    finalizer("nothing", 2);
    EXPECT_TRUE(shutdown().done());
}

TEST_F(AFinalizer, A_5_releasing_it_unregisters) {
    Entry &gone = finalizer("gone");
    finalizer("stays");
    release(gone);
    shutdown();
    run();
    EXPECT_EQ(trace(), "2: stays");
}

TEST_F(AFinalizer, A_5_can_be_started_by_hand_once) {
    Entry &one = finalizer("one");
    Entry &nothing = finalizer("nothing", 2);
    EXPECT_EQ(rondo_finalizer_start(one.handle), 1);
    EXPECT_EQ(rondo_finalizer_start(one.handle), 0);
    EXPECT_EQ(rondo_finalizer_start(nothing.handle), 0);
    EXPECT_TRUE(shutdown().done());
    run();
    EXPECT_EQ(trace(), "2: one");
}

TEST_F(AFinalizer, A_5_generators_and_finalizers_are_started_in_one_order) {
    Generator g = counting(5, "g");
    finalizer("before");
    Future first = g.next();
    run();
    finalizer("behind");
    shutdown();
    run();
    EXPECT_EQ(trace(), "1: g ECLOSING | 2: behind before | 3: g cleaned g ended");
}

TEST_F(AFinalizer, A_5_a_closed_loop_takes_none_and_starts_none) {
    Entry &one = finalizer("one");
    close();
    EXPECT_EQ(rondo_finalizer_start(one.handle), RONDO_ECLOSED);
    rondo_finalizer *made = nullptr;
    EXPECT_EQ(rondo_finalizer_create(loop, [](void *, rondo_loop *, rondo_task **) {}, nullptr, &made), RONDO_ECLOSED);
    EXPECT_EQ(made, nullptr);
    EXPECT_EQ(trace(), "");
}
