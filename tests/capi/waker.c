// Room "Wakers": parking, waking before and after, twice, and too late.
#include "kit.h"

#include <pthread.h>
#include <stdatomic.h>

static void step_park_until_third(kit_frame *frame, rondo_step *io) {
    io->verdict = frame->at < 2 ? RONDO_STEP_PARK : RONDO_STEP_RETURN;
}

static rondo_waker *waker_of(rondo_task *task) {
    rondo_waker *waker = NULL;
    GIVES(rondo_task_waker(task, &waker), RONDO_OK);
    return waker;
}

static int steps_of(rondo_task *task) { return ((kit_frame *)rondo_task_frame(task))->at; }

static void a_waker_resumes_a_parked_task(void) {
    rondo_loop *loop = virtual_loop();
    rondo_task *task = start(loop, step_park_until_third, NULL, NULL);
    rondo_waker *waker = waker_of(task);
    GIVES(rondo_loop_run_once(loop, 0), 0);
    GIVES(rondo_loop_run_once(loop, 0), 0);
    CHECK(steps_of(task) == 1);
    rondo_waker_wake_by_ref(waker);
    CHECK(steps_of(task) == 1); // never in place
    run_until_idle(loop);
    CHECK(steps_of(task) == 2);
    rondo_waker_wake(waker);
    run_until_idle(loop);
    GIVES(rondo_future_done(task), 1);
    rondo_future_release(task);
    rondo_loop_release(loop);
}

static void waking_twice_counts_once(void) {
    rondo_loop *loop = virtual_loop();
    rondo_task *task = start(loop, step_park_until_third, NULL, NULL);
    rondo_waker *one = waker_of(task);
    rondo_waker *two = waker_of(task);
    GIVES(rondo_loop_run_once(loop, 0), 0);
    for (int i = 0; i < 3; ++i) {
        rondo_waker_wake_by_ref(one);
        rondo_waker_wake_by_ref(two);
    }
    run_until_idle(loop);
    CHECK(steps_of(task) == 2);
    rondo_waker_release(one);
    rondo_waker_release(two);
    rondo_future_release(task);
    rondo_loop_release(loop);
}

static void a_wake_before_the_park_is_not_lost(void) {
    rondo_loop *loop = virtual_loop();
    rondo_task *task = start(loop, step_park_until_third, NULL, NULL);
    rondo_waker_wake(waker_of(task));
    run_until_idle(loop);
    CHECK(steps_of(task) == 2); // the first park returned, the second one waits
    rondo_waker_wake(waker_of(task));
    run_until_idle(loop);
    GIVES(rondo_future_done(task), 1);
    rondo_future_release(task);
    rondo_loop_release(loop);
}

static void a_cancel_request_ends_the_park(void) {
    rondo_loop *loop = virtual_loop();
    rondo_task *task = start(loop, step_park, NULL, NULL);
    GIVES(rondo_loop_run_once(loop, 0), 0);
    GIVES(rondo_future_cancel(task, NULL), 1);
    run_until_idle(loop);
    GIVES(rondo_future_cancelled(task), 1);
    rondo_future_release(task);
    rondo_loop_release(loop);
}

static void waking_a_finished_task_or_one_of_a_closed_loop_does_nothing(void) {
    rondo_loop *loop = virtual_loop();
    rondo_task *finished = start(loop, step_return, NULL, NULL);
    rondo_task *parked = start(loop, step_park, NULL, NULL);
    rondo_waker *of_finished = waker_of(finished);
    rondo_waker *of_parked = waker_of(parked);
    CHECK(rondo_waker_retain(of_parked) == of_parked);
    run_until_idle(loop);
    rondo_waker_wake_by_ref(of_finished);
    run_until_idle(loop);
    rondo_future_release(finished);
    rondo_future_release(parked);
    rondo_waker_wake_by_ref(of_parked); // under way when the loop closes
    rondo_loop_release(loop);
    rondo_waker_wake_by_ref(of_parked);
    rondo_waker_wake(of_parked);
    rondo_waker_wake(of_finished);
    rondo_waker_release(of_parked);
}

static void a_waker_can_be_had_of_tasks_alone(void) {
    rondo_loop *loop = virtual_loop();
    rondo_future *future = pending_future(loop);
    GIVES(rondo_task_waker(future, NULL), RONDO_EKIND);
    rondo_future_release(future);
    rondo_task *task = start(loop, step_return, NULL, NULL);
    GIVES(rondo_task_waker(task, NULL), RONDO_OK);
    run_until_idle(loop);
    rondo_future_release(task);
    rondo_loop_release(loop);
}

static void *wake(void *waker) {
    rondo_waker_wake(waker);
    return NULL;
}

static void step_ask_a_thread(kit_frame *frame, rondo_step *io) {
    if (frame->at == 100) {
        step_return(frame, io);
        return;
    }
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, wake, waker_of(io->self)) == 0);
    CHECK(pthread_detach(thread) == 0);
    io->verdict = RONDO_STEP_PARK;
}

static void a_waker_of_another_thread_wakes_the_sleeping_loop(void) {
    rondo_loop *loop = quiet_loop();
    rondo_task *task = start(loop, step_ask_a_thread, NULL, NULL);
    GIVES(rondo_loop_run_until_complete(loop, task, NULL), RONDO_OK);
    rondo_future_release(task);
    rondo_loop_release(loop);
}

static struct {
    rondo_waker *waker;
    int word; // plain
    atomic_int woken;
} told;

static void *tell(void *unused) {
    told.word = 7;
    rondo_waker_wake_by_ref(told.waker);
    atomic_store_explicit(&told.woken, 1, memory_order_relaxed); // orders nothing
    return unused;
}

static void step_read_word(kit_frame *frame, rondo_step *io) {
    if (frame->at > 0) CHECK(told.word == 7);
    io->verdict = frame->at > 0 ? RONDO_STEP_RETURN : RONDO_STEP_PARK;
}

// A matter of memory order: the thread sanitizer knows whether the step may read.
static void a_wake_that_counts_with_an_earlier_one_still_shows_what_was_written_before_it(void) {
    rondo_loop *loop = virtual_loop();
    rondo_task *task = start(loop, step_read_word, NULL, NULL);
    told.waker = waker_of(task);
    GIVES(rondo_loop_run_once(loop, 0), 0);
    rondo_waker_wake_by_ref(told.waker);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, tell, NULL) == 0);
    while (!atomic_load_explicit(&told.woken, memory_order_relaxed)) {
    }
    run_until_idle(loop);
    GIVES(rondo_future_done(task), 1);
    CHECK(pthread_join(thread, NULL) == 0);
    rondo_waker_release(told.waker);
    rondo_future_release(task);
    rondo_loop_release(loop);
}

int main(void) {
    RUN(a_waker_resumes_a_parked_task);
    RUN(waking_twice_counts_once);
    RUN(a_wake_before_the_park_is_not_lost);
    RUN(a_cancel_request_ends_the_park);
    RUN(waking_a_finished_task_or_one_of_a_closed_loop_does_nothing);
    RUN(a_waker_can_be_had_of_tasks_alone);
    RUN(a_waker_of_another_thread_wakes_the_sleeping_loop);
    RUN(a_wake_that_counts_with_an_earlier_one_still_shows_what_was_written_before_it);
    return 0;
}
