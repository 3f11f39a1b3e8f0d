// Rooms "Threads", "Synchronisation", "Queues" and "Channels": refusals, wrong states, and what becomes of the values.
#include "kit.h"

#include <stdint.h>

static rondo_loop *loop;

// In a running loop, in no task.
static void in_the_loop(rondo_callback_fn fn, void *user) {
    GIVES(rondo_loop_call_soon(loop, fn, user, NULL, NULL), RONDO_OK);
    run_until_idle(loop);
    CHECK(stats_of(loop).futures == 0);
}

static rondo_queue *make_queue(uint64_t capacity) {
    RONDO_INIT(rondo_queue_options, options);
    options.capacity = capacity;
    rondo_queue *made = NULL;
    GIVES(rondo_queue_create(&options, &made), RONDO_OK);
    return made;
}

// ---- Synchronisation

static void arguments_out_of_range_make_nothing(void) {
    rondo_semaphore *semaphore = NULL;
    GIVES(rondo_semaphore_create(3, 2, &semaphore), RONDO_EINVAL);
    rondo_barrier *barrier = NULL;
    GIVES(rondo_barrier_create(0, &barrier), RONDO_EINVAL);
    RONDO_INIT(rondo_queue_options, options);
    rondo_queue *queue = NULL;
    options.order = RONDO_QUEUE_PRIORITY + 1;
    GIVES(rondo_queue_create(&options, &queue), RONDO_EINVAL);
    options.order = RONDO_QUEUE_PRIORITY; // without a `before`
    GIVES(rondo_queue_create(&options, &queue), RONDO_EINVAL);
    RONDO_INIT(rondo_executor_options, executor_options);
    rondo_executor *executor = NULL;
    executor_options.threads = 4097;
    GIVES(rondo_executor_create(&executor_options, &executor), RONDO_EINVAL);
    CHECK(!semaphore && !barrier && !queue && !executor);
    options.flags = RONDO_QUEUE_COUNTS_ONLY; // nothing to sort
    GIVES(rondo_queue_create(&options, NULL), RONDO_OK);
    GIVES(rondo_lock_create(NULL), RONDO_OK);
    GIVES(rondo_condition_create(NULL, NULL), RONDO_OK);
    GIVES(rondo_channel_create(0, NULL), RONDO_OK);
}

static void what_is_not_held_cannot_be_given_back(void) {
    rondo_lock *lock = NULL;
    rondo_condition *condition = NULL;
    rondo_semaphore *semaphore = NULL;
    GIVES(rondo_lock_create(&lock), RONDO_OK);
    GIVES(rondo_condition_create(lock, &condition), RONDO_OK);
    GIVES(rondo_semaphore_create(2, 2, &semaphore), RONDO_OK);
    rondo_future *op = (void *)loop;
    GIVES(rondo_lock_unlock(lock), RONDO_ESTATE);
    GIVES(rondo_condition_notify(condition, 1), RONDO_ESTATE);
    GIVES(rondo_condition_notify_all(condition), RONDO_ESTATE);
    GIVES(rondo_condition_wait_async(condition, &op), RONDO_ESTATE);
    CHECK(op == NULL && rondo_condition_lock(condition) == lock);
    GIVES(rondo_semaphore_give_back(semaphore), RONDO_EINVAL);
    CHECK(rondo_semaphore_value(semaphore) == 2);
    rondo_semaphore_release(semaphore);
    rondo_condition_release(condition);
    rondo_lock_release(lock);
}

