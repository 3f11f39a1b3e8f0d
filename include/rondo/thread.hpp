// rondo/thread.hpp - blocking work beside the loop, and the loop seen from other threads.
//
// to_thread   runs a function that blocks in a thread, while the loop goes on
//
//     std::string text = co_await rondo::to_thread(read_file, path);
//
// submit      runs a coroutine on the loop of another thread, which can wait for it, blocking
//
//     rondo::Submission<int> answer = rondo::submit(loop, ask(question)); // in any thread
//     int number = answer.get(2s);
//
// bridge      awaits a future of another loop
//
//     auto page = co_await rondo::bridge(task_of_the_other_loop);
//
// A queue between threads and loops is in channel.hpp. For the rest there are call_soon_threadsafe,
// set_result_threadsafe, cancel_threadsafe and Waker.
#ifndef RONDO_THREAD_HPP
#define RONDO_THREAD_HPP

#include <chrono>
#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <tuple>
#include <type_traits>
#include <utility>

#include "coroutine.hpp"
#include "error.hpp"
#include "future.hpp"
#include "loop.hpp"
#include "operation.hpp"
#include "rondo.h"
#include "task.hpp"
#include "value.hpp"

namespace rondo {

// ---- Executor --------------------------------------------------------------------------------------------------

struct ExecutorOptions {
    std::uint32_t threads = 0;       // at most so many; 0: asyncio's rule, min(32, processors + 4)
    detail::BorrowedText name = {};  // of the threads, 11 bytes are shown; null: "rondo"
};

// A pool of threads, which start as they are needed. Any number of loops may share one; each has its own besides. A
// handle, for any thread: the last one to go lets the pool finish what it has. asyncio: ThreadPoolExecutor.
class Executor : public detail::Counted<Executor, rondo_executor, rondo_executor_retain, rondo_executor_release> {
public:
    using Counted::Counted;
    // Error: RONDO_EINVAL (more than 4096 threads).
    explicit Executor(const ExecutorOptions &options = {}) : Counted(detail::Adopted{}, make(options)) {}

    // Takes no more jobs (they throw ShutDown); those it has are run.
    void shutdown() const { detail::check(rondo_executor_shutdown(native())); }

private:
    static rondo_executor *make(const ExecutorOptions &given) {
        auto options = detail::sized<rondo_executor_options>();
        options.threads = given.threads;
        options.name = given.name.native();
        rondo_executor *executor = nullptr;
        detail::check(rondo_executor_create(&options, &executor));
        return executor;
    }
};

inline void Loop::set_default_executor(const Executor &executor) const {
    detail::check(rondo_loop_set_default_executor(loop_, executor.native()));
}

inline Awaitable<void> Loop::shutdown_default_executor() const {
    rondo_future *future = nullptr;
    detail::check(rondo_loop_shutdown_executor(loop_, &future));
    return Awaitable<void>::adopt(future);
}

// ---- to_thread -------------------------------------------------------------------------------------------------

// A job's look at itself; valid while it runs. asyncio: none.
class JobToken {
public:
    explicit JobToken(rondo_job *job) noexcept : job_(job) {}
    JobToken(const JobToken &) = delete;
    JobToken &operator=(const JobToken &) = delete;

    // Whether nobody awaits the job any more: nothing it does from here on is of use to anyone.
    [[nodiscard]] bool cancelled() const noexcept { return rondo_job_cancelled(job_) == 1; }

private:
    rondo_job *job_;
};

namespace detail {

template <class F, class... Args>
concept Job = std::invocable<std::decay_t<F>, std::decay_t<Args>...>;
template <class F, class... Args>
concept JobWithToken = !Job<F, Args...> && std::invocable<std::decay_t<F>, const JobToken &, std::decay_t<Args>...>;

template <class F, class... Args>
struct JobResult : std::invoke_result<F, const JobToken &, Args...> {};
template <class F, class... Args>
    requires Job<F, Args...>
struct JobResult<F, Args...> : std::invoke_result<F, Args...> {};

// What the thread is given: the function and its arguments, in one block.
template <class F, class... Args>
class ThreadCall {
public:
    using Result = typename JobResult<F, Args...>::type;
    static_assert(!std::is_reference_v<Result>, "a job's result outlives it: return a value or a pointer");

    template <class... Given>
    explicit ThreadCall(Given &&...given) : parts_(std::forward<Given>(given)...) {}

    static rondo_status run(void *self, rondo_job *job, rondo_value *result) noexcept {
        try {
            if constexpr (std::is_void_v<Result>) {
                static_cast<ThreadCall *>(self)->call(job);
            } else {
                *result = ValueTraits<Result>::put(static_cast<ThreadCall *>(self)->call(job));
            }
            return RONDO_OK;
        } catch (...) {
            ErrorPtr error = to_error(std::current_exception());
            const rondo_status code = error.code();
            (void)rondo_job_raise(job, error.release());
            return code;
        }
    }
    static void drop(void *self) noexcept { delete static_cast<ThreadCall *>(self); }

private:
    Result call([[maybe_unused]] rondo_job *job) {
        return std::apply(
            [&](F &function, Args &...args) -> Result {
                if constexpr (Job<F, Args...>) {
                    return std::invoke(std::move(function), std::move(args)...);
                } else {
                    return std::invoke(std::move(function), JobToken(job), std::move(args)...);
                }
            },
            parts_);
    }

