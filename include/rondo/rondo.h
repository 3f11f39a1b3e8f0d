/* rondo.h - asyncio's Runner as a native library: one reusable loop, coroutines of every language on it.
 *
 *     static rondo_status hello(void *arg, rondo_value *result) {
 *         rondo_status s = rondo_sleep(RONDO_MS(10));
 *         if (s < 0) return s;
 *         *result = rondo_i64(42);
 *         return RONDO_OK;
 *     }
 *     int main(void) {
 *         rondo_value answer;
 *         return rondo_run(hello, NULL, &answer, NULL) == RONDO_OK ? 0 : 1;
 *     }
 *
 * How to read this file
 *   It is the manual: rooms in the order a program meets them: version, values, errors, runner, loop, callbacks,
 *   futures, tasks, fibers, gather, waiting, timeouts, task groups, generators, threads, synchronisation,
 *   queues, channels, contexts, wakers, descriptors, looking inside, rings, CPython. Types stand in rondo/abi.h.
 *   "asyncio:" names the Python counterpart, whose behaviour (CPython 3.13) holds unless the text says what differs. A
 *   comment is about the functions below it, up to a blank line; "verb: ..." in it is about the one that ends in this
 *   verb.
 *
 * Rules that hold everywhere, so that the functions need not repeat them
 *   Threads     RONDO_LOOP_THREAD: only the thread that runs the loop; while no thread runs it, any one thread at a
 *               time. From another thread: RONDO_ETHREAD, nothing changed. RONDO_ANY_THREAD: any thread, any time.
 *               RONDO_SIGNAL_SAFE: any thread and inside a signal handler.
 *   Ownership   `out` handles carry one reference, to be given back with the noun's _release. Arguments are borrowed
 *               for the call unless called "moved" (the library owns them from then on), "retained" or "copied", as
 *               text always is. A moved argument is moved only if the function succeeds; on an error it stays yours.
 *               Of the `rondo_value *`, `out` and `result` receive a value that is yours then, `view` shows one, and
 *               others are moved. What a function returns is borrowed, except by _new, _start and _retain. Handles
 *               may be released in any order, from any thread, even after their loop is closed.
 *   NULL        A NULL handle gives RONDO_EINVAL, except that _release(NULL) does nothing and a NULL loop means the
 *               loop running in this thread (RONDO_ENOLOOP when there is none). NULL options are the defaults. An
 *               `out` that is NULL is skipped, unless it is called needed.
 *   Kinds       A handle of another kind than the function takes gives RONDO_EKIND.
 *   Callbacks   No function runs foreign code before it returns, except where "Calls back:" says which, and but for
 *               those that wait inside a fiber, while the others run. Cancelling asks the cancel hook of a leaf. Drop
 *               functions, frame destructors and the report of an error that nobody retrieved are destructors rather
 *               than callbacks: they run wherever something ends.
 *   Forks       A loop stays with the process that made it. In the child of a fork no loop runs, and the parent's answer
 *               RONDO_EFORKED where they would run or be woken, as their executors do. A child that returns into the run
 *               it was forked in gets RONDO_EFORKED from it at once. Releasing and closing are fine there: nothing is
 *               awaited, and nothing the parent watches is touched. A runner that had no loop yet, and every new one,
 *               works in the child as anywhere.
 *   Errors      Every function that returns rondo_status may also return RONDO_EINVAL for an argument out of its
 *               stated range and RONDO_ENOMEM; neither changes anything. `rondo_error **err` may be NULL; else it
 *               receives one reference when the function fails with a story, and NULL otherwise.
 *   Loading     The library may be loaded and closed (dlopen, dlclose) at any time by any thread: once loaded it stays,
 *               so that closing it takes nothing away. Copies of it in one process (other files, namespaces, one linked
 *               statically) share nothing: each has loops, threads and handles of its own, may run inside a callback
 *               of another, which stands still meanwhile, and must not be given another's handles.
 *   Evolution   Structs start with `size`: set it to sizeof, zero the rest: `RONDO_INIT(rondo_task_options, opts);`
 *               declares such a one. The library reads what it knows; a field it does not know that is not zero gives
 *               RONDO_E2BIG. Symbols are only added. Inline functions here only fill documented structs: other
 *               languages need no twin of them.
 */
#ifndef RONDO_H
#define RONDO_H

#include "abi.h"

#if defined(_WIN32) && defined(RONDO_BUILD)
#define RONDO_API __declspec(dllexport)
#elif defined(_WIN32) && !defined(RONDO_STATIC) /* define it to link the static library */
#define RONDO_API __declspec(dllimport)
#elif defined(__GNUC__)
#define RONDO_API __attribute__((visibility("default")))
#else
#define RONDO_API
#endif

#define RONDO_LOOP_THREAD
#define RONDO_ANY_THREAD
#define RONDO_SIGNAL_SAFE

/* RONDO_INIT(rondo_task_options, opts); declares opts zeroed with its size set. */
#ifdef __cplusplus
#define RONDO_INIT(type, name) type name = [] { type zeroed{}; zeroed.size = sizeof(type); return zeroed; }()
#else
#define RONDO_INIT(type, name) type name = {.size = sizeof(type)}
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ==== Version ============================================================================================== */

/* The version of the header at hand. */
#define RONDO_VERSION_MAJOR 0
#define RONDO_VERSION_MINOR 1
#define RONDO_VERSION_PATCH 0
#define RONDO_VERSION_NUMBER (RONDO_VERSION_MAJOR * 10000 + RONDO_VERSION_MINOR * 100 + RONDO_VERSION_PATCH)

/* The version of the library at run time, in the form of RONDO_VERSION_NUMBER. */
RONDO_API int32_t rondo_version_number(void) RONDO_ANY_THREAD;

/* Its text, "0.1.0"; static. */
RONDO_API const char *rondo_version(void) RONDO_ANY_THREAD;

/* Static text for every code, libuv's included; "unknown status" for others. */
RONDO_API const char *rondo_strerror(rondo_status status) RONDO_ANY_THREAD;

/* The code's name without its prefix ("ECANCELED"); "UNKNOWN" for others. Static. */
RONDO_API const char *rondo_status_name(rondo_status status) RONDO_ANY_THREAD;

/* ==== Values =============================================================================================== */

/* Values that own nothing. */
static inline rondo_value rondo_none(void) {
    rondo_value v = {RONDO_NONE, 0, {0}, 0, NULL};
    return v;
}
static inline rondo_value rondo_bool(int x) {
    rondo_value v = {RONDO_BOOL, 0, {0}, 0, NULL};
    v.as.i64 = x != 0;
    return v;
}
static inline rondo_value rondo_i64(int64_t x) {
    rondo_value v = {RONDO_I64, 0, {0}, 0, NULL};
    v.as.i64 = x;
    return v;
}
static inline rondo_value rondo_u64(uint64_t x) {
    rondo_value v = {RONDO_U64, 0, {0}, 0, NULL};
    v.as.u64 = x;
    return v;
}
static inline rondo_value rondo_f64(double x) {
    rondo_value v = {RONDO_F64, 0, {0}, 0, NULL};
    v.as.f64 = x;
    return v;
}
/* A pointer with its destructor, called as drop(ptr, 0); NULL drop: borrowed. */
static inline rondo_value rondo_ptr(void *ptr, rondo_drop_fn drop) {
    rondo_value v = {RONDO_PTR, 0, {0}, 0, NULL};
    v.as.ptr = ptr;
    v.drop = drop;
    return v;
}
/* Text or bytes that outlive every reader (literals, for example): nothing is copied. */
static inline rondo_value rondo_text(const char *utf8, size_t len) {
    rondo_value v = {RONDO_STR, 0, {0}, 0, NULL};
    v.as.ptr = (void *)(uintptr_t)utf8; /* only to be read */
    v.len = len;
    return v;
}

/* A value that owns a copy of len bytes: kind is RONDO_BYTES or RONDO_STR (then a NUL follows the copy).
 * Errors: RONDO_EINVAL (kind, or NULL with len > 0). */
RONDO_API rondo_status rondo_value_copy(uint32_t kind, const void *ptr, size_t len,
                                        rondo_value *out) RONDO_ANY_THREAD;

/* Calls the value's drop, if any, and makes it none. NULL does nothing. */
RONDO_API void rondo_value_drop(rondo_value *value) RONDO_ANY_THREAD;

/* Memory for coroutine frames and other small blocks, recycled per thread. size is the one asked for, in bytes; the
 * block is aligned to 16 and is yours until rondo_free. NULL when out of memory.
 * asyncio: none. */
RONDO_API void *rondo_alloc(size_t size) RONDO_ANY_THREAD;
RONDO_API void rondo_free(void *ptr, size_t size) RONDO_ANY_THREAD;

/* ==== Errors =============================================================================================== */

/* An error object: code, message, cause, context, children, and the foreign exception as payload. Immutable, so one
 * object may be raised in many places. asyncio: exceptions.
 * options is needed, for its code.
 * Errors: RONDO_EINVAL (code is not negative, children without RONDO_EGROUP, a NULL child), RONDO_E2BIG. */
RONDO_API rondo_status rondo_error_create(const rondo_error_options *options, rondo_error **out) RONDO_ANY_THREAD;

/* The short form: code and message (copied; NULL: the code's text). Never fails: out of memory it answers with a
 * preallocated RONDO_ENOMEM error. A code that is not negative becomes RONDO_EINVAL. */
RONDO_API rondo_error *rondo_error_new(rondo_status code, const char *message) RONDO_ANY_THREAD;

RONDO_API rondo_error *rondo_error_retain(const rondo_error *error) RONDO_ANY_THREAD; /* returns its argument */
RONDO_API void rondo_error_release(rondo_error *error) RONDO_ANY_THREAD;

/* Parts of an error, borrowed and valid while you hold it. NULL for a NULL error or an absent part. */
RONDO_API rondo_status rondo_error_code(const rondo_error *error) RONDO_ANY_THREAD; /* RONDO_OK for NULL; never fails */
RONDO_API const char *rondo_error_message(const rondo_error *error) RONDO_ANY_THREAD;
RONDO_API const char *rondo_error_domain(const rondo_error *error) RONDO_ANY_THREAD;
RONDO_API const rondo_error *rondo_error_cause(const rondo_error *error) RONDO_ANY_THREAD;
RONDO_API const rondo_error *rondo_error_context(const rondo_error *error) RONDO_ANY_THREAD;
RONDO_API size_t rondo_error_child_count(const rondo_error *error) RONDO_ANY_THREAD;
RONDO_API const rondo_error *rondo_error_child(const rondo_error *error, size_t index) RONDO_ANY_THREAD;
RONDO_API const rondo_value *rondo_error_payload(const rondo_error *error) RONDO_ANY_THREAD;
/* The only child of a RONDO_EGROUP error that has just one, through nested groups; else the error itself. NULL for a
 * NULL error. */
RONDO_API const rondo_error *rondo_error_unwrap(const rondo_error *error) RONDO_ANY_THREAD;

/* ==== Runner =============================================================================================== */
/* asyncio: asyncio.Runner. States: created, initialised (the loop exists), closed. */

