"""Locks, events, conditions, semaphores and barriers: asyncio's names for those of the library."""

from . import _ffi
from ._ffi import (
    event_is_set,
    event_wait_async,
    lock_acquire_async,
    lock_locked,
    lock_unlock,
    semaphore_acquire_async,
    semaphore_give_back,
)
from ._operations import (
    Native,
    abort_barrier,
    acquire_lock,
    acquire_semaphore,
    perform,
    reset_barrier,
    wait_at_barrier,
    wait_for_condition,
    wait_for_event,
)


class _Held:
    """`async with` it: acquired inside, released behind."""

    async def __aenter__(self):
        await self.acquire()

    async def __aexit__(self, exc_type, exc, tb):
        self.release()


class _WithLine:
    """Tells in its description how many wait."""

    def __repr__(self):
        waiting = self._count_waiting(self._h)
        return self._describe(f"{self._state()}, waiters:{waiting}" if waiting else self._state())


class Lock(_Held, _WithLine, Native):
    """Only one task has it at a time; those who wait get it first come, first served. Any task may release it."""

    _release_native = _ffi.lock_release
    _count_waiting = _ffi.lock_waiting

    def __init__(self):
        self._hold(_ffi.lock_create)

    def locked(self):
        return lock_locked(self._h) == 1

    async def acquire(self):
        """Waits until the lock is free and takes it."""
        if lock_acquire_async(self._h, None) != 1:
            await perform(self, acquire_lock)
        return True

    def release(self):
        """Gives it to the first who waits, if anybody does."""
        if lock_unlock(self._h):
            raise RuntimeError("Lock is not acquired.")

    def _state(self):
        return "locked" if self.locked() else "unlocked"


class Event(_WithLine, Native):
    """A flag that tasks can wait for."""

    _release_native = _ffi.event_release
    _count_waiting = _ffi.event_waiting

    def __init__(self):
        self._hold(_ffi.event_create)

    def is_set(self):
        return event_is_set(self._h) == 1

    def set(self):
        """Wakes all who wait."""
        _ffi.event_set(self._h)

    def clear(self):
        _ffi.event_clear(self._h)

    async def wait(self):
        """Returns when the flag is set, at once if it is."""
        if event_wait_async(self._h, None) != 1:
            await perform(self, wait_for_event)
        return True

    def _state(self):
        return "set" if self.is_set() else "unset"


class Condition(_Held, _WithLine, Native):
    """Tasks that hold its lock can wait for others to notify them."""

    _release_native = _ffi.condition_release
    _count_waiting = _ffi.condition_waiting

    def __init__(self, lock=None):
        if lock is None:
            lock = Lock()
        elif not isinstance(lock, Lock):
            raise TypeError(f"a Rondo lock was expected, got {lock!r}")
        self._lock = lock
        self.locked = lock.locked
        self.acquire = lock.acquire
        self.release = lock.release
        self._hold(_ffi.condition_create, lock._h)

    async def wait(self):
        """Gives the lock back, waits to be notified, and has the lock again when it returns or raises."""
        if not self.locked():
            raise RuntimeError("cannot wait on un-acquired lock")
        await perform(self, wait_for_condition)
        return True

    async def wait_for(self, predicate):
        """Waits until predicate() is true and answers with its value."""
        result = predicate()
        while not result:
            await self.wait()
            result = predicate()
        return result

    def notify(self, n=1):
        """Wakes the n who wait longest; they go on when they get the lock."""
        self._check(_ffi.condition_notify(self._h, max(n, 0)))

    def notify_all(self):
        self._check(_ffi.condition_notify_all(self._h))

    def _check(self, status):
        if status:
            raise RuntimeError("cannot notify on un-acquired lock")

    def _state(self):
        return "locked" if self.locked() else "unlocked"


class Semaphore(_Held, _WithLine, Native):
    """So many permits; who finds none waits, first come, first served."""

    _release_native = _ffi.semaphore_release
    _count_waiting = _ffi.semaphore_waiting
    _bound = 0

    def __init__(self, value=1):
        if value < 0:
            raise ValueError("Semaphore initial value must be >= 0")
        self._hold(_ffi.semaphore_create, value, self._bound)

    @property
    def _value(self):
        """The permits left, under the name that programs on top of asyncio read."""
        return _ffi.semaphore_value(self._h)

    def locked(self):
        """True when acquire() would wait."""
        return _ffi.semaphore_locked(self._h) == 1

    async def acquire(self):
        """Takes a permit, waiting for one if there is none."""
        if semaphore_acquire_async(self._h, None) != 1:
            await perform(self, acquire_semaphore)
        return True

    def release(self):
        """Gives a permit back, to the first who waits, if anybody does."""
        semaphore_give_back(self._h)

    def _state(self):
        return "locked" if self.locked() else f"unlocked, value:{self._value}"


class BoundedSemaphore(Semaphore):
    """A semaphore that never has more permits than at the start."""

    def __init__(self, value=1):
        self._bound = value
        super().__init__(value)

    def release(self):
        if self._bound == 0 or semaphore_give_back(self._h):
            raise ValueError("BoundedSemaphore released too many times")


_STATES = {
    _ffi.BARRIER_FILLING: "filling",
    _ffi.BARRIER_DRAINING: "draining",
    _ffi.BARRIER_RESETTING: "resetting",
    _ffi.BARRIER_BROKEN: "broken",
}


class Barrier(Native):
    """Tasks wait at it until there are enough of them, then all go on."""

    _release_native = _ffi.barrier_release

    def __init__(self, parties):
        if parties < 1:
            raise ValueError("parties must be > 0")
        self._parties = parties
        self._hold(_ffi.barrier_create, parties)

    async def __aenter__(self):
        return await self.wait()

    async def __aexit__(self, *exc_info):
        pass

    async def wait(self):
        """Waits for the others. Everybody gets another number, from 0 to parties - 1."""
        return await perform(self, wait_at_barrier)

    async def reset(self):
        """Those who wait get BrokenBarrierError; then the barrier is as new."""
        await perform(self, reset_barrier)

    async def abort(self):
        """Breaks it for good: those who wait, and all who will, get BrokenBarrierError."""
        await perform(self, abort_barrier)

    @property
    def parties(self):
        return self._parties

    @property
    def n_waiting(self):
        return _ffi.barrier_waiting(self._h)

    @property
    def broken(self):
        return _ffi.barrier_state(self._h) == _ffi.BARRIER_BROKEN

    def __repr__(self):
        state = _STATES[_ffi.barrier_state(self._h)]
        return self._describe(state if self.broken else f"{state}, waiters:{self.n_waiting}/{self.parties}")
