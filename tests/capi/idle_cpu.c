// A loop that waits burns no CPU and, until it watches something, holds no descriptor. Counted, not timed.
#include "kit.h"

#include <dirent.h>
#include <pthread.h>
#include <unistd.h>

static int open_descriptors(void) {
    DIR *directory = opendir("/proc/self/fd");
    CHECK(directory != NULL);
    int count = 0;
    while (readdir(directory)) ++count;
    closedir(directory);
    return count;
}

static int before;
static void none_was_opened(void) { CHECK(open_descriptors() == before); }

static rondo_status sleep_a_while(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    none_was_opened();
    rondo_status status = rondo_sleep(RONDO_MS(100));
    none_was_opened();
    return status;
}

static rondo_status never_wait(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    for (int i = 0; i < 100; ++i) {
        if (rondo_yield() < 0) return RONDO_EFAILED;
    }
    none_was_opened();
    return RONDO_OK;
}

static void a_runner_that_is_never_used_opens_nothing(void) {
    rondo_runner *runner = NULL;
    GIVES(rondo_runner_create(NULL, &runner), RONDO_OK);
    none_was_opened();
    GIVES(rondo_runner_get_loop(runner, NULL), RONDO_OK);
    none_was_opened();
    rondo_runner_release(runner);
    none_was_opened();
}

static void a_run_that_never_waits_opens_nothing(void) {
    for (int i = 0; i < 10; ++i) GIVES(rondo_run(never_wait, NULL, NULL, NULL), RONDO_OK);
    none_was_opened();
}

static void a_sleeping_loop_makes_few_turns_and_opens_nothing(void) {
    rondo_runner *runner = NULL;
    rondo_loop *loop = NULL;
    GIVES(rondo_runner_create(NULL, &runner), RONDO_OK);
    GIVES(rondo_runner_get_loop(runner, &loop), RONDO_OK);
    GIVES(rondo_runner_run(runner, sleep_a_while, NULL, NULL, NULL, NULL), RONDO_OK);
    rondo_loop_stats stats = stats_of(loop);
    CHECK(stats.turns <= 8 && stats.entries <= 6);
    CHECK(stats.sleeps >= 1 && stats.sleeps <= 4);
    CHECK(stats.polls == 0 && stats.open == 0);
    rondo_runner_release(runner);
    none_was_opened();
}

static rondo_status just_sleep(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    return rondo_sleep(RONDO_MS(100));
}

// libuv keeps a pipe for signals from its first loop to the end of the process.
static void open_what_libuv_keeps(void) {
    rondo_loop *loop = quiet_loop();
    int ends[2];
    CHECK(pipe(ends) == 0);
    GIVES(rondo_loop_add_reader(loop, ends[0], count_call, NULL, NULL), RONDO_OK);
    rondo_loop_release(loop);
    close(ends[0]);
    close(ends[1]);
    before = open_descriptors();
}

static void a_sleeping_loop_that_watches_a_quiet_descriptor_makes_few_turns(void) {
    open_what_libuv_keeps();
    int ends[2];
    CHECK(pipe(ends) == 0);
    rondo_runner *runner = NULL;
    rondo_loop *loop = NULL;
    GIVES(rondo_runner_create(NULL, &runner), RONDO_OK);
    GIVES(rondo_runner_get_loop(runner, &loop), RONDO_OK);
    int reads = 0;
    GIVES(rondo_loop_add_reader(loop, ends[0], count_call, &reads, NULL), RONDO_OK);
    GIVES(rondo_runner_run(runner, just_sleep, NULL, NULL, NULL, NULL), RONDO_OK);
    rondo_loop_stats stats = stats_of(loop);
    CHECK(stats.open == 1 && reads == 0);
    CHECK(stats.turns <= 10 && stats.sleeps >= 1 && stats.sleeps <= 5 && stats.polls <= 10);
    rondo_runner_release(runner);
    close(ends[0]);
    close(ends[1]);
    none_was_opened(); // the loop has closed its own
}

static void stop_call(void *user, rondo_call *call) {
    (void)user;
    GIVES(rondo_loop_stop(call->loop), RONDO_OK);
}

static void *post_a_stop(void *loop) {
    usleep(50000);
    GIVES(rondo_loop_call_soon_threadsafe(loop, stop_call, NULL, NULL, NULL), RONDO_OK);
    return NULL;
}

static void a_loop_with_nothing_to_do_sleeps_until_it_is_woken(void) {
    rondo_loop *loop = quiet_loop();
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, post_a_stop, loop) == 0);
    GIVES(rondo_loop_run_forever(loop, NULL), RONDO_OK);
    CHECK(pthread_join(thread, NULL) == 0);
    rondo_loop_stats stats = stats_of(loop);
    CHECK(stats.turns <= 4 && stats.sleeps <= 3 && stats.open == 0);
    rondo_loop_release(loop);
    none_was_opened();
}

static void a_hundred_sleepers_cost_a_few_turns_each(void) {
    rondo_loop *loop = quiet_loop();
    int calls = 0;
    for (int i = 0; i < 100; ++i) {
        GIVES(rondo_loop_call_later(loop, RONDO_MS(i), count_call, &calls, NULL, NULL), RONDO_OK);
    }
    while (calls < 100) CHECK(rondo_loop_run_once(loop, RONDO_FOREVER) >= 0);
    CHECK(stats_of(loop).turns <= 300);
    rondo_loop_release(loop);
}

int main(void) {
    before = open_descriptors();
    RUN(a_runner_that_is_never_used_opens_nothing);
    RUN(a_run_that_never_waits_opens_nothing);
    RUN(a_sleeping_loop_makes_few_turns_and_opens_nothing);
    RUN(a_sleeping_loop_that_watches_a_quiet_descriptor_makes_few_turns);
    RUN(a_loop_with_nothing_to_do_sleeps_until_it_is_woken);
    RUN(a_hundred_sleepers_cost_a_few_turns_each);
    return 0;
}
