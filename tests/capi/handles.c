// Every function that takes a handle is given NULL and a handle of each other kind. The header is read for what must
// have a case here.
#include "header.h"
#include "kit.h"

#include "rondo/uv.h"

#include <stdint.h>

// ---- one handle of each kind

static struct {
    rondo_runner *runner;
    rondo_loop *loop;
    rondo_future *future;
    rondo_handle *handle;
    rondo_waker *waker;
    rondo_error *error;
    rondo_context *context;
    rondo_ctxvar *ctxvar;
    rondo_token *token;
    rondo_ring *ring;
    rondo_timeout *timeout;
    rondo_task_group *group;
    rondo_generator *generator;
    rondo_finalizer *finalizer;
    rondo_lock *lock;
    rondo_event *event;
    rondo_condition *condition;
    rondo_semaphore *semaphore;
    rondo_barrier *barrier;
    rondo_queue *queue;
    rondo_channel *channel;
    rondo_executor *executor;
    rondo_submission *submission;
    rondo_job *job;
    rondo_future *job_s_future;
} have;

static void no_drain(void *user, uint32_t count) {
    (void)user;
    (void)count;
}

static void start_nothing(void *user, rondo_loop *loop, rondo_task **task) {
    (void)user;
    (void)loop;
    (void)task;
}

static void write_nothing(void *user, const char *text, size_t len) {
    (void)user;
    (void)text;
    (void)len;
}

static const rondo_host host = {.size = sizeof host};

static rondo_task *task;

static void run_at_once(void *user, void (*run)(void *work), void *work) {
    (void)user;
    run(work);
}

static rondo_status any_job(void *arg, rondo_job *job, rondo_value *result) {
    (void)arg;
    (void)result;
    have.job = job;
    return RONDO_OK;
}

static rondo_status any_fiber(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    return RONDO_OK;
}

static void make_primitives(void) {
    GIVES(rondo_lock_create(&have.lock), RONDO_OK);
    GIVES(rondo_event_create(&have.event), RONDO_OK);
    GIVES(rondo_condition_create(have.lock, &have.condition), RONDO_OK);
    GIVES(rondo_semaphore_create(3, 0, &have.semaphore), RONDO_OK);
    GIVES(rondo_barrier_create(2, &have.barrier), RONDO_OK);
    GIVES(rondo_queue_create(NULL, &have.queue), RONDO_OK);
    GIVES(rondo_channel_create(0, &have.channel), RONDO_OK);
    RONDO_INIT(rondo_executor_options, options);
    options.submit = run_at_once;
    GIVES(rondo_executor_create(&options, &have.executor), RONDO_OK);
    RONDO_INIT(rondo_job_options, job_options);
    job_options.executor = have.executor;
    GIVES(rondo_to_thread(have.loop, any_job, NULL, &job_options, &have.job_s_future), RONDO_OK);
    GIVES(rondo_submit(have.loop, any_fiber, NULL, &have.submission), RONDO_OK);
    while (!rondo_future_done(have.job_s_future) || !rondo_submission_done(have.submission)) {
        CHECK(rondo_loop_run_once(have.loop, 0) >= 0);
    }
    CHECK(have.job != NULL);
}

static void release_primitives(void) {
    rondo_future_release(have.job_s_future);
    rondo_submission_release(have.submission);
    rondo_executor_release(have.executor);
    rondo_channel_release(have.channel);
    rondo_queue_release(have.queue);
    rondo_barrier_release(have.barrier);
    rondo_semaphore_release(have.semaphore);
    rondo_condition_release(have.condition);
    rondo_event_release(have.event);
    rondo_lock_release(have.lock);
}

static void make_handles(void) {
    have.runner = virtual_runner(&have.loop);
    have.future = pending_future(have.loop);
    task = start(have.loop, step_park, NULL, NULL);
    GIVES(rondo_loop_run_once(have.loop, 0), 0);
    GIVES(rondo_loop_call_soon(have.loop, count_call, NULL, NULL, &have.handle), RONDO_OK);
    GIVES(rondo_task_waker(task, &have.waker), RONDO_OK);
    have.error = rondo_error_new(RONDO_EFAILED, "mine");
    GIVES(rondo_context_create(&have.context), RONDO_OK);
    GIVES(rondo_ctxvar_create("v", NULL, &have.ctxvar), RONDO_OK);
    GIVES(rondo_context_set(have.context, have.ctxvar, NULL, &have.token), RONDO_OK);
    RONDO_INIT(rondo_ring_options, options);
    static int none;
    options.host = &host;
    options.none = &none;
    options.drain = no_drain;
    GIVES(rondo_ring_create(have.loop, &options, &have.ring), RONDO_OK);
    GIVES(rondo_handle_cancel(have.handle), RONDO_OK);
    GIVES(rondo_timeout_create(have.loop, 0, &have.timeout), RONDO_OK);
    GIVES(rondo_task_group_create(have.loop, &have.group), RONDO_OK);
    static const kit_frame frame = {step_return, NULL, 0, NULL};
    GIVES(rondo_generator_create(have.loop, &kit_coro, &frame, &have.generator), RONDO_OK);
    GIVES(rondo_finalizer_create(have.loop, start_nothing, NULL, &have.finalizer), RONDO_OK);
    make_primitives();
}

