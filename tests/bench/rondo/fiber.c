/* Rondo's fibers: ordinary C functions, each on a stack of its own. */
#include "common.h"

#define FIBER(name) static rondo_status name(void *arg, rondo_value *result)

static rondo_task *spawn(rondo_fiber_fn fn, void *arg) {
    rondo_task *task = NULL;
    must(rondo_fiber_create(NULL, fn, arg, NULL, &task), "rondo_fiber_create");
    return task;
}

static void await_all(rondo_task **tasks, int64_t count, uint32_t flags) { /* tasks are moved */
    rondo_future *all = NULL;
    must(rondo_gather(NULL, tasks, (size_t)count, flags, &all), "rondo_gather");
    for (int64_t i = 0; i < count; ++i) rondo_future_release(tasks[i]);
    must(rondo_await_release(all, NULL), "rondo_await_release");
}

typedef struct args {
    int64_t n, size;
} args;

static void run(rondo_fiber_fn fn, int64_t n, int64_t size) {
    args a = {n, size};
    must(rondo_run(fn, &a, NULL, NULL), "rondo_run");
}

/* Yields arg times, then returns. */
FIBER(countdown) {
    (void)result;
    for (intptr_t left = (intptr_t)arg; left > 0; --left) rondo_yield();
    return RONDO_OK;
}

FIBER(spawn_main) {
    args *a = arg;
    (void)result;
    bench_start();
    for (int64_t i = 0; i < a->n; ++i) rondo_await_release(spawn(countdown, NULL), NULL);
    bench_stop(a->n);
    return RONDO_OK;
}

FIBER(gather_main) {
    args *a = arg;
    (void)result;
    rondo_task **tasks = malloc((size_t)a->size * sizeof *tasks);
    bench_start_bytes();
    bench_start();
    for (int64_t left = a->n; left >= a->size; left -= a->size) {
        for (int64_t i = 0; i < a->size; ++i) tasks[i] = spawn(countdown, (void *)1);
        await_all(tasks, a->size, 0);
    }
    bench_stop(a->n / a->size * a->size);
    bench_stop_bytes(a->size);
    free(tasks);
    return RONDO_OK;
}

FIBER(yield_main) {
    args *a = arg;
    (void)result;
    void *each = (void *)(intptr_t)(a->n / 2);
    rondo_task *tasks[] = {spawn(countdown, each), spawn(countdown, each)};
    bench_start();
    await_all(tasks, 2, 0);
    bench_stop(a->n);
    return RONDO_OK;
}

/* ---- handoff ---- */

typedef struct side {
    rondo_future *mine;
    struct side *other;
    int64_t left;
} side;

static void resolve(rondo_future *future) {
    rondo_value v = rondo_i64(1);
    must(rondo_future_set_result(future, &v), "rondo_future_set_result");
}

static void await_mine(side *s) {
    rondo_await_release(s->mine, NULL);
    s->mine = --s->left > 0 ? rondo_future_new(NULL) : NULL;
}

FIBER(first_side) {
    side *s = arg;
    (void)result;
    while (s->left > 0) {
        resolve(s->other->mine);
        await_mine(s);
    }
    return RONDO_OK;
}

FIBER(second_side) {
    side *s = arg;
    (void)result;
    while (s->left > 0) {
        await_mine(s);
        resolve(s->other->mine);
    }
    return RONDO_OK;
}

FIBER(handoff_main) {
    args *a = arg;
    (void)result;
    side sides[2];
    for (int i = 0; i < 2; ++i) sides[i] = (side){rondo_future_new(NULL), &sides[!i], a->n / 2};
    rondo_task *tasks[] = {spawn(first_side, &sides[0]), spawn(second_side, &sides[1])};
    bench_start();
    await_all(tasks, 2, 0);
    bench_stop(a->n);
    return RONDO_OK;
}

/* ---- sleepers ---- */

static bench_sleepers sleepers;

