// Room "Futures": how they end, who hears of it, and who owns what.
#include "kit.h"

static rondo_loop *loop;

// ---- ending once

static void a_future_ends_with_a_value_once(void) {
    int drops = 0;
    rondo_future *future = pending_future(loop);
    GIVES(rondo_future_done(future), 0);
    GIVES(rondo_future_is_task(future), 0);
    CHECK(rondo_future_loop(future) == loop);
    rondo_value value = counted(&drops);
    GIVES(rondo_future_set_result(future, &value), RONDO_OK);
    CHECK(value.kind == RONDO_NONE);
    GIVES(rondo_future_done(future), 1);
    GIVES(rondo_future_cancelled(future), 0);

    rondo_value late = counted(&drops);
    rondo_error *error = rondo_error_new(RONDO_EFAILED, NULL);
    GIVES(rondo_future_set_result(future, &late), RONDO_ESTATE);
    GIVES(rondo_future_set_error(future, error), RONDO_ESTATE);
    GIVES(rondo_future_set_object(future, &drops), RONDO_ESTATE);
    GIVES(rondo_future_cancel(future, "late"), 0);
    CHECK(late.as.ptr == &drops && drops == 0);
    rondo_value_drop(&late);
    rondo_error_release(error);
    rondo_value view;
    GIVES(rondo_future_result(future, &view, NULL), RONDO_OK);
    CHECK(view.as.ptr == &drops && drops == 1);
    rondo_future_release(future);
    CHECK(drops == 2);
}

static void nothing_is_a_value_too(void) {
    rondo_future *future = pending_future(loop);
    GIVES(rondo_future_set_result(future, NULL), RONDO_OK);
    rondo_value view = rondo_i64(1);
    GIVES(rondo_future_result(future, &view, NULL), RONDO_OK);
    CHECK(view.kind == RONDO_NONE);
    rondo_error *error = (rondo_error *)&view;
    GIVES(rondo_future_error(future, &error), RONDO_OK);
    CHECK(error == NULL);
    rondo_future_release(future);
}

static void a_future_ends_with_an_error_once(void) {
    rondo_future *future = pending_future(loop);
    rondo_error *error = rondo_error_new(-99, "mine");
    GIVES(rondo_future_set_error(future, error), RONDO_OK);
    rondo_error_release(error);
    rondo_value view = rondo_i64(7);
    for (int i = 0; i < 2; ++i) {
        rondo_error *err = NULL;
        GIVES(rondo_future_result(future, &view, &err), -99);
        CHECK(err == error);
        rondo_error_release(err);
        GIVES(rondo_future_take(future, &view, NULL), -99);
        GIVES(rondo_future_error(future, &err), RONDO_OK);
        CHECK(err == error);
        rondo_error_release(err);
    }
    CHECK(view.as.i64 == 7);
    GIVES(rondo_future_error(future, NULL), RONDO_OK);
    GIVES(rondo_future_cancelled(future), 0);
    GIVES(rondo_future_set_result(future, NULL), RONDO_ESTATE);
    rondo_future_release(future);
}

static void a_cancelled_error_makes_a_failed_future(void) { // F9
    rondo_future *future = pending_future(loop);
    rondo_error *error = rondo_error_new(RONDO_ECANCELED, "not really");
    GIVES(rondo_future_set_error(future, error), RONDO_OK);
    GIVES(rondo_future_cancelled(future), 0);
    GIVES(rondo_future_result(future, NULL, NULL), RONDO_ECANCELED);
    rondo_error *err = NULL;
    GIVES(rondo_future_error(future, &err), RONDO_OK);
    CHECK(err == error);
    rondo_error_release(err);
    rondo_error_release(error);
    rondo_future_release(future);
}

