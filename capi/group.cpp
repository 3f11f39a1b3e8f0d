#include "border.h"

#include "fiber/fiber.h"

using namespace rondo::capi;

namespace {

rondo_status enter(const rondo_task_group *group) {
    RONDO_TRY(check(group));
    return rondo::capi::enter(*group->loop);
}

// Leaves a group from inside a fiber: awaits what exit asks for. Nothing is held meanwhile: the stack may end with the
// loop, and is not unwound then.
rondo_status leave(Fiber &fiber, Group &group, ErrorRef raised, ErrorRef &error) {
    for (;;) {
        FutureRef wait;
        rondo_status status = group.exit(raised.get(), wait, error);
        raised = {};
        bool no_memory = status == RONDO_ENOMEM && !error; // to wait with: it looks again
        if (status != 1 && !no_memory) return status;
        status = no_memory ? fiber.sleep(RONDO_MS(1)) : fiber.await_release(std::move(wait), nullptr);
        if (status == RONDO_ENOFIBER) return status;
        if (status < 0) raised = fiber.error_of(status);
    }
}

} // namespace

rondo_status rondo_task_group_create(rondo_loop *loop, rondo_task_group **out) {
    RONDO_TRY(enter_open(loop));
    auto *group = create<Group>(*loop);
    if (!group) return RONDO_ENOMEM;
    give(out, group);
    return RONDO_OK;
}

rondo_task_group *rondo_task_group_retain(rondo_task_group *group) {
    if (check(group) == RONDO_OK) group->retain();
    return group;
}

void rondo_task_group_release(rondo_task_group *group) {
    if (check(group) == RONDO_OK) group->release();
}

rondo_status rondo_task_group_enter(rondo_task_group *group) {
    RONDO_TRY(enter(group));
    Task *task = nullptr;
    RONDO_TRY(running_task(*group->loop, task));
    return group->enter(*task);
}

rondo_status rondo_task_group_add(rondo_task_group *group, rondo_task *task) {
    RONDO_TRY(enter(group));
    Task *member = nullptr;
    RONDO_TRY(enter_task(task, member));
    if (member->loop != group->loop) return RONDO_EOTHERLOOP;
    RONDO_TRY(group->check_open());
    Group::Member *place = Group::make_member();
    if (!place) return RONDO_ENOMEM;
    group->add(*place, *member);
    return RONDO_OK;
}

rondo_status rondo_task_group_state(const rondo_task_group *group) {
    RONDO_TRY(enter(group));
    bool left = group->state == Group::State::finished ||
                (group->state == Group::State::exiting && group->members.empty());
    if (left) return RONDO_GROUP_FINISHED;
    if (group->state == Group::State::created) return RONDO_GROUP_CREATED;
    return group->aborting ? RONDO_GROUP_ABORTING : RONDO_GROUP_OPEN;
}

rondo_status rondo_task_group_count(rondo_task_group *group, size_t *members, size_t *failed) {
    RONDO_TRY(enter(group));
    if (members) *members = group->members.size();
    if (failed) *failed = group->failed.size();
    return RONDO_OK;
}

rondo_status rondo_task_group_exit(rondo_task_group *group, const rondo_error *raised, rondo_future **wait,
                                   rondo_error **err) {
    clear(err);
    if (wait) *wait = nullptr;
    if (rondo_status s = enter(group); s < 0) return refuse(s, err, "group");
    if (!wait) return refuse(RONDO_EINVAL, err, "wait");
    if (raised) RONDO_TRY(check(raised));
    FutureRef future;
    ErrorRef error;
    rondo_status status = group->exit(const_cast<rondo_error *>(raised), future, error);
    if (status < 0 && !error) return refuse(status, err, "group");
    *wait = future.detach();
    if (error) give(err, std::move(error));
    return status;
}

rondo_status rondo_task_group_cancel(rondo_task_group *group) {
    RONDO_TRY(enter(group));
    group->cancel();
    return RONDO_OK;
}

rondo_status rondo_task_group_begin(rondo_task_group **out) {
    if (!out) return RONDO_EINVAL;
    *out = nullptr;
    if (!Fiber::current()) return RONDO_ENOFIBER;
    rondo_task_group *group = nullptr;
    RONDO_TRY(rondo_task_group_create(nullptr, &group));
    rondo_status status = rondo_task_group_enter(group);
    if (status < 0) {
        group->release();
    } else {
        *out = group;
    }
    return status;
}

rondo_status rondo_task_group_spawn(rondo_task_group *group, rondo_fiber_fn fn, void *arg, rondo_task **task) {
    RONDO_TRY(enter(group));
    RONDO_INIT(rondo_task_options, options);
    options.group = group;
    return rondo_fiber_create(group->loop, fn, arg, &options, task);
}

rondo_status rondo_task_group_end(rondo_task_group *group, rondo_status body) {
    if (!group) return body;
    RONDO_TRY(enter(group));
    Fiber *fiber = Fiber::current();
    if (!fiber) return RONDO_ENOFIBER;
    ErrorRef raised = body < 0 ? fiber->error_of(body) : ErrorRef();
    ErrorRef error;
    bool inside = group->task == &fiber->task(); // then it keeps itself until it is left
    if (inside) group->release();
    rondo_status status = leave(*fiber, *group, std::move(raised), error);
    if (!inside) group->release();
    return error ? fiber->note(status, error.get()) : status;
}