static void without_a_loop_nobody_waits(void) {
    rondo_lock *lock = NULL;
    rondo_event *event = NULL;
    rondo_condition *condition = NULL;
    rondo_semaphore *semaphore = NULL;
    rondo_barrier *barrier = NULL;
    GIVES(rondo_lock_create(&lock), RONDO_OK);
    GIVES(rondo_event_create(&event), RONDO_OK);
    GIVES(rondo_condition_create(lock, &condition), RONDO_OK);
    GIVES(rondo_semaphore_create(0, 0, &semaphore), RONDO_OK);
    GIVES(rondo_barrier_create(1, &barrier), RONDO_OK);
    rondo_future *op = (void *)loop;
    GIVES(rondo_lock_acquire_async(lock, &op), 1);
    CHECK(op == NULL);
    GIVES(rondo_lock_acquire_async(lock, &op), RONDO_ENOLOOP);
    GIVES(rondo_condition_wait_async(condition, &op), RONDO_ENOLOOP);
    GIVES(rondo_lock_locked(lock), 1);
    GIVES(rondo_event_wait_async(event, &op), RONDO_ENOLOOP);
    GIVES(rondo_event_set(event), RONDO_OK);
    GIVES(rondo_event_wait_async(event, &op), 1);
    GIVES(rondo_semaphore_acquire_async(semaphore, &op), RONDO_ENOLOOP);
    GIVES(rondo_barrier_wait_async(barrier, &op), RONDO_ENOLOOP);
    GIVES(rondo_barrier_reset_async(barrier, &op), RONDO_ENOLOOP);
    GIVES(rondo_barrier_abort_async(barrier, &op), RONDO_ENOLOOP);
    GIVES(rondo_lock_acquire(lock), RONDO_ENOFIBER);
    GIVES(rondo_event_wait(event), RONDO_ENOFIBER);
    GIVES(rondo_condition_wait(condition), RONDO_ENOFIBER);
    GIVES(rondo_semaphore_acquire(semaphore), RONDO_ENOFIBER);
    uint64_t index = 7;
    GIVES(rondo_barrier_wait(barrier, &index), RONDO_ENOFIBER);
    CHECK(op == NULL && rondo_lock_waiting(lock) == 0 && rondo_barrier_waiting(barrier) == 0);
    rondo_barrier_release(barrier);
    rondo_semaphore_release(semaphore);
    rondo_condition_release(condition);
    rondo_event_release(event);
    rondo_lock_release(lock);
}

static void wait_with_nowhere_to_put_it(void *user, rondo_call *call) {
    (void)user;
    (void)call;
    rondo_lock *lock = NULL;
    rondo_barrier *barrier = NULL;
    rondo_queue *queue = make_queue(0);
    GIVES(rondo_lock_create(&lock), RONDO_OK);
    GIVES(rondo_barrier_create(2, &barrier), RONDO_OK);
    GIVES(rondo_lock_acquire_async(lock, NULL), 1);
    GIVES(rondo_lock_acquire_async(lock, NULL), RONDO_EINVAL);
    GIVES(rondo_barrier_wait_async(barrier, NULL), RONDO_EINVAL);
    rondo_value item = {0};
    GIVES(rondo_queue_get_async(queue, &item, NULL), RONDO_EINVAL);
    CHECK(rondo_lock_waiting(lock) == 0 && rondo_barrier_waiting(barrier) == 0 && rondo_queue_getters(queue) == 0);
    rondo_queue_release(queue);
    rondo_barrier_release(barrier);
    rondo_lock_release(lock);
}

static void without_an_op_nobody_waits(void) { in_the_loop(wait_with_nowhere_to_put_it, NULL); }

static void bind_event(void *event, rondo_call *call) {
    (void)call;
    rondo_future *op = NULL;
    GIVES(rondo_event_wait_async(event, &op), 0);
    CHECK(rondo_event_waiting(event) == 1);
    rondo_future_release(op);
    CHECK(rondo_event_waiting(event) == 0);
}

static void expect_the_event_elsewhere(void *event, rondo_call *call) {
    (void)call;
    rondo_future *op = (void *)loop;
    GIVES(rondo_event_wait_async(event, &op), RONDO_EOTHERLOOP);
    CHECK(op == NULL);
}

static void a_primitive_stays_with_its_first_loop_even_after_its_end(void) {
    rondo_event *event = NULL;
    GIVES(rondo_event_create(&event), RONDO_OK);
    rondo_loop *first = virtual_loop();
    GIVES(rondo_loop_call_soon(first, bind_event, event, NULL, NULL), RONDO_OK);
    run_until_idle(first);
    in_the_loop(expect_the_event_elsewhere, event);
    GIVES(rondo_loop_close(first), RONDO_OK);
    rondo_loop_release(first);
    in_the_loop(expect_the_event_elsewhere, event);
    GIVES(rondo_event_set(event), RONDO_OK);
    rondo_event_release(event);
}

