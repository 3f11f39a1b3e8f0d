/* A task runs beside its creator. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_status child(void *arg, rondo_value *result) {
    (void)arg;
    printf("child: starts\n");
    rondo_status s = rondo_sleep(RONDO_MS(10));
    if (s < 0) return s;
    printf("child: ends\n");
    *result = rondo_text("done", 4);
    return RONDO_OK;
}

static rondo_status parent(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    rondo_task *task;
    rondo_value says;
    rondo_status s = rondo_fiber_create(NULL, child, NULL, NULL, &task);
    if (s < 0) return s;
    printf("main: the child has not started\n");
    rondo_yield();
    printf("main: the child has started\n");
    s = rondo_await_release(task, &says);
    if (s == RONDO_OK) printf("main: the child says %.*s\n", (int)says.len, (const char *)says.as.ptr);
    return s;
}

int main(void) { return rondo_run(parent, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
