/* as_completed: results as soon as they are there, whatever the order in which they were asked for. */
#include <rondo/rondo.h>

#include <stdio.h>
#include <string.h>

struct page {
    const char *name;
    int64_t delay;
};

static rondo_status fetch(void *arg, rondo_value *result) {
    const struct page *page = arg;
    rondo_status s = rondo_sleep(page->delay);
    if (s < 0) return s;
    *result = rondo_text(page->name, strlen(page->name));
    return RONDO_OK;
}

static rondo_status show(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    struct page pages[] = {{"slow", RONDO_MS(150)}, {"fast", RONDO_MS(10)}, {"medium", RONDO_MS(80)}};
    rondo_task *tasks[3];
    rondo_future *all, *page;
    rondo_value name;
    size_t index;
    for (int i = 0; i < 3; ++i) rondo_fiber_create(NULL, fetch, &pages[i], NULL, &tasks[i]);
    rondo_as_completed(NULL, tasks, 3, RONDO_FOREVER, &all);
    while (rondo_next_completed(all, &page, &index) == 1) {
        if (rondo_future_result(page, &name, NULL) < 0) continue;
        printf("%s was number %zu\n", (const char *)name.as.ptr, index + 1);
    }
    rondo_future_release(all);
    for (int i = 0; i < 3; ++i) rondo_future_release(tasks[i]);

    struct page mirrors[] = {{"far", RONDO_MS(500)}, {"near", RONDO_MS(10)}};
    rondo_future *first;
    for (int i = 0; i < 2; ++i) rondo_fiber_create(NULL, fetch, &mirrors[i], NULL, &tasks[i]);
    rondo_wait(NULL, tasks, 2, RONDO_FIRST_COMPLETED, RONDO_FOREVER, &first);
    rondo_status s = rondo_await_release(first, NULL);
    for (int i = 0; i < 2; ++i) {
        if (rondo_future_result(tasks[i], &name, NULL) == RONDO_OK) printf("first: %s\n", (const char *)name.as.ptr);
        rondo_future_cancel(tasks[i], NULL); /* does nothing to the one that is done */
        rondo_future_release(tasks[i]);
    }
    return s;
}

int main(void) { return rondo_run(show, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
