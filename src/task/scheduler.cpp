#include "task/scheduler.h"

#include "base/pool.h"
#include "task/report.h"
#include "task/ring.h"
#include "task/task.h"

#include <cstdlib>

using namespace rondo::core;

namespace {

bool debug_wanted(const rondo_loop_options &options) {
    const char *variable = std::getenv("RONDO_DEBUG");
    return (options.flags & RONDO_LOOP_DEBUG) || (variable && *variable);
}

} // namespace

rondo_loop::rondo_loop(const rondo_loop_options &options)
    : Loop(options), debug(debug_wanted(options)), handler(options.handler), handler_user(options.handler_user) {}

void rondo_loop::release() {
    if (!drop_reference()) return;
    if (!closed()) {
        retain();
        close();
        if (!drop_reference()) return;
    }
    tag = Tag::dead;
    destroy(this);
}

void rondo_loop::close() {
    if (std::exchange(closing_, true)) return;
    while (!tasks.empty()) abandon(Task::of(*tasks.front()));
    while (!operations.empty()) {
        Future &operation = future_of(static_cast<Node &>(*operations.front()));
        operation.cls->abandon(operation);
    }
    while (Link *hook = close_hooks.pop_front())
        static_cast<CloseHook *>(hook)->at_close(static_cast<CloseHook &>(*hook));
    // From here on each future that is left holds the loop's memory itself.
    refs.fetch_add(static_cast<uint32_t>(std::exchange(future_count, 0)), std::memory_order_relaxed);
    discard_all();
    if (auto *old = std::exchange(ring, nullptr)) ring_loop_closed(*old);
    close_driver();
}

void rondo_loop::raise_fatal(ErrorRef error) {
    if (!fatal_) fatal_ = std::move(error);
    break_off();
}
