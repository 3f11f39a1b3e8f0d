#include "tools.h"

int waits_at_tool(word word) { return word >= ACQUIRE && word <= RECEIVE; }

// ---- waits

// The tool's own word decides where a word serves several kinds.
static rondo_status wait_for_tool(const tool *t, const op *o, rondo_value *item, rondo_future **op) {
    switch (o->word) {
    case ACQUIRE:
        return t->word == LOCK ? rondo_lock_acquire_async(t->is.lock, op)
                               : rondo_semaphore_acquire_async(t->is.semaphore, op);
    case WAIT_EVENT:
        return rondo_event_wait_async(t->is.event, op);
    case WAIT_NOTICE:
        return rondo_condition_wait_async(t->is.condition, op);
    case MEET:
        return rondo_barrier_wait_async(t->is.barrier, op);
    case RESET_MEET:
        return rondo_barrier_reset_async(t->is.barrier, op);
    case ABORT_MEET:
        return rondo_barrier_abort_async(t->is.barrier, op);
    case PUT:
        return rondo_queue_put_async(t->is.queue, item, op);
    case FETCH:
        return rondo_queue_get_async(t->is.queue, item, op);
    case JOIN:
        return rondo_queue_join_async(t->is.queue, op);
    case SEND:
        return rondo_channel_send_async(t->is.channel, item, op);
    default:
        return rondo_channel_receive_async(t->is.channel, item, op);
    }
}

static rondo_status call_tool(const tool *t, const op *o, rondo_value *item) {
    rondo_future *op = NULL;
    rondo_status status;
    switch (o->word) {
    case ACQUIRE:
        return t->word == LOCK ? rondo_lock_acquire(t->is.lock) : rondo_semaphore_acquire(t->is.semaphore);
    case WAIT_EVENT:
        return rondo_event_wait(t->is.event);
    case WAIT_NOTICE:
        return rondo_condition_wait(t->is.condition);
    case MEET:
        return rondo_barrier_wait(t->is.barrier, NULL);
    case PUT:
        return rondo_queue_put(t->is.queue, item);
    case FETCH:
        return rondo_queue_get(t->is.queue, item);
    case JOIN:
        return rondo_queue_join(t->is.queue);
    case SEND:
        return rondo_channel_send(t->is.channel, item);
    case RECEIVE:
        return rondo_channel_receive(t->is.channel, item);
    default:
        status = wait_for_tool(t, o, item, &op);
        return status == 0 ? rondo_await_release(op, NULL) : status;
    }
}

static rondo_value item_for(world *w, const op *o) {
    return o->word == PUT || o->word == SEND ? some_value(w) : rondo_none();
}

static int may_end_with(const world *w, const op *o, rondo_status status) {
    int closes = o->word == PUT || o->word == FETCH || o->word == SEND || o->word == RECEIVE;
    return status >= 0 || (status == RONDO_ENOMEM && w->scarce) || (status == RONDO_ESHUTDOWN && closes) ||
           (status == RONDO_EBROKEN && o->word == MEET);
}

rondo_status begin_wait(world *w, const op *o, rondo_future **op) {
    if (!w->tools[o->a].word) return 0;
    rondo_value item = item_for(w, o);
    int gives = item.kind == RONDO_PTR;
    rondo_status status = wait_for_tool(&w->tools[o->a], o, &item, op);
    if (gives) CHECK((item.kind == RONDO_PTR) == (status < 0)); // what was refused is still ours
    rondo_value_drop(&item);
    CHECK(may_end_with(w, o, status) && (status == 0) == (*op != NULL));
    return status;
}

rondo_status wait_in_fiber(world *w, const op *o) {
    if (!w->tools[o->a].word) return rondo_yield();
    rondo_value item = item_for(w, o);
    rondo_status status = or_drop(call_tool(&w->tools[o->a], o, &item), &item);
    CHECK(may_end_with(w, o, status) || status == RONDO_ECANCELED);
    if (status < 0 && !w->scarce) CHECK(rondo_error_code(rondo_fiber_error()) == status);
    return status < 0 ? status : RONDO_OK;
}

// ---- having what was acquired

