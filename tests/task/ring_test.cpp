// The ready ring, driven by a host in C++: order, what later entries see of earlier answers, and every object counted.
#include "../loop/pipe.h"
#include "ring_world.h"

#include <thread>

using namespace rondo::test;

namespace {

class ARing : public testing::Test {
protected:
    ~ARing() override {
        world.reset();
        EXPECT_EQ(Thing::alive, 0);
    }
    RingWorld &use(RingWorld::Through who = RingWorld::Through::ring, uint32_t capacity = 0,
                   rondo_loop_options options = loop_options()) {
        world = std::make_unique<RingWorld>(who, capacity, options);
        return *world;
    }
    // An entry of the library's own.
    static void native_soon(RingWorld &w, const std::string &what) {
        auto *user = new Callback([&w, what](rondo_call &) { w.say(what); });
        rondo_call_options options = owning();
        EXPECT_EQ(rondo_loop_call_soon(w.loop, run_callback, user, &options, nullptr), RONDO_OK);
    }
    static Future current(RingWorld &w) { return Future(rondo_future_retain(rondo_loop_current_task(w.loop))); }

    std::unique_ptr<RingWorld> world;
};

using Batches = std::vector<uint32_t>;

} // namespace

// ---- order

TEST_F(ARing, keeps_the_order_between_its_entries_and_all_others) {
    RingWorld &w = use();
    w.soon([&] { w.say("1"); });
    native_soon(w, "2");
    w.spawn([&]() -> Script {
        w.say("3");
        co_await yield();
        w.say("8");
    });
    w.soon([&] {
        w.say("4");
        native_soon(w, "9");
    });
    native_soon(w, "5");
    native_soon(w, "6");
    w.soon([&] { w.say("7"); });
    w.run();
    EXPECT_EQ(w.trace(), "1: 1 2 3 4 5 6 7 | 2: 8 9");
    EXPECT_EQ(w.batches, (Batches{1, 2, 1, 1}));
}

TEST_F(ARing, hands_over_neighbours_as_one_batch_and_only_what_was_ready_when_the_turn_began) {
    RingWorld &w = use();
    for (int i = 0; i < 5; ++i) w.soon([&w] { w.soon([] {}); });
    w.run();
    EXPECT_EQ(w.batches, (Batches{5, 5}));
    EXPECT_EQ(w.turn(), 2u);
}

TEST_F(ARing, a_batch_is_no_larger_than_the_ring_and_the_rest_follows_in_the_same_turn) {
    RingWorld &w = use(RingWorld::Through::ring, 3);
    for (int i = 0; i < 8; ++i) w.soon([&w, i] { w.say(std::to_string(i)); });
    w.run();
    EXPECT_EQ(w.trace(), "1: 0 1 2 3 4 5 6 7");
    EXPECT_EQ(w.batches, (Batches{3, 3, 2}));
}

TEST_F(ARing, in_debug_mode_every_batch_has_one_entry) {
    RingWorld &w = use();
    rondo_loop_set_debug(w.loop, 1);
    for (int i = 0; i < 3; ++i) w.soon([&w, i] { w.say(std::to_string(i)); });
    w.run();
    EXPECT_EQ(w.trace(), "1: 0 1 2");
    EXPECT_EQ(w.batches, (Batches{1, 1, 1}));
}

TEST_F(ARing, timers_posts_descriptors_and_done_callbacks_come_through_it_too) {
    RingWorld &w = use();
    Pipe pipe;
    pipe.fill();
    Future f = w.future();
    w.when_done(f, [&] { w.say("done"); });
    w.later(RONDO_S(1), [&] { w.say("timer"); });
    w.from_outside([&] { w.say("post"); });
    w.add_reader(pipe.reading, [&] {
        w.say("readable");
        w.remove_reader(pipe.reading);
    });
    f.set(1);
    w.run();
    EXPECT_EQ(w.trace(), "1: done post readable | 2: timer");
}

