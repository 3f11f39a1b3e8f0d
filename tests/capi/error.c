// Room "Errors": error objects, and the sentences with which calls are refused.
#include "kit.h"

static void an_error_tells_all_its_parts(void) {
    int drops = 0;
    rondo_error *cause = rondo_error_new(RONDO_EINVAL, "cause");
    rondo_error *context = rondo_error_new(RONDO_ESTATE, "context");
    rondo_value payload = counted(&drops);
    RONDO_INIT(rondo_error_options, options);
    char message[] = "it broke";
    options.code = -4321;
    options.message = message;
    options.domain = "mine";
    options.cause = cause;
    options.context = context;
    options.payload = &payload;
    rondo_error *error = NULL;
    GIVES(rondo_error_create(&options, &error), RONDO_OK);
    message[0] = 'X';
    rondo_error_release(cause);
    rondo_error_release(context);

    CHECK(payload.kind == RONDO_NONE);
    CHECK(rondo_error_code(error) == -4321);
    CHECK(strcmp(rondo_error_message(error), "it broke") == 0);
    CHECK(strcmp(rondo_error_domain(error), "mine") == 0);
    CHECK(strcmp(rondo_error_message(rondo_error_cause(error)), "cause") == 0);
    CHECK(strcmp(rondo_error_message(rondo_error_context(error)), "context") == 0);
    CHECK(rondo_error_child_count(error) == 0 && rondo_error_child(error, 0) == NULL);
    CHECK(rondo_error_payload(error)->as.ptr == &drops);

    CHECK(rondo_error_retain(error) == error);
    rondo_error_release(error);
    CHECK(drops == 0);
    rondo_error_release(error);
    CHECK(drops == 1);
}

static void what_is_left_out_has_defaults(void) {
    RONDO_INIT(rondo_error_options, options);
    options.code = RONDO_ETIMEDOUT;
    rondo_error *error = NULL;
    GIVES(rondo_error_create(&options, &error), RONDO_OK);
    CHECK(strcmp(rondo_error_message(error), "timed out") == 0);
    CHECK(strcmp(rondo_error_domain(error), "rondo") == 0);
    CHECK(rondo_error_cause(error) == NULL && rondo_error_context(error) == NULL);
    CHECK(rondo_error_payload(error) == NULL);
    rondo_error_release(error);
    GIVES(rondo_error_create(&options, NULL), RONDO_OK);
}

static void a_group_holds_its_children(void) {
    rondo_error *children[] = {rondo_error_new(RONDO_EFAILED, "one"), rondo_error_new(RONDO_EFAILED, "two")};
    RONDO_INIT(rondo_error_options, options);
    options.code = RONDO_EGROUP;
    options.children = children;
    options.child_count = 2;
    rondo_error *group = NULL;
    GIVES(rondo_error_create(&options, &group), RONDO_OK);
    rondo_error_release(children[0]);
    rondo_error_release(children[1]);
    CHECK(rondo_error_child_count(group) == 2);
    CHECK(strcmp(rondo_error_message(rondo_error_child(group, 0)), "one") == 0);
    CHECK(strcmp(rondo_error_message(rondo_error_child(group, 1)), "two") == 0);
    CHECK(rondo_error_child(group, 2) == NULL);
    rondo_error_release(group);
}

static void bad_options_are_refused_and_the_payload_stays_the_caller_s(void) {
    int drops = 0;
    rondo_value payload = counted(&drops);
    rondo_error *child = rondo_error_new(RONDO_EFAILED, NULL);
    rondo_error *children[] = {child, NULL};
    rondo_error *out = NULL;
    GIVES(rondo_error_create(NULL, &out), RONDO_EINVAL);
    RONDO_INIT(rondo_error_options, options);
    options.payload = &payload;
    for (rondo_status code = 0; code < 3; ++code) {
        options.code = code;
        GIVES(rondo_error_create(&options, &out), RONDO_EINVAL);
    }
    options.code = RONDO_EFAILED;
    options.children = children;
    options.child_count = 1;
    GIVES(rondo_error_create(&options, &out), RONDO_EINVAL); // children without RONDO_EGROUP
    options.code = RONDO_EGROUP;
    options.child_count = 2;
    GIVES(rondo_error_create(&options, &out), RONDO_EINVAL); // a NULL child
    options.children = NULL;
    GIVES(rondo_error_create(&options, &out), RONDO_EINVAL);
    int other = 0;
    children[1] = (rondo_error *)(void *)&other;
    options.children = children;
    GIVES(rondo_error_create(&options, &out), RONDO_EKIND);
    CHECK(out == NULL && payload.as.ptr == &drops && drops == 0);
    rondo_error_release(child);
    rondo_value_drop(&payload);
}

