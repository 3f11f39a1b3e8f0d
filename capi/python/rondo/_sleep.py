"""sleep: the only suspension that needs no future."""

from math import floor

from ._ring import Delay

_LONGEST = 2**63 - 1


class _Yields(tuple):
    """Awaited it yields what it holds, without a generator."""

    __slots__ = ()
    __await__ = tuple.__iter__


_give_way = _Yields((None,))


def to_ns(seconds):
    """Seconds as whole nanoseconds, as near as can be."""
    ns = seconds * 1e9
    if -9.2e18 < ns < 9.2e18:
        return floor(ns + 0.5)
    return -_LONGEST if ns < 0 else _LONGEST


async def sleep(delay, result=None):
    """Suspends the task for delay seconds; gives way to the others for one turn when that is 0 or less."""
    if delay <= 0:
        await _give_way
        return result
    if delay != delay:
        raise ValueError("Invalid delay: NaN (not a number)")
    await _Yields((Delay(max(to_ns(delay), 1)),))
    return result
