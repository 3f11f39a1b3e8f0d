#include "border.h"

#include <cstddef>

namespace rondo::capi {

rondo_status check_vtable(const rondo_coro_vtable *vtable) {
    if (!vtable) return RONDO_EINVAL;
    if (vtable->size != sizeof *vtable) RONDO_TRY(check_struct(vtable));
    constexpr size_t largest_frame = size_t{1} << 30;
    constexpr size_t oldest = offsetof(rondo_coro_vtable, describe);
    constexpr uint32_t alignments = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8 | 1 << 16;
    bool usable = vtable->size >= oldest && vtable->step && vtable->flags == 0 && vtable->frame_size < largest_frame &&
                  vtable->frame_align <= 16 && (alignments >> vtable->frame_align & 1);
    return usable ? RONDO_OK : RONDO_EINVAL;
}

rondo_status read_task_options(const rondo_task_options *given, TaskOptions &out, std::size_t *stack_size) {
    rondo_task_options o;
    RONDO_TRY(read_struct(given, o));
    constexpr uint32_t known = RONDO_TASK_EAGER | RONDO_TASK_RESULT_WINS | RONDO_TASK_CANCEL_STICKS;
    if (o.flags & ~known) return RONDO_EINVAL;
    if (o.context) RONDO_TRY(check(o.context));
    if (o.group) RONDO_TRY(check(o.group));
    out.name = o.name;
    out.context = o.context;
    out.flags = o.flags;
    out.group = o.group;
    if (stack_size) *stack_size = o.stack_size;
    return RONDO_OK;
}

} // namespace rondo::capi

using namespace rondo::capi;

rondo_status rondo_task_create(rondo_loop *loop, const rondo_coro_vtable *vtable, const void *init,
                               const rondo_task_options *options, rondo_task **out) {
    RONDO_TRY(enter_open(loop));
    RONDO_TRY(check_vtable(vtable));
    Task *task = nullptr;
    if (options) {
        TaskOptions o;
        RONDO_TRY(read_task_options(options, o));
        RONDO_TRY(make_task(*loop, *vtable, init, o, task));
    } else {
        task = make_task(*loop, *vtable, init);
        if (!task) return RONDO_ENOMEM;
    }
    give<rondo_task>(out, task);
    return RONDO_OK;
}

rondo_status rondo_task_cancelling(const rondo_task *task) {
    Task *t = nullptr;
    RONDO_TRY(enter_task(task, t));
    return static_cast<rondo_status>(t->cancels);
}

rondo_status rondo_task_uncancel(rondo_task *task) {
    Task *t = nullptr;
    RONDO_TRY(enter_task(task, t));
    return static_cast<rondo_status>(uncancel(*t));
}

const char *rondo_task_get_name(rondo_task *task) {
    Task *t = nullptr;
    return enter_task(task, t) == RONDO_OK ? task_name(*t) : nullptr;
}

rondo_status rondo_task_set_name(rondo_task *task, const char *name) {
    Task *t = nullptr;
    RONDO_TRY(enter_task(task, t));
    return name ? set_task_name(*t, name) : RONDO_EINVAL;
}

rondo_status rondo_task_waive(rondo_task *task) {
    Task *t = nullptr;
    RONDO_TRY(enter_task(task, t));
    t->waived = true;
    return RONDO_OK;
}

rondo_status rondo_task_get_context(rondo_task *task, rondo_context **out) {
    Task *t = nullptr;
    RONDO_TRY(enter_task(task, t));
    rondo_context *context = t->context.promote(t->phase == Phase::running);
    if (!context) return RONDO_ENOMEM;
    context->retain();
    give(out, context);
    return RONDO_OK;
}

void *rondo_task_frame(rondo_task *task) {
    Task *t = nullptr;
    return enter_task(task, t) == RONDO_OK && t->frame_alive ? t->frame() : nullptr;
}

rondo_status rondo_step_take(rondo_step *io, rondo_value *out) {
    if (!io || !io->sent) return RONDO_EINVAL;
    RONDO_TRY(enter(*io->loop));
    if (io->status < 0) return io->status;
    rondo_value value;
    RONDO_TRY(take_sent(*io, value));
    if (out) {
        *out = value;
    } else {
        drop_value(value);
    }
    return RONDO_OK;
}
