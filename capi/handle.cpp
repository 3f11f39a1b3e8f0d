#include "border.h"

namespace rondo::capi {

rondo_status make_handle_from(rondo_loop &loop, rondo_callback_fn fn, void *user, const rondo_call_options *options,
                              Handle *&out) {
    if (!fn) return RONDO_EINVAL;
    rondo_call_options o;
    RONDO_TRY(read_struct(options, o));
    if (o.flags != 0) return RONDO_EINVAL;
    if (o.context) RONDO_TRY(check(o.context));
    if (fn == ring_callback) {
        if (!loop.ring) return RONDO_ESTATE;
        if (o.drop || !user) return RONDO_EINVAL;
    }
    out = make_handle(loop, fn, user, o);
    if (!out) return RONDO_ENOMEM;
    if (loop.home_thread()) {
        out->context.init(o.context, loop.context());
    } else if (o.context) {
        out->context.share(*o.context);
    }
    return RONDO_OK;
}

rondo_status settle_handle(Handle &handle, rondo_status placed, rondo_handle **out) {
    if (placed >= 0) {
        give(out, &handle);
        return placed;
    }
    handle.drop = nullptr;
    handle.discard();
    handle.release();
    return placed;
}

namespace {

rondo_status schedule_at(rondo_loop &loop, int64_t when, rondo_callback_fn fn, void *user,
                         const rondo_call_options *options, rondo_handle **out) {
    Handle *handle = nullptr;
    RONDO_TRY(make_handle_from(loop, fn, user, options, handle));
    return settle_handle(*handle, call_at(*handle, when), out);
}

} // namespace
} // namespace rondo::capi

using namespace rondo::capi;

rondo_status rondo_loop_call_soon(rondo_loop *loop, rondo_callback_fn fn, void *user,
                                  const rondo_call_options *options, rondo_handle **out) {
    Handle *handle = nullptr;
    RONDO_TRY(enter_open(loop));
    RONDO_TRY(make_handle_from(*loop, fn, user, options, handle));
    call_soon(*handle);
    give(out, handle);
    return RONDO_OK;
}

rondo_status rondo_loop_call_later(rondo_loop *loop, int64_t delay_ns, rondo_callback_fn fn, void *user,
                                   const rondo_call_options *options, rondo_handle **out) {
    RONDO_TRY(enter_open(loop));
    return schedule_at(*loop, saturating_add(loop->now(), delay_ns), fn, user, options, out);
}

rondo_status rondo_loop_call_at(rondo_loop *loop, int64_t when_ns, rondo_callback_fn fn, void *user,
                                const rondo_call_options *options, rondo_handle **out) {
    RONDO_TRY(enter_open(loop));
    (void)loop->now(); // so that what is due already is known to be, and runs in the next turn
    return schedule_at(*loop, when_ns, fn, user, options, out);
}

rondo_status rondo_loop_call_soon_threadsafe(rondo_loop *loop, rondo_callback_fn fn, void *user,
                                             const rondo_call_options *options, rondo_handle **out) {
    if (!loop && !(loop = rondo_loop::current())) return RONDO_ENOLOOP;
    RONDO_TRY(check(loop));
    if (loop->closed()) return RONDO_ECLOSED;
    Handle *handle = nullptr;
    RONDO_TRY(make_handle_from(*loop, fn, user, options, handle));
    return settle_handle(*handle, call_soon_threadsafe(*handle), out);
}

rondo_status rondo_handle_cancel(rondo_handle *handle) {
    RONDO_TRY(enter(handle));
    handle->cancel();
    return RONDO_OK;
}

rondo_status rondo_handle_cancelled(const rondo_handle *handle) {
    RONDO_TRY(enter(handle));
    return handle->cancelled;
}

int64_t rondo_handle_when(const rondo_handle *handle) { return enter(handle) == RONDO_OK ? handle->when : 0; }

rondo_handle *rondo_handle_retain(rondo_handle *handle) {
    if (check(handle) == RONDO_OK) handle->retain();
    return handle;
}

void rondo_handle_release(rondo_handle *handle) {
    if (check(handle) == RONDO_OK) handle->release();
}
