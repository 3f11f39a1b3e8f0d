// Scheduled callbacks: call_soon, call_at, posts from other threads, done callbacks and descriptor watches. A handle
// stands in the ready queue, the deadline heap, an inbox or a future's waiters, and is held by that place.
#pragma once

#include "base/object.h"
#include "loop/node.h"
#include "loop/posts.h"
#include "task/context.h"
#include "task/future.h"

#include "rondo/abi.h"

struct rondo_handle final : rondo::core::Object, rondo::core::Node {
    rondo_handle(rondo_loop &l, rondo_callback_fn f, void *u, const rondo_call_options &options);

    void release();
    void cancel();
    void hold_future(rondo_future &finished);
    // Will not run (any more): drops the user's data and lets go of the place's reference.
    void discard();
    // Runs the user's function in the handle's context; errors go to the exception handler or leave the loop.
    void call();
    // After its function: drops the user's data and lets go of the place's reference, unless it will run again.
    void ran();
    void drop_user();

    rondo_loop *loop; // nullptr once the user's data is dropped: the handle may outlive the loop
    rondo_callback_fn fn;
    void *user;
    void (*drop)(void *user);
    rondo::core::ContextSlot context;
    rondo_future *future = nullptr; // one reference, while a done callback is scheduled
    int64_t when = 0;
    bool cancelled = false;
    bool queued = true;     // some place holds a reference
    bool repeating = false; // a descriptor watch: stays with its watcher after it ran
    bool running = false;   // its function is on the stack: it must not lose its data now
};

namespace rondo::core {

using Handle = ::rondo_handle;
using HandleRef = Ref<Handle>;

// How a callback is to run: which function of the node, which user data is kept alive. nullptr: out of memory.
// Two references: the place's and the caller's.
Handle *make_handle(rondo_loop &loop, rondo_callback_fn fn, void *user, const rondo_call_options &options);

bool is_handle(const Node &node);

void call_soon(Handle &handle);
rondo_status call_at(Handle &handle, int64_t when);
rondo_status call_soon_threadsafe(Handle &handle);
// The same without a handle, in an empty context. RONDO_ECLOSED, RONDO_EFORKED, RONDO_ENOMEM.
rondo_status post_call(rondo_loop &loop, const PostedCall &call);
void add_done_callback(Future &future, Handle &handle);
int32_t remove_done_callbacks(Future &future, rondo_callback_fn fn, const void *user);

// Reports an error of a callback, or leaves the loop with a fatal one. handle: nullptr if there was no memory for one.
void callback_failed(rondo_loop &loop, Handle *handle, ErrorRef error);

} // namespace rondo::core