static void the_short_form_never_fails(void) {
    TELLS(rondo_error_new(RONDO_EFAILED, "words"), RONDO_EFAILED, "words");
    TELLS(rondo_error_new(RONDO_EFAILED, NULL), RONDO_EFAILED, "the coroutine raised an error");
    TELLS(rondo_error_new(RONDO_OK, "words"), RONDO_EINVAL, "words");
    TELLS(rondo_error_new(1, NULL), RONDO_EINVAL, "invalid argument");
}

static void a_long_cause_chain_is_released(void) {
    int drops = 0;
    rondo_error *error = NULL;
    for (int i = 0; i < 100000; ++i) {
        rondo_value payload = counted(&drops);
        RONDO_INIT(rondo_error_options, options);
        options.code = RONDO_EFAILED;
        options.cause = error;
        options.payload = &payload;
        rondo_error *outer = NULL;
        GIVES(rondo_error_create(&options, &outer), RONDO_OK);
        rondo_error_release(error);
        error = outer;
    }
    rondo_error_release(error);
    CHECK(drops == 100000);
}

// ---- sentences: which argument, what is wrong with it, what to do

static rondo_status end_at_once(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    return RONDO_OK;
}

static void a_refused_run_says_why(void) {
    rondo_error *err = NULL;
    GIVES(rondo_run(NULL, NULL, NULL, &err), RONDO_EINVAL);
    TELLS(err, RONDO_EINVAL, "fn", "NULL");
    GIVES(rondo_run_coro(NULL, NULL, NULL, &err), RONDO_EINVAL);
    TELLS(err, RONDO_EINVAL, "vtable", "set size to sizeof", "step");
    GIVES(rondo_runner_run(NULL, end_at_once, NULL, NULL, NULL, &err), RONDO_EINVAL);
    TELLS(err, RONDO_EINVAL, "runner", "NULL");
    rondo_loop *loop = NULL;
    rondo_runner *runner = virtual_runner(&loop);
    GIVES(rondo_runner_run((void *)loop, end_at_once, NULL, NULL, NULL, &err), RONDO_EKIND);
    TELLS(err, RONDO_EKIND, "runner", "kind", "create");
    RONDO_INIT(rondo_task_options, options);
    options.flags = 1u << 31;
    GIVES(rondo_runner_run_coro(runner, &kit_coro, NULL, &options, NULL, &err), RONDO_EINVAL);
    TELLS(err, RONDO_EINVAL, "options", "RONDO_INIT", "flags");
    struct {
        rondo_task_options known;
        uint32_t unknown;
    } newer = {{.size = sizeof newer}, 1};
    GIVES(rondo_runner_run_coro(runner, &kit_coro, NULL, &newer.known, NULL, &err), RONDO_E2BIG);
    TELLS(err, RONDO_E2BIG, "options", "newer", "zero");
    GIVES(rondo_runner_close(runner, RONDO_FOREVER, &err), RONDO_OK);
    CHECK(err == NULL);
    GIVES(rondo_runner_run(runner, end_at_once, NULL, NULL, NULL, &err), RONDO_ECLOSED);
    TELLS(err, RONDO_ECLOSED, "runner", "closed", "create a new one");
    rondo_runner_release(runner);
}

static void step_run_inside(kit_frame *frame, rondo_step *io) {
    rondo_error *err = NULL;
    GIVES(rondo_run(end_at_once, NULL, NULL, &err), RONDO_ERUNNING);
    TELLS(err, RONDO_ERUNNING, "run", "already running", "await");
    GIVES(rondo_runner_run(frame->user, end_at_once, NULL, NULL, NULL, &err), RONDO_ERUNNING);
    TELLS(err, RONDO_ERUNNING, "runner", "already running", "await");
    GIVES(rondo_runner_close(frame->user, RONDO_FOREVER, &err), RONDO_ERUNNING);
    TELLS(err, RONDO_ERUNNING, "runner", "already running", "returned");
    GIVES(rondo_loop_run_forever(NULL, &err), RONDO_ERUNNING);
    TELLS(err, RONDO_ERUNNING, "loop", "already running");
    step_return(frame, io);
}

