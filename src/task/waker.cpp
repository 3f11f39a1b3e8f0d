#include "task/waker.h"

#include "base/pool.h"

using namespace rondo::core;

namespace {

void wake_here(Node &node, Loop &loop) {
    auto &waker = static_cast<rondo_waker &>(node);
    waker.posted.exchange(false, std::memory_order_seq_cst); // no store: the task sees what all wakers wrote before
    if (!loop.discarding()) wake_task(*waker.task);
    waker.release();
}

} // namespace

rondo_waker::rondo_waker(Task &t) : Object(Tag::waker), Node(wake_here, Kind::urgent), task(&t) { t.retain(); }

void rondo_waker::release() {
    if (!drop_reference()) return;
    task->release();
    tag = Tag::dead;
    destroy(this);
}

// The exchange makes wakes on their way count once; wake_here takes it back before it acts, so that none is lost.
void rondo_waker::wake() {
    if (posted.exchange(true, std::memory_order_seq_cst)) return;
    retain();
    if (task->loop->post(*this)) return;
    posted.store(false, std::memory_order_seq_cst);
    release();
}