/* Runs one fiber on a loop of its own and closes everything after it: rondo_runner_create, _run and _close in one.
 * *result is moved out to you (none when the fiber fails). The answer is the fiber's: RONDO_OK, or its error's code
 * with the error in *err. It arrives after all leftover tasks were cancelled and ended.
 * Errors: RONDO_ERUNNING (a loop runs in this thread), whatever the fiber raises.
 * Calls back: all that it runs. asyncio: run. */
RONDO_API rondo_status rondo_run(rondo_fiber_fn fn, void *arg, rondo_value *result,
                                 rondo_error **err) RONDO_ANY_THREAD;

/* The same for a coroutine given by its vtable. init is read before the first step. */
RONDO_API rondo_status rondo_run_coro(const rondo_coro_vtable *vtable, const void *init, rondo_value *result,
                                      rondo_error **err) RONDO_ANY_THREAD;

/* A runner in state created: no loop, no descriptor, no thread. options may be NULL.
 * Errors: RONDO_E2BIG. asyncio: Runner(). */
RONDO_API rondo_status rondo_runner_create(const rondo_runner_options *options, rondo_runner **out) RONDO_ANY_THREAD;

/* The runner's loop, made now if it was not yet; the same until close. *out is borrowed from the runner. Errors:
 * RONDO_ECLOSED, whatever the loop factory failed with. Calls back: the loop factory.
 * asyncio: Runner.get_loop. */
RONDO_API rondo_status rondo_runner_get_loop(rondo_runner *runner, rondo_loop **out) RONDO_LOOP_THREAD;

/* The context that runs without one of their own share: what they set, the next run sees. *out is borrowed.
 * Errors: as rondo_runner_get_loop. Calls back: the loop factory. asyncio: Runner._context. */
RONDO_API rondo_status rondo_runner_get_context(rondo_runner *runner, rondo_context **out) RONDO_LOOP_THREAD;

/* Runs a fiber (or any coroutine) as the main task until it ends; may be called again and again on the same loop.
 * Without a context in options it runs in the runner's own. *result is moved out to you. While it runs, the first
 * SIGINT cancels the main task and a run that ends cancelled by it answers RONDO_EINTERRUPT; the second stops the loop
 * after the current callback. SIGINT is touched only in the process' main thread, only if its action is the default
 * one, and not with RONDO_RUNNER_NO_SIGINT.
 * Errors: RONDO_ECLOSED, RONDO_ERUNNING (a loop runs in this thread; the runner stays as it was), RONDO_ESTOPPED
 * (rondo_loop_stop came first), RONDO_EINTERRUPT, whatever main raises.
 * Calls back: all that it runs.
 * asyncio: Runner.run. */
RONDO_API rondo_status rondo_runner_run(rondo_runner *runner, rondo_fiber_fn fn, void *arg,
                                        const rondo_task_options *options, rondo_value *result,
                                        rondo_error **err) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_runner_run_coro(rondo_runner *runner, const rondo_coro_vtable *vtable, const void *init,
                                             const rondo_task_options *options, rondo_value *result,
                                             rondo_error **err) RONDO_LOOP_THREAD;

/* What a SIGINT does, for hosts that own the signal: the first call of a run cancels its main task and answers 1; later
 * ones, or with main already done, answer 0: raise the interrupt yourself.
 * Errors: RONDO_ESTATE (nothing runs).
 * Calls back: cancel hooks. asyncio: Runner._on_sigint. */
RONDO_API rondo_status rondo_runner_interrupt(rondo_runner *runner) RONDO_LOOP_THREAD;

/* Closes the loop in asyncio's order: cancels all tasks in creation order and runs until they ended (again for tasks
 * born meanwhile), reports those that failed to the exception handler, discards scheduled callbacks, closes
 * descriptors. deadline_ns (from now; RONDO_FOREVER: none) bounds it: what still runs then is destroyed unfinished,
 * named in *err, and the answer is RONDO_EDEADLINE. Closed afterwards in every case. In state created nothing happens
 * and the runner stays usable; a closed runner answers RONDO_OK.
 * Errors: RONDO_ERUNNING (called from inside its own run), RONDO_EDEADLINE, RONDO_EINTERRUPT and RONDO_EEXIT (a task
 * raised it while ending; the close was completed all the same).
 * Calls back: all that it runs. asyncio: Runner.close. */
RONDO_API rondo_status rondo_runner_close(rondo_runner *runner, int64_t deadline_ns,
                                          rondo_error **err) RONDO_LOOP_THREAD;

/* Closes the runner if it is open (without deadline) and frees it. Calls back: all that it runs. */
RONDO_API void rondo_runner_release(rondo_runner *runner) RONDO_LOOP_THREAD;

/* ==== Loop ================================================================================================= */
/* asyncio: the event loop. One turn: look at descriptors and deadlines, then run what is ready, oldest first, and no
 * entry that was added meanwhile. While work is ready no system call is made, but for a look at the descriptors that
 * are watched, if any, every `poll_interval` entries: so an event waits for at most that many entries and the rest of
 * the turn they end in. A loop that waits wakes for deadlines at most every 100 microseconds, and while several are
 * due each time at most every 300, so one that follows others so closely may be that much late. */

/* A loop outside any runner. Opens no descriptor until it has to wait. options may be NULL.
 * Errors: RONDO_E2BIG. asyncio: new_event_loop. */
RONDO_API rondo_status rondo_loop_create(const rondo_loop_options *options, rondo_loop **out) RONDO_ANY_THREAD;
RONDO_API rondo_loop *rondo_loop_retain(rondo_loop *loop) RONDO_ANY_THREAD; /* returns its argument */
RONDO_API void rondo_loop_release(rondo_loop *loop) RONDO_ANY_THREAD;       /* the last one closes an open loop */

/* Closes: scheduled callbacks are dropped unrun, unfinished tasks destroyed (reported to the exception handler), the
 * libuv loop ended. Does not run coroutines: rondo_runner_close does. A closed loop answers RONDO_OK.
 * Errors: RONDO_ERUNNING, RONDO_EREENTRANT (from inside the close). asyncio: loop.close. */
RONDO_API rondo_status rondo_loop_close(rondo_loop *loop) RONDO_LOOP_THREAD;

/* Runs until rondo_loop_stop, or a callback or step raises RONDO_EINTERRUPT or RONDO_EEXIT (the answer then; what was
 * ready stays ready).
 * Errors: RONDO_ECLOSED, RONDO_ERUNNING, RONDO_EREENTRANT (from a callback of libuv), RONDO_EINTERRUPT, RONDO_EEXIT.
 * Calls back: all that it runs. asyncio: run_forever. */
RONDO_API rondo_status rondo_loop_run_forever(rondo_loop *loop, rondo_error **err) RONDO_LOOP_THREAD;

/* Runs until the future is done and answers as rondo_future_result does (the value stays in the future).
 * Errors: as rondo_loop_run_forever, RONDO_EOTHERLOOP, RONDO_ESTOPPED, the future's. Calls back: all that it runs.
 * asyncio: run_until_complete. */
RONDO_API rondo_status rondo_loop_run_until_complete(rondo_loop *loop, rondo_future *future,
                                                     rondo_error **err) RONDO_LOOP_THREAD;

/* One turn; waits at most max_wait_ns (0: not at all) for something to do: of the loop's time, or of real time while its
 * clock is virtual and paused. 1 if work is ready now, 0 if not.
 * Errors: as rondo_loop_run_forever. Calls back: all that it runs. asyncio: none. */
RONDO_API rondo_status rondo_loop_run_once(rondo_loop *loop, int64_t max_wait_ns) RONDO_LOOP_THREAD;

/* One turn that never waits, for a loop that is the guest of another kind of loop in this thread (GLib's, Qt's,
 * asyncio's). That one, the host, waits for both: 1: work is ready, call it again when the host's own had its turn; 0:
 * call it again when *fd is readable or *wait_ns have passed. The descriptor is the same until the loop is closed, and
 * to be watched for as long as it is readable (level triggered), not read. Where it tells of deadlines too, as on Linux,
 * *wait_ns is RONDO_FOREVER. Between the turns the host's thread may call everything: what gives the loop something
 * to do makes the descriptor readable. A runner is closed as ever: cancel and await its tasks before, if they wait for
 * the host. Errors: as rondo_loop_run_forever (*fd and *wait_ns are set and the next turn is due then); RONDO_ENOTSUP
 * (a virtual clock, a system without such a descriptor), libuv's. asyncio: none. */
RONDO_API rondo_status rondo_loop_run_guest(rondo_loop *loop, int32_t *fd, int64_t *wait_ns,
                                            rondo_error **err) RONDO_LOOP_THREAD;

/* The current turn ends, then the run function returns. Outside a run: the next one makes one turn.
 * asyncio: loop.stop. */
RONDO_API rondo_status rondo_loop_stop(rondo_loop *loop) RONDO_LOOP_THREAD;

/* 1 or 0; RONDO_EINVAL for NULL. asyncio: is_running, is_closed. */
RONDO_API rondo_status rondo_loop_is_running(const rondo_loop *loop) RONDO_ANY_THREAD;
RONDO_API rondo_status rondo_loop_is_closed(const rondo_loop *loop) RONDO_ANY_THREAD;

/* The loop's clock: monotonic nanoseconds from an unspecified start (virtual: from 0). 0 for a bad handle.
 * asyncio: loop.time. */
RONDO_API int64_t rondo_loop_time(rondo_loop *loop) RONDO_ANY_THREAD;

/* A virtual clock stands still until as many have resumed: for work outside of the loop that is to take no time on it.
 * Jobs of rondo_to_thread do so by themselves. On a real clock they only count.
 * Errors: resume: RONDO_ESTATE (it was not paused). asyncio: none. */
RONDO_API rondo_status rondo_loop_pause_clock(rondo_loop *loop) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_loop_resume_clock(rondo_loop *loop) RONDO_LOOP_THREAD;

/* The loop running in the calling thread, borrowed, or NULL. asyncio: get_running_loop. */
RONDO_API rondo_loop *rondo_loop_running(void) RONDO_ANY_THREAD;

/* Debug mode. set: on is 0 or 1. get: 1 or 0. asyncio: set_debug, get_debug. */
RONDO_API rondo_status rondo_loop_set_debug(rondo_loop *loop, int32_t on) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_loop_get_debug(rondo_loop *loop) RONDO_LOOP_THREAD;

/* set: handler NULL: back to the default, which drops the report (debug mode: one line to stderr). It runs in the
 * context of the task or handle it is told of. Calls back: call: the handler.
 * asyncio: set_exception_handler, call_exception_handler. */
RONDO_API rondo_status rondo_loop_set_exception_handler(rondo_loop *loop, rondo_exception_handler_fn handler,
                                                        void *user) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_loop_call_exception_handler(rondo_loop *loop,
                                                         const rondo_report *report) RONDO_LOOP_THREAD;

/* The tasks not yet done, in creation order. Fills at most capacity entries, each with a reference for you; *count is
 * how many there are. asyncio: all_tasks. */
RONDO_API rondo_status rondo_loop_all_tasks(rondo_loop *loop, rondo_task **out, size_t capacity,
                                            size_t *count) RONDO_LOOP_THREAD;