static void release_handles(void) {
    release_primitives();
    rondo_finalizer_release(have.finalizer);
    rondo_generator_release(have.generator);
    rondo_task_group_release(have.group);
    rondo_timeout_release(have.timeout);
    rondo_ring_release(have.ring);
    rondo_token_release(have.token);
    rondo_ctxvar_release(have.ctxvar);
    rondo_context_release(have.context);
    rondo_error_release(have.error);
    rondo_waker_release(have.waker);
    rondo_handle_release(have.handle);
    rondo_future_release(task);
    rondo_future_release(have.future);
    rondo_runner_release(have.runner);
}

// ---- the cases: how each function is called with the handle `h` for this parameter

static rondo_value view;
static rondo_future *wait;
static rondo_finalizer *never_made;
static rondo_coro_vtable no_frame_coro;

#define STATUS_CASES(X)                                                                                                \
    X(rondo_runner_get_loop, runner, rondo_runner_get_loop(h, NULL))                                                  \
    X(rondo_runner_get_context, runner, rondo_runner_get_context(h, NULL))                                            \
    X(rondo_runner_run, runner, rondo_runner_run(h, any_fiber, NULL, NULL, NULL, NULL))                                     \
    X(rondo_runner_run_coro, runner, rondo_runner_run_coro(h, &kit_coro, NULL, NULL, NULL, NULL))                     \
    X(rondo_runner_run_ring, runner, rondo_runner_run_ring(h, have.ring, &view, NULL, NULL, NULL))                    \
    X(rondo_runner_run_ring, ring, rondo_runner_run_ring(have.runner, h, &view, NULL, NULL, NULL))                    \
    X(rondo_runner_interrupt, runner, rondo_runner_interrupt(h))                                                      \
    X(rondo_runner_close, runner, rondo_runner_close(h, 0, NULL))                                                     \
    X(rondo_loop_close, loop, rondo_loop_close(h))                                                                    \
    X(rondo_loop_run_forever, loop, rondo_loop_run_forever(h, NULL))                                                  \
    X(rondo_loop_run_until_complete, loop, rondo_loop_run_until_complete(h, have.future, NULL))                       \
    X(rondo_loop_run_until_complete, future, rondo_loop_run_until_complete(have.loop, h, NULL))                       \
    X(rondo_loop_run_guest, loop, rondo_loop_run_guest(h, NULL, NULL, NULL))                                          \
    X(rondo_loop_run_once, loop, rondo_loop_run_once(h, 0))                                                           \
    X(rondo_loop_stop, loop, rondo_loop_stop(h))                                                                      \
    X(rondo_loop_is_running, loop, rondo_loop_is_running(h))                                                          \
    X(rondo_loop_is_closed, loop, rondo_loop_is_closed(h))                                                            \
    X(rondo_loop_set_debug, loop, rondo_loop_set_debug(h, 1))                                                         \
    X(rondo_loop_get_debug, loop, rondo_loop_get_debug(h))                                                            \
    X(rondo_loop_pause_clock, loop, rondo_loop_pause_clock(h))                                                        \
    X(rondo_loop_resume_clock, loop, rondo_loop_resume_clock(h))                                                      \
    X(rondo_loop_set_exception_handler, loop, rondo_loop_set_exception_handler(h, note_report, NULL))                 \
    X(rondo_loop_call_exception_handler, loop, rondo_loop_call_exception_handler(h, &a_report))                       \
    X(rondo_loop_all_tasks, loop, rondo_loop_all_tasks(h, NULL, 0, NULL))                                             \
    X(rondo_loop_get_stats, loop, rondo_loop_get_stats(h, &some_stats))                                               \
    X(rondo_loop_call_soon, loop, rondo_loop_call_soon(h, count_call, NULL, NULL, NULL))                              \
    X(rondo_loop_call_later, loop, rondo_loop_call_later(h, 0, count_call, NULL, NULL, NULL))                         \
    X(rondo_loop_call_at, loop, rondo_loop_call_at(h, 0, count_call, NULL, NULL, NULL))                               \
    X(rondo_loop_call_soon_threadsafe, loop, rondo_loop_call_soon_threadsafe(h, count_call, NULL, NULL, NULL))        \
    X(rondo_loop_add_reader, loop, rondo_loop_add_reader(h, 0, count_call, NULL, NULL))                               \
    X(rondo_loop_add_writer, loop, rondo_loop_add_writer(h, 0, count_call, NULL, NULL))                               \
    X(rondo_loop_remove_reader, loop, rondo_loop_remove_reader(h, 0))                                                 \
    X(rondo_loop_remove_writer, loop, rondo_loop_remove_writer(h, 0))                                                 \
    X(rondo_loop_uv, loop, rondo_loop_uv(h, NULL))                                                                    \
    X(rondo_handle_cancel, handle, rondo_handle_cancel(h))                                                            \
    X(rondo_handle_cancelled, handle, rondo_handle_cancelled(h))                                                      \
    X(rondo_future_create, loop, rondo_future_create(h, NULL, NULL))                                                  \
    X(rondo_future_set_result, future, rondo_future_set_result(h, NULL))                                              \
    X(rondo_future_set_error, future, rondo_future_set_error(h, have.error))                                          \
    X(rondo_future_set_error, error, rondo_future_set_error(have.future, h))                                          \
    X(rondo_future_set_result_threadsafe, future, rondo_future_set_result_threadsafe(h, NULL))                        \
    X(rondo_future_set_error_threadsafe, future, rondo_future_set_error_threadsafe(h, have.error))                    \
    X(rondo_future_set_error_threadsafe, error, rondo_future_set_error_threadsafe(have.future, h))                    \
    X(rondo_future_cancel, future, rondo_future_cancel(h, "no"))                                                      \
    X(rondo_future_cancel_with, future, rondo_future_cancel_with(h, have.error))                                      \
    X(rondo_future_cancel_with, reason, rondo_future_cancel_with(have.future, h))                                     \
    X(rondo_future_cancel_threadsafe, future, rondo_future_cancel_threadsafe(h, "no"))                                \
    X(rondo_future_done, future, rondo_future_done(h))                                                                \
    X(rondo_future_cancelled, future, rondo_future_cancelled(h))                                                      \
    X(rondo_future_result, future, rondo_future_result(h, &view, NULL))                                               \
    X(rondo_future_take, future, rondo_future_take(h, &view, NULL))                                                   \
    X(rondo_future_error, future, rondo_future_error(h, NULL))                                                        \
    X(rondo_future_silence, future, rondo_future_silence(h))                                                          \
    X(rondo_future_add_done_callback, future, rondo_future_add_done_callback(h, count_call, NULL, NULL))              \
    X(rondo_future_remove_done_callback, future, rondo_future_remove_done_callback(h, count_call, NULL))              \
    X(rondo_future_set_object, future, rondo_future_set_object(h, &view))                                             \
    X(rondo_future_is_task, future, rondo_future_is_task(h))                                                          \
    X(rondo_future_let_go, future, rondo_future_let_go(h))                                                            \
    X(rondo_task_create, loop, rondo_task_create(h, &kit_coro, NULL, NULL, NULL))                                     \
    X(rondo_task_cancelling, task, rondo_task_cancelling(h))                                                          \
    X(rondo_task_uncancel, task, rondo_task_uncancel(h))                                                              \
    X(rondo_task_set_name, task, rondo_task_set_name(h, "name"))                                                      \
    X(rondo_task_get_context, task, rondo_task_get_context(h, NULL))                                                  \
    X(rondo_task_waker, task, rondo_task_waker(h, NULL))                                                              \
    X(rondo_fiber_create, loop, rondo_fiber_create(h, any_fiber, NULL, NULL, NULL))                                   \
    X(rondo_await, future, rondo_await(h, &view))                                                                     \
    X(rondo_await_release, future, rondo_await_release(h, &view))                                                     \
    X(rondo_raise, error, rondo_raise(h))                                                                             \
    X(rondo_gather, loop, rondo_gather(h, NULL, 0, 0, NULL))                                                          \
    X(rondo_gather_objects, gather, rondo_gather_objects(h, NULL, 0))                                                 \
    X(rondo_context_copy, context, rondo_context_copy(h, NULL))                                                       \
    X(rondo_context_get, context, rondo_context_get(h, have.ctxvar, &view))                                           \
    X(rondo_context_get, var, rondo_context_get(have.context, h, &view))                                              \
    X(rondo_context_set, context, rondo_context_set(h, have.ctxvar, NULL, NULL))                                      \
    X(rondo_context_set, var, rondo_context_set(have.context, h, NULL, NULL))                                         \
    X(rondo_context_reset, context, rondo_context_reset(h, have.token))                                               \
    X(rondo_context_reset, token, rondo_context_reset(have.context, h))                                               \
    X(rondo_context_run, context, rondo_context_run(h, count_call, NULL))                                             \
    X(rondo_task_waive, task, rondo_task_waive(h))                                                                   \
    X(rondo_wait, loop, rondo_wait(h, &have.future, 1, RONDO_ALL_COMPLETED, RONDO_FOREVER, NULL))                    \
    X(rondo_shield, inner, rondo_shield(h, NULL))                                                                    \
    X(rondo_as_completed, loop, rondo_as_completed(h, &have.future, 1, RONDO_FOREVER, NULL))                         \
    X(rondo_as_completed_next, iteration, rondo_as_completed_next(h, NULL))                                          \
    X(rondo_as_completed_poll, iteration, (rondo_status)rondo_as_completed_poll(h))                                   \
    X(rondo_wait_for, future, rondo_wait_for(h, 0, &view))                                                           \
    X(rondo_next_completed, iteration, rondo_next_completed(h, NULL, NULL))                                          \
    X(rondo_timeout_create, loop, rondo_timeout_create(h, 0, NULL))                                                  \
    X(rondo_timeout_enter, timeout, rondo_timeout_enter(h))                                                          \
    X(rondo_timeout_exit, timeout, rondo_timeout_exit(h, RONDO_OK))                                                  \
    X(rondo_timeout_reschedule, timeout, rondo_timeout_reschedule(h, 0))                                             \
    X(rondo_timeout_state, timeout, rondo_timeout_state(h))                                                          \
    X(rondo_timeout_expired, timeout, rondo_timeout_expired(h))                                                      \
    X(rondo_timeout_end, timeout, rondo_timeout_end(h, RONDO_EINVAL))                                                \
    X(rondo_timeout_leave, timeout, rondo_timeout_leave(h, RONDO_OK, NULL))                                          \
    X(rondo_timeout_stop, timeout, rondo_timeout_stop(h, RONDO_OK))                                                   \
    X(rondo_task_group_create, loop, rondo_task_group_create(h, NULL))                                               \
    X(rondo_task_group_enter, group, rondo_task_group_enter(h))                                                      \
    X(rondo_task_group_add, group, rondo_task_group_add(h, task))                                                    \
    X(rondo_task_group_add, task, rondo_task_group_add(have.group, h))                                               \
    X(rondo_task_group_state, group, rondo_task_group_state(h))                                                      \
    X(rondo_task_group_count, group, rondo_task_group_count(h, NULL, NULL))                                          \
    X(rondo_task_group_exit, group, rondo_task_group_exit(h, NULL, &wait, NULL))                                     \
    X(rondo_task_group_exit, raised, rondo_task_group_exit(have.group, h, &wait, NULL))                              \
    X(rondo_task_group_cancel, group, rondo_task_group_cancel(h))                                                    \
    X(rondo_task_group_spawn, group, rondo_task_group_spawn(h, any_fiber, NULL, NULL))                               \
    X(rondo_task_group_end, group, rondo_task_group_end(h, RONDO_EINVAL))                                            \
    X(rondo_generator_create, loop, rondo_generator_create(h, &kit_coro, NULL, NULL))                                \
    X(rondo_generator_create_fiber, loop, rondo_generator_create_fiber(h, any_fiber, NULL, 0, NULL))                 \
    X(rondo_generator_next, generator, rondo_generator_next(h, NULL, NULL, NULL))                                    \
    X(rondo_generator_close, generator, rondo_generator_close(h, NULL, NULL))                                        \
    X(rondo_generator_next_task, generator, rondo_generator_next_task(h, NULL))                                      \
    X(rondo_generator_close_task, generator, rondo_generator_close_task(h, NULL))                                    \
    X(rondo_finalizer_create, loop, rondo_finalizer_create(h, start_nothing, NULL, &never_made))                     \
    X(rondo_finalizer_start, finalizer, rondo_finalizer_start(h))                                                    \
    X(rondo_loop_shutdown_generators, loop, rondo_loop_shutdown_generators(h, NULL))                                 \
    X(rondo_task_state, task, rondo_task_state(h))                                                                   \
    X(rondo_task_awaiting, task, rondo_task_awaiting(h, NULL))                                                       \
    X(rondo_future_awaited_by, future, rondo_future_awaited_by(h, NULL, 0, NULL))                                    \
    X(rondo_loop_dump, loop, rondo_loop_dump(h, write_nothing, NULL))                                                \
    X(rondo_loop_dump_fd, loop, rondo_loop_dump_fd(h, 2))                                                            \
    X(rondo_loop_set_slow_callback, loop, rondo_loop_set_slow_callback(h, 1))                                        \
    X(rondo_future_origin, future, rondo_future_origin(h, NULL, 0, NULL))                                            \
    X(rondo_ring_task_begin_eager, ring, rondo_ring_task_begin_eager(h, &view, NULL, NULL))                          \
    X(rondo_ring_task_end_eager, task, rondo_ring_task_end_eager(h, RONDO_STEP_RETURN, 0))                           \
    X(rondo_to_thread, loop, rondo_to_thread(h, any_job, NULL, NULL, NULL))                                           \
    X(rondo_job_raise, error, rondo_job_raise(have.job, h))                                                           \
    X(rondo_executor_shutdown, executor, rondo_executor_shutdown(h))                                                  \
    X(rondo_loop_set_default_executor, loop, rondo_loop_set_default_executor(h, have.executor))                       \
    X(rondo_loop_set_default_executor, executor, rondo_loop_set_default_executor(have.loop, h))                       \
    X(rondo_loop_shutdown_executor, loop, rondo_loop_shutdown_executor(h, NULL))                                      \
    X(rondo_submit, loop, rondo_submit(h, any_fiber, NULL, NULL))                                                     \
    X(rondo_submit_coro, loop, rondo_submit_coro(h, &no_frame_coro, NULL, NULL))                                      \
    X(rondo_submission_wait, submission, rondo_submission_wait(h, 0, &view, NULL))                                    \
    X(rondo_submission_done, submission, rondo_submission_done(h))                                                    \
    X(rondo_submission_cancel, submission, rondo_submission_cancel(h))                                                \
    X(rondo_future_bridge, loop, rondo_future_bridge(h, have.future, NULL))                                           \
    X(rondo_future_bridge, other, rondo_future_bridge(have.loop, h, NULL))                                            \
    X(rondo_lock_acquire, lock, rondo_lock_acquire(h))                                                                \
    X(rondo_lock_unlock, lock, rondo_lock_unlock(h))                                                                  \
    X(rondo_lock_locked, lock, rondo_lock_locked(h))                                                                  \
    X(rondo_lock_acquire_async, lock, rondo_lock_acquire_async(h, &wait))                                             \
    X(rondo_event_wait, event, rondo_event_wait(h))                                                                   \
    X(rondo_event_set, event, rondo_event_set(h))                                                                     \
    X(rondo_event_clear, event, rondo_event_clear(h))                                                                 \
    X(rondo_event_is_set, event, rondo_event_is_set(h))                                                               \
    X(rondo_event_wait_async, event, rondo_event_wait_async(h, &wait))                                                \
    X(rondo_condition_create, lock, rondo_condition_create(h, NULL))                                                  \
    X(rondo_condition_wait, condition, rondo_condition_wait(h))                                                       \
    X(rondo_condition_notify_all, condition, rondo_condition_notify_all(h))                                           \
    X(rondo_condition_wait_async, condition, rondo_condition_wait_async(h, &wait))                                    \
    X(rondo_condition_notify, condition, rondo_condition_notify(h, 1))                                                \
    X(rondo_semaphore_acquire, semaphore, rondo_semaphore_acquire(h))                                                 \
    X(rondo_semaphore_give_back, semaphore, rondo_semaphore_give_back(h))                                             \
    X(rondo_semaphore_locked, semaphore, rondo_semaphore_locked(h))                                                   \
    X(rondo_semaphore_acquire_async, semaphore, rondo_semaphore_acquire_async(h, &wait))                              \
    X(rondo_barrier_wait, barrier, rondo_barrier_wait(h, NULL))                                                       \
    X(rondo_barrier_wait_async, barrier, rondo_barrier_wait_async(h, &wait))                                          \
    X(rondo_barrier_reset_async, barrier, rondo_barrier_reset_async(h, &wait))                                        \
    X(rondo_barrier_abort_async, barrier, rondo_barrier_abort_async(h, &wait))                                        \
    X(rondo_barrier_state, barrier, rondo_barrier_state(h))                                                           \
    X(rondo_queue_put, queue, rondo_queue_put(h, &view))                                                              \
    X(rondo_queue_put_async, queue, rondo_queue_put_async(h, &view, &wait))                                           \
    X(rondo_queue_put_nowait, queue, rondo_queue_put_nowait(h, &view))                                                \
    X(rondo_queue_get, queue, rondo_queue_get(h, &view))                                                              \
    X(rondo_queue_get_async, queue, rondo_queue_get_async(h, &view, &wait))                                           \
    X(rondo_queue_get_nowait, queue, rondo_queue_get_nowait(h, &view))                                                \
    X(rondo_queue_task_done, queue, rondo_queue_task_done(h))                                                         \
    X(rondo_queue_join, queue, rondo_queue_join(h))                                                                   \
    X(rondo_queue_join_async, queue, rondo_queue_join_async(h, &wait))                                                \
    X(rondo_queue_shutdown, queue, rondo_queue_shutdown(h, 1))                                                        \
    X(rondo_queue_is_shutdown, queue, rondo_queue_is_shutdown(h))                                                     \
    X(rondo_channel_send, channel, rondo_channel_send(h, &view))                                                      \
    X(rondo_channel_send_async, channel, rondo_channel_send_async(h, &view, &wait))                                   \
    X(rondo_channel_send_blocking, channel, rondo_channel_send_blocking(h, &view, 0))                                 \
    X(rondo_channel_send_nowait, channel, rondo_channel_send_nowait(h, &view))                                        \
    X(rondo_channel_receive, channel, rondo_channel_receive(h, &view))                                                \
    X(rondo_channel_receive_async, channel, rondo_channel_receive_async(h, &view, &wait))                             \
    X(rondo_channel_receive_blocking, channel, rondo_channel_receive_blocking(h, &view, 0))                           \
    X(rondo_channel_receive_nowait, channel, rondo_channel_receive_nowait(h, &view))                                  \
    X(rondo_channel_shutdown, channel, rondo_channel_shutdown(h))                                                     \
    X(rondo_ring_create, loop, rondo_ring_create(h, NULL, NULL))                                                      \
    X(rondo_ring_get_view, ring, rondo_ring_get_view(h, &ring_view))                                                  \
    X(rondo_ring_task_create, ring, rondo_ring_task_create(h, &view, NULL, NULL))