TEST_F(ARing, a_descriptor_callback_stays_with_its_watcher) {
    RingWorld &w = use();
    Pipe pipe;
    pipe.fill();
    w.add_reader(pipe.reading, [&] { w.say("readable"); });
    w.count_turns_from_here();
    for (int i = 0; i < 3; ++i) w.one_turn();
    EXPECT_EQ(w.remove_reader(pipe.reading), 1);
    w.one_turn();
    EXPECT_EQ(w.trace(), "1: readable | 2: readable | 3: readable");
}

// ---- answers

TEST_F(ARing, sends_values_of_the_host_natives_and_nothing) {
    RingWorld &w = use();
    Future native = w.future();
    Future own = w.spawn([&]() -> Answer {
        co_await yield();
        co_return 3;
    });
    w.spawn([&]() -> Script {
        int64_t a = co_await own;
        int64_t b = co_await native;
        int64_t c = co_await sleep(RONDO_S(1));
        w.say(std::to_string(a) + " " + std::to_string(b) + " " + std::to_string(c));
    });
    w.soon([&] { native.set(4); });
    w.run();
    EXPECT_EQ(w.trace(), "5: 3 4 0");
}

TEST_F(ARing, an_answer_is_acted_on_before_a_later_entry_of_the_batch_asks_for_anything) {
    RingWorld &w = use();
    Future first = w.spawn([&]() -> Answer { co_return 5; });
    w.say_when_done(first, "first is done");
    w.spawn([&]() -> Script {
        EXPECT_TRUE(first.done());
        EXPECT_EQ(first.text(), "5");
        size_t count = 0;
        rondo_loop_all_tasks(w.loop, nullptr, 0, &count);
        EXPECT_EQ(count, 1u);
        int64_t got = co_await first;
        w.say("second got " + std::to_string(got));
    });
    w.run();
    EXPECT_EQ(w.batches[0], 2u);
    EXPECT_EQ(w.trace(), "1: second got 5 | 2: first is done");
}

TEST_F(ARing, what_an_earlier_entry_schedules_stands_before_what_a_later_one_does) {
    RingWorld &w = use();
    for (const char *name : {"a", "b", "c"}) {
        w.spawn([&w, name]() -> Script {
            w.soon([&w, name] { w.say(std::string(name) + " callback"); });
            co_await yield();
            w.say(name);
        });
    }
    w.run();
    EXPECT_EQ(w.trace(), "2: a callback a b callback b c callback c");
}

TEST_F(ARing, the_current_task_and_context_are_those_of_the_running_entry) {
    RingWorld &w = use();
    rondo_ctxvar *var = nullptr;
    rondo_ctxvar_create("var", nullptr, &var);
    std::vector<Future> tasks(2);
    for (int64_t i : {0, 1}) {
        tasks[static_cast<size_t>(i)] = w.spawn([&w, &tasks, var, i]() -> Script {
            for (int step = 0; step < 3; ++step) {
                EXPECT_EQ(rondo_loop_current_task(w.loop), tasks[static_cast<size_t>(i)].get());
                rondo_value view = rondo_none(), value = rondo_i64(i);
                EXPECT_EQ(rondo_context_get(nullptr, var, &view), step ? RONDO_OK : RONDO_ENOVALUE);
                EXPECT_EQ(view.as.i64, step ? i : 0);
                EXPECT_EQ(rondo_context_set(nullptr, var, &value, nullptr), RONDO_OK);
                co_await yield();
            }
        });
        w.soon([&w] { EXPECT_EQ(rondo_loop_current_task(w.loop), nullptr); });
    }
    w.run();
    EXPECT_EQ(rondo_loop_current_task(w.loop), nullptr);
    rondo_ctxvar_release(var);
}

