// While a loop runs in one thread, every RONDO_LOOP_THREAD function is called from another. The header is read for
// what must have a case here.
#include "header.h"
#include "kit.h"

#include "rondo/uv.h"

#include <pthread.h>
#include <stdint.h>

static struct {
    rondo_runner *runner;
    rondo_loop *loop;
    rondo_future *future;
    rondo_future *failed;
    rondo_task *task;
    rondo_handle *handle;
    rondo_ring *ring;
    rondo_context *context;
    rondo_ctxvar *var;
    rondo_token *token;
    rondo_error *error;
    rondo_step *io;
    rondo_future *iteration;
    rondo_future *ticket; // served
    rondo_timeout *timeout;
    rondo_task_group *group;
    rondo_generator *generator;
    rondo_finalizer *finalizer;
    rondo_executor *executor;
    rondo_lock *lock;
    rondo_event *event;
    rondo_condition *condition;
    rondo_semaphore *semaphore;
    rondo_barrier *barrier;
    rondo_queue *queue;
    rondo_channel *channel;
} have;

static struct {
    rondo_timeout *timeout;
    rondo_task_group *group;
    rondo_future *wait;
    rondo_finalizer *finalizer;
    rondo_value item;
} never;

static void start_nothing(void *user, rondo_loop *loop, rondo_task **task) {
    (void)user;
    (void)loop;
    (void)task;
    kit_fail(__FILE__, __LINE__, "nothing is started");
}

static void write_nothing(void *user, const char *text, size_t len) {
    (void)user;
    (void)text;
    (void)len;
    kit_fail(__FILE__, __LINE__, "nothing is written");
}

static int object; // stands for the host's
static int drops;
static rondo_value value;
static rondo_report a_report = {.size = sizeof a_report, .message = "heard"};
static rondo_loop_stats some_stats = {.size = sizeof some_stats};
static const rondo_host host = {.size = sizeof host};

static void no_drain(void *user, uint32_t count) {
    (void)user;
    (void)count;
}
static const rondo_ring_options ring_options = {.size = sizeof ring_options, .host = &host, .none = &object, .drain = no_drain};

static rondo_status any_fiber(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    return RONDO_OK;
}

static rondo_status fail_job(void *arg, rondo_job *job, rondo_value *result) {
    (void)arg;
    (void)job;
    (void)result;
    kit_fail(__FILE__, __LINE__, "no job of the other thread's runs");
}

static void fail_call(void *user, rondo_call *call) {
    (void)user;
    (void)call;
    kit_fail(__FILE__, __LINE__, "nothing of the other thread's runs");
}

