// rondo/generator.hpp - AsyncGenerator<T>: coroutines that produce values between their awaits.
//
//     rondo::AsyncGenerator<Row> rows(Query query) {
//         Cursor cursor = co_await query.open();
//         while (co_await cursor.advance()) co_yield cursor.row();
//     }
//
//     auto all = rows(query);
//     while (auto row = co_await all.next()) use(*row);
//
// A generator runs inside the task that asks for the next value: it is no task and costs no turn of the loop; what it
// awaits suspends its consumer, and a cancellation of the consumer is thrown inside it. Nothing runs before the first
// next(). next() hands over a std::optional<T>, empty at the end; a generator of references, AsyncGenerator<Row &>, a
// pointer, null at the end. A value is the consumer's own: it is moved out of an rvalue, copied of an lvalue.
//
// Ending one early. A generator stopped at a co_yield may hold things that must be given back by awaiting. aclose()
// resumes it there with GeneratorClosing; it cleans up, awaits included, and lets the exception go on:
//
//     rondo::AsyncGenerator<Row> rows(Query query) {
//         Cursor cursor = co_await query.open();
//         std::exception_ptr thrown;
//         try {
//             while (co_await cursor.advance()) co_yield cursor.row();
//         } catch (...) {
//             thrown = std::current_exception(); // a catch block cannot await
//         }
//         co_await cursor.close();
//         if (thrown) std::rethrow_exception(thrown);
//     }
//
// One that is dropped unfinished is closed in the same way, later, by a task of its own; one that is left when its
// runner closes, by the runner. To have it done before you go on, whatever happens: aclosing.
//
//     co_await rondo::aclosing(rows(query), [&](auto &rows) -> rondo::Coroutine<> {
//         while (auto row = co_await rows.next()) if (wanted(*row)) co_return;
//     });
#ifndef RONDO_GENERATOR_HPP
#define RONDO_GENERATOR_HPP

#include <concepts>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "coroutine.hpp"
#include "error.hpp"
#include "rondo.h"

namespace rondo {

template <class T>
class AsyncGenerator;

namespace detail {

class GeneratorPromiseBase;

// Owns a generator's coroutine; the coroutine knows where, so that it can be taken from its owner.
class GeneratorHold {
public:
    constexpr GeneratorHold() noexcept = default;
    explicit GeneratorHold(PromiseBase *generator) noexcept : generator_(generator) { follow(); }
    GeneratorHold(GeneratorHold &&other) noexcept : generator_(std::exchange(other.generator_, nullptr)) { follow(); }
    GeneratorHold &operator=(GeneratorHold &&other) noexcept {
        std::swap(generator_, other.generator_);
        follow();
        other.follow();
        return *this;
    }
    ~GeneratorHold() { reset(); }

    [[nodiscard]] explicit operator bool() const noexcept { return generator_ != nullptr; }
    [[nodiscard]] GeneratorPromiseBase *get() const noexcept;
    void reset() noexcept {
        if (generator_ != nullptr) std::exchange(generator_, nullptr)->handle().destroy();
    }

private:
    void follow() noexcept {
        if (generator_ != nullptr) generator_->owner = &generator_;
    }

    PromiseBase *generator_ = nullptr;
};

// A co_await inside a generator: from when it resumes it until it produces a value or ends.
class Visit {
public:
    explicit Visit(GeneratorPromiseBase *generator) noexcept : generator_(generator) {}
    Visit(const Visit &) = delete;
    Visit &operator=(const Visit &) = delete;
    ~Visit();

    // The generator's owner goes away meanwhile.
    void adopt(GeneratorHold &&orphan) noexcept { orphan_ = std::move(orphan); }

protected:
    // Whether there is something to resume. Error: RONDO_ESTATE (another task is inside).
    [[nodiscard]] bool may_enter() const;
    // As awaiting a child, see ChildAwaiterBase: true if the parent must wait.
    [[nodiscard]] bool enter(PromiseBase &parent, bool closing) noexcept;
    // False if there was nothing to resume; throws when an await before this one has to.
    [[nodiscard]] bool entered() const;
    // Whether it has ended; throws what it ended with. Only when entered().
    bool leave();

