"""Reading `value[index]` and `value[start:end]` (chapter 02 sections 3.1 and 3.2)."""

from __future__ import annotations

from harnpy.vm.display import display
from harnpy.vm.errors import runtime_error, type_error
from harnpy.vm.operators import cannot_index
from harnpy.vm.values import PyObject, Range, Value, type_name


def get_index(value: Value, index: Value) -> Value:
    """`value[index]`; nil for a position or key that is not there.

    Raises a type error for kinds that cannot be indexed so, and a runtime error for a position outside a range.
    """
    kind = type(value)
    if kind is dict:
        return value.get(index if type(index) is str else display(index))
    if type(index) is int:
        if kind is list or kind is str:
            try:
                return value[index]
            except IndexError:  # also raised for an index beyond the machine's word
                return None
        if kind is Range:
            try:
                return value.py[index]
            except IndexError:
                length = value.__len__()  # len() refuses what exceeds the machine's word
                raise runtime_error(
                    f"range index out of range: index {display(index)} for range of length {display(length)}"
                ) from None
    if kind is PyObject:
        from harnpy.vm.python import objects

        return objects.item(value, index)
    cannot_index(value, index)


def slice_value(value: Value, start: Value, end: Value) -> Value:
    """`value[start:end]` of a list or string, nil for an omitted bound. Raises a type error for anything else."""
    if type(value) is not list and type(value) is not str:
        if type(value) is PyObject:
            from harnpy.vm.python import objects

            return objects.part(value, start, end)
        raise type_error(f"cannot slice {type_name(value)}")
    length = len(value)
    first = _bound(start, "start", 0, length)
    return value[first : max(first, _bound(end, "end", length, length))]


def _bound(bound: Value, name: str, omitted: int, length: int) -> int:
    if bound is None:
        return omitted
    if type(bound) is not int:
        raise type_error(f"slice {name} must be an integer, got {type_name(bound)}")
    return min(max(bound + length if bound < 0 else bound, 0), length)
