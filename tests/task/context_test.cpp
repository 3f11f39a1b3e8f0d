// Contexts: section 19 of the semantics.
#include "../loop/pipe.h"
#include "script.h"

using namespace rondo::test;

namespace {

class Var {
public:
    explicit Var(const char *name = "var") { EXPECT_EQ(rondo_ctxvar_create(name, nullptr, &var_), RONDO_OK); }
    Var(const char *name, int64_t fallback) {
        rondo_value value = rondo_i64(fallback);
        EXPECT_EQ(rondo_ctxvar_create(name, &value, &var_), RONDO_OK);
    }
    ~Var() { rondo_ctxvar_release(var_); }
    Var(const Var &) = delete;
    Var &operator=(const Var &) = delete;

    void set(int64_t number, rondo_context *context = nullptr) const {
        rondo_value value = rondo_i64(number);
        EXPECT_EQ(rondo_context_set(context, var_, &value, nullptr), RONDO_OK);
    }
    rondo_token *set_with_token(int64_t number) const {
        rondo_value value = rondo_i64(number);
        rondo_token *token = nullptr;
        EXPECT_EQ(rondo_context_set(nullptr, var_, &value, &token), RONDO_OK);
        return token;
    }
    // "none" when it has no value.
    std::string get(rondo_context *context = nullptr) const {
        rondo_value view = rondo_none();
        rondo_status status = rondo_context_get(context, var_, &view);
        return status == RONDO_ENOVALUE ? "none" : std::to_string(view.as.i64);
    }
    rondo_ctxvar *get_var() const { return var_; }

private:
    rondo_ctxvar *var_ = nullptr;
};

class Context {
public:
    Context() { EXPECT_EQ(rondo_context_create(&context_), RONDO_OK); }
    explicit Context(rondo_context *adopted) : context_(adopted) {}
    ~Context() { rondo_context_release(context_); }
    Context(const Context &) = delete;
    Context &operator=(const Context &) = delete;
    operator rondo_context *() const { return context_; }

private:
    rondo_context *context_ = nullptr;
};

class InContext : public testing::Test, public TaskWorld {
protected:
    Var var;
    std::string value() { return var.get(); }
    void say_value() { say(value()); }
};

} // namespace

TEST_F(InContext, C1_callbacks_capture_a_copy_when_they_are_scheduled) {
    Future f = future();
    Pipe pipe;
    pipe.fill();
    soon([&] {
        var.set(1);
        soon([&] { say_value(); });
        later(0, [&] { say_value(); });
        at(0, [&] { say_value(); });
        when_done(f, [&] { say_value(); });
        add_reader(pipe.reading, [&] {
            say_value();
            remove_reader(pipe.reading);
        });
        var.set(2);
        f.set(0);
    });
    run();
    EXPECT_EQ(trace(), "2: 1 1 1 1 1");
}

TEST_F(InContext, C1_so_do_posts_from_the_loops_own_thread) {
    soon([&] {
        var.set(1);
        from_outside([&] { say_value(); });
        soon([] {});
    });
    run();
    EXPECT_EQ(trace(), "2: 1");
}

TEST_F(InContext, C1_an_explicit_context_is_used_itself_and_not_copied) {
    Context own;
    var.set(5, own);
    Future f = future();
    soon([&] {
        soon([&] { say_value(), var.set(6); }, own);
        later(0, [&] { say_value(), var.set(7); }, own);
        from_outside([&] { say_value(), var.set(8); }, own);
        when_done(f, [&] { say_value(), var.set(9); }, own);
        f.set(0);
        EXPECT_EQ(value(), "none");
    });
    run();
    EXPECT_EQ(trace(), "2: 5 6 9 8");
    EXPECT_EQ(var.get(own), "7");
}

TEST_F(InContext, C2_T7_a_task_copies_the_creators_context_at_its_creation) {
    spawn([&]() -> Script {
        var.set(1);
        spawn([&]() -> Script {
            say_value();
            var.set(10);
            co_await yield();
            say_value();
        });
        var.set(2);
        co_await yield();
        co_await yield();
        say_value();
    });
    run();
    EXPECT_EQ(trace(), "2: 1 | 3: 10 2");
}

TEST_F(InContext, C2_every_step_enters_it_and_leaves_it) {
    for (int64_t number : {1, 2}) {
        spawn([&, number]() -> Script {
            var.set(number);
            for (int i = 0; i < 3; ++i) {
                co_await yield();
                say_value();
            }
        });
    }
    soon([&] { say_value(); });
    run();
    EXPECT_EQ(trace(), "1: none | 2: 1 2 | 3: 1 2 | 4: 1 2");
}

TEST_F(InContext, T7_a_given_context_is_the_tasks_own_and_changed_in_place) {
    Context own;
    var.set(1, own);
    spawn_in(own, [&]() -> Script {
        say_value();
        var.set(2);
        co_await yield();
        say_value();
        var.set(3);
    });
    run();
    EXPECT_EQ(trace(), "1: 1 | 2: 2");
    EXPECT_EQ(var.get(own), "3");
}

