// A fiber allocates nothing per await, sleep, yield and cancellation, and a recycled one nothing but its task.
#include "world.h"

#include <atomic>
#include <cstdlib>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if !defined(__has_feature)
#define COUNTING 1
#elif !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define COUNTING 1
#endif
#endif

namespace {
std::atomic<long> allocations{0};
} // namespace

#ifdef COUNTING
extern "C" void *__libc_malloc(size_t);
extern "C" void *__libc_calloc(size_t, size_t);
extern "C" void *malloc(size_t size) {
    ++allocations;
    return __libc_malloc(size);
}
extern "C" void *calloc(size_t count, size_t size) {
    ++allocations;
    return __libc_calloc(count, size);
}
#endif

using rondo_test::World;

namespace {

rondo_status nothing(void *, rondo_value *) { return RONDO_OK; }

rondo_status give_way(void *, rondo_value *) { return rondo_yield(); }

template <class Work>
long allocations_of(Work work) {
    for (int i = 0; i < 10; ++i) work(); // fills the pools
    long before = allocations;
    for (int i = 0; i < 1000; ++i) work();
    return allocations - before;
}

} // namespace

TEST(FiberAllocations, none_per_suspension) {
#ifndef COUNTING
    GTEST_SKIP() << "the sanitizer owns malloc";
#endif
    World w;
    w.run([&] {
        EXPECT_EQ(allocations_of([] { rondo_yield(); }), 0);
        EXPECT_EQ(allocations_of([] { rondo_sleep(RONDO_MS(1)); }), 0);
        auto *done = w.future();
        rondo_future_set_result(done, nullptr);
        EXPECT_EQ(allocations_of([&] { rondo_await(done, nullptr); }), 0);
        EXPECT_EQ(allocations_of([&] {
                      rondo_future_cancel(rondo_loop_current_task(nullptr), nullptr);
                      EXPECT_EQ(rondo_sleep(RONDO_S(1)), RONDO_ECANCELED);
                  }),
                  0);
        return RONDO_OK;
    });
}

TEST(FiberAllocations, none_for_tasks_and_stacks_used_again) {
#ifndef COUNTING
    GTEST_SKIP() << "the sanitizer owns malloc";
#endif
    World w;
    w.run([&] {
        for (rondo_fiber_fn fn : {nothing, give_way}) {
            EXPECT_EQ(allocations_of([fn] {
                          rondo_task *task = nullptr;
                          rondo_fiber_create(nullptr, fn, nullptr, nullptr, &task);
                          EXPECT_EQ(rondo_await_release(task, nullptr), RONDO_OK);
                      }),
                      0);
        }
        return RONDO_OK;
    });
}