/* The task whose step is running, borrowed; NULL inside callbacks and outside a run. asyncio: current_task. */
RONDO_API rondo_task *rondo_loop_current_task(rondo_loop *loop) RONDO_LOOP_THREAD;

/* Counters since the loop was made, for tests and benches. */
typedef struct rondo_loop_stats {
    uint32_t size;
    uint32_t open;         /* 1 if it holds descriptors: something was watched, or libuv asked for */
    uint64_t turns;        /* turns of the loop */
    uint64_t entries;      /* callbacks and steps run */
    uint64_t polls;        /* looks at the descriptors: at least one system call each */
    uint64_t sleeps;       /* polls that were allowed to wait */
    uint64_t tasks;        /* tasks alive and not done */
    uint64_t futures;      /* futures and tasks whose memory is still held */
    uint64_t deadlines;    /* timers pending */
    uint64_t ready;        /* entries waiting for the next turn */
} rondo_loop_stats;

/* Fills *out as far as out->size, which you set before, says. */
RONDO_API rondo_status rondo_loop_get_stats(rondo_loop *loop, rondo_loop_stats *out) RONDO_LOOP_THREAD;

/* ==== Callbacks ============================================================================================ */
/* fn(user, call) runs once on the loop, later, in its own turn. It reports a failure through call->error or
 * call->status: the exception handler hears of it and the loop goes on. options may be NULL. *out is a handle to
 * cancel it with; releasing the handle does not cancel. */

/* As soon as possible, in the order of the calls. Errors: RONDO_ECLOSED. asyncio: call_soon. */
RONDO_API rondo_status rondo_loop_call_soon(rondo_loop *loop, rondo_callback_fn fn, void *user,
                                            const rondo_call_options *options,
                                            rondo_handle **out) RONDO_LOOP_THREAD;

/* After delay_ns, never early; <= 0 is due now, behind what is ready. Equal deadlines run in the order of the calls
 * (asyncio leaves it open). Errors: RONDO_ECLOSED. asyncio: call_later. */
RONDO_API rondo_status rondo_loop_call_later(rondo_loop *loop, int64_t delay_ns, rondo_callback_fn fn, void *user,
                                             const rondo_call_options *options,
                                             rondo_handle **out) RONDO_LOOP_THREAD;

/* At when_ns of rondo_loop_time. Errors: RONDO_ECLOSED. asyncio: call_at. */
RONDO_API rondo_status rondo_loop_call_at(rondo_loop *loop, int64_t when_ns, rondo_callback_fn fn, void *user,
                                          const rondo_call_options *options, rondo_handle **out) RONDO_LOOP_THREAD;

/* From any thread: queued behind what is ready, and the loop woken. One thread's calls keep their order. The context
 * is the one in options, else an empty one. Errors: RONDO_ECLOSED (be ready for it: the loop may close any time).
 * asyncio: call_soon_threadsafe. */
RONDO_API rondo_status rondo_loop_call_soon_threadsafe(rondo_loop *loop, rondo_callback_fn fn, void *user,
                                                       const rondo_call_options *options,
                                                       rondo_handle **out) RONDO_ANY_THREAD;

/* The callback will not run; its user data is dropped now. Again, or after it ran: does nothing.
 * asyncio: Handle.cancel, Handle.cancelled. */
RONDO_API rondo_status rondo_handle_cancel(rondo_handle *handle) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_handle_cancelled(const rondo_handle *handle) RONDO_LOOP_THREAD; /* 1 or 0 */

/* A timer's absolute deadline in ns; 0 for other handles. asyncio: TimerHandle.when. */
RONDO_API int64_t rondo_handle_when(const rondo_handle *handle) RONDO_LOOP_THREAD;
RONDO_API rondo_handle *rondo_handle_retain(rondo_handle *handle) RONDO_ANY_THREAD; /* returns its argument */
RONDO_API void rondo_handle_release(rondo_handle *handle) RONDO_ANY_THREAD;

/* ==== Futures ============================================================================================== */
/* asyncio: Future. Pending, then finished with a value or an error, or cancelled; never changes again. Done callbacks
 * and waiting tasks are scheduled in registration order when it ends, never called in place. */

/* A pending future. With options->cancel, an operation of your own (a leaf): see rondo_future_options.
 * Errors: RONDO_ECLOSED, RONDO_E2BIG. asyncio: loop.create_future. */
RONDO_API rondo_status rondo_future_create(rondo_loop *loop, const rondo_future_options *options,
                                           rondo_future **out) RONDO_LOOP_THREAD;
RONDO_API rondo_future *rondo_future_retain(rondo_future *future) RONDO_ANY_THREAD; /* returns its argument */

/* The short form for plain ones, with a reference: NULL when it is refused; rondo_future_create says why. */
RONDO_API rondo_future *rondo_future_new(rondo_loop *loop) RONDO_LOOP_THREAD;

/* Gives one reference back. The last one on a pending plain future ends it silently; one on a task only lets go: the
 * loop keeps unfinished tasks alive. A failed future whose error nobody looked at is reported to the exception handler
 * ("... exception was never retrieved"). Another thread's last release is carried out by the loop. */
RONDO_API void rondo_future_release(rondo_future *future) RONDO_ANY_THREAD;

/* The same, if nobody would be told of an error: else 1, and the reference stays yours. asyncio: none. */
RONDO_API rondo_status rondo_future_let_go(rondo_future *future) RONDO_ANY_THREAD;

/* Its loop, borrowed; valid while you hold the future. */
RONDO_API rondo_loop *rondo_future_loop(rondo_future *future) RONDO_ANY_THREAD;

/* Finishes it. value is moved (NULL: none); error is retained.
 * Errors: RONDO_ESTATE (already done, nothing changed, the value stays yours), RONDO_EKIND (a task or gather: only its
 * coroutine or children finish it), RONDO_EINVAL (error NULL). A RONDO_ECANCELED error makes a failed future, not a
 * cancelled one. asyncio: set_result, set_exception. */
RONDO_API rondo_status rondo_future_set_result(rondo_future *future, rondo_value *value) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_future_set_error(rondo_future *future, rondo_error *error) RONDO_LOOP_THREAD;

/* The same from any thread: carried out by the loop in its next turn; already done then: reported, not lost.
 * Errors: RONDO_ECLOSED, RONDO_EKIND. asyncio: call_soon_threadsafe(fut.set_result, ...). */
RONDO_API rondo_status rondo_future_set_result_threadsafe(rondo_future *future, rondo_value *value) RONDO_ANY_THREAD;
RONDO_API rondo_status rondo_future_set_error_threadsafe(rondo_future *future, rondo_error *error) RONDO_ANY_THREAD;

/* Requests cancellation. 1: accepted; 0: already done, or nobody would take it. A plain future is cancelled at once; a
 * task gets RONDO_ECANCELED at its suspension point in a later turn and may refuse; a gather passes it on to its
 * children. message is copied (NULL: none). The second form gives the whole reason (retained; its code must be
 * RONDO_ECANCELED).
 * Calls back: cancel hooks. asyncio: cancel(msg). */
RONDO_API rondo_status rondo_future_cancel(rondo_future *future, const char *message) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_future_cancel_with(rondo_future *future, rondo_error *reason) RONDO_LOOP_THREAD;

/* The same from any thread, carried out by the loop in its next turn. Errors: RONDO_ECLOSED. */
RONDO_API rondo_status rondo_future_cancel_threadsafe(rondo_future *future, const char *message) RONDO_ANY_THREAD;

/* 1 or 0. done: finished or cancelled. cancelled: ended in the cancelled state. asyncio: done, cancelled. */
RONDO_API rondo_status rondo_future_done(const rondo_future *future) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_future_cancelled(const rondo_future *future) RONDO_LOOP_THREAD;

/* How it ended: RONDO_OK and *view shows the value (borrowed: valid while you hold the future and nobody takes it), or
 * the error's code and *err. Marks the error as retrieved.
 * Errors: RONDO_ESTATE (pending), RONDO_ETAKEN, RONDO_ECANCELED, the error's code. asyncio: result. */
RONDO_API rondo_status rondo_future_result(rondo_future *future, rondo_value *view,
                                           rondo_error **err) RONDO_LOOP_THREAD;

/* As rondo_future_result, but the value is moved out to you: once; afterwards everybody gets RONDO_ETAKEN.
 * Errors: as rondo_future_result. asyncio: none. */
RONDO_API rondo_status rondo_future_take(rondo_future *future, rondo_value *out,
                                         rondo_error **err) RONDO_LOOP_THREAD;

/* The error it ended with, one reference, or NULL when it has a value.
 * Errors: RONDO_ESTATE (pending), RONDO_ECANCELED (cancelled: *out is the reason). asyncio: exception. */
RONDO_API rondo_status rondo_future_error(rondo_future *future, rondo_error **out) RONDO_LOOP_THREAD;

/* Counts an error as retrieved without looking at it. */
RONDO_API rondo_status rondo_future_silence(rondo_future *future) RONDO_LOOP_THREAD;

/* Schedules fn(user, call) with call->future when it ends; at once if it is done. Errors: RONDO_ECLOSED (done, and the
 * loop is closed). asyncio: add_done_callback. */
RONDO_API rondo_status rondo_future_add_done_callback(rondo_future *future, rondo_callback_fn fn, void *user,
                                                      const rondo_call_options *options) RONDO_LOOP_THREAD;

/* Removes every entry of this fn and user that is not scheduled yet and answers how many.
 * asyncio: remove_done_callback. */
RONDO_API rondo_status rondo_future_remove_done_callback(rondo_future *future, rondo_callback_fn fn,
                                                         void *user) RONDO_LOOP_THREAD;

/* Results that are objects of the loop's host (see rondo_host), without a rondo_value in between. set: object is
 * retained. result: returns a new reference, or NULL when the result is not a finished object of this host; then ask
 * rondo_future_result. A result that is none counts as the ring's `none` object, if the loop has a ring.
 * Errors: set: as rondo_future_set_result, RONDO_ESTATE (the loop has no host). */
RONDO_API rondo_status rondo_future_set_object(rondo_future *future, void *object) RONDO_LOOP_THREAD;
RONDO_API void *rondo_future_result_object(rondo_future *future) RONDO_LOOP_THREAD;
/* The same with a new reference to `otherwise`, an object of the host, in the place of NULL. */
RONDO_API void *rondo_future_result_object_or(rondo_future *future, void *otherwise) RONDO_LOOP_THREAD;

/* ==== Tasks ================================================================================================ */
/* asyncio: Task. A task is a future: every function above takes it. The loop keeps it alive until it is done. */

/* Starts a coroutine; its first step runs in the next turn. The frame (vtable->frame_size bytes) is allocated with the
 * task and filled from init now. When it ends, destroy is called once, on the loop's thread while the loop is open.
 * Errors: RONDO_ECLOSED, RONDO_E2BIG, RONDO_EINVAL (no step, an alignment above 16), RONDO_ESTATE (the group takes no
 * members now), RONDO_EENTERED (an eager task in the context that is entered now), RONDO_EINTERRUPT and RONDO_EEXIT
 * (raised by the first step of an eager task, which has run then: raise it too). Calls back: that step, if it is eager.
 * asyncio: create_task. */
