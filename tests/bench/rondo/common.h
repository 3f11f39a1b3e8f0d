/* What step.c and fiber.c share: running, posting threads, a job. */
#ifndef RONDO_BENCH_COMMON_H
#define RONDO_BENCH_COMMON_H

#include "../bench.h"

#include <rondo/rondo.h>

#include <pthread.h>
#include <sys/eventfd.h>

static inline void must(rondo_status status, const char *what) {
    if (status < 0) fprintf(stderr, "%s: %s\n", what, rondo_strerror(status));
    bench_check(status >= 0, what);
}

/* ---- Posts: `threads` threads post n callbacks; the future is done when all have run. ---- */

typedef struct posts {
    int64_t n, threads, arrived;
    rondo_loop *loop;
    rondo_future *done;
    pthread_t thread[64];
    pthread_barrier_t go;
} posts;

static void post_arrives(void *user, rondo_call *call) {
    posts *p = user;
    (void)call;
    if (++p->arrived == p->n) rondo_future_set_result(p->done, NULL);
}

static void *post_from_thread(void *user) {
    posts *p = user;
    int64_t share = p->n / p->threads;
    pthread_barrier_wait(&p->go);
    for (int64_t i = 0; i < share; ++i) rondo_loop_call_soon_threadsafe(p->loop, post_arrives, p, NULL, NULL);
    return NULL;
}

/* On the loop: answers what to await. */
static rondo_future *posts_begin(posts *p, int64_t n, int64_t threads) {
    p->threads = threads;
    p->n = n / threads * threads;
    p->arrived = 0;
    p->loop = rondo_loop_running();
    p->done = rondo_future_new(NULL);
    pthread_barrier_init(&p->go, NULL, (unsigned)threads + 1);
    for (int64_t i = 0; i < threads; ++i) pthread_create(&p->thread[i], NULL, post_from_thread, p);
    bench_start();
    pthread_barrier_wait(&p->go);
    return p->done;
}

static void posts_end(posts *p) {
    bench_stop(p->n);
    for (int64_t i = 0; i < p->threads; ++i) pthread_join(p->thread[i], NULL);
}

/* ---- A blocking job that does nothing. ---- */

static rondo_status no_job(void *arg, rondo_job *job, rondo_value *result) {
    (void)arg, (void)job, (void)result;
    return RONDO_OK;
}

/* ---- A runner as the benchmarks use it: without a SIGINT handler. ---- */

static rondo_runner *make_runner(void) {
    RONDO_INIT(rondo_runner_options, options);
    options.flags = RONDO_RUNNER_NO_SIGINT;
    rondo_runner *runner = NULL;
    must(rondo_runner_create(&options, &runner), "rondo_runner_create");
    return runner;
}

/* ---- Waiting for a descriptor that is readable. ---- */

static int readable_fd(void) {
    static int fd = -1;
    if (fd < 0) fd = eventfd(1, EFD_NONBLOCK);
    return fd;
}

static void fd_readable(void *user, rondo_call *call) {
    (void)call;
    rondo_loop_remove_reader(NULL, readable_fd());
    rondo_future_set_result(user, NULL);
}

static rondo_future *when_readable(void) {
    rondo_future *future = rondo_future_new(NULL);
    must(rondo_loop_add_reader(NULL, readable_fd(), fd_readable, future, NULL), "rondo_loop_add_reader");
    return future;
}

static rondo_queue *make_queue(int64_t capacity) {
    RONDO_INIT(rondo_queue_options, options);
    options.capacity = (uint64_t)capacity;
    rondo_queue *queue = NULL;
    must(rondo_queue_create(&options, &queue), "rondo_queue_create");
    return queue;
}

#endif
