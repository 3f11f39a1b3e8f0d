"""One scenario, two libraries: runs it under CPython's asyncio and under Rondo and compares what happened.

A scenario is `async def scenario(aio, log)`: aio is the library to use, log(*words) adds a line to the trace. Time is
virtual in both: it stands still while anyone can run and jumps when everyone sleeps.
"""

import asyncio
import gc
import selectors
import sys

import rondo

LIBRARIES = (asyncio, rondo)
# Earlier versions differ in details (uncancel, gather of what is done); Rondo follows this one everywhere.
CPYTHON_IS_REFERENCE = sys.version_info >= (3, 13)


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting, moves the clock of its loop."""

    now = 0.0

    def select(self, timeout=None):
        events = super().select(0)
        if not events and timeout is None:
            return super().select(None)
        if not events and timeout > 0:
            self.now += timeout
        return events


class VirtualAsyncioLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self._clock = _JumpingSelector()
        super().__init__(self._clock)

    def time(self):
        return self._clock.now


def new_loop(aio):
    return VirtualAsyncioLoop() if aio is asyncio else rondo.new_event_loop(virtual_clock=True)


def describe(exception):
    """What of an exception must be equal in both libraries."""
    name = type(exception).__name__
    if isinstance(exception, BaseExceptionGroup):
        return f"{name}({', '.join(describe(child) for child in exception.exceptions)})"
    # Descriptions of tasks hold file names and addresses.
    return f"{name}({str(exception).split(': <')[0]})"


def trace(aio, scenario, *, debug=None):
    """What a scenario logs in a library, then how it ended, then whose failure nobody looked at.

    The moment in which a dropped future tells of that is not compared: Rondo lets go of things once per batch.
    """
    lines, dropped = [], []

    def log(*words):
        lines.append(" ".join(map(str, words)))

    def tell(loop, context):
        exception = context.get("exception")
        subject = "task" if "task" in context else "future" if "future" in context else "handle"
        report = f"REPORT {context['message'].split(' at ')[0]} {subject} {describe(exception) if exception else ''}"
        (dropped if "never retrieved" in report else lines).append(report)

    with aio.Runner(loop_factory=lambda: new_loop(aio), debug=debug) as runner:
        runner.get_loop().set_exception_handler(tell)
        try:
            log("->", runner.run(scenario(aio, log)))
        except BaseException as exception:
            log("!!", describe(exception))
        gc.collect()
    return lines + sorted(dropped)


def count_turns(aio, log):
    """Logs a bar at the beginning of every turn, until the returned function is called."""
    loop = aio.get_running_loop()
    handle = None

    def bar():
        nonlocal handle
        log("‖")
        handle = loop.call_soon(bar)

    handle = loop.call_soon(bar)
    return lambda: handle.cancel()


class Same:
    """For test cases: assertSame runs a scenario in both libraries."""

    maxDiff = None

    def assertSame(self, scenario, expected=None, *, debug=None):
        ours = trace(rondo, scenario, debug=debug)
        if CPYTHON_IS_REFERENCE:
            self.assertEqual(trace(asyncio, scenario, debug=debug), ours, "CPython's trace is the first one")
        if expected is not None:
            self.assertEqual(expected, ours)
        return ours

    @staticmethod
    def rows(lines):
        """A trace with bars as a list of turns, empty ones left out."""
        turns = [[]]
        for line in lines:
            if line == "‖":
                turns.append([])
            else:
                turns[-1].append(line)
        return [turn for turn in turns if turn]