TEST_F(ARing, C6_the_context_of_the_running_entry_is_entered) {
    RingWorld &w = use();
    rondo_context *own = nullptr;
    rondo_context_create(&own);
    auto nothing = [](void *, rondo_call *) {};
    w.spawn_in(own, [&]() -> Script {
        EXPECT_EQ(rondo_context_run(own, nothing, nullptr), RONDO_EENTERED);
        co_await yield();
    });
    w.soon([&] { EXPECT_EQ(rondo_context_run(own, nothing, nullptr), RONDO_EENTERED); }, own);
    w.soon([&] { EXPECT_EQ(rondo_context_run(own, nothing, nullptr), RONDO_OK); });
    w.run();
    EXPECT_TRUE(w.heard.empty());
    rondo_context_release(own);
}

TEST_F(ARing, T21_a_task_that_answers_a_done_future_resumes_in_the_next_turn_as_a_generator_does) {
    RingWorld &w = use();
    w.looks_before_it_awaits = false;
    Future done = w.future();
    done.set(6);
    w.spawn([&]() -> Script {
        int64_t got = co_await done;
        w.say("got " + std::to_string(got));
    });
    w.run();
    EXPECT_EQ(w.trace(), "2: got 6");
}

TEST_F(ARing, errors_and_cancellations_end_a_task_and_reach_its_awaiters) {
    RingWorld &w = use();
    Future broken = w.spawn([]() -> Script {
        throw Raised(RONDO_EFAILED, "broken");
        co_return;
    });
    Future gone = w.spawn([]() -> Script {
        throw Raised(RONDO_ECANCELED, "gone");
        co_return;
    });
    w.spawn([&]() -> Script {
        Outcome outcome = co_await attempt(broken);
        w.say(outcome.text());
        outcome = co_await attempt(gone);
        w.say(outcome.text());
    });
    w.run();
    EXPECT_EQ(w.trace(), "1: EFAILED broken ECANCELED gone");
    EXPECT_TRUE(gone.cancelled());
    EXPECT_FALSE(broken.cancelled());
}

TEST_F(ARing, a_failing_callback_is_reported) {
    RingWorld &w = use();
    Handle handle = w.soon([](rondo_call &call) { call.status = RONDO_EFAILED; });
    w.soon([&] { w.say("next"); });
    w.run();
    ASSERT_EQ(w.heard.size(), 1u);
    EXPECT_EQ(w.heard[0].handle, handle.get());
    EXPECT_EQ(w.trace(), "1: next");
}

// ---- cancelling

TEST_F(ARing, a_task_cancelled_by_an_earlier_entry_of_its_batch_is_thrown_into) {
    RingWorld &w = use();
    Future f = w.future(), victim, before;
    before = w.spawn([&]() -> Script {
        co_await f;
        EXPECT_TRUE(victim.cancel("in the batch"));
        EXPECT_EQ(victim.cancelling(), 1);
    });
    victim = w.spawn([&]() -> Script {
        Outcome outcome = co_await attempt(f);
        w.say(outcome.text());
    });
    w.one_turn();
    f.set(1);
    w.run();
    EXPECT_EQ(w.batches, (Batches{2, 2}));
    EXPECT_EQ(w.trace(), "1: ECANCELED in the batch");
}

TEST_F(ARing, a_request_taken_back_before_the_entry_begins_leaves_it_unharmed) {
    RingWorld &w = use();
    Future f = w.future(), victim;
    w.spawn([&]() -> Script {
        co_await f;
        victim.cancel("in the batch");
        victim.uncancel();
    });
    victim = w.spawn([&]() -> Script {
        Outcome outcome = co_await attempt(f);
        w.say(outcome.text());
    });
    w.one_turn();
    f.set(8);
    w.run();
    EXPECT_EQ(w.trace(), "1: 8");
}

TEST_F(ARing, T33_a_task_cancelled_before_it_begins_is_thrown_into_at_its_start) {
    RingWorld &w = use();
    Future victim;
    w.soon([&] { victim.cancel("early"); });
    victim = w.spawn([&]() -> Script {
        w.say("never");
        co_return;
    });
    w.run();
    EXPECT_EQ(w.batches, (Batches{2}));
    EXPECT_EQ(w.trace(), "");
    EXPECT_EQ(victim.text(), "ECANCELED early");
}