#define CASES(X)                                                                                                      \
    X(rondo_runner_get_loop, RONDO_ETHREAD, rondo_runner_get_loop(have.runner, NULL))                                 \
    X(rondo_runner_get_context, RONDO_ETHREAD, rondo_runner_get_context(have.runner, NULL))                           \
    X(rondo_runner_run, RONDO_ETHREAD, rondo_runner_run(have.runner, any_fiber, NULL, NULL, NULL, NULL))                    \
    X(rondo_runner_run_coro, RONDO_ETHREAD,                                                                           \
      rondo_runner_run_coro(have.runner, &kit_coro, NULL, NULL, NULL, NULL))                                          \
    X(rondo_runner_run_ring, RONDO_ETHREAD,                                                                           \
      rondo_runner_run_ring(have.runner, have.ring, &object, NULL, NULL, NULL))                                       \
    X(rondo_runner_interrupt, RONDO_ETHREAD, rondo_runner_interrupt(have.runner))                                     \
    X(rondo_runner_close, RONDO_ETHREAD, rondo_runner_close(have.runner, 0, NULL))                                    \
    X(rondo_runner_release, 0, (rondo_runner_release(have.runner), 0))                                                \
    X(rondo_loop_close, RONDO_ETHREAD, rondo_loop_close(have.loop))                                                   \
    X(rondo_loop_run_forever, RONDO_ETHREAD, rondo_loop_run_forever(have.loop, NULL))                                 \
    X(rondo_loop_run_until_complete, RONDO_ETHREAD, rondo_loop_run_until_complete(have.loop, have.future, NULL))      \
    X(rondo_loop_run_guest, RONDO_ETHREAD, rondo_loop_run_guest(have.loop, NULL, NULL, NULL))                         \
    X(rondo_loop_run_once, RONDO_ETHREAD, rondo_loop_run_once(have.loop, 0))                                          \
    X(rondo_loop_stop, RONDO_ETHREAD, rondo_loop_stop(have.loop))                                                     \
    X(rondo_loop_set_debug, RONDO_ETHREAD, rondo_loop_set_debug(have.loop, 1))                                        \
    X(rondo_loop_get_debug, RONDO_ETHREAD, rondo_loop_get_debug(have.loop))                                           \
    X(rondo_loop_pause_clock, RONDO_ETHREAD, rondo_loop_pause_clock(have.loop))                                       \
    X(rondo_loop_resume_clock, RONDO_ETHREAD, rondo_loop_resume_clock(have.loop))                                     \
    X(rondo_loop_set_exception_handler, RONDO_ETHREAD,                                                                \
      rondo_loop_set_exception_handler(have.loop, note_report, NULL))                                                 \
    X(rondo_loop_call_exception_handler, RONDO_ETHREAD, rondo_loop_call_exception_handler(have.loop, &a_report))      \
    X(rondo_loop_all_tasks, RONDO_ETHREAD, rondo_loop_all_tasks(have.loop, NULL, 0, NULL))                            \
    X(rondo_loop_current_task, 0, (uintptr_t)rondo_loop_current_task(have.loop))                                      \
    X(rondo_loop_get_stats, RONDO_ETHREAD, rondo_loop_get_stats(have.loop, &some_stats))                              \
    X(rondo_loop_call_soon, RONDO_ETHREAD, rondo_loop_call_soon(have.loop, fail_call, NULL, NULL, NULL))              \
    X(rondo_loop_call_later, RONDO_ETHREAD, rondo_loop_call_later(have.loop, 0, fail_call, NULL, NULL, NULL))         \
    X(rondo_loop_call_at, RONDO_ETHREAD, rondo_loop_call_at(have.loop, 0, fail_call, NULL, NULL, NULL))               \
    X(rondo_handle_cancel, RONDO_ETHREAD, rondo_handle_cancel(have.handle))                                           \
    X(rondo_handle_cancelled, RONDO_ETHREAD, rondo_handle_cancelled(have.handle))                                     \
    X(rondo_handle_when, 0, (uintptr_t)rondo_handle_when(have.handle))                                                \
    X(rondo_future_create, RONDO_ETHREAD, rondo_future_create(have.loop, NULL, NULL))                                 \
    X(rondo_future_new, 0, (uintptr_t)rondo_future_new(have.loop))                                                    \
    X(rondo_future_set_result, RONDO_ETHREAD, rondo_future_set_result(have.future, &value))                           \
    X(rondo_future_set_error, RONDO_ETHREAD, rondo_future_set_error(have.future, have.error))                         \
    X(rondo_future_cancel, RONDO_ETHREAD, rondo_future_cancel(have.future, NULL))                                     \
    X(rondo_future_cancel_with, RONDO_ETHREAD, rondo_future_cancel_with(have.future, have.error))                     \
    X(rondo_future_done, RONDO_ETHREAD, rondo_future_done(have.future))                                               \
    X(rondo_future_cancelled, RONDO_ETHREAD, rondo_future_cancelled(have.future))                                     \
    X(rondo_future_result, RONDO_ETHREAD, rondo_future_result(have.failed, NULL, NULL))                               \
    X(rondo_future_take, RONDO_ETHREAD, rondo_future_take(have.failed, NULL, NULL))                                   \
    X(rondo_future_error, RONDO_ETHREAD, rondo_future_error(have.failed, NULL))                                       \
    X(rondo_future_silence, RONDO_ETHREAD, rondo_future_silence(have.failed))                                         \
    X(rondo_future_add_done_callback, RONDO_ETHREAD,                                                                  \
      rondo_future_add_done_callback(have.future, fail_call, NULL, NULL))                                             \
    X(rondo_future_remove_done_callback, RONDO_ETHREAD,                                                               \
      rondo_future_remove_done_callback(have.future, count_call, &drops))                                             \
    X(rondo_future_set_object, RONDO_ETHREAD, rondo_future_set_object(have.future, &object))                          \
    X(rondo_future_result_object, 0, (uintptr_t)rondo_future_result_object(have.future))                              \
    X(rondo_future_result_object_or, 0, (uintptr_t)rondo_future_result_object_or(have.future, NULL))                  \
    X(rondo_task_create, RONDO_ETHREAD, rondo_task_create(have.loop, &kit_coro, NULL, NULL, NULL))                    \
    X(rondo_task_cancelling, RONDO_ETHREAD, rondo_task_cancelling(have.task))                                         \
    X(rondo_task_uncancel, RONDO_ETHREAD, rondo_task_uncancel(have.task))                                             \
    X(rondo_task_get_name, 0, (uintptr_t)rondo_task_get_name(have.task))                                              \
    X(rondo_task_set_name, RONDO_ETHREAD, rondo_task_set_name(have.task, "other"))                                    \
    X(rondo_task_get_context, RONDO_ETHREAD, rondo_task_get_context(have.task, NULL))                                 \
    X(rondo_task_frame, 0, (uintptr_t)rondo_task_frame(have.task))                                                    \
    X(rondo_task_waker, RONDO_ETHREAD, rondo_task_waker(have.task, NULL))                                             \
    X(rondo_step_take, RONDO_ETHREAD, rondo_step_take(have.io, NULL))                                                 \
    X(rondo_fiber_create, RONDO_ETHREAD, rondo_fiber_create(have.loop, any_fiber, NULL, NULL, NULL))                  \
    X(rondo_await, RONDO_ENOFIBER, rondo_await(have.future, NULL))                                                    \
    X(rondo_await_release, RONDO_ENOFIBER, rondo_await_release(rondo_future_retain(have.future), NULL))               \
    X(rondo_sleep, RONDO_ENOFIBER, rondo_sleep(0))                                                                    \
    X(rondo_yield, RONDO_ENOFIBER, rondo_yield())                                                                     \
    X(rondo_raise, RONDO_ENOFIBER, rondo_raise(have.error))                                                           \
    X(rondo_fail, RONDO_ENOFIBER, rondo_fail(RONDO_EFAILED, NULL))                                                    \
    X(rondo_fiber_error, 0, (uintptr_t)rondo_fiber_error())                                                           \
    X(rondo_gather, RONDO_ETHREAD, rondo_gather(have.loop, &have.future, 1, 0, NULL))                                 \
    X(rondo_gather_objects, RONDO_ETHREAD, rondo_gather_objects(have.future, NULL, 0))                                \
    X(rondo_context_copy, RONDO_ENOLOOP, rondo_context_copy(NULL, NULL))                                              \
    X(rondo_context_get, RONDO_ENOLOOP, rondo_context_get(NULL, have.var, NULL))                                      \
    X(rondo_context_set, RONDO_ENOLOOP, rondo_context_set(NULL, have.var, &value, NULL))                              \
    X(rondo_context_reset, RONDO_ENOLOOP, rondo_context_reset(NULL, have.token))                                      \
    X(rondo_context_run, RONDO_ENOLOOP, rondo_context_run(have.context, fail_call, NULL))                             \
    X(rondo_loop_add_reader, RONDO_ETHREAD, rondo_loop_add_reader(have.loop, 0, fail_call, NULL, NULL))               \
    X(rondo_loop_add_writer, RONDO_ETHREAD, rondo_loop_add_writer(have.loop, 0, fail_call, NULL, NULL))               \
    X(rondo_loop_remove_reader, RONDO_ETHREAD, rondo_loop_remove_reader(have.loop, 0))                                \
    X(rondo_loop_remove_writer, RONDO_ETHREAD, rondo_loop_remove_writer(have.loop, 0))                                \
    X(rondo_task_waive, RONDO_ETHREAD, rondo_task_waive(have.task))                                                  \
    X(rondo_wait, RONDO_ETHREAD, rondo_wait(have.loop, &have.future, 1, RONDO_ALL_COMPLETED, RONDO_FOREVER, NULL))   \
    X(rondo_shield, RONDO_ETHREAD, rondo_shield(have.future, NULL))                                                  \
    X(rondo_as_completed, RONDO_ETHREAD, rondo_as_completed(have.loop, &have.future, 1, RONDO_FOREVER, NULL))        \
    X(rondo_as_completed_next, RONDO_ETHREAD, rondo_as_completed_next(have.iteration, NULL))                         \
    X(rondo_as_completed_poll, RONDO_ETHREAD, rondo_as_completed_poll(have.iteration))                                \
    X(rondo_as_completed_child, 0, (uintptr_t)rondo_as_completed_child(have.ticket, NULL))                           \
    X(rondo_wait_for, RONDO_ENOFIBER, rondo_wait_for(have.future, 0, NULL))                                          \
    X(rondo_next_completed, RONDO_ENOFIBER, rondo_next_completed(have.iteration, NULL, NULL))                        \
    X(rondo_timeout_create, RONDO_ETHREAD, rondo_timeout_create(have.loop, 0, NULL))                                 \
    X(rondo_timeout_enter, RONDO_ETHREAD, rondo_timeout_enter(have.timeout))                                         \
    X(rondo_timeout_exit, RONDO_ETHREAD, rondo_timeout_exit(have.timeout, RONDO_OK))                                 \
    X(rondo_timeout_reschedule, RONDO_ETHREAD, rondo_timeout_reschedule(have.timeout, 0))                            \
    X(rondo_timeout_when, 1, rondo_timeout_when(have.timeout) == RONDO_FOREVER)                                      \
    X(rondo_timeout_state, RONDO_ETHREAD, rondo_timeout_state(have.timeout))                                         \
    X(rondo_timeout_expired, RONDO_ETHREAD, rondo_timeout_expired(have.timeout))                                     \
    X(rondo_timeout_begin, RONDO_ENOLOOP, rondo_timeout_begin(0, &never.timeout))                                    \
    X(rondo_timeout_begin_at, RONDO_ENOLOOP, rondo_timeout_begin_at(0, &never.timeout))                              \
    X(rondo_timeout_end, RONDO_ETHREAD, rondo_timeout_end(have.timeout, RONDO_OK))                                   \
    X(rondo_timeout_leave, RONDO_ETHREAD, rondo_timeout_leave(have.timeout, RONDO_OK, NULL))                         \
    X(rondo_timeout_start, 0, (uintptr_t)rondo_timeout_start(0))                                                      \
    X(rondo_timeout_stop, RONDO_ETHREAD, rondo_timeout_stop(have.timeout, RONDO_OK))                                  \
    X(rondo_current_deadline, 1, rondo_current_deadline() == RONDO_FOREVER)                                          \
    X(rondo_task_group_create, RONDO_ETHREAD, rondo_task_group_create(have.loop, NULL))                              \
    X(rondo_task_group_enter, RONDO_ETHREAD, rondo_task_group_enter(have.group))                                     \
    X(rondo_task_group_add, RONDO_ETHREAD, rondo_task_group_add(have.group, have.task))                              \
    X(rondo_task_group_state, RONDO_ETHREAD, rondo_task_group_state(have.group))                                     \
    X(rondo_task_group_count, RONDO_ETHREAD, rondo_task_group_count(have.group, NULL, NULL))                         \
    X(rondo_task_group_exit, RONDO_ETHREAD, rondo_task_group_exit(have.group, NULL, &never.wait, NULL))              \
    X(rondo_task_group_cancel, RONDO_ETHREAD, rondo_task_group_cancel(have.group))                                   \
    X(rondo_task_group_begin, RONDO_ENOFIBER, rondo_task_group_begin(&never.group))                                  \
    X(rondo_task_group_spawn, RONDO_ETHREAD, rondo_task_group_spawn(have.group, any_fiber, NULL, NULL))              \
    X(rondo_task_group_end, RONDO_ETHREAD, rondo_task_group_end(have.group, RONDO_OK))                               \
    X(rondo_generator_create, RONDO_ETHREAD, rondo_generator_create(have.loop, &kit_coro, NULL, NULL))               \
    X(rondo_generator_create_fiber, RONDO_ETHREAD, rondo_generator_create_fiber(have.loop, any_fiber, NULL, 0, NULL)) \
    X(rondo_generator_next, RONDO_ETHREAD, rondo_generator_next(have.generator, NULL, NULL, NULL))                   \
    X(rondo_generator_close, RONDO_ETHREAD, rondo_generator_close(have.generator, NULL, NULL))                       \
    X(rondo_generator_next_task, RONDO_ETHREAD, rondo_generator_next_task(have.generator, NULL))                     \
    X(rondo_generator_close_task, RONDO_ETHREAD, rondo_generator_close_task(have.generator, NULL))                   \
    X(rondo_produce, RONDO_ENOFIBER, rondo_produce(NULL))                                                            \
    X(rondo_finalizer_create, RONDO_ETHREAD, rondo_finalizer_create(have.loop, start_nothing, NULL, &never.finalizer)) \
    X(rondo_finalizer_start, RONDO_ETHREAD, rondo_finalizer_start(have.finalizer))                                   \
    X(rondo_loop_shutdown_generators, RONDO_ETHREAD, rondo_loop_shutdown_generators(have.loop, NULL))                \
    X(rondo_to_thread, RONDO_ETHREAD, rondo_to_thread(have.loop, fail_job, NULL, NULL, NULL))                         \
    X(rondo_loop_set_default_executor, RONDO_ETHREAD, rondo_loop_set_default_executor(have.loop, have.executor))      \
    X(rondo_loop_shutdown_executor, RONDO_ETHREAD, rondo_loop_shutdown_executor(have.loop, NULL))                     \
    X(rondo_future_bridge, RONDO_ETHREAD, rondo_future_bridge(have.loop, have.future, NULL))                          \
    X(rondo_lock_acquire, RONDO_ENOFIBER, rondo_lock_acquire(have.lock))                                              \
    X(rondo_lock_acquire_async, RONDO_ETHREAD, rondo_lock_acquire_async(have.lock, &never.wait))                      \
    X(rondo_lock_unlock, RONDO_ETHREAD, rondo_lock_unlock(have.lock))                                                 \
    X(rondo_lock_locked, RONDO_ETHREAD, rondo_lock_locked(have.lock))                                                 \
    X(rondo_lock_waiting, 0, rondo_lock_waiting(have.lock))                                                           \
    X(rondo_event_wait, RONDO_ENOFIBER, rondo_event_wait(have.event))                                                 \
    X(rondo_event_wait_async, RONDO_ETHREAD, rondo_event_wait_async(have.event, &never.wait))                         \
    X(rondo_event_set, RONDO_ETHREAD, rondo_event_set(have.event))                                                    \
    X(rondo_event_clear, RONDO_ETHREAD, rondo_event_clear(have.event))                                                \
    X(rondo_event_is_set, RONDO_ETHREAD, rondo_event_is_set(have.event))                                              \
    X(rondo_event_waiting, 0, rondo_event_waiting(have.event))                                                        \
    X(rondo_condition_wait, RONDO_ENOFIBER, rondo_condition_wait(have.condition))                                     \
    X(rondo_condition_wait_async, RONDO_ETHREAD, rondo_condition_wait_async(have.condition, &never.wait))             \
    X(rondo_condition_notify, RONDO_ETHREAD, rondo_condition_notify(have.condition, 1))                               \
    X(rondo_condition_notify_all, RONDO_ETHREAD, rondo_condition_notify_all(have.condition))                          \
    X(rondo_condition_waiting, 0, rondo_condition_waiting(have.condition))                                            \
    X(rondo_semaphore_acquire, RONDO_ENOFIBER, rondo_semaphore_acquire(have.semaphore))                               \
    X(rondo_semaphore_acquire_async, RONDO_ETHREAD, rondo_semaphore_acquire_async(have.semaphore, &never.wait))       \
    X(rondo_semaphore_give_back, RONDO_ETHREAD, rondo_semaphore_give_back(have.semaphore))                            \
    X(rondo_semaphore_locked, RONDO_ETHREAD, rondo_semaphore_locked(have.semaphore))                                  \
    X(rondo_semaphore_value, 0, rondo_semaphore_value(have.semaphore))                                                \
    X(rondo_semaphore_waiting, 0, rondo_semaphore_waiting(have.semaphore))                                            \
    X(rondo_barrier_wait, RONDO_ENOFIBER, rondo_barrier_wait(have.barrier, NULL))                                     \
    X(rondo_barrier_wait_async, RONDO_ETHREAD, rondo_barrier_wait_async(have.barrier, &never.wait))                   \
    X(rondo_barrier_reset_async, RONDO_ETHREAD, rondo_barrier_reset_async(have.barrier, &never.wait))                 \
    X(rondo_barrier_abort_async, RONDO_ETHREAD, rondo_barrier_abort_async(have.barrier, &never.wait))                 \
    X(rondo_barrier_waiting, 0, rondo_barrier_waiting(have.barrier))                                                  \
    X(rondo_barrier_state, RONDO_ETHREAD, rondo_barrier_state(have.barrier))                                          \
    X(rondo_queue_put, RONDO_ENOFIBER, rondo_queue_put(have.queue, &value))                                           \
    X(rondo_queue_put_async, RONDO_ETHREAD, rondo_queue_put_async(have.queue, &value, &never.wait))                   \
    X(rondo_queue_put_nowait, RONDO_ETHREAD, rondo_queue_put_nowait(have.queue, &value))                              \
    X(rondo_queue_get, RONDO_ENOFIBER, rondo_queue_get(have.queue, &never.item))                                      \
    X(rondo_queue_get_async, RONDO_ETHREAD, rondo_queue_get_async(have.queue, &never.item, &never.wait))              \
    X(rondo_queue_get_nowait, RONDO_ETHREAD, rondo_queue_get_nowait(have.queue, &never.item))                         \
    X(rondo_queue_size, 0, rondo_queue_size(have.queue))                                                              \
    X(rondo_queue_unfinished, 0, rondo_queue_unfinished(have.queue))                                                  \
    X(rondo_queue_capacity, 0, rondo_queue_capacity(have.queue))                                                      \
    X(rondo_queue_putters, 0, rondo_queue_putters(have.queue))                                                        \
    X(rondo_queue_getters, 0, rondo_queue_getters(have.queue))                                                        \
    X(rondo_queue_task_done, RONDO_ETHREAD, rondo_queue_task_done(have.queue))                                        \
    X(rondo_queue_join, RONDO_ENOFIBER, rondo_queue_join(have.queue))                                                 \
    X(rondo_queue_join_async, RONDO_ETHREAD, rondo_queue_join_async(have.queue, &never.wait))                         \
    X(rondo_queue_shutdown, RONDO_ETHREAD, rondo_queue_shutdown(have.queue, 1))                                       \
    X(rondo_queue_is_shutdown, RONDO_ETHREAD, rondo_queue_is_shutdown(have.queue))                                    \
    X(rondo_channel_send, RONDO_ENOFIBER, rondo_channel_send(have.channel, &value))                                   \
    X(rondo_channel_send_async, RONDO_ENOLOOP, rondo_channel_send_async(have.channel, &value, &never.wait))           \
    X(rondo_channel_receive, RONDO_ENOFIBER, rondo_channel_receive(have.channel, &never.item))                        \
    X(rondo_channel_receive_async, RONDO_ENOLOOP, rondo_channel_receive_async(have.channel, &never.item, &never.wait))\
    X(rondo_task_state, RONDO_ETHREAD, rondo_task_state(have.task))                                                  \
    X(rondo_task_awaiting, RONDO_ETHREAD, rondo_task_awaiting(have.task, NULL))                                      \
    X(rondo_future_awaited_by, RONDO_ETHREAD, rondo_future_awaited_by(have.future, NULL, 0, NULL))                   \
    X(rondo_loop_dump, RONDO_ETHREAD, rondo_loop_dump(have.loop, write_nothing, NULL))                               \
    X(rondo_loop_set_slow_callback, RONDO_ETHREAD, rondo_loop_set_slow_callback(have.loop, 1))                       \
    X(rondo_loop_get_slow_callback, 0, (uintptr_t)rondo_loop_get_slow_callback(have.loop))                           \
    X(rondo_future_origin, RONDO_ETHREAD, rondo_future_origin(have.future, NULL, 0, NULL))                           \
    X(rondo_ring_task_begin_eager, RONDO_ETHREAD, rondo_ring_task_begin_eager(have.ring, &object, NULL, NULL))       \
    X(rondo_ring_task_end_eager, RONDO_ETHREAD, rondo_ring_task_end_eager(have.task, RONDO_STEP_RETURN, 0))          \
    X(rondo_ring_create, RONDO_ETHREAD, rondo_ring_create(have.loop, &ring_options, NULL))                            \
    X(rondo_ring_task_create, RONDO_ETHREAD, rondo_ring_task_create(have.ring, &object, NULL, NULL))                  \
    X(rondo_ring_task_new, 0, (uintptr_t)rondo_ring_task_new(have.ring, &object, NULL))                               \
    X(rondo_ring_task_object, 0, (uintptr_t)rondo_ring_task_object(have.task))                                        \
    X(rondo_loop_uv, RONDO_ETHREAD, rondo_loop_uv(have.loop, NULL))

