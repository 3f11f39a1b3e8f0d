#include "tools.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

// ---- counted things

unsigned char *born(unsigned char *things, int *count) {
    CHECK(*count < most_counted);
    unsigned char *thing = &things[(*count)++];
    *thing = 1;
    return thing;
}

void ends(unsigned char *thing) {
    CHECK(*thing == 1);
    *thing = 2;
}

static void drop_value(void *thing, size_t len) {
    (void)len;
    ends(thing);
}

static void drop_user(void *thing) { ends(thing); }

rondo_value some_value(world *w) { return rondo_ptr(born(w->values, &w->value_count), drop_value); }

// What the library did not take is ours to drop.
rondo_status or_drop(rondo_status status, rondo_value *value) {
    rondo_value_drop(value);
    return status;
}

// ---- coroutines

typedef struct {
    plan plan;
    unsigned char *alive;
    int at;
    int taking;
    int leaving; // a group's end waits
    word asking; // NEXT or CLOSE: a generator waits
} frame;

static void start_frame(void *memory, const void *init) {
    frame *f = memory;
    f->plan = *(const plan *)init;
    f->alive = born(f->plan.world->frames, &f->plan.world->frame_count);
}

static void ask(plan *p, rondo_generator *generator) {
    rondo_generator_retain(generator);
    rondo_generator_release(p->asked);
    p->asked = generator;
}

static void release_blocks(plan *p) {
    ask(p, NULL);
    for (; p->depth > 0; --p->depth) {
        rondo_timeout_release(p->blocks[p->depth - 1].timeout);
        rondo_task_group_release(p->blocks[p->depth - 1].group);
        release_tool(&p->blocks[p->depth - 1].held);
    }
}

static void end_frame(void *memory) {
    release_blocks(&((frame *)memory)->plan);
    ends(((frame *)memory)->alive);
}

static rondo_error *make_group(world *w) {
    rondo_error *children[2] = {rondo_error_new(RONDO_EFAILED, "one"), rondo_error_new(RONDO_EFAILED, "two")};
    rondo_value payload = some_value(w);
    RONDO_INIT(rondo_error_options, options);
    options.code = RONDO_EGROUP;
    options.children = children;
    options.child_count = 2;
    options.cause = children[0];
    options.payload = &payload;
    rondo_error *group = NULL;
    if (rondo_error_create(&options, &group) < 0) group = rondo_error_new(RONDO_ENOMEM, NULL);
    rondo_value_drop(&payload);
    rondo_error_release(children[0]);
    rondo_error_release(children[1]);
    return group;
}

rondo_error *make_error(world *w) {
    rondo_value payload = some_value(w);
    RONDO_INIT(rondo_error_options, options);
    options.code = RONDO_EFAILED;
    options.message = "raised";
    options.payload = &payload;
    rondo_error *error = NULL;
    if (rondo_error_create(&options, &error) < 0) error = rondo_error_new(RONDO_ENOMEM, NULL);
    rondo_value_drop(&payload);
    return error;
}

static int begins_block(word word) { return word >= TIMEOUT && word < END; }
static int suspends(word word) { return word >= YIELD && word < CATCH; }
static rondo_status act(world *w, const plan *p, const op *o);

// Where the innermost block ends, from its inside.
static int end_of_block(const op *program, int at) {
    for (int depth = 0;; ++at) {
        CHECK(program[at].word != FINISH);
        if (begins_block(program[at].word)) ++depth;
        if (program[at].word == END && depth-- == 0) return at;
    }
}

static rondo_status begin_block(plan *p, const op *o) {
    CHECK(p->depth < most_blocks);
    block made = {.timeout = NULL};
    rondo_status status = RONDO_OK;
    if (o->word == HELD) {
        hold_tool(p->world, o->a, &made.held);
    } else if (o->word == TIMEOUT) {
        status = rondo_timeout_begin(RONDO_MS(o->a), &made.timeout);
    } else {
        status = rondo_task_group_create(p->world->loop, &made.group);
        if (status == RONDO_OK) GIVES(rondo_task_group_enter(made.group), RONDO_OK);
    }
    if (status == RONDO_OK) p->blocks[p->depth++] = made;
    return status;
}

static rondo_task_group *innermost_group(const plan *p) {
    for (int i = p->depth; i-- > 0;) {
        if (p->blocks[i].group) return p->blocks[i].group;
    }
    return NULL;
}

// ---- programs as step coroutines; `raised` is what goes on to the next CATCH or END, one reference

