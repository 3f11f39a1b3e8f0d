"""The C ABI as ctypes sees it: the library, its structs, its functions. Knows nothing of asyncio.

Handles are plain ints (addresses), so they cost what an int costs. Functions are called with the GIL kept, and the
library itself lets go of it while a loop sleeps, through HOST; only those that block are called without. Where the
library can make builtin functions of its own (CPython), those are called; elsewhere, or with RONDO_CTYPES in the
environment, ctypes does it, in five times the time.
"""

import ctypes
import ctypes.util
import os
import sys
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    Union,
    addressof,
    byref,
    c_char_p,
    c_double,
    c_int32,
    c_int64,
    c_size_t,
    c_uint32,
    c_uint64,
    c_void_p,
    cast,
    py_object,
    pythonapi,
    sizeof,
)


def _candidates():
    """Where the library may be, the best place first."""
    chosen = os.environ.get("RONDO_LIBRARY")
    if chosen:
        yield chosen
        return
    names = ("librondo.0.dylib", "librondo.dylib") if sys.platform == "darwin" else ("librondo.so.0", "librondo.so")
    beside = os.path.dirname(os.path.abspath(__file__))
    yield from (path for name in names if os.path.exists(path := os.path.join(beside, name)))
    yield names[0]
    found = ctypes.util.find_library("rondo")
    if found:
        yield found


def _load():
    problems = []
    for path in _candidates():
        try:
            return ctypes.PyDLL(path)
        except OSError as error:
            problems.append(str(error))
    raise ImportError(
        "the Rondo library was not found; set RONDO_LIBRARY to the path of librondo.so (" + "; ".join(problems) + ")"
    )


library = _load()
_library_without_lock = ctypes.CDLL(library._name)  # for functions that block: others run meanwhile

# ---- status codes, values, verdicts

OK = 0
EINVAL = -20001
ENOMEM = -20002
ECANCELED = -20003
EFAILED = -20004
ETIMEDOUT = -20005
ESTATE = -20006
ECLOSED = -20007
ERUNNING = -20008
ETHREAD = -20010
EKIND = -20011
EOTHERLOOP = -20014
ESELF = -20015
ENOLOOP = -20016
ESTOPPED = -20018
EINTERRUPT = -20019
EEXIT = -20020
EGROUP = -20021
ETAKEN = -20022
ENOTASK = -20029
EBROKEN = -20032
EFULL = -20033
EEMPTY = -20034
ESHUTDOWN = -20035
EDEADLOCK = -20036

NONE, BOOL, I64, U64, F64, PTR, BYTES, STR, OBJECT = range(9)

STEP_FAULT, STEP_RETURN, STEP_RAISE, STEP_AWAIT, STEP_SLEEP, STEP_YIELD = range(6)

RING_SEND, RING_THROW, RING_CALL, RING_SEND_NATIVE, RING_THROW_NATIVE, RING_SKIP, RING_PAUSE = range(7)

FOREVER = 2**63 - 1
LOOP_VIRTUAL_CLOCK = 1
LOOP_REPORT_EARLY = 4
RUNNER_NO_SIGINT = 4
GATHER_RETURN_ERRORS = 1
GATHER_CANCEL_ON_ERROR = 2
GATHER_REPORT_LATE = 4
ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION = range(3)
TASK_EAGER = 1
TASK_RESULT_WINS = 2
TASK_CANCEL_STICKS = 4
GROUP_CREATED, GROUP_OPEN, GROUP_ABORTING, GROUP_FINISHED = range(4)
REPORT_WARNING = 1
QUEUE_COUNTS_ONLY = 2
BARRIER_FILLING, BARRIER_DRAINING, BARRIER_RESETTING, BARRIER_BROKEN = range(4)

# ---- structs


class _Payload(Union):
    _fields_ = [("i64", c_int64), ("u64", c_uint64), ("f64", c_double), ("ptr", c_void_p)]


class Value(Structure):
    _anonymous_ = ("payload",)
    _fields_ = [
        ("kind", c_uint32),
        ("flags", c_uint32),
        ("payload", _Payload),
        ("len", c_size_t),
        ("drop", c_void_p),
    ]


class _Sized(Structure):
    """A struct that begins with its size."""

    def __init__(self, **fields):
        super().__init__(size=sizeof(self), **fields)


class TaskOptions(_Sized):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("name", c_char_p),
        ("context", c_void_p),
        ("stack_size", c_size_t),
        ("group", c_void_p),
    ]


