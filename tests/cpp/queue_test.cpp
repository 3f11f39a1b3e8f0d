// Queue, LifoQueue, PriorityQueue (semantics.md 17, table A18, B5).
#include "support.hpp"

namespace rondo::test {
namespace {

template <class T>
Coroutine<> take(Trace &trace, Queue<T> queue, std::string name) {
    try {
        const T item = co_await queue.get();
        trace(name + std::to_string(item));
    } catch (const QueueShutDown &) {
        trace(name + "!");
    }
}

Coroutine<> give(Trace &trace, Queue<int> queue, std::string name, int item) {
    try {
        co_await queue.put(item);
        trace(name);
    } catch (const QueueShutDown &) {
        trace(name + "!");
    }
}

TEST(Queue, A18_Q1_one_place_between_producer_and_consumer) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Queue<int> queue(1);
                  const auto produce = [&]() -> Coroutine<> {
                      for (int i = 0; i < 3; ++i) {
                          co_await queue.put(i);
                          trace("put" + std::to_string(i));
                      }
                  };
                  const auto consume = [&]() -> Coroutine<> {
                      for (int i = 0; i < 3; ++i) {
                          const int item = co_await queue.get();
                          trace("got" + std::to_string(item));
                      }
                  };
                  co_await gather(produce, consume);
              }),
              "put0 got0 | put1 | got1 | put2 | got2");
}

TEST(Queue, Q1_says_how_full_it_is) {
    play([]() -> Coroutine<> {
        Queue<std::string> queue(2);
        EXPECT_TRUE(queue.empty());
        EXPECT_THROW((void)queue.get_nowait(), QueueEmpty);
        EXPECT_FALSE(queue.try_get());
        queue.put_nowait("a");
        EXPECT_TRUE(queue.try_put("b"));
        EXPECT_TRUE(queue.full());
        EXPECT_EQ(queue.size(), 2u);
        EXPECT_EQ(queue.maxsize(), 2u);
        EXPECT_THROW(queue.put_nowait("c"), QueueFull);
        std::string late = "a text too long to be kept inside the string itself";
        EXPECT_FALSE(queue.try_put(std::move(late)));
        EXPECT_EQ(late, "a text too long to be kept inside the string itself");
        EXPECT_EQ(queue.get_nowait(), "a");
        EXPECT_EQ(co_await queue.get(), "b");
        EXPECT_EQ(queue.try_get(), std::nullopt);
        EXPECT_EQ(Queue<int>(-1).maxsize(), 0u);
        EXPECT_FALSE(Queue<int>().full());
    });
}

TEST(Queue, Q2_what_need_not_wait_costs_no_turn) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Queue<int> queue;
                  get_running_loop().call_soon([&trace] { trace("soon"); });
                  int sum = 0;
                  for (int i = 0; i < 100; ++i) co_await queue.put(i);
                  for (int i = 0; i < 100; ++i) sum += co_await queue.get();
                  trace(std::to_string(sum));
                  co_await yield();
              }),
              "4950 | soon");
}

TEST(Queue, Q3_Q4_who_comes_just_then_takes_the_item_and_the_other_queues_again) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Queue<int> queue;
                  auto a = create_task(take(trace, queue, "a"));
                  auto b = create_task(take(trace, queue, "b"));
                  co_await yield();
                  co_await queue.put(1);
                  trace("M" + std::to_string(queue.get_nowait()));
                  co_await yield();
                  co_await queue.put(2);
                  co_await queue.put(3);
                  co_await gather(a, b);
              }),
              "M1 | | b2 a3");
}

TEST(Queue, B5_a_fair_one_serves_who_waits_longest) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Queue<int> queue(0, {.fair = true});
                  auto a = create_task(take(trace, queue, "a"));
                  auto b = create_task(take(trace, queue, "b"));
                  co_await yield();
                  co_await queue.put(1);
                  EXPECT_FALSE(queue.try_get()) << "it is a's";
                  co_await queue.put(2);
                  trace("M");
                  co_await gather(a, b);
              }),
              "M | a1 b2");
}

