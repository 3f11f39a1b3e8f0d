/* Context variables: what a run sets, the next run sees; a coroutine may be given a context of its own. */
#include <rondo/rondo.h>

#include <stdio.h>
#include <string.h>

static rondo_ctxvar *user;

/* context NULL: the current one. */
static void show(const char *label, rondo_context *context) {
    rondo_value name = rondo_none();
    rondo_context_get(context, user, &name);
    printf("%s: %.*s\n", label, (int)name.len, (const char *)name.as.ptr);
}

static rondo_status set_user(rondo_context *context, const char *name) {
    rondo_value value = rondo_text(name, strlen(name));
    return rondo_context_set(context, user, &value, NULL);
}

static rondo_status log_in(void *arg, rondo_value *result) {
    (void)result;
    show("before", NULL);
    set_user(NULL, arg);
    rondo_status s = rondo_sleep(RONDO_MS(10));
    if (s == RONDO_OK) show("after", NULL);
    return s;
}

int main(void) {
    rondo_value nobody = rondo_text("nobody", 6);
    rondo_context *guest, *outside;
    rondo_runner *runner;
    rondo_ctxvar_create("user", &nobody, &user);
    rondo_context_create(&outside);
    rondo_context_create(&guest);
    set_user(guest, "guest");
    RONDO_INIT(rondo_task_options, as_guest);
    as_guest.context = guest;

    rondo_runner_create(NULL, &runner);
    rondo_runner_run(runner, log_in, "ada", NULL, NULL, NULL);
    rondo_runner_run(runner, log_in, "grace", NULL, NULL, NULL);
    rondo_runner_run(runner, log_in, "alan", &as_guest, NULL, NULL);
    rondo_runner_run(runner, log_in, "edsger", NULL, NULL, NULL);
    rondo_runner_release(runner);

    show("in the given context", guest);
    show("outside", outside);
    rondo_context_release(guest);
    rondo_context_release(outside);
    rondo_ctxvar_release(user);
    return 0;
}
