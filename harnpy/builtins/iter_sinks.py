"""The methods of iters that pull items until they have their result, most of them to the end."""

from __future__ import annotations

from collections import deque
from functools import reduce
from itertools import count, islice

from harnpy import TYPE_CHECKING
from harnpy.builtins.callbacks import FIRST_CALLS, calls, results
from harnpy.builtins.iter_combinators import require_callable
from harnpy.vm.errors import type_error
from harnpy.vm.operators import add, less
from harnpy.vm.registry import method
from harnpy.vm.set_membership import set_of
from harnpy.vm.values import MISSING, HarnSet, Iter, Pair, Value, is_callable, type_name

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@method("iter.to_list() -> list")
def iter_to_list(fiber: Fiber, source: Iter) -> list[Value]:
    """The remaining items as a list."""
    return list(source.pulled_by(fiber))


@method("iter.to_set() -> set")
def iter_to_set(fiber: Fiber, source: Iter) -> HarnSet:
    """The remaining items as a set; of equal items the first is kept."""
    return set_of(iter_to_list(fiber, source))


@method("iter.to_dict() -> dict")
def iter_to_dict(fiber: Fiber, source: Iter) -> dict[str, Value]:
    """The remaining pairs as a dict; the last of equal keys wins. Type error for an item that is no (string, value)."""
    entries: dict[str, Value] = {}
    for item in source.pulled_by(fiber):
        if type(item) is not Pair:
            raise type_error(f"iter.to_dict: expected pair, got {type_name(item)}")
        if type(item.first) is not str:
            raise type_error(f"iter.to_dict: expected string key, got {type_name(item.first)}")
        entries[item.first] = item.second
    return entries


@method("iter.count() -> int")
def iter_count(fiber: Fiber, source: Iter) -> int:
    """How many items remain."""
    numbers = count()
    deque(zip(source.pulled_by(fiber), numbers), maxlen=0)
    return next(numbers)


@method("iter.sum() -> int | float")
def iter_sum(fiber: Fiber, source: Iter) -> int | float:
    """The sum of the remaining items, 0 if there are none. Type error for an item that is no number."""
    total: int | float = 0
    for item in source.pulled_by(fiber):
        if type(item) is not int and type(item) is not float:
            raise type_error(f"iter.sum: expected number, got {type_name(item)}")
        total = total + item if type(item) is type(total) else add(total, item)
    return total


@method("iter.min() -> any")
def iter_min(fiber: Fiber, source: Iter) -> Value:
    """The smallest of the remaining items, the first one of equals; nil if there are none."""
    items = source.pulled_by(fiber)
    smallest = next(items, None)
    for item in items:
        if less(item, smallest):
            smallest = item
    return smallest


@method("iter.max() -> any")
def iter_max(fiber: Fiber, source: Iter) -> Value:
    """The largest of the remaining items, the first one of equals; nil if there are none."""
    items = source.pulled_by(fiber)
    largest = next(items, None)
    for item in items:
        if less(largest, item):
            largest = item
    return largest


@method("iter.reduce(initial: any, callback: fn(any, any) -> any) -> any")
def iter_reduce(fiber: Fiber, source: Iter, initial: Value, callback: Value = MISSING) -> Value:
    """Starts with initial and replaces it by callback(it, item) for every remaining item."""
    if callback is MISSING:
        raise type_error("iter.reduce: expected (init, fn)")
    if not is_callable(callback):
        raise type_error("iter.reduce: second arg must be callable")
    items = source.pulled_by(fiber)
    result = initial
    for limit in (FIRST_CALLS, None):
        for item in items:
            call = fiber.callback(callback, result, item)
            result = reduce(call, islice(items, limit), call(result, item))
            break
    return result


@method("iter.first() -> any")
def iter_first(fiber: Fiber, source: Iter) -> Value:
    """The next item, which is consumed; nil at the end."""
    return next(source.pulled_by(fiber), None)


@method("iter.last() -> any")
def iter_last(fiber: Fiber, source: Iter) -> Value:
    """The last item; nil if there are none."""
    last = deque(source.pulled_by(fiber), maxlen=1)
    return last[0] if last else None


@method("iter.any(callback: fn(any) -> any) -> bool")
def iter_any(fiber: Fiber, source: Iter, callback: Value) -> bool:
    """Whether callback is truthy for some item; the items after it remain."""
    require_callable("any", callback)
    return any(results(fiber, callback, source.pulled_by(fiber)))


@method("iter.all(callback: fn(any) -> any) -> bool")
def iter_all(fiber: Fiber, source: Iter, callback: Value) -> bool:
    """Whether callback is truthy for every item; the items after the first refused one remain."""
    require_callable("all", callback)
    return all(results(fiber, callback, source.pulled_by(fiber)))


@method("iter.find(callback: fn(any) -> any) -> any")
def iter_find(fiber: Fiber, source: Iter, callback: Value) -> Value:
    """The first item for which callback is truthy, or nil; the items after it remain."""
    require_callable("find", callback)
    for call, part in calls(fiber, callback, source.pulled_by(fiber)):
        for item in part:
            if call(item):
                return item
    return None


@method("iter.for_each(callback: fn(any) -> any) -> nil")
def iter_for_each(fiber: Fiber, source: Iter, callback: Value) -> None:
    """Calls callback with every remaining item."""
    require_callable("for_each", callback)
    deque(results(fiber, callback, source.pulled_by(fiber)), maxlen=0)
