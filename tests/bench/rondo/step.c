/* Rondo's step coroutines: state machines in C. */
#include "common.h"

typedef void (*step_fn)(void *frame, rondo_step *io);

static void await(rondo_step *io, rondo_future *future) { /* future is moved */
    io->verdict = RONDO_STEP_AWAIT;
    io->target = future;
}
static void yield(rondo_step *io) { io->verdict = RONDO_STEP_YIELD; }
static void finish(rondo_step *io) { io->verdict = RONDO_STEP_RETURN; }
static void doze(rondo_step *io, int64_t ns) {
    io->verdict = RONDO_STEP_SLEEP;
    io->delay_ns = ns;
}

static rondo_task *spawn_with(const rondo_coro_vtable *vtable, const void *init, const rondo_task_options *options) {
    rondo_task *task = NULL;
    must(rondo_task_create(NULL, vtable, init, options, &task), "rondo_task_create");
    return task;
}
static rondo_task *spawn(const rondo_coro_vtable *vtable, const void *init) { return spawn_with(vtable, init, NULL); }

static rondo_future *gather(rondo_task **tasks, int64_t count, uint32_t flags) { /* tasks are moved */
    rondo_future *all = NULL;
    must(rondo_gather(NULL, tasks, (size_t)count, flags, &all), "rondo_gather");
    for (int64_t i = 0; i < count; ++i) rondo_future_release(tasks[i]);
    return all;
}

/* Runs a main coroutine whose frame is the caller's. */
static void run(step_fn step, void *frame) {
    rondo_coro_vtable vtable = {.size = sizeof vtable, .step = step};
    must(rondo_run_coro(&vtable, frame, NULL, NULL), "rondo_run_coro");
}

#define FRAME_VTABLE(type, step_function)                                                                            \
    { .size = sizeof(rondo_coro_vtable), .frame_size = sizeof(type), .step = step_function }
#define VTABLE(step_function)                                                                                        \
    { .size = sizeof(rondo_coro_vtable), .step = step_function }

/* Yields `left` times, then returns. */
typedef struct countdown {
    int64_t left;
} countdown;

static void countdown_step(void *frame, rondo_step *io) {
    countdown *c = frame;
    c->left-- == 0 ? finish(io) : yield(io);
}

static const rondo_coro_vtable countdown_vtable = FRAME_VTABLE(countdown, countdown_step);

/* ---- spawn: make a task that returns at once, await it ---- */

typedef struct loop_frame {
    int64_t n, left, size;
    rondo_task **tasks;
} loop_frame;

static void spawn_step(void *frame, rondo_step *io) {
    loop_frame *f = frame;
    countdown init = {0};
    if (f->left-- == 0) {
        finish(io);
        bench_stop(f->n);
        return;
    }
    await(io, spawn(&countdown_vtable, &init));
}

static void do_spawn(int64_t n, int64_t size) {
    loop_frame f = {n, n, size, NULL};
    bench_start();
    run(spawn_step, &f);
}

/* ---- gather: `size` tasks that yield once, awaited together, until n were made ---- */

static void gather_step(void *frame, rondo_step *io) {
    loop_frame *f = frame;
    countdown init = {1};
    if (f->left < f->size) {
        bench_stop(f->n / f->size * f->size);
        bench_stop_bytes(f->size);
        finish(io);
        return;
    }
    f->left -= f->size;
    for (int64_t i = 0; i < f->size; ++i) f->tasks[i] = spawn(&countdown_vtable, &init);
    await(io, gather(f->tasks, f->size, 0));
}

static void do_gather(int64_t n, int64_t size) {
    loop_frame f = {n, n, size, malloc((size_t)size * sizeof(rondo_task *))};
    bench_start_bytes();
    bench_start();
    run(gather_step, &f);
    free(f.tasks);
}

/* ---- yield: two tasks take turns ---- */

static void yield_step(void *frame, rondo_step *io) {
    loop_frame *f = frame;
    if (f->left-- == 0) {
        bench_stop(f->n);
        finish(io);
        return;
    }
    rondo_task *tasks[2];
    countdown init = {f->n / 2};
    for (int i = 0; i < 2; ++i) tasks[i] = spawn(&countdown_vtable, &init);
    bench_start();
    await(io, gather(tasks, 2, 0));
}

static void do_yield(int64_t n, int64_t size) {
    loop_frame f = {n, 1, size, NULL};
    run(yield_step, &f);
}

/* ---- handoff: two tasks, each resolves the future the other awaits, a new one every time ---- */

typedef struct side {
    rondo_future *mine; /* moved to the await; the other one resolves it meanwhile */
    struct side *other;
    int64_t left;
    int begun, first;
} side;

