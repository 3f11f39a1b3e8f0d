"""CPython's asyncio and Rondo in one program.

    to_asyncio(awaitable)       in an asyncio coroutine: what Rondo has, as an asyncio future
    from_asyncio(awaitable)     in a Rondo coroutine: what asyncio has, as a Rondo future
    Guest(), run(main)          a Rondo loop in the thread of a running asyncio loop

The two loops run in two threads, or in one with Rondo as the guest. Neither polls: each sleeps until something wakes it.
Results and exceptions arrive as the objects they are, native errors as Python knows them, and whoever cancels the future
he awaits cancels the other. A loop that is closed meanwhile lets nobody wait for ever: RondoError with the name ECLOSED.
"""

import asyncio
import weakref
from ctypes import addressof, c_int32, c_int64

from . import _ffi
from ._errors import RondoError
from ._futures import isfuture
from ._gather import ensure_future
from ._loop import Loop
from ._runners import Runner
from ._running import get_running_loop, running
from ._tasks import current_task
from ._waiting import wait

__all__ = ["Guest", "from_asyncio", "run", "to_asyncio"]

_FAR = 10**9  # seconds


def to_asyncio(awaitable, loop=None):
    """A future of the running asyncio loop that ends as a Rondo future does.

    A coroutine, or another awaitable, becomes a task of the Rondo loop. That may run in another thread, or here as a
    guest.
    """
    here = asyncio.get_running_loop().create_future()
    if loop is None:
        if not isfuture(awaitable):
            raise TypeError(f"no Rondo future and no loop to run it: {awaitable!r}")
        loop = awaitable.get_loop()
    _ToAsyncio(here, loop, awaitable)
    return here


def from_asyncio(awaitable, loop=None):
    """A future of the running Rondo loop that ends as an asyncio future does.

    A coroutine, or another awaitable, becomes a task of the asyncio loop: of the host, unless another one is given.
    That runs in another thread, or here as the host.
    """
    home = get_running_loop()
    if isfuture(awaitable):
        raise TypeError(f"this is Rondo's already: {awaitable!r}")
    if loop is None:
        loop = awaitable.get_loop() if asyncio.isfuture(awaitable) else home._host
        if loop is None:
            raise TypeError(f"no asyncio future and no loop to run it: {awaitable!r}")
    here = home.create_future()
    _FromAsyncio(here, loop, awaitable)
    home._stand_still_until(here)
    return here


class Guest:
    """`async with Guest() as loop`, in an asyncio program: a Rondo loop in the same thread.

    It runs its turns when asyncio's loop finds its descriptor readable. At the end of the block what is left over is
    cancelled and ends, before the loop is closed; asyncio runs meanwhile. Options are those of the loop.
    """

    def __init__(self, **options):
        self._runner = Runner(**options)
        self._fd, self._wait = c_int32(), c_int64()
        self._turn_arguments = addressof(self._fd), addressof(self._wait)
        self._next = None  # the scheduled turn that no descriptor will call for

    async def __aenter__(self):
        self._loop = loop = self._runner.get_loop()
        if loop._host is not None:
            raise RuntimeError("the loop is a guest already")
        loop._host = host = asyncio.get_running_loop()
        try:
            self._turn()
            host.add_reader(self._fd.value, self._turn)
        except BaseException:
            self._leave()
            raise
        return loop

    async def __aexit__(self, *exc_info):
        host = self._loop._host
        ending = to_asyncio(_end_all(self._loop), self._loop)
        cancelled = None
        while not ending.done():
            try:
                await asyncio.wait([ending])
            except asyncio.CancelledError as exception:
                cancelled = exception
        host.remove_reader(self._fd.value)
        self._leave()
        ending.result()
        if cancelled is not None:
            raise cancelled

    def _turn(self):
        self._forget_next()
        loop = self._loop
        try:
            loop._drive(_ffi.loop_run_guest, loop._h, *self._turn_arguments, watch_signals=None)
        finally:
            if (wait := self._wait.value) == 0:
                self._next = loop._host.call_soon(self._turn)
            elif wait != _ffi.FOREVER:
                self._next = loop._host.call_later(wait / 1e9, self._turn)

    def _forget_next(self):
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _leave(self):
        self._forget_next()
        self._loop._host = None
        self._runner.close()


