#include "meeting.h"

#include "_cgo_export.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- words */

enum { EMPTY, FULL, ASLEEP };

struct word {
    _Alignas(64) _Atomic uint32_t state;
    int patience; /* how often the listener looks before it sleeps */
    sem_t full; /* for who is asleep */
};

static int most_patience;

static void look_at_the_machine(void) { most_patience = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 1000 : 0; }

static inline void pause_a_moment(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static struct word *word_new(void) {
    struct word *w = aligned_alloc(64, (sizeof *w + 63) / 64 * 64);
    if (!w) return NULL;
    atomic_init(&w->state, EMPTY);
    w->patience = most_patience;
    sem_init(&w->full, 0, 0);
    return w;
}

static void word_free(struct word *w) {
    if (!w) return;
    sem_destroy(&w->full);
    free(w);
}

static void say(struct word *w) {
    if (atomic_exchange(&w->state, FULL) == ASLEEP) sem_post(&w->full);
}

static void sleep_until_full(struct word *w) {
    uint32_t empty = EMPTY;
    if (!atomic_compare_exchange_strong(&w->state, &empty, ASLEEP)) return;
    while (sem_wait(&w->full) < 0) continue; /* a signal */
}

/* Looking pays only while the answers come soon: it is given up by and by where they do not, and tried again. */
static void listen(struct word *w) {
    int tries = w->patience > 0 ? w->patience : 0;
    while (tries > 0 && atomic_load_explicit(&w->state, memory_order_acquire) != FULL) {
        pause_a_moment();
        --tries;
    }
    if (tries > 0) {
        w->patience = most_patience;
    } else if (w->patience > most_patience / 32) {
        w->patience /= 2;
    } else if (--w->patience < -100) {
        w->patience = most_patience / 4;
    }
    if (atomic_load_explicit(&w->state, memory_order_acquire) != FULL) sleep_until_full(w);
    atomic_store_explicit(&w->state, EMPTY, memory_order_relaxed);
}

/* ---- the meeting */

meeting *meeting_new(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, look_at_the_machine);
    meeting *m = calloc(1, sizeof *m);
    if (!m) return NULL;
    m->to_go = word_new();
    m->to_loop = word_new();
    if (m->to_go && m->to_loop) return m;
    meeting_free(m);
    return NULL;
}

void meeting_free(meeting *m) {
    rondo_loop_release(m->loop);
    word_free(m->to_go);
    word_free(m->to_loop);
    free(m);
}

int32_t meeting_exchange(meeting *m, request *r) {
    m->asked = r;
    say(m->to_loop);
    listen(m->to_go);
    return m->kind;
}

int32_t meeting_listen(meeting *m) {
    listen(m->to_go);
    return m->kind;
}

void meeting_dismiss(meeting *m) {
    m->kind = EVENT_DISMISS;
    say(m->to_go);
}

static request *next_request(meeting *m) {
    listen(m->to_loop);
    return m->asked;
}

static void reply(meeting *m, request *r) {
    m->kind = EVENT_REPLY;
    m->id = r->strand;
    say(m->to_go);
}

static void serve(meeting *m, request *r);

/* Tells of an event and makes the calls that are asked for until it is answered. */
static void tell(meeting *m, int32_t kind, uint64_t id, rondo_step *io) {
    m->kind = kind;
    m->id = id;
    m->io = io;
    say(m->to_go);
    for (request *r; (r = next_request(m));) {
        serve(m, r);
    }
}

/* ---- coroutines */

struct frame {
    meeting *m;
    uint64_t id;
    int32_t ended;
};

static void step(void *frame, rondo_step *io) {
    struct frame *f = frame;
    meeting *m = f->m;
    tell(m, EVENT_STEP, f->id, io);
    if (io->verdict == RONDO_STEP_AWAIT) rondo_future_retain(io->target);
    rondo_future_release(m->spare);
    m->spare = NULL;
    f->ended = io->verdict == RONDO_STEP_RETURN || io->verdict == RONDO_STEP_RAISE;
}

