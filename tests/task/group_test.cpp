// Task groups: section 9 of the semantics.
#include "blocks.h"

using namespace rondo::test;

namespace {

class AGroup : public testing::Test, public BlockWorld {
protected:
    rondo_task *current() { return rondo_loop_current_task(loop); }
    int cancelling() { return rondo_task_cancelling(current()); }
    static auto nothing() {
        return []() -> Script { co_return; };
    }
    // The body a group of tests has: sleeps, and passes a cancellation on.
    auto body_sleeping(const std::string &name = "") {
        return [=, this]() -> Script {
            Outcome outcome = co_await attempt(sleep(RONDO_S(500)));
            if (!name.empty()) say(name + " " + rondo_status_name(outcome.status));
            if (!outcome.ok()) throw Raised(outcome.status, outcome.message.c_str());
        };
    }
};

} // namespace

// ---- K1, K2: its life

TEST_F(AGroup, K1_is_entered_once_by_a_running_task) {
    Group group = this->group();
    EXPECT_EQ(group.state(), RONDO_GROUP_CREATED);
    EXPECT_EQ(group.enter(), RONDO_ENOTASK);
    run_main([&]() -> Script {
        EXPECT_EQ(group.enter(), RONDO_OK);
        EXPECT_EQ(group.state(), RONDO_GROUP_OPEN);
        EXPECT_EQ(group.enter(), RONDO_ESTATE);
        rondo_future *wait = nullptr;
        EXPECT_EQ(rondo_task_group_exit(group.get(), nullptr, &wait, nullptr), RONDO_OK);
        EXPECT_EQ(group.state(), RONDO_GROUP_FINISHED);
        EXPECT_EQ(group.enter(), RONDO_ESTATE);
        EXPECT_EQ(rondo_task_group_exit(group.get(), nullptr, &wait, nullptr), RONDO_ESTATE);
        EXPECT_EQ(wait, nullptr);
        co_return;
    });
}

TEST_F(AGroup, K1_another_task_cannot_leave_it) {
    run_main([&]() -> Script {
        Group group = this->group();
        co_await inside(group, [&]() -> Script {
            Future other = spawn([&]() -> Script {
                rondo_future *wait = nullptr;
                EXPECT_EQ(rondo_task_group_exit(group.get(), nullptr, &wait, nullptr), RONDO_ESTATE);
                co_return;
            });
            co_await other;
            EXPECT_EQ(group.state(), RONDO_GROUP_OPEN);
        });
    });
}

TEST_F(AGroup, K2_takes_members_between_entry_and_end_only) {
    run_main([&]() -> Script {
        Group group = this->group();
        EXPECT_EQ(try_spawn_member(group), RONDO_ESTATE);
        EXPECT_EQ(group.add(answering(0)), RONDO_ESTATE);
        co_await inside(group, [&]() -> Script {
            EXPECT_EQ(try_spawn_member(group), RONDO_OK);
            co_return;
        });
        EXPECT_EQ(try_spawn_member(group), RONDO_ESTATE);
    });
}

TEST_F(AGroup, K2_takes_none_while_aborting) {
    std::string story;
    run_main([&]() -> Script {
        Group group = this->group();
        co_await tell(story, [&] {
            return inside(group, [&]() -> Script {
                spawn_member(group, [&]() -> Script {
                    co_await attempt(sleep(RONDO_S(9)));
                    EXPECT_EQ(group.state(), RONDO_GROUP_ABORTING);
                    EXPECT_EQ(try_spawn_member(group), RONDO_ESTATE);
                });
                spawn_member(group, fail_after(1, "a"));
                co_return;
            });
        });
    });
    EXPECT_EQ(story, "EGROUP(EFAILED a)");
}

TEST_F(AGroup, K2_members_may_add_members_while_the_end_waits) {
    run_main([&]() -> Script {
        Group group = this->group();
        co_await inside(group, [&]() -> Script {
            spawn_member(group, [&]() -> Script {
                co_await yield();
                say("first");
                spawn_member(group, [&]() -> Script {
                    co_await sleep(RONDO_S(3));
                    say("second");
                });
            });
            co_return;
        });
        EXPECT_EQ(time(), RONDO_S(3));
        say("M");
    });
    EXPECT_EQ(trace(), "3: first | 6: second | 8: M");
}

