#include "operation.h"

#include "sync/channel.h"
#include "sync/queue.h"

using namespace rondo::capi;

namespace {

Ref<Queue> share(rondo_queue *queue) { return Ref<Queue>::share(queue); }
Ref<Channel> share(rondo_channel *channel) { return Ref<Channel>::share(channel); }

} // namespace

// ---- Queue

rondo_status rondo_queue_create(const rondo_queue_options *options, rondo_queue **out) {
    rondo_queue_options o;
    RONDO_TRY(read_struct(options, o));
    constexpr uint32_t known = RONDO_QUEUE_FAIR | RONDO_QUEUE_COUNTS_ONLY;
    if ((o.flags & ~known) || o.order > RONDO_QUEUE_PRIORITY || o.reserved) return RONDO_EINVAL;
    bool sorts = o.order == RONDO_QUEUE_PRIORITY && !(o.flags & RONDO_QUEUE_COUNTS_ONLY);
    if (sorts && !o.before) return RONDO_EINVAL;
    auto *queue = create<rondo_queue>(o);
    if (!queue) return RONDO_ENOMEM;
    give(out, queue);
    return RONDO_OK;
}

rondo_queue *rondo_queue_retain(rondo_queue *queue) {
    if (check(queue) == RONDO_OK) queue->retain();
    return queue;
}

void rondo_queue_release(rondo_queue *queue) {
    if (check(queue) == RONDO_OK) queue->release();
}

rondo_status rondo_queue_put_nowait(rondo_queue *queue, rondo_value *item) {
    RONDO_TRY(enter_any(queue));
    if (!item) return RONDO_EINVAL;
    bool full = queue->full_for_newcomer() && !queue->shut;
    return full ? rondo_status{RONDO_EFULL} : queue->put_now(*item);
}

rondo_status rondo_queue_put_async(rondo_queue *queue, rondo_value *item, rondo_future **op) {
    if (op) *op = nullptr;
    rondo_status status = rondo_queue_put_nowait(queue, item);
    if (status != RONDO_EFULL) return status < 0 ? status : 1;
    RONDO_TRY(enter_bound(queue));
    return begin(*queue->home, op, [&] { return put(share(queue), *item); });
}

rondo_status rondo_queue_put(rondo_queue *queue, rondo_value *item) {
    RONDO_TRY(check(queue));
    return wait_in_fiber([&](rondo_future **op) { return rondo_queue_put_async(queue, item, op); });
}

rondo_status rondo_queue_get_nowait(rondo_queue *queue, rondo_value *item) {
    if (item) *item = no_value();
    RONDO_TRY(enter_any(queue));
    if (!item) return RONDO_EINVAL;
    bool empty = queue->empty_for_newcomer() && !(queue->shut && queue->empty());
    return empty ? rondo_status{RONDO_EEMPTY} : queue->get_now(*item);
}

rondo_status rondo_queue_get_async(rondo_queue *queue, rondo_value *item, rondo_future **op) {
    if (op) *op = nullptr;
    rondo_status status = rondo_queue_get_nowait(queue, item);
    if (status != RONDO_EEMPTY) return status < 0 ? status : 1;
    RONDO_TRY(enter_bound(queue));
    return begin(*queue->home, op, [&] { return get(share(queue)); });
}

rondo_status rondo_queue_get(rondo_queue *queue, rondo_value *item) {
    RONDO_TRY(check(queue));
    if (!item) return RONDO_EINVAL;
    *item = no_value();
    return wait_in_fiber([&](rondo_future **op) { return rondo_queue_get_async(queue, item, op); }, item);
}

uint64_t rondo_queue_size(const rondo_queue *queue) { return enter_any(queue) == RONDO_OK ? queue->size() : 0; }

uint64_t rondo_queue_unfinished(const rondo_queue *queue) {
    return enter_any(queue) == RONDO_OK ? queue->unfinished : 0;
}

uint64_t rondo_queue_capacity(const rondo_queue *queue) {
    return enter_any(queue) == RONDO_OK ? queue->capacity : 0;
}

uint64_t rondo_queue_putters(const rondo_queue *queue) {
    return enter_any(queue) == RONDO_OK ? queue->putters.size() : 0;
}

uint64_t rondo_queue_getters(const rondo_queue *queue) {
    return enter_any(queue) == RONDO_OK ? queue->getters.size() : 0;
}

rondo_status rondo_queue_task_done(rondo_queue *queue) {
    RONDO_TRY(enter_any(queue));
    return queue->task_done();
}

