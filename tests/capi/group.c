// Room "Task groups": refusals, states, and handles that outlive what they are about.
#include "kit.h"

static rondo_loop *loop;

static rondo_task_group *make_group(void) {
    rondo_task_group *made = NULL;
    GIVES(rondo_task_group_create(loop, &made), RONDO_OK);
    return made;
}

static rondo_status return_at_once(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    return RONDO_OK;
}

static void in_a_task(kit_step step) {
    rondo_task *task = start(loop, step, NULL, NULL);
    run_until_idle(loop);
    GIVES(rondo_future_result(task, NULL, NULL), RONDO_OK);
    rondo_future_release(task);
    CHECK(stats_of(loop).futures == 0);
}

static void outside_a_task_it_cannot_be_entered_or_left(void) {
    rondo_task_group *group = make_group();
    rondo_future *wait = (void *)loop;
    rondo_error *err = NULL;
    GIVES(rondo_task_group_enter(group), RONDO_ENOTASK);
    GIVES(rondo_task_group_exit(group, NULL, &wait, &err), RONDO_ESTATE);
    CHECK(wait == NULL);
    TELLS(err, RONDO_ESTATE, "group");
    GIVES(rondo_task_group_exit(group, NULL, NULL, &err), RONDO_EINVAL);
    TELLS(err, RONDO_EINVAL, "wait");
    GIVES(rondo_task_group_exit(NULL, NULL, &wait, &err), RONDO_EINVAL);
    TELLS(err, RONDO_EINVAL, "group");
    GIVES(rondo_task_group_spawn(group, return_at_once, NULL, NULL), RONDO_ESTATE);
    GIVES(rondo_task_group_spawn(group, NULL, NULL, NULL), RONDO_EINVAL);
    size_t members = 7, failed = 7;
    GIVES(rondo_task_group_count(group, &members, &failed), RONDO_OK);
    CHECK(members == 0 && failed == 0);
    GIVES(rondo_task_group_state(group), RONDO_GROUP_CREATED);
    CHECK(rondo_task_group_retain(group) == group);
    rondo_task_group_release(group);
    rondo_task_group_release(group);
    rondo_task_group *out = NULL;
    GIVES(rondo_task_group_begin(&out), RONDO_ENOFIBER);
    GIVES(rondo_task_group_begin(NULL), RONDO_EINVAL);
    GIVES(rondo_task_group_create(loop, NULL), RONDO_OK);
    GIVES(rondo_task_group_end(NULL, RONDO_EFAILED), RONDO_EFAILED);
    CHECK(out == NULL && stats_of(loop).futures == 0);
}

static void the_end_s_short_form_is_for_fibers(void) {
    rondo_task_group *group = make_group();
    GIVES(rondo_task_group_end(group, RONDO_OK), RONDO_ENOFIBER);
    GIVES(rondo_task_group_state(group), RONDO_GROUP_CREATED);
    rondo_task_group_release(group);
}

static void step_with_members(kit_frame *frame, rondo_step *io) {
    rondo_task_group *group = frame->user;
    if (frame->at == 0) {
        frame->user = group = make_group();
        GIVES(rondo_task_group_enter(group), RONDO_OK);
        RONDO_INIT(rondo_task_options, options);
        options.group = group;
        kit_frame member = {step_yield_once, NULL, 0, NULL};
        GIVES(rondo_task_create(loop, &kit_coro, &member, &options, NULL), RONDO_OK);
        GIVES(rondo_fiber_create(loop, return_at_once, NULL, &options, NULL), RONDO_OK);
        GIVES(rondo_task_group_spawn(group, return_at_once, NULL, NULL), RONDO_OK);
        rondo_task *task = start(loop, step_yield_once, NULL, NULL);
        GIVES(rondo_task_group_add(group, task), RONDO_OK);
        rondo_future_release(task);
        size_t members = 0;
        GIVES(rondo_task_group_count(group, &members, NULL), RONDO_OK);
        CHECK(members == 4);
    }
    rondo_future *wait = NULL;
    rondo_status status = rondo_task_group_exit(group, io->error, &wait, NULL);
    if (status == 1) {
        io->verdict = RONDO_STEP_AWAIT;
        io->target = wait;
        return;
    }
    CHECK(status == RONDO_OK && wait == NULL);
    GIVES(rondo_task_group_state(group), RONDO_GROUP_FINISHED);
    GIVES(rondo_task_group_cancel(group), RONDO_OK);
    GIVES(rondo_task_group_spawn(group, return_at_once, NULL, NULL), RONDO_ESTATE);
    rondo_task_group_release(group);
    io->verdict = RONDO_STEP_RETURN;
}