    GeneratorPromiseBase *generator_; // null: it has ended long ago

private:
    PromiseBase *parent_ = nullptr;
    bool entered_ = false;
    GeneratorHold orphan_;
};

class GeneratorPromiseBase : public PromiseBase {
public:
    enum class State : unsigned char { unstarted, inside, produced }; // `inside` until the end, too

    Visit *visit = nullptr; // who is inside; not cleared afterwards
    rondo_finalizer *finalizer = nullptr;
    State state = State::unstarted;
    bool closing = false;         // to be resumed with GeneratorClosing
    bool finalizer_spent = false; // it was started at a moment when there was nothing to be done

    GeneratorPromiseBase() noexcept = default;
    ~GeneratorPromiseBase() { unregister(); }

    void return_void() const noexcept {}

    [[nodiscard]] bool ended() noexcept { return handle().done(); }
    [[nodiscard]] bool is_inside() noexcept { return state == State::inside && !ended(); }

    void unregister() noexcept {
        if (finalizer != nullptr) rondo_finalizer_release(std::exchange(finalizer, nullptr));
    }

    // With the loop, which closes what is left. Errors: RONDO_ECLOSED, RONDO_ENOMEM.
    void register_here() {
        if (finalizer != nullptr && !finalizer_spent) return;
        unregister();
        finalizer_spent = false;
        check(rondo_finalizer_create(nullptr, &start_closing, this, &finalizer));
    }

    // The finalizer's business: a task that closes what is stopped at a co_yield. Takes it from its owner.
    static void start_closing(void *user, rondo_loop *loop, rondo_task **task) noexcept;

protected:
    class Produced {
    public:
        explicit Produced(GeneratorPromiseBase *generator) noexcept : generator_(generator) {}
        Produced(const Produced &) = delete;
        Produced &operator=(const Produced &) = delete;
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<>) const noexcept {
            generator_->state = State::produced;
            generator_->frame->next = generator_->parent;
        }
        void await_resume() const {
            if (generator_->closing) [[unlikely]]
                throw GeneratorClosing();
        }

    private:
        GeneratorPromiseBase *generator_;
    };
};

inline GeneratorPromiseBase *GeneratorHold::get() const noexcept {
    return static_cast<GeneratorPromiseBase *>(generator_);
}

// What next() hands over.
template <class T>
struct NextValue {
    static_assert(std::is_object_v<T>, "a generator produces objects or lvalue references");
    using Optional = std::optional<T>;
};
template <class T>
struct NextValue<T &> {
    using Optional = T *;
};

template <class T>
class GeneratorPromise final : public GeneratorPromiseBase {
public:
    typename NextValue<T>::Optional *place = nullptr; // the consumer's, who asked last

    [[nodiscard]] AsyncGenerator<T> get_return_object() noexcept {
        static_assert(alignof(GeneratorPromise) <= 16);
        return AsyncGenerator<T>(this);
    }

