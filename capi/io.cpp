#include "border.h"

#include "io/watch.h"

#include "rondo/uv.h"

using namespace rondo::capi;

namespace {

rondo_status watch(rondo_loop *loop, int32_t fd, Direction direction, rondo_callback_fn fn, void *user,
                   const rondo_call_options *options) {
    RONDO_TRY(enter_open(loop));
    if (fd < 0) return UV_EBADF;
    Handle *handle = nullptr;
    RONDO_TRY(make_handle_from(*loop, fn, user, options, handle));
    rondo_status status = RONDO_ENOMEM;
    try {
        status = add_watch(*loop, fd, direction, *handle);
    } catch (const std::bad_alloc &) {
    }
    return settle_handle(*handle, status);
}

rondo_status unwatch(rondo_loop *loop, int32_t fd, Direction direction) {
    RONDO_TRY(enter(loop));
    return remove_watch(*loop, fd, direction);
}

} // namespace

rondo_status rondo_loop_add_reader(rondo_loop *loop, int32_t fd, rondo_callback_fn fn, void *user,
                                   const rondo_call_options *options) {
    return watch(loop, fd, Direction::read, fn, user, options);
}

rondo_status rondo_loop_add_writer(rondo_loop *loop, int32_t fd, rondo_callback_fn fn, void *user,
                                   const rondo_call_options *options) {
    return watch(loop, fd, Direction::write, fn, user, options);
}

rondo_status rondo_loop_remove_reader(rondo_loop *loop, int32_t fd) { return unwatch(loop, fd, Direction::read); }

rondo_status rondo_loop_remove_writer(rondo_loop *loop, int32_t fd) { return unwatch(loop, fd, Direction::write); }

rondo_status rondo_loop_uv(rondo_loop *loop, uv_loop_t **out) {
    RONDO_TRY(enter_open(loop));
    RONDO_TRY(loop->open_uv());
    if (out) *out = loop->uv();
    return RONDO_OK;
}
