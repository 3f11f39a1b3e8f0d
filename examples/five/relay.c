/* The group, in C. Its members are four tasks of four languages, each of which awaits what the one before returns. */
#include "relay.h"

#include <stdio.h>
#include <stdlib.h>

enum { LEGS = 4 };

struct team {
    int stuck;
    rondo_future *start, *finish;
    rondo_task *legs[LEGS];
};

static rondo_status run(void *arg, rondo_value *result) {
    struct team *team = arg;
    rondo_task_group *group;
    rondo_status s = rondo_task_group_begin(&group);
    if (s < 0) return s;
    for (int i = 0; i < LEGS; ++i) rondo_task_group_add(group, team->legs[i]);
    if (!team->stuck) {
        rondo_value baton = rondo_text("C", 1);
        rondo_future_set_result(team->start, &baton);
    }
    s = rondo_task_group_end(group, RONDO_OK); /* when all of them have ended */
    printf("C: %s\n", rondo_strerror(s));
    if (s == RONDO_OK) s = rondo_future_take(team->finish, result, NULL);
    rondo_future_release(team->start);
    rondo_future_release(team->finish);
    for (int i = 0; i < LEGS; ++i) rondo_future_release(team->legs[i]);
    free(team);
    return s;
}

rondo_task *relay(rondo_loop *loop, python_leg python, int stuck) {
    struct team *team = malloc(sizeof *team);
    if (!team) return NULL;
    setvbuf(stdout, NULL, _IOLBF, 0); /* everybody prints */
    team->stuck = stuck;
    team->start = rondo_future_new(loop);
    team->finish = rondo_future_new(loop);
    rondo_task *task;
    RONDO_INIT(rondo_task_options, options);
    options.name = "C";
    rondo_fiber_create(loop, run, team, &options, &task); /* its first step comes before theirs */
    team->legs[0] = rust_leg(team->start);
    team->legs[1] = go_leg(loop, team->legs[0]);
    team->legs[2] = cpp_leg(team->legs[1]);
    team->legs[3] = rondo_future_retain(python(team->legs[2], team->finish));
    return task;
}
