"""Taking operands off the stack, and insisting on their kind."""

from __future__ import annotations

from harnpy.vm.frames import Frame
from harnpy.vm.values import (
    Value,
)


def take(frame: Frame, count: int) -> list[Value]:
    """Pop count values, in the order in which they were pushed."""
    if not count:
        return []
    stack = frame.stack
    values = stack[-count:]
    del stack[-count:]
    return values


def as_list(value: Value) -> list[Value]:
    """value, which has to be a list (destructuring, spread)."""
    if type(value) is not list:
        from harnpy.vm.instructions.values import list_expected

        raise list_expected(value)
    return value
