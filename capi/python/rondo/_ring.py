"""Stepping coroutines: the library hands over a batch of ready entries, and the generator below runs them.

The library calls drain(generator, n), which is the generator's own send: no Python function is entered on the way, so
that not even an exception a signal handler raises there can get lost in C. One generator lives as long as its loop.
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
DRAIN_ADDRESS = _ffi.address_of(_drain)


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
    tasks = loop._tasks
    caught = None
    count = i = 0

    def fail(entry, exception, code=None):
        exception.__traceback__ = trace = _inner_traceback(exception)
        task = None
        if status[i] != RING_CALL:
            task = entry
            tasks.pop(task._h, None)
        values[i] = to_error(exception, trace, task, code)
        answers[i] = STEP_RAISE

    def settle(exception):
        """It was raised between the steps by a signal handler, or by an exception handler that was told of one."""
        if current[0] == i < count and answers[i] == STEP_FAULT:
            fail(objects[i], exception)
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
                if loop._debug:
                    loop._current_handle = loop._latest_handle = objects[0]  # the only one
                for i in range(count):
                    current[0] = i
                    state = status[i]
                    entry = objects[i]
                    try:
                        if state == RING_SEND:
                            got = entry._context.run(entry._send or entry._coro.send, sents[i])
                        elif state == RING_CALL:
                            if entry._callback is not None:
                                entry._context.run(entry._callback, *entry._args)
                            answers[i] = STEP_RETURN
                            continue
                        elif state == RING_SKIP:
                            continue
                        elif state == RING_PAUSE:
                            current[0] = i - 1
                            break
                        else:
                            got = _step_otherwise(entry, state, sents[i], natives[i])
                    except StopIteration as stop:
                        if state == RING_CALL:
                            _report(loop, entry, stop)
                        else:
                            result = stop.value
                            if result is not None:
                                entry._kept = result  # until the library has taken it
                                values[i] = id(result)
                            del tasks[entry._h]
                        answers[i] = STEP_RETURN
                    except (KeyboardInterrupt, SystemExit) as exception:
                        fail(entry, exception)
                        break
                    except BaseException as exception:
                        if state != RING_CALL:
                            fail(entry, exception)
                        elif type(entry) is Interruption:
                            fail(entry, exception, _ffi.EINTERRUPT)
                            break
                        else:
                            _report(loop, entry, exception)
                            answers[i] = STEP_RETURN
                    else:
                        if got is None:
                            answers[i] = STEP_YIELD
                        elif isinstance(got, Future) and got._asyncio_future_blocking:
                            got._asyncio_future_blocking = False
                            answers[i] = got._h
                        elif type(got) is Delay:
                            values[i] = got
                            answers[i] = STEP_SLEEP
                        else:
                            entry._send = _complaint(entry, got)
                            answers[i] = STEP_YIELD
                if loop._signals_unwatched and tasks:
                    loop._watch_signals()
                if loop._current_handle is not None:
                    loop._current_handle = None
                entry = got = result = None
        except GeneratorExit:
            return
        except BaseException as exception:
            caught = exception  # and nothing is called here: the next signal may come


def first_step(task):
    """Runs the first step of an eager task: its answer and value, as an entry of a ring has them, what must be kept until
    the library has taken them, and what the creator of the task must be told."""
    try:
        got = task._coro.send(None)
    except StopIteration as stop:
        result = stop.value
        del task._loop._tasks[task._h]
        return STEP_RETURN, 0 if result is None else id(result), result, None
    except BaseException as exception:
        exception.__traceback__ = trace = _inner_traceback(exception)
        del task._loop._tasks[task._h]
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
