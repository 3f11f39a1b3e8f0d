/* Structured concurrency on a page: a block ends when everything it has started has ended, whatever happens inside.
 * Three mirrors are asked at once and the first answer wins; saving it is never cut short; all in ordinary functions. */
#include <rondo/rondo.h>

#include <stdio.h>

struct mirror {
    const char *name;
    int64_t delay;
};

/* Clean-up stands behind the await that may be cancelled, where C programmers expect it. */
static rondo_status fetch(void *arg, rondo_value *result) {
    const struct mirror *mirror = arg;
    (void)result;
    printf("%s: connected\n", mirror->name);
    rondo_status s = rondo_sleep(mirror->delay);
    printf("%s: %s\n", mirror->name, s == RONDO_OK ? "an answer" : "disconnected");
    if (s == RONDO_OK && mirror->delay == 0) s = rondo_fail(RONDO_EFAILED, "an answer without a body");
    return s;
}

/* The mirrors live on this fiber's stack: safe, for no task of the group outlives the block. */
static rondo_status fetch_first(struct mirror *mirrors, size_t count, const char **winner) {
    rondo_task *tasks[8] = {NULL};
    rondo_future *answers = NULL;
    rondo_task_group *group;
    size_t first = 0;
    rondo_status s = rondo_task_group_begin(&group);
    if (s < 0) return s;
    for (size_t i = 0; i < count && s == RONDO_OK; ++i)
        s = rondo_task_group_spawn(group, fetch, &mirrors[i], &tasks[i]);
    if (s == RONDO_OK) s = rondo_as_completed(NULL, tasks, count, RONDO_FOREVER, &answers);
    if (s == RONDO_OK) s = rondo_next_completed(answers, NULL, &first);
    if (s == 1) s = rondo_task_group_cancel(group); /* the others are cancelled ... */
    s = rondo_task_group_end(group, s);             /* ... and have cleaned up when this returns */
    rondo_future_release(answers);
    for (size_t i = 0; i < count; ++i) rondo_future_release(tasks[i]);
    *winner = mirrors[first].name;
    return s;
}

static rondo_status save(void *name, rondo_value *result) {
    (void)result;
    rondo_status s = rondo_sleep(RONDO_MS(100));
    printf("%s: %s\n", (const char *)name, s == RONDO_OK ? "saved" : "half a file is left");
    return s;
}

/* The caller's patience ends, the file is written all the same. */
static rondo_status save_patiently(const char *name) {
    rondo_task *saving;
    rondo_future *shielded;
    rondo_timeout *limit;
    rondo_status s = rondo_fiber_create(NULL, save, (void *)name, NULL, &saving);
    if (s < 0) return s;
    s = rondo_shield(saving, &shielded);
    if (s == RONDO_OK) s = rondo_timeout_begin(RONDO_MS(10), &limit);
    if (s == RONDO_OK) s = rondo_timeout_end(limit, rondo_await_release(shielded, NULL));
    if (s == RONDO_ETIMEDOUT) {
        printf("%s: takes its time\n", name);
        s = rondo_await(saving, NULL);
    }
    rondo_future_release(saving);
    return s;
}

static rondo_status show(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    const char *winner;
    struct mirror mirrors[] = {{"far", RONDO_S(5)}, {"near", RONDO_MS(10)}, {"dead", RONDO_S(9)}};
    rondo_status s = fetch_first(mirrors, 3, &winner);
    if (s == RONDO_OK) s = save_patiently(winner);
    if (s < 0) return s;

    struct mirror broken[] = {{"slow", RONDO_S(5)}, {"empty", 0}};
    if (fetch_first(broken, 2, &winner) == RONDO_EGROUP) /* a failure ends the block like a success does */
        printf("failed: %s\n", rondo_error_message(rondo_error_unwrap(rondo_fiber_error())));
    return RONDO_OK;
}

int main(void) { return rondo_run(show, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
