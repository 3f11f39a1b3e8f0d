"""Blocks that must end before a deadline."""

from ctypes import addressof, c_void_p

from . import _ffi
from ._errors import CancelledError, check, refusal
from ._ffi import ECANCELED, ETIMEDOUT, FOREVER, OK, timeout_release, timeout_start, timeout_stop
from ._running import get_running_loop, running
from ._sleep import to_ns

_STATES = ("created", "active", "expiring", "expired", "finished")
_EXPIRED, _FINISHED = 3, 4


class Timeout:
    """`async with` it: when the deadline passes the block is cancelled, and TimeoutError leaves it in the place of the
    CancelledError. when is a loop's time, None means never. Made by timeout() and timeout_at()."""

    __slots__ = ("_when", "_h", "_left_as")

    def __init__(self, when):
        self._when = when
        self._h = self._left_as = 0

    def __del__(self, release=timeout_release):
        if self._h:
            release(self._h)

    async def __aenter__(self):
        if self._h or self._left_as:
            raise RuntimeError("Timeout has already been entered")
        when = self._when
        if when is None:
            ns = FOREVER
        else:
            ns = int(when * 1e9 + 0.5) if -9e9 < when < 9e9 else to_ns(when)
        self._h = timeout_start(ns) or _begin(ns)
        return self

    async def __aexit__(self, exc_type, exc_val, exc_tb):
        address, self._h = self._h, 0
        if not address:
            raise RuntimeError("Timeout has not been entered")
        # Whatever the block raised, the library is asked whose the cancellation was.
        answer = timeout_stop(address, OK if exc_type is None else ECANCELED)
        self._left_as = answer if answer >= 0 else _EXPIRED if answer == ETIMEDOUT else _FINISHED
        if exc_type is None:
            if answer < 0:
                raise refusal(answer)
        elif answer == ETIMEDOUT:
            if issubclass(exc_type, CancelledError):
                raise TimeoutError from exc_val
            _explain(exc_val)
            if isinstance(exc_val, ExceptionGroup):
                for member in exc_val.exceptions:
                    _explain(member)

    def when(self):
        return self._when

    def reschedule(self, when):
        """Moves the deadline; one in the past strikes in the next turn."""
        state = self._state()
        if state == "created":
            raise RuntimeError("Timeout has not been entered")
        if state != "active":
            raise RuntimeError(f"Cannot change state of {state} Timeout")
        check(_ffi.timeout_reschedule(self._h, FOREVER if when is None else to_ns(when)))
        self._when = when

    def expired(self):
        """True when the deadline has passed with the task inside."""
        return self._state() in ("expiring", "expired")

    def _state(self):
        return _STATES[_ffi.timeout_state(self._h) if self._h else self._left_as]

    def __repr__(self):
        state = self._state()
        if state != "active":
            return f"<Timeout [{state}]>"
        return f"<Timeout [active] when={None if self._when is None else round(self._when, 3)}>"


def _begin(ns):
    """The long way, which tells why not."""
    get_running_loop()
    out = c_void_p()
    status = _ffi.timeout_begin_at(ns, addressof(out))
    if status == _ffi.ENOTASK:
        raise RuntimeError("Timeout should be used inside a task")
    check(status)
    return out.value


def _explain(exception):
    """Something else was raised on the way out: the cancellation in its history gets to be a TimeoutError."""
    while (before := exception.__context__) is not None:
        if isinstance(before, CancelledError):
            exception.__context__ = late = TimeoutError()
            late.__context__ = late.__cause__ = before
            return
        exception = before


def timeout(delay):
    """`async with timeout(delay)`: the block must end within so many seconds from now; None: no limit."""
    loop = running.loop or get_running_loop()
    return Timeout(None if delay is None else loop._now() + delay)


def timeout_at(when):
    """The same with an absolute time of the loop's clock."""
    return Timeout(when)


def current_deadline():
    """The earliest deadline of the timeouts the running task is in, as a time of its loop; None when there is none."""
    when = _ffi.current_deadline()
    return None if when == FOREVER else when / 1e9
