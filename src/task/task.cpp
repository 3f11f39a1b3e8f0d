#include "task/task.h"

#include "base/pool.h"
#include "task/group.h"
#include "task/operation.h"
#include "task/origin.h"
#include "task/report.h"
#include "task/ring.h"
#include "task/scope.h"
#include "task/value.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace rondo::core {

bool cancel_task(Future &future, Error *reason); // cancel.cpp

namespace {

bool advance(Task &task, FutureRef held, ErrorRef error);
void run_operation(Node &node, Loop &loop);

// asyncio numbers tasks through the whole process.
uint64_t next_task_number() {
    static std::atomic<uint64_t> last{0};
    if (!only_thread()) return last.fetch_add(1, std::memory_order_relaxed) + 1;
    uint64_t number = last.load(std::memory_order_relaxed) + 1;
    last.store(number, std::memory_order_relaxed);
    return number;
}

void end_task(Future &future) {
    if (!end_future(future)) return;
    auto &task = static_cast<Task &>(future);
    std::size_t size = task.block_size;
    task.~Task();
    deallocate(&task, size);
}

void end_frame(Task &task) {
    if (!task.frame_alive) return;
    task.frame_alive = false;
    if (task.waits.vtable->destroy) task.waits.vtable->destroy(task.frame());
}

void leave_loop(Task &task) {
    task.among_tasks.unlink();
    --task.loop->task_count;
    task.phase = Phase::ended;
}

// ---- verdicts

// The coroutine has ended: its frame goes first, then whoever awaits the task is scheduled. A ring's object goes last:
// it may hold the last reference to the task, and shall be there to be named when nobody looks at the task's error.
template <class Ending>
void conclude(Task &task, Ending ending) {
    rondo_loop &loop = *task.loop;
    void *object = task.in_ring ? ring_detach_object(task) : nullptr;
    end_frame(task);
    leave_loop(task);
    if (auto *unused = std::exchange(task.waits.to_raise, nullptr)) unused->release();
    if (task.scopes) forsake_scopes(task);
    ending();
    task.release_here();
    if (object) ring_release_object(loop, object);
}

void conclude_cancelled(Task &task, ErrorRef reason) {
    if (!reason) reason = task.waits.to_raise ? ErrorRef::share(task.waits.to_raise) : cancelled_error();
    conclude(task, [&] { task.cancel_now(std::move(reason)); });
}

void conclude_returned(Task &task, rondo_value &result) {
    if (task.must_cancel) {
        drop_value(result);
        conclude_cancelled(task, {});
    } else {
        conclude(task, [&] { task.finish(result); });
    }
}

void conclude_raised(Task &task, ErrorRef error) {
    if (!error)
        error = make_error(RONDO_EINVAL, "RONDO_STEP_RAISE needs out_error: give the step's error one reference");
    if (error->code == RONDO_ECANCELED) {
        conclude_cancelled(task, std::move(error));
        return;
    }
    if (is_fatal(*error) && !task.held) task.loop->raise_fatal(ErrorRef::share(error.get()));
    conclude(task, [&] { task.fail(std::move(error)); });
}

void raise_next(Task &task, ErrorRef error) {
    if (!task.waits.to_raise) task.waits.to_raise = error.detach();
    make_ready(task);
}

// A suspension without a future of its own meets the cancel request that was waiting for one.
bool struck_at_once(Task &task) {
    if (!std::exchange(task.must_cancel, false)) return false;
    make_ready(task);
    return true;
}

void fire_sleep(Node &node, Loop &loop) {
    if (loop.discarding()) return;
    make_ready(static_cast<Task &>(future_of(node)));
}

void fall_asleep(Task &task, int64_t delay) {
    if (struck_at_once(task)) return;
    task.run = fire_sleep;
    task.phase = Phase::sleeping;
    if (!task.loop->add_deadline(task, saturating_add(task.loop->now(), delay)))
        raise_next(task, make_error(RONDO_ENOMEM));
}

void park(Task &task) {
    if (struck_at_once(task)) return;
    task.phase = Phase::parked;
    if (std::exchange(task.wake, Wake::none) == Wake::pending) wake_task(task);
}

// The request that was waiting for a future to strike.
[[gnu::noinline]] void strike(Task &task, Future &awaited) {
    ErrorRef reason = ErrorRef::share(task.waits.to_raise);
    if (awaited.cls->cancel(awaited, reason.get()) && std::exchange(task.must_cancel, false)) {
        std::exchange(task.waits.to_raise, nullptr)->release();
    }
}

// Takes over the reference.
void suspend_on(Task &task, Future &awaited) {
    task.waits.awaited = &awaited;
    task.phase = Phase::waiting;
    awaited.waiters.push_back(task);
    if (task.must_cancel) strike(task, awaited);
}

// What the operation waits for has ended: it goes on, and the task behind it when it has ended too.
void run_operation(Node &node, Loop &loop) {
    if (loop.discarding()) return;
    auto &task = static_cast<Task &>(future_of(node));
    FutureRef held = FutureRef::adopt(std::exchange(task.waits.operation, nullptr));
    Resumption resumption = begin_step(task);
    if (advance(task, std::move(held), std::move(resumption.error))) return;
    task.phase = Phase::ready;
    task.run = task.in_ring ? run_ring_node : run_task;
    task.run(task, loop);
}

// True: the task waits. False: the operation has ended and is what the task has awaited.
bool advance(Task &task, FutureRef held, ErrorRef error) {
    auto &operation = static_cast<Operation &>(*held);
    FutureRef wait = operation.advance(std::move(error));
    while (wait && wait->done())
        wait = operation.advance(wait->outcome() < 0 ? ErrorRef::share(wait->error) : ErrorRef());
    if (!wait) {
        task.waits.awaited = held.detach();
        return false;
    }
    task.waits.operation = held.detach();
    task.run = run_operation;
    suspend_on(task, *wait.detach());
    return true;
}

[[gnu::noinline]] ErrorRef refuse_to_await(Task &task, Future *given) {
    if (!given)
        return make_error(RONDO_EINVAL, "RONDO_STEP_AWAIT needs a target: give one reference to a future");
    if (given->tag != Tag::future)
        return make_error(RONDO_EKIND, "RONDO_STEP_AWAIT needs a future or task as its target");
    FutureRef target = FutureRef::adopt(given);
    if (given == &task) return make_error(RONDO_ESELF, "Task cannot await on itself");
    if (given->loop->wrong_thread() || !given->done())
        return make_error(RONDO_EOTHERLOOP, "the task got a future attached to a different loop");
    (void)target.detach();
    return {};
}

bool await_operation(Task &task, FutureRef target) {
    if (!static_cast<Operation &>(*target).awaited()) return advance(task, std::move(target), {});
    raise_next(task, make_error(RONDO_ESTATE, "an operation is awaited once, by one task"));
    return true;
}

// Takes over the reference. False: the target is done, the coroutine goes on at once.
bool await(Task &task, Future *target) {
    bool sound = target && target->tag == Tag::future && target != &task && target->loop == task.loop;
    if (!sound) [[unlikely]] {
        if (ErrorRef refused = refuse_to_await(task, target)) {
            raise_next(task, std::move(refused));
            return true;
        }
    }
    if (target->done()) {
        task.waits.awaited = target;
        return false;
    }
    if (target->cls == &operation_class) return await_operation(task, FutureRef::adopt(target));
    suspend_on(task, *target);
    return true;
}

} // namespace

