// rondo/runner.hpp - running a main coroutine from ordinary code: run() once, Runner again and again on one loop.
//
//     int main() { return rondo::run(hello()); }
//
//     rondo::Runner runner;                      // makes its loop at the first use
//     runner.run(first());
//     runner.run(second());                      // same loop, same context
//     runner.close();                            // or leave it to the destructor
#ifndef RONDO_RUNNER_HPP
#define RONDO_RUNNER_HPP

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "context.hpp"
#include "coroutine.hpp"
#include "loop.hpp"
#include "rondo.h"
#include "task.hpp"
#include "value.hpp"

namespace rondo {

struct RunnerOptions {
    std::optional<bool> debug = {}; // empty: the loop's own default
    bool handle_sigint = true;      // a first Ctrl-C cancels the main task: see rondo_runner_run
    Context context = {};           // copied when the loop is made; empty: an empty one
    LoopOptions loop = {};
    std::function<Loop()> loop_factory = {}; // makes the loop instead of `loop`
};

namespace detail {

// The end of a run: the main coroutine's result, or what it failed with.
template <class T>
T run_result(rondo_status status, Value result, rondo_error *error) {
    ErrorPtr owned = ErrorPtr::adopt(error);
    if (status < 0) raise_error(std::move(owned), status);
    if constexpr (!std::is_void_v<T>) return ValueTraits<T>::take(*result.raw());
}

} // namespace detail

// Owns a loop and a context, and runs main coroutines on them one after the other. Moves only. Used by one thread at
// a time. The destructor closes it. asyncio: Runner.
class Runner {
public:
    Runner() : Runner(RunnerOptions{}) {}
    explicit Runner(RunnerOptions options) {
        const rondo_loop_options loop = options.loop.native();
        auto native = detail::sized<rondo_runner_options>();
        if (!options.handle_sigint) native.flags |= RONDO_RUNNER_NO_SIGINT;
        if (options.debug == true) native.flags |= RONDO_RUNNER_DEBUG;
        if (options.debug == false) native.flags |= RONDO_RUNNER_NO_DEBUG;
        native.loop = &loop;
        native.context = options.context.native();
        if (options.loop_factory) {
            factory_ = std::make_unique<Factory>(Factory{std::move(options.loop_factory), nullptr});
            native.loop_factory = &Factory::make;
            native.loop_factory_user = factory_.get();
        }
        detail::check(rondo_runner_create(&native, &runner_));
    }
    Runner(Runner &&other) noexcept
        : factory_(std::move(other.factory_)), runner_(std::exchange(other.runner_, nullptr)) {}
    Runner &operator=(Runner &&other) noexcept {
        std::swap(factory_, other.factory_);
        std::swap(runner_, other.runner_);
        return *this;
    }
    ~Runner() {
        if (runner_ != nullptr) rondo_runner_release(runner_);
    }

    // Runs a coroutine (or a function that makes one) until it ends, and returns its result or throws what it threw.
    // Its task runs in the runner's own context, so what one run sets the next one sees, unless options give another.
    // Errors: RONDO_ECLOSED, RONDO_ERUNNING (a loop runs in this thread), RONDO_ESTOPPED; Interrupted.
    template <detail::Startable C>
    detail::StartedResult<C> run(C &&main) {
        return run_main(detail::to_coroutine(std::forward<C>(main)), nullptr);
    }
    template <detail::Startable C>
    detail::StartedResult<C> run(C &&main, const TaskOptions &options) {
        const rondo_task_options native = options.native();
        return run_main(detail::to_coroutine(std::forward<C>(main)), &native);
    }

    // The loop, made now if it was not yet, the same until close. Error: RONDO_ECLOSED.
    [[nodiscard]] Loop get_loop() {
        rondo_loop *loop = nullptr;
        finish(rondo_runner_get_loop(runner_, &loop), nullptr);
        return Loop::share(loop);
    }
    [[nodiscard]] Context get_context() {
        rondo_context *context = nullptr;
        finish(rondo_runner_get_context(runner_, &context), nullptr);
        return Context::adopt(rondo_context_retain(context));
    }

    // Cancels every task left, runs until they have ended, closes the loop. With a deadline, what still runs then is
    // destroyed, and named in the Error RONDO_EDEADLINE. Closing again does nothing. Error: RONDO_ERUNNING.
    void close() { close_within(RONDO_FOREVER); }
    template <class Rep, class Period>
    void close(std::chrono::duration<Rep, Period> deadline) {
        close_within(detail::nanoseconds(deadline));
    }

    // What a first Ctrl-C does; false when the run was interrupted before. Error: RONDO_ESTATE when nothing runs.
    bool interrupt() { return detail::check(rondo_runner_interrupt(runner_)) == 1; }

    [[nodiscard]] rondo_runner *native() const noexcept { return runner_; }

private:
    struct Factory {
        std::function<Loop()> make_loop;
        std::exception_ptr exception;

        static void make(void *user, rondo_loop **out) noexcept {
            auto *self = static_cast<Factory *>(user);
            try {
                *out = rondo_loop_retain(self->make_loop().native());
            } catch (...) {
                self->exception = std::current_exception();
            }
        }
    };

    template <class T>
    T run_main(Coroutine<T> main, const rondo_task_options *options) {
        Value result;
        rondo_error *error = nullptr;
        const void *init = detail::CoroutineTask<T>::init(main);
        const rondo_status status = rondo_runner_run_coro(runner_, &detail::CoroutineTask<T>::vtable, init, options,
                                                          result.raw(), &error);
        if (status < 0) finish(status, error);
        return detail::run_result<T>(status, std::move(result), error);
    }

    void close_within(std::int64_t deadline) {
        rondo_error *error = nullptr;
        const rondo_status status = rondo_runner_close(runner_, deadline, &error);
        finish(status, error);
    }

    // What the loop factory threw explains a failure better than the status.
    void finish(rondo_status status, rondo_error *error) {
        ErrorPtr owned = ErrorPtr::adopt(error);
        if (status >= 0) return;
        if (factory_ && factory_->exception) std::rethrow_exception(std::exchange(factory_->exception, nullptr));
        detail::raise_error(std::move(owned), status);
    }

    std::unique_ptr<Factory> factory_;
    rondo_runner *runner_ = nullptr;
};

// Runs a coroutine (or a function that makes one) on a loop of its own, closes everything after it, and returns its
// result or throws what it threw. Error: RONDO_ERUNNING (a loop runs in this thread). asyncio: run.
template <detail::Startable C>
detail::StartedResult<C> run(C &&main) {
    using T = detail::StartedResult<C>;
    Coroutine<T> coroutine = detail::to_coroutine(std::forward<C>(main));
    Value result;
    rondo_error *error = nullptr;
    const void *init = detail::CoroutineTask<T>::init(coroutine);
    const rondo_status status = rondo_run_coro(&detail::CoroutineTask<T>::vtable, init, result.raw(), &error);
    return detail::run_result<T>(status, std::move(result), error);
}
// The same with options: asyncio's run(main, debug=..., loop_factory=...).
template <detail::Startable C>
detail::StartedResult<C> run(C &&main, RunnerOptions options) {
    Runner runner(std::move(options));
    if constexpr (std::is_void_v<detail::StartedResult<C>>) {
        runner.run(std::forward<C>(main));
        runner.close();
    } else {
        auto result = runner.run(std::forward<C>(main));
        runner.close();
        return result;
    }
}

} // namespace rondo

#endif // RONDO_RUNNER_HPP
