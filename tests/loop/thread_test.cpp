// Other threads: posting, waking, and what is refused to them.
#include "pipe.h"
#include "world.h"

#include <atomic>
#include <chrono>
#include <thread>

using namespace rondo::test;

namespace {

#if defined(__SANITIZE_THREAD__)
constexpr int posts_per_thread = 3000;
#else
constexpr int posts_per_thread = 20000;
#endif

// Posts from several threads until all have arrived; each thread's must arrive in its order.
void bombard(World &w, int thread_count) {
    std::vector<int> last(static_cast<size_t>(thread_count), -1);
    int arrived = 0;
    bool in_order = true;
    std::vector<std::thread> threads;
    for (size_t t = 0; t < last.size(); ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < posts_per_thread; ++i) {
                w.from_outside([&, t, i] {
                    in_order = in_order && last[t] == i - 1;
                    last[t] = i;
                    if (++arrived == posts_per_thread * static_cast<int>(last.size())) w.stop();
                });
                if (i % 64 == 0) std::this_thread::sleep_for(std::chrono::microseconds(i % 7 * 10)); // lets the loop fall asleep
            }
        });
    }
    EXPECT_EQ(w.run_forever(), RONDO_OK);
    for (std::thread &thread : threads) thread.join();
    EXPECT_TRUE(in_order);
    EXPECT_EQ(arrived, posts_per_thread * thread_count);
    EXPECT_TRUE(w.heard.empty());
}

} // namespace

TEST(Threads, L22_posts_keep_the_order_of_their_thread_and_stand_in_the_one_queue) {
    World w;
    w.soon([&] { w.say("ready"); });
    std::thread([&] {
        for (const char *name : {"a", "b", "c"}) w.from_outside([&w, name] { w.say(name); });
    }).join();
    w.run();
    EXPECT_EQ(w.trace(), "1: ready a b c");
}

TEST(Threads, L22_a_post_wakes_a_loop_that_waits_for_ever) {
    World w;
    std::thread thread;
    w.soon([&] {
        thread = std::thread([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            w.from_outside([&] { w.stop(); });
        });
    });
    EXPECT_EQ(w.run_forever(), RONDO_OK);
    thread.join();
}

namespace {

// And sleeps again afterwards.
void be_woken_by_a_post(World &w) {
    w.later(RONDO_S(3600), [] {});
    std::thread thread;
    w.soon([&] {
        thread = std::thread([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            w.from_outside([&] { w.later(RONDO_MS(5), [&] { w.stop(); }); });
        });
    });
    EXPECT_EQ(w.run_forever(), RONDO_OK);
    EXPECT_LE(w.stats().turns, 20u);
    thread.join();
}

} // namespace

TEST(Threads, L22_a_post_wakes_a_loop_that_waits_for_descriptors) {
    World w(loop_options(real_clock));
    Pipe silent;
    w.add_reader(silent.reading, [] {});
    be_woken_by_a_post(w);
}

TEST(Threads, L22_a_post_wakes_a_loop_that_waits_in_libuv) {
    World w(loop_options(real_clock));
    w.open_libuv();
    be_woken_by_a_post(w);
}

TEST(Threads, L22_no_post_is_lost_on_the_semaphore) {
    World w(loop_options(real_clock));
    bombard(w, 2);
    bombard(w, 3);
    EXPECT_EQ(w.stats().open, 0u);
}

TEST(Threads, L22_no_post_is_lost_while_it_waits_for_descriptors) {
    World w(loop_options(real_clock));
    Pipe silent;
    w.add_reader(silent.reading, [] {});
    bombard(w, 3);
}

TEST(Threads, L22_no_post_is_lost_in_libuv) {
    World w(loop_options(real_clock));
    w.open_libuv();
    bombard(w, 3);
}

TEST(Threads, L22_no_post_is_lost_when_the_loop_changes_what_it_waits_in) {
    for (int round = 0; round < 50; ++round) {
        World w(loop_options(real_clock));
        Pipe silent;
        std::atomic<int> sent{0};
        int arrived = 0;
        std::thread thread([&] {
            for (int i = 0; i < 200; ++i) {
                w.from_outside([&, i] {
                    ++arrived;
                    if (i == 66) w.add_reader(silent.reading, [] {});
                    if (i == 133) w.open_libuv();
                    if (i == 199) w.stop();
                });
                ++sent;
                if (i % 10 == 0) std::this_thread::yield();
            }
        });
        EXPECT_EQ(w.run_forever(), RONDO_OK);
        thread.join();
        EXPECT_EQ(arrived, sent);
    }
}

