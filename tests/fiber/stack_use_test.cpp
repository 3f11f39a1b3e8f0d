// Fibers and their stacks: many at once, deep ones, recycled ones, and those that run over.
#include "world.h"

#include "fiber/stack.h"

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <vector>

using namespace rondo::core;
using rondo_test::World;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif
#else
constexpr bool sanitized = false;
#endif

// Frames of at least 128 bytes down to about `bytes` below the first one.
__attribute__((noinline)) std::size_t dig(std::size_t bytes, const char *start = nullptr) {
    volatile char frame[128];
    frame[0] = 1;
    auto *here = static_cast<const char *>(__builtin_frame_address(0));
    if (!start) start = here;
    if (static_cast<std::size_t>(start - here) + sizeof frame >= bytes) return 1;
    std::size_t deeper = dig(bytes, start);
    return deeper + static_cast<std::size_t>(frame[0]);
}

struct Many {
    rondo_future *gate;
    int64_t passed = 0;
};

rondo_status pass_gate(void *arg, rondo_value *) {
    auto &many = *static_cast<Many *>(arg);
    rondo_status s = rondo_await(many.gate, nullptr);
    ++many.passed;
    return s;
}

void run_many(std::size_t count) {
    World w;
    w.run([&] {
        Many many{w.future()};
        std::vector<rondo_future *> tasks(count);
        for (auto &task : tasks) {
            EXPECT_EQ(rondo_fiber_create(w.loop(), pass_gate, &many, nullptr, &task), RONDO_OK);
        }
        rondo_yield();
        EXPECT_GE(stack_counts().mapped, count);
        rondo_future_set_result(many.gate, nullptr);
        for (auto *task : tasks) EXPECT_EQ(rondo_await_release(task, nullptr), RONDO_OK);
        EXPECT_EQ(many.passed, static_cast<int64_t>(count));
        return RONDO_OK;
    });
}

struct FiberStacks : testing::Test {
    ~FiberStacks() override {
        limit_stack_guards(StackGuard::by_advice, SIZE_MAX);
        drop_cached_stacks();
    }
};

using FiberStacksDeathTest = FiberStacks;

} // namespace

TEST_F(FiberStacks, a_hundred_thousand_at_once) { run_many(sanitized ? 2000 : 100000); }

TEST_F(FiberStacks, a_hundred_thousand_at_once_where_guards_cost_mappings) {
    drop_cached_stacks();
    limit_stack_guards(StackGuard::by_mapping, 16000);
    run_many(sanitized ? 2000 : 100000);
}

TEST_F(FiberStacks, recursion_fits_the_size_asked_for) {
    World w;
    w.run([&] {
        for (std::size_t size : {std::size_t{0}, std::size_t{16} << 10, std::size_t{1} << 20, std::size_t{5000000}}) {
            std::size_t all = std::max(size ? size : default_stack_size, smallest_stack_size);
            auto *task = w.spawn(
                [all] {
                    EXPECT_GT(dig(all - 6 * 1024), 0U);
                    return rondo_yield();
                },
                nullptr, size);
            EXPECT_EQ(rondo_await(task, nullptr), RONDO_OK);
        }
        return RONDO_OK;
    });
}

TEST_F(FiberStacks, one_after_another_share_one_stack) {
    World w;
    w.run([&] {
        rondo_await(w.spawn([] { return rondo_yield(); }), nullptr);
        auto before = stack_counts();
        for (int i = 0; i < 100; ++i) rondo_await(w.spawn([] { return rondo_yield(); }), nullptr);
        auto after = stack_counts();
        EXPECT_EQ(after.recycled - before.recycled, 100U);
        EXPECT_EQ(after.cut, before.cut);
        return RONDO_OK;
    });
}

TEST_F(FiberStacks, those_that_never_suspend_share_one_too) {
    World w;
    w.run([&] {
        rondo_await(w.spawn([] { return RONDO_OK; }), nullptr);
        auto before = stack_counts();
        std::vector<rondo_future *> tasks;
        for (int i = 0; i < 100; ++i) tasks.push_back(w.spawn([] { return RONDO_OK; }));
        for (auto *task : tasks) rondo_await(task, nullptr);
        EXPECT_EQ(stack_counts().cut, before.cut);
        return RONDO_OK;
    });
}