static void cancelling_ends_a_plain_future_at_once(void) {
    rondo_future *future = pending_future(loop);
    GIVES(rondo_future_cancel(future, "enough"), 1);
    GIVES(rondo_future_cancelled(future), 1);
    GIVES(rondo_future_done(future), 1);
    GIVES(rondo_future_cancel(future, "again"), 0);
    rondo_error *err = NULL;
    GIVES(rondo_future_result(future, NULL, &err), RONDO_ECANCELED);
    TELLS(err, RONDO_ECANCELED, "enough");
    GIVES(rondo_future_error(future, &err), RONDO_ECANCELED);
    TELLS(err, RONDO_ECANCELED, "enough");
    GIVES(rondo_future_set_result(future, NULL), RONDO_ESTATE);
    rondo_future_release(future);

    future = pending_future(loop);
    rondo_error *other = rondo_error_new(RONDO_EFAILED, NULL);
    rondo_error *reason = rondo_error_new(RONDO_ECANCELED, "whole");
    GIVES(rondo_future_cancel_with(future, other), RONDO_EINVAL);
    GIVES(rondo_future_done(future), 0);
    GIVES(rondo_future_cancel_with(future, reason), 1);
    GIVES(rondo_future_error(future, &err), RONDO_ECANCELED);
    CHECK(err == reason);
    rondo_error_release(err);
    rondo_error_release(reason);
    rondo_error_release(other);
    rondo_future_release(future);
}

static void a_pending_future_has_nothing_to_tell(void) {
    rondo_future *future = pending_future(loop);
    rondo_value view = rondo_i64(7);
    GIVES(rondo_future_result(future, &view, NULL), RONDO_ESTATE);
    GIVES(rondo_future_take(future, &view, NULL), RONDO_ESTATE);
    GIVES(rondo_future_error(future, NULL), RONDO_ESTATE);
    CHECK(rondo_future_result_object(future) == NULL);
    CHECK(view.as.i64 == 7);
    rondo_future_release(future);
}

// ---- values

static void a_view_owns_nothing_and_a_value_is_taken_once(void) {
    int drops = 0;
    rondo_future *future = pending_future(loop);
    rondo_value value = counted(&drops);
    GIVES(rondo_future_set_result(future, &value), RONDO_OK);
    rondo_value view;
    GIVES(rondo_future_result(future, &view, NULL), RONDO_OK);
    rondo_value_drop(&view);
    CHECK(drops == 0);
    GIVES(rondo_future_take(future, &value, NULL), RONDO_OK);
    CHECK(value.as.ptr == &drops);
    GIVES(rondo_future_take(future, &view, NULL), RONDO_ETAKEN);
    GIVES(rondo_future_result(future, &view, NULL), RONDO_ETAKEN);
    GIVES(rondo_future_error(future, NULL), RONDO_OK);
    rondo_future_release(future);
    CHECK(drops == 0);
    rondo_value_drop(&value);
    CHECK(drops == 1);

    future = pending_future(loop);
    value = counted(&drops);
    GIVES(rondo_future_set_result(future, &value), RONDO_OK);
    GIVES(rondo_future_take(future, NULL, NULL), RONDO_OK);
    CHECK(drops == 2);
    rondo_future_release(future);
}

// ---- done callbacks

static int calls;
static rondo_future *expected;
static void check_future(void *user, rondo_call *call) {
    (void)user;
    CHECK(call->future == expected);
    GIVES(rondo_future_done(call->future), 1);
    ++calls;
}

static void done_callbacks_are_scheduled_never_called_in_place(void) { // F4
    calls = 0;
    int drops = 0;
    RONDO_INIT(rondo_call_options, options);
    options.drop = count_end;
    expected = pending_future(loop);
    GIVES(rondo_future_add_done_callback(expected, check_future, &drops, &options), RONDO_OK);
    GIVES(rondo_future_set_result(expected, NULL), RONDO_OK);
    CHECK(calls == 0);
    GIVES(rondo_future_add_done_callback(expected, check_future, &drops, &options), RONDO_OK);
    CHECK(calls == 0);
    rondo_future_release(expected); // the calls keep it
    GIVES(rondo_loop_run_once(loop, 0), 0);
    CHECK(calls == 2 && drops == 2);
}

