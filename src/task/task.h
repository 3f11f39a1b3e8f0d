// Tasks: a future with a coroutine, in one block with its frame. A task is in exactly one of these phases:
//
//     ready      its node is in the ready queue                     → running
//     published  its node is in a ring's batch, not yet begun       → running, or ready again
//     running    its step is on the stack                           → any other
//     waiting    its node is among the waiters of waits.awaited, or, when that is done, in the ready queue → running
//     sleeping   its node is among the deadlines or, when the deadline has come, in the ready queue, where its turn
//                makes the task ready: one more turn, as asyncio's sleep has → ready, also by a cancel
//     parked     its node is nowhere                                → ready, by a waker or a cancel
//     ended      done
//
// waits.to_raise is what the next step raises. While it comes from a cancel request that no future took, must_cancel is
// set: the request still looks for a suspension to strike.
#pragma once

#include "base/list.h"
#include "task/context.h"
#include "task/future.h"

#include "rondo/abi.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace rondo::core {

enum class Phase : uint8_t { ready, published, running, waiting, sleeping, parked, ended };

enum class Wake : uint8_t {
    none,
    pending,  // a waker came while the task was not parked: the next PARK returns
    delivered // a waker made the task ready: others until it runs count as the same
};

extern const FutureClass task_class;

// A name that was set or asked for, else a number from which it is made when somebody asks.
class TaskName {
public:
    TaskName() = default;
    TaskName(const TaskName &) = delete;
    TaskName &operator=(const TaskName &) = delete;
    ~TaskName() {
        if (char *owned = text()) std::free(owned);
    }

    char *text() const { return bits_ & 1 ? nullptr : reinterpret_cast<char *>(bits_); }
    uint64_t number() const { return bits_ >> 1; }
    void set(char *text) { // takes over what malloc gave
        std::free(this->text());
        bits_ = reinterpret_cast<uintptr_t>(text);
    }
    void set(uint64_t number) { bits_ = number << 1 | 1; }

private:
    uintptr_t bits_ = 0;
};

// Stands in rondo_loop::tasks.
struct AmongTasks {
    Link among_tasks;
};

// Small enough for the end of the future's last word.
struct TaskState : Future {
    using Future::Future;

    Phase phase = Phase::ready;
    Wake wake = Wake::none;
    uint8_t flags = 0; // RONDO_TASK_
    bool must_cancel = false;
    bool frame_alive : 1 = false;
    bool owed : 1 = false;    // a request went to the awaited task, and sticks: see RONDO_TASK_CANCEL_STICKS
    bool in_ring : 1 = false; // the frame is a ring's object
    bool asked : 1 = false;   // a cancel request is passing through
    bool held : 1 = false;    // its first step runs inside the creating call: fatal errors stay there
    bool waived : 1 = false;  // its being destroyed unfinished is not worth a report
    bool drawn : 1 = false;   // by the dump under way, which is
    bool drawing : 1 = false; // still below it
};

struct Task final : TaskState, AmongTasks {
    Task(rondo_loop &l, const rondo_coro_vtable &vt, std::size_t block_size);

    void *frame();
    static constexpr std::size_t frame_offset();
    static Task &of(Link &link) { return static_cast<Task &>(reinterpret_cast<AmongTasks &>(link)); }

    ContextSlot context;
    TaskName name;
    struct Scope *scopes = nullptr; // those it is in, the innermost first
    uint32_t block_size;
    uint32_t cancels = 0;
};
static_assert(sizeof(void *) != 8 || sizeof(Task) == 160);

// The frame follows the task in its block: waits.vtable->frame_size bytes, or the address of the caller's own frame.
constexpr std::size_t Task::frame_offset() { return (sizeof(Task) + 15) / 16 * 16; }

struct TaskOptions {
    const char *name = nullptr;
    rondo_context *context = nullptr;
    uint32_t flags = 0; // RONDO_TASK_
    rondo_task_group *group = nullptr;
};

// One reference for the caller, one for the loop. RONDO_ENOMEM; RONDO_ESTATE: the group takes none; RONDO_EENTERED: an
// eager task in a context that is entered.
rondo_status make_task(rondo_loop &loop, const rondo_coro_vtable &vtable, const void *init,
                       const TaskOptions &options, Task *&out);

// The same without options. nullptr: RONDO_ENOMEM.
Task *make_task(rondo_loop &loop, const rondo_coro_vtable &vtable, const void *init);

// Fills a frame as the vtable says: from init, or zeroed and by its start.
void fill_frame(char *frame, std::size_t size, const rondo_coro_vtable &vtable, const void *init);

// "Task-7"; nullptr when out of memory.
const char *task_name(Task &task);
rondo_status set_task_name(Task &task, const char *name);

uint32_t uncancel(Task &task);

// The loop is closing: ends an unfinished task without running it.
void abandon(Task &task);

// ---- the parts of a step, shared with the ring

// What the suspension ended with: moves awaited out of the task and answers the error to raise, or nullptr.
struct Resumption {
    FutureRef awaited; // keeps the value sent alive during the step
    ErrorRef error;
};
enum class Resume { scheduled, at_once }; // at once, after awaiting something done: no cancel request is delivered
Resumption begin_step(Task &task, Resume how = Resume::scheduled);
// Looks without beginning: what the next step will raise, or nullptr.
Error *pending_error(const Task &task);
// Acts on a verdict. False: the awaited future is done already, step again at once.
bool end_step(Task &task, rondo_step &io);
void run_task(Node &node, Loop &loop);
// Moves the value a step was sent out of the awaited future. RONDO_ETAKEN.
rondo_status take_sent(rondo_step &io, rondo_value &out);
void make_ready(Task &task);
void wake_task(Task &task);

} // namespace rondo::core
