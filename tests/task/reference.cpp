#include "reference.h"

#include <algorithm>
#include <utility>

namespace rondo::test {

struct Reference::Handle {
    std::function<void()> function;
    Context context;
    bool cancelled = false;
    std::optional<std::pair<int64_t, uint64_t>> timer;
};

// asyncio.Future
struct Reference::Future {
    explicit Future(Reference &l) : loop(l) {}
    virtual ~Future() = default;

    enum State { pending, finished, cancelled_state };
    struct Callback {
        std::function<void()> function;
        int number; // of the user's own; -1
        Context context;
    };

    bool done() const { return state != pending; }
    void schedule_callbacks() {
        for (Callback &callback : std::exchange(callbacks, {})) loop.schedule(callback.function, callback.context);
    }
    void add_done_callback(std::function<void()> function, Context context, int number = -1) {
        if (done()) {
            loop.schedule(std::move(function), std::move(context));
        } else {
            callbacks.push_back({std::move(function), number, std::move(context)});
        }
    }
    void set_value(int64_t v) {
        value = v;
        state = finished;
        schedule_callbacks();
    }
    void set_exception(const Failure &why) {
        exception = why;
        state = finished;
        log_traceback = true;
        schedule_callbacks();
    }
    bool cancel_future(const std::string &message) {
        log_traceback = false;
        if (done()) return false;
        state = cancelled_state;
        cancelled_error = {RONDO_ECANCELED, message};
        schedule_callbacks();
        return true;
    }
    virtual bool cancel(const std::string &message) { return cancel_future(message); }

    // result(): the error it raises; a cancelled one raises its message each time (CPython forgets it after the first
    // time when it came from a coroutine).
    Failure result() {
        log_traceback = false;
        return state == cancelled_state ? cancelled_error : exception;
    }

    Reference &loop;
    State state = pending;
    int64_t value = 0;
    Failure exception;
    Failure cancelled_error;
    bool log_traceback = false;
    std::vector<Callback> callbacks;
};

// asyncio.Task
struct Reference::Task : Future {
    Task(Reference &l, const Body &body, int number)
        : Future(l), machine(l, l.waits_, body, "t" + std::to_string(number), number), index(number),
          context(l.copy_context()) {
        loop.schedule([this] { step(); }, context);
    }

    bool cancel(const std::string &message) override {
        log_traceback = false;
        if (done()) return false;
        ++num_cancels_requested;
        if (fut_waiter && fut_waiter->cancel(message)) return true;
        must_cancel = true;
        cancel_message = message;
        return true;
    }

    int uncancel() {
        if (num_cancels_requested > 0) {
            --num_cancels_requested;
            if (num_cancels_requested == 0) must_cancel = false;
        }
        return num_cancels_requested;
    }

    void step(Failure exc = {}) {
        if (must_cancel) {
            if (exc.code != RONDO_ECANCELED) exc = {RONDO_ECANCELED, cancel_message};
            must_cancel = false;
        }
        Future *awaited = std::exchange(fut_waiter, nullptr);
        Resumed resumed{exc, 0};
        if (exc.code == RONDO_OK && awaited) resumed.value = awaited->value;
        loop.cancel(std::exchange(timer, nullptr)); // sleep's finally
        for (;;) {
            Verdict verdict = machine.step(resumed);
            switch (verdict.kind) {
            case Verdict::give:
                if (must_cancel) {
                    must_cancel = false;
                    cancel_future(cancel_message);
                } else {
                    set_value(verdict.number);
                }
                return;
            case Verdict::raise:
                if (verdict.failure.code == RONDO_ECANCELED) {
                    cancel_future(verdict.failure.message);
                } else {
                    set_exception(verdict.failure);
                    if (verdict.failure.code == RONDO_EINTERRUPT) throw Fatal{verdict.failure};
                }
                return;
            case Verdict::yield:
                loop.schedule([this] { step(); }, context);
                return;
            case Verdict::sleep:
                if (verdict.number <= 0) {
                    loop.schedule([this] { step(); }, context);
                    return;
                }
                wait_for(begin_sleep(verdict.number));
                return;
            case Verdict::await: {
                Future &target = loop.named(verdict.name);
                if (target.done()) { // Future.__await__ does not yield
                    resumed.failure = target.result();
                    resumed.value = resumed.failure.code == RONDO_OK ? target.value : 0;
                    continue;
                }
                if (&target == this) {
                    loop.schedule([this] { step({RONDO_ESELF, "Task cannot await on itself"}); }, context);
                    return;
                }
                wait_for(target);
                return;
            }
            }
        }
    }

