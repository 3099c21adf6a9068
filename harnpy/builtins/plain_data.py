"""Values as the data formats see them: nil, bools, numbers, strings, lists and dicts, nothing else."""

from __future__ import annotations

from harnpy.vm.display import display
from harnpy.vm.values import HarnSet, StructInstance, Value

_DATA = frozenset({type(None), bool, int, float, str})


def plain_data(value: Value) -> Value:
    """value with sets as lists, structs as dicts of their fields, and everything else that is not data as its text."""
    kind = type(value)
    if kind in _DATA:
        return value
    if kind is list or kind is HarnSet:
        return [plain_data(item) for item in value]
    if kind is dict or kind is StructInstance:
        fields = value if kind is dict else value.fields
        return {name: plain_data(fields[name]) for name in sorted(fields)}
    return display(value)
