// rondo/uv.h: libuv handles of one's own on a Rondo loop.
#include "kit.h"

#include "rondo/uv.h"

#include <unistd.h>

static void the_libuv_loop_is_opened_once(void) {
    rondo_loop *loop = quiet_loop();
    uv_loop_t *one = NULL;
    uv_loop_t *two = NULL;
    CHECK(stats_of(loop).open == 0);
    GIVES(rondo_loop_uv(loop, NULL), RONDO_OK);
    GIVES(rondo_loop_uv(loop, &one), RONDO_OK);
    GIVES(rondo_loop_uv(loop, &two), RONDO_OK);
    CHECK(one == two && one != NULL && stats_of(loop).open == 1);
    GIVES(rondo_loop_close(loop), RONDO_OK);
    GIVES(rondo_loop_uv(loop, &one), RONDO_ECLOSED);
    CHECK(one == two);
    rondo_loop_release(loop);
}

// ---- a callback of libuv finishes a future, schedules calls, and may not run a loop

typedef struct {
    rondo_loop *loop;
    rondo_future *future;
    int calls;
    int looks;
} timer_data;

static rondo_status end_at_once(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    return RONDO_OK;
}

static void on_timer(uv_timer_t *timer) {
    timer_data *data = timer->data;
    CHECK(rondo_loop_running() == data->loop && rondo_loop_current_task(NULL) == NULL);
    rondo_error *err = NULL;
    GIVES(rondo_loop_run_once(data->loop, 0), RONDO_EREENTRANT);
    GIVES(rondo_loop_run_forever(data->loop, &err), RONDO_EREENTRANT);
    TELLS(err, RONDO_EREENTRANT, "loop", "inside itself", "return first");
    GIVES(rondo_loop_run_until_complete(data->loop, data->future, NULL), RONDO_EREENTRANT);
    GIVES(rondo_run(end_at_once, NULL, NULL, NULL), RONDO_EREENTRANT);
    rondo_loop *other = virtual_loop();
    GIVES(rondo_loop_run_once(other, 0), RONDO_EREENTRANT);
    rondo_loop_release(other);
    GIVES(rondo_loop_close(data->loop), RONDO_ERUNNING);

    GIVES(rondo_loop_call_soon(data->loop, count_call, &data->calls, NULL, NULL), RONDO_OK);
    CHECK(data->calls == 0);
    rondo_value value = rondo_i64(5);
    GIVES(rondo_future_set_result(data->future, &value), RONDO_OK);
    uv_close((uv_handle_t *)timer, NULL);
}

static rondo_status await_user(void *arg, rondo_value *result) {
    rondo_value view;
    rondo_status status = rondo_await(arg, &view);
    *result = view;
    return status;
}

static void a_libuv_callback_can_finish_what_a_coroutine_awaits(void) {
    rondo_runner *runner = NULL;
    GIVES(rondo_runner_create(NULL, &runner), RONDO_OK);
    timer_data data = {NULL, NULL, 0, 0};
    GIVES(rondo_runner_get_loop(runner, &data.loop), RONDO_OK);
    data.future = pending_future(data.loop);
    uv_loop_t *uv = NULL;
    GIVES(rondo_loop_uv(data.loop, &uv), RONDO_OK);
    uv_timer_t timer;
    timer.data = &data;
    CHECK(uv_timer_init(uv, &timer) == 0 && uv_timer_start(&timer, on_timer, 1, 0) == 0);
    rondo_value result;
    GIVES(rondo_runner_run(runner, await_user, data.future, NULL, &result, NULL), RONDO_OK);
    CHECK(result.as.i64 == 5 && data.calls == 1);
    rondo_future_release(data.future);
    rondo_runner_release(runner);
}

