// Room "Tasks": steps and their verdicts, good and bad; names, cancel requests, frames.
#include "kit.h"

#include <stdint.h>

static rondo_loop *loop;

static rondo_error *error_of(rondo_future *future) {
    rondo_error *error = NULL;
    CHECK(rondo_future_error(future, &error) <= RONDO_OK);
    return error;
}

// ---- frames

typedef struct {
    int first;
    int second;
} pair;

static void step_check_pair(void *frame, rondo_step *io) {
    pair *p = frame;
    CHECK((uintptr_t)frame % 16 == 0);
    CHECK(rondo_task_frame(io->self) == frame);
    CHECK(p->first == 3 && p->second == 0);
    io->verdict = RONDO_STEP_RETURN;
}

static void start_pair(void *frame, const void *init) {
    pair *p = frame;
    CHECK(p->first == 0 && p->second == 0);
    p->first = *(const int *)init;
}

static int ends;
static void end_frame(void *frame) {
    (void)frame;
    ++ends;
}

static void frames_are_started_stepped_and_ended_once(void) {
    ends = 0;
    const int three = 3;
    pair init = {3, 0};
    rondo_coro_vtable by_start = {.size = sizeof by_start, .frame_size = sizeof(pair), .frame_align = 16, .start = start_pair,
                                  .step = step_check_pair, .destroy = end_frame};
    rondo_coro_vtable by_copy = {.size = sizeof by_copy, .frame_size = sizeof(pair), .step = step_check_pair,
                                 .destroy = end_frame};
    rondo_coro_vtable own = {.size = sizeof own, .frame_align = 8, .step = step_check_pair};
    _Alignas(16) pair mine = {3, 0};
    rondo_task *tasks[3];
    GIVES(rondo_task_create(loop, &by_start, &three, NULL, &tasks[0]), RONDO_OK);
    GIVES(rondo_task_create(loop, &by_copy, &init, NULL, &tasks[1]), RONDO_OK);
    GIVES(rondo_task_create(loop, &own, &mine, NULL, &tasks[2]), RONDO_OK);
    CHECK(rondo_task_frame(tasks[2]) == &mine);
    init.first = 0; // it was copied
    run_until_idle(loop);
    CHECK(ends == 2);
    for (int i = 0; i < 3; ++i) {
        GIVES(rondo_future_result(tasks[i], NULL, NULL), RONDO_OK);
        GIVES(rondo_future_is_task(tasks[i]), 1);
        CHECK(rondo_task_frame(tasks[i]) == NULL);
        rondo_future_release(tasks[i]);
    }
    CHECK(ends == 2);
}

static void step_see_zeroes(void *frame, rondo_step *io) {
    for (size_t i = 0; i < 400; ++i) CHECK(((char *)frame)[i] == 0);
    memset(frame, 0xee, 400);
    io->verdict = RONDO_STEP_RETURN;
}

static void a_frame_without_init_is_zeroed(void) {
    rondo_coro_vtable vtable = {.size = sizeof vtable, .frame_size = 400, .step = step_see_zeroes};
    for (int i = 0; i < 3; ++i) { // recycled memory too
        GIVES(rondo_task_create(loop, &vtable, NULL, NULL, NULL), RONDO_OK);
        run_until_idle(loop);
    }
}

static void bad_vtables_are_refused(void) {
    rondo_task *task = NULL;
    int mine = 0;
    for (int what = 0; what < 7; ++what) {
        rondo_coro_vtable bad = kit_coro;
        if (what == 0) bad.step = NULL;
        if (what == 1) bad.frame_align = 32;
        if (what == 2) bad.frame_align = 3;
        if (what == 3) bad.flags = 1;
        if (what == 4) bad.size = 0;
        if (what == 5) bad.size = offsetof(rondo_coro_vtable, describe) - 1;
        if (what == 6) bad.frame_size = SIZE_MAX;
        GIVES(rondo_task_create(loop, &bad, &mine, NULL, &task), RONDO_EINVAL);
        rondo_error *err = NULL;
        GIVES(rondo_run_coro(&bad, &mine, NULL, &err), RONDO_EINVAL);
        TELLS(err, RONDO_EINVAL, "vtable", "set");
    }
    GIVES(rondo_task_create(loop, NULL, &mine, NULL, &task), RONDO_EINVAL);
    CHECK(task == NULL && stats_of(loop).tasks == 0);
}

