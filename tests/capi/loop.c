// Room "Loop": life, turns, stop, clocks, reports, counters.
#include "kit.h"

// ---- life

static void a_loop_is_counted(void) {
    rondo_loop *loop = virtual_loop();
    CHECK(rondo_loop_retain(loop) == loop);
    rondo_loop_release(loop);
    GIVES(rondo_loop_is_closed(loop), 0);
    rondo_loop_retain(loop);
    GIVES(rondo_loop_close(loop), RONDO_OK);
    rondo_loop_release(loop);
    GIVES(rondo_loop_is_closed(loop), 1);
    GIVES(rondo_loop_is_running(loop), 0);
    rondo_loop_release(loop);
    GIVES(rondo_loop_create(NULL, NULL), RONDO_OK);
}

static void the_last_release_closes(void) {
    rondo_loop *loop = virtual_loop();
    int drops = 0;
    int ends = 0;
    RONDO_INIT(rondo_call_options, options);
    options.drop = count_end;
    GIVES(rondo_loop_call_soon(loop, count_call, &drops, &options, NULL), RONDO_OK);
    rondo_task *task = start(loop, step_park, NULL, &ends);
    rondo_loop_release(loop);
    CHECK(drops == 1 && ends == 1);
    rondo_future_release(task);
}

static void close_ends_what_is_left_without_running_it(void) {
    kit_reports reports = {0};
    rondo_loop *loop = reporting_loop(&reports);
    int drops = 0;
    int ends = 0;
    RONDO_INIT(rondo_call_options, options);
    options.drop = count_end;
    GIVES(rondo_loop_call_soon(loop, count_call, &drops, &options, NULL), RONDO_OK);
    GIVES(rondo_loop_call_later(loop, RONDO_S(1), count_call, &drops, &options, NULL), RONDO_OK);
    rondo_task *fresh = start(loop, step_return, NULL, &ends);
    GIVES(rondo_loop_close(loop), RONDO_OK);
    CHECK(drops == 2 && ends == 1);
    CHECK(reports.count == 1 && strcmp(reports.message, "Task was destroyed but it is pending!") == 0);
    GIVES(rondo_future_done(fresh), 0);
    CHECK(rondo_task_frame(fresh) == NULL);
    GIVES(rondo_loop_close(loop), RONDO_OK);
    rondo_future_release(fresh);
    rondo_loop_release(loop);
}

static void a_closed_loop_refuses_what_would_run(void) {
    rondo_loop *loop = virtual_loop();
    GIVES(rondo_loop_close(loop), RONDO_OK);
    int user = 0;
    RONDO_INIT(rondo_call_options, options);
    options.drop = count_end;
    rondo_future *future = NULL;
    GIVES(rondo_loop_run_forever(loop, NULL), RONDO_ECLOSED);
    GIVES(rondo_loop_run_once(loop, 0), RONDO_ECLOSED);
    GIVES(rondo_loop_run_until_complete(loop, NULL, NULL), RONDO_ECLOSED);
    GIVES(rondo_loop_call_soon(loop, count_call, &user, &options, NULL), RONDO_ECLOSED);
    GIVES(rondo_loop_call_later(loop, 0, count_call, &user, &options, NULL), RONDO_ECLOSED);
    GIVES(rondo_loop_call_at(loop, 0, count_call, &user, &options, NULL), RONDO_ECLOSED);
    GIVES(rondo_loop_call_soon_threadsafe(loop, count_call, &user, &options, NULL), RONDO_ECLOSED);
    GIVES(rondo_loop_add_reader(loop, 0, count_call, &user, &options), RONDO_ECLOSED);
    GIVES(rondo_loop_add_writer(loop, 1, count_call, &user, &options), RONDO_ECLOSED);
    GIVES(rondo_loop_remove_reader(loop, 0), 0);
    GIVES(rondo_loop_remove_writer(loop, 1), 0);
    GIVES(rondo_future_create(loop, NULL, &future), RONDO_ECLOSED);
    GIVES(rondo_task_create(loop, &kit_coro, NULL, NULL, NULL), RONDO_ECLOSED);
    GIVES(rondo_gather(loop, NULL, 0, 0, NULL), RONDO_ECLOSED);
    CHECK(user == 0); // the data stays the caller's
    size_t count = 7;
    GIVES(rondo_loop_all_tasks(loop, NULL, 0, &count), RONDO_OK);
    CHECK(count == 0);
    GIVES(rondo_loop_stop(loop), RONDO_OK);
    rondo_loop_release(loop);
}