class ErrorOptions(_Sized):
    _fields_ = [
        ("size", c_uint32),
        ("code", c_int32),
        ("message", c_char_p),
        ("domain", c_char_p),
        ("cause", c_void_p),
        ("context", c_void_p),
        ("children", POINTER(c_void_p)),
        ("child_count", c_size_t),
        ("payload", POINTER(Value)),
    ]


class Report(_Sized):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("message", c_char_p),
        ("error", c_void_p),
        ("future", c_void_p),
        ("task", c_void_p),
        ("handle", c_void_p),
        ("generator", c_void_p),
        ("duration_ns", c_int64),
        ("origin", c_char_p),
    ]


class Host(_Sized):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("block_enter", c_void_p),
        ("block_leave", c_void_p),
        ("lock", c_void_p),
        ("unlock", c_void_p),
        ("retain", c_void_p),
        ("release", c_void_p),
    ]


class RingView(_Sized):
    _fields_ = [
        ("size", c_uint32),
        ("capacity", c_uint32),
        ("object", c_void_p),
        ("sent", c_void_p),
        ("native", c_void_p),
        ("status", c_void_p),
        ("answer", c_void_p),
        ("value", c_void_p),
        ("current", c_void_p),
    ]


class RingOptions(_Sized):
    _fields_ = [
        ("size", c_uint32),
        ("capacity", c_uint32),
        ("host", POINTER(Host)),
        ("none", c_void_p),
        ("drain", c_void_p),
        ("user", c_void_p),
        ("describe", c_void_p),
    ]


class CpythonLayout(_Sized):
    _fields_ = [("size", c_uint32), ("flags", c_uint32)] + [
        (name, c_void_p) for name in ("yes", "no", "future", "done_handle", "delay")
    ] + [
        (name, c_uint32)
        for name in (
            "future_address", "future_raised", "future_blocking", "task_coro", "task_context", "task_send", "task_kept",
            "handle_callback", "handle_args", "handle_context", "done_handle_future", "reserved",
        )
    ]  # fmt: skip


class CpythonObject(Structure):
    _fields_ = [
        ("prototype", py_object),
        ("shared", POINTER(c_uint32)),
        ("given", POINTER(c_uint32)),
        ("shared_count", c_uint32),
        ("context", c_uint32),
    ]


class CpythonCall(_Sized):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("name", c_char_p),
        ("target", c_void_p),
        ("kinds", c_char_p),
        ("otherwise", py_object),
        ("refused", c_void_p),
        ("owner", c_void_p),
        ("made", POINTER(CpythonObject)),
    ]


class LoopOptions(_Sized):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("host", POINTER(Host)),
        ("handler", c_void_p),
        ("handler_user", c_void_p),
        ("poll_interval", c_uint32),
        ("reserved", c_uint32),
        ("shuffle_seed", c_uint64),
        ("slow_callback_ns", c_int64),
    ]


class RunnerOptions(_Sized):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("loop", POINTER(LoopOptions)),
        ("loop_factory", c_void_p),
        ("loop_factory_user", c_void_p),
        ("context", c_void_p),
    ]


class QueueOptions(_Sized):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("capacity", c_uint64),
        ("order", c_uint32),
        ("reserved", c_uint32),
        ("before", c_void_p),
        ("user", c_void_p),
    ]


class LoopStats(_Sized):
    _fields_ = [("size", c_uint32), ("open", c_uint32)] + [
        (name, c_uint64)
        for name in ("turns", "entries", "polls", "sleeps", "tasks", "futures", "deadlines", "ready")
    ]


# ---- callbacks

ReportCallback = CFUNCTYPE(None, py_object, c_void_p, POINTER(Report))
LoopFactoryCallback = CFUNCTYPE(None, py_object, POINTER(c_void_p))
DrainCallback = CFUNCTYPE(None, py_object, c_uint32)
DropCallback = CFUNCTYPE(None, py_object, c_size_t)
DescribeCallback = CFUNCTYPE(c_size_t, py_object, py_object, c_void_p, c_size_t)
WriteCallback = CFUNCTYPE(None, py_object, c_void_p, c_size_t)
StartCallback = CFUNCTYPE(None, py_object, c_void_p, POINTER(c_void_p))


def address_of(function):
    """The address of a C function or of a callback object, which must be kept alive."""
    return cast(function, c_void_p).value


HOST = Host(
    block_enter=address_of(pythonapi.PyEval_SaveThread),
    block_leave=address_of(pythonapi.PyEval_RestoreThread),
    lock=address_of(pythonapi.PyGILState_Ensure),
    unlock=address_of(pythonapi.PyGILState_Release),
    retain=address_of(pythonapi.Py_IncRef),
    release=address_of(pythonapi.Py_DecRef),
)
HOST_ADDRESS = addressof(HOST)