typedef struct {
    const char *function;
    intptr_t wanted;
    uintptr_t (*call)(void);
} thread_case;

#define DEFINE(function, wanted, expression)                                                                          \
    static uintptr_t call_##function(void) { return (uintptr_t)(expression); }
#define LIST(function, wanted, expression) {#function, wanted, call_##function},
CASES(DEFINE)
static const thread_case cases[] = {CASES(LIST)};
enum { case_count = sizeof cases / sizeof cases[0] };

static void every_loop_thread_function_has_a_case(void) {
    static prototype prototypes[most_prototypes];
    size_t count = read_prototypes(prototypes);
    size_t wanted = 0;
    for (size_t i = 0; i < count; ++i) {
        if (strcmp(prototypes[i].thread, "RONDO_LOOP_THREAD") != 0) {
            CHECK(strcmp(prototypes[i].thread, "RONDO_ANY_THREAD") == 0 ||
                  strcmp(prototypes[i].thread, "RONDO_SIGNAL_SAFE") == 0);
            continue;
        }
        ++wanted;
        int found = 0;
        for (size_t k = 0; k < case_count; ++k) found |= strcmp(cases[k].function, prototypes[i].name) == 0;
        if (found) continue;
        fprintf(stderr, "no case for %s\n", prototypes[i].name);
        kit_fail(__FILE__, __LINE__, "tests/capi/wrong_thread.c has a case for it");
    }
    CHECK(wanted == case_count);
}

