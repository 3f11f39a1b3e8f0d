#include "border.h"

#include "base/pool.h"

using namespace rondo::capi;

namespace rondo::capi {

rondo_status check_host(const rondo_host *host) {
    rondo_host known;
    RONDO_TRY(read_struct(host, known));
    return !host || (host->size >= sizeof known && known.flags == 0) ? RONDO_OK : RONDO_EINVAL;
}

rondo_status read_loop_options(const rondo_loop_options *given, rondo_loop_options &out) {
    RONDO_TRY(read_struct(given, out));
    constexpr uint32_t known = RONDO_LOOP_VIRTUAL_CLOCK | RONDO_LOOP_DEBUG | RONDO_LOOP_REPORT_EARLY;
    if (out.flags & ~known || out.reserved != 0) return RONDO_EINVAL;
    return check_host(out.host);
}

} // namespace rondo::capi

namespace {

// A loop lives on while it runs or closes, whoever lets go of it meanwhile.
using LoopRef = Ref<rondo_loop>;

// What a run of the loop says: RONDO_OK, or the code of what left it.
rondo_status left_with(rondo_loop &loop, rondo_error **err) {
    ErrorRef fatal = loop.take_fatal();
    rondo_status status = fatal ? fatal->code : RONDO_OK;
    give(err, std::move(fatal));
    return status;
}

rondo_status check_can_run(rondo_loop *&loop) {
    RONDO_TRY(enter(loop));
    return loop->check_runnable();
}

} // namespace

rondo_status rondo_loop_create(const rondo_loop_options *options, rondo_loop **out) {
    rondo_loop_options o;
    RONDO_TRY(read_loop_options(options, o));
    auto *loop = create<rondo_loop>(o);
    if (!loop) return RONDO_ENOMEM;
    give(out, loop);
    return RONDO_OK;
}

rondo_loop *rondo_loop_retain(rondo_loop *loop) {
    if (check(loop) == RONDO_OK) loop->retain();
    return loop;
}

void rondo_loop_release(rondo_loop *loop) {
    if (check(loop) == RONDO_OK) loop->release();
}

rondo_status rondo_loop_close(rondo_loop *loop) {
    RONDO_TRY(enter(loop));
    if (loop->running()) return RONDO_ERUNNING;
    if (loop->closing()) return RONDO_EREENTRANT;
    LoopRef alive = LoopRef::share(loop);
    loop->close();
    return RONDO_OK;
}

rondo_status rondo_loop_run_forever(rondo_loop *loop, rondo_error **err) {
    clear(err);
    if (rondo_status s = check_can_run(loop); s < 0) return refuse(s, err, "loop");
    LoopRef alive = LoopRef::share(loop);
    loop->run_forever();
    return left_with(*loop, err);
}

rondo_status rondo_loop_run_until_complete(rondo_loop *loop, rondo_future *future, rondo_error **err) {
    clear(err);
    if (rondo_status s = check_can_run(loop); s < 0) return refuse(s, err, "loop");
    if (rondo_status s = check(future); s < 0) return refuse(s, err, "future");
    if (future->loop != loop) return refuse(RONDO_EOTHERLOOP, err, "future");
    LoopRef loop_alive = LoopRef::share(loop);
    FutureRef alive = FutureRef::share(future);
    ErrorRef error;
    rondo_status status = run_until_done(*loop, *future, error);
    if (status < 0) {
        if (!error) error = make_error(status);
        if (future->done()) future->outcome(); // the error has reached the caller
        give(err, std::move(error));
        return status;
    }
    return read_outcome(*future, nullptr, err);
}

rondo_status rondo_loop_run_once(rondo_loop *loop, int64_t max_wait_ns) {
    RONDO_TRY(check_can_run(loop));
    LoopRef alive = LoopRef::share(loop);
    loop->run_once(max_wait_ns);
    RONDO_TRY(left_with(*loop, nullptr));
    return loop->has_ready();
}

rondo_status rondo_loop_run_guest(rondo_loop *loop, int32_t *fd, int64_t *wait_ns, rondo_error **err) {
    clear(err);
    if (rondo_status s = check_can_run(loop); s < 0) return refuse(s, err, "loop");
    LoopRef alive = LoopRef::share(loop);
    int32_t descriptor = -1;
    int64_t wait = 0;
    if (rondo_status s = loop->run_guest(descriptor, wait); s < 0) return refuse(s, err, "loop");
    if (fd) *fd = descriptor;
    if (wait_ns) *wait_ns = wait;
    RONDO_TRY(left_with(*loop, err));
    return wait == 0;
}