static void any_coroutine_becomes_a_member(void) { in_a_task(step_with_members); }

static void step_with_a_refused_member(kit_frame *frame, rondo_step *io) {
    rondo_task_group *group = make_group();
    RONDO_INIT(rondo_task_options, options);
    options.group = group;
    int ends = 0;
    kit_frame member = {step_return, NULL, 0, &ends};
    rondo_task *task = NULL;
    GIVES(rondo_task_create(loop, &kit_coro, &member, &options, &task), RONDO_ESTATE);
    GIVES(rondo_fiber_create(loop, return_at_once, NULL, &options, &task), RONDO_ESTATE);
    CHECK(task == NULL && ends == 0); // init stays the caller's
    rondo_task_group_release(group);
    step_return(frame, io);
}

static void a_refused_member_is_not_made(void) { in_a_task(step_with_a_refused_member); }

static rondo_task_group *kept;

static void step_stay_inside(kit_frame *frame, rondo_step *io) {
    if (frame->at == 0) {
        GIVES(rondo_task_group_enter(kept), RONDO_OK);
        GIVES(rondo_task_group_spawn(kept, return_at_once, NULL, NULL), RONDO_OK);
    }
    step_park(frame, io);
}

static void a_handle_outlives_its_task_and_its_loop(void) {
    rondo_loop *usual = loop;
    for (int close_first = 0; close_first < 2; ++close_first) {
        loop = virtual_loop();
        kept = make_group();
        rondo_task *task = start(loop, step_stay_inside, NULL, NULL);
        GIVES(rondo_loop_run_once(loop, 0), 1);
        if (close_first) GIVES(rondo_loop_close(loop), RONDO_OK);
        rondo_loop_release(loop); // closes an open one, whatever is entered
        GIVES(rondo_task_group_state(kept), RONDO_GROUP_FINISHED);
        GIVES(rondo_task_group_cancel(kept), RONDO_OK);
        GIVES(rondo_task_group_enter(kept), RONDO_ENOTASK);
        rondo_future *wait = NULL;
        GIVES(rondo_task_group_exit(kept, NULL, &wait, NULL), RONDO_ESTATE);
        GIVES(rondo_task_group_add(kept, task), RONDO_ESTATE);
        size_t members = 7;
        GIVES(rondo_task_group_count(kept, &members, NULL), RONDO_OK);
        CHECK(members == 0);
        rondo_task_group_release(kept);
        rondo_future_release(task);
    }
    loop = usual;
}

static void a_closed_loop_makes_none(void) {
    rondo_loop *gone = virtual_loop();
    GIVES(rondo_loop_close(gone), RONDO_OK);
    rondo_task_group *out = NULL;
    GIVES(rondo_task_group_create(gone, &out), RONDO_ECLOSED);
    CHECK(out == NULL);
    rondo_loop_release(gone);
}

static void a_task_of_another_loop_is_refused(void) {
    rondo_loop *other = virtual_loop();
    rondo_task *theirs = start(other, step_return, NULL, NULL);
    rondo_task_group *group = make_group();
    GIVES(rondo_task_group_add(group, theirs), RONDO_EOTHERLOOP);
    RONDO_INIT(rondo_task_options, options);
    options.group = group;
    kit_frame frame = {step_return, NULL, 0, NULL};
    GIVES(rondo_task_create(other, &kit_coro, &frame, &options, NULL), RONDO_EOTHERLOOP);
    rondo_task_group_release(group);
    run_until_idle(other);
    rondo_future_release(theirs);
    rondo_loop_release(other);
}

int main(void) {
    loop = virtual_loop();
    RUN(outside_a_task_it_cannot_be_entered_or_left);
    RUN(the_end_s_short_form_is_for_fibers);
    RUN(any_coroutine_becomes_a_member);
    RUN(a_refused_member_is_not_made);
    RUN(a_handle_outlives_its_task_and_its_loop);
    RUN(a_closed_loop_makes_none);
    RUN(a_task_of_another_loop_is_refused);
    rondo_loop_release(loop);
    return 0;
}
