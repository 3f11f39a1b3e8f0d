// as_completed: futures in the order in which they end. The iteration queues those that have ended; a ticket is a
// future for the next of them. A ticket that goes without anybody having asked what it stands for gives that back.
#pragma once

#include "loop/alarm.h"
#include "task/combinator.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace rondo::core {

extern const CombinatorClass as_completed_class;
extern const FutureClass ticket_class;

struct AsCompleted final : Combinator {
    AsCompleted(rondo_loop &l, Child *children, std::size_t n);

    struct Timer : Alarm {
        explicit Timer(AsCompleted &i);
        AsCompleted *iteration;
    };

    std::size_t left = 0; // tickets that may still be drawn
    bool timed_out = false;
    List ended;   // children nobody has a ticket for
    List tickets; // those that wait, through their node
    Timer timer;
};

struct Ticket final : Future {
    explicit Ticket(AsCompleted &i);

    AsCompleted *iteration; // one reference
    Child *child = nullptr; // once served
    bool claimed = false;   // somebody knows what it stands for
};

// All futures belong to the loop. RONDO_ENOMEM.
rondo_status as_completed(rondo_loop &loop, std::span<Future *const> futures, int64_t timeout, FutureRef &out);

// out stays empty when no more can be drawn. RONDO_ENOMEM.
rondo_status draw_ticket(AsCompleted &iteration, FutureRef &out);
// The place of one that has ended, or -1.
std::ptrdiff_t draw_ended(AsCompleted &iteration);

} // namespace rondo::core