static void *call_everything(void *unused) {
    for (size_t i = 0; i < case_count; ++i) {
        uintptr_t got = cases[i].call();
        if (got == (uintptr_t)cases[i].wanted) continue;
        fprintf(stderr, "%s from another thread answers %lld, not %lld\n", cases[i].function, (long long)got,
                (long long)cases[i].wanted);
        kit_fail(__FILE__, __LINE__, "the wrong thread is refused");
    }
    return unused;
}

static void step_let_another_thread_call(kit_frame *frame, rondo_step *io) {
    if (frame->at == 0) {
        give_await(io, frame->user);
        return;
    }
    have.io = io;
    rondo_loop_stats before = stats_of(have.loop);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, call_everything, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    rondo_loop_stats after = stats_of(have.loop);
    CHECK(memcmp(&before, &after, sizeof after) == 0);
    CHECK(io->sent->as.i64 == 5);
    step_return(frame, io);
}

// ---- primitives: each has a task that waits, and so belongs to the loop

typedef rondo_status (*begin_wait)(rondo_future **op);

static rondo_status wait_for_lock(rondo_future **op) {
    GIVES(rondo_lock_acquire_async(have.lock, NULL), 1);
    return rondo_lock_acquire_async(have.lock, op);
}

static rondo_status wait_for_event(rondo_future **op) { return rondo_event_wait_async(have.event, op); }

