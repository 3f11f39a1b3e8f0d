#include "base/list.h"

#include <gtest/gtest.h>

#include <list>
#include <random>
#include <vector>

using namespace rondo::core;

namespace {

struct Item : Link {
    explicit Item(int n = 0) : number(n) {}
    int number;
};

std::vector<int> numbers(List &list) {
    std::vector<int> found;
    for (Link *link = list.front(); link != list.end(); link = link->next) {
        found.push_back(static_cast<Item *>(link)->number);
    }
    return found;
}

using Numbers = std::vector<int>;

} // namespace

TEST(List, is_empty_at_first) {
    List list;
    EXPECT_TRUE(list.empty());
    EXPECT_EQ(list.pop_front(), nullptr);
}

TEST(List, gives_back_what_was_pushed_oldest_first) {
    List list;
    Item a(1), b(2), c(3);
    list.push_back(a);
    list.push_back(b);
    list.push_back(c);
    EXPECT_EQ(list.pop_front(), &a);
    EXPECT_EQ(list.pop_front(), &b);
    EXPECT_EQ(list.pop_front(), &c);
    EXPECT_TRUE(list.empty());
}

TEST(List, an_item_knows_whether_it_stands_in_a_list) {
    List list;
    Item a;
    EXPECT_FALSE(a.linked());
    list.push_back(a);
    EXPECT_TRUE(a.linked());
    a.unlink();
    EXPECT_FALSE(a.linked());
    list.push_front(a);
    list.pop_front();
    EXPECT_FALSE(a.linked());
}

TEST(List, an_item_of_a_stack_linked_by_next_alone_stands_in_no_list) {
    Item below, above;
    above.next = &below;
    EXPECT_FALSE(above.linked());
}

TEST(List, an_item_leaves_from_the_middle) {
    List list;
    Item a(1), b(2), c(3);
    for (Item *item : {&a, &b, &c}) list.push_back(*item);
    b.unlink();
    EXPECT_EQ(numbers(list), (Numbers{1, 3}));
}

TEST(List, splicing_moves_everything_and_keeps_both_orders) {
    List list, other;
    Item a(1), b(2), c(3), d(4);
    list.push_back(a);
    list.push_back(b);
    other.push_back(c);
    other.push_back(d);
    list.splice_back(other);
    EXPECT_TRUE(other.empty());
    EXPECT_EQ(numbers(list), (Numbers{1, 2, 3, 4}));
    a.unlink();
    other.push_back(a);
    list.splice_front(other);
    EXPECT_EQ(numbers(list), (Numbers{1, 2, 3, 4}));
}

TEST(List, splicing_nothing_changes_nothing) {
    List list, nothing;
    Item a(1);
    list.push_back(a);
    list.splice_back(nothing);
    list.splice_front(nothing);
    EXPECT_EQ(numbers(list), (Numbers{1}));
    nothing.splice_back(list);
    EXPECT_TRUE(list.empty());
    EXPECT_EQ(numbers(nothing), (Numbers{1}));
}

TEST(List, behaves_as_std_list_under_random_operations) {
    std::mt19937 random(1);
    std::vector<Item> items(40);
    for (int i = 0; i < 40; ++i) items[static_cast<size_t>(i)].number = i;
    List lists[2];
    std::list<int> models[2];
    for (int step = 0; step < 20000; ++step) {
        Item &item = items[random() % items.size()];
        size_t which = random() % 2;
        switch (random() % 6) {
        case 0:
        case 1:
            if (item.linked()) break;
            lists[which].push_back(item);
            models[which].push_back(item.number);
            break;
        case 2:
            if (item.linked()) break;
            lists[which].push_front(item);
            models[which].push_front(item.number);
            break;
        case 3:
            if (!item.linked()) break;
            item.unlink();
            for (std::list<int> &model : models) model.remove(item.number);
            break;
        case 4: {
            auto *first = static_cast<Item *>(lists[which].pop_front());
            ASSERT_EQ(first == nullptr, models[which].empty());
            if (!first) break;
            ASSERT_EQ(first->number, models[which].front());
            models[which].pop_front();
            break;
        }
        default:
            if (random() % 2) {
                lists[which].splice_back(lists[1 - which]);
                models[which].splice(models[which].end(), models[1 - which]);
            } else {
                lists[which].splice_front(lists[1 - which]);
                models[which].splice(models[which].begin(), models[1 - which]);
            }
        }
        for (size_t i : {0u, 1u}) ASSERT_EQ(numbers(lists[i]), Numbers(models[i].begin(), models[i].end()));
    }
}
