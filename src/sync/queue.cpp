#include "sync/queue.h"

#include "sync/queued.h"
#include "task/value.h"

using namespace rondo::core;

namespace {

// The first in line leaves it and is told to look again. False: nobody waits.
bool call_up(List &line) {
    while (Link *link = line.pop_front()) {
        Future &waiting = future_of(static_cast<Node &>(*link));
        if (waiting.done()) continue;
        rondo_value none = no_value();
        waiting.finish(none);
        return true;
    }
    return false;
}

void call_up_all(List &line) {
    while (call_up(line)) {
    }
}

} // namespace

rondo_queue::rondo_queue(const rondo_queue_options &o)
    : Primitive(Tag::queue), capacity(o.capacity), flags(o.flags), items(o.order, o.before, o.user) {}

void rondo_queue::call_getter() {
    if (call_up(getters) && (flags & RONDO_QUEUE_FAIR)) ++set_aside_get;
}

void rondo_queue::call_putter() {
    if (call_up(putters) && (flags & RONDO_QUEUE_FAIR)) ++set_aside_put;
}

void rondo_queue::count_done(uint64_t n) {
    unfinished -= n < unfinished ? n : unfinished;
    if (unfinished == 0) call_all(joiners);
}

rondo_status rondo_queue::task_done() {
    if (unfinished == 0) return RONDO_EINVAL;
    count_done(1);
    return RONDO_OK;
}

void rondo_queue::shut_down(bool immediate) {
    shut = true;
    if (immediate) {
        uint64_t dropped = count;
        count = 0;
        while (items.size() > 0) {
            rondo_value item = items.get();
            drop_value(item);
        }
        count_done(dropped);
    }
    call_up_all(getters);
    call_up_all(putters);
    set_aside_get = set_aside_put = 0;
}

namespace rondo::core {

Routine put(Ref<Queue> queue, rondo_value &given) {
    OwnedValue item(given);
    bool called = false; // a place is set aside for this one
    while (called ? queue->full() : queue->full_for_newcomer()) {
        if (queue->shut) co_return make_error(RONDO_ESHUTDOWN);
        Queued place(*queue->home, queue->putters);
        if (!place) co_return make_error(RONDO_ENOMEM);
        ErrorRef error = co_await until(place.future());
        called = place.called();
        place.leave();
        if (called && queue->set_aside_put > 0) --queue->set_aside_put;
        if (!error) continue;
        if (called && !queue->full()) queue->call_putter();
        co_return std::move(error);
    }
    rondo_status status = queue->put_now(item.value);
    co_return status < 0 ? make_error(status) : ErrorRef();
}

Routine get(Ref<Queue> queue) {
    Operation &self = co_await this_operation();
    bool called = false; // an item is set aside for this one
    while (called ? queue->empty() : queue->empty_for_newcomer()) {
        if (queue->shut && queue->empty()) co_return make_error(RONDO_ESHUTDOWN);
        Queued place(*queue->home, queue->getters);
        if (!place) co_return make_error(RONDO_ENOMEM);
        ErrorRef error = co_await until(place.future());
        called = place.called();
        place.leave();
        if (called && queue->set_aside_get > 0) --queue->set_aside_get;
        if (!error) continue;
        if (called && !queue->empty()) queue->call_getter();
        co_return std::move(error);
    }
    rondo_status status = queue->get_now(self.result);
    co_return status < 0 ? make_error(status) : ErrorRef();
}

Routine join(Ref<Queue> queue) {
    if (queue->unfinished == 0) co_return ErrorRef();
    Queued place(*queue->home, queue->joiners);
    if (!place) co_return make_error(RONDO_ENOMEM);
    ErrorRef error = co_await until(place.future());
    co_return std::move(error);
}

} // namespace rondo::core
