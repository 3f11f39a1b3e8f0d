/* Two downloads as tasks, then gathered. */
#include <rondo/rondo.h>

#include <stdio.h>

struct download {
    const char *name;
    int parts;
};

static rondo_status download(void *arg, rondo_value *result) {
    const struct download *self = arg;
    for (int part = 1; part <= self->parts; ++part) {
        rondo_status s = rondo_sleep(RONDO_MS(20) * self->parts);
        if (s < 0) return s;
        printf("%s: %d/%d\n", self->name, part, self->parts);
    }
    *result = rondo_i64(self->parts * 100);
    return RONDO_OK;
}

static rondo_status download_both(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    struct download atlas = {"atlas", 3}, poem = {"poem", 2};
    rondo_task *tasks[2];
    rondo_future *both;
    rondo_value first, second;
    rondo_fiber_create(NULL, download, &atlas, NULL, &tasks[0]);
    rondo_fiber_create(NULL, download, &poem, NULL, &tasks[1]);
    rondo_gather(NULL, tasks, 2, 0, &both);
    rondo_status s = rondo_await_release(both, NULL);
    rondo_await_release(tasks[0], &first);
    rondo_await_release(tasks[1], &second);
    if (s == RONDO_OK) printf("sizes: %d %d\n", (int)first.as.i64, (int)second.as.i64);
    return s;
}

int main(void) { return rondo_run(download_both, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
