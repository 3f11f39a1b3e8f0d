#include "sync/channel.h"

#include "base/clock.h"
#include "task/scheduler.h"


namespace rondo::core {
namespace {

void finish_here(Node &node, Loop &loop) {
    auto &waiter = static_cast<ChannelWaiter &>(node);
    rondo_value none = no_value();
    if (!loop.discarding() && !waiter.future->done()) waiter.future->finish(none);
    waiter.release();
}

ChannelWaiter &waiter_of(Link &link) {
    return static_cast<ChannelWaiter &>(reinterpret_cast<InChannelLine &>(link));
}

void call_first(List &line) {
    while (Link *link = line.pop_front()) {
        if (waiter_of(*link).call_up()) return;
    }
}

void call_all(List &line) {
    while (Link *link = line.pop_front()) waiter_of(*link).call_up();
}

} // namespace

ChannelWaiter::ChannelWaiter() : Object(Tag::channel), Node(finish_here) {}

void ChannelWaiter::release() {
    if (drop_reference()) destroy(this);
}

bool ChannelWaiter::call_up() {
    called = true;
    if (!loop) {
        parker.unpark();
        return true;
    }
    retain();
    if (loop->post(*this)) return true;
    release();
    return false;
}

} // namespace rondo::core

using namespace rondo::core;

void rondo_channel::release() {
    if (!drop_reference()) return;
    tag = Tag::dead;
    destroy(this);
}

rondo_status rondo_channel::send_locked(rondo_value &item) {
    if (shut_) return RONDO_ESHUTDOWN;
    if (capacity > 0 && items.size() >= capacity) return RONDO_EFULL;
    if (!items.put(item)) return RONDO_ENOMEM;
    call_first(receivers_);
    return RONDO_OK;
}

rondo_status rondo_channel::receive_locked(rondo_value &item) {
    if (items.size() == 0) return shut_ ? RONDO_ESHUTDOWN : RONDO_EEMPTY;
    item = items.get();
    call_first(senders_);
    return RONDO_OK;
}

rondo_status rondo_channel::send_now(rondo_value &item) {
    std::lock_guard lock(mutex_);
    return send_locked(item);
}

rondo_status rondo_channel::receive_now(rondo_value &item) {
    std::lock_guard lock(mutex_);
    return receive_locked(item);
}

rondo_status rondo_channel::send_or_wait(rondo_value &item, ChannelWaiter &waiter) {
    std::lock_guard lock(mutex_);
    rondo_status status = send_locked(item);
    if (status != RONDO_EFULL) return status;
    waiter.called = false;
    waiter.sends = true;
    senders_.push_back(waiter.place);
    return status;
}

rondo_status rondo_channel::receive_or_wait(rondo_value &item, ChannelWaiter &waiter) {
    std::lock_guard lock(mutex_);
    rondo_status status = receive_locked(item);
    if (status != RONDO_EEMPTY) return status;
    waiter.called = false;
    receivers_.push_back(waiter.place);
    return status;
}

void rondo_channel::give_up(ChannelWaiter &waiter) {
    std::lock_guard lock(mutex_);
    if (waiter.place.linked()) {
        waiter.place.unlink();
        return;
    }
    if (!waiter.called) return;
    bool room = capacity == 0 || items.size() < capacity;
    if (waiter.sends ? room : items.size() > 0) call_first(waiter.sends ? senders_ : receivers_);
}

bool rondo_channel::was_called(const ChannelWaiter &waiter) {
    std::lock_guard lock(mutex_);
    return waiter.called;
}

void rondo_channel::shut_down() {
    std::lock_guard lock(mutex_);
    shut_ = true;
    call_all(senders_);
    call_all(receivers_);
}

uint64_t rondo_channel::size() {
    std::lock_guard lock(mutex_);
    return items.size();
}

namespace rondo::core {
namespace {

// In line at the channel from one try to the next, for as long as this lives.
class InLine {
public:
    explicit InLine(Channel &channel) : channel_(channel), waiter_(Ref<ChannelWaiter>::adopt(create<ChannelWaiter>())) {}
    ~InLine() {
        if (waiter_ && waiting_) channel_.give_up(*waiter_);
    }
    InLine(const InLine &) = delete;
    InLine &operator=(const InLine &) = delete;

    // A future for the next call. nullptr: out of memory.
    Future *prepare(rondo_loop &loop) {
        Future *future = nullptr;
        if (!waiter_ || make_future(loop, nullptr, future) < 0) return nullptr;
        waiter_->future = FutureRef::adopt(future);
        waiter_->loop = &loop;
        return future;
    }
    ChannelWaiter &waiter() { return *waiter_; }
    void waits(bool yes) { waiting_ = yes; }

private:
    Channel &channel_;
    Ref<ChannelWaiter> waiter_;
    bool waiting_ = false;
};

// Tries until it need not wait: with Try(channel, item, waiter) and the status that means waiting.
template <class Try>
Routine try_until(Ref<Channel> channel, rondo_value &item, Try attempt, rondo_status full_or_empty) {
    Operation &self = co_await this_operation();
    InLine line(*channel);
    for (;;) {
        Future *called = line.prepare(*self.loop);
        if (!called) co_return make_error(RONDO_ENOMEM);
        rondo_status status = attempt(*channel, item, line.waiter());
        line.waits(status == full_or_empty);
        if (status != full_or_empty) co_return status < 0 ? make_error(status) : ErrorRef();
        if (ErrorRef error = co_await until(*called)) co_return std::move(error);
        line.waits(false);
    }
}

template <class Try>
rondo_status block_until(Channel &channel, rondo_value &item, int64_t timeout, Try attempt, rondo_status full_or_empty) {
    if (Loop::current()) return RONDO_EDEADLOCK;
    int64_t deadline = timeout == forever ? forever : saturating_add(monotonic_now(), timeout < 0 ? 0 : timeout);
    ChannelWaiter waiter;
    for (;;) {
        rondo_status status = attempt(channel, item, waiter);
        if (status != full_or_empty) return status;
        while (!channel.was_called(waiter)) {
            if (deadline != forever && monotonic_now() >= deadline) {
                channel.give_up(waiter);
                return RONDO_ETIMEDOUT;
            }
            waiter.parker.park(deadline);
        }
    }
}

constexpr auto sending = [](Channel &channel, rondo_value &item, ChannelWaiter &waiter) {
    return channel.send_or_wait(item, waiter);
};
constexpr auto receiving = [](Channel &channel, rondo_value &item, ChannelWaiter &waiter) {
    return channel.receive_or_wait(item, waiter);
};

} // namespace

Routine send(Ref<Channel> channel, rondo_value &given) {
    OwnedValue item(given);
    Routine trying = try_until(Ref<Channel>::share(channel.get()), item.value, sending, RONDO_EFULL);
    ErrorRef error = co_await trying;
    co_return std::move(error);
}

Routine receive(Ref<Channel> channel) {
    Operation &self = co_await this_operation();
    Routine trying = try_until(Ref<Channel>::share(channel.get()), self.result, receiving, RONDO_EEMPTY);
    ErrorRef error = co_await trying;
    co_return std::move(error);
}

rondo_status send_blocking(Channel &channel, rondo_value &item, int64_t timeout) {
    return block_until(channel, item, timeout, sending, RONDO_EFULL);
}

rondo_status receive_blocking(Channel &channel, rondo_value &item, int64_t timeout) {
    return block_until(channel, item, timeout, receiving, RONDO_EEMPTY);
}

} // namespace rondo::core
