// Scripts: step coroutines written as C++ coroutines, for tests. A script suspends with
//
//     co_await f              await a future or task        co_await yield()      one turn
//     co_await sleep(ns)      sleep                         co_await park()       until a waker comes
//     co_await attempt(...)   the same, and a failure is an Outcome, not a Raised exception
//     co_await other()        call another script: the same task, no trip through the queue
//
// Each becomes one verdict in the rondo_step of the task; nothing else of the library is used.
#pragma once

#include "../loop/world.h"

#include <coroutine>
#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace rondo::test {

// ---- errors, outcomes

class Raised : public std::exception {
public:
    explicit Raised(const rondo_error *error) : error_(rondo_error_retain(error)) {}
    explicit Raised(rondo_status code, const char *message = nullptr) : error_(rondo_error_new(code, message)) {}
    Raised(const Raised &other) : Raised(other.error_) {}
    Raised &operator=(const Raised &) = delete;
    ~Raised() override { rondo_error_release(error_); }

    rondo_error *error() const { return error_; }
    rondo_status code() const { return rondo_error_code(error_); }
    const char *what() const noexcept override { return rondo_error_message(error_); }
    bool cancelled() const { return code() == RONDO_ECANCELED; }

private:
    rondo_error *error_;
};

struct Outcome {
    rondo_status status = RONDO_OK;
    std::string message;
    int64_t value = 0;

    bool ok() const { return status == RONDO_OK; }
    bool cancelled() const { return status == RONDO_ECANCELED; }
    // "5", "EFAILED broken", "ECANCELED", "ESTATE ..."
    std::string text() const {
        if (ok()) return std::to_string(value);
        return std::string(rondo_status_name(status)) + (message.empty() ? "" : " " + message);
    }
};

// What the objects of a ring's host have in common.
struct Numbered {
    int64_t number = 0;
};

inline int64_t number_in(const rondo_value &value) {
    return value.kind == RONDO_OBJECT ? static_cast<Numbered *>(value.as.ptr)->number : value.as.i64;
}

inline Outcome outcome_of(rondo_status status, const rondo_value &view, const rondo_error *error) {
    const char *message = rondo_error_message(error);
    return {status, message ? message : "", status == RONDO_OK ? number_in(view) : 0};
}

// ---- futures and tasks

class Future {
public:
    Future() = default;
    explicit Future(rondo_future *adopted) : future_(adopted) {}
    Future(const Future &other) : future_(rondo_future_retain(other.future_)) {}
    Future(Future &&other) noexcept : future_(std::exchange(other.future_, nullptr)) {}
    Future &operator=(Future other) {
        std::swap(future_, other.future_);
        return *this;
    }
    ~Future() { rondo_future_release(future_); }

    rondo_future *get() const { return future_; }
    bool done() const { return rondo_future_done(future_) == 1; }
    bool cancelled() const { return rondo_future_cancelled(future_) == 1; }
    rondo_status set(int64_t number) const {
        rondo_value value = rondo_i64(number);
        return rondo_future_set_result(future_, &value);
    }
    rondo_status fail(const char *message, rondo_status code = RONDO_EFAILED) const {
        rondo_error *error = rondo_error_new(code, message);
        rondo_status status = rondo_future_set_error(future_, error);
        rondo_error_release(error);
        return status;
    }
    bool cancel(const char *message = nullptr) const { return rondo_future_cancel(future_, message) == 1; }
    Outcome result() const {
        rondo_value view = rondo_none();
        rondo_error *error = nullptr;
        rondo_status status = rondo_future_result(future_, &view, &error);
        Outcome outcome = outcome_of(status, view, error);
        rondo_error_release(error);
        return outcome;
    }
    std::string text() const { return result().text(); }
    Outcome error() const {
        rondo_error *error = nullptr;
        rondo_status status = rondo_future_error(future_, &error);
        Outcome outcome = outcome_of(status == RONDO_OK ? rondo_error_code(error) : status, rondo_none(), error);
        rondo_error_release(error);
        return outcome;
    }
    void silence() const { rondo_future_silence(future_); }

    int cancelling() const { return rondo_task_cancelling(future_); }
    int uncancel() const { return rondo_task_uncancel(future_); }
    std::string name() const { return rondo_task_get_name(future_); }

private:
    rondo_future *future_ = nullptr;
};

// ---- what a script can suspend on; all trivial, for g++ 12's sake

