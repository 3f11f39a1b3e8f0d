// The ready ring: hands ring tasks and ring callbacks that stand next to each other in the ready queue to their host as
// one batch. The host's answers are acted on in order, each before anything a later entry asks of the library is done:
// every loop-thread function of the ABI first calls ring_sync while a batch is at the host.
#pragma once

#include "task/handle.h"
#include "task/task.h"

#include "rondo/abi.h"

namespace rondo::core {

using Ring = ::rondo_ring;

struct RingTaskInit {
    rondo_ring *ring;
    void *object;
};

extern const rondo_coro_vtable ring_vtable; // of tasks whose frame is a RingTaskInit

// The function that stands for "through the loop's ring" in callbacks. Never called.
void ring_callback(void *user, rondo_call *call);

// options are checked. RONDO_ENOMEM.
rondo_status make_ring(rondo_loop &loop, const rondo_ring_options &options, rondo_ring *&out);
void ring_release(rondo_ring &ring);
void ring_loop_closed(rondo_ring &ring); // gives the loop's reference back
// Retains the object. RONDO_ENOMEM.
rondo_status make_ring_task(rondo_loop &loop, const RingTaskInit &init, const TaskOptions &options, Task *&out);
// An eager task, whose first step its host runs now: between begin and end it is the loop's current task.
rondo_status begin_eager(rondo_loop &loop, const RingTaskInit &init, TaskOptions options, Task *&out);
// answer and value as in a rondo_ring_view. RONDO_ESTATE: it is not the innermost one begun.
rondo_status end_eager(Task &task, uint64_t answer, uint64_t value);

rondo_loop *ring_loop(rondo_ring &ring); // nullptr after its close
// The host's object for a value, with a reference of its own; nullptr: it has none.
void *ring_object(const rondo_loop &loop, const rondo_value &value);
// The object of an unfinished ring task, else the host's "nothing"; with a reference of its own.
void *ring_task_object(Future &future);
void ring_view(rondo_ring &ring, rondo_ring_view &out);

void run_ring_node(Node &node, Loop &loop);
// Acts on the answers of the entries before the one the host is at.
void ring_sync(rondo_loop &loop);
// The task was cancelled while in a batch: tells the host, if it has not begun the entry.
void ring_refresh(rondo_loop &loop, Task &task);
// What the running entry answers may change later ones (it was cancelled, and its next await shall pass that on).
void ring_pause(rondo_loop &loop);
// The callback stands in the batch at the host: marked to be skipped. False: it does not.
bool ring_published(rondo_loop &loop, Handle &handle);

// As rondo_coro_vtable.describe.
std::size_t ring_describe(Task &task, char *text, std::size_t capacity);

// The object of a ring task that has ended, with the ring's reference to it.
void *ring_detach_object(Task &task);
void ring_retain_object(rondo_loop &loop, void *object);
void ring_release_object(rondo_loop &loop, void *object);

} // namespace rondo::core
