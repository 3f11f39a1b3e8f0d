#include "task/ring.h"

#include "base/pool.h"
#include "task/report.h"
#include "task/value.h"

#include <cstdlib>
#include <new>

using namespace rondo::core;

namespace {

// One entry of the batch that is at the host.
struct Entry {
    Node *node;
    Resumption resumption; // from when the host begins it
};

// What stood before an eager task's first step.
struct Eager {
    Task *task; // one reference
    rondo_task *outer_task;
    ContextSlot *outer_context;
    Eager *below;
};

constexpr uint32_t default_capacity = 256;
constexpr uint32_t none_begun = ~0u;
constexpr uint64_t smallest_address = 4096; // answers below are verdicts

} // namespace

struct rondo_ring final : Object {
    rondo_ring(rondo_loop &l, const rondo_ring_options &o) : Object(Tag::ring, 2), loop(&l), options(o) {}
    ~rondo_ring() { std::free(memory); }

    bool allocate_arrays();
    void publish(uint32_t i, Node &node);
    void show(uint32_t i);
    void enter(rondo_task *task, ContextSlot &slot);
    void leave(ContextSlot &slot);
    void begin(uint32_t i);
    void act(uint32_t i);
    void act_on_task(uint32_t i, Task &task);
    void act_on_callback(uint32_t i, Handle &handle);
    void catch_up(uint32_t upto);
    void put_back(uint32_t from);
    uint32_t collect(Node &first);
    void run(Node &first);

    rondo_loop *loop;
    rondo_ring_options options;
    void *memory = nullptr; // everything below, in one block
    Entry *entries = nullptr;
    rondo_ring_view view{};
    uint32_t current = none_begun; // where the host is; it writes this
    uint32_t count = 0;            // entries at the host
    uint32_t begun = 0;            // entries whose step has begun, as far as the library knows
    uint32_t answered = 0;         // entries whose answer was acted on
    bool syncing = false;
    Eager *eager = nullptr; // tasks whose first step the host runs inside another entry, the innermost first
    ContextSlot *outer_context = nullptr;
};

bool rondo_ring::allocate_arrays() {
    std::size_t n = options.capacity;
    std::size_t entry = sizeof(Entry) + 5 * sizeof(uint64_t) + sizeof(uint32_t);
    auto *block = static_cast<char *>(std::calloc(n, entry));
    if (!block) return false;
    memory = block;
    auto part = [&](std::size_t size) { return std::exchange(block, block + n * size); };
    entries = reinterpret_cast<Entry *>(part(sizeof(Entry)));
    view.size = sizeof view;
    view.capacity = options.capacity;
    view.object = reinterpret_cast<void **>(part(sizeof(void *)));
    view.sent = reinterpret_cast<void **>(part(sizeof(void *)));
    view.native = reinterpret_cast<uint64_t *>(part(sizeof(uint64_t)));
    view.answer = reinterpret_cast<uint64_t *>(part(sizeof(uint64_t)));
    view.value = reinterpret_cast<uint64_t *>(part(sizeof(uint64_t)));
    view.status = reinterpret_cast<uint32_t *>(part(sizeof(uint32_t)));
    view.current = &current;
    for (std::size_t i = 0; i < n; ++i) {
        new (&entries[i]) Entry{};
        view.object[i] = view.sent[i] = options.none;
    }
    return true;
}

// ---- handing out

void rondo_ring::publish(uint32_t i, Node &node) {
    entries[i].node = &node;
    node.slot = i;
    view.answer[i] = RONDO_STEP_FAULT;
    view.value[i] = 0;
    view.native[i] = 0;
    view.sent[i] = options.none;
    if (node.kind == Node::Kind::task) {
        auto &task = static_cast<Task &>(future_of(node));
        task.phase = Phase::published;
        view.status[i] = RONDO_RING_SEND;
        view.object[i] = static_cast<RingTaskInit *>(task.frame())->object;
        Future *awaited = task.waits.awaited;
        bool too_late = awaited && awaited->succeeded() && awaited->bearer().value_taken;
        if (too_late && !task.waits.to_raise) task.waits.to_raise = make_error(RONDO_ETAKEN).detach();
        show(i);
    } else {
        auto &handle = static_cast<Handle &>(node);
        view.object[i] = handle.user ? handle.user : options.none; // none: cancelled while it was in the inbox
        view.status[i] = handle.cancelled ? RONDO_RING_SKIP : RONDO_RING_CALL;
    }
}

