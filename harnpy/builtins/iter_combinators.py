"""The methods of iters that give another iter. They do nothing until stepped, and step their upstream on demand.

A combinator shares its upstream: what one takes, the other no longer sees. Each is a function that makes a walk (see
values.Iter): a Python generator that steps the walks of its upstream and keeps what it has to remember outside of
itself. It must not delegate to them by `yield from`, which would end them with the generator.
"""

from __future__ import annotations

from collections import deque
from itertools import chain, count, islice

from harnpy import TYPE_CHECKING
from harnpy.builtins.callbacks import calls

if TYPE_CHECKING:
    from collections.abc import Iterator

from harnpy.vm.errors import type_error
from harnpy.vm.iteration import lift
from harnpy.vm.registry import method
from harnpy.vm.values import END, MISSING, Iter, IterEnd, Pair, Value, is_callable

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

# Python's own iterators and deques count no further; no program does either.
_LARGEST_COUNT = 2**63 - 1


def require_callable(name: str, callback: Value) -> None:
    """Raise the type error of iter method name unless callback may be called."""
    if not is_callable(callback):
        raise type_error(f"iter.{name}: expected callable")


@method("iter.map(callback: fn(any) -> any) -> iter")
def iter_map(source: Iter, callback: Value) -> Iter:
    """The results of callback for the items."""
    require_callable("map", callback)

    def walk(end: IterEnd, fiber: Fiber) -> Iterator[Value]:
        for items in source.walks(fiber):
            for call, part in calls(fiber, callback, items):
                yield from map(call, part)
        end.reached = True

    return Iter(walk, source)


@method("iter.filter(callback: fn(any) -> any) -> iter")
def iter_filter(source: Iter, callback: Value) -> Iter:
    """The items for which callback is truthy."""
    require_callable("filter", callback)

    def walk(end: IterEnd, fiber: Fiber) -> Iterator[Value]:
        for items in source.walks(fiber):
            for call, part in calls(fiber, callback, items):
                yield from filter(call, part)
        end.reached = True

    return Iter(walk, source)


@method("iter.flat_map(callback: fn(any) -> any) -> iter")
def iter_flat_map(source: Iter, callback: Value) -> Iter:
    """The items of the results of callback, each of which must be iterable."""
    require_callable("flat_map", callback)
    inner: Iter | None = None

    def walk(end: IterEnd, fiber: Fiber) -> Iterator[Value]:
        nonlocal inner
        while True:
            current = inner
            if current is not None:
                for items in current.walks(fiber):
                    for item in items:  # noqa: UP028
                        yield item
                if inner is current:
                    inner = None
            outer = source.next_value(fiber)
            if outer is END:
                break
            inner = lift(fiber, fiber.call(callback, outer))
            sources[1:] = [inner]
        end.reached = True

    flattened = Iter(walk, source)
    sources = flattened.sources
    return flattened


@method("iter.take(count: int) -> iter")
def iter_take(source: Iter, count: Value) -> Iter:
    """The first count items."""
    remaining = _non_negative("take", count)

    def walk(end: IterEnd, fiber: Fiber) -> Iterator[Value]:
        nonlocal remaining
        for items in source.walks(fiber):
            if not remaining:
                break
            remaining -= 1  # reserved while the source is stepped, as another fiber may ask meanwhile
            try:
                for item in items:
                    if not remaining:
                        end.reached = True  # already with its last item
                    yield item
                    if not remaining:
                        return
                    remaining -= 1
            except GeneratorExit:
                raise
            except BaseException:
                remaining += 1
                raise
            remaining += 1
        end.reached = True

    return Iter(walk, source)


@method("iter.skip(count: int) -> iter")
def iter_skip(source: Iter, count: Value) -> Iter:
    """All but the first count items, which are passed over at the first step."""
    remaining = _non_negative("skip", count)
    if source.items is not None:
        return Iter.over(islice(source.items, min(remaining, _LARGEST_COUNT), None))

    def walk(end: IterEnd, fiber: Fiber) -> Iterator[Value]:
        nonlocal remaining
        for items in source.walks(fiber):
            while remaining and next(items, END) is not END:
                remaining -= 1
            for item in items:  # noqa: UP028
                yield item
        end.reached = True

    return Iter(walk, source)