TEST(Queue, Q5_no_item_is_lost_with_a_cancelled_getter_or_putter) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Queue<int> queue(1);
                  auto a = create_task(take(trace, queue, "a"));
                  auto b = create_task(take(trace, queue, "b"));
                  co_await yield();
                  co_await queue.put(1);
                  a.cancel();
                  trace("M");
                  co_await b;
                  EXPECT_TRUE(a.cancelled());

                  co_await queue.put(2);
                  auto c = create_task(give(trace, queue, "c", 3));
                  auto d = create_task(give(trace, queue, "d", 4));
                  co_await yield();
                  EXPECT_EQ(co_await queue.get(), 2);
                  c.cancel();
                  co_await d;
                  EXPECT_EQ(co_await queue.get(), 4);
              }),
              "M | | b1 | | | | d");
}

// The others keep their places in line.
TEST(Queue, Q5_a_cancelled_getter_that_was_not_called_has_nothing_to_pass_on) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Queue<int> queue;
                  auto a = create_task(take(trace, queue, "a"));
                  auto b = create_task(take(trace, queue, "b"));
                  auto c = create_task(take(trace, queue, "c"));
                  auto d = create_task(take(trace, queue, "d"));
                  co_await yield();
                  b.cancel();
                  queue.put_nowait(1);
                  co_await yield();
                  co_await yield();
                  queue.put_nowait(2);
                  queue.put_nowait(3);
                  co_await gather(a, c, d);
              }),
              "a1 | | c2 d3");
}

TEST(Queue, Q6_join_waits_until_all_that_was_put_is_done) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Queue<int> queue;
                  co_await queue.join(); // nothing was put
                  EXPECT_EQ(status_of([&] { return queue.task_done(), 0; }), RONDO_EINVAL);
                  for (int i = 0; i < 3; ++i) queue.put_nowait(i);
                  auto worker = create_task([&]() -> Coroutine<> {
                      for (;;) {
                          const int item = co_await queue.get();
                          co_await yield();
                          trace(std::to_string(item));
                          queue.task_done();
                      }
                  });
                  trace("M");
                  co_await queue.join();
                  trace("joined");
                  EXPECT_EQ(queue.unfinished(), 0u);
                  worker.cancel();
              }),
              "M | | 0 | 1 | 2 | joined");
}

struct Later {
    bool operator()(const std::unique_ptr<int> &a, const std::unique_ptr<int> &b) const { return *a > *b; }
};

TEST(Queue, Q7_orders) {
    const auto all = [](auto &queue, auto... items) {
        (queue.put_nowait(items), ...);
        std::string text;
        while (auto item = queue.try_get()) text += std::to_string(*item);
        return text;
    };
    play([&]() -> Coroutine<> {
        Queue<int> first;
        LifoQueue<int> last;
        PriorityQueue<int> smallest;
        PriorityQueue<int, std::greater<int>> greatest;
        EXPECT_EQ(all(first, 2, 3, 1), "231");
        EXPECT_EQ(all(last, 2, 3, 1), "132");
        EXPECT_EQ(all(smallest, 2, 3, 1), "123");
        EXPECT_EQ(all(greatest, 2, 3, 1), "321");

        PriorityQueue<std::string> words;
        for (const char *word : {"pear", "apple", "fig"}) words.put_nowait(word);
        EXPECT_EQ(co_await words.get(), "apple");

        PriorityQueue<std::unique_ptr<int>, Later> owned; // compared in place: nothing is copied
        for (const int i : {2, 3, 1}) co_await owned.put(std::make_unique<int>(i));
        EXPECT_EQ(*co_await owned.get(), 3);

        using Entry = std::pair<int, char>;
        struct ByNumber {
            bool operator()(const Entry &a, const Entry &b) const { return a.first < b.first; }
        };
        PriorityQueue<Entry, ByNumber> entries;
        for (const Entry &entry : {Entry(1, 'a'), Entry(0, 'b'), Entry(1, 'c'), Entry(0, 'd')})
            entries.put_nowait(entry);
        std::string text;
        while (auto entry = entries.try_get()) text += entry->second;
        EXPECT_EQ(text, "bdac") << "equal ones first in, first out";
    });
}