// What task i will be sent, as things stand.
void rondo_ring::show(uint32_t i) {
    if (view.status[i] == RONDO_RING_PAUSE) return;
    auto &task = static_cast<Task &>(future_of(*entries[i].node));
    view.status[i] = RONDO_RING_SEND;
    view.sent[i] = options.none;
    if (Error *error = pending_error(task)) {
        void *object = object_of(error->payload, options.host);
        view.status[i] = object ? RONDO_RING_THROW : RONDO_RING_THROW_NATIVE;
        view.native[i] = reinterpret_cast<uint64_t>(error);
        if (object) view.sent[i] = object;
    } else if (Future *awaited = task.waits.awaited; awaited && awaited->bearer().value.kind != RONDO_NONE) {
        rondo_value &value = awaited->bearer().value;
        void *object = object_of(value, options.host);
        if (!object) view.status[i] = RONDO_RING_SEND_NATIVE;
        view.native[i] = reinterpret_cast<uint64_t>(&value);
        if (object) view.sent[i] = object;
    }
}

uint32_t rondo_ring::collect(Node &first) {
    uint32_t limit = loop->debug ? 1 : options.capacity;
    publish(0, first);
    uint32_t n = 1;
    for (Node *next; n < limit && (next = loop->next_in_batch()) && next->run == run_ring_node; ++n) {
        next->unlink();
        loop->count_entry();
        publish(n, *next);
    }
    return n;
}

void rondo_ring::run(Node &first) {
    count = collect(first);
    begun = answered = 0;
    current = none_begun;
    loop->ring_active = true;
    outer_context = &loop->context();
    options.drain(options.user, count);
    uint32_t ran = current == none_begun ? 0 : current + 1;
    catch_up(ran < count ? ran : count);
    loop->ring_active = false;
    put_back(answered);
}

void rondo_ring::put_back(uint32_t from) {
    for (uint32_t i = count; i-- > from;) {
        Node &node = *entries[i].node;
        node.slot = Node::none;
        if (node.kind == Node::Kind::task) {
            auto &task = static_cast<Task &>(future_of(node));
            task.phase = task.waits.awaited ? Phase::waiting : Phase::ready;
        }
        if (from > 0) {
            loop->put_back(node);
        } else {
            loop->put_off(node); // a host that begins nothing must not keep the turn from ending
        }
    }
    count = 0;
}

// ---- taking answers

// The library's current task and context are those of the entry that has begun, until its answer is acted on.
void rondo_ring::enter(rondo_task *task, ContextSlot &slot) {
    (void)slot.enter();
    loop->current_task = task;
    loop->swap_context(&slot);
}

void rondo_ring::leave(ContextSlot &slot) {
    slot.leave();
    loop->current_task = nullptr;
    loop->swap_context(outer_context);
}

void rondo_ring::begin(uint32_t i) {
    Node &node = *entries[i].node;
    node.slot = Node::none;
    if (node.kind == Node::Kind::task) {
        auto &task = static_cast<Task &>(future_of(node));
        entries[i].resumption = begin_step(task);
        enter(&task, task.context);
    } else {
        auto &handle = static_cast<Handle &>(node);
        bool skipped = view.status[i] == RONDO_RING_SKIP;
        if (!handle.repeating && !skipped) handle.queued = false;
        handle.running = !skipped;
        enter(nullptr, handle.context);
    }
    begun = i + 1;
}

void rondo_ring::act(uint32_t i) {
    Node &node = *entries[i].node;
    if (node.kind == Node::Kind::task) {
        act_on_task(i, static_cast<Task &>(future_of(node)));
    } else {
        act_on_callback(i, static_cast<Handle &>(node));
    }
}