constinit const FutureClass task_class{"Task", false, cancel_task, nullptr, end_task};

Task::Task(rondo_loop &l, const rondo_coro_vtable &vt, std::size_t size)
    : TaskState(task_class, l, run_task, 2), block_size(static_cast<uint32_t>(size)) {
    kind = Kind::task;
    waits.vtable = &vt;
    l.tasks.push_back(among_tasks);
    ++l.task_count;
}

void *Task::frame() {
    char *place = reinterpret_cast<char *>(this) + frame_offset();
    return waits.vtable->frame_size ? place : *reinterpret_cast<void **>(place);
}

namespace {

rondo_status check_options(const rondo_loop &loop, const TaskOptions &options) {
    if (options.group && options.group->loop != &loop) return RONDO_EOTHERLOOP;
    bool eager = (options.flags & RONDO_TASK_EAGER) && loop.running();
    if (eager && options.context && options.context->entered) return RONDO_EENTERED;
    return options.group ? options.group->check_open() : RONDO_OK;
}

} // namespace

void fill_frame(char *frame, std::size_t size, const rondo_coro_vtable &vtable, const void *init) {
    if (vtable.frame_size == 0) {
        std::memcpy(frame, &init, sizeof init);
        return;
    }
    if (!init || vtable.start) std::memset(frame, 0, size);
    if (vtable.start) {
        vtable.start(frame, init);
    } else if (init) {
        std::memcpy(frame, init, size);
    }
}

