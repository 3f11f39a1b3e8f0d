"""The two libraries that run programs: CPython's asyncio as the reference, and Rondo.

The reference is asyncio with a virtual clock, and with an order wherever CPython leaves it to chance: equal deadlines
run in the order of the calls (L18, B4); tasks are cancelled by a closing runner and by a group, and started by
as_completed, in creation order (R21, K4, W20, B6). Rondo promises that order, so that the two can be compared event by
event.
"""

import asyncio
import heapq
import threading
import weakref
from asyncio import base_events, runners, tasks
from types import SimpleNamespace

from program import uses_messages

NAMES = (
    "Barrier", "BoundedSemaphore", "BrokenBarrierError", "CancelledError", "Condition", "Event", "InvalidStateError",
    "LifoQueue", "Lock", "PriorityQueue", "Queue", "QueueEmpty", "QueueFull", "QueueShutDown", "Semaphore", "TaskGroup",
    "all_tasks", "as_completed", "create_task", "current_task", "eager_task_factory", "gather",
    "run_coroutine_threadsafe", "shield", "sleep", "timeout", "timeout_at", "to_thread", "wait", "wait_for",
)  # fmt: skip


class OrderedSet(dict):
    """As much of a set as asyncio needs, in insertion order."""

    def __init__(self, items=()):
        super().__init__(dict.fromkeys(items))

    def add(self, item):
        self[item] = None

    def discard(self, item):
        self.pop(item, None)

    def remove(self, item):
        del self[item]


class LivingGenerators:
    """As much of a WeakSet as the loop needs for its async generators.

    The last one comes first (A-5), and those that have ended need no closing, whoever still holds them.
    """

    def __init__(self):
        self.items = {}

    def add(self, item):
        self.items[weakref.ref(item, self.discard_reference)] = None

    def discard(self, item):
        self.discard_reference(weakref.ref(item))

    def discard_reference(self, reference):
        self.items.pop(reference, None)

    def clear(self):
        self.items.clear()

    def __len__(self):
        return len(list(iter(self)))

    def __iter__(self):
        known = [reference() for reference in reversed(list(self.items))]
        return iter([generator for generator in known if generator is not None and generator.ag_frame is not None])


class Stuck(BaseException):
    """Everybody waits and nothing will happen any more."""


class _Clock:
    """A selector that watches nothing but other threads, and moves the clock instead of waiting."""

    now = 0.0

    def __init__(self, loop):
        self.loop = loop

    def select(self, timeout=None):
        if self.loop.hear_threads():
            return ()
        if timeout is None:
            raise Stuck
        if timeout > 0:
            self.now += timeout
        return ()

    def close(self):
        pass


class _TimerHandle(asyncio.TimerHandle):
    __slots__ = ("number",)

    def __lt__(self, other):
        return (self._when, self.number) < (other._when, other.number)


class TaskWithMessage(tasks._PyTask):
    """asyncio's task, written in Python, that keeps the message it was cancelled with (B15).

    CPython gives it to the first who asks only; and it gives one to a gather whose children ended normally although
    they were cancelled, if the last of them was hit at a bare yield (G13).
    """

    _message = None

    @property
    def _cancel_message(self):
        exception = self._cancelled_exc
        return exception.args[0] if exception is not None and exception.args else self._message

    @_cancel_message.setter
    def _cancel_message(self, message):
        self._message = message

    def _make_cancelled_error(self):
        message = self._cancel_message
        if message is None or (self.done() and not self.cancelled()):
            return asyncio.CancelledError()
        return asyncio.CancelledError(message)


