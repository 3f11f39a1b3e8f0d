"""Which loop runs in this thread."""

import os
import threading


class _Running(threading.local):
    loop = None


running = _Running()


def _forget():
    running.loop = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)  # the loop is the parent's


def get_running_loop():
    """The loop that runs in this thread; RuntimeError when there is none."""
    loop = running.loop
    if loop is None:
        raise RuntimeError("no running event loop")
    return loop


def get_event_loop():
    """The same: there is no current loop beside the running one."""
    loop = running.loop
    if loop is None:
        raise RuntimeError(f"There is no current event loop in thread {threading.current_thread().name!r}.")
    return loop