TEST_F(AGroup, K2_members_of_another_loop_are_refused) {
    BlockWorld other;
    Future foreign = other.answering(0);
    run_main([&]() -> Script {
        Group group = this->group();
        co_await inside(group, [&]() -> Script {
            EXPECT_EQ(group.add(foreign), RONDO_EOTHERLOOP);
            EXPECT_EQ(other.try_spawn_member(group), RONDO_EOTHERLOOP);
            EXPECT_EQ(group.add(future()), RONDO_EKIND);
            co_return;
        });
    });
    other.run();
}

TEST_F(AGroup, K2_a_task_that_exists_can_be_made_a_member) {
    std::string story;
    run_main([&]() -> Script {
        Group group = this->group();
        co_await tell(story, [&] {
            return inside(group, [&]() -> Script {
                Future late = spawn(fail_after(3, "late")), done = answering(0);
                co_await done;
                EXPECT_EQ(group.add(late), RONDO_OK);
                EXPECT_EQ(group.add(done), RONDO_OK);
                EXPECT_EQ(group.members(), 2u);
            });
        });
    });
    EXPECT_EQ(story, "EGROUP(EFAILED late)");
}

// ---- K3: the end waits

TEST_F(AGroup, K3_the_end_waits_until_no_member_is_left) {
    run_main([&]() -> Script {
        co_await [&]() -> Script {
            Group group = this->group();
            co_await inside(group, [&]() -> Script {
                for (int seconds : {3, 1, 2}) {
                    spawn_member(group, [&, seconds]() -> Script { co_await sleep(RONDO_S(seconds)); });
                }
                EXPECT_EQ(group.members(), 3u);
                co_return;
            });
            EXPECT_EQ(group.members(), 0u);
        }();
        EXPECT_EQ(time(), RONDO_S(3));
    });
}

TEST_F(AGroup, K3_without_members_the_end_does_not_suspend) {
    run_main([&]() -> Script {
        soon([&] { say("others"); });
        co_await inside(group(), nothing());
        say("M");
        co_return;
    });
    EXPECT_EQ(trace(), "1: M | 2: others");
}

// ---- K4: a member fails

TEST_F(AGroup, K4_a_failure_cancels_the_other_members_then_the_body) { // A5
    std::string story;
    run_main([&]() -> Script {
        Group group = this->group();
        co_await tell(story, [&] {
            return inside(group, [&]() -> Script {
                spawn_member(group, clean_up("A", 1));
                spawn_member(group, [&]() -> Script {
                    co_await yield();
                    say("Bad");
                    throw Raised(RONDO_EFAILED, "bad");
                });
                co_await body_sleeping("body")();
            });
        });
        say("M " + story);
    });
    EXPECT_EQ(trace(), "3: Bad | 5: A ECANCELED body ECANCELED | 6: A cleaned | 8: M EGROUP(EFAILED bad)");
}

TEST_F(AGroup, K4_members_are_cancelled_in_creation_order) { // B6
    run_main([&]() -> Script {
        Group group = this->group();
        std::string story;
        co_await tell(story, [&] {
            return inside(group, [&]() -> Script {
                for (const char *name : {"A", "B", "C", "D"}) spawn_member(group, clean_up(name));
                spawn_member(group, fail_after(1, "bad"));
                co_return;
            });
        });
    });
    EXPECT_EQ(trace(), "5: A ECANCELED B ECANCELED C ECANCELED D ECANCELED");
}

TEST_F(AGroup, K4_the_error_counts_as_retrieved) {
    run_main([&]() -> Script {
        std::string story;
        Group group = this->group();
        co_await tell(story, [&] {
            return inside(group, [&]() -> Script {
                spawn_member(group, fail_after(0, "a"));
                co_return;
            });
        });
        EXPECT_EQ(group.failed(), 0u) << "let go with the block";
    });
    EXPECT_TRUE(heard.empty());
    EXPECT_EQ(stats().futures, 0u);
}