// ---- bad verdicts

static void step_forget(kit_frame *frame, rondo_step *io) {
    (void)frame;
    CHECK(io->verdict == RONDO_STEP_FAULT && io->out.kind == RONDO_NONE && io->out_error == NULL);
}

static void step_unknown(kit_frame *frame, rondo_step *io) { io->verdict = *(uint32_t *)frame->user; }

static void a_step_without_a_verdict_fails_its_task(void) {
    int destroyed = 0;
    rondo_task *task = start(loop, step_forget, NULL, &destroyed);
    run_until_idle(loop);
    GIVES(rondo_future_result(task, NULL, NULL), RONDO_EFAULT);
    TELLS(error_of(task), RONDO_EFAULT, "without writing a verdict", "set io->verdict");
    CHECK(destroyed == 1);
    rondo_future_release(task);
}

static void an_unknown_verdict_fails_its_task(void) {
    static uint32_t unknown[] = {9, 100, UINT32_MAX};
    for (size_t i = 0; i < 3; ++i) {
        rondo_task *task = start(loop, step_unknown, &unknown[i], NULL);
        run_until_idle(loop);
        TELLS(error_of(task), RONDO_EFAULT, "verdict", "RONDO_STEP_");
        rondo_future_release(task);
    }
}

static void producing_is_for_generators(void) {
    static uint32_t produce = RONDO_STEP_PRODUCE;
    rondo_task *task = start(loop, step_unknown, &produce, NULL);
    run_until_idle(loop);
    TELLS(error_of(task), RONDO_EFAULT, "RONDO_STEP_PRODUCE", "generators");
    rondo_future_release(task);
}

static void step_raise_nothing(kit_frame *frame, rondo_step *io) {
    (void)frame;
    io->verdict = RONDO_STEP_RAISE;
}

static void step_raise_user(kit_frame *frame, rondo_step *io) {
    io->verdict = RONDO_STEP_RAISE;
    io->out_error = frame->user;
}

static void raising_without_an_error_is_an_error(void) {
    rondo_task *task = start(loop, step_raise_nothing, NULL, NULL);
    run_until_idle(loop);
    TELLS(error_of(task), RONDO_EINVAL, "RONDO_STEP_RAISE", "out_error", "one reference");
    rondo_future_release(task);
    task = start(loop, step_raise_user, loop, NULL);
    run_until_idle(loop);
    TELLS(error_of(task), RONDO_EKIND, "no rondo_error");
    rondo_future_release(task);
}

// Awaits frame->user the first time, and keeps how that ended as the task's own end.
static void step_await_raw(kit_frame *frame, rondo_step *io) {
    if (frame->at == 0) {
        io->verdict = RONDO_STEP_AWAIT;
        io->target = frame->user;
    } else {
        step_return(frame, io);
    }
}

static void awaiting_nothing_or_another_kind_is_raised_at_the_await(void) {
    rondo_task *task = start(loop, step_await_raw, NULL, NULL);
    run_until_idle(loop);
    TELLS(error_of(task), RONDO_EINVAL, "RONDO_STEP_AWAIT", "target", "one reference");
    rondo_future_release(task);
    task = start(loop, step_await_raw, loop, NULL);
    run_until_idle(loop);
    TELLS(error_of(task), RONDO_EKIND, "RONDO_STEP_AWAIT", "future or task");
    rondo_future_release(task);
}

static void step_await_self(kit_frame *frame, rondo_step *io) {
    if (frame->at == 0) {
        give_await(io, io->self);
    } else {
        step_return(frame, io);
    }
}

static void a_task_that_awaits_itself_is_told_so(void) {
    rondo_task *task = start(loop, step_await_self, NULL, NULL);
    run_until_idle(loop);
    TELLS(error_of(task), RONDO_ESELF, "itself");
    rondo_future_release(task);
}

