// Posts of other threads without a handle: they stand in the inbox by value, and many in one node of the ready queue.
#include "world.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>

using namespace rondo::test;

namespace {

template <class F> void elsewhere(F function) { std::thread(function).join(); }

class Post : public testing::Test, public World {
protected:
    template <class F> void post_elsewhere(F function) {
        elsewhere([&] { EXPECT_EQ(post(function), RONDO_OK); });
    }
};

// As many as fill several nodes, and part of one.
constexpr int many = 100;

} // namespace

TEST_F(Post, many_run_in_order_in_one_turn_and_each_is_an_entry) {
    std::string expected;
    elsewhere([&] {
        for (int i = 0; i < many; ++i) EXPECT_EQ(post([&, i] { say(std::to_string(i)); }), RONDO_OK);
    });
    for (int i = 0; i < many; ++i) expected.append(" ").append(std::to_string(i));
    uint64_t entries = stats().entries;
    EXPECT_EQ(one_turn(), RONDO_OK);
    EXPECT_EQ(trace(), "1:" + expected);
    EXPECT_EQ(stats().entries - entries, static_cast<uint64_t>(many));
}

TEST_F(Post, those_with_and_without_a_handle_keep_their_order) {
    elsewhere([&] {
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ(post([&] { say("call"); }), RONDO_OK);
            from_outside([&] { say("handle"); });
        }
        EXPECT_EQ(post([&] { say("call"); }), RONDO_OK);
    });
    soon([&] { say("before"); });
    one_turn();
    EXPECT_EQ(trace(), "1: before call handle call handle call handle call");
}

TEST_F(Post, one_that_is_cancelled_among_others_does_not_run) {
    Handle middle;
    elsewhere([&] {
        EXPECT_EQ(post([&] { say("first"); }), RONDO_OK);
        Handle handle = from_outside([&] { say("cancelled"); });
        EXPECT_EQ(post([&] { say("last"); }), RONDO_OK);
        middle = handle;
    });
    middle.cancel();
    one_turn();
    EXPECT_EQ(trace(), "1: first last");
}

TEST_F(Post, they_are_counted_as_ready) {
    elsewhere([&] {
        EXPECT_EQ(post([](rondo_call &call) { call.status = RONDO_EINTERRUPT; }), RONDO_OK);
        for (int i = 0; i < many; ++i) EXPECT_EQ(post([] {}), RONDO_OK);
    });
    EXPECT_EQ(one_turn(), RONDO_EINTERRUPT);
    EXPECT_EQ(stats().ready, static_cast<uint64_t>(many));
}

TEST_F(Post, each_begins_in_an_empty_context) {
    rondo_ctxvar *var = nullptr;
    ASSERT_EQ(rondo_ctxvar_create("var", nullptr, &var), RONDO_OK);
    rondo_value seven = rondo_i64(7);
    auto look = [&] {
        rondo_value value = rondo_none();
        say(rondo_context_get(nullptr, var, &value) < 0 ? "empty" : "set");
        EXPECT_EQ(rondo_context_set(nullptr, var, &seven, nullptr), RONDO_OK);
    };
    elsewhere([&] {
        EXPECT_EQ(post(look), RONDO_OK);
        EXPECT_EQ(post(look), RONDO_OK);
    });
    count_turns_from_here();
    one_turn();
    EXPECT_EQ(trace(), "1: empty empty");
    rondo_ctxvar_release(var);
}

TEST_F(Post, an_error_is_told_with_a_handle_and_the_next_one_runs) {
    std::shared_ptr<int> data = std::make_shared<int>(0);
    when_it_hears = [&](const rondo_report &report) {
        EXPECT_EQ(rondo_handle_cancelled(report.handle), 0);
        EXPECT_EQ(rondo_handle_cancel(report.handle), RONDO_OK);
        EXPECT_EQ(data.use_count(), 2); // not while it runs
    };
    elsewhere([&] {
        EXPECT_EQ(post([data](rondo_call &call) { call.status = RONDO_EFAILED; }), RONDO_OK);
        EXPECT_EQ(post([&] { say("next"); }), RONDO_OK);
    });
    one_turn();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_NE(heard[0].handle, nullptr);
    EXPECT_EQ(heard[0].code, RONDO_EFAILED);
    EXPECT_EQ(data.use_count(), 1);
    EXPECT_EQ(trace(), "1: next");
}

TEST_F(Post, a_fatal_error_leaves_the_loop_and_the_rest_runs_first_next_time) {
    elsewhere([&] {
        EXPECT_EQ(post([&] { say("first"); }), RONDO_OK);
        EXPECT_EQ(post([](rondo_call &call) { call.status = RONDO_EINTERRUPT; }), RONDO_OK);
        EXPECT_EQ(post([&] { say("second"); }), RONDO_OK);
        EXPECT_EQ(post([&] { say("third"); }), RONDO_OK);
    });
    soon([&] { say("zeroth"); });
    EXPECT_EQ(one_turn(), RONDO_EINTERRUPT);
    soon([&] { say("last"); });
    EXPECT_EQ(stats().ready, 3u);
    EXPECT_EQ(one_turn(), RONDO_OK);
    EXPECT_EQ(trace(), "1: zeroth first | 2: second third last");
}