struct Suspension {
    uint32_t verdict;
    rondo_future *target;
    int64_t delay;
};
struct Attempt {
    Suspension what;
};

inline Suspension yield() { return {RONDO_STEP_YIELD, nullptr, 0}; }
inline Suspension sleep(int64_t delay) { return {RONDO_STEP_SLEEP, nullptr, delay}; }
inline Suspension park() { return {RONDO_STEP_PARK, nullptr, 0}; }
inline Suspension waiting_for(const Future &future) { return {RONDO_STEP_AWAIT, future.get(), 0}; }
inline Attempt attempt(Suspension what) { return {what}; }
inline Attempt attempt(const Future &future) { return {waiting_for(future)}; }

class Conductor;
struct Promise;

// A script; one that answers a number is an Answer.
class Script {
public:
    struct promise_type;

    Script() = default;
    Script(std::coroutine_handle<> handle, Promise &promise) : handle_(handle), promise_(&promise) {}
    Script(Script &&other) noexcept
        : handle_(std::exchange(other.handle_, nullptr)), promise_(other.promise_) {}
    Script &operator=(Script other) noexcept {
        std::swap(handle_, other.handle_);
        std::swap(promise_, other.promise_);
        return *this;
    }
    ~Script() {
        if (handle_) handle_.destroy();
    }
    std::coroutine_handle<> handle() const { return handle_; }
    Promise &promise() const { return *promise_; }

private:
    std::coroutine_handle<> handle_;
    Promise *promise_ = nullptr;
};

class Answer : public Script {
public:
    struct promise_type;
    using Script::Script;
};

// The frame of one task: its script, and the letter of the step that runs.
class Conductor {
public:
    using Body = std::function<Script()>;

    explicit Conductor(Body body) : body_(std::move(body)) {}
    Conductor(const Conductor &) = delete;
    Conductor &operator=(const Conductor &) = delete;

    static const rondo_coro_vtable vtable;

    rondo_step *io = nullptr;
    std::coroutine_handle<> active;
    bool again = false; // a script called another, or came back from it

private:
    void step(rondo_step *letter);
    void conclude();

    Body body_;
    Script script_;
    bool started_ = false;
};

struct Promise {
    Conductor *conductor = nullptr;
    std::coroutine_handle<> caller;
    std::exception_ptr error;
    int64_t result = 0;

    std::suspend_always initial_suspend() noexcept { return {}; }
    void unhandled_exception() noexcept { error = std::current_exception(); }

    struct Final {
        Promise &promise;
        bool await_ready() noexcept { return false; }
        void await_suspend(std::coroutine_handle<>) noexcept {
            if (!promise.caller) return;
            promise.conductor->active = promise.caller;
            promise.conductor->again = true;
        }
        void await_resume() noexcept {}
    };
    Final final_suspend() noexcept { return {*this}; }

    struct Suspend {
        Suspension what;
        Conductor *conductor;

        bool await_ready() noexcept { return false; }
        void await_suspend(std::coroutine_handle<> handle) noexcept {
            conductor->active = handle;
            conductor->io->verdict = what.verdict;
            conductor->io->target = rondo_future_retain(what.target);
            conductor->io->delay_ns = what.delay;
        }
        int64_t await_resume() {
            const rondo_step &io = *conductor->io;
            if (io.status < 0) throw Raised(io.error);
            return number_in(*io.sent);
        }
    };
    struct SuspendAttempt : Suspend {
        Outcome await_resume() {
            const rondo_step &io = *conductor->io;
            return outcome_of(io.status, *io.sent, io.error);
        }
    };
    struct Call {
        const Script &callee;
        Conductor *conductor;

        bool await_ready() noexcept { return false; }
        void await_suspend(std::coroutine_handle<> handle) noexcept {
            Promise &promise = callee.promise();
            promise.conductor = conductor;
            promise.caller = handle;
            conductor->active = callee.handle();
            conductor->again = true;
        }
        int64_t await_resume() {
            Promise &promise = callee.promise();
            if (promise.error) std::rethrow_exception(promise.error);
            return promise.result;
        }
    };

    Suspend await_transform(Suspension what) { return {what, conductor}; }
    Suspend await_transform(const Future &future) { return {waiting_for(future), conductor}; }
    SuspendAttempt await_transform(Attempt attempt) { return {{attempt.what, conductor}}; }
    Call await_transform(const Script &script) { return {script, conductor}; }
};