static rondo_status wait_for_condition(rondo_future **op) {
    GIVES(rondo_lock_acquire_async(rondo_condition_lock(have.condition), NULL), 1);
    return rondo_condition_wait_async(have.condition, op);
}

static rondo_status wait_for_semaphore(rondo_future **op) {
    GIVES(rondo_semaphore_acquire_async(have.semaphore, NULL), 1);
    return rondo_semaphore_acquire_async(have.semaphore, op);
}

static rondo_status wait_for_barrier(rondo_future **op) { return rondo_barrier_wait_async(have.barrier, op); }

static rondo_status wait_for_queue(rondo_future **op) {
    rondo_value item = {.kind = RONDO_I64};
    GIVES(rondo_queue_put_nowait(have.queue, &item), RONDO_OK);
    return rondo_queue_put_async(have.queue, &item, op);
}

static begin_wait waits[] = {wait_for_lock,      wait_for_event,   wait_for_condition,
                             wait_for_semaphore, wait_for_barrier, wait_for_queue};
enum { wait_count = sizeof waits / sizeof waits[0] };

static void step_begin_wait(kit_frame *frame, rondo_step *io) {
    if (frame->at > 0) {
        step_return(frame, io);
        return;
    }
    GIVES((*(begin_wait *)frame->user)(&io->target), 0);
    io->verdict = RONDO_STEP_AWAIT;
}

