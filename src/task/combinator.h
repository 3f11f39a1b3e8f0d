// What gather, wait, shield and as_completed have in common: a future over other futures. Its children stand among the
// waiters of theirs; as long as any does, the combinator keeps itself alive in rondo_loop::operations.
#pragma once

#include "base/pool.h"
#include "task/future.h"

#include <cstddef>
#include <new>
#include <span>

namespace rondo::core {

struct Combinator;

struct Child : Node {
    Child(Combinator &o, Future &f);
    Combinator *outer;
    Future *future; // one reference
};

struct CombinatorClass : FutureClass {
    void (*child_done)(Combinator &, Child &);
};

struct Combinator : Future {
    Combinator(const CombinatorClass &c, rondo_loop &l, Child *children, std::size_t n);

    std::span<Child> children() { return {first, count}; }
    std::span<const Child> children() const { return {first, count}; }

    // The child waits for its future's end; one that is done already is told so in the next turn.
    void watch(Child &child);
    // Children that are not done are of no interest any more. Follow it with settle(), but not inside child_done.
    void stop_watching();
    // Lets go of itself when no child is watched.
    void settle();

    Child *first;
    std::size_t count;
    std::size_t watched = 0;
};

// The children follow the combinator in its block.
template <class T>
constexpr std::size_t combinator_size(std::size_t count) {
    return sizeof(T) + count * sizeof(Child);
}

// nullptr when out of memory. Calls start(combinator, child) for each child as soon as it stands: children may be too
// many to visit twice.
template <class T, class Start, class... Args>
[[nodiscard]] T *make_combinator(rondo_loop &loop, std::span<Future *const> futures, Start start, Args... args) {
    static_assert(sizeof(T) % alignof(Child) == 0);
    void *block = allocate(combinator_size<T>(futures.size()));
    if (!block) return nullptr;
    auto *children = reinterpret_cast<Child *>(static_cast<char *>(block) + sizeof(T));
    auto *outer = new (block) T(loop, children, futures.size(), args...);
    for (std::size_t i = 0; i < futures.size(); ++i) start(*outer, *new (&children[i]) Child(*outer, *futures[i]));
    return outer;
}

inline void watch_at_once(Combinator &outer, Child &child) { outer.watch(child); }
inline void leave_alone(Combinator &, Child &) {}

// After end_future: lets go of the children and gives the block back.
template <class T>
void destroy_combinator(T &outer) {
    std::size_t size = combinator_size<T>(outer.count);
    for (Child &child : outer.children()) child.future->release_here();
    outer.~T();
    deallocate(&outer, size);
}

// For those that hold nothing else.
template <class T>
void end_combinator(Future &future) {
    if (end_future(future)) destroy_combinator(static_cast<T &>(future));
}

// The loop is closing.
void abandon_combinator(Future &future);

} // namespace rondo::core