static void raise_with(rondo_step *io, rondo_error *error) {
    io->verdict = RONDO_STEP_RAISE;
    io->out_error = error;
}

enum { GOES_ON, SUSPENDED };

static int ask_generator(frame *f, rondo_step *io, rondo_error **raised) {
    rondo_generator *generator = f->plan.asked;
    rondo_value value = rondo_none();
    rondo_status status = f->asking == NEXT ? rondo_generator_next(generator, io, &value, raised)
                                            : rondo_generator_close(generator, io, raised);
    if (status == 2) return SUSPENDED;
    CHECK((status < 0) == (*raised != NULL));
    rondo_value_drop(&value);
    f->asking = FINISH;
    ask(&f->plan, NULL);
    return GOES_ON;
}

static int wait_in_step(frame *f, const op *o, rondo_step *io, rondo_error **raised) {
    rondo_status status = begin_wait(f->plan.world, o, &io->target);
    if (status < 0) *raised = rondo_error_new(status, NULL);
    if (status != 0) return GOES_ON;
    f->taking = o->word == FETCH || o->word == RECEIVE;
    io->verdict = io->target ? RONDO_STEP_AWAIT : RONDO_STEP_YIELD;
    return SUSPENDED;
}

static int suspend_step(frame *f, const op *o, rondo_step *io, rondo_error **raised) {
    world *w = f->plan.world;
    rondo_future *ticket = NULL;
    if (waits_at_tool(o->word)) return wait_in_step(f, o, io, raised);
    switch (o->word) {
    case SLEEP:
        io->verdict = RONDO_STEP_SLEEP;
        io->delay_ns = RONDO_MS(o->a);
        break;
    case PARK:
        io->verdict = RONDO_STEP_PARK;
        break;
    case TAKE:
    case AWAIT:
    case WAIT_FOR:
        f->taking = o->word == TAKE;
        io->verdict = w->futures[o->a] ? RONDO_STEP_AWAIT : RONDO_STEP_YIELD;
        io->target = rondo_future_retain(w->futures[o->a]);
        break;
    case NEXT_DONE:
        if (w->futures[o->a] && rondo_as_completed_next(w->futures[o->a], &ticket) == RONDO_ENOMEM) CHECK(w->scarce);
        io->verdict = ticket ? RONDO_STEP_AWAIT : RONDO_STEP_YIELD;
        io->target = ticket;
        break;
    case NEXT:
    case CLOSE:
        if (!w->generators[o->a]) return GOES_ON;
        f->asking = o->word;
        ask(&f->plan, w->generators[o->a]);
        return ask_generator(f, io, raised);
    case PRODUCE:
        io->verdict = RONDO_STEP_PRODUCE;
        io->out = some_value(w);
        break;
    default:
        io->verdict = RONDO_STEP_YIELD;
        break;
    }
    return SUSPENDED;
}

static int end_block(frame *f, rondo_step *io, rondo_error **raised) {
    world *w = f->plan.world;
    block *b = &f->plan.blocks[f->plan.depth - 1];
    if (b->held.word) {
        give_back(w, &b->held);
    } else if (b->timeout) {
        rondo_status body = rondo_error_code(*raised);
        rondo_status status = rondo_timeout_end(b->timeout, body);
        if (status != body) {
            CHECK(status == RONDO_ETIMEDOUT && body == RONDO_ECANCELED);
            rondo_error_release(*raised);
            *raised = rondo_error_new(status, NULL);
        }
    } else if (b->group) {
        rondo_error *error = NULL;
        rondo_future *wait = NULL;
        rondo_status status = rondo_task_group_exit(b->group, *raised, &wait, &error);
        rondo_error_release(*raised);
        *raised = error;
        int no_memory = status == RONDO_ENOMEM && rondo_task_group_state(b->group) != RONDO_GROUP_FINISHED;
        f->leaving = status == 1 || no_memory;
        if (no_memory) {
            CHECK(w->scarce);
            rondo_error_release(error);
            *raised = NULL;
            io->verdict = RONDO_STEP_SLEEP;
            io->delay_ns = RONDO_MS(1);
            return SUSPENDED;
        }
        if (f->leaving) {
            io->verdict = RONDO_STEP_AWAIT;
            io->target = wait;
            return SUSPENDED;
        }
        CHECK(wait == NULL && (status < 0) == (error != NULL));
        rondo_task_group_release(b->group);
    }
    --f->plan.depth;
    return GOES_ON;
}

