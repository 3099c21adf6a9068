"""The methods of lists that take no callback. Lists are values: every method returns a new one."""

from __future__ import annotations

from collections import Counter
from functools import reduce
from operator import add as plus

from harnpy.builtins.arguments import count_of, int_or
from harnpy.builtins.ordering import first_greatest, first_smallest, in_order
from harnpy.builtins.strings import join_texts
from harnpy.vm.compare import PLAIN_KINDS, make_set
from harnpy.vm.display import display
from harnpy.vm.in_place import pop_in_place, push_in_place
from harnpy.vm.operators import add
from harnpy.vm.registry import method
from harnpy.vm.search import position
from harnpy.vm.subscripts import slice_value
from harnpy.vm.values import MISSING, Value

Items = list[Value]


@method("list.count() -> int", pure=True)
def list_count(items: Items) -> int:
    """How many items the list has."""
    return len(items)


@method("list.empty() -> bool", pure=True)
def list_empty(items: Items) -> bool:
    """Whether the list has no items."""
    return not items


@method("list.sort() -> list", pure=True)
def list_sort(items: Items) -> Items:
    """The items in ascending order. Items that cannot be compared keep their order."""
    return in_order(items)


@method("list.min() -> any", pure=True)
def list_min(items: Items) -> Value:
    """The smallest item, the first one of equals; nil for an empty list."""
    return items[first_smallest(items)] if items else None


@method("list.max() -> any", pure=True)
def list_max(items: Items) -> Value:
    """The largest item, the first one of equals; nil for an empty list."""
    return items[first_greatest(items)] if items else None


@method("list.sum() -> int | float", pure=True)
def list_sum(items: Items) -> int | float:
    """The sum of the numbers in the list, other items skipped; a float if one of them is, 0 if there are none."""
    kinds = set(map(type, items))
    if kinds == {int}:
        return sum(items)
    if kinds == {float}:
        return reduce(plus, items, 0.0)  # not sum(), which rounds in its own way
    total: int | float = 0
    for item in items:
        kind = type(item)
        if kind is int or kind is float:
            total = add(total, item)
    return total


@method("list.reverse() -> list", pure=True)
def list_reverse(items: Items) -> Items:
    """The items in reverse order."""
    return items[::-1]


@method('list.join(separator: string = "") -> string', pure=True)
def list_join(items: Items, separator: Value = "") -> str:
    """The items as text, with separator between them."""
    return join_texts(items, display(separator))


@method("list.contains(item: any) -> bool", pure=True)
def list_contains(items: Items, item: Value) -> bool:
    """Whether an item of the list equals item."""
    return position(items, item) >= 0


@method("list.index_of(item: any) -> int", pure=True)
def list_index_of(items: Items, item: Value) -> int:
    """The position of the first item that equals item, or -1."""
    return position(items, item)


@method("list.enumerate() -> list<dict>", pure=True)
def list_enumerate(items: Items) -> Items:
    """A list of dicts `{index, value}`."""
    return [{"index": index, "value": item} for index, item in enumerate(items)]


@method("list.zip(other: list) -> list<list>", pure=True)
def list_zip(items: Items, other: Value) -> list[Items]:
    """Two-element lists of the items at the same position, as long as both lists last; empty if other is no list."""
    return [[left, right] for left, right in zip(items, other)] if type(other) is list else []


@method("list.slice(start: int = 0, end: int = nil) -> list", pure=True)
def list_slice(items: Items, start: Value = 0, end: Value = None) -> Items:
    """The items from start up to, not including, end; negative positions count from the end of the list."""
    return slice_value(items, int_or(start, 0), int_or(end, len(items)))  # type: ignore[no-any-return]


@method("list.take(count: int = 0) -> list", pure=True)
def list_take(items: Items, count: Value = 0) -> Items:
    """The first count items."""
    return items[: count_of(count)]


@method("list.skip(count: int = 0) -> list", pure=True)
def list_skip(items: Items, count: Value = 0) -> Items:
    """All but the first count items."""
    return items[count_of(count) :]


@method("list.first(count: int = nil) -> any", pure=True)
def list_first(items: Items, count: Value = None) -> Value:
    """The first item, nil for an empty list; with a count, a list of up to that many first items."""
    if type(count) is int:
        return items[: max(count, 0)]
    return items[0] if items else None


@method("list.last(count: int = nil) -> any", pure=True)
def list_last(items: Items, count: Value = None) -> Value:
    """The last item, nil for an empty list; with a count, a list of up to that many last items in order."""
    if type(count) is int:
        return items[max(len(items) - max(count, 0), 0) :]
    return items[-1] if items else None


@method("list.unique() -> list", pure=True)
def list_unique(items: Items) -> Items:
    """The list without repeated items, the first one kept; `1` and `1.0` are different items."""
    return list(make_set(items))


@method("list.flatten() -> list", pure=True)
def list_flatten(items: Items) -> Items:
    """The list with the items of every list in it in that list's place, one level deep."""
    flat: Items = []
    for item in items:
        if type(item) is list:
            flat.extend(item)
        else:
            flat.append(item)
    return flat


@method("list.compact() -> list", pure=True)
def list_compact(items: Items) -> Items:
    """The items that are not nil."""
    return [item for item in items if item is not None]


@method("list.chunk(size: int = 1) -> list<list>", pure=True, aliases=("each_slice",))
def list_chunk(items: Items, size: Value = 1) -> list[Items]:
    """Consecutive lists of size items; the last may be shorter. A size below 1 counts as 1."""
    step = max(1, int_or(size, 1))
    return [items[start : start + step] for start in range(0, len(items), step)]


@method("list.window(size: int = 2) -> list<list>", pure=True, aliases=("each_cons", "sliding_window"))
def list_window(items: Items, size: Value = 2) -> list[Items]:
    """Every run of size consecutive items; none if the list is shorter. A size below 1 counts as 1."""
    width = max(1, int_or(size, 2))
    return [items[start : start + width] for start in range(len(items) - width + 1)]


@method("list.tally() -> dict<string, int>", pure=True)
def list_tally(items: Items) -> dict[str, int]:
    """A dict from each item as text to how often it occurs."""
    counts: dict[str, int] = {}
    if PLAIN_KINDS.issuperset(map(type, items)):
        for item, count in Counter(items).items():
            text = display(item)
            counts[text] = counts.get(text, 0) + count
        return counts
    for item in items:
        text = display(item)
        counts[text] = counts.get(text, 0) + 1
    return counts


@method("list.push(item: any) -> list", pure=True)
def list_push(items: Items, item: Value = MISSING) -> Items:
    """A list with item appended; the list itself does not change."""
    return push_in_place(items.copy(), item)


@method("list.pop() -> list", pure=True)
def list_pop(items: Items) -> Items:
    """A list without the last item (not that item)."""
    return pop_in_place(items.copy())
