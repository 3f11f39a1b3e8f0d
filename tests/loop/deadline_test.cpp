#include "loop/deadlines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <set>
#include <tuple>
#include <vector>

using namespace rondo::core;

namespace {

constexpr int64_t start = 1'000'000'000'000; // when nodes are added, unless a test says otherwise

bool add(Deadlines &deadlines, Node &node, int64_t deadline) { return deadlines.add(node, deadline, start); }

std::vector<Node *> taken_in_order(Deadlines &deadlines) {
    std::vector<Node *> order;
    while (Node *node = deadlines.take_due(forever)) order.push_back(node);
    return order;
}

// So many, and so late, that others stand in the wheel.
struct Crowd {
    explicit Crowd(Deadlines &deadlines) {
        for (Node &node : nodes) EXPECT_TRUE(add(deadlines, node, forever));
    }
    std::deque<Node> nodes{300};
};

std::vector<Node *> without(std::vector<Node *> order, Crowd &crowd) {
    std::set<Node *> others;
    for (Node &node : crowd.nodes) others.insert(&node);
    std::erase_if(order, [&](Node *node) { return others.contains(node); });
    return order;
}

} // namespace

TEST(Deadlines, gives_the_earliest_first) {
    Deadlines deadlines;
    Node late, early, middle;
    ASSERT_TRUE(add(deadlines, late, 30) && add(deadlines, early, 10) && add(deadlines, middle, 20));
    EXPECT_EQ(deadlines.earliest(), 10);
    EXPECT_EQ(taken_in_order(deadlines), (std::vector<Node *>{&early, &middle, &late}));
}

TEST(Deadlines, gives_nothing_before_its_time) {
    for (bool crowded : {false, true}) {
        Deadlines deadlines;
        std::deque<Node> others(crowded ? 300 : 0);
        for (Node &node : others) ASSERT_TRUE(add(deadlines, node, forever));
        Node node;
        int64_t when = start + 12'345'678'901;
        ASSERT_TRUE(add(deadlines, node, when));
        EXPECT_EQ(node.linked(), crowded);
        EXPECT_EQ(deadlines.take_due(when - 1), nullptr);
        EXPECT_EQ(deadlines.earliest(), when);
        EXPECT_EQ(deadlines.take_due(when), &node);
        EXPECT_EQ(deadlines.size(), others.size());
    }
}

