// rondo/coroutine.hpp - Coroutine<T>: what `co_await` and `co_return` make of a C++ function.
//
// A coroutine is lazy and awaited directly: `co_await f()` is a call inside the same task; no task is made and the
// loop is not asked. To run one beside you give it to create_task() or gather(), to run it from main() give it to
// run().
//
// How it runs. A task's frame (TaskFrame below, in the task's own block) remembers the innermost suspended coroutine.
// One step of the task resumes it; an awaiter that must wait writes the verdict into the step and suspends; a
// coroutine that ends names its parent as the next to resume. Children start inside their parent's await_suspend,
// which answers whether they have finished; below a certain depth they are started from the step's loop instead. So
// neither a long loop nor a deep recursion needs the compiler to turn a resume into a jump (g++ 12 does not at -O0 or
// under ASan).
//
// Two traps of the language, not of Rondo: take coroutine arguments by value, for a reference may be gone when the
// body runs; and a lambda's captures live in the lambda, so give the lambda itself to create_task(), run(), gather(),
// with_timeout() and the like, which keep it, rather than the coroutine it makes.
//
// And two of g++ 12. Inside a co_await expression it destroys a lambda's captures twice: there, capture by reference
// ([&], as blocks and gathers that are awaited at once allow), or make the lambda a variable first. And it cannot
// compile braced lists there: make the std::vector{a, b} a variable first.
#ifndef RONDO_COROUTINE_HPP
#define RONDO_COROUTINE_HPP

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "error.hpp"
#include "rondo.h"
#include "site.hpp"
#include "value.hpp"

namespace rondo {

template <class T = void>
class Coroutine;

namespace detail {

class PromiseBase;

// The future of a co_await that suspends.
class AwaitedFuture {
public:
    AwaitedFuture(const AwaitedFuture &) = delete;
    AwaitedFuture &operator=(const AwaitedFuture &) = delete;

protected:
    friend class Pending;

    // owned: with a reference, which goes to the step that waits; else it is its owner's for the whole expression.
    AwaitedFuture(rondo_future *future, bool owned) noexcept : future_(future), owned_(owned) {}
    ~AwaitedFuture() {
        if (owned_) rondo_future_release(future_);
    }

    // For an awaiter that has none at first.
    void own(rondo_future *future) noexcept {
        future_ = future;
        owned_ = true;
    }

    // The reference for the step.
    [[nodiscard]] rondo_future *give() noexcept {
        given_ = std::exchange(owned_, false);
        return given_ ? future_ : rondo_future_retain(future_);
    }

    rondo_future *future_;

private:
    // Another step is coming before this one's value is read.
    void keep() noexcept {
        if (!given_) return;
        owned_ = true;
        given_ = false;
        rondo_future_retain(future_);
    }

    bool owned_;
    bool given_ = false;
};

// What a coroutine was resumed with and has not read yet.
//
// `co_await a + co_await b`: the language leaves it open to wait for both before either is asked for its result, and
// g++ 12 does so with awaiters that have no destructor. So a result must survive the next await, and an error must be
// thrown though it is not asked for: while one is pending no further await begins, and whichever is asked first throws
// it.
class Pending {
public:
    // A future's value: readable in the step until the next await begins.
    void expect(AwaitedFuture *future) noexcept { word_ = reinterpret_cast<std::uintptr_t>(future); }
    [[nodiscard]] bool arrived(const AwaitedFuture *future) noexcept {
        if (word_ != reinterpret_cast<std::uintptr_t>(future)) return false;
        word_ = 0;
        return true;
    }

    void fail_step() noexcept { word_ = step_failed; }
    void fail_child(PromiseBase *child) noexcept { word_ = reinterpret_cast<std::uintptr_t>(child) | child_failed; }
    [[nodiscard]] bool failed() const noexcept { return (word_ & failures) != 0; }
    // The child that failed; null for the step.
    [[nodiscard]] PromiseBase *child() const noexcept {
        return (word_ & child_failed) != 0 ? reinterpret_cast<PromiseBase *>(word_ & ~child_failed) : nullptr;
    }
    void clear() noexcept { word_ = 0; }
    // It goes without having been asked: something else in the expression has thrown.
    void forget(const PromiseBase *failed_child) noexcept {
        if (child() == failed_child) clear();
    }

