// Room "Runner": its states, its runs, its close.
#include "kit.h"

// ---- fibers

static rondo_status answer_42(void *arg, rondo_value *result) {
    (void)arg;
    *result = rondo_i64(42);
    return RONDO_OK;
}

static rondo_status answer_counted(void *drops, rondo_value *result) {
    *result = counted(drops);
    return RONDO_OK;
}

static rondo_status fail_with_value(void *drops, rondo_value *result) {
    *result = counted(drops);
    return rondo_fail(RONDO_EFAILED, "mine");
}

static rondo_status stop_the_loop(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    GIVES(rondo_loop_stop(NULL), RONDO_OK);
    return rondo_sleep(RONDO_S(1));
}

static rondo_runner *runner_with(const rondo_runner_options *options) {
    rondo_runner *runner = NULL;
    GIVES(rondo_runner_create(options, &runner), RONDO_OK);
    return runner;
}

// ---- states

static void counting_factory(void *made, rondo_loop **out) {
    ++*(int *)made;
    *out = virtual_loop();
}

static rondo_runner *counting_runner(int *made) {
    RONDO_INIT(rondo_runner_options, options);
    options.loop_factory = counting_factory;
    options.loop_factory_user = made;
    return runner_with(&options);
}

static void the_loop_is_made_by_the_first_use(void) {
    int made = 0;
    rondo_runner *runner = counting_runner(&made);
    GIVES(rondo_runner_interrupt(runner), RONDO_ESTATE);
    CHECK(made == 0);
    rondo_loop *loop = NULL;
    GIVES(rondo_runner_get_loop(runner, &loop), RONDO_OK);
    CHECK(made == 1);
    for (int i = 0; i < 3; ++i) {
        rondo_loop *again = NULL;
        rondo_context *context = NULL;
        GIVES(rondo_runner_run(runner, answer_42, NULL, NULL, NULL, NULL), RONDO_OK);
        GIVES(rondo_runner_get_context(runner, &context), RONDO_OK);
        GIVES(rondo_runner_get_loop(runner, &again), RONDO_OK);
        CHECK(again == loop && context != NULL);
    }
    GIVES(rondo_runner_get_loop(runner, NULL), RONDO_OK);
    GIVES(rondo_runner_get_context(runner, NULL), RONDO_OK);
    CHECK(made == 1);
    rondo_runner_release(runner);

    runner = counting_runner(&made);
    GIVES(rondo_runner_get_context(runner, NULL), RONDO_OK);
    CHECK(made == 2);
    rondo_runner_release(runner);
}

static void closing_a_runner_that_was_never_used_leaves_it_usable(void) {
    int made = 0;
    rondo_runner *runner = counting_runner(&made);
    GIVES(rondo_runner_close(runner, 0, NULL), RONDO_OK);
    CHECK(made == 0);
    GIVES(rondo_runner_run(runner, answer_42, NULL, NULL, NULL, NULL), RONDO_OK);
    rondo_runner_release(runner);
    rondo_runner_release(runner_with(NULL));
    GIVES(rondo_runner_create(NULL, NULL), RONDO_OK);
}

static void a_closed_runner_refuses_everything_but_close(void) {
    rondo_loop *loop = NULL;
    rondo_runner *runner = virtual_runner(&loop);
    GIVES(rondo_runner_close(runner, RONDO_FOREVER, NULL), RONDO_OK);
    rondo_value result = rondo_i64(7);
    GIVES(rondo_runner_run(runner, answer_42, NULL, NULL, &result, NULL), RONDO_ECLOSED);
    CHECK(result.kind == RONDO_NONE);
    int ends = 0;
    kit_frame frame = {step_return, NULL, 0, &ends};
    GIVES(rondo_runner_run_coro(runner, &kit_coro, &frame, NULL, NULL, NULL), RONDO_ECLOSED);
    GIVES(rondo_runner_get_loop(runner, &loop), RONDO_ECLOSED);
    rondo_context *context = NULL;
    GIVES(rondo_runner_get_context(runner, &context), RONDO_ECLOSED);
    GIVES(rondo_runner_interrupt(runner), RONDO_ESTATE);
    GIVES(rondo_runner_close(runner, 0, NULL), RONDO_OK);
    CHECK(ends == 0); // the frame was never made
    rondo_runner_release(runner);
}

