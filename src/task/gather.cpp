#include "task/gather.h"

#include "base/pool.h"
#include "task/value.h"

#include <new>

namespace rondo::core {
namespace {

// One more child has ended (G6-G15).
void count_child(Gather &outer, Future &child) {
    ++outer.finished;
    child.unretrieved = false;
    if (outer.done()) return;
    bool failed = !child.succeeded();
    if (failed && !outer.return_errors) {
        outer.fail(ErrorRef::share(child.error));
    } else if (outer.finished == outer.count) {
        if (outer.cancel_requested) {
            Future &last = *outer.children().back().future; // in asyncio its message counts
            outer.fail(last.state == State::cancelled ? ErrorRef::share(last.error) : cancelled_error());
        } else {
            rondo_value none = no_value();
            outer.finish(none);
        }
    }
}

// The gather's own node stands in rondo_loop::operations while children are pending.
void let_go(Gather &outer) {
    outer.unlink();
    outer.release_here();
}

void run_child(Node &node, Loop &loop) {
    if (loop.discarding()) return;
    auto &child = static_cast<GatherChild &>(node);
    Gather &outer = *child.outer;
    count_child(outer, *child.future);
    if (outer.finished == outer.count) let_go(outer);
}

bool cancel_gather(Future &future, Error *reason) {
    auto &outer = static_cast<Gather &>(future);
    if (outer.done()) return false; // an error nobody has looked at stays so, unlike with other futures
    if (outer.asking) { // a child waits for this very gather: nobody else will ever end that
        outer.fail(ErrorRef::share(reason));
        return true;
    }
    bool accepted = false;
    outer.asking = true;
    for (GatherChild &child : outer.children()) accepted |= child.future->cls->cancel(*child.future, reason);
    outer.asking = false;
    if (accepted) outer.cancel_requested = true;
    return accepted;
}

void abandon_gather(Future &future) {
    auto &outer = static_cast<Gather &>(future);
    for (GatherChild &child : outer.children()) {
        if (child.linked()) child.unlink();
    }
    let_go(outer);
}

void end_gather(Future &future) {
    if (!end_future(future)) return;
    auto &outer = static_cast<Gather &>(future);
    std::size_t size = Gather::block_size(outer.count);
    for (GatherChild &child : outer.children()) child.future->release_here();
    outer.~Gather();
    deallocate(&outer, size);
}

} // namespace

constinit const FutureClass gather_class{"_GatheringFuture", false, cancel_gather, abandon_gather, end_gather};

Gather::Gather(rondo_loop &l, std::size_t n, bool errors)
    : Future(gather_class, l, nullptr), count(n), return_errors(errors) {}

rondo_status gather(rondo_loop &loop, std::span<Future *const> children, bool return_errors, Gather *&out) {
    void *block = allocate(Gather::block_size(children.size()));
    if (!block) return RONDO_ENOMEM;
    auto *outer = new (block) Gather(loop, children.size(), return_errors);
    bool waiting = false;
    for (std::size_t i = 0; i < children.size(); ++i) {
        auto *child = new (&outer->children()[i]) GatherChild;
        child->run = run_child;
        child->outer = outer;
        child->future = children[i];
        child->future->retain();
        if (child->future->done()) continue;
        child->future->waiters.push_back(*child);
        waiting = true;
    }
    if (waiting) {
        outer->retain();
        loop.operations.push_back(*outer);
    }
    for (GatherChild &child : outer->children()) {
        if (child.future->done()) count_child(*outer, *child.future);
    }
    if (children.empty()) {
        rondo_value none = no_value();
        outer->finish(none);
    }
    out = outer;
    return RONDO_OK;
}

} // namespace rondo::core
