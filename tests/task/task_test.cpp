// Tasks: creation, steps and awaiting; sections 4.1 and 4.2 of the semantics.
#include "script.h"

#include "task/task.h"

#include <cstdlib>
#include <cstring>

using namespace rondo::test;

namespace {

class ATask : public testing::Test, public TaskWorld {
protected:
    static rondo::core::Phase phase(const Future &task) {
        return static_cast<rondo::core::Task *>(task.get())->phase;
    }
    rondo_task *current() { return rondo_loop_current_task(nullptr); }
    std::vector<rondo_task *> all() {
        rondo_task *found[16];
        size_t count = 0;
        EXPECT_EQ(rondo_loop_all_tasks(loop, found, 16, &count), RONDO_OK);
        for (size_t i = 0; i < count; ++i) rondo_future_release(found[i]);
        return {found, found + count};
    }
};

using rondo::core::Phase;
using Tasks = std::vector<rondo_task *>;

} // namespace

// ---- creation

TEST_F(ATask, T1_its_first_step_stands_in_the_queue_like_any_callback) {
    spawn([&]() -> Script {
        soon([&] { say("callback 1"); });
        spawn([&]() -> Script {
            say("child");
            co_return;
        });
        soon([&] { say("callback 2"); });
        say("creator goes on");
        co_return;
    });
    run();
    EXPECT_EQ(trace(), "1: creator goes on | 2: callback 1 child callback 2");
}

TEST_F(ATask, T2_its_wake_up_is_one_entry_in_the_turn_after_the_completion) {
    Future f = future();
    spawn([&]() -> Script {
        co_await f;
        say("woken");
    });
    soon([&] {
        soon([&] { say("before"); });
        f.set(1);
        soon([&] { say("behind"); });
    });
    run();
    EXPECT_EQ(trace(), "2: before woken behind");
    EXPECT_EQ(stats().entries, 5u);
}

TEST_F(ATask, T3_a_bare_yield_puts_the_next_step_at_the_end_of_the_queue) {
    spawn([&]() -> Script {
        soon([&] { say("before"); });
        co_await yield();
        say("resumed");
    });
    soon([&] { soon([&] { say("behind"); }); });
    run();
    EXPECT_EQ(trace(), "2: before resumed behind");
    EXPECT_EQ(stats().deadlines, 0u);
}

TEST_F(ATask, T4_is_in_one_phase_at_a_time_and_never_stepped_when_done) {
    Future f = future();
    Future task = spawn([&]() -> Script {
        EXPECT_EQ(phase(task), Phase::running);
        co_await f;
        EXPECT_EQ(phase(task), Phase::running);
        co_await sleep(RONDO_S(1));
        co_await park();
        say("end");
    });
    EXPECT_EQ(phase(task), Phase::ready);
    one_turn();
    EXPECT_EQ(phase(task), Phase::waiting);
    EXPECT_FALSE(busy());
    f.set(1);
    EXPECT_EQ(stats().ready, 1u);
    one_turn();
    EXPECT_EQ(phase(task), Phase::sleeping);
    EXPECT_EQ(stats().ready, 0u);
    one_turn(RONDO_S(1));
    EXPECT_EQ(phase(task), Phase::ready);
    one_turn();
    EXPECT_EQ(phase(task), Phase::parked);
    EXPECT_FALSE(busy());
    rondo_waker *waker = nullptr;
    EXPECT_EQ(rondo_task_waker(task.get(), &waker), RONDO_OK);
    rondo_waker_wake_by_ref(waker);
    one_turn();
    EXPECT_EQ(phase(task), Phase::ended);
    rondo_waker_wake(waker);
    task.cancel();
    run();
    EXPECT_EQ(stats().tasks, 0u);
    EXPECT_EQ(stats().ready, 0u);
}

TEST_F(ATask, T5_has_a_name_of_its_own_or_the_next_number) {
    auto number = [](const std::string &name) { return std::atoi(name.c_str() + std::strlen("Task-")); };
    auto nothing = []() -> Script { co_return; };
    Future first = spawn(nothing);
    Future named = spawn_named("worker", nothing);
    Future second = spawn(nothing);
    EXPECT_EQ(named.name(), "worker");
    EXPECT_EQ(first.name().rfind("Task-", 0), 0u);
    EXPECT_GE(number(first.name()), 1);
    EXPECT_EQ(number(second.name()), number(first.name()) + 1);
    EXPECT_EQ(rondo_task_set_name(second.get(), "renamed"), RONDO_OK);
    EXPECT_EQ(second.name(), "renamed");
    run();
    EXPECT_EQ(second.name(), "renamed");
    {
        TaskWorld other;
        EXPECT_EQ(number(other.spawn(nothing).name()), number(first.name()) + 2);
    }
}

