"""The loop: asyncio's names for a rondo_loop and its ring."""

import os
import sys
import time
import warnings
import weakref
from ctypes import addressof, c_size_t, c_void_p, pointer, string_at
from types import CoroutineType

from . import _ffi
from ._asyncgens import AsyncGenerators
from ._builtins import call_soon, call_soon_threadsafe, new_future, new_task
from ._errors import check, refusal, take_exception
from ._executors import Executors
from ._ffi import RING_CALLBACK, loop_call_at, loop_call_soon, loop_time
from ._futures import Future, isfuture
from ._gather import ensure_future
from ._graph import DESCRIBE_ADDRESS
from ._handles import STACK_DEPTH, Handle, TimerHandle
from ._reports import REPORT_ADDRESS, Reports
from ._ring import DRAIN_ADDRESS, Interruption, stepper
from ._running import running
from ._signals import Wakeup, in_main_thread
from ._sleep import to_ns
from ._tasks import Task, check_callback

_loops = weakref.WeakValueDictionary()  # by address


class Loop(Reports, AsyncGenerators, Executors):
    """An event loop.

    With virtual_clock, time stands still while anyone can run and jumps when everyone sleeps. With a shuffle_seed every
    turn runs its entries in a random order, always the same for the same seed. With report_early, an error nobody waits
    for is reported in the turn after it happened, not when its future goes.
    """

    def __init__(self, *, virtual_clock=False, shuffle_seed=0, report_early=False):
        Reports.__init__(self)
        AsyncGenerators.__init__(self)
        Executors.__init__(self)
        self._h = self._ring = 0
        self._debug = False
        self._leaving = {}  # the tasks the runner is closing with, by address
        self._closing = False  # by its runner
        self._virtual_clock = virtual_clock
        self._task_factory = None
        self._wakeup = None
        self._host = None  # the asyncio loop it is a guest of
        self._at_close = set()  # calls for who waits from outside
        self._signals_unwatched = False
        self._by_hand = True  # whether the steps are run by Python code
        self._main = c_void_p()  # where the library puts the main task of a run
        self._main_address = addressof(self._main)
        self._error = c_void_p()  # and what left it
        self._error_address = addressof(self._error)
        self._count = c_size_t()
        self._count_address = addressof(self._count)
        self._h = self._make_native(virtual_clock, shuffle_seed, report_early)
        # The library's clock is Python's; it is quicker to ask Python.
        self._now = self.time if virtual_clock or sys.platform != "linux" else time.monotonic
        self._ring = self._make_ring()
        next(self._stepper)
        _loops[self._h] = self
        if _debug_wanted():
            _ffi.loop_set_debug(self._h, 1)
        self._debug = _ffi.loop_get_debug(self._h) == 1
        self._watch_steps(signals_unwatched=False)

    def _make_native(self, virtual_clock, shuffle_seed, report_early):
        options = _ffi.LoopOptions(
            flags=(_ffi.LOOP_VIRTUAL_CLOCK if virtual_clock else 0) | (_ffi.LOOP_REPORT_EARLY if report_early else 0),
            shuffle_seed=shuffle_seed,
            host=pointer(_ffi.HOST),
            handler=REPORT_ADDRESS,
            handler_user=id(self),
        )
        out = c_void_p()
        check(_ffi.loop_create(addressof(options), addressof(out)))
        return out.value

    def _make_ring(self):
        self._stepper = stepper(self)
        options = _ffi.RingOptions(
            host=pointer(_ffi.HOST),
            none=id(None),
            drain=DRAIN_ADDRESS,
            user=id(self._stepper),
            describe=DESCRIBE_ADDRESS,
        )
        out = c_void_p()
        check(_ffi.ring_create(self._h, addressof(options), addressof(out)))
        return out.value

    @property
    def native(self):
        """The address of the rondo_loop, for C; it stays valid while this object lives."""
        return self._h

    # ---- life

    def run_forever(self):
        """Runs until stop() is called."""
        self._check_runnable()
        self._drive(_ffi.loop_run_forever, self._h, watch_signals=True)

    def run_until_complete(self, future):
        """Runs until the future is done and answers with its result. A coroutine becomes a task first."""
        self._check_runnable()
        watch_signals = isfuture(future)
        future = ensure_future(future, loop=self)
        if not watch_signals:
            _ffi.task_waive(future._h)
        self._drive(_ffi.loop_run_until_complete, self._h, future._h, watch_signals=watch_signals)
        return future.result()

    def stop(self):
        """Lets the current turn end, and then the run."""
        check(_ffi.loop_stop(self._h))

    def is_running(self):
        return _ffi.loop_is_running(self._h) == 1

    def is_closed(self):
        return _ffi.loop_is_closed(self._h) == 1

    def close(self):
        """Drops what is scheduled and destroys unfinished tasks; coroutines do not run."""
        status = _ffi.loop_close(self._h)
        if status == _ffi.ERUNNING:
            raise RuntimeError("Cannot close a running event loop")
        check(status)
        self._after_close()

    def _after_close(self):
        self._stepper.close()
        self._forget_generators()
        self._abandon_executor()
        self._leaving.clear()
        if self._wakeup is not None:
            self._wakeup.close()
            self._wakeup = None
        while self._at_close:
            self._at_close.pop()()
        self._raise_escaped()

    def _abandon(self, warn=warnings.warn):
        """Nobody closed the loop: that is told, and what is left is destroyed without running."""
        if self.is_closed() or self.is_running():
            return
        warn(f"unclosed event loop {self!r}", ResourceWarning, source=self)
        self.close()

    def __del__(self):
        if not self._h:
            return
        self._abandon()
        _ffi.loop_set_exception_handler(self._h, None, None)
        if self._ring:
            _ffi.ring_release(self._ring)
        _ffi.loop_release(self._h)

    def __repr__(self):
        return f"<{type(self).__name__} running={self.is_running()} closed={self.is_closed()} debug={self._debug}>"

    def _check_closed(self):
        if self.is_closed():
            raise RuntimeError("Event loop is closed")

    def _check_runnable(self):
        self._check_closed()
        if self.is_running():
            raise RuntimeError("This event loop is already running")
        if running.loop is not None:
            raise RuntimeError("Cannot run the event loop while another loop is running")

    def _drive(self, run, *args, watch_signals=False):
        """Calls one of the library's run functions and raises what left the loop. watch_signals None: a host does."""
        error = self._error
        error.value = None
        outer, running.loop = running.loop, self
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(self._generator_begins, self._generator_dropped)
        depth = sys.get_coroutine_origin_tracking_depth()
        if self._debug:
            sys.set_coroutine_origin_tracking_depth(STACK_DEPTH)
        main_thread = watch_signals is not None and in_main_thread()
        if main_thread:
            self._get_ready_for_signals(watch_signals)
        try:
            status = run(*args, self._error_address)
        finally:
            self._watch_steps(signals_unwatched=False)
            if main_thread and self._wakeup is not None:
                self._wakeup.restore()
            if self._debug:
                sys.set_coroutine_origin_tracking_depth(depth)
            sys.set_asyncgen_hooks(*hooks)
            running.loop = outer
        self._raise_escaped()
        if status >= 0:
            return status
        if status == _ffi.ESTOPPED:
            _ffi.error_release(error.value)
            raise RuntimeError("Event loop stopped before Future completed.")
        raise take_exception(error.value) if error else refusal(status)

    def _raise_escaped(self):
        if self._escaped is not None:
            exception, self._escaped = self._escaped, None
            raise exception

    def _get_ready_for_signals(self, now):
        """A run that never waits shall open no descriptor: unless a wait is sure, the first step's end decides."""
        if self._wakeup is not None:
            self._wakeup.install()
        elif now:
            self._watch_signals()
        else:
            self._watch_steps(signals_unwatched=True)

    def _watch_steps(self, signals_unwatched):
        self._signals_unwatched = signals_unwatched
        self._by_hand = signals_unwatched or self._debug or not _ffi.BUILTINS

    def _watch_signals(self):
        self._watch_steps(signals_unwatched=False)
        try:
            self._wakeup = Wakeup(self)
        except OSError:  # out of descriptors: a signal will be seen at the next event
            return
        self._wakeup.install()

    # ---- callbacks

    def call_soon(self, callback, *args, context=None):
        if context is None and not self._debug:
            return call_soon(callback, args, self, self._h, RING_CALLBACK)
        return self._call_soon("call_soon", loop_call_soon, callback, args, context)

    def call_soon_threadsafe(self, callback, *args, context=None):
        here = running.loop is self  # on the loop's own thread it keeps its place among the other calls
        if context is None and not self._debug:
            return (call_soon if here else call_soon_threadsafe)(callback, args, self, self._h, RING_CALLBACK)
        schedule = loop_call_soon if here else _ffi.loop_call_soon_threadsafe
        return self._call_soon("call_soon_threadsafe", schedule, callback, args, context)

    def _call_soon(self, method, schedule, callback, args, context):
        if self._debug:
            check_callback(callback, method)
        handle = Handle(callback, args, self, context)
        if status := schedule(self._h, RING_CALLBACK, handle, None, None):
            raise refusal(status)
        return handle

    def call_later(self, delay, callback, *args, context=None):
        if delay is None:
            raise TypeError("delay must not be None")
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(self, when, callback, *args, context=None):
        if when is None:
            raise TypeError("when cannot be None")
        if self._debug:
            check_callback(callback, "call_at")
        handle = TimerHandle(when, callback, args, self, context)
        out = c_void_p()
        if status := loop_call_at(self._h, to_ns(when), RING_CALLBACK, handle, None, addressof(out)):
            raise refusal(status)
        handle._h = out.value
        return handle

    def time(self):
        return loop_time(self._h) / 1e9

    def add_reader(self, fd, callback, *args):
        self._watch(_ffi.loop_add_reader, fd, callback, args)

    def add_writer(self, fd, callback, *args):
        self._watch(_ffi.loop_add_writer, fd, callback, args)

    def remove_reader(self, fd):
        return check(_ffi.loop_remove_reader(self._h, _descriptor(fd))) == 1

    def remove_writer(self, fd):
        return check(_ffi.loop_remove_writer(self._h, _descriptor(fd))) == 1

    def _watch(self, add, fd, callback, args):
        handle = Handle(callback, args, self)
        check(add(self._h, _descriptor(fd), RING_CALLBACK, handle, None))

    def _interrupt(self, exception):
        """Raises the exception out of the run, in the next turn; when there is none any more, at its end."""
        handle = Interruption(_raise, (exception,), self)
        if loop_call_soon(self._h, RING_CALLBACK, handle, None, None):
            self._escaped = exception

    # ---- futures and tasks

    def create_future(self):
        return Future(loop=self) if self._debug else new_future(self, self._h)

    def create_task(self, coro, *, name=None, context=None, **options):
        factory = self._task_factory
        if factory is None:
            if name is None and context is None and not options and not self._debug and type(coro) is CoroutineType:
                return new_task(coro, self, self._ring)
            return Task(coro, loop=self, name=name, context=context, **options)
        self._check_closed()
        if context is not None:
            options["context"] = context
        if getattr(factory, "takes_names", False):
            return factory(self, coro, name=name, **options)
        task = factory(self, coro, **options)
        if name is not None:
            task.set_name(name)
        return task

    def set_task_factory(self, factory):
        if factory is not None and not callable(factory):
            raise TypeError("task factory must be a callable or None")
        self._task_factory = factory

    def get_task_factory(self):
        return self._task_factory

    def wrap_native(self, address, *, retain=False):
        """A future for a rondo_future of this loop. Takes over one reference, or takes one of its own (retain)."""
        task = _ffi.ring_task_object(address)
        if task is None:
            return Future._adopt(_ffi.future_retain(address) if retain else address, self)
        if not retain:
            _ffi.future_release(address)
        return task

    def _count_tasks(self):
        check(_ffi.loop_all_tasks(self._h, None, 0, self._count_address))
        return self._count.value

    def _living_tasks(self):
        """The tasks that are not done, those of other languages included, in creation order."""
        count = self._count_tasks()
        addresses = (c_void_p * count)()
        check(_ffi.loop_all_tasks(self._h, addressof(addresses), count, None))
        return [self.wrap_native(address) for address in addresses]

    # ---- debug mode

    def get_debug(self):
        return self._debug

    def set_debug(self, enabled):
        self._debug = bool(enabled)
        check(_ffi.loop_set_debug(self._h, self._debug))
        self._watch_steps(self._signals_unwatched)
        if self.is_running():
            self.call_soon_threadsafe(sys.set_coroutine_origin_tracking_depth, STACK_DEPTH if self._debug else 0)

    @property
    def slow_callback_duration(self):
        """Debug mode tells of callbacks and steps that take so many seconds."""
        return _ffi.loop_get_slow_callback(self._h) / 1e9

    @slow_callback_duration.setter
    def slow_callback_duration(self, seconds):
        check(_ffi.loop_set_slow_callback(self._h, to_ns(seconds)))

    def dump(self):
        """The unfinished tasks of all languages as text: a tree with those that nobody awaits at the top."""
        pieces = []
        check(_ffi.loop_dump(self._h, _collect, pieces))
        return "".join(pieces)


def _raise(exception):
    raise exception


@_ffi.WriteCallback
def _collect(pieces, text, length):
    pieces.append(string_at(text, length).decode("utf-8", "replace"))


def _descriptor(fd):
    return fd if isinstance(fd, int) else fd.fileno()


def _debug_wanted():
    return sys.flags.dev_mode or (not sys.flags.ignore_environment and bool(os.environ.get("PYTHONASYNCIODEBUG")))


def new_event_loop(**options):
    """A loop outside any runner. The options are those of Loop."""
    return Loop(**options)


def wrap_native(address):
    """A future for a rondo_future a C library returned: it takes over that reference and can be awaited."""
    loop = _loops.get(_ffi.future_loop(address))
    if loop is None:
        raise ValueError("the address is no future of a loop made in Python")
    return loop.wrap_native(address)
