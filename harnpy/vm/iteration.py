"""Sources of iteration: turning a value into an Iter, and what a `for` loop walks over.

Only the sources stand here; combinators and sinks are builtins. Channels and generators are stepped through their
own protocol (`receive_value(fiber)`, `fiber.resume(generator)`), always with the fiber that asks for the value: a
generator may be resumed by another fiber than the one that made it.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

from harnpy.vm.errors import type_error
from harnpy.vm.values import END, Generator, HarnSet, Iter, IterEnd, Pair, PyObject, Range, Value, type_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harnpy.vm.fiber import Fiber


def lift(fiber: Fiber, value: Value) -> Iter:
    """The Iter over value that `iter(value)` makes; an Iter is returned itself.

    A dict gives pairs in key order. Raises a type error for a value that cannot be iterated.
    """
    kind = type(value)
    source: Iterator[Value]
    if kind is list or kind is str:
        source = iter(value)
    elif kind is Range:
        source = iter(value.py)
    elif kind is dict:
        source = (Pair(key, value[key]) for key in sorted(value))
    elif kind is HarnSet:
        source = _elements(value)
    else:
        stream = _stream(value)
        if stream is None:
            raise type_error(f"iter: value of type {type_name(value)} is not iterable")
        return stream
    return Iter.over(source)


def loop_iterator(fiber: Fiber, value: Value) -> Iterator[Value] | Iter:
    """What `for x in value` walks over.

    A stream (iter, generator, channel) comes back as an Iter, to be stepped with the fiber that runs the loop at that
    moment; everything else as a Python iterator. A dict gives `{key, value}` dicts in key order. A value that cannot
    be iterated, strings among them, has no items.
    """
    kind = type(value)
    source: Iterator[Value]
    if kind is list:
        source = iter(value)
    elif kind is Range:
        source = iter(value.py)
    elif kind is dict:
        source = ({"key": key, "value": value[key]} for key in sorted(value))
    elif kind is HarnSet:
        source = _elements(value)
    else:
        return _stream(value) or iter(())
    return source


def _elements(elements: HarnSet) -> Iterator[Value]:
    # The frame of this Python generator keeps the set itself referenced, not only its dict, so that nobody who
    # changes a uniquely held set in place takes this one for unshared.
    yield from elements.items.values()


def _stream(value: Value) -> Iter | None:
    if type(value) is Iter:
        return value
    if type(value) is Generator:
        made = stepped(lambda fiber: fiber.resume(value))
        made.generator = value
        return made
    if type_name(value) == "channel":
        return stepped(value.receive_value)
    if type(value) is PyObject:
        from harnpy.vm.python import objects

        return objects.stream(value)
    return None


def stepped(step: Callable[[Fiber], Value]) -> Iter:
    """An iter over what step gives until END."""

    def walk(end: IterEnd, fiber: Fiber) -> Iterator[Value]:
        while (item := step(fiber)) is not END:
            yield item
        end.reached = True

    return Iter(walk)