TEST_F(ATask, T6_something_that_cannot_be_stepped_is_refused) {
    rondo_task *task = nullptr;
    EXPECT_EQ(rondo_task_create(loop, nullptr, nullptr, nullptr, &task), RONDO_EINVAL);
    rondo_coro_vtable empty{};
    empty.size = sizeof empty;
    EXPECT_EQ(rondo_task_create(loop, &empty, nullptr, nullptr, &task), RONDO_EINVAL);
    EXPECT_EQ(task, nullptr);
    EXPECT_EQ(stats().tasks, 0u);
}

TEST_F(ATask, T6_without_a_running_loop_the_coroutine_stays_the_callers) {
    Conductor conductor([]() -> Script { co_return; });
    EXPECT_EQ(rondo_task_create(nullptr, &Conductor::vtable, &conductor, nullptr, nullptr), RONDO_ENOLOOP);
}

TEST_F(ATask, T8_only_the_coroutine_sets_the_result) {
    Future task = spawn([]() -> Answer { co_return 3; });
    EXPECT_EQ(task.set(1), RONDO_EKIND);
    EXPECT_EQ(task.fail("x"), RONDO_EKIND);
    run();
    EXPECT_EQ(task.text(), "3");
    EXPECT_EQ(task.set(1), RONDO_EKIND);
}

TEST_F(ATask, T10_all_tasks_are_those_not_done_in_creation_order) {
    Future f = future();
    Future a = spawn([&]() -> Script {
        Tasks found = all();
        EXPECT_EQ(found.size(), 3u);
        co_return;
    });
    Future b = spawn([&]() -> Script { co_await f; });
    Future c = spawn([&]() -> Script { co_await f; });
    EXPECT_EQ(all(), (Tasks{a.get(), b.get(), c.get()}));
    one_turn();
    EXPECT_EQ(all(), (Tasks{b.get(), c.get()}));
    f.set(1);
    EXPECT_EQ(all(), (Tasks{b.get(), c.get()}));
    one_turn();
    EXPECT_EQ(all(), Tasks{});
}

TEST_F(ATask, T10_the_current_task_is_the_one_whose_step_runs) {
    Future a = spawn([&]() -> Script {
        EXPECT_EQ(current(), a.get());
        soon([&] { EXPECT_EQ(current(), nullptr); });
        co_await yield();
        EXPECT_EQ(current(), a.get());
    });
    Future b = spawn([&]() -> Script {
        EXPECT_EQ(current(), b.get());
        co_return;
    });
    when_done(b, [&] { EXPECT_EQ(current(), nullptr); });
    run();
    EXPECT_EQ(rondo_loop_current_task(loop), nullptr);
}

// ---- awaiting

TEST_F(ATask, T20_calling_another_script_is_the_same_task_and_takes_no_turn) {
    auto inner = [&]() -> Answer {
        say("inner of " + Future(rondo_future_retain(current())).name());
        co_await yield();
        co_return 4;
    };
    spawn_named("outer", [&]() -> Script {
        say("called");
        int64_t got = co_await inner();
        say("got " + std::to_string(got));
    });
    run();
    EXPECT_EQ(trace(), "1: called inner of outer | 2: got 4");
}

TEST_F(ATask, T21_awaiting_what_is_done_does_not_yield) {
    Future value = future(), failed = future(), dropped = future();
    value.set(1);
    failed.fail("broken");
    dropped.cancel("gone");
    Future ended = spawn([]() -> Answer { co_return 2; });
    spawn([&]() -> Script {
        std::vector<std::string> texts;
        for (const Future &done : {value, failed, dropped, ended, gather({}), gather({value, ended})}) {
            Outcome outcome = co_await attempt(done);
            texts.push_back(outcome.text());
        }
        EXPECT_EQ(texts, (std::vector<std::string>{"1", "EFAILED broken", "ECANCELED gone", "2", "0", "0"}));
        say("still the same turn");
    });
    soon([&] { say("behind"); });
    run();
    EXPECT_EQ(trace(), "1: still the same turn behind");
}

