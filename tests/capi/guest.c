// rondo_loop_run_guest: the turns are made by a host, here one that does nothing but wait.
#include "kit.h"

#include "rondo/uv.h"

#include <poll.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static rondo_loop *loop;
static int32_t fd;
static int64_t wait_ns;
static int turns;

static rondo_status turn(void) {
    ++turns;
    return rondo_loop_run_guest(loop, &fd, &wait_ns, NULL);
}

static int to_ms(int64_t ns) { return ns == RONDO_FOREVER ? -1 : (int)((ns + 999999) / 1000000); }

static void wait_as_host(void) {
    struct pollfd events = {.fd = fd, .events = POLLIN};
    CHECK(poll(&events, 1, to_ms(wait_ns)) >= 0);
}

// Nothing is to be done now: the host may wait, and would.
static void is_quiet(void) {
    struct pollfd events = {.fd = fd, .events = POLLIN};
    CHECK(wait_ns > 0 && poll(&events, 1, 0) == 0);
}

static void is_called(void) {
    struct pollfd events = {.fd = fd, .events = POLLIN};
    CHECK(poll(&events, 1, 0) == 1);
}

static void turn_until_quiet(void) {
    while (turn() == 1) {}
    is_quiet();
}

static void host_until(const int *flag) {
    while (!*flag) {
        if (turn() == 0 && !*flag) wait_as_host();
    }
}

static void begin(void) {
    loop = quiet_loop();
    turns = 0;
    turn_until_quiet();
    CHECK(turns == 1 && wait_ns == RONDO_FOREVER);
}

static void end(void) { rondo_loop_release(loop); }

// ---- what calls the host

static void a_loop_with_nothing_to_do_is_quiet(void) {
    begin();
    int32_t first = fd;
    turn_until_quiet();
    CHECK(fd == first && stats_of(loop).sleeps == 0 && rondo_loop_running() == NULL);
    end();
}

static void each_turn_runs_what_was_ready(void) {
    begin();
    rondo_task *task = start(loop, step_yield_once, NULL, NULL);
    GIVES(turn(), 1);
    GIVES(turn(), 0);
    GIVES(rondo_future_done(task), 1);
    rondo_future_release(task);
    end();
}

static void work_from_between_the_turns_calls(void) {
    begin();
    int calls = 0;
    GIVES(rondo_loop_call_soon(loop, count_call, &calls, NULL, NULL), RONDO_OK);
    is_called();
    GIVES(turn(), 0);
    CHECK(calls == 1);
    is_quiet();

    rondo_future *future = pending_future(loop);
    rondo_task *task = start(loop, step_await_user, future, NULL);
    turn_until_quiet();
    rondo_value five = rondo_i64(5);
    GIVES(rondo_future_set_result(future, &five), RONDO_OK);
    is_called();
    turn_until_quiet();
    GIVES(rondo_future_done(task), 1);
    rondo_future_release(task);
    rondo_future_release(future);
    end();
}

static void *call_from_a_thread(void *calls) {
    GIVES(rondo_loop_call_soon_threadsafe(loop, count_call, calls, NULL, NULL), RONDO_OK);
    return NULL;
}

static void another_thread_calls(void) {
    begin();
    for (int round = 1; round <= 100; ++round) {
        int calls = 0;
        turns = 0;
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, call_from_a_thread, &calls) == 0);
        wait_as_host();
        host_until(&calls);
        CHECK(pthread_join(thread, NULL) == 0);
        turn_until_quiet();
        CHECK(calls == 1 && turns <= 4);
    }
    end();
}

static void a_deadline_calls(void) {
    begin();
    int calls = 0;
    int64_t due = rondo_loop_time(loop) + RONDO_MS(20);
    turn_until_quiet(); // asking for the time was a call from between the turns
    turns = 0;
    GIVES(rondo_loop_call_at(loop, due, count_call, &calls, NULL, NULL), RONDO_OK);
    is_called(); // the host waits for something else from now on
    host_until(&calls);
    CHECK(rondo_loop_time(loop) >= due && turns <= 4);
#if defined(__linux__)
    CHECK(wait_ns == RONDO_FOREVER);
#endif
    end();
}

static void a_deadline_that_has_passed_needs_no_wait(void) {
    begin();
    int calls = 0;
    rondo_handle *handle = NULL;
    GIVES(rondo_loop_call_later(loop, RONDO_S(100), count_call, &calls, NULL, &handle), RONDO_OK);
    turn_until_quiet();
    GIVES(rondo_handle_cancel(handle), RONDO_OK);
    GIVES(rondo_loop_call_later(loop, 0, count_call, &calls, NULL, NULL), RONDO_OK);
    GIVES(turn(), 0);
    CHECK(calls == 1);
    is_quiet();
    rondo_handle_release(handle);
    end();
}

typedef struct {
    int ends[2];
    int reads;
} channel;

static void read_one(void *user, rondo_call *call) {
    (void)call;
    channel *c = user;
    char byte;
    c->reads += read(c->ends[0], &byte, 1) == 1;
}

static void watch_pipe(void *user, rondo_call *call) {
    channel *c = user;
    GIVES(rondo_loop_add_reader(call->loop, c->ends[0], read_one, c, NULL), RONDO_OK);
}