namespace {

Error *cancellation_of(const rondo_host &host, void *exception) {
    rondo_value payload = object_value(host, exception);
    rondo_error_options o{};
    o.code = RONDO_ECANCELED;
    o.message = "";
    o.payload = &payload;
    Error *error = make_error(o);
    drop_value(payload); // only left when out of memory
    return error;
}

// What the host wrote, as a step would have told it.
void read_answer(const rondo_host &host, uint64_t answer, uint64_t value, rondo_step &io) {
    io.verdict = answer < smallest_address ? static_cast<uint32_t>(answer) : uint32_t{RONDO_STEP_AWAIT};
    switch (io.verdict) {
    case RONDO_STEP_RETURN:
        if (value) io.out = object_value(host, reinterpret_cast<void *>(value));
        break;
    case RONDO_STEP_RAISE:
        io.out_error = reinterpret_cast<Error *>(value);
        break;
    case RONDO_STEP_CANCELLED:
        if (value) io.out_error = cancellation_of(host, reinterpret_cast<void *>(value));
        break;
    case RONDO_STEP_SLEEP:
        io.delay_ns = static_cast<int64_t>(value);
        break;
    case RONDO_STEP_AWAIT:
        io.target = answer < smallest_address ? nullptr : reinterpret_cast<Future *>(answer);
        if (io.target && io.target->tag == Tag::future) io.target->retain();
        break;
    default:
        break;
    }
}

} // namespace

void rondo_ring::act_on_task(uint32_t i, Task &task) {
    leave(task.context);
    rondo_step io{};
    read_answer(*options.host, view.answer[i], view.value[i], io);
    Resumption resumption = std::move(entries[i].resumption);
    if (!end_step(task, io)) make_ready(task);
}

void rondo_ring::act_on_callback(uint32_t i, Handle &handle) {
    leave(handle.context);
    if (view.status[i] == RONDO_RING_SKIP) {
        if (!handle.repeating) handle.discard();
        return;
    }
    if (view.answer[i] == RONDO_STEP_RAISE) {
        ErrorRef error = adopt_given(reinterpret_cast<Error *>(view.value[i]));
        callback_failed(*handle.loop, &handle, error ? std::move(error) : make_error(RONDO_EINVAL, "RONDO_STEP_RAISE needs an error"));
    } else if (view.answer[i] != RONDO_STEP_RETURN) {
        callback_failed(*handle.loop, &handle, make_error(RONDO_EFAULT));
    }
    handle.ran();
}

void rondo_ring::catch_up(uint32_t upto) {
    syncing = true;
    while (answered < upto) {
        if (begun <= answered) begin(answered);
        act(answered++);
    }
    syncing = false;
}

