"""Calling back for every item of a list, at the price of one Python call an item.

Python's truth of a callback's result is Harn's (values.truthy), so that what walks over results can be Python's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice, starmap
from typing import TYPE_CHECKING

from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

# Calls after which a walk asks anew for the way to call: by then a function has become hot, if it ever does.
FIRST_CALLS = 40


def results(fiber: Fiber, callback: Value, items: Iterable[Value]) -> Iterator[Value]:
    """The results of callback for the items, each called for when it is asked for."""
    return chain.from_iterable(starmap(map, calls(fiber, callback, items)))


def calls(
    fiber: Fiber, callback: Value, items: Iterable[Value]
) -> Iterator[tuple[Callable[[Value], Value], Iterator[Value]]]:
    """The items in parts, each with the Python callable that calls callback for them: take a part up, then go on."""
    remaining = iter(items)
    for limit in (FIRST_CALLS, None):
        for item in remaining:
            yield fiber.callback(callback, item), chain((item,), islice(remaining, limit))
            break