FIBER(sleeper) {
    int64_t i = (intptr_t)arg;
    (void)result;
    rondo_sleep(bench_sleeper_begins(&sleepers, i));
    bench_sleeper_wakes(&sleepers, i);
    return RONDO_OK;
}

FIBER(sleepers_main) {
    args *a = arg;
    (void)result;
    bench_sleepers_begin(&sleepers, a->n);
    rondo_task **tasks = malloc((size_t)a->n * sizeof *tasks);
    for (int64_t i = 0; i < a->n; ++i) tasks[i] = spawn(sleeper, (void *)(intptr_t)i);
    await_all(tasks, a->n, 0);
    free(tasks);
    bench_sleepers_end(&sleepers);
    return RONDO_OK;
}

FIBER(timeout_main) {
    args *a = arg;
    (void)result;
    bench_start();
    for (int64_t i = 0; i < a->n; ++i) {
        rondo_timeout *limit;
        must(rondo_timeout_begin(RONDO_S(3600), &limit), "rondo_timeout_begin");
        must(rondo_timeout_end(limit, rondo_yield()), "rondo_timeout_end");
    }
    bench_stop(a->n);
    return RONDO_OK;
}

FIBER(post_main) {
    args *a = arg;
    (void)result;
    posts p;
    rondo_await_release(posts_begin(&p, a->n, a->size), NULL);
    posts_end(&p);
    return RONDO_OK;
}

FIBER(jobs) {
    (void)result;
    for (intptr_t left = (intptr_t)arg; left > 0; --left) {
        rondo_future *job = NULL;
        must(rondo_to_thread(NULL, no_job, NULL, NULL, &job), "rondo_to_thread");
        rondo_await_release(job, NULL);
    }
    return RONDO_OK;
}

FIBER(thread_main) {
    args *a = arg;
    (void)result;
    rondo_task *tasks[64] = {NULL};
    bench_start();
    for (int64_t i = 0; i < a->size; ++i) tasks[i] = spawn(jobs, (void *)(intptr_t)(a->n / a->size));
    await_all(tasks, a->size, 0);
    bench_stop(a->n / a->size * a->size);
    return RONDO_OK;
}

FIBER(readable_main) {
    (void)arg, (void)result;
    return rondo_await_release(when_readable(), NULL);
}

/* ---- queue ---- */

typedef struct queue_side {
    rondo_queue *queue;
    int64_t left;
} queue_side;

FIBER(producer) {
    queue_side *q = arg;
    (void)result;
    for (; q->left > 0; --q->left) {
        rondo_value item = rondo_i64(q->left);
        must(rondo_queue_put(q->queue, &item), "rondo_queue_put");
    }
    return RONDO_OK;
}

FIBER(consumer) {
    queue_side *q = arg;
    int64_t sum = 0, n = q->left;
    (void)result;
    for (; q->left > 0; --q->left) {
        rondo_value item;
        must(rondo_queue_get(q->queue, &item), "rondo_queue_get");
        sum += item.as.i64;
    }
    bench_check(sum == n * (n + 1) / 2, "the sum of the items");
    return RONDO_OK;
}

FIBER(queue_main) {
    args *a = arg;
    (void)result;
    rondo_queue *queue = make_queue(a->size);
    queue_side sides[] = {{queue, a->n}, {queue, a->n}};
    rondo_task *tasks[] = {spawn(producer, &sides[0]), spawn(consumer, &sides[1])};
    bench_start();
    await_all(tasks, 2, 0);
    bench_stop(a->n);
    rondo_queue_release(queue);
    return RONDO_OK;
}

FIBER(nap_main) {
    args *a = arg;
    (void)result;
    int64_t *durations = malloc((size_t)a->n * sizeof *durations);
    for (int64_t i = 0; i < a->n; ++i) {
        int64_t began = bench_now();
        rondo_sleep(BENCH_NAP);
        durations[i] = bench_now() - began;
    }
    bench_print_naps(durations, a->n);
    free(durations);
    return RONDO_OK;
}

