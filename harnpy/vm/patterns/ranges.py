"""Sets of code points as sorted, disjoint, inclusive ranges, and their algebra. Surrogates belong to no set."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.vm.patterns.nodes import LAST_CODE_POINT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

Range: TypeAlias = tuple[int, int]
RangeSet: TypeAlias = tuple[Range, ...]

ALL: RangeSet = ((0, 0xD7FF), (0xE000, LAST_CODE_POINT))


def union(*sets: Iterable[Range]) -> RangeSet:
    """The canonical set of every code point in any of the given ranges."""
    merged: list[Range] = []
    for low, high in sorted(each for ranges in sets for each in ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged)


def negate(ranges: RangeSet) -> RangeSet:
    """Every code point that is not in a canonical set."""
    result: list[Range] = []
    next_low = 0
    for low, high in ranges:
        if low > next_low:
            result.append((next_low, low - 1))
        next_low = high + 1
    if next_low <= LAST_CODE_POINT:
        result.append((next_low, LAST_CODE_POINT))
    return _without_surrogates(result)


def intersect(left: RangeSet, right: RangeSet) -> RangeSet:
    """The code points of two canonical sets that are in both."""
    result: list[Range] = []
    i = j = 0
    while i < len(left) and j < len(right):
        low = max(left[i][0], right[j][0])
        high = min(left[i][1], right[j][1])
        if low <= high:
            result.append((low, high))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(result)


def _without_surrogates(ranges: list[Range]) -> RangeSet:
    return intersect(tuple(ranges), ALL)