// They answer 0 or NULL.
#define ZERO_CASES(X)                                                                                                 \
    X(rondo_error_code, error, (uintptr_t)rondo_error_code(h))                                                        \
    X(rondo_error_message, error, (uintptr_t)rondo_error_message(h))                                                  \
    X(rondo_error_domain, error, (uintptr_t)rondo_error_domain(h))                                                    \
    X(rondo_error_cause, error, (uintptr_t)rondo_error_cause(h))                                                      \
    X(rondo_error_context, error, (uintptr_t)rondo_error_context(h))                                                  \
    X(rondo_error_child_count, error, rondo_error_child_count(h))                                                     \
    X(rondo_error_child, error, (uintptr_t)rondo_error_child(h, 0))                                                   \
    X(rondo_error_payload, error, (uintptr_t)rondo_error_payload(h))                                                  \
    X(rondo_loop_time, loop, (uintptr_t)rondo_loop_time(h))                                                           \
    X(rondo_loop_current_task, loop, (uintptr_t)rondo_loop_current_task(h))                                           \
    X(rondo_handle_when, handle, (uintptr_t)rondo_handle_when(h))                                                     \
    X(rondo_future_loop, future, (uintptr_t)rondo_future_loop(h))                                                     \
    X(rondo_future_new, loop, (uintptr_t)rondo_future_new(h))                                                         \
    X(rondo_future_result_object, future, (uintptr_t)rondo_future_result_object(h))                                   \
    X(rondo_future_result_object_or, future, (uintptr_t)rondo_future_result_object_or(h, NULL))                       \
    X(rondo_task_get_name, task, (uintptr_t)rondo_task_get_name(h))                                                   \
    X(rondo_task_frame, task, (uintptr_t)rondo_task_frame(h))                                                         \
    X(rondo_gather_count, gather, rondo_gather_count(h))                                                              \
    X(rondo_gather_child, gather, (uintptr_t)rondo_gather_child(h, 0))                                                \
    X(rondo_ring_task_new, ring, (uintptr_t)rondo_ring_task_new(h, &view, NULL))                                      \
    X(rondo_ring_task_object, future, (uintptr_t)rondo_ring_task_object(h))                                           \
    X(rondo_cpython_steps, ring, (uintptr_t)rondo_cpython_steps(h))                                                   \
    X(rondo_ctxvar_name, var, (uintptr_t)rondo_ctxvar_name(h))                                                        \
    X(rondo_error_unwrap, error, (uintptr_t)rondo_error_unwrap(h))                                                   \
    X(rondo_as_completed_child, ticket, (uintptr_t)rondo_as_completed_child(h, NULL))                                \
    X(rondo_timeout_when, timeout, rondo_timeout_when(h) != RONDO_FOREVER)                                           \
    X(rondo_loop_get_slow_callback, loop, (uintptr_t)rondo_loop_get_slow_callback(h))                                \
    X(rondo_timeout_release, timeout, (rondo_timeout_release(h), 0))                                                 \
    X(rondo_task_group_release, group, (rondo_task_group_release(h), 0))                                             \
    X(rondo_generator_release, generator, (rondo_generator_release(h), 0))                                           \
    X(rondo_finalizer_release, finalizer, (rondo_finalizer_release(h), 0))                                           \
    X(rondo_lock_waiting, lock, rondo_lock_waiting(h))                                                                \
    X(rondo_event_waiting, event, rondo_event_waiting(h))                                                             \
    X(rondo_condition_waiting, condition, rondo_condition_waiting(h))                                                 \
    X(rondo_semaphore_value, semaphore, rondo_semaphore_value(h))                                                     \
    X(rondo_semaphore_waiting, semaphore, rondo_semaphore_waiting(h))                                                 \
    X(rondo_barrier_parties, barrier, rondo_barrier_parties(h))                                                       \
    X(rondo_barrier_waiting, barrier, rondo_barrier_waiting(h))                                                       \
    X(rondo_queue_size, queue, rondo_queue_size(h))                                                                   \
    X(rondo_queue_unfinished, queue, rondo_queue_unfinished(h))                                                       \
    X(rondo_queue_capacity, queue, rondo_queue_capacity(h))                                                           \
    X(rondo_queue_putters, queue, rondo_queue_putters(h))                                                             \
    X(rondo_queue_getters, queue, rondo_queue_getters(h))                                                             \
    X(rondo_channel_size, channel, rondo_channel_size(h))                                                             \
    X(rondo_channel_capacity, channel, rondo_channel_capacity(h))                                                     \
    X(rondo_condition_lock, condition, (uintptr_t)rondo_condition_lock(h))                                            \
    X(rondo_lock_release, lock, (rondo_lock_release(h), 0))                                                           \
    X(rondo_event_release, event, (rondo_event_release(h), 0))                                                        \
    X(rondo_condition_release, condition, (rondo_condition_release(h), 0))                                            \
    X(rondo_semaphore_release, semaphore, (rondo_semaphore_release(h), 0))                                            \
    X(rondo_barrier_release, barrier, (rondo_barrier_release(h), 0))                                                  \
    X(rondo_queue_release, queue, (rondo_queue_release(h), 0))                                                        \
    X(rondo_channel_release, channel, (rondo_channel_release(h), 0))                                                  \
    X(rondo_executor_release, executor, (rondo_executor_release(h), 0))                                               \
    X(rondo_submission_release, submission, (rondo_submission_release(h), 0))                                         \
    X(rondo_error_release, error, (rondo_error_release(h), 0))                                                        \
    X(rondo_runner_release, runner, (rondo_runner_release(h), 0))                                                     \
    X(rondo_loop_release, loop, (rondo_loop_release(h), 0))                                                           \
    X(rondo_handle_release, handle, (rondo_handle_release(h), 0))                                                     \
    X(rondo_future_release, future, (rondo_future_release(h), 0))                                                     \
    X(rondo_ctxvar_release, var, (rondo_ctxvar_release(h), 0))                                                        \
    X(rondo_context_release, context, (rondo_context_release(h), 0))                                                  \
    X(rondo_token_release, token, (rondo_token_release(h), 0))                                                        \
    X(rondo_waker_wake, waker, (rondo_waker_wake(h), 0))                                                              \
    X(rondo_waker_wake_by_ref, waker, (rondo_waker_wake_by_ref(h), 0))                                                \
    X(rondo_waker_release, waker, (rondo_waker_release(h), 0))                                                        \
    X(rondo_ring_release, ring, (rondo_ring_release(h), 0))

