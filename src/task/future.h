// Futures: everything that can be awaited. A future is pending, then finished (a value), failed (an error) or cancelled
// (an error as its reason), for good. Who waits stands as a node in `waiters`; the end of the future moves that list to
// the ready queue as it is, so wake-ups and done callbacks keep their order and cost nothing each.
#pragma once

#include "base/list.h"
#include "base/object.h"
#include "base/ref.h"
#include "loop/node.h"
#include "task/error.h"
#include "task/scheduler.h"

#include "rondo/abi.h"

namespace rondo::core {

// What kinds of futures differ in.
struct FutureClass {
    const char *noun; // "Future", as reports name it
    bool settable;    // set_result and set_error may finish it
    bool (*cancel)(rondo_future &, Error *reason);
    void (*abandon)(rondo_future &); // of those that keep themselves alive while pending: the loop is closing
    void (*end)(rondo_future &);     // after the last reference: end_future, then gives the memory back
};

enum class State : uint8_t { pending, finished, failed, cancelled };

} // namespace rondo::core

struct rondo_future : rondo::core::Object, rondo::core::Node {
    rondo_future(const rondo::core::FutureClass &c, rondo_loop &l, rondo::core::RunFn run_fn, uint32_t references = 1)
        : Object(rondo::core::Tag::future, references), Node(run_fn), cls(&c), loop(&l),
          waits{nullptr, nullptr, nullptr, nullptr} {
        ++l.future_count;
    }

    bool done() const { return state != rondo::core::State::pending; }
    bool succeeded() const { return state == rondo::core::State::finished; }
    bool is_task() const;
    void release();
    // Loop thread: the same without looking at the thread.
    void release_here() {
        if (drop_reference()) cls->end(*this);
    }

    // The end, once. The wake-ups are scheduled here; a reference handed in moves.
    void finish(rondo_value &value); // moved
    void fail(rondo::core::ErrorRef error);
    void cancel_now(rondo::core::ErrorRef reason);
    // Finishes with the value of another finished future, which keeps it.
    void relay(rondo::core::Ref<rondo_future> source);
    // Of a finished one: the future that has its value.
    rondo_future &bearer() {
        rondo_future *future = this;
        while (future->relays) future = future->source;
        return *future;
    }

    // Lets go of the callbacks that are not scheduled.
    void discard_callbacks();

    // RONDO_OK with a value; RONDO_ESTATE while pending; else the error's code. Counts as retrieving.
    rondo_status outcome() {
        if (state == rondo::core::State::pending) return RONDO_ESTATE;
        unretrieved = false;
        if (state != rondo::core::State::finished) return error->code;
        return bearer().value_taken ? RONDO_ETAKEN : RONDO_OK;
    }

    const rondo::core::FutureClass *cls;
    rondo_loop *loop;
    rondo::core::List waiters;

    // A task's business while it is pending.
    struct Suspension {
        rondo_future *awaited; // one reference
        rondo_error *to_raise; // at the next step; one reference
        rondo_future *operation; // what waits for it on the task's behalf: see operation.h; one reference
        const rondo_coro_vtable *vtable;
    };
    union {
        rondo_value value;  // finished
        rondo_error *error; // failed, cancelled; one reference
        rondo_future *source; // finished, relays; one reference
        Suspension waits;     // pending
    };
    rondo::core::State state = rondo::core::State::pending;
    bool unretrieved : 1 = false;   // failed, and nobody has looked
    bool value_taken : 1 = false;   // finished, and the value was moved out
    bool relays : 1 = false;        // finished, with the value of another
    bool has_callbacks : 1 = false; // some waiters are callbacks that must hold the future while they are scheduled

private:
    void end(rondo::core::State how);
    void look_again();
};

namespace rondo::core {

using Future = ::rondo_future;
using FutureRef = Ref<Future>;

inline Future &future_of(Node &node) { return static_cast<Future &>(node); }

// What every kind does at its end: reports an error nobody retrieved, lets go of callbacks and the result. False: the
// report revived the future.
[[nodiscard]] bool end_future_with_care(Future &future);
[[nodiscard]] inline bool end_future(Future &future) {
    rondo_loop &loop = *future.loop;
    bool bare = future.succeeded() && !future.relays && !future.value.drop && future.waiters.empty();
    if (!bare || loop.knows_origins() || loop.closed()) return end_future_with_care(future);
    future.tag = Tag::dead;
    --loop.future_count;
    return true;
}

// A future somebody finishes by hand. nullptr when out of memory.
[[nodiscard]] Future *make_future(rondo_loop &loop);
// Perhaps with a hook that is asked when it shall be cancelled; options may be null.
rondo_status make_future(rondo_loop &loop, const rondo_future_options *options, Future *&out);

} // namespace rondo::core