static void make_primitives(void) {
    GIVES(rondo_executor_create(NULL, &have.executor), RONDO_OK);
    GIVES(rondo_lock_create(&have.lock), RONDO_OK);
    GIVES(rondo_event_create(&have.event), RONDO_OK);
    GIVES(rondo_condition_create(NULL, &have.condition), RONDO_OK);
    GIVES(rondo_semaphore_create(1, 0, &have.semaphore), RONDO_OK);
    GIVES(rondo_barrier_create(2, &have.barrier), RONDO_OK);
    RONDO_INIT(rondo_queue_options, options);
    options.capacity = 1;
    GIVES(rondo_queue_create(&options, &have.queue), RONDO_OK);
    GIVES(rondo_channel_create(1, &have.channel), RONDO_OK);
    for (size_t i = 0; i < wait_count; ++i) rondo_future_release(start(have.loop, step_begin_wait, &waits[i], NULL));
}

static void primitives_are_as_they_were(void) {
    CHECK(never.item.kind == RONDO_NONE);
    GIVES(rondo_lock_locked(have.lock), 1);
    GIVES(rondo_event_is_set(have.event), 0);
    GIVES(rondo_barrier_state(have.barrier), RONDO_BARRIER_FILLING);
    GIVES(rondo_queue_is_shutdown(have.queue), 0);
    CHECK(rondo_lock_waiting(have.lock) == 1 && rondo_event_waiting(have.event) == 1);
    CHECK(rondo_condition_waiting(have.condition) == 1 && rondo_semaphore_waiting(have.semaphore) == 1);
    CHECK(rondo_barrier_waiting(have.barrier) == 1 && rondo_queue_putters(have.queue) == 1);
    CHECK(rondo_semaphore_value(have.semaphore) == 0);
    CHECK(rondo_queue_size(have.queue) == 1 && rondo_queue_unfinished(have.queue) == 1);
    CHECK(rondo_channel_size(have.channel) == 0);
    rondo_channel_release(have.channel);
    rondo_queue_release(have.queue);
    rondo_barrier_release(have.barrier);
    rondo_semaphore_release(have.semaphore);
    rondo_condition_release(have.condition);
    rondo_event_release(have.event);
    rondo_lock_release(have.lock);
    rondo_executor_release(have.executor);
}