namespace {

// What would leave the loop is for the creator to raise (E4): its code.
rondo_status step_eagerly(Task &task) {
    rondo_loop &loop = *task.loop;
    rondo_task *creator = loop.current_task;
    ContextSlot &context = loop.context();
    task.held = true;
    run_task(task, loop);
    task.held = false;
    loop.current_task = creator;
    loop.swap_context(&context);
    if (task.state != State::failed || !is_fatal(*task.error)) return RONDO_OK;
    task.unretrieved = false;
    return task.error->code;
}

} // namespace

namespace {

// Not scheduled yet. nullptr when out of memory.
[[gnu::always_inline]] inline Task *new_task(rondo_loop &loop, const rondo_coro_vtable &vtable, const void *init, const TaskOptions &options) {
    std::size_t frame_size = vtable.frame_size ? vtable.frame_size : sizeof(void *);
    std::size_t block_size = Task::frame_offset() + frame_size;
    auto *block = static_cast<char *>(allocate(block_size));
    if (!block) return nullptr;
    auto *task = new (block) Task(loop, vtable, block_size);
    if (!options.name) task->name.set(next_task_number());
    task->flags = static_cast<uint8_t>(options.flags);
    task->context.init(options.context, loop.context());
    fill_frame(block + Task::frame_offset(), frame_size, vtable, init);
    task->frame_alive = true;
    if (loop.debug) [[unlikely]]
        note_origin(loop, task);
    task->in_ring = &vtable == &ring_vtable;
    if (task->in_ring) task->run = run_ring_node;
    return task;
}

// What some tasks need memory for besides their block.
struct Extras {
    explicit Extras(const TaskOptions &options)
        : name(options.name ? strdup(options.name) : nullptr), member(options.group ? Group::make_member() : nullptr),
          complete((name || !options.name) && (member || !options.group)) {}
    ~Extras() {
        if (name) std::free(name);
        if (member) Group::discard_member(member);
    }
    Extras(const Extras &) = delete;
    Extras &operator=(const Extras &) = delete;

    char *name;
    Group::Member *member;
    bool complete;
};

[[gnu::noinline]] rondo_status make_special_task(rondo_loop &loop, const rondo_coro_vtable &vtable, const void *init,
                                                 const TaskOptions &options, Task *&out) {
    if (rondo_status s = check_options(loop, options); s < 0) return s;
    Extras extras(options);
    Task *task = extras.complete ? new_task(loop, vtable, init, options) : nullptr;
    if (!task) return RONDO_ENOMEM;
    if (extras.name) task->name.set(std::exchange(extras.name, nullptr));
    if (!(options.flags & RONDO_TASK_EAGER) || !loop.running()) {
        make_ready(*task);
    } else if (!task->in_ring) { // a ring's host runs the step itself
        if (rondo_status raised = step_eagerly(*task); raised < 0) {
            task->release_here();
            return raised;
        }
    }
    if (options.group) options.group->add(*std::exchange(extras.member, nullptr), *task);
    out = task;
    return RONDO_OK;
}

} // namespace

rondo_status make_task(rondo_loop &loop, const rondo_coro_vtable &vtable, const void *init,
                       const TaskOptions &options, Task *&out) {
    if (options.name || options.group || (options.flags & RONDO_TASK_EAGER))
        return make_special_task(loop, vtable, init, options, out);
    Task *task = new_task(loop, vtable, init, options);
    if (!task) return RONDO_ENOMEM;
    loop.ready(*task);
    out = task;
    return RONDO_OK;
}

Task *make_task(rondo_loop &loop, const rondo_coro_vtable &vtable, const void *init) {
    Task *task = new_task(loop, vtable, init, {});
    if (task) loop.ready(*task);
    return task;
}

const char *task_name(Task &task) {
    if (!task.name.text()) {
        char text[32];
        std::snprintf(text, sizeof text, "Task-%llu", static_cast<unsigned long long>(task.name.number()));
        if (char *made = strdup(text)) task.name.set(made);
    }
    return task.name.text();
}

rondo_status set_task_name(Task &task, const char *name) {
    char *copy = strdup(name);
    if (!copy) return RONDO_ENOMEM;
    task.name.set(copy);
    return RONDO_OK;
}

