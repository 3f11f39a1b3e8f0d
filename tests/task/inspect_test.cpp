// Looking inside: section 27 of the semantics.
#include "blocks.h"

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

using namespace rondo::test;

namespace {

class Looking : public testing::Test, public BlockWorld {
protected:
    int state(const Future &task) { return rondo_task_state(task.get()); }
    rondo_future *awaiting(const Future &task) {
        rondo_future *found = nullptr;
        EXPECT_EQ(rondo_task_awaiting(task.get(), &found), RONDO_OK);
        rondo_future_release(found);
        return found;
    }
    std::vector<rondo_future *> awaited_by(const Future &future) {
        rondo_future *found[8];
        size_t count = 0;
        EXPECT_EQ(rondo_future_awaited_by(future.get(), found, 8, &count), RONDO_OK);
        for (size_t i = 0; i < count; ++i) rondo_future_release(found[i]);
        return {found, found + count};
    }
    std::string dump() {
        std::string text;
        auto write = [](void *user, const char *piece, size_t length) {
            static_cast<std::string *>(user)->append(piece, length);
        };
        EXPECT_EQ(rondo_loop_dump(loop, write, &text), RONDO_OK);
        return text;
    }
    template <class F> Future named(const char *name, F body) { return spawn_named(name, std::move(body)); }
    auto awaits(const Future &what) {
        return [what]() -> Script { co_await what; };
    }
    using Futures = std::vector<rondo_future *>;
};

// What was written to a pipe.
class Pipe {
public:
    Pipe() { EXPECT_EQ(pipe2(ends_, O_NONBLOCK), 0); }
    ~Pipe() {
        close(ends_[0]);
        close(ends_[1]);
    }
    int in() const { return ends_[1]; }
    std::string text() const {
        std::string all;
        char piece[512];
        for (ssize_t n; (n = read(ends_[0], piece, sizeof piece)) > 0;) all.append(piece, n);
        return all;
    }

private:
    int ends_[2];
};

} // namespace

// ---- states and edges

TEST_F(Looking, V7_a_task_has_one_state_at_a_time) {
    Future f = future();
    Future task;
    task = spawn([&]() -> Script {
        EXPECT_EQ(state(task), RONDO_TASK_RUNNING);
        co_await f;
        co_await sleep(RONDO_S(1));
        co_await park();
        co_await yield();
    });
    EXPECT_EQ(state(task), RONDO_TASK_READY);
    one_turn();
    EXPECT_EQ(state(task), RONDO_TASK_WAITING);
    f.set(1);
    EXPECT_EQ(state(task), RONDO_TASK_READY);
    one_turn();
    EXPECT_EQ(state(task), RONDO_TASK_SLEEPING);
    one_turn(RONDO_S(1));
    EXPECT_EQ(state(task), RONDO_TASK_READY);
    one_turn();
    EXPECT_EQ(state(task), RONDO_TASK_PARKED);
    rondo_waker *waker = nullptr;
    rondo_task_waker(task.get(), &waker);
    rondo_waker_wake(waker);
    one_turn();
    EXPECT_EQ(state(task), RONDO_TASK_READY);
    one_turn();
    EXPECT_EQ(state(task), RONDO_TASK_DONE);
    EXPECT_EQ(state(f), RONDO_EKIND);
}

TEST_F(Looking, V1_a_suspended_task_awaits_and_the_future_is_awaited_by_it) {
    Future f = future();
    Future a = spawn(awaits(f)), b = spawn(awaits(f)), c = spawn(awaits(b));
    EXPECT_EQ(awaited_by(f), Futures{});
    EXPECT_EQ(awaiting(a), nullptr);
    one_turn();
    EXPECT_EQ(awaiting(a), f.get());
    EXPECT_EQ(awaiting(c), b.get());
    EXPECT_EQ(awaited_by(f), (Futures{a.get(), b.get()}));
    EXPECT_EQ(awaited_by(b), Futures{c.get()});
    when_done(f, [] {});
    EXPECT_EQ(awaited_by(f).size(), 2u) << "a callback is nobody";
    f.set(1);
    EXPECT_EQ(awaited_by(f), Futures{});
    EXPECT_EQ(awaiting(a), nullptr);
    run();
}