class ReferenceLoop(base_events.BaseEventLoop):
    """asyncio's loop without descriptors."""

    def __init__(self, task_class):
        super().__init__()
        self._task_class = task_class
        self._selector = _Clock(self)
        self._from_threads = []
        self._asyncgens = LivingGenerators()
        self._timers_made = 0
        self._created = []

    def time(self):
        return self._selector.now

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass

    def call_at(self, when, callback, *args, context=None):
        self._check_closed()
        timer = _TimerHandle(when, callback, args, self, context)
        timer.number = self._timers_made
        self._timers_made += 1
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True
        return timer

    def call_later(self, delay, callback, *args, context=None):
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_soon_threadsafe(self, callback, *args, context=None):
        """What comes from other threads is behind what is ready when the next turn begins."""
        handle = super().call_soon_threadsafe(callback, *args, context=context)
        if threading.get_ident() != self._thread_id:
            self._from_threads.append(self._ready.pop())
        return handle

    def hear_threads(self):
        heard = bool(self._from_threads)
        self._ready.extend(self._from_threads)
        self._from_threads.clear()
        return heard

    def run_until_complete(self, future):
        try:
            return super().run_until_complete(future)
        finally:
            # asyncio leaves a stop behind, for the next run to trip over, when stop() was called in main's last turn.
            stale = [handle for handle in self._ready if handle._callback is base_events._run_until_complete_cb]
            for handle in stale:
                self._ready.remove(handle)

    def create_task(self, coro, **options):
        place = len(self._created)
        self._created.append(None)
        task = self._new_task(coro, **options)
        self._created[place] = task
        return task

    def _new_task(self, coro, **options):
        if self._task_factory is None:
            return self._task_class(coro, loop=self, **options)
        return super().create_task(coro, **options)

    def set_task_factory(self, factory):
        super().set_task_factory(factory and asyncio.create_eager_task_factory(self._task_class))

    def tasks_in_creation_order(self):
        return [task for task in self._created if task is not None and not task.done()]


class ReferenceGroup(asyncio.TaskGroup):
    """With creation order, and with the later versions' create_task.

    CPython 3.13.0 hears of an eager child's failure inside create_task, before the creator goes on (E5, gh-128550).
    """

    def __init__(self):
        super().__init__()
        self._tasks = OrderedSet()

    def create_task(self, coro, **options):
        if not self._entered or (self._exiting and not self._tasks) or self._aborting:
            return super().create_task(coro, **options)
        task = self._loop.create_task(coro, **options)
        self._tasks.add(task)
        task.add_done_callback(self._on_task_done)
        return task


class ReferenceBarrier(asyncio.Barrier):
    """With indices that are given once: asyncio gives one twice after a cancellation (Y41, B14)."""

    def __init__(self, parties):
        super().__init__(parties)
        self._free = list(range(parties))

    async def wait(self):
        async with self._cond:
            await self._block()
            index = self._free.pop(0)
            try:
                self._count += 1
                if self._count == self._parties:
                    await self._release()
                else:
                    await self._wait()
                return index
            finally:
                self._free = sorted([*self._free, index])
                self._count -= 1
                self._exit()


class ReferenceAsCompleted(getattr(tasks, "_AsCompletedIterator", object)):
    def __init__(self, awaitables, timeout):
        super().__init__((), None)
        loop = asyncio.get_running_loop()
        todo = OrderedSet([asyncio.ensure_future(awaitable, loop=loop) for awaitable in OrderedSet(awaitables)])
        for future in todo:
            future.add_done_callback(self._handle_completion)
        if todo and timeout is not None:
            self._timeout_handle = loop.call_later(timeout, self._handle_timeout)
        self._todo = todo
        self._todo_left = len(todo)


def _gather(*awaitables, return_exceptions=False):
    """gather that makes all its tasks before it looks at any: an eager one may wait for what stands before it."""
    futures = {awaitable: asyncio.ensure_future(awaitable) for awaitable in dict.fromkeys(awaitables)}
    return asyncio.gather(*[futures[awaitable] for awaitable in awaitables], return_exceptions=return_exceptions)


def _all_tasks(loop):
    if isinstance(loop, ReferenceLoop):
        return loop.tasks_in_creation_order()
    return asyncio.all_tasks(loop)


runners.tasks = SimpleNamespace(**vars(tasks) | {"all_tasks": _all_tasks})


class Asyncio:
    """CPython's asyncio."""

    name = "asyncio"

    def __init__(self):
        self.aio = SimpleNamespace(**{name: getattr(asyncio, name) for name in NAMES if hasattr(asyncio, name)})
        self.aio.TaskGroup = ReferenceGroup
        self.aio.Barrier = ReferenceBarrier
        self.aio.QueueShutDown = getattr(asyncio, "QueueShutDown", asyncio.QueueFull)
        self.aio.gather = _gather
        self.aio.as_completed = lambda awaitables, *, timeout=None: ReferenceAsCompleted(awaitables, timeout)

    def new_runner(self, program):
        def new_loop():
            return ReferenceLoop(TaskWithMessage if uses_messages(program) else asyncio.Task)

        return asyncio.Runner(loop_factory=new_loop, debug=program["debug"] or None)


class Rondo:
    """The library under test."""

    name = "rondo"

    def __init__(self):
        import rondo

        self.aio = rondo

    def new_runner(self, program):
        return self.aio.Runner(virtual_clock=True, debug=program["debug"] or None)
