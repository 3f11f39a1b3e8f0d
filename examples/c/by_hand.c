/* A runner closed by hand. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_status work(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    rondo_status s = rondo_sleep(RONDO_MS(10));
    if (s == RONDO_OK) printf("working\n");
    return s;
}

int main(void) {
    rondo_runner *runner;
    if (rondo_runner_create(NULL, &runner) < 0) return 1;
    rondo_runner_run(runner, work, NULL, NULL, NULL, NULL);
    rondo_runner_close(runner, RONDO_FOREVER, NULL);

    if (rondo_runner_run(runner, work, NULL, NULL, NULL, NULL) == RONDO_ECLOSED) printf("a closed runner runs nothing\n");
    rondo_runner_release(runner);
    return 0;
}