static void destroy(void *frame) {
    struct frame *f = frame;
    if (!f->ended) tell(f->m, EVENT_DESTROY, f->id, NULL);
}

static const rondo_coro_vtable coroutine = {
    .size = sizeof(rondo_coro_vtable), .frame_size = sizeof(struct frame), .step = step, .destroy = destroy};

static void on_report(void *user, rondo_loop *loop, const rondo_report *report) {
    meeting *m = user;
    (void)loop;
    rondo_task *task = report->task;
    if (!task && report->future && rondo_future_is_task(report->future) == 1) task = report->future;
    m->report = report;
    m->report_task = rondo_task_get_name(task);
    tell(m, EVENT_REPORT, 0, m->io);
}

static void request_open(meeting *m, request *r) {
    RONDO_INIT(rondo_loop_options, loop);
    loop.flags = (uint32_t)r->number;
    loop.shuffle_seed = r->id;
    loop.handler = on_report;
    loop.handler_user = m;
    RONDO_INIT(rondo_runner_options, options);
    options.flags = RONDO_RUNNER_NO_SIGINT;
    options.loop = &loop;
    r->status = rondo_runner_create(&options, &m->runner);
    if (r->status == RONDO_OK) r->status = rondo_runner_get_loop(m->runner, &m->loop);
    if (r->status == RONDO_OK) rondo_loop_retain(m->loop);
}

static void request_run(meeting *m, request *r) {
    struct frame f = {m, r->id, 0};
    rondo_value result = rondo_none();
    r->status = rondo_runner_run_coro(m->runner, &coroutine, &f, NULL, &result, &m->error);
    rondo_value_drop(&result);
}

static void request_close(meeting *m, request *r) {
    r->status = rondo_runner_close(m->runner, r->number, &m->error);
    if (r->status == RONDO_ERUNNING) return;
    rondo_runner_release(m->runner);
    m->runner = NULL;
}

static void request_spawn(meeting *m, request *r) {
    struct frame f = {m, r->id, 0};
    RONDO_INIT(rondo_task_options, options);
    options.flags = (uint32_t)r->number;
    options.name = r->out;
    options.group = r->handle;
    rondo_task *task = NULL;
    r->status = rondo_task_create(m->loop, &coroutine, &f, &options, &task);
    r->out = task;
}

int32_t meeting_spawn_here(meeting *m, request *q) {
    if (rondo_loop_running() != m->loop) return 0;
    request_spawn(m, q);
    return 1;
}

static void request_go(meeting *m, request *r) {
    (void)m;
    goCall(r->id);
}

/* ---- calls of one shape */

static void request_release(meeting *m, request *r) {
    (void)m;
    rondo_future_release(r->handle);
}

static void request_call(meeting *m, request *r) {
    (void)m;
    r->status = ((rondo_status(*)(void *))r->call)(r->handle);
}

static void request_call_out(meeting *m, request *r) {
    (void)m;
    r->out = NULL;
    r->status = ((rondo_status(*)(void *, void **))r->call)(r->handle, &r->out);
}

static void request_call_size(meeting *m, request *r) {
    (void)m;
    r->status = ((rondo_status(*)(void *, uint64_t))r->call)(r->handle, r->id);
}

static void request_call_status(meeting *m, request *r) {
    (void)m;
    r->status = ((rondo_status(*)(void *, rondo_status))r->call)(r->handle, (rondo_status)r->number);
}

static void request_call_time(meeting *m, request *r) {
    (void)m;
    r->status = ((rondo_status(*)(void *, int64_t))r->call)(r->handle, r->number);
}

static void request_call_item(meeting *m, request *r) {
    (void)m;
    r->status = ((rondo_status(*)(void *, rondo_value *))r->call)(r->handle, &r->value);
}

static void request_call_item_out(meeting *m, request *r) {
    (void)m;
    r->out = NULL;
    r->status = ((rondo_status(*)(void *, rondo_value *, void **))r->call)(r->handle, &r->value, &r->out);
}

