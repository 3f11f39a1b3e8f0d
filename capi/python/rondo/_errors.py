"""Exceptions to native errors and back. An exception keeps its identity and its traceback on the way through C."""

import os
import struct
from asyncio.exceptions import BrokenBarrierError, CancelledError, InvalidStateError
from asyncio.queues import QueueEmpty, QueueFull
from ctypes import Structure, addressof, c_size_t, c_uint32, c_void_p, pointer, py_object, pythonapi

from . import _ffi
from ._ffi import ECANCELED, EGROUP, HOST_ADDRESS, OBJECT, ErrorOptions, Value, error_create, error_payload

TimeoutError = TimeoutError

try:
    from asyncio.queues import QueueShutDown
except ImportError:  # before CPython 3.13

    class QueueShutDown(Exception):
        """Putting on or getting from a queue that was shut down."""


class RondoError(RuntimeError):
    """A native error that has no Python class of its own: code is its RONDO_ number, name the number's name."""

    def __init__(self, code, message=None):
        super().__init__(code, message or _ffi.strerror(code).decode())

    @property
    def code(self):
        return self.args[0]

    @property
    def name(self):
        return _ffi.status_name(self.code).decode()

    def __str__(self):
        return str(self.args[1])


def _counter(function):
    function = pythonapi[function]
    function.argtypes = [py_object]
    function.restype = None
    return function


_retain = _counter("Py_IncRef")
_release = _counter("Py_DecRef")


class Raised:
    """An exception that ended something, with the traceback it had then: the payload of the native error.

    The garbage collector cannot see what the library holds, and an exception leads through its traceback to frames and
    from there, as often as not, back to the future it ended. So futures hold this object for the library, which does
    so itself (lent) only while no future is left to do it.
    """

    __slots__ = ("exception", "traceback", "holders", "native", "lent")

    def __init__(self, exception, traceback):
        self.exception = exception
        self.traceback = traceback
        self.holders = 0
        self.native = True
        self.lent = False

    def hold(self, future):
        if future._raised is self:
            return
        if future._raised is not None:
            future._raised.let_go()
        future._raised = self
        self.holders += 1
        if self.lent:
            self.lent = False
            _release(self)

    def let_go(self):
        self.holders -= 1
        if self.holders == 0 and self.native:
            self.lend()

    def lend(self, retain=_retain):
        self.lent = True
        retain(self)

    def rewound(self):
        """The exception with its first traceback: everybody who gets it raised adds frames of his own."""
        return self.exception.with_traceback(self.traceback)


@_ffi.DropCallback
def _drop(raised, host, release=_release):
    raised.native = False
    if raised.lent:
        raised.lent = False
        release(raised)


_DROP_ADDRESS = _ffi.address_of(_drop)

_CODES = (
    (CancelledError, _ffi.ECANCELED),
    (KeyboardInterrupt, _ffi.EINTERRUPT),
    (SystemExit, _ffi.EEXIT),
    (TimeoutError, _ffi.ETIMEDOUT),
    (InvalidStateError, _ffi.ESTATE),
    (BaseExceptionGroup, _ffi.EGROUP),
    (MemoryError, _ffi.ENOMEM),
    (BrokenBarrierError, _ffi.EBROKEN),
    (QueueFull, _ffi.EFULL),
    (QueueEmpty, _ffi.EEMPTY),
    (QueueShutDown, _ffi.ESHUTDOWN),
)

_WITHOUT_TEXT = (KeyboardInterrupt, SystemExit, QueueFull, QueueEmpty, QueueShutDown)


def _code_of(exception):
    if type(exception) is CancelledError:
        return ECANCELED
    if isinstance(exception, RondoError):
        return exception.code
    return next((code for kind, code in _CODES if isinstance(exception, kind)), _ffi.EFAILED)


def _message_of(exception):
    try:
        return str(exception).encode("utf-8", "replace")
    except Exception:
        return type(exception).__name__.encode()


class _Form:
    """What a native error with an exception in it is made from. Filling one in is much quicker than making one."""

    __slots__ = ("payload", "options", "error", "address", "out")

    def __init__(self):
        self.payload = Value()
        self.options = ErrorOptions(domain=b"python", payload=pointer(self.payload))
        self.error = c_void_p()
        self.address = addressof(self.options)
        self.out = addressof(self.error)


_forms = []  # that nobody is filling in
_fill_value = struct.Struct("@IIPNP").pack_into


