// Room "Fibers": what may be called where, and who owns what.
#include "kit.h"

static void outside_a_fiber_there_is_nothing_to_suspend(void) {
    rondo_loop *loop = virtual_loop();
    rondo_future *future = pending_future(loop);
    rondo_error *error = rondo_error_new(RONDO_EFAILED, NULL);
    rondo_value view = rondo_i64(7);
    GIVES(rondo_await(future, &view), RONDO_ENOFIBER);
    CHECK(view.kind == RONDO_NONE);
    GIVES(rondo_sleep(1), RONDO_ENOFIBER);
    GIVES(rondo_yield(), RONDO_ENOFIBER);
    GIVES(rondo_raise(error), RONDO_ENOFIBER); // not moved
    GIVES(rondo_fail(RONDO_EFAILED, "x"), RONDO_ENOFIBER);
    CHECK(rondo_fiber_error() == NULL);
    CHECK(stats_of(loop).futures == 1);
    GIVES(rondo_await_release(future, NULL), RONDO_ENOFIBER); // released all the same
    CHECK(stats_of(loop).futures == 0);
    rondo_error_release(error);
    rondo_loop_release(loop);
}

static void try_to_suspend(void *user, rondo_call *call) {
    (void)call;
    GIVES(rondo_sleep(1), RONDO_ENOFIBER);
    GIVES(rondo_await(user, NULL), RONDO_ENOFIBER);
}

static void step_try_to_suspend(kit_frame *frame, rondo_step *io) {
    try_to_suspend(frame->user, NULL);
    step_return(frame, io);
}

static void callbacks_and_steps_are_no_fibers(void) {
    rondo_loop *loop = virtual_loop();
    rondo_future *future = done_future(loop, 1);
    GIVES(rondo_loop_call_soon(loop, try_to_suspend, future, NULL, NULL), RONDO_OK);
    rondo_future_release(start(loop, step_try_to_suspend, future, NULL));
    run_until_idle(loop);
    rondo_future_release(future);
    rondo_loop_release(loop);
}

// ---- inside

static rondo_loop *other;
static rondo_future *theirs;

static rondo_status await_what_cannot_be(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    rondo_value view = rondo_i64(7);
    GIVES(rondo_await(NULL, &view), RONDO_EINVAL);
    GIVES(rondo_await((void *)other, &view), RONDO_EKIND);
    GIVES(rondo_await_release(NULL, &view), RONDO_EINVAL);
    GIVES(rondo_await(rondo_loop_current_task(NULL), &view), RONDO_ESELF);
    CHECK(strstr(rondo_error_message(rondo_fiber_error()), "itself"));
    GIVES(rondo_await(theirs, &view), RONDO_EOTHERLOOP);
    CHECK(strstr(rondo_error_message(rondo_fiber_error()), "different loop"));
    GIVES(rondo_await_release(rondo_future_retain(theirs), &view), RONDO_EOTHERLOOP);
    CHECK(view.kind == RONDO_NONE);
    GIVES(rondo_raise(NULL), RONDO_EINVAL);
    GIVES(rondo_raise((void *)other), RONDO_EKIND);
    GIVES(rondo_yield(), RONDO_OK);
    CHECK(rondo_fiber_error() == NULL);
    return RONDO_OK;
}

static void bad_awaits_are_told_at_the_await_and_the_fiber_goes_on(void) {
    other = virtual_loop();
    theirs = pending_future(other);
    rondo_runner *runner = virtual_runner(NULL);
    GIVES(rondo_runner_run(runner, await_what_cannot_be, NULL, NULL, NULL, NULL), RONDO_OK);
    rondo_runner_release(runner);
    rondo_future_release(theirs);
    CHECK(stats_of(other).futures == 0);
    rondo_loop_release(other);
}

static rondo_status run_again(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    GIVES(rondo_loop_run_once(NULL, 0), RONDO_ERUNNING);
    GIVES(rondo_run(run_again, NULL, NULL, NULL), RONDO_ERUNNING);
    return RONDO_OK;
}

static void a_fiber_cannot_run_a_loop(void) { GIVES(rondo_run(run_again, NULL, NULL, NULL), RONDO_OK); }

static rondo_status return_user(void *arg, rondo_value *result) {
    (void)result;
    return *(rondo_status *)arg;
}

static void what_a_fiber_returns_is_how_it_ends(void) {
    static const struct {
        rondo_status returns;
        rondo_status ends;
    } rows[] = {{RONDO_OK, RONDO_OK},
                {RONDO_EFAILED, RONDO_EFAILED},
                {-2, -2},
                {RONDO_ECANCELED, RONDO_ECANCELED},
                {1, RONDO_EINVAL},
                {RONDO_EINTERRUPT, RONDO_EINTERRUPT}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        rondo_status returns = rows[i].returns;
        GIVES(rondo_run(return_user, &returns, NULL, NULL), rows[i].ends);
    }
}

static void a_fiber_needs_a_function_and_a_stack_that_can_be(void) {
    rondo_loop *loop = virtual_loop();
    rondo_task *task = NULL;
    RONDO_INIT(rondo_task_options, options);
    GIVES(rondo_fiber_create(loop, NULL, NULL, NULL, &task), RONDO_EINVAL);
    options.stack_size = (size_t)1 << 40;
    GIVES(rondo_fiber_create(loop, run_again, NULL, &options, &task), RONDO_ENOMEM);
    CHECK(task == NULL && stats_of(loop).tasks == 0);
    GIVES(rondo_loop_close(loop), RONDO_OK);
    GIVES(rondo_fiber_create(loop, run_again, NULL, NULL, &task), RONDO_ECLOSED);
    rondo_loop_release(loop);
}

static rondo_status sleep_for_ever(void *started, rondo_value *result) {
    (void)result;
    ++*(int *)started;
    rondo_status status = rondo_sleep(RONDO_S(1000000));
    ++*(int *)started;
    return status;
}

static void a_fiber_cancelled_before_it_began_never_runs(void) {
    rondo_loop *loop = virtual_loop();
    int started = 0;
    rondo_task *task = NULL;
    GIVES(rondo_fiber_create(loop, sleep_for_ever, &started, NULL, &task), RONDO_OK);
    GIVES(rondo_future_cancel(task, NULL), 1);
    run_until_idle(loop);
    GIVES(rondo_future_cancelled(task), 1);
    CHECK(started == 0);
    rondo_future_release(task);
    rondo_loop_release(loop);
}

static void closing_the_loop_ends_unfinished_fibers_where_they_are(void) {
    rondo_loop *loop = virtual_loop();
    int started = 0;
    GIVES(rondo_fiber_create(loop, sleep_for_ever, &started, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_run_once(loop, 0), 0);
    rondo_loop_release(loop);
    CHECK(started == 1);
}

int main(void) {
    RUN(outside_a_fiber_there_is_nothing_to_suspend);
    RUN(callbacks_and_steps_are_no_fibers);
    RUN(bad_awaits_are_told_at_the_await_and_the_fiber_goes_on);
    RUN(a_fiber_cannot_run_a_loop);
    RUN(what_a_fiber_returns_is_how_it_ends);
    RUN(a_fiber_needs_a_function_and_a_stack_that_can_be);
    RUN(a_fiber_cancelled_before_it_began_never_runs);
    RUN(closing_the_loop_ends_unfinished_fibers_where_they_are);
    return 0;
}
