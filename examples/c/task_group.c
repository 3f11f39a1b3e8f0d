/* A task group: tasks that end before the block does; one failure ends them all. */
#include <rondo/rondo.h>

#include <stdio.h>

struct fruit {
    const char *name;
    int64_t delay;
    int number;
};

static rondo_status count(void *arg, rondo_value *result) {
    const struct fruit *fruit = arg;
    rondo_status s = rondo_sleep(fruit->delay);
    if (s < 0) return s;
    if (fruit->number < 0) {
        char text[64];
        snprintf(text, sizeof text, "cannot count %s", fruit->name);
        return rondo_fail(RONDO_EFAILED, text);
    }
    printf("%s: %d\n", fruit->name, fruit->number);
    *result = rondo_i64(fruit->number);
    return RONDO_OK;
}

static rondo_status count_all(int pears, int *all) {
    struct fruit fruit[] = {{"apples", RONDO_MS(10), 3}, {"pears", RONDO_MS(20), pears}, {"plums", RONDO_MS(200), 5}};
    rondo_task *tasks[3] = {NULL};
    rondo_task_group *group;
    rondo_status s = rondo_task_group_begin(&group);
    if (s < 0) return s;
    for (int i = 0; i < 3 && s == RONDO_OK; ++i) s = rondo_task_group_spawn(group, count, &fruit[i], &tasks[i]);
    s = rondo_task_group_end(group, s); /* no task of the group is left from here on */
    for (int i = 0; i < 3; ++i) {
        rondo_value number;
        if (s == RONDO_OK && rondo_future_result(tasks[i], &number, NULL) == RONDO_OK) *all += (int)number.as.i64;
        rondo_future_release(tasks[i]);
    }
    return s;
}

static rondo_status show(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    int all = 0;
    rondo_status s = count_all(4, &all);
    if (s < 0) return s;
    printf("together: %d\n", all);
    if (count_all(-1, &all) == RONDO_EGROUP) { /* the plums are cancelled */
        const rondo_error *errors = rondo_fiber_error();
        for (size_t i = 0; i < rondo_error_child_count(errors); ++i)
            printf("failed: %s\n", rondo_error_message(rondo_error_child(errors, i)));
    }
    return RONDO_OK;
}

int main(void) { return rondo_run(show, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
