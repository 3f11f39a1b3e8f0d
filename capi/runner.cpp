#include "border.h"

#include "base/pool.h"
#include "fiber/fiber.h"

using namespace rondo::capi;

namespace {

constexpr char options_range[] = "declare it with RONDO_INIT and leave flags 0";
constexpr char vtable_range[] = "set size to sizeof, flags to 0, a step and an alignment of at most 16";

struct Release {
    rondo_runner *runner;
    ~Release() { rondo_runner_release(runner); }
};

rondo_status enter_runner(rondo_runner *runner) {
    RONDO_TRY(check(runner));
    return runner->loop && runner->loop->running() ? enter(*runner->loop) : RONDO_OK;
}

rondo_status prepare(rondo_runner *runner) {
    RONDO_TRY(enter_runner(runner));
    RONDO_TRY(runner->check_runnable());
    if (runner->loop) return RONDO_OK;
    RONDO_TRY(runner->init());
    return runner->check_runnable(); // the loop of a factory
}

// Runs main and tells how it ended; the value moves out.
rondo_status run_main(rondo_runner &runner, Task &main, rondo_value *result, rondo_error **err) {
    ErrorRef error;
    rondo_status status = runner.run(main, error);
    if (status < 0) {
        if (main.done()) main.outcome(); // what it raised reaches the caller as this error
        if (!error) error = make_error(status);
        give(err, std::move(error));
        return status;
    }
    RONDO_TRY(read_outcome(main, nullptr, err));
    rondo_value value = take_value(main.value);
    main.value_taken = true;
    if (result) {
        *result = value;
    } else {
        drop_value(value);
    }
    return RONDO_OK;
}

rondo_status run_coro(rondo_runner *runner, const rondo_coro_vtable &vtable, const void *init,
                      const rondo_task_options *options, rondo_value *result, rondo_error **err) {
    TaskOptions o;
    if (options) {
        if (rondo_status s = read_task_options(options, o); s < 0) return refuse(s, err, "options", options_range);
    }
    if (rondo_status s = prepare(runner); s < 0) return refuse(s, err, "runner");
    if (!o.context) o.context = runner->context;
    Task *main = nullptr;
    if (rondo_status s = make_task(*runner->loop, vtable, init, o, main); s < 0) return refuse(s, err, "runner");
    FutureRef alive = FutureRef::adopt(main);
    return run_main(*runner, *main, result, err);
}

void begin_outcome(rondo_value *result, rondo_error **err) {
    if (result) *result = no_value();
    clear(err);
}

rondo_status run_once(const rondo_coro_vtable &vtable, const void *init, rondo_value *result, rondo_error **err) {
    if (rondo_status s = rondo_loop::check_thread(); s < 0) return refuse(s, err, "run");
    rondo_runner *runner = nullptr;
    if (rondo_status s = rondo_runner_create(nullptr, &runner); s < 0) return refuse(s, err, "run");
    Release release{runner};
    rondo_status status = run_coro(runner, vtable, init, nullptr, result, err);
    rondo_error *close_error = nullptr;
    rondo_status closed = rondo_runner_close(runner, RONDO_FOREVER, &close_error);
    ErrorRef close_failure = ErrorRef::adopt(close_error);
    if (status == RONDO_OK && closed < 0) {
        if (result) drop_value(*result);
        give(err, std::move(close_failure));
        return closed;
    }
    return status;
}

} // namespace

rondo_status rondo_run(rondo_fiber_fn fn, void *arg, rondo_value *result, rondo_error **err) {
    begin_outcome(result, err);
    if (!fn) return refuse(RONDO_EINVAL, err, "fn");
    FiberFrame init{fn, arg, 0, nullptr};
    return run_once(fiber_vtable(), &init, result, err);
}

rondo_status rondo_run_coro(const rondo_coro_vtable *vtable, const void *init, rondo_value *result,
                            rondo_error **err) {
    begin_outcome(result, err);
    if (rondo_status s = check_vtable(vtable); s < 0) return refuse(s, err, "vtable", vtable_range);
    return run_once(*vtable, init, result, err);
}

rondo_status rondo_runner_create(const rondo_runner_options *options, rondo_runner **out) {
    rondo_runner_options o;
    RONDO_TRY(read_struct(options, o));
    constexpr uint32_t known = RONDO_RUNNER_DEBUG | RONDO_RUNNER_NO_DEBUG | RONDO_RUNNER_NO_SIGINT;
    if (o.flags & ~known) return RONDO_EINVAL;
    if (o.context) RONDO_TRY(check(o.context));
    rondo_loop_options loop_options;
    RONDO_TRY(read_loop_options(o.loop, loop_options));
    o.loop = &loop_options;
    auto *runner = create<rondo_runner>(o);
    if (!runner) return RONDO_ENOMEM;
    if (out) {
        *out = runner;
    } else {
        destroy(runner);
    }
    return RONDO_OK;
}

