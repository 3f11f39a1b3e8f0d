"""sleep: the only suspension that needs no future."""

import types
from math import floor

from ._ring import Delay

_LONGEST = 2**63 - 1


@types.coroutine
def _give_way():
    yield


@types.coroutine
def _pause(delay):
    yield delay


def to_ns(seconds):
    """Seconds as whole nanoseconds, as near as can be."""
    ns = seconds * 1e9
    if -9.2e18 < ns < 9.2e18:
        return floor(ns + 0.5)
    return -_LONGEST if ns < 0 else _LONGEST


async def sleep(delay, result=None):
    """Suspends the task for delay seconds; gives way to the others for one turn when that is 0 or less."""
    if delay <= 0:
        await _give_way()
        return result
    if delay != delay:
        raise ValueError("Invalid delay: NaN (not a number)")
    await _pause(Delay(max(to_ns(delay), 1)))
    return result
