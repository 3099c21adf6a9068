"""The set functions. They tell elements apart by structural key (1 and 1.0 differ); set methods go by `==`."""

from __future__ import annotations

from harnpy.vm.compare import PLAIN_KINDS, make_set, structural_key
from harnpy.vm.errors import thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import HarnSet, Value


@builtin("set(...values: any) -> set", pure=True, checked_as="any")
def make_set_of(*values: Value) -> HarnSet:
    """A set of the arguments; of the elements of an argument that is a list or a set. Repeated elements are dropped."""
    elements: list[Value] = []
    for value in values:
        if type(value) is list or type(value) is HarnSet:
            elements.extend(value)
        else:
            elements.append(value)
    return make_set(elements)


@builtin("set_add(elements: set, value: any) -> set", checked_as="any")
def set_add(elements: Value, value: Value) -> HarnSet:
    """A set with value added. Throws if the first argument is no set."""
    if type(elements) is not HarnSet:
        raise thrown("set_add: first argument must be a set")
    items = elements.items.copy()
    items.setdefault(structural_key(value), value)
    return HarnSet(items, elements.plain and type(value) in PLAIN_KINDS)


@builtin("set_remove(elements: set, value: any) -> set", checked_as="any")
def set_remove(elements: Value, value: Value) -> HarnSet:
    """A set without value. Throws if the first argument is no set."""
    if type(elements) is not HarnSet:
        raise thrown("set_remove: first argument must be a set")
    items = elements.items.copy()
    items.pop(structural_key(value), None)
    return HarnSet(items, elements.plain)


@builtin("set_contains(elements: set, value: any) -> bool", pure=True)
def set_contains(elements: Value, value: Value) -> bool:
    """Whether value is an element; false for what is no set."""
    return type(elements) is HarnSet and structural_key(value) in elements.items


@builtin("set_union(left: set, right: set) -> set", checked_as="any")
def set_union(left: Value, right: Value) -> HarnSet:
    """The elements of left, then those of right that are new. Throws unless both are sets."""
    _require_sets("set_union", left, right)
    if left.plain and right.plain:
        return HarnSet({**left.items, **right.items}, True)
    return HarnSet({**left.items, **_without(right, left)})


@builtin("set_intersect(left: set, right: set) -> set", checked_as="any")
def set_intersect(left: Value, right: Value) -> HarnSet:
    """The elements of left that right has too. Throws unless both are sets."""
    _require_sets("set_intersect", left, right)
    return HarnSet({key: item for key, item in left.items.items() if key in right.items}, left.plain)


@builtin("set_difference(left: set, right: set) -> set", checked_as="any")
def set_difference(left: Value, right: Value) -> HarnSet:
    """The elements of left that right does not have. Throws unless both are sets."""
    _require_sets("set_difference", left, right)
    return HarnSet(_without(left, right), left.plain)


@builtin("set_symmetric_difference(left: set, right: set) -> set", checked_as="any")
def set_symmetric_difference(left: Value, right: Value) -> HarnSet:
    """The elements that only left has, then those that only right has. Throws unless both are sets."""
    _require_sets("set_symmetric_difference", left, right)
    return HarnSet({**_without(left, right), **_without(right, left)}, left.plain and right.plain)


@builtin("set_is_subset(left: set, right: set) -> bool", pure=True)
def set_is_subset(left: Value, right: Value) -> bool:
    """Whether right has every element of left; false unless both are sets."""
    return _are_sets(left, right) and left.items.keys() <= right.items.keys()


@builtin("set_is_superset(left: set, right: set) -> bool", pure=True)
def set_is_superset(left: Value, right: Value) -> bool:
    """Whether left has every element of right; false unless both are sets."""
    return _are_sets(left, right) and left.items.keys() >= right.items.keys()


@builtin("set_is_disjoint(left: set, right: set) -> bool", pure=True)
def set_is_disjoint(left: Value, right: Value) -> bool:
    """Whether the sets share no element; true unless both are sets."""
    return not _are_sets(left, right) or left.items.keys().isdisjoint(right.items.keys())


def _are_sets(left: Value, right: Value) -> bool:
    return type(left) is HarnSet and type(right) is HarnSet


def _require_sets(function: str, left: Value, right: Value) -> None:
    if not _are_sets(left, right):
        raise thrown(f"{function}: arguments must be sets")


def _without(left: HarnSet, right: HarnSet) -> dict[object, Value]:
    return {key: item for key, item in left.items.items() if key not in right.items}
