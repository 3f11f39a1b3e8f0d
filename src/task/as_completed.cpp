#include "task/as_completed.h"

#include "task/value.h"

#include <algorithm>
#include <new>
#include <vector>

namespace rondo::core {
namespace {

void serve(Ticket &ticket, Child &child) {
    ticket.child = &child;
    rondo_value none = no_value();
    ticket.finish(none);
}

// To whoever waits longest, else to the front or back of the queue.
void hand_over(AsCompleted &iteration, Child &child, bool first) {
    if (Link *waiting = iteration.tickets.pop_front()) {
        serve(static_cast<Ticket &>(future_of(static_cast<Node &>(*waiting))), child);
    } else if (first) {
        iteration.ended.push_front(child);
    } else {
        iteration.ended.push_back(child);
    }
}

void finish(AsCompleted &iteration) {
    iteration.timer.disarm(*iteration.loop);
    rondo_value none = no_value();
    iteration.finish(none);
}

void child_done(Combinator &outer, Child &child) {
    auto &iteration = static_cast<AsCompleted &>(outer);
    child.kind = Node::Kind::plain; // its node is the queue's now
    hand_over(iteration, child, false);
    if (iteration.watched == 0 && !iteration.done()) finish(iteration);
}

void fail_late(Ticket &ticket) {
    ticket.fail(make_error(RONDO_ETIMEDOUT, "as_completed: the timeout passed before the next future ended"));
    ticket.unretrieved = false;
}

// What is in the queue keeps its place; the others are given up.
void stop(AsCompleted &iteration) {
    for (Child &child : iteration.children()) {
        if (child.kind == Node::Kind::child && child.linked()) child.unlink();
    }
    iteration.watched = 0;
    iteration.timer.disarm(*iteration.loop);
}

void run_timer(Node &node, Loop &loop) {
    if (loop.discarding()) return;
    AsCompleted &iteration = *static_cast<AsCompleted::Timer &>(node).iteration;
    iteration.timed_out = true;
    stop(iteration);
    while (Link *waiting = iteration.tickets.pop_front())
        fail_late(static_cast<Ticket &>(future_of(static_cast<Node &>(*waiting))));
    finish(iteration);
    iteration.settle();
}

bool cancel_iteration(Future &future, Error *reason) {
    if (future.done()) return false;
    future.cancel_now(ErrorRef::share(reason));
    return true;
}

void abandon_iteration(Future &future) {
    auto &iteration = static_cast<AsCompleted &>(future);
    stop(iteration);
    while (iteration.tickets.pop_front()) {
    }
    iteration.settle();
}

void end_iteration(Future &future) {
    if (!end_future(future)) return;
    auto &iteration = static_cast<AsCompleted &>(future);
    while (iteration.ended.pop_front()) {
    }
    destroy_combinator(iteration);
}

// Its turn goes to the next.
bool cancel_ticket(Future &future, Error *reason) {
    auto &ticket = static_cast<Ticket &>(future);
    ticket.unretrieved = false;
    if (ticket.done()) return false;
    if (ticket.linked()) ticket.unlink();
    ++ticket.iteration->left;
    ticket.cancel_now(ErrorRef::share(reason));
    return true;
}

void end_ticket(Future &future) {
    if (!end_future(future)) return;
    auto &ticket = static_cast<Ticket &>(future);
    AsCompleted &iteration = *ticket.iteration;
    bool waiting = ticket.linked();
    if (waiting) ticket.unlink();
    bool returned = ticket.child && !ticket.claimed;
    if (waiting || returned) ++iteration.left;
    if (returned) hand_over(iteration, *ticket.child, true);
    destroy(&ticket);
    iteration.release_here();
}

// Leaves the first of those that are equal.
void watch_each_once(AsCompleted &iteration) {
    std::vector<Future *> seen;
    seen.reserve(iteration.count);
    for (Child &child : iteration.children()) seen.push_back(child.future);
    std::sort(seen.begin(), seen.end());
    bool unique = std::adjacent_find(seen.begin(), seen.end()) == seen.end();
    std::vector<bool> watched(seen.size());
    for (Child &child : iteration.children()) {
        std::size_t place = std::lower_bound(seen.begin(), seen.end(), child.future) - seen.begin();
        if (!unique && watched[place]) continue;
        watched[place] = true;
        iteration.watch(child);
    }
}

} // namespace

constinit const CombinatorClass as_completed_class{
    {"as_completed", false, cancel_iteration, abandon_iteration, end_iteration}, child_done};
constinit const FutureClass ticket_class{"as_completed", false, cancel_ticket, nullptr, end_ticket};

AsCompleted::Timer::Timer(AsCompleted &i) : Alarm(run_timer), iteration(&i) {}

AsCompleted::AsCompleted(rondo_loop &l, Child *children, std::size_t n)
    : Combinator(as_completed_class, l, children, n), timer(*this) {}

Ticket::Ticket(AsCompleted &i) : Future(ticket_class, *i.loop, nullptr), iteration(&i) { i.retain(); }

rondo_status as_completed(rondo_loop &loop, std::span<Future *const> futures, int64_t timeout, FutureRef &out) {
    auto *iteration = make_combinator<AsCompleted>(loop, futures, leave_alone);
    if (!iteration) return RONDO_ENOMEM;
    out = FutureRef::adopt(iteration);
    try {
        watch_each_once(*iteration);
    } catch (const std::bad_alloc &) {
        return RONDO_ENOMEM;
    }
    iteration->left = iteration->watched;
    if (iteration->left == 0) {
        finish(*iteration);
    } else if (!iteration->timer.arm_in(loop, timeout)) {
        abandon_iteration(*iteration);
        return RONDO_ENOMEM;
    }
    return RONDO_OK;
}

rondo_status draw_ticket(AsCompleted &iteration, FutureRef &out) {
    if (iteration.left == 0) return RONDO_OK;
    auto *ticket = create<Ticket>(iteration);
    if (!ticket) return RONDO_ENOMEM;
    out = FutureRef::adopt(ticket);
    --iteration.left;
    if (Link *ended = iteration.ended.pop_front()) {
        serve(*ticket, static_cast<Child &>(static_cast<Node &>(*ended)));
    } else if (iteration.timed_out) {
        fail_late(*ticket);
    } else {
        iteration.tickets.push_back(*ticket);
    }
    return RONDO_OK;
}

std::ptrdiff_t draw_ended(AsCompleted &iteration) {
    Link *ended = iteration.left > 0 ? iteration.ended.pop_front() : nullptr;
    if (!ended) return -1;
    --iteration.left;
    return &static_cast<Child &>(static_cast<Node &>(*ended)) - iteration.first;
}

} // namespace rondo::core
