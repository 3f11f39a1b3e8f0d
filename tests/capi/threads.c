// What any thread may do at any time: posts, results, cancel requests, wakes and releases, while the loop runs, stands
// still, and closes. Built with ThreadSanitizer too.
#include "kit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { sanitized = 1 };
#else
enum { sanitized = 0 };
#endif

enum { producers = 8, posts = sanitized ? 5000 : 100000, rounds = sanitized ? 200 : 1000 };

static void start_threads(pthread_t *threads, int count, void *(*run)(void *), void *users, size_t user_size) {
    for (int i = 0; i < count; ++i) {
        CHECK(pthread_create(&threads[i], NULL, run, (char *)users + (size_t)i * user_size) == 0);
    }
}

static void join_threads(pthread_t *threads, int count) {
    for (int i = 0; i < count; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
}

// ---- posts

typedef struct {
    rondo_loop *loop;
    int posted;    // counted on the loop
    int64_t next;  // the number it expects
    int64_t *left; // of all producers
    int dropped;
} producer;

typedef struct {
    producer *by;
    int64_t number;
} post;

static void take_post(void *user, rondo_call *call) {
    post *p = user;
    CHECK(p->number == p->by->next);
    ++p->by->next;
    if (--*p->by->left == 0) GIVES(rondo_loop_stop(call->loop), RONDO_OK);
}

static void drop_post(void *user) {
    post *p = user;
    ++p->by->dropped;
    free(p);
}

static void *produce(void *user) {
    producer *self = user;
    RONDO_INIT(rondo_call_options, options);
    options.drop = drop_post;
    for (int64_t i = 0; i < posts; ++i) {
        post *p = malloc(sizeof *p);
        *p = (post){self, i};
        GIVES(rondo_loop_call_soon_threadsafe(self->loop, take_post, p, &options, NULL), RONDO_OK);
    }
    return NULL;
}

static void no_post_is_lost_and_each_thread_s_order_is_kept(void) {
    rondo_loop *loop = quiet_loop();
    int64_t left = (int64_t)producers * posts;
    producer all[producers];
    pthread_t threads[producers];
    for (int i = 0; i < producers; ++i) all[i] = (producer){loop, 0, 0, &left, 0};
    start_threads(threads, producers, produce, all, sizeof all[0]);
    GIVES(rondo_loop_run_forever(loop, NULL), RONDO_OK);
    join_threads(threads, producers);
    CHECK(left == 0);
    for (int i = 0; i < producers; ++i) CHECK(all[i].next == posts && all[i].dropped == posts);
    rondo_loop_release(loop);
}

static void posts_wake_a_loop_that_sleeps_in_libuv(void) {
    rondo_loop *loop = quiet_loop();
    int ends[2];
    CHECK(pipe(ends) == 0);
    GIVES(rondo_loop_add_reader(loop, ends[0], count_call, NULL, NULL), RONDO_OK);
    int64_t left = 2 * (int64_t)posts;
    producer all[2];
    pthread_t threads[2];
    for (int i = 0; i < 2; ++i) all[i] = (producer){loop, 0, 0, &left, 0};
    start_threads(threads, 2, produce, all, sizeof all[0]);
    GIVES(rondo_loop_run_forever(loop, NULL), RONDO_OK);
    join_threads(threads, 2);
    CHECK(left == 0);
    rondo_loop_release(loop);
    close(ends[0]);
    close(ends[1]);
}

static void *post_one_by_one(void *user) {
    producer *self = user;
    for (int i = 0; i < rounds; ++i) {
        GIVES(rondo_loop_call_soon_threadsafe(self->loop, count_call, &self->posted, NULL, NULL), RONDO_OK);
    }
    return NULL;
}

static void posts_to_a_loop_that_stands_still_are_run_by_its_next_run(void) {
    rondo_loop *loop = quiet_loop();
    producer all[2] = {{.loop = loop}, {.loop = loop}};
    pthread_t threads[2];
    start_threads(threads, 2, post_one_by_one, all, sizeof all[0]);
    while (all[0].posted + all[1].posted < 2 * rounds) CHECK(rondo_loop_run_once(loop, RONDO_MS(1)) >= 0);
    join_threads(threads, 2);
    rondo_loop_release(loop);
}

// ---- posts and close

typedef struct {
    rondo_loop *loop;
    atomic_int *ended; // called or discarded
    int accepted;
    atomic_int *started;
} racer;

static void count_atomically(void *user) { atomic_fetch_add((atomic_int *)user, 1); }
static void do_nothing(void *user, rondo_call *call) {
    (void)user;
    (void)call;
}

static void *post_until_closed(void *user) {
    racer *self = user;
    RONDO_INIT(rondo_call_options, options);
    options.drop = count_atomically;
    atomic_fetch_add(self->started, 1);
    for (int i = 0; i < 1000; ++i) {
        rondo_status status = rondo_loop_call_soon_threadsafe(self->loop, do_nothing, self->ended, &options, NULL);
        if (status == RONDO_ECLOSED) break;
        GIVES(status, RONDO_OK);
        ++self->accepted;
    }
    rondo_loop_release(self->loop);
    return NULL;
}

static void every_post_that_was_accepted_ends_once_whenever_the_loop_closes(void) {
    for (int round = 0; round < rounds; ++round) {
        rondo_loop *loop = quiet_loop();
        atomic_int ended = 0;
        atomic_int started = 0;
        racer all[3];
        pthread_t threads[3];
        for (int i = 0; i < 3; ++i) all[i] = (racer){rondo_loop_retain(loop), &ended, 0, &started};
        start_threads(threads, 3, post_until_closed, all, sizeof all[0]);
        while (atomic_load(&started) < 1 + round % 3) {}
        for (int i = 0; i < round % 5; ++i) CHECK(rondo_loop_run_once(loop, 0) >= 0);
        GIVES(rondo_loop_close(loop), RONDO_OK);
        rondo_loop_release(loop);
        join_threads(threads, 3);
        CHECK(atomic_load(&ended) == all[0].accepted + all[1].accepted + all[2].accepted);
    }
}

// ---- results

enum { futures_each = sanitized ? 200 : 2000 };

typedef struct {
    rondo_future **futures;
    atomic_int *drops;
} resolver;

static void drop_atomically(void *ptr, size_t len) {
    (void)len;
    atomic_fetch_add((atomic_int *)ptr, 1);
}

static void *resolve_all(void *user) {
    resolver *self = user;
    for (int i = 0; i < futures_each; ++i) {
        rondo_value value = rondo_ptr(self->drops, drop_atomically);
        GIVES(rondo_future_set_result_threadsafe(self->futures[i], &value), RONDO_OK);
        CHECK(value.kind == RONDO_NONE);
        rondo_future_release(self->futures[i]);
    }
    return NULL;
}

static void *cancel_all(void *user) {
    resolver *self = user;
    for (int i = 0; i < futures_each; ++i) {
        GIVES(rondo_future_cancel_threadsafe(self->futures[i], "far"), RONDO_OK);
        rondo_future_release(self->futures[i]);
    }
    return NULL;
}

static void *fail_all(void *user) {
    resolver *self = user;
    rondo_error *error = rondo_error_new(-55, "far");
    for (int i = 0; i < futures_each; ++i) {
        GIVES(rondo_future_set_error_threadsafe(self->futures[i], error), RONDO_OK);
        rondo_future_release(self->futures[i]);
    }
    rondo_error_release(error);
    return NULL;
}

static void each_future_takes_one_of_three_answers_and_no_value_is_lost(void) {
    static rondo_future *futures[futures_each];
    rondo_loop *loop = quiet_loop();
    atomic_int drops = 0;
    resolver user = {futures, &drops};
    for (int i = 0; i < futures_each; ++i) {
        futures[i] = pending_future(loop);
        for (int k = 0; k < 3; ++k) rondo_future_retain(futures[i]);
    }
    pthread_t threads[3];
    start_threads(&threads[0], 1, resolve_all, &user, 0);
    start_threads(&threads[1], 1, cancel_all, &user, 0);
    start_threads(&threads[2], 1, fail_all, &user, 0);
    for (int i = 0; i < futures_each; ++i) {
        rondo_status status = rondo_loop_run_until_complete(loop, futures[i], NULL);
        CHECK(status == RONDO_OK || status == RONDO_ECANCELED || status == -55);
        rondo_future_release(futures[i]);
    }
    join_threads(threads, 3);
    rondo_loop_release(loop);
    CHECK(atomic_load(&drops) == futures_each);
}

// ---- wakes

typedef struct {
    atomic_int wanted;
    rondo_waker *waker;
} work;

static void step_work(kit_frame *frame, rondo_step *io) {
    work *w = frame->user;
    io->verdict = atomic_load(&w->wanted) > 0 ? RONDO_STEP_PARK : RONDO_STEP_RETURN;
}

static void *work_off(void *user) {
    work *w = user;
    for (int i = 0; i < posts; ++i) {
        atomic_fetch_sub(&w->wanted, 1);
        rondo_waker_wake_by_ref(w->waker);
    }
    rondo_waker_wake(rondo_waker_retain(w->waker));
    return NULL;
}

static void no_wake_is_lost(void) {
    rondo_loop *loop = quiet_loop();
    work w = {4 * posts, NULL};
    rondo_task *task = start(loop, step_work, &w, NULL);
    GIVES(rondo_task_waker(task, &w.waker), RONDO_OK);
    pthread_t threads[4];
    start_threads(threads, 4, work_off, &w, 0);
    GIVES(rondo_loop_run_until_complete(loop, task, NULL), RONDO_OK);
    rondo_future_release(task);
    join_threads(threads, 4);
    rondo_waker_release(w.waker);
    rondo_loop_release(loop);
}

// ---- releases

typedef struct {
    rondo_future *future;
    rondo_handle *handle;
    rondo_waker *waker;
    rondo_error *error;
    rondo_context *context;
    rondo_ctxvar *var;
    rondo_token *token;
    rondo_loop *loop;
} things;

static void *release_things(void *user) {
    things *t = user;
    rondo_future_release(t->future);
    rondo_handle_release(t->handle);
    rondo_waker_release(t->waker);
    rondo_error_release(t->error);
    rondo_token_release(t->token);
    rondo_ctxvar_release(t->var);
    rondo_context_release(t->context);
    rondo_loop_release(t->loop);
    return NULL;
}

static void step_answer_counted(kit_frame *frame, rondo_step *io) {
    io->verdict = RONDO_STEP_RETURN;
    io->out = rondo_ptr(frame->user, drop_atomically);
}

// The last references of everything, given to another thread.
static things make_things(rondo_loop *loop, atomic_int *drops) {
    things t = {0};
    RONDO_INIT(rondo_call_options, options);
    options.drop = count_atomically;
    rondo_value value = rondo_ptr(drops, drop_atomically);
    t.future = start(loop, step_answer_counted, drops, NULL);
    GIVES(rondo_task_waker(t.future, &t.waker), RONDO_OK);
    GIVES(rondo_loop_call_soon(loop, do_nothing, drops, &options, &t.handle), RONDO_OK);
    RONDO_INIT(rondo_error_options, error_options);
    error_options.code = RONDO_EFAILED;
    error_options.payload = &value;
    GIVES(rondo_error_create(&error_options, &t.error), RONDO_OK);
    value = rondo_ptr(drops, drop_atomically);
    GIVES(rondo_ctxvar_create("v", &value, &t.var), RONDO_OK);
    GIVES(rondo_context_create(&t.context), RONDO_OK);
    value = rondo_ptr(drops, drop_atomically);
    GIVES(rondo_context_set(t.context, t.var, &value, &t.token), RONDO_OK);
    return t;
}

enum { drops_of_things = 5 };

static void last_references_may_be_given_back_by_any_thread_while_the_loop_runs(void) {
    rondo_loop *loop = quiet_loop();
    atomic_int drops = 0;
    for (int i = 0; i < rounds; ++i) {
        things t = make_things(loop, &drops);
        if (i % 2) CHECK(rondo_loop_run_once(loop, 0) >= 0);
        pthread_t thread;
        start_threads(&thread, 1, release_things, &t, 0);
        for (int turns = 0; turns < i % 4; ++turns) CHECK(rondo_loop_run_once(loop, 0) >= 0);
        join_threads(&thread, 1);
    }
    CHECK(rondo_loop_run_once(loop, 0) >= 0);
    CHECK(rondo_loop_run_once(loop, 0) >= 0);
    CHECK(atomic_load(&drops) == rounds * drops_of_things && stats_of(loop).futures == 0);
    rondo_loop_release(loop);
}

static void last_references_may_be_given_back_while_the_loop_closes_and_after(void) {
    for (int i = 0; i < rounds; ++i) {
        rondo_loop *loop = quiet_loop();
        atomic_int drops = 0;
        things t = make_things(loop, &drops);
        CHECK(rondo_loop_run_once(loop, 0) >= 0);
        if (i % 2) t.loop = rondo_loop_retain(loop);
        if (i % 3 == 0) GIVES(rondo_loop_close(loop), RONDO_OK);
        pthread_t thread;
        start_threads(&thread, 1, release_things, &t, 0);
        rondo_loop_release(loop);
        join_threads(&thread, 1);
        CHECK(atomic_load(&drops) == drops_of_things);
    }
}

typedef struct {
    rondo_future *futures[16];
    atomic_int *go;
} batch;

static void *release_futures(void *user) {
    batch *b = user;
    while (!atomic_load(b->go)) {}
    for (int i = 0; i < 16; ++i) rondo_future_release(b->futures[i]);
    return NULL;
}

static void a_future_s_last_release_may_race_with_the_loop_s(void) {
    for (int i = 0; i < rounds; ++i) {
        rondo_loop *loop = quiet_loop();
        atomic_int drops = 0;
        atomic_int go = 0;
        batch b = {.go = &go};
        for (int k = 0; k < 16; ++k) {
            b.futures[k] = pending_future(loop);
            rondo_value value = rondo_ptr(&drops, drop_atomically);
            if (k % 2) GIVES(rondo_future_set_result(b.futures[k], &value), RONDO_OK);
        }
        pthread_t thread;
        start_threads(&thread, 1, release_futures, &b, 0);
        atomic_store(&go, 1);
        for (int turns = 0; turns < i % 8; ++turns) CHECK(rondo_loop_run_once(loop, 0) >= 0);
        rondo_loop_release(loop);
        join_threads(&thread, 1);
        CHECK(atomic_load(&drops) == 8);
    }
}

// ---- retains of the same thing from many threads

static void *retain_and_release(void *user) {
    things *t = user;
    for (int i = 0; i < posts / 10; ++i) {
        rondo_future_release(rondo_future_retain(t->future));
        rondo_error_release(rondo_error_retain(t->error));
        rondo_loop_release(rondo_loop_retain(t->loop));
        rondo_context_release(rondo_context_retain(t->context));
        CHECK(rondo_future_loop(t->future) == t->loop);
        CHECK(rondo_future_is_task(t->future) == 1);
        CHECK(rondo_error_code(t->error) == RONDO_EFAILED);
        CHECK(rondo_loop_is_closed(t->loop) == 0);
        CHECK(rondo_loop_time(t->loop) > 0);
    }
    return NULL;
}

static void counts_are_kept_by_many_threads(void) {
    rondo_loop *loop = quiet_loop();
    atomic_int drops = 0;
    things t = make_things(loop, &drops);
    t.loop = loop;
    pthread_t threads[4];
    start_threads(threads, 4, retain_and_release, &t, 0);
    for (int i = 0; i < 1000; ++i) CHECK(rondo_loop_run_once(loop, 0) >= 0);
    join_threads(threads, 4);
    release_things(&t);
    CHECK(atomic_load(&drops) == drops_of_things);
}

// ---- many loops

static rondo_status count_down(void *left, rondo_value *result) {
    (void)result;
    if (*(int *)left == 0) return RONDO_OK;
    --*(int *)left;
    rondo_task *child = NULL;
    GIVES(rondo_fiber_create(NULL, count_down, left, NULL, &child), RONDO_OK);
    rondo_status status = rondo_sleep(1);
    return status < 0 ? status : rondo_await_release(child, NULL);
}

static void *run_some(void *unused) {
    for (int i = 0; i < 20; ++i) {
        int left = 30;
        GIVES(rondo_run(count_down, &left, NULL, NULL), RONDO_OK);
        CHECK(left == 0);
    }
    return unused;
}

static void loops_of_different_threads_have_nothing_in_common(void) {
    pthread_t threads[4];
    int unused = 0;
    start_threads(threads, 4, run_some, &unused, 0);
    join_threads(threads, 4);
}

int main(void) {
    RUN(no_post_is_lost_and_each_thread_s_order_is_kept);
    RUN(posts_wake_a_loop_that_sleeps_in_libuv);
    RUN(posts_to_a_loop_that_stands_still_are_run_by_its_next_run);
    RUN(every_post_that_was_accepted_ends_once_whenever_the_loop_closes);
    RUN(each_future_takes_one_of_three_answers_and_no_value_is_lost);
    RUN(no_wake_is_lost);
    RUN(last_references_may_be_given_back_by_any_thread_while_the_loop_runs);
    RUN(last_references_may_be_given_back_while_the_loop_closes_and_after);
    RUN(a_future_s_last_release_may_race_with_the_loop_s);
    RUN(counts_are_kept_by_many_threads);
    RUN(loops_of_different_threads_have_nothing_in_common);
    return 0;
}
