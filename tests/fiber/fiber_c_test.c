/* Fibers as a C program meets them: plain functions, statuses, values, errors. */
#include <rondo/rondo.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

static rondo_status square(void *arg, rondo_value *result) {
    int64_t n = *(int64_t *)arg;
    rondo_status s = rondo_sleep(RONDO_US(100) * n);
    if (s < 0) return s;
    *result = rondo_i64(n * n);
    return RONDO_OK;
}

static rondo_status sum_of_squares(void *arg, rondo_value *result) {
    int64_t numbers[] = {3, 1, 2};
    rondo_task *tasks[3];
    int64_t sum = 0;
    (void)arg;
    for (int i = 0; i < 3; ++i) {
        rondo_status s = rondo_fiber_create(NULL, square, &numbers[i], NULL, &tasks[i]);
        assert(s == RONDO_OK);
    }
    rondo_future *all;
    assert(rondo_gather(NULL, tasks, 3, 0, &all) == RONDO_OK);
    assert(rondo_await_release(all, NULL) == RONDO_OK);
    for (int i = 0; i < 3; ++i) {
        rondo_value view;
        assert(rondo_await_release(tasks[i], &view) == RONDO_OK);
        sum += view.as.i64;
    }
    *result = rondo_i64(sum);
    return RONDO_OK;
}

static rondo_status fail(void *arg, rondo_value *result) {
    (void)result;
    rondo_yield();
    return rondo_fail(RONDO_EFAILED, arg);
}

static rondo_status pass_on(void *arg, rondo_value *result) {
    rondo_task *task;
    rondo_status s = rondo_fiber_create(NULL, fail, arg, NULL, &task);
    (void)result;
    if (s < 0) return s;
    return rondo_await_release(task, NULL);
}

static rondo_status greet(void *arg, rondo_value *result) {
    char text[32];
    int length = snprintf(text, sizeof text, "hello, %s", (const char *)arg);
    return rondo_value_copy(RONDO_STR, text, (size_t)length, result);
}

int main(void) {
    rondo_value value;
    rondo_error *error;

    assert(rondo_run(sum_of_squares, NULL, &value, &error) == RONDO_OK);
    assert(error == NULL && value.kind == RONDO_I64 && value.as.i64 == 14);

    assert(rondo_run(pass_on, "from below", &value, &error) == RONDO_EFAILED);
    assert(value.kind == RONDO_NONE);
    assert(strcmp(rondo_error_message(error), "from below") == 0);
    rondo_error_release(error);

    assert(rondo_run(greet, "C", &value, NULL) == RONDO_OK);
    assert(value.kind == RONDO_STR && strcmp(value.as.ptr, "hello, C") == 0);
    rondo_value_drop(&value);

    assert(rondo_run(NULL, NULL, NULL, NULL) == RONDO_EINVAL);
    assert(rondo_await(NULL, NULL) == RONDO_EINVAL);
    assert(rondo_sleep(1) == RONDO_ENOFIBER);
    assert(rondo_yield() == RONDO_ENOFIBER);
    return 0;
}
