#include "border.h"

#include "base/pool.h"

using namespace rondo::capi;

rondo_status rondo_task_waker(rondo_task *task, rondo_waker **out) {
    Task *t = nullptr;
    RONDO_TRY(enter_task(task, t));
    auto *waker = create<rondo_waker>(*t);
    if (!waker) return RONDO_ENOMEM;
    give(out, waker);
    return RONDO_OK;
}

void rondo_waker_wake_by_ref(rondo_waker *waker) {
    if (check(waker) == RONDO_OK) waker->wake();
}

void rondo_waker_wake(rondo_waker *waker) {
    if (check(waker) != RONDO_OK) return;
    waker->wake();
    waker->release();
}

rondo_waker *rondo_waker_retain(rondo_waker *waker) {
    if (check(waker) == RONDO_OK) waker->retain();
    return waker;
}

void rondo_waker_release(rondo_waker *waker) {
    if (check(waker) == RONDO_OK) waker->release();
}
