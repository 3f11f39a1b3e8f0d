/* A coroutine awaits two others, one after the other. In C that is calling them. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_status work(const char *name, int value, int *out) {
    printf("%s: starts\n", name);
    rondo_status s = rondo_sleep(RONDO_MS(10));
    if (s < 0) return s;
    printf("%s: done\n", name);
    *out = value;
    return RONDO_OK;
}

static rondo_status outer(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    int first = 0, second = 0;
    puts("outer: starts");
    rondo_status s = work("first", 1, &first);
    if (s == RONDO_OK) s = work("second", 2, &second);
    if (s == RONDO_OK) printf("outer: got %d and %d\n", first, second);
    return s;
}

int main(void) { return rondo_run(outer, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
