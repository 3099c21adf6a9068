"""The world of a program whose standard error is a terminal: one line there may show what is going on.

The line gives way to everything that is written, and is not shown behind a line that the program has begun.
"""

from __future__ import annotations

import os
import sys
from typing import TextIO

from harnpy.cli.terminal import Paint, wants_colour
from harnpy.vm.effects import Repeat, operation
from harnpy.vm.world import World

_ERASE = "\r\x1b[K"
_USUAL_COLUMNS = 80


def has_status_line(stream: TextIO) -> bool:
    """Whether a line that comes and goes makes sense on stream: on terminals that can erase one."""
    return stream.isatty() and os.environ.get("TERM") not in (None, "", "dumb")


class TerminalStatus:
    """The last line of a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self.at_line_start = True
        self._stream = stream
        self._paint = Paint(wants_colour(stream))
        self._shown = False

    def show(self, text: str) -> None:
        """Show text instead of what is there, cut to the width of the terminal."""
        if self.at_line_start:
            self._write(_ERASE + self._paint.dim(text[: self._columns() - 1]))
            self._shown = True

    def erase(self) -> None:
        """Make the line empty."""
        if self._shown:
            self._write(_ERASE)
            self._shown = False

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            return  # the terminal has gone; what the program does about that is its own business

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or _USUAL_COLUMNS
        except (OSError, ValueError):
            return _USUAL_COLUMNS


class TerminalWorld(World):
    """The real world with a status line on standard error."""

    def __init__(self) -> None:
        self._status = TerminalStatus(sys.stderr)
        self.status = self._status
        self._output_is_seen = sys.stdout.isatty()

    @operation("output", Repeat.COMMITTED)
    def write(self, text: str) -> None:
        """Write to standard output. Raises BrokenPipeError when the reader has gone."""
        if self._output_is_seen:
            self._give_way(text)
        super().write(text)

    @operation("output", Repeat.COMMITTED)
    def write_error(self, text: str) -> None:
        """Write to standard error."""
        self._give_way(text)
        super().write_error(text)

    @operation("input", Repeat.COMMITTED)
    def read_line(self) -> str:
        """One line of standard input with its newline; "" at the end. Raises OSError."""
        self._status.erase()
        line = super().read_line()
        if line.endswith("\n"):
            self._status.at_line_start = True  # whoever typed it ended the line on the terminal, too
        return line

    def flush(self) -> None:
        """Push buffered output out: before input is read, before an error is reported, at the end."""
        self._status.erase()
        super().flush()

    def _give_way(self, text: str) -> None:
        self._status.erase()
        if text:
            self._status.at_line_start = text.endswith("\n")
