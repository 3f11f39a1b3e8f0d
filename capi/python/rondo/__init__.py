"""asyncio's Runner as a native library: `import rondo as asyncio`.

Coroutines run on the loop of librondo, beside coroutines in C, C++ and other languages. What is here behaves as in
asyncio of CPython 3.13; what differs:

    new_event_loop(virtual_clock=True)      a loop whose time jumps when everyone sleeps; also Runner(virtual_clock=True)
    wrap_native(address)                    a future for a rondo_future that a C library returned
    Future.native, Loop.native              the addresses to give to C
    Future.set_native_result(value)         a result that other languages can read
    create_task(result_wins=True)           cancel() does not cost a result that is already there
    create_task(cancel_sticks=True)         cancel() counts although an awaited task swallows it
    gather(cancel_on_error=True)            the first failure cancels the others; report_late=True reports later ones
    current_deadline()                      the earliest deadline of the timeouts around the running task
    Loop.dump()                             the tasks of all languages as a tree: who awaits whom
    Loop(shuffle_seed=1)                    turns run in random order; report_early=True tells of errors at once
    Channel(capacity)                       a queue between loops and threads: send, receive, and both for threads
    bridge(future)                          a future here for one of another loop
    rondo.interop                           to_asyncio, from_asyncio, Guest: together with CPython's asyncio
    RondoError                              native errors that have no Python class of their own

Streams, transports, sock_*, getaddrinfo, subprocesses and signal handlers are not here: await asyncio's by way of
rondo.interop.

Tasks that are not done are kept alive by their loop, timers with equal deadlines run in the order they were made in,
and there is no current loop beside the running one.
"""

from inspect import iscoroutinefunction

from ._channels import Channel
from ._errors import BrokenBarrierError, CancelledError, InvalidStateError, RondoError, TimeoutError
from ._futures import Future, isfuture
from ._gather import ensure_future, gather
from ._graph import (
    FrameCallGraphEntry,
    FutureCallGraph,
    capture_call_graph,
    format_call_graph,
    future_add_to_awaited_by,
    future_discard_from_awaited_by,
    print_call_graph,
)
from ._handles import Handle, TimerHandle
from ._locks import Barrier, BoundedSemaphore, Condition, Event, Lock, Semaphore
from ._loop import Loop, new_event_loop, wrap_native
from ._queues import LifoQueue, PriorityQueue, Queue, QueueEmpty, QueueFull, QueueShutDown
from ._runners import Runner, run
from ._running import get_event_loop, get_running_loop
from ._sleep import sleep
from ._taskgroups import TaskGroup
from ._tasks import (
    Task,
    all_tasks,
    create_eager_task_factory,
    create_task,
    current_task,
    eager_task_factory,
    iscoroutine,
)
from ._threads import bridge, run_coroutine_threadsafe, to_thread, wrap_future
from ._timeouts import Timeout, current_deadline, timeout, timeout_at
from ._waiting import (
    ALL_COMPLETED,
    FIRST_COMPLETED,
    FIRST_EXCEPTION,
    as_completed,
    shield,
    wait,
    wait_for,
)

AbstractEventLoop = Loop

__version__ = "0.1.0"
__all__ = [
    "ALL_COMPLETED",
    "AbstractEventLoop",
    "Barrier",
    "BoundedSemaphore",
    "BrokenBarrierError",
    "CancelledError",
    "Channel",
    "Condition",
    "Event",
    "FIRST_COMPLETED",
    "FIRST_EXCEPTION",
    "FrameCallGraphEntry",
    "Future",
    "FutureCallGraph",
    "Handle",
    "InvalidStateError",
    "LifoQueue",
    "Lock",
    "Loop",
    "PriorityQueue",
    "Queue",
    "QueueEmpty",
    "QueueFull",
    "QueueShutDown",
    "RondoError",
    "Runner",
    "Semaphore",
    "Task",
    "TaskGroup",
    "Timeout",
    "TimeoutError",
    "TimerHandle",
    "all_tasks",
    "as_completed",
    "bridge",
    "capture_call_graph",
    "create_eager_task_factory",
    "create_task",
    "current_deadline",
    "current_task",
    "eager_task_factory",
    "ensure_future",
    "format_call_graph",
    "future_add_to_awaited_by",
    "future_discard_from_awaited_by",
    "gather",
    "get_event_loop",
    "get_running_loop",
    "iscoroutine",
    "iscoroutinefunction",
    "isfuture",
    "new_event_loop",
    "print_call_graph",
    "run",
    "run_coroutine_threadsafe",
    "shield",
    "sleep",
    "timeout",
    "timeout_at",
    "to_thread",
    "wait",
    "wait_for",
    "wrap_future",
    "wrap_native",
]