TEST_F(Post, closing_drops_each_once_and_runs_none) {
    std::atomic<int> dropped{0};
    auto data = [&] { return std::shared_ptr<void>(nullptr, [&](void *) { ++dropped; }); };
    elsewhere([&] {
        EXPECT_EQ(post([](rondo_call &call) { call.status = RONDO_EINTERRUPT; }), RONDO_OK);
        for (int i = 0; i < many; ++i) EXPECT_EQ(post([&, d = data()] { say("ran"); }), RONDO_OK);
    });
    EXPECT_EQ(one_turn(), RONDO_EINTERRUPT); // these are taken, the next ones not
    elsewhere([&] {
        for (int i = 0; i < many; ++i) EXPECT_EQ(post([&, d = data()] { say("ran"); }), RONDO_OK);
    });
    EXPECT_EQ(dropped, 0);
    EXPECT_EQ(close(), RONDO_OK);
    EXPECT_EQ(dropped, 2 * many);
    EXPECT_EQ(trace(), "");
    elsewhere([&] { EXPECT_EQ(post([] {}), RONDO_ECLOSED); });
}

TEST_F(Post, a_drop_comes_after_its_own_call_and_before_the_next) {
    elsewhere([&] {
        for (int i = 0; i < 2; ++i) {
            std::shared_ptr<void> data(nullptr, [&](void *) { say("dropped"); });
            EXPECT_EQ(post([&, data] { say("ran"); }), RONDO_OK);
        }
    });
    one_turn();
    EXPECT_EQ(trace(), "1: ran dropped ran dropped");
}

TEST_F(Post, what_is_posted_while_others_run_waits_for_the_next_turn) {
    post_elsewhere([&] {
        say("first");
        post_elsewhere([&] { say("third"); });
    });
    post_elsewhere([&] { say("second"); });
    one_turn();
    one_turn();
    EXPECT_EQ(trace(), "1: first second | 2: third");
}

TEST(Posts, of_several_threads_all_run_and_each_threads_in_order) {
    constexpr int threads = 4;
    constexpr int each = 20'000;
    World w(loop_options(real_clock));
    int next[threads] = {};
    int wrong = 0;
    int left = threads * each;
    std::vector<std::thread> posting;
    for (int t = 0; t < threads; ++t) {
        posting.emplace_back([&, t] {
            for (int i = 0; i < each; ++i) {
                auto arrive = [&, t, i] {
                    wrong += next[t]++ != i;
                    if (--left == 0) w.stop();
                };
                if (i % 7 == t) {
                    w.from_outside(arrive);
                } else if (w.post(arrive) != RONDO_OK) {
                    ADD_FAILURE();
                }
            }
        });
    }
    EXPECT_EQ(w.run_forever(), RONDO_OK);
    for (std::thread &thread : posting) thread.join();
    EXPECT_EQ(left, 0);
    EXPECT_EQ(wrong, 0);
}

// A posts, then tells B, which posts: A's comes first.
TEST(Posts, of_two_threads_run_in_the_order_they_happened_in) {
    constexpr int rounds = 20'000;
    World w(loop_options(real_clock));
    std::atomic<int> turn{0};
    int arrived = 0;
    int wrong = 0;
    auto side = [&](int parity) {
        for (int i = parity; i < rounds; i += 2) {
            while (turn.load() != i) std::this_thread::yield();
            EXPECT_EQ(w.post([&, i] {
                wrong += arrived++ != i;
                if (arrived == rounds) w.stop();
            }),
                      RONDO_OK);
            turn.store(i + 1);
        }
    };
    std::thread even(side, 0);
    std::thread odd(side, 1);
    EXPECT_EQ(w.run_forever(), RONDO_OK);
    even.join();
    odd.join();
    EXPECT_EQ(wrong, 0);
}

TEST(Posts, those_that_come_while_the_loop_closes_are_dropped_or_refused) {
    for (int round = 0; round < 50; ++round) {
        auto w = std::make_unique<World>(loop_options(real_clock));
        std::atomic<int> begun{0};
        std::atomic<int> dropped{0};
        std::vector<std::thread> posting;
        for (int t = 0; t < 3; ++t) {
            posting.emplace_back([&] {
                for (;;) {
                    std::shared_ptr<void> data(nullptr, [&](void *) { ++dropped; });
                    ++begun;
                    if (w->post([data] {}) != RONDO_OK) return;
                }
            });
        }
        while (begun < 50) std::this_thread::yield();
        w->one_turn();
        EXPECT_EQ(w->close(), RONDO_OK);
        for (std::thread &thread : posting) thread.join();
        EXPECT_EQ(dropped, begun);
    }
}

TEST(Posts, a_seed_gives_those_of_one_turn_an_order_of_their_own) {
    auto order = [](uint64_t seed) {
        auto options = loop_options();
        options.shuffle_seed = seed;
        World w(options);
        std::string text;
        elsewhere([&] {
            for (char name = 'a'; name < 'i'; ++name) EXPECT_EQ(w.post([&, name] { text += name; }), RONDO_OK);
        });
        w.one_turn();
        return text;
    };
    EXPECT_EQ(order(0), "abcdefgh");
    EXPECT_EQ(order(7), order(7));
    EXPECT_EQ(order(7).size(), 8u);
    EXPECT_TRUE(order(7) != "abcdefgh" || order(8) != "abcdefgh");
}