    // False if there is something to throw first.
    [[nodiscard]] bool begin() noexcept {
        if (word_ == 0) [[likely]]
            return true;
        if (failed()) return false;
        reinterpret_cast<AwaitedFuture *>(std::exchange(word_, 0))->keep();
        return true;
    }

private:
    static constexpr std::uintptr_t child_failed = 1, step_failed = 2, failures = child_failed | step_failed;

    std::uintptr_t word_ = 0; // a future's address, or a failure
};

// The frame in a task's block. `next` is null before the first step and after the last.
struct TaskFrame {
    PromiseBase *root = nullptr;
    PromiseBase *next = nullptr;
    rondo_step *io = nullptr; // only while a step runs
    std::uint32_t depth = 0;  // coroutines started inside one another right now

    static constexpr std::uint32_t max_depth = 64;

    // Resumes until somebody has to wait (false) or the root has ended (true). go_on: whatever the step's status.
    [[nodiscard]] bool run(rondo_step *step) noexcept;
    [[nodiscard]] bool go_on(rondo_step *step) noexcept;
    void destroy() noexcept;
    // Where it waits: a line per coroutine, innermost first.
    [[nodiscard]] std::size_t describe(char *text, std::size_t capacity) const noexcept;
};
static_assert(sizeof(TaskFrame) <= 32);

// The first base of every promise, so that a handle to it is a handle to the coroutine (libstdc++'s generator does
// the same); true while no promise is aligned beyond 16 bytes, which frames are not either.
class PromiseBase {
public:
    TaskFrame *frame = nullptr;
    PromiseBase *parent = nullptr;
    PromiseBase **owner = nullptr; // the parent's pointer to this one, cleared if it ends before its parent
    std::exception_ptr exception;
    Pending pending;
    Site site; // of its last suspension

    PromiseBase() noexcept = default;
    PromiseBase(const PromiseBase &) = delete;
    PromiseBase &operator=(const PromiseBase &) = delete;

    [[nodiscard]] static void *operator new(std::size_t size) {
        if (void *block = rondo_alloc(size)) [[likely]]
            return block;
        throw std::bad_alloc();
    }
    static void operator delete(void *block, std::size_t size) noexcept { rondo_free(block, size); }

    [[nodiscard]] std::coroutine_handle<PromiseBase> handle() noexcept {
        return std::coroutine_handle<PromiseBase>::from_promise(*this);
    }

    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }

    struct FinalAwaiter {
        FinalAwaiter() noexcept = default;
        FinalAwaiter(const FinalAwaiter &) = delete;
        FinalAwaiter &operator=(const FinalAwaiter &) = delete;
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        template <class P>
        void await_suspend(std::coroutine_handle<P> ended) const noexcept {
            PromiseBase &self = ended.promise();
            self.frame->next = self.parent;
            if (self.exception && self.parent != nullptr) [[unlikely]]
                self.parent->pending.fail_child(&self);
        }
        void await_resume() const noexcept {}
    };
    [[nodiscard]] FinalAwaiter final_suspend() const noexcept { return {}; }

    void unhandled_exception() noexcept { exception = std::current_exception(); }

    // For awaiters that must wait: the verdict goes to the task's step, the next step resumes here. Null: not now, go
    // on to await_resume; see Pending.
    [[nodiscard]] rondo_step *suspend(std::uint32_t verdict, Site here) noexcept {
        if (!pending.begin()) [[unlikely]]
            return nullptr;
        site = here;
        frame->next = this;
        frame->io->verdict = verdict;
        return frame->io;
    }

    // For awaiters that waited: throws what the task was resumed with.
    void resumed() {
        if (pending.failed()) [[unlikely]]
            raise_pending();
    }

