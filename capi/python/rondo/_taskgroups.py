"""Blocks that end when all the tasks made in them have."""

from ctypes import addressof, byref, c_size_t, c_void_p

from . import _ffi
from ._errors import InvalidStateError, check, refusal, take_exception, to_error
from ._futures import Future
from ._running import get_running_loop
from ._tasks import Task


class TaskGroup:
    """`async with` it and make tasks with create_task(). The first to fail cancels the others and the block; what
    failed leaves the block as one ExceptionGroup."""

    __slots__ = ("_h", "_loop", "_cancelled_early", "_options", "_options_address", "__weakref__")

    def __init__(self):
        self._h = 0
        self._loop = None
        self._cancelled_early = False

    def __del__(self, release=_ffi.task_group_release):
        if self._h:
            release(self._h)

    async def __aenter__(self):
        if self._h:
            raise RuntimeError(f"TaskGroup {self!r} has already been entered")
        self._loop = loop = get_running_loop()
        out = c_void_p()
        check(_ffi.task_group_create(loop._h, addressof(out)))
        address = out.value
        if self._cancelled_early:
            _ffi.task_group_cancel(address)
        if status := _ffi.task_group_enter(address):
            _ffi.task_group_release(address)
            if status == _ffi.ENOTASK:
                raise RuntimeError(f"TaskGroup {self!r} cannot determine the parent task")
            raise refusal(status)
        self._h = address
        self._options = _ffi.TaskOptions(group=address)
        self._options_address = addressof(self._options)
        return self

    async def __aexit__(self, exc_type, exc, tb):
        raised = exc
        wait, error = c_void_p(), c_void_p()
        try:
            while (status := self._leave(raised, wait, error)) == 1:
                try:
                    await Future._adopt(wait.value, self._loop)
                    raised = None
                except BaseException as exception:
                    raised = exception
            if status == _ffi.OK:
                return True
            if not error:
                raise refusal(status)
            failure = take_exception(error)
            if failure is exc:
                return False
            if type(exc) is GeneratorExit and failure.exceptions == (exc,):
                return False
            raise failure from None
        finally:
            exc = raised = failure = tb = None  # exceptions lead back to this frame

    def _leave(self, raised, wait, error):
        reason = None if raised is None else to_error(raised)
        try:
            return _ffi.task_group_exit(self._h, reason, addressof(wait), addressof(error))
        finally:
            if reason:
                _ffi.error_release(reason)

    def create_task(self, coro, *, name=None, context=None, **options):
        """Starts a coroutine as a task of the group."""
        if not self._h:
            coro.close()
            raise RuntimeError(f"TaskGroup {self!r} has not been entered")
        loop = self._loop
        try:
            if loop._task_factory is None:
                return Task(coro, loop=loop, name=name, context=context, _group=self, **options)
            self._check_open()
            task = loop.create_task(coro, name=name, context=context, **options)
            check(_ffi.task_group_add(self._h, task._h))
            return task
        except InvalidStateError:
            coro.close()
            finished = _ffi.task_group_state(self._h) == _ffi.GROUP_FINISHED
            raise RuntimeError(f"TaskGroup {self!r} is {'finished' if finished else 'shutting down'}") from None

    def _check_open(self):
        if _ffi.task_group_state(self._h) != _ffi.GROUP_OPEN:
            raise refusal(_ffi.ESTATE)

    def cancel(self):
        """Ends the group early and without an error: its tasks and the block are cancelled."""
        if self._h:
            check(_ffi.task_group_cancel(self._h))
        else:
            self._cancelled_early = True

    def __repr__(self):
        words = ["<TaskGroup"]
        if self._h:
            members, failed = c_size_t(), c_size_t()
            _ffi.task_group_count(self._h, byref(members), byref(failed))
            words += [f"{what}={n.value}" for what, n in (("tasks", members), ("errors", failed)) if n.value]
            words.append("cancelling" if _ffi.task_group_state(self._h) == _ffi.GROUP_ABORTING else "entered")
        return " ".join(words) + ">"