    template <class U = T>
    requires(std::is_object_v<T> &&std::constructible_from<T, U &&>) [[nodiscard]] Produced yield_value(U &&value) {
        if (!closing) [[likely]]
            place->emplace(std::forward<U>(value));
        return Produced(this);
    }
    // What a reference has to be bound to, if anything, is made in the co_yield expression and outlives the
    // suspension.
    [[nodiscard]] Produced yield_value(T object) noexcept requires std::is_lvalue_reference_v<T> {
        if (!closing) *place = std::addressof(object);
        return Produced(this);
    }
};

inline bool Visit::may_enter() const {
    if (generator_ == nullptr || generator_->ended()) return false;
    if (generator_->is_inside()) [[unlikely]]
        throw InvalidState("another task is inside this generator");
    return true;
}

inline bool Visit::enter(PromiseBase &parent, bool closing) noexcept {
    GeneratorPromiseBase &generator = *generator_;
    TaskFrame &frame = *parent.frame;
    parent_ = &parent;
    if (!parent.pending.begin()) [[unlikely]]
        return false;
    entered_ = true;
    generator.frame = &frame;
    generator.parent = &parent;
    generator.visit = this;
    generator.closing = closing;
    generator.state = GeneratorPromiseBase::State::inside;
    if (frame.depth == TaskFrame::max_depth) {
        frame.next = &generator;
        return true;
    }
    ++frame.depth;
    generator.handle().resume();
    --frame.depth;
    if (generator.is_inside()) return true;
    frame.next = nullptr;
    return false;
}

inline bool Visit::entered() const {
    if (!entered_ && parent_ != nullptr) parent_->raise_pending();
    return entered_;
}

inline bool Visit::leave() {
    if (!generator_->ended()) return false;
    generator_->unregister();
    if (generator_->exception) [[unlikely]] {
        parent_->pending.clear();
        std::rethrow_exception(std::exchange(generator_->exception, nullptr));
    }
    return true;
}

// Lets go of a generator: who is inside inherits it; a task closes what is stopped at a co_yield; else it just ends.
inline void drop_generator(GeneratorHold &hold) noexcept {
    GeneratorPromiseBase *generator = hold.get();
    if (generator == nullptr) return;
    if (generator->is_inside()) {
        generator->visit->adopt(std::move(hold));
    } else if (generator->finalizer != nullptr && !generator->ended()) {
        (void)rondo_finalizer_start(generator->finalizer); // takes it, unless the loop is closed
    }
}

inline Visit::~Visit() {
    if (parent_ != nullptr) parent_->pending.forget(generator_);
    drop_generator(orphan_);
}

template <class T>
class NextAwaiter final : public Visit {
public:
    explicit NextAwaiter(GeneratorPromiseBase *generator) noexcept : Visit(generator) {}

    [[nodiscard]] bool await_ready() const {
        if (!may_enter()) return true;
        generator_->register_here();
        return false;
    }
    template <class P>
    [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter, Site here = Site::current()) noexcept {
        waiter.promise().site = here;
        static_cast<GeneratorPromise<T> *>(generator_)->place = &value_;
        return enter(waiter.promise(), false);
    }
    typename NextValue<T>::Optional await_resume() {
        if (entered()) leave();
        return std::move(value_);
    }

private:
    typename NextValue<T>::Optional value_{};
};

class CloseAwaiter final : public Visit {
public:
    explicit CloseAwaiter(GeneratorHold &hold) noexcept : Visit(hold.get()), hold_(hold) {}

    [[nodiscard]] bool await_ready() const {
        if (!may_enter()) return true;
        if (generator_->state != GeneratorPromiseBase::State::unstarted) return false;
        hold_.reset(); // nothing has begun that could be cleaned up
        return true;
    }
    template <class P>
    [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter, Site here = Site::current()) noexcept {
        waiter.promise().site = here;
        return enter(waiter.promise(), true);
    }
    void await_resume() {
        if (!entered()) return;
        try {
            if (leave()) return;
        } catch (const GeneratorClosing &) {
            return;
        }
        generator_->closing = false;
        throw InvalidState("the generator produced a value when it was to end");
    }

private:
    GeneratorHold &hold_;
};

// Closes one that was dropped, or left over.
inline Coroutine<> close_left(GeneratorHold left) { co_await CloseAwaiter(left); }

// A task of it. A cancellation that comes before its first line must not cost the cleanup; later ones strike where
// the cleanup awaits, as anywhere.
struct ClosingTask : CoroutineTask<void> {
    static const rondo_coro_vtable vtable;

private:
    static void step(void *memory, rondo_step *io) noexcept {
        auto *frame = static_cast<TaskFrame *>(memory);
        const bool first = frame->next == nullptr;
        if (first) frame->next = frame->root;
        if (first ? frame->go_on(io) : frame->run(io)) finish(*static_cast<Promise<void> *>(frame->root), io);
    }
};
inline constexpr rondo_coro_vtable ClosingTask::vtable = {
    .size = sizeof(rondo_coro_vtable),
    .flags = 0,
    .frame_size = sizeof(TaskFrame),
    .frame_align = alignof(TaskFrame),
    .start = start,
    .step = step,
    .destroy = destroy,
    .describe = describe,
};

inline void GeneratorPromiseBase::start_closing(void *user, rondo_loop *loop, rondo_task **task) noexcept {
    auto *generator = static_cast<GeneratorPromiseBase *>(user);
    if (generator->state != State::produced || generator->ended()) {
        generator->finalizer_spent = true;
        return;
    }
    PromiseBase **owner = generator->owner;
    generator->closing = true;
    try {
        Coroutine<> closing = close_left(GeneratorHold(std::exchange(*owner, nullptr)));
        (void)rondo_task_create(loop, &ClosingTask::vtable, ClosingTask::init(closing), nullptr, task);
    } catch (...) {
        // Out of memory: it ended without its cleanup.
    }
}

} // namespace detail

