"""The methods of lists that call back. They are eager: the whole list is walked, in order, before they return.

The receiver is held by the running method, so nobody changes it in place while a callback runs.
"""

from __future__ import annotations

from functools import reduce
from itertools import compress

from harnpy import TYPE_CHECKING
from harnpy.builtins.callbacks import FIRST_CALLS, results
from harnpy.builtins.ordering import first_greatest, first_smallest, in_order_of
from harnpy.vm.display import display
from harnpy.vm.registry import method
from harnpy.vm.values import Value, is_callable

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

Items = list[Value]


@method("list.map(callback: fn(any) -> any) -> list")
def list_map(fiber: Fiber, items: Items, callback: Value) -> Items | None:
    """The results of callback for every item; nil without a callback."""
    if not is_callable(callback):
        return None
    return list(results(fiber, callback, items))


@method("list.filter(callback: fn(any) -> any) -> list")
def list_filter(fiber: Fiber, items: Items, callback: Value) -> Items | None:
    """The items for which callback is truthy; nil without a callback."""
    if not is_callable(callback):
        return None
    return list(compress(items, results(fiber, callback, items)))


@method("list.flat_map(callback: fn(any) -> any) -> list")
def list_flat_map(fiber: Fiber, items: Items, callback: Value) -> Items | None:
    """The results of callback for every item, the items of a list result in its place; nil without a callback."""
    if not is_callable(callback):
        return None
    flat: Items = []
    for result in results(fiber, callback, items):
        if type(result) is list:
            flat.extend(result)
        else:
            flat.append(result)
    return flat


@method("list.reduce(initial: any, callback: fn(any, any) -> any) -> any")
def list_reduce(fiber: Fiber, items: Items, initial: Value, callback: Value) -> Value:
    """Starts with initial and replaces it by callback(it, item) for every item; nil without a callback."""
    if not is_callable(callback):
        return None
    if not items:
        return initial
    result = reduce(fiber.callback(callback, initial, items[0]), items[:FIRST_CALLS], initial)
    rest = items[FIRST_CALLS:]
    return reduce(fiber.callback(callback, result, rest[0]), rest, result) if rest else result


@method("list.find(callback: fn(any) -> any) -> any")
def list_find(fiber: Fiber, items: Items, callback: Value) -> Value:
    """The first item for which callback is truthy, or nil."""
    found = list_find_index(fiber, items, callback)
    return items[found] if found >= 0 else None


@method("list.find_index(callback: fn(any) -> any) -> int")
def list_find_index(fiber: Fiber, items: Items, callback: Value) -> int:
    """The position of the first item for which callback is truthy, or -1."""
    if is_callable(callback):
        for index, verdict in enumerate(results(fiber, callback, items)):
            if verdict:
                return index
    return -1


@method("list.any(callback: fn(any) -> any) -> bool")
def list_any(fiber: Fiber, items: Items, callback: Value) -> bool:
    """Whether callback is truthy for some item; false without a callback."""
    return is_callable(callback) and any(results(fiber, callback, items))


@method("list.all(callback: fn(any) -> any) -> bool", aliases=("every",))
def list_all(fiber: Fiber, items: Items, callback: Value) -> bool:
    """Whether callback is truthy for every item; true without a callback."""
    return not is_callable(callback) or all(results(fiber, callback, items))


@method("list.none(callback: fn(any) -> any) -> bool")
def list_none(fiber: Fiber, items: Items, callback: Value) -> bool:
    """Whether callback is truthy for no item; without a callback, whether the list is empty."""
    return not any(results(fiber, callback, items)) if is_callable(callback) else not items


@method("list.partition(callback: fn(any) -> any) -> list<list>")
def list_partition(fiber: Fiber, items: Items, callback: Value) -> list[Items] | None:
    """Two lists: the items for which callback is truthy, and the others; nil without a callback."""
    if not is_callable(callback):
        return None
    accepted: Items = []
    rejected: Items = []
    for item, verdict in zip(items, results(fiber, callback, items)):
        (accepted if verdict else rejected).append(item)
    return [accepted, rejected]


@method("list.group_by(callback: fn(any) -> any) -> dict<string, list>")
def list_group_by(fiber: Fiber, items: Items, callback: Value) -> dict[str, Items] | None:
    """A dict from each result of callback, as text, to the list of its items; nil without a callback."""
    if not is_callable(callback):
        return None
    groups: dict[str, Items] = {}
    of_ints: dict[int, Items] = {}  # the same groups, so that an int is made text once
    for item, result in zip(items, results(fiber, callback, items)):
        if type(result) is int:
            group = of_ints.get(result)
            if group is None:
                group = of_ints[result] = groups.setdefault(display(result), [])
            group.append(item)
        else:
            groups.setdefault(display(result), []).append(item)
    return groups


@method("list.sort_by(callback: fn(any) -> any) -> list")
def list_sort_by(fiber: Fiber, items: Items, callback: Value) -> Items | None:
    """The items in ascending order of the results of callback, asked once for each; nil without a callback."""
    keys = list_map(fiber, items, callback)
    return None if keys is None else in_order_of(keys, items)


@method("list.min_by(callback: fn(any) -> any) -> any")
def list_min_by(fiber: Fiber, items: Items, callback: Value) -> Value:
    """The item with the smallest result of callback, the first one of equals; nil when empty or without a callback."""
    keys = list_map(fiber, items, callback)
    return items[first_smallest(keys)] if keys else None


@method("list.max_by(callback: fn(any) -> any) -> any")
def list_max_by(fiber: Fiber, items: Items, callback: Value) -> Value:
    """The item with the largest result of callback, the first one of equals; nil when empty or without a callback."""
    keys = list_map(fiber, items, callback)
    return items[first_greatest(keys)] if keys else None