@method("iter.take_while(callback: fn(any) -> any) -> iter")
def iter_take_while(source: Iter, callback: Value) -> Iter:
    """The items up to the first for which callback is falsy; that one is consumed."""
    require_callable("take_while", callback)

    def walk(end: IterEnd, fiber: Fiber) -> Iterator[Value]:
        for items in source.walks(fiber):
            for call, part in calls(fiber, callback, items):
                for item in part:
                    if not call(item):
                        end.reached = True
                        return
                    yield item
                    if end.reached:  # by another fiber
                        return
        end.reached = True

    return Iter(walk, source)


@method("iter.skip_while(callback: fn(any) -> any) -> iter")
def iter_skip_while(source: Iter, callback: Value) -> Iter:
    """The items from the first for which callback is falsy."""
    require_callable("skip_while", callback)
    skipping = True

    def walk(end: IterEnd, fiber: Fiber) -> Iterator[Value]:
        nonlocal skipping
        for items in source.walks(fiber):
            for item in items:
                if not skipping or not fiber.call(callback, item):
                    skipping = False
                    yield item
                    break
            for item in items:
                yield item
        end.reached = True

    return Iter(walk, source)


@method("iter.zip(other: any) -> iter")
def iter_zip(fiber: Fiber, source: Iter, other: Value = MISSING) -> Iter:
    """Pairs of the items of both, until one ends. The left side is stepped first."""
    right = _other(fiber, "zip", other)
    if source.items is not None and right.items is not None:
        return Iter.over_pairs(source.items, right.items)

    def walk(end: IterEnd, fiber: Fiber) -> Iterator[Value]:
        for items in source.walks(fiber):
            seconds = right.walk(fiber)
            for first in items:
                second = next(seconds, END)
                if second is END:
                    second = right.next_value(fiber)
                    seconds = right.walk(fiber)
                if second is END or end.reached:
                    end.reached = True
                    return
                yield Pair(first, second)
        end.reached = True

    return Iter(walk, source, right)


@method("iter.enumerate() -> iter")
def iter_enumerate(source: Iter) -> Iter:
    """Pairs of a number, counting from 0, and the item."""
    numbers = count()
    if source.items is not None:
        return Iter.over_pairs(numbers, source.items)

    def walk(end: IterEnd, fiber: Fiber) -> Iterator[Value]:
        for items in source.walks(fiber):
            for item in items:
                yield Pair(next(numbers), item)
        end.reached = True

    return Iter(walk, source)


@method("iter.chain(other: any) -> iter")
def iter_chain(fiber: Fiber, source: Iter, other: Value = MISSING) -> Iter:
    """The items, then those of other."""
    second = _other(fiber, "chain", other)
    if source.items is not None and second.items is not None:
        return Iter.over(chain(source.items, second.items))

    def walk(end: IterEnd, fiber: Fiber) -> Iterator[Value]:
        for each in (source, second):
            for items in each.walks(fiber):
                for item in items:  # noqa: UP028
                    yield item
        end.reached = True

    return Iter(walk, source, second)


@method("iter.chunks(size: int) -> iter")
def iter_chunks(source: Iter, size: Value) -> Iter:
    """Lists of size consecutive items; the last may be shorter."""
    if type(size) is not int or size <= 0:
        raise type_error("iter.chunks: chunk size must be positive")
    length = min(size, _LARGEST_COUNT)

    def walk(end: IterEnd, fiber: Fiber) -> Iterator[Value]:
        for items in source.walks(fiber):
            while chunk := list(islice(items, length)):
                yield chunk
        end.reached = True

    return Iter(walk, source)


@method("iter.windows(size: int) -> iter")
def iter_windows(source: Iter, size: Value) -> Iter:
    """Every run of exactly size consecutive items, as lists."""
    if type(size) is not int or size <= 0:
        raise type_error("iter.windows: window size must be positive")
    window: deque[Value] = deque(maxlen=min(size, _LARGEST_COUNT))

    def walk(end: IterEnd, fiber: Fiber) -> Iterator[Value]:
        for items in source.walks(fiber):
            for item in items:
                window.append(item)
                if len(window) == size:
                    yield list(window)
        end.reached = True

    return Iter(walk, source)


def _non_negative(name: str, count: Value) -> int:
    if type(count) is not int or count < 0:
        raise type_error(f"iter.{name}: expected non-negative int")
    return count


def _other(fiber: Fiber, name: str, other: Value) -> Iter:
    if other is MISSING:
        raise type_error(f"iter.{name}: expected iterable argument")
    return lift(fiber, other)
