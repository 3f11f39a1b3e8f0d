#include "border.h"

#include "fiber/fiber.h"
#include "task/timeout.h"

using namespace rondo::capi;

namespace {

rondo_status enter(const rondo_timeout *timeout) {
    RONDO_TRY(check(timeout));
    return rondo::capi::enter(*timeout->loop);
}

// when(now): the deadline.
template <class When>
rondo_status begin(rondo_timeout **out, When when) {
    if (!out) return RONDO_EINVAL;
    *out = nullptr;
    rondo_loop *loop = nullptr;
    RONDO_TRY(enter_open(loop));
    Task *task = nullptr;
    RONDO_TRY(running_task(*loop, task));
    int64_t now = loop->now();
    Timeout *timeout = nullptr;
    RONDO_TRY(make_timeout(*loop, when(now), timeout));
    rondo_status status = timeout->enter(*task, now);
    if (status < 0) {
        timeout->release();
    } else {
        *out = timeout;
    }
    return status;
}

// One the caller has entered.
rondo_status exit(rondo_timeout &timeout, rondo_status body) {
    rondo_status status = timeout.exit(body);
    if (status != RONDO_ETIMEDOUT || body != RONDO_ECANCELED) [[likely]]
        return status;
    Fiber *fiber = Fiber::current();
    return fiber ? fiber->time_out() : status;
}

} // namespace

rondo_status rondo_timeout_create(rondo_loop *loop, int64_t when_ns, rondo_timeout **out) {
    RONDO_TRY(enter_open(loop));
    Timeout *timeout = nullptr;
    RONDO_TRY(make_timeout(*loop, when_ns, timeout));
    give(out, timeout);
    return RONDO_OK;
}

rondo_timeout *rondo_timeout_retain(rondo_timeout *timeout) {
    if (check(timeout) == RONDO_OK) timeout->retain();
    return timeout;
}

void rondo_timeout_release(rondo_timeout *timeout) {
    if (check(timeout) == RONDO_OK) timeout->release();
}

rondo_status rondo_timeout_enter(rondo_timeout *timeout) {
    RONDO_TRY(enter(timeout));
    Task *task = nullptr;
    RONDO_TRY(running_task(*timeout->loop, task));
    return timeout->enter(*task, timeout->loop->now());
}

rondo_status rondo_timeout_exit(rondo_timeout *timeout, rondo_status body) {
    RONDO_TRY(enter(timeout));
    return exit(*timeout, body);
}

rondo_status rondo_timeout_reschedule(rondo_timeout *timeout, int64_t when_ns) {
    RONDO_TRY(enter(timeout));
    return timeout->reschedule(when_ns);
}

int64_t rondo_timeout_when(const rondo_timeout *timeout) {
    return enter(timeout) == RONDO_OK ? timeout->deadline : RONDO_FOREVER;
}

rondo_status rondo_timeout_state(const rondo_timeout *timeout) {
    RONDO_TRY(enter(timeout));
    return timeout->state;
}

rondo_status rondo_timeout_expired(const rondo_timeout *timeout) {
    RONDO_TRY(enter(timeout));
    return timeout->state == RONDO_TIMEOUT_EXPIRING || timeout->state == RONDO_TIMEOUT_EXPIRED;
}

rondo_status rondo_timeout_begin(int64_t delay_ns, rondo_timeout **out) {
    return begin(out, [delay_ns](int64_t now) {
        return delay_ns == RONDO_FOREVER ? RONDO_FOREVER : saturating_add(now, delay_ns);
    });
}

rondo_status rondo_timeout_begin_at(int64_t when_ns, rondo_timeout **out) {
    return begin(out, [when_ns](int64_t) { return when_ns; });
}

rondo_status rondo_timeout_end(rondo_timeout *timeout, rondo_status body) {
    return timeout ? rondo_timeout_leave(timeout, body, nullptr) : body;
}

rondo_status rondo_timeout_leave(rondo_timeout *timeout, rondo_status body, int32_t *state) {
    RONDO_TRY(enter(timeout));
    rondo_status status = exit(*timeout, body);
    if (state) *state = timeout->state;
    timeout->release();
    return status;
}

rondo_timeout *rondo_timeout_start(int64_t when_ns) {
    rondo_timeout *timeout = nullptr;
    return rondo_timeout_begin_at(when_ns, &timeout) < 0 ? nullptr : timeout;
}

rondo_status rondo_timeout_stop(rondo_timeout *timeout, rondo_status body) {
    int32_t state = -1;
    rondo_status status = rondo_timeout_leave(timeout, body, &state);
    return status == body && state >= 0 ? state : status;
}

int64_t rondo_current_deadline(void) {
    rondo_loop *loop = rondo_loop::current();
    Task *task = nullptr;
    bool found = loop && rondo::capi::enter(*loop) == RONDO_OK && running_task(*loop, task) == RONDO_OK;
    return found ? earliest_deadline(*task) : RONDO_FOREVER;
}
