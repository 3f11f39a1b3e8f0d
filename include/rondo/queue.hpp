// rondo/queue.hpp - Queue<T>, LifoQueue<T>, PriorityQueue<T>: items from one task of a loop to another.
//
//     rondo::Queue<Url> urls(64);
//
//     rondo::Coroutine<> worker() {
//         for (;;) {
//             Url url = co_await urls.get(); // waits while it is empty
//             co_await visit(url);
//             urls.task_done();
//         }
//     }
//
//     co_await urls.put(url); // waits while it is full
//     co_await urls.join();   // until everything that was put is done
//
// Items move in and move out: what cannot be copied may be an item. A queue is a handle: copies share one. Like the
// locks of sync.hpp it serves the tasks of one loop; between loops and threads there is channel.hpp. put and get that
// need not wait do not suspend; they throw Cancelled, and ShutDown when the queue was shut down.
#ifndef RONDO_QUEUE_HPP
#define RONDO_QUEUE_HPP

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "box.hpp"
#include "error.hpp"
#include "operation.hpp"
#include "rondo.h"
#include "value.hpp"

namespace rondo {

struct QueueOptions {
    // Who waits longest is served first. Without it, as in asyncio, who comes just then may take what another was
    // called up for.
    bool fair = false;
};

// First in, first out. asyncio: Queue.
template <class T>
class Queue : public detail::Counted<Queue<T>, rondo_queue, rondo_queue_retain, rondo_queue_release> {
    using Base = detail::Counted<Queue<T>, rondo_queue, rondo_queue_retain, rondo_queue_release>;

public:
    using Item = T;
    using Base::Base;
    using Base::native;

    // Zero or less: it is never full.
    explicit Queue(std::int64_t maxsize = 0, const QueueOptions &options = {})
        : Queue(maxsize, options, RONDO_QUEUE_FIFO, nullptr) {}

    // Nothing is put or got before it is awaited.
    [[nodiscard]] auto put(T item) const {
        return detail::GiveOperation<Queue, rondo_queue_put_async>(*this, ValueTraits<T>::put(std::move(item)));
    }
    [[nodiscard]] auto get() const noexcept { return detail::TakeOperation<Queue, rondo_queue_get_async, T>(*this); }

    // At once, or never: throw QueueFull, QueueEmpty.
    void put_nowait(T item) const {
        Value value(ValueTraits<T>::put(std::move(item)));
        detail::check(rondo_queue_put_nowait(native(), value.raw()));
    }
    T get_nowait() const {
        Value value;
        detail::check(rondo_queue_get_nowait(native(), value.raw()));
        return ValueTraits<T>::take(*value.raw());
    }
    // The same without the exception; an item that finds no place stays what it was.
    [[nodiscard]] bool try_put(T &&item) const {
        Value value(ValueTraits<T>::put(std::move(item)));
        const rondo_status status = rondo_queue_put_nowait(native(), value.raw());
        if (status != RONDO_OK) item = ValueTraits<T>::take(*value.raw());
        if (status != RONDO_EFULL) detail::check(status);
        return status == RONDO_OK;
    }
    [[nodiscard]] bool try_put(const T &item) const
        requires std::copy_constructible<T>
    {
        return try_put(T(item));
    }
    [[nodiscard]] std::optional<T> try_get() const {
        Value value;
        const rondo_status status = rondo_queue_get_nowait(native(), value.raw());
        if (status == RONDO_EEMPTY) return std::nullopt;
        detail::check(status);
        return ValueTraits<T>::take(*value.raw());
    }

    // An item that was taken is finished. Error: RONDO_EINVAL (more often than items were put).
    void task_done() const { detail::check(rondo_queue_task_done(native())); }
    // Until all that were put are.
    [[nodiscard]] auto join() const noexcept { return detail::Operation<Queue, rondo_queue_join_async>(*this); }

    // No more puts; gets take what is left. immediate: what is left is dropped. For good.
    void shutdown(bool immediate = false) const { detail::check(rondo_queue_shutdown(native(), immediate ? 1 : 0)); }
    [[nodiscard]] bool is_shutdown() const { return detail::check(rondo_queue_is_shutdown(native())) == 1; }

    // asyncio: qsize, empty, full, maxsize, and how many were put and are not done.
    [[nodiscard]] std::uint64_t size() const noexcept { return rondo_queue_size(native()); }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    [[nodiscard]] bool full() const noexcept { return maxsize() > 0 && size() >= maxsize(); }
    [[nodiscard]] std::uint64_t maxsize() const noexcept { return rondo_queue_capacity(native()); }
    [[nodiscard]] std::uint64_t unfinished() const noexcept { return rondo_queue_unfinished(native()); }

protected:
    Queue(std::int64_t maxsize, const QueueOptions &options, std::uint32_t order, rondo_before_fn before)
        : Base(detail::Adopted{}, make(maxsize, options, order, before)) {}

private:
    static rondo_queue *make(std::int64_t maxsize, const QueueOptions &given, std::uint32_t order,
                             rondo_before_fn before) {
        auto options = detail::sized<rondo_queue_options>();
        if (given.fair) options.flags |= RONDO_QUEUE_FAIR;
        options.capacity = maxsize > 0 ? static_cast<std::uint64_t>(maxsize) : 0;
        options.order = order;
        options.before = before;
        rondo_queue *queue = nullptr;
        detail::check(rondo_queue_create(&options, &queue));
        return queue;
    }
};

// Last in, first out. asyncio: LifoQueue.
template <class T>
class LifoQueue : public Queue<T> {
public:
    explicit LifoQueue(std::int64_t maxsize = 0, const QueueOptions &options = {})
        : Queue<T>(maxsize, options, RONDO_QUEUE_LIFO, nullptr) {}
};

namespace detail {

template <class T, class Less>
std::int32_t comes_before(void *, const rondo_value *a, const rondo_value *b) noexcept {
    const Less less{};
    if constexpr (AlwaysCopied<T>) {
        return less(ValueTraits<T>::copy(*a), ValueTraits<T>::copy(*b)) ? 1 : 0;
    } else {
        const T *first = Box<T>::find(*a), *second = Box<T>::find(*b);
        return first != nullptr && second != nullptr && less(*first, *second) ? 1 : 0;
    }
}

} // namespace detail

// The smallest first; of equal ones the first in. Less is default-made for each comparison and must neither throw nor
// use the library. asyncio: PriorityQueue.
template <class T, class Less = std::less<T>>
class PriorityQueue : public Queue<T> {
    static_assert(std::is_empty_v<Less> && std::is_default_constructible_v<Less>, "Less cannot have a state");

public:
    explicit PriorityQueue(std::int64_t maxsize = 0, const QueueOptions &options = {})
        : Queue<T>(maxsize, options, RONDO_QUEUE_PRIORITY, detail::comes_before<T, Less>) {}
};

} // namespace rondo

#endif // RONDO_QUEUE_HPP
