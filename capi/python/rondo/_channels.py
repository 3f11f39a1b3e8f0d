"""Channels: bounded queues between loops and threads."""

import threading
import time
from ctypes import addressof, py_object, pythonapi

from . import _ffi
from ._errors import QueueShutDown, check, refusal
from ._ffi import EEMPTY, EFULL, HOST_ADDRESS, OBJECT, Value
from ._operations import Native, perform, receive_from_channel, send_on_channel
from ._sleep import to_ns
from ._values import to_object

_retain = pythonapi["Py_IncRef"]
_retain.argtypes = [py_object]
_retain.restype = None
_release = pythonapi["Py_DecRef"]
_release.argtypes = [py_object]
_release.restype = None

# A thread that waits in the library sees no signals; the main thread looks for them so often.
_SIGNALS_NS = 50_000_000


@_ffi.DropCallback
def _drop(item, host, release=_release):
    release(item)


_DROP_ADDRESS = _ffi.address_of(_drop)


class Channel(Native):
    """Items go in at one end and come out at the other, first in, first out; both ends may be used by tasks of any loops
    and by threads that run none. With a capacity, senders wait while it is full.
    """

    _release_native = _ffi.channel_release

    def __init__(self, capacity=0):
        self._capacity = capacity
        self._hold(_ffi.channel_create, max(capacity, 0))

    @property
    def capacity(self):
        return self._capacity

    def qsize(self):
        """Items in it now."""
        return _ffi.channel_size(self._h)

    # ---- in tasks

    async def send(self, item):
        """Sends an item, waiting for a place if there is none."""
        value = _boxed(item)
        try:
            status = _ffi.channel_send_nowait(self._h, addressof(value))
            if status == EFULL:
                await perform(self, send_on_channel, addressof(value))
            elif status:
                raise refusal(status)
        finally:
            _ffi.value_drop(addressof(value))  # still ours if it was not sent

    async def receive(self):
        """Receives an item, waiting for one if there is none."""
        value = Value()
        status = _ffi.channel_receive_nowait(self._h, addressof(value))
        if status == EEMPTY:
            received = await perform(self, receive_from_channel, addressof(value))
            return received if value.kind == _ffi.NONE else _unboxed(value)
        if status:
            raise refusal(status)
        return _unboxed(value)

    def __aiter__(self):
        return self

    async def __anext__(self):
        """The items until the channel is shut down."""
        try:
            return await self.receive()
        except QueueShutDown:
            raise StopAsyncIteration from None

    # ---- anywhere

    def send_nowait(self, item):
        """Sends an item, or raises QueueFull."""
        value = _boxed(item)
        if status := _ffi.channel_send_nowait(self._h, addressof(value)):
            raise _refused(status, value)

    def receive_nowait(self):
        """Receives an item, or raises QueueEmpty."""
        value = Value()
        if status := _ffi.channel_receive_nowait(self._h, addressof(value)):
            raise refusal(status)
        return _unboxed(value)

    def shutdown(self):
        """Nothing more can be sent: QueueShutDown. What is there can be received, then that raises it too."""
        check(_ffi.channel_shutdown(self._h))

    # ---- in threads that run no loop

    def send_blocking(self, item, timeout=None):
        """Sends an item, blocking the thread for a place; TimeoutError after so many seconds."""
        value = _boxed(item)
        if status := _block(_ffi.channel_send_blocking, self._h, addressof(value), timeout):
            raise _refused(status, value)

    def receive_blocking(self, timeout=None):
        """Receives an item, blocking the thread for one; TimeoutError after so many seconds."""
        value = Value()
        if status := _block(_ffi.channel_receive_blocking, self._h, addressof(value), timeout):
            raise _refused(status)
        return _unboxed(value)

    def __repr__(self):
        return self._describe(f"{self.qsize()} items")


def _boxed(item):
    """A native value that owns the item."""
    value = Value(kind=OBJECT, ptr=id(item), len=HOST_ADDRESS, drop=_DROP_ADDRESS)
    _retain(item)
    return value


def _unboxed(value):
    """What a native value holds; it ends with that."""
    try:
        return to_object(value)
    finally:
        _ffi.value_drop(addressof(value))


def _refused(status, value=None):
    """The exception for a refused call, which has left the value here."""
    if value is not None:
        _ffi.value_drop(addressof(value))
    if status == _ffi.ETIMEDOUT:
        return TimeoutError()
    if status == _ffi.EDEADLOCK:
        return RuntimeError("this thread runs a loop, which would stand still: await the coroutine form instead")
    return refusal(status)


def _block(function, channel, value, timeout):
    limit = _ffi.FOREVER if timeout is None else to_ns(timeout)
    if threading.current_thread() is not threading.main_thread():
        return function(channel, value, limit)
    deadline = None if timeout is None else time.monotonic_ns() + limit
    while True:
        left = limit if deadline is None else max(deadline - time.monotonic_ns(), 0)
        status = function(channel, value, min(left, _SIGNALS_NS))
        if status != _ffi.ETIMEDOUT or left <= _SIGNALS_NS:
            return status
