"""Futures: asyncio's names for a rondo_future."""

import reprlib
from ctypes import addressof, c_void_p
from types import GenericAlias

from . import _ffi
from ._errors import CancelledError, InvalidStateError, check, raised_of, refusal, take_exception, to_error
from ._ffi import (
    Value,
    future_cancel,
    future_done,
    future_new,
    future_release,
    future_result_object_or,
    future_set_object,
)
from ._handles import DoneHandle, describe_callback, extract_stack
from ._running import get_event_loop
from ._values import to_object, to_value

# The future whose last reference is being given back: a report about it must name the object that is dying, not a
# new one.
dying = None

_NOTHING = object()  # where a result is no Python object


class Future:
    """A result that is not there yet. The library keeps its state; this object holds one reference to it (_h)."""

    __slots__ = ("_h", "_loop", "_asyncio_future_blocking", "_callbacks", "_raised", "_source_traceback", "__weakref__")

    def __init__(self, *, loop=None):
        if loop is None:
            loop = get_event_loop()
        self._loop = loop
        self._asyncio_future_blocking = False
        self._callbacks = self._raised = self._source_traceback = None
        self._h = future_new(loop._h) or 0
        if not self._h:
            self._create()
        if loop._debug:
            self._source_traceback = extract_stack()

    def _create(self):
        """The long way, which tells why not."""
        out = c_void_p()
        check(_ffi.future_create(self._loop._h, None, addressof(out)))
        self._h = out.value

    __class_getitem__ = classmethod(GenericAlias)

    @classmethod
    def _adopt(cls, address, loop):
        """Takes over one reference to a native future of this loop."""
        self = cls.__new__(cls)
        self._h = address
        self._loop = loop
        self._asyncio_future_blocking = False
        self._callbacks = self._raised = self._source_traceback = None
        return self

    def __getattr__(self, name):
        """Of what __init__ sets nothing is missing, unless a subclass forgot to call it."""
        if name in ("_h", "_loop"):
            raise RuntimeError("Future object is not initialized.")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

    def __del__(self, release=future_release):
        global dying
        try:
            address = self._h
        except RuntimeError:
            return
        if not address:
            return
        outer, dying = dying, self
        release(address)
        dying = outer
        self._h = 0
        if self._raised is not None:
            self._raised.let_go()

    @property
    def native(self):
        """The address of the rondo_future, for C; it stays valid while this object lives."""
        return self._h

    def get_loop(self):
        return self._loop

    # ---- state

    def done(self):
        status = future_done(self._h)
        return status == 1 if status >= 0 else self._is_gone(status)

    def _is_gone(self, status):
        """True after the end of the native half: a report has shown this object to somebody who kept it."""
        if self._h:
            raise refusal(status)
        return True

    def cancelled(self):
        return _ffi.future_cancelled(self._h) == 1

    def result(self):
        if self._h:
            result = future_result_object_or(self._h, _NOTHING)
            if result is not _NOTHING:
                return result
        return self._other_result()

    def _other_result(self):
        seen = Value()
        status = _ffi.future_result(self._h, addressof(seen), None)
        if status == _ffi.OK:
            return to_object(seen)
        if not self.done():
            raise InvalidStateError("Result is not set.")
        if status == _ffi.ETAKEN:
            raise refusal(status)
        raise self._exception().with_traceback(self._raised and self._raised.traceback)

    def exception(self):
        if not self.done():
            raise InvalidStateError("Exception is not set.")
        if self.cancelled():
            self.result()
        return self._exception()

    def _exception(self):
        """What it ended with, CancelledError included, or None."""
        if not self._h:
            return self._raised and self._raised.exception
        error = c_void_p()
        _ffi.future_error(self._h, addressof(error))
        return take_exception(error, self) if error else None

    # ---- ending it

    def set_result(self, result):
        if status := future_set_object(self._h, result):
            raise refusal(status)

    def set_native_result(self, result):
        """As set_result, for None, bool, int, float, str and bytes: other languages can read it."""
        value = to_value(result)
        status = _ffi.future_set_result(self._h, addressof(value))
        check(status)

    def set_exception(self, exception):
        if self.done():
            raise refusal(_ffi.ESTATE)
        if isinstance(exception, type):
            exception = exception()
        if not isinstance(exception, BaseException):
            raise TypeError("invalid exception object")
        if isinstance(exception, StopIteration):
            replacement = RuntimeError("StopIteration interacts badly with generators and cannot be raised into a Future")
            replacement.__cause__ = replacement.__context__ = exception
            exception = replacement
        error = to_error(exception, exception.__traceback__)
        try:
            check(_ffi.future_set_error(self._h, error))
            raised_of(error).hold(self)
        finally:
            _ffi.error_release(error)

    def cancel(self, msg=None):
        if msg is None:
            status = future_cancel(self._h, None)
        elif type(msg) is str and msg and msg.isprintable():
            status = future_cancel(self._h, msg.encode())
        else:
            error = to_error(CancelledError(msg))
            status = _ffi.future_cancel_with(self._h, error)
            _ffi.error_release(error)
        return check(status) == 1

    def _log_traceback(self, wanted):
        if wanted:
            raise ValueError("_log_traceback can only be set to False")
        check(_ffi.future_silence(self._h))

    # Libraries on top of asyncio set it for errors they have dealt with.
    _log_traceback = property(None, _log_traceback)

    # ---- waiting for it

    def add_done_callback(self, fn, *, context=None):
        handle = DoneHandle(fn, self, context)
        check(_ffi.future_add_done_callback(self._h, _ffi.RING_CALLBACK, handle, None))
        if self._callbacks is None:
            self._callbacks = []
        self._callbacks.append(handle)

    def remove_done_callback(self, fn):
        equal = [handle for handle in self._callbacks or () if handle._callback == fn]
        removed = 0
        for handle in equal:
            removed += check(_ffi.future_remove_done_callback(self._h, _ffi.RING_CALLBACK, handle))
            self._callbacks.remove(handle)
        return removed

    def __await__(self):
        if future_done(self._h) == 0:
            self._asyncio_future_blocking = True
            try:
                result = yield self
            except BaseException as exception:
                self._know(exception)
                raise
            return self._result_of_hand_step() if self._asyncio_future_blocking else result
        return self.result()

    __iter__ = __await__

    def _result_of_hand_step(self):
        """Its coroutine was not resumed by a loop."""
        if not self.done():
            raise RuntimeError("await wasn't used with future")
        self._asyncio_future_blocking = False
        return self.result()

    def _know(self, exception):
        """Holds the exception for the library, if it is the one this future ended with."""
        if self._raised is None and not _is_fresh(exception) and self.done():
            self._exception()

    # ---- description

    @reprlib.recursive_repr()
    def __repr__(self):
        return f"<{type(self).__name__} {' '.join(self._repr_info())}>"

    def _repr_info(self):
        done = self.done()
        if not done:
            info = ["pending"]
        elif self.cancelled():
            info = ["cancelled"]
        else:
            info = ["finished"]
            exception = self._raised.exception if self._raised is not None else self.exception()
            if exception is not None:
                info.append(f"exception={exception!r}")
            else:
                info.append(f"result={reprlib.repr(self.result())}")
        if not done and self._callbacks:
            info.append(_describe_callbacks([handle._callback for handle in self._callbacks]))
        if self._source_traceback:
            frame = self._source_traceback[-1]
            info.append(f"created at {frame[0]}:{frame[1]}")
        return info


def _is_fresh(exception):
    """A CancelledError that was made to be raised here, and is nobody else's."""
    return type(exception) is CancelledError and not exception.args and exception.__traceback__.tb_next is None


def _describe_callbacks(callbacks):
    first, last = describe_callback(callbacks[0], ()), describe_callback(callbacks[-1], ())
    if len(callbacks) == 1:
        return f"cb=[{first}]"
    middle = f", <{len(callbacks) - 2} more>" if len(callbacks) > 2 else ""
    return f"cb=[{first}{middle}, {last}]"


def isfuture(obj):
    return isinstance(obj, Future)