static void a_nested_run_says_why(void) {
    rondo_runner *runner = virtual_runner(NULL);
    kit_frame main = {step_run_inside, runner, 0, NULL};
    GIVES(rondo_runner_run_coro(runner, &kit_coro, &main, NULL, NULL, NULL), RONDO_OK);
    rondo_runner_release(runner);
}

static void a_refused_loop_says_why(void) {
    rondo_error *err = NULL;
    GIVES(rondo_loop_run_forever(NULL, &err), RONDO_ENOLOOP);
    TELLS(err, RONDO_ENOLOOP, "loop", "no loop", "pass a loop");
    rondo_loop *loop = virtual_loop();
    rondo_loop *other = virtual_loop();
    rondo_future *future = pending_future(other);
    GIVES(rondo_loop_run_until_complete(loop, NULL, &err), RONDO_EINVAL);
    TELLS(err, RONDO_EINVAL, "future", "NULL");
    GIVES(rondo_loop_run_until_complete(loop, future, &err), RONDO_EOTHERLOOP);
    TELLS(err, RONDO_EOTHERLOOP, "future", "another loop", "created on");
    rondo_future_release(future);
    rondo_loop_release(other);
    GIVES(rondo_loop_close(loop), RONDO_OK);
    GIVES(rondo_loop_run_forever(loop, &err), RONDO_ECLOSED);
    TELLS(err, RONDO_ECLOSED, "loop", "closed", "create");
    rondo_loop_release(loop);
}

static void a_result_that_cannot_be_had_says_why(void) {
    rondo_error *err = NULL;
    rondo_loop *loop = virtual_loop();
    rondo_future *future = pending_future(loop);
    GIVES(rondo_future_result(future, NULL, &err), RONDO_ESTATE);
    TELLS(err, RONDO_ESTATE, "future", "not set yet", "await it");
    GIVES(rondo_future_take(future, NULL, &err), RONDO_ESTATE);
    TELLS(err, RONDO_ESTATE, "future", "await it");
    GIVES(rondo_future_result(NULL, NULL, &err), RONDO_EINVAL);
    TELLS(err, RONDO_EINVAL, "future", "NULL");
    GIVES(rondo_future_take((void *)loop, NULL, &err), RONDO_EKIND);
    TELLS(err, RONDO_EKIND, "future", "create");
    GIVES(rondo_future_set_result(future, NULL), RONDO_OK);
    GIVES(rondo_future_take(future, NULL, &err), RONDO_OK);
    CHECK(err == NULL);
    GIVES(rondo_future_take(future, NULL, &err), RONDO_ETAKEN);
    TELLS(err, RONDO_ETAKEN, "future", "moved out", "rondo_future_result");
    rondo_future_release(future);
    rondo_loop_release(loop);
}

static void factory_of_nothing(void *user, rondo_loop **out) {
    (void)user;
    (void)out;
}

static void a_factory_that_makes_no_loop_is_told_so(void) {
    RONDO_INIT(rondo_runner_options, options);
    options.loop_factory = factory_of_nothing;
    rondo_runner *runner = NULL;
    GIVES(rondo_runner_create(&options, &runner), RONDO_OK);
    rondo_error *err = NULL;
    GIVES(rondo_runner_run(runner, end_at_once, NULL, NULL, NULL, &err), RONDO_EFAULT);
    TELLS(err, RONDO_EFAULT, "factory", "one reference");
    rondo_runner_release(runner);
}

int main(void) {
    RUN(an_error_tells_all_its_parts);
    RUN(what_is_left_out_has_defaults);
    RUN(a_group_holds_its_children);
    RUN(bad_options_are_refused_and_the_payload_stays_the_caller_s);
    RUN(the_short_form_never_fails);
    RUN(a_long_cause_chain_is_released);
    RUN(a_refused_run_says_why);
    RUN(a_nested_run_says_why);
    RUN(a_refused_loop_says_why);
    RUN(a_result_that_cannot_be_had_says_why);
    RUN(a_factory_that_makes_no_loop_is_told_so);
    return 0;
}