TEST_F(ARing, L21_a_callback_cancelled_by_an_earlier_entry_of_its_batch_is_skipped) {
    RingWorld &w = use();
    Handle victim;
    w.soon([&] { victim.cancel(); });
    victim = w.soon([&] { w.say("never"); });
    w.soon([&] { w.say("last"); });
    w.run();
    EXPECT_EQ(w.batches, (Batches{3}));
    EXPECT_EQ(w.trace(), "1: last");
    EXPECT_TRUE(victim.cancelled());
}

TEST_F(ARing, L21_callbacks_cancelled_anywhere_else_are_never_handed_over) {
    RingWorld &w = use();
    Handle ready = w.soon([&] { w.say("never"); });
    Handle timer = w.later(RONDO_S(1), [&] { w.say("never"); });
    ready.cancel();
    timer.cancel();
    w.run();
    EXPECT_TRUE(w.batches.empty());
    EXPECT_EQ(Thing::alive, 1);
}

TEST_F(ARing, L21_a_posted_callback_cancelled_before_the_loop_saw_it_is_skipped) {
    RingWorld &w = use();
    Handle a = w.from_outside([&] { w.say("a"); });
    Handle b = w.from_outside([&] { w.say("never"); });
    b.cancel();
    w.one_turn();
    EXPECT_EQ(w.trace(), "1: a");
}

TEST_F(ARing, L5_a_reader_removed_by_an_earlier_entry_of_its_batch_is_skipped) {
    RingWorld &w = use();
    Pipe pipe;
    pipe.fill();
    w.add_reader(pipe.reading, [&] { w.say("never"); });
    w.soon([&] { EXPECT_EQ(w.remove_reader(pipe.reading), 1); });
    w.one_turn();
    EXPECT_EQ(w.batches, (Batches{2}));
    w.one_turn();
    EXPECT_EQ(w.trace(), "");
}

TEST_F(ARing, L5_a_reader_may_remove_and_replace_itself) {
    RingWorld &w = use();
    Pipe pipe;
    pipe.fill();
    w.add_reader(pipe.reading, [&] {
        w.say("first");
        w.add_reader(pipe.reading, [&] {
            w.say("second");
            w.remove_reader(pipe.reading);
        });
    });
    w.count_turns_from_here();
    for (int i = 0; i < 3; ++i) w.one_turn();
    EXPECT_EQ(w.trace(), "1: first | 2: second");
}

TEST_F(ARing, T34_a_task_that_cancelled_itself_passes_it_on_before_the_task_it_awaits_is_resumed) {
    RingWorld &w = use();
    Future f = w.future(), awaited;
    Future task = w.spawn([&]() -> Script {
        co_await f;
        current(w).cancel("self");
        co_await awaited;
    });
    awaited = w.spawn([&]() -> Script {
        Outcome outcome = co_await attempt(f);
        w.say("awaited " + outcome.text());
    });
    w.soon([&] { f.set(1); });
    w.run();
    EXPECT_EQ(w.trace(), "2: awaited ECANCELED self");
    EXPECT_EQ(awaited.cancelling(), 1);
}

TEST_F(ARing, T34_a_pause_keeps_the_order_within_the_turn) {
    RingWorld &w = use();
    w.spawn([&]() -> Script {
        current(w).cancel();
        w.say("a");
        co_await attempt(yield());
        w.say("d");
    });
    w.soon([&] { w.say("b"); });
    native_soon(w, "c");
    w.run();
    EXPECT_EQ(w.trace(), "1: a b c | 2: d");
}

// ---- leaving early

TEST_F(ARing, what_a_drain_did_not_begin_is_handed_over_again_in_its_order) {
    RingWorld &w = use();
    Future f = w.future();
    for (int i = 0; i < 4; ++i) {
        w.spawn([&w, &f, i]() -> Script {
            Outcome outcome = co_await attempt(f);
            w.say(std::to_string(i) + "=" + outcome.text());
        });
    }
    w.one_turn();
    f.set(7);
    native_soon(w, "native");
    w.return_early_after = [](uint32_t i) { return i == 1; };
    w.run();
    EXPECT_EQ(w.trace(), "1: 0=7 1=7 2=7 3=7 native");
    EXPECT_EQ(w.batches, (Batches{4, 4, 2}));
}