// ---- Queues

static void a_queue_moves_what_it_takes_and_nothing_else(void) {
    int drops = 0;
    rondo_queue *queue = make_queue(1);
    rondo_value item = counted(&drops), got = {0};
    rondo_future *op = (void *)loop;
    GIVES(rondo_queue_put_nowait(queue, NULL), RONDO_EINVAL);
    GIVES(rondo_queue_get_nowait(queue, NULL), RONDO_EINVAL);
    GIVES(rondo_queue_get_nowait(queue, &got), RONDO_EEMPTY);
    GIVES(rondo_queue_get_async(queue, &got, &op), RONDO_ENOLOOP);
    GIVES(rondo_queue_task_done(queue), RONDO_EINVAL);
    GIVES(rondo_queue_join_async(queue, &op), 1);
    GIVES(rondo_queue_put_nowait(queue, &item), RONDO_OK);
    CHECK(op == NULL && item.kind == RONDO_NONE && got.kind == RONDO_NONE);
    item = counted(&drops);
    GIVES(rondo_queue_put_nowait(queue, &item), RONDO_EFULL);
    GIVES(rondo_queue_put_async(queue, &item, &op), RONDO_ENOLOOP);
    GIVES(rondo_queue_put(queue, &item), RONDO_ENOFIBER);
    GIVES(rondo_queue_join_async(queue, &op), RONDO_ENOLOOP);
    GIVES(rondo_queue_join(queue), RONDO_ENOFIBER);
    GIVES(rondo_queue_shutdown(queue, 0), RONDO_OK);
    GIVES(rondo_queue_put_nowait(queue, &item), RONDO_ESHUTDOWN);
    GIVES(rondo_queue_put_async(queue, &item, &op), RONDO_ESHUTDOWN);
    CHECK(item.as.ptr == &drops && drops == 0);
    GIVES(rondo_queue_get_async(queue, &got, &op), 1);
    CHECK(got.as.ptr == &drops && op == NULL);
    rondo_value_drop(&got);
    GIVES(rondo_queue_get_nowait(queue, &got), RONDO_ESHUTDOWN);
    GIVES(rondo_queue_get_async(queue, &got, &op), RONDO_ESHUTDOWN);
    GIVES(rondo_queue_is_shutdown(queue), 1);
    CHECK(drops == 1 && rondo_queue_unfinished(queue) == 1);
    GIVES(rondo_queue_task_done(queue), RONDO_OK);
    GIVES(rondo_queue_task_done(queue), RONDO_EINVAL);
    rondo_queue_release(queue);
    rondo_value_drop(&item);
    CHECK(drops == 2);
}

static void put_with_nowhere_to_wait(void *user, rondo_call *call) {
    (void)call;
    rondo_queue *queue = make_queue(1);
    rondo_channel *channel = NULL;
    GIVES(rondo_channel_create(1, &channel), RONDO_OK);
    rondo_value item = counted(user);
    GIVES(rondo_queue_put_async(queue, &item, NULL), 1);
    item = counted(user);
    GIVES(rondo_channel_send_async(channel, &item, NULL), 1);
    item = counted(user);
    GIVES(rondo_queue_put_async(queue, &item, NULL), RONDO_EINVAL);
    GIVES(rondo_channel_send_async(channel, &item, NULL), RONDO_EINVAL);
    CHECK(item.as.ptr == user && rondo_queue_putters(queue) == 0);
    rondo_future *op = NULL;
    GIVES(rondo_queue_put_async(queue, &item, &op), 0); // moved, though it waits
    CHECK(item.kind == RONDO_NONE && *(int *)user == 0);
    rondo_future_release(op);
    CHECK(*(int *)user == 1);
    rondo_channel_release(channel);
    rondo_queue_release(queue);
}

