#include "task/scheduler.h"

#include "base/pool.h"
#include "task/inspect.h"
#include "task/origin.h"
#include "task/report.h"
#include "task/ring.h"
#include "task/slow.h"
#include "task/task.h"

#include <cstdlib>

using namespace rondo::core;

namespace {

constexpr int64_t default_slow_callback = 100'000'000;

bool debug_wanted(const rondo_loop_options &options) {
    const char *variable = std::getenv("RONDO_DEBUG");
    return (options.flags & RONDO_LOOP_DEBUG) || (variable && *variable);
}

// What signal handlers and other threads have asked for.
void attend(Loop &loop) {
    auto &home = static_cast<rondo_loop &>(loop);
    if (int descriptor = home.dump_wanted.exchange(-1); descriptor >= 0) dump_to(home, descriptor);
    if (home.interrupt_wanted.exchange(false) && home.on_interrupt) home.on_interrupt(home);
}

} // namespace

rondo_loop::rondo_loop(const rondo_loop_options &options)
    : Loop(options), report_early((options.flags & RONDO_LOOP_REPORT_EARLY) != 0), handler(options.handler),
      handler_user(options.handler_user),
      slow_callback(options.slow_callback_ns > 0 ? options.slow_callback_ns : default_slow_callback) {
    on_attention = attend;
    set_debug(debug_wanted(options));
}

void rondo_loop::set_debug(bool on) {
    debug = on;
    watch_entries(on ? &slow_entries : nullptr);
}

void rondo_loop::release() {
    if (!drop_reference()) return;
    if (!closed()) {
        retain();
        close();
        if (!drop_reference()) return;
    }
    let_memory_go();
}

void rondo_loop::let_memory_go() {
    if (!memory_holders_.drop()) return;
    tag = Tag::dead;
    destroy(this);
}

void rondo_loop::close() {
    if (std::exchange(closing_, true)) return;
    if (forked()) part_from_parent();
    while (!tasks.empty()) abandon(Task::of(*tasks.front()));
    while (finalizers.pop_front()) {
    }
    executor_ended = true;
    if (executor) abandon_executor(*this);
    while (!operations.empty()) {
        Future &operation = future_of(static_cast<Node &>(*operations.front()));
        operation.cls->abandon(operation);
    }
    while (Link *hook = close_hooks.pop_front())
        static_cast<CloseHook *>(hook)->at_close(static_cast<CloseHook &>(*hook));
    // From here on each future that is left holds the loop's memory itself.
    refs.add(static_cast<uint32_t>(std::exchange(future_count, 0)));
    discard_all();
    if (auto *old = std::exchange(ring, nullptr)) ring_loop_closed(*old);
    forget_origins(*this);
    close_driver();
}

void rondo_loop::raise_fatal(ErrorRef error) {
    if (!fatal_) fatal_ = std::move(error);
    break_off();
}
