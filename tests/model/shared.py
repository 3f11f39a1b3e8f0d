"""The part of the machine that is about what tasks share: locks, events, conditions, semaphores, barriers, queues."""

import re

CLASSES = {
    "lock": "Lock", "event": "Event", "condition": "Condition", "semaphore": "Semaphore",
    "bounded": "BoundedSemaphore", "barrier": "Barrier", "queue": "Queue", "lifo": "LifoQueue",
    "priority": "PriorityQueue",
}  # fmt: skip
QUEUES = ("queue", "lifo", "priority")

# Verbs for what may wait, and the methods.
OPERATIONS = {
    "acquire": "acquire", "wait_on": "wait", "wait_until": "wait_for", "reset": "reset", "abort": "abort",
    "put": "put", "get": "get", "join": "join",
}  # fmt: skip
# For what does not.
CALLS = {
    "release": "release", "set_event": "set", "clear_event": "clear", "notify": "notify", "notify_all": "notify_all",
    "put_nowait": "put_nowait", "get_nowait": "get_nowait", "task_done": "task_done", "shutdown": "shutdown",
}  # fmt: skip


class Shared:
    """Statements about what the program lists under "shared"; p is a place in that list."""

    def make_shared(self):
        self.kinds = [kind for kind, _ in self.program.get("shared", ())]
        self.shared = []
        self.counts = [0] * len(self.kinds)  # what conditions wait for
        for kind, argument in self.program.get("shared", ()):
            make = getattr(self.aio, CLASSES[kind])
            if kind == "condition" and argument is not None:
                argument = self.shared[argument]
            self.shared.append(make() if argument is None else make(argument))

    def free_locks(self):
        """For the reaper: who waits at a condition is not to be cancelled before the lock is his again."""
        for kind, thing in zip(self.kinds, self.shared):
            if kind in ("lock", "condition") and thing.locked():
                thing.release()

    def look_at(self, p):
        """What it tells of itself, but for the items."""
        thing = self.shared[p]
        text = re.search(r"\[([^[]*)\]>$|^<\w+ (.*)>$", str(thing)).expand(r"\1\2")
        return re.sub(r"_queue=\[.*?\]", f"size={thing.qsize()}", text) if self.kinds[p] in QUEUES else text

    def outcome(self, call, *arguments):
        """What a call answers, or what it raises."""
        try:
            return call(*arguments)
        except (RuntimeError, ValueError, self.aio.QueueFull, self.aio.QueueEmpty, self.aio.QueueShutDown) as exception:
            return self.describe(exception)

    def operation(self, verb, p, *arguments):
        """The coroutine of a verb that may wait."""
        if verb == "wait_until":
            return self.shared[p].wait_for(lambda: self.enough(p, *arguments))
        return getattr(self.shared[p], OPERATIONS[verb])(*arguments)

    def enough(self, p, wanted):
        self.log(f"count {p} is {self.counts[p]}")
        return self.counts[p] >= wanted

    # ---- statements

    def do_bump(self, me, p):
        self.counts[p] += 1

    def do_peek(self, me, p):
        self.log(f"{me.label} sees {p} {self.look_at(p)}")

    async def do_hold(self, me, p, block):
        try:
            async with self.shared[p] as index:
                self.log(f"{me.label} holds {p} {index}")
                return await self.block(me, block)
        finally:
            self.log(f"{me.label} leaves {p}")


def _operation(verb):
    async def do(self, me, p, *arguments):
        value = await self.operation(verb, p, *arguments)
        self.log(f"{me.label} {verb} {p} {value}")

    return do


def _call(verb):
    def do(self, me, p, *arguments):
        outcome = self.outcome(getattr(self.shared[p], CALLS[verb]), *arguments)
        self.log(f"{me.label} {verb} {p} {outcome}")

    return do


for _verb in OPERATIONS:
    setattr(Shared, "do_" + _verb, _operation(_verb))
for _verb in CALLS:
    setattr(Shared, "do_" + _verb, _call(_verb))