static int run_word(frame *f, const op *o, rondo_step *io, rondo_error **raised) {
    world *w = f->plan.world;
    if (suspends(o->word)) return suspend_step(f, o, io, raised);
    rondo_status status;
    switch (o->word) {
    case FINISH:
        io->verdict = RONDO_STEP_RETURN;
        return SUSPENDED;
    case ANSWER:
        io->verdict = RONDO_STEP_RETURN;
        io->out = some_value(w);
        return SUSPENDED;
    case RAISE:
        *raised = make_error(w);
        return GOES_ON;
    case RAISE_GROUP:
        *raised = make_group(w);
        return GOES_ON;
    case TIMEOUT:
    case GROUP:
    case HELD:
        status = begin_block(&f->plan, o);
        if (status < 0) f->at = end_of_block(f->plan.program, f->at) + 1;
        break;
    case END:
        return end_block(f, io, raised);
    default:
        status = act(w, &f->plan, o);
        break;
    }
    if (status == RONDO_ENOMEM) *raised = rondo_error_new(RONDO_ENOMEM, "scarce");
    return GOES_ON;
}

static void step_frame(void *memory, rondo_step *io) {
    frame *f = memory;
    rondo_error *raised = NULL;
    int leaving = f->leaving;
    if (f->asking != FINISH) {
        if (ask_generator(f, io, &raised) == SUSPENDED) return;
    } else if (io->status < 0) {
        rondo_status code = rondo_error_code(io->error);
        CHECK(code == io->status || (code == RONDO_ENOMEM && f->plan.world->scarce));
        raised = rondo_error_retain(io->error);
    }
    if (f->taking && io->status == RONDO_OK) rondo_step_take(io, NULL);
    f->taking = 0;
    if (leaving && end_block(f, io, &raised) == SUSPENDED) return;
    for (;;) {
        const op *program = f->plan.program;
        if (program[f->at].word == CATCH) {
            rondo_error_release(raised);
            raised = NULL;
            ++f->at;
        } else if (raised && f->plan.depth == 0) {
            raise_with(io, raised);
            return;
        } else if (raised) {
            f->at = end_of_block(program, f->at);
        }
        if (run_word(f, &program[f->at++], io, &raised) == SUSPENDED) return;
    }
}

static const rondo_coro_vtable program_coro = {
    .size = sizeof program_coro,
    .frame_size = sizeof(frame),
    .start = start_frame,
    .step = step_frame,
    .destroy = end_frame,
};

// ---- programs as fibers

static rondo_status ask_in_fiber(plan *p, const op *o) {
    if (!p->world->generators[o->a]) return RONDO_OK;
    ask(p, p->world->generators[o->a]);
    rondo_value value = rondo_none();
    rondo_error *error = NULL;
    rondo_status status = o->word == NEXT ? rondo_generator_next(p->asked, NULL, &value, &error)
                                          : rondo_generator_close(p->asked, NULL, &error);
    ask(p, NULL);
    CHECK((status < 0) == (error != NULL) && rondo_error_code(error) == (status < 0 ? status : RONDO_OK));
    rondo_error_release(error);
    rondo_value_drop(&value);
    return status < 0 ? status : RONDO_OK;
}

static rondo_status suspend_fiber(plan *p, const op *o) {
    world *w = p->world;
    rondo_value value;
    rondo_status status;
    if (waits_at_tool(o->word)) return wait_in_fiber(w, o);
    switch (o->word) {
    case SLEEP:
        return rondo_sleep(RONDO_MS(o->a));
    case TAKE:
        if (!w->futures[o->a]) return rondo_yield();
        status = rondo_await_release(rondo_future_retain(w->futures[o->a]), &value);
        rondo_value_drop(&value);
        return status;
    case AWAIT:
        return w->futures[o->a] ? rondo_await(w->futures[o->a], NULL) : rondo_yield();
    case WAIT_FOR:
        return w->futures[o->a] ? rondo_wait_for(w->futures[o->a], RONDO_MS(o->b), NULL) : rondo_yield();
    case NEXT_DONE:
        status = w->futures[o->a] ? rondo_next_completed(w->futures[o->a], NULL, NULL) : rondo_yield();
        return status == 1 ? RONDO_OK : status;
    case NEXT:
    case CLOSE:
        return ask_in_fiber(p, o);
    case PRODUCE:
        value = some_value(w);
        return rondo_produce(&value);
    default:
        return rondo_yield(); // fibers do not park
    }
}

