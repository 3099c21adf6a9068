"""A world that knows whether the cursor of the terminal stands at the beginning of a line.

A prompt is drawn over the line the cursor stands in, so what a program has printed there would be lost.
"""

from __future__ import annotations

from harnpy.vm.effects import Repeat, operation
from harnpy.vm.world import World


class ReplWorld(World):
    """The real world; in_mid_line tells whether what the program printed last has not ended its line."""

    in_mid_line = False

    @operation("output", Repeat.COMMITTED)
    def write(self, text: str) -> None:
        """Write to standard output. Raises BrokenPipeError when the reader has gone."""
        super().write(text)
        if text:
            self.in_mid_line = not text.endswith("\n")

    @operation("input", Repeat.COMMITTED)
    def read_line(self) -> str:
        """One line of standard input with its newline, which the terminal shows; "" at the end. Raises OSError."""
        line: str = super().read_line()
        if line.endswith("\n"):
            self.in_mid_line = False
        return line