static void removing_takes_all_of_the_same_function_and_data(void) { // F7
    calls = 0;
    int one = 0;
    int two = 0;
    RONDO_INIT(rondo_call_options, options);
    options.drop = count_end;
    expected = pending_future(loop);
    GIVES(rondo_future_add_done_callback(expected, check_future, &one, &options), RONDO_OK);
    GIVES(rondo_future_add_done_callback(expected, check_future, &two, &options), RONDO_OK);
    GIVES(rondo_future_add_done_callback(expected, check_future, &one, &options), RONDO_OK);
    GIVES(rondo_future_add_done_callback(expected, count_call, &one, &options), RONDO_OK);
    GIVES(rondo_future_remove_done_callback(expected, check_future, &one), 2);
    CHECK(one == 2 && two == 0);
    GIVES(rondo_future_remove_done_callback(expected, check_future, &one), 0);
    GIVES(rondo_future_remove_done_callback(expected, NULL, &one), RONDO_EINVAL);
    GIVES(rondo_future_set_result(expected, NULL), RONDO_OK);
    GIVES(rondo_future_remove_done_callback(expected, check_future, &two), 0); // scheduled already
    GIVES(rondo_loop_run_once(loop, 0), 0);
    CHECK(calls == 1 && two == 1 && one == 4);
    rondo_future_release(expected);
}

static void callbacks_of_a_future_that_never_ends_are_dropped_with_it(void) {
    int drops = 0;
    RONDO_INIT(rondo_call_options, options);
    options.drop = count_end;
    rondo_future *future = pending_future(loop);
    GIVES(rondo_future_add_done_callback(future, count_call, &drops, &options), RONDO_OK);
    GIVES(rondo_future_add_done_callback(future, NULL, &drops, &options), RONDO_EINVAL);
    rondo_future_release(future);
    CHECK(drops == 1);
}

// ---- reports

static void an_error_nobody_looked_at_is_reported_with_the_last_reference(void) { // F15
    kit_reports reports = {0};
    GIVES(rondo_loop_set_exception_handler(loop, note_report, &reports), RONDO_OK);
    rondo_error *error = rondo_error_new(-99, "mine");
    for (int how = 0; how < 7; ++how) {
        rondo_future *future = pending_future(loop);
        GIVES(rondo_future_set_error(future, error), RONDO_OK);
        rondo_future_retain(future);
        if (how == 1) GIVES(rondo_future_result(future, NULL, NULL), -99);
        if (how == 2) GIVES(rondo_future_take(future, NULL, NULL), -99);
        if (how == 3) GIVES(rondo_future_error(future, NULL), RONDO_OK);
        if (how == 4) GIVES(rondo_future_silence(future), RONDO_OK);
        if (how == 5) GIVES(rondo_future_cancel(future, NULL), 0);
        if (how == 6) GIVES(rondo_loop_run_until_complete(loop, future, NULL), -99);
        rondo_status kept = rondo_future_let_go(future); // it is not the last one, but nobody has looked yet
        CHECK(kept == (how == 0));
        if (kept) rondo_future_release(future);
        CHECK(reports.count == (how > 0));
        rondo_future_release(future);
        CHECK(reports.count == 1 && reports.code == -99);
        CHECK(strcmp(reports.message, "Future exception was never retrieved") == 0);
    }
    rondo_error_release(error);
    GIVES(rondo_loop_set_exception_handler(loop, NULL, NULL), RONDO_OK);
}

// ---- leaves

typedef struct {
    uint32_t answer;
    int asked;
    int dropped;
    int finishes;
    int asks_again;
} leaf;

