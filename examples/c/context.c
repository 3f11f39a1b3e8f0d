/* Context variables: a run in a context of its own, and values that stay from run to run. */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_ctxvar *request;

static int current_request(void) {
    rondo_value view;
    return rondo_context_get(NULL, request, &view) == RONDO_OK ? (int)view.as.i64 : -1;
}

static rondo_status show(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    printf("context given: request %d\n", current_request());
    return RONDO_OK;
}

static rondo_status show_and_set(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    rondo_value one = rondo_i64(1);
    printf("run 1: request %d, sets it to 1\n", current_request());
    return rondo_context_set(NULL, request, &one, NULL);
}

static rondo_status show_again(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    printf("run 2: request %d\n", current_request());
    return RONDO_OK;
}

int main(void) {
    rondo_value zero = rondo_i64(0), seven = rondo_i64(7);
    rondo_ctxvar_create("request", &zero, &request);

    /* A runner copies the context it is given. */
    RONDO_INIT(rondo_runner_options, options);
    rondo_context_create(&options.context);
    rondo_context_set(options.context, request, &seven, NULL);
    rondo_runner *given = NULL, *runner = NULL;
    rondo_runner_create(&options, &given);
    rondo_runner_run(given, show, NULL, NULL, NULL);

    rondo_runner_create(NULL, &runner);
    rondo_runner_run(runner, show_and_set, NULL, NULL, NULL);
    rondo_runner_run(runner, show_again, NULL, NULL, NULL);

    rondo_runner_release(runner);
    rondo_runner_release(given);
    rondo_context_release(options.context);
    rondo_ctxvar_release(request);
    return 0;
}