static void side_step(void *frame, rondo_step *io) {
    side *s = frame;
    if (s->begun) {
        --s->left;
        if (s->left > 0) s->mine = rondo_future_new(io->loop);
    }
    if (s->begun ? s->left > 0 || !s->first : s->first) {
        rondo_value v = rondo_i64(s->left);
        must(rondo_future_set_result(s->other->mine, &v), "rondo_future_set_result");
    }
    s->begun = 1;
    s->left == 0 ? finish(io) : await(io, s->mine);
}

static const rondo_coro_vtable side_vtable = VTABLE(side_step);

typedef struct handoff {
    side sides[2];
    int64_t n;
    int begun;
} handoff;

static void handoff_step(void *frame, rondo_step *io) {
    handoff *h = frame;
    if (h->begun++) {
        bench_stop(h->n);
        finish(io);
        return;
    }
    rondo_task *tasks[2];
    for (int i = 0; i < 2; ++i) {
        h->sides[i] = (side){rondo_future_new(io->loop), &h->sides[!i], h->n / 2, 0, i == 0};
        tasks[i] = spawn(&side_vtable, &h->sides[i]);
    }
    bench_start();
    await(io, gather(tasks, 2, 0));
}

static void do_handoff(int64_t n, int64_t size) {
    handoff h = {.n = n};
    (void)size;
    run(handoff_step, &h);
}

/* ---- sleepers ---- */

static bench_sleepers sleepers;

typedef struct sleeper {
    int64_t index;
    int asleep;
} sleeper;

static void sleeper_step(void *frame, rondo_step *io) {
    sleeper *s = frame;
    if (s->asleep++) {
        bench_sleeper_wakes(&sleepers, s->index);
        finish(io);
    } else {
        doze(io, bench_sleeper_begins(&sleepers, s->index));
    }
}

static const rondo_coro_vtable sleeper_vtable = FRAME_VTABLE(sleeper, sleeper_step);

static void sleepers_step(void *frame, rondo_step *io) {
    loop_frame *f = frame;
    if (f->left-- == 0) {
        bench_sleepers_end(&sleepers);
        finish(io);
        return;
    }
    bench_sleepers_begin(&sleepers, f->n);
    f->tasks = malloc((size_t)f->n * sizeof *f->tasks);
    for (int64_t i = 0; i < f->n; ++i) f->tasks[i] = spawn(&sleeper_vtable, &(sleeper){i, 0});
    await(io, gather(f->tasks, f->n, 0));
    free(f->tasks);
}

static void do_sleepers(int64_t n, int64_t size) {
    loop_frame f = {n, 1, size, NULL};
    run(sleepers_step, &f);
}

/* ---- timeout: a block with a deadline of an hour around a yield ---- */

typedef struct timeout_frame {
    int64_t n, left;
    rondo_timeout *limit;
} timeout_frame;

static void timeout_step(void *frame, rondo_step *io) {
    timeout_frame *f = frame;
    if (f->limit) must(rondo_timeout_end(f->limit, io->status), "rondo_timeout_end");
    if (f->left-- == 0) {
        bench_stop(f->n);
        finish(io);
        return;
    }
    must(rondo_timeout_begin(RONDO_S(3600), &f->limit), "rondo_timeout_begin");
    yield(io);
}

static void do_timeout(int64_t n, int64_t size) {
    timeout_frame f = {n, n, NULL};
    (void)size;
    bench_start();
    run(timeout_step, &f);
}

/* ---- post: callbacks from `size` threads ---- */

typedef struct post_frame {
    int64_t n, threads;
    int begun;
    posts posts;
} post_frame;

static void post_step(void *frame, rondo_step *io) {
    post_frame *f = frame;
    if (f->begun++) {
        posts_end(&f->posts);
        finish(io);
    } else {
        await(io, posts_begin(&f->posts, f->n, f->threads));
    }
}

static void do_post(int64_t n, int64_t size) {
    post_frame f = {.n = n, .threads = size};
    run(post_step, &f);
}

/* ---- thread: `size` tasks, each with one blocking job after the other ---- */

static void jobs_step(void *frame, rondo_step *io) {
    countdown *c = frame;
    rondo_future *job = NULL;
    if (c->left-- == 0) {
        finish(io);
        return;
    }
    must(rondo_to_thread(io->loop, no_job, NULL, NULL, &job), "rondo_to_thread");
    await(io, job);
}

static const rondo_coro_vtable jobs_vtable = FRAME_VTABLE(countdown, jobs_step);

static void thread_step(void *frame, rondo_step *io) {
    loop_frame *f = frame;
    rondo_task *tasks[64] = {NULL};
    if (f->left-- == 0) {
        bench_stop(f->n / f->size * f->size);
        finish(io);
        return;
    }
    for (int64_t i = 0; i < f->size; ++i) tasks[i] = spawn(&jobs_vtable, &(countdown){f->n / f->size});
    await(io, gather(tasks, f->size, 0));
}

