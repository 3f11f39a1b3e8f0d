#include "task/handle.h"

#include "base/pool.h"
#include "task/origin.h"
#include "task/report.h"
#include "task/ring.h"

#include <utility>

using namespace rondo::core;

namespace {

// What a callback's function came to: an error or none.
ErrorRef run_in(rondo_loop &loop, ContextSlot &context, rondo_callback_fn fn, void *user, rondo_future *future) {
    rondo_call info{};
    info.size = sizeof info;
    info.status = RONDO_OK;
    info.loop = &loop;
    info.future = future;
    {
        EnterContext inside(loop, context);
        try {
            fn(user, &info);
        } catch (...) {
            info.error = stray_exception().detach();
        }
    }
    if (!info.error && info.status >= 0) [[likely]]
        return {};
    ErrorRef error = adopt_given(info.error);
    return error ? std::move(error) : make_error(info.status);
}

// With its place's reference alone.
Handle *as_handle(rondo_loop &loop, const PostedCall &call) {
    rondo_call_options options{};
    options.drop = call.drop;
    auto *handle = create<Handle>(loop, call.fn, call.user, options);
    if (handle) handle->release();
    return handle;
}

// Whoever is told of the error sees the callback as a handle.
void posted_call_failed(rondo_loop &loop, const PostedCall &call, ContextSlot &context, ErrorRef error) {
    Handle *handle = as_handle(loop, call);
    if (handle) {
        handle->queued = false;
        handle->running = true;
        handle->context.init(context.object(), context);
    }
    callback_failed(loop, handle, std::move(error));
    if (handle) {
        handle->ran();
    } else if (call.drop) {
        call.drop(call.user);
    }
}

void run_posted(rondo_loop &loop, const PostedCall &call) {
    if (loop.watched()) [[unlikely]] {
        if (Handle *handle = as_handle(loop, call)) {
            loop.run_watched(*handle);
            return;
        }
    }
    ContextSlot context;
    if (ErrorRef error = run_in(loop, context, call.fn, call.user, nullptr)) [[unlikely]] {
        posted_call_failed(loop, call, context, std::move(error));
    } else if (call.drop) {
        call.drop(call.user);
    }
}

void run_posts(Node &node, Loop &loop) {
    auto &posts = static_cast<Posts &>(node);
    while (posts.left() > 0) {
        PostedCall call = posts.calls[posts.begun++];
        if (loop.discarding()) {
            if (call.drop) call.drop(call.user);
            continue;
        }
        run_posted(static_cast<rondo_loop &>(loop), call);
        if (posts.left() == 0) break;
        if (loop.leaving()) {
            loop.put_back(node);
            return;
        }
        loop.count_entry();
    }
    destroy(&posts);
}

void run_handle(Node &node, Loop &loop) {
    auto &handle = static_cast<Handle &>(node);
    if (loop.discarding()) {
        handle.discard();
        return;
    }
    handle.queued = handle.repeating;
    handle.running = true;
    handle.call();
    handle.ran();
}

} // namespace

rondo_handle::rondo_handle(rondo_loop &l, rondo_callback_fn f, void *u, const rondo_call_options &options)
    : Object(Tag::handle, 2), Node(run_handle), loop(&l), fn(f), user(u), drop(options.drop) {}

void rondo_handle::release() {
    if (!drop_reference()) return;
    tag = Tag::dead;
    destroy(this);
}

void rondo_handle::drop_user() {
    if (auto *finished = std::exchange(future, nullptr)) finished->release_here();
    context.clear();
    if (loop && loop->knows_origins()) forget_origin(*loop, this);
    if (fn == ring_callback) {
        if (void *object = std::exchange(user, nullptr)) ring_release_object(*loop, object);
    } else if (auto drop_fn = std::exchange(drop, nullptr)) {
        drop_fn(user);
    }
    loop = nullptr;
}

void rondo_handle::cancel() {
    if (cancelled) return;
    cancelled = true;
    if (kind == Kind::callback || !queued) return; // in a future's list: removed by its own function
    if (repeating) { // its watcher lets go of it at the next event
        bool published = slot != none && !linked() && ring_published(*loop, *this);
        if (!running && !published) drop_user();
        return;
    }
    if (slot != none) {
        if (!linked() && ring_published(*loop, *this)) return;
        loop->remove_deadline(*this);
    } else if (linked()) {
        unlink();
    } else {
        drop_user(); // in the inbox: skipped when it comes out
        return;
    }
    discard();
}

void rondo_handle::hold_future(rondo_future &finished) {
    kind = Kind::plain;
    finished.retain();
    future = &finished;
}

void rondo_handle::ran() {
    running = false;
    if (!repeating || cancelled) drop_user();
    if (!repeating) release();
}

void rondo_handle::discard() {
    cancelled = true;
    if (running) {
        repeating = false;
        return;
    }
    if (!std::exchange(queued, false)) return;
    drop_user();
    release();
}

void rondo_handle::call() {
    if (cancelled) return;
    ErrorRef error = run_in(*loop, context, fn, user, future);
    if (error) callback_failed(*loop, this, std::move(error));
}

namespace rondo::core {

Handle *make_handle(rondo_loop &loop, rondo_callback_fn fn, void *user, const rondo_call_options &options) {
    auto *handle = create<Handle>(loop, fn, user, options);
    if (!handle) return nullptr;
    if (loop.debug && loop.home_thread()) [[unlikely]]
        note_origin(loop, handle);
    if (fn == ring_callback) {
        handle->run = run_ring_node;
        ring_retain_object(loop, user);
    }
    return handle;
}

bool is_handle(const Node &node) {
    return node.run == run_handle || (node.run == run_ring_node && node.kind != Node::Kind::task);
}

void call_soon(Handle &handle) { handle.loop->ready(handle); }

rondo_status call_at(Handle &handle, int64_t when) {
    handle.when = when;
    return handle.loop->add_deadline(handle, when) ? RONDO_OK : RONDO_ENOMEM;
}

rondo_status post_call(rondo_loop &loop, const PostedCall &call) { return loop.post(call, run_posts); }

rondo_status call_soon_threadsafe(Handle &handle) { return handle.loop->post(handle) ? RONDO_OK : handle.loop->refusal(); }

void add_done_callback(Future &future, Handle &handle) {
    if (future.done()) {
        handle.hold_future(future);
        future.loop->ready(handle);
        return;
    }
    handle.kind = Node::Kind::callback;
    future.has_callbacks = true;
    future.waiters.push_back(handle);
}

int32_t remove_done_callbacks(Future &future, rondo_callback_fn fn, const void *user) {
    int32_t removed = 0;
    if (future.done()) return removed;
    for (Link *link = future.waiters.front(); link != future.waiters.end();) {
        auto &node = static_cast<Node &>(*link);
        link = link->next;
        if (node.kind != Node::Kind::callback) continue;
        auto &handle = static_cast<Handle &>(node);
        if (handle.fn != fn || handle.user != user) continue;
        handle.unlink();
        handle.discard();
        ++removed;
    }
    return removed;
}

void callback_failed(rondo_loop &loop, Handle *handle, ErrorRef error) {
    if (is_fatal(*error)) {
        loop.raise_fatal(std::move(error));
    } else {
        report(loop, Report{"Exception in callback", error.get(), nullptr, nullptr, handle});
    }
}

} // namespace rondo::core
