/* A job that blocks for 200 ms beside a fiber that sleeps for 100: neither waits for the other. */
#include <rondo/rondo.h>

#include <stdio.h>
#include <time.h>

static rondo_status block(void *arg, rondo_job *job, rondo_value *result) {
    (void)job;
    nanosleep(arg, NULL); /* in a thread: the loop goes on */
    static const char text[] = "the job has ended";
    return rondo_value_copy(RONDO_STR, text, sizeof text - 1, result);
}

static rondo_status sleeper(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    printf("the sleeper sleeps\n");
    rondo_status s = rondo_sleep(RONDO_MS(100));
    if (s == RONDO_OK) printf("the sleeper is awake\n");
    return s;
}

static rondo_status both(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    struct timespec duration = {.tv_nsec = 200 * 1000 * 1000};
    rondo_future *children[2], *all;
    rondo_to_thread(NULL, block, &duration, NULL, &children[0]);
    rondo_fiber_create(NULL, sleeper, NULL, NULL, &children[1]);
    rondo_gather(NULL, children, 2, 0, &all);
    rondo_status s = rondo_await_release(all, NULL);
    rondo_value said;
    if (rondo_await(children[0], &said) == RONDO_OK) printf("%.*s\n", (int)said.len, (char *)said.as.ptr);
    for (int i = 0; i < 2; ++i) rondo_future_release(children[i]);
    return s;
}

int main(void) { return rondo_run(both, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
