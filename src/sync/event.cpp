#include "sync/event.h"

#include "sync/queued.h"

using namespace rondo::core;

void rondo_event::set() {
    if (!std::exchange(is_set, true)) call_all(waiters);
}

namespace rondo::core {

Routine wait(Ref<Event> event) {
    if (event->is_set) co_return ErrorRef();
    Queued place(*event->home, event->waiters);
    if (!place) co_return make_error(RONDO_ENOMEM);
    ErrorRef error = co_await until(place.future());
    co_return std::move(error);
}

} // namespace rondo::core