static void a_pending_future_of_another_loop_is_refused_and_a_done_one_is_read(void) {
    rondo_loop *other = virtual_loop();
    rondo_future *future = pending_future(other);
    rondo_task *task = start(loop, step_await_user, future, NULL);
    run_until_idle(loop);
    TELLS(error_of(task), RONDO_EOTHERLOOP, "different loop");
    rondo_future_release(task);
    GIVES(rondo_future_set_result(future, NULL), RONDO_OK);
    GIVES(rondo_loop_run_once(other, 0), 0); // nobody waits there
    task = start(loop, step_await_user, future, NULL);
    run_until_idle(loop);
    GIVES(rondo_future_result(task, NULL, NULL), RONDO_OK);
    rondo_future_release(task);
    rondo_future_release(future);
    rondo_loop_release(other);
}

static void step_keep_running(kit_frame *frame, rondo_step *io) {
    (void)frame;
    GIVES(rondo_loop_run_once(io->loop, 0), RONDO_ERUNNING);
    GIVES(rondo_loop_run_until_complete(io->loop, io->self, NULL), RONDO_ERUNNING);
    GIVES(rondo_loop_close(io->loop), RONDO_ERUNNING);
    GIVES(rondo_future_set_result(io->self, NULL), RONDO_EKIND);
    step_return(frame, io);
}

static void a_step_cannot_run_or_close_its_loop(void) {
    rondo_task *task = start(loop, step_keep_running, NULL, NULL);
    run_until_idle(loop);
    GIVES(rondo_future_result(task, NULL, NULL), RONDO_OK);
    rondo_future_release(task);
}

// ---- results

static void step_return_counted(kit_frame *frame, rondo_step *io) {
    io->verdict = RONDO_STEP_RETURN;
    io->out = counted(frame->user);
}

static void a_result_is_moved_into_the_task(void) {
    int drops = 0;
    rondo_task *task = start(loop, step_return_counted, &drops, NULL);
    run_until_idle(loop);
    rondo_value value;
    GIVES(rondo_future_take(task, &value, NULL), RONDO_OK);
    rondo_future_release(task);
    CHECK(drops == 0);
    rondo_value_drop(&value);
    CHECK(drops == 1);
    rondo_future_release(start(loop, step_return_counted, &drops, NULL));
    run_until_idle(loop);
    CHECK(drops == 2);
}

typedef struct {
    rondo_future *future;
    rondo_status first; // of rondo_step_take
    rondo_status second;
    int64_t value;
} taking;

static void step_take(kit_frame *frame, rondo_step *io) {
    taking *user = frame->user;
    if (frame->at == 0) {
        CHECK(io->sent != NULL && io->sent->kind == RONDO_NONE && io->status == RONDO_OK);
        give_await(io, user->future);
        return;
    }
    rondo_value value = rondo_none();
    user->first = rondo_step_take(io, &value);
    user->value = value.as.i64;
    user->second = rondo_step_take(io, NULL);
    step_return(frame, io);
}

static void the_awaited_value_is_taken_once(void) {
    taking user = {done_future(loop, 5), 0, 0, 0};
    rondo_task *task = start(loop, step_take, &user, NULL);
    run_until_idle(loop);
    CHECK(user.value == 5);
    GIVES(user.first, RONDO_OK);
    GIVES(user.second, RONDO_ETAKEN);
    GIVES(rondo_future_result(user.future, NULL, NULL), RONDO_ETAKEN);
    rondo_future_release(task);
    task = start(loop, step_await_user, user.future, NULL); // too late
    run_until_idle(loop);
    GIVES(rondo_future_result(task, NULL, NULL), RONDO_ETAKEN);
    rondo_future_release(task);
    rondo_future_release(user.future);

    user.future = pending_future(loop);
    task = start(loop, step_take, &user, NULL);
    rondo_future_cancel(user.future, NULL);
    run_until_idle(loop);
    GIVES(user.first, RONDO_ECANCELED); // there is no value
    rondo_future_release(task);
    rondo_future_release(user.future);
    GIVES(rondo_step_take(NULL, NULL), RONDO_EINVAL);
}

// ---- names, contexts, options

