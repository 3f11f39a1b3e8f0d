/* A runner in debug mode. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_status look(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    printf("debug mode: %s\n", rondo_loop_get_debug(NULL) == 1 ? "on" : "off");
    return RONDO_OK;
}

int main(void) {
    RONDO_INIT(rondo_runner_options, options);
    options.flags = RONDO_RUNNER_DEBUG;
    rondo_runner *runner = NULL;
    if (rondo_runner_create(&options, &runner) < 0) return 1;
    rondo_runner_run(runner, look, NULL, NULL, NULL);
    rondo_runner_release(runner);
    return 0;
}