    void wait_for(Future &target) {
        target.add_done_callback([this, &target] { step(target.result()); }, context);
        fut_waiter = &target;
        if (must_cancel && fut_waiter->cancel(cancel_message)) must_cancel = false;
    }

    Future &begin_sleep(int64_t delay) {
        loop.sleeps_.push_back(std::make_unique<Future>(loop));
        Future &future = *loop.sleeps_.back();
        timer = loop.schedule_at(
            loop.time_ + delay,
            [&future] {
                if (!future.done()) future.set_value(0);
            },
            context);
        return future;
    }

    Machine machine;
    int index;
    Context context;
    Future *fut_waiter = nullptr;
    HandlePtr timer;
    bool must_cancel = false;
    std::string cancel_message;
    int num_cancels_requested = 0;
};

// asyncio.gather and _GatheringFuture
struct Reference::Gathering : Future {
    Gathering(Reference &l, const std::vector<Future *> &given, bool errors)
        : Future(l), children(given), return_exceptions(errors) {
        std::vector<Future *> unique;
        for (Future *child : children) {
            if (std::find(unique.begin(), unique.end(), child) == unique.end()) unique.push_back(child);
        }
        nfuts = unique.size();
        if (children.empty()) {
            set_value(0);
            return;
        }
        std::vector<Future *> done_futs;
        for (Future *child : unique) {
            if (child->done()) {
                done_futs.push_back(child);
            } else {
                child->add_done_callback([this, child] { child_done(*child); }, loop.copy_context());
            }
        }
        for (Future *child : done_futs) child_done(*child);
    }

    void child_done(Future &child) {
        ++nfinished;
        child.log_traceback = false;
        if (done()) return;
        Failure failure = child.result();
        if (!return_exceptions && failure.code != RONDO_OK) {
            set_exception(failure);
            return;
        }
        if (nfinished < nfuts) return;
        if (!cancel_requested) {
            set_value(0);
            return;
        }
        // fut is the loop variable of `for fut in children`: the last argument. (A child that swallowed the request
        // still has its message in CPython when it was ready at that time; not in Rondo.)
        Future &last = *children.back();
        set_exception({RONDO_ECANCELED, last.state == cancelled_state ? last.cancelled_error.message : ""});
    }

    bool cancel(const std::string &message) override {
        if (done()) return false;
        bool accepted = false;
        for (Future *child : children) {
            if (child->cancel(message)) accepted = true;
        }
        if (accepted) cancel_requested = true;
        return accepted;
    }