# ---- functions


# They go where a pointer goes, and ctypes converts that one in half the time.
_PASSED_AS_POINTERS = (c_int32, c_int64, c_uint32, c_uint64, c_size_t)

# As rondo_cpython_function has them. What is no int is handed on to ctypes.
_RESULT_KINDS = {c_int32: "s", c_int64: "i", c_uint64: "u", c_size_t: "u", c_void_p: "p", py_object: "o", None: "v"}


@CFUNCTYPE(c_void_p, c_char_p)
def _find(name):
    try:
        return address_of(pythonapi[name.decode()])
    except AttributeError:
        return None


def _can_make_builtins():
    if os.environ.get("RONDO_CTYPES") or not getattr(sys, "_is_gil_enabled", lambda: True)():
        return False
    load = library.rondo_cpython_load
    load.argtypes = [c_void_p, py_object]
    library.rondo_cpython_function.restype = py_object
    return load(address_of(_find), None) == OK


BUILTINS = _can_make_builtins()
_calls = []  # of the builtins


def builtin(name, kinds, otherwise, **how):
    """A builtin that calls the library's function of this name; see rondo_cpython_function."""
    name = "rondo_" + name
    target = address_of(getattr(library, name))
    call = CpythonCall(
        name=name.encode(), target=target, kinds=kinds.encode(), otherwise=py_object(otherwise), **how
    )
    _calls.append(call)
    return library.rondo_cpython_function(byref(call))


def _function(name, *arguments, result=c_int32, blocks=False):
    function = getattr(_library_without_lock if blocks else library, "rondo_" + name)
    function.argtypes = [c_void_p if argument in _PASSED_AS_POINTERS else argument for argument in arguments]
    function.restype = result
    if not BUILTINS or blocks or result not in _RESULT_KINDS:
        return function
    kinds = "".join("o" if argument is py_object else "i" for argument in arguments)
    return builtin(name, kinds + _RESULT_KINDS[result], function)


_P = c_void_p
_O = py_object

strerror = _function("strerror", c_int32, result=c_char_p)
status_name = _function("status_name", c_int32, result=c_char_p)
version = _function("version", result=c_char_p)

error_create = _function("error_create", _P, _P)
error_new = _function("error_new", c_int32, c_char_p, result=_P)
error_release = _function("error_release", _P, result=None)
error_code = _function("error_code", _P)
error_message = _function("error_message", _P, result=c_char_p)
error_cause = _function("error_cause", _P, result=_P)
error_context = _function("error_context", _P, result=_P)
error_child_count = _function("error_child_count", _P, result=c_size_t)
error_child = _function("error_child", _P, c_size_t, result=_P)
error_payload = _function("error_payload", _P, result=_P)

value_drop = _function("value_drop", _P, result=None)
value_copy = _function("value_copy", c_uint32, c_char_p, c_size_t, _P)

runner_create = _function("runner_create", _P, _P)
runner_get_loop = _function("runner_get_loop", _P, _P)
runner_run_ring = _function("runner_run_ring", _P, _P, _O, _P, _P, _P)
runner_interrupt = _function("runner_interrupt", _P)
runner_close = _function("runner_close", _P, c_int64, _P)
runner_release = _function("runner_release", _P, result=None)

