#include "work/bridge.h"

#include "base/pool.h"
#include "task/handle.h"
#include "task/value.h"

namespace rondo::core {
namespace {

// What travels: to the source's loop to wait there, and back with the outcome. Each callback on the way holds it.
struct Bridge : Object, CloseHook {
    Bridge(Future &s, rondo_loop &destination) : Object(Tag::future), source(FutureRef::share(&s)), home(&destination) {
        home->hold_memory();
    }
    ~Bridge() {
        drop_value(value);
        home->let_memory_go();
    }
    void release() {
        if (drop_reference()) destroy(this);
    }
    // The end holds the bridge: whoever gives up on it lets it go.
    void let_end_go() {
        if (Future *last = end.detach()) last->release();
    }

    FutureRef source;
    FutureRef end;    // touched by its loop's thread alone
    rondo_loop *home; // its memory is held
    rondo_value value = no_value();
    ErrorRef error;
    bool waits = false;   // for the source
    bool fetched = false; // value or error is there
    bool cancelled = false;
};

rondo_status post(rondo_loop &loop, rondo_callback_fn fn, Bridge &bridge, void (*drop)(void *));

void let_go(void *user) { static_cast<Bridge *>(user)->release(); }

void let_end_go(void *user) {
    static_cast<Bridge *>(user)->let_end_go();
    let_go(user);
}

void arrive(void *user, rondo_call *) {
    auto &bridge = *static_cast<Bridge *>(user);
    Future &end = *bridge.end;
    if (end.done()) return;
    if (bridge.cancelled) {
        end.cancel_now(std::move(bridge.error));
    } else if (bridge.error) {
        end.fail(std::move(bridge.error));
    } else {
        end.finish(bridge.value);
    }
}

void send_home(Bridge &bridge) {
    bridge.fetched = true;
    if (post(*bridge.home, arrive, bridge, let_end_go) < 0) bridge.let_end_go(); // closed: nobody is there to know
}

void fetch(void *user, rondo_call *) {
    auto &bridge = *static_cast<Bridge *>(user);
    if (bridge.linked()) bridge.unlink();
    Future &source = *bridge.source;
    rondo_status status = source.outcome();
    if (status == RONDO_OK) {
        Future &bearer = source.bearer();
        bool is_object = bearer.value.kind == RONDO_OBJECT;
        bridge.value = is_object ? share_object(bearer.value) : bearer.value;
        bearer.value_taken = bearer.value.drop && !is_object; // plain values are copied, others move
        if (bearer.value_taken) bearer.value = no_value();
    } else {
        bridge.cancelled = source.state == State::cancelled;
        bridge.error = source.succeeded() ? make_error(status) : ErrorRef::share(source.error);
    }
    send_home(bridge);
}

// The source's loop has closed before it could tell.
void give_up(void *user) {
    auto &bridge = *static_cast<Bridge *>(user);
    if (!bridge.fetched) {
        bridge.error = make_error(RONDO_ECLOSED, "the loop of the bridged future was closed");
        send_home(bridge);
    }
    bridge.release();
}

// The source will never end, and they hold each other.
void source_loop_closes(CloseHook &hook) {
    auto &bridge = static_cast<Bridge &>(hook);
    remove_done_callbacks(*bridge.source, fetch, &bridge);
}

void wait_there(void *user, rondo_call *call) {
    auto &bridge = *static_cast<Bridge *>(user);
    bridge.waits = true;
    rondo_call_options options{};
    options.drop = give_up;
    Handle *handle = make_handle(*call->loop, fetch, &bridge, options);
    if (!handle) {
        bridge.error = make_error(RONDO_ENOMEM);
        send_home(bridge);
        return;
    }
    bridge.retain();
    bridge.at_close = source_loop_closes;
    call->loop->close_hooks.push_back(bridge);
    add_done_callback(*bridge.source, *handle);
    handle->release();
}

// The source's loop waits, or has closed before it could begin to.
void let_go_there(void *user) { static_cast<Bridge *>(user)->waits ? let_go(user) : give_up(user); }

void cancel_there(void *user, rondo_call *) {
    Future &source = *static_cast<Bridge *>(user)->source;
    source.cls->cancel(source, cancelled_error().get());
}

void cancel_source(void *user, rondo_cancel_request *) {
    auto &bridge = *static_cast<Bridge *>(user);
    (void)post(*bridge.source->loop, cancel_there, bridge, let_go);
}

rondo_status post(rondo_loop &loop, rondo_callback_fn fn, Bridge &bridge, void (*drop)(void *)) {
    rondo_call_options options{};
    options.drop = drop;
    Handle *handle = make_handle(loop, fn, &bridge, options);
    if (!handle) return RONDO_ENOMEM;
    bridge.retain();
    rondo_status status = call_soon_threadsafe(*handle);
    if (status < 0) {
        handle->drop = nullptr;
        handle->discard();
        bridge.release();
    }
    handle->release();
    return status;
}

} // namespace

rondo_status bridge(Future &source, rondo_loop &destination, FutureRef &out) {
    if (source.loop == &destination) {
        out = FutureRef::share(&source);
        return RONDO_OK;
    }
    Ref<Bridge> made = Ref<Bridge>::adopt(create<Bridge>(source, destination));
    if (!made) return RONDO_ENOMEM;
    rondo_future_options options{};
    options.cancel = cancel_source;
    options.drop = let_go;
    options.user = made.get();
    Future *end = nullptr;
    if (rondo_status s = make_future(destination, &options, end); s < 0) return s;
    made->retain(); // the end's
    made->end = FutureRef::share(end);
    out = FutureRef::adopt(end);
    rondo_status status = post(*source.loop, wait_there, *made, let_go_there);
    if (status < 0) made->let_end_go();
    return status;
}

} // namespace rondo::core
