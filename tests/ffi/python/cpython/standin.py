"""A package named asyncio that is Rondo, put in the place of the real one for CPython's own tests.

Whatever the tests judge is Rondo's. What they only stand on while they judge, and Rondo does not offer (policies, a
current loop beside the running one), is made here or borrowed from the real asyncio.
"""

import asyncio as real
import asyncio.base_events
import asyncio.coroutines
import asyncio.events
import asyncio.format_helpers
import asyncio.log
import sys
from types import ModuleType

import rondo
import rondo._futures
import rondo._handles
import rondo._loop
import rondo._reports
import rondo._running

BORROWED = ("DatagramProtocol", "Protocol", "StreamReader", "ThreadedChildWatcher")


class BaseEventLoop(rondo.Loop):
    """A loop of Rondo with what the tests' fixtures reach for."""

    @property
    def _ready(self):
        """Something as long as the ready queue."""
        stats = rondo._ffi.LoopStats()
        rondo._ffi.loop_get_stats(self._h, rondo._loop.addressof(stats))
        return range(stats.ready)


class TestLoop(BaseEventLoop):
    """Instead of asking a generator how far to move the clock, lets it jump to the next deadline."""

    def __init__(self, gen=None):
        super().__init__(virtual_clock=True)

    def advance_time(self, seconds):
        pass


class _Policy:
    """Holds a current loop."""

    loop = None

    def get_event_loop(self):
        return sys.modules["asyncio.events"].get_event_loop()

    def set_event_loop(self, loop):
        self.loop = loop

    def new_event_loop(self):
        return BaseEventLoop()

    def get_child_watcher(self):
        raise NotImplementedError


class _Names(ModuleType):
    """A module some of whose names stand for names of Rondo's: patching them patches those."""

    def __init__(self, name, contents, stand_for=()):
        super().__init__(name)
        self.__dict__["_stand_for"] = dict(stand_for)
        self.__dict__.update(contents)

    def __setattr__(self, name, value):
        self.__dict__[name] = value
        for module, theirs in self._stand_for.get(name, ()):
            setattr(module, theirs, value)


def _events():
    module = _Names("asyncio.events", {
        "AbstractEventLoop": rondo.AbstractEventLoop,
        "AbstractEventLoopPolicy": _Policy,
        "Handle": rondo.Handle,
        "TimerHandle": rondo.TimerHandle,
        "get_running_loop": rondo.get_running_loop,
        "get_event_loop": rondo.get_event_loop,
        "_event_loop_policy": None,
        "_of_a_runner": None,
    })

    def get_event_loop_policy():
        if module._event_loop_policy is None:
            module._event_loop_policy = _Policy()
        return module._event_loop_policy

    def set_event_loop_policy(policy):
        module._event_loop_policy = policy

    def new_event_loop():
        return get_event_loop_policy().new_event_loop()

    def set_event_loop(loop):
        module._of_a_runner = None
        get_event_loop_policy().set_event_loop(loop)

    for function in (get_event_loop_policy, set_event_loop_policy, new_event_loop, set_event_loop):
        setattr(module, function.__name__, function)
    return module


def _runners(events):
    def make_current_loop():
        events._of_a_runner = loop = events.new_event_loop()
        return loop

    class Runner(rondo.Runner):
        def __init__(self, *, debug=None, loop_factory=None):
            super().__init__(debug=debug, loop_factory=loop_factory or make_current_loop)

    def run(main, *, debug=None, loop_factory=None):
        return rondo.run(main, debug=debug, loop_factory=loop_factory or make_current_loop)

    return {"Runner": Runner, "run": run}


def _rondos(*names):
    return {name: getattr(rondo, name) for name in names if hasattr(rondo, name)}


def _unavailable(name):
    def function(*args):
        raise NotImplementedError(f"Rondo has no {name}")

    return function