TEST_F(ATask, T21_a_million_awaits_of_something_done_take_one_turn_and_no_stack) {
    Future done = future();
    done.set(1);
    Future task = spawn([&]() -> Answer {
        int64_t sum = 0;
        for (int i = 0; i < 1'000'000; ++i) sum += co_await done;
        co_return sum;
    });
    run();
    EXPECT_EQ(task.text(), "1000000");
    EXPECT_EQ(turn(), 1u);
}

TEST_F(ATask, T22_awaiting_itself_is_an_error_raised_in_the_next_turn) {
    Future task = spawn([&]() -> Script {
        say("awaits");
        Outcome outcome = co_await attempt(task);
        say(outcome.text());
    });
    soon([&] { say("behind"); });
    run();
    EXPECT_EQ(trace(), "1: awaits behind | 2: ESELF Task cannot await on itself");
    EXPECT_EQ(task.text(), "0");
}

TEST_F(ATask, T23_a_pending_future_of_another_loop_is_an_error_raised_in_the_next_turn) {
    TaskWorld other;
    Future foreign = other.future();
    spawn([&]() -> Script {
        Outcome outcome = co_await attempt(foreign);
        say(rondo_status_name(outcome.status));
    });
    run();
    EXPECT_EQ(trace(), "2: EOTHERLOOP");
    EXPECT_FALSE(foreign.done());
}

TEST_F(ATask, T23_a_done_future_of_another_loop_gives_its_value) {
    TaskWorld other;
    Future foreign = other.future();
    foreign.set(9);
    spawn([&]() -> Script {
        int64_t got = co_await foreign;
        say(std::to_string(got));
    });
    run();
    EXPECT_EQ(trace(), "1: 9");
}

TEST_F(ATask, T24_awaiting_nothing_is_an_error_raised_in_the_next_turn) {
    spawn([&]() -> Script {
        Outcome outcome = co_await attempt(Suspension{RONDO_STEP_AWAIT, nullptr, 0});
        say(rondo_status_name(outcome.status));
    });
    run();
    EXPECT_EQ(trace(), "2: EINVAL");
}

TEST_F(ATask, T24_a_step_that_answers_nothing_or_nonsense_fails_its_task) {
    auto answering = [](uint32_t verdict) {
        rondo_coro_vtable vtable{};
        vtable.size = sizeof vtable;
        vtable.frame_size = sizeof verdict;
        vtable.step = [](void *frame, rondo_step *io) {
            uint32_t answer = *static_cast<uint32_t *>(frame);
            if (answer != RONDO_STEP_FAULT) io->verdict = answer;
        };
        return vtable;
    };
    for (uint32_t verdict : {uint32_t{RONDO_STEP_FAULT}, 77u}) {
        rondo_coro_vtable vtable = answering(verdict);
        rondo_task *made = nullptr;
        ASSERT_EQ(rondo_task_create(loop, &vtable, &verdict, nullptr, &made), RONDO_OK);
        Future task(made);
        run();
        EXPECT_EQ(task.result().status, RONDO_EFAULT);
    }
}

TEST_F(ATask, raising_without_an_error_says_what_is_missing) {
    rondo_coro_vtable vtable{};
    vtable.size = sizeof vtable;
    vtable.step = [](void *, rondo_step *io) { io->verdict = RONDO_STEP_RAISE; };
    rondo_task *made = nullptr;
    ASSERT_EQ(rondo_task_create(loop, &vtable, nullptr, nullptr, &made), RONDO_OK);
    Future task(made);
    run();
    EXPECT_EQ(task.result().status, RONDO_EINVAL);
}

// ---- frames

namespace {

struct Frame {
    int64_t number;
    int *destroyed;

    static void start(void *frame, const void *init) {
        auto *made = static_cast<Frame *>(frame);
        EXPECT_EQ(made->number, 0);
        *made = *static_cast<const Frame *>(init);
        ++made->number;
    }
    static void step(void *frame, rondo_step *io) {
        EXPECT_EQ(reinterpret_cast<uintptr_t>(frame) % 16, 0u);
        io->verdict = RONDO_STEP_RETURN;
        io->out = rondo_i64(static_cast<Frame *>(frame)->number);
    }
    static void destroy(void *frame) { ++*static_cast<Frame *>(frame)->destroyed; }
};

rondo_coro_vtable frame_vtable() {
    rondo_coro_vtable vtable{};
    vtable.size = sizeof vtable;
    vtable.frame_size = sizeof(Frame);
    vtable.step = Frame::step;
    vtable.destroy = Frame::destroy;
    return vtable;
}

} // namespace

