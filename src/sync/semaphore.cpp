#include "sync/semaphore.h"

#include "sync/queued.h"

using namespace rondo::core;

bool rondo_semaphore::locked() const {
    if (value == 0) return true;
    auto &line = const_cast<List &>(waiters);
    for (Link *link = line.front(); link != line.end(); link = link->next) {
        if (future_of(static_cast<Node &>(*link)).state != State::cancelled) return true;
    }
    return false;
}

bool rondo_semaphore::try_acquire() {
    if (locked()) return false;
    --value;
    return true;
}

rondo_status rondo_semaphore::give_back() {
    if (value >= bound) return RONDO_EINVAL;
    ++value;
    wake_next();
    return RONDO_OK;
}

// The permit is set aside for whoever is called.
void rondo_semaphore::wake_next() {
    if (value > 0 && call_first(waiters)) --value;
}

namespace rondo::core {
namespace {

// Those who came while others were ahead of them.
void wake_more(Semaphore &semaphore) {
    while (semaphore.value > 0 && call_first(semaphore.waiters)) --semaphore.value;
}

} // namespace

Routine acquire(Ref<Semaphore> semaphore) {
    if (semaphore->try_acquire()) co_return ErrorRef();
    Queued place(*semaphore->home, semaphore->waiters);
    if (!place) co_return make_error(RONDO_ENOMEM);
    ErrorRef error = co_await until(place.future());
    bool set_aside = place.called();
    place.leave();
    if (error && set_aside) ++semaphore->value;
    wake_more(*semaphore);
    co_return std::move(error);
}

} // namespace rondo::core