TEST_F(ARing, a_task_handed_over_twice_can_be_cancelled_in_between) {
    RingWorld &w = use();
    Future f = w.future(), victim;
    w.spawn([&]() -> Script {
        co_await f;
        w.return_early_after = [&](uint32_t) {
            w.return_early_after = [](uint32_t) { return false; };
            return true;
        };
    });
    w.spawn([&]() -> Script {
        co_await f;
        victim.cancel("second batch");
    });
    victim = w.spawn([&]() -> Script {
        Outcome outcome = co_await attempt(f);
        w.say(outcome.text());
    });
    w.one_turn();
    f.set(7);
    w.run();
    EXPECT_EQ(w.trace(), "1: ECANCELED second batch");
    EXPECT_EQ(w.batches, (Batches{3, 3, 2}));
}

TEST_F(ARing, L40_a_fatal_answer_leaves_the_loop_and_keeps_the_rest) {
    RingWorld &w = use();
    w.soon([&] { w.say("before"); });
    Future fatal = w.spawn([&]() -> Script {
        throw Raised(RONDO_EINTERRUPT, "fatal");
        co_return;
    });
    w.soon([&] { w.say("behind"); });
    native_soon(w, "native");
    EXPECT_EQ(w.run(), RONDO_EINTERRUPT);
    EXPECT_EQ(w.trace(), "1: before");
    EXPECT_EQ(w.stats().ready, 2u);
    EXPECT_EQ(fatal.text(), "EINTERRUPT fatal");
    w.run();
    EXPECT_EQ(w.trace(), "1: before | 1: behind native");
}

TEST_F(ARing, a_drain_that_begins_nothing_is_asked_again_in_the_next_turn) {
    RingWorld &w = use();
    w.soon([&] { w.say("a"); });
    int refusals = 2;
    w.refuse_to_begin = [&] { return refusals-- > 0; };
    w.run();
    EXPECT_EQ(w.trace(), "3: a");
    EXPECT_EQ(w.batches, (Batches{1, 1, 1}));
}

// ---- ends

TEST_F(ARing, closing_in_the_middle_of_a_batch_is_refused) {
    RingWorld &w = use();
    w.soon([&] {
        EXPECT_EQ(w.close(), RONDO_ERUNNING);
        EXPECT_EQ(rondo_loop_run_once(w.loop, 0), RONDO_ERUNNING);
    });
    w.soon([&] { w.say("behind"); });
    w.run();
    EXPECT_EQ(w.trace(), "1: behind");
}

TEST_F(ARing, closing_gives_back_every_object_whatever_its_task_was_doing) {
    RingWorld &w = use();
    Future f = w.future();
    w.spawn([&]() -> Script { co_await f; });
    w.spawn([]() -> Script { co_await sleep(RONDO_S(1)); });
    w.spawn([]() -> Script { co_await park(); });
    w.spawn([]() -> Script { co_await yield(); });
    w.one_turn();
    w.spawn([]() -> Script { co_return; });
    w.soon([] {});
    w.later(RONDO_S(1), [] {});
    w.from_outside([] {});
    w.when_done(f, [] {});
    f.set(1);
    w.close();
    EXPECT_EQ(w.heard.size(), 5u);
    EXPECT_EQ(Thing::alive, 1);
    rondo_task *task = nullptr;
    EXPECT_EQ(rondo_ring_task_create(w.ring, w.none(), nullptr, &task), RONDO_ECLOSED);
}

