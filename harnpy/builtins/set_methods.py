"""The methods of sets. They tell elements apart by `==` (1 and 1.0 coincide); set functions go by structural key."""

from __future__ import annotations

from itertools import compress

from harnpy import TYPE_CHECKING
from harnpy.builtins.callbacks import results
from harnpy.vm.in_place import add_in_place, remove_element_in_place, union_in_place
from harnpy.vm.registry import method
from harnpy.vm.set_membership import has_element, is_within, set_of
from harnpy.vm.values import HarnSet, Value, is_callable

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@method("set.count() -> int", pure=True, aliases=("len",))
def set_count(elements: HarnSet) -> int:
    """How many elements the set has."""
    return len(elements)


@method("set.empty() -> bool", pure=True)
def set_empty(elements: HarnSet) -> bool:
    """Whether the set has no elements."""
    return not elements.items


@method("set.contains(value: any) -> bool", pure=True)
def set_contains_equal(elements: HarnSet, value: Value) -> bool:
    """Whether an element equals value."""
    return has_element(elements, value)


@method("set.add(value: any) -> set", pure=True)
def set_with(elements: HarnSet, value: Value) -> HarnSet:
    """A set with value added; the set itself does not change."""
    return add_in_place(_copy(elements), value)


@method("set.remove(value: any) -> set", pure=True, aliases=("delete",))
def set_without(elements: HarnSet, value: Value) -> HarnSet:
    """A set without value; the set itself does not change."""
    return remove_element_in_place(_copy(elements), value)


@method("set.union(other: set) -> set", pure=True)
def set_united(elements: HarnSet, other: Value) -> HarnSet:
    """The elements, then those of other that are new; the set itself if other is no set."""
    return union_in_place(_copy(elements), other) if type(other) is HarnSet else elements


@method("set.intersect(other: set) -> set", pure=True, aliases=("intersection",))
def set_common(elements: HarnSet, other: Value) -> HarnSet:
    """The elements that other has too; none if other is no set."""
    if type(other) is not HarnSet:
        return HarnSet({}, True)
    if elements.plain and other.plain:
        return HarnSet({key: key for key in elements.items if key in other.items}, True)
    return HarnSet({key: item for key, item in elements.items.items() if has_element(other, item)}, elements.plain)


@method("set.difference(other: set) -> set", pure=True)
def set_less(elements: HarnSet, other: Value) -> HarnSet:
    """The elements that other does not have; the set itself if other is no set."""
    return HarnSet(_exclusive(elements, other), elements.plain) if type(other) is HarnSet else elements


@method("set.symmetric_difference(other: set) -> set", pure=True)
def set_exclusive(elements: HarnSet, other: Value) -> HarnSet:
    """The elements that other does not have, then those that only other has; the set itself if other is no set."""
    if type(other) is not HarnSet:
        return elements
    return set_of([*_exclusive(elements, other).values(), *_exclusive(other, elements).values()])


@method("set.is_subset(other: set) -> bool", pure=True)
def set_is_within(elements: HarnSet, other: Value) -> bool:
    """Whether other has every element; false if other is no set."""
    return type(other) is HarnSet and is_within(elements, other)


@method("set.is_superset(other: set) -> bool", pure=True)
def set_includes(elements: HarnSet, other: Value) -> bool:
    """Whether the set has every element of other; false if other is no set."""
    return type(other) is HarnSet and set_is_within(other, elements)


@method("set.is_disjoint(other: set) -> bool", pure=True)
def set_is_apart(elements: HarnSet, other: Value) -> bool:
    """Whether the sets share no element; true if other is no set."""
    if type(other) is not HarnSet:
        return True
    if elements.plain and other.plain:
        return elements.items.keys().isdisjoint(other.items)
    return not any(has_element(other, item) for item in elements)


@method("set.to_list() -> list", pure=True)
def set_to_list(elements: HarnSet) -> list[Value]:
    """The elements in the order in which they came into the set."""
    return list(elements)


@method("set.map(callback: fn(any) -> any) -> set")
def set_map(fiber: Fiber, elements: HarnSet, callback: Value) -> HarnSet | None:
    """A set of the results of callback; nil without a callback."""
    if not is_callable(callback):
        return None
    return set_of(list(results(fiber, callback, list(elements))))


@method("set.filter(callback: fn(any) -> any) -> set")
def set_filter(fiber: Fiber, elements: HarnSet, callback: Value) -> HarnSet | None:
    """The elements for which callback is truthy; nil without a callback."""
    if not is_callable(callback):
        return None
    verdicts = results(fiber, callback, list(elements))
    return HarnSet(dict(compress(elements.items.items(), verdicts)), elements.plain)


@method("set.any(callback: fn(any) -> any) -> bool")
def set_any(fiber: Fiber, elements: HarnSet, callback: Value) -> bool:
    """Whether callback is truthy for some element; false without a callback."""
    return is_callable(callback) and any(results(fiber, callback, list(elements)))


@method("set.all(callback: fn(any) -> any) -> bool", aliases=("every",))
def set_all(fiber: Fiber, elements: HarnSet, callback: Value) -> bool:
    """Whether callback is truthy for every element; true without a callback."""
    return not is_callable(callback) or all(results(fiber, callback, list(elements)))


def _copy(elements: HarnSet) -> HarnSet:
    return HarnSet(elements.items.copy(), elements.plain)


def _exclusive(elements: HarnSet, other: HarnSet) -> dict[object, Value]:
    if elements.plain and other.plain:
        return {key: key for key in elements.items if key not in other.items}
    return {key: item for key, item in elements.items.items() if not has_element(other, item)}