// A callback before libuv's wait, as of a timer that has just come due; the first look is not that of the wait.
static void on_prepare(uv_prepare_t *prepare) {
    timer_data *data = prepare->data;
    if (++data->looks < 2) return;
    rondo_value value = rondo_i64(5);
    GIVES(rondo_future_set_result(data->future, &value), RONDO_OK);
    uv_prepare_stop(prepare);
}

static void what_a_libuv_callback_gives_just_before_the_wait_ends_it(void) {
    timer_data data = {.loop = quiet_loop()};
    data.future = pending_future(data.loop);
    uv_loop_t *uv = NULL;
    GIVES(rondo_loop_uv(data.loop, &uv), RONDO_OK);
    uv_prepare_t prepare;
    prepare.data = &data;
    CHECK(uv_prepare_init(uv, &prepare) == 0 && uv_prepare_start(&prepare, on_prepare) == 0);
    GIVES(rondo_loop_run_until_complete(data.loop, data.future, NULL), RONDO_OK);
    CHECK(data.looks == 2 && stats_of(data.loop).sleeps == 1);
    rondo_future_release(data.future);
    rondo_loop_release(data.loop);
}

static int closed;
static void on_closed(uv_handle_t *handle) {
    (void)handle;
    ++closed;
}

static void nothing(uv_timer_t *timer) { (void)timer; }

static void handles_left_on_the_loop_are_closed_with_it(void) {
    rondo_loop *loop = quiet_loop();
    uv_loop_t *uv = NULL;
    GIVES(rondo_loop_uv(loop, &uv), RONDO_OK);
    static uv_timer_t left;
    static uv_timer_t closing;
    CHECK(uv_timer_init(uv, &left) == 0 && uv_timer_start(&left, nothing, 100000, 0) == 0);
    CHECK(uv_timer_init(uv, &closing) == 0);
    uv_close((uv_handle_t *)&closing, on_closed);
    GIVES(rondo_loop_close(loop), RONDO_OK);
    CHECK(closed == 1 && uv_is_closing((uv_handle_t *)&left));
    rondo_loop_release(loop);
}

static void note_poll(uv_poll_t *poll, int status, int events) {
    CHECK(status == 0 && events == UV_READABLE);
    ++*(int *)poll->data;
}

// On Linux; elsewhere rondo watches through libuv, which takes a descriptor once.
static void a_descriptor_may_be_watched_through_libuv_too(void) {
    rondo_loop *loop = quiet_loop();
    uv_loop_t *uv = NULL;
    GIVES(rondo_loop_uv(loop, &uv), RONDO_OK);
    int ends[2];
    CHECK(pipe(ends) == 0 && write(ends[1], "x", 1) == 1);
    uv_poll_t poll;
    int events = 0;
    poll.data = &events;
    CHECK(uv_poll_init(uv, &poll, ends[0]) == 0 && uv_poll_start(&poll, UV_READABLE, note_poll) == 0);
    int calls = 0;
    RONDO_INIT(rondo_call_options, options);
    options.drop = count_end;
    rondo_status status = rondo_loop_add_reader(loop, ends[0], count_call, &calls, &options);
    if (status == RONDO_OK) {
        GIVES(rondo_loop_run_once(loop, 0), RONDO_OK);
        CHECK(events == 1 && calls == 1);
        GIVES(rondo_loop_remove_reader(loop, ends[0]), 1);
        CHECK(calls == 2);
    } else {
        CHECK(status == UV_EEXIST && calls == 0);
    }
    uv_close((uv_handle_t *)&poll, NULL);
    rondo_loop_release(loop);
    close(ends[0]);
    close(ends[1]);
}

int main(void) {
    RUN(the_libuv_loop_is_opened_once);
    RUN(a_libuv_callback_can_finish_what_a_coroutine_awaits);
    RUN(what_a_libuv_callback_gives_just_before_the_wait_ends_it);
    RUN(handles_left_on_the_loop_are_closed_with_it);
    RUN(a_descriptor_may_be_watched_through_libuv_too);
    return 0;
}
