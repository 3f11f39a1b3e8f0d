"""Signals. Python's handlers run only in Python code, so a signal must wake a loop that sleeps in C: for every signal
Python's own C handler writes a byte to the wakeup descriptor, and the loop watches the other end.
"""

import os
import threading
from _thread import get_ident

# The module signal spends more time on enums than a whole run takes.
from _signal import SIGINT, default_int_handler, getsignal, set_wakeup_fd
from _signal import signal as set_handler


def in_main_thread():
    return get_ident() == threading.main_thread().ident


if os.name == "posix":
    _read, _close = os.read, os.close

    def _make_pipe():
        ends = os.pipe()
        for end in ends:
            os.set_blocking(end, False)
        return ends

else:
    import socket

    def _make_pipe():
        ends = socket.socketpair()
        for end in ends:
            end.setblocking(False)
        return [end.detach() for end in ends]

    def _read(end, size):
        with socket.socket(fileno=end) as reading:
            try:
                return reading.recv(size)
            finally:
                reading.detach()

    _close = socket.close


class Wakeup:
    """A loop's pipe; its one end is the process' wakeup descriptor while the loop runs."""

    def __init__(self, loop):
        self._reading, self._writing = _make_pipe()
        self._before = None
        loop.add_reader(self._reading, self._take_bytes)

    def install(self):
        self._before = set_wakeup_fd(self._writing, warn_on_full_buffer=False)

    def restore(self):
        set_wakeup_fd(self._before)

    def close(self):
        _close(self._reading)
        _close(self._writing)

    def _take_bytes(self):
        try:
            _read(self._reading, 4096)
        except (BlockingIOError, InterruptedError):
            pass


class Interrupts:
    """SIGINT while main runs, as asyncio has it: the first one cancels main, any other is a KeyboardInterrupt."""

    __slots__ = ("_cancel_main", "_handler")

    def __init__(self, cancel_main):
        self._cancel_main = cancel_main
        self._handler = None

    def __enter__(self):
        if in_main_thread() and getsignal(SIGINT) is default_int_handler:
            handler = self._on_sigint
            try:
                set_handler(SIGINT, handler)
            except ValueError:  # an embedded interpreter without signals
                return
            self._handler = handler

    def __exit__(self, *exc_info):
        if self._handler is not None and getsignal(SIGINT) is self._handler:
            set_handler(SIGINT, default_int_handler)

    def _on_sigint(self, signum, frame):
        if not self._cancel_main():
            raise KeyboardInterrupt
