/* A coroutine, run: says hello after ten milliseconds. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_status hello(void *arg, rondo_value *result) {
    (void)arg;
    rondo_status s = rondo_sleep(RONDO_MS(10));
    if (s < 0) return s; /* cancelled */
    printf("hello from a coroutine\n");
    *result = rondo_i64(42);
    return RONDO_OK;
}

int main(void) {
    rondo_value answer;
    if (rondo_run(hello, NULL, &answer, NULL) < 0) return 1;
    printf("run returned %d\n", (int)answer.as.i64);
    return 0;
}
