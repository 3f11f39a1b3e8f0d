/* Two runs: each makes a loop of its own and closes it. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_loop *loops[2];

static rondo_status say(void *arg, rondo_value *result) {
    static int runs = 0;
    (void)result;
    loops[runs++] = rondo_loop_retain(rondo_loop_running());
    rondo_status s = rondo_sleep(RONDO_MS(10));
    if (s == RONDO_OK) printf("%s\n", (const char *)arg);
    return s;
}

int main(void) {
    if (rondo_run(say, "first run", NULL, NULL) < 0) return 1;
    if (rondo_run(say, "second run", NULL, NULL) < 0) return 1;
    printf("the same loop: %s\n", loops[0] == loops[1] ? "yes" : "no");
    rondo_loop_release(loops[0]);
    rondo_loop_release(loops[1]);
    return 0;
}
