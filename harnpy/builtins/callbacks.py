"""Calling back for every item of a list, at the price of one Python call an item.

Python's truth of a callback's result is Harn's (values.truthy), so that what walks over results can be Python's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

# Calls after which a walk asks anew for the way to call: by then a function has become hot, if it ever does.
FIRST_CALLS = 40


def results(fiber: Fiber, callback: Value, items: list[Value]) -> Iterator[Value]:
    """The results of callback for the items, each called for when it is asked for."""
    if not items:
        return iter(())
    if len(items) <= FIRST_CALLS:
        return map(fiber.callback(callback, items[0]), items)
    return chain.from_iterable(_long_walk(fiber, callback, items))


def _long_walk(fiber: Fiber, callback: Value, items: list[Value]) -> Iterator[Iterator[Value]]:
    yield map(fiber.callback(callback, items[0]), items[:FIRST_CALLS])
    yield map(fiber.callback(callback, items[FIRST_CALLS]), items[FIRST_CALLS:])
