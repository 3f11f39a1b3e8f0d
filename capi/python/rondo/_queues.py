"""Queues: items in a container of Python's, and two lines of futures: who waits for an item, and who for a place.

All of it is Python's own state, so that an operation that need not wait costs no call into the library. Between languages,
loops and threads there are channels.
"""

import collections
import heapq
from types import GenericAlias

from ._errors import QueueEmpty, QueueFull, QueueShutDown
from ._running import get_running_loop

__all__ = ["LifoQueue", "PriorityQueue", "Queue", "QueueEmpty", "QueueFull", "QueueShutDown"]


class Queue:
    """First in, first out. With a maxsize, put() waits while the queue is full.

    Subclasses may replace the container by overriding _init, _get and _put, or change it behind the queue's back.
    """

    _loop = None  # the first one somebody waited on

    def __init__(self, maxsize=0):
        self._maxsize = maxsize
        self._getters = collections.deque()
        self._putters = collections.deque()
        self._joiners = []
        self._unfinished_tasks = 0
        self._is_shutdown = False
        self._init(maxsize)

    __class_getitem__ = classmethod(GenericAlias)

    # ---- for subclasses

    def _init(self, maxsize):
        self._queue = collections.deque()

    def _get(self):
        return self._queue.popleft()

    def _put(self, item):
        self._queue.append(item)

    # ---- what is in it

    def qsize(self):
        return len(self._queue)

    def empty(self):
        return not self._queue

    def full(self):
        return 0 < self._maxsize <= self.qsize()

    @property
    def maxsize(self):
        return self._maxsize

    # ---- operations

    async def put(self, item):
        """Puts an item in, waiting for a place if there is none."""
        while self.full():
            if self._is_shutdown:
                raise QueueShutDown
            await self._stand_in_line(self._putters, self.full)
        if self._is_shutdown:
            raise QueueShutDown
        self._put(item)
        self._unfinished_tasks += 1
        if self._getters:
            _call_first(self._getters)

    def put_nowait(self, item):
        """The same, or QueueFull."""
        if self._is_shutdown:
            raise QueueShutDown
        if self.full():
            raise QueueFull
        self._put(item)
        self._unfinished_tasks += 1
        if self._getters:
            _call_first(self._getters)

    async def get(self):
        """Takes an item out, waiting for one if there is none."""
        while self.empty():
            if self._is_shutdown:
                raise QueueShutDown
            await self._stand_in_line(self._getters, self.empty)
        item = self._get()
        if self._putters:
            _call_first(self._putters)
        return item

    def get_nowait(self):
        """The same, or QueueEmpty."""
        if self.empty():
            raise QueueShutDown if self._is_shutdown else QueueEmpty
        item = self._get()
        if self._putters:
            _call_first(self._putters)
        return item

    def task_done(self):
        """An item that was taken is finished."""
        if self._unfinished_tasks <= 0:
            raise ValueError("task_done() called too many times")
        self._unfinished_tasks -= 1
        if self._joiners and not self._unfinished_tasks:
            _call_all(self._joiners)

    async def join(self):
        """Waits until all items that were put are finished."""
        if self._unfinished_tasks > 0:
            joiner = self._make_place(self._joiners)
            try:
                await joiner
            finally:
                self._joiners.remove(joiner)

    def shutdown(self, immediate=False):
        """No more items are taken in: QueueShutDown. Those that are there can be taken out, unless immediate."""
        self._is_shutdown = True
        if immediate:
            while not self.empty():
                self._get()
                self._unfinished_tasks = max(self._unfinished_tasks - 1, 0)
            if not self._unfinished_tasks:
                _call_all(self._joiners)
        _call_all(self._getters)
        _call_all(self._putters)
        self._getters.clear()
        self._putters.clear()

    # ---- waiting

    def _make_place(self, line):
        loop = get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise RuntimeError(f"{self!r} is bound to a different event loop")
        place = loop.create_future()
        line.append(place)
        return place

    async def _stand_in_line(self, line, must_wait):
        """Until somebody is called up, who then looks again. Who was called up and is cancelled calls the next."""
        place = self._make_place(line)
        try:
            await place
        except BaseException:
            place.cancel()
            if place in line:
                line.remove(place)
            if not must_wait() and not place.cancelled():
                _call_first(line)
            raise

    # ---- description

    def __repr__(self):
        return f"<{type(self).__name__} at {id(self):#x} {self._format()}>"

    def __str__(self):
        return f"<{type(self).__name__} {self._format()}>"

    def _format(self):
        words = [f"maxsize={self._maxsize!r}"]
        if getattr(self, "_queue", None):
            words.append(f"_queue={list(self._queue)!r}")
        if self._getters:
            words.append(f"_getters[{len(self._getters)}]")
        if self._putters:
            words.append(f"_putters[{len(self._putters)}]")
        if self._unfinished_tasks:
            words.append(f"tasks={self._unfinished_tasks}")
        if self._is_shutdown:
            words.append("shutdown")
        return " ".join(words)


def _call_first(line):
    """Calls up the first that still waits: it leaves the line."""
    while line:
        place = line.popleft()
        if not place.done():
            place.set_result(None)
            return


def _call_all(line):
    for place in line:
        if not place.done():
            place.set_result(None)


class PriorityQueue(Queue):
    """The smallest item comes out first; usually tuples of a number and something."""

    def _init(self, maxsize):
        self._queue = []

    def _put(self, item, heappush=heapq.heappush):
        heappush(self._queue, item)

    def _get(self, heappop=heapq.heappop):
        return heappop(self._queue)


class LifoQueue(Queue):
    """The item that came last comes out first."""

    def _init(self, maxsize):
        self._queue = []

    def _put(self, item):
        self._queue.append(item)

    def _get(self):
        return self._queue.pop()