TEST_F(Looking, V1_the_edges_of_combinators) {
    Future f = future();
    Future gathered = gather({f}), waited = wait(of(f)), shielded = shield(f), iterated = as_completed(of(f));
    EXPECT_EQ(awaited_by(f), (Futures{gathered.get(), waited.get(), shielded.get(), iterated.get()}));
    Future task = spawn(awaits(gathered));
    Future drawn = *ticket(iterated);
    Future iterating = spawn(awaits(drawn));
    one_turn();
    EXPECT_EQ(awaited_by(gathered), Futures{task.get()});
    EXPECT_EQ(awaited_by(iterated), Futures{iterating.get()}) << "through its ticket";
    shielded.cancel();
    waited.cancel();
    EXPECT_EQ(awaited_by(f), (Futures{gathered.get(), iterated.get()})) << "the edges go with their combinators";
    f.set(1);
    EXPECT_EQ(awaited_by(f), Futures{});
    run();
}

TEST_F(Looking, V1_the_members_of_a_group_are_awaited_by_its_task) {
    Group group = this->group();
    Future member, main;
    main = spawn([&]() -> Script {
        co_await inside(group, [&]() -> Script {
            member = spawn_member(group, [&]() -> Script { co_await sleep(RONDO_S(1)); });
            co_return;
        });
    });
    one_turn();
    one_turn();
    EXPECT_EQ(awaited_by(member), Futures{main.get()});
    run();
    EXPECT_EQ(awaited_by(member), Futures{});
}

TEST_F(Looking, V1_counts_more_than_fit) {
    Future f = future();
    std::vector<Future> tasks;
    for (int i = 0; i < 5; ++i) tasks.push_back(spawn(awaits(f)));
    one_turn();
    rondo_future *found[2] = {};
    size_t count = 0;
    EXPECT_EQ(rondo_future_awaited_by(f.get(), found, 2, &count), RONDO_OK);
    EXPECT_EQ(count, 5u);
    EXPECT_EQ(found[1], tasks[1].get());
    rondo_future_release(found[0]);
    rondo_future_release(found[1]);
    f.set(1);
    run();
}

// ---- the dump

TEST_F(Looking, V5_a_tree_from_those_nobody_awaits_to_what_they_wait_for) {
    Future f = future();
    Future leaf = named("leaf", awaits(f));
    Future middle = named("middle", awaits(leaf));
    Future top = named("top", awaits(middle));
    Future sleeper = named("sleeper", []() -> Script { co_await sleep(RONDO_S(1)); });
    Future parked = named("parked", []() -> Script { co_await park(); });
    one_turn();
    Future fresh = named("fresh", []() -> Script { co_return; });
    EXPECT_EQ(dump(), "loop: 6 tasks\n"
                      "* top: waiting\n"
                      "  * middle: waiting\n"
                      "    * leaf: waiting\n"
                      "      Future\n"
                      "* sleeper: sleeping\n"
                      "* parked: parked\n"
                      "* fresh: ready\n");
    parked.cancel();
    f.set(1);
    run();
    EXPECT_EQ(dump(), "loop: 0 tasks\n");
}

TEST_F(Looking, V5_what_two_await_is_drawn_once) {
    Future shared = named("shared", []() -> Script { co_await sleep(RONDO_S(1)); });
    Future a = named("a", awaits(shared)), b = named("b", awaits(shared));
    one_turn();
    EXPECT_EQ(dump(), "loop: 3 tasks\n"
                      "* a: waiting\n"
                      "  * shared: sleeping\n"
                      "* b: waiting\n"
                      "  * shared: sleeping (see above)\n");
    run();
}