static rondo_status end_block_in_fiber(plan *p, rondo_status body) {
    block *b = &p->blocks[p->depth - 1];
    rondo_status status = body;
    if (b->held.word) {
        give_back(p->world, &b->held);
    } else if (b->timeout) {
        status = rondo_timeout_end(b->timeout, body);
    } else if (b->group) {
        status = rondo_task_group_end(rondo_task_group_retain(b->group), body);
        size_t members = 1;
        GIVES(rondo_task_group_count(b->group, &members, NULL), RONDO_OK);
        CHECK(members == 0); // whatever happened
        rondo_task_group_release(b->group);
    }
    --p->depth;
    return status;
}

rondo_status run_program(void *arg, rondo_value *result) {
    plan *p = arg;
    world *w = p->world;
    rondo_status raised = RONDO_OK;
    for (const op *o = p->program;; ++o) {
        if (o->word == CATCH) {
            raised = RONDO_OK;
            continue;
        }
        if (raised < 0 && p->depth == 0) return raised;
        if (raised < 0) o = p->program + end_of_block(p->program, (int)(o - p->program));
        if (suspends(o->word)) {
            raised = suspend_fiber(p, o);
            continue;
        }
        switch (o->word) {
        case FINISH:
            return RONDO_OK;
        case ANSWER:
            *result = some_value(w);
            return RONDO_OK;
        case RAISE:
            raised = rondo_raise(make_error(w));
            break;
        case RAISE_GROUP:
            raised = rondo_raise(make_group(w));
            break;
        case TIMEOUT:
        case GROUP:
        case HELD:
            raised = begin_block(p, o);
            if (raised < 0) o = p->program + end_of_block(p->program, (int)(o - p->program) + 1);
            break;
        case END:
            raised = end_block_in_fiber(p, raised);
            break;
        default:
            if (act(w, p, o) == RONDO_ENOMEM) raised = rondo_fail(RONDO_ENOMEM, "scarce");
            break;
        }
    }
}

plan *make_plan(world *w, const op *program) {
    CHECK(w->plan_count < most_counted);
    plan *p = &w->plans[w->plan_count++]; // the world's: a fiber may never begin, or never end
    *p = (plan){.world = w, .program = program};
    return p;
}

rondo_status spawn(world *w, rondo_loop *loop, const op *program, const rondo_task_options *options, rondo_task **out) {
    if (w->fibers) return rondo_fiber_create(loop, run_program, make_plan(w, program), options, out);
    plan p = {.world = w, .program = program};
    return rondo_task_create(loop, &program_coro, &p, options, out);
}

static void free_frame(void *memory) {
    end_frame(memory);
    free(memory);
}

static const rondo_coro_vtable given_coro = {.size = sizeof given_coro, .step = step_frame, .destroy = free_frame};

rondo_status submit(world *w, rondo_loop *loop, const op *program, rondo_submission **out) {
    if (w->fibers) return rondo_submit(loop, run_program, make_plan(w, program), out);
    frame *f = calloc(1, sizeof *f);
    if (!f) return RONDO_ENOMEM;
    plan p = {.world = w, .program = program};
    start_frame(f, &p);
    rondo_status status = rondo_submit_coro(loop, &given_coro, f, out);
    if (status < 0) free_frame(f); // ours still
    return status;
}

static rondo_status make_generator(world *w, const op *o) {
    plan p = {.world = w, .program = o->program};
    rondo_generator *made = NULL;
    rondo_status status =
        w->fibers ? rondo_generator_create_fiber(w->loop, run_program, make_plan(w, o->program), 0, &made)
                  : rondo_generator_create(w->loop, &program_coro, &p, &made);
    if (status < 0) return status;
    rondo_generator_release(w->generators[o->a]);
    w->generators[o->a] = made;
    return RONDO_OK;
}

// ---- the other words

static void finish_later(void *future, rondo_call *call) {
    (void)call;
    if (rondo_future_done(future) == 0) GIVES(rondo_future_set_result(future, NULL), RONDO_OK);
}

static void release_future(void *future) { rondo_future_release(future); }

static void on_cancel(void *answer, rondo_cancel_request *io) {
    io->answer = *(const uint32_t *)answer;
    if (io->answer != RONDO_CANCEL_LATER) return;
    RONDO_INIT(rondo_call_options, options);
    options.drop = release_future;
    rondo_future *future = rondo_future_retain(io->future);
    if (rondo_loop_call_soon(rondo_future_loop(future), finish_later, future, &options, NULL) == RONDO_OK) return;
    rondo_future_release(future);
    io->answer = RONDO_CANCEL_NOW;
}