static void do_thread(int64_t n, int64_t size) {
    loop_frame f = {n, 1, size, NULL};
    bench_start();
    run(thread_step, &f);
}

/* ---- run: on one runner; fresh: on a loop per run; fresh-io: that waits for a descriptor ---- */

static void do_run(int64_t n, int64_t size) {
    rondo_runner *runner = make_runner();
    (void)size;
    bench_start();
    for (int64_t i = 0; i < n; ++i)
        rondo_runner_run_coro(runner, &countdown_vtable, &(countdown){0}, NULL, NULL, NULL);
    bench_stop(n);
    rondo_runner_release(runner);
}

static void do_fresh(int64_t n, int64_t size) {
    (void)size;
    bench_start();
    for (int64_t i = 0; i < n; ++i) {
        rondo_runner *runner = make_runner();
        rondo_runner_run_coro(runner, &countdown_vtable, &(countdown){0}, NULL, NULL, NULL);
        rondo_runner_release(runner);
    }
    bench_stop(n);
}

static void readable_step(void *frame, rondo_step *io) {
    countdown *c = frame;
    c->left-- == 0 ? finish(io) : await(io, when_readable());
}

static void do_fresh_io(int64_t n, int64_t size) {
    (void)size;
    bench_start();
    for (int64_t i = 0; i < n; ++i) run(readable_step, &(countdown){1});
    bench_stop(n);
}

/* ---- queue: a producer and a consumer, room for `size` ---- */

typedef struct queue_side {
    rondo_queue *queue;
    int64_t left, sum;
} queue_side;

static void producer_step(void *frame, rondo_step *io) {
    queue_side *q = frame;
    while (q->left > 0) {
        rondo_value item = rondo_i64(q->left--);
        rondo_future *op;
        rondo_status s = rondo_queue_put_async(q->queue, &item, &op);
        must(s, "rondo_queue_put_async");
        if (s == 0) {
            await(io, op);
            return;
        }
    }
    finish(io);
}

static void consumer_step(void *frame, rondo_step *io) {
    queue_side *q = frame;
    if (io->sent->kind == RONDO_I64) q->sum += io->sent->as.i64;
    while (q->left > 0) {
        rondo_value item;
        rondo_future *op;
        --q->left;
        rondo_status s = rondo_queue_get_async(q->queue, &item, &op);
        must(s, "rondo_queue_get_async");
        if (s == 0) {
            await(io, op);
            return;
        }
        q->sum += item.as.i64;
    }
    finish(io);
}

static const rondo_coro_vtable producer_vtable = VTABLE(producer_step), consumer_vtable = VTABLE(consumer_step);

typedef struct queue_frame {
    int64_t n;
    queue_side producer, consumer;
    int begun;
} queue_frame;

static void queue_step(void *frame, rondo_step *io) {
    queue_frame *f = frame;
    if (f->begun++) {
        bench_stop(f->n);
        bench_check(f->consumer.sum == f->n * (f->n + 1) / 2, "the sum of the items");
        finish(io);
        return;
    }
    rondo_task *tasks[] = {spawn(&producer_vtable, &f->producer), spawn(&consumer_vtable, &f->consumer)};
    bench_start();
    await(io, gather(tasks, 2, 0));
}

static void do_queue(int64_t n, int64_t size) {
    rondo_queue *queue = make_queue(size);
    queue_frame f = {n, {queue, n, 0}, {queue, n, 0}, 0};
    run(queue_step, &f);
    rondo_queue_release(queue);
}

/* ---- nap: sleeps of 100 us ---- */

typedef struct nap_frame {
    int64_t n, done, began, *durations;
} nap_frame;

static void nap_step(void *frame, rondo_step *io) {
    nap_frame *f = frame;
    int64_t now = bench_now();
    if (f->began) f->durations[f->done++] = now - f->began;
    f->began = now;
    f->done == f->n ? finish(io) : doze(io, BENCH_NAP);
}

static void do_nap(int64_t n, int64_t size) {
    nap_frame f = {n, 0, 0, malloc((size_t)n * sizeof(int64_t))};
    (void)size;
    run(nap_step, &f);
    bench_print_naps(f.durations, n);
    free(f.durations);
}

/* ---- lock: two tasks; whoever lets go finds the other one in line ---- */

typedef struct locker {
    rondo_lock *lock;
    int64_t left;
    int holds, yielded;
} locker;