TEST_F(Looking, V5_a_cycle_is_named) {
    Future a, b, c;
    a = named("a", [&]() -> Script { co_await b; });
    b = named("b", [&]() -> Script { co_await c; });
    c = named("c", [&]() -> Script { co_await a; });
    one_turn();
    EXPECT_EQ(dump(), "loop: 3 tasks\n"
                      "* a: waiting\n"
                      "  * b: waiting\n"
                      "    * c: waiting\n"
                      "      * a: waiting (cycle)\n");
    a.cancel();
    run();
    EXPECT_EQ(stats().tasks, 0u);
}

TEST_F(Looking, V5_combinators_with_what_is_left_of_them) {
    auto sleeping = []() -> Script { co_await sleep(RONDO_S(1)); };
    Future one = named("one", sleeping), two = named("two", sleeping), done = future();
    done.set(1);
    Future g = named("gathering", awaits(gather({one, done, two})));
    Future w = named("waiting", awaits(wait(of(one))));
    Future s = named("shielding", awaits(shield(two)));
    Future iteration = as_completed(of(one, two));
    Future i = named("iterating", awaits(*ticket(iteration)));
    one_turn();
    EXPECT_EQ(dump(), "loop: 6 tasks\n"
                      "* gathering: waiting\n"
                      "  _GatheringFuture of 3\n"
                      "    * one: sleeping\n"
                      "    * two: sleeping\n"
                      "* waiting: waiting\n"
                      "  Wait of 1\n"
                      "    * one: sleeping (see above)\n"
                      "* shielding: waiting\n"
                      "  Future of 1\n"
                      "    * two: sleeping (see above)\n"
                      "* iterating: waiting\n"
                      "  as_completed of 2\n"
                      "    * one: sleeping (see above)\n"
                      "    * two: sleeping (see above)\n");
    run();
}

TEST_F(Looking, V5_a_group_with_its_members) {
    Group group = this->group();
    Future main = named("main", [&]() -> Script {
        co_await inside(group, [&]() -> Script {
            spawn_member(group, []() -> Script { co_await sleep(RONDO_S(1)); }, 0, "first");
            spawn_member(group, []() -> Script { co_await sleep(RONDO_S(2)); }, 0, "second");
            co_return;
        });
    });
    one_turn();
    one_turn();
    EXPECT_EQ(dump(), "loop: 3 tasks\n"
                      "* main: waiting\n"
                      "  task group of 2\n"
                      "    * first: sleeping\n"
                      "    * second: sleeping\n");
    run();
}

TEST_F(Looking, V5_cancel_requests_are_counted) {
    Future stubborn = named("stubborn", []() -> Script {
        co_await attempt(sleep(RONDO_S(1)));
        co_await attempt(sleep(RONDO_S(1)));
        co_await sleep(RONDO_S(1));
    });
    one_turn();
    for (int i = 0; i < 2; ++i) {
        stubborn.cancel();
        one_turn();
    }
    EXPECT_EQ(dump(), "loop: 1 tasks\n* stubborn: sleeping, 2 cancel requests\n");
    run();
}

TEST_F(Looking, V3_coroutines_say_where_they_are) {
    struct Told {
        static size_t describe(void *, char *text, size_t capacity) {
            static const char lines[] = "inner() at file.x:7\nouter() at file.x:3";
            EXPECT_GE(capacity, sizeof lines);
            std::memcpy(text, lines, sizeof lines - 1);
            return sizeof lines - 1;
        }
        static void step(void *, rondo_step *io) {
            bool ends = io->status < 0;
            io->verdict = ends ? RONDO_STEP_RETURN : RONDO_STEP_PARK;
        }
    };
    static const rondo_coro_vtable vtable = {sizeof vtable, 0, 1, 0, nullptr, Told::step, nullptr, Told::describe};
    auto options = sized<rondo_task_options>();
    options.name = "told";
    rondo_task *task = nullptr;
    ASSERT_EQ(rondo_task_create(loop, &vtable, nullptr, &options, &task), RONDO_OK);
    one_turn();
    EXPECT_EQ(dump(), "loop: 1 tasks\n"
                      "* told: parked\n"
                      "  | inner() at file.x:7\n"
                      "  | outer() at file.x:3\n");
    Pipe pipe;
    EXPECT_EQ(rondo_loop_dump_fd(loop, pipe.in()), RONDO_OK);
    EXPECT_EQ(pipe.text(), "loop: 1 tasks\n* told: parked\n") << "without what only the coroutine knows";
    rondo_future_cancel(task, nullptr);
    run();
    rondo_future_release(task);
}

