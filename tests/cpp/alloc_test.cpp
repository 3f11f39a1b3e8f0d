// Allocations: frames and tasks cost their blocks, awaiting costs none (law 4).
#include "support.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

// Every malloc of the process, the library's too, is counted here; sanitizers bring a malloc of their own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(__GLIBC__)
#define RONDO_COUNT_ALLOCATIONS 1
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef RONDO_COUNT_ALLOCATIONS
#endif
#endif
#endif

namespace {
std::atomic<long> allocations{0};
}

#ifdef RONDO_COUNT_ALLOCATIONS
extern "C" {
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    return __libc_calloc(count, size);
}
void *realloc(void *block, size_t size) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    return __libc_realloc(block, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    return __libc_memalign(alignment, size);
}
int posix_memalign(void **out, size_t alignment, size_t size) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    *out = __libc_memalign(alignment, size);
    return *out != nullptr ? 0 : 12;
}
}
#endif

namespace rondo::test {
namespace {

class Allocations : public testing::Test {
protected:
    void SetUp() override {
#ifndef RONDO_COUNT_ALLOCATIONS
        GTEST_SKIP() << "a sanitizer has replaced malloc";
#endif
        const long before = allocations;
        int *volatile seen = new int(1); // (compilers may leave out an allocation that nobody sees)
        delete seen;
        ASSERT_GT(allocations, before) << "malloc is not counted";
    }
};

Coroutine<int> give(int x) { co_return x; }
Coroutine<> finish(Future<int> future) {
    future.set_result(1);
    co_return;
}

// Allocations of `rounds` rounds of what `each` makes, once everything is warm.
template <class F>
long count(F each) {
    long counted = -1;
    play([&]() -> Coroutine<> {
        for (int i = 0; i < 100; ++i) co_await each();
        const long before = allocations;
        for (int i = 0; i < 1000; ++i) co_await each();
        counted = allocations - before;
    });
    return counted;
}

TEST_F(Allocations, law4_none_per_yield_or_sleep) {
    EXPECT_EQ(count([] { return turns(3); }), 0);
    EXPECT_EQ(count([]() -> Coroutine<> { co_await sleep(1ms); }), 0);
}

TEST_F(Allocations, law4_none_per_await_of_a_done_or_pending_future) {
    play([]() -> Coroutine<> {
        Future<int> done;
        done.set_result(1);
        const long before = allocations;
        for (int i = 0; i < 1000; ++i) EXPECT_EQ(co_await done, 1);
        EXPECT_EQ(allocations - before, 0);
    });
    play([]() -> Coroutine<> {
        std::vector<Future<int>> futures(1100);
        std::size_t next = 0;
        auto setter = create_task([&]() -> Coroutine<> {
            while (next < futures.size()) {
                futures[next].set_result(1);
                co_await yield();
            }
        });
        long before = 0;
        for (; next < futures.size(); ++next) {
            if (next == 100) before = allocations;
            co_await futures[next];
        }
        EXPECT_EQ(allocations - before, 0);
        co_await setter;
    });
}

TEST_F(Allocations, law4_none_per_lock_or_item_with_and_without_a_wait) {
    Lock lock;
    Queue<int> queue(1);
    Channel<int> channel(1);
    EXPECT_EQ(count([&]() -> Coroutine<> {
                  co_await lock.acquire();
                  lock.release();
                  auto held = co_await lock.scoped();
                  co_await queue.put(1);
                  co_await channel.send(co_await queue.get());
                  co_await channel.receive();
              }),
              0);
    const auto in_turn = [&]() -> Coroutine<> {
        for (int i = 0; i < 3; ++i) {
            auto held = co_await lock.scoped();
            co_await queue.put(i);
            co_await yield();
        }
    };
    const auto take_three = [&]() -> Coroutine<> {
        for (int i = 0; i < 3; ++i) co_await queue.get();
    };
    play([&]() -> Coroutine<> {
        long counted = -1;
        for (int i = 0; i < 100; ++i) {
            const auto producer = create_task([&] { return in_turn(); });
            const auto consumer = create_task([&] { return take_three(); });
            const long before = allocations;
            co_await producer;
            co_await consumer;
            counted = allocations - before;
        }
        EXPECT_EQ(counted, 0);
    });
}

TEST_F(Allocations, law4_frames_and_tasks_are_recycled) {
    EXPECT_EQ(count([]() -> Coroutine<> { co_await give(1); }), 0);
    EXPECT_EQ(count([]() -> Coroutine<> { co_await create_task(give(1)); }), 0);
    EXPECT_EQ(count([]() -> Coroutine<> {
                  Future<int> future;
                  auto task = create_task(finish(future));
                  co_await future;
                  co_await task;
              }),
              0);
}

AsyncGenerator<int> count_up(int n) {
    for (int i = 0; i < n; ++i) {
        if (i % 4 == 0) co_await yield();
        co_yield i;
    }
}

TEST_F(Allocations, law4_none_per_value_of_a_generator) {
    play([]() -> Coroutine<> {
        auto generator = count_up(2000);
        for (int i = 0; i < 100; ++i) (void)co_await generator.next();
        const long before = allocations;
        for (int i = 0; i < 1000; ++i) EXPECT_EQ(*co_await generator.next(), 100 + i);
        EXPECT_EQ(allocations - before, 0);
    });
}

TEST_F(Allocations, law4_blocks_are_recycled) {
    EXPECT_EQ(count([]() -> Coroutine<> {
                  auto generator = count_up(3);
                  while (co_await generator.next()) {
                  }
              }),
              0);
    EXPECT_EQ(count([]() -> Coroutine<> { (void)co_await with_timeout(1h, give(1)); }), 0);
    EXPECT_EQ(count([]() -> Coroutine<> { (void)co_await wait_for(give(1), 1h); }), 0);
    EXPECT_EQ(count([]() -> Coroutine<> {
                  co_await with_group([](TaskGroup &group) -> Coroutine<> {
                      group.create_task(give(1));
                      group.create_task(turns(2));
                      co_return;
                  });
              }),
              0);
    EXPECT_EQ(count([]() -> Coroutine<> { (void)co_await create_task(give(1), {.eager = true}); }), 0);
    EXPECT_EQ(count([]() -> Coroutine<> { (void)co_await shield(turns(1)); }), 0);
}

TEST_F(Allocations, small_callables_need_no_block) {
    EXPECT_EQ(count([]() -> Coroutine<> {
                  int calls = 0;
                  get_running_loop().call_soon([&calls] { ++calls; });
                  co_await yield();
                  EXPECT_EQ(calls, 1);
              }),
              0);
}

TEST_F(Allocations, cancelling_allocates_only_for_the_exception) {
    // libstdc++ allocates each thrown object: one for the Cancelled, one more if it is thrown on.
    const long allocated = count([]() -> Coroutine<> {
        auto task = create_task(forever());
        co_await yield();
        task.cancel();
        co_await turns(1);
        EXPECT_TRUE(task.cancelled());
    });
    EXPECT_LE(allocated, 4000);
}

TEST(Frames, law4_a_task_s_frame_is_small) {
    EXPECT_LE(detail::CoroutineTask<int>::vtable.frame_size, 32u);
    EXPECT_LE(sizeof(detail::Promise<int>), 56u);
}

} // namespace
} // namespace rondo::test
