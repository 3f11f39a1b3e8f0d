"""Async generators: the loop knows those that have begun, and closes them before it ends."""

import warnings
import weakref
from ctypes import addressof, c_void_p

from . import _ffi
from ._errors import check
from ._futures import Future
from ._gather import gather


class AsyncGenerators:
    """The part of a loop that looks after async generators."""

    def __init__(self):
        self._generators = weakref.WeakKeyDictionary()
        self._generators_closed = False
        self._finalizer = 0  # the library's promise to have them closed, while it stands
        self._used_finalizers = []

    def _generator_begins(self, generator):
        if self._generators_closed:
            warnings.warn(
                f"asynchronous generator {generator!r} was scheduled after loop.shutdown_asyncgens() call",
                ResourceWarning,
                source=self,
            )
        self._generators[generator] = None
        if not self._finalizer:
            out = c_void_p()
            if _ffi.finalizer_create(self._h, _START_ADDRESS, id(self), addressof(out)) == _ffi.OK:
                self._finalizer = out.value

    def _generator_dropped(self, generator):
        self._generators.pop(generator, None)
        if not self.is_closed():
            self.call_soon_threadsafe(self.create_task, generator.aclose())

    async def shutdown_asyncgens(self):
        """Closes all async generators that have begun and not ended, those of other languages included."""
        self._generators_closed = True
        out = c_void_p()
        check(_ffi.loop_shutdown_generators(self._h, addressof(out)))
        await Future._adopt(out.value, self)

    def _living_generators(self):
        """Those that have not ended; who keeps one that has does not matter."""
        return [generator for generator in self._generators if getattr(generator, "ag_frame", self) is not None]

    async def _close_generators(self):
        generators = self._living_generators()[::-1]
        self._generators.clear()
        results = await gather(*[generator.aclose() for generator in generators], return_exceptions=True)
        for result, generator in zip(results, generators):
            if isinstance(result, Exception):
                self.call_exception_handler({
                    "message": f"an error occurred during closing of asynchronous generator {generator!r}",
                    "exception": result,
                    "asyncgen": generator,
                })

    def _start_closing(self):
        """The library's call for the promise: the address of a task with a reference of its own, or None."""
        self._finalizer_used()
        self._generators_closed = True
        if not self._living_generators():
            return None
        return _ffi.future_retain(self.create_task(self._close_generators())._h)

    def _finalizer_used(self):
        used, self._finalizer = self._finalizer, 0
        self._used_finalizers.append(used)

    def _forget_generators(self):
        """The loop is closed."""
        self._generators.clear()
        if self._finalizer:
            self._finalizer_used()
        while self._used_finalizers:
            _ffi.finalizer_release(self._used_finalizers.pop())


@_ffi.StartCallback
def _start(loop, native_loop, task):
    task[0] = loop._start_closing()


_START_ADDRESS = _ffi.address_of(_start)
