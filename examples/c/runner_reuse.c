/* A runner keeps one loop for all its runs. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_status hello(void *arg, rondo_value *result) {
    static int runs = 0;
    (void)result;
    rondo_status s = rondo_sleep(RONDO_MS(10));
    if (s < 0) return s;
    printf("run %d: hello\n", ++runs);
    *(rondo_loop **)arg = rondo_loop_running();
    return RONDO_OK;
}

int main(void) {
    rondo_runner *runner = NULL;
    rondo_loop *first = NULL, *second = NULL;
    if (rondo_runner_create(NULL, &runner) < 0) return 1;
    rondo_runner_run(runner, hello, &first, NULL, NULL);
    rondo_runner_run(runner, hello, &second, NULL, NULL);
    printf("same loop: %s\n", first && first == second ? "yes" : "no");
    rondo_runner_release(runner);
    return 0;
}