static void make_blocks(void) {
    rondo_future *done = done_future(have.loop, 1);
    GIVES(rondo_as_completed(have.loop, &done, 1, RONDO_FOREVER, &have.iteration), RONDO_OK);
    GIVES(rondo_as_completed_next(have.iteration, &have.ticket), 1);
    rondo_future_release(done);
    GIVES(rondo_timeout_create(have.loop, RONDO_S(7), &have.timeout), RONDO_OK);
    GIVES(rondo_task_group_create(have.loop, &have.group), RONDO_OK);
    static const kit_frame frame = {step_return, NULL, 0, NULL};
    GIVES(rondo_generator_create(have.loop, &kit_coro, &frame, &have.generator), RONDO_OK);
    GIVES(rondo_finalizer_create(have.loop, start_nothing, NULL, &have.finalizer), RONDO_OK);
}

static void blocks_are_as_they_were(void) {
    CHECK(!never.timeout && !never.group && !never.wait && !never.finalizer);
    CHECK(rondo_timeout_when(have.timeout) == RONDO_S(7));
    GIVES(rondo_timeout_state(have.timeout), RONDO_TIMEOUT_CREATED);
    GIVES(rondo_task_group_state(have.group), RONDO_GROUP_CREATED);
    GIVES(rondo_task_group_add(have.group, have.task), RONDO_ESTATE);
    CHECK(rondo_as_completed_child(have.ticket, NULL) != NULL);
    CHECK(rondo_loop_get_slow_callback(have.loop) == RONDO_MS(100));
    rondo_finalizer_release(have.finalizer);
    rondo_generator_release(have.generator);
    rondo_task_group_release(have.group);
    rondo_timeout_release(have.timeout);
    rondo_future_release(have.ticket);
    rondo_future_release(have.iteration);
}

