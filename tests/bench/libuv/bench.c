/* Raw libuv: callbacks, no tasks. Ready work that a program would hand from turn to turn goes through an idle handle;
 * what other threads post goes through a queue of the program's own and one uv_async_t. */
#include "../bench.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <uv.h>

/* ---- sleepers: a uv_timer_t each ---- */

static bench_sleepers sleepers;

static void sleeper_wakes(uv_timer_t *timer) {
    bench_sleeper_wakes(&sleepers, (int64_t)(intptr_t)timer->data);
    uv_close((uv_handle_t *)timer, (uv_close_cb)free);
}

/* A millisecond is libuv's unit: rounded up. */
static uint64_t milliseconds(int64_t ns) { return (uint64_t)((ns + 999999) / 1000000); }

static void do_sleepers(int64_t n, int64_t size) {
    (void)size;
    uv_loop_t *loop = uv_default_loop();
    bench_sleepers_begin(&sleepers, n);
    for (int64_t i = 0; i < n; ++i) {
        uv_timer_t *timer = malloc(sizeof *timer);
        uv_timer_init(loop, timer);
        timer->data = (void *)(intptr_t)i;
        uv_update_time(loop); /* timers count from the last look at the clock */
        uv_timer_start(timer, sleeper_wakes, milliseconds(bench_sleeper_begins(&sleepers, i)), 0);
    }
    uv_run(loop, UV_RUN_DEFAULT);
    bench_sleepers_end(&sleepers);
}

/* ---- timeout: a timer that is started and stopped around a pass of the loop ---- */

typedef struct timeout_state {
    int64_t n, left;
    uv_timer_t limit;
} timeout_state;

static void never(uv_timer_t *timer) { (void)timer; }

static void timeout_turn(uv_idle_t *idle) {
    timeout_state *t = idle->data;
    uv_timer_stop(&t->limit);
    if (t->left-- == 0) {
        uv_idle_stop(idle);
    } else {
        uv_timer_start(&t->limit, never, 3600 * 1000, 0);
    }
}

static void do_timeout(int64_t n, int64_t size) {
    (void)size;
    uv_idle_t idle;
    timeout_state t = {.n = n, .left = n};
    uv_idle_init(uv_default_loop(), &idle);
    uv_timer_init(uv_default_loop(), &t.limit);
    idle.data = &t;
    uv_idle_start(&idle, timeout_turn);
    bench_start();
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    bench_stop(n);
}

/* ---- yield: two idle handles take turns ---- */

static void yield_turn(uv_idle_t *idle) {
    int64_t *left = idle->data;
    if (--*left == 0) uv_idle_stop(idle);
}

static void do_yield(int64_t n, int64_t size) {
    (void)size;
    uv_idle_t idle[2];
    int64_t left[] = {n / 2, n / 2};
    for (int i = 0; i < 2; ++i) {
        uv_idle_init(uv_default_loop(), &idle[i]);
        idle[i].data = &left[i];
        uv_idle_start(&idle[i], yield_turn);
    }
    bench_start();
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    bench_stop(n);
}

/* ---- post: a vector under a mutex, and one wake-up for whatever has gathered ---- */

typedef struct message {
    void (*fn)(void *user);
    void *user;
} message;

typedef struct mailbox {
    uv_async_t async;
    pthread_mutex_t mutex;
    message *filling, *draining;
    size_t count, room, drained_room;
    int64_t n, share, arrived;
    pthread_barrier_t go;
} mailbox;

static void mailbox_post(mailbox *m, message x) {
    pthread_mutex_lock(&m->mutex);
    if (m->count == m->room) {
        m->room = m->room ? 2 * m->room : 64;
        m->filling = realloc(m->filling, m->room * sizeof(message));
    }
    m->filling[m->count++] = x;
    int first = m->count == 1;
    pthread_mutex_unlock(&m->mutex);
    if (first) uv_async_send(&m->async);
}

static void mailbox_drain(uv_async_t *async) {
    mailbox *m = async->data;
    pthread_mutex_lock(&m->mutex);
    message *batch = m->filling;
    size_t count = m->count, room = m->room;
    m->filling = m->draining;
    m->room = m->drained_room;
    m->draining = batch;
    m->drained_room = room;
    m->count = 0;
    pthread_mutex_unlock(&m->mutex);
    for (size_t i = 0; i < count; ++i) batch[i].fn(batch[i].user);
}

static void post_arrives(void *user) {
    mailbox *m = user;
    if (++m->arrived == m->n) uv_close((uv_handle_t *)&m->async, NULL);
}

static void *post_from_thread(void *user) {
    mailbox *m = user;
    pthread_barrier_wait(&m->go);
    for (int64_t i = 0; i < m->share; ++i) mailbox_post(m, (message){post_arrives, m});
    return NULL;
}

