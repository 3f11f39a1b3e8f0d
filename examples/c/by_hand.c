/* A runner closed by hand: afterwards it is refused. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_status answer(void *arg, rondo_value *result) {
    (void)arg;
    *result = rondo_i64(42);
    return RONDO_OK;
}

int main(void) {
    rondo_runner *runner = NULL;
    rondo_value value;
    if (rondo_runner_create(NULL, &runner) < 0) return 1;
    if (rondo_runner_run(runner, answer, NULL, &value, NULL) == RONDO_OK) printf("ran: %d\n", (int)value.as.i64);
    if (rondo_runner_close(runner, RONDO_FOREVER, NULL) == RONDO_OK) puts("closed by hand");
    if (rondo_runner_run(runner, answer, NULL, NULL, NULL) == RONDO_ECLOSED) puts("another run: refused");
    rondo_runner_release(runner);
    return 0;
}