static void run_call(void *user, rondo_call *call) {
    CHECK(*(unsigned char *)user == 1);
    if (call->future) rondo_future_result(call->future, NULL, NULL);
}

static void run_inside(void *user, rondo_call *call) {
    (void)call;
    world *w = user;
    rondo_value value = some_value(w);
    rondo_context_set(NULL, w->vars[0], &value, NULL);
    rondo_value_drop(&value);
}

void replace_future(world *w, int slot, rondo_future *future) {
    rondo_future_release(w->bridged[slot]);
    w->bridged[slot] = NULL;
    rondo_future_release(w->futures[slot]);
    w->futures[slot] = future;
}

static rondo_status make_future(world *w, const op *o) {
    static const uint32_t answers[] = {RONDO_CANCEL_NOW, RONDO_CANCEL_LATER, RONDO_CANCEL_REFUSED};
    RONDO_INIT(rondo_future_options, options);
    options.cancel = on_cancel;
    options.user = (void *)&answers[o->b];
    rondo_future *future = NULL;
    rondo_status status = rondo_future_create(w->loop, o->word == LEAF ? &options : NULL, &future);
    if (status == RONDO_OK) replace_future(w, o->a, future);
    return status;
}

static rondo_status make_combinator(world *w, const op *o) {
    for (int i = 0; i < o->count; ++i) {
        if (!w->futures[o->b + i]) return RONDO_OK;
    }
    rondo_future **children = &w->futures[o->b];
    size_t count = (size_t)o->count;
    rondo_future *future = NULL;
    rondo_status status;
    switch (o->word) {
    case WAIT:
        status = rondo_wait(w->loop, children, count, RONDO_ALL_COMPLETED, RONDO_MS(3), &future);
        break;
    case WAIT_FIRST:
        status = rondo_wait(w->loop, children, count, RONDO_FIRST_COMPLETED, RONDO_FOREVER, &future);
        break;
    case AS_COMPLETED:
        status = rondo_as_completed(w->loop, children, count, RONDO_MS(3), &future);
        break;
    case GATHER_ERRORS:
        status = rondo_gather(w->loop, children, count, RONDO_GATHER_RETURN_ERRORS, &future);
        break;
    default:
        status = rondo_gather(w->loop, children, count, o->word == GATHER ? 0 : RONDO_GATHER_CANCEL_ON_ERROR, &future);
        break;
    }
    if (status == RONDO_OK) replace_future(w, o->a, future);
    return status;
}

static rondo_status make_shield(world *w, const op *o) {
    rondo_future *outer = NULL;
    rondo_status status = w->futures[o->b] ? rondo_shield(w->futures[o->b], &outer) : RONDO_OK;
    if (outer) replace_future(w, o->a, outer);
    return status;
}

static rondo_status make_next_task(world *w, const op *o) {
    rondo_task *task = NULL;
    rondo_status status = w->generators[o->b] ? rondo_generator_next_task(w->generators[o->b], &task) : RONDO_OK;
    if (task) replace_future(w, o->a, task);
    return status;
}

static void drop_generator(world *w, int slot) {
    rondo_generator_release(w->generators[slot]);
    w->generators[slot] = NULL;
}

static rondo_status make_task(world *w, const plan *p, const op *o) {
    RONDO_INIT(rondo_task_options, options);
    options.name = o->word == SPAWN_SHARED ? "shared" : NULL;
    options.context = o->word == SPAWN_SHARED ? w->context : NULL;
    options.flags = o->word == SPAWN_EAGER || o->word == MEMBER_EAGER ? RONDO_TASK_EAGER : 0;
    options.group = o->word == MEMBER || o->word == MEMBER_EAGER ? innermost_group(p) : NULL;
    rondo_task *task = NULL;
    rondo_status status = spawn(w, w->loop, o->program, &options, &task);
    if (status == RONDO_OK) replace_future(w, o->a, task);
    return options.group && status == RONDO_ESTATE ? RONDO_OK : status; // it is ending
}

