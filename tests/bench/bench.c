/* Rondo's C step coroutines and fibers. */
#include "bench.h"

#include <rondo/rondo.h>

#include <stdlib.h>

/* Yields `left` times, then returns. */
typedef struct countdown {
    int64_t left;
} countdown;

static void countdown_step(void *frame, rondo_step *io) {
    countdown *c = frame;
    io->verdict = c->left-- == 0 ? RONDO_STEP_RETURN : RONDO_STEP_YIELD;
}

static const rondo_coro_vtable countdown_vtable = {
    .size = sizeof(rondo_coro_vtable), .frame_size = sizeof(countdown), .step = countdown_step};

static rondo_status countdown_fiber(void *arg, rondo_value *result) {
    (void)result;
    for (intptr_t left = (intptr_t)arg; left > 0; --left) {
        rondo_status s = rondo_yield();
        if (s < 0) return s;
    }
    return RONDO_OK;
}

static rondo_task *spawn(int fiber, int64_t yields) {
    rondo_task *task = NULL;
    countdown init = {yields};
    rondo_status s = fiber ? rondo_fiber_create(NULL, countdown_fiber, (void *)(intptr_t)yields, NULL, &task)
                           : rondo_task_create(NULL, &countdown_vtable, &init, NULL, &task);
    if (s < 0) {
        fprintf(stderr, "cannot create a task: %s\n", rondo_strerror(s));
        exit(1);
    }
    return task;
}

static double gathered(int fiber, int64_t count, int64_t yields) {
    rondo_task **tasks = malloc((size_t)count * sizeof *tasks);
    double start = bench_now_ns();
    for (int64_t i = 0; i < count; ++i) tasks[i] = spawn(fiber, yields);
    rondo_future *all = NULL;
    rondo_gather(NULL, tasks, (size_t)count, 0, &all);
    rondo_await(all, NULL);
    for (int64_t i = 0; i < count; ++i) rondo_future_release(tasks[i]);
    rondo_future_release(all);
    double end = bench_now_ns();
    free(tasks);
    return end - start;
}

static rondo_status workloads(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    static const char *kinds[] = {"C step", "C fiber"};
    for (int fiber = 0; fiber < 2; ++fiber) {
        bench_line("switch", kinds[fiber], gathered(fiber, 2, BENCH_SWITCHES), 2 * (double)BENCH_SWITCHES);
        double start = bench_now_ns();
        for (int i = 0; i < BENCH_SPAWNS; ++i) {
            rondo_task *task = spawn(fiber, 0);
            rondo_await(task, NULL);
            rondo_future_release(task);
        }
        bench_line("spawn+await", kinds[fiber], bench_now_ns() - start, BENCH_SPAWNS);
    }
    bench_line("gather 1M", kinds[0], gathered(0, BENCH_GATHER, 1), BENCH_GATHER);
    return RONDO_OK;
}

static rondo_status nothing(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    return RONDO_OK;
}

static void reused_runner(void) {
    RONDO_INIT(rondo_runner_options, options);
    options.flags = RONDO_RUNNER_NO_SIGINT;
    rondo_runner *runner = NULL;
    rondo_runner_create(&options, &runner);
    countdown init = {0};
    double start = bench_now_ns();
    for (int i = 0; i < BENCH_RUNS; ++i) rondo_runner_run_coro(runner, &countdown_vtable, &init, NULL, NULL, NULL);
    bench_line("run, reused", "C step", bench_now_ns() - start, BENCH_RUNS);
    start = bench_now_ns();
    for (int i = 0; i < BENCH_RUNS; ++i) rondo_runner_run(runner, nothing, NULL, NULL, NULL, NULL);
    bench_line("run, reused", "C fiber", bench_now_ns() - start, BENCH_RUNS);
    rondo_runner_release(runner);
}

int main(void) {
    if (rondo_run(workloads, NULL, NULL, NULL) < 0) return 1;
    reused_runner();
    return 0;
}