TEST(Queue, Q8_Q10_shutdown_ends_puts_at_once_and_gets_when_it_is_empty) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Queue<int> queue(1);
                  co_await queue.put(1);
                  auto putter = create_task(give(trace, queue, "put", 2));
                  co_await yield();
                  queue.shutdown();
                  queue.shutdown();
                  EXPECT_TRUE(queue.is_shutdown());
                  EXPECT_THROW(queue.put_nowait(3), ShutDown);
                  EXPECT_THROW(co_await queue.put(3), ShutDown);
                  EXPECT_THROW((void)queue.try_put(3), ShutDown);
                  trace("M" + std::to_string(co_await queue.get()));
                  EXPECT_THROW((void)co_await queue.get(), ShutDown);
                  EXPECT_THROW((void)queue.try_get(), ShutDown);
                  co_await putter;
              }),
              "M1 | put!");
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Queue<int> queue;
                  auto a = create_task(take(trace, queue, "a"));
                  co_await yield();
                  trace("M");
                  queue.shutdown();
                  co_await a;
              }),
              "M | a!");
}

TEST(Queue, Q9_an_immediate_shutdown_drops_what_is_left_but_not_what_was_taken) {
    play([]() -> Coroutine<> {
        Queue<Counted> queue;
        for (int i = 0; i < 3; ++i) queue.put_nowait(Counted(i));
        const Counted taken = co_await queue.get();
        queue.shutdown(true);
        EXPECT_EQ(Counted::alive, 1);
        EXPECT_EQ(queue.unfinished(), 1u);
        auto joining = create_task(queue.join());
        co_await yield();
        EXPECT_FALSE(joining.done());
        queue.task_done();
        co_await joining;
    });
    EXPECT_EQ(Counted::alive, 0);
}

TEST(Queue, items_move_in_and_out) {
    Counted::copies = 0;
    play([]() -> Coroutine<> {
        Queue<std::unique_ptr<int>> owned(1);
        co_await owned.put(std::make_unique<int>(1));
        auto waiting = create_task(owned.put(std::make_unique<int>(2)));
        EXPECT_EQ(*co_await owned.get(), 1);
        auto two = co_await owned.get();
        EXPECT_EQ(*two, 2);
        co_await waiting;
        auto third = create_task(owned.get());
        co_await yield();
        co_await owned.put(std::move(two));
        EXPECT_EQ(*co_await std::move(third), 2);

        Queue<Counted> counted(1);
        co_await counted.put(Counted(7));
        auto waits = create_task([&]() -> Coroutine<> { co_await counted.put(Counted(8)); });
        co_await yield();
        EXPECT_EQ((co_await counted.get()).value(), 7);
        EXPECT_EQ((co_await counted.get()).value(), 8);
        co_await waits;

        Queue<std::string> texts;
        const std::string text = "a text too long to be kept inside the string itself";
        co_await texts.put(text);
        co_await texts.put("and one that is made on the way, just as long as the other");
        EXPECT_EQ(co_await texts.get(), text);
        EXPECT_EQ((co_await texts.get()).substr(0, 7), "and one");
    });
    EXPECT_EQ(Counted::alive, 0);
    EXPECT_EQ(Counted::copies, 0);
}

TEST(Queue, items_are_dropped_once_wherever_they_are_left) {
    play([]() -> Coroutine<> {
        Queue<Counted> queue(1);
        (void)queue.put(Counted(0)); // never awaited
        EXPECT_EQ(Counted::alive, 0);
        co_await queue.put(Counted(1));
        auto stuck = create_task(queue.put(Counted(2)));
        co_await yield();
        stuck.cancel();
        EXPECT_THROW(co_await stuck, Cancelled);
        EXPECT_EQ(Counted::alive, 1);
        (void)create_task(queue.put(Counted(3)));
        co_await yield();
    });
    EXPECT_EQ(Counted::alive, 0);
}

TEST(Queue, an_error_elsewhere_in_the_expression_costs_no_item) {
    play([]() -> Coroutine<> {
        Queue<int> queue;
        queue.put_nowait(1);
        Future<int> failing;
        get_running_loop().call_soon([=] { failing.set_exception(std::runtime_error("first")); });
        const auto both = [&]() -> Coroutine<int> { co_return co_await failing + co_await queue.get(); };
        EXPECT_THROW(co_await both(), std::runtime_error);
        EXPECT_EQ(queue.size(), 1u);

        Queue<int> late;
        get_running_loop().call_later(1ms, [=] { late.put_nowait(20); });
        get_running_loop().call_later(2ms, [=] { late.put_nowait(3); });
        EXPECT_EQ(co_await late.get() + co_await late.get(), 23) << "each keeps its value while the other waits";
    });
}

} // namespace
} // namespace rondo::test
