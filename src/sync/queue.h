// Queue: Q1-Q10. It counts the items and keeps the lines of those who wait; the items are in a container of its own, or,
// with RONDO_QUEUE_COUNTS_ONLY, in one of its user's, who moves them when an operation has succeeded.
#pragma once

#include "base/list.h"
#include "sync/container.h"
#include "sync/primitive.h"

#include <cstdint>

struct rondo_queue final : rondo::core::Primitive<rondo_queue> {
    explicit rondo_queue(const rondo_queue_options &options);

    // Somebody who does not wait in line: RONDO_EFULL, RONDO_EEMPTY, RONDO_ESHUTDOWN, RONDO_ENOMEM.
    rondo_status put_now(rondo_value &item) {
        if (shut) return RONDO_ESHUTDOWN;
        if (full()) return RONDO_EFULL;
        if (!(flags & RONDO_QUEUE_COUNTS_ONLY) && !items.put(item)) return RONDO_ENOMEM;
        ++count;
        ++unfinished;
        if (!getters.empty()) call_getter();
        return RONDO_OK;
    }
    rondo_status get_now(rondo_value &item) {
        if (empty()) return shut ? RONDO_ESHUTDOWN : RONDO_EEMPTY;
        item = flags & RONDO_QUEUE_COUNTS_ONLY ? rondo::core::no_value() : items.get();
        --count;
        if (!putters.empty()) call_putter();
        return RONDO_OK;
    }
    // RONDO_EINVAL: more often than items were put.
    rondo_status task_done();
    void shut_down(bool immediate);

    uint64_t size() const { return count; }
    bool full() const { return capacity > 0 && count >= capacity; }
    bool empty() const { return count == 0; }
    // For who has just come: what those who were called up are about to take is not for him.
    bool full_for_newcomer() const { return capacity > 0 && count + set_aside_put >= capacity; }
    bool empty_for_newcomer() const { return count <= set_aside_get; }
    void call_getter();
    void call_putter();

    uint64_t capacity; // 0: unbounded
    uint32_t flags;
    uint64_t count = 0;
    uint64_t unfinished = 0;
    uint64_t set_aside_get = 0; // RONDO_QUEUE_FAIR: items for getters that were called up
    uint64_t set_aside_put = 0; // likewise: places for putters
    bool shut = false;
    rondo::core::List getters;
    rondo::core::List putters;
    rondo::core::List joiners;
    rondo::core::Container items;

private:
    void count_done(uint64_t n);
};

namespace rondo::core {

using Queue = ::rondo_queue;

Routine put(Ref<Queue> queue, rondo_value &given);
Routine get(Ref<Queue> queue);                   // the operation's result is the item
Routine join(Ref<Queue> queue);

} // namespace rondo::core
