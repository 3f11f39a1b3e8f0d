// Condition: Y20-Y24.
#pragma once

#include "base/list.h"
#include "sync/lock.h"

#include <cstdint>

struct rondo_condition final : rondo::core::Primitive<rondo_condition> {
    explicit rondo_condition(rondo::core::Ref<rondo_lock> l)
        : Primitive(rondo::core::Tag::condition), lock(std::move(l)) {}

    // Wakes the first n that wait; they go on once they have the lock.
    void notify(uint64_t n);

    rondo::core::Ref<rondo_lock> lock;
    rondo::core::List waiters;
};

namespace rondo::core {

using Condition = ::rondo_condition;

// The lock is held. It is held again when this ends, however it ends.
Routine wait(Ref<Condition> condition);

} // namespace rondo::core
