#include "task/runner.h"

#include "base/pool.h"
#include "task/gather.h"
#include "task/handle.h"
#include "task/report.h"

#include <cstdio>
#include <string>
#include <vector>

using namespace rondo::core;

namespace {

// Among the waiters of the future a run waits for: stops the loop, through the ready queue as every callback (L9).
struct StopNode : Node {
    StopNode(rondo_loop &l, Future &f) : Node(run_stop), loop(l) { f.waiters.push_back(*this); }
    ~StopNode() {
        if (linked()) unlink();
    }
    StopNode(const StopNode &) = delete;
    StopNode &operator=(const StopNode &) = delete;

    static void run_stop(Node &node, Loop &) { static_cast<StopNode &>(node).loop.stop(); }

    rondo_loop &loop;
};

// Ends a close that takes too long.
struct DeadlineNode : Node {
    DeadlineNode(rondo_loop &l, int64_t delay) : Node(run_deadline), loop(l) {
        if (delay == forever) return;
        armed = loop.add_deadline(*this, saturating_add(loop.now(), delay < 0 ? 0 : delay));
        out_of_memory = !armed;
    }
    ~DeadlineNode() {
        if (linked()) {
            unlink();
        } else if (armed && !passed) {
            loop.remove_deadline(*this);
        }
    }
    DeadlineNode(const DeadlineNode &) = delete;
    DeadlineNode &operator=(const DeadlineNode &) = delete;

    static void run_deadline(Node &node, Loop &) {
        auto &deadline = static_cast<DeadlineNode &>(node);
        deadline.passed = true;
        deadline.loop.stop();
    }

    rondo_loop &loop;
    bool armed = false;
    bool out_of_memory = false;
    bool passed = false;
};

constexpr int most_rounds = 100;

struct Ending {
    std::vector<FutureRef> tasks;
    FutureRef all; // the gather of them
    ErrorRef fatal;
    bool out_of_time = false;
};

// All that ending them needs memory for. RONDO_ENOMEM, also as an exception: nothing has changed.
rondo_status collect(rondo_loop &loop, Ending &ending) {
    std::vector<Future *> children;
    for (Link *link = loop.tasks.front(); link != loop.tasks.end(); link = link->next) {
        children.push_back(&Task::of(*link));
        ending.tasks.push_back(FutureRef::share(children.back()));
    }
    Gather *outer = nullptr;
    if (rondo_status s = gather(loop, children, true, outer); s < 0) return s;
    ending.all = FutureRef::adopt(outer);
    return RONDO_OK;
}

void cancel_all(Ending &ending) {
    ErrorRef reason = cancelled_error();
    for (FutureRef &task : ending.tasks) task->cls->cancel(*task, reason.get());
}

void run_to_end(rondo_loop &loop, Ending &ending, DeadlineNode &deadline) {
    Future *all = ending.all.get();
    while (!all->done() && !deadline.passed) {
        ErrorRef fatal;
        rondo_status s = run_until_done(loop, *all, fatal);
        if (fatal && !ending.fatal) ending.fatal = std::move(fatal);
        if (s == RONDO_ERUNNING || s == RONDO_ECLOSED) return;
    }
    ending.out_of_time = !all->done();
}

void report_failures(rondo_loop &loop, Ending &ending) {
    for (FutureRef &task : ending.tasks) {
        if (task->state != rondo::core::State::failed || is_fatal(*task->error)) continue;
        report(loop, Report{"unhandled exception during asyncio.run() shutdown", task->error, nullptr, task.get()});
    }
}

ErrorRef left_over(rondo_loop &loop) {
    try {
        std::string text = "still running at the close deadline:";
        for (Link *link = loop.tasks.front(); link != loop.tasks.end(); link = link->next) {
            const char *name = task_name(Task::of(*link));
            if (name) text.append(" ").append(name);
        }
        return make_error(RONDO_EDEADLINE, text.c_str());
    } catch (const std::bad_alloc &) {
        return make_error(RONDO_EDEADLINE);
    }
}

rondo_status make_loop(const rondo_runner &runner, rondo_loop *&out) {
    if (!runner.options.loop_factory) {
        out = create<rondo_loop>(runner.loop_options);
        return out ? RONDO_OK : RONDO_ENOMEM;
    }
    rondo_loop *made = nullptr;
    runner.options.loop_factory(runner.options.loop_factory_user, &made);
    if (!made) return RONDO_EFAULT;
    if (made->tag != Tag::loop) return RONDO_EKIND;
    out = made;
    return RONDO_OK;
}

} // namespace

rondo_runner::rondo_runner(const rondo_runner_options &o) : Object(Tag::runner), options(o), context(nullptr) {
    if (o.loop) loop_options = *o.loop;
    options.loop = nullptr;
    if (o.context) o.context->retain();
}