// They return their argument.
#define RETAIN_CASES(X)                                                                                               \
    X(rondo_error_retain, error, (uintptr_t)rondo_error_retain(h))                                                    \
    X(rondo_loop_retain, loop, (uintptr_t)rondo_loop_retain(h))                                                       \
    X(rondo_handle_retain, handle, (uintptr_t)rondo_handle_retain(h))                                                 \
    X(rondo_future_retain, future, (uintptr_t)rondo_future_retain(h))                                                 \
    X(rondo_ctxvar_retain, var, (uintptr_t)rondo_ctxvar_retain(h))                                                    \
    X(rondo_context_retain, context, (uintptr_t)rondo_context_retain(h))                                              \
    X(rondo_timeout_retain, timeout, (uintptr_t)rondo_timeout_retain(h))                                             \
    X(rondo_task_group_retain, group, (uintptr_t)rondo_task_group_retain(h))                                         \
    X(rondo_generator_retain, generator, (uintptr_t)rondo_generator_retain(h))                                       \
    X(rondo_lock_retain, lock, (uintptr_t)rondo_lock_retain(h))                                                       \
    X(rondo_event_retain, event, (uintptr_t)rondo_event_retain(h))                                                    \
    X(rondo_condition_retain, condition, (uintptr_t)rondo_condition_retain(h))                                        \
    X(rondo_semaphore_retain, semaphore, (uintptr_t)rondo_semaphore_retain(h))                                        \
    X(rondo_barrier_retain, barrier, (uintptr_t)rondo_barrier_retain(h))                                              \
    X(rondo_queue_retain, queue, (uintptr_t)rondo_queue_retain(h))                                                    \
    X(rondo_channel_retain, channel, (uintptr_t)rondo_channel_retain(h))                                              \
    X(rondo_executor_retain, executor, (uintptr_t)rondo_executor_retain(h))                                           \
    X(rondo_submission_retain, submission, (uintptr_t)rondo_submission_retain(h))                                     \
    X(rondo_waker_retain, waker, (uintptr_t)rondo_waker_retain(h))

