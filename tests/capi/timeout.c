// Room "Timeouts": refusals, states, and handles that outlive what they are about.
#include "kit.h"

static rondo_loop *loop;

static rondo_timeout *timeout_at(int64_t when) {
    rondo_timeout *made = NULL;
    GIVES(rondo_timeout_create(loop, when, &made), RONDO_OK);
    return made;
}

// Runs one step as a task.
static void in_a_task(kit_step step) {
    rondo_task *task = start(loop, step, NULL, NULL);
    run_until_idle(loop);
    GIVES(rondo_future_result(task, NULL, NULL), RONDO_OK);
    rondo_future_release(task);
    CHECK(stats_of(loop).futures == 0 && stats_of(loop).deadlines == 0);
}

static void outside_a_task_it_cannot_be_entered_or_left(void) {
    rondo_timeout *limit = timeout_at(RONDO_S(1));
    GIVES(rondo_timeout_enter(limit), RONDO_ENOTASK);
    GIVES(rondo_timeout_exit(limit, RONDO_OK), RONDO_ESTATE);
    GIVES(rondo_timeout_reschedule(limit, RONDO_S(2)), RONDO_ESTATE);
    CHECK(rondo_timeout_when(limit) == RONDO_S(1));
    GIVES(rondo_timeout_state(limit), RONDO_TIMEOUT_CREATED);
    GIVES(rondo_timeout_expired(limit), 0);
    CHECK(rondo_timeout_retain(limit) == limit);
    rondo_timeout_release(limit);
    rondo_timeout_release(limit);
    rondo_timeout *out = NULL;
    GIVES(rondo_timeout_begin(0, &out), RONDO_ENOLOOP);
    GIVES(rondo_timeout_begin_at(0, &out), RONDO_ENOLOOP);
    GIVES(rondo_timeout_begin(0, NULL), RONDO_EINVAL);
    GIVES(rondo_timeout_begin_at(0, NULL), RONDO_EINVAL);
    GIVES(rondo_timeout_create(loop, 0, NULL), RONDO_OK);
    CHECK(out == NULL && rondo_current_deadline() == RONDO_FOREVER);
}

static void begin_in_callback(void *user, rondo_call *call) {
    (void)call;
    rondo_timeout *out = NULL;
    GIVES(rondo_timeout_begin(0, &out), RONDO_ENOTASK);
    CHECK(out == NULL && rondo_current_deadline() == RONDO_FOREVER);
    ++*(int *)user;
}

static void in_a_callback_neither(void) {
    int calls = 0;
    GIVES(rondo_loop_call_soon(loop, begin_in_callback, &calls, NULL, NULL), RONDO_OK);
    run_until_idle(loop);
    CHECK(calls == 1);
}

static void step_use_the_short_form(kit_frame *frame, rondo_step *io) {
    rondo_timeout *limit = NULL;
    GIVES(rondo_timeout_begin(RONDO_S(3), &limit), RONDO_OK);
    CHECK(rondo_timeout_when(limit) == RONDO_S(3) && rondo_current_deadline() == RONDO_S(3));
    GIVES(rondo_timeout_end(limit, RONDO_EFAILED), RONDO_EFAILED);
    GIVES(rondo_timeout_begin_at(RONDO_S(5), &limit), RONDO_OK);
    int32_t state = -1;
    GIVES(rondo_timeout_leave(limit, RONDO_OK, &state), RONDO_OK);
    CHECK(state == RONDO_TIMEOUT_FINISHED);
    GIVES(rondo_timeout_begin(RONDO_FOREVER, &limit), RONDO_OK);
    CHECK(rondo_timeout_when(limit) == RONDO_FOREVER && stats_of(loop).deadlines == 0);
    GIVES(rondo_timeout_leave(limit, RONDO_OK, NULL), RONDO_OK);
    GIVES(rondo_timeout_begin(INT64_MAX - 1, &limit), RONDO_OK); // no overflow
    CHECK(rondo_timeout_when(limit) > 0);
    GIVES(rondo_timeout_end(limit, RONDO_OK), RONDO_OK);
    GIVES(rondo_timeout_begin(INT64_MIN, &limit), RONDO_OK);
    GIVES(rondo_timeout_end(limit, RONDO_OK), RONDO_OK);
    GIVES(rondo_timeout_end(NULL, RONDO_EFAILED), RONDO_EFAILED);
    GIVES(rondo_timeout_end(NULL, RONDO_OK), RONDO_OK);
    step_return(frame, io);
}

