// What the header says under "Forks". Children tell how it went by their exit status.
#include "kit.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

// A failed CHECK ends a child with a status of its own.
static pid_t begin_child(void) {
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    return child;
}

static void child_ends_well(pid_t child) {
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

static rondo_status forty_two(void *arg, rondo_value *result) {
    (void)arg;
    rondo_status s = rondo_sleep(RONDO_MS(1));
    if (s < 0) return s;
    *result = rondo_i64(42);
    return RONDO_OK;
}

static void run_a_program_of_ones_own(void) {
    rondo_value result = rondo_none();
    GIVES(rondo_run(forty_two, NULL, &result, NULL), RONDO_OK);
    CHECK(result.as.i64 == 42);
}

// ---- a child that never returns into the run

static rondo_status fork_and_leave(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    rondo_loop *loop = rondo_loop_running();
    pid_t child = begin_child();
    if (child == 0) {
        CHECK(rondo_loop_running() == NULL);
        GIVES(rondo_loop_call_soon(NULL, count_call, NULL, NULL, NULL), RONDO_ENOLOOP);
        GIVES(rondo_loop_call_soon(loop, count_call, NULL, NULL, NULL), RONDO_EFORKED);
        GIVES(rondo_loop_call_soon_threadsafe(loop, count_call, NULL, NULL, NULL), RONDO_EFORKED);
        run_a_program_of_ones_own();
        _exit(0);
    }
    child_ends_well(child);
    CHECK(rondo_loop_running() == loop);
    return rondo_sleep(RONDO_MS(1));
}

static void the_child_has_no_loop_and_can_run_its_own(void) {
    GIVES(rondo_run(fork_and_leave, NULL, NULL, NULL), RONDO_OK);
}

// ---- a child that does

static int children;
static kit_reports reports;

static rondo_status fork_and_return(void *arg, rondo_value *result) {
    (void)result;
    GIVES(rondo_loop_set_exception_handler(NULL, note_report, &reports), RONDO_OK);
    pid_t child = begin_child();
    if (child == 0) {
        ++children;
        return rondo_sleep(RONDO_MS(1));
    }
    *(pid_t *)arg = child;
    return rondo_sleep(RONDO_MS(1));
}

__attribute__((unused)) static void a_child_that_returns_gets_an_error_and_can_close(void) {
    pid_t child = 0;
    rondo_runner *runner = NULL;
    rondo_error *error = NULL;
    GIVES(rondo_runner_create(NULL, &runner), RONDO_OK);
    rondo_status status = rondo_runner_run(runner, fork_and_return, &child, NULL, NULL, &error);
    if (children > 0) {
        CHECK(status == RONDO_EFORKED);
        TELLS(error, RONDO_EFORKED, "parent");
        GIVES(rondo_runner_run(runner, forty_two, NULL, NULL, NULL, NULL), RONDO_EFORKED);
        GIVES(rondo_runner_close(runner, RONDO_FOREVER, NULL), RONDO_OK);
        rondo_runner_release(runner);
        CHECK(reports.count == 0);
        run_a_program_of_ones_own();
        _exit(0);
    }
    CHECK(status == RONDO_OK);
    child_ends_well(child);
    GIVES(rondo_runner_run(runner, forty_two, NULL, NULL, NULL, NULL), RONDO_OK);
    rondo_runner_release(runner);
}

static rondo_status fork_when_cancelled(void *arg, rondo_value *result) {
    (void)result;
    rondo_status status = rondo_sleep(RONDO_S(3600));
    *(pid_t *)arg = begin_child();
    if (*(pid_t *)arg == 0) ++children;
    rondo_sleep(RONDO_MS(1)); // and the loop goes on with its close
    CHECK(*(pid_t *)arg > 0); // in the parent: no task runs in a child
    return status;
}

static rondo_status leave_behind(void *arg, rondo_value *result) {
    (void)result;
    GIVES(rondo_fiber_create(NULL, fork_when_cancelled, arg, NULL, NULL), RONDO_OK);
    return rondo_yield();
}

__attribute__((unused)) static void a_fork_in_a_close_ends_in_both(void) {
    pid_t child = 0;
    rondo_runner *runner = NULL;
    children = 0;
    GIVES(rondo_runner_create(NULL, &runner), RONDO_OK);
    GIVES(rondo_runner_run(runner, leave_behind, &child, NULL, NULL, NULL), RONDO_OK);
    alarm(30); // what must not be: a child that waits for a task of its parent
    GIVES(rondo_runner_close(runner, RONDO_FOREVER, NULL), RONDO_OK);
    rondo_runner_release(runner);
    alarm(0);
    if (children > 0) {
        run_a_program_of_ones_own();
        _exit(0);
    }
    child_ends_well(child);
}

// ---- descriptors are the parent's

typedef struct watched {
    int pipe[2];
    rondo_future *arrived;
    pid_t child;
} watched;

static void on_readable(void *user, rondo_call *call) {
    (void)call;
    watched *w = user;
    char byte = 0;
    CHECK(read(w->pipe[0], &byte, 1) == 1);
    rondo_value letter = rondo_i64(byte);
    GIVES(rondo_future_set_result(w->arrived, &letter), RONDO_OK);
    GIVES(rondo_loop_remove_reader(NULL, w->pipe[0]), 1);
}

static rondo_status fork_while_watching(void *arg, rondo_value *result) {
    watched *w = arg;
    GIVES(rondo_future_create(NULL, NULL, &w->arrived), RONDO_OK);
    GIVES(rondo_loop_add_reader(NULL, w->pipe[0], on_readable, w, NULL), RONDO_OK);
    rondo_sleep(RONDO_MS(1)); // the kernel has been told
    w->child = begin_child();
    if (w->child == 0) {
        ++children;
        return RONDO_OK;
    }
    child_ends_well(w->child);
    CHECK(write(w->pipe[1], "x", 1) == 1);
    return rondo_await_release(w->arrived, result);
}

__attribute__((unused)) static void a_child_that_closes_takes_no_watch_from_its_parent(void) {
    watched w = {.child = 0};
    children = 0;
    CHECK(pipe(w.pipe) == 0);
    rondo_value result = rondo_none();
    rondo_status status = rondo_run(fork_while_watching, &w, &result, NULL);
    if (children > 0) {
        CHECK(status == RONDO_EFORKED);
        rondo_future_release(w.arrived);
        _exit(0);
    }
    CHECK(status == RONDO_OK);
    CHECK(result.as.i64 == 'x');
    close(w.pipe[0]);
    close(w.pipe[1]);
}

// ---- forked between runs

static void a_runner_without_a_loop_is_everybodys_and_one_with_a_loop_is_not(void) {
    rondo_runner *fresh = NULL;
    rondo_runner *used = NULL;
    GIVES(rondo_runner_create(NULL, &fresh), RONDO_OK);
    GIVES(rondo_runner_create(NULL, &used), RONDO_OK);
    GIVES(rondo_runner_run(used, forty_two, NULL, NULL, NULL, NULL), RONDO_OK);
    pid_t child = begin_child();
    if (child == 0) {
        GIVES(rondo_runner_run(fresh, forty_two, NULL, NULL, NULL, NULL), RONDO_OK);
        GIVES(rondo_runner_run(used, forty_two, NULL, NULL, NULL, NULL), RONDO_EFORKED);
    }
    rondo_runner_release(fresh);
    rondo_runner_release(used);
    if (child == 0) _exit(0);
    child_ends_well(child);
}

static void drops_run_once_in_each_process(void) {
    int drops = 0;
    rondo_loop *loop = quiet_loop();
    rondo_future *future = pending_future(loop);
    rondo_value value = counted(&drops);
    GIVES(rondo_future_set_result(future, &value), RONDO_OK);
    pid_t child = begin_child();
    rondo_loop_release(loop);
    rondo_future_release(future);
    CHECK(drops == 1);
    if (child == 0) _exit(0);
    child_ends_well(child);
}

// ---- threads stay behind

static rondo_status quick(void *arg, rondo_job *job, rondo_value *result) {
    (void)arg, (void)job, (void)result;
    return RONDO_OK;
}

static rondo_status fork_beside_a_pool(void *arg, rondo_value *result) {
    (void)result;
    rondo_executor *pool = arg;
    RONDO_INIT(rondo_job_options, options);
    options.executor = pool;
    rondo_future *job = NULL;
    GIVES(rondo_to_thread(NULL, quick, NULL, &options, &job), RONDO_OK);
    GIVES(rondo_await_release(job, NULL), RONDO_OK);
    GIVES(rondo_to_thread(NULL, quick, NULL, NULL, &job), RONDO_OK); // in the loop's own pool
    GIVES(rondo_await_release(job, NULL), RONDO_OK);
    if (begin_child() == 0) {
        ++children;
        return RONDO_OK;
    }
    int status = 0;
    CHECK(wait(&status) > 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return RONDO_OK;
}

static rondo_status use_an_executor_of_the_parent(void *arg, rondo_value *result) {
    (void)result;
    RONDO_INIT(rondo_job_options, options);
    options.executor = arg;
    rondo_future *job = NULL;
    GIVES(rondo_to_thread(NULL, quick, NULL, &options, &job), RONDO_EFORKED);
    return RONDO_OK;
}

__attribute__((unused)) static void pools_stay_with_the_parent(void) {
    rondo_executor *pool = NULL;
    children = 0;
    GIVES(rondo_executor_create(NULL, &pool), RONDO_OK);
    rondo_status status = rondo_run(fork_beside_a_pool, pool, NULL, NULL);
    if (children > 0) {
        CHECK(status == RONDO_EFORKED);
        GIVES(rondo_run(use_an_executor_of_the_parent, pool, NULL, NULL), RONDO_OK);
        GIVES(rondo_executor_shutdown(pool), RONDO_OK);
    } else {
        CHECK(status == RONDO_OK);
    }
    rondo_executor_release(pool);
    if (children > 0) _exit(0);
}

typedef struct other {
    rondo_loop *loop;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int running;
} other;

static void note_running(void *user, rondo_call *call) {
    (void)call;
    other *o = user;
    pthread_mutex_lock(&o->mutex);
    o->running = 1;
    pthread_cond_signal(&o->changed);
    pthread_mutex_unlock(&o->mutex);
}

static void *run_other(void *user) {
    other *o = user;
    GIVES(rondo_loop_run_forever(o->loop, NULL), RONDO_OK);
    return NULL;
}

static void stop_other(void *user, rondo_call *call) {
    (void)call;
    GIVES(rondo_loop_stop(user), RONDO_OK);
}

static void the_loop_of_another_thread_is_the_parents_too(void) {
    other o = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    o.loop = quiet_loop();
    GIVES(rondo_loop_call_soon(o.loop, note_running, &o, NULL, NULL), RONDO_OK);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, run_other, &o) == 0);
    pthread_mutex_lock(&o.mutex);
    while (!o.running) pthread_cond_wait(&o.changed, &o.mutex);
    pthread_mutex_unlock(&o.mutex);
    pid_t child = begin_child();
    if (child == 0) {
        GIVES(rondo_loop_call_soon(o.loop, count_call, NULL, NULL, NULL), RONDO_EFORKED);
        GIVES(rondo_loop_call_soon_threadsafe(o.loop, count_call, NULL, NULL, NULL), RONDO_EFORKED);
        GIVES(rondo_loop_run_forever(o.loop, NULL), RONDO_EFORKED);
        _exit(0);
    }
    child_ends_well(child);
    GIVES(rondo_loop_call_soon_threadsafe(o.loop, stop_other, o.loop, NULL, NULL), RONDO_OK);
    pthread_join(thread, NULL);
    rondo_loop_release(o.loop);
}

int main(void) {
    RUN(the_child_has_no_loop_and_can_run_its_own);
#ifdef __SANITIZE_THREAD__
    puts("SKIPPED under ThreadSanitizer, which forgets its fibers in a fork: children that return into the run");
#else
    RUN(a_child_that_returns_gets_an_error_and_can_close);
    RUN(a_fork_in_a_close_ends_in_both);
    RUN(a_child_that_closes_takes_no_watch_from_its_parent);
    RUN(pools_stay_with_the_parent);
#endif
    RUN(a_runner_without_a_loop_is_everybodys_and_one_with_a_loop_is_not);
    RUN(drops_run_once_in_each_process);
    RUN(the_loop_of_another_thread_is_the_parents_too);
    return 0;
}
