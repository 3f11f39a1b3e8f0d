// Room "Contexts": variables, copies, tokens, and running inside one.
#include "kit.h"

static rondo_ctxvar *var;
static rondo_ctxvar *defaulted;

static rondo_context *context(void) {
    rondo_context *made = NULL;
    GIVES(rondo_context_create(&made), RONDO_OK);
    return made;
}

static rondo_token *set(rondo_context *in, rondo_ctxvar *which, int64_t number) {
    rondo_value value = rondo_i64(number);
    rondo_token *token = NULL;
    GIVES(rondo_context_set(in, which, &value, &token), RONDO_OK);
    return token;
}

static int64_t get(rondo_context *in, rondo_ctxvar *which) {
    rondo_value view;
    GIVES(rondo_context_get(in, which, &view), RONDO_OK);
    return view.as.i64;
}

static void a_variable_has_a_name_and_perhaps_a_default(void) {
    char name[] = "mine";
    int drops = 0;
    rondo_value fallback = counted(&drops);
    rondo_ctxvar *made = NULL;
    GIVES(rondo_ctxvar_create(name, &fallback, &made), RONDO_OK);
    CHECK(fallback.kind == RONDO_NONE);
    name[0] = 'X';
    CHECK(strcmp(rondo_ctxvar_name(made), "mine") == 0);
    rondo_context *c = context();
    rondo_value view;
    GIVES(rondo_context_get(c, made, &view), RONDO_OK);
    CHECK(view.as.ptr == &drops && view.drop == NULL);
    CHECK(rondo_ctxvar_retain(made) == made);
    rondo_ctxvar_release(made);
    CHECK(drops == 0);
    rondo_ctxvar_release(made);
    CHECK(drops == 1);

    fallback = counted(&drops);
    GIVES(rondo_ctxvar_create(NULL, &fallback, &made), RONDO_EINVAL);
    CHECK(fallback.as.ptr == &drops && drops == 1);
    GIVES(rondo_ctxvar_create("unused", &fallback, NULL), RONDO_OK);
    CHECK(drops == 2);
    GIVES(rondo_context_get(c, var, &view), RONDO_ENOVALUE);
    CHECK(get(c, defaulted) == 7);
    rondo_context_release(c);
}

static void a_value_is_moved_in_and_dropped_with_the_last_context(void) {
    int drops = 0;
    rondo_context *c = context();
    rondo_value value = counted(&drops);
    GIVES(rondo_context_set(c, var, &value, NULL), RONDO_OK);
    CHECK(value.kind == RONDO_NONE);
    rondo_context *copy = NULL;
    GIVES(rondo_context_copy(c, &copy), RONDO_OK);
    GIVES(rondo_context_copy(c, NULL), RONDO_OK);
    GIVES(rondo_context_set(c, var, NULL, NULL), RONDO_OK);
    rondo_value view;
    GIVES(rondo_context_get(c, var, &view), RONDO_OK);
    CHECK(view.kind == RONDO_NONE);
    GIVES(rondo_context_get(copy, var, &view), RONDO_OK);
    CHECK(view.as.ptr == &drops && drops == 0);
    rondo_context_release(c);
    CHECK(rondo_context_retain(copy) == copy);
    rondo_context_release(copy);
    CHECK(drops == 0);
    rondo_context_release(copy);
    CHECK(drops == 1);
}

static void a_token_undoes_one_set_once(void) {
    rondo_context *c = context();
    rondo_token *first = set(c, var, 1);
    rondo_token *second = set(c, var, 2);
    GIVES(rondo_context_reset(c, second), RONDO_OK);
    CHECK(get(c, var) == 1);
    GIVES(rondo_context_reset(c, second), RONDO_ETOKEN);
    CHECK(get(c, var) == 1);
    GIVES(rondo_context_reset(c, first), RONDO_OK);
    GIVES(rondo_context_get(c, var, NULL), RONDO_ENOVALUE);
    rondo_token_release(first);
    rondo_token_release(second);
    rondo_token *over_default = set(c, defaulted, 1);
    GIVES(rondo_context_reset(c, over_default), RONDO_OK);
    CHECK(get(c, defaulted) == 7);
    rondo_token_release(over_default);
    rondo_token_release(NULL);
    rondo_context_release(c);
}

static void a_token_of_another_context_is_refused(void) {
    rondo_context *c = context();
    rondo_context *copy = NULL;
    rondo_token *token = set(c, var, 1);
    GIVES(rondo_context_copy(c, &copy), RONDO_OK);
    GIVES(rondo_context_reset(copy, token), RONDO_ETOKEN);
    CHECK(get(copy, var) == 1);
    rondo_context_release(copy);
    rondo_context_release(c);
    for (int i = 0; i < 4; ++i) { // though it may stand where the old one stood
        c = context();
        rondo_token *own = set(c, var, 2);
        GIVES(rondo_context_reset(c, token), RONDO_ETOKEN);
        CHECK(get(c, var) == 2);
        rondo_token_release(own);
        rondo_context_release(c);
    }
    rondo_token_release(token);
}

static void variables_outlive_their_release_where_they_are_set(void) {
    int drops = 0;
    rondo_value fallback = counted(&drops);
    rondo_ctxvar *made = NULL;
    GIVES(rondo_ctxvar_create("v", &fallback, &made), RONDO_OK);
    rondo_context *c = context();
    rondo_token *token = set(c, made, 1);
    rondo_ctxvar_release(made);
    CHECK(get(c, made) == 1 && drops == 0);
    rondo_context_release(c);
    CHECK(drops == 0);
    rondo_token_release(token);
    CHECK(drops == 1);
}