// Nothing, if it was never made.
void hold_tool(world *w, int slot, tool *held) {
    *held = w->tools[slot];
    if (!held->word) return;
    ++w->held[slot];
    CHECK(w->held[slot] <= held->size);
    if (held->word == LOCK) GIVES(rondo_lock_locked(rondo_lock_retain(held->is.lock)), 1);
    if (held->word == SEMAPHORE) rondo_semaphore_retain(held->is.semaphore);
}

void give_back(world *w, tool *held) {
    --w->held[held->slot];
    GIVES(held->word == LOCK ? rondo_lock_unlock(held->is.lock) : rondo_semaphore_give_back(held->is.semaphore),
          RONDO_OK);
    release_tool(held);
}

// ---- tools

// By their addresses.
static int32_t comes_before(void *user, const rondo_value *a, const rondo_value *b) {
    (void)user;
    return (uintptr_t)a->as.ptr > (uintptr_t)b->as.ptr;
}

static rondo_status make_queue(const op *o, rondo_queue **out) {
    RONDO_INIT(rondo_queue_options, options);
    options.capacity = (uint64_t)o->b;
    options.order = (uint32_t)(o->count & ~FAIR);
    options.flags = o->count & FAIR ? RONDO_QUEUE_FAIR : 0;
    options.before = comes_before;
    return rondo_queue_create(&options, out);
}

static rondo_status make_tool(world *w, const op *o) {
    tool made = {.word = o->word, .slot = o->a, .size = o->word == LOCK ? 1 : o->b};
    rondo_status status;
    switch (o->word) {
    case LOCK:
        status = rondo_lock_create(&made.is.lock);
        break;
    case EVENT:
        status = rondo_event_create(&made.is.event);
        break;
    case CONDITION:
        if (!w->tools[o->b].word) return RONDO_OK;
        status = rondo_condition_create(w->tools[o->b].is.lock, &made.is.condition);
        w->tools[o->b].size = most_counted; // who waits for a notice is in its block without having the lock
        break;
    case SEMAPHORE:
        status = rondo_semaphore_create((uint64_t)o->b, (uint64_t)o->b, &made.is.semaphore);
        break;
    case BARRIER:
        status = rondo_barrier_create((uint64_t)o->b, &made.is.barrier);
        break;
    case QUEUE:
        status = make_queue(o, &made.is.queue);
        break;
    default:
        status = rondo_channel_create((uint64_t)o->b, &made.is.channel);
        break;
    }
    if (status < 0) return status;
    CHECK(!w->tools[o->a].word);
    w->tools[o->a] = made;
    return RONDO_OK;
}

void release_tool(tool *t) {
    switch (t->word) {
    case LOCK:
        rondo_lock_release(t->is.lock);
        break;
    case EVENT:
        rondo_event_release(t->is.event);
        break;
    case CONDITION:
        rondo_condition_release(t->is.condition);
        break;
    case SEMAPHORE:
        rondo_semaphore_release(t->is.semaphore);
        break;
    case BARRIER:
        rondo_barrier_release(t->is.barrier);
        break;
    case QUEUE:
        rondo_queue_release(t->is.queue);
        break;
    case CHANNEL:
        rondo_channel_release(t->is.channel);
        break;
    default:
        break;
    }
    t->word = FINISH;
}

// What a newcomer may be told.
static rondo_status unless_refused(rondo_status status) {
    return status == RONDO_EFULL || status == RONDO_EEMPTY || status == RONDO_ESHUTDOWN ? RONDO_OK : status;
}

static rondo_status change_tool(world *w, const tool *t, const op *o) {
    rondo_value item = rondo_none();
    rondo_status status;
    switch (o->word) {
    case SET_EVENT:
        return rondo_event_set(t->is.event);
    case CLEAR_EVENT:
        return rondo_event_clear(t->is.event);
    case NOTIFY:
        return rondo_condition_notify(t->is.condition, (uint64_t)o->b);
    case PUT_NOW:
    case SEND_NOW:
        item = some_value(w);
        status = t->word == QUEUE ? rondo_queue_put_nowait(t->is.queue, &item)
                                  : rondo_channel_send_nowait(t->is.channel, &item);
        CHECK((status == RONDO_OK) == (item.kind == RONDO_NONE));
        return unless_refused(or_drop(status, &item));
    case FETCH_NOW:
    case RECEIVE_NOW:
        status = t->word == QUEUE ? rondo_queue_get_nowait(t->is.queue, &item)
                                  : rondo_channel_receive_nowait(t->is.channel, &item);
        CHECK((status == RONDO_OK) == (item.kind == RONDO_PTR));
        return unless_refused(or_drop(status, &item));
    case ITEM_DONE:
        return rondo_queue_unfinished(t->is.queue) > 0 ? rondo_queue_task_done(t->is.queue) : RONDO_OK;
    default:
        return t->word == QUEUE ? rondo_queue_shutdown(t->is.queue, o->b) : rondo_channel_shutdown(t->is.channel);
    }
}