RONDO_API rondo_status rondo_task_create(rondo_loop *loop, const rondo_coro_vtable *vtable, const void *init,
                                         const rondo_task_options *options, rondo_task **out) RONDO_LOOP_THREAD;

/* 1 for a task, 0 for another future. */
RONDO_API rondo_status rondo_future_is_task(const rondo_future *future) RONDO_ANY_THREAD;

/* Counts cancel requests. cancelling: how many are not undone. uncancel: undoes one and answers what is left.
 * Errors: RONDO_EKIND. asyncio: cancelling, uncancel. */
RONDO_API rondo_status rondo_task_cancelling(const rondo_task *task) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_task_uncancel(rondo_task *task) RONDO_LOOP_THREAD;

/* The name, valid until it is set again; NULL for a bad handle. set copies. asyncio: get_name, set_name. */
RONDO_API const char *rondo_task_get_name(rondo_task *task) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_task_set_name(rondo_task *task, const char *name) RONDO_LOOP_THREAD;

/* Should it be destroyed unfinished, with its loop, that is not worth a report: for tasks whose end somebody else
 * answers for. Errors: RONDO_EKIND. asyncio: what gather does with the tasks it makes. */
RONDO_API rondo_status rondo_task_waive(rondo_task *task) RONDO_LOOP_THREAD;

/* The context its steps run in; *out carries a reference. Errors: RONDO_EKIND. asyncio: Task.get_context. */
RONDO_API rondo_status rondo_task_get_context(rondo_task *task, rondo_context **out) RONDO_LOOP_THREAD;

/* The frame, while the coroutine is not finished; else NULL. For bindings. */
RONDO_API void *rondo_task_frame(rondo_task *task) RONDO_LOOP_THREAD;

/* Inside a step: moves the value just awaited out of its future (once: RONDO_ETAKEN for later readers).
 * Errors: RONDO_ETAKEN. */
RONDO_API rondo_status rondo_step_take(rondo_step *io, rondo_value *out) RONDO_LOOP_THREAD;

/* ==== Fibers =============================================================================================== */
/* A fiber is a task whose coroutine is an ordinary C function on a stack of its own. It returns RONDO_OK with *result,
 * or a negative status: the code of a failed await re-raises that very error, RONDO_ECANCELED cancels the task.
 * A stack ends in a guard: running over it is reported to stderr with the task's name before the process dies of it.
 * A fiber that is still unfinished when its loop closes has its stack freed, not unwound, and handles that only its
 * stack knows are lost: cleanup belongs behind the RONDO_ECANCELED that closing a runner brings. The floating-point
 * environment is the thread's. Drop functions and frame destructors must not await. The functions of this room work
 * only inside a fiber: RONDO_ENOFIBER elsewhere. */

/* Starts fn(arg) as a task. Its stack is taken at the first step: if none can be mapped then, the task fails with
 * RONDO_ENOMEM. Errors: as rondo_task_create; RONDO_ENOMEM (also for a stack_size above 1 GiB).
 * Calls back: the first step, if it is eager.
 * asyncio: create_task. */
RONDO_API rondo_status rondo_fiber_create(rondo_loop *loop, rondo_fiber_fn fn, void *arg,
                                          const rondo_task_options *options, rondo_task **out) RONDO_LOOP_THREAD;

/* Suspends until the future is done and answers as rondo_future_result does; *view is borrowed from the future. Does
 * not suspend when it is done already. Errors: RONDO_ENOFIBER, RONDO_ESELF, RONDO_EOTHERLOOP, RONDO_ECANCELED, the
 * future's. asyncio: await. */
RONDO_API rondo_status rondo_await(rondo_future *future, rondo_value *view) RONDO_LOOP_THREAD;

/* The same, and gives the reference back: for `rondo_await_release(make_future(), NULL)`. *out is moved out to you if
 * nobody else holds the future, else it is none unless the value is plain (drop is NULL). The future is moved in every
 * case, failures included.
 * Errors: as rondo_await. */
RONDO_API rondo_status rondo_await_release(rondo_future *future, rondo_value *out) RONDO_LOOP_THREAD;

/* Suspends for delay_ns; <= 0 gives way to the others for one turn, as rondo_yield does.
 * Errors: RONDO_ENOFIBER, RONDO_ECANCELED. asyncio: sleep, sleep(0). */
RONDO_API rondo_status rondo_sleep(int64_t delay_ns) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_yield(void) RONDO_LOOP_THREAD;

/* To be returned by the fiber: `return rondo_raise(error)` fails with this error, `return rondo_fail(code, "text")`
 * with a new one. Both answer the error's code. error is moved; message may be NULL.
 * Errors: RONDO_ENOFIBER, the code. */
RONDO_API rondo_status rondo_raise(rondo_error *error) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_fail(rondo_status code, const char *message) RONDO_LOOP_THREAD;

/* The error of this fiber's last failed await, borrowed until its next await; NULL when that succeeded. */
RONDO_API const rondo_error *rondo_fiber_error(void) RONDO_LOOP_THREAD;

/* ==== Gather =============================================================================================== */

/* A future that is done when all children are, at once if they are done already. It holds no value of its own: read
 * the children, in argument order, with rondo_gather_child. The first child to fail fails it at once, the others run
 * on. Cancelling it cancels every child. A future may be given more than once. children are retained.
 * Errors: RONDO_EOTHERLOOP, RONDO_EINVAL (a NULL child, unknown flags), RONDO_ECLOSED. asyncio: gather. */
RONDO_API rondo_status rondo_gather(rondo_loop *loop, rondo_future *const *children, size_t count, uint32_t flags,
                                    rondo_future **out) RONDO_LOOP_THREAD;

/* Of a gather: the number of children; a child (NULL: not a gather, or out of range). */
RONDO_API size_t rondo_gather_count(const rondo_future *gather) RONDO_ANY_THREAD;
RONDO_API rondo_future *rondo_gather_child(const rondo_future *gather, size_t index) RONDO_ANY_THREAD;

/* The children's results as host objects, all at once: out[i] receives a new reference, or NULL where the child did
 * not end with an object of this host, as rondo_future_result_object has it. capacity must be the count. Marks errors
 * as retrieved.
 * Errors: RONDO_EKIND, RONDO_EINVAL (capacity). */
RONDO_API rondo_status rondo_gather_objects(rondo_future *gather, void **out, size_t capacity) RONDO_LOOP_THREAD;

/* ==== Waiting ============================================================================================== */
/* Futures over other futures. Children are retained and, unless said otherwise, left alone. */

/* A future that is done, without a value, when the condition holds or timeout_ns have passed (RONDO_FOREVER: no
 * timeout; it is not an error). Never done at once. Ask each of the futures afterwards whether it is done. Cancelling
 * it cancels none of them, and no error counts as retrieved (RONDO_FIRST_EXCEPTION looks at them). A future may be
 * given more than once. futures are retained.
 * Errors: RONDO_EINVAL (no futures, a NULL one, another condition), RONDO_EOTHERLOOP, RONDO_ECLOSED. asyncio: wait. */
RONDO_API rondo_status rondo_wait(rondo_loop *loop, rondo_future *const *futures, size_t count, uint32_t condition,
                                  int64_t timeout_ns, rondo_future **out) RONDO_LOOP_THREAD;

/* A future that ends as inner does, one turn later; cancelling it, or a task that awaits it, leaves inner running.
 * With inner already done, *out is inner itself. Keep inner to await it afterwards. Errors: RONDO_ECLOSED.
 * asyncio: shield. */
RONDO_API rondo_status rondo_shield(rondo_future *inner, rondo_future **out) RONDO_LOOP_THREAD;

/* The futures in the order in which they end. *out is the iteration, itself a future: done when all of them are or the
 * timeout has passed. RONDO_FOREVER: no timeout. A future given twice counts once. futures are retained.
 * Errors: RONDO_EINVAL, RONDO_EOTHERLOOP, RONDO_ECLOSED. asyncio: as_completed. */
RONDO_API rondo_status rondo_as_completed(rondo_loop *loop, rondo_future *const *futures, size_t count,
                                          int64_t timeout_ns, rondo_future **out) RONDO_LOOP_THREAD;

/* A ticket for the next one to end: a future that is done when there is one, at once if it is there already, and that
 * fails with RONDO_ETIMEDOUT if the timeout comes first (the futures run on). Tickets are served in the order they
 * were drawn; one that is released or cancelled gives its turn to the next. Answers 1; 0 with *out NULL when there are
 * no more: as many tickets were drawn as there are futures. Errors: RONDO_EKIND, RONDO_ECLOSED.
 * asyncio: the iterator's __next__ and __anext__. */
RONDO_API rondo_status rondo_as_completed_next(rondo_future *iteration, rondo_future **out) RONDO_LOOP_THREAD;

/* What a served ticket stands for: one of the futures given, borrowed, done; and its place among those given (index may
 * be NULL). NULL: the ticket is not served. */
RONDO_API rondo_future *rondo_as_completed_child(rondo_future *ticket, size_t *index) RONDO_LOOP_THREAD;

/* Without a ticket: one that has ended already is drawn now, and the answer is its place among those given. -1 when
 * there is none to be had without waiting: draw a ticket. Errors: RONDO_EKIND. */
RONDO_API int64_t rondo_as_completed_poll(rondo_future *iteration) RONDO_LOOP_THREAD;

/* Inside a fiber: awaits the future inside a timeout of timeout_ns, as rondo_await; when the time is over the future is
 * cancelled and, once it has ended, the answer is RONDO_ETIMEDOUT. With timeout_ns <= 0 a future that is not done is
 * cancelled at once.
 * Errors: as rondo_await, RONDO_ETIMEDOUT. asyncio: wait_for. */
RONDO_API rondo_status rondo_wait_for(rondo_future *future, int64_t timeout_ns, rondo_value *view) RONDO_LOOP_THREAD;

/* Inside a fiber: draws a ticket, awaits it, and answers 1 with *done borrowed from the iteration, 0 at the end.
 * Errors: RONDO_ENOFIBER, RONDO_ETIMEDOUT, RONDO_ECANCELED. asyncio: async for over as_completed. */
RONDO_API rondo_status rondo_next_completed(rondo_future *iteration, rondo_future **done,
                                            size_t *index) RONDO_LOOP_THREAD;

/* ==== Timeouts ============================================================================================= */
/* A block of the running task with a deadline. When it passes, the task is cancelled; where the block ends, exit turns
 * that cancellation, and no other, into RONDO_ETIMEDOUT:
 *
 *     rondo_timeout *limit;
 *     rondo_status s = rondo_timeout_begin(RONDO_S(2), &limit);
 *     if (s == RONDO_OK) s = rondo_timeout_end(limit, fetch_and_parse());
 *
 * A block that ignores its cancellation and succeeds has succeeded. Blocks nest. One that its task never leaves is
 * left when the task ends. asyncio: timeout, timeout_at, Timeout. */

/* A timeout; when_ns is absolute, of rondo_loop_time; RONDO_FOREVER: never.
 * Errors: RONDO_ECLOSED. asyncio: timeout_at. */
