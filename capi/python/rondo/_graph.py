"""Who awaits whom: the call graph of asyncio in Python 3.14, and where the coroutine of a task is."""

import dataclasses
import inspect
import sys
import types
import weakref
from ctypes import addressof, byref, c_size_t, c_void_p, memmove

from . import _ffi
from ._chains import await_chain
from ._errors import check
from ._futures import Future
from ._running import running
from ._tasks import Task, current_task

_declared = weakref.WeakKeyDictionary()  # future: those that wait for it in a way the library cannot see


@dataclasses.dataclass(frozen=True, slots=True)
class FrameCallGraphEntry:
    frame: types.FrameType


@dataclasses.dataclass(frozen=True, slots=True)
class FutureCallGraph:
    future: Future
    call_stack: tuple[FrameCallGraphEntry, ...]
    awaited_by: tuple["FutureCallGraph", ...]


def future_add_to_awaited_by(fut, waiter, /):
    """Tells the call graph that waiter waits for fut. What the library can see itself need not be told."""
    if isinstance(fut, Future) and isinstance(waiter, Future):
        _declared.setdefault(fut, weakref.WeakSet()).add(waiter)


def future_discard_from_awaited_by(fut, waiter, /):
    """Takes that back."""
    if isinstance(fut, Future) and isinstance(waiter, Future):
        _declared.get(fut, weakref.WeakSet()).discard(waiter)


def capture_call_graph(future=None, /, *, depth=1, limit=None):
    """The call stack of a task (the current one by default), and of all that await it, as a FutureCallGraph.

    None without a current task. depth skips frames on top of the current task's stack; limit keeps so many entries of
    each stack, counted from the innermost call, or if negative from the outermost.
    """
    loop = running.loop
    if future is None and loop is None:
        raise RuntimeError(
            "capture_call_graph() is called outside of a running event loop and no *future* to introspect was provided"
        )
    current = None if loop is None else current_task(loop)
    if future is None:
        if current is None:
            return None
        future = current
    if not isinstance(future, Future):
        raise TypeError(f"{future!r} object does not appear to be compatible with asyncio.Future")
    frames = _frames_below(sys._getframe(depth), future) if future is current else suspended_frames(future)
    return _graph(future, frames, limit, ())


def _graph(future, frames, limit, path):
    if limit is not None:
        frames = frames[:limit] if limit >= 0 else frames[limit:]
    path += (future,)
    awaited_by = [
        _graph(waiter, suspended_frames(waiter), limit, path) for waiter in _waiters(future) if waiter not in path
    ]
    return FutureCallGraph(future, tuple(map(FrameCallGraphEntry, frames)), tuple(awaited_by))


def _frames_below(frame, task):
    """From here down to the task's own coroutine."""
    bottom = getattr(task._coro, "cr_frame", None)
    frames = []
    while frame is not None and frame.f_globals.get("__package__") != __package__:
        frames.append(frame)
        if frame is bottom:
            break
        frame = frame.f_back
    return frames


def suspended_frames(future):
    """Where the coroutine of a task stands, the innermost call first."""
    frames = []
    for coro in await_chain(getattr(future, "_coro", None)):
        frame = next((frame for kind in _FRAMES if (frame := getattr(coro, kind, None)) is not None), None)
        if frame is None or frame.f_globals.get("__package__") == __package__:
            break
        frames.append(frame)
    frames.reverse()
    return frames


_FRAMES = ("cr_frame", "ag_frame", "gi_frame")


def _waiters(future):
    """The tasks that wait for it, also through gather() and the like."""
    found = {}
    for waiter in _direct_waiters(future):
        indirect = [] if isinstance(waiter, Task) else _waiters(waiter)
        found.update(dict.fromkeys(indirect or [waiter]))
    return list(found)


def _direct_waiters(future):
    count = c_size_t()
    check(_ffi.future_awaited_by(future._h, None, 0, byref(count)))
    addresses = (c_void_p * count.value)()
    check(_ffi.future_awaited_by(future._h, addressof(addresses), count.value, byref(count)))
    waiters = [future._loop.wrap_native(address) for address in addresses]
    return waiters + list(_declared.get(future, ()))


def format_call_graph(future=None, /, *, depth=1, limit=None):
    """The call graph as text, empty without a current task."""
    graph = capture_call_graph(future, depth=depth + 1, limit=limit)
    return "" if graph is None else "\n".join(_lines(graph))


def print_call_graph(future=None, /, *, file=None, depth=1, limit=None):
    """Prints the call graph of a task, by default the current one."""
    print(format_call_graph(future, depth=depth + 1, limit=limit), file=file)


def _lines(graph):
    future = graph.future
    if isinstance(future, Task):
        yield f"* Task(name={future.get_name()!r}, id={id(future):#x})"
    else:
        yield f"* Future(id={id(future):#x})"
    if graph.call_stack:
        yield "  + Call stack:"
        for entry in graph.call_stack:
            frame = entry.frame
            code = frame.f_code
            yield f"  |   File {code.co_filename!r}, line {frame.f_lineno}, in {_kind_of(code)}{code.co_qualname}()"
    if graph.awaited_by:
        yield "  + Awaited by:"
        for waiter in graph.awaited_by:
            for line in _lines(waiter):
                yield "    " + line


def _kind_of(code):
    if code.co_flags & inspect.CO_COROUTINE:
        return "async "
    if code.co_flags & inspect.CO_ASYNC_GENERATOR:
        return "async generator "
    return "generator " if code.co_flags & inspect.CO_GENERATOR else ""


@_ffi.DescribeCallback
def _describe(ring, task, text, capacity):
    """Tells the library where a task is: a line for each nested call, the innermost first."""
    try:
        lines = [f"{frame.f_code.co_qualname}() at {frame.f_code.co_filename}:{frame.f_lineno}" for frame in suspended_frames(task)]
        data = "\n".join(lines).encode("utf-8", "replace")[:capacity]
        memmove(text, data, len(data))
        return len(data)
    except Exception:
        return 0


DESCRIBE_ADDRESS = _ffi.address_of(_describe)