static void items_in_line_or_inside_end_with_it(void) {
    int drops = 0;
    in_the_loop(put_with_nowhere_to_wait, &drops);
    CHECK(drops == 3);
    rondo_queue *queue = make_queue(0);
    rondo_value item = counted(&drops);
    GIVES(rondo_queue_put_nowait(queue, &item), RONDO_OK);
    GIVES(rondo_queue_shutdown(queue, 1), RONDO_OK);
    CHECK(drops == 4 && rondo_queue_size(queue) == 0 && rondo_queue_unfinished(queue) == 0);
    rondo_queue_release(queue);
}

// ---- Channels

static void block_the_loop(void *channel, rondo_call *call) {
    (void)call;
    rondo_value item = {0};
    GIVES(rondo_channel_receive_blocking(channel, &item, 0), RONDO_EDEADLOCK);
    GIVES(rondo_channel_send_blocking(channel, &item, 0), RONDO_EDEADLOCK);
}

static void a_channel_moves_what_it_takes_and_nothing_else(void) {
    int drops = 0;
    rondo_channel *channel = NULL;
    GIVES(rondo_channel_create(1, &channel), RONDO_OK);
    rondo_value item = counted(&drops), got = {0};
    rondo_future *op = (void *)loop;
    GIVES(rondo_channel_send_nowait(channel, NULL), RONDO_EINVAL);
    GIVES(rondo_channel_send_blocking(channel, NULL, 0), RONDO_EINVAL);
    GIVES(rondo_channel_receive_nowait(channel, NULL), RONDO_EINVAL);
    GIVES(rondo_channel_receive_nowait(channel, &got), RONDO_EEMPTY);
    GIVES(rondo_channel_receive_blocking(channel, &got, 1), RONDO_ETIMEDOUT);
    GIVES(rondo_channel_receive_async(channel, &got, &op), RONDO_ENOLOOP);
    CHECK(op == NULL && got.kind == RONDO_NONE);
    GIVES(rondo_channel_send_blocking(channel, &item, 0), RONDO_OK);
    CHECK(item.kind == RONDO_NONE && rondo_channel_size(channel) == 1);
    item = counted(&drops);
    GIVES(rondo_channel_send_nowait(channel, &item), RONDO_EFULL);
    GIVES(rondo_channel_send_blocking(channel, &item, 1), RONDO_ETIMEDOUT);
    GIVES(rondo_channel_send_async(channel, &item, &op), RONDO_ENOLOOP);
    GIVES(rondo_channel_send(channel, &item), RONDO_ENOFIBER);
    in_the_loop(block_the_loop, channel);
    GIVES(rondo_channel_shutdown(channel), RONDO_OK);
    GIVES(rondo_channel_send_nowait(channel, &item), RONDO_ESHUTDOWN);
    GIVES(rondo_channel_send_blocking(channel, &item, RONDO_FOREVER), RONDO_ESHUTDOWN);
    CHECK(item.as.ptr == &drops && drops == 0);
    GIVES(rondo_channel_receive_nowait(channel, &got), RONDO_OK);
    CHECK(got.as.ptr == &drops);
    rondo_value_drop(&got);
    GIVES(rondo_channel_receive_nowait(channel, &got), RONDO_ESHUTDOWN);
    GIVES(rondo_channel_receive_blocking(channel, &got, RONDO_FOREVER), RONDO_ESHUTDOWN);
    rondo_channel_release(channel);
    rondo_value_drop(&item);
    CHECK(drops == 2);
}

// ---- Threads

static rondo_status return_at_once(void *arg, rondo_value *result) {
    (void)arg;
    result->kind = RONDO_I64;
    result->as.i64 = 5;
    return RONDO_OK;
}

static rondo_status count_job(void *arg, rondo_job *job, rondo_value *result) {
    (void)result;
    GIVES(rondo_job_cancelled(job), 0);
    ++*(int *)arg;
    return RONDO_OK;
}

static rondo_coro_vtable no_frame_coro; // the frame is the caller's