rondo_status use_tool(world *w, const op *o) {
    if (o->word >= EXECUTOR) return use_threads(w, o);
    if (o->word >= LOCK && o->word <= CHANNEL) return make_tool(w, o);
    return w->tools[o->a].word ? change_tool(w, &w->tools[o->a], o) : RONDO_OK;
}

// ---- at rest

// All places of the barrier are to be had: as many as it has parties get through.
static void check_barrier(world *w, tool *t) {
    rondo_status state = rondo_barrier_state(t->is.barrier);
    if (state == RONDO_BARRIER_BROKEN) return;
    CHECK(state == RONDO_BARRIER_FILLING && rondo_barrier_waiting(t->is.barrier) == 0);
    op meet[2] = {{.word = MEET, .a = t->slot}, {.word = FINISH}};
    rondo_task *tasks[most_counted];
    for (int i = 0; i < t->size; ++i) GIVES(spawn(w, w->loop, meet, NULL, &tasks[i]), RONDO_OK);
    for (int turns = 0; turn_world(w); ++turns) CHECK(turns < most_turns);
    for (int i = 0; i < t->size; ++i) {
        GIVES(rondo_future_done(tasks[i]), 1);
        rondo_future_release(tasks[i]);
    }
}

static rondo_status put_now(tool *t, rondo_value *item) {
    return t->word == QUEUE ? rondo_queue_put_nowait(t->is.queue, item)
                            : rondo_channel_send_nowait(t->is.channel, item);
}

static rondo_status get_now(tool *t, rondo_value *item) {
    return t->word == QUEUE ? rondo_queue_get_nowait(t->is.queue, item)
                            : rondo_channel_receive_nowait(t->is.channel, item);
}

// Everything in it is to be had, and then every place.
static void check_store(tool *t) {
    rondo_value item;
    rondo_status status;
    uint64_t size = t->word == QUEUE ? rondo_queue_size(t->is.queue) : rondo_channel_size(t->is.channel);
    for (; (status = get_now(t, &item)) == RONDO_OK; --size) rondo_value_drop(&item);
    CHECK(size == 0);
    if (status == RONDO_ESHUTDOWN) return;
    GIVES(status, RONDO_EEMPTY);
    int places = t->size ? t->size : 5;
    for (int i = 0; i <= places; ++i) {
        item = rondo_i64(i);
        GIVES(put_now(t, &item), i < places || !t->size ? RONDO_OK : RONDO_EFULL);
    }
}

static void check_tool(world *w, tool *t) {
    switch (t->word) {
    case LOCK:
        GIVES(rondo_lock_locked(t->is.lock), 0);
        CHECK(rondo_lock_waiting(t->is.lock) == 0);
        break;
    case EVENT:
        CHECK(rondo_event_waiting(t->is.event) == 0);
        break;
    case CONDITION:
        CHECK(rondo_condition_waiting(t->is.condition) == 0);
        break;
    case SEMAPHORE:
        CHECK(rondo_semaphore_value(t->is.semaphore) == (uint64_t)t->size);
        CHECK(rondo_semaphore_waiting(t->is.semaphore) == 0);
        break;
    case BARRIER:
        check_barrier(w, t);
        break;
    case QUEUE:
        CHECK(rondo_queue_getters(t->is.queue) == 0 && rondo_queue_putters(t->is.queue) == 0);
        check_store(t);
        break;
    case CHANNEL:
        check_store(t);
        break;
    default:
        break;
    }
}

void check_rest(world *w) {
    for (int i = 0; i < slots; ++i) check_tool(w, &w->tools[i]);
    check_bridges(w);
}
