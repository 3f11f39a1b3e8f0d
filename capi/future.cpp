#include "border.h"

#include "base/pool.h"

namespace rondo::capi {

rondo_status read_outcome(Future &future, rondo_value *view, rondo_error **err) {
    clear(err);
    rondo_status status = future.outcome();
    if (status == RONDO_OK) {
        if (view) {
            *view = future.bearer().value;
            view->drop = nullptr;
        }
    } else if (status == RONDO_ESTATE || status == RONDO_ETAKEN) {
        return refuse(status, err, "future");
    } else {
        give(err, ErrorRef::share(future.error));
    }
    return status;
}

namespace {

rondo_status check_settable(const rondo_future *future) {
    RONDO_TRY(check(future));
    return future->cls->settable ? RONDO_OK : RONDO_EKIND;
}

rondo_status enter_settable(rondo_future *future) {
    RONDO_TRY(enter(future));
    RONDO_TRY(check_settable(future));
    return future->done() ? RONDO_ESTATE : RONDO_OK;
}

// asyncio: finishing a future of a closed loop works, but its callbacks cannot be scheduled any more (L6).
rondo_status after_finish(rondo_future &future, bool had_waiters) {
    return had_waiters && future.loop->closed() ? RONDO_ECLOSED : RONDO_OK;
}

// A request of another thread, carried out by the loop.
struct Remote {
    enum class Verb { result, error, cancel };

    rondo_future *future;
    Verb verb;
    rondo_value value = no_value();
    ErrorRef error;

    static void run(void *user, rondo_call *call) {
        auto &remote = *static_cast<Remote *>(user);
        rondo_future &future = *remote.future;
        if (remote.verb == Verb::cancel) {
            future.cls->cancel(future, remote.error.get());
        } else if (future.done()) {
            call->error =
                make_error(RONDO_ESTATE, "the future was already done when another thread's result came").detach();
        } else if (remote.verb == Verb::result) {
            future.finish(remote.value);
        } else {
            future.fail(std::move(remote.error));
        }
    }

    static void drop(void *user) {
        auto *remote = static_cast<Remote *>(user);
        drop_value(remote->value);
        remote->future->release();
        destroy(remote);
    }
};

rondo_status post(rondo_future *future, Remote::Verb verb, rondo_value *value, ErrorRef error) {
    auto *remote = create<Remote>();
    if (!remote) return RONDO_ENOMEM;
    future->retain();
    remote->future = future;
    remote->verb = verb;
    remote->error = std::move(error);
    rondo_call_options options{};
    options.size = sizeof options;
    options.drop = Remote::drop;
    // The value goes along only when it is sure to arrive: until then it stays the caller's.
    if (value) remote->value = *value;
    rondo_status status = rondo_loop_call_soon_threadsafe(future->loop, Remote::run, remote, &options, nullptr);
    if (status < 0) {
        remote->value = no_value();
        Remote::drop(remote);
    } else if (value) {
        *value = no_value();
    }
    return status;
}

} // namespace
} // namespace rondo::capi

using namespace rondo::capi;

rondo_status rondo_future_create(rondo_loop *loop, const rondo_future_options *options, rondo_future **out) {
    RONDO_TRY(enter_open(loop));
    Future *future = nullptr;
    if (options) {
        rondo_future_options o;
        RONDO_TRY(read_struct(options, o));
        if (o.flags != 0) return RONDO_EINVAL;
        RONDO_TRY(make_future(*loop, &o, future));
    } else {
        future = make_future(*loop);
        if (!future) return RONDO_ENOMEM;
    }
    give(out, future);
    return RONDO_OK;
}

rondo_future *rondo_future_new(rondo_loop *loop) {
    return enter_open(loop) < 0 ? nullptr : make_future(*loop);
}

rondo_future *rondo_future_retain(rondo_future *future) {
    if (check(future) == RONDO_OK) future->retain();
    return future;
}

void rondo_future_release(rondo_future *future) {
    if (check(future) == RONDO_OK) future->release();
}

rondo_status rondo_future_let_go(rondo_future *future) {
    RONDO_TRY(check(future));
    if (future->unretrieved) return 1;
    future->release();
    return RONDO_OK;
}

rondo_loop *rondo_future_loop(rondo_future *future) { return check(future) == RONDO_OK ? future->loop : nullptr; }

rondo_status rondo_future_set_result(rondo_future *future, rondo_value *value) {
    RONDO_TRY(enter_settable(future));
    bool had_waiters = !future->waiters.empty();
    rondo_value none = no_value();
    future->finish(value ? *value : none);
    return after_finish(*future, had_waiters);
}

rondo_status rondo_future_set_error(rondo_future *future, rondo_error *error) {
    RONDO_TRY(enter_settable(future));
    RONDO_TRY(check(error));
    bool had_waiters = !future->waiters.empty();
    future->fail(ErrorRef::share(error));
    return after_finish(*future, had_waiters);
}