// set_ and cancel, and their threadsafe twins.
static rondo_status finish_future(world *w, const op *o) {
    rondo_future *future = w->futures[o->a];
    if (!future || (o->word != CANCEL && o->word != POST_CANCEL && rondo_future_done(future) != 0)) return RONDO_OK;
    rondo_value value;
    rondo_error *error;
    rondo_status status;
    switch (o->word) {
    case RESULT:
        value = some_value(w);
        return or_drop(rondo_future_set_result(future, &value), &value);
    case POST_RESULT:
        value = some_value(w);
        return or_drop(rondo_future_set_result_threadsafe(future, &value), &value);
    case FAIL:
    case POST_FAIL:
        error = make_error(w);
        status = o->word == FAIL ? rondo_future_set_error(future, error) : rondo_future_set_error_threadsafe(future, error);
        rondo_error_release(error);
        return status;
    case CANCEL:
        return rondo_future_cancel(future, "a reason");
    default:
        return rondo_future_cancel_threadsafe(future, "a reason");
    }
}

static rondo_status call_back(world *w, const op *o) {
    unsigned char *user = born(w->users, &w->user_count);
    RONDO_INIT(rondo_call_options, options);
    options.drop = drop_user;
    rondo_handle *handle = NULL;
    rondo_status status = RONDO_OK;
    switch (o->word) {
    case SOON:
        status = rondo_loop_call_soon(w->loop, run_call, user, &options, &handle);
        break;
    case LATER:
        status = rondo_loop_call_later(w->loop, RONDO_MS(o->b), run_call, user, &options, &handle);
        break;
    case POST:
        status = rondo_loop_call_soon_threadsafe(w->loop, run_call, user, &options, &handle);
        break;
    default:
        status = w->futures[o->a] ? rondo_future_add_done_callback(w->futures[o->a], run_call, user, &options)
                                  : RONDO_ENOMEM;
        if (status == RONDO_OK) w->on_done[o->a] = user;
        break;
    }
    if (status < 0) ends(user); // ours still
    if (handle) {
        rondo_handle_release(w->handles[o->a]);
        w->handles[o->a] = handle;
    }
    return status;
}

static rondo_status use_context(world *w, const op *o) {
    rondo_value value = rondo_none();
    rondo_token *token = NULL;
    rondo_status status;
    if (!w->vars[o->a]) return RONDO_OK;
    switch (o->word) {
    case SET:
        value = some_value(w);
        status = or_drop(rondo_context_set(NULL, w->vars[o->a], &value, &token), &value);
        if (token) {
            rondo_token_release(w->tokens[o->a]);
            w->tokens[o->a] = token;
        }
        return status;
    case RESET:
        status = w->tokens[o->a] ? rondo_context_reset(NULL, w->tokens[o->a]) : RONDO_OK;
        return status == RONDO_ETOKEN ? RONDO_OK : status;
    case GET:
        status = rondo_context_get(NULL, w->vars[o->a], &value);
        return status == RONDO_ENOVALUE ? RONDO_OK : status;
    default:
        status = w->context ? rondo_context_run(w->context, run_inside, w) : RONDO_OK;
        return status == RONDO_EENTERED ? RONDO_OK : status;
    }
}

static rondo_status act_quietly(world *w, const plan *p, const op *o) {
    rondo_waker *waker = NULL;
    rondo_status status = RONDO_OK;
    switch (o->word) {
    case SPAWN:
    case SPAWN_SHARED:
    case SPAWN_EAGER:
    case MEMBER:
    case MEMBER_EAGER:
        return make_task(w, p, o);
    case END_GROUP_EARLY:
        return rondo_task_group_cancel(innermost_group(p));
    case FUTURE:
    case LEAF:
        return make_future(w, o);
    case GATHER:
    case GATHER_ERRORS:
    case GATHER_CANCELLING:
    case WAIT:
    case WAIT_FIRST:
    case AS_COMPLETED:
        return make_combinator(w, o);
    case SHIELD:
        return make_shield(w, o);
    case GENERATOR:
        return make_generator(w, o);
    case NEXT_TASK:
        return make_next_task(w, o);
    case DROP:
        drop_generator(w, o->a);
        return RONDO_OK;
    case NOT_DONE:
        if (!w->futures[o->a] || !w->on_done[o->a]) return RONDO_OK;
        return rondo_future_remove_done_callback(w->futures[o->a], run_call, w->on_done[o->a]);
    case RELEASE:
        replace_future(w, o->a, NULL);
        return RONDO_OK;
    case NAME:
        if (!w->futures[o->a]) return RONDO_OK;
        if (!rondo_task_get_name(w->futures[o->a])) return RONDO_ENOMEM;
        return rondo_task_set_name(w->futures[o->a], "renamed");
    case SOON:
    case LATER:
    case POST:
    case ON_DONE:
        return call_back(w, o);
    case CALL_OFF:
        return w->handles[o->a] ? rondo_handle_cancel(w->handles[o->a]) : RONDO_OK;
    case SET:
    case RESET:
    case GET:
    case INSIDE:
        return use_context(w, o);
    case WAKER:
        if (!w->futures[o->b]) return RONDO_OK;
        status = rondo_task_waker(w->futures[o->b], &waker);
        if (waker) {
            rondo_waker_release(w->wakers[o->a]);
            w->wakers[o->a] = waker;
        }
        return status;
    case WAKE:
        rondo_waker_wake_by_ref(w->wakers[o->a]);
        return RONDO_OK;
    case RESULT:
    case FAIL:
    case CANCEL:
    case POST_RESULT:
    case POST_FAIL:
    case POST_CANCEL:
        return finish_future(w, o);
    default:
        return use_tool(w, o);
    }
}

