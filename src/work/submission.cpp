#include "work/submission.h"

#include "base/clock.h"
#include "base/pool.h"
#include "task/handle.h"
#include "task/value.h"

#include <chrono>

using namespace rondo::core;

rondo_submission::rondo_submission(rondo_loop &l) : Object(Tag::submission), loop(&l), value_(no_value()) {
    loop->hold_memory();
}

rondo_submission::~rondo_submission() {
    drop_value(value_);
    if (Future *last = task.detach()) last->release();
    loop->let_memory_go();
}

void rondo_submission::release() {
    if (!drop_reference()) return;
    tag = Tag::dead;
    destroy(this);
}

void rondo_submission::settle(rondo_status how, rondo_value value, ErrorRef why) {
    {
        std::lock_guard lock(mutex_);
        if (done_) return;
        done_ = true;
        status_ = how;
        value_ = value;
        error_ = std::move(why);
    }
    ended_.notify_all();
}

bool rondo_submission::done() {
    std::lock_guard lock(mutex_);
    return done_;
}

rondo_status rondo_submission::wait(int64_t timeout, rondo_value &value, ErrorRef &error) {
    std::unique_lock lock(mutex_);
    auto ended = [this] { return done_; };
    if (!done_ && loop->running() && loop->home_thread()) return RONDO_EDEADLOCK;
    if (timeout == forever) {
        ended_.wait(lock, ended);
    } else if (!ended_.wait_for(lock, std::chrono::nanoseconds(timeout < 0 ? 0 : timeout), ended)) {
        return RONDO_ETIMEDOUT;
    }
    if (status_ < 0) {
        error = ErrorRef::share(error_.get());
    } else if (std::exchange(taken_, true)) {
        return RONDO_ETAKEN;
    } else {
        value = take_value(value_);
    }
    return status_;
}

namespace rondo::core {
namespace {

// A callback on the loop that holds the submission, and what is to be started.
struct Errand {
    Errand(Submission *s, const Start &what) : submission(s), start(what) {}
    Submission *submission; // one reference
    Start start;
};

// The loop will not do it any more; if it was done, nothing changes.
void drop_submission(void *user) {
    auto *submission = static_cast<Submission *>(user);
    submission->settle(RONDO_ECLOSED, no_value(), make_error(RONDO_ECLOSED));
    submission->release();
}

// No task was made of it.
void destroy_frame(const Start &start) {
    if (!start.is_frame && start.vtable->destroy) start.vtable->destroy(start.words[0]);
}

void drop_errand(void *user) {
    auto *errand = static_cast<Errand *>(user);
    if (errand->submission) {
        destroy_frame(errand->start);
        drop_submission(errand->submission);
    }
    destroy(errand);
}

void ended(void *user, rondo_call *call) {
    auto &submission = *static_cast<Submission *>(user);
    if (submission.linked()) submission.unlink();
    Future &task = *call->future;
    rondo_status status = task.outcome();
    rondo_value value = no_value();
    if (status == RONDO_OK) {
        task.value_taken = true;
        value = take_value(task.value);
    }
    ErrorRef error = status < 0 && !task.succeeded() ? ErrorRef::share(task.error) : ErrorRef();
    submission.settle(status, value, std::move(error));
}

// The task will never end, and they hold each other.
void loop_closes(CloseHook &hook) {
    auto &submission = static_cast<Submission &>(hook);
    remove_done_callbacks(*submission.task, ended, &submission);
}

rondo_status watch(Submission &submission, Task &task) {
    rondo_call_options options{};
    options.drop = drop_submission;
    Handle *handle = make_handle(*task.loop, ended, &submission, options);
    if (!handle) return RONDO_ENOMEM;
    submission.retain();
    submission.at_close = loop_closes;
    task.loop->close_hooks.push_back(submission);
    add_done_callback(task, *handle);
    handle->release();
    return RONDO_OK;
}

void begin(void *user, rondo_call *call) {
    auto &errand = *static_cast<Errand *>(user);
    Submission &submission = *errand.submission;
    const Start &start = errand.start;
    const void *init = start.is_frame ? static_cast<const void *>(start.words) : start.words[0];
    Task *task = nullptr;
    rondo_status status = make_task(*call->loop, *start.vtable, init, {}, task);
    if (status == RONDO_OK) {
        submission.task = FutureRef::adopt(task);
        status = watch(submission, *task);
    } else {
        destroy_frame(start);
    }
    if (status < 0) {
        submission.settle(status, no_value(), make_error(status));
        call->status = status;
    }
    // From here on the watch answers for it.
    errand.submission->release();
    errand.submission = nullptr;
}

} // namespace

rondo_status submit(rondo_loop &loop, const Start &start, Submission *&out) {
    auto *submission = create<Submission>(loop);
    auto *errand = create<Errand>(submission, start);
    if (!submission || !errand) {
        destroy(submission);
        destroy(errand);
        return RONDO_ENOMEM;
    }
    rondo_call_options options{};
    options.drop = drop_errand;
    Handle *handle = make_handle(loop, begin, errand, options);
    submission->retain();
    rondo_status status = handle ? call_soon_threadsafe(*handle) : rondo_status{RONDO_ENOMEM};
    if (status < 0) {
        if (handle) {
            handle->drop = nullptr;
            handle->discard();
            handle->release();
        }
        destroy(errand);
        submission->release();
        submission->release();
        return status;
    }
    handle->release();
    out = submission;
    return RONDO_OK;
}

} // namespace rondo::core

rondo_status rondo_submission::cancel() {
    auto cancel_there = [](void *user, rondo_call *) {
        auto &submission = *static_cast<Submission *>(user);
        if (submission.task) submission.task->cls->cancel(*submission.task, cancelled_error().get());
    };
    rondo_call_options options{};
    options.drop = [](void *user) { static_cast<Submission *>(user)->release(); };
    Handle *handle = make_handle(*loop, cancel_there, this, options);
    if (!handle) return RONDO_ENOMEM;
    retain();
    rondo_status status = call_soon_threadsafe(*handle);
    if (status < 0) {
        handle->drop = nullptr;
        handle->discard();
        release();
    }
    handle->release();
    return status;
}
