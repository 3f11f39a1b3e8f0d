#include "border.h"

using namespace rondo::capi;

rondo_status rondo_ring_create(rondo_loop *loop, const rondo_ring_options *options, rondo_ring **out) {
    RONDO_TRY(enter_open(loop));
    if (!options) return RONDO_EINVAL;
    rondo_ring_options o;
    RONDO_TRY(read_struct(options, o));
    constexpr uint32_t largest_capacity = 4096;
    if (!o.host || !o.none || !o.drain || o.capacity > largest_capacity) return RONDO_EINVAL;
    RONDO_TRY(check_host(o.host));
    if (loop->ring) return RONDO_ESTATE;
    rondo_ring *ring = nullptr;
    RONDO_TRY(make_ring(*loop, o, ring));
    if (out) {
        *out = ring;
    } else {
        ring_release(*ring);
    }
    return RONDO_OK;
}

void rondo_ring_release(rondo_ring *ring) {
    if (check(ring) == RONDO_OK) ring_release(*ring);
}

rondo_status rondo_ring_get_view(rondo_ring *ring, rondo_ring_view *view) {
    RONDO_TRY(check(ring));
    if (!view || view->size < sizeof *view) return RONDO_EINVAL;
    ring_view(*ring, *view);
    return RONDO_OK;
}

rondo_status rondo_ring_task_create(rondo_ring *ring, void *object, const rondo_task_options *options,
                                    rondo_task **out) {
    RONDO_TRY(check(ring));
    rondo_loop *loop = ring_loop(*ring);
    if (!loop) return RONDO_ECLOSED;
    RONDO_TRY(enter_open(loop));
    if (!object) return RONDO_EINVAL;
    TaskOptions o;
    RONDO_TRY(read_task_options(options, o));
    if ((o.flags & RONDO_TASK_EAGER) && loop->running()) return RONDO_EINVAL;
    Task *task = nullptr;
    RONDO_TRY(make_ring_task(*loop, RingTaskInit{ring, object}, o, task));
    give<rondo_task>(out, task);
    return RONDO_OK;
}

rondo_task *rondo_ring_task_new(rondo_ring *ring, void *object, const rondo_task_options *options) {
    rondo_task *task = nullptr;
    return rondo_ring_task_create(ring, object, options, &task) < 0 ? nullptr : task;
}

void *rondo_ring_task_object(rondo_future *future) {
    if (enter(future) < 0 || !future->loop->ring) return nullptr;
    return ring_task_object(*future);
}

rondo_status rondo_ring_task_begin_eager(rondo_ring *ring, void *object, const rondo_task_options *options,
                                         rondo_task **out) {
    RONDO_TRY(check(ring));
    rondo_loop *loop = ring_loop(*ring);
    if (!loop) return RONDO_ECLOSED;
    RONDO_TRY(enter_open(loop));
    if (!object || !out) return RONDO_EINVAL;
    TaskOptions o;
    RONDO_TRY(read_task_options(options, o));
    Task *task = nullptr;
    rondo_status status = begin_eager(*loop, RingTaskInit{ring, object}, o, task);
    if (status >= 0) *out = task;
    return status;
}

rondo_status rondo_ring_task_end_eager(rondo_task *task, uint64_t answer, uint64_t value) {
    Task *t = nullptr;
    RONDO_TRY(enter_task(task, t));
    return t->in_ring ? end_eager(*t, answer, value) : RONDO_EKIND;
}

rondo_callback_fn rondo_ring_callback(void) { return ring_callback; }