static void a_runner_whose_loop_was_closed_refuses_to_run_and_can_be_closed(void) {
    rondo_loop *loop = NULL;
    rondo_runner *runner = virtual_runner(&loop);
    GIVES(rondo_loop_close(loop), RONDO_OK);
    GIVES(rondo_runner_run(runner, answer_42, NULL, NULL, NULL, NULL), RONDO_ECLOSED);
    GIVES(rondo_runner_close(runner, RONDO_FOREVER, NULL), RONDO_OK);
    rondo_runner_release(runner);
}

// ---- runs

static void the_result_is_moved_out(void) {
    rondo_runner *runner = virtual_runner(NULL);
    for (int i = 0; i < 1000; ++i) {
        rondo_value result = rondo_i64(7);
        rondo_error *err = (rondo_error *)&result;
        GIVES(rondo_runner_run(runner, answer_42, NULL, NULL, &result, &err), RONDO_OK);
        CHECK(result.kind == RONDO_I64 && result.as.i64 == 42 && err == NULL);
    }
    int drops = 0;
    rondo_value result;
    GIVES(rondo_runner_run(runner, answer_counted, &drops, NULL, &result, NULL), RONDO_OK);
    rondo_runner_release(runner);
    CHECK(drops == 0);
    rondo_value_drop(&result);
    CHECK(drops == 1);
}

static void a_result_nobody_wants_is_dropped_once(void) {
    rondo_runner *runner = virtual_runner(NULL);
    int drops = 0;
    GIVES(rondo_runner_run(runner, answer_counted, &drops, NULL, NULL, NULL), RONDO_OK);
    CHECK(drops == 1);
    GIVES(rondo_run(answer_counted, &drops, NULL, NULL), RONDO_OK);
    CHECK(drops == 2);
    rondo_runner_release(runner);
    CHECK(drops == 2);
}

static void a_failed_run_gives_its_error_and_no_result(void) {
    rondo_runner *runner = virtual_runner(NULL);
    int drops = 0;
    rondo_value result = rondo_i64(7);
    rondo_error *err = NULL;
    GIVES(rondo_runner_run(runner, fail_with_value, &drops, NULL, &result, &err), RONDO_EFAILED);
    CHECK(drops == 1 && result.kind == RONDO_NONE);
    TELLS(err, RONDO_EFAILED, "mine");
    GIVES(rondo_runner_run(runner, fail_with_value, &drops, NULL, NULL, NULL), RONDO_EFAILED);
    CHECK(drops == 2);
    rondo_runner_release(runner);
    GIVES(rondo_run(fail_with_value, &drops, &result, &err), RONDO_EFAILED);
    TELLS(err, RONDO_EFAILED, "mine");
    CHECK(drops == 3);
}

static void step_answer_user(kit_frame *frame, rondo_step *io) {
    io->verdict = RONDO_STEP_RETURN;
    io->out = counted(frame->user);
}

static void coroutines_are_run_from_their_vtable(void) {
    int ends = 0;
    int drops = 0;
    rondo_runner *runner = virtual_runner(NULL);
    kit_frame frame = {step_answer_user, &drops, 0, &ends};
    rondo_value result;
    GIVES(rondo_runner_run_coro(runner, &kit_coro, &frame, NULL, &result, NULL), RONDO_OK);
    CHECK(ends == 1 && drops == 0 && result.as.ptr == &drops);
    rondo_value_drop(&result);
    GIVES(rondo_run_coro(&kit_coro, &frame, &result, NULL), RONDO_OK);
    CHECK(ends == 2 && drops == 1);
    rondo_value_drop(&result);
    rondo_runner_release(runner);
}

static void step_check_name(kit_frame *frame, rondo_step *io) {
    CHECK(strcmp(rondo_task_get_name(io->self), frame->user) == 0);
    step_return(frame, io);
}

