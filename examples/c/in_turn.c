/* A coroutine awaits two others, one after the other: in a fiber, that is calling them. */
#include <rondo/rondo.h>

#include <stdio.h>
#include <string.h>

static rondo_status fetch(const char *what, int64_t delay, size_t *length) {
    printf("fetching %s\n", what);
    rondo_status s = rondo_sleep(delay);
    if (s < 0) return s;
    printf("fetched %s\n", what);
    *length = strlen(what);
    return RONDO_OK;
}

static rondo_status breakfast(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    size_t bread, butter;
    rondo_status s = fetch("bread", RONDO_MS(20), &bread);
    if (s == RONDO_OK) s = fetch("butter", RONDO_MS(10), &butter);
    if (s == RONDO_OK) printf("together: %zu\n", bread + butter);
    return s;
}

int main(void) { return rondo_run(breakfast, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