    // Throws what an await before the present one still had to.
    [[noreturn, gnu::cold]] void raise_pending();
};

inline void PromiseBase::raise_pending() {
    const PromiseBase *child = pending.child();
    pending.clear();
    if (child != nullptr) std::rethrow_exception(child->exception);
    const rondo_step &io = *frame->io;
    if (io.error != nullptr) raise_borrowed({const_cast<rondo_error *>(io.error)});
    raise_error({}, io.status);
}

inline bool TaskFrame::run(rondo_step *step) noexcept {
    if (step->status != RONDO_OK) [[unlikely]]
        next->pending.fail_step();
    return go_on(step);
}

inline bool TaskFrame::go_on(rondo_step *step) noexcept {
    io = step;
    do {
        std::exchange(next, nullptr)->handle().resume();
    } while (next != nullptr && step->verdict == RONDO_STEP_FAULT);
    // Neither a verdict nor an end: the coroutine awaits something foreign, and the task fails with RONDO_EFAULT.
    return next == nullptr && root->handle().done();
}

inline std::size_t TaskFrame::describe(char *text, std::size_t capacity) const noexcept {
    std::size_t length = 0;
    for (const PromiseBase *promise = next; promise != nullptr && length < capacity; promise = promise->parent) {
        const std::size_t line = describe_site(promise->site, text + length, capacity - length);
        length += line;
        if (line > 0 && length < capacity) text[length++] = '\n';
    }
    return length;
}

// Innermost first, one after the other: a deep chain must not become a deep recursion of destructors.
inline void TaskFrame::destroy() noexcept {
    PromiseBase *promise = next != nullptr ? next : root;
    while (promise != nullptr) {
        PromiseBase *parent = promise->parent;
        if (promise->owner != nullptr) *promise->owner = nullptr;
        promise->handle().destroy();
        promise = parent;
    }
}

template <class T>
class ResultPromise : public PromiseBase {
public:
    template <class U = T>
        requires std::constructible_from<T, U &&>
    void return_value(U &&value) noexcept(std::is_nothrow_constructible_v<T, U &&>) {
        result_.emplace(std::forward<U>(value));
    }
    [[nodiscard]] T take_result() { return std::move(*result_); }

private:
    std::optional<T> result_;
};

template <class T>
class ResultPromise<T &> : public PromiseBase {
public:
    void return_value(T &object) noexcept { result_ = &object; }
    [[nodiscard]] T &take_result() noexcept { return *result_; }

private:
    T *result_ = nullptr;
};

template <>
class ResultPromise<void> : public PromiseBase {
public:
    void return_void() noexcept {}
    void take_result() noexcept {}
};

template <class T>
class Promise final : public ResultPromise<T> {
public:
    [[nodiscard]] Coroutine<T> get_return_object() noexcept;
};

// Awaiting a child coroutine: a call. Owns the child until the end of the co_await expression.
class ChildAwaiterBase {
public:
    explicit ChildAwaiterBase(PromiseBase *child) noexcept : child_(child) {}
    ChildAwaiterBase(const ChildAwaiterBase &) = delete;
    ChildAwaiterBase &operator=(const ChildAwaiterBase &) = delete;
    ~ChildAwaiterBase() {
        if (child_ == nullptr) return;
        if (child_->exception && child_->parent != nullptr) [[unlikely]]
            child_->parent->pending.forget(child_);
        child_->handle().destroy();
    }

    [[nodiscard]] bool await_ready() const noexcept { return false; }

    template <class P>
    [[nodiscard]] bool await_suspend(std::coroutine_handle<P> parent, Site here = Site::current()) noexcept {
        parent.promise().site = here;
        return start(parent.promise());
    }

protected:
    [[noreturn, gnu::cold, gnu::noinline]] void fail() {
        PromiseBase &parent = *child_->parent;
        if (!child_->handle().done()) parent.raise_pending(); // it was not begun
        parent.pending.clear();
        std::rethrow_exception(std::move(child_->exception));
    }

    PromiseBase *child_;

private:
    // True if the parent must wait.
    bool start(PromiseBase &parent) noexcept {
        TaskFrame &frame = *parent.frame;
        child_->frame = &frame;
        child_->parent = &parent;
        child_->owner = &child_;
        if (!parent.pending.begin()) [[unlikely]]
            return false;
        if (frame.depth == TaskFrame::max_depth) {
            frame.next = child_;
            return true;
        }
        const auto child = child_->handle();
        ++frame.depth;
        child.resume();
        --frame.depth;
        if (!child.done()) return true;
        frame.next = nullptr;
        return false;
    }
};

template <class T>
class ChildAwaiter final : public ChildAwaiterBase {
public:
    using ChildAwaiterBase::ChildAwaiterBase;
    T await_resume() {
        if (!child_->handle().done() || child_->exception) [[unlikely]]
            fail();
        return static_cast<Promise<T> *>(child_)->take_result();
    }
};

template <class T>
struct CoroutineTask;

[[gnu::cold, gnu::noinline]] inline void report_never_awaited() noexcept {
    rondo_loop *loop = rondo_loop_running();
    if (loop == nullptr || rondo_loop_get_debug(loop) != 1) return;
    auto report = sized<rondo_report>();
    report.message = "coroutine was never awaited";
    report.task = rondo_loop_current_task(loop);
    (void)rondo_loop_call_exception_handler(loop, &report);
}

[[noreturn, gnu::cold, gnu::noinline]] inline void raise_used_up() {
    throw Error(RONDO_EINVAL, "the coroutine was already awaited or moved from");
}

} // namespace detail

