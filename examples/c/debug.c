/* A runner in debug mode, and one that is not. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_status look(void *arg, rondo_value *result) {
    (void)arg;
    rondo_status s = rondo_sleep(RONDO_MS(10));
    if (s < 0) return s;
    *result = rondo_bool(rondo_loop_get_debug(NULL) == 1);
    return RONDO_OK;
}

static void run_with(uint32_t flags) {
    RONDO_INIT(rondo_runner_options, options);
    options.flags = flags;
    rondo_runner *runner;
    rondo_value debug;
    if (rondo_runner_create(&options, &runner) < 0) return;
    if (rondo_runner_run(runner, look, NULL, NULL, &debug, NULL) == RONDO_OK)
        printf("debug mode: %s\n", debug.as.i64 ? "on" : "off");
    rondo_runner_release(runner);
}

int main(void) {
    run_with(RONDO_RUNNER_DEBUG);
    run_with(RONDO_RUNNER_NO_DEBUG);
    return 0;
}
