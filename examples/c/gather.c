/* Three sleepers side by side: they finish in their own order, the results stand in the order of the arguments. */
#include <rondo/rondo.h>

#include <stdio.h>

struct sleeper {
    const char *name;
    int64_t delay;
};

static rondo_status sleeper(void *arg, rondo_value *result) {
    const struct sleeper *self = arg;
    printf("start %s\n", self->name);
    rondo_status s = rondo_sleep(self->delay);
    if (s < 0) return s;
    printf("finish %s\n", self->name);
    *result = rondo_text(self->name, 1);
    return RONDO_OK;
}

static rondo_status program(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    struct sleeper sleepers[] = {{"a", RONDO_MS(200)}, {"b", RONDO_MS(100)}, {"c", RONDO_MS(300)}};
    rondo_task *tasks[3];
    rondo_future *all = NULL;
    for (int i = 0; i < 3; ++i) rondo_fiber_create(NULL, sleeper, &sleepers[i], NULL, &tasks[i]);
    rondo_gather(NULL, tasks, 3, 0, &all);
    rondo_status s = rondo_await(all, NULL);
    if (s == RONDO_OK) printf("results:");
    for (int i = 0; i < 3; ++i) {
        rondo_value name;
        if (s == RONDO_OK && rondo_future_result(tasks[i], &name, NULL) == RONDO_OK)
            printf(" %.*s", (int)name.len, (const char *)name.as.ptr);
        rondo_future_release(tasks[i]);
    }
    if (s == RONDO_OK) printf("\n");
    rondo_future_release(all);
    return s;
}

int main(void) { return rondo_run(program, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