void abandon(Task &task) {
    if (!task.waived) report(*task.loop, Report{"Task was destroyed but it is pending!", nullptr, nullptr, &task});
    if (task.phase == Phase::sleeping && task.slot != Node::none) task.loop->remove_deadline(task);
    if (task.linked()) task.unlink();
    end_frame(task);
    leave_loop(task);
    if (task.scopes) forsake_scopes(task);
    if (auto *awaited = std::exchange(task.waits.awaited, nullptr)) awaited->release_here();
    if (auto *operation = std::exchange(task.waits.operation, nullptr)) operation->release_here();
    if (auto *error = std::exchange(task.waits.to_raise, nullptr)) error->release();
    task.release_here();
}

void make_ready(Task &task) {
    task.phase = Phase::ready;
    task.run = task.waits.operation ? run_operation : task.in_ring ? run_ring_node : run_task;
    task.loop->ready(task);
}

void wake_task(Task &task) {
    if (task.phase == Phase::parked) {
        task.wake = Wake::delivered;
        make_ready(task);
    } else if (task.wake == Wake::none) {
        task.wake = Wake::pending;
    }
}

namespace {

// A cancel request that is not to cost the value it comes too late for.
bool result_wins(const Task &task, const Future *awaited) {
    return (task.flags & RONDO_TASK_RESULT_WINS) && task.must_cancel && awaited && awaited->succeeded();
}

// The request went to the awaited task, which returned all the same.
Error *owed_error(const Task &task, const Future *awaited) {
    return task.owed && awaited && awaited->succeeded() ? cancelled_error().get() : nullptr;
}

} // namespace

Error *pending_error(const Task &task) {
    const Future *awaited = task.waits.awaited;
    Error *from_awaited = awaited && awaited->done() && !awaited->succeeded() ? awaited->error : nullptr;
    Error *raised = result_wins(task, awaited) ? nullptr : task.waits.to_raise;
    if (!raised) return from_awaited ? from_awaited : owed_error(task, awaited);
    bool cancelled_there = task.must_cancel && from_awaited && from_awaited->code == RONDO_ECANCELED;
    return cancelled_there ? from_awaited : raised;
}

namespace {

// What awaiting it ends with: nothing, with a value.
ErrorRef error_of(Future &awaited) {
    rondo_status status = awaited.outcome();
    if (status == RONDO_OK) return {};
    return awaited.succeeded() ? make_error(status) : ErrorRef::share(awaited.error);
}

// Nothing was awaited and nothing is to be raised.
void begin_plain_step(Task &task) {
    task.phase = Phase::running;
    if (task.wake == Wake::delivered) task.wake = Wake::none;
}

} // namespace

namespace {

// What was awaited alone decides, unless a cancel request has its say.
bool undisturbed(const Task &task) { return !task.waits.to_raise && !task.owed; }

Resumption begin_undisturbed_step(Task &task) {
    Resumption resumption{FutureRef::adopt(std::exchange(task.waits.awaited, nullptr)), {}};
    begin_plain_step(task);
    if (resumption.awaited) resumption.error = error_of(*resumption.awaited);
    return resumption;
}

[[gnu::noinline]] Resumption begin_disturbed_step(Task &task, Resume how) {
    bool deliver = how == Resume::scheduled && !result_wins(task, task.waits.awaited);
    ErrorRef requested = ErrorRef::adopt(deliver ? std::exchange(task.waits.to_raise, nullptr) : nullptr);
    bool must_cancel = deliver && std::exchange(task.must_cancel, false);
    Resumption resumption = begin_undisturbed_step(task);
    if (!resumption.error && task.owed) {
        if (Error *owed = owed_error(task, resumption.awaited.get())) resumption.error = ErrorRef::adopt(owed);
    }
    task.owed = false;
    bool cancelled_there = must_cancel && resumption.error && resumption.error->code == RONDO_ECANCELED;
    if (requested && !cancelled_there) resumption.error = std::move(requested);
    return resumption;
}

} // namespace

Resumption begin_step(Task &task, Resume how) {
    return undisturbed(task) ? begin_undisturbed_step(task) : begin_disturbed_step(task, how);
}

