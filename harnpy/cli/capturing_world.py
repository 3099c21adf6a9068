"""Worlds whose standard output nobody sees and whose input is empty: test runners judge it, benchmarks drop it."""

from __future__ import annotations

from harnpy.vm.effects import Repeat, operation
from harnpy.vm.world import World


class CapturingWorld(World):
    """The real world, but for what the program prints and reads."""

    def __init__(self) -> None:
        self._written: list[str] = []

    @property
    def output(self) -> str:
        """Everything printed so far."""
        return "".join(self._written)

    @operation("output", Repeat.COMMITTED)
    def write(self, text: str) -> None:
        """Keep text."""
        self._written.append(text)

    @operation("input", Repeat.COMMITTED)
    def read_line(self) -> str:
        """The end of the input: nobody is there to answer, and a test must not wait for a line."""
        return ""

    def flush(self) -> None:
        """Nothing is ever pending."""


class DiscardingWorld(CapturingWorld):
    """As a CapturingWorld, but what is printed is gone."""

    @operation("output", Repeat.COMMITTED)
    def write(self, text: str) -> None:
        """Drop text."""
