"""How templates see a value: as a condition and as text. Truth differs from the language's own on purpose."""

from __future__ import annotations

from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.vm.display import display
from harnpy.vm.values import Value


def is_true(value: Value) -> bool:
    """False for nil, false, zero, blank strings, empty lists and empty dicts; true for everything else."""
    kind = type(value)
    if kind is str:
        return bool(value.strip(WHITE_SPACE))
    if value is None or kind in (bool, int, float, list, dict):
        return bool(value)
    return True


def as_text(value: Value) -> str:
    """What an interpolation inserts: display text, and nothing for nil."""
    return "" if value is None else display(value)