loop_create = _function("loop_create", _P, _P)
loop_retain = _function("loop_retain", _P, result=_P)
loop_release = _function("loop_release", _P, result=None)
loop_close = _function("loop_close", _P)
loop_run_forever = _function("loop_run_forever", _P, _P)
loop_run_until_complete = _function("loop_run_until_complete", _P, _P, _P)
loop_run_guest = _function("loop_run_guest", _P, _P, _P, _P)
loop_stop = _function("loop_stop", _P)
loop_is_running = _function("loop_is_running", _P)
loop_is_closed = _function("loop_is_closed", _P)
loop_time = _function("loop_time", _P, result=c_int64)
loop_set_debug = _function("loop_set_debug", _P, c_int32)
loop_pause_clock = _function("loop_pause_clock", _P)
loop_resume_clock = _function("loop_resume_clock", _P)
loop_get_debug = _function("loop_get_debug", _P)
loop_set_exception_handler = _function("loop_set_exception_handler", _P, _P, _P)
loop_all_tasks = _function("loop_all_tasks", _P, _P, c_size_t, _P)
loop_current_task = _function("loop_current_task", _P, result=_P)
loop_get_stats = _function("loop_get_stats", _P, _P)
loop_set_slow_callback = _function("loop_set_slow_callback", _P, c_int64)
loop_get_slow_callback = _function("loop_get_slow_callback", _P, result=c_int64)
loop_dump = _function("loop_dump", _P, WriteCallback, py_object)
loop_shutdown_generators = _function("loop_shutdown_generators", _P, _P)
loop_call_soon = _function("loop_call_soon", _P, _P, _O, _P, _P)
loop_call_soon_threadsafe = _function("loop_call_soon_threadsafe", _P, _P, _O, _P, _P)
loop_call_at = _function("loop_call_at", _P, c_int64, _P, _O, _P, _P)
loop_add_reader = _function("loop_add_reader", _P, c_int32, _P, _O, _P)
loop_add_writer = _function("loop_add_writer", _P, c_int32, _P, _O, _P)
loop_remove_reader = _function("loop_remove_reader", _P, c_int32)
loop_remove_writer = _function("loop_remove_writer", _P, c_int32)

handle_cancel = _function("handle_cancel", _P)
handle_release = _function("handle_release", _P, result=None)

future_create = _function("future_create", _P, _P, _P)
future_new = _function("future_new", _P, result=_P)
future_retain = _function("future_retain", _P, result=_P)
future_release = _function("future_release", _P, result=None)
future_let_go = _function("future_let_go", _P)
future_result_object = _function("future_result_object", _P, result=_P)
future_loop = _function("future_loop", _P, result=_P)
future_set_object = _function("future_set_object", _P, _O)
future_set_result = _function("future_set_result", _P, _P)
future_set_error = _function("future_set_error", _P, _P)
future_cancel = _function("future_cancel", _P, c_char_p)
future_cancel_with = _function("future_cancel_with", _P, _P)
future_done = _function("future_done", _P)
future_cancelled = _function("future_cancelled", _P)
future_result = _function("future_result", _P, _P, _P)
future_result_object_or = _function("future_result_object_or", _P, _O, result=_O)
future_error = _function("future_error", _P, _P)
future_silence = _function("future_silence", _P)
future_add_done_callback = _function("future_add_done_callback", _P, _P, _O, _P)
future_remove_done_callback = _function("future_remove_done_callback", _P, _P, _O)
future_is_task = _function("future_is_task", _P)
future_awaited_by = _function("future_awaited_by", _P, _P, c_size_t, _P)

task_cancelling = _function("task_cancelling", _P)
task_uncancel = _function("task_uncancel", _P)
task_get_name = _function("task_get_name", _P, result=c_char_p)
task_set_name = _function("task_set_name", _P, c_char_p)
task_waive = _function("task_waive", _P)

gather = _function("gather", _P, _P, c_size_t, c_uint32, _P)
gather_objects = _function("gather_objects", _P, _P, c_size_t)
gather_child = _function("gather_child", _P, c_size_t, result=_P)

wait = _function("wait", _P, _P, c_size_t, c_uint32, c_int64, _P)
shield = _function("shield", _P, _P)
as_completed = _function("as_completed", _P, _P, c_size_t, c_int64, _P)
as_completed_next = _function("as_completed_next", _P, _P)
as_completed_child = _function("as_completed_child", _P, _P, result=_P)
as_completed_poll = _function("as_completed_poll", _P, result=c_int64)

timeout_begin_at = _function("timeout_begin_at", c_int64, _P)
timeout_start = _function("timeout_start", c_int64, result=_P)
timeout_stop = _function("timeout_stop", _P, c_int32)
timeout_release = _function("timeout_release", _P, result=None)
timeout_reschedule = _function("timeout_reschedule", _P, c_int64)
timeout_state = _function("timeout_state", _P)
timeout_expired = _function("timeout_expired", _P)
current_deadline = _function("current_deadline", result=c_int64)

task_group_create = _function("task_group_create", _P, _P)
task_group_release = _function("task_group_release", _P, result=None)
task_group_enter = _function("task_group_enter", _P)
task_group_add = _function("task_group_add", _P, _P)
task_group_exit = _function("task_group_exit", _P, _P, _P, _P)
task_group_cancel = _function("task_group_cancel", _P)
task_group_state = _function("task_group_state", _P)
task_group_count = _function("task_group_count", _P, _P, _P)

finalizer_create = _function("finalizer_create", _P, _P, _P, _P)
finalizer_release = _function("finalizer_release", _P, result=None)