/* ---- lock ---- */

typedef struct locker_args {
    rondo_lock *lock;
    int64_t left;
} locker_args;

FIBER(locker) {
    locker_args *l = arg;
    (void)result;
    must(rondo_lock_acquire(l->lock), "rondo_lock_acquire");
    rondo_yield(); /* now the other one is in line */
    while (--l->left > 0) {
        rondo_lock_unlock(l->lock);
        rondo_lock_acquire(l->lock);
    }
    return rondo_lock_unlock(l->lock);
}

FIBER(lock_main) {
    args *a = arg;
    (void)result;
    rondo_lock *lock = NULL;
    must(rondo_lock_create(&lock), "rondo_lock_create");
    locker_args l[] = {{lock, a->n / 2}, {lock, a->n / 2}};
    rondo_task *tasks[] = {spawn(locker, &l[0]), spawn(locker, &l[1])};
    bench_start();
    await_all(tasks, 2, 0);
    bench_stop(a->n);
    rondo_lock_release(lock);
    return RONDO_OK;
}

FIBER(group_main) {
    args *a = arg;
    (void)result;
    bench_start();
    for (int64_t left = a->n; left >= a->size; left -= a->size) {
        rondo_task_group *group;
        must(rondo_task_group_begin(&group), "rondo_task_group_begin");
        for (int64_t i = 0; i < a->size; ++i)
            must(rondo_task_group_spawn(group, countdown, (void *)1, NULL), "rondo_task_group_spawn");
        must(rondo_task_group_end(group, RONDO_OK), "rondo_task_group_end");
    }
    bench_stop(a->n / a->size * a->size);
    return RONDO_OK;
}

FIBER(victim) {
    (void)arg, (void)result;
    return rondo_sleep(RONDO_S(3600));
}

FIBER(cancel_main) {
    args *a = arg;
    (void)result;
    rondo_task **tasks = malloc((size_t)a->n * sizeof *tasks);
    for (int64_t i = 0; i < a->n; ++i) tasks[i] = spawn(victim, NULL);
    rondo_yield();
    bench_start();
    for (int64_t i = 0; i < a->n; ++i) rondo_future_cancel(tasks[i], NULL);
    await_all(tasks, a->n, RONDO_GATHER_RETURN_ERRORS);
    bench_stop(a->n);
    free(tasks);
    return RONDO_OK;
}

#define ON_A_LOOP(name)                                                                                              \
    static void do_##name(int64_t n, int64_t size) { run(name##_main, n, size); }
ON_A_LOOP(spawn)
ON_A_LOOP(gather)
ON_A_LOOP(yield)
ON_A_LOOP(handoff)
ON_A_LOOP(sleepers)
ON_A_LOOP(timeout)
ON_A_LOOP(post)
ON_A_LOOP(thread)
ON_A_LOOP(queue)
ON_A_LOOP(nap)
ON_A_LOOP(lock)
ON_A_LOOP(group)
ON_A_LOOP(cancel)

static void do_run(int64_t n, int64_t size) {
    rondo_runner *runner = make_runner();
    (void)size;
    bench_start();
    for (int64_t i = 0; i < n; ++i) rondo_runner_run(runner, countdown, NULL, NULL, NULL, NULL);
    bench_stop(n);
    rondo_runner_release(runner);
}

static void do_fresh(int64_t n, int64_t size) {
    (void)size;
    bench_start();
    for (int64_t i = 0; i < n; ++i) {
        rondo_runner *runner = make_runner();
        rondo_runner_run(runner, countdown, NULL, NULL, NULL, NULL);
        rondo_runner_release(runner);
    }
    bench_stop(n);
}

static void do_fresh_io(int64_t n, int64_t size) {
    (void)size;
    bench_start();
    for (int64_t i = 0; i < n; ++i) must(rondo_run(readable_main, NULL, NULL, NULL), "rondo_run");
    bench_stop(n);
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
