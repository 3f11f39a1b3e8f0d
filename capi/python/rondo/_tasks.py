"""Tasks: a Python coroutine stepped through its loop's ring. The library decides when; _ring.py does it."""

import linecache
import traceback
import types
from collections.abc import Coroutine
from contextvars import copy_context
from ctypes import addressof, c_void_p
from inspect import iscoroutinefunction

from . import _ffi
from ._chains import awaited_future
from ._errors import check, refusal
from ._ffi import TASK_CANCEL_STICKS, TASK_EAGER, TASK_RESULT_WINS, ring_task_new
from ._futures import Future
from ._handles import extract_stack
from ._ring import first_step
from ._running import get_running_loop, running


class Task(Future):
    """A future that runs a coroutine. The loop keeps it alive until it is done.

    With eager_start the first step runs at once; with result_wins a cancel() does not cost the result that is already
    there; with cancel_sticks a cancel() that an awaited task swallowed still cancels this one.
    """

    __slots__ = ("_coro", "_context", "_send", "_name", "_kept")

    def __init__(
        self,
        coro,
        *,
        loop=None,
        name=None,
        context=None,
        eager_start=False,
        result_wins=False,
        cancel_sticks=False,
        _group=None,
    ):
        if loop is None:
            loop = get_running_loop()
        self._prepare(coro, loop, copy_context() if context is None else context)
        options = None
        if eager_start or _group is not None or name is not None or result_wins or cancel_sticks:
            flags = (
                (TASK_EAGER if eager_start else 0)
                | (TASK_RESULT_WINS if result_wins else 0)
                | (TASK_CANCEL_STICKS if cancel_sticks else 0)
            )
            if name is not None or (flags and _group is not None):
                form = _form(flags, name, _group)
                options = addressof(form)
            else:
                options = _group._options_address if _group is not None else _PLAIN_FORMS[flags]
        if loop._debug:
            self._source_traceback = extract_stack()
        if eager_start:
            self._context.run(self._begin, options)
            return
        self._h = ring_task_new(loop._ring, self, options) or self._create(options)

    def _create(self, options):
        """The long way, which tells why not."""
        out = c_void_p()
        check(_ffi.ring_task_create(self._loop._ring, self, options, addressof(out)))
        return out.value

    def _begin(self, options):
        """Runs the first step. That the context could be entered is sure by now."""
        loop = self._loop
        out = c_void_p()
        begun = _ffi.ring_task_begin_eager(loop._ring, self, options, addressof(out))
        if begun < 0:
            raise refusal(begun)
        self._h = address = out.value
        if begun:
            answer, value = _ffi.STEP_FAULT, 0
            try:
                answer, value, kept, fatal = first_step(self)
            finally:  # also when a signal handler raises in between
                check(_ffi.ring_task_end_eager(address, answer, value))
            if fatal is not None:
                raise fatal

    def _prepare(self, coro, loop, context):
        self._h = 0
        if type(coro) is not types.CoroutineType and not iscoroutine(coro):
            raise TypeError(f"a coroutine was expected, got {coro!r}")
        self._coro = coro
        self._loop = loop
        self._context = context
        self._asyncio_future_blocking = False
        self._callbacks = self._raised = self._source_traceback = self._name = self._send = None

    @classmethod
    def _as_main(cls, coro, loop, context):
        """A task the runner will create. Its address stands in loop._main then, to be picked up by the first step."""
        self = cls.__new__(cls)
        self._prepare(coro, loop, context)
        self._send = False  # its first step is not plain
        return self

    def _pick_up_address(self):
        self._h = self._loop._main.value
        self._send = None

    def get_coro(self):
        return self._coro

    def get_context(self):
        return self._context

    def get_name(self):
        return self._name or _ffi.task_get_name(self._h).decode()

    def set_name(self, value):
        check(_ffi.task_set_name(self._h, _encoded(value)))

    def set_result(self, result):
        raise RuntimeError("Task does not support set_result operation")

    def set_exception(self, exception):
        raise RuntimeError("Task does not support set_exception operation")

    set_native_result = set_result

    def cancelling(self):
        return check(_ffi.task_cancelling(self._h))

    def uncancel(self):
        return check(_ffi.task_uncancel(self._h))

    def _log_destroy_pending(self, wanted):
        if not wanted:
            check(_ffi.task_waive(self._h))

    # Libraries on top of asyncio set it for tasks whose end they answer for themselves.
    _log_destroy_pending = property(None, _log_destroy_pending)

    @property
    def _fut_waiter(self):
        """What it waits for, under the name that libraries on top of asyncio read."""
        return awaited_future(self._coro)

    def get_stack(self, *, limit=None):
        """The frame the coroutine is suspended in; after a failure, the frames of its traceback."""
        frame = getattr(self._coro, "cr_frame", None)
        if frame is not None:
            frames = [frame]
        else:
            trace = self._raised.traceback if self._raised is not None else None
            frames = [frame for frame, _ in traceback.walk_tb(trace)]
        return frames if limit is None else frames[: max(limit, 0)]

    def print_stack(self, *, limit=None, file=None):
        frames = self.get_stack(limit=limit)
        if not frames:
            print(f"No stack for {self!r}", file=file)
            return
        failed = self._raised is not None
        print(f"{'Traceback' if failed else 'Stack'} for {self!r} (most recent call last):", file=file)
        for frame in frames:
            linecache.checkcache(frame.f_code.co_filename)
        lines = [(frame, frame.f_lineno) for frame in frames]
        print("".join(traceback.StackSummary.extract(lines).format()), file=file, end="")
        if failed:
            exception = self._raised.exception
            print("".join(traceback.format_exception_only(type(exception), exception)), file=file, end="")

    def _repr_info(self):
        info = super()._repr_info()
        if info[0] == "pending" and self.cancelling():
            info[0] = "cancelling"
        about = [f"name={self.get_name()!r}", f"coro=<{_describe_coroutine(self._coro)}>"]
        if (awaited := self._fut_waiter) is not None:
            about.append(f"wait_for={awaited!r}")
        info[1:1] = about
        return info