static void locker_step(void *frame, rondo_step *io) {
    locker *l = frame;
    while (l->left > 0) {
        if (l->holds) {
            if (!l->yielded++) {
                yield(io);
                return;
            }
            l->holds = 0;
            --l->left;
            must(rondo_lock_unlock(l->lock), "rondo_lock_unlock");
        } else {
            rondo_future *op;
            rondo_status s = rondo_lock_acquire_async(l->lock, &op);
            must(s, "rondo_lock_acquire_async");
            l->holds = 1;
            if (s == 0) {
                await(io, op);
                return;
            }
        }
    }
    finish(io);
}

static const rondo_coro_vtable locker_vtable = FRAME_VTABLE(locker, locker_step);

typedef struct lock_frame {
    int64_t n;
    rondo_lock *lock;
    int begun;
} lock_frame;

static void lock_step(void *frame, rondo_step *io) {
    lock_frame *f = frame;
    if (f->begun++) {
        bench_stop(f->n);
        finish(io);
        return;
    }
    rondo_task *tasks[2];
    for (int i = 0; i < 2; ++i) tasks[i] = spawn(&locker_vtable, &(locker){f->lock, f->n / 2, 0, 0});
    bench_start();
    await(io, gather(tasks, 2, 0));
}

static void do_lock(int64_t n, int64_t size) {
    lock_frame f = {n, NULL, 0};
    (void)size;
    must(rondo_lock_create(&f.lock), "rondo_lock_create");
    run(lock_step, &f);
    rondo_lock_release(f.lock);
}

/* ---- group: task groups of `size` tasks that yield once ---- */

typedef struct group_frame {
    int64_t n, left, size;
    rondo_task_group *group;
} group_frame;

static int group_has_ended(rondo_task_group *group, rondo_step *io) {
    rondo_future *wait;
    rondo_status s = rondo_task_group_exit(group, io->error, &wait, NULL);
    must(s, "rondo_task_group_exit");
    if (s == 1) await(io, wait);
    return s != 1;
}

static void group_step(void *frame, rondo_step *io) {
    group_frame *f = frame;
    if (f->group) {
        if (!group_has_ended(f->group, io)) return;
        rondo_task_group_release(f->group);
        f->group = NULL;
    }
    if (f->left < f->size) {
        bench_stop(f->n / f->size * f->size);
        finish(io);
        return;
    }
    f->left -= f->size;
    must(rondo_task_group_create(io->loop, &f->group), "rondo_task_group_create");
    must(rondo_task_group_enter(f->group), "rondo_task_group_enter");
    RONDO_INIT(rondo_task_options, options);
    options.group = f->group;
    for (int64_t i = 0; i < f->size; ++i)
        must(rondo_task_create(io->loop, &countdown_vtable, &(countdown){1}, &options, NULL), "rondo_task_create");
    group_has_ended(f->group, io); /* not yet: the members have not run */
}

static void do_group(int64_t n, int64_t size) {
    group_frame f = {n, n, size, NULL};
    bench_start();
    run(group_step, &f);
}

/* ---- cancel: n tasks asleep, cancelled one by one and awaited ---- */

static void victim_step(void *frame, rondo_step *io) {
    countdown *c = frame;
    if (io->status < 0) {
        io->verdict = RONDO_STEP_CANCELLED;
    } else {
        c->left-- == 0 ? finish(io) : doze(io, RONDO_S(3600));
    }
}

static const rondo_coro_vtable victim_vtable = FRAME_VTABLE(countdown, victim_step);

static void cancel_step(void *frame, rondo_step *io) {
    loop_frame *f = frame;
    switch (f->left++) {
    case 0:
        for (int64_t i = 0; i < f->n; ++i) f->tasks[i] = spawn(&victim_vtable, &(countdown){1});
        yield(io);
        break;
    case 1:
        bench_start();
        for (int64_t i = 0; i < f->n; ++i) rondo_future_cancel(f->tasks[i], NULL);
        await(io, gather(f->tasks, f->n, RONDO_GATHER_RETURN_ERRORS));
        break;
    default:
        bench_stop(f->n);
        finish(io);
    }
}

static void do_cancel(int64_t n, int64_t size) {
    loop_frame f = {n, 0, size, malloc((size_t)n * sizeof(rondo_task *))};
    run(cancel_step, &f);
    free(f.tasks);
}

int main(int argc, char **argv) {
    static const bench_workload workloads[] = {
        {"spawn", do_spawn},       {"gather", do_gather},   {"yield", do_yield},       {"handoff", do_handoff},
        {"sleepers", do_sleepers}, {"timeout", do_timeout}, {"post", do_post},         {"thread", do_thread},
        {"run", do_run},           {"fresh", do_fresh},     {"fresh-io", do_fresh_io}, {"queue", do_queue},
        {"nap", do_nap},           {"lock", do_lock},       {"group", do_group},       {"cancel", do_cancel},
    };
    return bench_main(argc, argv, workloads, sizeof workloads / sizeof *workloads);
}
