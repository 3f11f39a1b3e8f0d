// with_group, TaskGroup, GroupError (semantics.md 9).
#include "support.hpp"

namespace rondo::test {
namespace {

std::chrono::nanoseconds now() { return get_running_loop().time(); }

Coroutine<int> give_after(std::chrono::milliseconds delay, int x) {
    co_await sleep(delay);
    co_return x;
}
Coroutine<> fail_after(std::chrono::milliseconds delay, std::string what) {
    co_await sleep(delay);
    throw std::runtime_error(what);
}
// Fails when it is cancelled.
Coroutine<> fail_when_cancelled(std::string what) {
    (void)co_await as_result(forever());
    throw std::runtime_error(what);
}
Coroutine<> tell_end(std::vector<std::string> &log, std::string name, std::chrono::milliseconds cleanup = 0ms) {
    const auto outcome = co_await as_result(forever());
    if (cleanup > 0ms) co_await sleep(cleanup);
    log.push_back(name);
    outcome.value();
}

std::vector<std::string> messages(const ErrorPtr &group) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < group.child_count(); ++i) all.push_back(group.child(i).message());
    return all;
}
using Messages = std::vector<std::string>;

TEST(TaskGroup, K3_ends_when_all_members_have_and_returns_the_body_s_value) {
    play([]() -> Coroutine<> {
        Task<int> first, second;
        const int sum = co_await with_group([&](TaskGroup &group) -> Coroutine<int> {
            first = group.create_task(give_after(5ms, 1));
            second = group.create_task(give_after(2ms, 2), {.name = "second"});
            EXPECT_EQ(second.name(), "second");
            co_return 10;
        });
        EXPECT_EQ(sum, 10);
        EXPECT_EQ(now(), 5ms);
        EXPECT_EQ(first.result() + second.result(), 3);
    });
}

TEST(TaskGroup, K2_takes_members_while_it_is_open_only) {
    play([]() -> Coroutine<> {
        TaskGroup kept;
        co_await with_group([&](TaskGroup &group) -> Coroutine<> {
            kept = group;
            co_return;
        });
        EXPECT_EQ(status_of([&] { return kept.create_task(forever()); }), RONDO_ESTATE);
        rondo_status while_cancelling = RONDO_OK;
        co_await with_group([&](TaskGroup &group) -> Coroutine<> {
            group.cancel();
            while_cancelling = status_of([&] { return group.create_task(forever()); });
            co_return;
        });
        EXPECT_EQ(while_cancelling, RONDO_ESTATE);
    });
}

TEST(TaskGroup, K2_K3_members_make_members_while_it_waits) {
    play([]() -> Coroutine<> {
        int ended = 0;
        const auto spread = [&ended](auto &self, TaskGroup group, int depth) -> Coroutine<> {
            co_await sleep(1ms);
            for (int i = 0; i < 2 && depth > 0; ++i) group.create_task(self(self, group, depth - 1));
            ++ended;
        };
        co_await with_group([&](TaskGroup &group) -> Coroutine<> {
            group.create_task(spread(spread, group, 4));
            co_return;
        });
        EXPECT_EQ(ended, 31);
        EXPECT_EQ(now(), 5ms);
    });
}

TEST(TaskGroup, K3_T21_an_empty_one_does_not_suspend) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  get_running_loop().call_soon([&trace] { trace("soon"); });
                  trace("M0");
                  co_await with_group([](TaskGroup &) -> Coroutine<> { co_return; });
                  trace("M1");
                  co_await yield();
              }),
              "M0 M1 | soon");
}

TEST(TaskGroup, K4_the_first_failure_cancels_the_others_and_the_body) {
    play([]() -> Coroutine<> {
        std::vector<std::string> log;
        int cancelling_inside = 0;
        const auto outcome = co_await as_result(with_group([&](TaskGroup &group) -> Coroutine<> {
            group.create_task(tell_end(log, "a"));
            group.create_task(fail_after(1ms, "bad"));
            group.create_task(tell_end(log, "b"));
            const auto ended = co_await as_result(forever());
            cancelling_inside = current_task().cancelling(); // K11
            log.push_back("body");
            ended.value();
        }));
        EXPECT_EQ(log, (Messages{"a", "b", "body"})); // members first, in the order of their creation (B6)
        EXPECT_EQ(cancelling_inside, 1);
        EXPECT_EQ(outcome.error().code(), RONDO_EGROUP);
        EXPECT_EQ(messages(outcome.error()), Messages{"bad"});
        EXPECT_EQ(current_task().cancelling(), 0); // K10
        EXPECT_EQ(now(), 1ms);
    });
}

