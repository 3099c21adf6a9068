"""Calling back for every item of a list, at the price of one Python call an item.

Python's truth of a callback's result is Harn's (values.truthy), so that what walks over results can be Python's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, islice, starmap
from typing import TYPE_CHECKING

from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

# The parts of a walk, in calls. Each asks anew for the way to call: after the first the function has become hot, unless
# the compiled tier had to be loaded before, as it is after the second at the latest.
PARTS = (40, 400, None)


def results(fiber: Fiber, callback: Value, items: Iterable[Value]) -> Iterator[Value]:
    """The results of callback for the items, each called for when it is asked for."""
    return chain.from_iterable(starmap(map, calls(fiber, callback, items)))


def calls(
    fiber: Fiber, callback: Value, items: Iterable[Value]
) -> Iterator[tuple[Callable[[Value], Value], Iterator[Value]]]:
    """The items in parts, each with the Python callable that calls callback for them: take a part up, then go on."""
    remaining = iter(items)
    limits: Iterator[int | None] = iter(PARTS)
    # No generator: one that an error ends early is closed, which takes longer the more generators are running.
    return iter(partial(_part, fiber, callback, remaining, limits), None)


def _part(
    fiber: Fiber, callback: Value, remaining: Iterator[Value], limits: Iterator[int | None]
) -> tuple[Callable[[Value], Value], Iterator[Value]] | None:
    """The next part, of as many items as the next limit says; None when there are no more."""
    for limit in limits:
        for item in remaining:
            return fiber.callback(callback, item), chain((item,), islice(remaining, limit))
    return None