namespace {

void go_on_next_turn(Task &task) {
    task.phase = Phase::ready;
    task.loop->ready(task);
}

[[gnu::noinline]] void act_on_rare_verdict(Task &task, rondo_step &io) {
    switch (io.verdict) {
    case RONDO_STEP_RAISE:
        return conclude_raised(task, adopt_given(io.out_error));
    case RONDO_STEP_CANCELLED:
        return conclude_cancelled(task, adopt_given(io.out_error));
    case RONDO_STEP_SLEEP:
        return io.delay_ns > 0 ? fall_asleep(task, io.delay_ns) : go_on_next_turn(task);
    case RONDO_STEP_PARK:
        return park(task);
    case RONDO_STEP_PRODUCE:
        drop_value(io.out);
        return conclude_raised(
            task, make_error(RONDO_EFAULT, "RONDO_STEP_PRODUCE is for generators: a task returns its value"));
    case RONDO_STEP_FAULT:
        return conclude_raised(
            task, make_error(RONDO_EFAULT, "the step returned without writing a verdict: set io->verdict"));
    default:
        return conclude_raised(
            task, make_error(RONDO_EFAULT, "the step wrote a verdict that is none of RONDO_STEP_"));
    }
}

[[gnu::noinline]] bool act_on_verdict(Task &task, rondo_step &io) {
    if (io.verdict == RONDO_STEP_AWAIT) return await(task, io.target);
    if (io.verdict == RONDO_STEP_RETURN) {
        conclude_returned(task, io.out);
    } else {
        act_on_rare_verdict(task, io);
    }
    return true;
}

} // namespace

bool end_step(Task &task, rondo_step &io) {
    if (io.verdict != RONDO_STEP_YIELD) return act_on_verdict(task, io);
    go_on_next_turn(task);
    return true;
}

namespace {

// While a task of the ready queue is stepped: outside of it there is none, and the loop's own context.
class InsideTask {
public:
    explicit InsideTask(Task &task) : task_(task), entered_(task.context.enter()) {
        task.loop->current_task = &task;
        task.loop->swap_context(&task.context);
    }
    ~InsideTask() {
        if (entered_) task_.context.leave();
        task_.loop->leave_task();
    }
    InsideTask(const InsideTask &) = delete;
    InsideTask &operator=(const InsideTask &) = delete;

private:
    Task &task_;
    bool entered_;
};

void call_step(Task &task, rondo_step &io) {
    try {
        task.waits.vtable->step(task.frame(), &io);
    } catch (...) {
        io.verdict = RONDO_STEP_RAISE;
        io.out_error = stray_exception().detach();
    }
}

// Answers as end_step does. awaited stands in task.waits until then, for take_sent.
inline bool step(Task &task, Error *error, Future *awaited) {
    rondo_step io;
    rondo_value none{};
    io.size = sizeof io;
    io.verdict = RONDO_STEP_FAULT;
    io.self = &task;
    io.loop = task.loop;
    io.status = error ? error->code : RONDO_OK;
    io.flags = 0;
    io.error = error;
    io.sent = awaited && !error ? &awaited->bearer().value : &none;
    std::memset(&io.target, 0, sizeof io - offsetof(rondo_step, target)); // at once: as wide as it will be read
    {
        InsideTask inside(task);
        call_step(task, io);
        if (awaited) task.waits.awaited = nullptr;
    }
    return end_step(task, io);
}

bool step_plainly(Task &task) {
    begin_plain_step(task);
    return step(task, nullptr, nullptr);
}

[[gnu::noinline]] bool step_with_error(Task &task, Resume how) {
    Resumption resumption = begin_step(task, how);
    task.waits.awaited = resumption.awaited.get(); // borrowed
    return step(task, resumption.error.get(), resumption.awaited.get());
}

[[gnu::noinline]] bool step_resumed(Task &task, Resume how) {
    Future *awaited = task.waits.awaited;
    bool succeeded = undisturbed(task) && awaited && awaited->outcome() == RONDO_OK;
    if (!succeeded) [[unlikely]]
        return step_with_error(task, how);
    begin_plain_step(task);
    bool waits = step(task, nullptr, awaited);
    awaited->release_here();
    return waits;
}

} // namespace

rondo_status take_sent(rondo_step &io, rondo_value &out) {
    if (Future *awaited = io.self->waits.awaited) {
        Future &bearer = awaited->bearer();
        if (bearer.value_taken) return RONDO_ETAKEN;
        bearer.value_taken = true;
    }
    out = take_value(*io.sent);
    return RONDO_OK;
}

void run_task(Node &node, Loop &loop) {
    if (loop.discarding()) return;
    auto &task = static_cast<Task &>(future_of(node));
    bool resumed = task.waits.awaited || task.waits.to_raise;
    bool waits = resumed ? step_resumed(task, Resume::scheduled) : step_plainly(task);
    while (!waits) waits = step_resumed(task, Resume::at_once);
}

} // namespace rondo::core