def _tasks(with_c_classes):
    contents = {name: getattr(rondo, name) for name in rondo.__all__}
    contents["_PyTask"] = rondo.Task
    if with_c_classes:
        contents["_CTask"] = rondo.Task
    contents["_py_current_task"] = rondo.current_task
    for name in ("register_task", "unregister_task", "enter_task", "leave_task", "swap_current_task"):
        contents["_py_" + name] = _unavailable(name)
    return contents


def _futures():
    contents = _rondos("Future", "isfuture", "wrap_future")
    contents["_PyFuture"] = rondo.Future
    return contents


def _offer_current_loop(events):
    """Outside a run, what Rondo's functions do without a loop falls back to the one that was set."""
    running = rondo._running.get_event_loop

    def get_event_loop():
        if rondo._running.running.loop is None:
            for loop in (events.get_event_loop_policy().loop, events._of_a_runner):
                if loop is not None and not loop.is_closed():
                    return loop
        return running()

    for module in list(sys.modules.values()):
        if module.__name__.startswith("rondo") and getattr(module, "get_event_loop", None) is running:
            module.get_event_loop = get_event_loop
    events.get_event_loop = get_event_loop


def _show_who_waits():
    """The tests look at the lines: something as long as those."""
    for kind in (rondo.Lock, rondo.Event, rondo.Condition, rondo.Semaphore):
        kind._waiters = property(lambda self: range(self._count_waiting(self._h)))
    rondo.Queue._getters = property(lambda self: range(rondo._ffi.queue_getters(self._h)))
    rondo.Queue._putters = property(lambda self: range(rondo._ffi.queue_putters(self._h)))


def install(with_c_classes=False):
    events = _events()
    _show_who_waits()
    _offer_current_loop(events)
    runners = _runners(events)
    logger_users = ((rondo._reports, "logger"), (rondo._loop, "logger"))
    modules = {
        "events": events,
        "base_events": _Names(
            "asyncio.base_events",
            {"BaseEventLoop": BaseEventLoop, "logger": real.log.logger},
            {"logger": logger_users},
        ),
        "constants": real.constants,
        "coroutines": _Names(
            "asyncio.coroutines",
            {
                "iscoroutine": rondo.iscoroutine,
                "iscoroutinefunction": rondo.iscoroutinefunction,
                "_is_coroutine": real.coroutines._is_coroutine,
                "_is_debug_mode": rondo._loop._debug_wanted,
            },
            {"_is_debug_mode": ((rondo._loop, "_debug_wanted"),)},
        ),
        "exceptions": real.exceptions,
        "format_helpers": real.format_helpers,
        "futures": _Names("asyncio.futures", _futures()),
        "locks": _Names(
            "asyncio.locks", _rondos("Barrier", "BoundedSemaphore", "Condition", "Event", "Lock", "Semaphore")
        ),
        "log": real.log,
        "queues": _Names(
            "asyncio.queues",
            _rondos("LifoQueue", "PriorityQueue", "Queue", "QueueEmpty", "QueueFull", "QueueShutDown"),
        ),
        "runners": _Names("asyncio.runners", runners),
        "tasks": _Names("asyncio.tasks", _tasks(with_c_classes)),
        "threads": _Names("asyncio.threads", _rondos("to_thread")),
        "taskgroups": _Names("asyncio.taskgroups", _rondos("TaskGroup")),
        "timeouts": _Names("asyncio.timeouts", _rondos("Timeout", "timeout", "timeout_at")),
    }
    package = ModuleType("asyncio")
    package.__path__ = []
    package.__dict__.update({name: getattr(real, name) for name in BORROWED})
    package.__dict__.update({name: getattr(rondo, name) for name in rondo.__all__})
    package.__dict__.update(modules)
    package.__dict__.update(runners)
    package.__dict__.update({name: value for name, value in vars(events).items() if not name.startswith("_")})
    package.BaseEventLoop = package.SelectorEventLoop = package.EventLoop = BaseEventLoop
    for name in [name for name in sys.modules if name.split(".")[0] == "asyncio"]:
        del sys.modules[name]
    sys.modules["asyncio"] = package
    sys.modules.update({f"asyncio.{name}": module for name, module in modules.items()})