RONDO_API rondo_status rondo_timeout_create(rondo_loop *loop, int64_t when_ns, rondo_timeout **out) RONDO_LOOP_THREAD;
RONDO_API rondo_timeout *rondo_timeout_retain(rondo_timeout *timeout) RONDO_ANY_THREAD; /* returns its argument */
RONDO_API void rondo_timeout_release(rondo_timeout *timeout) RONDO_ANY_THREAD;

/* The running task enters. A deadline that has passed strikes at its first suspension.
 * Errors: RONDO_ENOTASK, RONDO_ESTATE (entered before). asyncio: Timeout.__aenter__. */
RONDO_API rondo_status rondo_timeout_enter(rondo_timeout *timeout) RONDO_LOOP_THREAD;

/* The task leaves; body is how the block ended: RONDO_OK or an error's code. Answers how it ends for the outside: body,
 * or RONDO_ETIMEDOUT in the place of the RONDO_ECANCELED this timeout caused; then the reason becomes the cause of the
 * new error, which inside a fiber can be returned like that of an await.
 * Errors: RONDO_ESTATE (not entered, or left), RONDO_ETIMEDOUT, body. asyncio: Timeout.__aexit__. */
RONDO_API rondo_status rondo_timeout_exit(rondo_timeout *timeout, rondo_status body) RONDO_LOOP_THREAD;

/* Moves the deadline of an active timeout; one in the past strikes in the next turn. Errors: RONDO_ESTATE.
 * asyncio: Timeout.reschedule. */
RONDO_API rondo_status rondo_timeout_reschedule(rondo_timeout *timeout, int64_t when_ns) RONDO_LOOP_THREAD;

/* The deadline (RONDO_FOREVER: none; also for a bad handle); a RONDO_TIMEOUT_ state; 1 if it expired, also while the
 * task is still inside, else 0. asyncio: Timeout.when, expired. */
RONDO_API int64_t rondo_timeout_when(const rondo_timeout *timeout) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_timeout_state(const rondo_timeout *timeout) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_timeout_expired(const rondo_timeout *timeout) RONDO_LOOP_THREAD;

/* The short form: begin is create with a delay (begin_at: a deadline) and enter; end is exit and release, as is leave,
 * which also says in which state the timeout ended. out is needed; timeout is moved in every case; end(NULL, body)
 * answers body.
 * Errors: begin, begin_at: as rondo_timeout_create, as rondo_timeout_enter, RONDO_ENOLOOP; end, leave: as
 * rondo_timeout_exit. asyncio: async with timeout(delay). */
RONDO_API rondo_status rondo_timeout_begin(int64_t delay_ns, rondo_timeout **out) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_timeout_begin_at(int64_t when_ns, rondo_timeout **out) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_timeout_end(rondo_timeout *timeout, rondo_status body) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_timeout_leave(rondo_timeout *timeout, rondo_status body,
                                           int32_t *state) RONDO_LOOP_THREAD;

/* The same for hosts that cannot look at an `out` before other code may run. start is begin_at; NULL when it is
 * refused. stop is leave, timeout is moved in every case; it answers the RONDO_TIMEOUT_ state the timeout ended in if
 * the block ends as body says, else the code it ends with.
 * Errors: stop: as rondo_timeout_exit. */
RONDO_API rondo_timeout *rondo_timeout_start(int64_t when_ns) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_timeout_stop(rondo_timeout *timeout, rondo_status body) RONDO_LOOP_THREAD;

/* The earliest deadline of the timeouts the running task is in, to be passed on to whoever works for it; RONDO_FOREVER
 * when there is none. asyncio: none. */
RONDO_API int64_t rondo_current_deadline(void) RONDO_LOOP_THREAD;

/* ==== Task groups ========================================================================================== */
/* A block of the running task that ends when all tasks made in it have ended. The first that fails cancels the others
 * and the block; what failed comes out of the end as one error of code RONDO_EGROUP:
 *
 *     rondo_task_group *group;
 *     rondo_status s = rondo_task_group_begin(&group);
 *     if (s < 0) return s;
 *     s = rondo_task_group_spawn(group, fetch, "one", NULL);
 *     if (s == RONDO_OK) s = rondo_task_group_spawn(group, fetch, "two", NULL);
 *     return rondo_task_group_end(group, s);
 *
 * Any coroutine becomes a member: give the group in its rondo_task_options. A member that ends cancelled is no failure.
 * asyncio: TaskGroup; its cancel is that of Python 3.15. */

/* A group that nobody has entered yet. Errors: RONDO_ECLOSED. asyncio: TaskGroup(). */
RONDO_API rondo_status rondo_task_group_create(rondo_loop *loop, rondo_task_group **out) RONDO_LOOP_THREAD;
RONDO_API rondo_task_group *rondo_task_group_retain(rondo_task_group *group) RONDO_ANY_THREAD; /* its argument */
RONDO_API void rondo_task_group_release(rondo_task_group *group) RONDO_ANY_THREAD;

/* The running task enters. Making members before answers RONDO_ESTATE, as does it after the end or an abort.
 * Errors: RONDO_ENOTASK, RONDO_ESTATE (entered before). asyncio: TaskGroup.__aenter__. */
RONDO_API rondo_status rondo_task_group_enter(rondo_task_group *group) RONDO_LOOP_THREAD;

/* Makes a task that exists a member, as if it had been made in the group.
 * Errors: RONDO_EKIND, RONDO_EOTHERLOOP, RONDO_ESTATE. Calls back: cancel hooks. asyncio: what TaskGroup.create_task
 * does with the task a factory made. */
RONDO_API rondo_status rondo_task_group_add(rondo_task_group *group, rondo_task *task) RONDO_LOOP_THREAD;

/* A RONDO_GROUP_ state; how many members have not ended, and how many have failed (either may be NULL).
 * asyncio: TaskGroup.__repr__. */
RONDO_API rondo_status rondo_task_group_state(const rondo_task_group *group) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_task_group_count(rondo_task_group *group, size_t *members,
                                              size_t *failed) RONDO_LOOP_THREAD;

/* The task leaves, in one call or several. raised: the error the block ended with, NULL for none. wait is needed.
 * Answers
 *     1          *wait holds one reference: await it, release it and call again, with raised what that await raised
 *     RONDO_OK   all members have ended; the block ends normally
 *     negative   all members have ended; the block fails with *err: a RONDO_EGROUP of what failed (members in the order
 *                they ended, then the block), the cancellation that came from outside, or a RONDO_EINTERRUPT or
 *                RONDO_EEXIT alone (the errors beside it go to the exception handler).
 * Errors: RONDO_ESTATE (not entered, left, or another task's), RONDO_ENOMEM (members are left: call again, with raised
 * NULL, in another step), RONDO_EGROUP, RONDO_ECANCELED, RONDO_EINTERRUPT, RONDO_EEXIT.
 * Calls back: cancel hooks. asyncio: TaskGroup.__aexit__. */
RONDO_API rondo_status rondo_task_group_exit(rondo_task_group *group, const rondo_error *raised, rondo_future **wait,
                                             rondo_error **err) RONDO_LOOP_THREAD;

/* Ends the group early: members and block are cancelled, and the block ends without an error, unless there is another
 * reason for one. Before the task has entered: when it does. After the end, or again: nothing.
 * Calls back: cancel hooks.
 * asyncio: TaskGroup.cancel (3.15). */
RONDO_API rondo_status rondo_task_group_cancel(rondo_task_group *group) RONDO_LOOP_THREAD;

/* The short form, inside a fiber: begin is create and enter, and its out is needed. spawn starts fn(arg) as a member.
 * Errors: begin: RONDO_ENOFIBER, as rondo_task_group_enter; spawn: as rondo_fiber_create, RONDO_ESTATE.
 * asyncio: async with TaskGroup(). */
RONDO_API rondo_status rondo_task_group_begin(rondo_task_group **out) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_task_group_spawn(rondo_task_group *group, rondo_fiber_fn fn, void *arg,
                                              rondo_task **task) RONDO_LOOP_THREAD;
/* Its end: exit with all its awaits, and release: group is moved in every case. body is how the block ended, as with
 * rondo_timeout_exit, and the answer can be returned like that of an await. end(NULL, body) answers body.
 * Errors: RONDO_ENOFIBER, as rondo_task_group_exit, body. */
RONDO_API rondo_status rondo_task_group_end(rondo_task_group *group, rondo_status body) RONDO_LOOP_THREAD;

/* ==== Generators =========================================================================================== */
/* Asynchronous generators: coroutines that produce values between their awaits (verdict RONDO_STEP_PRODUCE, or
 * rondo_produce in a fiber) and run inside the task that asks for the next value: no task of their own, no turn of the
 * loop per value. From its first step until its end a generator is registered with its loop: one that is released
 * unfinished is closed by a new task, and a runner that closes closes those that are left, before its loop ends.
 * asyncio: asynchronous generators. */

/* A generator; init: as for rondo_task_create. Nothing runs before the first next.
 * Errors: RONDO_ECLOSED, RONDO_E2BIG. */
RONDO_API rondo_status rondo_generator_create(rondo_loop *loop, const rondo_coro_vtable *vtable, const void *init,
                                              rondo_generator **out) RONDO_LOOP_THREAD;
/* The same for an ordinary function on a stack of its own, whose result is ignored; stack_size 0: the default. */
RONDO_API rondo_status rondo_generator_create_fiber(rondo_loop *loop, rondo_fiber_fn fn, void *arg, size_t stack_size,
                                                    rondo_generator **out) RONDO_LOOP_THREAD;
RONDO_API rondo_generator *rondo_generator_retain(rondo_generator *generator) RONDO_ANY_THREAD; /* its argument */
RONDO_API void rondo_generator_release(rondo_generator *generator) RONDO_ANY_THREAD;

/* The next value, moved to *out. Answers 1; RONDO_OK at the end; a negative code if the generator failed, which ends
 * it. With io NULL: inside a fiber, which waits if the generator does. With io, the letter of the step that asks: the
 * answer 2 means that the generator waits: return from the step with io as it is, and ask again in the next step.
 * Errors: RONDO_ENOFIBER, RONDO_ESTATE (another task is inside), what it raised. Calls back: its steps. asyncio:
 * __anext__. */
RONDO_API rondo_status rondo_generator_next(rondo_generator *generator, rondo_step *io, rondo_value *out,
                                            rondo_error **err) RONDO_LOOP_THREAD;

/* Ends it: it gets RONDO_ECLOSING where it produced its last value and cleans up. RONDO_OK when it has ended, also if
 * it had before; 2 as above. io may be NULL, as above.
 * Errors: as rondo_generator_next, RONDO_ESTATE (also: it produced another value instead). Calls back: its steps.
 * asyncio: aclose. */
RONDO_API rondo_status rondo_generator_close(rondo_generator *generator, rondo_step *io,
                                             rondo_error **err) RONDO_LOOP_THREAD;

/* A task for one next (its result is the value; it fails with RONDO_EEXHAUSTED at the end) or one close: generators for
 * those who can await futures only. Errors: RONDO_ECLOSED. */
RONDO_API rondo_status rondo_generator_next_task(rondo_generator *generator, rondo_task **out) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_generator_close_task(rondo_generator *generator, rondo_task **out) RONDO_LOOP_THREAD;