static void the_short_form_leaves_nothing_behind(void) { in_a_task(step_use_the_short_form); }

static rondo_timeout *kept;

static void step_enter_kept(kit_frame *frame, rondo_step *io) {
    if (frame->at == 0) {
        GIVES(rondo_timeout_enter(kept), RONDO_OK);
        rondo_timeout_release(kept); // the block keeps it
        io->verdict = RONDO_STEP_PARK;
        return;
    }
    CHECK(io->status == RONDO_ECANCELED);
    GIVES(rondo_timeout_expired(kept), 1);
    GIVES(rondo_timeout_exit(kept, io->status), RONDO_ETIMEDOUT);
    io->verdict = RONDO_STEP_RETURN;
}

static void a_block_keeps_its_timeout(void) {
    kept = timeout_at(RONDO_S(1));
    in_a_task(step_enter_kept);
}

static void step_stay_inside(kit_frame *frame, rondo_step *io) {
    if (frame->at == 0) GIVES(rondo_timeout_enter(kept), RONDO_OK);
    step_park(frame, io);
}

static void a_handle_outlives_its_task_and_its_loop(void) {
    rondo_loop *usual = loop;
    for (int close_first = 0; close_first < 2; ++close_first) {
        loop = virtual_loop();
        kept = timeout_at(RONDO_S(1));
        rondo_task *task = start(loop, step_stay_inside, NULL, NULL);
        GIVES(rondo_loop_run_once(loop, 0), 0);
        if (close_first) GIVES(rondo_loop_close(loop), RONDO_OK);
        rondo_loop_release(loop); // closes an open one, whatever is entered
        GIVES(rondo_timeout_state(kept), RONDO_TIMEOUT_FINISHED);
        GIVES(rondo_timeout_exit(kept, RONDO_OK), RONDO_ESTATE);
        GIVES(rondo_timeout_reschedule(kept, 0), RONDO_ESTATE);
        GIVES(rondo_timeout_enter(kept), RONDO_ENOTASK);
        CHECK(rondo_timeout_when(kept) == RONDO_S(1));
        rondo_timeout_release(kept);
        rondo_future_release(task);
    }
    loop = usual;
}

static void a_closed_loop_makes_none(void) {
    rondo_loop *gone = virtual_loop();
    GIVES(rondo_loop_close(gone), RONDO_OK);
    rondo_timeout *out = NULL;
    GIVES(rondo_timeout_create(gone, 0, &out), RONDO_ECLOSED);
    CHECK(out == NULL);
    rondo_loop_release(gone);
}

static void step_leave_what_is_not_mine(kit_frame *frame, rondo_step *io) {
    rondo_timeout *fresh = timeout_at(RONDO_S(1));
    int32_t state = -1;
    GIVES(rondo_timeout_exit(fresh, RONDO_OK), RONDO_ESTATE);
    GIVES(rondo_timeout_leave(fresh, RONDO_OK, &state), RONDO_ESTATE); // released all the same
    CHECK(state == RONDO_TIMEOUT_CREATED);
    step_return(frame, io);
}

static void leaving_one_that_was_not_entered_is_refused(void) { in_a_task(step_leave_what_is_not_mine); }

int main(void) {
    loop = virtual_loop();
    RUN(outside_a_task_it_cannot_be_entered_or_left);
    RUN(in_a_callback_neither);
    RUN(the_short_form_leaves_nothing_behind);
    RUN(a_block_keeps_its_timeout);
    RUN(a_handle_outlives_its_task_and_its_loop);
    RUN(a_closed_loop_makes_none);
    RUN(leaving_one_that_was_not_entered_is_refused);
    rondo_loop_release(loop);
    return 0;
}
