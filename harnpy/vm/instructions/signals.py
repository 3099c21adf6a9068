"""The signals with which a handler leaves the loop of the interpreter."""

from __future__ import annotations


class Signal:
    """What a handler returns to leave the loop of the interpreter."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


FINISHED = Signal("finished")  # the base frame has returned; its result is in frame.result
YIELDED = Signal("yielded")  # a generator frame has delivered frame.result and waits
STARTED = Signal("started")  # a generator frame has bound its parameters
