"""Waiting for some of many futures, or for one that shall not be cancelled."""

import inspect
from ctypes import addressof, byref, c_size_t, c_void_p

from . import _ffi
from ._errors import CancelledError, check
from ._futures import Future, isfuture
from ._gather import ListFuture, ensure_future
from ._running import get_event_loop, get_running_loop
from ._sleep import to_ns
from ._tasks import iscoroutine
from ._timeouts import timeout as _timeout

FIRST_COMPLETED = "FIRST_COMPLETED"
FIRST_EXCEPTION = "FIRST_EXCEPTION"
ALL_COMPLETED = "ALL_COMPLETED"

_CONDITIONS = {
    ALL_COMPLETED: _ffi.ALL_COMPLETED,
    FIRST_COMPLETED: _ffi.FIRST_COMPLETED,
    FIRST_EXCEPTION: _ffi.FIRST_EXCEPTION,
}


async def wait(fs, *, timeout=None, return_when=ALL_COMPLETED):
    """Waits until all the futures are done, or one is, or one has failed: answers with two sets, done and pending.

    The end of the timeout is no error, and nothing is cancelled.
    """
    if isfuture(fs) or iscoroutine(fs):
        raise TypeError(f"expect a list of futures, not {type(fs).__name__}")
    if not fs:
        raise ValueError("Set of Tasks/Futures is empty.")
    if return_when not in _CONDITIONS:
        raise ValueError(f"Invalid return_when value: {return_when}")
    futures = list(dict.fromkeys(fs))
    if any(map(iscoroutine, futures)):
        raise TypeError("Passing coroutines is forbidden, use tasks explicitly.")
    if strangers := [one for one in futures if not isfuture(one)]:
        raise TypeError(f"Rondo futures were expected, got {strangers[0]!r}")
    if not futures:
        raise ValueError("Set of Tasks/Futures is empty.")
    await _waiter(get_running_loop(), futures, _CONDITIONS[return_when], timeout)
    done, pending = set(), set()
    for future in futures:
        (done if future.done() else pending).add(future)
    return done, pending


def _waiter(loop, futures, condition=_ffi.ALL_COMPLETED, timeout=None):
    children = _addresses(futures)
    out = c_void_p()
    check(_ffi.wait(loop._h, addressof(children), len(futures), condition, _limit(timeout), addressof(out)))
    return Future._adopt(out.value, loop)


def _addresses(futures):
    return (c_void_p * len(futures))(*[future._h for future in futures])


def _limit(timeout):
    return _ffi.FOREVER if timeout is None else to_ns(timeout)


async def wait_for(fut, timeout):
    """Awaits the argument, in the same task, but no longer than timeout seconds: then it is cancelled, and when it has
    ended, TimeoutError raised."""
    if timeout is None:
        return await fut
    if timeout > 0:
        async with _timeout(timeout):
            return await fut
    future = ensure_future(fut)
    if not future.done():
        # Not the future itself is awaited: this wait can be cancelled although the future takes its time.
        ended = _waiter(future._loop, [future])
        future.cancel()
        await ended
        try:
            return future.result()
        except CancelledError as reason:
            raise TimeoutError from reason
    return future.result()


def shield(arg):
    """A future that ends as arg does; cancelling it, or a task that awaits it, leaves arg running. Keep arg."""
    inner = ensure_future(arg)
    loop = inner._loop
    out = c_void_p()
    check(_ffi.shield(inner._h, addressof(out)))
    address = out.value
    if address == inner._h:
        _ffi.future_release(address)
        return inner
    if not isinstance(inner, ListFuture):
        return Future._adopt(address, loop)
    outer = _ShieldedList._adopt(address, loop)
    outer._inner = inner
    return outer


class _ShieldedList(ListFuture):
    __slots__ = ("_inner",)

    def result(self):
        super().result()
        return self._inner.result()


def as_completed(fs, *, timeout=None):
    """The futures in the order in which they end: `async for future in as_completed(...)`.

    A plain loop gets awaitables instead, for the results in that order. Coroutines become tasks. When the timeout ends,
    TimeoutError is raised for those that are not done, and they run on.
    """
    if inspect.isawaitable(fs):
        raise TypeError(f"expects an iterable of awaitables, not {type(fs).__name__}")
    return _Completions(fs, timeout)


class _Completions:
    __slots__ = ("_loop", "_futures", "_iteration", "_left")

    def __init__(self, awaitables, timeout):
        self._loop = loop = get_event_loop()
        self._futures = [ensure_future(one, loop=loop) for one in dict.fromkeys(awaitables)]
        self._left = count = len(self._futures)
        if count:
            children = _addresses(self._futures)
            out = c_void_p()
            check(_ffi.as_completed(loop._h, addressof(children), count, _limit(timeout), addressof(out)))
            self._iteration = Future._adopt(out.value, loop)

    def __aiter__(self):
        return self

    def __iter__(self):
        return self

    async def __anext__(self):
        if not self._left:
            raise StopAsyncIteration
        self._left -= 1
        return await self._next_done()

    def __next__(self):
        if not self._left:
            raise StopIteration
        self._left -= 1
        return self._next_result()

    async def _next_result(self):
        return (await self._next_done()).result()

    async def _next_done(self):
        loop = self._loop
        place = _ffi.as_completed_poll(self._iteration._h)
        if place >= 0:
            return self._futures[place]
        out = c_void_p()
        check(_ffi.as_completed_next(self._iteration._h, addressof(out)))
        ticket = Future._adopt(out.value, loop)
        try:
            await ticket
        except TimeoutError:
            raise TimeoutError from None
        index = c_size_t()
        _ffi.as_completed_child(ticket._h, byref(index))
        return self._futures[index.value]