static void request_cancel(meeting *m, request *r) {
    (void)m;
    r->status = rondo_future_cancel(r->handle, NULL);
}

/* ---- futures that Go ends */

struct callback {
    meeting *m;
    uint64_t id;
};

static void on_cancel(void *user, rondo_cancel_request *io) {
    struct callback *c = user;
    c->m->cancel = RONDO_CANCEL_NOW;
    tell(c->m, EVENT_CANCEL, c->id, c->m->io);
    io->answer = c->m->cancel;
}

static void request_future(meeting *m, request *r) {
    RONDO_INIT(rondo_future_options, options);
    struct callback *c = r->id ? malloc(sizeof *c) : NULL;
    if (c) {
        *c = (struct callback){m, r->id};
        options.cancel = on_cancel;
        options.drop = free;
        options.user = c;
    }
    rondo_future *future = NULL;
    r->status = r->id && !c ? RONDO_ENOMEM : rondo_future_create(m->loop, &options, &future);
    if (r->status < 0) free(c);
    r->out = future;
}

static rondo_status settle(rondo_future *future, rondo_value *value, rondo_error *error) {
    rondo_status status = error ? rondo_future_set_error(future, error) : rondo_future_set_result(future, value);
    if (status < 0) rondo_value_drop(value);
    rondo_error_release(error);
    return status;
}

static void request_settle(meeting *m, request *r) {
    (void)m;
    r->status = settle(r->handle, &r->value, r->out);
}

struct ending {
    rondo_future *future;
    rondo_value value;
    rondo_error *error;
};

static void on_settle(void *user, rondo_call *call) {
    struct ending *e = user;
    (void)call;
    settle(e->future, &e->value, e->error);
    e->error = NULL;
}

static void drop_ending(void *user) {
    struct ending *e = user;
    rondo_value_drop(&e->value);
    rondo_error_release(e->error);
    rondo_future_release(e->future);
    free(e);
}

rondo_status meeting_settle(meeting *m, rondo_future *future, const rondo_value *value, rondo_error *error) {
    struct ending *e = malloc(sizeof *e);
    if (!e) return RONDO_ENOMEM;
    *e = (struct ending){future, *value, error};
    RONDO_INIT(rondo_call_options, options);
    options.drop = drop_ending;
    rondo_status status = rondo_loop_call_soon_threadsafe(m->loop, on_settle, e, &options, NULL);
    if (status < 0) drop_ending(e);
    return status;
}

static void on_call(void *user, rondo_call *call) {
    struct callback *c = user;
    c->m->call = call;
    tell(c->m, EVENT_CALL, c->id, NULL);
}

rondo_status meeting_call_soon(meeting *m, uint64_t id) {
    struct callback *c = malloc(sizeof *c);
    if (!c) return RONDO_ENOMEM;
    *c = (struct callback){m, id};
    RONDO_INIT(rondo_call_options, options);
    options.drop = free;
    rondo_status status = rondo_loop_call_soon_threadsafe(m->loop, on_call, c, &options, NULL);
    if (status < 0) free(c);
    return status;
}

/* ---- futures over futures */

static void request_gather(meeting *m, request *r) {
    rondo_future *out = NULL;
    r->status = rondo_gather(m->loop, r->handle, r->id, 0, &out);
    r->out = out;
}

static void request_wait(meeting *m, request *r) {
    rondo_future *out = NULL;
    r->status = rondo_wait(m->loop, r->handle, r->id, r->condition, r->number, &out);
    r->out = out;
}

static void request_as_completed(meeting *m, request *r) {
    rondo_future *out = NULL;
    r->status = rondo_as_completed(m->loop, r->handle, r->id, r->number, &out);
    r->out = out;
}

static void request_child(meeting *m, request *r) {
    size_t index = 0;
    (void)m;
    r->status = rondo_as_completed_child(r->handle, &index) ? RONDO_OK : RONDO_ESTATE;
    r->id = index;
}

/* ---- blocks */

