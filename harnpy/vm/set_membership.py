"""Set elements by Harn's `==`, as set methods see them; set functions go by structural key instead.

A set's dict maps structural keys to elements. `==` is wider than the key for numbers (1 and 1.0) and for what
contains numbers, and narrower for NaN and for functions that merely look alike.
"""

from __future__ import annotations

from collections.abc import Iterable

from harnpy.vm.compare import equal, structural_key
from harnpy.vm.search import is_exact_number
from harnpy.vm.values import HarnSet, Value


def keys_equal_to(items: dict[object, Value], value: Value) -> list[object]:
    """The keys under which items holds elements == value. Constant time for strings, bools, nil and numbers."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        key = structural_key(value)
        return [key] if key in items else []
    if is_exact_number(value):
        return [key for key in _number_keys(value) if key in items]
    return [key for key, item in items.items() if equal(item, value)]


def has_element(items: dict[object, Value], value: Value) -> bool:
    """Whether items holds an element == value."""
    if type(value) is str:
        return value in items
    key = structural_key(value)
    if key in items and equal(items[key], value):
        return True
    return bool(keys_equal_to(items, value))


def add_element(items: dict[object, Value], value: Value) -> None:
    """Put value into items unless an element == value is there."""
    if has_element(items, value):
        return
    key = structural_key(value)
    while key in items:  # the same key and yet not ==
        key = (key,)
    items[key] = value


def remove_element(items: dict[object, Value], value: Value) -> None:
    """Take every element == value out of items."""
    for key in keys_equal_to(items, value):
        del items[key]


def set_of(values: Iterable[Value]) -> HarnSet:
    """A set of values, duplicates by `==` dropped, first one kept."""
    items: dict[object, Value] = {}
    for value in values:
        add_element(items, value)
    return HarnSet(items)


def _number_keys(value: int | float) -> list[object]:
    if value == 0:
        return [structural_key(zero) for zero in (0, 0.0, -0.0)]
    if value == int(value):
        return [structural_key(int(value)), structural_key(float(value))]
    return [structural_key(value)]
