/* A runner closed by the end of its scope: releasing it closes it. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_status work(void *arg, rondo_value *result) {
    (void)result;
    rondo_status s = rondo_sleep(RONDO_MS(10));
    if (s == RONDO_OK) printf("working on %s\n", (const char *)arg);
    return s;
}

static const char *closed(rondo_loop *loop) { return rondo_loop_is_closed(loop) == 1 ? "yes" : "no"; }

/* Answers the loop, to be looked at afterwards. */
static rondo_loop *work_in_scope(void) {
    rondo_runner *runner;
    rondo_loop *loop;
    if (rondo_runner_create(NULL, &runner) < 0) return NULL;
    rondo_runner_run(runner, work, "the first thing", NULL, NULL, NULL);
    rondo_runner_run(runner, work, "the second thing", NULL, NULL, NULL);
    rondo_runner_get_loop(runner, &loop);
    rondo_loop_retain(loop);
    printf("inside: closed is %s\n", closed(loop));
    rondo_runner_release(runner);
    return loop;
}

int main(void) {
    rondo_loop *loop = work_in_scope();
    printf("outside: closed is %s\n", closed(loop));
    rondo_loop_release(loop);
    return 0;
}