TEST(Deadlines, B4_equal_deadlines_come_in_the_order_of_adding) {
    for (int64_t when : {int64_t{7}, start + 1, start + 5'000'000'000, forever}) {
        Deadlines deadlines;
        std::deque<Node> nodes(1000);
        std::vector<Node *> added;
        for (Node &node : nodes) ASSERT_TRUE(add(deadlines, node, when));
        for (size_t i = 0; i < nodes.size(); ++i) {
            if (i % 3 == 0) {
                deadlines.remove(nodes[i]);
            } else {
                added.push_back(&nodes[i]);
            }
        }
        EXPECT_EQ(taken_in_order(deadlines), added);
    }
}

TEST(Deadlines, B4_also_when_some_have_come_nearer_before_others_are_added) {
    Deadlines deadlines;
    Crowd crowd(deadlines);
    int64_t when = start + 5'000'000'000;
    std::deque<Node> nodes(100);
    std::vector<Node *> added;
    for (int64_t time = start; added.size() < nodes.size(); time += 50'100'000) {
        added.push_back(&nodes[added.size()]);
        ASSERT_TRUE(deadlines.add(*added.back(), when, time));
        ASSERT_EQ(deadlines.take_due(time), nullptr);
    }
    EXPECT_EQ(without(taken_in_order(deadlines), crowd), added);
}

TEST(Deadlines, B19_a_removed_node_leaves_nothing_behind) {
    Deadlines deadlines;
    Node a, b;
    ASSERT_TRUE(add(deadlines, a, 1) && add(deadlines, b, 2));
    deadlines.remove(a);
    EXPECT_EQ(a.slot, Node::none);
    EXPECT_EQ(deadlines.size(), 1u);
    deadlines.remove(b);
    EXPECT_TRUE(deadlines.empty());
    EXPECT_EQ(deadlines.earliest(), forever);
    ASSERT_TRUE(add(deadlines, a, 3));
    EXPECT_EQ(deadlines.earliest(), 3);
}

TEST(Deadlines, B19_nor_one_removed_from_the_wheel) {
    Deadlines deadlines;
    Crowd crowd(deadlines);
    Node a, b;
    ASSERT_TRUE(add(deadlines, a, start + 1'000'000) && add(deadlines, b, start + 2'000'000'000));
    EXPECT_EQ(deadlines.earliest(), start + 1'000'000);
    deadlines.remove(a);
    EXPECT_EQ(a.slot, Node::none);
    EXPECT_FALSE(a.linked());
    EXPECT_EQ(deadlines.find_earliest(forever), start + 2'000'000'000);
    EXPECT_EQ(deadlines.take_due(start + 2'000'000'000), &b);
    EXPECT_EQ(deadlines.find_earliest(forever), forever);
    EXPECT_EQ(deadlines.size(), crowd.nodes.size());
}

TEST(Deadlines, take_the_whole_range_of_time) {
    for (int64_t now : {int64_t{0}, start, forever - 10}) {
        Deadlines deadlines;
        std::deque<Node> nodes(400);
        Node first, last;
        ASSERT_TRUE(deadlines.add(last, forever, now));
        std::vector<Node *> order{&first};
        for (Node &node : nodes) {
            ASSERT_TRUE(deadlines.add(node, forever - 1, now));
            order.push_back(&node);
        }
        ASSERT_TRUE(deadlines.add(first, std::numeric_limits<int64_t>::min(), now));
        order.push_back(&last);
        EXPECT_EQ(taken_in_order(deadlines), order);
    }
}

TEST(Deadlines, many_far_ahead_keep_their_order_whatever_their_distance) {
    Deadlines deadlines;
    std::mt19937_64 random(1);
    std::deque<Node> nodes(5000);
    std::vector<std::tuple<int64_t, size_t>> keys;
    for (size_t i = 0; i < nodes.size(); ++i) {
        auto distance = static_cast<int64_t>(random() >> (8 + random() % 56));
        keys.emplace_back(start + distance, i);
        ASSERT_TRUE(add(deadlines, nodes[i], start + distance));
    }
    std::sort(keys.begin(), keys.end());
    for (auto [deadline, i] : keys) {
        ASSERT_EQ(deadlines.find_earliest(forever), deadline);
        ASSERT_EQ(deadlines.take_due(deadline), &nodes[i]);
    }
    EXPECT_TRUE(deadlines.empty());
}

// Time goes on, nodes come and go, few and many, near and far: as a sorted set would have it.
TEST(Deadlines, behave_as_a_sorted_set_under_random_adds_and_removes) {
    using Key = std::tuple<int64_t, uint64_t, Node *>;
    for (unsigned seed = 0; seed < 40; ++seed) {
        std::mt19937_64 random(seed);
        Deadlines deadlines;
        std::deque<Node> nodes(seed % 2 ? 300 : 1500);
        std::vector<Key> keys(nodes.size());
        std::set<Key> model;
        uint64_t sequence = 0;
        int64_t now = seed % 3 ? start : 0;
        auto scale = static_cast<unsigned>(seed % 5 * 9 + 4); // bits of the farthest
        for (int step = 0; step < 10'000; ++step) {
            size_t i = random() % nodes.size();
            Node &node = nodes[i];
            if (node.slot == Node::none) {
                auto distance = static_cast<int64_t>(random() % (uint64_t{2} << random() % scale)) - 20;
                ASSERT_TRUE(deadlines.add(node, now + distance, now));
                keys[i] = {now + distance, sequence++, &node};
                model.insert(keys[i]);
            } else if (random() % 3) {
                deadlines.remove(node);
                model.erase(keys[i]);
            } else {
                now += static_cast<int64_t>(random() % (uint64_t{1} << random() % scale));
                while (Node *due = deadlines.take_due(now)) {
                    ASSERT_FALSE(model.empty());
                    ASSERT_EQ(due, std::get<2>(*model.begin())) << "seed " << seed << " step " << step;
                    ASSERT_LE(std::get<0>(*model.begin()), now);
                    model.erase(model.begin());
                }
            }
            ASSERT_EQ(deadlines.size(), model.size());
            int64_t first = model.empty() ? forever : std::get<0>(*model.begin());
            ASSERT_LE(deadlines.earliest(), first) << "seed " << seed << " step " << step;
            if (first <= now || random() % 50 == 0) {
                ASSERT_EQ(deadlines.find_earliest(first), first);
            }
        }
        for (const Key &key : model) {
            ASSERT_EQ(deadlines.take_due(forever), std::get<2>(key)) << "seed " << seed;
        }
        EXPECT_TRUE(deadlines.empty());
    }
}
