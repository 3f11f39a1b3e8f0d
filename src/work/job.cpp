#include "work/job.h"

#include "base/pool.h"
#include "task/scheduler.h"
#include "task/value.h"

namespace rondo::core {
namespace {

void drop_argument(Job &job) {
    if (auto drop = std::exchange(job.drop, nullptr)) drop(job.arg);
}

// On the loop's thread, in its turn.
void settle(Node &node, Loop &loop) {
    auto &job = static_cast<Job &>(future_of(node));
    if (!job.done() && !loop.discarding()) {
        loop.resume_clock();
        if (job.error) {
            job.fail(std::move(job.error));
        } else {
            job.finish(job.outcome);
        }
    }
    job.release_here();
}

ErrorRef failure(rondo_status status, ErrorRef raised) {
    if (status > 0) return make_error(RONDO_EINVAL, "the job returned a positive status");
    return raised && raised->code == status ? std::move(raised) : make_error(status);
}

void call(Job &job) {
    ThreadContext inside(job.context);
    rondo_value result = no_value();
    rondo_status status = RONDO_EFAILED;
    try {
        status = job.fn(job.arg, &job, &result);
    } catch (...) {
        job.error = stray_exception();
    }
    if (status == RONDO_OK) {
        job.outcome = take_value(result);
        job.error = {};
    } else {
        drop_value(result);
        job.error = failure(status, std::move(job.error));
    }
}

// In a thread of the executor.
void run_job(Work &work) {
    auto &job = static_cast<Job &>(work);
    call(job);
    drop_argument(job);
    if (!job.loop->post_and_go(job)) job.release(); // the loop is closed: nobody wants to know
}

bool cancel_job(Future &future, Error *reason) {
    future.unretrieved = false;
    if (future.done()) return false;
    auto &job = static_cast<Job &>(future);
    job.unwanted.store(true, std::memory_order_relaxed);
    bool never_ran = job.executor->withdraw(job);
    job.loop->resume_clock();
    job.cancel_now(ErrorRef::share(reason));
    if (never_ran) {
        drop_argument(job);
        job.release_here();
    }
    return true;
}

void end_job(Future &future) {
    if (!end_future(future)) return;
    auto &job = static_cast<Job &>(future);
    drop_value(job.outcome);
    drop_argument(job);
    job.executor->release();
    destroy(&job);
}

constexpr FutureClass job_class{"Job", false, cancel_job, nullptr, end_job};

// ---- the loop's own pool

// It holds the loop's memory until the last thread has told it.
struct Finisher : Node, AtEnd {
    explicit Finisher(Future &f) : Node(finish), future(&f) { tell = post; }
    static void finish(Node &node, Loop &loop) {
        auto &self = static_cast<Finisher &>(node);
        rondo_value none = no_value();
        if (!loop.discarding()) loop.resume_clock();
        if (!loop.discarding() && !self.future->done()) self.future->finish(none);
        self.future->release_here();
        destroy(&self);
    }
    static void post(AtEnd &ended) {
        auto &self = static_cast<Finisher &>(ended);
        rondo_loop &loop = *self.future->loop;
        if (!loop.post_and_go(self)) {
            self.future->release();
            destroy(&self);
        }
        loop.let_memory_go();
    }
    Future *future; // one reference
};

// A future that is done when the pool's threads have ended.
rondo_status end_executor(rondo_loop &loop, FutureRef &out) {
    Future *future = nullptr;
    if (rondo_status s = make_future(loop, nullptr, future); s < 0) return s;
    out = FutureRef::adopt(future);
    auto *finisher = create<Finisher>(*future);
    if (!finisher) return RONDO_ENOMEM;
    future->retain();
    loop.hold_memory();
    loop.pause_clock();
    static_cast<Executor *>(loop.executor)->shut_down(finisher);
    return RONDO_OK;
}

void abandon_executor(rondo_loop &loop) {
    auto *executor = static_cast<Executor *>(std::exchange(loop.executor, nullptr));
    executor->shut_down();
    executor->release();
}

void install(rondo_loop &loop, Executor &executor) {
    loop.executor = &executor;
    loop.end_executor = end_executor;
    loop.abandon_executor = abandon_executor;
}

} // namespace

rondo_status default_executor(rondo_loop &loop, Executor *&out) {
    if (loop.executor_ended) return RONDO_ESHUTDOWN;
    if (!loop.executor) {
        auto *made = create<Executor>(rondo_executor_options{});
        if (!made) return RONDO_ENOMEM;
        install(loop, *made);
    }
    out = static_cast<Executor *>(loop.executor);
    return RONDO_OK;
}

rondo_status set_default_executor(rondo_loop &loop, Executor &executor) {
    executor.retain();
    if (loop.executor) static_cast<Executor *>(loop.executor)->release();
    install(loop, executor);
    return RONDO_OK;
}

rondo_status shut_down_executor(rondo_loop &loop, FutureRef &ended) {
    if (loop.executor && !loop.executor_ended) {
        if (rondo_status s = end_executor(loop, ended); s < 0) return s;
        loop.executor_ended = true;
        return RONDO_OK;
    }
    Future *future = nullptr;
    if (rondo_status s = make_future(loop, nullptr, future); s < 0) return s;
    loop.executor_ended = true;
    rondo_value none = no_value();
    future->finish(none);
    ended = FutureRef::adopt(future);
    return RONDO_OK;
}

rondo_status start_job(rondo_loop &loop, rondo_job_fn fn, void *arg, const rondo_job_options &options, Future *&out) {
    Executor *executor = options.executor;
    if (!executor) {
        if (rondo_status s = default_executor(loop, executor); s < 0) return s;
    }
    auto *job = create<Job>(loop, *executor, fn, arg, options.drop);
    if (!job) return RONDO_ENOMEM;
    job->context.copy(options.context ? options.context->map : loop.context().map());
    job->retain(); // the thread's
    if (rondo_status s = executor->submit(*job); s < 0) {
        job->drop = nullptr;
        job->release_here();
        job->release_here();
        return s;
    }
    loop.pause_clock(); // a virtual one: jobs take no time on it
    out = job;
    return RONDO_OK;
}

} // namespace rondo::core

using namespace rondo::core;

rondo_job::rondo_job(rondo_loop &l, rondo_executor &e, rondo_job_fn f, void *a, void (*d)(void *))
    : Future(job_class, l, settle), executor(&e), fn(f), arg(a), drop(d), outcome(no_value()) {
    Work::run = run_job;
    e.retain();
}
