// rondo/waker.hpp - parking a coroutine until a foreign reactor or thread wakes it.
#ifndef RONDO_WAKER_HPP
#define RONDO_WAKER_HPP

#include <coroutine>
#include <utility>

#include "coroutine.hpp"
#include "error.hpp"
#include "rondo.h"
#include "task.hpp"

namespace rondo {

// Wakes one task from its park(), from any thread. Waking before it parks makes its next park() return in the next
// turn; waking twice counts once; waking a finished task does nothing. Copies wake the same task.
class Waker {
public:
    // Of the task whose step is running. Errors: RONDO_ENOLOOP, RONDO_EINVAL (inside a callback).
    [[nodiscard]] static Waker current() {
        const AnyTask task = current_task();
        rondo_waker *waker = nullptr;
        detail::check(rondo_task_waker(task.native(), &waker));
        return Waker(waker);
    }
    Waker(const Waker &other) noexcept
        : waker_(other.waker_ != nullptr ? rondo_waker_retain(other.waker_) : nullptr) {}
    Waker(Waker &&other) noexcept : waker_(std::exchange(other.waker_, nullptr)) {}
    Waker &operator=(Waker other) noexcept {
        std::swap(waker_, other.waker_);
        return *this;
    }
    ~Waker() {
        if (waker_ != nullptr) rondo_waker_release(waker_);
    }

    void wake() const noexcept { rondo_waker_wake_by_ref(waker_); }
    [[nodiscard]] rondo_waker *native() const noexcept { return waker_; }

private:
    explicit Waker(rondo_waker *waker) noexcept : waker_(waker) {}

    rondo_waker *waker_;
};

class [[nodiscard("co_await it")]] Park {
public:
    Park() noexcept = default;
    Park(const Park &) = delete;
    Park &operator=(const Park &) = delete;

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class P>
    [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter,
                                     detail::Site here = detail::Site::current()) noexcept {
        waiter_ = &waiter.promise();
        return waiter_->suspend(RONDO_STEP_PARK, here) != nullptr;
    }
    void await_resume() const { waiter_->resumed(); }

private:
    detail::PromiseBase *waiter_ = nullptr;
};

// Suspends until a Waker of this task is used. Throws Cancelled.
inline Park park() noexcept { return {}; }

} // namespace rondo

#endif // RONDO_WAKER_HPP