TEST_F(AGroup, K4_later_failures_are_only_recorded) {
    std::string story;
    run_main([&]() -> Script {
        Group group = this->group();
        co_await tell(story, [&] {
            return inside(group, [&]() -> Script {
                spawn_member(group, fail_after(0, "first"));
                spawn_member(group, [&]() -> Script {
                    co_await attempt(sleep(RONDO_S(9)));
                    EXPECT_EQ(group.failed(), 1u);
                    throw Raised(RONDO_EFAILED, "in clean-up");
                });
                co_return;
            });
        });
        EXPECT_EQ(cancelling(), 0);
    });
    EXPECT_EQ(story, "EGROUP(EFAILED first, EFAILED in clean-up)");
}

// ---- K5: a member is cancelled

TEST_F(AGroup, K5_a_cancelled_member_is_no_failure) {
    std::string story;
    Future victim, other;
    run_main([&]() -> Script {
        Group group = this->group();
        co_await tell(story, [&] {
            return inside(group, [&]() -> Script {
                victim = spawn_member(group, clean_up("victim"));
                other = spawn_member(group, answer_after(5, 1, "other"));
                co_await yield();
                victim.cancel();
            });
        });
        EXPECT_EQ(cancelling(), 0);
    });
    EXPECT_EQ(story, "OK");
    EXPECT_TRUE(victim.cancelled());
    EXPECT_EQ(other.text(), "1");
}

// ---- K6: the body fails

TEST_F(AGroup, K6_an_error_of_the_body_aborts_and_stands_last) {
    std::string story;
    run_main([&]() -> Script {
        Group group = this->group();
        co_await tell(story, [&] {
            return inside(group, [&]() -> Script {
                for (const char *name : {"slow", "quick"}) {
                    int turns = name == std::string("slow") ? 2 : 0;
                    spawn_member(group, [=]() -> Script {
                        co_await attempt(sleep(RONDO_S(9)));
                        for (int i = 0; i < turns; ++i) co_await yield();
                        throw Raised(RONDO_EFAILED, name);
                    });
                }
                co_await yield();
                throw Raised(RONDO_EFAILED, "body");
            });
        });
        EXPECT_EQ(cancelling(), 0);
    });
    EXPECT_EQ(story, "EGROUP(EFAILED quick, EFAILED slow, EFAILED body)");
}

TEST_F(AGroup, K6_an_error_of_the_body_alone_is_a_group_too) { // K15
    std::string story;
    run_main([&]() -> Script {
        co_await tell(story, [&] {
            return inside(group(), []() -> Script {
                throw Raised(RONDO_EFAILED, "body");
                co_return;
            });
        });
    });
    EXPECT_EQ(story, "EGROUP(EFAILED body)");
}

TEST_F(AGroup, K6_a_cancellation_of_the_body_aborts_and_goes_on) {
    Future member, main;
    main = spawn([&]() -> Script {
        Group group = this->group();
        co_await inside(group, [&]() -> Script {
            member = spawn_member(group, clean_up("A", 2));
            co_await body_sleeping("body")();
        });
    });
    one_turn();
    one_turn();
    count_turns_from_here();
    main.cancel("stop");
    run_on();
    EXPECT_EQ(trace(), "1: body ECANCELED | 2: A ECANCELED | 4: A cleaned");
    EXPECT_EQ(main.text(), "ECANCELED stop");
    EXPECT_EQ(main.cancelling(), 1);
    EXPECT_TRUE(member.cancelled());
}

// ---- K7: cancelled while the end waits

TEST_F(AGroup, K7_a_cancel_while_the_end_waits_aborts_and_goes_on) {
    Future main = spawn([&]() -> Script {
        Group group = this->group();
        co_await inside(group, [&]() -> Script {
            spawn_member(group, clean_up("A", 1));
            co_return;
        });
    });
    one_turn();
    one_turn();
    main.cancel("stop");
    run();
    EXPECT_EQ(trace(), "2: A ECANCELED | 3: A cleaned");
    EXPECT_EQ(main.text(), "ECANCELED stop");
}

