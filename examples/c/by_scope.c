/* Releasing a runner closes it: in C, the end of the scope that owns it. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_status answer(void *arg, rondo_value *result) {
    *(rondo_loop **)arg = rondo_loop_retain(rondo_loop_running());
    *result = rondo_i64(42);
    return RONDO_OK;
}

static rondo_loop *run_in_scope(void) {
    rondo_loop *loop = NULL;
    rondo_runner *runner = NULL;
    rondo_value value;
    if (rondo_runner_create(NULL, &runner) < 0) return NULL;
    if (rondo_runner_run(runner, answer, &loop, &value, NULL) == RONDO_OK) printf("ran: %d\n", (int)value.as.i64);
    rondo_runner_release(runner);
    return loop;
}

int main(void) {
    rondo_loop *loop = run_in_scope();
    if (rondo_loop_is_closed(loop) == 1) puts("the scope closed it");
    rondo_loop_release(loop);
    return 0;
}
