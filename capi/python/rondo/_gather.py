"""gather and ensure_future: many awaitables as one, and any awaitable as a future."""

import inspect
import sys
from ctypes import addressof, c_void_p, py_object, pythonapi
from types import CoroutineType

from . import _ffi
from ._errors import CancelledError, check
from ._ffi import task_waive
from ._futures import Future, isfuture
from ._running import get_event_loop
from ._tasks import iscoroutine

_release = pythonapi["Py_DecRef"]
_release.argtypes = [c_void_p]
_release.restype = None
_NONE = id(None)
_NONE_IS_IMMORTAL = sys.version_info >= (3, 12)


def ensure_future(coro_or_future, *, loop=None):
    """A future as it is; a coroutine or another awaitable as a task."""
    if isfuture(coro_or_future):
        if loop is not None and loop is not coro_or_future._loop:
            raise ValueError("The future belongs to a different loop than the one specified as the loop argument")
        return coro_or_future
    coro = coro_or_future
    if not iscoroutine(coro):
        if not inspect.isawaitable(coro):
            raise TypeError("An asyncio.Future, a coroutine or an awaitable is required")
        coro = _await(coro)
    if loop is None:
        try:
            loop = get_event_loop()
        except RuntimeError:
            if coro is not coro_or_future:
                coro.close()
            raise
    try:
        return loop.create_task(coro)
    except RuntimeError:
        if coro is coro_or_future:
            coro.close()
        raise


async def _await(awaitable):
    return await awaitable


class ListFuture(Future):
    """A future whose result is a list that the library does not know."""

    __slots__ = ()

    def __await__(self):
        yield from super().__await__()
        return self.result()

    __iter__ = __await__


class _GatheringFuture(ListFuture):
    """What gather returns: its list is made when somebody asks for it, from the children's results."""

    __slots__ = ("_count", "_children", "_nested", "_return_exceptions", "_results")

    def result(self):
        if self._h and self._results is None and self.done():
            super().result()
            self._results = self._collect()
            self._children = None
        return super().result() if self._results is None else self._results

    def _collect(self):
        n = self._count
        objects = (c_void_p * n)()
        check(_ffi.gather_objects(self._h, addressof(objects), n))
        found = list(objects)
        results = [None] * n
        borrowed = (py_object * n).from_buffer(objects)
        for i, address in enumerate(found):
            if address == _NONE and _NONE_IS_IMMORTAL:
                continue
            if address:
                results[i] = borrowed[i]
                _release(address)
            else:
                results[i] = self._child_result(i)
        for i in self._nested:
            results[i] = self._child_result(i)
        return results

    def _child_result(self, i):
        child = self._children[i] if self._children else self._nested.get(i)
        if child is None:
            child = self._loop.wrap_native(_ffi.gather_child(self._h, i), retain=True)
        elif child._raised is not None:
            return child._raised.rewound()
        try:
            return child.result()
        except BaseException as exception:
            return exception.with_traceback(child._raised.traceback if child._raised else None)


def gather(*coros_or_futures, return_exceptions=False, cancel_on_error=False, report_late=False):
    """A future for the list of all results, in the order of the arguments.

    Coroutines become tasks. The first failure is the gather's, while the others run on; with return_exceptions,
    failures and cancellations are results like others. Cancelling the gather cancels what is not done. Two ways to be
    better than asyncio: with cancel_on_error the first failure cancels the others; with report_late the failures after
    the first are reported if nobody looks at them.
    """
    loop = None
    n = len(coros_or_futures)
    arguments = coros_or_futures if len(set(coros_or_futures)) == n else dict.fromkeys(coros_or_futures)
    ordered = []
    for argument in arguments:
        if loop is not None and type(argument) is CoroutineType:
            future = loop.create_task(argument)
        else:
            future = ensure_future(argument, loop=loop)
        ordered.append(future)
        loop = future._loop
        if future is not argument:
            task_waive(future._h)
    if loop is None:
        loop = get_event_loop()
    if arguments is not coros_or_futures:
        futures = dict(zip(arguments, ordered))
        ordered = [futures[argument] for argument in coros_or_futures]
    children = (c_void_p * n)(*[child._h for child in ordered])
    flags = (
        (_ffi.GATHER_RETURN_ERRORS if return_exceptions else 0)
        | (_ffi.GATHER_CANCEL_ON_ERROR if cancel_on_error else 0)
        | (_ffi.GATHER_REPORT_LATE if report_late else 0)
    )
    out = c_void_p()
    check(_ffi.gather(loop._h, addressof(children), n, flags, addressof(out)))
    outer = _GatheringFuture._adopt(out.value, loop)
    outer._count = n
    # Lists the library does not know.
    outer._nested = {i: child for i, child in enumerate(ordered) if isinstance(child, ListFuture)}
    outer._children = ordered if return_exceptions else None  # what they end with is theirs to tell
    outer._return_exceptions = bool(return_exceptions)
    outer._results = None
    return outer