TEST_F(FiberStacksDeathTest, without_address_space_a_fiber_fails_and_the_others_go_on) {
    if (sanitized) GTEST_SKIP() << "sanitizers need the address space themselves";
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    auto run_out = [] {
        World w;
        rondo_status outcome = w.run([&] {
            rlimit before{};
            getrlimit(RLIMIT_AS, &before);
            rlimit little{16 << 20, before.rlim_max};
            setrlimit(RLIMIT_AS, &little);
            auto *large = w.spawn([] { return RONDO_OK; }, nullptr, 64 << 20);
            auto *small = w.spawn([] { return rondo_yield(); });
            rondo_status of_large = rondo_await(large, nullptr);
            rondo_status of_small = rondo_await(small, nullptr);
            setrlimit(RLIMIT_AS, &before);
            return of_large == RONDO_ENOMEM ? of_small : RONDO_EFAILED;
        });
        _exit(outcome == RONDO_OK ? 0 : 1);
    };
    EXPECT_EXIT(run_out(), testing::ExitedWithCode(0), "");
}

// ---- overflow

namespace {

void overflow(const char *name, size_t size, StackGuard guard) {
    limit_stack_guards(guard, SIZE_MAX);
    drop_cached_stacks();
    World w;
    w.run([&] {
        auto *task = w.spawn(
            [] {
                // A canary is looked at when the fiber suspends, a guard at the first touch.
                EXPECT_GT(dig(40 << 10), 0U);
                return rondo_yield();
            },
            name, size);
        return rondo_await(task, nullptr);
    });
}

} // namespace

TEST_F(FiberStacksDeathTest, overflow_is_told_with_name_and_size_and_kills) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const char *line = "rondo: the fiber of task 'digger' overflowed its stack of 16384 bytes: "
                       "give it a bigger stack_size in rondo_task_options";
    for (auto guard : {StackGuard::by_advice, StackGuard::by_mapping, StackGuard::canary}) {
        if (sanitized) {
            EXPECT_DEATH(overflow("digger", 1, guard), line);
        } else {
            EXPECT_EXIT(overflow("digger", 1, guard), testing::KilledBySignal(SIGSEGV), line);
        }
    }
}

TEST_F(FiberStacksDeathTest, overflow_of_a_task_without_a_name_is_told_by_number) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(overflow(nullptr, 1, StackGuard::by_advice), "the fiber of task 'Task-[0-9]+' overflowed");
}

namespace {

void other_handler(int) {
    static const char text[] = "the program's own handler\n";
    if (write(2, text, sizeof text - 1) > 0) _exit(3);
}

void run_a_fiber() {
    World w;
    w.run([] { return rondo_yield(); });
}

auto handler_of_faults() {
    struct sigaction action {};
    sigaction(SIGSEGV, nullptr, &action);
    return action.sa_sigaction;
}

bool handler_changes_with_the_first_fiber() {
    auto before = handler_of_faults();
    World w;
    auto with_a_loop = handler_of_faults();
    w.run([] { return RONDO_OK; });
    return with_a_loop == before && handler_of_faults() != before;
}

} // namespace

TEST_F(FiberStacksDeathTest, a_handler_that_was_there_before_still_hears_of_faults) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            signal(SIGSEGV, other_handler);
            overflow("digger", 1, StackGuard::by_advice);
        },
        testing::ExitedWithCode(3), "'digger' overflowed(.|\n)*the program's own handler");
}

TEST_F(FiberStacksDeathTest, other_faults_and_sent_signals_are_no_business_of_ours) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    if (sanitized) GTEST_SKIP() << "the sanitizer handles them";
    EXPECT_EXIT(
        {
            run_a_fiber();
            volatile uintptr_t nowhere = 8; // not a constant, of which compilers warn
            *reinterpret_cast<volatile int *>(nowhere) = 1;
        },
        testing::KilledBySignal(SIGSEGV), "^$");
    EXPECT_EXIT(
        {
            run_a_fiber();
            raise(SIGSEGV);
        },
        testing::KilledBySignal(SIGSEGV), "^$");
    EXPECT_EXIT(
        {
            signal(SIGSEGV, SIG_IGN);
            run_a_fiber();
            raise(SIGSEGV);
            _exit(0);
        },
        testing::ExitedWithCode(0), "");
}

TEST_F(FiberStacksDeathTest, without_a_fiber_no_handler_is_installed) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(_exit(handler_changes_with_the_first_fiber() ? 0 : 1), testing::ExitedWithCode(0), "");
}
