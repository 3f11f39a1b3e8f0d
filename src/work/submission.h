// A coroutine started on a loop from another thread, which may block for its end (U2-U5).
#pragma once

#include "base/object.h"
#include "base/ref.h"
#include "task/task.h"

#include <condition_variable>
#include <mutex>

struct rondo_submission final : rondo::core::Object, rondo::core::CloseHook {
    explicit rondo_submission(rondo_loop &l);
    ~rondo_submission();
    void release();

    // Blocks. RONDO_OK with the value, which is moved out; the error's code; RONDO_ETIMEDOUT, RONDO_EDEADLOCK,
    // RONDO_ETAKEN.
    rondo_status wait(int64_t timeout, rondo_value &value, rondo::core::ErrorRef &error);
    rondo_status cancel();
    bool done();

    // By the loop's thread.
    void settle(rondo_status how, rondo_value value, rondo::core::ErrorRef why);

    rondo_loop *loop; // its memory is held: what waits on it for the task must not keep it open
    rondo::core::FutureRef task; // touched by the loop's thread alone

private:
    std::mutex mutex_;
    std::condition_variable ended_;
    bool done_ = false;
    bool taken_ = false;
    rondo_status status_ = RONDO_OK;
    rondo_value value_;
    rondo::core::ErrorRef error_;
};

namespace rondo::core {

using Submission = ::rondo_submission;

// frame: what the vtable's coroutine begins with, copied; at most two words. RONDO_ENOMEM, RONDO_ECLOSED.
struct Start {
    const rondo_coro_vtable *vtable;
    void *words[4];
    bool is_frame; // init is the address of words; else words[0]
};
rondo_status submit(rondo_loop &loop, const Start &start, Submission *&out);

} // namespace rondo::core
