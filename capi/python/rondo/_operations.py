"""Waits of the library that take more than one future: acquiring a lock, taking an item of a queue."""

from ctypes import addressof, c_void_p

from . import _ffi
from ._errors import refusal
from ._futures import Future
from ._running import get_running_loop


async def perform(owner, begin, *arguments):
    """Carries out what an _async function begins, with all the waiting it takes, and answers with the result."""
    out = c_void_p()
    status = begin(owner._h, *arguments, addressof(out))
    if status == 0:
        return await Future._adopt(out.value, get_running_loop())
    if status == _ffi.EOTHERLOOP:
        raise RuntimeError(f"{owner!r} is bound to a different event loop")
    if status < 0:
        raise refusal(status)


class Native:
    """An object that holds one reference to a handle of the library (_h)."""

    _h = 0
    _release_native = None

    def _hold(self, create, *arguments):
        out = c_void_p()
        status = create(*arguments, addressof(out))
        if status < 0:
            raise refusal(status)
        self._h = out.value

    def __del__(self):
        if self._h:
            self._release_native(self._h)

    @property
    def native(self):
        """The address of the handle, for C; it stays valid while this object lives."""
        return self._h

    def _describe(self, state):
        return f"<{object.__repr__(self)[1:-1]} [{state}]>"
