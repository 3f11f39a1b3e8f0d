#include "fiber/stack.h"

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <sys/resource.h>

#include <cstring>
#include <set>
#include <thread>
#include <vector>

using namespace rondo::core;

namespace {

struct Stacks : testing::Test {
    ~Stacks() override {
        limit_stack_guards(StackGuard::by_advice, SIZE_MAX);
        drop_cached_stacks();
    }

    std::vector<Stack *> take(std::size_t count, std::size_t size = 0) {
        std::vector<Stack *> stacks;
        for (std::size_t i = 0; i < count; ++i) stacks.push_back(take_stack(size));
        return stacks;
    }

    void give(std::vector<Stack *> &stacks) {
        for (Stack *stack : stacks) give_stack(stack);
        stacks.clear();
    }
};

using StacksDeathTest = Stacks;

std::size_t usable(const Stack *stack) { return stack->bytes() + sizeof(Stack) - stack_head_room; }

} // namespace

TEST_F(Stacks, are_as_large_as_asked_and_little_larger) {
    for (std::size_t size :
         {1UL, 16384UL, 16385UL, 20480UL, 65536UL, 65537UL, 100000UL, 1UL << 20, (8UL << 20) + 1}) {
        Stack *stack = take_stack(size);
        ASSERT_NE(stack, nullptr);
        EXPECT_GE(stack_size(stack), size);
        EXPECT_LE(stack_size(stack), std::max(size, smallest_stack_size) * 5 / 4 + 4096);
        EXPECT_GE(usable(stack), size);
        stack->low[0] = 1;
        give_stack(stack);
    }
    Stack *stack = take_stack(0);
    EXPECT_EQ(stack_size(stack), default_stack_size);
    give_stack(stack);
}

TEST_F(Stacks, beyond_the_largest_there_is_none) {
    Stack *stack = take_stack(largest_stack_size);
    ASSERT_NE(stack, nullptr);
    give_stack(stack);
    EXPECT_EQ(take_stack(largest_stack_size + 1), nullptr);
    EXPECT_EQ(take_stack(SIZE_MAX), nullptr);
}

TEST_F(Stacks, of_any_number_do_not_touch_each_other) {
    for (auto best : {StackGuard::by_advice, StackGuard::by_mapping, StackGuard::canary}) {
        limit_stack_guards(best, SIZE_MAX);
        auto stacks = take(100);
        for (std::size_t i = 0; i < stacks.size(); ++i) {
            std::memset(stacks[i]->low, static_cast<int>(i), stacks[i]->bytes());
        }
        for (std::size_t i = 0; i < stacks.size(); ++i) {
            EXPECT_EQ(static_cast<unsigned char>(stacks[i]->low[0]), i);
            EXPECT_EQ(static_cast<unsigned char>(stacks[i]->top()[-1]), i);
            EXPECT_FALSE(stack_overrun(stacks[i]));
        }
        give(stacks);
        drop_cached_stacks();
    }
}

TEST_F(Stacks, are_used_again_newest_first) {
    Stack *first = take_stack(0);
    Stack *second = take_stack(0);
    give_stack(first);
    give_stack(second);
    auto before = stack_counts();
    EXPECT_EQ(take_stack(0), second);
    EXPECT_EQ(take_stack(0), first);
    auto after = stack_counts();
    EXPECT_EQ(after.recycled - before.recycled, 2U);
    EXPECT_EQ(after.cut, before.cut);
    give_stack(first);
    give_stack(second);
}

TEST_F(Stacks, given_back_by_thousands_leave_only_the_cache) {
    auto stacks = take(10000);
    EXPECT_GE(stack_counts().mapped, 10000U);
    give(stacks);
    EXPECT_LT(stack_counts().mapped, 5000U);
    drop_cached_stacks();
    EXPECT_EQ(stack_counts().mapped, 0U);
}

TEST_F(Stacks, given_back_and_dropped_have_no_pages_left) {
#ifdef RONDO_PORTABLE
    GTEST_SKIP() << "the system takes them back when it wants them";
#endif
    auto stacks = take(4, 1 << 20);
    for (Stack *stack : stacks) std::memset(stack->low, 1, stack->bytes());
    Stack *kept = stacks.back();
    stacks.pop_back();
    auto *page = stacks.front()->low;
    give(stacks);
    drop_cached_stacks();
    unsigned char resident = 1;
    EXPECT_EQ(mincore(page, 1, &resident), 0);
    EXPECT_EQ(resident & 1, 0);
    give_stack(kept);
}

TEST_F(Stacks, may_be_given_back_by_another_thread) {
    auto stacks = take(50);
    std::thread([&] { give(stacks); }).join();
    stacks = take(50);
    std::set<Stack *> distinct(stacks.begin(), stacks.end());
    EXPECT_EQ(distinct.size(), 50U);
    give(stacks);
}

TEST_F(Stacks, come_and_go_in_many_threads_at_once) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([] {
            std::vector<Stack *> held;
            for (int i = 0; i < 2000; ++i) {
                Stack *stack = take_stack(i % 3 ? 0 : 32768);
                stack->low[0] = 1;
                held.push_back(stack);
                if (i % 5 == 4) {
                    for (std::size_t k = 0; k < 3; ++k) {
                        give_stack(held.back());
                        held.pop_back();
                    }
                }
            }
            for (Stack *stack : held) give_stack(stack);
        });
    }
    for (auto &thread : threads) thread.join();
}

TEST_F(Stacks, beyond_the_budget_of_mappings_have_canaries) {
    limit_stack_guards(StackGuard::by_mapping, stack_counts().guarded + 10);
    auto stacks = take(30, 48 << 10);
    int by_mapping = 0;
    for (Stack *stack : stacks) by_mapping += stack->guard == StackGuard::by_mapping;
    EXPECT_EQ(by_mapping, 10);
    EXPECT_EQ(stacks.back()->guard, StackGuard::canary);

    Stack *canary = stacks.back();
    EXPECT_FALSE(stack_overrun(canary));
    canary->low[-24] = 1;
    EXPECT_TRUE(stack_overrun(canary));
    canary->low[-24] = 0;
    give(stacks);
}

TEST_F(Stacks, with_canaries_only_take_no_mappings) {
    limit_stack_guards(StackGuard::by_mapping, 0);
    auto stacks = take(1000, 40 << 10);
    for (Stack *stack : stacks) EXPECT_EQ(stack->guard, StackGuard::canary);
    give(stacks);
}

TEST_F(StacksDeathTest, end_in_a_guard) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    for (auto best : {StackGuard::by_advice, StackGuard::by_mapping}) {
        EXPECT_DEATH(
            {
                limit_stack_guards(best, SIZE_MAX);
                Stack *stack = take_stack(24 << 10);
                volatile char *below = stack->low - 1;
                *below = 1;
            },
            "");
        EXPECT_DEATH(
            {
                limit_stack_guards(best, SIZE_MAX);
                Stack *stack = take_stack(24 << 10);
                volatile char *deepest = stack->low - stack->guard_size;
                *deepest = 1;
            },
            "");
    }
}

TEST_F(StacksDeathTest, without_address_space_there_is_none) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers need the address space themselves";
#endif
    auto take_with_little = [] {
        give_stack(take_stack(0));
        rlimit little{1 << 20, 1 << 20};
        setrlimit(RLIMIT_AS, &little);
        _exit(take_stack(16 << 20) == nullptr ? 0 : 1);
    };
    EXPECT_EXIT(take_with_little(), testing::ExitedWithCode(0), "");
}
