"""The world of an embedded program: its standard streams are what the host has said."""

from __future__ import annotations

import os
import sys
from io import StringIO
from typing import TYPE_CHECKING, Protocol

from harnpy.vm.effects import Repeat, operation
from harnpy.vm.output import Output
from harnpy.vm.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harnpy.vm.fiber import Fiber


class Readable(Protocol):
    def readline(self) -> str: ...


class EmbeddedWorld(World):
    """The real world, but for the standard streams and environment variables.

    on_output and on_error_output take what is written instead of the streams of the process. stdin is what the program
    reads: a text, or something to read lines from. variables go before those of the process's environment.
    """

    def __init__(
        self,
        on_output: Callable[[str], object] | None = None,
        on_error_output: Callable[[str], object] | None = None,
        stdin: str | Readable = "",
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._variables = variables or {}
        self.on_output = on_output
        self.on_error_output = on_error_output
        self._stdin = StringIO(stdin) if isinstance(stdin, str) else stdin

    @operation("env", Repeat.PURE)
    def env(self, name: str) -> str | None:
        """The environment variable, or None."""
        found = self._variables.get(name)
        return os.environ.get(name) if found is None else found

    @operation("output", Repeat.COMMITTED)
    def write(self, text: str) -> None:
        """Hand text to the host, or write it to standard output."""
        if self.on_output is not None:
            self.on_output(text)
        else:
            sys.stdout.write(text)

    @operation("output", Repeat.COMMITTED)
    def write_error(self, text: str) -> None:
        """Hand text to the host, or write it to standard error."""
        if self.on_error_output is not None:
            self.on_error_output(text)
        else:
            sys.stderr.write(text)
            sys.stderr.flush()

    @operation("input", Repeat.COMMITTED)
    def read_line(self) -> str:
        """One line with its newline; "" at the end."""
        return self._stdin.readline()

    def flush(self) -> None:
        """Push out what is written to standard output."""
        if self.on_output is None:
            sys.stdout.flush()


class CapturedOutput(Output):
    """Keeps what one run prints, and hands it to who wants it at once."""

    __slots__ = ("_also", "_parts")

    def __init__(self, also: Callable[[str], object] | None) -> None:
        self._also = also
        self._parts: list[str] = []

    def write(self, fiber: Fiber, text: str) -> None:
        fiber.effect(self.keep, text)

    @operation("output", Repeat.COMMITTED)
    def keep(self, text: str) -> None:
        """Keep text."""
        self._parts.append(text)
        if self._also is not None:
            self._also(text)

    @property
    def text(self) -> str:
        """Everything so far."""
        return "".join(self._parts)
