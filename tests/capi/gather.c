// Room "Gather": refusals, ownership, and the ways a gather ends.
#include "kit.h"

#include <stdint.h>

static rondo_loop *loop;

static rondo_future *gather_of(rondo_future **children, size_t count, uint32_t flags) {
    rondo_future *made = NULL;
    GIVES(rondo_gather(loop, children, count, flags, &made), RONDO_OK);
    return made;
}

static void children_are_read_in_argument_order(void) {
    rondo_future *children[3] = {pending_future(loop), done_future(loop, 1), pending_future(loop)};
    rondo_future *outer = gather_of(children, 3, 0);
    CHECK(rondo_gather_count(outer) == 3);
    for (size_t i = 0; i < 3; ++i) CHECK(rondo_gather_child(outer, i) == children[i]);
    CHECK(rondo_gather_child(outer, 3) == NULL && rondo_gather_child(outer, SIZE_MAX) == NULL);
    GIVES(rondo_future_done(outer), 0);
    GIVES(rondo_future_is_task(outer), 0);
    GIVES(rondo_future_set_result(children[2], NULL), RONDO_OK);
    GIVES(rondo_future_set_result(children[0], NULL), RONDO_OK);
    run_until_idle(loop);
    rondo_value view = rondo_i64(1);
    GIVES(rondo_future_result(outer, &view, NULL), RONDO_OK);
    CHECK(view.kind == RONDO_NONE);
    for (size_t i = 0; i < 3; ++i) rondo_future_release(children[i]);
    rondo_future_release(outer);
}

static void a_gather_of_nothing_or_of_what_is_done_is_done_at_once(void) {
    rondo_future *outer = gather_of(NULL, 0, 0);
    GIVES(rondo_future_done(outer), 1);
    CHECK(rondo_gather_count(outer) == 0);
    rondo_future_release(outer);
    rondo_future *children[2] = {done_future(loop, 1), done_future(loop, 2)};
    outer = gather_of(children, 2, 0);
    GIVES(rondo_future_result(outer, NULL, NULL), RONDO_OK);
    rondo_future_release(outer);
    GIVES(rondo_gather(loop, children, 2, 0, NULL), RONDO_OK);
    rondo_future_release(children[0]);
    rondo_future_release(children[1]);
}

static void bad_arguments_are_refused_and_nothing_is_retained(void) {
    rondo_loop *other = virtual_loop();
    rondo_future *mine = pending_future(loop);
    rondo_future *theirs = pending_future(other);
    rondo_future *done_theirs = done_future(other, 1);
    rondo_future *out = NULL;
    rondo_future *with_null[2] = {mine, NULL};
    rondo_future *with_kind[2] = {mine, (rondo_future *)(void *)loop};
    rondo_future *with_theirs[2] = {mine, theirs};
    rondo_future *with_done[2] = {mine, done_theirs};
    GIVES(rondo_gather(loop, NULL, 1, 0, &out), RONDO_EINVAL);
    GIVES(rondo_gather(loop, with_null, 2, 0, &out), RONDO_EINVAL);
    GIVES(rondo_gather(loop, with_kind, 2, 0, &out), RONDO_EKIND);
    GIVES(rondo_gather(loop, with_theirs, 2, 0, &out), RONDO_EOTHERLOOP);
    GIVES(rondo_gather(loop, with_done, 2, 0, &out), RONDO_EOTHERLOOP);
    for (uint32_t flag = RONDO_GATHER_REPORT_LATE << 1; flag; flag <<= 1) GIVES(rondo_gather(loop, &mine, 1, flag, &out), RONDO_EINVAL);
    CHECK(out == NULL && stats_of(loop).futures == 1);
    rondo_future_release(mine);
    CHECK(stats_of(loop).futures == 0);
    rondo_future_release(theirs);
    rondo_future_release(done_theirs);
    rondo_loop_release(other);
}

static void a_future_may_be_given_more_than_once(void) {
    rondo_future *child = pending_future(loop);
    rondo_future *children[3] = {child, child, child};
    rondo_future *outer = gather_of(children, 3, 0);
    rondo_future_release(child);
    GIVES(rondo_future_set_result(rondo_gather_child(outer, 1), NULL), RONDO_OK);
    run_until_idle(loop);
    GIVES(rondo_future_result(outer, NULL, NULL), RONDO_OK);
    rondo_future_release(outer);
}

static void the_first_failure_fails_it_and_the_others_run_on(void) { // G6
    rondo_future *children[2] = {pending_future(loop), pending_future(loop)};
    rondo_future *outer = gather_of(children, 2, 0);
    rondo_error *error = rondo_error_new(-9, "first");
    GIVES(rondo_future_set_error(children[1], error), RONDO_OK);
    rondo_error_release(error);
    run_until_idle(loop);
    rondo_error *err = NULL;
    GIVES(rondo_future_result(outer, NULL, &err), -9);
    TELLS(err, -9, "first");
    GIVES(rondo_future_done(children[0]), 0);
    rondo_future_release(outer);
    GIVES(rondo_future_set_result(children[0], NULL), RONDO_OK);
    run_until_idle(loop);
    rondo_future_release(children[0]);
    rondo_future_release(children[1]);
}