// A coroutine function's return type: `rondo::Coroutine<int> f()`. Owns the suspended body, not yet started; moves
// only; awaited once, as an rvalue. One dropped without being awaited just ends (in debug mode it is reported).
// asyncio: a coroutine object.
template <class T>
class [[nodiscard("a coroutine does nothing until it is awaited or made a task")]] Coroutine {
public:
    using promise_type = detail::Promise<T>;
    using Result = T;

    Coroutine(Coroutine &&other) noexcept : promise_(std::exchange(other.promise_, nullptr)) {}
    Coroutine &operator=(Coroutine &&other) noexcept {
        std::swap(promise_, other.promise_);
        return *this;
    }
    ~Coroutine() {
        if (promise_ == nullptr) return;
        detail::report_never_awaited();
        promise_->handle().destroy();
    }

    // False once it was awaited, made a task, or moved from.
    [[nodiscard]] explicit operator bool() const noexcept { return promise_ != nullptr; }

    // Error: RONDO_EINVAL when it was awaited before.
    [[nodiscard]] detail::ChildAwaiter<T> operator co_await() && {
        if (promise_ == nullptr) [[unlikely]]
            detail::raise_used_up();
        return detail::ChildAwaiter<T>(std::exchange(promise_, nullptr));
    }
    void operator co_await() & = delete; // co_await std::move(c): it runs once

private:
    friend promise_type;
    friend detail::CoroutineTask<T>;
    explicit Coroutine(promise_type *promise) noexcept : promise_(promise) {}

    detail::PromiseBase *promise_;
};

namespace detail {

template <class T>
Coroutine<T> Promise<T>::get_return_object() noexcept {
    static_assert(alignof(Promise) <= 16, "coroutine frames are aligned to 16: return a pointer to wider objects");
    return Coroutine<T>(this);
}

// The vtable that makes a task of a Coroutine<T>. The task owns the frame from `start` on.
template <class T>
struct CoroutineTask {
    static_assert(!std::is_reference_v<T>, "a task's result outlives its body: return a value or a pointer");

    // What rondo_task_create and rondo_runner_run_coro take as init.
    [[nodiscard]] static const void *init(Coroutine<T> &coroutine) {
        if (!coroutine) raise_used_up();
        return &coroutine;
    }

    static const rondo_coro_vtable vtable;

protected:
    static void start(void *memory, const void *init) noexcept {
        auto *coroutine = static_cast<Coroutine<T> *>(const_cast<void *>(init));
        auto *frame = ::new (memory) TaskFrame{.root = std::exchange(coroutine->promise_, nullptr)};
        frame->root->frame = frame;
    }

    static void step(void *memory, rondo_step *io) noexcept {
        auto *frame = static_cast<TaskFrame *>(memory);
        if (frame->next == nullptr) {
            if (io->status != RONDO_OK) { // cancelled before the first line
                end_with(io, ErrorPtr::share(io->error), io->status);
                return;
            }
            frame->next = frame->root;
        }
        if (frame->run(io)) finish(*static_cast<Promise<T> *>(frame->root), io);
    }

    static void destroy(void *memory) noexcept { static_cast<TaskFrame *>(memory)->destroy(); }

    static std::size_t describe(void *memory, char *text, std::size_t capacity) noexcept {
        return static_cast<TaskFrame *>(memory)->describe(text, capacity);
    }

    static void finish(Promise<T> &promise, rondo_step *io) noexcept {
        if (!promise.exception) [[likely]] {
            try {
                if constexpr (!std::is_void_v<T>) io->out = ValueTraits<T>::put(promise.take_result());
                io->verdict = RONDO_STEP_RETURN;
                return;
            } catch (...) {
                promise.exception = std::current_exception();
            }
        }
        ErrorPtr error = to_error(promise.exception);
        const rondo_status code = error.code();
        end_with(io, std::move(error), code);
    }

