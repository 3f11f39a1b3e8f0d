/* Timeouts: around one thing, around a block, moved while it runs; and what a block may do when its time is over. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_status answer(void *delay, rondo_value *result) {
    rondo_status s = rondo_sleep(*(int64_t *)delay);
    if (s < 0) return s;
    *result = rondo_text("an answer", 9);
    return RONDO_OK;
}

static rondo_status ask(int64_t delay, int64_t patience) {
    rondo_task *task;
    rondo_value text;
    rondo_status s = rondo_fiber_create(NULL, answer, &delay, NULL, &task);
    if (s < 0) return s;
    s = rondo_wait_for(task, patience, &text);
    if (s == RONDO_OK) printf("%.*s\n", (int)text.len, (const char *)text.as.ptr);
    if (s == RONDO_ETIMEDOUT) printf("too late\n"); /* and the task has ended */
    rondo_future_release(task);
    return s;
}

static rondo_status three_parts(rondo_timeout *limit) {
    for (int part = 1; part <= 3; ++part) {
        rondo_status s = rondo_sleep(RONDO_MS(10));
        if (s < 0) return s;
        printf("part %d\n", part);
        rondo_timeout_reschedule(limit, rondo_loop_time(NULL) + RONDO_MS(500)); /* something comes: there is time */
    }
    return RONDO_OK;
}

static rondo_status show(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    ask(RONDO_MS(10), RONDO_S(1));
    ask(RONDO_S(1), RONDO_MS(10));

    rondo_timeout *limit;
    rondo_status s = rondo_timeout_begin(RONDO_MS(500), &limit);
    if (s == RONDO_OK) s = rondo_timeout_end(limit, three_parts(limit));
    if (s < 0) return s;

    s = rondo_timeout_begin(RONDO_MS(10), &limit);
    if (s < 0) return s;
    int saved = rondo_sleep(RONDO_S(1)) == RONDO_OK;
    s = rondo_timeout_end(limit, RONDO_OK); /* the block has dealt with it: no error */
    printf("saved: %s\n", saved ? "yes" : "no");
    return s;
}

int main(void) { return rondo_run(show, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