static rondo_status act(world *w, const plan *p, const op *o) {
    rondo_status status = act_quietly(w, p, o);
    if (status < 0 && !(status == RONDO_ENOMEM && w->scarce)) kit_gives(__FILE__, o->word, "a word", status, RONDO_OK);
    return status;
}

// ---- the world

static void give_loop(void *loop, rondo_loop **out) { *out = rondo_loop_retain(loop); }

static int has_runner(int ending) {
    return ending == CLOSE_RUNNER_FIRST || ending == CLOSE_RUNNER_LAST || ending == CLOSE_RUNNER_AT_ONCE;
}

static void make_runner(world *w) {
    RONDO_INIT(rondo_runner_options, options);
    options.loop_factory = give_loop;
    options.loop_factory_user = w->loop;
    options.flags = RONDO_RUNNER_NO_SIGINT;
    if (rondo_runner_create(&options, &w->runner) < 0) return;
    if (rondo_runner_get_loop(w->runner, NULL) == RONDO_OK) return;
    rondo_runner_release(w->runner);
    w->runner = NULL;
}

static void hear(void *user, rondo_loop *loop, const rondo_report *report) {
    world *w = user;
    CHECK(loop != NULL && report->message != NULL);
    ++w->reports;
    w->bad_reports += strstr(report->message, "is pending") || strstr(report->message, "inside its task group");
}

void begin_world(world *w, const scenario *s, int fibers, int scarce, int ending) {
    memset(w, 0, sizeof *w);
    w->fibers = fibers;
    w->scarce = scarce;
    RONDO_INIT(rondo_loop_options, options);
    options.flags = RONDO_LOOP_VIRTUAL_CLOCK;
    options.handler = hear;
    options.handler_user = w;
    if (rondo_loop_create(&options, &w->loop) < 0) {
        CHECK(scarce);
        return;
    }
    if (has_runner(ending)) make_runner(w);
    rondo_context_create(&w->context);
    for (int i = 0; i < 2; ++i) {
        rondo_value value = some_value(w);
        rondo_ctxvar_create("var", &value, &w->vars[i]);
        rondo_value_drop(&value);
    }
    act(w, NULL, &(op){.word = SPAWN, .a = 0, .program = s->main});
}

static int turn_loop(rondo_loop *loop, int64_t max_wait) {
    if (!loop || rondo_loop_is_closed(loop) == 1) return 0;
    uint64_t entries = stats_of(loop).entries;
    CHECK(rondo_loop_run_once(loop, max_wait) >= 0);
    rondo_loop_stats stats = stats_of(loop);
    return stats.ready > 0 || stats.deadlines > 0 || stats.entries > entries; // what was run may have posted something
}

int turn_world(world *w) {
    if (!w->loop) return 0;
    if (rondo_loop_is_closed(w->loop) == 0 && stats_of(w->loop).ready == 0) work_off(w); // who else would do it
    int works = turn_loop(w->other, RONDO_S(1)); // while it does time stands still here
    works |= turn_loop(w->loop, works ? 0 : RONDO_S(1));
    return works || (result_is_on_its_way(w) && turn_loop(w->loop, RONDO_FOREVER));
}

// ---- the tasks alive

static rondo_task *pick(rondo_loop *loop, int *index) {
    rondo_task *tasks[most_tasks];
    size_t count = 0;
    if (!loop || rondo_loop_is_closed(loop) == 1) return NULL;
    GIVES(rondo_loop_all_tasks(loop, tasks, most_tasks, &count), RONDO_OK);
    CHECK(count <= most_tasks);
    rondo_task *found = NULL;
    for (size_t i = 0; i < count; ++i, --*index) {
        if (*index == 0) {
            found = tasks[i];
        } else {
            rondo_future_release(tasks[i]);
        }
    }
    return found;
}