/* Inside the fiber of a generator: hands value (moved in every case, NULL: none) to who asked and returns when the next
 * one is wanted.
 * Errors: RONDO_ENOFIBER (elsewhere), RONDO_ECLOSING (clean up and return). asyncio: yield. */
RONDO_API rondo_status rondo_produce(rondo_value *value) RONDO_LOOP_THREAD;

/* Registers what must still be done before the loop closes: start makes a task for it and gives it, with one reference,
 * in *task (NULL: nothing is to be done). A closing runner starts all that are registered, the newest first, awaits
 * them, and reports those that failed. A finalizer is started once; *out is a handle to release, which unregisters, so
 * out is needed.
 * Errors: RONDO_ECLOSED. asyncio: the hooks of asynchronous generators. */
RONDO_API rondo_status rondo_finalizer_create(rondo_loop *loop,
                                              void (*start)(void *user, rondo_loop *loop, rondo_task **task),
                                              void *user, rondo_finalizer **out) RONDO_LOOP_THREAD;
RONDO_API void rondo_finalizer_release(rondo_finalizer *finalizer) RONDO_ANY_THREAD;

/* Starts this one now. Answers 1; 0 if start had nothing to do or was called before.
 * Errors: RONDO_ECLOSED. Calls back: start. */
RONDO_API rondo_status rondo_finalizer_start(rondo_finalizer *finalizer) RONDO_LOOP_THREAD;

/* Starts all finalizers registered now; *out is done when their tasks are. Failures are reported, not raised.
 * Errors: RONDO_ECLOSED. Calls back: their start. asyncio: shutdown_asyncgens. */
RONDO_API rondo_status rondo_loop_shutdown_generators(rondo_loop *loop, rondo_future **out) RONDO_LOOP_THREAD;

/* ==== Threads ============================================================================================== */
/* Blocking work beside the loop, and other threads and loops that talk to it. Everything marked RONDO_ANY_THREAD above
 * is a way in; here are those made for it. */

/* Runs fn(arg) in a thread, in a copy of the current context; the future is done with its result. Cancelling the future
 * takes a job back that has not begun; one that has runs on, unawaited: ask rondo_job_cancelled in it. The loop's own
 * pool starts its threads as they are needed, at most min(32, processors + 4); a closing runner waits for jobs for up
 * to five minutes, or as long as its own deadline allows. options may be NULL.
 * Errors: RONDO_ECLOSED, RONDO_ESHUTDOWN (the pool has ended), RONDO_ENOMEM (also: no thread could be started). arg
 * stays yours then.
 * Calls back: the submit of an executor of your own. asyncio: to_thread, run_in_executor. */
RONDO_API rondo_status rondo_to_thread(rondo_loop *loop, rondo_job_fn fn, void *arg, const rondo_job_options *options,
                                       rondo_future **out) RONDO_LOOP_THREAD;

/* Inside a job. cancelled: 1 once nobody awaits it any more. fail, raise: to be returned by fn, as rondo_fail and
 * rondo_raise by a fiber: error is moved; message may be NULL. asyncio: none. */
RONDO_API rondo_status rondo_job_cancelled(rondo_job *job) RONDO_ANY_THREAD;
RONDO_API rondo_status rondo_job_fail(rondo_job *job, rondo_status code, const char *message) RONDO_ANY_THREAD;
RONDO_API rondo_status rondo_job_raise(rondo_job *job, rondo_error *error) RONDO_ANY_THREAD;

/* A pool of threads, or with options->submit an executor of your own. Any number of loops may share one. Releasing the
 * last handle lets a pool finish what it has.
 * shutdown: takes no more jobs; those it has are run. A loop that closes shuts its default executor down: give one that
 * loops share in rondo_job_options instead.
 * Errors: RONDO_E2BIG (create), RONDO_ECLOSED (set_default_executor). asyncio: ThreadPoolExecutor,
 * loop.set_default_executor. */
RONDO_API rondo_status rondo_executor_create(const rondo_executor_options *options,
                                             rondo_executor **out) RONDO_ANY_THREAD;
RONDO_API rondo_executor *rondo_executor_retain(rondo_executor *executor) RONDO_ANY_THREAD; /* its argument */
RONDO_API void rondo_executor_release(rondo_executor *executor) RONDO_ANY_THREAD;
RONDO_API rondo_status rondo_executor_shutdown(rondo_executor *executor) RONDO_ANY_THREAD;
RONDO_API rondo_status rondo_loop_set_default_executor(rondo_loop *loop, rondo_executor *executor) RONDO_LOOP_THREAD;

/* Ends the loop's own pool: *out is done when its threads have ended. Jobs given to it later: RONDO_ESHUTDOWN.
 * Errors: RONDO_ECLOSED. asyncio: shutdown_default_executor. */
RONDO_API rondo_status rondo_loop_shutdown_executor(rondo_loop *loop, rondo_future **out) RONDO_LOOP_THREAD;

/* Starts a fiber, or a coroutine whose frame is `frame` (vtable->frame_size must be 0), on a loop that runs in another
 * thread. *out stands for it here. vtable->destroy is called also when the loop closes before it begins; not when this
 * fails. asyncio: run_coroutine_threadsafe.
 * Errors: RONDO_ECLOSED, RONDO_EINVAL (a frame_size). */
RONDO_API rondo_status rondo_submit(rondo_loop *loop, rondo_fiber_fn fn, void *arg,
                                    rondo_submission **out) RONDO_ANY_THREAD;
RONDO_API rondo_status rondo_submit_coro(rondo_loop *loop, const rondo_coro_vtable *vtable, void *frame,
                                         rondo_submission **out) RONDO_ANY_THREAD;
RONDO_API rondo_submission *rondo_submission_retain(rondo_submission *submission) RONDO_ANY_THREAD; /* its argument */
RONDO_API void rondo_submission_release(rondo_submission *submission) RONDO_ANY_THREAD;

/* Blocks the thread until it has ended, for at most timeout_ns; a timeout does not cancel it. The value is moved to
 * *result, once. Errors: RONDO_ETIMEDOUT, RONDO_EDEADLOCK (this thread runs that very loop), RONDO_ETAKEN, RONDO_ECLOSED
 * (the loop was closed before), what the coroutine failed with. asyncio: concurrent.futures.Future.result. */
RONDO_API rondo_status rondo_submission_wait(rondo_submission *submission, int64_t timeout_ns, rondo_value *result,
                                             rondo_error **err) RONDO_ANY_THREAD;
/* 1 when it has ended, else 0. asyncio: concurrent.futures.Future.done. */
RONDO_API rondo_status rondo_submission_done(rondo_submission *submission) RONDO_ANY_THREAD;
/* Asks the loop to cancel it. Errors: RONDO_ECLOSED. asyncio: concurrent.futures.Future.cancel. */
RONDO_API rondo_status rondo_submission_cancel(rondo_submission *submission) RONDO_ANY_THREAD;

/* A future of this loop that ends as a future of another loop does: the way to await across loops (a task that awaits
 * the other's future itself gets RONDO_EOTHERLOOP). Plain values are copied and objects of a host shared; other values
 * that own something are moved over. Cancelling it cancels the other.
 * Errors: RONDO_ECLOSED. asyncio: wrap_future, _chain_future. */
RONDO_API rondo_status rondo_future_bridge(rondo_loop *loop, rondo_future *other, rondo_future **out) RONDO_LOOP_THREAD;

/* ==== Synchronisation ====================================================================================== */
/* For the tasks of one loop: none of these is for threads. A primitive belongs to the loop on which somebody first had
 * to wait (elsewhere: RONDO_EOTHERLOOP). Waiters are served first come, first served; one that is cancelled when it was
 * its turn passes the turn on.
 *
 * Each wait comes in two forms. Inside a fiber it is a call that waits. The form ending in _async is for every other
 * coroutine: it answers 1 when there was nothing to wait for, or 0 with an operation in *op, to be awaited now, by one
 * task, once, and nothing else; what it is awaited with is its result. With op NULL it does not wait: RONDO_EINVAL
 * where it would have to. _waiting: how many are in line. Errors of both forms, beside those listed: RONDO_ENOLOOP,
 * RONDO_EOTHERLOOP, RONDO_ECANCELED; of the first: RONDO_ENOFIBER. */

/* asyncio: Lock (unlock is its release). A lock of tasks, not reentrant. unlock: by any task. locked: 1 or 0; a lock
 * whose next owner was called up but has not run yet is not locked.
 * Errors: unlock: RONDO_ESTATE (it is not locked). */
RONDO_API rondo_status rondo_lock_create(rondo_lock **out) RONDO_ANY_THREAD;
RONDO_API rondo_lock *rondo_lock_retain(rondo_lock *lock) RONDO_ANY_THREAD; /* returns its argument */
RONDO_API void rondo_lock_release(rondo_lock *lock) RONDO_ANY_THREAD;
RONDO_API rondo_status rondo_lock_acquire(rondo_lock *lock) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_lock_acquire_async(rondo_lock *lock, rondo_future **op) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_lock_unlock(rondo_lock *lock) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_lock_locked(const rondo_lock *lock) RONDO_LOOP_THREAD;
RONDO_API uint64_t rondo_lock_waiting(const rondo_lock *lock) RONDO_LOOP_THREAD;

/* asyncio: Event. A flag to wait for: set wakes all that wait. */
RONDO_API rondo_status rondo_event_create(rondo_event **out) RONDO_ANY_THREAD;
RONDO_API rondo_event *rondo_event_retain(rondo_event *event) RONDO_ANY_THREAD; /* returns its argument */
RONDO_API void rondo_event_release(rondo_event *event) RONDO_ANY_THREAD;
RONDO_API rondo_status rondo_event_wait(rondo_event *event) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_event_wait_async(rondo_event *event, rondo_future **op) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_event_set(rondo_event *event) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_event_clear(rondo_event *event) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_event_is_set(const rondo_event *event) RONDO_LOOP_THREAD; /* 1 or 0 */
RONDO_API uint64_t rondo_event_waiting(const rondo_event *event) RONDO_LOOP_THREAD;

/* asyncio: Condition. Waits for what others do under a lock. lock NULL: one of its own (rondo_condition_lock,
 * borrowed). wait: gives the lock back, waits to be notified, and has the lock again when it ends, however it ends;
 * wake-ups may be spurious, so test in a loop. notify: wakes the n that wait longest; they go on when they get the
 * lock.
 * Errors: wait, notify, notify_all: RONDO_ESTATE (the lock is not held). */
RONDO_API rondo_status rondo_condition_create(rondo_lock *lock, rondo_condition **out) RONDO_ANY_THREAD;
RONDO_API rondo_condition *rondo_condition_retain(rondo_condition *condition) RONDO_ANY_THREAD; /* its argument */
RONDO_API void rondo_condition_release(rondo_condition *condition) RONDO_ANY_THREAD;
RONDO_API rondo_lock *rondo_condition_lock(rondo_condition *condition) RONDO_ANY_THREAD;
RONDO_API rondo_status rondo_condition_wait(rondo_condition *condition) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_condition_wait_async(rondo_condition *condition, rondo_future **op) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_condition_notify(rondo_condition *condition, uint64_t n) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_condition_notify_all(rondo_condition *condition) RONDO_LOOP_THREAD;
RONDO_API uint64_t rondo_condition_waiting(const rondo_condition *condition) RONDO_LOOP_THREAD;