static void the_main_task_takes_options(void) {
    rondo_runner *runner = virtual_runner(NULL);
    RONDO_INIT(rondo_task_options, options);
    options.name = "main";
    kit_frame frame = {step_check_name, "main", 0, NULL};
    GIVES(rondo_runner_run_coro(runner, &kit_coro, &frame, &options, NULL, NULL), RONDO_OK);
    rondo_runner_release(runner);
}

static rondo_status run_another(void *runner, rondo_value *result) {
    (void)result;
    GIVES(rondo_runner_run(runner, answer_42, NULL, NULL, NULL, NULL), RONDO_ERUNNING);
    GIVES(rondo_run(answer_42, NULL, NULL, NULL), RONDO_ERUNNING);
    GIVES(rondo_run_coro(&kit_coro, &(kit_frame){step_return, NULL, 0, NULL}, NULL, NULL), RONDO_ERUNNING);
    return RONDO_OK;
}

static void a_nested_run_is_refused_and_leaves_the_runner_as_it_was(void) {
    int made = 0;
    rondo_runner *other = counting_runner(&made);
    rondo_runner *runner = virtual_runner(NULL);
    GIVES(rondo_runner_run(runner, run_another, other, NULL, NULL, NULL), RONDO_OK);
    GIVES(rondo_runner_run(runner, run_another, runner, NULL, NULL, NULL), RONDO_OK);
    CHECK(made == 0);
    GIVES(rondo_runner_run(other, answer_42, NULL, NULL, NULL, NULL), RONDO_OK);
    CHECK(made == 1);
    rondo_runner_release(other);
    rondo_runner_release(runner);
}

static void stopping_the_loop_ends_the_run_and_close_ends_main(void) {
    rondo_loop *loop = NULL;
    rondo_runner *runner = virtual_runner(&loop);
    rondo_value result = rondo_i64(7);
    rondo_error *err = NULL;
    GIVES(rondo_runner_run(runner, stop_the_loop, NULL, NULL, &result, &err), RONDO_ESTOPPED);
    TELLS(err, RONDO_ESTOPPED, "stopped");
    CHECK(result.kind == RONDO_NONE && stats_of(loop).tasks == 1);
    GIVES(rondo_runner_run(runner, answer_42, NULL, NULL, &result, NULL), RONDO_OK);
    CHECK(stats_of(loop).tasks == 1);
    GIVES(rondo_runner_close(runner, RONDO_FOREVER, NULL), RONDO_OK);
    rondo_runner_release(runner);
}

// ---- contexts

static rondo_ctxvar *var;

static rondo_status count_up(void *before, rondo_value *result) {
    (void)result;
    rondo_value view;
    GIVES(rondo_context_get(NULL, var, &view), RONDO_OK);
    CHECK(view.as.i64 == *(int *)before);
    rondo_value next = rondo_i64(view.as.i64 + 1);
    return rondo_context_set(NULL, var, &next, NULL);
}

static void runs_share_the_runner_s_context(void) {
    rondo_value fallback = rondo_i64(0);
    GIVES(rondo_ctxvar_create("v", &fallback, &var), RONDO_OK);
    rondo_runner *runner = virtual_runner(NULL);
    for (int i = 0; i < 3; ++i) GIVES(rondo_runner_run(runner, count_up, &i, NULL, NULL, NULL), RONDO_OK);
    rondo_context *context = NULL;
    rondo_value view;
    GIVES(rondo_runner_get_context(runner, &context), RONDO_OK);
    GIVES(rondo_context_get(context, var, &view), RONDO_OK);
    CHECK(view.as.i64 == 3);
    rondo_runner_release(runner);
    rondo_ctxvar_release(var);
}

static void the_context_of_the_options_is_copied_when_the_loop_is_made(void) {
    GIVES(rondo_ctxvar_create("v", NULL, &var), RONDO_OK);
    rondo_context *context = NULL;
    GIVES(rondo_context_create(&context), RONDO_OK);
    RONDO_INIT(rondo_runner_options, options);
    options.context = context;
    rondo_runner *runner = runner_with(&options);
    rondo_value value = rondo_i64(5);
    GIVES(rondo_context_set(context, var, &value, NULL), RONDO_OK);
    int before = 5;
    GIVES(rondo_runner_run(runner, count_up, &before, NULL, NULL, NULL), RONDO_OK);
    rondo_value view;
    GIVES(rondo_context_get(context, var, &view), RONDO_OK);
    CHECK(view.as.i64 == 5);
    rondo_context_release(context);
    rondo_runner_release(runner);
    rondo_ctxvar_release(var);
}

