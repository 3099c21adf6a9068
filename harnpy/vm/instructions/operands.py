"""Taking operands off the stack."""

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
