// Room "Callbacks": scheduled calls, their handles, and what becomes of their data.
#include "kit.h"

#include <stdint.h>

typedef struct {
    char text[64];
} trace;

typedef struct {
    trace *trace;
    char letter;
} letter;

static void write_letter(void *user, rondo_call *call) {
    letter *l = user;
    CHECK(call->status == RONDO_OK && call->future == NULL && call->error == NULL);
    size_t length = strlen(l->trace->text);
    l->trace->text[length] = l->letter;
    l->trace->text[length + 1] = '\0';
}

static void calls_run_in_order_each_once(void) {
    rondo_loop *loop = virtual_loop();
    trace t = {""};
    letter letters[5] = {{&t, 'a'}, {&t, 'b'}, {&t, 'c'}, {&t, 'd'}, {&t, 'e'}};
    GIVES(rondo_loop_call_later(loop, -5, write_letter, &letters[3], NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_call_later(loop, 0, write_letter, &letters[4], NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_call_soon(loop, write_letter, &letters[0], NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_call_soon(loop, write_letter, &letters[1], NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_call_soon_threadsafe(loop, write_letter, &letters[2], NULL, NULL), RONDO_OK);
    run_until_idle(loop);
    CHECK(strcmp(t.text, "abcde") == 0);
    rondo_loop_release(loop);
}

static void equal_deadlines_run_in_the_order_of_the_calls(void) {
    rondo_loop *loop = virtual_loop();
    trace t = {""};
    letter letters[8];
    for (int i = 0; i < 8; ++i) {
        letters[i] = (letter){&t, (char)('a' + i)};
        GIVES(rondo_loop_call_at(loop, RONDO_S(1), write_letter, &letters[i], NULL, NULL), RONDO_OK);
    }
    run_until_idle(loop);
    CHECK(strcmp(t.text, "abcdefgh") == 0);
    rondo_loop_release(loop);
}

// B23: somebody else says when a turn comes, and how long it may take.
static void no_timer_is_early(void) {
    rondo_loop *loop = virtual_loop();
    int calls = 0;
    rondo_handle *handle = NULL;
    GIVES(rondo_loop_run_once(loop, 17), 0);
    GIVES(rondo_loop_call_later(loop, 100, count_call, &calls, NULL, &handle), RONDO_OK);
    CHECK(rondo_handle_when(handle) == rondo_loop_time(loop) + 100);
    GIVES(rondo_loop_run_once(loop, 99), 0);
    CHECK(calls == 0);
    GIVES(rondo_loop_run_once(loop, 1), 0);
    CHECK(calls == 1);
    rondo_handle_release(handle);
    GIVES(rondo_loop_call_soon(loop, count_call, &calls, NULL, &handle), RONDO_OK);
    CHECK(rondo_handle_when(handle) == 0);
    rondo_handle_release(handle);
    GIVES(rondo_loop_call_later(loop, RONDO_FOREVER, count_call, &calls, NULL, &handle), RONDO_OK);
    CHECK(rondo_handle_when(handle) == RONDO_FOREVER);
    rondo_handle_release(handle);
    GIVES(rondo_loop_call_later(loop, INT64_MIN, count_call, &calls, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_run_once(loop, 0), 0);
    CHECK(calls == 3);
    rondo_loop_release(loop);
}

// ---- data

static rondo_call_options dropping(void) {
    RONDO_INIT(rondo_call_options, options);
    options.drop = count_end;
    return options;
}

static void check_not_dropped(void *drops, rondo_call *call) {
    (void)call;
    CHECK(*(int *)drops == 0);
}

static void data_is_dropped_once_after_the_call(void) {
    rondo_loop *loop = virtual_loop();
    int drops[4] = {0};
    rondo_call_options options = dropping();
    GIVES(rondo_loop_call_soon(loop, check_not_dropped, &drops[0], &options, NULL), RONDO_OK);
    GIVES(rondo_loop_call_later(loop, 1, check_not_dropped, &drops[1], &options, NULL), RONDO_OK);
    GIVES(rondo_loop_call_at(loop, 1, check_not_dropped, &drops[2], &options, NULL), RONDO_OK);
    GIVES(rondo_loop_call_soon_threadsafe(loop, check_not_dropped, &drops[3], &options, NULL), RONDO_OK);
    run_until_idle(loop);
    for (int i = 0; i < 4; ++i) CHECK(drops[i] == 1);
    rondo_loop_release(loop);
    for (int i = 0; i < 4; ++i) CHECK(drops[i] == 1);
}

typedef rondo_status (*schedule_fn)(rondo_loop *loop, void *user, const rondo_call_options *options,
                                    rondo_handle **out);

static rondo_status by_call_soon(rondo_loop *loop, void *user, const rondo_call_options *options, rondo_handle **out) {
    return rondo_loop_call_soon(loop, count_call, user, options, out);
}
static rondo_status by_call_later(rondo_loop *loop, void *user, const rondo_call_options *options,
                                  rondo_handle **out) {
    return rondo_loop_call_later(loop, RONDO_S(1), count_call, user, options, out);
}
static rondo_status by_threads(rondo_loop *loop, void *user, const rondo_call_options *options, rondo_handle **out) {
    return rondo_loop_call_soon_threadsafe(loop, count_call, user, options, out);
}
static const schedule_fn ways[] = {by_call_soon, by_call_later, by_threads};

static void a_cancelled_call_drops_its_data_now_and_never_runs(void) {
    for (size_t way = 0; way < 3; ++way) {
        for (int which = 0; which < 3; ++which) { // among others, at either end and in the middle
            rondo_loop *loop = virtual_loop();
            int data[3] = {0};
            rondo_handle *handles[3];
            rondo_call_options options = dropping();
            for (int i = 0; i < 3; ++i) GIVES(ways[way](loop, &data[i], &options, &handles[i]), RONDO_OK);
            GIVES(rondo_handle_cancelled(handles[which]), 0);
            GIVES(rondo_handle_cancel(handles[which]), RONDO_OK);
            CHECK(data[which] == 1);
            GIVES(rondo_handle_cancelled(handles[which]), 1);
            GIVES(rondo_handle_cancel(handles[which]), RONDO_OK);
            CHECK(data[which] == 1);
            run_until_idle(loop);
            for (int i = 0; i < 3; ++i) CHECK(data[i] == (i == which ? 1 : 2));
            for (int i = 0; i < 3; ++i) GIVES(rondo_handle_cancelled(handles[i]), i == which);
            for (int i = 0; i < 3; ++i) rondo_handle_release(handles[i]);
            rondo_loop_release(loop);
            for (int i = 0; i < 3; ++i) CHECK(data[i] == (i == which ? 1 : 2));
        }
    }
}

static void cancelling_after_the_call_does_nothing(void) {
    rondo_loop *loop = virtual_loop();
    int data = 0;
    rondo_handle *handle = NULL;
    rondo_call_options options = dropping();
    GIVES(rondo_loop_call_soon(loop, count_call, &data, &options, &handle), RONDO_OK);
    run_until_idle(loop);
    GIVES(rondo_handle_cancel(handle), RONDO_OK);
    CHECK(data == 2);
    rondo_handle_release(handle);
    rondo_loop_release(loop);
}

static rondo_handle *own;
static void cancel_myself(void *data, rondo_call *call) {
    (void)call;
    GIVES(rondo_handle_cancel(own), RONDO_OK);
    CHECK(*(int *)data == 0); // the data is in use
}

static void a_call_may_cancel_itself(void) {
    rondo_loop *loop = virtual_loop();
    int data = 0;
    rondo_call_options options = dropping();
    GIVES(rondo_loop_call_soon(loop, cancel_myself, &data, &options, &own), RONDO_OK);
    run_until_idle(loop);
    CHECK(data == 1);
    rondo_handle_release(own);
    rondo_loop_release(loop);
}

static void cancel_other(void *handle, rondo_call *call) {
    (void)call;
    GIVES(rondo_handle_cancel(handle), RONDO_OK);
}

static void a_call_may_cancel_one_of_the_same_turn(void) {
    rondo_loop *loop = virtual_loop();
    int data = 0;
    rondo_call_options options = dropping();
    rondo_handle *later = NULL;
    rondo_handle *first = NULL;
    GIVES(rondo_loop_call_later(loop, 0, count_call, &data, &options, &later), RONDO_OK);
    GIVES(rondo_loop_call_soon(loop, cancel_other, later, NULL, &first), RONDO_OK);
    run_until_idle(loop);
    CHECK(data == 1);
    rondo_handle_release(later);
    rondo_handle_release(first);
    rondo_loop_release(loop);
}

static void releasing_the_handle_does_not_cancel(void) {
    rondo_loop *loop = virtual_loop();
    int calls = 0;
    for (size_t way = 0; way < 3; ++way) {
        rondo_handle *handle = NULL;
        GIVES(ways[way](loop, &calls, NULL, &handle), RONDO_OK);
        CHECK(rondo_handle_retain(handle) == handle);
        rondo_handle_release(handle);
        rondo_handle_release(handle);
    }
    run_until_idle(loop);
    CHECK(calls == 3);
    rondo_loop_release(loop);
}

static void handles_outlive_their_loop(void) {
    rondo_handle *ran = NULL;
    rondo_handle *discarded[3];
    int data = 0;
    rondo_loop *loop = virtual_loop();
    rondo_call_options options = dropping();
    GIVES(rondo_loop_call_soon(loop, count_call, &data, &options, &ran), RONDO_OK);
    run_until_idle(loop);
    for (size_t way = 0; way < 3; ++way) GIVES(ways[way](loop, &data, &options, &discarded[way]), RONDO_OK);
    rondo_loop_release(loop);
    CHECK(data == 5);
    for (size_t way = 0; way < 3; ++way) {
        GIVES(rondo_handle_cancel(discarded[way]), RONDO_OK);
        GIVES(rondo_handle_cancelled(discarded[way]), 1);
        rondo_handle_release(discarded[way]);
    }
    GIVES(rondo_handle_cancelled(ran), 0);
    GIVES(rondo_handle_cancel(ran), RONDO_OK);
    CHECK(data == 5);
    rondo_handle_release(ran);
}

static void a_call_without_a_function_is_refused_and_its_data_stays_the_caller_s(void) {
    rondo_loop *loop = virtual_loop();
    int data = 0;
    rondo_call_options options = dropping();
    rondo_handle *handle = NULL;
    GIVES(rondo_loop_call_soon(loop, NULL, &data, &options, &handle), RONDO_EINVAL);
    GIVES(rondo_loop_call_later(loop, 0, NULL, &data, &options, &handle), RONDO_EINVAL);
    GIVES(rondo_loop_call_at(loop, 0, NULL, &data, &options, &handle), RONDO_EINVAL);
    GIVES(rondo_loop_call_soon_threadsafe(loop, NULL, &data, &options, &handle), RONDO_EINVAL);
    CHECK(data == 0 && handle == NULL && stats_of(loop).ready == 0);
    rondo_loop_release(loop);
}

// ---- failures

static void fail_by_status(void *user, rondo_call *call) {
    (void)user;
    call->status = RONDO_EFAILED;
}

static void fail_by_error(void *user, rondo_call *call) {
    (void)user;
    call->status = RONDO_EFAILED;
    call->error = rondo_error_new(-66, "wins");
}

static void failures_are_reported_and_the_turn_goes_on(void) { // L30
    kit_reports reports = {0};
    rondo_loop *loop = reporting_loop(&reports);
    int calls = 0;
    GIVES(rondo_loop_call_soon(loop, fail_by_status, NULL, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_call_soon(loop, count_call, &calls, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_run_once(loop, 0), 0);
    CHECK(calls == 1 && reports.count == 1 && reports.code == RONDO_EFAILED);
    CHECK(strcmp(reports.message, "Exception in callback") == 0);
    GIVES(rondo_loop_call_soon(loop, fail_by_error, NULL, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_run_once(loop, 0), 0);
    CHECK(reports.count == 2 && reports.code == -66);
    rondo_loop_release(loop);
}

static void fail_with_no_error(void *user, rondo_call *call) { call->error = user; }

static void what_is_no_error_is_reported_as_such(void) {
    kit_reports reports = {0};
    rondo_loop *loop = reporting_loop(&reports);
    GIVES(rondo_loop_call_soon(loop, fail_with_no_error, loop, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_run_once(loop, 0), 0);
    CHECK(reports.count == 1 && reports.code == RONDO_EKIND);
    rondo_loop_release(loop);
}

static void chain(void *count, rondo_call *call) {
    if (++*(int *)count < 5) GIVES(rondo_loop_call_soon(call->loop, chain, count, NULL, NULL), RONDO_OK);
}

static void what_a_call_schedules_runs_in_the_next_turn(void) { // L2
    rondo_loop *loop = virtual_loop();
    int count = 0;
    GIVES(rondo_loop_call_soon(loop, chain, &count, NULL, NULL), RONDO_OK);
    for (int turn = 1; turn <= 5; ++turn) {
        GIVES(rondo_loop_run_once(loop, 0), turn < 5);
        CHECK(count == turn);
    }
    rondo_loop_release(loop);
}

// ---- contexts

static rondo_ctxvar *var;
static void note_var(void *seen, rondo_call *call) {
    (void)call;
    rondo_value view;
    *(int64_t *)seen = rondo_context_get(NULL, var, &view) == RONDO_OK ? view.as.i64 : -1;
}

static int64_t seen[4];
static void schedule_from_inside(void *user, rondo_call *call) {
    (void)user;
    rondo_value value = rondo_i64(1);
    GIVES(rondo_context_set(NULL, var, &value, NULL), RONDO_OK);
    GIVES(rondo_loop_call_soon(call->loop, note_var, &seen[0], NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_call_later(call->loop, 1, note_var, &seen[1], NULL, NULL), RONDO_OK);
    value = rondo_i64(2); // the copies were made before
    GIVES(rondo_context_set(NULL, var, &value, NULL), RONDO_OK);
    rondo_context *context = NULL;
    GIVES(rondo_context_create(&context), RONDO_OK);
    value = rondo_i64(3);
    GIVES(rondo_context_set(context, var, &value, NULL), RONDO_OK);
    RONDO_INIT(rondo_call_options, options);
    options.context = context;
    GIVES(rondo_loop_call_soon(call->loop, note_var, &seen[2], &options, NULL), RONDO_OK);
    GIVES(rondo_loop_call_soon_threadsafe(call->loop, note_var, &seen[3], &options, NULL), RONDO_OK);
    rondo_context_release(context);
}

static void calls_run_in_a_copy_of_the_context_they_were_made_in_or_in_the_given_one(void) { // L15
    rondo_loop *loop = virtual_loop();
    GIVES(rondo_ctxvar_create("v", NULL, &var), RONDO_OK);
    GIVES(rondo_loop_call_soon(loop, schedule_from_inside, NULL, NULL, NULL), RONDO_OK);
    run_until_idle(loop);
    CHECK(seen[0] == 1 && seen[1] == 1 && seen[2] == 3 && seen[3] == 3);
    rondo_ctxvar_release(var);
    rondo_loop_release(loop);
}

int main(void) {
    RUN(calls_run_in_order_each_once);
    RUN(equal_deadlines_run_in_the_order_of_the_calls);
    RUN(no_timer_is_early);
    RUN(data_is_dropped_once_after_the_call);
    RUN(a_cancelled_call_drops_its_data_now_and_never_runs);
    RUN(cancelling_after_the_call_does_nothing);
    RUN(a_call_may_cancel_itself);
    RUN(a_call_may_cancel_one_of_the_same_turn);
    RUN(releasing_the_handle_does_not_cancel);
    RUN(handles_outlive_their_loop);
    RUN(a_call_without_a_function_is_refused_and_its_data_stays_the_caller_s);
    RUN(failures_are_reported_and_the_turn_goes_on);
    RUN(what_is_no_error_is_reported_as_such);
    RUN(what_a_call_schedules_runs_in_the_next_turn);
    RUN(calls_run_in_a_copy_of_the_context_they_were_made_in_or_in_the_given_one);
    return 0;
}
