/* The smallest program: one coroutine, run to its end. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_status hello(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    rondo_status s = rondo_sleep(RONDO_MS(10));
    if (s == RONDO_OK) puts("hello");
    return s;
}

int main(void) { return rondo_run(hello, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
