/* A clock that strikes every second, ten times; then a long sleep on the same runner. With RONDO_EXAMPLE_FAST in the
 * environment the loop's clock is virtual: the program tells the same seconds at once. */
#include <rondo/rondo.h>

#include <stdio.h>
#include <stdlib.h>

static int seconds_since(int64_t start) {
    return (int)((rondo_loop_time(NULL) - start) / RONDO_S(1));
}

static rondo_status strike(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    int64_t start = rondo_loop_time(NULL);
    for (int i = 0; i < 10; ++i) {
        rondo_status s = rondo_sleep(RONDO_S(1));
        if (s < 0) return s;
        printf("second %d\n", seconds_since(start));
    }
    return RONDO_OK;
}

static rondo_status sleeper(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    int64_t start = rondo_loop_time(NULL);
    rondo_status s = rondo_sleep(RONDO_S(5));
    if (s == RONDO_OK) printf("slept for %d seconds on the same runner\n", seconds_since(start));
    return s;
}

int main(void) {
    RONDO_INIT(rondo_loop_options, loop);
    RONDO_INIT(rondo_runner_options, options);
    if (getenv("RONDO_EXAMPLE_FAST")) loop.flags = RONDO_LOOP_VIRTUAL_CLOCK;
    options.loop = &loop;
    rondo_runner *runner = NULL;
    if (rondo_runner_create(&options, &runner) < 0) return 1;
    rondo_runner_run(runner, strike, NULL, NULL, NULL);
    rondo_runner_run(runner, sleeper, NULL, NULL, NULL);
    rondo_runner_release(runner);
    return 0;
}
