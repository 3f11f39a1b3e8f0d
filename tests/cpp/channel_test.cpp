// Channel: items between loops and threads.
#include "support.hpp"

#include <atomic>
#include <numeric>
#include <thread>

namespace rondo::test {
namespace {

constexpr int items = 1000;

TEST(Channel, carries_items_from_a_thread_to_a_loop_in_order) {
    Channel<int> channel(4);
    std::thread producer([channel] {
        for (int i = 0; i < items; ++i) channel.send_blocking(i);
        channel.shutdown();
    });
    std::vector<int> got;
    run([&]() -> Coroutine<> {
        while (auto item = co_await channel.next()) got.push_back(*item);
        EXPECT_THROW((void)co_await channel.receive(), ShutDown);
        EXPECT_THROW(co_await channel.send(1), ShutDown);
    });
    producer.join();
    std::vector<int> sent(items);
    std::iota(sent.begin(), sent.end(), 0);
    EXPECT_EQ(got, sent);
}

TEST(Channel, carries_items_from_a_loop_to_a_thread_in_order) {
    Channel<std::unique_ptr<int>> channel(4);
    int next = 0;
    std::thread consumer([&] {
        try {
            for (;; ++next) EXPECT_EQ(*channel.receive_blocking(), next);
        } catch (const ShutDown &) {
        }
    });
    run([&]() -> Coroutine<> {
        for (int i = 0; i < items; ++i) co_await channel.send(std::make_unique<int>(i));
        channel.shutdown();
    });
    consumer.join();
    EXPECT_EQ(next, items);
}

TEST(Channel, joins_many_loops_and_threads_without_loss) {
    Channel<int> channel(3);
    std::atomic<int> sum{0}, senders{4};
    const auto last = [&] {
        if (--senders == 0) channel.shutdown();
    };
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t) {
        threads.emplace_back([&] {
            for (int i = 1; i <= 200; ++i) channel.send_blocking(i);
            last();
        });
        threads.emplace_back([&] {
            run([&]() -> Coroutine<> {
                for (int i = 1; i <= 200; ++i) co_await channel.send(i);
                last();
            });
        });
        threads.emplace_back([&] {
            try {
                for (;;) sum += channel.receive_blocking();
            } catch (const ShutDown &) {
            }
        });
        threads.emplace_back([&] {
            run([&]() -> Coroutine<> {
                const auto receiver = [&]() -> Coroutine<> {
                    while (auto item = co_await channel.next()) sum += *item;
                };
                co_await gather(receiver, receiver);
            });
        });
    }
    for (std::thread &thread : threads) thread.join();
    EXPECT_EQ(sum, 4 * 200 * 201 / 2);
}

TEST(Channel, says_full_empty_timeout_and_deadlock) {
    Channel<std::string> channel(1);
    EXPECT_THROW((void)channel.receive_nowait(), QueueEmpty);
    EXPECT_EQ(channel.try_receive(), std::nullopt);
    EXPECT_THROW((void)channel.receive_blocking(1us), TimeoutError);
    channel.send_nowait("a text too long to be kept inside the string itself");
    EXPECT_EQ(channel.size(), 1u);
    EXPECT_EQ(channel.capacity(), 1u);
    EXPECT_THROW(channel.send_nowait("b"), QueueFull);
    EXPECT_THROW(channel.send_blocking("b", 1us), TimeoutError);
    std::string late = "late";
    EXPECT_FALSE(channel.try_send(std::move(late)));
    EXPECT_EQ(late, "late");
    EXPECT_EQ(channel.receive_nowait(), "a text too long to be kept inside the string itself");
    EXPECT_TRUE(channel.try_send(std::move(late)));
    play([&]() -> Coroutine<> {
        EXPECT_EQ(status_of([&] { return channel.receive_blocking(); }), RONDO_EDEADLOCK);
        EXPECT_EQ(co_await channel.receive(), "late");
    });
}

TEST(Channel, a_cancelled_receiver_passes_its_call_on) {
    play([]() -> Coroutine<> {
        Channel<int> channel;
        auto a = create_task(channel.receive());
        auto b = create_task(channel.receive());
        co_await turns(2);
        channel.send_nowait(1);
        a.cancel();
        EXPECT_EQ(co_await b, 1);
        EXPECT_TRUE(a.cancelled());
        EXPECT_THROW((void)co_await wait_for(channel.receive(), 1s), TimeoutError);
    });
}

TEST(Channel, items_are_dropped_once_wherever_they_are_left) {
    play([]() -> Coroutine<> {
        Channel<Counted> channel(1);
        co_await channel.send(Counted(1));
        auto stuck = create_task(channel.send(Counted(2)));
        co_await yield();
        stuck.cancel();
        EXPECT_THROW(co_await stuck, Cancelled);
        EXPECT_EQ(Counted::alive, 1);
    });
    EXPECT_EQ(Counted::alive, 0);
}

} // namespace
} // namespace rondo::test
