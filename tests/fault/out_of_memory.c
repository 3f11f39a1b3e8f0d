// Everything is done again and again while its first, second, third, ... allocation fails, alone or with all behind it,
// until it runs through. Each failure is told as RONDO_ENOMEM, or has the consequence that is documented; nothing
// leaks, no value is lost, nothing ends twice.
#include "memory.h"
#include "world.h"

#include "rondo/uv.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

enum { most_allocations = 5000 };

// ---- one run in a thread of its own, so that no memory of an earlier one is at hand

typedef struct {
    void (*run)(const void *user);
    const void *user;
    uint64_t fail_at;
    int all_later;
    uint64_t failed;
} attempt;

static rondo_status rest(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    return RONDO_OK;
}

static void *make_attempt(void *user) {
    attempt *a = user;
    // libc ends the process if it cannot register what is thread-local.
    rondo_free(rondo_alloc(512), 512);
    memory_fail(a->fail_at, a->all_later);
    a->run(a->user);
    a->failed = memory_disarm();
    return NULL;
}

// Those of a pool give back what they keep when they end.
static void wait_for_other_threads(void) {
    struct stat tasks;
    do CHECK(stat("/proc/self/task", &tasks) == 0);
    while (tasks.st_nlink > 3 && usleep(50) == 0);
}

static void run_attempt(attempt *a) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, make_attempt, a) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

// A leak comes every time; libc keeps the stacks of threads for the next ones.
static void check_leaks(const char *name, attempt *a, int64_t before) {
    for (int again = 0; again < 3 && memory_live() != before; ++again) {
        wait_for_other_threads();
        before = memory_live();
        run_attempt(a);
        wait_for_other_threads();
    }
    if (memory_live() == before) return;
    fprintf(stderr, "%s: %lld blocks are left when allocation %llu%s fails\n", name,
            (long long)(memory_live() - before), (unsigned long long)a->fail_at, a->all_later ? " and later" : "");
    kit_fail(__FILE__, __LINE__, "nothing leaks");
}

static int failures;
static void fail_everywhere(const char *name, void (*run)(const void *user), const void *user) {
    attempt whole = {run, user, most_allocations, 0, 0};
    run_attempt(&whole); // what is allocated once and kept
    for (int all_later = 0; all_later < 2; ++all_later) {
        attempt a = {run, user, 0, all_later, 0};
        do {
            int64_t before = memory_live();
            char when[160];
            snprintf(when, sizeof when, "%s, allocation %d%s fails", name, (int)a.fail_at, all_later ? " and later" : "");
            doing(when);
            run_attempt(&a);
            check_leaks(name, &a, before);
            ++failures;
            CHECK(++a.fail_at < most_allocations);
        } while (a.failed > 0);
    }
}

// ---- the scenarios

typedef struct {
    const scenario *scenario;
    int fibers;
    int ending;
} staging;

static void run_scenario(const void *user) {
    const staging *s = user;
    world w;
    begin_world(&w, s->scenario, s->fibers, 1, s->ending);
    for (int turns = 0; turns < 4 + s->ending * 3 && turn_world(&w);) ++turns;
    end_world(&w, s->ending);
    check_world(&w, s->scenario->name);
}

// With memory again everything comes to an end, and what they waited at is as good as new.
static void run_scenario_to_its_end(const void *user) {
    const staging *s = user;
    world w;
    begin_world(&w, s->scenario, s->fibers, 1, CLOSE_LOOP_LAST);
    for (int turns = 0; turn_world(&w); ++turns) CHECK(turns < most_turns);
    memory_disarm();
    if (w.loop) {
        finish_world(&w);
        check_rest(&w);
    }
    end_world(&w, CLOSE_LOOP_LAST);
    check_world(&w, s->scenario->name);
}

static void scenarios_run_or_say_that_memory_is_out(void) {
    for (int i = 0; i < scenario_count; ++i) {
        for (int fibers = 0; fibers < 2; ++fibers) {
            for (int ending = 0; ending < endings; ++ending) {
                staging s = {&scenarios[i], fibers, ending};
                fail_everywhere(scenarios[i].name, run_scenario, &s);
            }
            staging s = {&scenarios[i], fibers, CLOSE_LOOP_LAST};
            fail_everywhere(scenarios[i].name, run_scenario_to_its_end, &s);
        }
    }
}

// ---- what needs more than a world

#define MAY_FAIL(call) may_fail(__LINE__, #call, (call))
static rondo_status may_fail(int line, const char *call, rondo_status status) {
    if (status != UV_ENOMEM && status != RONDO_ENOMEM) kit_gives(__FILE__, line, call, status < 0 ? status : 0, 0);
    return status;
}

