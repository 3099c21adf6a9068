"""Sorting and extremes by the language's ordering, at the speed of Python's own where the two agree.

They agree on strings, ints, floats without NaN, ints mixed with floats as far as floats are exact, and on pairs of
such halves, for which tuples stand in. Everything else goes through compare.
"""

from __future__ import annotations

from typing import Any

from harnpy.vm.compare import compare, sorted_by_keys, sorted_values
from harnpy.vm.search import is_exact_number
from harnpy.vm.values import Pair, Value


def in_order(items: list[Value]) -> list[Value]:
    """A stable ascending sort."""
    keys = _python_keys(items)
    if keys is None:
        return sorted_values(items)
    return sorted(keys) if keys is items else _arranged(items, keys)


def in_order_of(keys: list[Value], items: list[Value]) -> list[Value]:
    """A stable ascending sort of items by their keys, which stand at the same positions."""
    ordered = _python_keys(keys)
    return sorted_by_keys(list(zip(keys, items))) if ordered is None else _arranged(items, ordered)


def first_smallest(keys: list[Value]) -> int:
    """The position of the smallest key, the first one of equals; keys is not empty."""
    ordered = _python_keys(keys)
    if ordered is not None:
        return ordered.index(min(ordered))
    smallest = 0
    for index, key in enumerate(keys):
        if compare(key, keys[smallest]) < 0:
            smallest = index
    return smallest


def first_greatest(keys: list[Value]) -> int:
    """The position of the greatest key, the first one of equals; keys is not empty."""
    ordered = _python_keys(keys)
    if ordered is not None:
        return ordered.index(max(ordered))
    greatest = 0
    for index, key in enumerate(keys):
        if compare(key, keys[greatest]) > 0:
            greatest = index
    return greatest


def _arranged(items: list[Value], keys: list[Any]) -> list[Value]:
    return list(map(items.__getitem__, sorted(range(len(items)), key=keys.__getitem__)))


def _python_keys(keys: list[Value]) -> list[Any] | None:
    """What Python orders as the language orders keys: keys itself, tuples for pairs, or None."""
    kinds = set(map(type, keys))
    if kinds == {int} or kinds == {str}:
        return keys
    if kinds == {float}:
        return keys if all(map(float.__eq__, keys, keys)) else None
    if kinds == {int, float}:
        return keys if all(map(is_exact_number, keys)) else None
    if kinds == {Pair}:
        firsts = _python_keys([key.first for key in keys])
        seconds = _python_keys([key.second for key in keys]) if firsts is not None else None
        return None if firsts is None or seconds is None else list(zip(firsts, seconds))
    return None
