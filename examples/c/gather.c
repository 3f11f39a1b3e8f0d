/* Three sleepers at once: they end as they wake, the results come in the order of the arguments. */
#include <rondo/rondo.h>

#include <ctype.h>
#include <stdio.h>

struct sleeper {
    char name;
    int64_t delay;
};

static rondo_status sleeper(void *arg, rondo_value *result) {
    const struct sleeper *self = arg;
    printf("%c starts\n", self->name);
    rondo_status s = rondo_sleep(self->delay);
    if (s < 0) return s;
    printf("%c ends\n", self->name);
    *result = rondo_i64(toupper(self->name));
    return RONDO_OK;
}

static rondo_status gather(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    struct sleeper sleepers[] = {{'a', RONDO_MS(200)}, {'b', RONDO_MS(100)}, {'c', RONDO_MS(300)}};
    rondo_task *tasks[3];
    rondo_future *all;
    for (int i = 0; i < 3; ++i) rondo_fiber_create(NULL, sleeper, &sleepers[i], NULL, &tasks[i]);
    rondo_gather(NULL, tasks, 3, 0, &all);
    rondo_status s = rondo_await_release(all, NULL);
    for (int i = 0; i < 3; ++i) {
        rondo_value name;
        if (rondo_await_release(tasks[i], &name) < 0) continue;
        printf("%c%c", (char)name.as.i64, i < 2 ? ' ' : '\n');
    }
    return s;
}

int main(void) { return rondo_run(gather, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
