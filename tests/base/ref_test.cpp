#include "base/object.h"
#include "base/ref.h"
#include "base/thread.h"

#include <gtest/gtest.h>

#include <thread>
#include <utility>
#include <vector>

using namespace rondo::core;

namespace {

struct Thing : Object {
    explicit Thing(bool &flag) : Object(Tag::loop), gone(flag) {}
    void release() {
        if (drop_reference()) gone = true;
    }
    bool &gone;
};

} // namespace

TEST(Ref, adopting_takes_over_the_callers_reference) {
    bool gone = false;
    Thing thing(gone);
    { auto ref = Ref<Thing>::adopt(&thing); }
    EXPECT_TRUE(gone);
}

TEST(Ref, sharing_takes_one_of_its_own) {
    bool gone = false;
    Thing thing(gone);
    { auto ref = Ref<Thing>::share(&thing); }
    EXPECT_FALSE(gone);
    thing.release();
    EXPECT_TRUE(gone);
}

TEST(Ref, moving_moves_the_reference) {
    bool gone = false;
    Thing thing(gone);
    auto ref = Ref<Thing>::adopt(&thing);
    Ref<Thing> other = std::move(ref);
    EXPECT_FALSE(ref);
    EXPECT_EQ(other.get(), &thing);
    {
        Ref<Thing> last;
        last = std::move(other);
        EXPECT_FALSE(gone);
    }
    EXPECT_TRUE(gone);
}

TEST(Ref, detaching_leaves_the_reference_to_the_caller) {
    bool gone = false;
    Thing thing(gone);
    {
        auto ref = Ref<Thing>::adopt(&thing);
        EXPECT_EQ(ref.detach(), &thing);
    }
    EXPECT_FALSE(gone);
}

TEST(Ref, of_nothing_is_false_and_harmless) {
    Ref<Thing> none = Ref<Thing>::share(nullptr);
    EXPECT_FALSE(none);
}

TEST(Object, the_last_of_many_threads_to_let_go_is_told) {
    bool gone = false;
    Thing thing(gone);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        thing.retain();
        threads.emplace_back([&] {
            for (int i = 0; i < 10000; ++i) {
                thing.retain();
                EXPECT_FALSE(thing.drop_reference());
            }
            thing.release();
        });
    }
    for (std::thread &thread : threads) thread.join();
    EXPECT_FALSE(gone);
    thing.release();
    EXPECT_TRUE(gone);
}

TEST(Thread, every_thread_has_a_number_of_its_own_and_none_is_zero) {
    uintptr_t here = this_thread();
    uintptr_t there = 0;
    std::thread([&] { there = this_thread(); }).join();
    EXPECT_NE(here, 0u);
    EXPECT_NE(there, 0u);
    EXPECT_NE(here, there);
    EXPECT_EQ(here, this_thread());
}
