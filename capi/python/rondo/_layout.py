"""Where the objects of this package keep what the library's own steps need: the slots of their classes."""

from ctypes import c_void_p, sizeof

from . import _ffi
from ._futures import Future
from ._handles import Handle
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


LAYOUT = _ffi.CPythonLayout(
    yes=id(True),
    no=id(False),
    future=id(Future),
    delay=id(Delay),
    future_address=_place_of(Future, "_h"),
    future_blocking=_place_of(Future, "_asyncio_future_blocking"),
    task_coro=_place_of(Task, "_coro"),
    task_context=_place_of(Task, "_context"),
    task_send=_place_of(Task, "_send"),
    task_kept=_place_of(Task, "_kept"),
    handle_callback=_place_of(Handle, "_callback"),
    handle_args=_place_of(Handle, "_args"),
    handle_context=_place_of(Handle, "_context"),
)