rondo_runner::~rondo_runner() {
    if (options.context) options.context->release();
    if (context) context->release();
    if (loop) loop->release();
}

rondo_status rondo_runner::init() {
    if (state == State::closed) return RONDO_ECLOSED;
    if (state == State::initialised) return RONDO_OK;
    if (state == State::making_loop) return RONDO_EREENTRANT;
    context = create<rondo_context>();
    if (!context) return RONDO_ENOMEM;
    if (options.context) {
        context->map = options.context->map;
        retain_map(context->map);
    }
    state = State::making_loop;
    if (rondo_status s = make_loop(*this, loop); s < 0) {
        state = State::created;
        std::exchange(context, nullptr)->release();
        return s;
    }
    if (options.flags & RONDO_RUNNER_DEBUG) loop->debug = true;
    if (options.flags & RONDO_RUNNER_NO_DEBUG) loop->debug = false;
    loop->on_attention = nullptr;
    state = State::initialised;
    return RONDO_OK;
}

bool rondo_runner::in_use() const { return main || state == State::making_loop || (loop && loop->running()); }

rondo_status rondo_runner::check_runnable() const {
    if (state == State::closed) return RONDO_ECLOSED;
    return loop ? loop->check_runnable() : Loop::check_thread();
}

bool rondo_runner::interrupt() {
    if (interrupts.fetch_add(1, std::memory_order_relaxed) > 0 || !main || main->done()) return false;
    ErrorRef reason = cancelled_error();
    main->cls->cancel(*main, reason.get());
    return true;
}

rondo_status rondo_runner::run(Task &task, ErrorRef &error) {
    interrupts.store(0, std::memory_order_relaxed);
    signals.store(0, std::memory_order_relaxed);
    main = &task;
    loop->attention_user = this;
    loop->on_attention = [](Loop &l) {
        auto &runner = *static_cast<rondo_runner *>(static_cast<rondo_loop &>(l).attention_user);
        if (!runner.interrupt()) runner.loop->raise_fatal(make_error(RONDO_EINTERRUPT));
    };
    rondo_status status;
    {
        InterruptScope sigint(*this);
        status = run_until_done(*loop, task, error);
    }
    bool unheard = loop->forget_attention(); // a signal that came too late for any turn to act on it
    bool broken_off = status == RONDO_ESTOPPED && signals.load(std::memory_order_relaxed) > 1;
    if (!error && (unheard || broken_off)) {
        error = make_error(RONDO_EINTERRUPT);
        status = RONDO_EINTERRUPT;
    }
    main = nullptr;
    bool interrupted = interrupts.load(std::memory_order_relaxed) > 0;
    if (status == RONDO_OK && interrupted && task.state == rondo::core::State::cancelled && uncancel(task) == 0) {
        error = make_error(RONDO_EINTERRUPT);
        status = RONDO_EINTERRUPT;
    }
    return status;
}

rondo_status rondo_runner::close(int64_t delay, ErrorRef &error) {
    if (state == State::making_loop) return RONDO_EREENTRANT;
    if (state != State::initialised) return RONDO_OK;
    if (rondo_status s = check_runnable(); s < 0 && s != RONDO_ECLOSED) return s;
    ErrorRef fatal;
    ErrorRef late;
    if (!loop->closed()) {
        DeadlineNode deadline(*loop, delay);
        if (deadline.out_of_memory) return RONDO_ENOMEM;
        // Tasks born while others end are ended too, unless they go on for ever.
        for (int round = 0; round < most_rounds && !loop->tasks.empty() && !late; ++round) {
            Ending ending;
            if (rondo_status s = collect(*loop, ending); s < 0) return s;
            cancel_all(ending);
            run_to_end(*loop, ending, deadline);
            report_failures(*loop, ending);
            if (ending.fatal && !fatal) fatal = std::move(ending.fatal);
            if (ending.out_of_time) late = left_over(*loop);
        }
    }
    loop->close();
    state = State::closed;
    rondo_status status = late ? RONDO_EDEADLINE : fatal ? fatal->code : RONDO_OK;
    error = late ? std::move(late) : std::move(fatal);
    return status;
}

namespace rondo::core {

rondo_status run_until_done(rondo_loop &loop, Future &future, ErrorRef &error) {
    if (rondo_status s = loop.check_runnable(); s < 0) return s;
    if (future.done()) {
        // asyncio runs one turn all the same: what was ready before runs.
        loop.stop();
        loop.run_forever();
    } else {
        StopNode stop(loop, future);
        loop.run_forever();
    }
    error = loop.take_fatal();
    if (error) return error->code;
    return future.done() ? RONDO_OK : RONDO_ESTOPPED;
}

} // namespace rondo::core
