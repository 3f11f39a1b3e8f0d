#include "fiber/fiber.h"

#include "fiber/overflow.h"
#include "task/scheduler.h"
#include "task/value.h"

#include <exception>
#include <new>
#include <utility>

namespace rondo::core {
namespace {

__attribute__((tls_model("initial-exec"))) thread_local Fiber *current_fiber = nullptr;

void raise_from(rondo_step &io, ErrorRef error) {
    io.verdict = error->code == RONDO_ECANCELED ? RONDO_STEP_CANCELLED : RONDO_STEP_RAISE;
    io.out_error = error.detach();
}

void start_frame(void *frame, const void *init) {
    auto &from = *static_cast<const FiberFrame *>(init);
    new (frame) FiberFrame{from.fn, from.arg, from.stack_size, nullptr};
}

void step_frame(void *frame, rondo_step *io) {
    auto &f = *static_cast<FiberFrame *>(frame);
    if (!f.fiber) {
        // Cancelled before it began: not one line of it runs.
        if (io->status != RONDO_OK) return raise_from(*io, ErrorRef::share(const_cast<Error *>(io->error)));
        f.fiber = Fiber::create(f, static_cast<Task &>(*io->self));
        if (!f.fiber) return raise_from(*io, make_error(RONDO_ENOMEM));
    }
    if (!f.fiber->step(*io)) std::exchange(f.fiber, nullptr)->destroy();
}

// An unfinished stack cannot be unwound; the runner's close cancels fibers so that they end by themselves.
void destroy_frame(void *frame) {
    if (Fiber *fiber = static_cast<FiberFrame *>(frame)->fiber) fiber->destroy();
}

constexpr rondo_coro_vtable vtable{
    sizeof(rondo_coro_vtable), 0, sizeof(FiberFrame), alignof(FiberFrame), start_frame, step_frame, destroy_frame, nullptr};

static_assert(sizeof(FiberFrame) <= 32);
static_assert(sizeof(Fiber) + sizeof(Stack) + 64 <= stack_head_room);

} // namespace

const rondo_coro_vtable &fiber_vtable() { return vtable; }

// Not inlined: a compiler may keep a thread-local's address over a switch, after which another thread may run the loop.
__attribute__((noinline)) Fiber *Fiber::current() noexcept { return current_fiber; }

Fiber::Fiber(Stack *stack, const FiberFrame &frame, Task &task)
    : stack_(stack), fn_(frame.fn), arg_(frame.arg), task_(&task), frame_(&frame) {}

Fiber *Fiber::create(const FiberFrame &frame, Task &task) noexcept {
    watch_for_overflow();
    Stack *stack = take_stack(frame.stack_size);
    if (!stack) return nullptr;
    auto room = reinterpret_cast<uintptr_t>(stack->top() - sizeof(Fiber)) & ~uintptr_t{63};
    auto *fiber = new (reinterpret_cast<void *>(room)) Fiber(stack, frame, task);
    fiber->StackSwitch::create(stack->low, reinterpret_cast<char *>(fiber), run);
    return fiber;
}

void Fiber::destroy() noexcept {
    Stack *stack = stack_;
    StackSwitch::destroy();
    this->~Fiber();
    give_stack(stack);
}

bool Fiber::step(rondo_step &io) noexcept {
    io_ = &io;
    task_ = static_cast<Task *>(io.self);
    Fiber *outer = std::exchange(current_fiber, this);
    enter();
    current_fiber = outer;
    if (stack_->guard == StackGuard::canary && stack_overrun(stack_)) die_of_overflow(*this);
    return !ended_;
}

// The first and last frame of the stack. No exception may leave it.
void Fiber::run(StackSwitch &self) noexcept {
    auto &fiber = static_cast<Fiber &>(self);
    rondo_value result = no_value();
    rondo_status status = RONDO_EFAILED;
    try {
        status = fiber.fn_(fiber.arg_, &result);
    } catch (const std::exception &thrown) {
        fiber.raise(make_error(RONDO_EFAILED, thrown.what()));
    } catch (...) {
        fiber.raise(make_error(RONDO_EFAILED, "a C++ exception of unknown type"));
    }
    fiber.finish(status, result);
    self.leave_for_ever();
}

void Fiber::finish(rondo_status status, rondo_value &result) noexcept {
    if (status == RONDO_OK || (status == RONDO_ECLOSING && is_generator())) {
        io_->verdict = RONDO_STEP_RETURN;
        io_->out = take_value(result);
    } else {
        drop_value(result);
        raise_from(*io_, error_of(status));
    }
    ended_ = true;
}

ErrorRef Fiber::error_of(rondo_status status) const noexcept {
    if (status > 0) return make_error(RONDO_EINVAL, "the fiber returned a positive status");
    for (const ErrorRef *error : {&raised_, &failed_[0], &failed_[1]}) {
        if (*error && (*error)->code == status) return ErrorRef::share(error->get());
    }
    return make_error(status);
}

rondo_status Fiber::time_out() noexcept {
    ErrorRef reason = error_of(RONDO_ECANCELED);
    rondo_error_options options{};
    options.code = RONDO_ETIMEDOUT;
    options.cause = reason.get();
    ErrorRef error = ErrorRef::adopt(make_error(options));
    return note(RONDO_ETIMEDOUT, error.get());
}

rondo_status Fiber::note(rondo_status status, Error *error) noexcept {
    last_failed_ = status != RONDO_OK;
    if (last_failed_) {
        ErrorRef newest = error ? ErrorRef::share(error) : make_error(status);
        if (failed_[0] && failed_[0]->code != newest->code) failed_[1] = std::move(failed_[0]);
        failed_[0] = std::move(newest);
    }
    return status;
}

namespace {

bool held_here_alone(Future &future) {
    for (Future *f = &future;; f = f->source) {
        if (f->refs.load() != 1) return false;
        if (!f->relays) return true;
    }
}

} // namespace

// The last holder gets the value itself; others a copy, if a copy of the box is all it takes.
void Fiber::take_or_copy(Future &future, rondo_value &out) noexcept {
    Future &bearer = future.bearer();
    if (held_here_alone(future)) {
        bearer.value_taken = true;
        out = take_value(bearer.value);
    } else if (!bearer.value.drop) {
        out = bearer.value;
    }
}

rondo_status Fiber::read(Future &future, rondo_value *view) noexcept {
    rondo_status status = future.outcome();
    if (status == RONDO_OK && view) *view = view_of(future.bearer().value);
    return note(status, status == RONDO_ETAKEN || status == RONDO_OK ? nullptr : future.error);
}

rondo_status Fiber::raise(ErrorRef error) noexcept {
    raised_ = std::move(error);
    return raised_->code;
}

} // namespace rondo::core
