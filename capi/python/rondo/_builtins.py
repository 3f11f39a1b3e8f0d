"""What of this package the library does itself on CPython: the methods of futures that are called most, and making
futures, tasks and handles. Each has its twin in Python, which gets what is out of the ordinary, and does it all elsewhere.
"""

from ctypes import addressof, c_uint32, c_void_p, pointer, py_object, sizeof

from . import _ffi
from ._errors import refusal
from ._futures import Future
from ._handles import DoneHandle, Handle
from ._ring import Delay
from ._tasks import Task


def _place_of(kind, name):
    """Where the slot is, from an instance's address on."""
    probe, mark = kind.__new__(kind), object()
    setattr(probe, name, mark)
    places = range(0, kind.__basicsize__, sizeof(c_void_p))
    found = next(place for place in places if c_void_p.from_address(id(probe) + place).value == id(mark))
    delattr(probe, name)
    return found


def _places_of(kind, names):
    return (c_uint32 * len(names))(*[_place_of(kind, name) for name in names])


def _lay_out():
    layout = _ffi.CpythonLayout(
        yes=id(True),
        no=id(False),
        future=id(Future),
        done_handle=id(DoneHandle),
        delay=id(Delay),
        future_address=_place_of(Future, "_h"),
        future_raised=_place_of(Future, "_raised"),
        future_blocking=_place_of(Future, "_asyncio_future_blocking"),
        task_coro=_place_of(Task, "_coro"),
        task_context=_place_of(Task, "_context"),
        task_send=_place_of(Task, "_send"),
        task_kept=_place_of(Task, "_kept"),
        handle_callback=_place_of(Handle, "_callback"),
        handle_args=_place_of(Handle, "_args"),
        handle_context=_place_of(Handle, "_context"),
        done_handle_future=_place_of(DoneHandle, "_future"),
    )
    _ffi.cpython_lay_out(_ffi.addressof(layout))


def _method(method, name, kinds, refused=None):
    how = {"refused": id(refused)} if refused else {}
    setattr(Future, method, _ffi.builtin(name, kinds, getattr(Future, method), owner=id(Future), **how))


def _refuse(status):
    raise refusal(status)


def _maker(name, kinds, otherwise, kind, given, **shared):
    """A builtin that makes an instance with these slots: given as arguments, and shared by all."""
    if not _ffi.BUILTINS:
        return otherwise
    prototype = kind.__new__(kind)
    for slot, value in shared.items():
        setattr(prototype, slot, value)
    made = _ffi.CpythonObject(
        prototype=py_object(prototype),
        shared=_places_of(kind, list(shared)),
        shared_count=len(shared),
        given=_places_of(kind, given),
        context=_place_of(kind, "_context") if hasattr(kind, "_context") else 0,
    )
    return _ffi.builtin(name, kinds, otherwise, made=pointer(made))


if _ffi.BUILTINS:
    _lay_out()
    _method("done", "future_done", "hb")
    _method("set_result", "future_set_object", "hoz", _refuse)
    _method("result", "future_result_object", "ho")
    _method("__del__", "future_let_go", "tz")

_FUTURE = dict.fromkeys(("_callbacks", "_raised", "_source_traceback"), None) | {"_asyncio_future_blocking": False}
_TASK = _FUTURE | {"_name": None, "_send": None}
_HANDLE = {"_cancelled": False, "_repr": None, "_source_traceback": None}

# new_future(loop, its address)
new_future = _maker("future_new", "aim", lambda loop, _: Future(loop=loop), Future, ["_loop"], **_FUTURE)

# new_task(coro, loop, its ring)
new_task = _maker(
    "ring_task_new", "aain0m", lambda coro, loop, _: Task(coro, loop=loop), Task, ["_coro", "_loop"], **_TASK
)


def _scheduler(name):
    """A function of callback, args, loop, its address and RING_CALLBACK that answers with a handle."""
    schedule = getattr(_ffi, name)

    def by_hand(callback, args, loop, address, function):
        handle = Handle(callback, args, loop)
        if status := schedule(address, function, handle, None, None):
            raise refusal(status)
        return handle

    return _maker(name, "aaaiin00n", by_hand, Handle, ["_callback", "_args", "_loop"], **_HANDLE)


call_soon = _scheduler("loop_call_soon")
call_soon_threadsafe = _scheduler("loop_call_soon_threadsafe")


def operation(name, more=0):
    """A function of the loop, an address and more ints that begins to wait: a future, or a status when there is nothing
    to wait for."""

    def by_hand(loop, *arguments):
        out = c_void_p()
        return getattr(_ffi, name)(*arguments, addressof(out)) or Future._adopt(out.value, loop)

    return _maker(name, "ai" + "i" * more + "xx", by_hand, Future, ["_loop"], **_FUTURE)
