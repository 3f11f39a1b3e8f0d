// Channels: a bounded queue whose two ends may be on any loops and in any threads. Waiters are called up one per item or
// place, the one who waits longest first; one who cannot take it any more passes the call on.
#pragma once

#include "base/list.h"
#include "base/ref.h"
#include "loop/parker.h"
#include "sync/container.h"
#include "task/operation.h"

#include <cstdint>
#include <mutex>

namespace rondo::core {
struct ChannelWaiter;
}

struct rondo_channel final : rondo::core::Object {
    explicit rondo_channel(uint64_t n)
        : Object(rondo::core::Tag::channel), capacity(n), items(RONDO_QUEUE_FIFO, nullptr, nullptr) {}
    void release();

    // Somebody who does not wait: RONDO_EFULL, RONDO_EEMPTY, RONDO_ESHUTDOWN, RONDO_ENOMEM. Any thread.
    rondo_status send_now(rondo_value &item);
    rondo_status receive_now(rondo_value &item);
    // The same, and takes a place in line if it has to wait.
    rondo_status send_or_wait(rondo_value &item, rondo::core::ChannelWaiter &waiter);
    rondo_status receive_or_wait(rondo_value &item, rondo::core::ChannelWaiter &waiter);
    // The waiter gives up: if it was called up, the next is.
    void give_up(rondo::core::ChannelWaiter &waiter);
    bool was_called(const rondo::core::ChannelWaiter &waiter);
    void shut_down();
    uint64_t size();

    const uint64_t capacity; // 0: unbounded

private:
    rondo_status send_locked(rondo_value &item);
    rondo_status receive_locked(rondo_value &item);

    std::mutex mutex_;
    rondo::core::Container items;
    rondo::core::List senders_;
    rondo::core::List receivers_;
    bool shut_ = false;

    friend struct rondo::core::ChannelWaiter;
};

namespace rondo::core {

using Channel = ::rondo_channel;

struct InChannelLine {
    Link place;
};

// Somebody in line: a future of a loop, or a blocked thread. Under the channel's mutex, but for the future.
struct ChannelWaiter : Object, Node, InChannelLine {
    ChannelWaiter();
    void release();
    // True: it will come. False: its loop is closed.
    bool call_up();

    FutureRef future;          // of a task; touched by its loop's thread alone
    rondo_loop *loop = nullptr;
    Parker parker;             // of a thread
    bool called = false;
    bool sends = false;
};

Routine send(Ref<Channel> channel, rondo_value &given);
Routine receive(Ref<Channel> channel);

// In a thread that runs no loop; timeout: ns. RONDO_ETIMEDOUT, RONDO_EDEADLOCK.
rondo_status send_blocking(Channel &channel, rondo_value &item, int64_t timeout);
rondo_status receive_blocking(Channel &channel, rondo_value &item, int64_t timeout);

} // namespace rondo::core
