"""How far two lists agree: conversations grow at their end, so that most of a longer one has been seen before."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress, count
from operator import is_not


def common_prefix(first: Sequence[object], second: Sequence[object]) -> int:
    """The number of leading elements that are the very same objects in both."""
    return next(compress(count(), map(is_not, first, second)), min(len(first), len(second)))