static void refused_jobs_leave_their_argument(void) {
    rondo_error *error = rondo_error_new(RONDO_EFAILED, "mine");
    GIVES(rondo_job_cancelled(NULL), RONDO_EINVAL);
    GIVES(rondo_job_fail(NULL, RONDO_EFAILED, NULL), RONDO_EINVAL);
    GIVES(rondo_job_raise(NULL, error), RONDO_EINVAL);
    rondo_error_release(error);

    int calls = 0, ends = 0;
    rondo_loop *its_loop = virtual_loop();
    RONDO_INIT(rondo_job_options, options);
    options.drop = count_end;
    rondo_future *job = NULL;
    GIVES(rondo_to_thread(its_loop, NULL, &ends, &options, &job), RONDO_EINVAL);
    GIVES(rondo_executor_create(NULL, &options.executor), RONDO_OK);
    GIVES(rondo_executor_shutdown(options.executor), RONDO_OK);
    GIVES(rondo_executor_shutdown(options.executor), RONDO_OK);
    GIVES(rondo_to_thread(its_loop, count_job, &ends, &options, &job), RONDO_ESHUTDOWN);
    rondo_executor_release(options.executor);
    options.executor = NULL;

    options.drop = NULL;
    GIVES(rondo_to_thread(its_loop, count_job, &calls, &options, &job), RONDO_OK);
    GIVES(rondo_loop_run_until_complete(its_loop, job, NULL), RONDO_OK);
    rondo_future_release(job);
    rondo_future *ended = NULL;
    GIVES(rondo_loop_shutdown_executor(its_loop, &ended), RONDO_OK);
    GIVES(rondo_loop_run_until_complete(its_loop, ended, NULL), RONDO_OK);
    rondo_future_release(ended);
    GIVES(rondo_loop_shutdown_executor(its_loop, NULL), RONDO_OK);
    options.drop = count_end;
    job = NULL;
    GIVES(rondo_to_thread(its_loop, count_job, &ends, &options, &job), RONDO_ESHUTDOWN);
    CHECK(job == NULL && calls == 1 && ends == 0 && stats_of(its_loop).futures == 0);
    rondo_loop_release(its_loop);
}

static void wait_for_oneself(void *submission, rondo_call *call) {
    (void)call;
    GIVES(rondo_submission_done(submission), 0);
    GIVES(rondo_submission_wait(submission, RONDO_FOREVER, NULL, NULL), RONDO_EDEADLOCK);
}

static void a_submission_s_value_is_given_once(void) {
    rondo_submission *made = NULL;
    GIVES(rondo_submit(loop, NULL, NULL, &made), RONDO_EINVAL);
    GIVES(rondo_submit_coro(loop, NULL, NULL, &made), RONDO_EINVAL);
    GIVES(rondo_submit_coro(loop, &kit_coro, NULL, &made), RONDO_EINVAL); // its frame has a size
    GIVES(rondo_submit(NULL, return_at_once, NULL, &made), RONDO_ENOLOOP);
    CHECK(made == NULL);
    GIVES(rondo_submit(loop, return_at_once, NULL, &made), RONDO_OK);
    rondo_value value = {0};
    rondo_error *err = (void *)loop;
    GIVES(rondo_submission_wait(made, 1, &value, &err), RONDO_ETIMEDOUT);
    CHECK(err == NULL && value.kind == RONDO_NONE);
    GIVES(rondo_loop_call_soon(loop, wait_for_oneself, made, NULL, NULL), RONDO_OK);
    while (!rondo_submission_done(made)) CHECK(rondo_loop_run_once(loop, 0) >= 0);
    GIVES(rondo_submission_wait(made, 0, &value, NULL), RONDO_OK);
    CHECK(value.as.i64 == 5);
    GIVES(rondo_submission_wait(made, 0, &value, NULL), RONDO_ETAKEN);
    CHECK(value.kind == RONDO_NONE);
    GIVES(rondo_submission_cancel(made), RONDO_OK); // too late
    run_until_idle(loop);
    rondo_submission_release(made);
    GIVES(rondo_submission_wait(NULL, 0, NULL, &err), RONDO_EINVAL);
    TELLS(err, RONDO_EINVAL, "submission");
}

