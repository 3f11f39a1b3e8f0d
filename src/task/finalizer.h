// Finalizers: what must still be done before the loop closes, each by a task of its own. Generators that have
// begun are finalizers, and so is what bindings register.
#pragma once

#include "base/list.h"
#include "task/future.h"
#include "task/scheduler.h"

namespace rondo::core {

struct Finalizer : Link {
    explicit Finalizer(void (*fn)(Finalizer &, rondo_loop &, FutureRef &)) : start(fn) {}
    ~Finalizer() { unregister(); }
    Finalizer(const Finalizer &) = delete;
    Finalizer &operator=(const Finalizer &) = delete;

    void register_with(rondo_loop &loop) { loop.finalizers.push_back(*this); }
    void unregister() {
        if (linked()) unlink();
    }

    // Makes the task; leaves it empty when there is nothing to do. It is not registered any more then.
    void (*start)(Finalizer &, rondo_loop &loop, FutureRef &task);
};

// Starts all that are registered, the newest first; out is done when their tasks are. Failures are reported.
// RONDO_ENOMEM: some may have been started.
rondo_status start_finalizers(rondo_loop &loop, FutureRef &out);

} // namespace rondo::core
