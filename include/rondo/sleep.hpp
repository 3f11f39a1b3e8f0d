// rondo/sleep.hpp - waiting for time, and giving way. asyncio: sleep.
#ifndef RONDO_SLEEP_HPP
#define RONDO_SLEEP_HPP

#include <chrono>
#include <coroutine>
#include <cstdint>

#include "coroutine.hpp"
#include "loop.hpp"
#include "rondo.h"

namespace rondo {

// What sleep() and yield() return: to be awaited, or handed to create_task() or gather().
class [[nodiscard("co_await it")]] Sleep {
public:
    explicit Sleep(std::int64_t nanoseconds) noexcept : nanoseconds_(nanoseconds) {}
    Sleep(const Sleep &) = delete;
    Sleep &operator=(const Sleep &) = delete;

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class P>
    [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter,
                                     detail::Site here = detail::Site::current()) noexcept {
        waiter_ = &waiter.promise();
        rondo_step *io = waiter_->suspend(nanoseconds_ > 0 ? RONDO_STEP_SLEEP : RONDO_STEP_YIELD, here);
        if (io != nullptr) io->delay_ns = nanoseconds_;
        return io != nullptr;
    }
    void await_resume() const { waiter_->resumed(); }

    [[nodiscard]] Coroutine<> as_coroutine() const { return sleeper(nanoseconds_); }

private:
    static Coroutine<> sleeper(std::int64_t nanoseconds) { co_await Sleep(nanoseconds); }

    std::int64_t nanoseconds_;
    detail::PromiseBase *waiter_ = nullptr;
};

// Suspends for the duration, never less; for a zero or negative one it gives way for one turn of the loop. Throws
// Cancelled. Error: RONDO_EINVAL (a NaN).
template <class Rep, class Period>
Sleep sleep(std::chrono::duration<Rep, Period> duration) {
    return Sleep(detail::nanoseconds(duration));
}

// Lets everything that is ready run first. asyncio: sleep(0).
inline Sleep yield() noexcept { return Sleep(0); }

} // namespace rondo

#endif // RONDO_SLEEP_HPP
