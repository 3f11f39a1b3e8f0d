/* Two runs on one runner: one loop for both. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_loop *loops[2];

static rondo_status say(void *arg, rondo_value *result) {
    static int runs = 0;
    (void)result;
    loops[runs++] = rondo_loop_running();
    rondo_status s = rondo_sleep(RONDO_MS(10));
    if (s == RONDO_OK) printf("%s\n", (const char *)arg);
    return s;
}

int main(void) {
    rondo_runner *runner;
    if (rondo_runner_create(NULL, &runner) < 0) return 1;
    rondo_runner_run(runner, say, "first run", NULL, NULL, NULL);
    rondo_runner_run(runner, say, "second run", NULL, NULL, NULL);
    printf("the same loop: %s\n", loops[0] && loops[0] == loops[1] ? "yes" : "no");
    rondo_runner_release(runner);
    return 0;
}