TEST_F(AGroup, K7_may_be_cancelled_any_number_of_times_and_never_leaves_a_member) {
    Future member;
    Future main = spawn([&]() -> Script {
        Group group = this->group();
        co_await inside(group, [&]() -> Script {
            member = spawn_member(group, clean_up("A", 10));
            co_return;
        });
    });
    one_turn();
    one_turn();
    for (int i = 0; i < 6; ++i) {
        main.cancel();
        one_turn();
        EXPECT_FALSE(main.done());
    }
    run_on();
    EXPECT_TRUE(member.cancelled());
    EXPECT_EQ(member.cancelling(), 1) << "members are cancelled once";
    EXPECT_EQ(main.cancelling(), 6);
    EXPECT_TRUE(main.cancelled());
}

// ---- K8: what comes out

TEST_F(AGroup, K8_1_an_interrupt_goes_alone_and_the_others_are_reported) { // B31
    for (rondo_status fatal : {RONDO_EINTERRUPT, RONDO_EEXIT}) {
        std::string story;
        heard.clear();
        Future main = spawn([&]() -> Script {
            Group group = this->group();
            co_await tell(story, [&] {
                return inside(group, [&]() -> Script {
                    spawn_member(group, fail_after(0, "beside"));
                    spawn_member(group, [&]() -> Script {
                        co_await attempt(sleep(RONDO_S(9)));
                        throw Raised(fatal);
                    });
                    co_return;
                });
            });
        });
        EXPECT_EQ(run(), fatal) << "it leaves the loop at once";
        run();
        EXPECT_EQ(story, rondo_status_name(fatal));
        ASSERT_EQ(heard.size(), 1u);
        EXPECT_EQ(heard[0].error, "beside");
    }
}

TEST_F(AGroup, K8_1_so_does_one_of_the_body) {
    std::string story;
    run_main([&]() -> Script {
        Group group = this->group();
        co_await tell(story, [&] {
            return inside(group, [&]() -> Script {
                spawn_member(group, clean_up("A"));
                co_await yield();
                throw Raised(RONDO_EEXIT);
            });
        });
    });
    EXPECT_EQ(story, "EEXIT");
    EXPECT_EQ(trace(), "3: A ECANCELED");
    EXPECT_TRUE(heard.empty());
}

TEST_F(AGroup, K8_2_its_own_cancel_request_is_taken_back) {
    std::string story;
    run_main([&]() -> Script {
        Group group = this->group();
        co_await tell(story, [&] {
            return inside(group, [&]() -> Script {
                spawn_member(group, fail_after(0, "a"));
                co_await body_sleeping()();
            });
        });
        EXPECT_EQ(cancelling(), 0);
        co_await yield(); // and nothing strikes later
    });
    EXPECT_EQ(story, "EGROUP(EFAILED a)");
}

TEST_F(AGroup, K8_3_a_foreign_cancel_without_errors_goes_on) {
    Future main = spawn([&]() -> Script {
        Group group = this->group();
        co_await inside(group, [&]() -> Script {
            spawn_member(group, clean_up("A"));
            co_await body_sleeping()();
        });
    });
    one_turn();
    one_turn();
    main.cancel("stop");
    run();
    EXPECT_EQ(main.text(), "ECANCELED stop");
    EXPECT_EQ(main.cancelling(), 1);
}

TEST_F(AGroup, K8_4_a_foreign_cancel_beside_errors_strikes_at_the_next_await) { // K9
    std::string story;
    Future main = spawn([&]() -> Script {
        Group group = this->group();
        co_await tell(story, [&] {
            return inside(group, [&]() -> Script {
                spawn_member(group, [&]() -> Script {
                    co_await attempt(sleep(RONDO_S(9)));
                    throw Raised(RONDO_EFAILED, "clean-up");
                });
                co_await body_sleeping()();
            });
        });
        EXPECT_EQ(cancelling(), 1);
        say("runs on");
        Outcome outcome = co_await attempt(sleep(RONDO_S(1)));
        say(outcome.text());
        EXPECT_EQ(cancelling(), 1);
    });
    one_turn();
    one_turn();
    main.cancel("stop");
    run();
    EXPECT_EQ(story, "EGROUP(EFAILED clean-up)");
    EXPECT_EQ(trace(), "4: runs on | 5: ECANCELED");
}

