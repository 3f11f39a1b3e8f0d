// Several runners in several threads at once. Their tasks talk to each other in every way there is: posts, submissions
// from jobs, bridges, a channel, results, cancel requests and wakes; others come and go meanwhile, in good order or
// leaving everything behind. Nothing is lost, nothing arrives twice, and what one sends to another keeps its order.
#include "kit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { letters = 1000, items = 1000, offers = 120, errands = 30, wakes = 1000, visits = 100 };
#else
enum { letters = 2000, items = 2000, offers = 300, errands = 100, wakes = 2000, visits = 300 };
#endif

enum { houses = 6, visitors = 2 };

typedef struct {
    int number;
    rondo_loop *loop;
    int64_t next[houses];          // letter expected of each sender
    int64_t mail;                  // letters that have come
    rondo_future *all_mail;        // done with the last of them
    rondo_future *offered[offers]; // bridged by the next house, finished by the one after it
    rondo_future *visited;         // bridged by visitors
    rondo_future *end;
    rondo_waker *waker;
    atomic_int wakes_left;
} house;

static house town[houses];
static pthread_barrier_t all_are_there;
static atomic_int finished;

static house *neighbour(const house *h, int distance) { return &town[(h->number + distance) % houses]; }

// ---- letters: posts

typedef struct {
    house *to;
    int from;
    int64_t number;
} letter;

static atomic_int_fast64_t letters_dropped;

static void read_letter(void *user, rondo_call *call) {
    letter *l = user;
    CHECK(call->loop == l->to->loop && l->to->next[l->from] == l->number);
    ++l->to->next[l->from];
    if (++l->to->mail == (int64_t)(houses - 1) * letters) GIVES(rondo_future_set_result(l->to->all_mail, NULL), RONDO_OK);
}

static void drop_letter(void *user) {
    atomic_fetch_add(&letters_dropped, 1);
    free(user);
}

static rondo_status write_letters(void *arg, rondo_value *result) {
    house *h = arg;
    (void)result;
    RONDO_INIT(rondo_call_options, options);
    options.drop = drop_letter;
    for (int64_t i = 0; i < letters; ++i) {
        for (int k = 1; k < houses; ++k) {
            letter *l = malloc(sizeof *l);
            *l = (letter){neighbour(h, k), h->number, i};
            GIVES(rondo_loop_call_soon_threadsafe(l->to->loop, read_letter, l, &options, NULL), RONDO_OK);
        }
        if (i % 16 == 0) GIVES(rondo_yield(), RONDO_OK);
    }
    return rondo_await(h->all_mail, NULL);
}

// ---- the market: a channel

static rondo_channel *market;
static atomic_int bought[houses][items];
static atomic_int sellers_left = houses;

typedef struct {
    int64_t last[houses];
} buyer;

static void buy(buyer *b, const rondo_value *item) {
    int from = (int)(item->as.i64 / items);
    int number = (int)(item->as.i64 % items);
    CHECK(b->last[from] <= number); // it is a buyer's next number, or a later one
    b->last[from] = number + 1;
    atomic_fetch_add(&bought[from][number], 1);
}

static rondo_status sell_items(void *arg, rondo_value *result) {
    house *h = arg;
    (void)result;
    for (int i = 0; i < items; ++i) {
        rondo_value item = rondo_i64((int64_t)h->number * items + i);
        GIVES(rondo_channel_send(market, &item), RONDO_OK);
    }
    if (atomic_fetch_sub(&sellers_left, 1) == 1) GIVES(rondo_channel_shutdown(market), RONDO_OK);
    return RONDO_OK;
}

static rondo_status buy_items(void *arg, rondo_value *result) {
    buyer b = {{0}};
    (void)arg;
    (void)result;
    for (;;) {
        rondo_value item;
        rondo_status status = rondo_channel_receive(market, &item);
        if (status == RONDO_ESHUTDOWN) return RONDO_OK;
        GIVES(status, RONDO_OK);
        buy(&b, &item);
    }
}

