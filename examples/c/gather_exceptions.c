/* gather and errors: the first one is raised while the others run on, or all of them are results. */
#include <rondo/rondo.h>

#include <stdio.h>
#include <string.h>

struct work {
    const char *name;
    int64_t delay;
};

static struct work works[] = {{"good", RONDO_MS(10)}, {"bad", RONDO_MS(20)}, {"slow", RONDO_MS(30)}};

static rondo_status work(void *arg, rondo_value *result) {
    const struct work *self = arg;
    rondo_status s = rondo_sleep(self->delay);
    if (s < 0) return s;
    if (strcmp(self->name, "bad") == 0) return rondo_fail(RONDO_EFAILED, "bad luck");
    printf("%s is done\n", self->name);
    *result = rondo_text(self->name, strlen(self->name));
    return RONDO_OK;
}

/* The gather holds its children: rondo_gather_child shows them. */
static rondo_future *gather_works(uint32_t flags) {
    rondo_task *tasks[3];
    rondo_future *all;
    for (int i = 0; i < 3; ++i) rondo_fiber_create(NULL, work, &works[i], NULL, &tasks[i]);
    rondo_gather(NULL, tasks, 3, flags, &all);
    for (int i = 0; i < 3; ++i) rondo_future_release(tasks[i]);
    return all;
}

static rondo_status raised(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    rondo_future *all = gather_works(0);
    rondo_future *slow = rondo_gather_child(all, 2);
    if (rondo_await(all, NULL) < 0) printf("raised: %s\n", rondo_error_message(rondo_fiber_error()));
    printf("slow was cancelled: %s\n", rondo_future_cancelled(slow) == 1 ? "yes" : "no");
    rondo_status s = rondo_await(slow, NULL);
    rondo_future_release(all);
    return s;
}

static rondo_status returned(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    rondo_future *all = gather_works(RONDO_GATHER_RETURN_ERRORS);
    rondo_status s = rondo_await(all, NULL);
    for (size_t i = 0; i < rondo_gather_count(all); ++i) {
        rondo_value name;
        if (rondo_await(rondo_gather_child(all, i), &name) == RONDO_OK) {
            printf("result: %.*s\n", (int)name.len, (const char *)name.as.ptr);
        } else {
            printf("error: %s\n", rondo_error_message(rondo_fiber_error()));
        }
    }
    rondo_future_release(all);
    return s;
}

int main(void) {
    if (rondo_run(raised, NULL, NULL, NULL) < 0) return 1;
    if (rondo_run(returned, NULL, NULL, NULL) < 0) return 1;
    return 0;
}