TEST_F(ARing, an_object_that_ends_with_its_task_may_call_the_library) {
    RingWorld &w = use();
    w.when_thing_goes = [&] {
        EXPECT_EQ(rondo_loop_current_task(w.loop), nullptr);
        w.soon([&] { w.say("scheduled by an object's end"); });
    };
    w.spawn([]() -> Script { co_return; });
    w.when_thing_goes = nullptr;
    w.soon([&] { w.say("behind"); });
    w.run();
    EXPECT_EQ(w.trace(), "1: behind | 2: scheduled by an object's end");
}

TEST_F(ARing, thousands_of_tasks_and_callbacks_leave_nothing_behind) {
    RingWorld &w = use(RingWorld::Through::every_second, 64);
    for (int i = 0; i < 2000; ++i) {
        Future task = w.spawn([i]() -> Answer {
            for (int k = 0; k < i % 4; ++k) co_await yield();
            co_await sleep(int64_t{i % 7});
            co_return i;
        });
        w.when_done(task, [] {});
        if (i % 5 == 0) w.soon([task] { task.cancel(); });
    }
    w.run();
    EXPECT_EQ(w.stats().futures, 0u);
    EXPECT_EQ(w.stats().tasks, 0u);
}

// ---- what can go wrong

TEST_F(ARing, a_loop_has_one_ring_and_it_needs_a_host_a_nothing_and_a_drain) {
    RingWorld &w = use();
    auto options = sized<rondo_ring_options>();
    options.host = &thing_host;
    options.none = w.none();
    options.drain = [](void *, uint32_t) {};
    EXPECT_EQ(rondo_ring_create(w.loop, &options, nullptr), RONDO_ESTATE);
    TaskWorld other;
    auto without = [&](auto change) {
        rondo_ring_options bad = options;
        change(bad);
        return rondo_ring_create(other.loop, &bad, nullptr);
    };
    EXPECT_EQ(without([](rondo_ring_options &o) { o.host = nullptr; }), RONDO_EINVAL);
    EXPECT_EQ(without([](rondo_ring_options &o) { o.none = nullptr; }), RONDO_EINVAL);
    EXPECT_EQ(without([](rondo_ring_options &o) { o.drain = nullptr; }), RONDO_EINVAL);
    EXPECT_EQ(without([](rondo_ring_options &o) { o.capacity = 4097; }), RONDO_EINVAL);
    EXPECT_EQ(rondo_loop_call_soon(other.loop, rondo_ring_callback(), w.none(), nullptr, nullptr), RONDO_ESTATE);
    rondo_call_options owned = owning();
    EXPECT_EQ(rondo_loop_call_soon(w.loop, rondo_ring_callback(), w.none(), &owned, nullptr), RONDO_EINVAL);
    EXPECT_EQ(rondo_loop_call_soon(w.loop, rondo_ring_callback(), nullptr, nullptr, nullptr), RONDO_EINVAL);
}

TEST_F(ARing, an_entry_without_an_answer_is_a_fault) {
    RingWorld &w = use();
    w.forget_to_answer = true;
    Future task = w.spawn([]() -> Script { co_return; });
    Handle handle = w.soon([] {});
    w.run();
    EXPECT_EQ(task.result().status, RONDO_EFAULT);
    ASSERT_EQ(w.heard.size(), 1u);
    EXPECT_EQ(w.heard[0].code, RONDO_EFAULT);
    EXPECT_EQ(w.heard[0].handle, handle.get());
}

TEST_F(ARing, a_task_that_awaits_itself_or_another_loop_is_thrown_into) {
    RingWorld &w = use();
    TaskWorld other;
    Future foreign = other.future();
    w.spawn([&]() -> Script {
        Future self = current(w);
        Outcome outcome = co_await attempt(self);
        w.say(rondo_status_name(outcome.status));
        outcome = co_await attempt(foreign);
        w.say(rondo_status_name(outcome.status));
    });
    w.run();
    EXPECT_EQ(w.trace(), "2: ESELF | 3: EOTHERLOOP");
}

// ---- objects as results

