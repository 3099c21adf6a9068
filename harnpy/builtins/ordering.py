"""Sorting and extremes by the language's ordering, at the speed of Python's own where the two agree.

They agree on strings, ints, floats without NaN, and ints mixed with floats as far as floats are exact. Everything
else goes through compare.
"""

from __future__ import annotations

from harnpy.vm.compare import compare, sorted_by_keys, sorted_values
from harnpy.vm.search import is_exact_number
from harnpy.vm.values import Value


def in_order(items: list[Value]) -> list[Value]:
    """A stable ascending sort."""
    return sorted(items) if _python_orders(items) else sorted_values(items)


def in_order_of(keys: list[Value], items: list[Value]) -> list[Value]:
    """A stable ascending sort of items by their keys, which stand at the same positions."""
    if _python_orders(keys):
        return [items[index] for index in sorted(range(len(keys)), key=keys.__getitem__)]
    return sorted_by_keys(list(zip(keys, items)))


def first_smallest(keys: list[Value]) -> int:
    """The position of the smallest key, the first one of equals; keys is not empty."""
    if _python_orders(keys):
        return keys.index(min(keys))
    smallest = 0
    for index, key in enumerate(keys):
        if compare(key, keys[smallest]) < 0:
            smallest = index
    return smallest


def first_greatest(keys: list[Value]) -> int:
    """The position of the greatest key, the first one of equals; keys is not empty."""
    if _python_orders(keys):
        return keys.index(max(keys))
    greatest = 0
    for index, key in enumerate(keys):
        if compare(key, keys[greatest]) > 0:
            greatest = index
    return greatest


def _python_orders(keys: list[Value]) -> bool:
    kinds = {type(key) for key in keys}
    if kinds == {float}:
        return all(key == key for key in keys)
    if kinds == {int, float}:
        return all(is_exact_number(key) for key in keys)
    return kinds == {str} or kinds == {int}
