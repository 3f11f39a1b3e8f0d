// rondo/loop.hpp - the event loop and its callbacks. asyncio: the event loop's methods.
#ifndef RONDO_LOOP_HPP
#define RONDO_LOOP_HPP

#include <chrono>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "callback.hpp"
#include "context.hpp"
#include "coroutine.hpp"
#include "error.hpp"
#include "future.hpp"
#include "rondo.h"

namespace rondo {

template <class T>
class Task;
class AnyTask;
struct TaskOptions;
class Executor;

namespace detail {

// Nanoseconds, rounded up (never early) and kept in range. Error: RONDO_EINVAL for a NaN.
template <class Rep, class Period>
[[nodiscard]] constexpr std::int64_t nanoseconds(std::chrono::duration<Rep, Period> duration) {
    using Wide = std::chrono::duration<double, std::nano>;
    constexpr double limit = 9223372036854775808.0; // 2^63
    if constexpr (std::is_same_v<std::chrono::duration<Rep, Period>, std::chrono::nanoseconds>) {
        return duration.count();
    } else {
        const double wide = Wide(duration).count();
        if (wide != wide) throw Error(RONDO_EINVAL, "a delay cannot be NaN");
        if (wide >= limit) return RONDO_FOREVER;
        if (wide <= -limit) return std::numeric_limits<std::int64_t>::min();
        return std::chrono::ceil<std::chrono::nanoseconds>(duration).count();
    }
}

} // namespace detail

// No deadline, where a duration or a point in time is taken or told.
inline constexpr std::chrono::nanoseconds never{RONDO_FOREVER};

// A scheduled callback. Dropping the handle lets the callback be; cancel() stops it, and may be called again or late.
// Loop thread. asyncio: Handle, TimerHandle.
class Handle {
public:
    constexpr Handle() noexcept = default;
    explicit Handle(rondo_handle *handle) noexcept : handle_(handle) {} // takes the reference
    Handle(const Handle &other) noexcept : handle_(other.handle_) {
        if (handle_ != nullptr) rondo_handle_retain(handle_);
    }
    Handle(Handle &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Handle &operator=(Handle other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Handle() {
        if (handle_ != nullptr) rondo_handle_release(handle_);
    }

    void cancel() const { detail::check(rondo_handle_cancel(handle_)); }
    [[nodiscard]] bool cancelled() const { return detail::check(rondo_handle_cancelled(handle_)) == 1; }
    // A timer's deadline on Loop::time()'s clock; 0 for others.
    [[nodiscard]] std::chrono::nanoseconds when() const {
        return std::chrono::nanoseconds(rondo_handle_when(handle_));
    }

    [[nodiscard]] rondo_handle *native() const noexcept { return handle_; }

private:
    rondo_handle *handle_ = nullptr;
};

// What the exception handler is told; valid during the call. asyncio: the handler's context dictionary.
class Report {
public:
    explicit Report(const rondo_report &report) noexcept : report_(report) {}

    [[nodiscard]] const char *message() const noexcept { return report_.message; }
    [[nodiscard]] ErrorPtr error() const noexcept { return ErrorPtr::share(report_.error); }
    [[nodiscard]] AnyFuture future() const noexcept { return AnyFuture::share(report_.future); }
    [[nodiscard]] AnyFuture task() const noexcept { return AnyFuture::share(report_.task); }
    // Nothing failed: debug mode has seen something that should not be.
    [[nodiscard]] bool is_warning() const noexcept { return (report_.flags & RONDO_REPORT_WARNING) != 0; }
    // How long the entry ran that was too slow; zero for other reports.
    [[nodiscard]] std::chrono::nanoseconds duration() const noexcept {
        return std::chrono::nanoseconds(report_.duration_ns);
    }
    // Where the task, future or handle was made, a line per frame; debug mode only, else empty.
    [[nodiscard]] const char *origin() const noexcept { return report_.origin != nullptr ? report_.origin : ""; }
    [[nodiscard]] const rondo_report &native() const noexcept { return report_; }

private:
    const rondo_report &report_;
};

// A function for things nobody awaits, called as f(const Report &). It is copied into one pointer's room: a plain
// lambda, or one that captures a single reference or pointer, which must outlive the loop.
class ExceptionHandler {
public:
    constexpr ExceptionHandler() noexcept = default; // none: reports are dropped
    template <std::invocable<const Report &> F>
        requires(!std::same_as<F, ExceptionHandler>)
    ExceptionHandler(F function) noexcept : function_(&call<F>) { // NOLINT: implicit by intention
        static_assert(detail::fits_in_pointer<F>, "capture at most one reference or pointer");
        std::memcpy(static_cast<void *>(&user_), &function, sizeof(F));
    }

    [[nodiscard]] rondo_exception_handler_fn function() const noexcept { return function_; }
    [[nodiscard]] void *user() const noexcept { return user_; }

private:
    template <class F>
    static void call(void *user, rondo_loop *, const rondo_report *report) noexcept {
        alignas(F) unsigned char memory[sizeof(F)];
        std::memcpy(memory, static_cast<const void *>(&user), sizeof(F));
        (*std::launder(reinterpret_cast<F *>(memory)))(Report(*report));
    }

    rondo_exception_handler_fn function_ = nullptr;
    void *user_ = nullptr;
};

struct LoopOptions {
    bool virtual_clock = false; // time stands still while anyone can run, and jumps when everyone sleeps
    bool debug = false;         // also switched on by RONDO_DEBUG in the environment
    ExceptionHandler exception_handler = {};
    std::uint32_t poll_interval = 0; // entries run between two looks at watched descriptors; 0: default
    // An error nobody waits for is reported in the turn after it happened, not when its future is let go.
    bool report_early = false;
    // Not 0: every turn runs its entries in an order that depends on this seed alone. A test whose outcome changes
    // with it relies on an order nobody promised.
    std::uint64_t shuffle_seed = 0;
    std::chrono::nanoseconds slow_callback = {}; // debug mode reports entries that run so long; 0: 100 ms

    [[nodiscard]] rondo_loop_options native() const noexcept {
        auto options = detail::sized<rondo_loop_options>();
        if (virtual_clock) options.flags |= RONDO_LOOP_VIRTUAL_CLOCK;
        if (debug) options.flags |= RONDO_LOOP_DEBUG;
        if (report_early) options.flags |= RONDO_LOOP_REPORT_EARLY;
        options.handler = exception_handler.function();
        options.handler_user = exception_handler.user();
        options.poll_interval = poll_interval;
        options.shuffle_seed = shuffle_seed;
        options.slow_callback_ns = slow_callback.count();
        return options;
    }
};

// A counted handle to a loop; copying it shares the loop. Loop thread, except for what is called _threadsafe, the
// questions is_running, is_closed and time, and making, copying and dropping handles. Callbacks run once, later, each
// in `context`, by default a copy of the current one; what they throw goes to the exception handler.
class Loop {
public:
    explicit Loop(rondo_loop *loop) noexcept : loop_(loop) {} // takes the reference
    Loop(const Loop &other) noexcept : Loop(share(other.loop_)) {}
    Loop(Loop &&other) noexcept : loop_(std::exchange(other.loop_, nullptr)) {}
    Loop &operator=(Loop other) noexcept {
        std::swap(loop_, other.loop_);
        return *this;
    }
    ~Loop() {
        if (loop_ != nullptr) rondo_loop_release(loop_);
    }
    [[nodiscard]] static Loop share(rondo_loop *loop) noexcept {
        return Loop(loop != nullptr ? rondo_loop_retain(loop) : nullptr);
    }
    [[nodiscard]] bool operator==(const Loop &other) const noexcept = default;
    [[nodiscard]] rondo_loop *native() const noexcept { return loop_; }

    // ---- Callbacks: function() ---------------------------------------------------------------------------------
    template <class F>
    Handle call_soon(F function, const Context &context = {}) const {
        return schedule(std::move(function), context, [this](auto... args) {
            return rondo_loop_call_soon(loop_, args...);
        });
    }
    // From any thread; wakes the loop. Error: RONDO_ECLOSED, at any time. The default context is an empty one.
    template <class F>
    Handle call_soon_threadsafe(F function, const Context &context = {}) const {
        return schedule(std::move(function), context, [this](auto... args) {
            return rondo_loop_call_soon_threadsafe(loop_, args...);
        });
    }
    // The same without a handle to cancel it with, which is several times quicker. asyncio: call_soon_threadsafe.
    template <class F>
    void post(F function) const {
        watch(std::move(function), {}, [this](auto... args) {
            return rondo_loop_call_soon_threadsafe(loop_, args..., nullptr);
        });
    }
    template <class Rep, class Period, class F>
    Handle call_later(std::chrono::duration<Rep, Period> delay, F function, const Context &context = {}) const {
        return schedule(std::move(function), context, [this, ns = detail::nanoseconds(delay)](auto... args) {
            return rondo_loop_call_later(loop_, ns, args...);
        });
    }
    template <class Rep, class Period, class F>
    Handle call_at(std::chrono::duration<Rep, Period> when, F function, const Context &context = {}) const {
        return schedule(std::move(function), context, [this, ns = detail::nanoseconds(when)](auto... args) {
            return rondo_loop_call_at(loop_, ns, args...);
        });
    }
    // In every turn in which the descriptor is readable (writable), until removed. asyncio: add_reader, add_writer.
    template <class F>
    void add_reader(int fd, F function, const Context &context = {}) const {
        watch(std::move(function), context, [this, fd](auto... args) {
            return rondo_loop_add_reader(loop_, fd, args...);
        });
    }
    template <class F>
    void add_writer(int fd, F function, const Context &context = {}) const {
        watch(std::move(function), context, [this, fd](auto... args) {
            return rondo_loop_add_writer(loop_, fd, args...);
        });
    }
    bool remove_reader(int fd) const { return detail::check(rondo_loop_remove_reader(loop_, fd)) == 1; }
    bool remove_writer(int fd) const { return detail::check(rondo_loop_remove_writer(loop_, fd)) == 1; }

    // ---- Futures and tasks --------------------------------------------------------------------------------------
    template <class T = void>
    [[nodiscard]] Future<T> create_future() const {
        return Future<T>(loop_);
    }
    // As rondo::create_task, on this loop. (Defined in task.hpp.)
    template <detail::Startable C>
    Task<detail::StartedResult<C>> create_task(C &&coroutine) const;
    template <detail::Startable C>
    Task<detail::StartedResult<C>> create_task(C &&coroutine, const TaskOptions &options) const;

    // ---- Threads (defined in thread.hpp) ------------------------------------------------------------------------
    // The pool of to_thread: the loop's own until another is set.
    void set_default_executor(const Executor &executor) const;
    // Ends it: done when its threads have ended. Jobs given to it later throw ShutDown. A runner that closes does it.
    [[nodiscard]] Awaitable<void> shutdown_default_executor() const;

    // ---- Running ------------------------------------------------------------------------------------------------
    void run_forever() const {
        rondo_error *error = nullptr;
        const rondo_status status = rondo_loop_run_forever(loop_, &error);
        finish(status, error);
    }
    // Returns the result of a future, or of a task made of a coroutine, or throws what it failed with.
    template <class T>
    T run_until_complete(const Awaitable<T> &future) const {
        run_until_done(future);
        return future.result();
    }
    template <detail::Startable C>
    detail::StartedResult<C> run_until_complete(C &&coroutine) const;
    // One turn; true if there is more to do right now.
    bool run_once(std::chrono::nanoseconds max_wait = std::chrono::nanoseconds(0)) const {
        return detail::check(rondo_loop_run_once(loop_, max_wait.count())) == 1;
    }
    // One turn as the guest of another loop of this thread, and what that one shall wait for before the next.
    struct GuestWait {
        int fd;                        // until it is readable,
        std::chrono::nanoseconds time; // but not longer; max(): for ever, 0: not at all
    };
    GuestWait run_guest() const {
        GuestWait wait{};
        int64_t time = 0;
        rondo_error *error = nullptr;
        const rondo_status status = rondo_loop_run_guest(loop_, &wait.fd, &time, &error);
        finish(status, error);
        wait.time = std::chrono::nanoseconds(time);
        return wait;
    }
    void stop() const { detail::check(rondo_loop_stop(loop_)); }
    // Without running anything: scheduled callbacks are dropped, unfinished coroutines destroyed.
    void close() const { detail::check(rondo_loop_close(loop_)); }

    [[nodiscard]] bool is_running() const { return detail::check(rondo_loop_is_running(loop_)) == 1; }
    [[nodiscard]] bool is_closed() const { return detail::check(rondo_loop_is_closed(loop_)) == 1; }
    [[nodiscard]] std::chrono::nanoseconds time() const {
        return std::chrono::nanoseconds(rondo_loop_time(loop_));
    }

    // ---- Debug mode, reports, counters --------------------------------------------------------------------------
    void set_debug(bool on) const { detail::check(rondo_loop_set_debug(loop_, on ? 1 : 0)); }
    [[nodiscard]] bool get_debug() const { return detail::check(rondo_loop_get_debug(loop_)) == 1; }
    void set_exception_handler(ExceptionHandler handler) const {
        detail::check(rondo_loop_set_exception_handler(loop_, handler.function(), handler.user()));
    }
    void call_exception_handler(const char *message, const ErrorPtr &error = {}) const {
        auto report = detail::sized<rondo_report>();
        report.message = message;
        report.error = error.get();
        detail::check(rondo_loop_call_exception_handler(loop_, &report));
    }
    // Debug mode reports entries that run so long. asyncio: slow_callback_duration.
    void set_slow_callback(std::chrono::nanoseconds duration) const {
        detail::check(rondo_loop_set_slow_callback(loop_, duration.count()));
    }
    [[nodiscard]] std::chrono::nanoseconds get_slow_callback() const {
        return std::chrono::nanoseconds(rondo_loop_get_slow_callback(loop_));
    }
    // The unfinished tasks as text, a tree with those nobody awaits at the top. asyncio: print_call_graph.
    [[nodiscard]] std::string dump() const {
        std::string text;
        const auto write = [](void *user, const char *piece, std::size_t length) noexcept {
            auto &whole = *static_cast<std::string *>(user);
            try {
                whole.append(piece, length);
            } catch (...) { // out of memory: the text ends here
            }
        };
        detail::check(rondo_loop_dump(loop_, write, &text));
        return text;
    }
    // Closes the generators that were begun and not ended; done when that is. What fails is reported. A runner that
    // closes does it. asyncio: shutdown_asyncgens.
    [[nodiscard]] Awaitable<void> shutdown_generators() const {
        rondo_future *future = nullptr;
        detail::check(rondo_loop_shutdown_generators(loop_, &future));
        return Awaitable<void>::adopt(future);
    }
    [[nodiscard]] rondo_loop_stats stats() const {
        auto stats = detail::sized<rondo_loop_stats>();
        detail::check(rondo_loop_get_stats(loop_, &stats));
        return stats;
    }

private:
    template <class F, class Submit>
    static Handle schedule(F function, const Context &context, Submit submit) {
        rondo_handle *handle = nullptr;
        watch(std::move(function), context, [&](auto... args) { return submit(args..., &handle); });
        return Handle(handle);
    }
    template <class F, class Submit>
    static void watch(F function, const Context &context, Submit submit) {
        static_assert(std::is_invocable_v<F &>, "a callback is called without arguments");
        auto adapted = [function = std::move(function)](const rondo_call &) mutable { (void)function(); };
        detail::submit_callback(std::move(adapted), context.native(), submit);
    }
    void run_until_done(const AnyFuture &future) const {
        rondo_error *error = nullptr;
        const rondo_status status = rondo_loop_run_until_complete(loop_, future.native(), &error);
        finish(status, error);
    }
    static void finish(rondo_status status, rondo_error *error) {
        ErrorPtr owned = ErrorPtr::adopt(error);
        if (status < 0) detail::raise_error(std::move(owned), status);
    }

    rondo_loop *loop_;
};

// A loop outside any runner; the last handle closes it. asyncio: new_event_loop.
[[nodiscard]] inline Loop new_event_loop(const LoopOptions &options = {}) {
    const rondo_loop_options native = options.native();
    rondo_loop *loop = nullptr;
    detail::check(rondo_loop_create(&native, &loop));
    return Loop(loop);
}

// The loop running in this thread. Error: RONDO_ENOLOOP. asyncio: get_running_loop.
[[nodiscard]] inline Loop get_running_loop() {
    rondo_loop *loop = rondo_loop_running();
    if (loop == nullptr) detail::check(RONDO_ENOLOOP);
    return Loop::share(loop);
}

inline Loop AnyFuture::get_loop() const { return Loop::share(rondo_future_loop(future_)); }

} // namespace rondo

#endif // RONDO_LOOP_HPP
