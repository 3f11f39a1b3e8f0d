// Locks, events, conditions, semaphores and barriers: sections 12 to 16 of asyncio's rules.
#include "sync/fibers.h"

namespace {

using sync_test::Fibers;

struct ALock : Fibers {
    ALock() { rondo_lock_create(&lock); }
    ~ALock() override { rondo_lock_release(lock); }

    rondo_task *user(const char *name, int held_turns = 1) {
        return spawn([this, name, held_turns] {
            rondo_status s = rondo_lock_acquire(lock);
            if (s < 0) {
                note(std::string(name) + " " + rondo_status_name(s));
                return s;
            }
            note(std::string(name) + " in");
            turns(held_turns);
            note(std::string(name) + " out");
            return rondo_lock_unlock(lock);
        });
    }

    rondo_lock *lock = nullptr;
};

TEST_F(ALock, Y5_A7_hand_over_is_first_come_first_served_one_turn_each) {
    run([&] {
        auto *a = user("a"), *b = user("b"), *c = user("c");
        for (int turn = 1; turn <= 6; ++turn) {
            rondo_yield();
            note(std::to_string(turn));
        }
        return join({a, b, c});
    });
    EXPECT_EQ(diary, "a in 1 a out 2 b in 3 b out 4 c in 5 c out 6");
}

TEST_F(ALock, Y1_belongs_to_no_task_and_is_not_reentrant) {
    run([&] {
        EXPECT_EQ(rondo_lock_unlock(lock), RONDO_ESTATE);
        EXPECT_EQ(rondo_lock_acquire(lock), RONDO_OK);
        auto *other = spawn([&] { return rondo_lock_unlock(lock); });
        EXPECT_EQ(join({other}), RONDO_OK);
        EXPECT_EQ(rondo_lock_locked(lock), 0);
        EXPECT_EQ(rondo_lock_acquire(lock), RONDO_OK);
        auto *again = spawn([&] { return rondo_lock_acquire(lock); });
        turns(5);
        EXPECT_EQ(rondo_future_done(again), 0);
        return rondo_lock_unlock(lock);
    });
}

TEST_F(ALock, T21_is_had_without_a_turn_when_nobody_has_it) {
    run([&] {
        spawn([&] {
            note("other");
            return RONDO_OK;
        });
        rondo_lock_acquire(lock);
        note("had");
        rondo_lock_unlock(lock);
        rondo_yield();
        return RONDO_OK;
    });
    EXPECT_EQ(diary, "had other");
}

TEST_F(ALock, Y2_Y3_a_newcomer_queues_behind_who_was_called_up_though_the_lock_is_free) {
    run([&] {
        rondo_lock_acquire(lock);
        auto *a = user("a", 0);
        rondo_yield();
        rondo_lock_unlock(lock);
        EXPECT_EQ(rondo_lock_locked(lock), 0) << "free until a runs";
        rondo_lock_acquire(lock);
        note("me");
        rondo_lock_unlock(lock);
        return join({a});
    });
    EXPECT_EQ(diary, "a in a out me");
}

TEST_F(ALock, Y4_who_is_cancelled_when_it_was_his_turn_passes_it_on) {
    run([&] {
        rondo_lock_acquire(lock);
        auto *a = user("a", 0), *b = user("b", 0);
        rondo_yield();
        rondo_lock_unlock(lock);
        cancel(a);
        join({a, b});
        EXPECT_EQ(rondo_lock_locked(lock), 0);
        return RONDO_OK;
    });
    EXPECT_EQ(diary, "a ECANCELED b in b out");
}

TEST_F(ALock, Y4_a_waiter_cancelled_in_line_leaves_it) {
    run([&] {
        rondo_lock_acquire(lock);
        auto *a = user("a", 0), *b = user("b", 0);
        rondo_yield();
        cancel(a);
        rondo_yield();
        rondo_lock_unlock(lock);
        return join({b});
    });
    EXPECT_EQ(diary, "a ECANCELED b in b out");
}

TEST_F(ALock, Y7_belongs_to_the_loop_where_somebody_had_to_wait) {
    run([&] {
        rondo_lock_acquire(lock);
        auto *a = user("a", 0);
        rondo_yield();
        rondo_lock_unlock(lock);
        return join({a});
    });
    close();
    EXPECT_EQ(diary, "a in a out");
    auto elsewhere = [](void *l, rondo_value *) {
        auto *shared = static_cast<rondo_lock *>(l);
        EXPECT_EQ(rondo_lock_acquire(shared), RONDO_OK) << "uncontended use is not checked";
        EXPECT_EQ(rondo_lock_acquire(shared), RONDO_EOTHERLOOP);
        return rondo_lock_unlock(shared);
    };
    EXPECT_EQ(rondo_run(elsewhere, lock, nullptr, nullptr), RONDO_OK);
}

TEST_F(ALock, ends_with_its_waiters_when_the_loop_closes) {
    run([&] {
        rondo_lock_acquire(lock);
        user("a");
        user("b");
        turns(2);
        return RONDO_OK;
    });
    close();
    EXPECT_EQ(diary, "a ECANCELED b ECANCELED");
}

TEST_F(ALock, an_operation_is_awaited_once_by_tasks_only) {
    run([&] {
        rondo_lock_acquire(lock);
        rondo_future *op = nullptr;
        EXPECT_EQ(rondo_lock_acquire_async(lock, &op), 0);
        rondo_future *gathered = nullptr;
        EXPECT_EQ(rondo_gather(loop_, &op, 1, 0, &gathered), RONDO_EKIND);
        auto *a = spawn([&] { return rondo_await(op, nullptr); });
        auto *b = spawn([&] { return rondo_await(op, nullptr); });
        turns(2);
        EXPECT_EQ(rondo_await(b, nullptr), RONDO_ESTATE);
        rondo_lock_unlock(lock);
        EXPECT_EQ(join({a}), RONDO_OK);
        EXPECT_EQ(rondo_lock_locked(lock), 1);
        rondo_future_release(op);
        return rondo_lock_unlock(lock);
    });
}

struct AnEvent : Fibers {
    AnEvent() { rondo_event_create(&event); }
    ~AnEvent() override { rondo_event_release(event); }
    rondo_task *waiter(const char *name) {
        return spawn([this, name] {
            rondo_status s = rondo_event_wait(event);
            note(std::string(name) + (s < 0 ? "!" : ""));
            return s;
        });
    }
    rondo_event *event = nullptr;
};

TEST_F(AnEvent, Y10_wakes_all_in_order_also_when_cleared_before_they_run) {
    run([&] {
        auto *a = waiter("a"), *b = waiter("b");
        rondo_yield();
        rondo_event_set(event);
        rondo_event_clear(event);
        EXPECT_EQ(rondo_event_is_set(event), 0);
        return join({a, b});
    });
    EXPECT_EQ(diary, "a b");
}

TEST_F(AnEvent, Y11_set_costs_no_turn_and_a_late_cancel_wins) {
    run([&] {
        auto *a = waiter("a");
        rondo_yield();
        rondo_event_set(event);
        EXPECT_EQ(rondo_event_wait(event), RONDO_OK);
        note("at once");
        cancel(a);
        EXPECT_EQ(join({a}), RONDO_ECANCELED);
        return RONDO_OK;
    });
    EXPECT_EQ(diary, "at once a!");
}

struct ACondition : Fibers {
    ACondition() {
        rondo_condition_create(nullptr, &condition);
        lock = rondo_condition_lock(condition);
    }
    ~ACondition() override { rondo_condition_release(condition); }
    rondo_task *waiter(const char *name) {
        return spawn([this, name] {
            rondo_lock_acquire(lock);
            note(std::string(name) + " waits");
            rondo_status s = rondo_condition_wait(condition);
            EXPECT_EQ(rondo_lock_locked(lock), 1);
            note(std::string(name) + (s < 0 ? " cancelled" : " woke"));
            rondo_lock_unlock(lock);
            return s;
        });
    }
    rondo_condition *condition = nullptr;
    rondo_lock *lock = nullptr;
};

TEST_F(ACondition, Y22_A10_the_notified_go_on_one_by_one_when_they_get_the_lock) {
    run([&] {
        auto *a = waiter("a"), *b = waiter("b");
        rondo_yield();
        rondo_lock_acquire(lock);
        rondo_condition_notify_all(condition);
        turns(2);
        note("unlock");
        rondo_lock_unlock(lock);
        rondo_yield();
        note("|");
        return join({a, b});
    });
    EXPECT_EQ(diary, "a waits b waits unlock a woke | b woke");
}

TEST_F(ACondition, Y20_needs_the_lock) {
    run([&] {
        EXPECT_EQ(rondo_condition_wait(condition), RONDO_ESTATE);
        EXPECT_EQ(rondo_condition_notify(condition, 1), RONDO_ESTATE);
        return RONDO_OK;
    });
}

TEST_F(ACondition, Y21_a_cancelled_wait_has_the_lock_again_before_it_ends) {
    run([&] {
        auto *a = waiter("a");
        rondo_yield();
        rondo_lock_acquire(lock);
        cancel(a);
        turns(3);
        cancel(a);
        turns(3);
        EXPECT_EQ(rondo_future_done(a), 0) << "it cannot end without the lock";
        note("unlock");
        rondo_lock_unlock(lock);
        EXPECT_EQ(join({a}), RONDO_ECANCELED);
        return RONDO_OK;
    });
    EXPECT_EQ(diary, "a waits unlock a cancelled");
}

TEST_F(ACondition, Y23_who_is_cancelled_after_the_notification_passes_it_on) {
    run([&] {
        auto *a = waiter("a"), *b = waiter("b");
        rondo_yield();
        rondo_lock_acquire(lock);
        rondo_condition_notify(condition, 1);
        cancel(a);
        rondo_lock_unlock(lock);
        EXPECT_EQ(join({b}), RONDO_OK);
        return RONDO_OK;
    });
    EXPECT_EQ(diary, "a waits b waits a cancelled b woke");
}

struct ASemaphore : Fibers {
    ~ASemaphore() override { rondo_semaphore_release(semaphore); }
    rondo_task *user(const char *name) {
        return spawn([this, name] {
            rondo_status s = rondo_semaphore_acquire(semaphore);
            note(std::string(name) + (s < 0 ? "!" : ""));
            return s;
        });
    }
    rondo_semaphore *semaphore = nullptr;
};

TEST_F(ASemaphore, Y30_Y31_a_permit_is_set_aside_for_who_waits_longest) {
    rondo_semaphore_create(1, 0, &semaphore);
    run([&] {
        rondo_semaphore_acquire(semaphore);
        auto *b = user("b"), *c = user("c");
        rondo_yield();
        rondo_semaphore_give_back(semaphore);
        EXPECT_EQ(rondo_semaphore_value(semaphore), 0u);
        EXPECT_EQ(rondo_semaphore_locked(semaphore), 1);
        auto *me = user("me");
        turns(2);
        rondo_semaphore_give_back(semaphore);
        turns(2);
        rondo_semaphore_give_back(semaphore);
        return join({b, c, me});
    });
    EXPECT_EQ(diary, "b c me");
}

TEST_F(ASemaphore, Y31_Y33_no_permit_is_lost_with_a_cancelled_waiter) {
    rondo_semaphore_create(2, 2, &semaphore);
    run([&] {
        rondo_semaphore_acquire(semaphore);
        rondo_semaphore_acquire(semaphore);
        auto *a = user("a"), *b = user("b"), *c = user("c");
        rondo_yield();
        rondo_semaphore_give_back(semaphore);
        rondo_semaphore_give_back(semaphore);
        cancel(a);
        join({a, b, c});
        EXPECT_EQ(rondo_semaphore_value(semaphore), 0u);
        rondo_semaphore_give_back(semaphore);
        rondo_semaphore_give_back(semaphore);
        EXPECT_EQ(rondo_semaphore_give_back(semaphore), RONDO_EINVAL) << "Y32";
        EXPECT_EQ(rondo_semaphore_value(semaphore), 2u);
        return RONDO_OK;
    });
    EXPECT_EQ(diary, "a! b c");
}

struct ABarrier : Fibers {
    ABarrier() { rondo_barrier_create(3, &barrier); }
    ~ABarrier() override { rondo_barrier_release(barrier); }
    rondo_task *party(const char *name) {
        return spawn([this, name] {
            uint64_t index = 9;
            rondo_status s = rondo_barrier_wait(barrier, &index);
            note(std::string(name) + (s < 0 ? rondo_status_name(s) : std::to_string(index)));
            return s;
        });
    }
    void end(rondo_status (*how)(rondo_barrier *, rondo_future **)) {
        rondo_future *op = nullptr;
        if (how(barrier, &op) == 0) rondo_await_release(op, nullptr);
    }
    rondo_barrier *barrier = nullptr;
};

TEST_F(ABarrier, Y40_gives_each_an_index_and_the_last_goes_first) {
    run([&] {
        for (int round = 0; round < 2; ++round) {
            auto *a = party("a"), *b = party("b");
            turns(3);
            EXPECT_EQ(rondo_barrier_waiting(barrier), 2u);
            auto *c = party("c");
            join({a, b, c});
        }
        return RONDO_OK;
    });
    EXPECT_EQ(diary, "c2 a0 b1 c2 a0 b1");
    EXPECT_EQ(rondo_barrier_parties(barrier), 3u);
}

TEST_F(ABarrier, Y41_B14_a_cancelled_waiter_frees_its_place_and_its_index) {
    run([&] {
        auto *a = party("a"), *b = party("b");
        turns(3);
        cancel(a);
        turns(3);
        auto *c = party("c"), *d = party("d");
        join({b, c, d});
        return RONDO_OK;
    });
    EXPECT_EQ(diary.substr(0, 10), "aECANCELED");
    for (const char *index : {"0", "1", "2"}) EXPECT_NE(diary.find(index), std::string::npos) << diary;
}

TEST_F(ABarrier, Y42_reset_breaks_it_for_who_waits_and_abort_for_good) {
    run([&] {
        auto *a = party("a");
        turns(3);
        end(rondo_barrier_reset_async);
        join({a});
        EXPECT_EQ(rondo_barrier_state(barrier), RONDO_BARRIER_FILLING);
        auto *b = party("b");
        turns(3);
        end(rondo_barrier_abort_async);
        join({b});
        auto *c = party("c");
        join({c});
        EXPECT_EQ(rondo_barrier_state(barrier), RONDO_BARRIER_BROKEN);
        return RONDO_OK;
    });
    EXPECT_EQ(diary, "aEBROKEN bEBROKEN cEBROKEN");
}

} // namespace