/* asyncio: Semaphore, BoundedSemaphore. Permits, taken and given back. give_back is their release. value: permits at
 * the start; bound 0: none. locked: 1 when an acquire would wait.
 * Errors: RONDO_EINVAL (give_back: above the bound). */
RONDO_API rondo_status rondo_semaphore_create(uint64_t value, uint64_t bound, rondo_semaphore **out) RONDO_ANY_THREAD;
RONDO_API rondo_semaphore *rondo_semaphore_retain(rondo_semaphore *semaphore) RONDO_ANY_THREAD; /* its argument */
RONDO_API void rondo_semaphore_release(rondo_semaphore *semaphore) RONDO_ANY_THREAD;
RONDO_API rondo_status rondo_semaphore_acquire(rondo_semaphore *semaphore) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_semaphore_acquire_async(rondo_semaphore *semaphore, rondo_future **op) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_semaphore_give_back(rondo_semaphore *semaphore) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_semaphore_locked(const rondo_semaphore *semaphore) RONDO_LOOP_THREAD;
RONDO_API uint64_t rondo_semaphore_value(const rondo_semaphore *semaphore) RONDO_LOOP_THREAD;
RONDO_API uint64_t rondo_semaphore_waiting(const rondo_semaphore *semaphore) RONDO_LOOP_THREAD;

/* asyncio: Barrier. Tasks wait here for each other. wait: until `parties` tasks do; its result is an index of this
 * round, 0 to parties - 1, each given once, also after a waiter was cancelled. reset: those who wait get RONDO_EBROKEN,
 * then it is as new. abort: broken for good. state: RONDO_BARRIER_.
 * Errors: RONDO_EINVAL (create: no parties), RONDO_EBROKEN (wait). */
RONDO_API rondo_status rondo_barrier_create(uint64_t parties, rondo_barrier **out) RONDO_ANY_THREAD;
RONDO_API rondo_barrier *rondo_barrier_retain(rondo_barrier *barrier) RONDO_ANY_THREAD; /* returns its argument */
RONDO_API void rondo_barrier_release(rondo_barrier *barrier) RONDO_ANY_THREAD;
RONDO_API rondo_status rondo_barrier_wait(rondo_barrier *barrier, uint64_t *index) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_barrier_wait_async(rondo_barrier *barrier, rondo_future **op) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_barrier_reset_async(rondo_barrier *barrier, rondo_future **op) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_barrier_abort_async(rondo_barrier *barrier, rondo_future **op) RONDO_LOOP_THREAD;
RONDO_API uint64_t rondo_barrier_parties(const rondo_barrier *barrier) RONDO_ANY_THREAD;
RONDO_API uint64_t rondo_barrier_waiting(const rondo_barrier *barrier) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_barrier_state(const rondo_barrier *barrier) RONDO_LOOP_THREAD;

/* ==== Queues =============================================================================================== */

/* asyncio: Queue, LifoQueue, PriorityQueue. Items from task to task. put: item is moved; waits while the queue is full.
 * get: waits while it is empty; out is needed and receives the item (or it is the result of op). The _nowait forms fail
 * instead. put_async moves the item also when it answers 0. options may be NULL: unbounded, first in first out.
 * Errors: RONDO_ESHUTDOWN (put, get), RONDO_E2BIG (create); put_nowait: RONDO_EFULL; get_nowait: RONDO_EEMPTY.
 * Calls back: put, get: the order of a priority queue. */
RONDO_API rondo_status rondo_queue_create(const rondo_queue_options *options, rondo_queue **out) RONDO_ANY_THREAD;
RONDO_API rondo_queue *rondo_queue_retain(rondo_queue *queue) RONDO_ANY_THREAD; /* returns its argument */
RONDO_API void rondo_queue_release(rondo_queue *queue) RONDO_ANY_THREAD;
RONDO_API rondo_status rondo_queue_put(rondo_queue *queue, rondo_value *item) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_queue_put_async(rondo_queue *queue, rondo_value *item,
                                             rondo_future **op) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_queue_put_nowait(rondo_queue *queue, rondo_value *item) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_queue_get(rondo_queue *queue, rondo_value *out) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_queue_get_async(rondo_queue *queue, rondo_value *out,
                                             rondo_future **op) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_queue_get_nowait(rondo_queue *queue, rondo_value *out) RONDO_LOOP_THREAD;

/* Items in it; how many are there or taken and not yet done; how many it may hold, 0: any number.
 * asyncio: qsize, _unfinished_tasks, maxsize. */
RONDO_API uint64_t rondo_queue_size(const rondo_queue *queue) RONDO_LOOP_THREAD;
RONDO_API uint64_t rondo_queue_unfinished(const rondo_queue *queue) RONDO_LOOP_THREAD;
RONDO_API uint64_t rondo_queue_capacity(const rondo_queue *queue) RONDO_LOOP_THREAD;

/* How many are in line to put and to get, without those that were called up. asyncio: none. */
RONDO_API uint64_t rondo_queue_putters(const rondo_queue *queue) RONDO_LOOP_THREAD;
RONDO_API uint64_t rondo_queue_getters(const rondo_queue *queue) RONDO_LOOP_THREAD;

/* The end of work on items. task_done: an item that was taken is finished. join: waits until all are.
 * Errors: RONDO_EINVAL (task_done: more often than items were put).
 * asyncio: task_done, join. */
RONDO_API rondo_status rondo_queue_task_done(rondo_queue *queue) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_queue_join(rondo_queue *queue) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_queue_join_async(rondo_queue *queue, rondo_future **op) RONDO_LOOP_THREAD;

/* No more puts: RONDO_ESHUTDOWN; gets take what is left, then get the same. immediate 1: what is left is dropped.
 * is_shutdown: 1 or 0. asyncio: shutdown. */
RONDO_API rondo_status rondo_queue_shutdown(rondo_queue *queue, int32_t immediate) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_queue_is_shutdown(const rondo_queue *queue) RONDO_LOOP_THREAD;

/* ==== Channels ============================================================================================= */
/* A bounded queue between any loops and threads. send moves item and waits while it is full, receive waits while it is
 * empty: in a fiber; with _async in any task, on whatever loop; with _blocking in a thread that runs no loop, for at
 * most timeout_ns. Each item wakes one receiver and each place one sender. asyncio: none. */

/* A channel; capacity 0: unbounded. */
RONDO_API rondo_status rondo_channel_create(uint64_t capacity, rondo_channel **out) RONDO_ANY_THREAD;
RONDO_API rondo_channel *rondo_channel_retain(rondo_channel *channel) RONDO_ANY_THREAD; /* returns its argument */
RONDO_API void rondo_channel_release(rondo_channel *channel) RONDO_ANY_THREAD;

/* send: item is moved. receive: out is needed and receives one.
 * Errors: RONDO_ESHUTDOWN; _nowait: RONDO_EFULL (send), RONDO_EEMPTY (receive); _blocking: RONDO_ETIMEDOUT,
 * RONDO_EDEADLOCK (this thread runs a loop, which would stand still). */
RONDO_API rondo_status rondo_channel_send(rondo_channel *channel, rondo_value *item) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_channel_send_async(rondo_channel *channel, rondo_value *item,
                                                rondo_future **op) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_channel_send_blocking(rondo_channel *channel, rondo_value *item,
                                                   int64_t timeout_ns) RONDO_ANY_THREAD;
RONDO_API rondo_status rondo_channel_send_nowait(rondo_channel *channel, rondo_value *item) RONDO_ANY_THREAD;
RONDO_API rondo_status rondo_channel_receive(rondo_channel *channel, rondo_value *out) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_channel_receive_async(rondo_channel *channel, rondo_value *out,
                                                   rondo_future **op) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_channel_receive_blocking(rondo_channel *channel, rondo_value *out,
                                                      int64_t timeout_ns) RONDO_ANY_THREAD;
RONDO_API rondo_status rondo_channel_receive_nowait(rondo_channel *channel, rondo_value *out) RONDO_ANY_THREAD;

/* Items in it now; how many it may hold, 0: any number. */
RONDO_API uint64_t rondo_channel_size(rondo_channel *channel) RONDO_ANY_THREAD;
RONDO_API uint64_t rondo_channel_capacity(rondo_channel *channel) RONDO_ANY_THREAD;

/* No more sends: RONDO_ESHUTDOWN; receives take what is left, then get the same. */
RONDO_API rondo_status rondo_channel_shutdown(rondo_channel *channel) RONDO_ANY_THREAD;

/* ==== Contexts ============================================================================================= */
/* asyncio: contextvars. A context maps variables to values; copying one costs the same however many it holds. Tasks
 * and callbacks capture a copy of the current context when they are created. A NULL context means the current one of
 * the loop running in this thread. */

/* A context variable. name is copied. fallback, the default, is moved (NULL: none). asyncio: ContextVar. */
RONDO_API rondo_status rondo_ctxvar_create(const char *name, rondo_value *fallback,
                                           rondo_ctxvar **out) RONDO_ANY_THREAD;
RONDO_API rondo_ctxvar *rondo_ctxvar_retain(rondo_ctxvar *var) RONDO_ANY_THREAD; /* returns its argument */
RONDO_API void rondo_ctxvar_release(rondo_ctxvar *var) RONDO_ANY_THREAD;
RONDO_API const char *rondo_ctxvar_name(const rondo_ctxvar *var) RONDO_ANY_THREAD;

/* An empty context; copy: a copy of one (NULL: of the current). asyncio: Context(), copy_context. */
RONDO_API rondo_status rondo_context_create(rondo_context **out) RONDO_ANY_THREAD;
RONDO_API rondo_status rondo_context_copy(rondo_context *context, rondo_context **out) RONDO_LOOP_THREAD;
RONDO_API rondo_context *rondo_context_retain(rondo_context *context) RONDO_ANY_THREAD; /* returns its argument */
RONDO_API void rondo_context_release(rondo_context *context) RONDO_ANY_THREAD;

/* get: *view is borrowed, valid until the variable is set again in this context; the default when never set. set: value
 * is moved (NULL: none); *token undoes it once. reset: undoes it; the token is used up (release it all the same).
 * Errors: RONDO_ENOLOOP, RONDO_ENOVALUE (get), RONDO_ETOKEN (reset: used before, or of another context). asyncio:
 * ContextVar.get, set, reset. */
RONDO_API rondo_status rondo_context_get(rondo_context *context, rondo_ctxvar *var,
                                         rondo_value *view) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_context_set(rondo_context *context, rondo_ctxvar *var, rondo_value *value,
                                         rondo_token **token) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_context_reset(rondo_context *context, rondo_token *token) RONDO_LOOP_THREAD;
RONDO_API void rondo_token_release(rondo_token *token) RONDO_ANY_THREAD;

/* Runs fn(user, NULL) now, inside the context, on the running loop.
 * Errors: RONDO_ENOLOOP, RONDO_EENTERED. Calls back: fn. asyncio: Context.run. */
RONDO_API rondo_status rondo_context_run(rondo_context *context, rondo_callback_fn fn, void *user) RONDO_LOOP_THREAD;

