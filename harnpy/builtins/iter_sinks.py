"""The methods of iters that pull items until they have their result, most of them to the end."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.builtins.iter_combinators import require_callable
from harnpy.vm.compare import compare
from harnpy.vm.errors import type_error
from harnpy.vm.operators import add
from harnpy.vm.registry import method
from harnpy.vm.set_membership import set_of
from harnpy.vm.values import END, MISSING, HarnSet, Iter, Pair, Value, is_callable, truthy, type_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from harnpy.vm.fiber import Fiber


@method("iter.to_list() -> list")
def iter_to_list(fiber: Fiber, source: Iter) -> list[Value]:
    """The remaining items as a list."""
    pull = source.next_value
    items: list[Value] = []
    append = items.append
    while (item := pull(fiber)) is not END:
        append(item)
    return items


@method("iter.to_set() -> set")
def iter_to_set(fiber: Fiber, source: Iter) -> HarnSet:
    """The remaining items as a set; of equal items the first is kept."""
    return set_of(iter_to_list(fiber, source))


@method("iter.to_dict() -> dict")
def iter_to_dict(fiber: Fiber, source: Iter) -> dict[str, Value]:
    """The remaining pairs as a dict; the last of equal keys wins. Type error for an item that is no (string, value)."""
    entries: dict[str, Value] = {}
    pull = source.next_value
    while (item := pull(fiber)) is not END:
        if type(item) is not Pair:
            raise type_error(f"iter.to_dict: expected pair, got {type_name(item)}")
        if type(item.first) is not str:
            raise type_error(f"iter.to_dict: expected string key, got {type_name(item.first)}")
        entries[item.first] = item.second
    return entries


@method("iter.count() -> int")
def iter_count(fiber: Fiber, source: Iter) -> int:
    """How many items remain."""
    pull = source.next_value
    count = 0
    while pull(fiber) is not END:
        count += 1
    return count


@method("iter.sum() -> int | float")
def iter_sum(fiber: Fiber, source: Iter) -> int | float:
    """The sum of the remaining items, 0 if there are none. Type error for an item that is no number."""
    pull = source.next_value
    total: int | float = 0
    while (item := pull(fiber)) is not END:
        if type(item) is not int and type(item) is not float:
            raise type_error(f"iter.sum: expected number, got {type_name(item)}")
        total = add(total, item)
    return total


@method("iter.min() -> any")
def iter_min(fiber: Fiber, source: Iter) -> Value:
    """The smallest of the remaining items, the first one of equals; nil if there are none."""
    return _extreme(fiber, source, lambda item, smallest: compare(item, smallest) < 0)


@method("iter.max() -> any")
def iter_max(fiber: Fiber, source: Iter) -> Value:
    """The largest of the remaining items, the first one of equals; nil if there are none."""
    return _extreme(fiber, source, lambda item, largest: compare(item, largest) > 0)


@method("iter.reduce(initial: any, callback: fn(any, any) -> any) -> any")
def iter_reduce(fiber: Fiber, source: Iter, initial: Value, callback: Value = MISSING) -> Value:
    """Starts with initial and replaces it by callback(it, item) for every remaining item."""
    if callback is MISSING:
        raise type_error("iter.reduce: expected (init, fn)")
    if not is_callable(callback):
        raise type_error("iter.reduce: second arg must be callable")
    pull, call = source.next_value, fiber.call
    result = initial
    while (item := pull(fiber)) is not END:
        result = call(callback, result, item)
    return result


@method("iter.first() -> any")
def iter_first(fiber: Fiber, source: Iter) -> Value:
    """The next item, which is consumed; nil at the end."""
    item = source.next_value(fiber)
    return None if item is END else item


@method("iter.last() -> any")
def iter_last(fiber: Fiber, source: Iter) -> Value:
    """The last item; nil if there are none."""
    pull = source.next_value
    last = None
    while (item := pull(fiber)) is not END:
        last = item
    return last


@method("iter.any(callback: fn(any) -> any) -> bool")
def iter_any(fiber: Fiber, source: Iter, callback: Value) -> bool:
    """Whether callback is truthy for some item; the items after it remain."""
    require_callable("any", callback)
    return _first_accepted(fiber, source, callback) is not END


@method("iter.all(callback: fn(any) -> any) -> bool")
def iter_all(fiber: Fiber, source: Iter, callback: Value) -> bool:
    """Whether callback is truthy for every item; the items after the first refused one remain."""
    require_callable("all", callback)
    pull, call = source.next_value, fiber.call
    while (item := pull(fiber)) is not END:
        if not truthy(call(callback, item)):
            return False
    return True


@method("iter.find(callback: fn(any) -> any) -> any")
def iter_find(fiber: Fiber, source: Iter, callback: Value) -> Value:
    """The first item for which callback is truthy, or nil; the items after it remain."""
    require_callable("find", callback)
    item = _first_accepted(fiber, source, callback)
    return None if item is END else item


@method("iter.for_each(callback: fn(any) -> any) -> nil")
def iter_for_each(fiber: Fiber, source: Iter, callback: Value) -> None:
    """Calls callback with every remaining item."""
    require_callable("for_each", callback)
    pull, call = source.next_value, fiber.call
    while (item := pull(fiber)) is not END:
        call(callback, item)


def _first_accepted(fiber: Fiber, source: Iter, callback: Value) -> Value:
    pull, call = source.next_value, fiber.call
    while (item := pull(fiber)) is not END:
        if truthy(call(callback, item)):
            return item
    return END


def _extreme(fiber: Fiber, source: Iter, beats: Callable[[Value, Value], bool]) -> Value:
    pull = source.next_value
    best = pull(fiber)
    if best is END:
        return None
    while (item := pull(fiber)) is not END:
        if beats(item, best):
            best = item
    return best