TEST(TaskGroup, K5_a_cancelled_member_is_no_failure) {
    play([]() -> Coroutine<> {
        Task<> gone;
        const int x = co_await with_group([&](TaskGroup &group) -> Coroutine<int> {
            gone = group.create_task(forever());
            const auto other = group.create_task(give_after(3ms, 3));
            co_await yield();
            gone.cancel();
            co_return co_await other;
        });
        EXPECT_TRUE(gone.cancelled());
        EXPECT_EQ(x, 3);
    });
}

TEST(TaskGroup, K6_what_the_body_throws_comes_last) {
    play([]() -> Coroutine<> {
        const auto outcome = co_await as_result(with_group([](TaskGroup &group) -> Coroutine<> {
            group.create_task(fail_when_cancelled("first"));
            group.create_task(fail_when_cancelled("second"));
            co_await yield();
            throw std::logic_error("body");
        }));
        EXPECT_EQ(messages(outcome.error()), (Messages{"first", "second", "body"}));
        EXPECT_THROW(outcome.error().child(2).raise(), std::logic_error);
    });
}

TEST(TaskGroup, K6_K15_the_body_s_error_alone_is_a_group_too) {
    play([]() -> Coroutine<> {
        std::string what;
        try {
            co_await with_group([](TaskGroup &) -> Coroutine<int> {
                throw std::logic_error("body");
                co_return 1;
            });
        } catch (const GroupError &error) {
            what = error.what();
            EXPECT_EQ(error.size(), 1u);
            EXPECT_THROW(error.sole().raise(), std::logic_error);
        }
        EXPECT_EQ(what, "unhandled errors in a TaskGroup");
    });
}

TEST(TaskGroup, K7_cancelling_the_waiting_block_cancels_members_and_waits_for_them) {
    play([]() -> Coroutine<> {
        std::vector<std::string> log;
        const auto block = create_task([&]() -> Coroutine<> {
            co_await with_group([&](TaskGroup &group) -> Coroutine<> {
                group.create_task(tell_end(log, "a", 5ms));
                group.create_task(tell_end(log, "b", 9ms));
                co_return;
            });
        });
        co_await turns(3);
        block.cancel("outside");
        co_await sleep(2ms);
        EXPECT_FALSE(block.done());
        block.cancel("again"); // it still waits, and its members are not struck again
        const auto outcome = co_await as_result(block);
        EXPECT_TRUE(outcome.is_cancelled());
        EXPECT_STREQ(outcome.error().message(), "outside");
        EXPECT_EQ(log, (Messages{"a", "b"}));
        EXPECT_EQ(now(), 9ms);
        EXPECT_EQ(block.cancelling(), 2);
    });
}

TEST(TaskGroup, K8_an_interrupt_comes_out_alone) {
    std::vector<std::string> reports;
    play(
        [&]() -> Coroutine<> {
            rondo_status status = RONDO_OK;
            try {
                co_await with_group([](TaskGroup &group) -> Coroutine<> {
                    group.create_task(fail_when_cancelled("beside"));
                    co_await yield();
                    throw ExitRequested("body");
                });
            } catch (const ExitRequested &exit) {
                status = exit.code();
            }
            EXPECT_EQ(status, RONDO_EEXIT);
        },
        [&reports](const Report &report) { reports.push_back(report.error().message()); });
    EXPECT_EQ(reports, Messages{"beside"}); // B31: not lost
}

TEST(TaskGroup, K9_errors_outrank_an_outside_cancel_which_strikes_next) {
    play([]() -> Coroutine<> {
        rondo_status group_status = RONDO_OK, next_status = RONDO_OK;
        const auto block = create_task([&]() -> Coroutine<> {
            const auto ended = co_await as_result(with_group([](TaskGroup &group) -> Coroutine<> {
                group.create_task(fail_when_cancelled("cleanup"));
                co_return;
            }));
            group_status = ended.error().code();
            EXPECT_EQ(current_task().cancelling(), 1);
            next_status = (co_await as_result(sleep(1h))).error().code();
        });
        co_await turns(3);
        block.cancel();
        co_await block;
        EXPECT_EQ(group_status, RONDO_EGROUP);
        EXPECT_EQ(next_status, RONDO_ECANCELED);
        EXPECT_EQ(now(), 0ms);
    });
}

