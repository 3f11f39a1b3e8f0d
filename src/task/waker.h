// Wakers: make a parked task ready, from any thread.
#pragma once

#include "base/object.h"
#include "loop/node.h"
#include "task/task.h"

#include <atomic>

struct rondo_waker final : rondo::core::Object, rondo::core::Node {
    explicit rondo_waker(rondo::core::Task &t);
    void release();
    void wake();

    rondo::core::Task *task; // one reference
    std::atomic<bool> posted{false};
};