static void request_timeout(meeting *m, request *r) {
    rondo_timeout *timeout = NULL;
    (void)m;
    r->status = r->number == RONDO_FOREVER ? rondo_timeout_begin_at(RONDO_FOREVER, &timeout)
                                           : rondo_timeout_begin(r->number, &timeout);
    r->out = timeout;
}

static void request_group(meeting *m, request *r) {
    rondo_task_group *group = NULL;
    r->status = rondo_task_group_create(m->loop, &group);
    if (r->status == RONDO_OK) r->status = rondo_task_group_enter(group);
    if (r->status < 0) rondo_task_group_release(group);
    r->out = group;
}

static void request_group_exit(meeting *m, request *r) {
    rondo_error *raised = r->out, *error = NULL;
    rondo_future *wait = NULL;
    (void)m;
    r->status = rondo_task_group_exit(r->handle, raised, &wait, &error);
    rondo_error_release(raised);
    r->out = r->status == 1 ? (void *)wait : (void *)error;
}

static void request_stop(meeting *m, request *r) { (void)m, (void)r; }

static void serve(meeting *m, request *r) {
    static void (*const requests[])(meeting *, request *) = {
        [REQUEST_STOP] = request_stop,
        [REQUEST_OPEN] = request_open,
        [REQUEST_RUN] = request_run,
        [REQUEST_CLOSE] = request_close,
        [REQUEST_SPAWN] = request_spawn,
        [REQUEST_GO] = request_go,
        [REQUEST_CALL] = request_call,
        [REQUEST_CALL_OUT] = request_call_out,
        [REQUEST_CALL_SIZE] = request_call_size,
        [REQUEST_CALL_STATUS] = request_call_status,
        [REQUEST_CALL_TIME] = request_call_time,
        [REQUEST_CALL_ITEM] = request_call_item,
        [REQUEST_CALL_ITEM_OUT] = request_call_item_out,
        [REQUEST_CANCEL] = request_cancel,
        [REQUEST_FUTURE] = request_future,
        [REQUEST_SETTLE] = request_settle,
        [REQUEST_RELEASE] = request_release,
        [REQUEST_GATHER] = request_gather,
        [REQUEST_WAIT] = request_wait,
        [REQUEST_AS_COMPLETED] = request_as_completed,
        [REQUEST_CHILD] = request_child,
        [REQUEST_TIMEOUT] = request_timeout,
        [REQUEST_GROUP] = request_group,
        [REQUEST_GROUP_EXIT] = request_group_exit,
    };
    requests[r->what](m, r);
    reply(m, r);
}

void meeting_serve(meeting *m) {
    for (uint32_t what = ~0u; what != REQUEST_STOP;) {
        request *r = next_request(m);
        what = r->what;
        serve(m, r);
    }
}

/* ---- what Go owns */

static void drop_go(void *ptr, size_t handle) {
    (void)ptr;
    goDrop(handle);
}

void value_of_go(rondo_value *value, size_t handle) {
    *value = rondo_ptr(NULL, drop_go);
    value->len = handle;
}

int32_t value_is_go(const rondo_value *value) { return value->drop == drop_go; }

int32_t error_is_plain(const rondo_error *error) {
    const char *message = rondo_error_message(error);
    return !rondo_error_cause(error) && !rondo_error_context(error) && !rondo_error_payload(error) &&
           rondo_error_child_count(error) == 0 &&
           (*message == 0 || strcmp(message, rondo_strerror(rondo_error_code(error))) == 0);
}

rondo_error *error_of_go(rondo_status code, const char *message, const char *domain, rondo_error *cause,
                         size_t handle) {
    rondo_value payload;
    value_of_go(&payload, handle);
    RONDO_INIT(rondo_error_options, options);
    options.code = code;
    options.message = message;
    options.domain = domain;
    options.cause = cause;
    options.payload = &payload;
    rondo_error *error = NULL;
    if (rondo_error_create(&options, &error) < 0) {
        rondo_value_drop(&payload);
        error = rondo_error_new(RONDO_ENOMEM, NULL);
    }
    return error;
}