TEST_F(AGroup, K8_5_else_it_ends_normally) {
    Outcome outcome = run_main([&]() -> Answer {
        Group group = this->group();
        Future a;
        co_await inside(group, [&]() -> Script {
            a = spawn_member(group, answer_after(2, 20));
            co_return;
        });
        co_return a.result().value + 1;
    });
    EXPECT_EQ(outcome.text(), "21");
}

// ---- K10, K11: counting

TEST_F(AGroup, K10_the_count_is_that_of_the_foreign_requests) {
    for (int foreign : {0, 1, 2}) {
        for (bool swallow : {false, true}) {
            std::string story;
            Future main = spawn([&]() -> Script {
                Group group = this->group();
                for (int i = 0; i < foreign; ++i) co_await attempt(sleep(RONDO_S(1)));
                co_await tell(story, [&] {
                    return inside(group, [&]() -> Script {
                        spawn_member(group, fail_after(0, "a"));
                        Outcome outcome = co_await attempt(sleep(RONDO_S(500)));
                        EXPECT_EQ(cancelling(), foreign + 1); // K11
                        if (swallow) {
                            co_await attempt(sleep(RONDO_S(1)));
                            co_return;
                        }
                        throw Raised(outcome.status);
                    });
                });
                EXPECT_EQ(cancelling(), foreign);
            });
            one_turn();
            for (int i = 0; i < foreign; ++i) {
                main.cancel();
                one_turn();
            }
            run();
            EXPECT_EQ(story, "EGROUP(EFAILED a)");
            EXPECT_TRUE(main.done());
        }
    }
}

TEST_F(AGroup, K10_a_body_that_swallows_the_groups_cancel_runs_on) {
    std::string story;
    run_main([&]() -> Script {
        Group group = this->group();
        co_await tell(story, [&] {
            return inside(group, [&]() -> Script {
                spawn_member(group, fail_after(0, "a"));
                co_await attempt(sleep(RONDO_S(500)));
                co_await sleep(RONDO_S(7));
                say("body ran on");
            });
        });
        EXPECT_EQ(time(), RONDO_S(7));
        EXPECT_EQ(cancelling(), 0);
    });
    EXPECT_EQ(story, "EGROUP(EFAILED a)");
    EXPECT_EQ(trace(), "6: body ran on");
}

// ---- K12, K13: nesting

TEST_F(AGroup, K12_inner_and_outer_failing_in_one_turn) {
    std::string inner_story, outer_story;
    run_main([&]() -> Script {
        Group outer = group(), inner = group();
        co_await tell(outer_story, [&] {
            return inside(outer, [&]() -> Script {
                spawn_member(outer, fail_after(1, "outer"));
                co_await tell(inner_story, [&] {
                    return inside(inner, [&]() -> Script {
                        spawn_member(inner, fail_after(1, "inner"));
                        co_await body_sleeping()();
                    });
                });
                say("between");
                Outcome outcome = co_await attempt(sleep(RONDO_S(1)));
                say(outcome.text());
                throw Raised(outcome.status);
            });
        });
        EXPECT_EQ(cancelling(), 0);
    });
    EXPECT_EQ(inner_story, "EGROUP(EFAILED inner)");
    EXPECT_EQ(outer_story, "EGROUP(EFAILED outer)");
    EXPECT_EQ(trace(), "5: between | 6: ECANCELED");
}

TEST_F(AGroup, K12_a_failing_inner_group_fails_the_outer_one_as_its_body) {
    std::string story;
    run_main([&]() -> Script {
        Group outer = group(), inner = group();
        co_await tell(story, [&] {
            return inside(outer, [&]() -> Script {
                spawn_member(outer, clean_up("A"));
                co_await inside(inner, [&]() -> Script {
                    spawn_member(inner, fail_after(1, "x"));
                    co_await body_sleeping()();
                });
            });
        });
    });
    EXPECT_EQ(story, "EGROUP(EGROUP(EFAILED x))");
    EXPECT_EQ(trace(), "6: A ECANCELED");
}

