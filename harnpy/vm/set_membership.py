"""Set elements by Harn's `==`, as set methods see them; set functions go by structural key instead.

A set's dict maps structural keys to elements. `==` is wider than the key where numbers are concerned (1 and 1.0), so
a value is looked up under the keys of all its spellings. It is narrower where values merely look alike (NaN, functions
with the same parameters, `S {x: 1}` and `S {x: "1"}`): what differs from the holder of its key gets the key wrapped in
a tuple, once more for each that came before.
"""

from __future__ import annotations

from itertools import product

from harnpy import TYPE_CHECKING
from harnpy.vm.compare import PLAIN_KINDS, equal, structural_key
from harnpy.vm.search import is_exact_number
from harnpy.vm.values import (
    Builtin,
    Closure,
    Duration,
    EnumVariant,
    HarnSet,
    Pair,
    Range,
    StructInstance,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# A value with more spellings than this is compared with every element instead.
_MOST_SPELLINGS = 64


def keys_equal_to(elements: HarnSet, value: Value) -> list[object]:
    """The keys under which a set holds elements == value.

    Independent of the size of the set, except for values full of numbers and for handles, whose text changes.
    """
    items = elements.items
    spellings = _spellings(value)
    if spellings is None:
        return [key for key, item in items.items() if equal(item, value)]
    found: list[object] = []
    for spelling in spellings:
        key = structural_key(spelling)
        while key in items:
            if equal(items[key], value):
                found.append(key)
            key = (key,)
    return found


def has_element(elements: HarnSet, value: Value) -> bool:
    """Whether the set holds an element == value."""
    kind = type(value)
    items = elements.items
    if kind is str:
        return value in items
    if kind is int or kind is float:
        if kind is int and (elements.plain or value in items):
            return value in items
        if is_exact_number(value):
            return any(structural_key(spelling) in items for spelling in _number_spellings(value))
    key = structural_key(value)
    if key in items and equal(items[key], value):
        return True
    return bool(items) and bool(keys_equal_to(elements, value))


def is_within(elements: HarnSet, other: HarnSet) -> bool:
    """Whether other holds an equal element for every one of elements."""
    if elements.plain and other.plain:
        return elements.items.keys() <= other.items.keys()
    return all(has_element(other, item) for item in elements)


def add_element(elements: HarnSet, value: Value) -> None:
    """Put value into the set unless an element == value is there."""
    kind = type(value)
    if kind is str or (kind is int and elements.plain):
        elements.items.setdefault(value, value)
    elif not has_element(elements, value):
        elements.plain = elements.plain and kind is int
        _put(elements.items, value)


def add_elements(elements: HarnSet, other: HarnSet) -> None:
    """Put every element of other into the set that has no equal there."""
    if elements.plain and other.plain:
        elements.items.update(other.items)
    else:
        for value in other:
            add_element(elements, value)


def remove_element(elements: HarnSet, value: Value) -> None:
    """Take every element == value out of the set."""
    items = elements.items
    kind = type(value)
    if kind is str or (kind is int and elements.plain):
        items.pop(value, None)
        return
    followed = False
    for key in keys_equal_to(elements, value):
        followed = followed or (key,) in items
        del items[key]
    if followed:  # what was wrapped because of the removed holder would no longer be found
        remaining = list(items.values())
        items.clear()
        for item in remaining:
            _put(items, item)


def set_of(values: list[Value]) -> HarnSet:
    """A set of values, duplicates by `==` dropped, first one kept."""
    if PLAIN_KINDS.issuperset(map(type, values)):
        return HarnSet(dict(zip(values, values)), True)
    elements = HarnSet({}, True)
    for value in values:
        add_element(elements, value)
    return elements


def _put(items: dict[object, Value], value: Value) -> None:
    key = structural_key(value)
    while key in items:
        key = (key,)
    items[key] = value


def _spellings(value: Value) -> list[Value] | None:
    """Every value that is == value up to its structural key; None when they are too many or the key can change."""
    kind = type(value)
    if value is None or kind in (str, bool, Duration, Range, Closure, Builtin):
        return [value]
    if kind is int or kind is float:
        return _number_spellings(value) if is_exact_number(value) else None
    if kind is list:
        return _combined(value, list)
    if kind is dict:
        return _combined(value.values(), lambda parts: dict(zip(value, parts)))
    if kind is Pair:
        return _combined((value.first, value.second), lambda parts: Pair(*parts))
    if kind is EnumVariant:
        return _combined(value.fields, lambda parts: EnumVariant(value.enum, value.variant, parts))
    if kind is StructInstance:
        return _combined(
            value.fields.values(), lambda parts: StructInstance(value.type, dict(zip(value.fields, parts)))
        )
    return None


def _number_spellings(value: int | float) -> list[Value]:
    if value == 0:
        return [0, 0.0, -0.0]
    return [int(value), float(value)] if value == int(value) else [value]


def _combined(parts: Iterable[Value], build: Callable[[tuple[Value, ...]], Value]) -> list[Value] | None:
    spelled: list[list[Value]] = []
    count = 1
    for part in parts:
        spellings = _spellings(part)
        count *= len(spellings) if spellings is not None else _MOST_SPELLINGS + 1
        if spellings is None or count > _MOST_SPELLINGS:
            return None
        spelled.append(spellings)
    return [build(choice) for choice in product(*spelled)]