rondo_status rondo_runner_get_loop(rondo_runner *runner, rondo_loop **out) {
    RONDO_TRY(enter_runner(runner));
    RONDO_TRY(runner->init());
    if (out) *out = runner->loop;
    return RONDO_OK;
}

rondo_status rondo_runner_get_context(rondo_runner *runner, rondo_context **out) {
    RONDO_TRY(enter_runner(runner));
    RONDO_TRY(runner->init());
    if (out) *out = runner->context;
    return RONDO_OK;
}

rondo_status rondo_runner_run(rondo_runner *runner, rondo_fiber_fn fn, void *arg, const rondo_task_options *options,
                              rondo_value *result, rondo_error **err) {
    begin_outcome(result, err);
    if (!fn) return refuse(RONDO_EINVAL, err, "fn");
    TaskOptions known;
    FiberFrame init{fn, arg, 0, nullptr};
    rondo_status s = read_task_options(options, known, &init.stack_size);
    if (s < 0) return refuse(s, err, "options");
    if (init.stack_size > largest_stack_size) return refuse(RONDO_ENOMEM, err, "options->stack_size");
    return run_coro(runner, fiber_vtable(), &init, options, result, err);
}

rondo_status rondo_runner_run_coro(rondo_runner *runner, const rondo_coro_vtable *vtable, const void *init,
                                   const rondo_task_options *options, rondo_value *result, rondo_error **err) {
    begin_outcome(result, err);
    if (rondo_status s = check_vtable(vtable); s < 0) return refuse(s, err, "vtable", vtable_range);
    return run_coro(runner, *vtable, init, options, result, err);
}

rondo_status rondo_runner_run_ring(rondo_runner *runner, rondo_ring *ring, void *object,
                                   const rondo_task_options *options, rondo_task **main, rondo_error **err) {
    clear(err);
    if (main) *main = nullptr;
    TaskOptions o;
    if (rondo_status s = check(ring); s < 0) return refuse(s, err, "ring");
    if (rondo_status s = read_task_options(options, o); s < 0) return refuse(s, err, "options", options_range);
    if (rondo_status s = prepare(runner); s < 0) return refuse(s, err, "runner");
    if (ring_loop(*ring) != runner->loop) return refuse(RONDO_EOTHERLOOP, err, "ring");
    if (!object) return refuse(RONDO_EINVAL, err, "object");
    if (!o.context) o.context = runner->context;
    RingTaskInit init{ring, object};
    Task *task = nullptr;
    if (rondo_status s = make_ring_task(*runner->loop, init, o, task); s < 0) return refuse(s, err, "runner");
    FutureRef alive = FutureRef::share(task);
    if (main)
        *main = task;
    else
        task->release();
    ErrorRef error;
    rondo_status status = runner->run(*task, error);
    if (status < 0 && task->done()) task->outcome();
    if (status >= 0) return read_outcome(*task, nullptr, err);
    if (!error) error = make_error(status);
    give(err, std::move(error));
    return status;
}

rondo_status rondo_runner_interrupt(rondo_runner *runner) {
    RONDO_TRY(enter_runner(runner));
    if (!runner->main) return RONDO_ESTATE;
    return runner->interrupt();
}

rondo_status rondo_runner_close(rondo_runner *runner, int64_t deadline_ns, rondo_error **err) {
    clear(err);
    if (rondo_status s = enter_runner(runner); s < 0) return refuse(s, err, "runner");
    if (runner->main) return refuse(RONDO_ERUNNING, err, "runner");
    ErrorRef error;
    rondo_status status = RONDO_OK;
    try {
        status = runner->close(deadline_ns, error);
    } catch (const std::bad_alloc &) {
        return refuse(RONDO_ENOMEM, err, "runner");
    }
    if (status < 0 && !error) error = make_error(status);
    give(err, std::move(error));
    return status;
}

void rondo_runner_release(rondo_runner *runner) {
    if (enter_runner(runner) < 0 || runner->in_use()) return;
    rondo_runner_close(runner, RONDO_FOREVER, nullptr);
    runner->tag = Tag::dead;
    destroy(runner);
}
