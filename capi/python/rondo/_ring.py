"""Stepping coroutines: the library hands over a batch of ready entries, and the generator below runs them.

The library calls drain(generator, n), which is the generator's own send: no Python function is entered on the way, so
that not even an exception a signal handler raises there can get lost in C. One generator lives as long as its loop.

On CPython a builtin of the library's (rondo_cpython_steps) runs the plain entries for the generator.
"""

import inspect
import types
from ctypes import addressof, c_uint32, c_uint64, py_object

from . import _ffi
from ._chains import awaited_future
from ._errors import CANCELED_ADDRESS, CancelledError, Raised, to_error, to_exception
from ._ffi import RING_CALL, RING_PAUSE, RING_SEND, RING_SEND_NATIVE, RING_SKIP, STEP_FAULT, STEP_RAISE, STEP_RETURN, STEP_SLEEP, STEP_YIELD
from ._futures import Future
from ._handles import Handle
from ._values import to_object

_drain = _ffi.DrainCallback(types.GeneratorType.send)
DRAIN_ADDRESS = _ffi.cpython_drain if _ffi.BUILTINS else _ffi.address_of(_drain)


class Delay(int):
    """What sleep() yields: nanoseconds."""

    __slots__ = ()


class Interruption(Handle):
    """A callback that raises something which must leave the loop, whatever it is."""

    __slots__ = ()


class _Views:
    """The arrays a ring shares with Python."""

    def __init__(self, ring):
        view = _ffi.RingView()
        _ffi.ring_get_view(ring, addressof(view))
        n = view.capacity
        self.objects = (py_object * n).from_address(view.object)
        self.sents = (py_object * n).from_address(view.sent)
        self.natives = memoryview((c_uint64 * n).from_address(view.native)).cast("B").cast("Q")
        self.status = memoryview((c_uint32 * n).from_address(view.status)).cast("B").cast("I")
        self.answers = memoryview((c_uint64 * n).from_address(view.answer)).cast("B").cast("Q")
        self.values = memoryview((c_uint64 * n).from_address(view.value)).cast("B").cast("Q")
        self.current = memoryview(c_uint32.from_address(view.current)).cast("B").cast("I")


def stepper(loop):
    """Runs one batch per send(count), in order, and writes the answers. It ends only with its loop."""
    views = _Views(loop._ring)
    objects, sents, natives, status = views.objects, views.sents, views.natives, views.status
    answers, values, current = views.answers, views.values, views.current
    caught = left = got = None
    count = 0

    def begin(i, count):
        """In place of the library's steps: nothing is plain."""
        current[0] = i

    plain_steps = _ffi.cpython_steps(loop._ring) if _ffi.BUILTINS else begin

    def run(i):
        """Runs entry i and answers with what it yielded. Its frame is seen in tracebacks and must hold nothing."""
        state = status[i]
        if state == RING_SEND:
            if not objects[i]._h:
                objects[i]._pick_up_address()
            return objects[i]._context.run(objects[i]._send or objects[i]._coro.send, sents[i])
        if state == RING_CALL:
            if objects[i]._callback is not None:
                objects[i]._context.run(objects[i]._callback, *objects[i]._args)
            answers[i] = STEP_RETURN
        elif state != RING_SKIP:
            return _step_otherwise(objects[i], state, sents[i], natives[i])

    def take(i, got):
        """Writes the answer for what entry i yielded."""
        if got is None:
            answers[i] = STEP_YIELD
        elif isinstance(got, Future) and got._asyncio_future_blocking:
            got._asyncio_future_blocking = False
            answers[i] = got._h
        elif type(got) is Delay:
            values[i] = got
            answers[i] = STEP_SLEEP
        else:
            objects[i]._send = _complaint(objects[i], got)
            answers[i] = STEP_YIELD

    def end(i, exception):
        """Entry i has ended so. True when the batch must end there."""
        entry = objects[i]
        if status[i] == RING_CALL:
            if isinstance(exception, (KeyboardInterrupt, SystemExit)):
                fail(i, exception)
            elif type(entry) is Interruption:
                fail(i, exception, _ffi.EINTERRUPT)
            else:
                _report(loop, entry, exception)
                answers[i] = STEP_RETURN
                return False
            return True
        if not isinstance(exception, StopIteration):
            fail(i, exception)
            return isinstance(exception, (KeyboardInterrupt, SystemExit))
        result = exception.value
        if result is not None:
            entry._kept = result  # until the library has taken it
            values[i] = id(result)
        answers[i] = STEP_RETURN
        return False

    def fail(i, exception, code=None):
        exception.__traceback__ = trace = _inner_traceback(exception)
        task = None if status[i] == RING_CALL else objects[i]
        values[i] = to_error(exception, trace, task, code)
        answers[i] = STEP_RAISE

    def settle(exception):
        """It was raised between the steps by a signal handler, or by an exception handler that was told of one."""
        i = current[0]
        if i < count and answers[i] == STEP_FAULT:
            fail(i, exception)
        else:
            loop._interrupt(exception)

    while True:
        try:
            # Its own loop: handlers of signals run where loops jump back, and outside of try nothing would catch.
            while True:
                if caught is not None:
                    exception, caught = caught, None
                    settle(exception)
                    exception = None
                count = yield
                if not loop._by_hand:
                    steps = plain_steps
                else:
                    steps = begin
                    if loop._debug:
                        loop._current_handle = loop._latest_handle = objects[0]  # the only one
                i = 0
                while i < count:
                    try:
                        left = steps(i, count)
                        if left is True:
                            break
                        i = current[0]
                        if left is not None:
                            (got,) = left
                        elif status[i] == RING_PAUSE:
                            current[0] = i - 1
                            break
                        else:
                            got = run(i)
                    except BaseException as exception:
                        i = current[0]
                        if answers[i] != STEP_FAULT:
                            raise
                        if end(i, exception):
                            break
                    else:
                        if answers[i] == STEP_FAULT and status[i] != RING_SKIP:
                            take(i, got)
                        left = got = None
                    i += 1
                if loop._by_hand:
                    if loop._signals_unwatched and loop._count_tasks() > _is_over(status[i - 1], answers[i - 1]):
                        loop._watch_signals()
                    loop._current_handle = None
        except GeneratorExit:
            return
        except BaseException as exception:
            caught = exception  # and nothing is called here: the next signal may come