static void other_threads_are_refused_and_change_nothing(void) {
    kit_reports reports = {0};
    have.runner = virtual_runner(&have.loop);
    GIVES(rondo_loop_set_exception_handler(have.loop, note_report, &reports), RONDO_OK);
    have.error = rondo_error_new(RONDO_ECANCELED, "mine");
    have.future = pending_future(have.loop);
    GIVES(rondo_future_add_done_callback(have.future, count_call, &drops, NULL), RONDO_OK);
    have.failed = pending_future(have.loop);
    GIVES(rondo_future_set_error(have.failed, have.error), RONDO_OK);
    have.task = start(have.loop, step_park, NULL, NULL);
    GIVES(rondo_task_set_name(have.task, "mine"), RONDO_OK);
    GIVES(rondo_loop_call_later(have.loop, RONDO_S(1), fail_call, NULL, NULL, &have.handle), RONDO_OK);
    GIVES(rondo_ring_create(have.loop, &ring_options, &have.ring), RONDO_OK);
    GIVES(rondo_context_create(&have.context), RONDO_OK);
    GIVES(rondo_ctxvar_create("v", NULL, &have.var), RONDO_OK);
    GIVES(rondo_context_set(have.context, have.var, NULL, &have.token), RONDO_OK);
    value = counted(&drops);
    make_blocks();
    make_primitives();

    kit_frame main = {step_let_another_thread_call, done_future(have.loop, 5), 0, NULL};
    GIVES(rondo_runner_run_coro(have.runner, &kit_coro, &main, NULL, NULL, NULL), RONDO_OK);

    CHECK(value.as.ptr == &drops && drops == 0);
    GIVES(rondo_loop_get_debug(have.loop), 0);
    GIVES(rondo_future_done(have.future), 0);
    GIVES(rondo_future_remove_done_callback(have.future, count_call, &drops), 1);
    GIVES(rondo_task_cancelling(have.task), 0);
    CHECK(strcmp(rondo_task_get_name(have.task), "mine") == 0);
    GIVES(rondo_handle_cancelled(have.handle), 0);
    CHECK(rondo_handle_when(have.handle) == RONDO_S(1));
    GIVES(rondo_handle_cancel(have.handle), RONDO_OK);
    GIVES(rondo_context_reset(have.context, have.token), RONDO_OK);
    CHECK(reports.count == 0);
    rondo_future_release(have.failed);
    CHECK(reports.count == 1); // the other thread has not retrieved the error

    blocks_are_as_they_were();
    primitives_are_as_they_were();
    rondo_future_release(main.user);
    rondo_value_drop(&value);
    rondo_token_release(have.token);
    rondo_ctxvar_release(have.var);
    rondo_context_release(have.context);
    rondo_ring_release(have.ring);
    rondo_handle_release(have.handle);
    rondo_future_release(have.task);
    rondo_future_release(have.future);
    rondo_error_release(have.error);
    rondo_runner_release(have.runner);
}

// ---- a loop that no thread runs may be used by any one thread at a time

static void *use_loop(void *loop) {
    rondo_future *future = done_future(loop, 3);
    GIVES(rondo_loop_run_until_complete(loop, future, NULL), RONDO_OK);
    rondo_future_release(future);
    return NULL;
}

static void a_loop_that_stands_still_may_move_to_another_thread(void) {
    rondo_loop *loop = virtual_loop();
    use_loop(loop);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, use_loop, loop) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    use_loop(loop);
    rondo_loop_release(loop);
}

static void *expect_no_loop_here(void *loop) {
    CHECK(rondo_loop_running() == NULL);
    GIVES(rondo_loop_is_running(loop), 1);
    CHECK(rondo_loop_current_task(NULL) == NULL);
    GIVES(rondo_loop_call_soon(NULL, fail_call, NULL, NULL, NULL), RONDO_ENOLOOP);
    return NULL;
}

static void look_from_another_thread(void *user, rondo_call *call) {
    (void)user;
    CHECK(rondo_loop_running() == call->loop);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, expect_no_loop_here, call->loop) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    GIVES(rondo_loop_stop(NULL), RONDO_OK);
}

static void the_running_loop_is_the_thread_s_own(void) {
    rondo_loop *loop = virtual_loop();
    CHECK(rondo_loop_running() == NULL);
    GIVES(rondo_loop_call_soon(loop, look_from_another_thread, NULL, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_run_forever(loop, NULL), RONDO_OK);
    CHECK(rondo_loop_running() == NULL);
    rondo_loop_release(loop);
}

int main(void) {
    RUN(every_loop_thread_function_has_a_case);
    RUN(other_threads_are_refused_and_change_nothing);
    RUN(a_loop_that_stands_still_may_move_to_another_thread);
    RUN(the_running_loop_is_the_thread_s_own);
    return 0;
}
