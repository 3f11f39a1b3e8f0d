"""Random programs for the model tests.

A program is data (lists, dictionaries, strings, numbers, None), so that interpreters in several languages run the same
one:

    {"futures": how many plain futures there are,
     "shared": [[kind, argument], ...]  locks, queues and the like (shared.py): named by their place
     "bodies": [block, ...]      what task j does; each body is started at most once
     "runs": [block, ...]        what the main coroutine of each run of the one Runner does
     "eager": bool, "debug": bool}

A block is a list of statements, a statement is [verb, argument, ...]; machine.py, shared.py and threads.py say what
each verb does. What can be awaited is named by a reference: ["t", j] the task of body j, ["f", k] a future, ["o", s]
what a gather, shield or job put into slot s, ["b", j] body j as a coroutine that becomes a task, ["c", block] a
coroutine called in place, ["w", operation] the coroutine of a statement about something shared, ["m"] the main task.
Times are ticks of 1/512 s: exact as a float and as nanoseconds.

Every program ends: there are no loops, no task waits in a circle for tasks (only for those of higher numbers), and what
waits for something that nobody does is ended by the machine.
"""

import random

from shared import OPERATIONS

RETURN_WHEN = ("FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED")

# How often each verb is chosen. A program draws which of them it favours, so that some programs are all about one idea.
QUICK = {
    "spawn": 10, "spawn_in_context": 2, "cancel": 7, "set": 8, "fail": 3, "fresh": 1, "watch": 3, "watch_again": 1,
    "unwatch": 1, "soon": 4, "later": 3, "at": 1, "drop": 2, "var": 2, "look": 2, "all_tasks": 1, "ticks": 0.5,
    "raise": 1.5, "gather": 4, "shield": 3, "reschedule": 2, "spawn_in": 2, "factory": 0.5, "stop": 0.1,
    "exit": 0.3,
}  # fmt: skip
SLOW = {
    "yield": 8, "sleep": 8, "await": 14, "uncancel": 2, "cancelling": 1, "raise_cancelled": 0.7, "return": 0.7,
    "wait": 4, "wait_for": 5, "as_completed": 3,
}  # fmt: skip
NESTING = {"call": 3, "try": 8, "finally": 5, "timeout": 5, "group": 6, "agen": 2}
THREADS = {"job": 8, "to_thread": 4, "submit": 4, "unsubmit": 2, "submission": 3}

# The kinds of what is shared, and what is done with each.
_LOCK = {"hold": 8, "acquire": 2, "release": 2.5, "peek": 1}
_QUEUE = {
    "put": 6, "get": 6, "put_nowait": 2, "get_nowait": 2, "task_done": 3, "join": 2, "shutdown": 0.4, "peek": 1,
}  # fmt: skip
SHARED = {
    "lock": (4, _LOCK),
    "event": (2, {"wait_on": 6, "set_event": 3, "clear_event": 2, "peek": 1}),
    "condition": (6, _LOCK | {"wait_on": 0.5, "notify": 0.5}),
    "semaphore": (4, _LOCK),
    "bounded": (1, _LOCK),
    "barrier": (3, {"wait_on": 8, "hold": 2, "reset": 1, "abort": 0.3, "peek": 1}),
    "queue": (5, _QUEUE),
    "lifo": (1, _QUEUE),
    "priority": (2, _QUEUE),
}
WAKING = {"put", "get", "put_nowait", "get_nowait", "release", "notify"}  # somebody, who may be cancelled at once
INSIDE_CONDITION = {"wait_on": 6, "wait_until": 3, "notify": 4, "notify_all": 2, "bump": 3, "release": 0.3, "peek": 0.5}


def generate(seed):
    """The program of a seed."""
    return _Generator(random.Random(seed)).program()


def walk(node):
    """All lists inside a program's data, the outer ones first."""
    if isinstance(node, dict):
        for child in node.values():
            yield from walk(child)
    elif isinstance(node, list):
        yield node
        for child in node:
            yield from walk(child)


def verb_of(node):
    """The verb of a statement; None for other data."""
    return node[0] if isinstance(node, list) and node and isinstance(node[0], str) else None


def verbs(program):
    """The verbs a program uses (and the kinds of its references)."""
    return {verb_of(node) for node in walk(program)}