rondo_status rondo_future_set_result_threadsafe(rondo_future *future, rondo_value *value) {
    RONDO_TRY(check_settable(future));
    return post(future, Remote::Verb::result, value, {});
}

rondo_status rondo_future_set_error_threadsafe(rondo_future *future, rondo_error *error) {
    RONDO_TRY(check_settable(future));
    RONDO_TRY(check(error));
    return post(future, Remote::Verb::error, nullptr, ErrorRef::share(error));
}

rondo_status rondo_future_cancel(rondo_future *future, const char *message) {
    RONDO_TRY(enter(future));
    ErrorRef reason = cancelled_error(message);
    return future->cls->cancel(*future, reason.get());
}

rondo_status rondo_future_cancel_with(rondo_future *future, rondo_error *reason) {
    RONDO_TRY(enter(future));
    RONDO_TRY(check(reason));
    if (reason->code != RONDO_ECANCELED) return RONDO_EINVAL;
    return future->cls->cancel(*future, reason);
}

rondo_status rondo_future_cancel_threadsafe(rondo_future *future, const char *message) {
    RONDO_TRY(check(future));
    return post(future, Remote::Verb::cancel, nullptr, cancelled_error(message));
}

rondo_status rondo_future_done(const rondo_future *future) {
    RONDO_TRY(enter(future));
    return future->done();
}

rondo_status rondo_future_cancelled(const rondo_future *future) {
    RONDO_TRY(enter(future));
    return future->state == rondo::core::State::cancelled;
}

rondo_status rondo_future_result(rondo_future *future, rondo_value *view, rondo_error **err) {
    if (rondo_status s = enter(future); s < 0) return refuse(s, err, "future");
    return read_outcome(*future, view, err);
}

rondo_status rondo_future_take(rondo_future *future, rondo_value *out, rondo_error **err) {
    if (rondo_status s = enter(future); s < 0) return refuse(s, err, "future");
    RONDO_TRY(read_outcome(*future, nullptr, err));
    Future &bearer = future->bearer();
    rondo_value value = take_value(bearer.value);
    bearer.value_taken = true;
    if (out) {
        *out = value;
    } else {
        drop_value(value);
    }
    return RONDO_OK;
}

rondo_status rondo_future_error(rondo_future *future, rondo_error **out) {
    RONDO_TRY(enter(future));
    if (!future->done()) return RONDO_ESTATE;
    bool failed = !future->succeeded();
    future->unretrieved = false;
    give(out, failed ? ErrorRef::share(future->error) : ErrorRef());
    return future->state == rondo::core::State::cancelled ? RONDO_ECANCELED : RONDO_OK;
}

rondo_status rondo_future_silence(rondo_future *future) {
    RONDO_TRY(enter(future));
    future->unretrieved = false;
    return RONDO_OK;
}

rondo_status rondo_future_add_done_callback(rondo_future *future, rondo_callback_fn fn, void *user,
                                            const rondo_call_options *options) {
    RONDO_TRY(enter(future));
    if (future->done() && future->loop->closed()) return RONDO_ECLOSED;
    Handle *handle = nullptr;
    RONDO_TRY(make_handle_from(*future->loop, fn, user, options, handle));
    add_done_callback(*future, *handle);
    handle->release();
    return RONDO_OK;
}

rondo_status rondo_future_remove_done_callback(rondo_future *future, rondo_callback_fn fn, void *user) {
    RONDO_TRY(enter(future));
    if (!fn) return RONDO_EINVAL;
    return remove_done_callbacks(*future, fn, user);
}

rondo_status rondo_future_set_object(rondo_future *future, void *object) {
    RONDO_TRY(enter_settable(future));
    if (!object) return RONDO_EINVAL;
    const rondo_host *host = future->loop->host();
    if (!host) return RONDO_ESTATE;
    bool had_waiters = !future->waiters.empty();
    rondo_value value = object_value(*host, object);
    future->finish(value);
    return after_finish(*future, had_waiters);
}

void *rondo_future_result_object(rondo_future *future) {
    if (enter(future) < 0 || !future->succeeded() || future->bearer().value_taken) return nullptr;
    return ring_object(*future->loop, future->bearer().value);
}

void *rondo_future_result_object_or(rondo_future *future, void *otherwise) {
    if (check(future) < 0) return nullptr;
    void *object = rondo_future_result_object(future);
    if (object || !otherwise) return object;
    const rondo_host *host = future->loop->host();
    if (host && host->retain) host->retain(otherwise);
    return otherwise;
}

rondo_status rondo_future_is_task(const rondo_future *future) {
    RONDO_TRY(check(future));
    return future->is_task();
}