TEST_F(ARing, results_are_objects_without_a_value_in_between) {
    RingWorld &w = use();
    auto *thing = new Thing(11);
    Future f = w.future(), native = w.future();
    EXPECT_EQ(rondo_future_set_object(f.get(), thing), RONDO_OK);
    EXPECT_EQ(thing->references, 2);
    native.set(1);
    EXPECT_EQ(rondo_future_result_object(f.get()), thing);
    EXPECT_EQ(thing->references, 3);
    EXPECT_EQ(rondo_future_result_object(native.get()), nullptr);
    Future all = w.gather({f, native, f});
    void *objects[3];
    EXPECT_EQ(rondo_gather_objects(all.get(), objects, 3), RONDO_OK);
    EXPECT_EQ(objects[0], thing);
    EXPECT_EQ(objects[1], nullptr);
    EXPECT_EQ(objects[2], thing);
    EXPECT_EQ(thing->references, 5);
    EXPECT_EQ(rondo_gather_objects(all.get(), objects, 2), RONDO_EINVAL);
    for (int i = 0; i < 4; ++i) thing->release();
    all = f = Future();
    EXPECT_EQ(Thing::alive, 1);
}

TEST_F(ARing, an_error_with_an_object_of_the_host_is_thrown_as_that_object) {
    RingWorld &w = use();
    auto *exception = new Thing(13);
    rondo_value payload{RONDO_OBJECT, 0, {0}, reinterpret_cast<size_t>(&thing_host), nullptr};
    payload.as.ptr = exception;
    auto options = sized<rondo_error_options>();
    options.code = RONDO_EFAILED;
    options.payload = &payload;
    rondo_error *error = nullptr;
    ASSERT_EQ(rondo_error_create(&options, &error), RONDO_OK);
    Future f = w.future();
    w.spawn([&]() -> Script { co_await attempt(f); });
    w.one_turn();
    rondo_future_set_error(f.get(), error);
    const void *thrown = nullptr;
    w.before_entry = [&](uint32_t i) {
        EXPECT_EQ(w.view().status[i], uint32_t{RONDO_RING_THROW});
        thrown = w.view().sent[i];
    };
    w.run();
    EXPECT_EQ(thrown, exception);
    rondo_error_release(error);
    exception->release();
}

TEST_F(ARing, a_ring_task_can_be_the_main_task_of_a_runner) {
    static RingWorld *made;
    auto options = sized<rondo_runner_options>();
    options.flags = RONDO_RUNNER_NO_SIGINT;
    made = &use();
    options.loop_factory = [](void *, rondo_loop **out) { *out = rondo_loop_retain(made->loop); };
    rondo_runner *runner = nullptr;
    ASSERT_EQ(rondo_runner_create(&options, &runner), RONDO_OK);
    auto *thing = new Thing;
    thing->coroutine = std::make_unique<Conductor>([]() -> Answer {
        co_await sleep(RONDO_S(1));
        co_return 21;
    });
    rondo_task *main = nullptr;
    EXPECT_EQ(rondo_runner_get_loop(runner, nullptr), RONDO_OK);
    EXPECT_EQ(rondo_runner_run_ring(runner, made->ring, thing, nullptr, &main, nullptr), RONDO_OK);
    EXPECT_EQ(Future(main).text(), "21");
    thing->release();
    rondo_runner_release(runner);
}

TEST_F(ARing, lets_go_of_its_lock_while_the_loop_sleeps) {
    RingWorld &w = use(RingWorld::Through::ring, 0, loop_options(real_clock));
    int locks_while_asleep = -1;
    std::thread thread;
    w.soon([&] {
        thread = std::thread([&] {
            while (Thing::locks != 0) std::this_thread::yield();
            locks_while_asleep = Thing::locks;
            rondo_loop_call_soon_threadsafe(
                w.loop, [](void *, rondo_call *call) { rondo_loop_stop(call->loop); }, nullptr, nullptr, nullptr);
        });
    });
    EXPECT_EQ(w.run_forever(), RONDO_OK);
    thread.join();
    EXPECT_EQ(locks_while_asleep, 0);
    EXPECT_EQ(Thing::locks, 1);
}