    std::tuple<F, Args...> parts_;
};

template <class F, class... Args>
auto start_job(rondo_executor *executor, F &&function, Args &&...args) {
    using Call = ThreadCall<std::decay_t<F>, std::decay_t<Args>...>;
    auto call = std::make_unique<Call>(std::forward<F>(function), std::forward<Args>(args)...);
    auto options = sized<rondo_job_options>();
    options.executor = executor;
    options.drop = &Call::drop;
    rondo_future *future = nullptr;
    check(rondo_to_thread(nullptr, &Call::run, call.get(), &options, &future));
    (void)call.release();
    return Awaitable<typename Call::Result>::adopt(future);
}

} // namespace detail

// Calls function(args...) in a thread of the loop's pool, in a copy of the current context. It begins at once; the
// future it returns brings the result, or throws what the function threw. A function whose first parameter is a
// const JobToken & is given one. Function and arguments are moved or copied, as with std::thread, and destroyed in the
// thread. Cancelling the future takes back a job that has not begun; one that has runs on, unawaited, and a closing
// runner waits for it. Errors: RONDO_ENOLOOP, RONDO_ECLOSED, RONDO_ENOMEM; ShutDown. asyncio: to_thread.
template <class F, class... Args>
    requires(detail::Job<F, Args...> || detail::JobWithToken<F, Args...>)
auto to_thread(F &&function, Args &&...args) {
    return detail::start_job(nullptr, std::forward<F>(function), std::forward<Args>(args)...);
}
// In a thread of a pool of yours. asyncio: run_in_executor.
template <class F, class... Args>
    requires(detail::Job<F, Args...> || detail::JobWithToken<F, Args...>)
auto to_thread(const Executor &executor, F &&function, Args &&...args) {
    return detail::start_job(executor.native(), std::forward<F>(function), std::forward<Args>(args)...);
}

// ---- submit ----------------------------------------------------------------------------------------------------

namespace detail {

// The frame of a submitted coroutine is a block of its own: it is there before the task is.
template <class T>
struct SubmittedTask : CoroutineTask<T> {
    static TaskFrame *make(Coroutine<T> coroutine) {
        void *block = rondo_alloc(sizeof(TaskFrame));
        if (block == nullptr) throw std::bad_alloc();
        CoroutineTask<T>::start(block, &coroutine);
        return static_cast<TaskFrame *>(block);
    }
    static void destroy(void *frame) noexcept {
        CoroutineTask<T>::destroy(frame);
        rondo_free(frame, sizeof(TaskFrame));
    }
    static const rondo_coro_vtable submitted;
};

template <class T>
inline constexpr rondo_coro_vtable SubmittedTask<T>::submitted = {
    .size = sizeof(rondo_coro_vtable),
    .flags = 0,
    .frame_size = 0,
    .frame_align = 0,
    .start = nullptr,
    .step = CoroutineTask<T>::step,
    .destroy = SubmittedTask<T>::destroy,
    .describe = CoroutineTask<T>::describe,
};

} // namespace detail

// A coroutine on a loop, seen from other threads. A handle, for any thread; dropping it lets the coroutine run on.
// asyncio: concurrent.futures.Future.
template <class T = void>
class Submission
    : public detail::Counted<Submission<T>, rondo_submission, rondo_submission_retain, rondo_submission_release> {
    using Base = detail::Counted<Submission<T>, rondo_submission, rondo_submission_retain, rondo_submission_release>;

public:
    using Result = T;
    using Base::Base;
    using Base::native;

    // Blocks this thread until it has ended: its result, once, or what it threw. Throws TimeoutError when the time is
    // over, which cancels nothing. Errors: RONDO_EDEADLOCK (this thread runs that very loop), RONDO_ETAKEN,
    // RONDO_ECLOSED (the loop was closed before). asyncio: result.
    template <class Rep = std::int64_t, class Period = std::nano>
    T get(std::chrono::duration<Rep, Period> timeout = never) const {
        Value value;
        rondo_error *error = nullptr;
        const rondo_status status =
            rondo_submission_wait(native(), detail::nanoseconds(timeout), value.raw(), &error);
        if (status < 0) detail::raise_error(ErrorPtr::adopt(error), status);
        if constexpr (!std::is_void_v<T>) return ValueTraits<T>::take(*value.raw());
    }
    [[nodiscard]] bool done() const { return detail::check(rondo_submission_done(native())) == 1; }
    // Asks the loop to cancel it. Error: RONDO_ECLOSED.
    void cancel() const { detail::check(rondo_submission_cancel(native())); }
};

// Makes a task of a coroutine on a loop that runs in another thread, in that loop's next turn. Any thread. Takes what
// create_task takes. Error: RONDO_ECLOSED. asyncio: run_coroutine_threadsafe.
template <detail::Startable C>
Submission<detail::StartedResult<C>> submit(const Loop &loop, C &&coroutine) {
    using T = detail::StartedResult<C>;
    using Submitted = detail::SubmittedTask<T>;
    Coroutine<T> body = detail::to_coroutine(std::forward<C>(coroutine));
    (void)Submitted::init(body); // throws when it was used up
    detail::TaskFrame *frame = Submitted::make(std::move(body));
    rondo_submission *submission = nullptr;
    const rondo_status status = rondo_submit_coro(loop.native(), &Submitted::submitted, frame, &submission);
    if (status < 0) Submitted::destroy(frame);
    detail::check(status);
    return Submission<T>::adopt(submission);
}

// ---- bridge ----------------------------------------------------------------------------------------------------

// A future of the running loop that ends as a future of another loop does. Numbers are copied, anything else is moved
// over: the other has it no more. Cancelling it cancels the other. Errors: RONDO_ENOLOOP, RONDO_ECLOSED. asyncio:
// wrap_future.
template <class T>
[[nodiscard]] Awaitable<T> bridge(const Awaitable<T> &other) {
    rondo_future *future = nullptr;
    detail::check(rondo_future_bridge(nullptr, other.native(), &future));
    return Awaitable<T>::adopt(future);
}

} // namespace rondo

#endif // RONDO_THREAD_HPP
