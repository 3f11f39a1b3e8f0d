#include "task/future.h"

#include "base/pool.h"
#include "task/handle.h"
#include "task/origin.h"
#include "task/report.h"
#include "task/task.h"
#include "task/value.h"

#include <cstdio>

using namespace rondo::core;

namespace {

void report_unretrieved(Future &future) {
    future.unretrieved = false;
    char message[64];
    std::snprintf(message, sizeof message, "%s exception was never retrieved", future.cls->noun);
    report(*future.loop, Report{message, future.error, &future});
}

// Runs on the loop's thread for a future whose last reference another thread gave back.
void end_here(Node &node, Loop &) {
    Future &future = future_of(node);
    future.cls->end(future);
}

// Looks in the next turn whether somebody has seen a future's error. The future's own node may stand elsewhere.
struct SecondLook : Node {
    explicit SecondLook(Future &f) : Node(run_look), future(&f) { f.retain(); }

    static void run_look(Node &node, Loop &loop) {
        auto &look = static_cast<SecondLook &>(node);
        Future &future = *look.future;
        destroy(&look);
        if (future.unretrieved && !loop.discarding()) report_unretrieved(future);
        future.release_here();
    }

    Future *future; // one reference
};

} // namespace

bool rondo_future::is_task() const { return cls == &task_class; }

void rondo_future::release() {
    if (!drop_reference()) return;
    if (!loop->home_thread()) {
        run = end_here;
        kind = Kind::urgent;
        if (loop->post_and_go(*this)) return;
    }
    cls->end(*this);
}

void rondo_future::discard_callbacks() {
    while (Link *link = waiters.pop_front()) {
        auto &node = static_cast<Node &>(*link);
        if (node.kind == Node::Kind::callback) static_cast<Handle &>(node).discard();
    }
}

void rondo_future::end(State how) {
    state = how;
    if (loop->closed()) { // nothing can be scheduled any more
        discard_callbacks();
        return;
    }
    if (has_callbacks) {
        for (Link *link = waiters.front(); link != waiters.end(); link = link->next) {
            auto &node = static_cast<Node &>(*link);
            if (node.kind == Kind::callback) static_cast<Handle &>(node).hold_future(*this);
        }
    }
    loop->ready_all(waiters);
}

void rondo_future::finish(rondo_value &result) {
    value = result;
    result = no_value();
    end(State::finished);
}

void rondo_future::fail(ErrorRef why) {
    error = why.detach();
    unretrieved = true;
    if (loop->report_early && waiters.empty() && !loop->closed()) look_again();
    end(State::failed);
}

// Out of memory the error is reported with the future's end, as without the option.
void rondo_future::look_again() {
    if (auto *look = create<SecondLook>(*this)) loop->ready(*look);
}

void rondo_future::cancel_now(ErrorRef reason) {
    error = reason.detach();
    end(State::cancelled);
}

void rondo_future::relay(FutureRef from) {
    source = from.detach();
    relays = true;
    end(State::finished);
}

namespace rondo::core {

namespace {

// False: whoever heard the report took a new reference, so this was not the end.
bool still_ends_after_report(Future &future) {
    if (!future.unretrieved || future.loop->closed()) return true;
    future.retain();
    report_unretrieved(future);
    return future.drop_reference();
}

} // namespace

bool end_future_with_care(Future &future) {
    if (!still_ends_after_report(future)) return false;
    future.discard_callbacks();
    if (future.loop->knows_origins()) forget_origin(*future.loop, &future);
    if (future.relays) {
        future.source->release_here();
    } else if (future.state == State::finished) {
        if (future.value.drop) drop_value(future.value);
    } else if (future.done()) {
        future.error->release();
    }
    future.tag = Tag::dead;
    if (future.loop->closed()) {
        future.loop->release();
    } else {
        --future.loop->future_count;
    }
    return true;
}

namespace {

// ---- futures finished by hand

struct LeafFuture : Future {
    LeafFuture(const FutureClass &c, rondo_loop &l, const rondo_future_options &o)
        : Future(c, l, nullptr), hooks(o) {}
    rondo_future_options hooks;
    bool asking = false; // its cancel hook is on the stack
};

bool cancel_plain(Future &future, Error *reason) {
    future.unretrieved = false;
    if (future.done()) return false;
    future.cancel_now(ErrorRef::share(reason));
    return true;
}

void end_plain(Future &future) {
    if (end_future(future)) destroy(&future);
}

bool cancel_leaf(Future &future, Error *reason) {
    auto &leaf = static_cast<LeafFuture &>(future);
    if (leaf.done() || !leaf.hooks.cancel) return cancel_plain(future, reason);
    if (leaf.asking) return true;
    rondo_cancel_request request{};
    request.size = sizeof request;
    request.answer = RONDO_CANCEL_NOW;
    request.future = &future;
    request.reason = reason;
    FutureRef alive = FutureRef::share(&future);
    leaf.asking = true;
    leaf.hooks.cancel(leaf.hooks.user, &request);
    leaf.asking = false;
    if (leaf.done() || request.answer == RONDO_CANCEL_LATER) return true;
    return request.answer == RONDO_CANCEL_REFUSED ? false : cancel_plain(future, reason);
}

void end_leaf(Future &future) {
    if (!end_future(future)) return;
    auto &leaf = static_cast<LeafFuture &>(future);
    if (leaf.hooks.drop) leaf.hooks.drop(leaf.hooks.user);
    destroy(&leaf);
}

constexpr FutureClass plain_class{"Future", true, cancel_plain, nullptr, end_plain};
constexpr FutureClass leaf_class{"Future", true, cancel_leaf, nullptr, end_leaf};

} // namespace

Future *make_future(rondo_loop &loop) {
    auto *future = create<Future>(plain_class, loop, nullptr);
    if (loop.debug && future) [[unlikely]]
        note_origin(loop, future);
    return future;
}

rondo_status make_future(rondo_loop &loop, const rondo_future_options *options, Future *&out) {
    bool leaf = options && (options->cancel || options->drop);
    out = leaf ? create<LeafFuture>(leaf_class, loop, *options) : make_future(loop);
    if (!out) return RONDO_ENOMEM;
    if (loop.debug && leaf) [[unlikely]]
        note_origin(loop, out);
    return RONDO_OK;
}

} // namespace rondo::core
