"""Runner and run: asyncio's names for a rondo_runner."""

import functools
from contextvars import copy_context
from ctypes import addressof, c_void_p

from . import _ffi
from ._errors import check
from ._loop import Loop, new_event_loop
from ._running import running
from ._signals import Interrupts
from ._tasks import Task, eager_task_factory, iscoroutine


class Runner:
    """Owns a loop and a context, and runs main coroutines on them, one after another.

    The loop is made by the first use: run(), get_loop() or entering the with block. Context variables that a run sets
    are there in the next one. close() cancels what is left over, waits for its cleanup and closes the loop. Options
    beside debug and loop_factory are those of the loop: virtual_clock, shuffle_seed, report_early.
    """

    def __init__(self, *, debug=None, loop_factory=None, **loop_options):
        self._h = 0
        self._debug = debug
        if loop_factory is not None and loop_options:
            raise TypeError("options of the loop are its factory's business")
        self._loop_factory = loop_factory or functools.partial(new_event_loop, **loop_options)
        self._loop = None
        self._context = None
        options = _ffi.RunnerOptions(
            flags=_ffi.RUNNER_NO_SIGINT, loop_factory=_HAND_OVER_ADDRESS, loop_factory_user=id(self)
        )
        out = c_void_p()
        check(_ffi.runner_create(addressof(options), addressof(out)))
        self._h = out.value
        self._closed = False

    def __enter__(self):
        self._open()
        return self

    def __exit__(self, *exc_info):
        self.close()

    def __del__(self):
        if self._h:
            # The library would now run what is left to its end.
            if self._loop is not None:
                self._loop._abandon()
            _ffi.runner_release(self._h)

    def get_loop(self):
        """The runner's loop: the same until close()."""
        self._open()
        return self._loop

    def run(self, coro, *, context=None):
        """Runs a coroutine until it is done and answers with its result."""
        if not iscoroutine(coro):
            raise ValueError(f"a coroutine was expected, got {coro!r}")
        if running.loop is not None:
            raise RuntimeError("Runner.run() cannot be called from a running event loop")
        self._open()
        loop = self._loop
        if context is None:
            context = self._context
        # No task is eager while the loop does not run.
        if loop.get_task_factory() not in (None, eager_task_factory):
            coro = _result_of(loop.create_task(coro, context=context))
        main = Task._as_main(coro, loop, context)
        loop._main.value = None
        try:
            with Interrupts(self._cancel_main):
                loop._drive(_ffi.runner_run_ring, self._h, loop._ring, main, None, loop._main_address)
        finally:
            if not main._h and loop._main.value:  # the run has ended before its first step, which comes in a later one
                main._pick_up_address()
        return main.result()

    def close(self):
        """Cancels all tasks, waits until they have ended, and closes the loop. Does nothing before the first use."""
        loop = self._loop
        if loop is None or self._closed:
            return
        if running.loop is not None:
            raise RuntimeError("Runner.close() cannot be called from a running event loop")
        loop._leaving = {task._h: task for task in loop._living_tasks()}
        self._closed = loop._closing = True
        try:
            loop._drive(_ffi.runner_close, self._h, _ffi.FOREVER)
        finally:
            loop._after_close()

    def _open(self):
        if self._closed:
            raise RuntimeError("Runner is closed")
        if self._loop is not None:
            return
        loop = self._loop_factory()
        if not isinstance(loop, Loop):
            raise TypeError(f"a loop factory must return a Rondo loop, got {loop!r}")
        self._loop = loop
        check(_ffi.runner_get_loop(self._h, None))
        if self._debug is not None:
            loop.set_debug(self._debug)
        self._context = copy_context()

    def _cancel_main(self):
        return _ffi.runner_interrupt(self._h) == 1


@_ffi.LoopFactoryCallback
def _hand_over(runner, out):
    out[0] = _ffi.loop_retain(runner._loop._h)


_HAND_OVER_ADDRESS = _ffi.address_of(_hand_over)


async def _result_of(task):
    return await task


def run(main, *, debug=None, loop_factory=None):
    """Runs a coroutine on a loop of its own and answers with its result, after everything left over has ended."""
    if running.loop is not None:
        raise RuntimeError("asyncio.run() cannot be called from a running event loop")
    with Runner(debug=debug, loop_factory=loop_factory) as runner:
        return runner.run(main)
