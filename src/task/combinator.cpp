#include "task/combinator.h"

namespace rondo::core {
namespace {

void run_child(Node &node, Loop &loop) {
    if (loop.discarding()) return;
    auto &child = static_cast<Child &>(node);
    Combinator &outer = *child.outer;
    --outer.watched;
    static_cast<const CombinatorClass *>(outer.cls)->child_done(outer, child);
    outer.settle();
}

} // namespace

Child::Child(Combinator &o, Future &f) : Node(run_child, Kind::child), outer(&o), future(&f) { f.retain(); }

Combinator::Combinator(const CombinatorClass &c, rondo_loop &l, Child *children, std::size_t n)
    : Future(c, l, nullptr), first(children), count(n) {}

void Combinator::watch(Child &child) {
    if (watched++ == 0 && !linked()) {
        retain();
        loop->operations.push_back(*this);
    }
    if (child.future->done()) {
        loop->ready(child);
    } else {
        child.future->waiters.push_back(child);
    }
}

void Combinator::stop_watching() {
    for (Child &child : children()) {
        if (child.linked()) child.unlink();
    }
    watched = 0;
}

void Combinator::settle() {
    if (watched > 0 || !linked()) return;
    unlink();
    release_here();
}

void abandon_combinator(Future &future) {
    auto &outer = static_cast<Combinator &>(future);
    outer.stop_watching();
    outer.settle();
}

} // namespace rondo::core
