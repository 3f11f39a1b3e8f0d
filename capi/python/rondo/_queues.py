"""Queues: the library counts the items and keeps the lines; the items themselves are in a container of Python's.

Subclasses may replace the container by overriding _init, _get and _put, or change it behind the queue's back: what it
holds counts, and before each operation the library is told of a difference.
"""

import collections
import heapq
import math
from ctypes import addressof
from types import GenericAlias

from . import _ffi
from ._errors import QueueEmpty, QueueFull, QueueShutDown, check, refusal
from ._ffi import EEMPTY, EFULL, queue_get_nowait, queue_put_nowait
from ._operations import Native, get_from_queue, join_queue, perform, put_on_queue

__all__ = ["LifoQueue", "PriorityQueue", "Queue", "QueueEmpty", "QueueFull", "QueueShutDown"]

_nothing = _ffi.Value()  # the item, for the library
_NOTHING = addressof(_nothing)


class Queue(Native):
    """First in, first out. With a maxsize, put() waits while the queue is full."""

    _release_native = _ffi.queue_release

    def __init__(self, maxsize=0):
        self._maxsize = maxsize
        capacity = math.ceil(maxsize) if 0 < maxsize < 2**63 else 0
        options = _ffi.QueueOptions(flags=_ffi.QUEUE_COUNTS_ONLY, capacity=capacity)
        self._hold(_ffi.queue_create, addressof(options))
        self._counted = 0  # as many items as the library knows of
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

    @property
    def _unfinished_tasks(self):
        """What join() waits for, under the name that programs on top of asyncio read."""
        return _ffi.queue_unfinished(self._h)

    # ---- operations

    async def put(self, item):
        """Puts an item in, waiting for a place if there is none."""
        if self._counted != self.qsize():
            self._recount()
        if status := queue_put_nowait(self._h, _NOTHING):
            if status != EFULL:
                raise refusal(status)
            await perform(self, put_on_queue, _NOTHING)
        self._store(item)

    def put_nowait(self, item):
        """The same, or QueueFull."""
        if self._counted != self.qsize():
            self._recount()
        if status := queue_put_nowait(self._h, _NOTHING):
            raise refusal(status)
        self._store(item)

    async def get(self):
        """Takes an item out, waiting for one if there is none."""
        if self._counted != self.qsize():
            self._recount()
        if status := queue_get_nowait(self._h, _NOTHING):
            if status != EEMPTY:
                raise refusal(status)
            await self._wait_for_item()
        self._counted -= 1
        return self._get()

    def get_nowait(self):
        """The same, or QueueEmpty."""
        if self._counted != self.qsize():
            self._recount()
        if status := queue_get_nowait(self._h, _NOTHING):
            raise refusal(status)
        self._counted -= 1
        return self._get()

    async def _wait_for_item(self):
        await perform(self, get_from_queue, _NOTHING)
        while self.empty():  # the library thought otherwise
            self._counted -= 1
            self._recount()
            await perform(self, get_from_queue, _NOTHING)

    def task_done(self):
        """An item that was taken is finished."""
        if _ffi.queue_task_done(self._h):
            raise ValueError("task_done() called too many times")

    async def join(self):
        """Waits until all items that were put are finished."""
        await perform(self, join_queue)

    def shutdown(self, immediate=False):
        """No more items are taken in: QueueShutDown. Those that are there can be taken out, unless immediate."""
        self._recount()
        if immediate:
            while not self.empty():
                self._get()
            self._counted = 0
        check(_ffi.queue_shutdown(self._h, bool(immediate)))

    # ---- the container and the library's count

    def _store(self, item):
        """The library has counted it."""
        self._counted += 1
        try:
            self._put(item)
        except BaseException:
            _ffi.queue_task_done(self._h)
            self._recount()
            raise
        if self._counted != self.qsize():
            self._recount()

    def _recount(self):
        while self._counted > self.qsize() and not queue_get_nowait(self._h, _NOTHING):
            self._counted -= 1
        while self._counted < self.qsize() and not queue_put_nowait(self._h, _NOTHING):
            _ffi.queue_task_done(self._h)
            self._counted += 1

    # ---- description

    def __repr__(self):
        return f"<{type(self).__name__} at {id(self):#x} {self._format()}>"

    def __str__(self):
        return f"<{type(self).__name__} {self._format()}>"

    def _format(self):
        words = [f"maxsize={self._maxsize!r}"]
        if getattr(self, "_queue", None):
            words.append(f"_queue={list(self._queue)!r}")
        if getters := _ffi.queue_getters(self._h):
            words.append(f"_getters[{getters}]")
        if putters := _ffi.queue_putters(self._h):
            words.append(f"_putters[{putters}]")
        if unfinished := self._unfinished_tasks:
            words.append(f"tasks={unfinished}")
        if _ffi.queue_is_shutdown(self._h) == 1:
            words.append("shutdown")
        return " ".join(words)


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
