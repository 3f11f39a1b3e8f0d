/* Awaiting a coroutine directly is a call: no task, no trip through the loop. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_status inner(int *answer) {
    puts("inner: thinks");
    rondo_status s = rondo_sleep(RONDO_MS(10));
    if (s == RONDO_OK) *answer = 42;
    return s;
}

static rondo_status outer(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    int answer = 0;
    puts("outer: asks inner");
    rondo_status s = inner(&answer);
    if (s == RONDO_OK) printf("outer: inner says %d\n", answer);
    return s;
}

int main(void) { return rondo_run(outer, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
