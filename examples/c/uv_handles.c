/* libuv handles of one's own on the loop: a timer and a pipe resolve futures from their callbacks, and a coroutine
 * awaits them in a straight line. */
#include <rondo/uv.h>

#include <stdio.h>

static void finish(void *future, rondo_value value) {
    if (rondo_future_set_result(future, &value) < 0) rondo_value_drop(&value);
    rondo_future_release(future);
}

/* ---- a timer */

static void on_timer(uv_timer_t *timer) { finish(timer->data, rondo_i64(1)); }

static rondo_status start_timer(uv_loop_t *loop, uv_timer_t *timer, rondo_future **out) {
    rondo_status s = rondo_future_create(NULL, NULL, out);
    if (s < 0) return s;
    timer->data = rondo_future_retain(*out);
    uv_timer_init(loop, timer);
    return uv_timer_start(timer, on_timer, 10, 0);
}

/* ---- a pipe */

static char buffer[64];

static void give_buffer(uv_handle_t *pipe, size_t suggested, uv_buf_t *out) {
    (void)pipe, (void)suggested;
    *out = uv_buf_init(buffer, sizeof buffer);
}

static void on_read(uv_stream_t *pipe, ssize_t length, const uv_buf_t *data) {
    rondo_value text = rondo_none();
    if (length > 0) rondo_value_copy(RONDO_STR, data->base, (size_t)length, &text);
    uv_read_stop(pipe);
    finish(pipe->data, text);
}

static rondo_status start_reading(uv_loop_t *loop, uv_pipe_t *pipe, uv_file fd, rondo_future **out) {
    rondo_status s = rondo_future_create(NULL, NULL, out);
    if (s < 0) return s;
    pipe->data = rondo_future_retain(*out);
    uv_pipe_init(loop, pipe, 0);
    uv_pipe_open(pipe, fd);
    return uv_read_start((uv_stream_t *)pipe, give_buffer, on_read);
}

/* ---- the program: the handles live in its frame and are closed before it returns */

static void on_close(uv_handle_t *handle) { finish(handle->data, rondo_none()); }

static rondo_status close_handle(uv_handle_t *handle) {
    rondo_future *closed = NULL;
    rondo_status s = rondo_future_create(NULL, NULL, &closed);
    if (s < 0) return s;
    handle->data = rondo_future_retain(closed);
    uv_close(handle, on_close);
    return rondo_await_release(closed, NULL);
}

static rondo_status program(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    uv_loop_t *loop = NULL;
    uv_timer_t timer;
    uv_pipe_t pipe;
    uv_file ends[2];
    rondo_future *fired = NULL, *text = NULL;
    rondo_value view;
    rondo_status s = rondo_loop_uv(NULL, &loop);
    if (s < 0) return s;
    uv_pipe(ends, 0, 0);
    start_timer(loop, &timer, &fired);
    start_reading(loop, &pipe, ends[0], &text);

    if (rondo_await(fired, NULL) == RONDO_OK) puts("the timer fired");
    uv_fs_t request;
    uv_buf_t hello = uv_buf_init("hello through a pipe", 20);
    uv_fs_write(NULL, &request, ends[1], &hello, 1, -1, NULL);
    if (rondo_await(text, &view) == RONDO_OK) printf("the pipe said: %.*s\n", (int)view.len, (char *)view.as.ptr);

    uv_fs_close(NULL, &request, ends[1], NULL);
    rondo_future_release(fired);
    rondo_future_release(text);
    close_handle((uv_handle_t *)&timer);
    return close_handle((uv_handle_t *)&pipe);
}

int main(void) { return rondo_run(program, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
