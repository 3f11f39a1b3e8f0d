// Room "Waiting": refusals, ownership, and the ways a wait, a shield and an iteration end.
#include "kit.h"

#include <stdint.h>

static rondo_loop *loop;

static void nothing_is_left(void) {
    CHECK(stats_of(loop).futures == 0 && stats_of(loop).deadlines == 0 && stats_of(loop).ready == 0);
}

static void bad_arguments_are_refused_and_nothing_is_retained(void) {
    rondo_loop *other = virtual_loop();
    rondo_future *mine = pending_future(loop);
    rondo_future *theirs = pending_future(other);
    rondo_future *lists[][2] = {{mine, NULL}, {mine, (void *)loop}, {mine, theirs}};
    static const rondo_status wanted[] = {RONDO_EINVAL, RONDO_EKIND, RONDO_EOTHERLOOP};
    rondo_future *out = NULL;
    for (int i = 0; i < 3; ++i) {
        GIVES(rondo_wait(loop, lists[i], 2, RONDO_ALL_COMPLETED, RONDO_FOREVER, &out), wanted[i]);
        GIVES(rondo_as_completed(loop, lists[i], 2, RONDO_FOREVER, &out), wanted[i]);
    }
    GIVES(rondo_wait(loop, NULL, 1, RONDO_ALL_COMPLETED, RONDO_FOREVER, &out), RONDO_EINVAL);
    GIVES(rondo_wait(loop, &mine, 0, RONDO_ALL_COMPLETED, RONDO_FOREVER, &out), RONDO_EINVAL);
    GIVES(rondo_wait(loop, &mine, 1, 3, RONDO_FOREVER, &out), RONDO_EINVAL);
    GIVES(rondo_wait(loop, &mine, 1, UINT32_MAX, RONDO_FOREVER, &out), RONDO_EINVAL);
    GIVES(rondo_as_completed(loop, NULL, 1, RONDO_FOREVER, &out), RONDO_EINVAL);
    CHECK(out == NULL && stats_of(loop).futures == 1);
    rondo_future_release(mine);
    rondo_future_release(theirs);
    rondo_loop_release(other);
    nothing_is_left();
}

static void out_may_be_left_out(void) {
    rondo_future *future = pending_future(loop);
    GIVES(rondo_wait(loop, &future, 1, RONDO_FIRST_COMPLETED, RONDO_S(1), NULL), RONDO_OK);
    GIVES(rondo_shield(future, NULL), RONDO_OK);
    GIVES(rondo_as_completed(loop, &future, 1, RONDO_S(1), NULL), RONDO_OK);
    rondo_future *iteration = NULL;
    GIVES(rondo_as_completed(loop, &future, 1, RONDO_FOREVER, &iteration), RONDO_OK);
    GIVES(rondo_as_completed_next(iteration, NULL), 1); // released at once: its turn is given back
    rondo_future *ticket = NULL;
    GIVES(rondo_as_completed_next(iteration, &ticket), 1);
    GIVES(rondo_future_set_result(future, NULL), RONDO_OK);
    run_until_idle(loop);
    size_t index = 7;
    CHECK(rondo_as_completed_child(ticket, &index) == future && index == 0);
    CHECK(rondo_as_completed_child(ticket, NULL) == future);
    rondo_future_release(ticket);
    rondo_future_release(iteration);
    rondo_future_release(future);
    nothing_is_left();
}

static void other_kinds_of_futures_are_refused(void) {
    rondo_future *plain = pending_future(loop);
    rondo_future *gather = NULL;
    rondo_future *ticket = NULL;
    rondo_future *iteration = NULL;
    rondo_future *out = plain;
    GIVES(rondo_gather(loop, &plain, 1, 0, &gather), RONDO_OK);
    GIVES(rondo_as_completed_next(plain, &out), RONDO_EKIND);
    CHECK(out == NULL);
    GIVES(rondo_as_completed_next(gather, &out), RONDO_EKIND);
    GIVES(rondo_as_completed(loop, &plain, 1, RONDO_FOREVER, &iteration), RONDO_OK);
    GIVES(rondo_as_completed_next(iteration, &ticket), 1);
    GIVES(rondo_as_completed_next(ticket, &out), RONDO_EKIND);
    GIVES(rondo_as_completed_next(iteration, &out), 0);
    CHECK(out == NULL);
    CHECK(rondo_as_completed_child(plain, NULL) == NULL && rondo_as_completed_child(iteration, NULL) == NULL);
    CHECK(rondo_as_completed_child(ticket, NULL) == NULL);
    CHECK(rondo_gather_count(iteration) == 0 && rondo_gather_child(iteration, 0) == NULL);
    rondo_future_release(ticket);
    rondo_future_release(iteration);
    GIVES(rondo_future_set_result(plain, NULL), RONDO_OK);
    run_until_idle(loop);
    rondo_future_release(gather);
    rondo_future_release(plain);
    nothing_is_left();
}

