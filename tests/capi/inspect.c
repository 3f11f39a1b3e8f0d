// Room "Looking inside": refusals, closed loops, and what is written where.
#include "kit.h"

#include <unistd.h>

static rondo_loop *loop;

static char text[4096];
static size_t length;

static void append(void *user, const char *piece, size_t len) {
    CHECK(user == text && length + len < sizeof text);
    memcpy(text + length, piece, len);
    length += len;
    text[length] = '\0';
}

static const char *dump(void) {
    length = 0;
    GIVES(rondo_loop_dump(loop, append, text), RONDO_OK);
    return text;
}

static void bad_arguments_are_refused(void) {
    rondo_future *future = pending_future(loop);
    rondo_future *found = NULL;
    size_t count = 7;
    char origin[8] = "abc";
    GIVES(rondo_loop_dump(loop, NULL, NULL), RONDO_EINVAL);
    GIVES(rondo_loop_dump_fd(loop, -1), RONDO_EINVAL);
    GIVES(rondo_future_awaited_by(future, NULL, 1, &count), RONDO_EINVAL);
    GIVES(rondo_future_awaited_by(future, NULL, 0, &count), RONDO_OK);
    CHECK(count == 0);
    GIVES(rondo_future_awaited_by(future, &found, 1, NULL), RONDO_OK);
    GIVES(rondo_future_origin(future, NULL, 8, NULL), RONDO_EINVAL);
    GIVES(rondo_future_origin(future, origin, 1, &count), RONDO_OK);
    CHECK(origin[0] == '\0' && count == 0 && found == NULL);
    GIVES(rondo_task_state(future), RONDO_EKIND);
    found = future;
    GIVES(rondo_task_awaiting(future, &found), RONDO_EKIND);
    CHECK(found == NULL);
    GIVES(rondo_loop_set_slow_callback(loop, -1), RONDO_EINVAL);
    CHECK(rondo_loop_get_slow_callback(loop) == RONDO_MS(100));
    rondo_future_release(future);
}

static void a_task_is_shown_until_it_is_done(void) {
    rondo_future *future = pending_future(loop);
    rondo_task *task = start(loop, step_await_user, future, NULL);
    GIVES(rondo_task_set_name(task, "the task"), RONDO_OK);
    CHECK(strcmp(dump(), "loop: 1 tasks\n* the task: ready\n") == 0);
    GIVES(rondo_loop_run_once(loop, 0), 0);
    CHECK(strcmp(dump(), "loop: 1 tasks\n* the task: waiting\n  Future\n") == 0);
    rondo_future *found = NULL;
    GIVES(rondo_task_awaiting(task, &found), RONDO_OK);
    CHECK(found == future);
    rondo_future_release(found);
    size_t count = 0;
    GIVES(rondo_future_awaited_by(future, &found, 1, &count), RONDO_OK);
    CHECK(found == task && count == 1);
    rondo_future_release(found);
    GIVES(rondo_future_set_result(future, NULL), RONDO_OK);
    run_until_idle(loop);
    GIVES(rondo_task_state(task), RONDO_TASK_DONE);
    GIVES(rondo_task_awaiting(task, &found), RONDO_OK);
    CHECK(found == NULL);
    CHECK(strcmp(dump(), "loop: 0 tasks\n") == 0);
    rondo_future_release(task);
    rondo_future_release(future);
}

static void looking_changes_nothing(void) {
    rondo_future *future = pending_future(loop);
    rondo_task *tasks[3];
    for (int i = 0; i < 3; ++i) tasks[i] = start(loop, step_await_user, i ? tasks[i - 1] : future, NULL);
    GIVES(rondo_loop_run_once(loop, 0), 0);
    rondo_loop_stats before = stats_of(loop);
    for (int i = 0; i < 3; ++i) {
        dump();
        for (int k = 0; k < 3; ++k) {
            GIVES(rondo_task_state(tasks[k]), RONDO_TASK_WAITING);
            GIVES(rondo_task_awaiting(tasks[k], NULL), RONDO_OK);
            GIVES(rondo_future_awaited_by(tasks[k], NULL, 0, NULL), RONDO_OK);
        }
    }
    rondo_loop_stats after = stats_of(loop);
    CHECK(memcmp(&before, &after, sizeof after) == 0);
    GIVES(rondo_future_set_result(future, NULL), RONDO_OK);
    run_until_idle(loop);
    for (int i = 0; i < 3; ++i) rondo_future_release(tasks[i]);
    rondo_future_release(future);
    CHECK(stats_of(loop).futures == 0);
}

static void a_closed_loop_has_no_tasks(void) {
    rondo_loop *usual = loop;
    loop = virtual_loop();
    rondo_task *task = start(loop, step_park, NULL, NULL);
    rondo_future *future = pending_future(loop);
    GIVES(rondo_loop_close(loop), RONDO_OK);
    CHECK(strcmp(dump(), "loop: 0 tasks\n") == 0);
    GIVES(rondo_task_state(task), RONDO_TASK_DONE);
    GIVES(rondo_future_awaited_by(future, NULL, 0, NULL), RONDO_OK);
    GIVES(rondo_future_origin(future, NULL, 0, NULL), RONDO_OK);
    rondo_future_release(task);
    rondo_future_release(future);
    rondo_loop_release(loop);
    loop = usual;
}

static void a_descriptor_that_takes_nothing_does_no_harm(void) {
    int ends[2];
    CHECK(pipe(ends) == 0);
    close(ends[1]);
    GIVES(rondo_loop_dump_fd(loop, ends[1]), RONDO_OK); // closed
    GIVES(rondo_loop_dump_fd(loop, ends[0]), RONDO_OK); // not for writing
    close(ends[0]);
}

static void without_a_loop_the_running_one_is_meant(void) {
    GIVES(rondo_loop_dump(NULL, append, text), RONDO_ENOLOOP);
    GIVES(rondo_loop_dump_fd(NULL, 2), RONDO_ENOLOOP);
    GIVES(rondo_loop_set_slow_callback(NULL, 1), RONDO_ENOLOOP);
    CHECK(rondo_loop_get_slow_callback(NULL) == 0);
}

int main(void) {
    loop = virtual_loop();
    RUN(bad_arguments_are_refused);
    RUN(a_task_is_shown_until_it_is_done);
    RUN(looking_changes_nothing);
    RUN(a_closed_loop_has_no_tasks);
    RUN(a_descriptor_that_takes_nothing_does_no_harm);
    RUN(without_a_loop_the_running_one_is_meant);
    rondo_loop_release(loop);
    return 0;
}