rondo_status rondo_loop_stop(rondo_loop *loop) {
    RONDO_TRY(enter(loop));
    loop->stop();
    return RONDO_OK;
}

rondo_status rondo_loop_is_running(const rondo_loop *loop) {
    RONDO_TRY(check(loop));
    return loop->running();
}

rondo_status rondo_loop_is_closed(const rondo_loop *loop) {
    RONDO_TRY(check(loop));
    return loop->closed();
}

int64_t rondo_loop_time(rondo_loop *loop) {
    if (!loop) loop = rondo_loop::current();
    return check(loop) == RONDO_OK ? loop->clock() : 0;
}

rondo_status rondo_loop_pause_clock(rondo_loop *loop) {
    RONDO_TRY(enter_open(loop));
    loop->pause_clock();
    return RONDO_OK;
}

rondo_status rondo_loop_resume_clock(rondo_loop *loop) {
    RONDO_TRY(enter_open(loop));
    return loop->resume_clock() ? RONDO_OK : RONDO_ESTATE;
}

rondo_loop *rondo_loop_running(void) { return rondo_loop::current(); }

rondo_status rondo_loop_set_debug(rondo_loop *loop, int32_t on) {
    if (on != 0 && on != 1) return RONDO_EINVAL;
    RONDO_TRY(enter(loop));
    loop->set_debug(on == 1);
    return RONDO_OK;
}

rondo_status rondo_loop_get_debug(rondo_loop *loop) {
    RONDO_TRY(enter(loop));
    return loop->debug;
}

rondo_status rondo_loop_set_exception_handler(rondo_loop *loop, rondo_exception_handler_fn handler, void *user) {
    RONDO_TRY(enter(loop));
    loop->handler = handler;
    loop->handler_user = user;
    return RONDO_OK;
}

rondo_status rondo_loop_call_exception_handler(rondo_loop *loop, const rondo_report *given) {
    if (!given) return RONDO_EINVAL;
    RONDO_TRY(enter(loop));
    rondo_report what;
    RONDO_TRY(read_struct(given, what));
    if (!what.message || what.flags & ~uint32_t{RONDO_REPORT_WARNING}) return RONDO_EINVAL;
    if (what.error) RONDO_TRY(check(what.error));
    if (what.future) RONDO_TRY(check(what.future));
    if (what.task) RONDO_TRY(check(what.task));
    if (what.handle) RONDO_TRY(check(what.handle));
    if (what.generator) RONDO_TRY(check(what.generator));
    if (what.task && !what.task->is_task()) return RONDO_EKIND;
    report(*loop, what);
    return RONDO_OK;
}

rondo_status rondo_loop_all_tasks(rondo_loop *loop, rondo_task **out, size_t capacity, size_t *count) {
    if (!out && capacity > 0) return RONDO_EINVAL;
    RONDO_TRY(enter(loop));
    size_t n = 0;
    for (Link *link = loop->tasks.front(); link != loop->tasks.end(); link = link->next, ++n) {
        if (n >= capacity) continue;
        out[n] = &Task::of(*link);
        out[n]->retain();
    }
    if (count) *count = n;
    return RONDO_OK;
}

rondo_task *rondo_loop_current_task(rondo_loop *loop) {
    return enter(loop) == RONDO_OK ? loop->current_task : nullptr;
}

rondo_status rondo_loop_get_stats(rondo_loop *loop, rondo_loop_stats *out) {
    if (!out || out->size < sizeof out->size) return RONDO_EINVAL;
    RONDO_TRY(enter(loop));
    const rondo::core::LoopCounters &counters = loop->counters();
    rondo_loop_stats stats{};
    stats.size = out->size;
    stats.open = loop->holds_descriptors();
    stats.turns = counters.turns;
    stats.entries = counters.entries;
    stats.polls = counters.polls;
    stats.sleeps = counters.sleeps;
    stats.tasks = loop->task_count;
    stats.futures = loop->future_count;
    stats.deadlines = loop->deadline_count();
    stats.ready = loop->count_ready();
    std::memcpy(out, &stats, std::min<size_t>(out->size, sizeof stats));
    return RONDO_OK;
}
