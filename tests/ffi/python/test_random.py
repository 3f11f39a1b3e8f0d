"""Random programs run by CPython's asyncio and by Rondo: equal traces.

RONDO_SEED=n python -m unittest test_random runs one program and prints it; RONDO_PROGRAMS=n changes how many run.
"""

import asyncio
import contextvars
import os
import random
import unittest

import both
from both import LIBRARIES, Same, count_turns, trace

TASKS, FUTURES, STEPS = 5, 4, 7
VARIABLE = contextvars.ContextVar("VARIABLE")


def make_program(seed):
    """What each task does, as a list of (verb, arguments)."""
    r = random.Random(seed)

    def verb(depth=0):
        return r.choice(SIMPLE + (NESTING if depth < 2 else ()))

    def statement(depth=0):
        name = verb(depth)
        if name in ("try", "finally"):
            return name, block(depth + 1), block(depth + 1)
        if name == "gather":
            return name, [r.randrange(TASKS) for _ in range(r.randrange(4))], r.random() < 0.5, r.random() < 0.3
        return name, r.randrange(TASKS), r.randrange(FUTURES), r.random()

    def block(depth=0):
        return [statement(depth) for _ in range(r.randrange(1, STEPS if depth == 0 else 3))]

    return [block() for _ in range(TASKS)]


def describe(exception):
    # The second one to look at a cancelled task gets no message from CPython (it is used up), but does from Rondo.
    return "CancelledError" if isinstance(exception, asyncio.CancelledError) else both.describe(exception)


SIMPLE = (
    "sleep0", "sleep0", "sleep0", "sleep", "sleep", "spawn_task", "spawn_task", "await_task", "await_task", "cancel_task", "cancel_message",
    "await_future", "await_future", "set_result", "set_result", "set_exception", "cancel_future", "call_soon", "call_later",
    "watch_task", "watch_future", "unwatch", "look", "uncancel", "raise", "raise_cancelled", "return", "self_cancel",
    "cancel_handle", "bad_callback", "context", "await_done",
)  # fmt: skip
NESTING = ("try", "try", "finally", "gather", "gather")


class Machine:
    """Runs a program with a library."""

    def __init__(self, aio, log, program):
        self.aio, self.log, self.program = aio, log, program
        self.loop = aio.get_running_loop()
        self.tasks = {}
        self.futures = [self.loop.create_future() for _ in range(FUTURES)]
        self.handles = []
        self.callbacks = {}

    def spawn(self, i):
        if i not in self.tasks:
            self.tasks[i] = self.aio.create_task(self.run(i), name=f"t{i}")

    async def run(self, i):
        log = self.log
        log(i, "starts")
        try:
            await self.block(i, self.program[i])
            log(i, "ends")
        except BaseException as exception:
            log(i, "leaves with", describe(exception))
            raise
        return f"r{i}"

    async def block(self, i, statements):
        for statement in statements:
            if await getattr(self, statement[0])(i, *statement[1:]) is self.STOP:
                return self.STOP

    STOP = object()

    def callback(self, what):
        def called(future=None):
            self.log("callback", what, future.done() if future else "")

        return self.callbacks.setdefault(what, called)

    async def sleep0(self, i, *_):
        await self.aio.sleep(0)
        self.log(i, "slept 0")

    async def sleep(self, i, t, f, x):
        self.log(i, "slept", await self.aio.sleep(x, result="well"))

    async def spawn_(self, i, t, *_):
        self.spawn(t)

    async def await_task(self, i, t, *_):
        if t > i and t in self.tasks:  # no cycles: cancelling one is beyond CPython
            self.log(i, "waits for", t)
            self.log(i, "got", await self.tasks[t])

    async def await_future(self, i, t, f, x):
        self.log(i, "waits for future", f)
        self.log(i, "got", await self.futures[f])

    async def await_done(self, i, t, f, x):
        if self.futures[f].done():
            self.log(i, "got at once", await self.futures[f])

    async def cancel_task(self, i, t, *_):
        if t in self.tasks:
            self.log(i, "cancels", t, self.tasks[t].cancel())

    async def cancel_message(self, i, t, f, x):
        if t in self.tasks:
            self.log(i, "cancels", t, self.tasks[t].cancel(f"because {f}"))

    async def self_cancel(self, i, *_):
        self.log(i, "cancels itself", self.aio.current_task().cancel("self"))

    async def uncancel(self, i, *_):
        self.log(i, "uncancels", self.aio.current_task().uncancel())

    async def set_result(self, i, t, f, x):
        try:
            self.futures[f].set_result(f"by {i}")
        except self.aio.InvalidStateError:
            self.log(i, "too late for", f)
            self.futures[f] = self.loop.create_future()

    async def set_exception(self, i, t, f, x):
        if not self.futures[f].done():
            self.futures[f].set_exception(LookupError(f"by {i}"))

    async def cancel_future(self, i, t, f, x):
        self.log(i, "cancels future", f, self.futures[f].cancel(*(["msg"] if x < 0.5 else [])))

    async def call_soon(self, i, t, f, x):
        self.handles.append(self.loop.call_soon(self.callback(f"soon {i} {f}")))

    async def call_later(self, i, t, f, x):
        if x < 0.5 and t in self.tasks:
            self.handles.append(self.loop.call_later(x, self.tasks[t].cancel))
        else:
            self.handles.append(self.loop.call_later(x, self.callback(f"later {i} {f}")))

    async def bad_callback(self, i, t, f, x):
        self.loop.call_soon(self.fail_in_callback, i)

    def fail_in_callback(self, i):
        raise ArithmeticError(f"from {i}")

    async def cancel_handle(self, i, t, f, x):
        if self.handles:
            handle = self.handles[t % len(self.handles)]
            handle.cancel()
            self.log(i, "cancels a handle", handle.cancelled())

    async def watch_task(self, i, t, f, x):
        if t in self.tasks:
            self.tasks[t].add_done_callback(self.callback(f"done task {t} {f}"))

    async def watch_future(self, i, t, f, x):
        self.futures[f].add_done_callback(self.callback(f"done future {f}"))

    async def unwatch(self, i, t, f, x):
        self.log(i, "unwatches", self.futures[f].remove_done_callback(self.callback(f"done future {f}")))

    async def look(self, i, t, f, x):
        self.log(i, "is", self.aio.current_task().get_name())
        for k, task in self.tasks.items():
            self.log(i, "sees", k, task.done(), task.cancelled(), task.cancelling())
        names = sorted(task.get_name() for task in self.aio.all_tasks() if task.get_name().startswith("t"))
        self.log(i, "sees", *names, f"{self.loop.time():.6f}")

    async def context(self, i, t, f, x):
        self.log(i, "has", VARIABLE.get())
        VARIABLE.set(f"{i}{t}{f}")
        self.loop.call_soon(lambda: self.log("callback has", VARIABLE.get()))

    async def raise_(self, i, *_):
        raise ValueError(f"from {i}")

    async def raise_cancelled(self, i, t, f, x):
        raise self.aio.CancelledError(*(["made up"] if x < 0.5 else []))

    async def return_(self, i, *_):
        return self.STOP

    async def try_(self, i, body, handler):
        try:
            return await self.block(i, body)
        except (Exception, self.aio.CancelledError) as exception:
            self.log(i, "catches", describe(exception))
            return await self.block(i, handler)

    async def finally_(self, i, body, cleanup):
        try:
            return await self.block(i, body)
        finally:
            self.log(i, "cleans up")
            await self.block(i, cleanup)

    async def gather(self, i, children, return_exceptions, cancel):
        awaitables = []
        for t in children:
            if t == i:
                awaitables.append(self.aio.sleep(0, f"coroutine of {i}"))
            elif t > i and t in self.tasks:
                awaitables.append(self.tasks[t])
        outer = self.aio.gather(*awaitables, return_exceptions=return_exceptions)
        if cancel:
            self.loop.call_soon(lambda: self.log("gather cancelled", outer.cancel()))
        results = await outer
        self.log(i, "gathered", *(describe(r) if isinstance(r, BaseException) else r for r in results))