static void do_post(int64_t n, int64_t threads) {
    mailbox m = {.share = n / threads, .n = n / threads * threads, .async.data = &m};
    pthread_t thread[64];
    uv_async_init(uv_default_loop(), &m.async, mailbox_drain);
    m.async.data = &m;
    pthread_mutex_init(&m.mutex, NULL);
    pthread_barrier_init(&m.go, NULL, (unsigned)threads + 1);
    for (int64_t i = 0; i < threads; ++i) pthread_create(&thread[i], NULL, post_from_thread, &m);
    bench_start();
    pthread_barrier_wait(&m.go);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    bench_stop(m.n);
    for (int64_t i = 0; i < threads; ++i) pthread_join(thread[i], NULL);
}

/* ---- thread: `size` work requests in flight, each queued again when it is back ---- */

static void no_job(uv_work_t *work) { (void)work; }

static void job_is_back(uv_work_t *work, int status) {
    int64_t *left = work->data;
    (void)status;
    if (--*left > 0) uv_queue_work(uv_default_loop(), work, no_job, job_is_back);
}

static void do_thread(int64_t n, int64_t size) {
    uv_work_t work[64];
    int64_t left[64];
    bench_start();
    for (int64_t i = 0; i < size; ++i) {
        left[i] = n / size;
        work[i].data = &left[i];
        uv_queue_work(uv_default_loop(), &work[i], no_job, job_is_back);
    }
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    bench_stop(n / size * size);
}

/* ---- run: a callback on the next turn of a loop that is there; fresh: of one made for it ---- */

static void stop_idle(uv_idle_t *idle) { uv_idle_stop(idle); }

static void do_run(int64_t n, int64_t size) {
    (void)size;
    uv_idle_t idle;
    uv_idle_init(uv_default_loop(), &idle);
    bench_start();
    for (int64_t i = 0; i < n; ++i) {
        uv_idle_start(&idle, stop_idle);
        uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    }
    bench_stop(n);
}

static void close_idle(uv_idle_t *idle) { uv_close((uv_handle_t *)idle, NULL); }

static void do_fresh(int64_t n, int64_t size) {
    (void)size;
    bench_start();
    for (int64_t i = 0; i < n; ++i) {
        uv_loop_t loop;
        uv_idle_t idle;
        uv_loop_init(&loop);
        uv_idle_init(&loop, &idle);
        uv_idle_start(&idle, close_idle);
        uv_run(&loop, UV_RUN_DEFAULT);
        uv_loop_close(&loop);
    }
    bench_stop(n);
}

static void close_poll(uv_poll_t *poll, int status, int events) {
    (void)status, (void)events;
    uv_close((uv_handle_t *)poll, NULL);
}

static void do_fresh_io(int64_t n, int64_t size) {
    (void)size;
    int fd = eventfd(1, EFD_NONBLOCK);
    bench_start();
    for (int64_t i = 0; i < n; ++i) {
        uv_loop_t loop;
        uv_poll_t poll;
        uv_loop_init(&loop);
        uv_poll_init(&loop, &poll, fd);
        uv_poll_start(&poll, UV_READABLE, close_poll);
        uv_run(&loop, UV_RUN_DEFAULT);
        uv_loop_close(&loop);
    }
    bench_stop(n);
}

/* ---- nap ---- */

typedef struct naps {
    int64_t n, done, began, *durations;
} naps;

static void nap_ends(uv_timer_t *timer) {
    naps *s = timer->data;
    s->durations[s->done++] = bench_now() - s->began;
    if (s->done == s->n) return;
    s->began = bench_now();
    uv_timer_start(timer, nap_ends, milliseconds(BENCH_NAP), 0);
}

static void do_nap(int64_t n, int64_t size) {
    (void)size;
    naps s = {n, 0, bench_now(), malloc((size_t)n * sizeof(int64_t))};
    uv_timer_t timer;
    uv_timer_init(uv_default_loop(), &timer);
    timer.data = &s;
    uv_timer_start(&timer, nap_ends, milliseconds(BENCH_NAP), 0);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    bench_print_naps(s.durations, n);
    free(s.durations);
}

int main(int argc, char **argv) {
    static const bench_workload workloads[] = {
        {"yield", do_yield}, {"sleepers", do_sleepers}, {"timeout", do_timeout},
        {"post", do_post},   {"thread", do_thread},     {"run", do_run},
        {"fresh", do_fresh}, {"fresh-io", do_fresh_io}, {"nap", do_nap},
    };
    return bench_main(argc, argv, workloads, sizeof workloads / sizeof *workloads);
}
