// Errors of callbacks: the exception handler hears of them, fatal ones leave the loop.
#include "world.h"

using namespace rondo::test;

namespace {

class Failing : public testing::Test, public World {
protected:
    Handle failing(rondo_status status) {
        return soon([status](rondo_call &call) { call.status = status; });
    }
    Handle raising(rondo_status code, const char *message) {
        return soon([=](rondo_call &call) { call.error = rondo_error_new(code, message); });
    }
};

} // namespace

TEST_F(Failing, L30_an_error_goes_to_the_handler_and_the_turn_goes_on) {
    Handle handle = raising(RONDO_EFAILED, "broken");
    soon([&] { say("next"); });
    run();
    EXPECT_EQ(trace(), "1: next");
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].message, "Exception in callback");
    EXPECT_EQ(heard[0].code, RONDO_EFAILED);
    EXPECT_EQ(heard[0].error, "broken");
    EXPECT_EQ(heard[0].handle, handle.get());
}

TEST_F(Failing, L30_a_status_alone_is_reported_with_its_text) {
    failing(RONDO_ETIMEDOUT);
    run();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].error, rondo_strerror(RONDO_ETIMEDOUT));
}

TEST_F(Failing, L30_a_failing_timer_and_a_failing_post_are_reported_too) {
    later(1, [](rondo_call &call) { call.status = RONDO_EFAILED; });
    from_outside([](rondo_call &call) { call.status = RONDO_EFAILED; });
    one_turn();
    run();
    EXPECT_EQ(heard.size(), 2u);
}

TEST_F(Failing, L31_a_report_names_only_what_it_concerns) {
    failing(RONDO_EFAILED);
    run();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].future, nullptr);
    EXPECT_EQ(heard[0].task, nullptr);
    EXPECT_NE(heard[0].handle, nullptr);
}

TEST_F(Failing, L31_anyone_may_report_and_a_longer_report_with_nothing_new_is_tolerated) {
    struct {
        rondo_report known;
        void *news;
    } report{sized<rondo_report>(), nullptr};
    report.known.size = sizeof report;
    report.known.message = "by hand";
    EXPECT_EQ(rondo_loop_call_exception_handler(loop, &report.known), RONDO_OK);
    report.news = this;
    EXPECT_EQ(rondo_loop_call_exception_handler(loop, &report.known), RONDO_E2BIG);
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].message, "by hand");
}

TEST_F(Failing, L32_the_default_handler_is_silent_and_in_debug_mode_writes_what_and_where) {
    rondo_loop_set_exception_handler(loop, nullptr, nullptr);
    testing::internal::CaptureStderr();
    failing(RONDO_EFAILED);
    run();
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    rondo_loop_set_debug(loop, 1);
    testing::internal::CaptureStderr();
    raising(RONDO_EFAILED, "broken");
    run();
    std::string lines = testing::internal::GetCapturedStderr();
    std::string told = "rondo: Exception in callback: EFAILED: broken\nObject created at (innermost first):\n";
    EXPECT_EQ(lines.substr(0, told.size()), told);
    EXPECT_GT(lines.size(), told.size());
}

TEST_F(Failing, L33_no_handler_restores_the_default) {
    rondo_loop_set_exception_handler(loop, nullptr, nullptr);
    failing(RONDO_EFAILED);
    EXPECT_EQ(run(), RONDO_OK);
    EXPECT_TRUE(heard.empty());
}

TEST_F(Failing, L34_the_handler_runs_in_the_context_of_the_callback) {
    rondo_ctxvar *var = nullptr;
    rondo_ctxvar_create("var", nullptr, &var);
    auto set = [&](int64_t number) {
        rondo_value value = rondo_i64(number);
        EXPECT_EQ(rondo_context_set(nullptr, var, &value, nullptr), RONDO_OK);
    };
    int64_t seen = 0;
    when_it_hears = [&](const rondo_report &) {
        rondo_value view;
        EXPECT_EQ(rondo_context_get(nullptr, var, &view), RONDO_OK);
        seen = view.as.i64;
        set(3);
    };
    soon([&] {
        set(1);
        failing(RONDO_EFAILED);
        set(2);
    });
    run();
    EXPECT_EQ(seen, 1);
    soon([&] { EXPECT_EQ(rondo_context_get(nullptr, var, nullptr), RONDO_ENOVALUE); });
    run();
    rondo_ctxvar_release(var);
}

TEST_F(Failing, L35_a_cancellation_raised_by_a_callback_is_reported_like_any_error) {
    raising(RONDO_ECANCELED, "odd");
    soon([&] { say("next"); });
    EXPECT_EQ(run(), RONDO_OK);
    EXPECT_EQ(trace(), "1: next");
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].code, RONDO_ECANCELED);
}

TEST_F(Failing, L40_a_fatal_error_leaves_at_once_and_the_rest_stays_ready) {
    soon([&] {
        say("before");
        soon([&] { say("born before"); });
    });
    raising(RONDO_EINTERRUPT, "stop it");
    soon([&] { say("behind"); });
    rondo_error *err = nullptr;
    count_turns_from_here();
    EXPECT_EQ(rondo_loop_run_forever(loop, &err), RONDO_EINTERRUPT);
    EXPECT_STREQ(rondo_error_message(err), "stop it");
    rondo_error_release(err);
    EXPECT_EQ(trace(), "1: before");
    EXPECT_TRUE(heard.empty());
    EXPECT_EQ(stats().ready, 2u);
    run_on();
    EXPECT_EQ(trace(), "1: before | 2: behind born before");
}

TEST_F(Failing, L40_an_exit_leaves_too) {
    failing(RONDO_EEXIT);
    soon([&] { say("behind"); });
    EXPECT_EQ(run_forever(), RONDO_EEXIT);
    EXPECT_EQ(trace(), "");
    run();
    EXPECT_EQ(trace(), "1: behind");
}

TEST_F(Failing, L40_a_fatal_error_is_told_once) {
    failing(RONDO_EINTERRUPT);
    EXPECT_EQ(one_turn(), RONDO_EINTERRUPT);
    EXPECT_EQ(one_turn(), 0);
}