TEST_F(AGroup, K12_an_outer_failure_ends_the_inner_group_first) {
    std::string outer_story;
    run_main([&]() -> Script {
        Group outer = group(), inner = group();
        co_await tell(outer_story, [&] {
            return inside(outer, [&]() -> Script {
                spawn_member(outer, fail_after(1, "outer"));
                co_await inside(inner, [&]() -> Script {
                    spawn_member(inner, clean_up("inner member", 1));
                    co_await body_sleeping()();
                });
            });
        });
        EXPECT_EQ(inner.state(), RONDO_GROUP_FINISHED);
        EXPECT_EQ(cancelling(), 0);
    });
    EXPECT_EQ(outer_story, "EGROUP(EFAILED outer)");
}

TEST_F(AGroup, K13_inside_a_timeout_the_timeout_tells) {
    std::string story;
    run_main([&]() -> Script {
        co_await tell(story, [&] {
            return inside(timeout(RONDO_S(1)), [&]() -> Script {
                Group group = this->group();
                co_await inside(group, [&]() -> Script {
                    spawn_member(group, clean_up("A", 1));
                    co_return;
                });
            });
        });
        EXPECT_EQ(cancelling(), 0);
        say("M");
    });
    EXPECT_EQ(story, "ETIMEDOUT");
    EXPECT_NE(trace().find("A cleaned"), std::string::npos) << trace();
}

TEST_F(AGroup, K13_a_timeout_inside_the_body_does_not_touch_the_group) {
    std::string inner_story;
    Outcome outcome = run_main([&]() -> Script {
        Group group = this->group();
        co_await inside(group, [&]() -> Script {
            spawn_member(group, [&]() -> Script { co_await sleep(RONDO_S(5)); });
            co_await tell(inner_story, [&] { return inside(timeout(RONDO_S(1)), body_sleeping()); });
        });
        EXPECT_EQ(time(), RONDO_S(5));
    });
    EXPECT_TRUE(outcome.ok());
    EXPECT_EQ(inner_story, "ETIMEDOUT");
}

// ---- K14-K19, K21

TEST_F(AGroup, K14_failures_of_one_turn_are_all_there) {
    std::string story;
    run_main([&]() -> Script {
        Group group = this->group();
        co_await tell(story, [&] {
            return inside(group, [&]() -> Script {
                for (const char *name : {"a", "b", "c"}) spawn_member(group, fail_after(1, name));
                co_return;
            });
        });
    });
    EXPECT_EQ(story, "EGROUP(EFAILED a, EFAILED b, EFAILED c)");
}

TEST_F(AGroup, K15_the_group_has_asyncios_message_and_its_only_child_can_be_had) { // B32
    rondo_error *error = nullptr;
    run_main([&]() -> Script {
        Group group = this->group();
        try {
            co_await inside(group, [&]() -> Script {
                spawn_member(group, fail_after(0, "alone"));
                co_return;
            });
        } catch (const Raised &raised) {
            error = rondo_error_retain(raised.error());
        }
    });
    ASSERT_NE(error, nullptr);
    EXPECT_STREQ(rondo_error_message(error), "unhandled errors in a TaskGroup");
    EXPECT_STREQ(rondo_error_message(rondo_error_unwrap(error)), "alone");
    rondo_error_release(error);
}

TEST_F(AGroup, K17_a_task_that_ends_inside_cancels_the_members_and_is_told_of) {
    Future member;
    Group group = this->group();
    run_main([&]() -> Script {
        EXPECT_EQ(group.enter(), RONDO_OK);
        member = spawn_member(group, clean_up("A", 1));
        co_await yield();
    });
    run_on();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].message, "task ended inside its task group");
    EXPECT_TRUE(member.cancelled());
    EXPECT_EQ(group.state(), RONDO_GROUP_FINISHED);
    member = Future();
    EXPECT_EQ(stats().futures, 0u);
}

