/* Prints the clock every second, ten times; then, on the same runner, sleeps for five seconds.
 * With RONDO_EXAMPLE_FAST in the environment the clock is virtual: it jumps when everyone sleeps. */
#include <rondo/rondo.h>

#include <stdio.h>
#include <stdlib.h>

static int seconds_since(int64_t start) {
    return (int)((rondo_loop_time(rondo_loop_running()) - start + RONDO_MS(500)) / RONDO_S(1));
}

static rondo_status show_clock(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    int64_t start = rondo_loop_time(rondo_loop_running());
    for (int i = 0; i < 10; ++i) {
        printf("clock: %d\n", seconds_since(start));
        fflush(stdout);
        rondo_status s = rondo_sleep(RONDO_S(1));
        if (s < 0) return s;
    }
    return RONDO_OK;
}

static rondo_status sleep_long(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    int64_t start = rondo_loop_time(rondo_loop_running());
    rondo_status s = rondo_sleep(RONDO_S(5));
    if (s == RONDO_OK) printf("slept for %d\n", seconds_since(start));
    return s;
}

int main(void) {
    RONDO_INIT(rondo_loop_options, loop);
    RONDO_INIT(rondo_runner_options, options);
    if (getenv("RONDO_EXAMPLE_FAST")) loop.flags = RONDO_LOOP_VIRTUAL_CLOCK;
    options.loop = &loop;
    rondo_runner *runner;
    if (rondo_runner_create(&options, &runner) < 0) return 1;
    rondo_runner_run(runner, show_clock, NULL, NULL, NULL, NULL);
    rondo_runner_run(runner, sleep_long, NULL, NULL, NULL, NULL);
    rondo_runner_release(runner);
    return 0;
}
