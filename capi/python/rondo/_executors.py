"""Blocking calls in threads: the part of a loop that looks after its default executor.

The threads are Python's own: an executor can be any of concurrent.futures, and a job costs the same in both, since the
GIL and not the pool is what it waits for.
"""

import threading
import warnings
from concurrent.futures import Future as ThreadFuture
from concurrent.futures import ThreadPoolExecutor
from ctypes import addressof, c_void_p

from . import _ffi
from ._errors import check
from ._tasks import check_callback
from ._threads import follow, wrap_future
from ._timeouts import timeout as _timeout

JOIN_SECONDS = 300  # for jobs that run when the runner closes


class Executors:
    """The part of a loop that runs blocking functions."""

    def __init__(self):
        self._default_executor = None
        self._executor_shutdown_called = False
        self._executor_finalizers = []  # the library's promises to end it, the last of them still standing
        self._ends_executor = False  # the runner is closing, and what it closes before the executor is closed

    def run_in_executor(self, executor, func, *args):
        """A future for func(*args), called in a thread of the executor; None: of the loop's own."""
        self._check_closed()
        if self._debug:
            check_callback(func, "run_in_executor")
        if executor is None:
            executor = self._own_executor()
        submitted = executor.submit(func, *args)
        future = follow(submitted, self) if type(submitted) is ThreadFuture else wrap_future(submitted, loop=self)
        if self._virtual_clock:
            self._stand_still_until(future)
        return future

    def _stand_still_until(self, future):
        """On a virtual clock what happens in threads takes no time."""
        check(_ffi.loop_pause_clock(self._h))
        future.add_done_callback(lambda _: check(_ffi.loop_resume_clock(self._h)))

    def _own_executor(self):
        if self._executor_shutdown_called:
            raise RuntimeError("Executor shutdown has been called")
        if self._default_executor is None:
            self.set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio"))
        return self._default_executor

    def set_default_executor(self, executor):
        if not isinstance(executor, ThreadPoolExecutor):
            raise TypeError("executor must be ThreadPoolExecutor instance")
        self._default_executor = executor
        if not self._executor_finalizers and not self.is_closed():
            self._have_executor_ended()

    async def shutdown_default_executor(self, timeout=None):
        """Takes no more jobs and waits until the threads have ended, for at most timeout seconds."""
        self._executor_shutdown_called = True
        executor = self._default_executor
        if executor is None:
            return
        ended = self.create_future()
        if self._virtual_clock:
            self._stand_still_until(ended)
        thread = threading.Thread(target=self._join, args=(executor, ended))
        thread.start()
        try:
            async with _timeout(timeout):
                await ended
        except TimeoutError:
            warnings.warn(
                f"The executor did not finishing joining its threads within {timeout} seconds.",
                RuntimeWarning,
                stacklevel=2,
            )
            executor.shutdown(wait=False)
        else:
            thread.join()

    def _join(self, executor, ended):
        end, outcome = ended.set_result, None
        try:
            executor.shutdown(wait=True)
        except Exception as exception:
            end, outcome = ended.set_exception, exception
        try:
            self.call_soon_threadsafe(_unless_done, ended, end, outcome)
        except RuntimeError:
            if not self.is_closed():
                raise

    # ---- at the end of the loop

    def _have_executor_ended(self):
        out = c_void_p()
        check(_ffi.finalizer_create(self._h, _START_ADDRESS, id(self), addressof(out)))
        self._executor_finalizers.append(out.value)

    def _start_ending_executor(self):
        """The library's call for the promise. Async generators come first, in the same round: they may need threads."""
        if self._executor_shutdown_called:
            return None
        if not self._ends_executor:
            self._have_executor_ended()
            self._ends_executor = self._closing
            return None
        limit = None if self._virtual_clock else JOIN_SECONDS
        return _ffi.future_retain(self.create_task(self.shutdown_default_executor(limit))._h)

    def _abandon_executor(self):
        """The loop is closed."""
        self._executor_shutdown_called = True
        executor, self._default_executor = self._default_executor, None
        if executor is not None:
            executor.shutdown(wait=False)
        while self._executor_finalizers:
            _ffi.finalizer_release(self._executor_finalizers.pop())


def _unless_done(future, end, outcome):
    if not future.done():
        end(outcome)


@_ffi.StartCallback
def _start(loop, native_loop, task):
    task[0] = loop._start_ending_executor()


_START_ADDRESS = _ffi.address_of(_start)
