// Queues: section 17 of asyncio's rules.
#include "sync/fibers.h"

#include <thread>

namespace {

using sync_test::Fibers;

int32_t smaller(void *, const rondo_value *a, const rondo_value *b) { return a->as.i64 < b->as.i64; }

struct AQueue : Fibers {
    ~AQueue() override { rondo_queue_release(queue); }

    void make(uint64_t capacity, uint32_t order = RONDO_QUEUE_FIFO, uint32_t flags = 0) {
        RONDO_INIT(rondo_queue_options, options);
        options.capacity = capacity;
        options.order = order;
        options.flags = flags;
        options.before = smaller;
        ASSERT_EQ(rondo_queue_create(&options, &queue), RONDO_OK);
    }
    rondo_status put(int64_t item) {
        rondo_value value = rondo_i64(item);
        return rondo_queue_put(queue, &value);
    }
    rondo_status put_nowait(int64_t item) {
        rondo_value value = rondo_i64(item);
        return rondo_queue_put_nowait(queue, &value);
    }
    int64_t get_nowait() {
        rondo_value value;
        rondo_status s = rondo_queue_get_nowait(queue, &value);
        return s < 0 ? s : value.as.i64;
    }
    rondo_task *getter(const char *name) {
        return spawn([this, name] {
            rondo_value item;
            rondo_status s = rondo_queue_get(queue, &item);
            note(std::string(name) + (s < 0 ? rondo_status_name(s) : std::to_string(item.as.i64)));
            return s;
        });
    }
    rondo_task *putter(const char *name, int64_t item) {
        return spawn([this, name, item] {
            rondo_status s = put(item);
            note(std::string(name) + (s < 0 ? rondo_status_name(s) : ""));
            return s;
        });
    }

