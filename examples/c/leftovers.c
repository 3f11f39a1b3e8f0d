/* What main leaves running is cancelled when the runner closes, and gets to clean up. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_status background(void *arg, rondo_value *result) {
    (void)result;
    printf("%s starts\n", (const char *)arg);
    rondo_status s = rondo_sleep(RONDO_S(3600));
    rondo_yield(); /* a clean-up may await */
    printf("%s cleans up\n", (const char *)arg);
    return s;
}

static rondo_status leave_work_behind(void *arg, rondo_value *result) {
    (void)arg;
    rondo_fiber_create(NULL, background, "first", NULL, NULL);
    rondo_fiber_create(NULL, background, "second", NULL, NULL);
    rondo_status s = rondo_sleep(RONDO_MS(10));
    if (s < 0) return s;
    printf("main ends\n");
    *result = rondo_text("result", 6);
    return RONDO_OK;
}

int main(void) {
    rondo_value result;
    if (rondo_run(leave_work_behind, NULL, &result, NULL) < 0) return 1;
    printf("after the run: %.*s\n", (int)result.len, (const char *)result.as.ptr);
    return 0;
}
