"""Futures between threads and loops, and calls that run in a thread."""

import concurrent.futures
import functools
from contextvars import copy_context
from ctypes import addressof, c_void_p

from . import _ffi
from ._errors import CancelledError, InvalidStateError, check
from ._ffi import future_set_object
from ._futures import Future, isfuture
from ._gather import ensure_future
from ._running import get_event_loop, get_running_loop, running
from ._tasks import Task, iscoroutine


async def to_thread(func, /, *args, **kwargs):
    """Calls func in a thread, in a copy of the current context, and answers with what it returns."""
    loop = get_running_loop()
    call = functools.partial(copy_context().run, func, *args, **kwargs)
    return await loop.run_in_executor(None, call)


class _ThreadFuture(concurrent.futures.Future):
    """What run_coroutine_threadsafe answers with."""

    def __init__(self, loop):
        super().__init__()
        self._loop = loop

    def result(self, timeout=None):
        self._check_wait(timeout)
        return super().result(timeout)

    def exception(self, timeout=None):
        self._check_wait(timeout)
        return super().exception(timeout)

    def _check_wait(self, timeout):
        if timeout is None and running.loop is self._loop and not self.done():
            raise RuntimeError("waiting here would wait for itself: the coroutine runs on this thread's loop")


def run_coroutine_threadsafe(coro, loop):
    """Runs a coroutine on a loop that runs in another thread. Answers with a future to wait for in this thread."""
    if not iscoroutine(coro):
        raise TypeError("A coroutine object is required")
    future = _ThreadFuture(loop)

    def start():
        try:
            _follow(future, ensure_future(coro, loop=loop))
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as exception:
            if future.set_running_or_notify_cancel():
                future.set_exception(exception)
            raise

    loop.call_soon_threadsafe(start)
    return future


def _follow(thread_future, task):
    """The thread's future ends as the task does; cancelling it cancels the task."""

    def end(task):
        if task.cancelled():
            thread_future.cancel()
        if not thread_future.set_running_or_notify_cancel():
            return
        exception = task.exception()
        if exception is None:
            thread_future.set_result(task.result())
        else:
            thread_future.set_exception(_translated(exception))

    def pass_cancel_on(thread_future):
        if thread_future.cancelled():
            _unless_closed(task._loop, task.cancel)

    thread_future.add_done_callback(pass_cancel_on)
    task.add_done_callback(end)


def wrap_future(future, *, loop=None):
    """A future of the loop that ends as one of concurrent.futures does; cancelling it cancels the other."""
    if isfuture(future):
        return future
    if not isinstance(future, concurrent.futures.Future):
        raise TypeError(f"concurrent.futures.Future is expected, got {future!r}")
    return follow(future, loop or get_event_loop())


def follow(future, loop):
    """The same, for what is one of concurrent.futures."""
    here = loop.create_future()

    def pass_cancel_on(here):
        if here.cancelled():
            future.cancel()

    here.add_done_callback(pass_cancel_on)
    future.add_done_callback(lambda future: _unless_closed(loop, _end_as, here, future))
    return here


def _end_as(here, thread_future):
    try:
        exception = thread_future.exception()
    except concurrent.futures.CancelledError:
        here.cancel()
        return
    if exception is None:
        future_set_object(here._h, thread_future.result())  # refused if it was cancelled meanwhile
    elif not here.done():
        here.set_exception(_translated(exception))


def _unless_closed(loop, callback, *args):
    """Calls it on the loop. A loop that is closed is past caring."""
    try:
        loop.call_soon_threadsafe(callback, *args)
    except RuntimeError:
        if not loop.is_closed():
            raise


def _translated(exception):
    """Threads and loops have classes of their own for two things."""
    kind = _KINDS.get(type(exception))
    return exception if kind is None else kind(*exception.args).with_traceback(exception.__traceback__)


_KINDS = {
    concurrent.futures.CancelledError: CancelledError,
    concurrent.futures.InvalidStateError: InvalidStateError,
}


def bridge(future):
    """A future of the running loop that ends as a future of another loop does, which may run in another thread.

    Cancelling it cancels the other.
    """
    if not isfuture(future):
        raise TypeError(f"a Rondo future was expected, got {future!r}")
    loop = get_running_loop()
    if future._loop is loop:
        return future
    if type(future) is not Future and not isinstance(future, Task):
        # Its result is made by Python, on its own loop.
        return wrap_future(run_coroutine_threadsafe(_result_of(future), future._loop), loop=loop)
    out = c_void_p()
    check(_ffi.future_bridge(loop._h, future._h, addressof(out)))
    return Future._adopt(out.value, loop)


async def _result_of(future):
    return await future