    static void end_with(rondo_step *io, ErrorPtr error, rondo_status code) noexcept {
        io->verdict = code == RONDO_ECANCELED ? RONDO_STEP_CANCELLED : RONDO_STEP_RAISE;
        io->out_error = error ? error.release() : rondo_error_new(code, nullptr);
    }
};

template <class T>
inline constexpr rondo_coro_vtable CoroutineTask<T>::vtable = {
    .size = sizeof(rondo_coro_vtable),
    .flags = 0,
    .frame_size = sizeof(TaskFrame),
    .frame_align = alignof(TaskFrame),
    .start = start,
    .step = step,
    .destroy = destroy,
    .describe = describe,
};

// A coroutine that keeps the function object that made it, for lambdas with captures.
template <class F>
concept CoroutineFunction = requires(F &function) {
    typename std::remove_cvref_t<decltype(function())>::promise_type;
    { function() } -> std::same_as<Coroutine<typename std::remove_cvref_t<decltype(function())>::Result>>;
};

template <CoroutineFunction F>
auto keep(F function) -> std::invoke_result_t<F &> {
    if constexpr (std::is_void_v<typename std::invoke_result_t<F &>::Result>) {
        co_await function();
    } else {
        co_return co_await function();
    }
}

template <class C>
inline constexpr bool is_coroutine = false;
template <class T>
inline constexpr bool is_coroutine<Coroutine<T>> = true;

// What create_task, run and gather can start: a coroutine to move from, a function that makes one, or an awaitable
// that knows how to become one.
template <class C>
concept Startable = is_coroutine<C> || CoroutineFunction<std::decay_t<C>> ||
                    requires(C &&it) { std::forward<C>(it).as_coroutine(); };

template <Startable C>
[[nodiscard]] auto to_coroutine(C &&it) {
    if constexpr (is_coroutine<C>) {
        return std::move(it);
    } else if constexpr (CoroutineFunction<std::decay_t<C>>) {
        return keep(std::decay_t<C>(std::forward<C>(it)));
    } else {
        return std::forward<C>(it).as_coroutine();
    }
}

template <Startable C>
using StartedResult = typename decltype(to_coroutine(std::declval<C>()))::Result;

// The body of a with_ function: what can be started, or a function that makes a coroutine of the block's object.
template <class B, class Scope>
concept TakesScope = requires(std::decay_t<B> &body, Scope &scope) { requires is_coroutine<decltype(body(scope))>; };
template <class B, class Scope>
concept ScopeBody = TakesScope<B, Scope> || Startable<B>;

// The body as the with_ function's frame keeps it, and the coroutine to await of what was kept.
template <class Scope, ScopeBody<Scope> B>
[[nodiscard]] auto keep_body(B &&body) {
    if constexpr (TakesScope<B, Scope> || CoroutineFunction<std::decay_t<B>>) {
        return std::decay_t<B>(std::forward<B>(body));
    } else {
        return to_coroutine(std::forward<B>(body));
    }
}
template <class Scope, class B>
[[nodiscard]] auto enter_body(B &body, Scope &scope) {
    if constexpr (TakesScope<B, Scope>) {
        return body(scope);
    } else if constexpr (is_coroutine<B>) {
        return std::move(body);
    } else {
        return body();
    }
}
// What a block's body returned, until the block may return it.
template <class T>
class BodyValue {
public:
    void set(T &&value) { value_.emplace(std::move(value)); }
    [[nodiscard]] explicit operator bool() const noexcept { return value_.has_value(); }
    [[nodiscard]] T take() { return std::move(*value_); }

private:
    std::optional<T> value_;
};
template <class T>
class BodyValue<T &> {
public:
    void set(T &value) noexcept { value_ = &value; }
    [[nodiscard]] explicit operator bool() const noexcept { return value_ != nullptr; }
    [[nodiscard]] T &take() noexcept { return *value_; }

private:
    T *value_ = nullptr;
};

template <class Scope, class B>
using KeptBody = decltype(keep_body<Scope>(std::declval<B>()));
template <class Scope, class B>
using BodyResult =
    typename decltype(enter_body(std::declval<KeptBody<Scope, B> &>(), std::declval<Scope &>()))::Result;

} // namespace detail

} // namespace rondo

#endif // RONDO_COROUTINE_HPP
