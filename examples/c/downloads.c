/* Two "downloads" started as tasks, then awaited together. */
#include <rondo/rondo.h>

#include <stdio.h>

struct download {
    const char *name;
    int64_t delay;
    int bytes;
};

static rondo_status download(void *arg, rondo_value *result) {
    const struct download *self = arg;
    printf("%s: started\n", self->name);
    rondo_status s = rondo_sleep(self->delay);
    if (s < 0) return s;
    printf("%s: %d bytes\n", self->name, self->bytes);
    *result = rondo_i64(self->bytes);
    return RONDO_OK;
}

static int64_t bytes_of(rondo_task *task) {
    rondo_value bytes = rondo_none();
    rondo_future_result(task, &bytes, NULL);
    return bytes.as.i64;
}

static rondo_status program(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    struct download one = {"one", RONDO_MS(40), 100}, two = {"two", RONDO_MS(20), 200};
    rondo_task *tasks[2];
    rondo_future *both = NULL;
    rondo_fiber_create(NULL, download, &one, NULL, &tasks[0]);
    rondo_fiber_create(NULL, download, &two, NULL, &tasks[1]);
    rondo_gather(NULL, tasks, 2, 0, &both);
    rondo_status s = rondo_await(both, NULL);
    if (s == RONDO_OK) printf("together: %d bytes\n", (int)(bytes_of(tasks[0]) + bytes_of(tasks[1])));
    rondo_future_release(both);
    rondo_future_release(tasks[0]);
    rondo_future_release(tasks[1]);
    return s;
}

int main(void) { return rondo_run(program, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
