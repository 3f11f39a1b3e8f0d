"""Scheduled callbacks: what the ring finds under a CALL entry."""

import functools
import inspect
import reprlib
import sys
import traceback
import weakref
from contextvars import copy_context

from . import _ffi

STACK_DEPTH = 10


class Handle:
    """A callback scheduled by call_soon and its kin. Cancelling it leaves an entry that does nothing."""

    __slots__ = ("_callback", "_args", "_context", "_loop", "_cancelled", "_repr", "_source_traceback", "__weakref__")

    def __init__(self, callback, args, loop, context=None):
        self._callback = callback
        self._args = args
        self._context = copy_context() if context is None else context
        self._loop = loop
        self._cancelled = False
        self._repr = None
        self._source_traceback = extract_stack() if loop._debug else None

    def get_context(self):
        return self._context

    def cancel(self):
        if self._cancelled:
            return
        self._cancelled = True
        if self._loop._debug:
            self._repr = repr(self)
        self._callback = None
        self._args = None

    def cancelled(self):
        return self._cancelled

    def __repr__(self):
        return self._repr or f"<{' '.join(self._repr_info())}>"

    def _repr_info(self):
        info = [type(self).__name__]
        if self._cancelled:
            info.append("cancelled")
        if self._callback is not None:
            info.append(describe_callback(self._callback, self._args, self._loop._debug))
        if self._source_traceback:
            frame = self._source_traceback[-1]
            info.append(f"created at {frame[0]}:{frame[1]}")
        return info


class TimerHandle(Handle):
    """A callback scheduled by call_later or call_at. Cancelling it frees the place of its deadline."""

    __slots__ = ("_h", "_when")

    def __init__(self, when, callback, args, loop, context=None):
        self._h = 0
        super().__init__(callback, args, loop, context)
        self._when = when

    def when(self):
        return self._when

    def cancel(self):
        if not self._cancelled:
            super().cancel()
            if self._h:
                _ffi.handle_cancel(self._h)

    def __del__(self, release=_ffi.handle_release):
        if self._h:
            release(self._h)

    def _repr_info(self):
        info = super()._repr_info()
        info.insert(2 if self._cancelled else 1, f"when={self._when}")
        return info

    def __hash__(self):
        return hash(self._when)

    def __eq__(self, other):
        if not isinstance(other, TimerHandle):
            return NotImplemented
        return self._key() == other._key()

    def __lt__(self, other):
        return self._when < other._when if isinstance(other, TimerHandle) else NotImplemented

    def __le__(self, other):
        return self < other or self == other if isinstance(other, TimerHandle) else NotImplemented

    def __gt__(self, other):
        return self._when > other._when if isinstance(other, TimerHandle) else NotImplemented

    def __ge__(self, other):
        return self > other or self == other if isinstance(other, TimerHandle) else NotImplemented

    def _key(self):
        return self._when, self._callback, self._args, self._cancelled


class DoneHandle(Handle):
    """A done callback. It must not keep the future alive: while nobody else does, nobody can ever finish it."""

    __slots__ = ("_future", "_native")

    def __init__(self, callback, future, context):
        self._future = weakref.ref(future)
        self._native = future._h
        self._callback = callback
        self._context = copy_context() if context is None else context
        self._loop = loop = future._loop
        self._cancelled = False
        self._repr = None
        self._source_traceback = extract_stack() if loop._debug else None

    @property
    def _args(self):
        # While the callback is scheduled the library holds the native future.
        return (self._future() or self._loop.wrap_native(self._native, retain=True),)

    @_args.setter
    def _args(self, nothing):
        pass

    def _repr_info(self):
        info = [type(self).__name__]
        if self._callback is not None:
            info.append(describe_callback(self._callback, ()))
        return info


def extract_stack():
    """Where the caller of this package is."""
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__package__") == __package__:
        frame = frame.f_back
    stack = traceback.StackSummary.extract(traceback.walk_stack(frame), limit=STACK_DEPTH, lookup_lines=False)
    stack.reverse()
    return stack


def describe_callback(callback, args, debug=False):
    """name() at file:line, as asyncio writes it; arguments may be secret and are shown in debug mode only."""
    text = _name_of(callback) + _show_arguments(args, {}, debug)
    inner = callback
    while isinstance(inner, (functools.partial, functools.partialmethod)):
        if isinstance(inner, functools.partial):
            text = _name_of(inner.func) + _show_arguments(inner.args, inner.keywords, debug) + text[text.index("("):]
        inner = inner.func
    inner = inspect.unwrap(inner)
    if inspect.isfunction(inner):
        text += f" at {inner.__code__.co_filename}:{inner.__code__.co_firstlineno}"
    return text


def _name_of(callback):
    return getattr(callback, "__qualname__", None) or getattr(callback, "__name__", None) or repr(callback)


def _show_arguments(args, keywords, debug):
    if not debug:
        return "()"
    shown = [reprlib.repr(arg) for arg in args or ()]
    shown += [f"{name}={reprlib.repr(value)}" for name, value in keywords.items()]
    return f"({', '.join(shown)})"
