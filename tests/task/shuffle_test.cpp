// A random order that depends on a seed alone, for tests: B35 of the semantics.
#include "blocks.h"

#include <algorithm>
#include <set>

using namespace rondo::test;

namespace {

rondo_loop_options shuffled(uint64_t seed) {
    auto options = loop_options();
    options.shuffle_seed = seed;
    return options;
}

// The order in which so many callbacks run that were made ready together.
std::string order(uint64_t seed, int count) {
    World world(shuffled(seed));
    std::string text;
    for (int i = 0; i < count; ++i) world.soon([&, i] { text += static_cast<char>('a' + i); });
    EXPECT_EQ(world.run(), RONDO_OK);
    return text;
}

std::string sorted(std::string text) {
    std::sort(text.begin(), text.end());
    return text;
}

// Tasks that talk through a future and yields; what they say, in order.
std::string program(uint64_t seed) {
    BlockWorld world(shuffled(seed));
    std::string text;
    Future f = world.future();
    for (char name : {'a', 'b', 'c', 'd'}) {
        world.spawn([&, name]() -> Script {
            for (int i = 0; i < 3; ++i) {
                text += name;
                co_await yield();
            }
            if (name == 'a') f.set(1);
            co_await f;
            text += static_cast<char>(name - 'a' + 'A');
        });
    }
    EXPECT_EQ(world.run(), RONDO_OK);
    EXPECT_EQ(world.stats().tasks, 0u);
    return text;
}

} // namespace

TEST(AShuffledLoop, B35_without_a_seed_the_order_is_that_of_the_calls) {
    EXPECT_EQ(order(0, 8), "abcdefgh");
    EXPECT_EQ(program(0), "abcdabcdabcdABCD");
}

TEST(AShuffledLoop, B35_the_same_seed_gives_the_same_order) {
    for (uint64_t seed = 1; seed < 50; ++seed) {
        EXPECT_EQ(order(seed, 20), order(seed, 20));
        EXPECT_EQ(program(seed), program(seed));
    }
}

TEST(AShuffledLoop, B35_some_seed_gives_every_order) {
    std::set<std::string> three, programs;
    std::set<std::string> firsts;
    for (uint64_t seed = 1; seed <= 400; ++seed) {
        three.insert(order(seed, 3));
        programs.insert(program(seed));
        firsts.insert(order(seed, 9).substr(0, 1));
    }
    EXPECT_EQ(three.size(), 6u);
    EXPECT_EQ(firsts.size(), 9u);
    EXPECT_GT(programs.size(), 300u);
}

TEST(AShuffledLoop, B35_no_entry_is_lost_or_run_twice) {
    for (int count : {1, 2, 63, 64, 65, 1000}) {
        World world(shuffled(7));
        std::vector<int> ran(count);
        for (int i = 0; i < count; ++i) world.soon([&ran, i] { ++ran[i]; });
        world.run();
        EXPECT_EQ(std::count(ran.begin(), ran.end(), 1), count);
        EXPECT_EQ(world.stats().turns, 1u) << "it is still one turn";
        EXPECT_EQ(world.stats().entries, static_cast<uint64_t>(count));
    }
    EXPECT_EQ(sorted(order(3, 26)), "abcdefghijklmnopqrstuvwxyz");
}

TEST(AShuffledLoop, B35_turns_stay_apart) {
    for (uint64_t seed = 1; seed < 30; ++seed) {
        World world(shuffled(seed));
        std::string text;
        for (int i = 0; i < 4; ++i) {
            world.soon([&] {
                text += '1';
                world.soon([&] { text += '2'; });
            });
        }
        world.run();
        EXPECT_EQ(text, "11112222");
    }
}

TEST(AShuffledLoop, B35_time_goes_on_as_ever) {
    for (uint64_t seed = 1; seed < 30; ++seed) {
        World world(shuffled(seed));
        std::string text;
        for (int i = 3; i > 0; --i) world.later(RONDO_S(i), [&, i] { text += std::to_string(i); });
        world.run();
        EXPECT_EQ(text, "123");
    }
}

TEST(AShuffledLoop, B35_deadlines_of_one_moment_are_shuffled_too) {
    std::set<std::string> orders;
    for (uint64_t seed = 1; seed < 60; ++seed) {
        World world(shuffled(seed));
        std::string text;
        for (char name : {'a', 'b', 'c'}) world.later(RONDO_S(1), [&, name] { text += name; });
        world.run();
        orders.insert(text);
    }
    EXPECT_EQ(orders.size(), 6u);
}

TEST(AShuffledLoop, B35_what_an_interrupt_leaves_behind_is_not_lost) {
    for (uint64_t seed = 1; seed < 40; ++seed) {
        World world(shuffled(seed));
        std::string text;
        for (char name : {'a', 'b', 'c', 'd', 'e'}) {
            world.soon([&, name](rondo_call &call) {
                text += name;
                if (name == 'c') call.status = RONDO_EINTERRUPT;
            });
        }
        EXPECT_EQ(world.run(), RONDO_EINTERRUPT);
        EXPECT_EQ(text.back(), 'c');
        world.run();
        EXPECT_EQ(sorted(text), "abcde");
    }
}