// A thread without a loop.
static void *buy_in_a_thread(void *arg) {
    buyer b = {{0}};
    for (;;) {
        rondo_value item;
        rondo_status status = rondo_channel_receive_blocking(market, &item, RONDO_FOREVER);
        if (status == RONDO_ESHUTDOWN) return arg;
        GIVES(status, RONDO_OK);
        buy(&b, &item);
    }
}

// ---- offers: bridges, results and cancel requests from other threads

static atomic_int drops;
static void count_one_drop(void *ptr, size_t len) {
    (void)len;
    atomic_fetch_add((atomic_int *)ptr, 1);
}

enum { WITH_VALUE, WITH_ERROR, WITHDRAWN };
static rondo_status end_of_offer(int i) { return i % 3 == WITH_VALUE ? RONDO_OK : i % 3 == WITH_ERROR ? -55 : RONDO_ECANCELED; }

static rondo_status take_offers(void *arg, rondo_value *result) {
    house *from = neighbour(arg, houses - 1);
    (void)result;
    for (int i = 0; i < offers; ++i) {
        rondo_future *here = NULL;
        rondo_value value;
        GIVES(rondo_future_bridge(NULL, from->offered[i], &here), RONDO_OK);
        if (i % 3 == WITHDRAWN) GIVES(rondo_future_cancel(here, "no"), 1);
        GIVES(rondo_await_release(here, &value), end_of_offer(i));
        CHECK((value.kind == RONDO_PTR) == (i % 3 == WITH_VALUE));
        rondo_value_drop(&value);
    }
    return RONDO_OK;
}

static rondo_status finish_offers(void *arg, rondo_value *result) {
    house *of = neighbour(arg, houses - 2);
    rondo_error *error = rondo_error_new(-55, "far");
    (void)result;
    for (int i = 0; i < offers; ++i) {
        rondo_value value = rondo_ptr(&drops, count_one_drop);
        if (i % 3 == WITH_VALUE) {
            GIVES(rondo_future_set_result_threadsafe(of->offered[i], &value), RONDO_OK);
        } else if (i % 3 == WITH_ERROR) {
            GIVES(rondo_future_set_error_threadsafe(of->offered[i], error), RONDO_OK);
        }
        GIVES(rondo_yield(), RONDO_OK);
    }
    rondo_error_release(error);
    return RONDO_OK;
}

// The value is the next house's, if that was faster.
static rondo_status watch_offers(void *arg, rondo_value *result) {
    house *h = arg;
    (void)result;
    for (int i = 0; i < offers; ++i) {
        rondo_status status = rondo_await(h->offered[i], NULL);
        CHECK(status == end_of_offer(i) || (status == RONDO_ETAKEN && i % 3 == WITH_VALUE));
    }
    return RONDO_OK;
}

// ---- errands: submissions from jobs

static rondo_status answer_number(void *arg, rondo_value *result) {
    *result = rondo_i64((intptr_t)arg);
    return rondo_sleep(1);
}

static rondo_status sleep_long(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    return rondo_sleep(RONDO_S(1000));
}

static rondo_status run_errands_in_a_job(void *arg, rondo_job *job, rondo_value *result) {
    rondo_loop *there = neighbour(arg, 1)->loop;
    (void)job;
    (void)result;
    for (intptr_t i = 0; i < errands; ++i) {
        rondo_submission *number = NULL;
        rondo_submission *sleeper = NULL;
        rondo_value value;
        GIVES(rondo_submit(there, answer_number, (void *)i, &number), RONDO_OK);
        GIVES(rondo_submit(there, sleep_long, NULL, &sleeper), RONDO_OK);
        GIVES(rondo_submission_cancel(sleeper), RONDO_OK);
        GIVES(rondo_submission_wait(number, RONDO_FOREVER, &value, NULL), RONDO_OK);
        CHECK(value.as.i64 == i);
        GIVES(rondo_submission_wait(sleeper, RONDO_FOREVER, NULL, NULL), RONDO_ECANCELED);
        rondo_submission_release(number);
        rondo_submission_release(sleeper);
    }
    return RONDO_OK;
}