// ---- a destructor calls back while the loop closes

typedef struct {
    rondo_loop *loop;
    int calls;
} reentry;

static void close_again(void *user) {
    reentry *r = user;
    ++r->calls;
    GIVES(rondo_loop_close(r->loop), RONDO_EREENTRANT);
    GIVES(rondo_loop_run_once(r->loop, 0), RONDO_EREENTRANT);
    GIVES(rondo_loop_run_forever(r->loop, NULL), RONDO_EREENTRANT);
    rondo_loop_release(r->loop); // the last reference
}

static void step_until_closed(void *frame, rondo_step *io) {
    (void)frame;
    io->verdict = RONDO_STEP_PARK;
}

static void a_loop_that_closes_cannot_be_closed_or_run_by_what_ends_with_it(void) {
    static const rondo_coro_vtable vtable = {.size = sizeof vtable, .step = step_until_closed, .destroy = close_again};
    reentry user = {virtual_loop(), 0};
    GIVES(rondo_task_create(user.loop, &vtable, &user, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_run_once(user.loop, 0), 0);
    GIVES(rondo_loop_close(user.loop), RONDO_OK);
    CHECK(user.calls == 1);
}

static void release_call(void *loop, rondo_call *call) {
    rondo_loop_release(loop);
    call->status = RONDO_EINTERRUPT;
}

static void a_running_loop_outlives_its_last_reference(void) {
    int drops = 0;
    RONDO_INIT(rondo_call_options, options);
    options.drop = count_end;
    for (int how = 0; how < 3; ++how) {
        rondo_loop *loop = virtual_loop();
        GIVES(rondo_loop_call_soon(loop, release_call, loop, NULL, NULL), RONDO_OK);
        GIVES(rondo_loop_call_soon(loop, count_call, &drops, &options, NULL), RONDO_OK);
        rondo_future *never = pending_future(loop);
        if (how == 0) GIVES(rondo_loop_run_forever(loop, NULL), RONDO_EINTERRUPT);
        if (how == 1) GIVES(rondo_loop_run_once(loop, 0), RONDO_EINTERRUPT);
        if (how == 2) GIVES(rondo_loop_run_until_complete(loop, never, NULL), RONDO_EINTERRUPT);
        CHECK(drops == how + 1);
        rondo_future_release(never);
    }
}

// ---- runs

static void reenter(void *user, rondo_call *call) {
    ++*(int *)user;
    rondo_loop *loop = call->loop;
    GIVES(rondo_loop_is_running(loop), 1);
    GIVES(rondo_loop_run_forever(loop, NULL), RONDO_ERUNNING);
    GIVES(rondo_loop_run_once(loop, 0), RONDO_ERUNNING);
    rondo_future *future = done_future(loop, 1);
    GIVES(rondo_loop_run_until_complete(loop, future, NULL), RONDO_ERUNNING);
    rondo_future_release(future);
    GIVES(rondo_loop_close(loop), RONDO_ERUNNING);
    GIVES(rondo_loop_close(NULL), RONDO_ERUNNING);
    rondo_loop *other = virtual_loop();
    GIVES(rondo_loop_run_once(other, 0), RONDO_ERUNNING);
    GIVES(rondo_loop_close(other), RONDO_OK);
    rondo_loop_release(other);
    CHECK(rondo_loop_running() == loop);
}

static void a_running_loop_cannot_be_run_or_closed(void) {
    rondo_loop *loop = virtual_loop();
    int calls = 0;
    GIVES(rondo_loop_call_soon(loop, reenter, &calls, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_run_once(loop, 0), 0);
    CHECK(calls == 1 && rondo_loop_running() == NULL);
    rondo_loop_release(loop);
}

static void stop_call(void *user, rondo_call *call) {
    ++*(int *)user;
    GIVES(rondo_loop_stop(call->loop), RONDO_OK);
    GIVES(rondo_loop_call_soon(call->loop, count_call, user, NULL, NULL), RONDO_OK);
}

static void stop_lets_the_turn_end(void) { // L8
    rondo_loop *loop = virtual_loop();
    int calls = 0;
    GIVES(rondo_loop_call_soon(loop, stop_call, &calls, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_call_soon(loop, count_call, &calls, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_run_forever(loop, NULL), RONDO_OK);
    CHECK(calls == 2);
    GIVES(rondo_loop_stop(loop), RONDO_OK); // outside a run: the next one makes one turn
    GIVES(rondo_loop_run_forever(loop, NULL), RONDO_OK);
    CHECK(calls == 3);
    rondo_loop_release(loop);
}

static void run_until_complete_answers_as_the_future_does(void) {
    rondo_loop *loop = virtual_loop();
    rondo_loop *other = virtual_loop();
    rondo_error *err = NULL;
    rondo_future *future = done_future(loop, 5);
    GIVES(rondo_loop_run_until_complete(loop, future, &err), RONDO_OK);
    rondo_value view;
    GIVES(rondo_future_result(future, &view, NULL), RONDO_OK); // it stays there
    CHECK(view.as.i64 == 5 && err == NULL);
    GIVES(rondo_loop_run_until_complete(other, future, NULL), RONDO_EOTHERLOOP);
    GIVES(rondo_future_take(future, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_run_until_complete(loop, future, &err), RONDO_ETAKEN);
    TELLS(err, RONDO_ETAKEN, "future");
    rondo_future_release(future);

    future = pending_future(loop);
    rondo_error *mine = rondo_error_new(-77, "mine");
    GIVES(rondo_future_set_error(future, mine), RONDO_OK);
    GIVES(rondo_loop_run_until_complete(loop, future, &err), -77);
    CHECK(err == mine);
    rondo_error_release(err);
    rondo_error_release(mine);
    rondo_future_release(future);

    future = pending_future(loop);
    GIVES(rondo_future_cancel(future, "enough"), 1);
    GIVES(rondo_loop_run_until_complete(loop, future, &err), RONDO_ECANCELED);
    TELLS(err, RONDO_ECANCELED, "enough");
    rondo_future_release(future);

    future = pending_future(loop);
    int calls = 0;
    GIVES(rondo_loop_call_soon(loop, stop_call, &calls, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_run_until_complete(loop, future, &err), RONDO_ESTOPPED);
    TELLS(err, RONDO_ESTOPPED, "stopped");
    rondo_future_release(future);
    rondo_loop_release(other);
    rondo_loop_release(loop);
}

static void fail_with_user(void *code, rondo_call *call) { call->status = *(rondo_status *)code; }

static void fatal_errors_leave_the_loop_and_what_was_ready_stays_ready(void) { // L40
    static rondo_status fatal[] = {RONDO_EINTERRUPT, RONDO_EEXIT};
    for (int i = 0; i < 2; ++i) {
        rondo_loop *loop = virtual_loop();
        int calls = 0;
        GIVES(rondo_loop_call_soon(loop, fail_with_user, &fatal[i], NULL, NULL), RONDO_OK);
        GIVES(rondo_loop_call_soon(loop, count_call, &calls, NULL, NULL), RONDO_OK);
        rondo_error *err = NULL;
        GIVES(rondo_loop_run_forever(loop, &err), fatal[i]);
        TELLS(err, fatal[i], rondo_strerror(fatal[i]));
        CHECK(calls == 0 && stats_of(loop).ready == 1);
        GIVES(rondo_loop_run_once(loop, 0), 0);
        CHECK(calls == 1);
        GIVES(rondo_loop_call_soon(loop, fail_with_user, &fatal[i], NULL, NULL), RONDO_OK);
        GIVES(rondo_loop_run_once(loop, 0), fatal[i]);
        rondo_loop_release(loop);
    }
}

static void run_once_says_whether_work_is_ready(void) {
    rondo_loop *loop = virtual_loop();
    GIVES(rondo_loop_run_once(loop, 0), 0);
    rondo_task *task = start(loop, step_yield_once, NULL, NULL);
    GIVES(rondo_loop_run_once(loop, 0), 1);
    GIVES(rondo_loop_run_once(loop, 0), 0);
    GIVES(rondo_future_done(task), 1);
    rondo_future_release(task);
    rondo_loop_release(loop);
}

static void the_virtual_clock_stands_still_until_everyone_waits(void) {
    rondo_loop *loop = virtual_loop();
    int calls = 0;
    CHECK(rondo_loop_time(loop) == 0);
    GIVES(rondo_loop_call_later(loop, RONDO_S(3600), count_call, &calls, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_run_once(loop, 0), 0);
    CHECK(rondo_loop_time(loop) == 0);
    GIVES(rondo_loop_run_once(loop, RONDO_S(10)), 0);
    CHECK(rondo_loop_time(loop) == RONDO_S(10) && calls == 0);
    GIVES(rondo_loop_run_once(loop, RONDO_FOREVER), 0);
    CHECK(rondo_loop_time(loop) == RONDO_S(3600) && calls == 1);
    rondo_loop_release(loop);
}

static void a_paused_clock_waits_in_real_time(void) {
    rondo_loop *loop = virtual_loop();
    GIVES(rondo_loop_pause_clock(loop), RONDO_OK);
    GIVES(rondo_loop_run_once(loop, RONDO_US(10)), 0); // though nobody has anything to do
    GIVES(rondo_loop_time(loop), 0);
    GIVES(rondo_loop_resume_clock(loop), RONDO_OK);
    GIVES(rondo_loop_run_once(loop, RONDO_US(10)), 0);
    GIVES(rondo_loop_time(loop), RONDO_US(10));
    rondo_loop_release(loop);
}

static void the_real_clock_never_runs_backwards(void) {
    rondo_loop *loop = quiet_loop();
    int64_t last = rondo_loop_time(loop);
    for (int i = 0; i < 1000; ++i) {
        int64_t now = rondo_loop_time(loop);
        CHECK(now >= last && now > 0);
        last = now;
    }
    rondo_loop_release(loop);
}

// ---- what is on the loop

static void step_look_at_current(kit_frame *frame, rondo_step *io) {
    CHECK(rondo_loop_current_task(NULL) == io->self);
    CHECK(rondo_loop_current_task(io->loop) == io->self);
    CHECK(rondo_loop_running() == io->loop);
    step_yield_once(frame, io);
}

static void no_current(void *user, rondo_call *call) {
    (void)user;
    CHECK(rondo_loop_current_task(call->loop) == NULL);
}

static void tasks_are_listed_in_creation_order(void) {
    rondo_loop *loop = virtual_loop();
    rondo_task *made[3];
    for (int i = 0; i < 3; ++i) made[i] = start(loop, step_look_at_current, NULL, NULL);
    GIVES(rondo_loop_call_soon(loop, no_current, NULL, NULL, NULL), RONDO_OK);
    rondo_task *listed[3] = {NULL, NULL, NULL};
    size_t count = 0;
    GIVES(rondo_loop_all_tasks(loop, listed, 2, &count), RONDO_OK);
    CHECK(count == 3 && listed[0] == made[0] && listed[1] == made[1] && listed[2] == NULL);
    for (int i = 0; i < 2; ++i) rondo_future_release(listed[i]);
    GIVES(rondo_loop_all_tasks(loop, NULL, 1, &count), RONDO_EINVAL);
    GIVES(rondo_loop_all_tasks(loop, listed, 0, NULL), RONDO_OK);
    run_until_idle(loop);
    GIVES(rondo_loop_all_tasks(loop, listed, 3, &count), RONDO_OK);
    CHECK(count == 0 && rondo_loop_current_task(loop) == NULL);
    for (int i = 0; i < 3; ++i) rondo_future_release(made[i]);
    rondo_loop_release(loop);
}

static void counters_count(void) {
    rondo_loop *loop = virtual_loop();
    rondo_loop_stats before = stats_of(loop);
    CHECK(before.turns == 0 && before.entries == 0 && before.open == 0 && before.futures == 0);
    rondo_task *task = start(loop, step_yield_once, NULL, NULL);
    rondo_future *future = pending_future(loop);
    int calls = 0;
    GIVES(rondo_loop_call_later(loop, 1, count_call, &calls, NULL, NULL), RONDO_OK);
    rondo_loop_stats made = stats_of(loop);
    CHECK(made.tasks == 1 && made.futures == 2 && made.deadlines == 1 && made.ready == 1);
    run_until_idle(loop);
    rondo_loop_stats after = stats_of(loop);
    CHECK(after.entries == 3 && after.turns >= 3 && after.tasks == 0 && after.futures == 2 && after.deadlines == 0);
    CHECK(after.polls == 0 && after.sleeps == 0 && after.open == 0);
    rondo_future_release(task);
    rondo_future_release(future);
    CHECK(stats_of(loop).futures == 0);
    rondo_loop_release(loop);
}

// ---- reports

static void reports_reach_the_handler(void) {
    kit_reports reports = {0};
    kit_reports others = {0};
    rondo_loop *loop = reporting_loop(&reports);
    rondo_error *error = rondo_error_new(-5, "five");
    RONDO_INIT(rondo_report, report);
    report.message = "heard";
    report.error = error;
    GIVES(rondo_loop_call_exception_handler(loop, &report), RONDO_OK);
    CHECK(reports.count == 1 && reports.code == -5 && strcmp(reports.message, "heard") == 0);
    GIVES(rondo_loop_set_exception_handler(loop, note_report, &others), RONDO_OK);
    GIVES(rondo_loop_call_exception_handler(loop, &report), RONDO_OK);
    GIVES(rondo_loop_set_exception_handler(loop, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_call_exception_handler(loop, &report), RONDO_OK); // dropped
    CHECK(reports.count == 1 && others.count == 1);
    GIVES(rondo_loop_call_exception_handler(loop, NULL), RONDO_EINVAL);
    report.message = NULL;
    GIVES(rondo_loop_call_exception_handler(loop, &report), RONDO_EINVAL);
    rondo_error_release(error);
    rondo_loop_release(loop);
}

static rondo_ctxvar *var;
static void note_var(void *seen, rondo_loop *loop, const rondo_report *report) {
    (void)loop;
    (void)report;
    rondo_value view;
    GIVES(rondo_context_get(NULL, var, &view), RONDO_OK);
    *(int64_t *)seen = view.as.i64;
}

static void fail_plainly(void *user, rondo_call *call) {
    (void)user;
    call->status = RONDO_EFAILED;
}

static void the_handler_runs_in_the_context_of_what_it_is_told_of(void) { // L34
    int64_t seen = 0;
    RONDO_INIT(rondo_loop_options, options);
    options.handler = note_var;
    options.handler_user = &seen;
    rondo_loop *loop = NULL;
    GIVES(rondo_loop_create(&options, &loop), RONDO_OK);
    rondo_value fallback = rondo_i64(1);
    GIVES(rondo_ctxvar_create("v", &fallback, &var), RONDO_OK);
    rondo_context *context = NULL;
    GIVES(rondo_context_create(&context), RONDO_OK);
    rondo_value value = rondo_i64(2);
    GIVES(rondo_context_set(context, var, &value, NULL), RONDO_OK);
    RONDO_INIT(rondo_call_options, call_options);
    call_options.context = context;
    GIVES(rondo_loop_call_soon(loop, fail_plainly, NULL, &call_options, NULL), RONDO_OK);
    GIVES(rondo_loop_run_once(loop, 0), 0);
    CHECK(seen == 2);
    rondo_context_release(context);
    rondo_ctxvar_release(var);
    rondo_loop_release(loop);
}

static void debug_mode_is_0_or_1(void) {
    rondo_loop *loop = virtual_loop();
    GIVES(rondo_loop_get_debug(loop), 0);
    GIVES(rondo_loop_set_debug(loop, 1), RONDO_OK);
    GIVES(rondo_loop_get_debug(loop), 1);
    GIVES(rondo_loop_set_debug(loop, 2), RONDO_EINVAL);
    GIVES(rondo_loop_set_debug(loop, -1), RONDO_EINVAL);
    GIVES(rondo_loop_get_debug(loop), 1);
    GIVES(rondo_loop_set_debug(loop, 0), RONDO_OK);
    GIVES(rondo_loop_get_debug(loop), 0);
    rondo_loop_release(loop);
}

int main(void) {
    RUN(a_loop_is_counted);
    RUN(the_last_release_closes);
    RUN(close_ends_what_is_left_without_running_it);
    RUN(a_closed_loop_refuses_what_would_run);
    RUN(a_loop_that_closes_cannot_be_closed_or_run_by_what_ends_with_it);
    RUN(a_running_loop_outlives_its_last_reference);
    RUN(a_running_loop_cannot_be_run_or_closed);
    RUN(stop_lets_the_turn_end);
    RUN(run_until_complete_answers_as_the_future_does);
    RUN(fatal_errors_leave_the_loop_and_what_was_ready_stays_ready);
    RUN(run_once_says_whether_work_is_ready);
    RUN(the_virtual_clock_stands_still_until_everyone_waits);
    RUN(a_paused_clock_waits_in_real_time);
    RUN(the_real_clock_never_runs_backwards);
    RUN(tasks_are_listed_in_creation_order);
    RUN(counters_count);
    RUN(reports_reach_the_handler);
    RUN(the_handler_runs_in_the_context_of_what_it_is_told_of);
    RUN(debug_mode_is_0_or_1);
    return 0;
}