struct Script::promise_type : Promise {
    Script get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this), *this}; }
    void return_void() {}
};

struct Answer::promise_type : Promise {
    Answer get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this), *this}; }
    void return_value(int64_t value) { result = value; }
};

inline void Conductor::step(rondo_step *letter) {
    io = letter;
    if (!started_) {
        started_ = true;
        if (io->status < 0) { // raised at the entry: no line of the body runs
            io->verdict = RONDO_STEP_RAISE;
            io->out_error = rondo_error_retain(io->error);
            return;
        }
        script_ = body_();
        script_.promise().conductor = this;
        active = script_.handle();
    }
    do {
        again = false;
        active.resume();
    } while (again);
    if (script_.handle().done()) conclude();
}

inline void Conductor::conclude() {
    Promise &promise = script_.promise();
    if (!promise.error) {
        io->verdict = RONDO_STEP_RETURN;
        io->out = rondo_i64(promise.result);
        return;
    }
    try {
        std::rethrow_exception(promise.error);
    } catch (const Raised &raised) {
        io->verdict = RONDO_STEP_RAISE;
        io->out_error = rondo_error_retain(raised.error());
    }
}

inline const rondo_coro_vtable Conductor::vtable = {
    sizeof(rondo_coro_vtable),
    0,
    0,
    0,
    nullptr,
    [](void *frame, rondo_step *io) { static_cast<Conductor *>(frame)->step(io); },
    [](void *frame) { delete static_cast<Conductor *>(frame); },
    nullptr,
};

// Says something when it goes, as a finally block would.
class Finally {
public:
    explicit Finally(std::function<void()> function) : function_(std::move(function)) {}
    Finally(const Finally &) = delete;
    Finally &operator=(const Finally &) = delete;
    ~Finally() { function_(); }

private:
    std::function<void()> function_;
};

// ---- a world with tasks

class TaskWorld : public World {
public:
    using World::World;

    Future future() {
        rondo_future *made = nullptr;
        EXPECT_EQ(rondo_future_create(loop, nullptr, &made), RONDO_OK);
        return Future(made);
    }

    template <class F> Future spawn(F body, const rondo_task_options *options = nullptr) {
        rondo_task *task = nullptr;
        EXPECT_EQ(make_task(std::make_unique<Conductor>(std::move(body)), options, &task), RONDO_OK);
        return Future(task);
    }
    template <class F> Future spawn_in(rondo_context *context, F body) {
        auto options = sized<rondo_task_options>();
        options.context = context;
        return spawn(std::move(body), &options);
    }
    template <class F> Future spawn_named(const char *name, F body) {
        auto options = sized<rondo_task_options>();
        options.name = name;
        return spawn(std::move(body), &options);
    }

    Future gather(std::initializer_list<Future> children, uint32_t flags = 0) {
        std::vector<rondo_future *> list;
        for (const Future &child : children) list.push_back(child.get());
        rondo_future *made = nullptr;
        EXPECT_EQ(rondo_gather(loop, list.data(), list.size(), flags, &made), RONDO_OK);
        return Future(made);
    }

    template <class F> void when_done(const Future &future, F function, rondo_context *context = nullptr) {
        Packed packed = pack(callback(std::move(function)), context);
        rondo_status status = rondo_future_add_done_callback(future.get(), packed.fn, packed.user, &packed.options);
        settle(packed, status);
        EXPECT_EQ(status, RONDO_OK);
    }
    void say_when_done(const Future &future, const std::string &what) {
        when_done(future, [this, what] { say(what); });
    }

    // Runs the body as the main task M of a run; answers how it ended.
    template <class F> Outcome run_main(F body) {
        Future main = spawn(std::move(body));
        count_turns_from_here();
        rondo_error *error = nullptr;
        rondo_status status = rondo_loop_run_until_complete(loop, main.get(), &error);
        Outcome outcome = status == RONDO_OK ? main.result() : outcome_of(status, rondo_none(), error);
        rondo_error_release(error);
        return outcome;
    }

protected:
    virtual rondo_status make_task(std::unique_ptr<Conductor> conductor, const rondo_task_options *options,
                                   rondo_task **out) {
        rondo_status status = rondo_task_create(loop, &Conductor::vtable, conductor.get(), options, out);
        if (status == RONDO_OK) (void)conductor.release();
        return status;
    }
};

} // namespace rondo::test