rondo_status rondo_queue_join_async(rondo_queue *queue, rondo_future **op) {
    if (op) *op = nullptr;
    RONDO_TRY(enter_any(queue));
    if (queue->unfinished == 0) return 1;
    RONDO_TRY(enter_bound(queue));
    return begin(*queue->home, op, [&] { return join(share(queue)); });
}

rondo_status rondo_queue_join(rondo_queue *queue) {
    RONDO_TRY(check(queue));
    return wait_in_fiber([&](rondo_future **op) { return rondo_queue_join_async(queue, op); });
}

rondo_status rondo_queue_shutdown(rondo_queue *queue, int32_t immediate) {
    RONDO_TRY(enter_any(queue));
    queue->shut_down(immediate != 0);
    return RONDO_OK;
}

rondo_status rondo_queue_is_shutdown(const rondo_queue *queue) {
    RONDO_TRY(enter_any(queue));
    return queue->shut;
}

// ---- Channel

rondo_status rondo_channel_create(uint64_t capacity, rondo_channel **out) {
    auto *channel = create<rondo_channel>(capacity);
    if (!channel) return RONDO_ENOMEM;
    give(out, channel);
    return RONDO_OK;
}

rondo_channel *rondo_channel_retain(rondo_channel *channel) {
    if (check(channel) == RONDO_OK) channel->retain();
    return channel;
}

void rondo_channel_release(rondo_channel *channel) {
    if (check(channel) == RONDO_OK) channel->release();
}

rondo_status rondo_channel_send_nowait(rondo_channel *channel, rondo_value *item) {
    RONDO_TRY(check(channel));
    return item ? channel->send_now(*item) : RONDO_EINVAL;
}

rondo_status rondo_channel_send_async(rondo_channel *channel, rondo_value *item, rondo_future **op) {
    if (op) *op = nullptr;
    rondo_loop *loop = nullptr;
    RONDO_TRY(check(channel));
    RONDO_TRY(enter_open(loop));
    rondo_status status = rondo_channel_send_nowait(channel, item);
    if (status != RONDO_EFULL) return status < 0 ? status : 1;
    return begin(*loop, op, [&] { return send(share(channel), *item); });
}

rondo_status rondo_channel_send(rondo_channel *channel, rondo_value *item) {
    RONDO_TRY(check(channel));
    return wait_in_fiber([&](rondo_future **op) { return rondo_channel_send_async(channel, item, op); });
}

rondo_status rondo_channel_send_blocking(rondo_channel *channel, rondo_value *item, int64_t timeout_ns) {
    RONDO_TRY(check(channel));
    return item ? send_blocking(*channel, *item, timeout_ns) : RONDO_EINVAL;
}

rondo_status rondo_channel_receive_nowait(rondo_channel *channel, rondo_value *item) {
    if (item) *item = no_value();
    RONDO_TRY(check(channel));
    return item ? channel->receive_now(*item) : RONDO_EINVAL;
}

rondo_status rondo_channel_receive_async(rondo_channel *channel, rondo_value *item, rondo_future **op) {
    if (op) *op = nullptr;
    rondo_loop *loop = nullptr;
    RONDO_TRY(check(channel));
    RONDO_TRY(enter_open(loop));
    rondo_status status = rondo_channel_receive_nowait(channel, item);
    if (status != RONDO_EEMPTY) return status < 0 ? status : 1;
    return begin(*loop, op, [&] { return receive(share(channel)); });
}

rondo_status rondo_channel_receive(rondo_channel *channel, rondo_value *item) {
    RONDO_TRY(check(channel));
    if (!item) return RONDO_EINVAL;
    rondo_value got = no_value();
    rondo_value waited = no_value();
    rondo_status status =
        wait_in_fiber([&](rondo_future **op) { return rondo_channel_receive_async(channel, &got, op); }, &waited);
    *item = got.kind == RONDO_NONE ? waited : got;
    return status;
}

rondo_status rondo_channel_receive_blocking(rondo_channel *channel, rondo_value *item, int64_t timeout_ns) {
    if (item) *item = no_value();
    RONDO_TRY(check(channel));
    return item ? receive_blocking(*channel, *item, timeout_ns) : RONDO_EINVAL;
}

uint64_t rondo_channel_size(rondo_channel *channel) { return check(channel) == RONDO_OK ? channel->size() : 0; }

uint64_t rondo_channel_capacity(rondo_channel *channel) { return check(channel) == RONDO_OK ? channel->capacity : 0; }

rondo_status rondo_channel_shutdown(rondo_channel *channel) {
    RONDO_TRY(check(channel));
    channel->shut_down();
    return RONDO_OK;
}