static void without_a_running_loop_there_is_no_current_context(void) {
    rondo_value value = rondo_i64(1);
    rondo_context *c = context();
    rondo_token *token = set(c, var, 1);
    GIVES(rondo_context_get(NULL, var, &value), RONDO_ENOLOOP);
    GIVES(rondo_context_set(NULL, var, &value, NULL), RONDO_ENOLOOP);
    GIVES(rondo_context_reset(NULL, token), RONDO_ENOLOOP);
    GIVES(rondo_context_copy(NULL, NULL), RONDO_ENOLOOP);
    int calls = 0;
    GIVES(rondo_context_run(c, count_call, &calls), RONDO_ENOLOOP);
    CHECK(value.as.i64 == 1 && calls == 0);
    rondo_token_release(token);
    rondo_context_release(c);
}

// ---- inside a run

static rondo_context *outer;

static void look_inside(void *user, rondo_call *call) {
    CHECK(call == NULL);
    ++*(int *)user;
    CHECK(get(NULL, var) == 1);
    rondo_token_release(set(NULL, var, 2));
    CHECK(get(outer, var) == 2);
    GIVES(rondo_context_run(outer, look_inside, user), RONDO_EENTERED);
    GIVES(rondo_context_run(NULL, look_inside, user), RONDO_EENTERED);
}

static void step_run_inside(kit_frame *frame, rondo_step *io) {
    rondo_token *token = set(NULL, var, 10);
    GIVES(rondo_context_run(outer, look_inside, frame->user), RONDO_OK);
    CHECK(get(NULL, var) == 10);
    CHECK(rondo_loop_current_task(NULL) == io->self);
    GIVES(rondo_context_run(outer, NULL, NULL), RONDO_EINVAL);
    rondo_context *copy = NULL;
    GIVES(rondo_context_copy(NULL, &copy), RONDO_OK);
    CHECK(get(copy, var) == 10);
    GIVES(rondo_context_reset(copy, token), RONDO_ETOKEN);
    GIVES(rondo_context_reset(NULL, token), RONDO_OK);
    GIVES(rondo_context_get(NULL, var, NULL), RONDO_ENOVALUE);
    rondo_token_release(token);
    rondo_context_release(copy);
    step_return(frame, io);
}

static void a_function_can_be_run_inside_a_context(void) {
    rondo_loop *loop = virtual_loop();
    int calls = 0;
    outer = context();
    rondo_token_release(set(outer, var, 1));
    rondo_future_release(start(loop, step_run_inside, &calls, NULL));
    run_until_idle(loop);
    CHECK(calls == 1 && get(outer, var) == 2);
    rondo_context_release(outer);
    rondo_loop_release(loop);
}

static void step_set_and_yield(kit_frame *frame, rondo_step *io) {
    int64_t mine = *(int *)frame->user;
    if (frame->at == 0) {
        rondo_token_release(set(NULL, var, mine));
    } else {
        CHECK(get(NULL, var) == mine);
    }
    step_yield_once(frame, io);
}

static void each_task_has_a_copy_of_its_own(void) {
    rondo_loop *loop = virtual_loop();
    int numbers[3] = {1, 2, 3};
    for (int i = 0; i < 3; ++i) rondo_future_release(start(loop, step_set_and_yield, &numbers[i], NULL));
    run_until_idle(loop);
    rondo_loop_release(loop);
}

static void many_variables_live_together(void) {
    enum { many = 300 };
    static rondo_ctxvar *vars[many];
    int drops = 0;
    rondo_context *c = context();
    for (int i = 0; i < many; ++i) {
        GIVES(rondo_ctxvar_create("v", NULL, &vars[i]), RONDO_OK);
        rondo_value value = counted(&drops);
        GIVES(rondo_context_set(c, vars[i], &value, NULL), RONDO_OK);
    }
    for (int i = 0; i < many; i += 2) {
        rondo_token *token = set(c, vars[i], i);
        GIVES(rondo_context_reset(c, token), RONDO_OK);
        rondo_token_release(token);
    }
    for (int i = 0; i < many; ++i) {
        rondo_value view;
        GIVES(rondo_context_get(c, vars[i], &view), RONDO_OK);
        CHECK(view.as.ptr == &drops);
        rondo_ctxvar_release(vars[i]);
    }
    rondo_context_release(c);
    CHECK(drops == many);
}

int main(void) {
    rondo_value seven = rondo_i64(7);
    GIVES(rondo_ctxvar_create("var", NULL, &var), RONDO_OK);
    GIVES(rondo_ctxvar_create("defaulted", &seven, &defaulted), RONDO_OK);
    RUN(a_variable_has_a_name_and_perhaps_a_default);
    RUN(a_value_is_moved_in_and_dropped_with_the_last_context);
    RUN(a_token_undoes_one_set_once);
    RUN(a_token_of_another_context_is_refused);
    RUN(variables_outlive_their_release_where_they_are_set);
    RUN(without_a_running_loop_there_is_no_current_context);
    RUN(a_function_can_be_run_inside_a_context);
    RUN(each_task_has_a_copy_of_its_own);
    RUN(many_variables_live_together);
    rondo_ctxvar_release(var);
    rondo_ctxvar_release(defaulted);
    return 0;
}
