#include "kit.h"

#include <stdlib.h>

void kit_fail(const char *file, int line, const char *what) {
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

void kit_gives(const char *file, int line, const char *call, rondo_status got, rondo_status wanted) {
    if (got == wanted) return;
    fprintf(stderr, "%s:%d: %s\n  gives %d (%s)\n  and not %d (%s)\n", file, line, call, got, rondo_status_name(got),
            wanted, rondo_status_name(wanted));
    abort();
}

void kit_tells(const char *file, int line, rondo_error *error, rondo_status code, const char *const *words) {
    if (!error) kit_fail(file, line, "there is an error object");
    kit_gives(file, line, "rondo_error_code(error)", rondo_error_code(error), code);
    for (; *words; ++words) {
        if (strstr(rondo_error_message(error), *words)) continue;
        fprintf(stderr, "%s:%d: the message \"%s\" does not hold \"%s\"\n", file, line, rondo_error_message(error),
                *words);
        abort();
    }
    rondo_error_release(error);
}

void kit_begin(const char *test) {
    puts(test);
    fflush(stdout);
}

void count_drop(void *drops, size_t len) {
    CHECK(len == 0);
    ++*(int *)drops;
}

void count_end(void *drops) { ++*(int *)drops; }

rondo_value counted(int *drops) { return rondo_ptr(drops, count_drop); }

void count_call(void *user, rondo_call *call) {
    CHECK(call->size == sizeof *call);
    ++*(int *)user;
}

static rondo_loop *loop_with(uint32_t flags, rondo_exception_handler_fn handler, void *user) {
    RONDO_INIT(rondo_loop_options, options);
    options.flags = flags;
    options.handler = handler;
    options.handler_user = user;
    rondo_loop *loop = NULL;
    GIVES(rondo_loop_create(&options, &loop), RONDO_OK);
    return loop;
}

rondo_loop *virtual_loop(void) { return loop_with(RONDO_LOOP_VIRTUAL_CLOCK, NULL, NULL); }
rondo_loop *quiet_loop(void) { return loop_with(0, NULL, NULL); }
rondo_loop *reporting_loop(kit_reports *reports) { return loop_with(RONDO_LOOP_VIRTUAL_CLOCK, note_report, reports); }

rondo_runner *virtual_runner(rondo_loop **loop) {
    RONDO_INIT(rondo_loop_options, loop_options);
    loop_options.flags = RONDO_LOOP_VIRTUAL_CLOCK;
    RONDO_INIT(rondo_runner_options, options);
    options.loop = &loop_options;
    options.flags = RONDO_RUNNER_NO_SIGINT;
    rondo_runner *runner = NULL;
    GIVES(rondo_runner_create(&options, &runner), RONDO_OK);
    if (loop) GIVES(rondo_runner_get_loop(runner, loop), RONDO_OK);
    return runner;
}

rondo_future *pending_future(rondo_loop *loop) {
    rondo_future *future = NULL;
    GIVES(rondo_future_create(loop, NULL, &future), RONDO_OK);
    return future;
}

rondo_future *done_future(rondo_loop *loop, int64_t result) {
    rondo_future *future = pending_future(loop);
    rondo_value value = rondo_i64(result);
    GIVES(rondo_future_set_result(future, &value), RONDO_OK);
    return future;
}

static void call_kit_step(void *frame, rondo_step *io) {
    kit_frame *self = frame;
    self->step(self, io);
    ++self->at;
}

static void end_kit_frame(void *frame) {
    int *ends = ((kit_frame *)frame)->ends;
    if (ends) ++*ends;
}

const rondo_coro_vtable kit_coro = {.size = sizeof kit_coro, .frame_size = sizeof(kit_frame), .step = call_kit_step,
                                    .destroy = end_kit_frame};

rondo_task *start(rondo_loop *loop, kit_step step, void *user, int *ends) {
    kit_frame init = {step, user, 0, ends};
    rondo_task *task = NULL;
    GIVES(rondo_task_create(loop, &kit_coro, &init, NULL, &task), RONDO_OK);
    return task;
}

void give_await(rondo_step *io, rondo_future *target) {
    io->verdict = RONDO_STEP_AWAIT;
    io->target = rondo_future_retain(target);
}

void give_raise(rondo_step *io, rondo_status code, const char *message) {
    io->verdict = RONDO_STEP_RAISE;
    io->out_error = rondo_error_new(code, message);
}

void give_error_on(rondo_step *io) {
    io->verdict = RONDO_STEP_RAISE;
    io->out_error = rondo_error_retain(io->error);
}

void step_return(kit_frame *frame, rondo_step *io) {
    (void)frame;
    if (io->status < 0) {
        give_error_on(io);
    } else {
        io->verdict = RONDO_STEP_RETURN;
    }
}

void step_yield_once(kit_frame *frame, rondo_step *io) {
    step_return(frame, io);
    if (frame->at == 0 && io->verdict == RONDO_STEP_RETURN) io->verdict = RONDO_STEP_YIELD;
}

void step_await_user(kit_frame *frame, rondo_step *io) {
    if (frame->at == 0 && io->status == RONDO_OK) {
        give_await(io, frame->user);
    } else {
        step_return(frame, io);
    }
}

void step_park(kit_frame *frame, rondo_step *io) {
    step_return(frame, io);
    if (frame->at == 0 && io->verdict == RONDO_STEP_RETURN) io->verdict = RONDO_STEP_PARK;
}

rondo_loop_stats stats_of(rondo_loop *loop) {
    RONDO_INIT(rondo_loop_stats, stats);
    GIVES(rondo_loop_get_stats(loop, &stats), RONDO_OK);
    return stats;
}

void run_until_idle(rondo_loop *loop) {
    do CHECK(rondo_loop_run_once(loop, 0) >= 0);
    while (stats_of(loop).ready > 0);
    while (stats_of(loop).deadlines > 0 || stats_of(loop).ready > 0) {
        CHECK(rondo_loop_run_once(loop, RONDO_FOREVER) >= 0);
    }
}

void note_report(void *user, rondo_loop *loop, const rondo_report *report) {
    kit_reports *reports = user;
    CHECK(loop != NULL);
    ++reports->count;
    reports->code = rondo_error_code(report->error);
    snprintf(reports->message, sizeof reports->message, "%s", report->message);
}