// A generator function's return type: `rondo::AsyncGenerator<int> f()`. Owns the suspended body; moves only. Belongs
// to the loop's thread. asyncio: an asynchronous generator.
template <class T>
class [[nodiscard("a generator does nothing until it is asked")]] AsyncGenerator {
public:
    using promise_type = detail::GeneratorPromise<T>;
    // What next() hands over: a std::optional<T>, or a pointer when T is a reference.
    using Optional = typename detail::NextValue<T>::Optional;

    AsyncGenerator(AsyncGenerator &&) noexcept = default;
    AsyncGenerator &operator=(AsyncGenerator &&) noexcept = default;
    // See "Ending one early" above.
    ~AsyncGenerator() { detail::drop_generator(hold_); }

    class [[nodiscard("co_await it")]] Next {
    public:
        explicit Next(AsyncGenerator & generator) noexcept : generator_(&generator) {}
        [[nodiscard]] detail::NextAwaiter<T> operator co_await() const noexcept {
            return detail::NextAwaiter<T>(generator_->hold_.get());
        }
        [[nodiscard]] Coroutine<Optional> as_coroutine() const { return once(generator_); }

    private:
        static Coroutine<Optional> once(AsyncGenerator * generator) { co_return co_await generator->next(); }
        AsyncGenerator *generator_;
    };
    class [[nodiscard("co_await it")]] Close {
    public:
        explicit Close(AsyncGenerator & generator) noexcept : generator_(&generator) {}
        [[nodiscard]] detail::CloseAwaiter operator co_await() const noexcept {
            return detail::CloseAwaiter(generator_->hold_);
        }
        [[nodiscard]] Coroutine<> as_coroutine() const { return once(generator_); }

    private:
        static Coroutine<> once(AsyncGenerator * generator) { co_await generator->aclose(); }
        AsyncGenerator *generator_;
    };

    // To be awaited, here or in wait_for, gather and the like: the next value; empty at the end, and ever after.
    // Throws what the generator throws, which ends it, and InvalidState while another task is inside. asyncio:
    // __anext__.
    [[nodiscard]] Next next() noexcept { return Next(*this); }

    // To be awaited: ends it where it stands. Nothing when it has ended or not begun. Throws what its cleanup throws,
    // and InvalidState when it produces another value instead of ending. asyncio: aclose.
    [[nodiscard]] Close aclose() noexcept { return Close(*this); }

private:
    friend promise_type;
    explicit AsyncGenerator(promise_type * promise) noexcept : hold_(promise) {}

    detail::GeneratorHold hold_;
};

namespace detail {

template <class R, class T, class Body>
Coroutine<R> run_closing(AsyncGenerator<T> generator, Body body) {
    std::conditional_t<std::is_void_v<R>, std::monostate, BodyValue<R>> value;
    std::exception_ptr exception;
    try {
        if constexpr (std::is_void_v<R>) {
            co_await enter_body(body, generator);
        } else {
            value.set(co_await enter_body(body, generator));
        }
    } catch (...) {
        exception = std::current_exception();
    }
    co_await generator.aclose();
    if (exception) std::rethrow_exception(exception);
    if constexpr (!std::is_void_v<R>) co_return value.take();
}

} // namespace detail

// Runs body(generator), awaits the generator's end however the body ended, and returns what body returned. body is a
// function of an AsyncGenerator<T> & that makes a coroutine; it is kept. asyncio: contextlib.aclosing.
template <class T, detail::TakesScope<AsyncGenerator<T>> Body>
auto aclosing(AsyncGenerator<T> generator, Body &&body) {
    using R = detail::BodyResult<AsyncGenerator<T>, Body>;
    return detail::run_closing<R, T, std::decay_t<Body>>(std::move(generator), std::forward<Body>(body));
}

} // namespace rondo

#endif // RONDO_GENERATOR_HPP