static const rondo_report a_report = {.size = sizeof a_report, .message = "heard"};
static rondo_loop_stats some_stats = {.size = sizeof some_stats};
static rondo_ring_view ring_view = {.size = sizeof ring_view};

typedef enum { STATUS, ZERO, RETAIN } shape;
typedef struct {
    const char *function;
    const char *parameter;
    shape answers;
    uintptr_t (*call)(void *h);
} border_case;

#define DEFINE_STATUS(function, parameter, expression)                                                                \
    static uintptr_t function##_##parameter(void *h) { return (uintptr_t)(intptr_t)(expression); }
#define DEFINE(function, parameter, expression)                                                                       \
    static uintptr_t function##_##parameter(void *h) { return (expression); }
#define LIST_STATUS(function, parameter, expression) {#function, #parameter, STATUS, function##_##parameter},
#define LIST_ZERO(function, parameter, expression) {#function, #parameter, ZERO, function##_##parameter},
#define LIST_RETAIN(function, parameter, expression) {#function, #parameter, RETAIN, function##_##parameter},

STATUS_CASES(DEFINE_STATUS)
ZERO_CASES(DEFINE)
RETAIN_CASES(DEFINE)

static const border_case cases[] = {STATUS_CASES(LIST_STATUS) ZERO_CASES(LIST_ZERO) RETAIN_CASES(LIST_RETAIN)};
enum { case_count = sizeof cases / sizeof cases[0] };

