/* gather and failures: off, the first failure is the gathering's; on, failures are results. */
#include <rondo/rondo.h>

#include <stdio.h>
#include <string.h>

static rondo_status lookup(void *arg, rondo_value *result) {
    const char *name = arg;
    if (name[0] == '?') return rondo_fail(RONDO_EFAILED, "no such host");
    *result = rondo_text(name, strlen(name));
    return RONDO_OK;
}

static rondo_status gathered(uint32_t flags, rondo_future **all) {
    static char *names[] = {"one", "?", "three"};
    rondo_task *tasks[3];
    for (int i = 0; i < 3; ++i) rondo_fiber_create(NULL, lookup, names[i], NULL, &tasks[i]);
    rondo_gather(NULL, tasks, 3, flags, all);
    for (int i = 0; i < 3; ++i) rondo_future_release(tasks[i]);
    return rondo_await(*all, NULL);
}

static rondo_status program(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    rondo_future *all = NULL;
    if (gathered(0, &all) < 0) printf("off: raised %s\n", rondo_error_message(rondo_fiber_error()));
    rondo_future_release(all);

    rondo_status s = gathered(RONDO_GATHER_RETURN_ERRORS, &all);
    for (size_t i = 0; s == RONDO_OK && i < rondo_gather_count(all); ++i) {
        rondo_value text;
        rondo_error *error = NULL;
        rondo_future_result(rondo_gather_child(all, i), &text, &error);
        printf("%s%s", i == 0 ? "on: " : ", ", error ? rondo_error_message(error) : (const char *)text.as.ptr);
        rondo_error_release(error);
    }
    printf("\n");
    rondo_future_release(all);
    return s;
}

int main(void) { return rondo_run(program, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