static void names_are_given_or_set(void) {
    char name[] = "mine";
    RONDO_INIT(rondo_task_options, options);
    options.name = name;
    kit_frame frame = {step_return, NULL, 0, NULL};
    rondo_task *task = NULL;
    GIVES(rondo_task_create(loop, &kit_coro, &frame, &options, &task), RONDO_OK);
    name[0] = 'X';
    CHECK(strcmp(rondo_task_get_name(task), "mine") == 0);
    GIVES(rondo_task_set_name(task, "other"), RONDO_OK);
    CHECK(strcmp(rondo_task_get_name(task), "other") == 0);
    GIVES(rondo_task_set_name(task, NULL), RONDO_EINVAL);
    run_until_idle(loop);
    CHECK(strcmp(rondo_task_get_name(task), "other") == 0);
    rondo_future_release(task);

    rondo_task *one = start(loop, step_return, NULL, NULL);
    rondo_task *two = start(loop, step_return, NULL, NULL);
    int first = 0;
    int second = 0;
    CHECK(sscanf(rondo_task_get_name(one), "Task-%d", &first) == 1);
    CHECK(sscanf(rondo_task_get_name(two), "Task-%d", &second) == 1);
    CHECK(second == first + 1);
    run_until_idle(loop);
    rondo_future_release(one);
    rondo_future_release(two);
}

static void the_context_of_a_task_can_be_had(void) {
    rondo_ctxvar *var = NULL;
    GIVES(rondo_ctxvar_create("v", NULL, &var), RONDO_OK);
    rondo_context *given = NULL;
    rondo_context *got = NULL;
    GIVES(rondo_context_create(&given), RONDO_OK);
    RONDO_INIT(rondo_task_options, options);
    options.context = given;
    kit_frame frame = {step_return, NULL, 0, NULL};
    rondo_task *task = NULL;
    GIVES(rondo_task_create(loop, &kit_coro, &frame, &options, &task), RONDO_OK);
    GIVES(rondo_task_get_context(task, &got), RONDO_OK);
    CHECK(got == given);
    rondo_context_release(got);
    rondo_context_release(given);
    rondo_future_release(task);
    task = start(loop, step_return, NULL, NULL);
    GIVES(rondo_task_get_context(task, &got), RONDO_OK);
    GIVES(rondo_task_get_context(task, NULL), RONDO_OK);
    GIVES(rondo_context_get(got, var, NULL), RONDO_ENOVALUE);
    run_until_idle(loop);
    rondo_future_release(task);
    GIVES(rondo_context_get(got, var, NULL), RONDO_ENOVALUE);
    rondo_context_release(got);
    rondo_ctxvar_release(var);
}

// ---- cancel requests

static void requests_are_counted_and_undone(void) {
    rondo_task *task = start(loop, step_park, NULL, NULL);
    GIVES(rondo_task_cancelling(task), 0);
    GIVES(rondo_task_uncancel(task), 0);
    GIVES(rondo_future_cancel(task, "one"), 1);
    GIVES(rondo_future_cancel(task, "two"), 1);
    GIVES(rondo_task_cancelling(task), 2);
    GIVES(rondo_task_uncancel(task), 1);
    GIVES(rondo_task_uncancel(task), 0);
    GIVES(rondo_task_uncancel(task), 0);
    GIVES(rondo_loop_run_once(loop, 0), 0);
    GIVES(rondo_future_done(task), 0); // undone before it struck
    GIVES(rondo_future_cancel(task, "three"), 1);
    GIVES(rondo_future_done(task), 0);
    run_until_idle(loop);
    GIVES(rondo_future_cancelled(task), 1);
    TELLS(error_of(task), RONDO_ECANCELED, "three");
    GIVES(rondo_future_cancel(task, NULL), 0);
    GIVES(rondo_task_cancelling(task), 1);
    rondo_future_release(task);
}

static void step_swallow(kit_frame *frame, rondo_step *io) {
    (void)frame;
    io->verdict = io->status == RONDO_ECANCELED ? RONDO_STEP_RETURN : RONDO_STEP_PARK;
}