static rondo_status run_errands(void *arg, rondo_value *result) {
    rondo_future *job = NULL;
    (void)result;
    GIVES(rondo_to_thread(NULL, run_errands_in_a_job, arg, NULL, &job), RONDO_OK);
    return rondo_await_release(job, NULL);
}

// ---- wakes

static void step_sleeper(kit_frame *frame, rondo_step *io) {
    house *h = frame->user;
    io->verdict = atomic_load(&h->wakes_left) > 0 ? RONDO_STEP_PARK : RONDO_STEP_RETURN;
}

static rondo_status wake_others(void *arg, rondo_value *result) {
    (void)result;
    for (int i = 0; i < wakes; ++i) {
        for (int k = 1; k < houses; ++k) {
            atomic_fetch_sub(&neighbour(arg, k)->wakes_left, 1);
            rondo_waker_wake_by_ref(neighbour(arg, k)->waker);
        }
        if (i % 16 == 0) GIVES(rondo_yield(), RONDO_OK);
    }
    return RONDO_OK;
}

// ---- those who live here

static rondo_status live(void *arg, rondo_value *result) {
    static const rondo_fiber_fn lives[] = {write_letters, sell_items,  buy_items,   take_offers,
                                           finish_offers, watch_offers, run_errands, wake_others};
    house *h = arg;
    (void)result;
    h->loop = rondo_loop_retain(rondo_loop_running());
    h->all_mail = rondo_future_new(NULL);
    h->visited = rondo_future_new(NULL);
    h->end = rondo_future_new(NULL);
    for (int i = 0; i < offers; ++i) h->offered[i] = rondo_future_new(NULL);
    atomic_store(&h->wakes_left, (houses - 1) * wakes);
    rondo_task *sleeper = start(h->loop, step_sleeper, h, NULL);
    GIVES(rondo_task_waker(sleeper, &h->waker), RONDO_OK);
    pthread_barrier_wait(&all_are_there);
    rondo_task_group *group = NULL;
    GIVES(rondo_task_group_begin(&group), RONDO_OK);
    for (size_t i = 0; i < sizeof lives / sizeof lives[0]; ++i) {
        GIVES(rondo_task_group_spawn(group, lives[i], h, NULL), RONDO_OK);
    }
    GIVES(rondo_task_group_end(group, RONDO_OK), RONDO_OK);
    GIVES(rondo_await_release(sleeper, NULL), RONDO_OK);
    if (atomic_fetch_add(&finished, 1) + 1 == houses) { // the last one closes the town
        for (int i = 0; i < houses; ++i) GIVES(rondo_future_set_result_threadsafe(town[i].end, NULL), RONDO_OK);
    }
    return rondo_await(h->end, NULL);
}

static void *run_house(void *arg) {
    rondo_runner *runner = NULL;
    GIVES(rondo_runner_create(NULL, &runner), RONDO_OK);
    GIVES(rondo_runner_run(runner, live, arg, NULL, NULL, NULL), RONDO_OK);
    GIVES(rondo_runner_close(runner, RONDO_FOREVER, NULL), RONDO_OK);
    rondo_runner_release(runner);
    return NULL;
}

// ---- those who come and go

typedef struct {
    int number;
    buyer buyer;
    house *at;
} visitor;

static rondo_status wait_at_the_market(void *arg, rondo_value *result) {
    visitor *v = arg;
    (void)result;
    rondo_value item;
    rondo_status status = rondo_channel_receive(market, &item);
    if (status == RONDO_OK) buy(&v->buyer, &item);
    return status == RONDO_ESHUTDOWN ? RONDO_OK : status;
}

// Leaves behind what it began.
static rondo_status visit(void *arg, rondo_value *result) {
    visitor *v = arg;
    (void)result;
    rondo_submission *left = NULL;
    rondo_future *bridge = NULL;
    rondo_status status = rondo_submit(v->at->loop, answer_number, NULL, &left);
    CHECK(status == RONDO_OK || status == RONDO_ECLOSED);
    rondo_submission_release(left);
    status = rondo_future_bridge(NULL, v->at->visited, &bridge);
    CHECK(status == RONDO_OK || status == RONDO_ECLOSED);
    rondo_future_release(bridge);
    GIVES(rondo_fiber_create(NULL, wait_at_the_market, v, NULL, NULL), RONDO_OK);
    return rondo_yield();
}

