/* Each rondo_run makes a loop of its own and closes it. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_status hello(void *arg, rondo_value *result) {
    static int runs = 0;
    (void)result;
    rondo_status s = rondo_sleep(RONDO_MS(10));
    if (s < 0) return s;
    printf("run %d: hello\n", ++runs);
    *(rondo_loop **)arg = rondo_loop_retain(rondo_loop_running());
    return RONDO_OK;
}

int main(void) {
    rondo_loop *first = NULL, *second = NULL;
    if (rondo_run(hello, &first, NULL, NULL) < 0 || rondo_run(hello, &second, NULL, NULL) < 0) return 1;
    printf("same loop: %s\n", first == second ? "yes" : "no");
    rondo_loop_release(first);
    rondo_loop_release(second);
    return 0;
}
