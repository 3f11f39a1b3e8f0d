"""asyncio's Runner as a native library: `import rondo as asyncio`.

Coroutines run on the loop of librondo, beside coroutines in C, C++ and other languages. What is here behaves as in
asyncio of CPython 3.13; what differs:

    new_event_loop(virtual_clock=True)      a loop whose time jumps when everyone sleeps; also Runner(virtual_clock=True)
    wrap_native(address)                    a future for a rondo_future that a C library returned
    Future.native, Loop.native              the addresses to give to C
    Future.set_native_result(value)         a result that other languages can read
    RondoError                              native errors that have no Python class of their own

Tasks that are not done are kept alive by their loop, timers with equal deadlines run in the order they were made in,
and there is no current loop beside the running one.
"""

from inspect import iscoroutinefunction

from ._errors import CancelledError, InvalidStateError, RondoError, TimeoutError
from ._futures import Future, isfuture
from ._gather import ensure_future, gather
from ._handles import Handle, TimerHandle
from ._loop import Loop, new_event_loop, wrap_native
from ._runners import Runner, run
from ._running import get_event_loop, get_running_loop
from ._sleep import sleep
from ._tasks import Task, all_tasks, create_task, current_task, iscoroutine

AbstractEventLoop = Loop

__version__ = "0.1.0"
__all__ = [
    "AbstractEventLoop",
    "CancelledError",
    "Future",
    "Handle",
    "InvalidStateError",
    "Loop",
    "RondoError",
    "Runner",
    "Task",
    "TimeoutError",
    "TimerHandle",
    "all_tasks",
    "create_task",
    "current_task",
    "ensure_future",
    "gather",
    "get_event_loop",
    "get_running_loop",
    "iscoroutine",
    "iscoroutinefunction",
    "isfuture",
    "new_event_loop",
    "run",
    "sleep",
    "wrap_native",
]