TEST(TaskGroup, K10_K11_a_body_that_swallows_the_group_s_cancel_runs_on) {
    play([]() -> Coroutine<> {
        bool went_on = false;
        const auto outcome = co_await as_result(with_group([&](TaskGroup &group) -> Coroutine<> {
            group.create_task(fail_after(1ms, "bad"));
            (void)co_await as_result(forever());
            co_await sleep(1ms); // awaits work
            went_on = true;
        }));
        EXPECT_TRUE(went_on);
        EXPECT_EQ(messages(outcome.error()), Messages{"bad"});
        EXPECT_EQ(current_task().cancelling(), 0);
        co_await yield();
    });
}

TEST(TaskGroup, K12_inner_and_outer_fail_in_one_turn) {
    play([]() -> Coroutine<> {
        const auto outcome = co_await as_result(with_group([](TaskGroup &outer) -> Coroutine<> {
            outer.create_task(fail_after(1ms, "outer"));
            const auto inside = co_await as_result(with_group([](TaskGroup &inner) -> Coroutine<> {
                inner.create_task(fail_after(1ms, "inner"));
                co_await forever();
            }));
            EXPECT_EQ(messages(inside.error()), Messages{"inner"});
            // the outer group's cancellation strikes here
            const auto next = co_await as_result(sleep(1h));
            EXPECT_TRUE(next.is_cancelled());
            next.value();
        }));
        EXPECT_EQ(messages(outcome.error()), Messages{"outer"});
        EXPECT_EQ(current_task().cancelling(), 0);
    });
}

TEST(TaskGroup, K13_inside_a_timeout) {
    play([]() -> Coroutine<> {
        std::vector<std::string> log;
        const auto outcome = co_await as_result(with_timeout(5ms, with_group([&](TaskGroup &group) -> Coroutine<> {
                                                                 group.create_task(tell_end(log, "a"));
                                                                 co_return;
                                                             })));
        EXPECT_EQ(outcome.error().code(), RONDO_ETIMEDOUT);
        EXPECT_EQ(log, Messages{"a"});
        EXPECT_EQ(current_task().cancelling(), 0);
    });
}

TEST(TaskGroup, K14_failures_of_one_turn_are_all_there) {
    play([]() -> Coroutine<> {
        const auto outcome = co_await as_result(with_group([](TaskGroup &group) -> Coroutine<> {
            for (const char *name : {"a", "b", "c"}) group.create_task(fail_after(1ms, name));
            co_return;
        }));
        EXPECT_EQ(messages(outcome.error()), (Messages{"a", "b", "c"}));
    });
}

TEST(TaskGroup, K19_cancel_ends_it_early_without_an_error) {
    play([]() -> Coroutine<> {
        std::vector<std::string> log;
        co_await with_group([&](TaskGroup &group) -> Coroutine<> {
            group.create_task(tell_end(log, "a"));
            group.create_task([&log, group]() -> Coroutine<> {
                co_await sleep(1ms);
                group.cancel();
                group.cancel();
                log.push_back("canceller");
            });
            co_await tell_end(log, "body");
        });
        EXPECT_EQ(log, (Messages{"canceller", "a", "body"}));
        EXPECT_EQ(current_task().cancelling(), 0);
        EXPECT_EQ(now(), 1ms);
    });
}

TEST(TaskGroup, K19_cancel_keeps_errors_and_foreign_cancellations) {
    play([]() -> Coroutine<> {
        const auto failing = co_await as_result(with_group([](TaskGroup &group) -> Coroutine<> {
            group.create_task(fail_when_cancelled("cleanup"));
            co_await yield();
            group.cancel();
        }));
        EXPECT_EQ(messages(failing.error()), Messages{"cleanup"});
        const auto block = create_task([]() -> Coroutine<> {
            co_await with_group([](TaskGroup &group) -> Coroutine<> {
                group.create_task(forever());
                group.cancel();
                co_await forever();
            });
        });
        co_await yield();
        block.cancel("outside");
        EXPECT_TRUE((co_await as_result(block)).is_cancelled());
    });
}