static prototype prototypes[most_prototypes];
static size_t prototype_count;

static const border_case *case_of(const char *function, const char *parameter) {
    for (size_t i = 0; i < case_count; ++i) {
        if (strcmp(cases[i].function, function) == 0 && strcmp(cases[i].parameter, parameter) == 0) return &cases[i];
    }
    return NULL;
}

static const char *kind_of(const border_case *c) {
    for (size_t i = 0; i < prototype_count; ++i) {
        const prototype *p = &prototypes[i];
        if (strcmp(p->name, c->function) != 0) continue;
        for (size_t k = 0; k < p->parameter_count; ++k) {
            if (strcmp(p->parameters[k].name, c->parameter) == 0) return handle_kind(p->parameters[k].type);
        }
    }
    return NULL;
}

static void expect(const border_case *c, void *h, const char *what, rondo_status wanted) {
    uintptr_t got = c->call(h);
    uintptr_t right = c->answers == STATUS ? (uintptr_t)(intptr_t)wanted : c->answers == ZERO ? 0 : (uintptr_t)h;
    if (got == right) return;
    fprintf(stderr, "%s with %s as %s answers %lld, not %lld (%s)\n", c->function, what, c->parameter, (long long)got,
            (long long)right, rondo_status_name(wanted));
    kit_fail(__FILE__, __LINE__, "the handle is refused");
}