static rondo_status answer_copy(void *arg, rondo_value *result) {
    (void)arg;
    rondo_status status = rondo_sleep(1000);
    return status < 0 ? status : rondo_value_copy(RONDO_STR, "text", 4, result);
}

static void run_a_fiber(const void *user) {
    (void)user;
    rondo_value result;
    rondo_error *err = NULL;
    rondo_status status = MAY_FAIL(rondo_run(answer_copy, NULL, &result, &err));
    CHECK((status == RONDO_OK) == (result.kind == RONDO_STR));
    CHECK((status == RONDO_OK) == (err == NULL));
    CHECK(rondo_error_code(err) == status);
    rondo_value_drop(&result);
    rondo_error_release(err);
}

static void step_answer_copy(kit_frame *frame, rondo_step *io) {
    if (io->status < 0) {
        give_error_on(io);
    } else if (frame->at == 0) {
        io->verdict = RONDO_STEP_SLEEP;
        io->delay_ns = 1000;
    } else if (rondo_value_copy(RONDO_STR, "text", 4, &io->out) < 0) {
        give_raise(io, RONDO_ENOMEM, NULL);
    } else {
        io->verdict = RONDO_STEP_RETURN;
    }
}

static void run_a_coroutine(const void *user) {
    (void)user;
    kit_frame frame = {step_answer_copy, NULL, 0, NULL};
    rondo_value result;
    rondo_status status = MAY_FAIL(rondo_run_coro(&kit_coro, &frame, &result, NULL));
    CHECK((status == RONDO_OK) == (result.kind == RONDO_STR));
    rondo_value_drop(&result);
}

static rondo_status leave_leftovers(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    for (int i = 0; i < 3; ++i) {
        rondo_status status = rondo_fiber_create(NULL, answer_copy, NULL, NULL, NULL);
        if (status < 0) return status;
    }
    return RONDO_OK;
}

static void reuse_a_runner(const void *deadline) {
    rondo_runner *runner = NULL;
    if (MAY_FAIL(rondo_runner_create(NULL, &runner)) < 0) return;
    for (int i = 0; i < 3; ++i) MAY_FAIL(rondo_runner_run(runner, leave_leftovers, NULL, NULL, NULL, NULL));
    rondo_error *err = NULL;
    rondo_status status = rondo_runner_close(runner, *(const int64_t *)deadline, &err);
    if (status != RONDO_EDEADLINE) MAY_FAIL(status);
    CHECK((status < 0) == (err != NULL));
    rondo_error_release(err);
    rondo_runner_release(runner);
}

static void step_park_for_ever(kit_frame *frame, rondo_step *io) {
    (void)frame;
    io->verdict = RONDO_STEP_PARK;
}

static void close_in_time(const void *user) {
    (void)user;
    RONDO_INIT(rondo_loop_options, loop_options);
    loop_options.flags = RONDO_LOOP_VIRTUAL_CLOCK;
    RONDO_INIT(rondo_runner_options, options);
    options.loop = &loop_options;
    rondo_runner *runner = NULL;
    rondo_loop *loop = NULL;
    int ends = 0;
    kit_frame stubborn = {step_park_for_ever, NULL, 0, &ends};
    if (MAY_FAIL(rondo_runner_create(&options, &runner)) < 0) return;
    if (MAY_FAIL(rondo_runner_get_loop(runner, &loop)) == RONDO_OK) {
        int started = MAY_FAIL(rondo_task_create(loop, &kit_coro, &stubborn, NULL, NULL)) == RONDO_OK;
        rondo_status status = RONDO_ENOMEM;
        for (int tries = 0; tries < 2 && status == RONDO_ENOMEM; ++tries) {
            status = rondo_runner_close(runner, RONDO_S(1), NULL);
        }
        if (started && status != RONDO_EDEADLINE) GIVES(status, RONDO_ENOMEM);
        if (status == RONDO_ENOMEM) GIVES(rondo_loop_close(loop), RONDO_OK);
        CHECK(ends == started);
    }
    rondo_runner_release(runner);
}

static void never_called(void *user, rondo_call *call) {
    (void)user;
    (void)call;
}

