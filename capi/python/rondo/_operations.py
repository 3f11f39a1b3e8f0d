"""Waits of the library that take more than one future: acquiring a lock, taking an item of a queue."""

from ctypes import addressof, c_void_p

from . import _ffi
from ._builtins import operation
from ._errors import refusal
from ._futures import Future
from ._running import running

acquire_lock = operation("lock_acquire_async")
wait_for_event = operation("event_wait_async")
wait_for_condition = operation("condition_wait_async")
acquire_semaphore = operation("semaphore_acquire_async")
wait_at_barrier = operation("barrier_wait_async")
reset_barrier = operation("barrier_reset_async")
abort_barrier = operation("barrier_abort_async")
put_on_queue = operation("queue_put_async", more=1)
get_from_queue = operation("queue_get_async", more=1)
join_queue = operation("queue_join_async")
send_on_channel = operation("channel_send_async", more=1)
receive_from_channel = operation("channel_receive_async", more=1)


async def perform(owner, begin, *arguments):
    """Carries out an operation, with all the waiting it takes, and answers with the result."""
    begun = begin(running.loop, owner._h, *arguments)
    if type(begun) is Future:
        return await begun
    if begun == _ffi.EOTHERLOOP:
        raise RuntimeError(f"{owner!r} is bound to a different event loop")
    if begun < 0:
        raise refusal(begun)


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
