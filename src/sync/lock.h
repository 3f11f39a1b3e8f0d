// Lock: Y1-Y8.
#pragma once

#include "base/list.h"
#include "sync/primitive.h"

struct rondo_lock final : rondo::core::Primitive<rondo_lock> {
    rondo_lock() : Primitive(rondo::core::Tag::lock) {}

    // Nobody has it and nobody who still wants it came first: it is taken now.
    bool try_acquire();
    // RONDO_ESTATE: it is not locked.
    rondo_status unlock();
    void wake_first();

    bool locked = false;
    rondo::core::List waiters;
};

namespace rondo::core {

using Lock = ::rondo_lock;

Routine acquire(Ref<Lock> lock);

} // namespace rondo::core