static void nobody_else_may_finish_them(void) {
    rondo_future *future = pending_future(loop);
    rondo_future *made[4] = {NULL};
    rondo_error *error = rondo_error_new(RONDO_EFAILED, NULL);
    GIVES(rondo_wait(loop, &future, 1, RONDO_ALL_COMPLETED, RONDO_FOREVER, &made[0]), RONDO_OK);
    GIVES(rondo_shield(future, &made[1]), RONDO_OK);
    GIVES(rondo_as_completed(loop, &future, 1, RONDO_FOREVER, &made[2]), RONDO_OK);
    GIVES(rondo_as_completed_next(made[2], &made[3]), 1);
    for (int i = 0; i < 4; ++i) {
        GIVES(rondo_future_set_result(made[i], NULL), RONDO_EKIND);
        GIVES(rondo_future_set_error(made[i], error), RONDO_EKIND);
        GIVES(rondo_future_set_result_threadsafe(made[i], NULL), RONDO_EKIND);
        GIVES(rondo_task_state(made[i]), RONDO_EKIND);
        GIVES(rondo_future_is_task(made[i]), 0);
        GIVES(rondo_future_done(made[i]), 0);
    }
    GIVES(rondo_future_set_result(future, NULL), RONDO_OK);
    run_until_idle(loop);
    for (int i = 4; i-- > 0;) {
        GIVES(rondo_future_result(made[i], NULL, NULL), RONDO_OK);
        rondo_future_release(made[i]);
    }
    rondo_error_release(error);
    rondo_future_release(future);
    nothing_is_left();
}

static void fiber_functions_work_in_fibers_only(void) {
    rondo_future *future = done_future(loop, 1);
    rondo_value view = rondo_i64(7);
    GIVES(rondo_wait_for(future, RONDO_S(1), &view), RONDO_ENOFIBER);
    CHECK(view.kind == RONDO_NONE);
    rondo_future *iteration = NULL;
    rondo_future *done = future;
    GIVES(rondo_as_completed(loop, &future, 1, RONDO_FOREVER, &iteration), RONDO_OK);
    GIVES(rondo_next_completed(iteration, &done, NULL), RONDO_ENOFIBER);
    CHECK(done == NULL);
    rondo_future_release(iteration);
    run_until_idle(loop);
    rondo_future_release(future);
    nothing_is_left();
}

static void a_shield_of_something_done_is_one_reference_more(void) {
    rondo_future *done = done_future(loop, 5);
    rondo_future *out = NULL;
    GIVES(rondo_shield(done, &out), RONDO_OK);
    CHECK(out == done && stats_of(loop).futures == 1);
    rondo_future_release(done);
    rondo_value view;
    GIVES(rondo_future_result(out, &view, NULL), RONDO_OK);
    CHECK(view.as.i64 == 5);
    rondo_future_release(out);
    nothing_is_left();
}

static void a_value_that_is_moved_goes_once_through_a_shield(void) {
    int drops = 0;
    rondo_future *inner = pending_future(loop);
    rondo_future *outer = NULL;
    GIVES(rondo_shield(inner, &outer), RONDO_OK);
    rondo_value value = counted(&drops);
    GIVES(rondo_future_set_result(inner, &value), RONDO_OK);
    run_until_idle(loop);
    rondo_future_release(inner);
    CHECK(drops == 0);
    rondo_value taken = rondo_none();
    rondo_value refused = rondo_none();
    GIVES(rondo_future_take(outer, &taken, NULL), RONDO_OK);
    GIVES(rondo_future_take(outer, &refused, NULL), RONDO_ETAKEN);
    rondo_future_release(outer);
    CHECK(drops == 0 && refused.kind == RONDO_NONE);
    rondo_value_drop(&taken);
    CHECK(drops == 1);
    nothing_is_left();
}

static void on_a_closed_loop_nothing_is_made_and_what_was_pending_stays_so(void) {
    rondo_loop *gone = virtual_loop();
    rondo_future *future = pending_future(gone);
    rondo_future *made[4] = {NULL};
    GIVES(rondo_wait(gone, &future, 1, RONDO_ALL_COMPLETED, RONDO_S(1), &made[0]), RONDO_OK);
    GIVES(rondo_shield(future, &made[1]), RONDO_OK);
    GIVES(rondo_as_completed(gone, &future, 1, RONDO_S(1), &made[2]), RONDO_OK);
    GIVES(rondo_as_completed_next(made[2], &made[3]), 1);
    GIVES(rondo_loop_close(gone), RONDO_OK);
    rondo_future *out = NULL;
    GIVES(rondo_wait(gone, &future, 1, RONDO_ALL_COMPLETED, RONDO_FOREVER, &out), RONDO_ECLOSED);
    GIVES(rondo_shield(future, &out), RONDO_ECLOSED);
    GIVES(rondo_as_completed(gone, &future, 1, RONDO_FOREVER, &out), RONDO_ECLOSED);
    CHECK(out == NULL);
    rondo_loop_release(gone);
    for (int i = 0; i < 4; ++i) {
        GIVES(rondo_future_done(made[i]), 0);
        CHECK(rondo_future_cancel(made[i], NULL) >= 0);
    }
    GIVES(rondo_as_completed_next(made[2], &out), RONDO_ECLOSED);
    CHECK(out == NULL);
    for (int i = 0; i < 4; ++i) rondo_future_release(made[i]);
    rondo_future_release(future);
}

int main(void) {
    loop = virtual_loop();
    RUN(bad_arguments_are_refused_and_nothing_is_retained);
    RUN(out_may_be_left_out);
    RUN(other_kinds_of_futures_are_refused);
    RUN(nobody_else_may_finish_them);
    RUN(fiber_functions_work_in_fibers_only);
    RUN(a_shield_of_something_done_is_one_reference_more);
    RUN(a_value_that_is_moved_goes_once_through_a_shield);
    RUN(on_a_closed_loop_nothing_is_made_and_what_was_pending_stays_so);
    rondo_loop_release(loop);
    return 0;
}