TEST_F(Looking, V5_long_names_and_deep_chains_do_no_harm) {
    std::string name(5000, 'x');
    named(name.c_str(), []() -> Script { co_await sleep(RONDO_S(1)); });
    Future last = future();
    for (int i = 0; i < 300; ++i) last = spawn(awaits(last));
    one_turn();
    std::string text = dump();
    EXPECT_EQ(text.substr(0, 16), "loop: 301 tasks\n");
    EXPECT_NE(text.find("xxx"), std::string::npos);
    while (stats().tasks > 1) {
        last.cancel();
        run();
    }
    run();
}

// ---- dump_fd

TEST_F(Looking, V7_from_another_thread_it_is_done_in_the_next_turn) {
    Future sleeper = named("sleeper", []() -> Script { co_await sleep(RONDO_S(1)); });
    Pipe pipe;
    std::string at_once, next;
    spawn_named("main", [&]() -> Script {
        std::thread([&] { EXPECT_EQ(rondo_loop_dump_fd(loop, pipe.in()), RONDO_OK); }).join();
        at_once = pipe.text();
        co_await yield();
        next = pipe.text();
    });
    run();
    EXPECT_EQ(at_once, "");
    EXPECT_EQ(next, "loop: 2 tasks\n* sleeper: sleeping\n* main: ready\n");
}

namespace {
rondo_loop *signalled_loop;
int signalled_descriptor;
void dump_in_handler(int) { rondo_loop_dump_fd(signalled_loop, signalled_descriptor); }
} // namespace

TEST_F(Looking, V7_from_a_signal_handler_on_the_loops_thread_at_once) {
    Pipe pipe;
    signalled_loop = loop;
    signalled_descriptor = pipe.in();
    struct sigaction action = {}, before = {};
    action.sa_handler = dump_in_handler;
    sigaction(SIGUSR1, &action, &before);
    Future sleeper = named("sleeper", []() -> Script { co_await sleep(RONDO_S(1)); });
    std::string text;
    spawn_named("main", [&]() -> Script {
        co_await yield();
        raise(SIGUSR1);
        text = pipe.text();
    });
    run();
    sigaction(SIGUSR1, &before, nullptr);
    EXPECT_EQ(text, "loop: 2 tasks\n* sleeper: sleeping\n* main: running\n");
}

TEST_F(Looking, V7_wakes_a_loop_that_sleeps) {
    BlockWorld real(loop_options(real_clock));
    Pipe pipe;
    std::thread watcher;
    real.spawn_named("waits", [&]() -> Script {
        co_await yield();
        watcher = std::thread([&] {
            EXPECT_EQ(rondo_loop_dump_fd(real.loop, pipe.in()), RONDO_OK);
            std::string text;
            while (text.find("waits: parked\n") == std::string::npos) text += pipe.text(); // nothing else wakes the loop
            EXPECT_EQ(text, "loop: 1 tasks\n* waits: parked\n");
            EXPECT_EQ(rondo_loop_call_soon_threadsafe(
                          real.loop, [](void *, rondo_call *call) { rondo_loop_stop(call->loop); }, nullptr, nullptr,
                          nullptr),
                      RONDO_OK);
        });
        co_await park();
    });
    real.run_forever();
    watcher.join();
}

TEST_F(Looking, V7_an_idle_loop_is_dumped_at_once_by_any_one_thread) {
    named("fresh", []() -> Script { co_return; });
    Pipe pipe;
    std::thread([&] { EXPECT_EQ(rondo_loop_dump_fd(loop, pipe.in()), RONDO_OK); }).join();
    EXPECT_EQ(pipe.text(), "loop: 1 tasks\n* fresh: ready\n");
    run();
}
