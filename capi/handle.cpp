#include "border.h"

namespace rondo::capi {

namespace {

rondo_status read_call(rondo_loop &loop, rondo_callback_fn fn, void *user, const rondo_call_options *given,
                       rondo_call_options &out) {
    if (!fn) return RONDO_EINVAL;
    RONDO_TRY(read_struct(given, out));
    if (out.flags != 0) return RONDO_EINVAL;
    if (out.context) RONDO_TRY(check(out.context));
    if (fn != ring_callback) return RONDO_OK;
    if (!loop.ring) return RONDO_ESTATE;
    return out.drop || !user ? RONDO_EINVAL : RONDO_OK;
}

rondo_status make_handle_as_read(rondo_loop &loop, rondo_callback_fn fn, void *user, const rondo_call_options &options,
                                 Handle *&out) {
    out = make_handle(loop, fn, user, options);
    if (!out) return RONDO_ENOMEM;
    if (loop.home_thread()) {
        out->context.init(options.context, loop.context());
    } else if (options.context) {
        out->context.share(*options.context);
    }
    return RONDO_OK;
}

} // namespace

rondo_status make_handle_from(rondo_loop &loop, rondo_callback_fn fn, void *user, const rondo_call_options *options,
                              Handle *&out) {
    rondo_call_options o;
    RONDO_TRY(read_call(loop, fn, user, options, o));
    return make_handle_as_read(loop, fn, user, o, out);
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
    bool by_value = fn && fn != ring_callback && !out && !loop->home_thread() && !loop->shuffles();
    if (by_value && !options) return post_call(*loop, PostedCall{fn, user, nullptr});
    rondo_call_options o;
    RONDO_TRY(read_call(*loop, fn, user, options, o));
    if (by_value && !o.context) return post_call(*loop, PostedCall{fn, user, o.drop});
    Handle *handle = nullptr;
    RONDO_TRY(make_handle_as_read(*loop, fn, user, o, handle));
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
