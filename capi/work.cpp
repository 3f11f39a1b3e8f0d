#include "border.h"

#include "base/pool.h"
#include "fiber/fiber.h"
#include "work/bridge.h"
#include "work/executor.h"
#include "work/job.h"
#include "work/submission.h"

using namespace rondo::capi;

// ---- jobs

rondo_status rondo_to_thread(rondo_loop *loop, rondo_job_fn fn, void *arg, const rondo_job_options *options,
                             rondo_future **out) {
    RONDO_TRY(enter_open(loop));
    if (!fn) return RONDO_EINVAL;
    rondo_job_options o;
    RONDO_TRY(read_struct(options, o));
    if (o.flags) return RONDO_EINVAL;
    if (o.executor) RONDO_TRY(check(o.executor));
    if (o.context) RONDO_TRY(check(o.context));
    Future *job = nullptr;
    RONDO_TRY(start_job(*loop, fn, arg, o, job));
    give(out, job);
    return RONDO_OK;
}

rondo_status rondo_job_cancelled(rondo_job *job) {
    return job ? job->unwanted.load(std::memory_order_relaxed) : rondo_status{RONDO_EINVAL};
}

rondo_status rondo_job_fail(rondo_job *job, rondo_status code, const char *message) {
    if (!job) return RONDO_EINVAL;
    job->error = make_error(code, message);
    return job->error->code;
}

rondo_status rondo_job_raise(rondo_job *job, rondo_error *error) {
    if (!job) return RONDO_EINVAL;
    RONDO_TRY(check(error));
    job->error = ErrorRef::adopt(error);
    return error->code;
}

// ---- executors

rondo_status rondo_executor_create(const rondo_executor_options *options, rondo_executor **out) {
    rondo_executor_options o;
    RONDO_TRY(read_struct(options, o));
    constexpr uint32_t most_threads = 4096;
    if (o.threads > most_threads) return RONDO_EINVAL;
    try {
        auto *executor = create<rondo_executor>(o);
        if (!executor) return RONDO_ENOMEM;
        give(out, executor);
        return RONDO_OK;
    } catch (const std::bad_alloc &) {
        return RONDO_ENOMEM;
    }
}

rondo_executor *rondo_executor_retain(rondo_executor *executor) {
    if (check(executor) == RONDO_OK) executor->retain();
    return executor;
}

void rondo_executor_release(rondo_executor *executor) {
    if (check(executor) == RONDO_OK) executor->release();
}

rondo_status rondo_executor_shutdown(rondo_executor *executor) {
    RONDO_TRY(check(executor));
    executor->shut_down();
    return RONDO_OK;
}

rondo_status rondo_loop_set_default_executor(rondo_loop *loop, rondo_executor *executor) {
    RONDO_TRY(enter_open(loop));
    RONDO_TRY(check(executor));
    return set_default_executor(*loop, *executor);
}

rondo_status rondo_loop_shutdown_executor(rondo_loop *loop, rondo_future **out) {
    RONDO_TRY(enter_open(loop));
    FutureRef ended;
    RONDO_TRY(shut_down_executor(*loop, ended));
    give(out, ended.detach());
    return RONDO_OK;
}

// ---- from other threads

namespace {

rondo_status start(rondo_loop *loop, const Start &what, rondo_submission **out) {
    if (!loop && !(loop = rondo_loop::current())) return RONDO_ENOLOOP;
    RONDO_TRY(check(loop));
    if (loop->closed()) return RONDO_ECLOSED;
    Submission *submission = nullptr;
    RONDO_TRY(submit(*loop, what, submission));
    give(out, submission);
    return RONDO_OK;
}

} // namespace

rondo_status rondo_submit(rondo_loop *loop, rondo_fiber_fn fn, void *arg, rondo_submission **out) {
    if (!fn) return RONDO_EINVAL;
    FiberFrame frame{fn, arg, 0, nullptr};
    Start what{&fiber_vtable(), {}, true};
    static_assert(sizeof frame <= sizeof what.words);
    std::memcpy(what.words, &frame, sizeof frame);
    return start(loop, what, out);
}

rondo_status rondo_submit_coro(rondo_loop *loop, const rondo_coro_vtable *vtable, void *frame,
                               rondo_submission **out) {
    RONDO_TRY(check_vtable(vtable));
    if (vtable->frame_size != 0) return RONDO_EINVAL;
    return start(loop, Start{vtable, {frame}, false}, out);
}

rondo_submission *rondo_submission_retain(rondo_submission *submission) {
    if (check(submission) == RONDO_OK) submission->retain();
    return submission;
}

void rondo_submission_release(rondo_submission *submission) {
    if (check(submission) == RONDO_OK) submission->release();
}

rondo_status rondo_submission_wait(rondo_submission *submission, int64_t timeout_ns, rondo_value *result,
                                   rondo_error **err) {
    clear(err);
    if (result) *result = no_value();
    if (rondo_status s = check(submission); s < 0) return refuse(s, err, "submission");
    rondo_value value = no_value();
    ErrorRef error;
    rondo_status status = submission->wait(timeout_ns, value, error);
    if (result) {
        *result = value;
    } else {
        drop_value(value);
    }
    if (error) give(err, std::move(error));
    return status;
}

rondo_status rondo_submission_done(rondo_submission *submission) {
    RONDO_TRY(check(submission));
    return submission->done();
}

rondo_status rondo_submission_cancel(rondo_submission *submission) {
    RONDO_TRY(check(submission));
    return submission->cancel();
}

rondo_status rondo_future_bridge(rondo_loop *loop, rondo_future *other, rondo_future **out) {
    RONDO_TRY(enter_open(loop));
    RONDO_TRY(check(other));
    FutureRef end;
    RONDO_TRY(bridge(*other, *loop, end));
    give(out, end.detach());
    return RONDO_OK;
}
