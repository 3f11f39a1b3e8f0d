/* A task runs beside its creator: it starts in the loop's next turn. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_status work(void *arg, rondo_value *result) {
    (void)arg;
    puts("task: runs");
    *result = rondo_i64(42);
    return RONDO_OK;
}

static rondo_status program(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    rondo_task *task = NULL;
    rondo_value value;
    rondo_status s = rondo_fiber_create(NULL, work, NULL, NULL, &task);
    if (s < 0) return s;
    puts("main: task created");
    s = rondo_await(task, &value);
    if (s == RONDO_OK) printf("main: task returned %d\n", (int)value.as.i64);
    rondo_future_release(task);
    return s;
}

int main(void) { return rondo_run(program, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
