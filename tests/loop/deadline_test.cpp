#include "loop/deadline.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <set>
#include <tuple>
#include <vector>

using namespace rondo::core;

namespace {

std::vector<Node *> taken_in_order(DeadlineHeap &heap) {
    std::vector<Node *> order;
    while (!heap.empty()) {
        order.push_back(heap.first());
        heap.remove(*heap.first());
    }
    return order;
}

} // namespace

TEST(DeadlineHeap, gives_the_earliest_first) {
    DeadlineHeap heap;
    Node late, early, middle;
    ASSERT_TRUE(heap.add(late, 30) && heap.add(early, 10) && heap.add(middle, 20));
    EXPECT_EQ(heap.earliest(), 10);
    EXPECT_EQ(taken_in_order(heap), (std::vector<Node *>{&early, &middle, &late}));
}

TEST(DeadlineHeap, B4_equal_deadlines_come_in_the_order_of_adding) {
    DeadlineHeap heap;
    std::deque<Node> nodes(1000);
    std::vector<Node *> added;
    for (Node &node : nodes) {
        added.push_back(&node);
        ASSERT_TRUE(heap.add(node, 7));
    }
    EXPECT_EQ(taken_in_order(heap), added);
}

TEST(DeadlineHeap, B19_a_removed_node_leaves_nothing_behind) {
    DeadlineHeap heap;
    Node a, b;
    ASSERT_TRUE(heap.add(a, 1) && heap.add(b, 2));
    heap.remove(a);
    EXPECT_EQ(a.slot, Node::none);
    EXPECT_EQ(heap.size(), 1u);
    EXPECT_EQ(heap.first(), &b);
    heap.remove(b);
    EXPECT_TRUE(heap.empty());
    ASSERT_TRUE(heap.add(a, 3));
    EXPECT_EQ(heap.earliest(), 3);
}

TEST(DeadlineHeap, takes_the_whole_range_of_time) {
    DeadlineHeap heap;
    Node first, last, now;
    ASSERT_TRUE(heap.add(last, std::numeric_limits<int64_t>::max()));
    ASSERT_TRUE(heap.add(now, 0));
    ASSERT_TRUE(heap.add(first, std::numeric_limits<int64_t>::min()));
    EXPECT_EQ(taken_in_order(heap), (std::vector<Node *>{&first, &now, &last}));
}

TEST(DeadlineHeap, behaves_as_a_sorted_set_under_random_adds_and_removes) {
    using Key = std::tuple<int64_t, uint64_t, Node *>;
    for (unsigned seed = 0; seed < 20; ++seed) {
        std::mt19937 random(seed);
        DeadlineHeap heap;
        std::deque<Node> nodes(300);
        std::vector<Key> keys(nodes.size());
        std::set<Key> model;
        uint64_t sequence = 0;
        for (int step = 0; step < 5000; ++step) {
            size_t i = random() % nodes.size();
            Node &node = nodes[i];
            if (node.slot == Node::none) {
                auto deadline = static_cast<int64_t>(random() % 40) - 20;
                ASSERT_TRUE(heap.add(node, deadline));
                keys[i] = {deadline, sequence++, &node};
                model.insert(keys[i]);
            } else if (random() % 3) {
                heap.remove(node);
                model.erase(keys[i]);
            } else {
                Node *first = std::get<2>(*model.begin());
                ASSERT_EQ(heap.first(), first) << "seed " << seed;
                heap.remove(*first);
                model.erase(model.begin());
            }
            ASSERT_EQ(heap.size(), model.size());
            if (model.empty()) continue;
            ASSERT_EQ(heap.first(), std::get<2>(*model.begin())) << "seed " << seed << " step " << step;
            ASSERT_EQ(heap.earliest(), std::get<0>(*model.begin()));
        }
        for (const Key &key : model) {
            ASSERT_EQ(heap.first(), std::get<2>(key)) << "seed " << seed;
            heap.remove(*heap.first());
        }
    }
}
