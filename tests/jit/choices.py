"""Where the generator's choices come from: a seeded random number generator, or hypothesis, which can shrink them."""

from __future__ import annotations

import random
from typing import Protocol

from hypothesis import strategies as st


class Choices(Protocol):
    """A source of choices. Smaller ones make simpler programs."""

    def below(self, count: int) -> int:
        """One of 0 ... count - 1; count is at least 1."""


class RandomChoices:
    """The choices of one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def below(self, count: int) -> int:
        return int(self._random.random() * count)


class DrawnChoices:
    """Choices that hypothesis draws."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def below(self, count: int) -> int:
        return self._draw(st.integers(0, count - 1)) if count > 1 else 0