static void a_task_may_refuse(void) {
    rondo_task *task = start(loop, step_swallow, NULL, NULL);
    GIVES(rondo_loop_run_once(loop, 0), 0);
    GIVES(rondo_future_cancel(task, NULL), 1);
    run_until_idle(loop);
    GIVES(rondo_future_cancelled(task), 0);
    GIVES(rondo_future_result(task, NULL, NULL), RONDO_OK);
    rondo_future_release(task);
}

static void step_verdict_cancelled(kit_frame *frame, rondo_step *io) {
    io->verdict = RONDO_STEP_CANCELLED;
    if (frame->user) io->out_error = rondo_error_new(RONDO_ECANCELED, frame->user);
}

static void a_step_may_answer_cancelled(void) {
    rondo_task *task = start(loop, step_verdict_cancelled, NULL, NULL);
    run_until_idle(loop);
    GIVES(rondo_future_cancelled(task), 1);
    TELLS(error_of(task), RONDO_ECANCELED, "");
    rondo_future_release(task);
    task = start(loop, step_verdict_cancelled, "why", NULL);
    run_until_idle(loop);
    GIVES(rondo_future_cancelled(task), 1);
    TELLS(error_of(task), RONDO_ECANCELED, "why");
    rondo_future_release(task);
}

// ---- references

static void the_loop_keeps_an_unfinished_task_alive(void) {
    int destroyed = 0;
    rondo_future_release(start(loop, step_yield_once, NULL, &destroyed));
    CHECK(destroyed == 0);
    run_until_idle(loop);
    CHECK(destroyed == 1);
}

static void a_task_outlives_its_loop(void) {
    int destroyed = 0;
    rondo_loop *gone = virtual_loop();
    rondo_task *parked = start(gone, step_park, NULL, &destroyed);
    GIVES(rondo_loop_run_once(gone, 0), 0);
    rondo_loop_release(gone);
    CHECK(destroyed == 1);
    GIVES(rondo_future_cancel(parked, "too late"), 0); // nobody would take it
    GIVES(rondo_future_done(parked), 0);
    GIVES(rondo_task_cancelling(parked), 0);
    GIVES(rondo_task_set_name(parked, "ghost"), RONDO_OK);
    CHECK(strcmp(rondo_task_get_name(parked), "ghost") == 0);
    rondo_future_release(parked);
    CHECK(destroyed == 1);
}

static void a_failed_task_nobody_asked_is_reported(void) {
    kit_reports reports = {0};
    GIVES(rondo_loop_set_exception_handler(loop, note_report, &reports), RONDO_OK);
    rondo_future_release(start(loop, step_forget, NULL, NULL));
    run_until_idle(loop);
    CHECK(reports.count == 1 && reports.code == RONDO_EFAULT);
    CHECK(strcmp(reports.message, "Task exception was never retrieved") == 0);
    GIVES(rondo_loop_set_exception_handler(loop, NULL, NULL), RONDO_OK);
}

int main(void) {
    loop = virtual_loop();
    RUN(frames_are_started_stepped_and_ended_once);
    RUN(a_frame_without_init_is_zeroed);
    RUN(bad_vtables_are_refused);
    RUN(a_step_without_a_verdict_fails_its_task);
    RUN(an_unknown_verdict_fails_its_task);
    RUN(producing_is_for_generators);
    RUN(raising_without_an_error_is_an_error);
    RUN(awaiting_nothing_or_another_kind_is_raised_at_the_await);
    RUN(a_task_that_awaits_itself_is_told_so);
    RUN(a_pending_future_of_another_loop_is_refused_and_a_done_one_is_read);
    RUN(a_step_cannot_run_or_close_its_loop);
    RUN(a_result_is_moved_into_the_task);
    RUN(the_awaited_value_is_taken_once);
    RUN(names_are_given_or_set);
    RUN(the_context_of_a_task_can_be_had);
    RUN(requests_are_counted_and_undone);
    RUN(a_task_may_refuse);
    RUN(a_step_may_answer_cancelled);
    RUN(the_loop_keeps_an_unfinished_task_alive);
    RUN(a_task_outlives_its_loop);
    RUN(a_failed_task_nobody_asked_is_reported);
    CHECK(stats_of(loop).futures == 0 && stats_of(loop).tasks == 0);
    rondo_loop_release(loop);
    return 0;
}