    rondo_queue *queue = nullptr;
};

TEST_F(AQueue, A18_Q1_a_place_between_producer_and_consumer) {
    make(1);
    run([&] {
        auto *producer = spawn([&] {
            for (int i = 0; i < 3; ++i) {
                put(i);
                note("put" + std::to_string(i));
            }
            return RONDO_OK;
        });
        auto *consumer = spawn([&] {
            for (int i = 0; i < 3; ++i) {
                rondo_value item;
                rondo_queue_get(queue, &item);
                note("got" + std::to_string(item.as.i64));
            }
            return RONDO_OK;
        });
        for (int turn = 1; turn <= 4; ++turn) {
            rondo_yield();
            note("|");
        }
        return join({producer, consumer});
    });
    EXPECT_EQ(diary, "put0 got0 | put1 | got1 | put2 | got2");
}

TEST_F(AQueue, Q1_nowait_forms_say_full_and_empty) {
    make(2);
    run([&] {
        EXPECT_EQ(get_nowait(), RONDO_EEMPTY);
        EXPECT_EQ(put_nowait(1), RONDO_OK);
        EXPECT_EQ(put_nowait(2), RONDO_OK);
        EXPECT_EQ(put_nowait(3), RONDO_EFULL);
        EXPECT_EQ(rondo_queue_size(queue), 2u);
        EXPECT_EQ(rondo_queue_capacity(queue), 2u);
        EXPECT_EQ(get_nowait(), 1);
        return RONDO_OK;
    });
}

TEST_F(AQueue, Q2_what_need_not_wait_costs_no_turn) {
    make(0);
    run([&] {
        spawn([&] {
            note("other");
            return RONDO_OK;
        });
        for (int i = 0; i < 100; ++i) put(i);
        rondo_value item;
        for (int i = 0; i < 100; ++i) rondo_queue_get(queue, &item);
        note("done");
        rondo_yield();
        return RONDO_OK;
    });
    EXPECT_EQ(diary, "done other");
}

TEST_F(AQueue, Q3_Q4_who_comes_just_then_takes_the_item_and_the_other_queues_again) {
    make(0);
    run([&] {
        auto *a = getter("a"), *b = getter("b");
        rondo_yield();
        put(1);
        EXPECT_EQ(get_nowait(), 1);
        rondo_yield();
        put(2);
        put(3);
        return join({a, b});
    });
    EXPECT_EQ(diary, "b2 a3");
}

TEST_F(AQueue, B5_a_fair_one_serves_who_waits_longest) {
    make(0, RONDO_QUEUE_FIFO, RONDO_QUEUE_FAIR);
    run([&] {
        auto *a = getter("a"), *b = getter("b");
        rondo_yield();
        put(1);
        EXPECT_EQ(get_nowait(), RONDO_EEMPTY) << "it is a's";
        put(2);
        return join({a, b});
    });
    EXPECT_EQ(diary, "a1 b2");
}

TEST_F(AQueue, B5_a_fair_one_keeps_the_places_of_putters_too) {
    make(1, RONDO_QUEUE_FIFO, RONDO_QUEUE_FAIR);
    run([&] {
        put(0);
        auto *a = putter("a", 1);
        rondo_yield();
        EXPECT_EQ(get_nowait(), 0);
        EXPECT_EQ(put_nowait(9), RONDO_EFULL) << "it is a's";
        join({a});
        EXPECT_EQ(get_nowait(), 1);
        return RONDO_OK;
    });
}

TEST_F(AQueue, Q5_a_cancelled_getter_passes_its_wake_up_on_and_no_item_is_lost) {
    for (uint32_t flags : {uint32_t{0}, uint32_t{RONDO_QUEUE_FAIR}}) {
        make(0, RONDO_QUEUE_FIFO, flags);
        diary.clear();
        run([&] {
            auto *a = getter("a"), *b = getter("b");
            rondo_yield();
            put(1);
            cancel(a);
            join({a, b});
            return RONDO_OK;
        });
        EXPECT_EQ(diary, "aECANCELED b1");
        rondo_queue_release(std::exchange(queue, nullptr));
    }
}

TEST_F(AQueue, Q5_a_cancelled_putter_passes_its_wake_up_on) {
    make(1);
    run([&] {
        put(0);
        auto *a = putter("a", 1), *b = putter("b", 2);
        rondo_yield();
        EXPECT_EQ(get_nowait(), 0);
        cancel(a);
        join({a, b});
        EXPECT_EQ(get_nowait(), 2);
        return RONDO_OK;
    });
    EXPECT_EQ(diary, "aECANCELED b");
}

TEST_F(AQueue, Q6_join_waits_until_all_that_was_put_is_done) {
    make(0);
    run([&] {
        EXPECT_EQ(rondo_queue_join(queue), RONDO_OK);
        EXPECT_EQ(rondo_queue_task_done(queue), RONDO_EINVAL);
        put(1);
        put(2);
        auto *joiner = spawn([&] {
            rondo_queue_join(queue);
            note("joined");
            return RONDO_OK;
        });
        get_nowait();
        get_nowait();
        turns(2);
        rondo_queue_task_done(queue);
        turns(2);
        note("one");
        rondo_queue_task_done(queue);
        return join({joiner});
    });
    EXPECT_EQ(diary, "one joined");
}

TEST_F(AQueue, Q7_orders) {
    make(0, RONDO_QUEUE_LIFO);
    run([&] {
        for (int i : {1, 2, 3}) put(i);
        EXPECT_EQ(get_nowait(), 3);
        EXPECT_EQ(get_nowait(), 2);
        return RONDO_OK;
    });
    rondo_queue_release(std::exchange(queue, nullptr));
    make(0, RONDO_QUEUE_PRIORITY);
    run([&] {
        for (int i : {5, 1, 4, 1, 3, 9, 2}) put(i);
        int64_t before = 0;
        for (int i = 0; i < 7; ++i) {
            int64_t item = get_nowait();
            EXPECT_LE(before, item);
            before = item;
        }
        return RONDO_OK;
    });
}

TEST_F(AQueue, Q8_Q10_shutdown_ends_puts_at_once_and_gets_when_it_is_empty) {
    make(1);
    run([&] {
        put(1);
        auto *a = putter("a", 2);
        rondo_yield();
        rondo_queue_shutdown(queue, 0);
        rondo_queue_shutdown(queue, 0);
        join({a});
        EXPECT_EQ(put(3), RONDO_ESHUTDOWN);
        EXPECT_EQ(get_nowait(), 1);
        EXPECT_EQ(get_nowait(), RONDO_ESHUTDOWN);
        rondo_value item;
        EXPECT_EQ(rondo_queue_get(queue, &item), RONDO_ESHUTDOWN);
        return RONDO_OK;
    });
    EXPECT_EQ(diary, "aESHUTDOWN");
}

TEST_F(AQueue, Q8_waiting_getters_are_woken_by_a_shutdown) {
    make(0);
    run([&] {
        auto *a = getter("a"), *b = getter("b");
        rondo_yield();
        rondo_queue_shutdown(queue, 0);
        join({a, b});
        return RONDO_OK;
    });
    EXPECT_EQ(diary, "aESHUTDOWN bESHUTDOWN");
}

TEST_F(AQueue, Q9_an_immediate_shutdown_drops_what_is_left_but_not_what_was_taken) {
    make(0);
    int dropped = 0;
    run([&] {
        for (int i = 0; i < 3; ++i) {
            rondo_value owned = rondo_ptr(&dropped, [](void *count, size_t) { ++*static_cast<int *>(count); });
            rondo_queue_put(queue, &owned);
        }
        rondo_value taken;
        rondo_queue_get(queue, &taken);
        rondo_queue_shutdown(queue, 1);
        EXPECT_EQ(dropped, 2);
        EXPECT_EQ(rondo_queue_unfinished(queue), 1u);
        auto *joiner = spawn([&] { return rondo_queue_join(queue); });
        turns(3);
        EXPECT_EQ(rondo_future_done(joiner), 0);
        rondo_queue_task_done(queue);
        rondo_value_drop(&taken);
        return join({joiner});
    });
    EXPECT_EQ(dropped, 3);
}

TEST_F(AQueue, values_are_dropped_once_wherever_they_are_left) {
    make(1);
    int dropped = 0;
    auto owned = [&] {
        return rondo_ptr(&dropped, [](void *count, size_t) { ++*static_cast<int *>(count); });
    };
    run([&] {
        rondo_value first = owned();
        rondo_queue_put(queue, &first);
        auto *stuck = spawn([&] {
            rondo_value second = owned();
            return rondo_queue_put(queue, &second);
        });
        rondo_yield();
        cancel(stuck);
        join({stuck});
        EXPECT_EQ(dropped, 1) << "the put that was cancelled";
        return RONDO_OK;
    });
    rondo_queue_release(std::exchange(queue, nullptr));
    EXPECT_EQ(dropped, 2);
}

TEST_F(AQueue, counts_only_leaves_the_items_to_its_user) {
    make(1, RONDO_QUEUE_PRIORITY, RONDO_QUEUE_COUNTS_ONLY);
    run([&] {
        rondo_value item = rondo_i64(5);
        EXPECT_EQ(rondo_queue_put_nowait(queue, &item), RONDO_OK);
        EXPECT_EQ(item.as.i64, 5);
        EXPECT_EQ(rondo_queue_size(queue), 1u);
        EXPECT_EQ(get_nowait(), 0);
        return RONDO_OK;
    });
}

struct AChannel : Fibers {
    AChannel() { rondo_channel_create(4, &channel); }
    ~AChannel() override { rondo_channel_release(channel); }
    rondo_channel *channel = nullptr;
};

TEST_F(AChannel, carries_items_between_threads_and_loops_in_order) {
    constexpr int count = 2000;
    std::thread producer([&] {
        for (int i = 0; i < count; ++i) {
            rondo_value item = rondo_i64(i);
            EXPECT_EQ(rondo_channel_send_blocking(channel, &item, RONDO_FOREVER), RONDO_OK);
        }
        rondo_channel_shutdown(channel);
    });
    auto consume = [](void *c, rondo_value *result) {
        rondo_value item;
        int64_t next = 0;
        while (rondo_channel_receive(static_cast<rondo_channel *>(c), &item) == RONDO_OK)
            EXPECT_EQ(item.as.i64, next++);
        *result = rondo_i64(next);
        return rondo_status{RONDO_OK};
    };
    rondo_value got;
    EXPECT_EQ(rondo_run(consume, channel, &got, nullptr), RONDO_OK);
    producer.join();
    EXPECT_EQ(got.as.i64, count);
}

TEST_F(AChannel, joins_many_loops_and_threads_without_loss) {
    constexpr int producers = 4, consumers = 3, each = 500;
    std::atomic<int64_t> sum{0};
    std::atomic<int> received{0};
    std::vector<std::thread> threads;
    for (int p = 0; p < producers; ++p) {
        threads.emplace_back([&, p] {
            for (int i = 0; i < each; ++i) {
                rondo_value item = rondo_i64(p * each + i);
                rondo_channel_send_blocking(channel, &item, RONDO_FOREVER);
            }
        });
    }
    struct Sink {
        rondo_channel *channel;
        std::atomic<int64_t> *sum;
        std::atomic<int> *received;
    } sink{channel, &sum, &received};
    std::vector<std::thread> sinks;
    for (int c = 0; c < consumers; ++c) {
        sinks.emplace_back([&] {
            auto drain = [](void *arg, rondo_value *) {
                auto &to = *static_cast<Sink *>(arg);
                rondo_value item;
                while (rondo_channel_receive(to.channel, &item) == RONDO_OK) {
                    to.sum->fetch_add(item.as.i64);
                    to.received->fetch_add(1);
                }
                return rondo_status{RONDO_OK};
            };
            rondo_run(drain, &sink, nullptr, nullptr);
        });
    }
    for (std::thread &thread : threads) thread.join();
    rondo_channel_shutdown(channel);
    for (std::thread &thread : sinks) thread.join();
    constexpr int64_t all = producers * each;
    EXPECT_EQ(received.load(), all);
    EXPECT_EQ(sum.load(), all * (all - 1) / 2);
}

TEST_F(AChannel, says_full_empty_timeout_and_deadlock) {
    rondo_value item;
    EXPECT_EQ(rondo_channel_receive_nowait(channel, &item), RONDO_EEMPTY);
    EXPECT_EQ(rondo_channel_receive_blocking(channel, &item, 0), RONDO_ETIMEDOUT);
    for (int i = 0; i < 4; ++i) {
        item = rondo_i64(i);
        EXPECT_EQ(rondo_channel_send_nowait(channel, &item), RONDO_OK);
    }
    item = rondo_i64(4);
    EXPECT_EQ(rondo_channel_send_nowait(channel, &item), RONDO_EFULL);
    EXPECT_EQ(rondo_channel_send_blocking(channel, &item, 1000), RONDO_ETIMEDOUT);
    EXPECT_EQ(item.as.i64, 4) << "still mine";
    run([&] {
        rondo_value mine = rondo_i64(5);
        EXPECT_EQ(rondo_channel_send_blocking(channel, &mine, RONDO_FOREVER), RONDO_EDEADLOCK);
        return RONDO_OK;
    });
    EXPECT_EQ(rondo_channel_size(channel), 4u);
}

TEST_F(AChannel, a_cancelled_receiver_passes_its_call_on) {
    run([&] {
        auto receiver = [&](const char *name) {
            return spawn([this, name] {
                rondo_value item;
                rondo_status s = rondo_channel_receive(channel, &item);
                note(std::string(name) + (s < 0 ? rondo_status_name(s) : std::to_string(item.as.i64)));
                return s;
            });
        };
        auto *a = receiver("a"), *b = receiver("b");
        rondo_yield();
        rondo_value item = rondo_i64(7);
        rondo_channel_send(channel, &item);
        cancel(a);
        join({a, b});
        return RONDO_OK;
    });
    EXPECT_EQ(diary, "aECANCELED b7");
}

} // namespace