TEST(Threads, L22_posting_races_with_closing_and_every_post_is_run_dropped_or_refused) {
    for (int round = 0; round < 200; ++round) {
        rondo_loop *loop = nullptr;
        auto options = loop_options(real_clock);
        ASSERT_EQ(rondo_loop_create(&options, &loop), RONDO_OK);
        std::atomic<int> ran{0}, dropped{0}, refused{0};
        struct Post {
            std::atomic<int> &ran, &dropped;
        };
        rondo_loop_retain(loop);
        std::thread thread([&] {
            for (int i = 0; i < 200; ++i) {
                auto *post = new Post{ran, dropped};
                auto call = sized<rondo_call_options>();
                call.drop = [](void *user) {
                    ++static_cast<Post *>(user)->dropped;
                    delete static_cast<Post *>(user);
                };
                auto run = [](void *user, rondo_call *) { ++static_cast<Post *>(user)->ran; };
                if (rondo_loop_call_soon_threadsafe(loop, run, post, &call, nullptr) == RONDO_ECLOSED) {
                    ++refused;
                    delete post;
                }
            }
            rondo_loop_release(loop);
        });
        for (int i = 0; i < round % 20; ++i) rondo_loop_run_once(loop, RONDO_US(5));
        EXPECT_EQ(rondo_loop_close(loop), RONDO_OK);
        thread.join();
        EXPECT_EQ(dropped + refused, 200);
        EXPECT_LE(ran, dropped);
        rondo_loop_release(loop);
    }
}

TEST(Threads, L22_a_post_may_come_while_no_thread_runs_the_loop) {
    World w;
    std::atomic<bool> done{false};
    std::thread thread([&] {
        for (int i = 0; i < 2000; ++i) w.from_outside([] {});
        done = true;
    });
    while (!done) w.one_turn();
    thread.join();
    w.one_turn();
    EXPECT_EQ(w.stats().entries, 2000u);
}

TEST(Threads, L23_the_loops_own_functions_are_refused_to_other_threads_while_it_runs) {
    World w;
    rondo_future *future = nullptr;
    ASSERT_EQ(rondo_future_create(w.loop, nullptr, &future), RONDO_OK);
    Handle handle = w.soon([] {});
    w.soon([&] {
        handle = w.later(RONDO_S(1), [] {});
        std::thread([&] {
            auto nothing = [](void *, rondo_call *) {};
            EXPECT_EQ(rondo_loop_call_soon(w.loop, nothing, nullptr, nullptr, nullptr), RONDO_ETHREAD);
            EXPECT_EQ(rondo_loop_call_later(w.loop, 1, nothing, nullptr, nullptr, nullptr), RONDO_ETHREAD);
            EXPECT_EQ(rondo_loop_stop(w.loop), RONDO_ETHREAD);
            EXPECT_EQ(rondo_loop_close(w.loop), RONDO_ETHREAD);
            EXPECT_EQ(rondo_loop_run_forever(w.loop, nullptr), RONDO_ETHREAD);
            EXPECT_EQ(rondo_loop_add_reader(w.loop, 0, nothing, nullptr, nullptr), RONDO_ETHREAD);
            EXPECT_EQ(rondo_handle_cancel(handle.get()), RONDO_ETHREAD);
            EXPECT_EQ(rondo_future_set_result(future, nullptr), RONDO_ETHREAD);
            EXPECT_EQ(rondo_future_cancel(future, nullptr), RONDO_ETHREAD);
            EXPECT_EQ(rondo_future_done(future), RONDO_ETHREAD);
            EXPECT_EQ(rondo_future_add_done_callback(future, nothing, nullptr, nullptr), RONDO_ETHREAD);
        }).join();
    });
    w.run();
    EXPECT_EQ(rondo_future_done(future), 0);
    EXPECT_EQ(w.time(), RONDO_S(1));
    rondo_future_release(future);
}

TEST(Threads, one_loop_may_be_run_by_one_thread_after_another) {
    World w;
    w.soon([&] { w.say("here"); });
    w.run();
    std::thread([&] {
        w.soon([&] { w.say("there"); });
        w.run();
    }).join();
    w.soon([&] { w.say("here again"); });
    w.run();
    EXPECT_EQ(w.trace(), "1: here | 1: there | 1: here again");
}

TEST(Threads, B30_loops_on_many_threads_do_not_know_of_each_other) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([] {
            World w;
            int left = 1000;
            std::function<void()> tick = [&] {
                if (--left > 0) w.later(RONDO_MS(1), [&] { tick(); });
            };
            w.soon([&] { tick(); });
            w.run();
            EXPECT_EQ(w.time(), RONDO_MS(999));
        });
    }
    for (std::thread &thread : threads) thread.join();
}
