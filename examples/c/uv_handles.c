/* libuv handles of your own on the loop: a timer and a pipe finish futures from their callbacks, and coroutines await
 * those in a straight line. The handles live in the coroutines' frames. */
#include <rondo/uv.h>

#include <stdio.h>
#include <string.h>

/* ---- closing: libuv wants the memory until its callback, so this wait cannot be cancelled */

static void on_close(uv_handle_t *handle) { rondo_future_set_result(handle->data, NULL); }

static void refuse(void *user, rondo_cancel_request *io) {
    (void)user;
    io->answer = RONDO_CANCEL_REFUSED;
}

static void close_handle(void *handle) {
    RONDO_INIT(rondo_future_options, options);
    options.cancel = refuse;
    rondo_future *closed;
    rondo_future_create(NULL, &options, &closed);
    ((uv_handle_t *)handle)->data = closed;
    uv_close(handle, on_close);
    rondo_await_release(closed, NULL);
}

/* ---- a timer */

static void on_timer(uv_timer_t *timer) { rondo_future_set_result(timer->data, NULL); }

static rondo_status wait_for_timer(uint64_t milliseconds) {
    uv_loop_t *loop;
    uv_timer_t timer;
    rondo_future *fired;
    rondo_status s = rondo_loop_uv(NULL, &loop);
    if (s < 0) return s;
    rondo_future_create(NULL, NULL, &fired);
    uv_timer_init(loop, &timer);
    timer.data = fired;
    uv_timer_start(&timer, on_timer, milliseconds, 0);

    s = rondo_await(fired, NULL);
    close_handle(&timer);
    rondo_future_release(fired);
    return s;
}

/* ---- a pipe: reads until the other end is closed */

static void on_alloc(uv_handle_t *pipe, size_t suggested, uv_buf_t *buffer) {
    static char room[64];
    (void)pipe, (void)suggested;
    *buffer = uv_buf_init(room, sizeof room);
}

static void on_read(uv_stream_t *pipe, ssize_t length, const uv_buf_t *buffer) {
    rondo_value text = rondo_none();
    if (length == 0) return;
    if (length > 0) rondo_value_copy(RONDO_STR, buffer->base, (size_t)length, &text);
    if (rondo_future_set_result(pipe->data, &text) < 0) rondo_value_drop(&text);
    uv_read_stop(pipe);
}

/* *text is none at the end. */
static rondo_status read_some(uv_pipe_t *pipe, rondo_value *text) {
    rondo_future *arrived;
    rondo_status s = rondo_future_create(NULL, NULL, &arrived);
    if (s < 0) return s;
    pipe->data = arrived;
    uv_read_start((uv_stream_t *)pipe, on_alloc, on_read);
    s = rondo_await(arrived, NULL);
    if (s == RONDO_OK) s = rondo_future_take(arrived, text, NULL);
    uv_read_stop((uv_stream_t *)pipe);
    rondo_future_release(arrived);
    return s;
}

static rondo_status hear(void *arg, rondo_value *result) {
    uv_loop_t *loop;
    uv_pipe_t pipe;
    rondo_value text;
    (void)result;
    rondo_status s = rondo_loop_uv(NULL, &loop);
    if (s < 0) return s;
    uv_pipe_init(loop, &pipe, 0);
    uv_pipe_open(&pipe, *(uv_file *)arg);
    while ((s = read_some(&pipe, &text)) == RONDO_OK && text.kind == RONDO_STR) {
        printf("the pipe said: %.*s\n", (int)text.len, (const char *)text.as.ptr);
        rondo_value_drop(&text);
    }
    close_handle(&pipe);
    return s;
}

/* ---- both at once */

static rondo_status speak(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    uv_file ends[2];
    rondo_task *listener;
    uv_fs_t request;
    uv_buf_t words = uv_buf_init("hello through a pipe", 20);
    uv_pipe(ends, 0, 0);
    rondo_fiber_create(NULL, hear, &ends[0], NULL, &listener);

    rondo_status s = wait_for_timer(10);
    if (s == RONDO_OK) printf("the timer fired\n");
    uv_fs_write(NULL, &request, ends[1], &words, 1, -1, NULL);
    uv_fs_close(NULL, &request, ends[1], NULL);
    return rondo_await_release(listener, NULL) < 0 ? RONDO_EFAILED : s;
}

int main(void) { return rondo_run(speak, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