TEST_F(InContext, T7_a_task_tells_its_context) {
    Future task = spawn([&]() -> Script {
        var.set(4);
        co_await park();
    });
    one_turn();
    rondo_context *got = nullptr;
    ASSERT_EQ(rondo_task_get_context(task.get(), &got), RONDO_OK);
    Context context(got);
    EXPECT_EQ(var.get(context), "4");
    task.cancel();
    run();
}

TEST_F(InContext, C3_a_called_script_shares_the_callers_context) {
    auto inner = [&]() -> Script {
        var.set(3);
        co_return;
    };
    spawn([&]() -> Script {
        co_await inner();
        say_value();
    });
    run();
    EXPECT_EQ(trace(), "1: 3");
}

TEST_F(InContext, C4_gathered_tasks_have_a_copy_each) {
    spawn([&]() -> Script {
        var.set(1);
        auto child = [&](int64_t number) {
            return spawn([&, number]() -> Script {
                say_value();
                var.set(number);
                co_await yield();
                say_value();
            });
        };
        Future all = gather({child(10), child(20)});
        co_await all;
        say_value();
    });
    run();
    EXPECT_EQ(trace(), "2: 1 1 | 3: 10 20 | 5: 1");
}

TEST_F(InContext, C5_a_task_wakes_in_its_own_context_whoever_completes_the_future) {
    Future f = future();
    spawn([&]() -> Script {
        var.set(1);
        co_await f;
        say_value();
    });
    spawn([&]() -> Script {
        var.set(2);
        f.set(0);
        co_return;
    });
    run();
    EXPECT_EQ(trace(), "2: 1");
}

TEST_F(InContext, C6_two_tasks_may_share_a_context_as_long_as_their_steps_do_not_nest) {
    Context shared;
    for (int64_t number : {1, 2}) {
        spawn_in(shared, [&, number]() -> Script {
            say_value();
            var.set(number);
            co_await yield();
            say_value();
        });
    }
    run();
    EXPECT_EQ(trace(), "1: none 1 | 2: 2 2");
}

TEST_F(InContext, C6_a_context_cannot_be_entered_twice_at_once) {
    Context own;
    auto enter = [](void *user, rondo_call *) {
        EXPECT_EQ(rondo_context_run(static_cast<rondo_context *>(user), [](void *, rondo_call *) {}, nullptr),
                  RONDO_EENTERED);
    };
    spawn_in(own, [&]() -> Script {
        enter(own, nullptr);
        co_return;
    });
    soon([&] { enter(own, nullptr); }, own);
    soon([&] { EXPECT_EQ(rondo_context_run(own, enter, own), RONDO_OK); });
    run();
    EXPECT_EQ(rondo_context_run(own, enter, own), RONDO_ENOLOOP);
}

TEST_F(InContext, C6_not_even_a_tasks_own_that_it_asks_for_while_it_runs) {
    Future task = spawn([&]() -> Script {
        for (int step = 0; step < 2; ++step) {
            rondo_context *own = nullptr;
            rondo_task_get_context(task.get(), &own);
            EXPECT_EQ(rondo_context_run(own, [](void *, rondo_call *) {}, nullptr), RONDO_EENTERED) << step;
            rondo_context_release(own);
            co_await yield();
        }
    });
    run();
}

TEST_F(InContext, C6_after_the_step_it_can_be_entered) {
    Future task = spawn([&]() -> Script {
        rondo_context *own = nullptr;
        rondo_task_get_context(task.get(), &own);
        rondo_context_release(own);
        var.set(4);
        co_await yield();
        co_await yield();
        say_value();
    });
    soon([&] {
        rondo_context *other = nullptr;
        rondo_task_get_context(task.get(), &other);
        auto change = [](void *user, rondo_call *) { static_cast<Var *>(user)->set(5); };
        EXPECT_EQ(rondo_context_run(other, change, &var), RONDO_OK);
        rondo_context_release(other);
    });
    run();
    EXPECT_EQ(trace(), "3: 5");
}

TEST_F(InContext, C7_a_copy_is_a_snapshot) {
    soon([&] {
        var.set(1);
        rondo_context *copied = nullptr;
        ASSERT_EQ(rondo_context_copy(nullptr, &copied), RONDO_OK);
        Context copy(copied);
        var.set(2);
        EXPECT_EQ(var.get(copy), "1");
        var.set(3, copy);
        EXPECT_EQ(value(), "2");
    });
    run();
    EXPECT_TRUE(heard.empty());
}

TEST_F(InContext, C7_a_variable_never_set_has_its_default_or_none) {
    Var with_default("b", 8);
    soon([&] {
        EXPECT_EQ(value(), "none");
        EXPECT_EQ(with_default.get(), "8");
        with_default.set(9);
        EXPECT_EQ(with_default.get(), "9");
    });
    run();
    EXPECT_EQ(rondo_context_get(nullptr, var.get_var(), nullptr), RONDO_ENOLOOP);
}

