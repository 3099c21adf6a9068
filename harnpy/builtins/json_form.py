"""The JSON form of a value that leaves for another program: what JSON has no form for becomes its display text."""

from __future__ import annotations

import math

from harnpy import TYPE_CHECKING
from harnpy.vm.display import display
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from typing import Any, TypeAlias

    # What json.loads returns: None, bool, int, float, str, list and dict with text keys, nested at will.
    Json: TypeAlias = Any


def to_json(value: Value) -> Json:
    """The JSON form of a Harn value; sets, structs, durations, closures and the like become their display text.

    Floats that are not finite become None. Dicts come out sorted by key, since that is the order in which Harn shows them.
    """
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is dict:
        return {key: to_json(value[key]) for key in sorted(value)}
    if kind is list:
        return [to_json(item) for item in value]
    if kind is float:
        return value if math.isfinite(value) else None
    return display(value)