static void watch_descriptors(const void *user) {
    (void)user;
    int ends[2];
    CHECK(pipe(ends) == 0 && write(ends[1], "x", 1) == 1);
    rondo_loop *loop = NULL;
    int data[2] = {0, 0};
    int taken[2] = {0, 0};
    RONDO_INIT(rondo_call_options, options);
    options.drop = count_end;
    if (MAY_FAIL(rondo_loop_create(NULL, &loop)) == RONDO_OK) {
        for (int i = 0; i < 3; ++i) {
            taken[0] += MAY_FAIL(rondo_loop_add_reader(loop, ends[0], never_called, &data[0], &options)) == RONDO_OK;
            taken[1] += MAY_FAIL(rondo_loop_add_writer(loop, ends[1], never_called, &data[1], &options)) == RONDO_OK;
            CHECK(rondo_loop_run_once(loop, 0) >= 0);
        }
        CHECK(rondo_loop_remove_reader(loop, ends[0]) == (taken[0] > 0));
        rondo_loop_release(loop);
    }
    CHECK(data[0] == taken[0] && data[1] == taken[1]);
    close(ends[0]);
    close(ends[1]);
}

// ---- posts without a handle, to a loop of another thread

static void *make_loop(void *out) {
    GIVES(rondo_loop_create(NULL, out), RONDO_OK);
    return NULL;
}

static void fail_call(void *user, rondo_call *call) {
    (void)user;
    call->status = RONDO_EFAILED;
}

static void count_report(void *user, rondo_loop *loop, const rondo_report *report) {
    (void)loop;
    (void)report;
    ++*(int *)user;
}

static int post_some(rondo_loop *loop, int *drops) {
    int taken = 0;
    RONDO_INIT(rondo_call_options, options);
    options.drop = count_end;
    for (int i = 0; i < 25; ++i) {
        rondo_callback_fn fn = i % 5 == 3 ? fail_call : never_called;
        taken += MAY_FAIL(rondo_loop_call_soon_threadsafe(loop, fn, drops, &options, NULL)) == RONDO_OK;
    }
    return taken;
}

static void post_calls(const void *user) {
    (void)user;
    rondo_loop *loop = NULL;
    pthread_t thread;
    if (pthread_create(&thread, NULL, make_loop, &loop) != 0) return;
    CHECK(pthread_join(thread, NULL) == 0);
    int drops = 0;
    int reports = 0;
    GIVES(rondo_loop_set_exception_handler(loop, count_report, &reports), RONDO_OK);
    int taken = post_some(loop, &drops);
    CHECK(drops == 0);
    CHECK(rondo_loop_run_once(loop, 0) >= 0);
    CHECK(drops == taken && reports <= 5);
    rondo_loop_release(loop);
    CHECK(drops == taken);
}

// ---- a ring whose host answers with what it was given

typedef struct {
    int references;
    int at;
} object;

static void retain(void *o) { ++((object *)o)->references; }
static void release(void *o) { --((object *)o)->references; }
static const rondo_host host = {.size = sizeof host, .retain = retain, .release = release};

static void drain(void *user, uint32_t count) {
    const rondo_ring_view *view = user;
    for (uint32_t i = 0; i < count; ++i) {
        if (view->status[i] == RONDO_RING_PAUSE) return;
        *view->current = i;
        object *o = view->object[i];
        int ends = view->status[i] != RONDO_RING_SEND || ++o->at > 2;
        view->answer[i] = !ends ? RONDO_STEP_SLEEP : RONDO_STEP_CANCELLED;
        view->value[i] = !ends ? 1000 : (uint64_t)(uintptr_t)o;
        if (view->status[i] == RONDO_RING_CALL) view->answer[i] = RONDO_STEP_RETURN;
    }
}

static void use_a_ring(const void *user) {
    (void)user;
    object none = {0, 0};
    object task_object = {0, 0};
    object call_object = {0, 0};
    rondo_ring_view view = {.size = sizeof view};
    RONDO_INIT(rondo_ring_options, options);
    options.host = &host;
    options.none = &none;
    options.drain = drain;
    options.user = &view;
    rondo_loop *loop = NULL;
    rondo_ring *ring = NULL;
    if (MAY_FAIL(rondo_loop_create(NULL, &loop)) < 0) return;
    if (MAY_FAIL(rondo_ring_create(loop, &options, &ring)) == RONDO_OK) {
        GIVES(rondo_ring_get_view(ring, &view), RONDO_OK);
        rondo_task *task = NULL;
        MAY_FAIL(rondo_ring_task_create(ring, &task_object, NULL, &task));
        MAY_FAIL(rondo_ring_task_create(ring, &call_object, NULL, NULL));
        MAY_FAIL(rondo_loop_call_soon(loop, rondo_ring_callback(), &call_object, NULL, NULL));
        MAY_FAIL(rondo_loop_call_later(loop, 1, rondo_ring_callback(), &call_object, NULL, NULL));
        if (task) CHECK(rondo_loop_run_until_complete(loop, task, NULL) < 0); // cancelled
        rondo_future_release(task);
        rondo_ring_release(ring);
    }
    rondo_loop_release(loop);
    CHECK(none.references == 0 && task_object.references == 0 && call_object.references == 0);
}