    std::vector<Future *> children;
    bool return_exceptions;
    size_t nfuts = 0;
    size_t nfinished = 0;
    bool cancel_requested = false;
};

Reference::Reference(const Program &program) : program_(program) {
    for (int i = 0; i < program.futures; ++i) futures_.push_back(std::make_unique<Future>(*this));
    spawn(0);
}

Reference::~Reference() = default;

// ---- the loop

Reference::HandlePtr Reference::schedule(std::function<void()> function, Context context) {
    auto handle = std::make_shared<Handle>();
    handle->function = std::move(function);
    handle->context = std::move(context);
    ready_.push_back(handle);
    return handle;
}

Reference::HandlePtr Reference::schedule_at(int64_t when, std::function<void()> function, Context context) {
    auto handle = std::make_shared<Handle>();
    handle->function = std::move(function);
    handle->context = std::move(context);
    handle->timer = {when, sequence_++};
    timers_[*handle->timer] = handle;
    return handle;
}

void Reference::cancel(const HandlePtr &handle) {
    if (!handle) return;
    handle->cancelled = true;
    if (handle->timer) timers_.erase(*handle->timer);
}

void Reference::turn() {
    ++turns_;
    if (ready_.empty() && !timers_.empty()) time_ = std::max(time_, timers_.begin()->first.first);
    while (!timers_.empty() && timers_.begin()->first.first <= time_) {
        timers_.begin()->second->timer.reset();
        ready_.push_back(timers_.begin()->second);
        timers_.erase(timers_.begin());
    }
    for (size_t ntodo = ready_.size(); ntodo > 0; --ntodo) {
        HandlePtr handle = ready_.front();
        ready_.pop_front();
        if (handle->cancelled) continue;
        context_ = handle->context;
        handle->function();
    }
}

void Reference::run() {
    // A cancelled handle that is ready is gone from Rondo's queue at once; CPython's stays until its turn.
    auto busy = [&] {
        std::erase_if(ready_, [](const HandlePtr &handle) { return handle->cancelled; });
        return !ready_.empty() || !timers_.empty();
    };
    while (busy()) {
        try {
            turn();
        } catch (const Fatal &) {
            say("left the loop");
        }
    }
}

bool Reference::cancel_all() {
    std::vector<Future *> left;
    for (auto &task : tasks_) {
        if (!task->done()) left.push_back(task.get());
    }
    for (Future *task : left) task->cancel("");
    if (left.empty()) return false;
    context_ = std::make_shared<int64_t>(0);
    gathers_.push_back(std::make_unique<Gathering>(*this, left, true));
    return true;
}

void Reference::run_callback(int callback) {
    Machine machine(*this, waits_, program_.callbacks[static_cast<size_t>(callback)],
                    "cb" + std::to_string(callback), -1);
    Failure failure = machine.run();
    if (failure.code == RONDO_EINTERRUPT) throw Fatal{failure};
    if (failure.code < 0) say("report " + failure.message);
}

// ---- what bodies ask for

void Reference::say(const std::string &what) { trace.push_back(std::to_string(turns_) + ": " + what); }

bool Reference::exists(const Name &name) {
    auto index = static_cast<size_t>(name.index);
    switch (name.noun) {
    case Noun::future:
        return index < futures_.size();
    case Noun::task:
        return index < tasks_.size();
    default:
        return index < gathers_.size();
    }
}

Reference::Future &Reference::named(const Name &name) {
    auto index = static_cast<size_t>(name.index);
    if (name.noun == Noun::future) return *futures_[index];
    if (name.noun == Noun::task) return *tasks_[index];
    return *gathers_[index];
}

std::string Reference::look(const Name &name) {
    Future &future = named(name);
    std::string text;
    if (name.noun == Noun::task) {
        text = "asked " + std::to_string(static_cast<Task &>(future).num_cancels_requested) + " ";
    }
    if (!future.done()) return text + "pending";
    Failure failure = future.result();
    if (failure.code == RONDO_OK) return text + std::to_string(future.value);
    return text + (future.state == Future::cancelled_state ? "cancelled " : "") + rondo_status_name(failure.code) + " " +
           failure.message;
}

bool Reference::set_result(int future, int64_t value) {
    Future &which = *futures_[static_cast<size_t>(future)];
    if (which.done()) return false;
    which.set_value(value);
    return true;
}

bool Reference::set_error(int future, const std::string &message) {
    Future &which = *futures_[static_cast<size_t>(future)];
    if (which.done()) return false;
    which.set_exception({RONDO_EFAILED, message});
    return true;
}

bool Reference::cancel(const Name &name, const std::string &message) { return named(name).cancel(message); }

int Reference::uncancel(int task) { return tasks_[static_cast<size_t>(task)]->uncancel(); }

void Reference::add_callback(const Name &name, int callback) {
    named(name).add_done_callback([this, callback] { run_callback(callback); }, copy_context(), callback);
}

int Reference::remove_callback(const Name &name, int callback) {
    return static_cast<int>(
        std::erase_if(named(name).callbacks, [&](const auto &entry) { return entry.number == callback; }));
}

void Reference::call_soon(int callback) {
    handles_.push_back(schedule([this, callback] { run_callback(callback); }, copy_context()));
}

void Reference::call_later(int64_t delay, int callback) {
    handles_.push_back(schedule_at(time_ + delay, [this, callback] { run_callback(callback); }, copy_context()));
}

void Reference::cancel_handle(int handle) {
    auto index = static_cast<size_t>(handle);
    if (index < handles_.size()) cancel(handles_[index]);
}

void Reference::spawn(int body) {
    auto number = static_cast<int>(tasks_.size());
    tasks_.push_back(std::make_unique<Task>(*this, program_.tasks[static_cast<size_t>(body)], number));
}

void Reference::gather(const std::vector<Name> &children, bool return_errors) {
    std::vector<Future *> given;
    for (const Name &name : children) given.push_back(&named(name));
    gathers_.push_back(std::make_unique<Gathering>(*this, given, return_errors));
}

std::string Reference::final_state() {
    std::string text = "time " + std::to_string(time_) + "\n";
    auto add = [&](const char *kind, size_t i, Future &future, Noun noun) {
        bool unretrieved = future.log_traceback;
        text += kind + std::to_string(i) + " " + (unretrieved ? "unretrieved " : "") +
                look({noun, static_cast<int>(i)}) + "\n";
    };
    for (size_t i = 0; i < futures_.size(); ++i) add("f", i, *futures_[i], Noun::future);
    for (size_t i = 0; i < tasks_.size(); ++i) add("t", i, *tasks_[i], Noun::task);
    for (size_t i = 0; i < gathers_.size(); ++i) add("g", i, *gathers_[i], Noun::gather);
    return text;
}

} // namespace rondo::test