TEST_F(AGroup, K17_a_member_that_fails_after_that_is_reported) {
    run_main([&]() -> Script {
        Group group = this->group();
        EXPECT_EQ(group.enter(), RONDO_OK);
        spawn_member(group, [&]() -> Script {
            co_await attempt(sleep(RONDO_S(9)));
            throw Raised(RONDO_EFAILED, "too late");
        });
        co_await yield();
    });
    run_on();
    ASSERT_EQ(heard.size(), 2u);
    EXPECT_EQ(heard[1].error, "too late");
    EXPECT_EQ(stats().futures, 0u);
}

TEST_F(AGroup, K18_an_interrupt_of_a_member_leaves_the_loop_then_comes_out_of_the_end) {
    std::string story;
    Future main = spawn([&]() -> Script {
        Group group = this->group();
        co_await tell(story, [&] {
            return inside(group, [&]() -> Script {
                spawn_member(group, fail_after(0, nullptr, RONDO_EINTERRUPT));
                co_return;
            });
        });
    });
    EXPECT_EQ(run(), RONDO_EINTERRUPT);
    EXPECT_EQ(story, "");
    run();
    EXPECT_EQ(story, "EINTERRUPT");
}

TEST_F(AGroup, K19_cancel_ends_members_and_body_without_an_error) {
    std::string story;
    run_main([&]() -> Script {
        Group group = this->group();
        co_await tell(story, [&] {
            return inside(group, [&]() -> Script {
                spawn_member(group, clean_up("A"));
                soon([&] {
                    EXPECT_EQ(group.cancel(), RONDO_OK);
                    EXPECT_EQ(group.cancel(), RONDO_OK);
                    EXPECT_EQ(group.state(), RONDO_GROUP_ABORTING);
                    EXPECT_EQ(try_spawn_member(group), RONDO_ESTATE);
                });
                co_await body_sleeping("body")();
            });
        });
        EXPECT_EQ(cancelling(), 0);
        co_await yield();
    });
    EXPECT_EQ(story, "OK");
    EXPECT_EQ(trace(), "3: A ECANCELED body ECANCELED");
}

TEST_F(AGroup, K19_cancel_before_the_entry_strikes_upon_it) {
    std::string story;
    run_main([&]() -> Script {
        Group group = this->group();
        EXPECT_EQ(group.cancel(), RONDO_OK);
        co_await tell(story, [&] { return inside(group, body_sleeping("body")); });
        EXPECT_EQ(cancelling(), 0);
    });
    EXPECT_EQ(story, "OK");
    EXPECT_EQ(trace(), "2: body ECANCELED");
    EXPECT_EQ(time(), 0);
}

TEST_F(AGroup, K19_cancel_while_the_end_waits_and_after_it) {
    std::string story;
    run_main([&]() -> Script {
        Group group = this->group();
        co_await tell(story, [&] {
            return inside(group, [&]() -> Script {
                spawn_member(group, clean_up("A", 1));
                soon([&] { soon([&] { group.cancel(); }); });
                co_return;
            });
        });
        EXPECT_EQ(group.cancel(), RONDO_OK);
        EXPECT_EQ(cancelling(), 0);
        co_await yield();
    });
    EXPECT_EQ(story, "OK");
}

TEST_F(AGroup, K19_a_failing_member_still_comes_out) {
    std::string story;
    run_main([&]() -> Script {
        Group group = this->group();
        co_await tell(story, [&] {
            return inside(group, [&]() -> Script {
                spawn_member(group, [&]() -> Script {
                    co_await attempt(sleep(RONDO_S(9)));
                    throw Raised(RONDO_EFAILED, "clean-up");
                });
                soon([&] { group.cancel(); });
                co_await body_sleeping()();
            });
        });
        EXPECT_EQ(cancelling(), 0);
    });
    EXPECT_EQ(story, "EGROUP(EFAILED clean-up)");
}