static void errors_can_count_as_results(void) {
    rondo_future *children[2] = {pending_future(loop), pending_future(loop)};
    rondo_future *outer = gather_of(children, 2, RONDO_GATHER_RETURN_ERRORS);
    rondo_error *error = rondo_error_new(-9, NULL);
    GIVES(rondo_future_set_error(children[0], error), RONDO_OK);
    rondo_error_release(error);
    GIVES(rondo_future_cancel(children[1], NULL), 1);
    run_until_idle(loop);
    GIVES(rondo_future_result(outer, NULL, NULL), RONDO_OK);
    GIVES(rondo_future_result(rondo_gather_child(outer, 0), NULL, NULL), -9);
    GIVES(rondo_future_result(rondo_gather_child(outer, 1), NULL, NULL), RONDO_ECANCELED);
    rondo_future_release(outer);
    rondo_future_release(children[0]);
    rondo_future_release(children[1]);
}

static void cancelling_it_cancels_every_child(void) {
    rondo_future *children[2] = {pending_future(loop), pending_future(loop)};
    rondo_future *outer = gather_of(children, 2, 0);
    GIVES(rondo_future_cancel(outer, "all"), 1);
    GIVES(rondo_future_cancelled(children[0]), 1);
    GIVES(rondo_future_cancelled(children[1]), 1);
    run_until_idle(loop);
    GIVES(rondo_future_result(outer, NULL, NULL), RONDO_ECANCELED);
    GIVES(rondo_future_cancel(outer, NULL), 0);
    rondo_future_release(outer);
    rondo_future_release(children[0]);
    rondo_future_release(children[1]);
}

static void nobody_else_may_finish_it(void) {
    rondo_future *child = pending_future(loop);
    rondo_future *outer = gather_of(&child, 1, 0);
    rondo_error *error = rondo_error_new(RONDO_EFAILED, NULL);
    GIVES(rondo_future_set_result(outer, NULL), RONDO_EKIND);
    GIVES(rondo_future_set_error(outer, error), RONDO_EKIND);
    GIVES(rondo_future_set_result_threadsafe(outer, NULL), RONDO_EKIND);
    GIVES(rondo_future_set_error_threadsafe(outer, error), RONDO_EKIND);
    GIVES(rondo_task_cancelling(outer), RONDO_EKIND);
    GIVES(rondo_future_done(outer), 0);
    GIVES(rondo_gather_objects(child, NULL, 0), RONDO_EKIND);
    CHECK(rondo_gather_count(child) == 0 && rondo_gather_child(child, 0) == NULL);
    rondo_error_release(error);
    rondo_future_release(child);
    rondo_future_release(outer);
}

static void a_pending_gather_ends_with_its_loop(void) {
    rondo_loop *gone = virtual_loop();
    rondo_future *children[2] = {pending_future(gone), pending_future(gone)};
    rondo_future *kept = NULL;
    GIVES(rondo_gather(gone, children, 2, 0, &kept), RONDO_OK);
    GIVES(rondo_gather(gone, children, 2, 0, NULL), RONDO_OK);
    rondo_loop_release(gone);
    CHECK(rondo_gather_child(kept, 1) == children[1]);
    GIVES(rondo_future_done(kept), 0);
    GIVES(rondo_future_set_result(children[0], NULL), RONDO_OK);
    rondo_future_release(children[0]);
    rondo_future_release(kept);
    rondo_future_release(children[1]);
}

static int references;
static void retain(void *object) { references += object == &references; }
static void release(void *object) { references -= object == &references; }

static void objects_are_read_all_at_once(void) {
    static const rondo_host host = {.size = sizeof host, .retain = retain, .release = release};
    RONDO_INIT(rondo_loop_options, options);
    options.host = &host;
    rondo_loop *kept = loop;
    GIVES(rondo_loop_create(&options, &loop), RONDO_OK);
    rondo_future *children[3] = {pending_future(loop), done_future(loop, 5), pending_future(loop)};
    GIVES(rondo_future_set_object(children[0], &references), RONDO_OK);
    rondo_future *outer = gather_of(children, 3, 0);
    void *objects[3] = {loop, loop, loop};
    GIVES(rondo_gather_objects(outer, objects, 2), RONDO_EINVAL);
    GIVES(rondo_gather_objects(outer, NULL, 3), RONDO_EINVAL);
    CHECK(references == 1 && objects[0] == loop);
    GIVES(rondo_gather_objects(outer, objects, 3), RONDO_OK);
    CHECK(objects[0] == &references && objects[1] == NULL && objects[2] == NULL && references == 2);
    release(&references);
    rondo_future_release(outer);
    for (int i = 0; i < 3; ++i) rondo_future_release(children[i]);
    CHECK(references == 1); // the pending child keeps the gather, and so the others
    rondo_loop_release(loop);
    CHECK(references == 0);
    loop = kept;
}

int main(void) {
    loop = virtual_loop();
    RUN(children_are_read_in_argument_order);
    RUN(a_gather_of_nothing_or_of_what_is_done_is_done_at_once);
    RUN(bad_arguments_are_refused_and_nothing_is_retained);
    RUN(a_future_may_be_given_more_than_once);
    RUN(the_first_failure_fails_it_and_the_others_run_on);
    RUN(errors_can_count_as_results);
    RUN(cancelling_it_cancels_every_child);
    RUN(nobody_else_may_finish_it);
    RUN(a_pending_gather_ends_with_its_loop);
    RUN(objects_are_read_all_at_once);
    rondo_loop_release(loop);
    return 0;
}
