"""The methods of iters that give another iter. They do nothing until stepped, and step their upstream on demand.

A combinator shares its upstream: what one takes, the other no longer sees. Steps receive the fiber that pulls, which
need not be the one that built the iter.
"""

from __future__ import annotations

from collections import deque

from harnpy import TYPE_CHECKING
from harnpy.vm.errors import type_error
from harnpy.vm.iteration import lift
from harnpy.vm.registry import method
from harnpy.vm.values import END, MISSING, Iter, Pair, Value, is_callable, truthy

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


def require_callable(name: str, callback: Value) -> None:
    """Raise the type error of iter method name unless callback may be called."""
    if not is_callable(callback):
        raise type_error(f"iter.{name}: expected callable")


@method("iter.map(callback: fn(any) -> any) -> iter")
def iter_map(source: Iter, callback: Value) -> Iter:
    """The results of callback for the items."""
    require_callable("map", callback)
    pull = source.next_value

    def step(fiber: Fiber) -> Value:
        item = pull(fiber)
        return item if item is END else fiber.call(callback, item)

    return Iter(step)


@method("iter.filter(callback: fn(any) -> any) -> iter")
def iter_filter(source: Iter, callback: Value) -> Iter:
    """The items for which callback is truthy."""
    require_callable("filter", callback)
    pull = source.next_value

    def step(fiber: Fiber) -> Value:
        call = fiber.call
        while (item := pull(fiber)) is not END:
            verdict = call(callback, item)
            if verdict is True or (verdict is not False and truthy(verdict)):
                return item
        return END

    return Iter(step)


@method("iter.flat_map(callback: fn(any) -> any) -> iter")
def iter_flat_map(source: Iter, callback: Value) -> Iter:
    """The items of the results of callback, each of which must be iterable."""
    require_callable("flat_map", callback)
    pull = source.next_value
    inner: Iter | None = None

    def step(fiber: Fiber) -> Value:
        nonlocal inner
        while True:
            if inner is not None:
                item = inner.next_value(fiber)
                if item is not END:
                    return item
                inner = None
            outer = pull(fiber)
            if outer is END:
                return END
            inner = lift(fiber, fiber.call(callback, outer))

    return Iter(step)


@method("iter.take(count: int) -> iter")
def iter_take(source: Iter, count: Value) -> Iter:
    """The first count items."""
    remaining = _non_negative("take", count)
    pull = source.next_value

    def step(fiber: Fiber) -> Value:
        nonlocal remaining
        if remaining == 0:
            return END
        item = pull(fiber)
        if item is not END:
            remaining -= 1
            taken.exhausted = remaining == 0  # already with its last item
        return item

    taken = Iter(step)
    return taken


@method("iter.skip(count: int) -> iter")
def iter_skip(source: Iter, count: Value) -> Iter:
    """All but the first count items, which are passed over at the first step."""
    remaining = _non_negative("skip", count)
    pull = source.next_value

    def step(fiber: Fiber) -> Value:
        nonlocal remaining
        while remaining:
            if pull(fiber) is END:
                return END
            remaining -= 1
        return pull(fiber)

    return Iter(step)


@method("iter.take_while(callback: fn(any) -> any) -> iter")
def iter_take_while(source: Iter, callback: Value) -> Iter:
    """The items up to the first for which callback is falsy; that one is consumed."""
    require_callable("take_while", callback)
    pull = source.next_value

    def step(fiber: Fiber) -> Value:
        item = pull(fiber)
        return item if item is END or truthy(fiber.call(callback, item)) else END

    return Iter(step)


@method("iter.skip_while(callback: fn(any) -> any) -> iter")
def iter_skip_while(source: Iter, callback: Value) -> Iter:
    """The items from the first for which callback is falsy."""
    require_callable("skip_while", callback)
    pull = source.next_value
    skipping = True

    def step(fiber: Fiber) -> Value:
        nonlocal skipping
        item = pull(fiber)
        while skipping and item is not END:
            if truthy(fiber.call(callback, item)):
                item = pull(fiber)
            else:
                skipping = False
        return item

    return Iter(step)


@method("iter.zip(other: any) -> iter")
def iter_zip(fiber: Fiber, source: Iter, other: Value = MISSING) -> Iter:
    """Pairs of the items of both, until one ends. The left side is stepped first."""
    left = source.next_value
    right = _other(fiber, "zip", other).next_value

    def step(fiber: Fiber) -> Value:
        first = left(fiber)
        if first is END:
            return END
        second = right(fiber)
        return END if second is END else Pair(first, second)

    return Iter(step)


@method("iter.enumerate() -> iter")
def iter_enumerate(source: Iter) -> Iter:
    """Pairs of a number, counting from 0, and the item."""
    pull = source.next_value
    index = -1

    def step(fiber: Fiber) -> Value:
        nonlocal index
        item = pull(fiber)
        if item is END:
            return END
        index += 1
        return Pair(index, item)

    return Iter(step)


@method("iter.chain(other: any) -> iter")
def iter_chain(fiber: Fiber, source: Iter, other: Value = MISSING) -> Iter:
    """The items, then those of other."""
    first = source.next_value
    second = _other(fiber, "chain", other).next_value

    def step(fiber: Fiber) -> Value:
        item = first(fiber)
        return second(fiber) if item is END else item

    return Iter(step)


@method("iter.chunks(size: int) -> iter")
def iter_chunks(source: Iter, size: Value) -> Iter:
    """Lists of size consecutive items; the last may be shorter."""
    if type(size) is not int or size <= 0:
        raise type_error("iter.chunks: chunk size must be positive")
    pull = source.next_value

    def step(fiber: Fiber) -> Value:
        chunk: list[Value] = []
        while len(chunk) < size and (item := pull(fiber)) is not END:
            chunk.append(item)
        return chunk or END

    return Iter(step)


@method("iter.windows(size: int) -> iter")
def iter_windows(source: Iter, size: Value) -> Iter:
    """Every run of exactly size consecutive items, as lists."""
    if type(size) is not int or size <= 0:
        raise type_error("iter.windows: window size must be positive")
    pull = source.next_value
    window: deque[Value] = deque()

    def step(fiber: Fiber) -> Value:
        if len(window) == size:
            window.popleft()
        while len(window) < size:
            item = pull(fiber)
            if item is END:
                return END
            window.append(item)
        return list(window)

    return Iter(step)


def _non_negative(name: str, count: Value) -> int:
    if type(count) is not int or count < 0:
        raise type_error(f"iter.{name}: expected non-negative int")
    return count


def _other(fiber: Fiber, name: str, other: Value) -> Iter:
    if other is MISSING:
        raise type_error(f"iter.{name}: expected iterable argument")
    return lift(fiber, other)
