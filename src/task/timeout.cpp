#include "task/timeout.h"

#include "base/pool.h"

using namespace rondo::core;

namespace {

void expire(Node &node, Loop &loop) {
    if (loop.discarding()) return;
    auto &timeout = static_cast<rondo_timeout &>(static_cast<Alarm &>(node));
    timeout.state = RONDO_TIMEOUT_EXPIRING;
    timeout.task->cls->cancel(*timeout.task, cancelled_error().get());
}

void forsake(Scope &scope) {
    auto &timeout = static_cast<rondo_timeout &>(scope);
    timeout.disarm(*timeout.loop);
    timeout.state = timeout.state == RONDO_TIMEOUT_EXPIRING ? RONDO_TIMEOUT_EXPIRED : RONDO_TIMEOUT_FINISHED;
    timeout.release();
}

} // namespace

rondo_timeout::rondo_timeout(rondo_loop &l, int64_t when)
    : Object(Tag::timeout), Scope(forsake), Alarm(expire), loop(&l) {
    deadline = when;
    loop->hold_memory();
}

void rondo_timeout::release() {
    if (!drop_reference()) return;
    tag = Tag::dead;
    rondo_loop *last = loop;
    destroy(this);
    last->let_memory_go();
}

// asyncio: a deadline that has passed is call_soon, not a timer.
rondo_status rondo_timeout::arm(int64_t now) {
    if (deadline != forever && deadline <= now) {
        loop->ready(*this);
        return RONDO_OK;
    }
    return arm_at(*loop, deadline) ? RONDO_OK : RONDO_ENOMEM;
}

rondo_status rondo_timeout::enter(Task &entering, int64_t now) {
    if (state != RONDO_TIMEOUT_CREATED) return RONDO_ESTATE;
    if (rondo_status s = arm(now); s < 0) return s;
    Scope::enter(entering);
    state = RONDO_TIMEOUT_ACTIVE;
    retain();
    return RONDO_OK;
}

rondo_status rondo_timeout::reschedule(int64_t when) {
    if (state != RONDO_TIMEOUT_ACTIVE) return RONDO_ESTATE;
    int64_t before = deadline;
    disarm(*loop);
    deadline = when;
    int64_t now = loop->now();
    rondo_status status = arm(now);
    if (status == RONDO_OK) return RONDO_OK;
    deadline = before;
    (void)arm(now); // the place it had in the heap is still there
    return status;
}

rondo_status rondo_timeout::exit(rondo_status body) {
    if (state != RONDO_TIMEOUT_ACTIVE && state != RONDO_TIMEOUT_EXPIRING) return RONDO_ESTATE;
    if (loop->current_task != task) return RONDO_ESTATE;
    disarm(*loop);
    bool expired = state == RONDO_TIMEOUT_EXPIRING;
    state = expired ? RONDO_TIMEOUT_EXPIRED : RONDO_TIMEOUT_FINISHED;
    bool alone = expired && uncancel_own();
    leave();
    release();
    return alone && body == RONDO_ECANCELED ? RONDO_ETIMEDOUT : body;
}

namespace rondo::core {

rondo_status make_timeout(rondo_loop &loop, int64_t when, Timeout *&out) {
    out = create<Timeout>(loop, when);
    return out ? RONDO_OK : RONDO_ENOMEM;
}

} // namespace rondo::core
