// Debug mode: section 26 of the semantics.
#include "blocks.h"

#include <cstdlib>
#include <thread>

using namespace rondo::test;

namespace {

class Debugging : public testing::Test, public BlockWorld {
protected:
    Debugging() : BlockWorld(loop_options(RONDO_LOOP_VIRTUAL_CLOCK | RONDO_LOOP_DEBUG)) {
        when_it_hears = [this](const rondo_report &report) {
            warned += (report.flags & RONDO_REPORT_WARNING) != 0;
            subjects.push_back(report.task ? static_cast<const void *>(report.task) : report.handle);
            durations.push_back(report.duration_ns);
            origins.push_back(report.origin ? report.origin : "");
        };
    }
    int warned = 0;
    std::vector<const void *> subjects;
    std::vector<int64_t> durations;
    std::vector<std::string> origins;

    static std::string origin_of(const Future &future) {
        size_t length = 0;
        EXPECT_EQ(rondo_future_origin(future.get(), nullptr, 0, &length), RONDO_OK);
        std::string text(length + 1, '?');
        EXPECT_EQ(rondo_future_origin(future.get(), text.data(), text.size(), &length), RONDO_OK);
        text.pop_back();
        return text;
    }
};

class NotDebugging : public testing::Test, public BlockWorld {};

} // namespace

// ---- D1

TEST_F(NotDebugging, D1_is_off_unless_asked_for) {
    EXPECT_EQ(rondo_loop_get_debug(loop), 0);
    EXPECT_EQ(rondo_loop_set_debug(loop, 1), RONDO_OK);
    EXPECT_EQ(rondo_loop_get_debug(loop), 1);
}

TEST_F(NotDebugging, D1_is_on_by_the_environment_read_when_the_loop_is_made) {
    setenv("RONDO_DEBUG", "1", 1);
    World on;
    setenv("RONDO_DEBUG", "", 1);
    World off;
    unsetenv("RONDO_DEBUG");
    EXPECT_EQ(rondo_loop_get_debug(on.loop), 1);
    EXPECT_EQ(rondo_loop_get_debug(off.loop), 0);
}

TEST_F(NotDebugging, D1_may_be_switched_while_running) {
    rondo_loop_set_slow_callback(loop, 0);
    run_main([&]() -> Script {
        rondo_loop_set_debug(loop, 1);
        co_await yield();
        rondo_loop_set_debug(loop, 0);
        co_await yield();
    });
    EXPECT_EQ(heard.size(), 1u) << "the entry that began with it on";
}

// ---- D2

TEST_F(Debugging, D2_another_thread_is_refused_while_the_loop_runs) {
    Future f = future();
    run_main([&]() -> Script {
        std::thread([&] {
            EXPECT_EQ(rondo_loop_call_soon(loop, [](void *, rondo_call *) {}, nullptr, nullptr, nullptr), RONDO_ETHREAD);
            EXPECT_EQ(rondo_task_create(loop, &Conductor::vtable, nullptr, nullptr, nullptr), RONDO_ETHREAD);
            EXPECT_EQ(f.set(1), RONDO_ETHREAD);
            from_outside([&] { say("threadsafe"); });
        }).join();
        co_await yield();
        co_await yield();
    });
    EXPECT_FALSE(f.done());
    EXPECT_EQ(trace(), "2: threadsafe");
}

TEST_F(Debugging, D2_no_check_while_no_thread_runs_it) {
    std::thread([&] { soon([&] { say("called"); }); }).join();
    run();
    EXPECT_EQ(trace(), "1: called");
}

// ---- D4

TEST_F(Debugging, D4_every_entry_that_runs_so_long_is_told_with_its_task_or_handle) {
    EXPECT_EQ(rondo_loop_set_slow_callback(loop, 0), RONDO_OK);
    EXPECT_EQ(rondo_loop_get_slow_callback(loop), 0);
    Future task = spawn_named("worker", []() -> Script {
        co_await yield();
        co_await sleep(RONDO_S(1));
    });
    Handle handle = soon([] {});
    run();
    ASSERT_EQ(heard.size(), 5u) << "three steps, the sleep's own entry, and the callback";
    EXPECT_EQ(warned, 5);
    EXPECT_EQ(subjects[0], task.get());
    EXPECT_EQ(subjects[1], handle.get());
    EXPECT_EQ(heard[0].message.rfind("Executing <Task worker> took ", 0), 0u) << heard[0].message;
    EXPECT_EQ(heard[1].message.rfind("Executing callback took ", 0), 0u) << heard[1].message;
    for (const Heard &one : heard) EXPECT_EQ(one.code, RONDO_OK);
    for (int64_t duration : durations) EXPECT_GE(duration, 0);
}

TEST_F(Debugging, D4_also_of_the_last_step_of_a_task_nobody_holds) {
    rondo_loop_set_slow_callback(loop, 0);
    spawn([]() -> Script { co_return; });
    run();
    EXPECT_EQ(warned, 1);
    EXPECT_EQ(stats().futures, 0u);
}

