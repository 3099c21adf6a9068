"""Finding an element of a list by Harn's `==`, at the speed of Python's own search wherever that is right."""

from __future__ import annotations

from harnpy.vm.compare import equal
from harnpy.vm.values import Value

# Below this an int and its float are exactly the same number, so Python and Harn agree on int == float.
EXACT_FLOAT_INTS = 2**53


def position(items: list[Value], wanted: Value) -> int:
    """The index of the first item == wanted, or -1."""
    kind = type(wanted)
    if kind is str or kind is bool or wanted is None or is_exact_number(wanted):
        start = 0
        try:
            while True:
                found = items.index(wanted, start)
                if equal(items[found], wanted):  # Python also finds true for 1
                    return found
                start = found + 1
        except ValueError:
            return -1
    for index, item in enumerate(items):
        if equal(item, wanted):
            return index
    return -1


def is_exact_number(value: Value) -> bool:
    """Whether value is an int or float (no NaN) in the range where both kinds hold the same whole numbers."""
    kind = type(value)
    return (kind is int or kind is float) and -EXACT_FLOAT_INTS < value < EXACT_FLOAT_INTS
