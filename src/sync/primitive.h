// What locks, events and the others have in common: a handle, and the loop they belong to once somebody had to wait.
#pragma once

#include "base/object.h"
#include "base/pool.h"
#include "base/ref.h"
#include "task/operation.h"
#include "task/scheduler.h"

namespace rondo::core {

template <class Self>
struct Primitive : Object {
    using Object::Object;

    void release() {
        if (!drop_reference()) return;
        tag = Tag::dead;
        rondo_loop *last = home;
        destroy(static_cast<Self *>(this));
        if (last) last->let_memory_go();
    }

    // The running loop, to which the primitive belongs from now on. RONDO_ENOLOOP, RONDO_EOTHERLOOP (Y7).
    rondo_status bind() {
        rondo_loop *running = rondo_loop::current();
        if (!running) return RONDO_ENOLOOP;
        if (!home) {
            home = running;
            running->hold_memory();
        }
        return home == running ? RONDO_OK : RONDO_EOTHERLOOP;
    }

    rondo_loop *home = nullptr; // its memory is held
};

} // namespace rondo::core