async def _end_all(loop):
    """What closing a runner does, while the host runs."""
    me = current_task()
    while left := [task for task in loop._living_tasks() if task is not me]:
        for task in left:
            task.cancel()
        await wait(left)
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()


async def run(main, **options):
    """Runs a Rondo coroutine in an asyncio program, as rondo.run does it outside: `asyncio.run(interop.run(main()))`."""
    async with Guest(**options) as loop:
        return await to_asyncio(main, loop)


class _Crossing:
    """Here, a future of one loop, ends as there, one of the other kind of loop, does. Each is touched on its own loop."""

    def __init__(self, here, loop, awaitable):
        self._here = here
        self._home = here.get_loop()
        self._loop = loop
        self._there = None
        self._over = False
        here.add_done_callback(self._pass_cancel_on)

    # ---- on the other loop

    def _follow(self, awaitable):
        try:
            self._there = self._ensure_future(awaitable, loop=self._loop)
        except Exception as exception:
            self._end("set_exception", exception)
            return
        self._there.add_done_callback(self._arrived)

    def _arrived(self, there):
        try:
            exception = there.exception()
        except asyncio.CancelledError as cancelled:
            self._end("cancel", *cancelled.args)
            return
        if exception is None:
            self._end("set_result", there.result())
        else:
            self._end("set_exception", exception)

    def _lost(self):
        """The other loop was closed."""
        self._end("set_exception", RondoError(_ffi.ECLOSED, "the loop of the awaited future was closed"))

    def _end(self, how, *outcome):
        if not self._over:
            self._over = True
            self._unwatch()
            _unless_closed(self._home, self._settle, how, *outcome)

    def _cancel(self, *message):
        if self._there is not None:
            self._there.cancel(*message)

    # ---- at home

    def _settle(self, how, *outcome):
        if not self._here.done():
            getattr(self._here, how)(*outcome)

    def _pass_cancel_on(self, here):
        if here.cancelled() and not self._over:
            try:
                here.result()
            except asyncio.CancelledError as cancelled:
                _unless_closed(self._loop, self._cancel, *cancelled.args)


class _ToAsyncio(_Crossing):
    _ensure_future = staticmethod(ensure_future)

    def __init__(self, here, loop, awaitable):
        super().__init__(here, loop, awaitable)
        loop._at_close.add(self._lost)
        _on(loop, self._follow, awaitable)

    def _unwatch(self):
        self._loop._at_close.discard(self._lost)


class _FromAsyncio(_Crossing):
    """asyncio's loops tell nobody that they were closed, but let go of what they had scheduled: so there is always a call
    scheduled that holds a witness, and nobody else does."""

    _ensure_future = staticmethod(asyncio.ensure_future)

    def __init__(self, here, loop, awaitable):
        super().__init__(here, loop, awaitable)
        self._home._at_close.add(self._home_closed)
        _on(loop, self._follow, awaitable, _Witness(self))

    def _follow(self, awaitable, witness):
        self._timer = weakref.ref(self._loop.call_later(_FAR, _nothing, witness))
        super()._follow(awaitable)

    def _unwatch(self):
        self._home._at_close.discard(self._home_closed)
        if timer := self._timer():
            timer.cancel()

    def _home_closed(self):
        self._over = True

    @staticmethod
    def _timer():
        """The scheduled call, while it is."""


class _Witness:
    def __init__(self, crossing):
        self._crossing = crossing

    def __del__(self):
        self._crossing._lost()


def _nothing(witness):
    pass


def _on(loop, callback, *args):
    """Calls it where the loop runs: at once, if that is here."""
    host = asyncio._get_running_loop()
    if loop is host or loop is running.loop or (host is not None and isinstance(loop, Loop) and loop._host is host):
        callback(*args)
    else:
        loop.call_soon_threadsafe(callback, *args)


def _unless_closed(loop, callback, *args):
    """A loop that is closed is past caring."""
    try:
        _on(loop, callback, *args)
    except RuntimeError:
        if not loop.is_closed():
            raise