rondo_task *living_task(world *w, int index) {
    rondo_task *found = pick(w->loop, &index);
    return found ? found : pick(w->other, &index);
}

static const char *now = "";

static void tell(int signal) {
    (void)signal;
    if (write(2, now, strlen(now)) > 0 && write(2, "\n", 1) > 0) return;
}

void doing(const char *when) {
    now = when;
    signal(SIGABRT, tell);
}

void finish_world(world *w) {
    for (int rounds = 0, turns = 0; w->loop; ++rounds, turns = 0) {
        while (turn_world(w) && turns < most_turns) ++turns;
        rondo_task *task = living_task(w, 0);
        if (turns < most_turns && !task) return;
        CHECK(turns < most_turns && rounds < most_tasks); // everything comes to an end
        GIVES(rondo_future_cancel(task, "the end"), 1);
        rondo_future_release(task);
    }
}

static void release_slots(world *w, int backwards) {
    for (int i = 0; i < slots; ++i) {
        int slot = backwards ? slots - 1 - i : i;
        rondo_token_release(w->tokens[slot]);
        replace_future(w, slot, NULL);
        rondo_handle_release(w->handles[slot]);
        rondo_waker_release(w->wakers[slot]);
        rondo_ctxvar_release(w->vars[slot]);
        drop_generator(w, slot);
        release_tool(&w->tools[slot]);
        w->tokens[slot] = NULL;
        w->handles[slot] = NULL;
        w->wakers[slot] = NULL;
        w->vars[slot] = NULL;
    }
    rondo_context_release(w->context);
    w->context = NULL;
}

// Those of fibers whose stacks went with the loop.
static void release_forgotten_blocks(world *w) {
    for (int i = 0; i < w->plan_count; ++i) release_blocks(&w->plans[i]);
}

static void close_runner(world *w, int64_t deadline) {
    rondo_status status = rondo_runner_close(w->runner, deadline, NULL);
    if (status == RONDO_ENOMEM && w->scarce) return; // its release tries again
    CHECK(status == RONDO_OK || status == RONDO_EDEADLINE);
}

void end_world(world *w, int ending) {
    if (!w->loop) return;
    work_off(w);
    if (ending == CANCEL_MAIN && w->futures[0]) CHECK(rondo_future_cancel(w->futures[0], "the end") >= 0);
    for (int turns = 0; ending == CANCEL_MAIN && turn_world(w); ++turns) CHECK(turns < 1000);
    if (ending % 2) close_there(w);
    if (ending == RELEASE_LOOP_FIRST || ending == RELEASE_LOOP_LAST) release_submissions(w, 0); // they keep it open
    if (ending == CLOSE_LOOP_LAST || ending == RELEASE_LOOP_LAST || ending == CLOSE_RUNNER_LAST) {
        release_slots(w, ending == RELEASE_LOOP_LAST);
    }
    if (ending == CLOSE_LOOP_FIRST || ending == CLOSE_LOOP_LAST || ending == CANCEL_MAIN) {
        GIVES(rondo_loop_close(w->loop), RONDO_OK);
    }
    if (w->runner && ending == CLOSE_RUNNER_FIRST) close_runner(w, RONDO_FOREVER);
    if (w->runner && ending == CLOSE_RUNNER_AT_ONCE) close_runner(w, 0);
    if (ending == RELEASE_LOOP_FIRST) rondo_loop_release(w->loop);
    if (ending == CLOSE_RUNNER_LAST) rondo_runner_release(w->runner);
    release_slots(w, ending % 2);
    if (ending != CLOSE_RUNNER_LAST) rondo_runner_release(w->runner);
    if (ending != RELEASE_LOOP_FIRST) rondo_loop_release(w->loop);
    close_there(w);
    release_slots(w, 0); // what programs that ended last have put there
    release_forgotten_blocks(w);
    end_work(w);
}

static void check_all(const unsigned char *things, int count, const char *what, const char *when) {
    for (int i = 0; i < count; ++i) {
        if (things[i] == 2) continue;
        fprintf(stderr, "%s: %s %d of %d has not ended\n", when, what, i, count);
        kit_fail(__FILE__, __LINE__, "everything ends once");
    }
}

void check_world(const world *w, const char *when) {
    check_all(w->frames, w->frame_count, "frame", when);
    check_all(w->values, w->value_count, "value", when);
    check_all(w->users, w->user_count, "user data", when);
}
