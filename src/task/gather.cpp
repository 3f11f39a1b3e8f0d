#include "task/gather.h"

#include "task/value.h"

namespace rondo::core {
namespace {

bool cancel_children(Gather &outer, Error *reason) {
    bool accepted = false;
    outer.asking = true;
    for (Child &child : outer.children()) accepted |= child.future->cls->cancel(*child.future, reason);
    outer.asking = false;
    return accepted;
}

void fail_with(Gather &outer, Future &child) {
    outer.fail(ErrorRef::share(child.error));
    if (outer.flags & RONDO_GATHER_CANCEL_ON_ERROR) cancel_children(outer, cancelled_error().get());
}

void finish_all(Gather &outer) {
    if (outer.cancel_requested) {
        Future &last = *outer.children().back().future; // in asyncio its message counts
        outer.fail(last.state == State::cancelled ? ErrorRef::share(last.error) : cancelled_error());
    } else {
        rondo_value none = no_value();
        outer.finish(none);
    }
}

// One more child has ended (G6-G15).
void count_child(Gather &outer, Future &child) {
    ++outer.finished;
    bool late = outer.done() && (outer.flags & RONDO_GATHER_REPORT_LATE);
    if (!late) child.unretrieved = false;
    if (outer.done()) return;
    if (!child.succeeded() && !(outer.flags & RONDO_GATHER_RETURN_ERRORS)) {
        fail_with(outer, child);
    } else if (outer.finished == outer.count) {
        finish_all(outer);
    }
}

void child_done(Combinator &outer, Child &child) { count_child(static_cast<Gather &>(outer), *child.future); }

bool cancel_gather(Future &future, Error *reason) {
    auto &outer = static_cast<Gather &>(future);
    if (outer.done()) return false; // an error nobody has looked at stays so, unlike with other futures
    if (outer.asking) { // a child waits for this very gather: nobody else will ever end that
        outer.fail(ErrorRef::share(reason));
        return true;
    }
    bool accepted = cancel_children(outer, reason);
    if (accepted) outer.cancel_requested = true;
    return accepted;
}

} // namespace

constinit const CombinatorClass gather_class{
    {"_GatheringFuture", false, cancel_gather, abandon_combinator, end_combinator<Gather>}, child_done};

Gather::Gather(rondo_loop &l, Child *children, std::size_t n, uint32_t rondo_gather_flags)
    : Combinator(gather_class, l, children, n), flags(rondo_gather_flags) {}

rondo_status gather(rondo_loop &loop, std::span<Future *const> children, uint32_t flags, Gather *&out) {
    bool some_done = false;
    auto start = [&some_done](Gather &gather, Child &child) {
        if (child.future->done()) {
            some_done = true;
        } else {
            gather.watch(child);
        }
    };
    auto *outer = make_combinator<Gather>(loop, children, start, flags);
    if (!outer) return RONDO_ENOMEM;
    if (some_done) {
        for (Child &child : outer->children()) {
            if (!child.linked()) count_child(*outer, *child.future);
        }
    }
    if (children.empty()) finish_all(*outer);
    out = outer;
    return RONDO_OK;
}

} // namespace rondo::core