// Its loop is let go with the work on it.
static void leave_a_loop_behind(visitor *v) {
    rondo_loop *loop = NULL;
    rondo_submission *submission = NULL;
    rondo_future *bridge = NULL;
    GIVES(rondo_loop_create(NULL, &loop), RONDO_OK);
    GIVES(rondo_submit(loop, sleep_long, NULL, &submission), RONDO_OK);
    CHECK(rondo_loop_run_once(loop, 0) >= 0);
    rondo_status status = rondo_future_bridge(loop, v->at->visited, &bridge);
    CHECK(status == RONDO_OK || status == RONDO_ECLOSED);
    rondo_future_release(bridge);
    rondo_loop_release(loop);
    GIVES(rondo_submission_wait(submission, RONDO_FOREVER, NULL, NULL), RONDO_ECLOSED);
    rondo_submission_release(submission);
}

static void *come_and_go(void *arg) {
    visitor *v = arg;
    for (int i = 0; i < visits; ++i) {
        v->at = &town[(i + v->number) % houses];
        rondo_runner *runner = NULL;
        GIVES(rondo_runner_create(NULL, &runner), RONDO_OK);
        GIVES(rondo_runner_run(runner, visit, v, NULL, NULL, NULL), RONDO_OK);
        rondo_status status = rondo_runner_close(runner, i % 2 ? RONDO_FOREVER : 0, NULL);
        CHECK(status == RONDO_OK || status == RONDO_EDEADLINE);
        rondo_runner_release(runner);
        leave_a_loop_behind(v);
    }
    return NULL;
}

// ---- the town

static void release_house(house *h) {
    for (int i = 0; i < offers; ++i) rondo_future_release(h->offered[i]);
    rondo_future_release(h->all_mail);
    rondo_future_release(h->visited);
    rondo_future_release(h->end);
    rondo_waker_release(h->waker);
    GIVES(rondo_loop_is_closed(h->loop), 1);
    rondo_loop_release(h->loop);
}

static void runners_of_many_threads_talk_to_each_other(void) {
    pthread_t residents[houses];
    pthread_t others[visitors];
    pthread_t thread;
    visitor all[visitors] = {{0}};
    GIVES(rondo_channel_create(3, &market), RONDO_OK);
    CHECK(pthread_barrier_init(&all_are_there, NULL, houses + 1) == 0);
    for (int i = 0; i < houses; ++i) {
        town[i].number = i;
        CHECK(pthread_create(&residents[i], NULL, run_house, &town[i]) == 0);
    }
    CHECK(pthread_create(&thread, NULL, buy_in_a_thread, NULL) == 0);
    pthread_barrier_wait(&all_are_there);
    for (int i = 0; i < visitors; ++i) {
        all[i].number = i;
        CHECK(pthread_create(&others[i], NULL, come_and_go, &all[i]) == 0);
    }
    for (int i = 0; i < houses; ++i) CHECK(pthread_join(residents[i], NULL) == 0);
    for (int i = 0; i < visitors; ++i) CHECK(pthread_join(others[i], NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    for (int i = 0; i < houses; ++i) release_house(&town[i]);
    rondo_channel_release(market);
    for (int i = 0; i < houses; ++i) {
        for (int k = 0; k < items; ++k) CHECK(atomic_load(&bought[i][k]) == 1);
    }
    CHECK(atomic_load(&letters_dropped) == (int64_t)houses * (houses - 1) * letters);
    CHECK(atomic_load(&drops) == houses * ((offers + 2) / 3));
    pthread_barrier_destroy(&all_are_there);
}

int main(void) {
    RUN(runners_of_many_threads_talk_to_each_other);
    return 0;
}
