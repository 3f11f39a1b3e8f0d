"""What is measured: the workloads and the bars Rondo is held to."""

from dataclasses import dataclass

RONDO = ("step", "fiber", "cpp")


@dataclass(frozen=True)
class Workload:
    key: str
    what: str
    n: int  # operations in compiled languages
    n_python: int = 0  # 0: not in Python
    n_fiber: int = -1  # 0: not with fibers; -1: as the others
    size: int = 1
    program: str = ""  # its name in the programs, when it is not the key
    rounds: int = 99  # at most
    floor: bool = True  # whether there is a floor to it, if the floor's program has it

    @property
    def name(self):
        return self.program or self.key

    def operations(self, language):
        if language == "python":
            return self.n_python
        if language == "floor" and not self.floor:
            return 0
        return self.n_fiber if language == "fiber" and self.n_fiber >= 0 else self.n


WORKLOADS = [
    Workload("spawn", "make a task that returns at once, await it", 500_000, 20_000),
    Workload("gather-10", "make 10 tasks that yield once, await them all; per task", 500_000, 20_000,
             size=10, program="gather"),
    Workload("gather-1000", "the same with 1,000 tasks", 500_000, 20_000, size=1000, program="gather"),
    Workload("gather-100000", "the same with 100,000 tasks", 500_000, 100_000, 100_000, 100_000, "gather", 3),
    Workload("gather-1000000", "the same with 1,000,000 tasks", 1_000_000, 0, 0, 1_000_000, "gather", 3),
    Workload("yield", "two tasks take turns; per turn", 2_000_000, 100_000),
    Workload("handoff", "two tasks, each resolves the future the other awaits, a new one each time; per future",
             1_000_000, 50_000),
    Workload("sleepers-100000", "100,000 tasks sleep for up to a second each, evenly spread; CPU time per task",
             100_000, 100_000, program="sleepers", rounds=3),
    Workload("sleepers-1000000", "the same with 1,000,000 tasks", 1_000_000, 0, 0, program="sleepers", rounds=2),
    Workload("timeout", "enter and leave a timeout of an hour around a yield", 500_000, 20_000),
    Workload("post-1", "another thread posts callbacks to the loop; per callback", 300_000, 30_000,
             size=1, program="post"),
    Workload("post-2", "two threads do", 300_000, 30_000, size=2, program="post"),
    Workload("post-8", "eight threads do", 200_000, 30_000, size=8, program="post"),
    Workload("thread-1", "run a function that does nothing in a thread, await it", 5_000, 2_000,
             size=1, program="thread"),
    Workload("thread-64", "the same from 64 tasks at once; per function", 100_000, 10_000, size=64, program="thread",
             floor=False),
    Workload("run", "run a coroutine that returns at once on a loop that exists", 300_000, 5_000),
    Workload("fresh", "the same on a new loop each time; run and fresh natively without a SIGINT handler", 20_000, 1_000),
    Workload("fresh-io", "on a new loop each time, wait for a descriptor that is readable", 5_000, 500),
    Workload("queue", "items from a producer to a consumer through a queue with 64 places; per item",
             2_000_000, 50_000, size=64),
    Workload("nap", "how long a sleep of 100 us takes (median)", 300, 300),
    Workload("lock", "two tasks pass a lock on to each other; per hand-over", 1_000_000, 30_000),
    Workload("group-1000", "groups of 1,000 tasks that yield once; per task", 500_000, 20_000,
             size=1000, program="group"),
    Workload("cancel", "cancel 1,000,000 sleeping tasks (fibers: 100,000, Python: 50,000), await them; per task",
             1_000_000, 50_000, 100_000, rounds=3),
]

STEPS = [
    Workload("a call", "of a function of the library", 20_000_000),
    Workload("a resume", "of a C++ coroutine, and its suspension", 20_000_000),
    Workload("a switch", "to another stack and back", 10_000_000),
    Workload("an allocation", "malloc and free of 128 bytes", 10_000_000),
    Workload("an atomic", "addition", 10_000_000),
    Workload("a mutex", "lock and unlock", 10_000_000),
    Workload("a clock", "look at the monotonic clock", 3_000_000),
    Workload("a poll", "epoll_wait that finds nothing and does not wait", 300_000),
    Workload("an eventfd", "write and read", 200_000),
]


@dataclass(frozen=True)
class Bar:
    """metric * factor <= peer's metric, or metric <= limit."""

    workload: str
    peer: str = ""
    factor: float = 1.0
    metric: str = "ns"
    limit: float = 0.0
    who: tuple = RONDO
    suspensions: int = 1  # for each a fiber may cost one switch of stacks more

    @property
    def text(self):
        if not self.peer:
            return f"at most {self.limit:,.0f} {'B' if self.metric == 'bytes' else 'ns'}"
        if self.factor < 1:
            return f"at most {1 / self.factor:.3g} x {self.peer}"
        return f"{self.factor:g} x as fast as {self.peer}" if self.factor > 1 else f"as fast as {self.peer}"


BARS = [
    Bar("spawn", "tokio", 3, suspensions=2),
    Bar("gather-1000000", "tokio", 2),
    Bar("gather-1000000", metric="bytes", limit=176, who=("step", "cpp")),
    Bar("yield", "go", 4),
    Bar("yield", "floor", 1 / 2),
    Bar("handoff", "tokio", 3),
    Bar("sleepers-100000", "libuv", 2, suspensions=2),
    Bar("sleepers-100000", metric="bytes", limit=220, who=("step", "cpp")),
    Bar("sleepers-100000", metric="p50", limit=200_000),
    Bar("sleepers-100000", metric="early", limit=0),
    Bar("timeout", "libuv", 4),
    Bar("post-1", "go", 1.5),
    Bar("post-2", "go", 1.2),
    Bar("thread-1", "asio", 1),
    Bar("thread-1", "floor", 1 / 1.2),
    Bar("thread-64", "libuv", 1.3),
    Bar("run", "tokio", 2),
    Bar("fresh", limit=1000),
    Bar("fresh-io", "tokio", 1),
    Bar("queue", "go", 2),
    Bar("nap", "floor", 1 / 1.05),
    Bar("nap", metric="early", limit=0),
]

TWICE = ("yield", "handoff", "timeout", "run", "sleepers-100000")
BARS += [
    Bar(w.key, peer, 2 if w.key in TWICE else 1, who=("python",))
    for w in WORKLOADS if w.n_python for peer in ("asyncio", "uvloop")
]
BARS += [Bar("gather-100000", metric="bytes", limit=1200, who=("python",))]