static void on_cancel(void *user, rondo_cancel_request *io) {
    leaf *l = user;
    CHECK(io->size == sizeof *io && io->answer == RONDO_CANCEL_NOW && rondo_error_code(io->reason) == RONDO_ECANCELED);
    ++l->asked;
    io->answer = l->answer;
    rondo_value value = rondo_i64(3);
    if (l->finishes) GIVES(rondo_future_set_result(io->future, &value), RONDO_OK);
    if (l->asks_again) CHECK(rondo_future_cancel(io->future, NULL) >= 0);
}

static void on_drop(void *user) { ++((leaf *)user)->dropped; }

static rondo_future *leaf_future(leaf *user) {
    RONDO_INIT(rondo_future_options, options);
    options.cancel = on_cancel;
    options.drop = on_drop;
    options.user = user;
    rondo_future *future = NULL;
    GIVES(rondo_future_create(loop, &options, &future), RONDO_OK);
    return future;
}

static void a_leaf_decides_how_it_is_cancelled(void) {
    static const struct {
        leaf leaf;
        rondo_status answer;
        rondo_status done;
        rondo_status cancelled;
    } rows[] = {
        {{.answer = RONDO_CANCEL_NOW}, 1, 1, 1},
        {{.answer = RONDO_CANCEL_LATER}, 1, 0, 0},
        {{.answer = RONDO_CANCEL_REFUSED}, 0, 0, 0},
        {{.answer = RONDO_CANCEL_NOW, .finishes = 1}, 1, 1, 0},
        {{.answer = RONDO_CANCEL_REFUSED, .finishes = 1}, 1, 1, 0},
        {{.answer = RONDO_CANCEL_NOW, .asks_again = 1}, 1, 1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        leaf l = rows[i].leaf;
        rondo_future *future = leaf_future(&l);
        GIVES(rondo_future_cancel(future, NULL), rows[i].answer);
        GIVES(rondo_future_done(future), rows[i].done);
        GIVES(rondo_future_cancelled(future), rows[i].cancelled);
        CHECK(l.asked == 1 && l.dropped == 0);
        if (rows[i].done) {
            GIVES(rondo_future_cancel(future, NULL), 0);
            CHECK(l.asked == 1);
        }
        rondo_future_release(future);
        CHECK(l.dropped == 1);
    }
}

static void the_leaf_s_data_is_dropped_with_the_last_reference_even_after_close(void) {
    leaf l = {0};
    rondo_loop *kept = loop;
    loop = virtual_loop();
    rondo_future *future = leaf_future(&l);
    rondo_loop_release(loop);
    loop = kept;
    CHECK(l.dropped == 0);
    rondo_future_release(future);
    CHECK(l.dropped == 1 && l.asked == 0);
}

// ---- after close

static void a_future_outlives_its_loop(void) {
    int drops = 0;
    rondo_loop *gone = virtual_loop();
    rondo_future *with_value = pending_future(gone);
    rondo_value value = counted(&drops);
    GIVES(rondo_future_set_result(with_value, &value), RONDO_OK);
    rondo_future *pending = pending_future(gone);
    rondo_future *cancelled = pending_future(gone);
    rondo_loop_release(gone);

    rondo_value view;
    GIVES(rondo_future_result(with_value, &view, NULL), RONDO_OK);
    CHECK(view.as.ptr == &drops);
    GIVES(rondo_loop_is_closed(rondo_future_loop(with_value)), 1);
    GIVES(rondo_future_set_result(pending, NULL), RONDO_OK); // L6
    GIVES(rondo_future_cancel(cancelled, "late"), 1);
    GIVES(rondo_future_add_done_callback(pending, count_call, &drops, NULL), RONDO_ECLOSED);
    rondo_future_release(cancelled);
    rondo_future_release(pending);
    rondo_future_release(with_value);
    CHECK(drops == 1);
}

static void callbacks_of_a_closed_loop_are_dropped_when_the_future_ends(void) { // L6
    for (int how = 0; how < 3; ++how) {
        int drops = 0;
        int values = 0;
        RONDO_INIT(rondo_call_options, options);
        options.drop = count_end;
        rondo_loop *gone = virtual_loop();
        rondo_future *future = pending_future(gone);
        GIVES(rondo_future_add_done_callback(future, count_call, &drops, &options), RONDO_OK);
        rondo_loop_release(gone);
        CHECK(drops == 0);
        GIVES(rondo_future_add_done_callback(future, count_call, &drops, &options), RONDO_OK);
        rondo_value value = counted(&values);
        rondo_error *error = rondo_error_new(RONDO_EFAILED, NULL);
        if (how == 0) GIVES(rondo_future_set_result(future, &value), RONDO_ECLOSED);
        if (how == 1) GIVES(rondo_future_set_error(future, error), RONDO_ECLOSED);
        if (how == 2) GIVES(rondo_future_cancel(future, NULL), 1);
        GIVES(rondo_future_done(future), 1);
        CHECK(drops == 2);
        rondo_future_release(future);
        rondo_value_drop(&value);
        rondo_error_release(error);
        CHECK(drops == 2 && values == 1);
    }
}

// ---- from other threads' functions, called here

static void threadsafe_forms_are_carried_out_by_the_loop(void) {
    int drops = 0;
    rondo_value value = counted(&drops);
    rondo_future *future = pending_future(loop);
    GIVES(rondo_future_set_result_threadsafe(future, &value), RONDO_OK);
    CHECK(value.kind == RONDO_NONE);
    GIVES(rondo_future_done(future), 0);
    run_until_idle(loop);
    GIVES(rondo_future_result(future, NULL, NULL), RONDO_OK);
    rondo_future_release(future);
    CHECK(drops == 1);

    future = pending_future(loop);
    rondo_error *error = rondo_error_new(-99, NULL);
    GIVES(rondo_future_set_error_threadsafe(future, error), RONDO_OK);
    rondo_error_release(error);
    run_until_idle(loop);
    GIVES(rondo_future_result(future, NULL, NULL), -99);
    rondo_future_release(future);

    future = pending_future(loop);
    GIVES(rondo_future_cancel_threadsafe(future, "far"), RONDO_OK);
    run_until_idle(loop);
    rondo_error *err = NULL;
    GIVES(rondo_future_result(future, NULL, &err), RONDO_ECANCELED);
    TELLS(err, RONDO_ECANCELED, "far");
    rondo_future_release(future);
}

static void a_second_threadsafe_result_is_reported_and_dropped(void) {
    kit_reports reports = {0};
    GIVES(rondo_loop_set_exception_handler(loop, note_report, &reports), RONDO_OK);
    int drops = 0;
    rondo_future *future = pending_future(loop);
    for (int i = 0; i < 2; ++i) {
        rondo_value value = counted(&drops);
        GIVES(rondo_future_set_result_threadsafe(future, &value), RONDO_OK);
    }
    rondo_error *error = rondo_error_new(-99, NULL);
    GIVES(rondo_future_set_error_threadsafe(future, error), RONDO_OK);
    rondo_error_release(error);
    run_until_idle(loop);
    CHECK(reports.count == 2 && reports.code == RONDO_ESTATE && drops == 1);
    rondo_future_release(future);
    CHECK(drops == 2);
    GIVES(rondo_loop_set_exception_handler(loop, NULL, NULL), RONDO_OK);
}

static void a_closed_loop_refuses_threadsafe_forms_and_the_value_stays_the_caller_s(void) {
    int drops = 0;
    rondo_value value = counted(&drops);
    rondo_error *error = rondo_error_new(-99, NULL);
    rondo_loop *gone = virtual_loop();
    rondo_future *future = pending_future(gone);
    rondo_loop_release(gone);
    GIVES(rondo_future_set_result_threadsafe(future, &value), RONDO_ECLOSED);
    GIVES(rondo_future_set_error_threadsafe(future, error), RONDO_ECLOSED);
    GIVES(rondo_future_cancel_threadsafe(future, "no"), RONDO_ECLOSED);
    CHECK(value.as.ptr == &drops);
    GIVES(rondo_future_done(future), 0);
    rondo_future_release(future);
    rondo_error_release(error);
    rondo_value_drop(&value);
    CHECK(drops == 1);
}

static void threadsafe_values_under_way_when_the_loop_closes_are_dropped_once(void) {
    int drops = 0;
    rondo_value value = counted(&drops);
    rondo_loop *gone = virtual_loop();
    rondo_future *future = pending_future(gone);
    GIVES(rondo_future_set_result_threadsafe(future, &value), RONDO_OK);
    rondo_loop_release(gone);
    CHECK(drops == 1);
    GIVES(rondo_future_done(future), 0);
    rondo_future_release(future);
    CHECK(drops == 1);
}

// ---- objects of a host

static int references;
static void retain(void *object) { references += object == &references; }
static void release(void *object) { references -= object == &references; }

static void objects_of_the_host_are_counted(void) {
    static const rondo_host host = {.size = sizeof host, .retain = retain, .release = release};
    rondo_future *without = pending_future(loop);
    GIVES(rondo_future_set_object(without, &references), RONDO_ESTATE); // no host
    CHECK(references == 0);
    rondo_future_release(without);

    RONDO_INIT(rondo_loop_options, options);
    options.host = &host;
    rondo_loop *hosted = NULL;
    GIVES(rondo_loop_create(&options, &hosted), RONDO_OK);
    rondo_future *future = pending_future(hosted);
    GIVES(rondo_future_set_object(future, NULL), RONDO_EINVAL);
    CHECK(rondo_future_result_object(future) == NULL);
    GIVES(rondo_future_set_object(future, &references), RONDO_OK);
    CHECK(references == 1);
    CHECK(rondo_future_result_object(future) == &references && references == 2);
    rondo_value view;
    GIVES(rondo_future_result(future, &view, NULL), RONDO_OK);
    CHECK(view.kind == RONDO_OBJECT && view.as.ptr == &references);
    release(&references);
    GIVES(rondo_future_take(future, NULL, NULL), RONDO_OK);
    CHECK(references == 0 && rondo_future_result_object(future) == NULL);
    rondo_future_release(future);
    future = done_future(hosted, 5);
    CHECK(rondo_future_result_object(future) == NULL);
    rondo_future_release(future);
    rondo_loop_release(hosted);
}

int main(void) {
    loop = virtual_loop();
    RUN(a_future_ends_with_a_value_once);
    RUN(nothing_is_a_value_too);
    RUN(a_future_ends_with_an_error_once);
    RUN(a_cancelled_error_makes_a_failed_future);
    RUN(cancelling_ends_a_plain_future_at_once);
    RUN(a_pending_future_has_nothing_to_tell);
    RUN(a_view_owns_nothing_and_a_value_is_taken_once);
    RUN(done_callbacks_are_scheduled_never_called_in_place);
    RUN(removing_takes_all_of_the_same_function_and_data);
    RUN(callbacks_of_a_future_that_never_ends_are_dropped_with_it);
    RUN(an_error_nobody_looked_at_is_reported_with_the_last_reference);
    RUN(a_leaf_decides_how_it_is_cancelled);
    RUN(the_leaf_s_data_is_dropped_with_the_last_reference_even_after_close);
    RUN(a_future_outlives_its_loop);
    RUN(callbacks_of_a_closed_loop_are_dropped_when_the_future_ends);
    RUN(threadsafe_forms_are_carried_out_by_the_loop);
    RUN(a_second_threadsafe_result_is_reported_and_dropped);
    RUN(a_closed_loop_refuses_threadsafe_forms_and_the_value_stays_the_caller_s);
    RUN(threadsafe_values_under_way_when_the_loop_closes_are_dropped_once);
    RUN(objects_of_the_host_are_counted);
    CHECK(stats_of(loop).futures == 0);
    rondo_loop_release(loop);
    return 0;
}