TEST_F(ATask, its_frame_is_filled_at_once_and_destroyed_once_when_it_ends) {
    int destroyed = 0;
    rondo_coro_vtable copying = frame_vtable(), starting = frame_vtable();
    starting.start = Frame::start;
    auto make = [&](const rondo_coro_vtable &vtable) {
        Frame init{10, &destroyed};
        rondo_task *task = nullptr;
        EXPECT_EQ(rondo_task_create(loop, &vtable, &init, nullptr, &task), RONDO_OK);
        return Future(task);
    };
    Future copied = make(copying), started = make(starting);
    EXPECT_EQ(static_cast<Frame *>(rondo_task_frame(started.get()))->number, 11);
    run();
    EXPECT_EQ(destroyed, 2);
    EXPECT_EQ(copied.text(), "10");
    EXPECT_EQ(started.text(), "11");
    EXPECT_EQ(rondo_task_frame(started.get()), nullptr);
}

TEST_F(ATask, its_frame_is_gone_before_its_awaiters_run) {
    std::string gone;
    Future task = spawn([&]() -> Script {
        Finally finally([&] { say("frame gone"); });
        co_return;
    });
    say_when_done(task, "done");
    run();
    EXPECT_EQ(trace(), "1: frame gone | 2: done");
}

TEST_F(ATask, the_awaited_value_can_be_moved_out_once) {
    Future f = future();
    std::vector<rondo_status> answers;
    auto taker = [&]() -> Script {
        co_await waiting_for(f);
        co_return;
    };
    (void)taker;
    static std::vector<rondo_status> *seen = nullptr;
    seen = &answers;
    rondo_coro_vtable vtable{};
    vtable.size = sizeof vtable;
    vtable.frame_size = sizeof(rondo_future *) * 2;
    vtable.step = [](void *frame, rondo_step *io) {
        auto **slots = static_cast<rondo_future **>(frame);
        if (!slots[1]) {
            slots[1] = slots[0];
            io->verdict = RONDO_STEP_AWAIT;
            io->target = rondo_future_retain(slots[0]);
            return;
        }
        rondo_value value = rondo_none();
        seen->push_back(io->status);
        seen->push_back(rondo_step_take(io, &value));
        if (io->status == RONDO_OK) seen->push_back(rondo_step_take(io, nullptr));
        io->verdict = RONDO_STEP_RETURN;
        io->out = value;
    };
    rondo_future *init[2] = {f.get(), nullptr};
    std::vector<Future> tasks;
    for (int i = 0; i < 2; ++i) {
        rondo_task *task = nullptr;
        ASSERT_EQ(rondo_task_create(loop, &vtable, init, nullptr, &task), RONDO_OK);
        tasks.emplace_back(task);
    }
    soon([&] { f.set(6); });
    run();
    EXPECT_EQ(tasks[0].text(), "6");
    EXPECT_EQ(answers, (std::vector<rondo_status>{RONDO_OK, RONDO_OK, RONDO_ETAKEN, RONDO_ETAKEN, RONDO_ETAKEN}));
}

// ---- parking

TEST_F(ATask, a_parked_task_resumes_in_the_turn_after_its_waker_and_counts_wakes_once) {
    rondo_waker *waker = nullptr;
    Future task = spawn([&]() -> Script {
        for (int i = 0; i < 2; ++i) {
            co_await park();
            say("woken");
        }
    });
    rondo_task_waker(task.get(), &waker);
    one_turn();
    rondo_waker_wake_by_ref(waker);
    rondo_waker_wake_by_ref(waker);
    run();
    EXPECT_EQ(trace(), "");
    one_turn();
    EXPECT_EQ(trace(), "1: woken");
    one_turn();
    EXPECT_FALSE(task.done());
    rondo_waker_wake(waker);
    one_turn();
    EXPECT_TRUE(task.done());
}

TEST_F(ATask, a_wake_before_the_park_lets_the_next_park_return) {
    rondo_waker *waker = nullptr;
    Future task = spawn([&]() -> Script {
        co_await yield();
        say("parks");
        co_await park();
        say("woken");
    });
    rondo_task_waker(task.get(), &waker);
    rondo_waker_wake(waker);
    run();
    EXPECT_EQ(trace(), "2: parks | 3: woken");
}

TEST_F(ATask, a_waker_outlives_task_and_loop) {
    rondo_waker *waker = nullptr;
    {
        TaskWorld other;
        Future task = other.spawn([]() -> Script { co_await park(); });
        rondo_task_waker(task.get(), &waker);
        other.one_turn();
    }
    rondo_waker_wake_by_ref(waker);
    rondo_waker_wake(waker);
}
