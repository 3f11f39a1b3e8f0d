// Semaphore: Y30-Y33.
#pragma once

#include "base/list.h"
#include "sync/primitive.h"

#include <cstdint>

struct rondo_semaphore final : rondo::core::Primitive<rondo_semaphore> {
    rondo_semaphore(uint64_t initial, uint64_t highest)
        : Primitive(rondo::core::Tag::semaphore), value(initial), bound(highest) {}

    // No permit is left, or somebody who came first has not taken his yet.
    bool locked() const;
    bool try_acquire();
    // RONDO_EINVAL: more than the bound.
    rondo_status give_back();
    void wake_next();

    uint64_t value;
    uint64_t bound;
    rondo::core::List waiters;
};

namespace rondo::core {

using Semaphore = ::rondo_semaphore;

Routine acquire(Ref<Semaphore> semaphore);

} // namespace rondo::core
