/* Awaiting a coroutine is a call: no task, no trip through the loop. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_status leaf(int n, int *sum) {
    if (n % 2) {
        rondo_status s = rondo_sleep(RONDO_MS(10));
        if (s < 0) return s;
    }
    *sum += n;
    return RONDO_OK;
}

static rondo_status branch(int n, int *sum) {
    rondo_status s = leaf(n, sum);
    return s < 0 ? s : leaf(n + 1, sum);
}

static rondo_status tree(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    int sum = 0;
    rondo_status s = branch(1, &sum);
    if (s == RONDO_OK) s = branch(3, &sum);
    if (s == RONDO_OK) printf("the leaves add up to %d\n", sum);
    return s;
}

int main(void) { return rondo_run(tree, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