namespace rondo::core {

void ring_sync(rondo_loop &loop) {
    rondo_ring &ring = *loop.ring;
    if (!loop.ring_active || ring.syncing || ring.current >= ring.count) return;
    ring.catch_up(ring.current);
    if (ring.begun <= ring.current) ring.begin(ring.current);
}

void ring_refresh(rondo_loop &loop, Task &task) { loop.ring->show(task.slot); }

void ring_pause(rondo_loop &loop) {
    rondo_ring &ring = *loop.ring;
    if (loop.ring_active && ring.current + 1 < ring.count) ring.view.status[ring.current + 1] = RONDO_RING_PAUSE;
}

bool ring_published(rondo_loop &loop, Handle &handle) {
    if (!loop.ring_active) return false;
    rondo_ring &ring = *loop.ring;
    if (handle.slot >= ring.count || ring.entries[handle.slot].node != &handle) return false;
    if (ring.view.status[handle.slot] != RONDO_RING_PAUSE) ring.view.status[handle.slot] = RONDO_RING_SKIP;
    return true;
}

void run_ring_node(Node &node, Loop &loop) {
    if (!loop.discarding()) {
        static_cast<rondo_loop &>(loop).ring->run(node);
    } else if (node.kind != Node::Kind::task) {
        static_cast<Handle &>(node).discard();
    }
}

void ring_callback(void *, rondo_call *call) { call->status = RONDO_ESTATE; }

namespace {

void release_ring_object(void *frame) {
    auto *init = static_cast<RingTaskInit *>(frame);
    ring_release_object(*init->ring->loop, init->object);
}

// Never called: ring tasks run through run_ring_node.
void fault(void *, rondo_step *io) { io->verdict = RONDO_STEP_FAULT; }

} // namespace

constinit const rondo_coro_vtable ring_vtable{sizeof(rondo_coro_vtable), 0, sizeof(RingTaskInit), 0, nullptr, fault,
                                              release_ring_object, nullptr};

rondo_status make_ring(rondo_loop &loop, const rondo_ring_options &options, rondo_ring *&out) {
    auto *ring = create<rondo_ring>(loop, options);
    if (!ring) return RONDO_ENOMEM;
    if (ring->options.capacity == 0) ring->options.capacity = default_capacity;
    if (!ring->allocate_arrays()) {
        destroy(ring);
        return RONDO_ENOMEM;
    }
    loop.ring = out = ring;
    loop.adopt_host(options.host);
    return RONDO_OK;
}

void ring_release(rondo_ring &ring) {
    if (!ring.drop_reference()) return;
    ring.tag = Tag::dead;
    destroy(&ring);
}

void ring_loop_closed(rondo_ring &ring) {
    ring.loop = nullptr;
    ring_release(ring);
}

void ring_view(rondo_ring &ring, rondo_ring_view &out) {
    uint32_t size = out.size;
    out = ring.view;
    out.size = size;
}

rondo_status make_ring_task(rondo_loop &loop, const RingTaskInit &init, const TaskOptions &options, Task *&out) {
    rondo_status status = make_task(loop, ring_vtable, &init, options, out);
    if (status == RONDO_OK) ring_retain_object(loop, init.object);
    return status;
}

rondo_status begin_eager(rondo_loop &loop, const RingTaskInit &init, TaskOptions options, Task *&out) {
    rondo_ring &ring = *init.ring;
    auto *eager = create<Eager>();
    if (!eager) return RONDO_ENOMEM;
    options.flags |= RONDO_TASK_EAGER;
    rondo_status status = make_ring_task(loop, init, options, out);
    if (status < 0 || !loop.running()) {
        destroy(eager);
        return status;
    }
    Task &task = *out;
    task.retain();
    (void)begin_step(task);
    task.held = true;
    (void)task.context.enter();
    *eager = {&task, std::exchange(loop.current_task, &task), loop.swap_context(&task.context), ring.eager};
    ring.eager = eager;
    return 1;
}

rondo_status end_eager(Task &task, uint64_t answer, uint64_t value) {
    rondo_loop &loop = *task.loop;
    rondo_ring &ring = *loop.ring;
    Eager *eager = ring.eager;
    if (!eager || eager->task != &task) return RONDO_ESTATE;
    ring.eager = eager->below;
    task.context.leave();
    loop.current_task = eager->outer_task;
    loop.swap_context(eager->outer_context);
    destroy(eager);
    rondo_step io{};
    read_answer(*ring.options.host, answer, value, io);
    if (!end_step(task, io)) make_ready(task);
    task.held = false;
    task.release_here();
    return RONDO_OK;
}

rondo_loop *ring_loop(rondo_ring &ring) { return ring.loop; }

void *ring_object(const rondo_loop &loop, const rondo_value &value) {
    const rondo_host *host = loop.host();
    void *none = loop.ring ? loop.ring->options.none : nullptr;
    void *object = value.kind == RONDO_NONE ? none : object_of(value, host);
    if (object && host && host->retain) host->retain(object);
    return object;
}

void *ring_task_object(Future &future) {
    auto *task = future.is_task() ? static_cast<Task *>(&future) : nullptr;
    bool unfinished = task && task->in_ring && task->frame_alive;
    void *object = unfinished ? static_cast<RingTaskInit *>(task->frame())->object : future.loop->ring->options.none;
    ring_retain_object(*future.loop, object);
    return object;
}

std::size_t ring_describe(Task &task, char *text, std::size_t capacity) {
    auto &init = *static_cast<RingTaskInit *>(task.frame());
    const rondo_ring_options &options = init.ring->options;
    return options.describe ? options.describe(options.user, init.object, text, capacity) : 0;
}

void *ring_detach_object(Task &task) {
    if (!task.frame_alive) return nullptr;
    task.frame_alive = false;
    return static_cast<RingTaskInit *>(task.frame())->object;
}

void ring_retain_object(rondo_loop &loop, void *object) {
    if (loop.host() && loop.host()->retain) loop.host()->retain(object);
}

void ring_release_object(rondo_loop &loop, void *object) {
    if (loop.host()) release_object(*loop.host(), object);
}

} // namespace rondo::core
