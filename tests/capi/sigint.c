// SIGINT while a runner runs (R30-R37 of semantics.md). Each test is a process of its own.
#include "kit.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

// ---- processes

static int status_of(void (*test)(void)) {
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(60); // a loop that is not woken
        test();
        exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

static void in_a_process(const char *name, void (*test)(void)) {
    kit_begin(name);
    int status = status_of(test);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#define RUN_ALONE(test) in_a_process(#test, test)

// ---- signals

static int hits;
static void own_handler(int signal) {
    (void)signal;
    ++hits;
}

static void (*action(void))(int) {
    struct sigaction now;
    CHECK(sigaction(SIGINT, NULL, &now) == 0);
    return now.sa_handler;
}

static void interrupt(void) { CHECK(raise(SIGINT) == 0); }

static rondo_runner *plain_runner(void) {
    rondo_runner *runner = NULL;
    GIVES(rondo_runner_create(NULL, &runner), RONDO_OK);
    return runner;
}

// ---- what main does when it is cancelled

static rondo_status obey(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    interrupt();
    return rondo_sleep(RONDO_S(1000));
}

static rondo_status swallow(void *arg, rondo_value *result) {
    GIVES(obey(arg, NULL), RONDO_ECANCELED);
    *result = rondo_i64(7);
    return RONDO_OK;
}

static rondo_status translate(void *arg, rondo_value *result) {
    GIVES(obey(arg, result), RONDO_ECANCELED);
    return rondo_fail(RONDO_EFAILED, "translated");
}

static void cancel_call(void *task, rondo_call *call) {
    (void)call;
    GIVES(rondo_future_cancel(task, NULL), 1);
}

static rondo_status obey_with_another_request(void *arg, rondo_value *result) {
    rondo_task *self = rondo_loop_current_task(NULL);
    GIVES(rondo_loop_call_soon(NULL, cancel_call, self, NULL, NULL), RONDO_OK);
    return obey(arg, result);
}

static rondo_status do_nothing(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    return rondo_yield();
}

static void r31_the_first_cancels_main_and_run_answers_interrupt(void) {
    rondo_error *err = NULL;
    GIVES(rondo_run(obey, NULL, NULL, &err), RONDO_EINTERRUPT);
    TELLS(err, RONDO_EINTERRUPT, "interrupted");
}

static int others_ends;
static rondo_status note_end(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    rondo_status status = rondo_sleep(RONDO_S(1000));
    ++others_ends;
    return status;
}

static rondo_status obey_beside_another(void *arg, rondo_value *result) {
    GIVES(rondo_fiber_create(NULL, note_end, NULL, NULL, NULL), RONDO_OK);
    GIVES(rondo_yield(), RONDO_OK);
    return obey(arg, result);
}

static void r31_only_main_is_cancelled_others_live_until_close(void) {
    rondo_runner *runner = plain_runner();
    GIVES(rondo_runner_run(runner, obey_beside_another, NULL, NULL, NULL, NULL), RONDO_EINTERRUPT);
    CHECK(others_ends == 0);
    GIVES(rondo_runner_close(runner, RONDO_FOREVER, NULL), RONDO_OK);
    CHECK(others_ends == 1);
    rondo_runner_release(runner);
}

static void r33_main_that_swallowed_it_answers_its_value(void) {
    rondo_value result;
    GIVES(rondo_run(swallow, NULL, &result, NULL), RONDO_OK);
    CHECK(result.as.i64 == 7);
}

static void r33_main_that_translated_it_answers_its_error(void) {
    rondo_error *err = NULL;
    GIVES(rondo_run(translate, NULL, NULL, &err), RONDO_EFAILED);
    TELLS(err, RONDO_EFAILED, "translated");
}

static void r33_main_that_somebody_else_cancelled_too_answers_cancelled(void) {
    GIVES(rondo_run(obey_with_another_request, NULL, NULL, NULL), RONDO_ECANCELED);
}

// ---- R32

static int callbacks;
static rondo_status ignore_the_first(void *arg, rondo_value *result) {
    GIVES(obey(arg, result), RONDO_ECANCELED);
    interrupt();
    GIVES(rondo_loop_call_soon(NULL, count_call, &callbacks, NULL, NULL), RONDO_OK);
    rondo_status status = rondo_sleep(RONDO_S(1000));
    ++others_ends;
    return status;
}

static void r32_the_second_breaks_off_a_main_that_ignores_the_first(void) {
    rondo_runner *runner = plain_runner();
    rondo_error *err = NULL;
    GIVES(rondo_runner_run(runner, ignore_the_first, NULL, NULL, NULL, &err), RONDO_EINTERRUPT);
    TELLS(err, RONDO_EINTERRUPT, "interrupted");
    CHECK(callbacks == 0 && others_ends == 0); // broken off after the entry in which it came
    GIVES(rondo_runner_run(runner, do_nothing, NULL, NULL, NULL, NULL), RONDO_OK); // R37
    CHECK(callbacks == 1);
    GIVES(rondo_runner_close(runner, RONDO_FOREVER, NULL), RONDO_OK);
    CHECK(others_ends == 1); // close still runs
    rondo_runner_release(runner);
}

static void interrupt_call(void *user, rondo_call *call) {
    (void)user;
    (void)call;
    interrupt();
}

static void r32_two_in_one_callback_break_off(void) {
    rondo_runner *runner = plain_runner();
    rondo_loop *loop = NULL;
    GIVES(rondo_runner_get_loop(runner, &loop), RONDO_OK);
    GIVES(rondo_loop_call_soon(loop, interrupt_call, NULL, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_call_soon(loop, interrupt_call, NULL, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_call_soon(loop, count_call, &callbacks, NULL, NULL), RONDO_OK);
    GIVES(rondo_runner_run(runner, note_end, NULL, NULL, NULL, NULL), RONDO_EINTERRUPT);
    CHECK(callbacks == 0 && others_ends == 0);
    rondo_runner_release(runner);
}

static rondo_status return_and_interrupt_later(void *turns, rondo_value *result) {
    *result = counted(&hits);
    GIVES(rondo_loop_call_soon(NULL, interrupt_call, NULL, NULL, NULL), RONDO_OK);
    if (*(int *)turns) GIVES(rondo_yield(), RONDO_OK);
    return RONDO_OK;
}

static void r32_one_that_comes_when_main_is_done_is_the_answer(void) {
    rondo_runner *runner = plain_runner();
    rondo_loop *loop = NULL;
    GIVES(rondo_runner_get_loop(runner, &loop), RONDO_OK);
    int turns = 0;
    rondo_value result;
    GIVES(rondo_runner_run(runner, return_and_interrupt_later, &turns, NULL, &result, NULL), RONDO_EINTERRUPT);
    CHECK(result.kind == RONDO_NONE && hits == 1); // the value was dropped
    GIVES(rondo_runner_run(runner, do_nothing, NULL, NULL, NULL, NULL), RONDO_OK);
    GIVES(rondo_runner_close(runner, RONDO_FOREVER, NULL), RONDO_OK);
    rondo_runner_release(runner);
}

// ---- R30, R35: whose signal it is

static rondo_status interrupt_and_yield(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    interrupt();
    return rondo_sleep(RONDO_MS(1));
}

static void r30_a_handler_of_one_s_own_is_left_alone(void) {
    CHECK(signal(SIGINT, own_handler) != SIG_ERR);
    GIVES(rondo_run(interrupt_and_yield, NULL, NULL, NULL), RONDO_OK);
    CHECK(hits == 1 && action() == own_handler);
}

static void r30_an_ignored_signal_stays_ignored(void) {
    CHECK(signal(SIGINT, SIG_IGN) != SIG_ERR);
    GIVES(rondo_run(interrupt_and_yield, NULL, NULL, NULL), RONDO_OK);
    CHECK(action() == SIG_IGN);
}

static rondo_status expect_default(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    CHECK(action() == SIG_DFL);
    return rondo_yield();
}

static rondo_status expect_installed(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    CHECK(action() != SIG_DFL);
    return rondo_yield();
}

static void *run_in_a_thread(void *unused) {
    GIVES(rondo_run(expect_default, NULL, NULL, NULL), RONDO_OK);
    return unused;
}

static void r30_runs_outside_the_main_thread_leave_it_alone(void) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, run_in_a_thread, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    GIVES(rondo_run(expect_installed, NULL, NULL, NULL), RONDO_OK);
}

static void r30_a_runner_can_be_told_to_leave_it_alone(void) {
    RONDO_INIT(rondo_runner_options, options);
    options.flags = RONDO_RUNNER_NO_SIGINT;
    rondo_runner *runner = NULL;
    GIVES(rondo_runner_create(&options, &runner), RONDO_OK);
    GIVES(rondo_runner_run(runner, expect_default, NULL, NULL, NULL, NULL), RONDO_OK);
    rondo_runner_release(runner);
}

static void r35_the_default_action_is_put_back(void) {
    rondo_runner *runner = plain_runner();
    for (int i = 0; i < 3; ++i) {
        GIVES(rondo_runner_run(runner, expect_installed, NULL, NULL, NULL, NULL), RONDO_OK);
        CHECK(action() == SIG_DFL);
    }
    GIVES(rondo_runner_run(runner, obey, NULL, NULL, NULL, NULL), RONDO_EINTERRUPT);
    CHECK(action() == SIG_DFL);
    rondo_runner_release(runner);
}

static rondo_status install_own(void *arg, rondo_value *result) {
    CHECK(signal(SIGINT, own_handler) != SIG_ERR);
    return interrupt_and_yield(arg, result);
}

static void r35_a_handler_installed_meanwhile_is_kept(void) {
    GIVES(rondo_run(install_own, NULL, NULL, NULL), RONDO_OK);
    CHECK(hits == 1 && action() == own_handler);
}

// ---- R36, R37

static void interrupt_between_runs(void) {
    rondo_runner *runner = plain_runner();
    GIVES(rondo_runner_run(runner, do_nothing, NULL, NULL, NULL, NULL), RONDO_OK);
    interrupt();
}

static void r36_between_runs_it_does_what_it_always_does(void) {
    int status = status_of(interrupt_between_runs);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
}

static void r37_each_run_counts_anew(void) {
    rondo_runner *runner = plain_runner();
    for (int i = 0; i < 3; ++i) {
        GIVES(rondo_runner_run(runner, obey, NULL, NULL, NULL, NULL), RONDO_EINTERRUPT);
        GIVES(rondo_runner_run(runner, swallow, NULL, NULL, NULL, NULL), RONDO_OK);
    }
    GIVES(rondo_runner_run(runner, do_nothing, NULL, NULL, NULL, NULL), RONDO_OK);
    rondo_runner_release(runner);
}

static rondo_status interrupt_and_return(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    interrupt();
    return RONDO_OK;
}

static void r37_nothing_of_a_run_is_left_for_the_next(void) {
    rondo_runner *runner = plain_runner();
    for (int i = 0; i < 3; ++i) {
        rondo_status status = rondo_runner_run(runner, interrupt_and_return, NULL, NULL, NULL, NULL);
        CHECK(status == RONDO_OK || status == RONDO_EINTERRUPT);
        GIVES(rondo_runner_run(runner, do_nothing, NULL, NULL, NULL, NULL), RONDO_OK);
    }
    GIVES(rondo_runner_close(runner, RONDO_FOREVER, NULL), RONDO_OK);
    rondo_runner_release(runner);
}

// ---- a loop that sleeps is woken, whichever thread the signal hits

static sem_t asleep;
static int rounds_left;

static void *tell_that_it_sleeps(void) {
    sem_post(&asleep);
    return NULL;
}

static void *hit_this_thread(void *unused) {
    while (sem_wait(&asleep) == 0 && rounds_left > 0) CHECK(pthread_kill(pthread_self(), SIGINT) == 0);
    return unused;
}

static rondo_status sleep_for_long(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    return rondo_sleep(RONDO_S(100000));
}

static void wake_from_sleep(int watched_fd) {
    static const rondo_host host = {.size = sizeof host, .block_enter = tell_that_it_sleeps};
    RONDO_INIT(rondo_loop_options, loop_options);
    loop_options.host = &host;
    RONDO_INIT(rondo_runner_options, options);
    options.loop = &loop_options;
    rondo_runner *runner = NULL;
    rondo_loop *loop = NULL;
    GIVES(rondo_runner_create(&options, &runner), RONDO_OK);
    GIVES(rondo_runner_get_loop(runner, &loop), RONDO_OK);
    if (watched_fd >= 0) GIVES(rondo_loop_add_reader(loop, watched_fd, count_call, &hits, NULL), RONDO_OK);
    CHECK(sem_init(&asleep, 0, 0) == 0);
    rounds_left = 100;
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, hit_this_thread, NULL) == 0);
    for (; rounds_left > 0; --rounds_left) {
        GIVES(rondo_runner_run(runner, sleep_for_long, NULL, NULL, NULL, NULL), RONDO_EINTERRUPT);
    }
    sem_post(&asleep);
    CHECK(pthread_join(thread, NULL) == 0);
    rondo_runner_release(runner);
}

static void r31_a_sleeping_loop_is_woken(void) { wake_from_sleep(-1); }

static void r31_a_loop_that_sleeps_in_libuv_is_woken(void) {
    int ends[2];
    CHECK(pipe(ends) == 0);
    wake_from_sleep(ends[0]);
}

int main(void) {
    RUN_ALONE(r30_a_handler_of_one_s_own_is_left_alone);
    RUN_ALONE(r30_an_ignored_signal_stays_ignored);
    RUN_ALONE(r30_runs_outside_the_main_thread_leave_it_alone);
    RUN_ALONE(r30_a_runner_can_be_told_to_leave_it_alone);
    RUN_ALONE(r31_the_first_cancels_main_and_run_answers_interrupt);
    RUN_ALONE(r31_only_main_is_cancelled_others_live_until_close);
    RUN_ALONE(r31_a_sleeping_loop_is_woken);
    RUN_ALONE(r31_a_loop_that_sleeps_in_libuv_is_woken);
    RUN_ALONE(r32_the_second_breaks_off_a_main_that_ignores_the_first);
    RUN_ALONE(r32_two_in_one_callback_break_off);
    RUN_ALONE(r32_one_that_comes_when_main_is_done_is_the_answer);
    RUN_ALONE(r33_main_that_swallowed_it_answers_its_value);
    RUN_ALONE(r33_main_that_translated_it_answers_its_error);
    RUN_ALONE(r33_main_that_somebody_else_cancelled_too_answers_cancelled);
    RUN_ALONE(r35_the_default_action_is_put_back);
    RUN_ALONE(r35_a_handler_installed_meanwhile_is_kept);
    RUN_ALONE(r36_between_runs_it_does_what_it_always_does);
    RUN_ALONE(r37_each_run_counts_anew);
    RUN_ALONE(r37_nothing_of_a_run_is_left_for_the_next);
    return 0;
}
