// Event: Y10, Y11.
#pragma once

#include "base/list.h"
#include "sync/primitive.h"

struct rondo_event final : rondo::core::Primitive<rondo_event> {
    rondo_event() : Primitive(rondo::core::Tag::event) {}

    void set();

    bool is_set = false;
    rondo::core::List waiters;
};

namespace rondo::core {

using Event = ::rondo_event;

Routine wait(Ref<Event> event);

} // namespace rondo::core