lock_create = _function("lock_create", _P)
lock_release = _function("lock_release", _P, result=None)
lock_acquire_async = _function("lock_acquire_async", _P, _P)
lock_unlock = _function("lock_unlock", _P)
lock_locked = _function("lock_locked", _P)
lock_waiting = _function("lock_waiting", _P, result=c_uint64)

event_create = _function("event_create", _P)
event_release = _function("event_release", _P, result=None)
event_wait_async = _function("event_wait_async", _P, _P)
event_set = _function("event_set", _P)
event_clear = _function("event_clear", _P)
event_is_set = _function("event_is_set", _P)
event_waiting = _function("event_waiting", _P, result=c_uint64)

condition_create = _function("condition_create", _P, _P)
condition_release = _function("condition_release", _P, result=None)
condition_wait_async = _function("condition_wait_async", _P, _P)
condition_notify = _function("condition_notify", _P, c_uint64)
condition_notify_all = _function("condition_notify_all", _P)
condition_waiting = _function("condition_waiting", _P, result=c_uint64)

semaphore_create = _function("semaphore_create", c_uint64, c_uint64, _P)
semaphore_release = _function("semaphore_release", _P, result=None)
semaphore_acquire_async = _function("semaphore_acquire_async", _P, _P)
semaphore_give_back = _function("semaphore_give_back", _P)
semaphore_locked = _function("semaphore_locked", _P)
semaphore_value = _function("semaphore_value", _P, result=c_uint64)
semaphore_waiting = _function("semaphore_waiting", _P, result=c_uint64)

barrier_create = _function("barrier_create", c_uint64, _P)
barrier_release = _function("barrier_release", _P, result=None)
barrier_wait_async = _function("barrier_wait_async", _P, _P)
barrier_reset_async = _function("barrier_reset_async", _P, _P)
barrier_abort_async = _function("barrier_abort_async", _P, _P)
barrier_waiting = _function("barrier_waiting", _P, result=c_uint64)
barrier_state = _function("barrier_state", _P)

queue_create = _function("queue_create", _P, _P)
queue_release = _function("queue_release", _P, result=None)
queue_put_async = _function("queue_put_async", _P, _P, _P)
queue_put_nowait = _function("queue_put_nowait", _P, _P)
queue_get_async = _function("queue_get_async", _P, _P, _P)
queue_get_nowait = _function("queue_get_nowait", _P, _P)
queue_unfinished = _function("queue_unfinished", _P, result=c_uint64)
queue_putters = _function("queue_putters", _P, result=c_uint64)
queue_getters = _function("queue_getters", _P, result=c_uint64)
queue_task_done = _function("queue_task_done", _P)
queue_join_async = _function("queue_join_async", _P, _P)
queue_shutdown = _function("queue_shutdown", _P, c_int32)
queue_is_shutdown = _function("queue_is_shutdown", _P)

channel_create = _function("channel_create", c_uint64, _P)
channel_release = _function("channel_release", _P, result=None)
channel_send_async = _function("channel_send_async", _P, _P, _P)
channel_send_nowait = _function("channel_send_nowait", _P, _P)
channel_send_blocking = _function("channel_send_blocking", _P, _P, c_int64, blocks=True)
channel_receive_async = _function("channel_receive_async", _P, _P, _P)
channel_receive_nowait = _function("channel_receive_nowait", _P, _P)
channel_receive_blocking = _function("channel_receive_blocking", _P, _P, c_int64, blocks=True)
channel_size = _function("channel_size", _P, result=c_uint64)
channel_shutdown = _function("channel_shutdown", _P)

future_bridge = _function("future_bridge", _P, _P, _P)

ring_create = _function("ring_create", _P, _P, _P)
ring_release = _function("ring_release", _P, result=None)
ring_get_view = _function("ring_get_view", _P, _P)
ring_task_create = _function("ring_task_create", _P, _O, _P, _P)
ring_task_new = _function("ring_task_new", _P, _O, _P, result=_P)
ring_task_object = _function("ring_task_object", _P, result=_O)
ring_task_begin_eager = _function("ring_task_begin_eager", _P, _O, _P, _P)
ring_task_end_eager = _function("ring_task_end_eager", _P, c_uint64, c_uint64)

# What callbacks name as their function to be run through the ring.
RING_CALLBACK = _function("ring_callback", result=_P)()

cpython_lay_out = _function("cpython_lay_out", _P)
cpython_steps = _function("cpython_steps", _P, result=_O)
cpython_drain = address_of(library.rondo_cpython_drain)