// ---- the tests

static void every_handle_parameter_of_the_header_has_a_case(void) {
    size_t wanted = 0;
    for (size_t i = 0; i < prototype_count; ++i) {
        for (size_t k = 0; k < prototypes[i].parameter_count; ++k) {
            const parameter *p = &prototypes[i].parameters[k];
            if (!handle_kind(p->type)) continue;
            ++wanted;
            if (case_of(prototypes[i].name, p->name)) continue;
            fprintf(stderr, "no case for the %s of %s\n", p->name, prototypes[i].name);
            kit_fail(__FILE__, __LINE__, "tests/capi/handles.c has a case for it");
        }
    }
    CHECK(wanted == case_count);
}

static rondo_status refusal_of_null(const border_case *c) {
    if (strcmp(c->function, "rondo_loop_is_running") == 0 || strcmp(c->function, "rondo_loop_is_closed") == 0) {
        return RONDO_EINVAL;
    }
    if (strcmp(c->parameter, "raised") == 0) return RONDO_ESTATE; // none, and the group is not entered
    if (strcmp(c->function, "rondo_condition_create") == 0) return RONDO_OK; // a lock of its own
    const char *kind = kind_of(c);
    int means_the_running_one = strcmp(kind, "loop") == 0 || strcmp(kind, "context") == 0;
    return means_the_running_one ? RONDO_ENOLOOP : RONDO_EINVAL;
}

