"""How builtins read loosely typed arguments. "As text" is display(); these are the other customs."""

from __future__ import annotations

from harnpy.vm.values import Duration, Value


def int_or(value: Value, default: int) -> int:
    """value if it is an int (bools and floats are none), else default."""
    return value if type(value) is int else default


def count_of(value: Value, default: int = 0) -> int:
    """value as a count of things: default unless it is an int, never below 0."""
    return max(0, int_or(value, default))


def milliseconds_or(value: Value, default: int) -> int:
    """The milliseconds that a duration or an int is, else default."""
    return value.ms if type(value) is Duration else int_or(value, default)