def _is_over(state, answer):
    """Whether the entry is a task's last one, which the library does not know yet."""
    return state != RING_CALL and answer in (STEP_RETURN, STEP_RAISE)


def first_step(task):
    """Runs the first step of an eager task: its answer and value, as an entry of a ring has them, what must be kept until
    the library has taken them, and what the creator of the task must be told."""
    try:
        got = task._coro.send(None)
    except StopIteration as stop:
        result = stop.value
        return STEP_RETURN, 0 if result is None else id(result), result, None
    except BaseException as exception:
        exception.__traceback__ = trace = _inner_traceback(exception)
        fatal = exception if isinstance(exception, (KeyboardInterrupt, SystemExit)) else None
        return STEP_RAISE, to_error(exception, trace, task), None, fatal
    if got is None:
        return STEP_YIELD, 0, None, None
    if isinstance(got, Future) and got._asyncio_future_blocking:
        got._asyncio_future_blocking = False
        return got._h, 0, got, None
    if type(got) is Delay:
        return STEP_SLEEP, got, None, None
    task._send = _complaint(task, got)
    return STEP_YIELD, 0, None, None


def _step_otherwise(task, state, sent, native):
    """The rarer resumptions: with a native value, or with an exception."""
    if state == RING_SEND_NATIVE:
        return task._context.run(task._send or task._coro.send, to_object(_ffi.Value.from_address(native)))
    if not task._h:
        task._pick_up_address()
    exception = sent.rewound() if type(sent) is Raised else _native_exception(native, task)
    task._send = None
    return task._context.run(task._coro.throw, exception)


def _native_exception(error, task):
    if error == CANCELED_ADDRESS:
        return CancelledError()
    if _ffi.error_code(error) != _ffi.EOTHERLOOP:
        return to_exception(error)
    future = awaited_future(task._coro)
    return RuntimeError(f"Task {task!r} got Future {future!r} attached to a different loop")


def _complaint(task, got):
    """Sends the news that the coroutine yielded something that cannot be awaited."""
    if isinstance(got, Future):
        text = f"yield was used instead of yield from in task {task!r} with {got!r}"
    elif inspect.isgenerator(got):
        text = f"yield was used instead of yield from for generator in task {task!r} with {got!r}"
    else:
        text = f"Task got bad yield: {got!r}"

    def complain(_):
        task._send = None
        return task._coro.throw(RuntimeError(text))

    return complain


def _inner_traceback(exception):
    """The traceback without the frames of this file."""
    trace = exception.__traceback__
    while trace is not None and trace.tb_frame.f_globals is globals():
        trace = trace.tb_next
    return trace


def _report(loop, handle, exception):
    exception.__traceback__ = _inner_traceback(exception)
    loop._callback_failed(handle, exception)