def to_error(exception, traceback=None, future=None, code=None):
    """A native error (its address, with one reference) that carries the exception; future is the one it ends."""
    raised = Raised(exception, traceback)
    form = _forms.pop() if _forms else _Form()
    _fill_value(form.payload, 0, OBJECT, 0, id(raised), HOST_ADDRESS, _DROP_ADDRESS)
    options = form.options
    options.code = code = code or _code_of(exception)
    options.message = b"" if code == ECANCELED and not exception.args else _message_of(exception)
    status = error_create(form.address, form.out) if code != EGROUP else _create_group(form, exception)
    error = form.error.value
    _forms.append(form)
    if status < 0:
        raise MemoryError
    if future is None:
        raised.lend()
    else:
        raised.hold(future)
    return error


def _create_group(form, group):
    children = [to_error(child, child.__traceback__) for child in group.exceptions]
    options = form.options
    options.children = (c_void_p * len(children))(*children)
    options.child_count = len(children)
    status = error_create(form.address, form.out)
    options.children = None
    options.child_count = 0
    for child in children:
        _ffi.error_release(child)
    return status


class _ObjectValue(Structure):
    """A Value that holds a Python object, to be read."""

    _fields_ = [("kind", c_uint32), ("flags", c_uint32), ("object", py_object), ("len", c_size_t), ("drop", c_void_p)]


def raised_of(error):
    """The Raised a native error carries, or None."""
    payload = error_payload(error)
    if payload:
        value = _ObjectValue.from_address(payload)
        if value.kind == OBJECT and value.len == HOST_ADDRESS:
            found = value.object
            return found if type(found) is Raised else None
    return None


# The library has one error for all that were cancelled without a message.
CANCELED_ADDRESS = _ffi.error_new(ECANCELED, b"")


def to_exception(error, future=None):
    """What a native error (borrowed) is in Python; future is the one that ended with it."""
    if error == CANCELED_ADDRESS:
        return CancelledError()
    raised = raised_of(error)
    if raised is not None:
        if future is not None:
            raised.hold(future)
        return raised.exception
    exception = _from_code(error)
    if cause := _ffi.error_cause(error):
        exception.__cause__ = to_exception(cause)
    if context := _ffi.error_context(error):
        exception.__context__ = to_exception(context)
    return exception


def _from_code(error):
    code = _ffi.error_code(error)
    message = (_ffi.error_message(error) or b"").decode("utf-8", "replace")
    if code == _ffi.ECANCELED:
        return CancelledError(message) if message else CancelledError()
    if code == _ffi.EGROUP:
        count = _ffi.error_child_count(error)
        children = [to_exception(_ffi.error_child(error, i)) for i in range(count)]
        return BaseExceptionGroup(message, children) if children else RondoError(code, message)
    if code in (_ffi.ESELF, _ffi.EOTHERLOOP):
        return RuntimeError(message)
    kind = next((kind for kind, number in _CODES if number == code), None)
    if kind in _WITHOUT_TEXT:
        return kind()
    return kind(message) if kind else RondoError(code, message)


def take_exception(error, future=None):
    """As to_exception, and gives the reference back."""
    try:
        return to_exception(error, future)
    finally:
        _ffi.error_release(error)


_REFUSALS = {
    _ffi.ECLOSED: (RuntimeError, "Event loop is closed"),
    _ffi.ESTATE: (InvalidStateError, "invalid state"),
    _ffi.ETHREAD: (
        RuntimeError,
        "Non-thread-safe operation invoked on an event loop other than the current one",
    ),
    _ffi.ERUNNING: (RuntimeError, "This event loop is already running"),
    _ffi.EOTHERLOOP: (ValueError, "The future belongs to a different loop than the running one"),
    _ffi.ENOMEM: (MemoryError, "out of memory"),
    _ffi.ENOLOOP: (RuntimeError, "no running event loop"),
}


def refusal(status):
    """The exception for a call the library refused."""
    if status in _REFUSALS:
        kind, text = _REFUSALS[status]
        return kind(text)
    kind = next((kind for kind, number in _CODES if number == status), None)
    if kind in _WITHOUT_TEXT:
        return kind()
    if -4096 < status < 0:
        return OSError(-status, os.strerror(-status))
    return RondoError(status)


def check(status):
    if status < 0:
        raise refusal(status)
    return status