for _name in ("try", "finally", "raise", "return", "spawn"):
    setattr(Machine, _name if _name != "spawn" else "spawn_task", getattr(Machine, _name + "_"))


def scenario_of(program, turns):
    async def scenario(aio, log):
        VARIABLE.set("main")
        stop_counting = count_turns(aio, log) if turns else lambda: None
        machine = Machine(aio, log, program)
        for i in range(3):
            machine.spawn(i)
        for _ in range(20):
            await aio.sleep(0 if turns else 0.37)
        for task in list(machine.tasks.values()):
            task.cancel("the end")
        for future in machine.futures:
            future.cancel()
        for _ in range(20):
            await aio.sleep(0 if turns else 0.37)
        stop_counting()
        for i, task in machine.tasks.items():
            if task.done():
                log(i, "ended", "cancelled" if task.cancelled() else describe(task.exception()) if task.exception() else task.result())
            else:
                log(i, "is still there")
                while not task.done():
                    task.cancel()
                    await aio.sleep(1)
        for f, future in enumerate(machine.futures):
            if future.done() and not future.cancelled():
                log("future", f, future.exception() or future.result())

    return scenario


@unittest.skipUnless(both.CPYTHON_IS_REFERENCE, "the reference is CPython 3.13")
class RandomPrograms(Same, unittest.TestCase):
    def check(self, seed, *, turns, debug=None):
        program = make_program(seed)
        theirs, ours = (trace(aio, scenario_of(program, turns), debug=debug) for aio in LIBRARIES)
        if theirs != ours:
            position = next((i for i, (a, b) in enumerate(zip(theirs, ours)) if a != b), min(len(theirs), len(ours)))
            before = "\n".join(theirs[max(position - 12, 0) : position])
            self.fail(
                f"RONDO_SEED={seed} python -m unittest test_random\n{before}\n"
                f"asyncio: {theirs[position:position + 3]}\nrondo:   {ours[position:position + 3]}"
            )

    def test_equal_traces(self):
        """L2, F4, F5, T1-T3, T30-T43, G2-G19, C1-C5: whatever order asyncio has, Rondo has."""
        if seed := os.environ.get("RONDO_SEED"):
            for statements in make_program(int(seed)):
                print(*statements, sep="\n", end="\n\n")
            self.check(int(seed), turns=int(seed) % 2 == 0)
            return
        for seed in range(int(os.environ.get("RONDO_PROGRAMS", "300"))):
            self.check(seed, turns=seed % 2 == 0)

    def test_debug_mode_changes_nothing(self):
        """D11"""
        for seed in range(0, 40):
            self.check(seed, turns=seed % 2 == 0, debug=True)


if __name__ == "__main__":
    unittest.main()
