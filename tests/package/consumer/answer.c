#include <rondo/rondo.h>
#include <stdio.h>

static rondo_status answer(void *arg, rondo_value *result) {
    (void)arg;
    rondo_status status = rondo_sleep(RONDO_MS(1));
    if (status < 0) return status;
    *result = rondo_i64(42);
    return RONDO_OK;
}

int main(void) {
    rondo_value result;
    rondo_status status = rondo_run(answer, NULL, &result, NULL);
    if (status < 0) {
        fprintf(stderr, "%s\n", rondo_strerror(status));
        return 1;
    }
    printf("C %d\n", (int)result.as.i64);
    return result.as.i64 == 42 && rondo_version_number() == RONDO_VERSION_NUMBER ? 0 : 1;
}