def uses_messages(program):
    """Whether a cancellation has a message."""
    return any(node[-1] is not None for node in walk(program) if verb_of(node) in ("cancel", "raise_cancelled"))


def without(program, missing):
    """A copy of a program without the statements whose verbs are missing, and how many were left out."""
    dropped = 0

    def is_missing(node):
        return verb_of(node) in missing or (verb_of(node) == "w" and node[1][0] in missing)

    def is_lost(node):
        return is_missing(node) or (verb_of(node) is not None and any(map(is_missing, node)))

    def copy(node):
        nonlocal dropped
        if isinstance(node, dict):
            return {key: copy(child) for key, child in node.items()}
        if not isinstance(node, list):
            return node
        kept = [child for child in node if not is_lost(child)]
        dropped += len(node) - len(kept)
        return [copy(child) for child in kept]

    program = copy(program)
    if program["eager"] and "factory" in missing:
        program["eager"] = False
        dropped += 1
    return program, dropped


class _Generator:
    def __init__(self, rng):
        self.rng = rng
        self.count = 0
        self.bodies = rng.randint(2, 7)
        self.futures = rng.randint(1, 4)
        self.me = -1  # the rank of the task whose body is being made
        self.unused = list(range(self.bodies))  # bodies that nobody starts yet
        self.slots, self.handles, self.watches, self.scopes, self.groups = [], [], [], [], []
        self.submissions = []
        self.eager = rng.random() < 0.15
        self.messages = rng.random() < 0.4
        self.kinds, self.shared = [], []
        if rng.random() < 0.6:
            self.share()
        self.sharing = rng.uniform(0.25, 0.75) if self.shared else 0  # how much of a program is about it
        self.threads = rng.choice((0.1, 0.3)) if rng.random() < 0.15 else 0
        self.held = None  # the condition around
        favour = {verb: rng.choice((0, 1, 1, 1, 4)) for verb in (*QUICK, *SLOW, *NESTING)}
        if rng.random() < 0.9:
            favour["factory"] = 0
        # A group lets an exit out again, maybe while the runner closes: then asyncio gives up closing (R26, B8).
        favour["exit" if rng.random() < 0.8 else "group"] = 0
        self.quick = _Choice(rng, {verb: weight * favour[verb] for verb, weight in QUICK.items()}, "set")
        self.slow = _Choice(rng, {verb: weight * favour[verb] for verb, weight in SLOW.items()}, "yield")
        self.nesting = _Choice(rng, {verb: weight * favour[verb] for verb, weight in NESTING.items()}, "try")
        acts = {verb: weight * favour[verb] for verb, weight in QUICK.items() if verb in _ACTS}
        self.act = _Choice(rng, acts, "set")
        self.thread = _Choice(rng, THREADS, "job")
        self.inside = _Choice(rng, INSIDE_CONDITION, "wait_on")
        self.with_kind = {}
        for kind in self.kinds:
            weights = {verb: weight * rng.choice((0, 1, 1, 1, 3)) for verb, weight in SHARED[kind][1].items()}
            acts = {verb: weight for verb, weight in weights.items() if verb in _ACTS}
            self.with_kind[kind] = _Choice(rng, weights, "peek"), _Choice(rng, acts, "peek")

    def share(self):
        rng = self.rng
        kind = _Choice(rng, {kind: weight for kind, (weight, _) in SHARED.items()}, "lock")
        for _ in range(rng.choice((1, 1, 2, 2, 3))):
            self.kinds.append(kind())
            self.shared.append([self.kinds[-1], self.argument_of(self.kinds[-1])])

    def argument_of(self, kind):
        """What it is made with: a condition's lock, permits, parties, places."""
        locks = [p for p, kind in enumerate(self.kinds[:-1]) if kind == "lock"]
        return {
            "lock": None,
            "event": None,
            "condition": self.rng.choice([*locks, None]),
            "semaphore": self.rng.choice((0, 1, 1, 2, 3)),
            "bounded": self.rng.choice((1, 2, 2, 3)),
            "barrier": self.rng.choice((1, 2, 2, 2, 3, 3)),
        }.get(kind, self.rng.choice((0, 1, 1, 2, 3)))

    def program(self):
        rng = self.rng
        runs = [self.main() for _ in range(rng.choice((1, 1, 1, 2, 2, 3)))]
        bodies = []
        for self.me in range(self.bodies):
            self.slots = []
            bodies.append(self.guarded(self.block(0, rng.randint(1, 8)), 0.15) + self.block(0, rng.randint(0, 2)))
        return {
            "futures": self.futures,
            "shared": self.shared,
            "bodies": bodies,
            "runs": runs,
            "eager": self.eager,
            "debug": rng.random() < 0.05,
        }

    def main(self):
        rng = self.rng
        self.slots = []
        block = [["ticks", rng.randint(1, 15)]] if rng.random() < 0.4 else []
        block += [["spawn", self.new_body()] for _ in range(rng.randint(0, 6 if self.shared else 4))]
        for _ in range(rng.randint(1, 3)):
            block += self.guarded(self.block(0, rng.randint(1, 5)), 0.6)
        if rng.random() < 0.5:
            block.append(["sleep", self.ticks()])
        return block

    def guarded(self, block, probability):
        """A block that ends by an exception ends the program: not too often."""
        if self.rng.random() < probability:
            return [["try", block, self.rng.choice(("all", "errors")), [], False]]
        return block

    def block(self, depth, length):
        block = []
        for _ in range(length):
            block.append(self.statement(depth))
            if verb_of(block[-1]) in WAKING and self.rng.random() < 0.25:
                block.append(["cancel", ["t", self.body()], self.message()])
        return block

    def inner(self, depth):
        return self.block(depth + 1, self.rng.randint(1, 3))

    def statement(self, depth):
        rng = self.rng
        if rng.random() < self.sharing:
            return self.shared_statement(depth)
        if rng.random() < self.threads:
            verb = self.thread()
            return [verb, *getattr(self, verb + "_arguments")()]
        kind = rng.random()
        if kind < 0.22 and depth < 3:
            verb = self.nesting()
            return [verb, *getattr(self, verb + "_arguments")(depth)]
        verb = self.slow() if kind < 0.65 else self.quick()
        return [verb, *getattr(self, verb + "_arguments")()]

    def shared_statement(self, depth):
        if self.rng.random() < 0.12:
            return ["cancel", *self.cancel_arguments()]
        if self.held is not None and self.rng.random() < 0.8:
            return self.statement_about(self.inside(), self.held, depth)
        p = self.rng.randrange(len(self.shared))
        return self.statement_about(self.with_kind[self.kinds[p]][0](), p, depth)

    def statement_about(self, verb, p, depth):
        if verb != "hold":
            return [verb, p, *getattr(self, verb + "_arguments", list)()]
        if depth >= 3:
            return ["peek", p]
        outside, self.held = self.held, p if self.kinds[p] == "condition" else self.held
        block = self.block(depth + 1, self.rng.randint(1, 4))
        self.held = outside
        return [verb, p, block]

    def operation(self):
        """A statement that may wait, as a coroutine."""
        for _ in range(5):
            found = self.shared_statement(3)
            if found[0] in OPERATIONS:
                return ["w", found]
        return None

    # ---- names

    def number(self):
        self.count += 1
        return self.count

    def new(self, names):
        names.append(self.number())
        return names[-1]

    def known(self, names):
        return self.rng.choice(names[-3:]) if names else 0

    def body(self):
        """Any task's body."""
        return self.rng.randrange(self.bodies)

    def later_body(self):
        """One whose task may be waited for."""
        return self.rng.randint(min(self.me + 1, self.bodies - 1), self.bodies - 1)

    def new_body(self):
        """One to be started: likely none that is started elsewhere."""
        candidates = [j for j in self.unused if j > self.me]
        if not candidates or self.rng.random() < 0.2:
            return self.later_body()
        self.unused.remove(candidates[0])
        return candidates[0]

    def future(self):
        return self.rng.randrange(self.futures)

    def ticks(self):
        return self.rng.choice((1, 2, 2, 3, 3, 4, 5, 8, 13, 30))

    def timeout(self):
        return self.rng.choice((None, 0, 0, -1, 1, 1, 2, 2, 3, 3, 5, 8, 40))

    def message(self):
        return f"m{self.number()}" if self.messages and self.rng.random() < 0.5 else None

    def error(self):
        return f"e{self.number()}"

    def any_reference(self):
        """A future to be looked at or cancelled."""
        kind = self.rng.random()
        if kind < 0.6:
            return ["t", self.body()]
        return ["f", self.future()] if kind < 0.75 or not self.slots else ["o", self.known(self.slots)]

    def future_reference(self):
        """A future to be waited for."""
        kind = self.rng.random()
        if kind < 0.6 and self.me < self.bodies - 1:
            return ["t", self.later_body()]
        return ["f", self.future()] if kind < 0.85 or not self.slots else ["o", self.known(self.slots)]

    def task_reference(self):
        """A future to be waited for, or a coroutine to be made a task."""
        if self.rng.random() < self.sharing and (operation := self.operation()):
            return operation
        if self.rng.random() < 0.5 and any(j > self.me for j in self.unused):
            return ["b", self.new_body()]
        return self.future_reference()

    def awaitable(self, depth=2):
        if self.rng.random() < 0.15:
            return ["c", self.inner(depth)]
        return self.future_reference()

    def references(self, make):
        chosen = [make() for _ in range(self.rng.choice((0, 1, 1, 2, 2, 2, 3, 3, 4)))]
        if chosen and self.rng.random() < 0.15:
            chosen.append(self.rng.choice(chosen))
        return chosen

    def acts(self):
        """What a callback does."""
        if self.rng.random() < 0.4:
            return []
        return [self.callback_statement() for _ in range(self.rng.randint(1, 2))]

    def callback_statement(self):
        if self.rng.random() < self.sharing:
            p = self.rng.randrange(len(self.shared))
            return self.statement_about(self.with_kind[self.kinds[p]][1](), p, 3)
        verb = self.act()
        return [verb, *getattr(self, verb + "_arguments")()]

    # ---- the arguments of each verb

    def spawn_arguments(self):
        return [self.new_body()]

    def spawn_in_context_arguments(self):
        return [self.new_body(), f"v{self.number()}"]

    def cancel_arguments(self):
        reference = ["m"] if self.rng.random() < 0.06 else self.any_reference()
        return [reference, self.message()]

    def set_arguments(self):
        return [self.future(), f"v{self.number()}"]

    def fail_arguments(self):
        return [self.future(), self.error() if self.rng.random() < 0.9 else None]

    def fresh_arguments(self):
        return [self.future()]

    def watch_arguments(self):
        return [self.new(self.watches), self.any_reference(), self.acts()]

    def watch_again_arguments(self):
        return [self.known(self.watches)]

    def unwatch_arguments(self):
        return [self.known(self.watches)]

    def soon_arguments(self):
        return [self.new(self.handles), self.acts()]

    def later_arguments(self):
        return [self.new(self.handles), self.rng.choice((0, -1, 1, 2, 3, 5, 8)), self.acts()]

    at_arguments = later_arguments

    def drop_arguments(self):
        return [self.known(self.handles)]

    def var_arguments(self):
        return [f"v{self.number()}"]

    def look_arguments(self):
        return [self.any_reference()]

    def all_tasks_arguments(self):
        return []

    def ticks_arguments(self):
        return [self.rng.randint(1, 9)]

    def raise_arguments(self):
        return [self.error()]

    def gather_arguments(self):
        return [self.new(self.slots), self.references(self.task_reference), self.rng.random() < 0.4]

    def shield_arguments(self):
        return [self.new(self.slots), self.task_reference()]

    def reschedule_arguments(self):
        return [self.known(self.scopes), self.timeout()]

    def spawn_in_arguments(self):
        return [self.known(self.groups), self.new_body()]

    def factory_arguments(self):
        return [self.rng.random() < 0.6]

    def stop_arguments(self):
        return []

    def exit_arguments(self):
        return []

    def yield_arguments(self):
        return []

    def sleep_arguments(self):
        return [self.ticks()]

    def await_arguments(self):
        if self.slots and self.rng.random() < 0.4:
            return [["o", self.slots[-1]]]
        return [self.awaitable()]

    def uncancel_arguments(self):
        return []

    def cancelling_arguments(self):
        return []

    def raise_cancelled_arguments(self):
        return [self.message()]

    def return_arguments(self):
        return [f"v{self.number()}"]

    def wait_arguments(self):
        timeout = self.timeout() if self.rng.random() < 0.5 else None
        return [self.references(self.future_reference), self.rng.choice(RETURN_WHEN), timeout]

    def wait_for_arguments(self):
        if self.rng.random() < self.sharing and (operation := self.operation()):
            return [operation, self.timeout()]
        reference = ["c", self.inner(2)] if self.rng.random() < 0.3 else self.future_reference()
        return [reference, self.timeout()]

    def as_completed_arguments(self):
        timeout = self.timeout() if self.rng.random() < 0.5 else None
        limit = self.rng.choice((None, None, 1, 2))
        return [self.references(self.task_reference), timeout, self.rng.random() < 0.5, limit]

    def wait_until_arguments(self):
        return [self.rng.randint(0, 3)]

    def notify_arguments(self):
        return [self.rng.choice((0, 1, 1, 1, 2, 3))]

    def put_arguments(self):
        return [f"p{self.rng.randint(0, 9)}n{self.number()}"]

    put_nowait_arguments = put_arguments

    def shutdown_arguments(self):
        return [self.rng.random() < 0.4]

    def job_arguments(self):
        return [self.new(self.slots), self.error() if self.rng.random() < 0.25 else f"v{self.number()}", self.turns()]

    def to_thread_arguments(self):
        return [self.number(), self.error() if self.rng.random() < 0.25 else f"v{self.number()}", self.turns()]

    def turns(self):
        return self.rng.choice((0, 0, 1, 1, 2, 3, 5))

    def submit_arguments(self):
        return [self.new(self.submissions), self.new_body()]

    def unsubmit_arguments(self):
        return [self.known(self.submissions)]

    submission_arguments = unsubmit_arguments

    def call_arguments(self, depth):
        return [self.inner(depth)]

    def try_arguments(self, depth):
        """What is caught (everything, ordinary errors, cancellation), what is done then, and whether it goes on."""
        return [
            self.inner(depth),
            self.rng.choice(("all", "all", "errors", "cancelled")),
            self.inner(depth) if self.rng.random() < 0.7 else [],
            self.rng.random() < 0.35,
        ]

    def finally_arguments(self, depth):
        return [self.inner(depth), self.inner(depth)]

    def timeout_arguments(self, depth):
        """The scope's name, the delay, what is done inside, timeout_at instead, ticks slept before it is entered."""
        name = self.new(self.scopes)
        gap = self.ticks() if self.rng.random() < 0.1 else None
        return [name, self.timeout(), self.inner(depth), self.rng.random() < 0.3, gap]

    def group_arguments(self, depth):
        name = self.new(self.groups)
        return [name, [self.new_body() for _ in range(self.rng.randint(0, 4))], self.inner(depth)]

    def agen_arguments(self, depth):
        """Name, what is done before each item, what is done at the end, items taken, how it is left."""
        name = self.number()
        items = [self.inner(depth) for _ in range(self.rng.randint(1, 3))]
        sharing, self.sharing = self.sharing, 0  # the reaper does not know who runs the end
        cleanup = self.inner(depth)
        self.sharing = sharing
        return [
            name,
            items,
            cleanup,
            self.rng.choice((None, 0, 1, 1, 2)),
            self.rng.choice(("close", "leave", "leave", "drop")),
        ]


# What callbacks do: nothing that would make them fail often, nothing that is about the task itself.
_ACTS = {
    "spawn", "cancel", "set", "fail", "fresh", "watch", "soon", "later", "drop", "var", "look", "raise", "gather",
    "reschedule", "spawn_in", "unwatch", "shield", "exit", "release", "set_event", "clear_event", "notify",
    "put_nowait", "get_nowait", "task_done", "shutdown", "peek", "bump",
}  # fmt: skip


class _Choice:
    """Weighted choice."""

    def __init__(self, rng, weights, fallback):
        weights = {key: weight for key, weight in weights.items() if weight} or {fallback: 1}
        self.rng = rng
        self.keys = list(weights)
        self.sums = []
        total = 0
        for weight in weights.values():
            total += weight
            self.sums.append(total)

    def __call__(self):
        return self.rng.choices(self.keys, cum_weights=self.sums)[0]