TEST_F(InContext, C7_a_token_undoes_its_set_once) {
    soon([&] {
        rondo_token *first = var.set_with_token(1);
        rondo_token *second = var.set_with_token(2);
        EXPECT_EQ(rondo_context_reset(nullptr, second), RONDO_OK);
        EXPECT_EQ(value(), "1");
        EXPECT_EQ(rondo_context_reset(nullptr, second), RONDO_ETOKEN);
        EXPECT_EQ(value(), "1");
        EXPECT_EQ(rondo_context_reset(nullptr, first), RONDO_OK);
        EXPECT_EQ(value(), "none");
        rondo_token_release(first);
        rondo_token_release(second);
    });
    run();
}

TEST_F(InContext, C7_a_token_belongs_to_the_context_it_was_made_in) {
    rondo_token *token = nullptr;
    spawn([&]() -> Script {
        token = var.set_with_token(1);
        co_await yield();
        co_await yield();
        EXPECT_EQ(rondo_context_reset(nullptr, token), RONDO_OK);
        say_value();
    });
    spawn([&]() -> Script {
        var.set(2);
        EXPECT_EQ(rondo_context_reset(nullptr, token), RONDO_ETOKEN);
        say_value();
        co_return;
    });
    run();
    EXPECT_EQ(trace(), "1: 2 | 3: none");
    rondo_token_release(token);
}

TEST_F(InContext, C7_a_token_of_a_task_that_ended_fits_no_task_that_came_after_it) {
    rondo_token *token = nullptr;
    spawn([&]() -> Script {
        token = var.set_with_token(1);
        co_return;
    });
    run();
    for (int i = 0; i < 20; ++i) {
        spawn([&]() -> Script {
            var.set(2);
            EXPECT_EQ(rondo_context_reset(nullptr, token), RONDO_ETOKEN);
            EXPECT_EQ(value(), "2");
            co_return;
        });
        run();
    }
    rondo_token_release(token);
}

TEST_F(InContext, C7_a_token_still_fits_when_the_task_has_told_its_context) {
    Future task = spawn([&]() -> Script {
        rondo_token *token = var.set_with_token(1);
        rondo_context *own = nullptr;
        rondo_task_get_context(task.get(), &own);
        EXPECT_EQ(rondo_context_reset(own, token), RONDO_OK);
        EXPECT_EQ(value(), "none");
        rondo_context_release(own);
        rondo_token_release(token);
        co_return;
    });
    run();
}

TEST_F(InContext, C7_values_are_dropped_when_the_last_context_that_holds_them_goes) {
    static int dropped;
    dropped = 0;
    auto drop = [](void *, size_t) { ++dropped; };
    {
        Context own;
        rondo_value value = rondo_ptr(&dropped, drop);
        EXPECT_EQ(rondo_context_set(own, var.get_var(), &value, nullptr), RONDO_OK);
        {
            rondo_context *copied = nullptr;
            rondo_context_copy(own, &copied);
            Context copy(copied);
            var.set(1, copy);
            EXPECT_EQ(dropped, 0);
            var.set(1, own);
            EXPECT_EQ(dropped, 1);
        }
    }
    EXPECT_EQ(dropped, 1);
}

TEST_F(InContext, C7_many_variables_keep_their_values_apart) {
    std::vector<std::unique_ptr<Var>> vars;
    std::vector<std::string> model(50, "none");
    for (int i = 0; i < 50; ++i) vars.push_back(std::make_unique<Var>());
    soon([&] {
        std::vector<std::pair<size_t, rondo_token *>> tokens;
        std::vector<std::string> before;
        unsigned random = 3;
        for (int step = 0; step < 3000; ++step) {
            random = random * 1664525u + 1013904223u;
            size_t i = (random >> 8) % vars.size();
            if ((random >> 20) % 3 && tokens.size() < 100) {
                tokens.emplace_back(i, vars[i]->set_with_token(step));
                before.push_back(model[i]);
                model[i] = std::to_string(step);
            } else if (!tokens.empty()) {
                auto [which, token] = tokens.back();
                tokens.pop_back();
                EXPECT_EQ(rondo_context_reset(nullptr, token), RONDO_OK);
                rondo_token_release(token);
                model[which] = before.back();
                before.pop_back();
            }
            for (size_t k = 0; k < vars.size(); ++k) ASSERT_EQ(vars[k]->get(), model[k]);
        }
        for (auto &[which, token] : tokens) rondo_token_release(token);
    });
    run();
}

TEST_F(InContext, L34_a_report_is_told_in_the_context_of_its_task) {
    std::string seen;
    when_it_hears = [&](const rondo_report &) { seen += value(); };
    Future task = spawn([&]() -> Script {
        var.set(7);
        throw Raised(RONDO_EFAILED, "broken");
        co_return;
    });
    soon([&] { soon([&] { task = Future(); }); });
    run();
    EXPECT_EQ(seen, "7");
}