def _form(flags, name, group):
    """Options of a task. They are the task's own: while they are filled in, the code of others may make tasks."""
    form = _ffi.TaskOptions.from_buffer_copy(_BLANKS[flags])
    if name is not None:
        form.name = _encoded(name)
    if group is not None:
        form.group = group._h
    return form


def _encoded(name):
    try:
        return str(name).encode()
    except UnicodeEncodeError:
        return str(name).encode("utf-8", "replace")


def _describe_coroutine(coro):
    name = getattr(coro, "__qualname__", None) or getattr(coro, "__name__", None) or type(coro).__name__
    code = getattr(coro, "cr_code", None)
    if code is None:
        return f"{name}()"
    frame = coro.cr_frame
    if frame is None:
        return f"{name}() done, defined at {code.co_filename}:{code.co_firstlineno}"
    return f"{name}() running at {code.co_filename}:{frame.f_lineno}"


def iscoroutine(obj):
    """True for coroutine objects."""
    return type(obj) is types.CoroutineType or isinstance(obj, Coroutine)


_plain_forms = [_ffi.TaskOptions(flags=flags) for flags in range(8)]
_BLANKS = [bytes(form) for form in _plain_forms]
_PLAIN_FORMS = [addressof(form) for form in _plain_forms]


def check_callback(callback, method):
    if iscoroutine(callback) or iscoroutinefunction(callback):
        raise TypeError(f"coroutines cannot be used with {method}()")
    if not callable(callback):
        raise TypeError(f"a callable object was expected by {method}(), got {callback!r}")


def create_task(coro, *, name=None, context=None, **options):
    """Starts a coroutine as a task of the running loop; its first step runs in the next turn. For options see Task."""
    loop = running.loop or get_running_loop()
    if name is None and context is None and not options:
        return loop.create_task(coro)
    return loop.create_task(coro, name=name, context=context, **options)


def create_eager_task_factory(custom_task_constructor):
    """A task factory whose tasks run their first step at once."""

    def factory(loop, coro, *, name=None, context=None, eager_start=True, **options):
        return custom_task_constructor(
            coro, loop=loop, name=name, context=context, eager_start=eager_start, **options
        )

    factory.takes_names = True
    return factory


eager_task_factory = create_eager_task_factory(Task)


def current_task(loop=None):
    """The task whose step is running; None inside callbacks."""
    if loop is None:
        loop = get_running_loop()
    address = _ffi.loop_current_task(_native_of(loop))
    return loop.wrap_native(address, retain=True) if address else None


def all_tasks(loop=None):
    """The tasks of the loop that are not done."""
    if loop is None:
        loop = get_running_loop()
    _native_of(loop)
    return set(loop._living_tasks())


def _native_of(loop):
    """The loop's address. What is no loop of ours must not get to C."""
    address = getattr(loop, "_h", None)
    if type(address) is not int:
        raise TypeError(f"a Rondo loop was expected, got {loop!r}")
    return address
