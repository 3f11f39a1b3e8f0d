/* What main leaves behind is cancelled when the loop closes, and its cleanup runs, awaits included. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_status worker(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    puts("worker: starts");
    rondo_status s = rondo_sleep(RONDO_S(3600));
    if (s == RONDO_ECANCELED) {
        puts("worker: cancelled");
        rondo_sleep(RONDO_MS(10));
        puts("worker: cleaned up");
    }
    return s;
}

static rondo_status program(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    rondo_status s = rondo_fiber_create(NULL, worker, NULL, NULL, NULL);
    if (s == RONDO_OK) s = rondo_sleep(RONDO_MS(10));
    puts("main: leaves");
    return s;
}

int main(void) {
    rondo_status s = rondo_run(program, NULL, NULL, NULL);
    puts("closed");
    return s == RONDO_OK ? 0 : 1;
}
