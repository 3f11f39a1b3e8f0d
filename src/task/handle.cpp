#include "task/handle.h"

#include "base/pool.h"
#include "task/origin.h"
#include "task/report.h"
#include "task/ring.h"

#include <utility>

using namespace rondo::core;

namespace {

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
    if (slot != none && !linked()) {
        if (ring_published(*loop, *this)) return;
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
    rondo_call info{};
    info.size = sizeof info;
    info.status = RONDO_OK;
    info.loop = loop;
    info.future = future;
    {
        EnterContext inside(*loop, context);
        try {
            fn(user, &info);
        } catch (...) {
            info.error = stray_exception().detach();
        }
    }
    ErrorRef error = adopt_given(info.error);
    if (!error && info.status < 0) error = make_error(info.status);
    if (error) callback_failed(*this, std::move(error));
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

void callback_failed(Handle &handle, ErrorRef error) {
    if (is_fatal(*error)) {
        handle.loop->raise_fatal(std::move(error));
    } else {
        report(*handle.loop, Report{"Exception in callback", error.get(), nullptr, nullptr, &handle});
    }
}

} // namespace rondo::core
