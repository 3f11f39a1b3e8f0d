// The border's tools: kinds, threads and struct sizes are checked here, once, before one call into src.
#pragma once

#include "rondo/rondo.h"

#include "task/context.h"
#include "task/error.h"
#include "task/future.h"
#include "task/as_completed.h"
#include "task/gather.h"
#include "task/group.h"
#include "task/handle.h"
#include "task/report.h"
#include "task/ring.h"
#include "task/runner.h"
#include "task/scheduler.h"
#include "task/task.h"
#include "task/value.h"
#include "task/waker.h"

#include <algorithm>
#include <cstring>
#include <span>

#define RONDO_TRY(call)                                                                                              \
    if (rondo_status try_status = (call); try_status < 0) return try_status

namespace rondo::capi {

using namespace rondo::core;

constexpr Tag tag_of(const rondo_loop *) { return Tag::loop; }
constexpr Tag tag_of(const rondo_future *) { return Tag::future; }
constexpr Tag tag_of(const rondo_handle *) { return Tag::handle; }
constexpr Tag tag_of(const rondo_runner *) { return Tag::runner; }
constexpr Tag tag_of(const rondo_error *) { return Tag::error; }
constexpr Tag tag_of(const rondo_context *) { return Tag::context; }
constexpr Tag tag_of(const rondo_ctxvar *) { return Tag::ctxvar; }
constexpr Tag tag_of(const rondo_token *) { return Tag::token; }
constexpr Tag tag_of(const rondo_waker *) { return Tag::waker; }
constexpr Tag tag_of(const rondo_timeout *) { return Tag::timeout; }
constexpr Tag tag_of(const rondo_task_group *) { return Tag::group; }
constexpr Tag tag_of(const rondo_generator *) { return Tag::generator; }
constexpr Tag tag_of(const rondo_finalizer *) { return Tag::finalizer; }
constexpr Tag tag_of(const rondo_submission *) { return Tag::submission; }
constexpr Tag tag_of(const rondo_executor *) { return Tag::executor; }
constexpr Tag tag_of(const rondo_channel *) { return Tag::channel; }
constexpr Tag tag_of(const rondo_queue *) { return Tag::queue; }
constexpr Tag tag_of(const rondo_barrier *) { return Tag::barrier; }
constexpr Tag tag_of(const rondo_semaphore *) { return Tag::semaphore; }
constexpr Tag tag_of(const rondo_condition *) { return Tag::condition; }
constexpr Tag tag_of(const rondo_event *) { return Tag::event; }
constexpr Tag tag_of(const rondo_lock *) { return Tag::lock; }

// Every handle begins with its tag; a ring's struct is known to ring.cpp alone.
inline rondo_status check_tag(const void *handle, Tag tag) {
    if (!handle) return RONDO_EINVAL;
    return *static_cast<const Tag *>(handle) == tag ? RONDO_OK : RONDO_EKIND;
}
template <class T>
rondo_status check(const T *handle) {
    return check_tag(handle, tag_of(handle));
}
inline rondo_status check(const rondo_ring *handle) { return check_tag(handle, Tag::ring); }

// The right thread; and the answers the host gave so far are acted on before the call looks at anything.
inline rondo_status enter(rondo_loop &loop) {
    if (!loop.working_here()) [[unlikely]] {
        if (loop.wrong_thread()) return loop.forked() ? RONDO_EFORKED : RONDO_ETHREAD;
        loop.touch();
    }
    if (loop.ring_active) [[unlikely]]
        ring_sync(loop);
    return RONDO_OK;
}

// NULL: the running loop. Closed loops pass: see open_loop.
inline rondo_status enter(rondo_loop *&loop) {
    if (loop) {
        RONDO_TRY(check(loop));
    } else if (!(loop = rondo_loop::current())) {
        return RONDO_ENOLOOP;
    }
    return enter(*loop);
}

inline rondo_status enter_open(rondo_loop *&loop) {
    RONDO_TRY(enter(loop));
    return loop->closed() || loop->closing() ? RONDO_ECLOSED : RONDO_OK;
}

inline rondo_status enter(const rondo_future *future) {
    RONDO_TRY(check(future));
    return enter(*future->loop);
}

// A handle whose callback has ended knows no loop any more, for it may outlive it.
inline rondo_status enter(const rondo_handle *handle) {
    RONDO_TRY(check(handle));
    return handle->loop ? enter(*handle->loop) : RONDO_OK;
}

inline rondo_status enter_task(const rondo_task *task, Task *&out) {
    RONDO_TRY(enter(task));
    if (!task->is_task()) return RONDO_EKIND;
    out = static_cast<Task *>(const_cast<rondo_task *>(task));
    return RONDO_OK;
}

// Of a struct that begins with its size: RONDO_EINVAL; RONDO_E2BIG: something is set that is not known here.
template <class T>
rondo_status check_struct(const T *given) {
    if (given->size < sizeof given->size) return RONDO_EINVAL;
    const auto *bytes = reinterpret_cast<const unsigned char *>(given);
    for (std::size_t i = sizeof *given; i < given->size; ++i) {
        if (bytes[i] != 0) return RONDO_E2BIG;
    }
    return RONDO_OK;
}

// Copies what both sides know of such a struct.
template <class T>
rondo_status read_struct(const T *given, T &out) {
    if (given && given->size == sizeof out) [[likely]] {
        out = *given;
        return RONDO_OK;
    }
    std::memset(static_cast<void *>(&out), 0, sizeof out);
    out.size = sizeof out;
    if (!given) return RONDO_OK;
    RONDO_TRY(check_struct(given));
    std::memcpy(static_cast<void *>(&out), given, std::min<std::size_t>(sizeof out, given->size));
    out.size = sizeof out;
    return RONDO_OK;
}

template <class T>
void give(T **out, T *reference) {
    if (out) {
        *out = reference;
    } else if (reference) {
        reference->release();
    }
}

inline void give(rondo_error **out, ErrorRef error) { give(out, error.detach()); }

// Errors of a run: *err is always written.
inline void clear(rondo_error **err) {
    if (err) *err = nullptr;
}

// A failure of the call itself, told as an error object too: which argument, what is wrong with it, and what to do.
// range: what the argument must be, for RONDO_EINVAL when it is more than not NULL.
rondo_status refuse(rondo_status status, rondo_error **err, const char *argument, const char *range = nullptr);

// All of them futures of this loop. RONDO_EINVAL, RONDO_EKIND, RONDO_EOTHERLOOP.
rondo_status check_futures(const rondo_loop &loop, std::span<rondo_future *const> futures);
rondo_status check_host(const rondo_host *host);
rondo_status read_loop_options(const rondo_loop_options *given, rondo_loop_options &out);
rondo_status check_vtable(const rondo_coro_vtable *vtable);
rondo_status read_task_options(const rondo_task_options *given, TaskOptions &out, std::size_t *stack_size = nullptr);
// RONDO_EINVAL, RONDO_ESTATE (the ring's callback without a ring), RONDO_E2BIG, RONDO_ENOMEM.
rondo_status make_handle_from(rondo_loop &loop, rondo_callback_fn fn, void *user, const rondo_call_options *options,
                              Handle *&out);
// Gives the caller's reference out once the handle stands in its place; else undoes it, and user stays the caller's.
rondo_status settle_handle(Handle &handle, rondo_status placed, rondo_handle **out = nullptr);
// How a future ended, as rondo_future_result tells it.
rondo_status read_outcome(Future &future, rondo_value *view, rondo_error **err);

} // namespace rondo::capi
