"""Rounds of a loop over a range, in strips: translated code looks whether it is asked for attention before each."""

from __future__ import annotations

import time

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

RANGE_ITERATOR = type(iter(range(0)))

# How long the rounds of one strip may take; if it was longer, the next strip is shorter.
LONG_SECONDS = 0.001
# By how much strips get shorter and, up to the size at which they are known to be short, longer.
_FACTOR = 8


class Strips:
    """Iterators over the parts of a range, one after the other; rest tells whether another one follows.

    size: how many items a part has at most; fewer if going through them takes long. clock: its seconds.
    """

    __slots__ = ("_clock", "_done", "_items", "_most", "_size", "_started", "rest")

    def __init__(self, items: range, size: int, clock: Callable[[], float] = time.perf_counter) -> None:
        self._items = items
        self._done = 0
        self._most = size
        self._size = max(1, size // _FACTOR)
        self._clock = clock
        self._started = clock()
        self.rest = True

    def __next__(self) -> Iterator[int]:
        now = self._clock()
        if self._done:
            if now - self._started > LONG_SECONDS:
                self._size = max(1, self._size // _FACTOR)
            else:
                self._size = min(self._most, self._size * _FACTOR)
        self._started = now
        first = self._done
        self._done += self._size
        self.rest = self._done < len(self._items)
        return iter(self._items[first : self._done])

    def beginning_with(self, part: Iterator[int]) -> Iterator[int]:
        """What is left: the rest of part, which was the last to be given, and all parts behind it."""
        done = min(self._done, len(self._items))
        return iter(self._items[done - part.__length_hint__() :])  # type: ignore[attr-defined]


def range_of(iterator: Iterator[int]) -> range:
    """What the iterator of a range is still to give."""
    parts: tuple[Any, ...] = iterator.__reduce__()  # type: ignore[assignment]
    (items,) = parts[1]
    done = parts[2] if len(parts) > 2 else None
    result: range = items[done or 0 :]
    return result
