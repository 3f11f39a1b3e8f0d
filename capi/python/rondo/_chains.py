"""What a suspended coroutine awaits."""

_AWAITS = ("cr_await", "ag_await", "gi_yieldfrom")


def await_chain(coro):
    """The coroutine, what it awaits, what that awaits, and so on."""
    while coro is not None:
        yield coro
        coro = next((inner for kind in _AWAITS if (inner := getattr(coro, kind, None)) is not None), None)


def awaited_future(coro):
    """The future at the end of the chain, or None."""
    innermost = coro
    for innermost in await_chain(coro):
        pass
    frame = getattr(innermost, "gi_frame", None)
    return frame.f_locals.get("self") if frame is not None and frame.f_code.co_name == "__await__" else None