TEST_F(AGroup, K19_a_foreign_cancel_beside_its_own_goes_on) {
    for (bool foreign_first : {true, false}) {
        std::string story;
        Future main;
        main = spawn([&]() -> Script {
            Group group = this->group();
            co_await tell(story, [&] {
                return inside(group, [&]() -> Script {
                    spawn_member(group, clean_up("A", 3));
                    soon([&] {
                        if (foreign_first) main.cancel();
                        group.cancel();
                        if (!foreign_first) main.cancel();
                    });
                    co_await body_sleeping()();
                });
            });
            EXPECT_EQ(cancelling(), 1);
        });
        run();
        EXPECT_EQ(story, "ECANCELED") << foreign_first;
    }
}

TEST_F(AGroup, K19_a_foreign_cancel_while_the_cancelled_group_waits_goes_on) {
    std::string story;
    Future main;
    main = spawn([&]() -> Script {
        Group group = this->group();
        co_await tell(story, [&] {
            return inside(group, [&]() -> Script {
                spawn_member(group, clean_up("A", 5));
                soon([&] {
                    group.cancel();
                    later(0, [&] { soon([&] { soon([&] { main.cancel("late"); }); }); });
                });
                co_await body_sleeping()();
            });
        });
        EXPECT_EQ(cancelling(), 1);
    });
    run();
    EXPECT_EQ(story, "ECANCELED");
}

TEST_F(AGroup, K21_the_end_costs_two_turns_after_the_last_members_step) { // A16
    Future f = future();
    run_main([&]() -> Script {
        Group group = this->group();
        soon([&] {
            soon([&] {
                f.set(1);
                say("set");
            });
        });
        co_await inside(group, [&]() -> Script {
            spawn_member(group, [&]() -> Script { co_await f; });
            co_return;
        });
        say("M");
    });
    EXPECT_EQ(trace(), "3: set | 6: M");
}

// ---- life

TEST_F(AGroup, need_not_be_held_by_anyone) {
    run_main([&]() -> Script {
        rondo_task_group *group = nullptr;
        rondo_task_group_create(loop, &group);
        EXPECT_EQ(rondo_task_group_enter(group), RONDO_OK);
        Future member;
        {
            Group held(rondo_task_group_retain(group));
            member = spawn_member(held, answer_after(1));
        }
        rondo_task_group_release(group); // the block holds it
        rondo_future *wait = nullptr;
        EXPECT_EQ(rondo_task_group_exit(group, nullptr, &wait, nullptr), 1);
        Future all(wait);
        co_await all;
        EXPECT_EQ(rondo_task_group_exit(group, nullptr, &wait, nullptr), RONDO_OK);
    });
    EXPECT_EQ(stats().futures, 0u);
}

TEST_F(AGroup, ends_with_its_loop_in_every_state) {
    Group created = group(), entered = group(), exiting = group(), aborting = group();
    for (const Group &one : {entered, exiting, aborting}) {
        rondo_task_group *group = one.get(); // plain: g++ 12 ends temporaries of a suspended script twice
        bool leaves = group == exiting.get();
        spawn([this, group, leaves]() -> Script {
            EXPECT_EQ(rondo_task_group_enter(group), RONDO_OK);
            spawn_member(Group(rondo_task_group_retain(group)), clean_up("never", 1));
            rondo_future *wait = nullptr;
            if (leaves) {
                EXPECT_EQ(rondo_task_group_exit(group, nullptr, &wait, nullptr), 1);
            }
            Future all(wait);
            if (leaves) co_await all;
            co_await sleep(RONDO_S(9));
        });
    }
    one_turn();
    one_turn();
    aborting.cancel();
    close();
    EXPECT_EQ(created.state(), RONDO_GROUP_CREATED);
    for (const Group &one : {entered, exiting, aborting}) EXPECT_EQ(one.state(), RONDO_GROUP_FINISHED);
    EXPECT_EQ(heard.size(), 6u) << "the tasks, and nothing about the groups";
    rondo_task_group *out = nullptr;
    EXPECT_EQ(rondo_task_group_create(loop, &out), RONDO_ECLOSED);
}