static void closed_loops_take_nothing(void) {
    int ends = 0;
    kit_frame frame = {step_return, NULL, 0, &ends};
    rondo_loop *closed = virtual_loop();
    rondo_future *theirs = pending_future(closed), *ours = pending_future(loop), *out = NULL;
    rondo_executor *executor = NULL;
    GIVES(rondo_executor_create(NULL, &executor), RONDO_OK);
    rondo_submission *early = NULL, *late = NULL;
    GIVES(rondo_submit(closed, return_at_once, NULL, &early), RONDO_OK);
    GIVES(rondo_loop_close(closed), RONDO_OK);
    RONDO_INIT(rondo_job_options, options);
    options.drop = count_end;
    GIVES(rondo_to_thread(closed, count_job, &ends, &options, &out), RONDO_ECLOSED);
    GIVES(rondo_loop_set_default_executor(closed, executor), RONDO_ECLOSED);
    GIVES(rondo_loop_shutdown_executor(closed, &out), RONDO_ECLOSED);
    GIVES(rondo_submit(closed, return_at_once, NULL, &late), RONDO_ECLOSED);
    GIVES(rondo_submit_coro(closed, &no_frame_coro, &frame, &late), RONDO_ECLOSED);
    GIVES(rondo_future_bridge(closed, ours, &out), RONDO_ECLOSED);
    GIVES(rondo_future_bridge(loop, theirs, &out), RONDO_ECLOSED);
    CHECK(out == NULL && late == NULL && ends == 0);
    rondo_error *err = NULL;
    GIVES(rondo_submission_wait(early, 0, NULL, &err), RONDO_ECLOSED);
    rondo_error_release(err);
    GIVES(rondo_submission_cancel(early), RONDO_ECLOSED);
    rondo_submission_release(early);
    rondo_executor_release(executor);
    rondo_future_release(ours);
    rondo_future_release(theirs);
    rondo_loop_release(closed);
    CHECK(stats_of(loop).futures == 0);
}

static void a_bridge_to_a_loop_that_closes_ends_with_its_source(void) {
    for (int arrived = 0; arrived < 2; ++arrived) {
        int drops = 0;
        rondo_loop *other = virtual_loop();
        rondo_future *source = pending_future(loop), *end = NULL;
        GIVES(rondo_future_bridge(other, source, &end), RONDO_OK);
        run_until_idle(loop);
        if (!arrived) GIVES(rondo_loop_close(other), RONDO_OK);
        rondo_value value = counted(&drops);
        GIVES(rondo_future_set_result(source, &value), RONDO_OK);
        run_until_idle(loop);
        rondo_future_release(source);
        rondo_future_release(end);
        GIVES(rondo_loop_close(other), RONDO_OK);
        rondo_loop_release(other);
        CHECK(drops == 1 && stats_of(loop).futures == 0);
    }
}

static void a_bridge_to_the_same_loop_is_the_future_itself(void) {
    rondo_future *future = pending_future(loop), *end = NULL;
    GIVES(rondo_future_bridge(loop, future, &end), RONDO_OK);
    CHECK(end == future);
    rondo_future_release(end);
    rondo_future_release(future);
}

int main(void) {
    no_frame_coro = kit_coro;
    no_frame_coro.frame_size = 0;
    loop = virtual_loop();
    RUN(arguments_out_of_range_make_nothing);
    RUN(what_is_not_held_cannot_be_given_back);
    RUN(without_a_loop_nobody_waits);
    RUN(without_an_op_nobody_waits);
    RUN(a_primitive_stays_with_its_first_loop_even_after_its_end);
    RUN(a_queue_moves_what_it_takes_and_nothing_else);
    RUN(items_in_line_or_inside_end_with_it);
    RUN(a_channel_moves_what_it_takes_and_nothing_else);
    RUN(refused_jobs_leave_their_argument);
    RUN(a_submission_s_value_is_given_once);
    RUN(closed_loops_take_nothing);
    RUN(a_bridge_to_a_loop_that_closes_ends_with_its_source);
    RUN(a_bridge_to_the_same_loop_is_the_future_itself);
    rondo_loop_release(loop);
    return 0;
}