static void descriptors_call(void) {
    begin();
    channel c = {.reads = 0};
    CHECK(pipe(c.ends) == 0);
    GIVES(rondo_loop_call_soon(loop, watch_pipe, &c, NULL, NULL), RONDO_OK); // the last thing the turn does
    turn_until_quiet();
    for (int round = 1; round <= 3; ++round) {
        CHECK(write(c.ends[1], "x", 1) == 1);
        is_called();
        turn_until_quiet();
        CHECK(c.reads == round);
    }
    close(c.ends[0]);
    close(c.ends[1]);
    end();
}

static void note_timer(uv_timer_t *timer) {
    CHECK(rondo_loop_running() == loop);
    *(int *)timer->data = 1;
}

static void timers_of_libuv_call(void) {
    begin();
    uv_loop_t *uv = NULL;
    uv_timer_t timer;
    int rang = 0;
    timer.data = &rang;
    GIVES(rondo_loop_uv(loop, &uv), RONDO_OK);
    CHECK(uv_timer_init(uv, &timer) == 0 && uv_timer_start(&timer, note_timer, 10, 0) == 0);
    turns = 0;
    host_until(&rang);
    CHECK(turns <= 4);
    end();
}

static void a_dump_is_written_by_the_loop(void) {
    begin();
    int ends[2];
    CHECK(pipe(ends) == 0);
    rondo_task *task = start(loop, step_park, NULL, NULL);
    turn_until_quiet();
    GIVES(rondo_loop_dump_fd(loop, ends[1]), RONDO_OK);
    turn_until_quiet();
    char text[256];
    CHECK(read(ends[0], text, sizeof text) > 0);
    close(ends[0]);
    close(ends[1]);
    rondo_future_release(task);
    end();
}

// ---- what leaves a turn, what refuses one

static void interrupt(void *user, rondo_call *call) {
    ++*(int *)user;
    call->status = RONDO_EINTERRUPT;
}

static void an_interrupt_leaves_the_turn_and_the_rest_is_due(void) {
    begin();
    int calls = 0;
    GIVES(rondo_loop_call_soon(loop, interrupt, &calls, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_call_soon(loop, count_call, &calls, NULL, NULL), RONDO_OK);
    rondo_error *err = NULL;
    wait_ns = 7;
    GIVES(rondo_loop_run_guest(loop, &fd, &wait_ns, &err), RONDO_EINTERRUPT);
    TELLS(err, RONDO_EINTERRUPT, "interrupted");
    CHECK(calls == 1 && wait_ns == 0);
    turn_until_quiet();
    CHECK(calls == 2);
    end();
}

static void run_inside(void *user, rondo_call *call) {
    ++*(int *)user;
    GIVES(rondo_loop_run_guest(call->loop, NULL, NULL, NULL), RONDO_ERUNNING);
    GIVES(rondo_loop_close(call->loop), RONDO_ERUNNING);
    rondo_loop *other = quiet_loop();
    rondo_error *err = NULL;
    GIVES(rondo_loop_run_guest(other, NULL, NULL, &err), RONDO_ERUNNING);
    TELLS(err, RONDO_ERUNNING, "loop", "already running");
    rondo_loop_release(other);
}

static void turns_do_not_nest(void) {
    begin();
    int calls = 0;
    GIVES(rondo_loop_call_soon(loop, run_inside, &calls, NULL, NULL), RONDO_OK);
    turn_until_quiet();
    CHECK(calls == 1);
    end();
}

static void some_loops_cannot_be_guests(void) {
    rondo_error *err = NULL;
    rondo_loop *other = virtual_loop();
    GIVES(rondo_loop_run_guest(other, NULL, NULL, &err), RONDO_ENOTSUP);
    TELLS(err, RONDO_ENOTSUP, "loop", "not supported");
    CHECK(stats_of(other).turns == 0 && stats_of(other).open == 0);
    rondo_loop_close(other);
    GIVES(rondo_loop_run_guest(other, NULL, NULL, NULL), RONDO_ECLOSED);
    rondo_loop_release(other);
}

static void a_guest_can_run_by_itself_in_between(void) {
    begin();
    rondo_future *future = pending_future(loop);
    int calls = 0;
    GIVES(rondo_loop_call_later(loop, RONDO_MS(1), count_call, &calls, NULL, NULL), RONDO_OK);
    while (calls == 0) CHECK(rondo_loop_run_once(loop, RONDO_FOREVER) >= 0);
    CHECK(stats_of(loop).sleeps >= 1);
    turn_until_quiet();
    rondo_future_release(future);
    end();
}

static void a_child_does_not_call_its_parents_host(void) {
    begin();
    rondo_future *future = pending_future(loop);
    turn_until_quiet();
    pid_t child = fork();
    if (child == 0) {
        CHECK(rondo_future_done(future) == 0);
        GIVES(rondo_loop_run_guest(loop, NULL, NULL, NULL), RONDO_EFORKED);
        _exit(0);
    }
    int status = 1;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    is_quiet();
    rondo_future_release(future);
    end();
}

int main(void) {
    RUN(a_loop_with_nothing_to_do_is_quiet);
    RUN(each_turn_runs_what_was_ready);
    RUN(work_from_between_the_turns_calls);
    RUN(another_thread_calls);
    RUN(a_deadline_calls);
    RUN(a_deadline_that_has_passed_needs_no_wait);
    RUN(descriptors_call);
    RUN(timers_of_libuv_call);
    RUN(a_dump_is_written_by_the_loop);
    RUN(an_interrupt_leaves_the_turn_and_the_rest_is_due);
    RUN(turns_do_not_nest);
    RUN(some_loops_cannot_be_guests);
    RUN(a_guest_can_run_by_itself_in_between);
    RUN(a_child_does_not_call_its_parents_host);
    return 0;
}
