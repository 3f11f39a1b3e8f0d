"""What all parts of the machine know (see machine.py)."""

import contextvars

TICKS = 512  # a second
ANY_RANK = 1 << 30

VARIABLE = contextvars.ContextVar("VARIABLE", default="-")


class Oops(Exception):
    """What programs raise."""


class Actor:
    """Who does a statement."""

    __slots__ = ("label", "rank", "in_task")

    def __init__(self, label, rank, in_task=True):
        self.label = label
        self.rank = rank
        self.in_task = in_task
