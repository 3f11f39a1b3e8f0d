"""Native values to Python objects and back, for results that cross between languages."""

from ctypes import addressof, cast, py_object, string_at

from . import _ffi
from ._ffi import Value

_NUMBERS = {_ffi.I64: "i64", _ffi.U64: "u64", _ffi.F64: "f64", _ffi.PTR: "ptr"}


def to_object(value):
    """The Python object for a native value, which stays its owner's."""
    kind = value.kind
    if kind == _ffi.NONE:
        return None
    if kind in _NUMBERS:
        return getattr(value, _NUMBERS[kind])
    if kind == _ffi.BOOL:
        return bool(value.i64)
    if kind in (_ffi.BYTES, _ffi.STR):
        data = string_at(value.ptr, value.len) if value.len else b""
        return data if kind == _ffi.BYTES else data.decode("utf-8", "replace")
    if kind == _ffi.OBJECT and value.len == _ffi.HOST_ADDRESS:
        return cast(value.ptr, py_object).value
    raise TypeError(f"a native value of kind {kind} has no counterpart in Python")


def to_value(thing):
    """A native value that owns what it holds, for None, bool, int, float, str and bytes."""
    if thing is None:
        return Value()
    if isinstance(thing, bool):
        return Value(kind=_ffi.BOOL, i64=thing)
    if isinstance(thing, int):
        if -(2**63) <= thing < 2**63:
            return Value(kind=_ffi.I64, i64=thing)
        if 0 <= thing < 2**64:
            return Value(kind=_ffi.U64, u64=thing)
        raise OverflowError("the integer does not fit into 64 bits")
    if isinstance(thing, float):
        return Value(kind=_ffi.F64, f64=thing)
    if isinstance(thing, (str, bytes)):
        kind, data = (_ffi.STR, thing.encode()) if isinstance(thing, str) else (_ffi.BYTES, bytes(thing))
        value = Value()
        if _ffi.value_copy(kind, data, len(data), addressof(value)) < 0:
            raise MemoryError
        return value
    raise TypeError(f"None, bool, int, float, str or bytes was expected, got {thing!r}")