TEST(TaskGroup, K19_a_body_cancelled_by_its_group_has_no_value) {
    play([]() -> Coroutine<> {
        const auto body = [](TaskGroup &group) -> Coroutine<int> {
            group.cancel();
            co_await yield();
            co_return 1;
        };
        EXPECT_EQ((co_await as_result(with_group(body))).error().code(), RONDO_ENOVALUE);
        const auto in_time = [](TaskGroup &group) -> Coroutine<int> {
            group.cancel();
            co_return 1;
        };
        EXPECT_EQ(co_await with_group(in_time), 1);
    });
}

TEST(GroupError, B32_sole_and_for_each_reach_into_groups_of_groups) {
    play([]() -> Coroutine<> {
        const auto nested = [](bool second) -> Coroutine<> {
            co_await with_group([&](TaskGroup &outer) -> Coroutine<> {
                if (second) outer.create_task(fail_when_cancelled("second"));
                co_await with_group([](TaskGroup &) -> Coroutine<> {
                    co_await yield();
                    throw std::out_of_range("first");
                });
            });
        };
        try {
            co_await nested(false);
            ADD_FAILURE();
        } catch (const GroupError &error) {
            EXPECT_STREQ(error.sole().message(), "first");
            EXPECT_THROW(error.sole().raise(), std::out_of_range);
        }
        try {
            co_await nested(true);
            ADD_FAILURE();
        } catch (const GroupError &error) {
            EXPECT_EQ(error.children().size(), 2u);
            EXPECT_EQ(error.sole().code(), RONDO_EGROUP); // several: itself
            Messages found;
            const auto collect = [&](const std::exception &each) { found.push_back(each.what()); };
            EXPECT_EQ(error.for_each<std::runtime_error>(collect), 1u);
            EXPECT_EQ(found, Messages{"second"});
            EXPECT_EQ(error.for_each<std::out_of_range>(collect), 1u);
            EXPECT_EQ(error.for_each<std::exception>(collect), 2u);
            EXPECT_EQ(error.for_each<Cancelled>([](const Cancelled &) {}), 0u);
            EXPECT_THROW(error.for_each<std::out_of_range>([](const std::out_of_range &each) { throw each; }),
                         std::out_of_range);
        }
    });
}

TEST(GroupError, crosses_tasks_as_what_it_is) {
    play([]() -> Coroutine<> {
        const auto task = create_task([]() -> Coroutine<> {
            co_await with_group([](TaskGroup &group) -> Coroutine<> {
                group.create_task(fail_after(1ms, "member"));
                co_return;
            });
        });
        EXPECT_THROW(co_await task, GroupError);
        EXPECT_EQ(messages(task.error()), Messages{"member"});
    });
}

TEST(TaskGroup, members_and_values_are_freed) {
    play([]() -> Coroutine<> {
        const auto counted = [](std::chrono::milliseconds delay) -> Coroutine<Counted> {
            const Counted local;
            co_await sleep(delay);
            co_return Counted(1);
        };
        const Counted value = co_await with_group([&](TaskGroup &group) -> Coroutine<Counted> {
            for (int i = 0; i < 5; ++i) group.create_task(counted(std::chrono::milliseconds(i)));
            co_return Counted(7);
        });
        EXPECT_EQ(value.value(), 7);
        int x = 0;
        int &same = co_await with_group([&](TaskGroup &) -> Coroutine<int &> { co_return x; });
        EXPECT_EQ(&same, &x);
    });
    EXPECT_EQ(Counted::alive, 0);
    {
        const Loop loop = new_event_loop({.virtual_clock = true});
        const auto task = loop.create_task([]() -> Coroutine<> {
            co_await with_group([](TaskGroup &group) -> Coroutine<> {
                group.create_task([owned = Counted()]() -> Coroutine<> { co_await forever(); });
                const Counted local;
                co_await forever();
            });
        });
        for (int i = 0; i < 3; ++i) loop.run_once();
        EXPECT_GT(Counted::alive, 0);
        loop.close();
    }
    EXPECT_EQ(Counted::alive, 0);
}

TEST(TaskGroup, ten_thousand_members) {
    play([]() -> Coroutine<> {
        long sum = 0;
        const auto add = [&sum](int i) -> Coroutine<> {
            co_await sleep(std::chrono::milliseconds(i % 7));
            sum += i;
        };
        co_await with_group([&](TaskGroup &group) -> Coroutine<> {
            for (int i = 0; i < 10'000; ++i) group.create_task(add(i));
            co_return;
        });
        EXPECT_EQ(sum, 49'995'000);
    });
}

} // namespace
} // namespace rondo::test