// ---- small things

static void make_values_and_errors(const void *user) {
    (void)user;
    int drops = 0;
    rondo_value copy;
    if (MAY_FAIL(rondo_value_copy(RONDO_BYTES, "bytes", 5, &copy)) == RONDO_OK) rondo_value_drop(&copy);
    rondo_value payload = counted(&drops);
    RONDO_INIT(rondo_error_options, options);
    options.code = RONDO_EFAILED;
    options.payload = &payload;
    rondo_error *error = NULL;
    rondo_status status = MAY_FAIL(rondo_error_create(&options, &error));
    CHECK((status < 0) == (payload.kind == RONDO_PTR));
    rondo_error_release(error);
    rondo_value_drop(&payload);
    CHECK(drops == 1);
    error = rondo_error_new(RONDO_EFAILED, "words");
    CHECK(rondo_error_code(error) == RONDO_EFAILED || rondo_error_code(error) == RONDO_ENOMEM);
    rondo_error_release(error);
    void *block = rondo_alloc(100);
    rondo_free(block, 100);
}

static void use_contexts(const void *user) {
    (void)user;
    int drops = 0;
    rondo_value fallback = counted(&drops);
    rondo_value value = counted(&drops);
    rondo_ctxvar *var = NULL;
    rondo_context *context = NULL;
    rondo_context *copy = NULL;
    rondo_token *token = NULL;
    rondo_status made = MAY_FAIL(rondo_ctxvar_create("var", &fallback, &var));
    CHECK((made < 0) == (fallback.kind == RONDO_PTR));
    MAY_FAIL(rondo_context_create(&context));
    if (var && context) {
        rondo_status status = MAY_FAIL(rondo_context_set(context, var, &value, &token));
        CHECK((status < 0) == (value.kind == RONDO_PTR) && (status < 0) == (token == NULL));
        MAY_FAIL(rondo_context_copy(context, &copy));
        rondo_value view;
        GIVES(rondo_context_get(context, var, &view), RONDO_OK);
        if (token) MAY_FAIL(rondo_context_reset(context, token));
    }
    rondo_token_release(token);
    rondo_context_release(copy);
    rondo_context_release(context);
    rondo_ctxvar_release(var);
    rondo_value_drop(&fallback);
    rondo_value_drop(&value);
    CHECK(drops == 2);
}

static void open_libuv(const void *user) {
    (void)user;
    rondo_loop *loop = NULL;
    if (MAY_FAIL(rondo_loop_create(NULL, &loop)) < 0) return;
    uv_loop_t *uv = NULL;
    for (int i = 0; i < 2; ++i) {
        rondo_status status = MAY_FAIL(rondo_loop_uv(loop, &uv));
        CHECK((status < 0) == (uv == NULL));
    }
    int calls = 0;
    MAY_FAIL(rondo_loop_call_later(loop, 1000, count_call, &calls, NULL, NULL));
    CHECK(rondo_loop_run_once(loop, RONDO_MS(1)) >= 0);
    rondo_loop_release(loop);
}

int main(void) {
    GIVES(rondo_run(rest, NULL, NULL, NULL), RONDO_OK); // what a process allocates once
    RUN(scenarios_run_or_say_that_memory_is_out);
    static const int64_t no_deadline = RONDO_FOREVER;
    static const int64_t at_once = 0;
    fail_everywhere("run_a_fiber", run_a_fiber, NULL);
    fail_everywhere("run_a_coroutine", run_a_coroutine, NULL);
    fail_everywhere("reuse_a_runner", reuse_a_runner, &no_deadline);
    fail_everywhere("reuse_a_runner", reuse_a_runner, &at_once);
    fail_everywhere("close_in_time", close_in_time, NULL);
    fail_everywhere("watch_descriptors", watch_descriptors, NULL);
    fail_everywhere("post_calls", post_calls, NULL);
    fail_everywhere("use_a_ring", use_a_ring, NULL);
    fail_everywhere("make_values_and_errors", make_values_and_errors, NULL);
    fail_everywhere("use_contexts", use_contexts, NULL);
    fail_everywhere("open_libuv", open_libuv, NULL);
    printf("%d times an allocation was failed\n", failures);
    return 0;
}