TEST_F(Debugging, D4_quick_entries_are_not_told_of) {
    EXPECT_EQ(rondo_loop_get_slow_callback(loop), RONDO_MS(100));
    EXPECT_EQ(rondo_loop_set_slow_callback(loop, RONDO_FOREVER), RONDO_OK);
    EXPECT_EQ(rondo_loop_set_slow_callback(loop, -1), RONDO_EINVAL);
    soon([] {});
    run();
    EXPECT_TRUE(heard.empty());
}

TEST_F(NotDebugging, D4_nor_any_without_debug_mode) {
    rondo_loop_set_slow_callback(loop, 0);
    soon([] {});
    answering(2);
    run();
    EXPECT_TRUE(heard.empty());
}

TEST_F(NotDebugging, D4_the_duration_can_be_given_with_the_loop) {
    auto options = loop_options();
    options.slow_callback_ns = RONDO_MS(7);
    World world(options);
    EXPECT_EQ(rondo_loop_get_slow_callback(world.loop), RONDO_MS(7));
}

// ---- D5

TEST_F(Debugging, D5_futures_and_tasks_know_where_they_were_made) {
    Future f = future(), task = answering(0);
    EXPECT_NE(origin_of(f).find('\n'), std::string::npos);
    EXPECT_NE(origin_of(task).find('\n'), std::string::npos);
    char small[8];
    size_t length = 0;
    EXPECT_EQ(rondo_future_origin(f.get(), small, sizeof small, &length), RONDO_OK);
    EXPECT_EQ(std::string(small), origin_of(f).substr(0, 7));
    EXPECT_EQ(length, origin_of(f).size());
    run();
}

TEST_F(NotDebugging, D5_without_debug_mode_they_do_not) {
    size_t length = 9;
    Future f = future();
    char text[4] = "abc";
    EXPECT_EQ(rondo_future_origin(f.get(), text, sizeof text, &length), RONDO_OK);
    EXPECT_EQ(length, 0u);
    EXPECT_STREQ(text, "");
}

TEST_F(Debugging, D5_reports_carry_the_origin) {
    Future f = future();
    std::string of_future = origin_of(f);
    f.fail("unseen");
    f = Future();
    Future task = spawn(fail_after(0, "unseen"));
    std::string of_task = origin_of(task);
    run();
    task = Future();
    soon([](rondo_call &call) { call.status = RONDO_EFAILED; });
    run();
    ASSERT_EQ(origins.size(), 3u);
    EXPECT_EQ(origins[0], of_future);
    EXPECT_EQ(origins[1], of_task);
    EXPECT_NE(origins[2], "");
    EXPECT_EQ(warned, 0);
}

TEST_F(Debugging, D5_a_callback_from_another_thread_has_none) {
    std::thread([&] { from_outside([](rondo_call &call) { call.status = RONDO_EFAILED; }); }).join();
    one_turn();
    ASSERT_EQ(origins.size(), 1u);
    EXPECT_EQ(origins[0], "");
}

TEST_F(Debugging, D5_what_was_made_before_debug_mode_has_none) {
    rondo_loop_set_debug(loop, 0);
    Future before = future();
    rondo_loop_set_debug(loop, 1);
    Future after = future();
    EXPECT_EQ(origin_of(before), "");
    EXPECT_NE(origin_of(after), "");
    rondo_loop_set_debug(loop, 0);
    EXPECT_NE(origin_of(after), "");
}

TEST_F(Debugging, D5_origins_do_not_outlive_their_object) {
    std::string first;
    for (int i = 0; i < 3; ++i) {
        Future f = future();
        first = origin_of(f);
    }
    rondo_loop_set_debug(loop, 0);
    for (int i = 0; i < 3; ++i) {
        Future again = future(); // in the memory of the others
        EXPECT_EQ(origin_of(again), "");
    }
}

// ---- D11

TEST_F(Debugging, D11_changes_neither_order_nor_results) {
    rondo_loop_set_slow_callback(loop, 0);
    std::string traces[2];
    for (int debug : {0, 1}) {
        BlockWorld world(loop_options(RONDO_LOOP_VIRTUAL_CLOCK | (debug ? RONDO_LOOP_DEBUG : 0)));
        rondo_loop_set_slow_callback(world.loop, 0);
        std::string story;
        world.run_main([&]() -> Script {
            Group group = world.group();
            co_await world.tell(story, [&] {
                return world.inside(group, [&]() -> Script {
                    world.spawn_member(group, world.clean_up("A", 2));
                    world.spawn_member(group, BlockWorld::fail_after(2, "bad"));
                    co_await world.wait(of(world.answering(1, 1, "B"), world.answering(3, 2, "C")));
                });
            });
            world.say(story);
        });
        traces[debug] = world.trace();
        EXPECT_EQ(world.heard.empty(), debug == 0);
    }
    EXPECT_EQ(traces[0], traces[1]);
}