static void null_is_refused(void) {
    for (size_t i = 0; i < case_count; ++i) expect(&cases[i], NULL, "NULL", refusal_of_null(&cases[i]));
}

static void another_kind_is_refused(void) {
    const struct {
        const char *kind;
        void *handle;
    } handles[] = {
        {"runner", have.runner}, {"loop", have.loop},   {"future", have.future}, {"handle", have.handle},
        {"waker", have.waker},   {"error", have.error}, {"context", have.context}, {"ctxvar", have.ctxvar},
        {"token", have.token},   {"ring", have.ring},
        {"timeout", have.timeout}, {"task_group", have.group},
        {"generator", have.generator}, {"finalizer", have.finalizer},
        {"lock", have.lock}, {"event", have.event}, {"condition", have.condition}, {"semaphore", have.semaphore},
        {"barrier", have.barrier}, {"queue", have.queue}, {"channel", have.channel}, {"executor", have.executor},
        {"submission", have.submission},
    };
    for (size_t i = 0; i < case_count; ++i) {
        for (size_t k = 0; k < sizeof handles / sizeof handles[0]; ++k) {
            if (strcmp(handles[k].kind, kind_of(&cases[i])) == 0) continue;
            expect(&cases[i], handles[k].handle, handles[k].kind, RONDO_EKIND);
        }
    }
}

static void a_future_that_is_no_task_is_refused_by_what_takes_tasks(void) {
    size_t count = 0;
    for (size_t i = 0; i < case_count; ++i) {
        if (strcmp(cases[i].parameter, "task") != 0) continue;
        expect(&cases[i], have.future, "a plain future", RONDO_EKIND);
        ++count;
    }
    CHECK(count == 12);
    expect(case_of("rondo_gather_objects", "gather"), have.future, "a plain future", RONDO_EKIND);
}

static void a_task_is_refused_by_what_finishes_futures(void) {
    expect(case_of("rondo_future_set_result", "future"), task, "a task", RONDO_EKIND);
    expect(case_of("rondo_future_set_error", "future"), task, "a task", RONDO_EKIND);
    expect(case_of("rondo_future_set_object", "future"), task, "a task", RONDO_EKIND);
    expect(case_of("rondo_future_set_result_threadsafe", "future"), task, "a task", RONDO_EKIND);
    expect(case_of("rondo_future_set_error_threadsafe", "future"), task, "a task", RONDO_EKIND);
}

static void nothing_has_changed(const rondo_loop_stats *before) {
    rondo_loop_stats after = stats_of(have.loop);
    CHECK(memcmp(before, &after, sizeof after) == 0);
    GIVES(rondo_loop_is_closed(have.loop), 0);
    GIVES(rondo_loop_get_debug(have.loop), 0);
    GIVES(rondo_future_done(have.future), 0);
    GIVES(rondo_future_done(task), 0);
    GIVES(rondo_task_cancelling(task), 0);
    GIVES(rondo_timeout_state(have.timeout), RONDO_TIMEOUT_CREATED);
    GIVES(rondo_task_group_state(have.group), RONDO_GROUP_CREATED);
    CHECK(wait == NULL && never_made == NULL);
    GIVES(rondo_lock_locked(have.lock), 0);
    GIVES(rondo_event_is_set(have.event), 0);
    CHECK(rondo_semaphore_value(have.semaphore) == 3);
    GIVES(rondo_barrier_state(have.barrier), RONDO_BARRIER_FILLING);
    CHECK(rondo_queue_size(have.queue) == 0 && rondo_channel_size(have.channel) == 0);
    GIVES(rondo_queue_is_shutdown(have.queue), 0);
    GIVES(rondo_context_get(have.context, have.ctxvar, &view), RONDO_OK);
    GIVES(rondo_context_reset(have.context, have.token), RONDO_OK);
}

int main(void) {
    prototype_count = read_prototypes(prototypes);
    no_frame_coro = kit_coro;
    no_frame_coro.frame_size = 0;
    make_handles();
    rondo_loop_stats before = stats_of(have.loop);
    RUN(every_handle_parameter_of_the_header_has_a_case);
    RUN(null_is_refused);
    RUN(another_kind_is_refused);
    RUN(a_future_that_is_no_task_is_refused_by_what_takes_tasks);
    RUN(a_task_is_refused_by_what_finishes_futures);
    nothing_has_changed(&before);
    release_handles();
    return 0;
}