/* ==== Wakers =============================================================================================== */
/* Resume a task that answered PARK. Waking before it parks lets the next PARK return in the next turn; waking twice
 * counts once; waking a finished task does nothing. */

/* A waker of this task. Errors: RONDO_EKIND. asyncio: none (call_soon_threadsafe(fut.set_result)). */
RONDO_API rondo_status rondo_task_waker(rondo_task *task, rondo_waker **out) RONDO_LOOP_THREAD;

/* Wakes it; wake also gives the reference back. */
RONDO_API void rondo_waker_wake_by_ref(rondo_waker *waker) RONDO_ANY_THREAD;
RONDO_API void rondo_waker_wake(rondo_waker *waker) RONDO_ANY_THREAD; /* waker is moved */
RONDO_API rondo_waker *rondo_waker_retain(rondo_waker *waker) RONDO_ANY_THREAD; /* returns its argument */
RONDO_API void rondo_waker_release(rondo_waker *waker) RONDO_ANY_THREAD;

/* ==== Descriptors ========================================================================================== */

/* Calls fn(user, call) in every turn in which fd is readable (writable), until removed. Replaces an earlier one of the
 * same fd and direction. A handle that was cancelled watches no more.
 * Errors: RONDO_ECLOSED, libuv's (UV_EBADF, UV_EMFILE, UV_EPERM; UV_EEXIST if libuv watches it already, on Linux never).
 * asyncio: add_reader, add_writer. */
RONDO_API rondo_status rondo_loop_add_reader(rondo_loop *loop, int32_t fd, rondo_callback_fn fn, void *user,
                                             const rondo_call_options *options) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_loop_add_writer(rondo_loop *loop, int32_t fd, rondo_callback_fn fn, void *user,
                                             const rondo_call_options *options) RONDO_LOOP_THREAD;

/* 1 if there was one, 0 if not. asyncio: remove_reader, remove_writer. */
RONDO_API rondo_status rondo_loop_remove_reader(rondo_loop *loop, int32_t fd) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_loop_remove_writer(rondo_loop *loop, int32_t fd) RONDO_LOOP_THREAD;

/* The libuv loop itself: rondo/uv.h. */

/* ==== Looking inside ======================================================================================= */
/* Who awaits whom, across languages: the edges are the waiting lists themselves and cost nothing to keep. */

/* A RONDO_TASK_ state. Errors: RONDO_EKIND. asyncio: none. */
RONDO_API rondo_status rondo_task_state(const rondo_task *task) RONDO_LOOP_THREAD;

/* What the task waits for: *out carries a reference, or is NULL when it waits for no future.
 * Errors: RONDO_EKIND. asyncio: none (Task._fut_waiter). */
RONDO_API rondo_status rondo_task_awaiting(rondo_task *task, rondo_future **out) RONDO_LOOP_THREAD;

/* Who waits for the future: tasks, the gathers, waits, shields and iterations it belongs to, and the task whose group
 * it is a member of. Fills at most capacity entries, each with a reference for you; *count is how many there are.
 * asyncio: capture_call_graph (3.14). */
RONDO_API rondo_status rondo_future_awaited_by(rondo_future *future, rondo_future **out, size_t capacity,
                                               size_t *count) RONDO_LOOP_THREAD;

/* The loop's unfinished tasks as text, a tree with those that nobody awaits at the top: name, state, what it is in (see
 * rondo_coro_vtable.describe), and below it what it awaits; cycles are named as such.
 * Calls back: write, describe.
 * asyncio: print_call_graph (3.14), python -m asyncio pstree. */
RONDO_API rondo_status rondo_loop_dump(rondo_loop *loop, rondo_write_fn write, void *user) RONDO_LOOP_THREAD;

/* The same to a descriptor, without what only the coroutines know, and without allocating or locking: for a signal
 * handler that interrupted the loop's thread, and for debuggers (`call rondo_loop_dump_fd(loop, 2)`). Called from
 * another thread while the loop runs it is carried out by the loop in its next turn.
 * Errors: RONDO_ENOLOOP. */
RONDO_API rondo_status rondo_loop_dump_fd(rondo_loop *loop, int32_t fd) RONDO_SIGNAL_SAFE;

/* Debug mode reports entries that run for so long or longer (RONDO_REPORT_WARNING); the default is 100 ms.
 * asyncio: slow_callback_duration. */
RONDO_API rondo_status rondo_loop_set_slow_callback(rondo_loop *loop, int64_t duration_ns) RONDO_LOOP_THREAD;
RONDO_API int64_t rondo_loop_get_slow_callback(rondo_loop *loop) RONDO_LOOP_THREAD;

/* Where a task, future or handle made in debug mode comes from: a line per frame, innermost first. Writes at most
 * capacity bytes with a terminating NUL, *length is the text's whole length (0: not known).
 * asyncio: source_traceback. */
RONDO_API rondo_status rondo_future_origin(const rondo_future *future, char *text, size_t capacity,
                                           size_t *length) RONDO_LOOP_THREAD;

/* ==== Rings ================================================================================================ */
/* For languages in which every call from C is dear. Tasks and callbacks of a ring that stand next to each other in the
 * ready queue are handed over as one batch: drain(user, n). Their order among everything else is kept exactly; calls
 * into the library while entry i runs see the answers of the entries before it. In debug mode batches have one entry. */

/* The loop's ring; a loop has at most one. options->none, ->host and ->drain are needed.
 * Errors: RONDO_ECLOSED, RONDO_E2BIG, RONDO_ESTATE (the loop has one). asyncio: none. */
RONDO_API rondo_status rondo_ring_create(rondo_loop *loop, const rondo_ring_options *options,
                                         rondo_ring **out) RONDO_LOOP_THREAD;
RONDO_API void rondo_ring_release(rondo_ring *ring) RONDO_ANY_THREAD; /* the loop keeps it until it is closed */

/* Fills *view (set view->size first); the memory lives as long as the ring. */
RONDO_API rondo_status rondo_ring_get_view(rondo_ring *ring, rondo_ring_view *view) RONDO_ANY_THREAD;

/* A task stepped through the ring; object stands for it in view.object and is retained until the task is done.
 * Errors: as rondo_task_create. asyncio: create_task. */
RONDO_API rondo_status rondo_ring_task_create(rondo_ring *ring, void *object, const rondo_task_options *options,
                                              rondo_task **out) RONDO_LOOP_THREAD;

/* The same; NULL when it is refused, and rondo_ring_task_create says why. */
RONDO_API rondo_task *rondo_ring_task_new(rondo_ring *ring, void *object,
                                          const rondo_task_options *options) RONDO_LOOP_THREAD;

/* The object of a ring task that is not done, with a reference of its own; of any other future the ring's `none` object,
 * and NULL of what is no future of a loop with a ring. */
RONDO_API void *rondo_ring_task_object(rondo_future *future) RONDO_LOOP_THREAD;

/* An eager ring task (RONDO_TASK_EAGER in options), in two halves: between them the host runs the first step itself,
 * with the new task as the loop's current one, then gives its answer and value as in a rondo_ring_view. out is needed.
 * Answers 1 when it is to be run now; RONDO_OK when the loop is not running: then the task was made and starts in the
 * next turn, and there is no second half. A RONDO_EINTERRUPT or RONDO_EEXIT raised there does not leave the loop: the
 * host raises it in the creator.
 * Errors: as rondo_task_create. asyncio: Task(eager_start=True). */
RONDO_API rondo_status rondo_ring_task_begin_eager(rondo_ring *ring, void *object, const rondo_task_options *options,
                                                   rondo_task **out) RONDO_LOOP_THREAD;
RONDO_API rondo_status rondo_ring_task_end_eager(rondo_task *task, uint64_t answer, uint64_t value) RONDO_LOOP_THREAD;

/* Runs a ring task as the main task of a runner of the ring's loop, and leaves it in *main, with a reference.
 * Errors: as rondo_runner_run, RONDO_EOTHERLOOP (the ring is another loop's). Calls back: all that it runs. asyncio:
 * Runner.run. */
RONDO_API rondo_status rondo_runner_run_ring(rondo_runner *runner, rondo_ring *ring, void *object,
                                             const rondo_task_options *options, rondo_task **main,
                                             rondo_error **err) RONDO_LOOP_THREAD;

/* Callbacks through the loop's ring: give rondo_ring_callback() as fn and a host object as user wherever a callback is
 * taken (call_soon, call_at, add_done_callback, add_reader, ...). The object is retained until the callback has run or
 * was cancelled; options->drop must be NULL. RONDO_ESTATE from those functions when the loop has no ring. */
RONDO_API rondo_callback_fn rondo_ring_callback(void) RONDO_ANY_THREAD;

/* ==== CPython ============================================================================================== */
/* For a binding in plain Python, whose calls by ctypes cost more than what they do. The library uses CPython's stable
 * ABI by pointers it is given, and links against no Python. All of it with Python's big lock held. */

/* Finds Python's functions: find answers with the address of the one named, or NULL. none is None.
 * Errors: RONDO_ENOTSUP (one is missing). Calls back: find. asyncio: none. */
RONDO_API rondo_status rondo_cpython_load(void *(*find)(const char *name), void *none) RONDO_ANY_THREAD;

/* Where the binding's objects keep what is in them; copied. Needed before methods, makers and steps.
 * Errors: RONDO_E2BIG. asyncio: none. */
RONDO_API rondo_status rondo_cpython_lay_out(const rondo_cpython_layout *layout) RONDO_ANY_THREAD;

/* A builtin function or method descriptor, one reference. Python's lock is held while it calls its target. kinds has a
 * letter for each parameter, and one for the result:
 *   i  an int of up to 64 bits, or None: 0    s, i, u, p  an int: a status, int64_t, uint64_t, an address (None: NULL)
 *   o  an object                              o           an object, one reference; NULL is a refusal
 *   h  the future that the method's object is v, z        None; z: a status other than 0 is a refusal
 *   t  the same, and it is that no longer     b           True or False; negative is a refusal
 *   n  the new object                         n           the new object; a status other than 0 is a refusal
 *   a  given to the new object, no parameter  m           the new object, with this address; NULL is a refusal
 *   x  a place for an address                 x           status 0: the new object with the address at x; else the status
 *   0  0
 * h, t, n, x and 0 take no argument. NULL: out of memory, or not loaded, or too many methods.
 * asyncio: none. */
RONDO_API void *rondo_cpython_function(const rondo_cpython_call *what) RONDO_ANY_THREAD;

/* A builtin function steps(first, count), one reference: runs the entries from first on of the batch of count that is at
 * the host, as long as they are plain: coroutines that are sent something, callbacks. True: all have run. Else *current
 * of the ring's view is the entry that is left: None: it was not begun; (thing,): it yielded what cannot be awaited; the
 * exception it ended with is raised. NULL: out of memory, or not loaded.
 * asyncio: none. */
RONDO_API void *rondo_cpython_steps(rondo_ring *ring) RONDO_ANY_THREAD;

/* A drain for rondo_ring_options: user is a generator, to which count is sent.
 * Calls back: all that it runs. */
RONDO_API void rondo_cpython_drain(void *user, uint32_t count) RONDO_ANY_THREAD;

#ifdef __cplusplus
}
#endif

#endif /* RONDO_H */
