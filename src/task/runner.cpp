#include "task/runner.h"

#include "base/pool.h"
#include "loop/alarm.h"
#include "task/finalizer.h"
#include "task/gather.h"
#include "task/handle.h"
#include "task/inspect.h"
#include "task/report.h"
#include "task/wait.h"

#include <algorithm>
#include <new>
#include <string>
#include <string_view>
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

// What a close does while its loop can still run: ends tasks, then generators, then gives what is ready its last turns
// (R20-R25), again and again as long as that brings forth tasks.
class Closing {
public:
    explicit Closing(rondo_loop &l) : loop_(l), deadline_(*this) {}
    ~Closing() { deadline_.disarm(loop_); }
    Closing(const Closing &) = delete;
    Closing &operator=(const Closing &) = delete;

    // RONDO_ENOMEM: nothing was ended that could not be named.
    rondo_status run(int64_t delay);

    ErrorRef fatal; // the first interrupt or exit a task raised meanwhile
    ErrorRef late;  // the deadline came first: what was left

private:
    struct Deadline : Alarm {
        explicit Deadline(Closing &c) : Alarm(pass), closing(c) {}
        static void pass(Node &node, Loop &loop) {
            static_cast<Deadline &>(node).closing.out_of_time_ = true;
            loop.stop();
        }
        Closing &closing;
    };

    rondo_status end_tasks();
    rondo_status end_generators();
    rondo_status end_executor();
    void run_until(Future &future);
    void run_turn();
    void keep(ErrorRef raised) {
        if (raised && !fatal) fatal = std::move(raised);
    }

    // asyncio runs two tasks more, for its generators and its threads: each gives the others two turns.
    static constexpr int turns_per_stage = 2;
    static constexpr int most_rounds = 100;
    static constexpr int64_t longest_jobs = 300'000'000'000;

    rondo_loop &loop_;
    Deadline deadline_;
    int turns_left_ = 2 * turns_per_stage;
    bool out_of_time_ = false;
};

using Tasks = std::vector<FutureRef>;

void report_failures(rondo_loop &loop, const Tasks &tasks) {
    for (const FutureRef &task : tasks) {
        if (task->state != rondo::core::State::failed || is_fatal(*task->error)) continue;
        report(loop, Report{"unhandled exception during asyncio.run() shutdown", task->error, nullptr, task.get()});
    }
}

ErrorRef left_over(rondo_loop &loop) {
    try {
        std::string text = "still running at the close deadline:\n";
        dump(loop, [&](std::string_view piece) { text.append(piece); });
        return make_error(RONDO_EDEADLINE, text.c_str());
    } catch (const std::bad_alloc &) {
        return make_error(RONDO_EDEADLINE);
    }
}

rondo_status Closing::run(int64_t delay) {
    if (!deadline_.arm_in(loop_, delay)) return RONDO_ENOMEM;
    for (int round = 0; round < most_rounds && !out_of_time_; ++round) {
        rondo_status status = RONDO_OK;
        if (!loop_.tasks.empty()) {
            status = end_tasks();
        } else if (!loop_.finalizers.empty()) {
            status = end_generators();
        } else if (loop_.executor && !loop_.executor_ended) {
            status = end_executor();
        } else if (turns_left_ > 0 && loop_.has_due()) {
            run_turn();
        } else {
            break;
        }
        if (status < 0) return status;
    }
    if (out_of_time_ && !loop_.tasks.empty()) late = left_over(loop_);
    return RONDO_OK;
}

rondo_status Closing::end_tasks() {
    Tasks tasks;
    std::vector<Future *> children;
    for (Link *link = loop_.tasks.front(); link != loop_.tasks.end(); link = link->next) {
        children.push_back(&Task::of(*link));
        tasks.push_back(FutureRef::share(children.back()));
    }
    Gather *outer = nullptr;
    if (rondo_status s = gather(loop_, children, RONDO_GATHER_RETURN_ERRORS, outer); s < 0) return s;
    FutureRef all = FutureRef::adopt(outer);
    ErrorRef reason = cancelled_error();
    for (FutureRef &task : tasks) task->cls->cancel(*task, reason.get());
    run_until(*all);
    report_failures(loop_, tasks);
    return RONDO_OK;
}

rondo_status Closing::end_generators() {
    FutureRef all;
    if (rondo_status s = start_finalizers(loop_, all); s < 0) return s;
    if (all->done()) return RONDO_OK; // all had ended by themselves
    run_until(*all);
    turns_left_ = std::min(turns_left_, turns_per_stage - 1); // the gather took one that asyncio's task does not
    return RONDO_OK;
}

// Jobs that run are waited for: five minutes, as in asyncio, or until the close's own deadline.
rondo_status Closing::end_executor() {
    turns_left_ = 0;
    FutureRef ended;
    if (rondo_status s = loop_.end_executor(loop_, ended); s < 0) return s;
    loop_.executor_ended = true;
    FutureRef waiting;
    Future *const futures[] = {ended.get()};
    if (rondo_status s = wait(loop_, futures, RONDO_ALL_COMPLETED, longest_jobs, waiting); s < 0) return s;
    run_until(*waiting);
    if (ended->done()) return RONDO_OK;
    Report what{"the executor did not finish joining its threads in time: jobs are left running"};
    what.warning = true;
    report(loop_, what);
    return RONDO_OK;
}

void Closing::run_until(Future &future) {
    while (!future.done() && !out_of_time_ && loop_.check_runnable() == RONDO_OK) {
        ErrorRef raised;
        (void)run_until_done(loop_, future, raised);
        keep(std::move(raised));
    }
}

void Closing::run_turn() {
    --turns_left_;
    loop_.run_once(0);
    keep(loop_.take_fatal());
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
    if (options.flags & RONDO_RUNNER_DEBUG) loop->set_debug(true);
    if (options.flags & RONDO_RUNNER_NO_DEBUG) loop->set_debug(false);
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
    loop->interrupt_user = this;
    loop->on_interrupt = [](rondo_loop &l) {
        auto &runner = *static_cast<rondo_runner *>(l.interrupt_user);
        if (!runner.interrupt()) runner.loop->raise_fatal(make_error(RONDO_EINTERRUPT));
    };
    rondo_status status;
    {
        InterruptScope sigint(*this);
        status = run_until_done(*loop, task, error);
    }
    // A signal that came too late for any turn to act on it.
    bool unheard = loop->interrupt_wanted.load() && loop->interrupt_wanted.exchange(false);
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
    if (rondo_status s = check_runnable(); s < 0 && s != RONDO_ECLOSED && s != RONDO_EFORKED) return s;
    ErrorRef fatal;
    ErrorRef late;
    if (!loop->closed() && !loop->forked()) {
        try {
            Closing closing(*loop);
            if (rondo_status s = closing.run(delay); s < 0) return s;
            fatal = std::move(closing.fatal);
            late = std::move(closing.late);
        } catch (const std::bad_alloc &) {
            return RONDO_ENOMEM;
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
    if (future.done()) {
        // asyncio runs one turn all the same: what was ready before runs.
        loop.stop();
        loop.run_forever();
    } else {
        StopNode stop(loop, future);
        loop.run_forever();
    }
    if (loop.forked()) return RONDO_EFORKED;
    error = loop.take_fatal();
    if (error) return error->code;
    return future.done() ? RONDO_OK : RONDO_ESTOPPED;
}

} // namespace rondo::core
