// rondo/channel.hpp - Channel<T>: items between any loops and threads.
//
//     rondo::Channel<Line> lines(64);
//
//     std::thread reader([lines] {               // a thread without a loop blocks
//         for (Line line; read(line);) lines.send_blocking(std::move(line));
//         lines.shutdown();
//     });
//     while (auto line = co_await lines.next())  // a coroutine, on whatever loop, waits
//         use(*line);
//
// A bounded queue like that of queue.hpp, for any thread: a handle whose copies share one channel. Items arrive in the
// order in which they were sent, each at one receiver. Waits that are awaited throw Cancelled; all throw ShutDown when
// the channel was shut down and, for receivers, is empty. asyncio: none.
#ifndef RONDO_CHANNEL_HPP
#define RONDO_CHANNEL_HPP

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <optional>
#include <ratio>
#include <utility>

#include "coroutine.hpp"
#include "error.hpp"
#include "loop.hpp"
#include "operation.hpp"
#include "rondo.h"
#include "value.hpp"

namespace rondo {

namespace detail {

// Awaiting next(): a receive whose end is no error.
template <class Handle, class T>
class [[nodiscard("co_await it")]] NextOperation final : public OperationBase<NextOperation<Handle, T>, T> {
    using Base = OperationBase<NextOperation<Handle, T>, T>;

public:
    explicit NextOperation(const Handle &handle) noexcept : native_(handle.native()) {}

    std::optional<T> await_resume() {
        try {
            return Base::await_resume();
        } catch (const ShutDown &) {
            return std::nullopt;
        }
    }
    [[nodiscard]] Coroutine<std::optional<T>> as_coroutine() const { return run(Handle::share(native_)); }

private:
    friend Base;
    rondo_status begin(rondo_future **op) noexcept { return rondo_channel_receive_async(native_, item_.raw(), op); }
    T done() { return ValueTraits<T>::take(*item_.raw()); }

    static Coroutine<std::optional<T>> run(Handle handle) { co_return co_await NextOperation(handle); }

    rondo_channel *native_;
    Value item_;
};

} // namespace detail

template <class T>
class Channel : public detail::Counted<Channel<T>, rondo_channel, rondo_channel_retain, rondo_channel_release> {
    using Base = detail::Counted<Channel<T>, rondo_channel, rondo_channel_retain, rondo_channel_release>;

public:
    using Item = T;
    using Base::Base;
    using Base::native;

    // 0: it is never full.
    explicit Channel(std::uint64_t capacity = 0) : Base(detail::Adopted{}, make(capacity)) {}

    // ---- In a task, on whatever loop; nothing happens before they are awaited
    [[nodiscard]] auto send(T item) const {
        return detail::GiveOperation<Channel, rondo_channel_send_async>(*this, ValueTraits<T>::put(std::move(item)));
    }
    [[nodiscard]] auto receive() const noexcept {
        return detail::TakeOperation<Channel, rondo_channel_receive_async, T>(*this);
    }
    // receive, with an empty std::optional in place of ShutDown.
    [[nodiscard]] auto next() const noexcept { return detail::NextOperation<Channel, T>(*this); }

    // ---- In a thread that runs no loop (there: Error RONDO_EDEADLOCK). Throw TimeoutError.
    template <class Rep = std::int64_t, class Period = std::nano>
    void send_blocking(T item, std::chrono::duration<Rep, Period> timeout = never) const {
        Value value(ValueTraits<T>::put(std::move(item)));
        detail::check(rondo_channel_send_blocking(native(), value.raw(), detail::nanoseconds(timeout)));
    }
    template <class Rep = std::int64_t, class Period = std::nano>
    T receive_blocking(std::chrono::duration<Rep, Period> timeout = never) const {
        Value value;
        detail::check(rondo_channel_receive_blocking(native(), value.raw(), detail::nanoseconds(timeout)));
        return ValueTraits<T>::take(*value.raw());
    }

    // ---- Anywhere, at once or never: throw QueueFull, QueueEmpty
    void send_nowait(T item) const {
        Value value(ValueTraits<T>::put(std::move(item)));
        detail::check(rondo_channel_send_nowait(native(), value.raw()));
    }
    T receive_nowait() const {
        Value value;
        detail::check(rondo_channel_receive_nowait(native(), value.raw()));
        return ValueTraits<T>::take(*value.raw());
    }
    // The same without the exception; an item that finds no place stays what it was.
    [[nodiscard]] bool try_send(T &&item) const {
        Value value(ValueTraits<T>::put(std::move(item)));
        const rondo_status status = rondo_channel_send_nowait(native(), value.raw());
        if (status != RONDO_OK) item = ValueTraits<T>::take(*value.raw());
        if (status != RONDO_EFULL) detail::check(status);
        return status == RONDO_OK;
    }
    [[nodiscard]] std::optional<T> try_receive() const {
        Value value;
        const rondo_status status = rondo_channel_receive_nowait(native(), value.raw());
        if (status == RONDO_EEMPTY) return std::nullopt;
        detail::check(status);
        return ValueTraits<T>::take(*value.raw());
    }

    // No more sends; receivers take what is left. For good.
    void shutdown() const { detail::check(rondo_channel_shutdown(native())); }
    // Items in it now.
    [[nodiscard]] std::uint64_t size() const noexcept { return rondo_channel_size(native()); }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return rondo_channel_capacity(native()); }

private:
    static rondo_channel *make(std::uint64_t capacity) {
        rondo_channel *channel = nullptr;
        detail::check(rondo_channel_create(capacity, &channel));
        return channel;
    }
};

} // namespace rondo

#endif // RONDO_CHANNEL_HPP