// ---- loops of a factory

static void give_user(void *loop, rondo_loop **out) { *out = loop; }

static rondo_runner *runner_on(void *loop) {
    RONDO_INIT(rondo_runner_options, options);
    options.loop_factory = give_user;
    options.loop_factory_user = loop;
    return runner_with(&options);
}

static void the_runner_closes_the_loop_of_its_factory_and_gives_its_reference_back(void) {
    rondo_loop *loop = virtual_loop();
    rondo_runner *runner = runner_on(rondo_loop_retain(loop));
    GIVES(rondo_runner_run(runner, answer_42, NULL, NULL, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_is_closed(loop), 0);
    rondo_runner_release(runner);
    GIVES(rondo_loop_is_closed(loop), 1);
    rondo_loop_release(loop);
}

static void bad_loops_of_a_factory_are_refused(void) {
    rondo_runner *runner = runner_on(NULL);
    rondo_loop *loop = NULL;
    GIVES(rondo_runner_get_loop(runner, &loop), RONDO_EFAULT);
    GIVES(rondo_runner_get_loop(runner, &loop), RONDO_EFAULT);
    rondo_runner_release(runner);

    rondo_error *no_loop = rondo_error_new(RONDO_EFAILED, NULL);
    runner = runner_on(no_loop);
    GIVES(rondo_runner_get_loop(runner, &loop), RONDO_EKIND);
    CHECK(loop == NULL);
    rondo_runner_release(runner);
    rondo_error_release(no_loop);

    rondo_loop *closed = virtual_loop();
    GIVES(rondo_loop_close(closed), RONDO_OK);
    runner = runner_on(closed);
    GIVES(rondo_runner_run(runner, answer_42, NULL, NULL, NULL, NULL), RONDO_ECLOSED);
    rondo_runner_release(runner);
}

static rondo_runner *making;
static void factory_that_asks_its_runner(void *user, rondo_loop **out) {
    (void)user;
    rondo_loop *loop = NULL;
    GIVES(rondo_runner_get_loop(making, &loop), RONDO_EREENTRANT);
    GIVES(rondo_runner_run(making, answer_42, NULL, NULL, NULL, NULL), RONDO_EREENTRANT);
    GIVES(rondo_runner_close(making, 0, NULL), RONDO_EREENTRANT);
    rondo_runner_release(making); // cannot be: does nothing
    *out = virtual_loop();
}

static void a_factory_cannot_use_the_runner_it_serves(void) {
    RONDO_INIT(rondo_runner_options, options);
    options.loop_factory = factory_that_asks_its_runner;
    making = runner_with(&options);
    GIVES(rondo_runner_run(making, answer_42, NULL, NULL, NULL, NULL), RONDO_OK);
    rondo_runner_release(making);
}

static void debug_mode_follows_the_flags(void) {
    static const struct {
        uint32_t runner_flags;
        uint32_t loop_flags;
        rondo_status debug;
    } rows[] = {
        {0, 0, 0},
        {0, RONDO_LOOP_DEBUG, 1},
        {RONDO_RUNNER_DEBUG, 0, 1},
        {RONDO_RUNNER_DEBUG, RONDO_LOOP_DEBUG, 1},
        {RONDO_RUNNER_NO_DEBUG, RONDO_LOOP_DEBUG, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        RONDO_INIT(rondo_loop_options, loop_options);
        loop_options.flags = rows[i].loop_flags;
        RONDO_INIT(rondo_runner_options, options);
        options.loop = &loop_options;
        options.flags = rows[i].runner_flags;
        rondo_runner *runner = runner_with(&options);
        loop_options.flags = ~0u; // they were copied
        rondo_loop *loop = NULL;
        GIVES(rondo_runner_get_loop(runner, &loop), RONDO_OK);
        GIVES(rondo_loop_get_debug(loop), rows[i].debug);
        rondo_runner_release(runner);
    }
}

// ---- interrupts by the host (R31-R34, R37)

enum { obey, swallow, translate, ask_twice };

typedef struct {
    rondo_runner *runner;
    int how;
} interrupted;

static rondo_status interrupt_myself(void *arg, rondo_value *result) {
    interrupted *user = arg;
    GIVES(rondo_runner_interrupt(user->runner), 1);
    if (user->how == ask_twice) GIVES(rondo_runner_interrupt(user->runner), 0);
    rondo_status status = rondo_sleep(RONDO_S(1));
    GIVES(status, RONDO_ECANCELED);
    if (user->how == swallow) {
        *result = rondo_i64(1);
        return RONDO_OK;
    }
    return user->how == translate ? rondo_fail(RONDO_EFAILED, "translated") : status;
}

static void the_first_interrupt_cancels_main(void) {
    interrupted user = {virtual_runner(NULL), 0};
    static const rondo_status answers[] = {
        [obey] = RONDO_EINTERRUPT, [swallow] = RONDO_OK, [translate] = RONDO_EFAILED, [ask_twice] = RONDO_EINTERRUPT};
    for (int round = 0; round < 2; ++round) {
        for (user.how = obey; user.how <= ask_twice; ++user.how) {
            rondo_value result;
            GIVES(rondo_runner_run(user.runner, interrupt_myself, &user, NULL, &result, NULL), answers[user.how]);
            CHECK((result.kind == RONDO_I64) == (user.how == swallow));
        }
    }
    GIVES(rondo_runner_interrupt(user.runner), RONDO_ESTATE);
    rondo_runner_release(user.runner);
}

// ---- close

typedef struct {
    char text[256];
} log_of;

static void note(log_of *log, const char *word) {
    snprintf(log->text + strlen(log->text), sizeof log->text - strlen(log->text), "%s ", word);
}

typedef struct {
    log_of *log;
    const char *name;
    int sleeps_at_end; // clean-up takes a second
    rondo_fiber_fn bears;
    rondo_status raises;
} leftover;

static rondo_status sleep_long(void *arg, rondo_value *result) {
    leftover *self = arg;
    (void)result;
    rondo_status status = rondo_sleep(RONDO_S(1000));
    note(self->log, self->name);
    if (self->bears) GIVES(rondo_fiber_create(NULL, self->bears, self, NULL, NULL), RONDO_OK);
    if (self->sleeps_at_end) {
        rondo_sleep(RONDO_S(1));
        note(self->log, "later");
    }
    return self->raises ? rondo_fail(self->raises, self->name) : status;
}

static void spawn_leftover(rondo_loop *loop, leftover *self) {
    RONDO_INIT(rondo_task_options, options);
    options.name = self->name;
    GIVES(rondo_fiber_create(loop, sleep_long, self, &options, NULL), RONDO_OK);
}

static void close_cancels_in_creation_order_and_waits_for_the_clean_up(void) {
    rondo_loop *loop = NULL;
    rondo_runner *runner = virtual_runner(&loop);
    log_of log = {""};
    leftover a = {.log = &log, .name = "a", .sleeps_at_end = 1};
    leftover b = {.log = &log, .name = "b"};
    leftover c = {.log = &log, .name = "c"};
    spawn_leftover(loop, &a);
    spawn_leftover(loop, &b);
    spawn_leftover(loop, &c);
    GIVES(rondo_runner_run(runner, answer_42, NULL, NULL, NULL, NULL), RONDO_OK);
    CHECK(strcmp(log.text, "") == 0);
    GIVES(rondo_runner_close(runner, RONDO_FOREVER, NULL), RONDO_OK);
    CHECK(strcmp(log.text, "a b c later ") == 0);
    rondo_runner_release(runner);
}

static rondo_status born_late(void *arg, rondo_value *result) {
    (void)result;
    leftover *self = arg;
    note(self->log, "born");
    rondo_status status = rondo_sleep(RONDO_S(1000));
    note(self->log, status == RONDO_ECANCELED ? "cancelled" : "?");
    return status;
}

static void tasks_born_while_closing_are_ended_too(void) {
    rondo_loop *loop = NULL;
    rondo_runner *runner = virtual_runner(&loop);
    log_of log = {""};
    leftover parent = {.log = &log, .name = "parent", .bears = born_late, .sleeps_at_end = 1};
    spawn_leftover(loop, &parent);
    GIVES(rondo_runner_run(runner, answer_42, NULL, NULL, NULL, NULL), RONDO_OK);
    GIVES(rondo_runner_close(runner, RONDO_FOREVER, NULL), RONDO_OK);
    CHECK(strcmp(log.text, "parent born later cancelled ") == 0);
    rondo_runner_release(runner);
}

static void tasks_that_fail_while_ending_are_reported(void) {
    rondo_loop *loop = NULL;
    rondo_runner *runner = virtual_runner(&loop);
    kit_reports reports = {0};
    GIVES(rondo_loop_set_exception_handler(loop, note_report, &reports), RONDO_OK);
    log_of log = {""};
    leftover bad = {.log = &log, .name = "bad", .raises = RONDO_EFAILED};
    leftover good = {.log = &log, .name = "good"};
    spawn_leftover(loop, &bad);
    spawn_leftover(loop, &good);
    GIVES(rondo_runner_run(runner, answer_42, NULL, NULL, NULL, NULL), RONDO_OK);
    GIVES(rondo_runner_close(runner, RONDO_FOREVER, NULL), RONDO_OK);
    CHECK(reports.count == 1 && reports.code == RONDO_EFAILED);
    CHECK(strcmp(reports.message, "unhandled exception during asyncio.run() shutdown") == 0);
    rondo_runner_release(runner);
}

static void a_deadline_ends_the_close_and_names_who_was_left(void) {
    for (int64_t deadline = -1; deadline < 2; ++deadline) {
        rondo_loop *loop = NULL;
        rondo_runner *runner = virtual_runner(&loop);
        kit_reports reports = {0};
        GIVES(rondo_loop_set_exception_handler(loop, note_report, &reports), RONDO_OK);
        log_of log = {""};
        leftover slow = {.log = &log, .name = "slow", .sleeps_at_end = 1};
        leftover quick = {.log = &log, .name = "quick"};
        spawn_leftover(loop, &slow);
        spawn_leftover(loop, &quick);
        GIVES(rondo_runner_run(runner, answer_42, NULL, NULL, NULL, NULL), RONDO_OK);
        rondo_error *err = NULL;
        GIVES(rondo_runner_close(runner, RONDO_MS(deadline), &err), RONDO_EDEADLINE);
        CHECK(strstr(rondo_error_message(err), "quick") == NULL);
        TELLS(err, RONDO_EDEADLINE, "slow");
        CHECK(strcmp(log.text, "slow quick ") == 0);
        CHECK(reports.count == 1); // destroyed but pending
        GIVES(rondo_loop_is_closed(loop), 1);
        GIVES(rondo_runner_close(runner, 0, NULL), RONDO_OK);
        rondo_runner_release(runner);
    }
}

static void fatal_errors_while_ending_are_the_answer_of_a_complete_close(void) {
    static const rondo_status fatal[] = {RONDO_EINTERRUPT, RONDO_EEXIT};
    for (int i = 0; i < 2; ++i) {
        rondo_loop *loop = NULL;
        rondo_runner *runner = virtual_runner(&loop);
        log_of log = {""};
        leftover bad = {.log = &log, .name = "bad", .raises = fatal[i]};
        leftover slow = {.log = &log, .name = "slow", .sleeps_at_end = 1};
        spawn_leftover(loop, &bad);
        spawn_leftover(loop, &slow);
        GIVES(rondo_runner_run(runner, answer_42, NULL, NULL, NULL, NULL), RONDO_OK);
        rondo_error *err = NULL;
        GIVES(rondo_runner_close(runner, RONDO_FOREVER, &err), fatal[i]);
        TELLS(err, fatal[i], "bad");
        CHECK(strcmp(log.text, "bad slow later ") == 0);
        GIVES(rondo_runner_get_loop(runner, NULL), RONDO_ECLOSED);
        rondo_runner_release(runner);
    }
}

typedef struct {
    int calls;
    int drops;
} counts;

static void count_counted_call(void *user, rondo_call *call) {
    (void)call;
    ++((counts *)user)->calls;
}
static void count_counted_drop(void *user) { ++((counts *)user)->drops; }

static void close_runs_the_callbacks_that_are_ready_and_discards_the_others(void) {
    rondo_loop *loop = NULL;
    rondo_runner *runner = virtual_runner(&loop);
    counts later = {0, 0};
    counts ready = {0, 0};
    RONDO_INIT(rondo_call_options, options);
    options.drop = count_counted_drop;
    GIVES(rondo_loop_call_later(loop, RONDO_S(1), count_counted_call, &later, &options, NULL), RONDO_OK);
    GIVES(rondo_loop_call_soon(loop, count_counted_call, &ready, &options, NULL), RONDO_OK);
    GIVES(rondo_loop_call_soon_threadsafe(loop, count_counted_call, &ready, &options, NULL), RONDO_OK);
    GIVES(rondo_runner_close(runner, RONDO_FOREVER, NULL), RONDO_OK);
    CHECK(later.calls == 0 && later.drops == 1);
    CHECK(ready.calls == ready.drops && ready.drops == 2);
    rondo_runner_release(runner);
}

static rondo_status close_and_release_my_runner(void *runner, rondo_value *result) {
    (void)result;
    GIVES(rondo_runner_close(runner, RONDO_FOREVER, NULL), RONDO_ERUNNING);
    rondo_runner_release(runner); // cannot be: does nothing
    return rondo_sleep(RONDO_S(1));
}

static void a_runner_cannot_be_closed_or_released_by_its_own_run(void) {
    rondo_runner *runner = virtual_runner(NULL);
    GIVES(rondo_runner_run(runner, close_and_release_my_runner, runner, NULL, NULL, NULL), RONDO_OK);
    GIVES(rondo_runner_run(runner, answer_42, NULL, NULL, NULL, NULL), RONDO_OK);
    rondo_runner_release(runner);
}

static void close_runner_call(void *runner, rondo_call *call) {
    GIVES(rondo_runner_close(runner, RONDO_FOREVER, NULL), RONDO_ERUNNING);
    rondo_runner_release(runner); // cannot be: does nothing
    GIVES(rondo_loop_close(call->loop), RONDO_ERUNNING);
    GIVES(rondo_loop_stop(call->loop), RONDO_OK);
}

static void nor_by_a_callback_of_its_loop(void) {
    rondo_loop *loop = NULL;
    rondo_runner *runner = virtual_runner(&loop);
    GIVES(rondo_loop_call_soon(loop, close_runner_call, runner, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_run_forever(loop, NULL), RONDO_OK);
    GIVES(rondo_runner_run(runner, answer_42, NULL, NULL, NULL, NULL), RONDO_OK);
    rondo_runner_release(runner);
}

static rondo_status use_another_runner(void *other, rondo_value *result) {
    (void)result;
    GIVES(rondo_runner_close(other, RONDO_FOREVER, NULL), RONDO_ERUNNING);
    return RONDO_OK;
}

static void another_runner_cannot_be_closed_inside_a_run(void) {
    rondo_runner *runner = virtual_runner(NULL);
    rondo_runner *other = virtual_runner(NULL);
    GIVES(rondo_runner_run(other, answer_42, NULL, NULL, NULL, NULL), RONDO_OK);
    GIVES(rondo_runner_run(runner, use_another_runner, other, NULL, NULL, NULL), RONDO_OK);
    GIVES(rondo_runner_run(other, answer_42, NULL, NULL, NULL, NULL), RONDO_OK);
    rondo_runner_release(other);
    rondo_runner_release(runner);
}

static void release_closes_an_open_runner(void) {
    rondo_loop *loop = NULL;
    rondo_runner *runner = virtual_runner(&loop);
    log_of log = {""};
    leftover a = {.log = &log, .name = "a"};
    spawn_leftover(loop, &a);
    GIVES(rondo_runner_run(runner, answer_42, NULL, NULL, NULL, NULL), RONDO_OK);
    rondo_loop_retain(loop);
    rondo_runner_release(runner);
    CHECK(strcmp(log.text, "a ") == 0);
    GIVES(rondo_loop_is_closed(loop), 1);
    rondo_loop_release(loop);
    rondo_runner_release(NULL);
}

static rondo_status leave_one_behind(void *arg, rondo_value *result) {
    spawn_leftover(NULL, arg);
    rondo_yield();
    *result = rondo_i64(1);
    return RONDO_OK;
}

static void run_answers_after_all_leftovers_have_ended(void) {
    log_of log = {""};
    leftover a = {.log = &log, .name = "a"};
    rondo_value result;
    GIVES(rondo_run(leave_one_behind, &a, &result, NULL), RONDO_OK);
    CHECK(result.as.i64 == 1 && strcmp(log.text, "a ") == 0);
    CHECK(rondo_loop_running() == NULL);
}

typedef struct {
    leftover behind;
    int drops;
} both;

static rondo_status return_counted_and_leave_one_behind(void *arg, rondo_value *result) {
    both *user = arg;
    spawn_leftover(NULL, &user->behind);
    rondo_yield();
    *result = counted(&user->drops);
    return RONDO_OK;
}

static void run_answers_what_broke_its_close_and_drops_the_result(void) {
    log_of log = {""};
    both user = {{.log = &log, .name = "bad", .raises = RONDO_EINTERRUPT}, 0};
    rondo_value result;
    rondo_error *err = NULL;
    GIVES(rondo_run(return_counted_and_leave_one_behind, &user, &result, &err), RONDO_EINTERRUPT);
    TELLS(err, RONDO_EINTERRUPT, "bad");
    CHECK(result.kind == RONDO_NONE && user.drops == 1);
}

int main(void) {
    RUN(the_loop_is_made_by_the_first_use);
    RUN(closing_a_runner_that_was_never_used_leaves_it_usable);
    RUN(a_closed_runner_refuses_everything_but_close);
    RUN(a_runner_whose_loop_was_closed_refuses_to_run_and_can_be_closed);
    RUN(the_result_is_moved_out);
    RUN(a_result_nobody_wants_is_dropped_once);
    RUN(a_failed_run_gives_its_error_and_no_result);
    RUN(coroutines_are_run_from_their_vtable);
    RUN(the_main_task_takes_options);
    RUN(a_nested_run_is_refused_and_leaves_the_runner_as_it_was);
    RUN(stopping_the_loop_ends_the_run_and_close_ends_main);
    RUN(runs_share_the_runner_s_context);
    RUN(the_context_of_the_options_is_copied_when_the_loop_is_made);
    RUN(the_runner_closes_the_loop_of_its_factory_and_gives_its_reference_back);
    RUN(bad_loops_of_a_factory_are_refused);
    RUN(a_factory_cannot_use_the_runner_it_serves);
    RUN(debug_mode_follows_the_flags);
    RUN(the_first_interrupt_cancels_main);
    RUN(close_cancels_in_creation_order_and_waits_for_the_clean_up);
    RUN(tasks_born_while_closing_are_ended_too);
    RUN(tasks_that_fail_while_ending_are_reported);
    RUN(a_deadline_ends_the_close_and_names_who_was_left);
    RUN(fatal_errors_while_ending_are_the_answer_of_a_complete_close);
    RUN(close_runs_the_callbacks_that_are_ready_and_discards_the_others);
    RUN(a_runner_cannot_be_closed_or_released_by_its_own_run);
    RUN(nor_by_a_callback_of_its_loop);
    RUN(another_runner_cannot_be_closed_inside_a_run);
    RUN(release_closes_an_open_runner);
    RUN(run_answers_after_all_leftovers_have_ended);
    RUN(run_answers_what_broke_its_close_and_drops_the_result);
    return 0;
}
