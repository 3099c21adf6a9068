"""Python source in the making: lines, indentation, and the Harn position that each line stands for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Writer:
    """Collects lines. position is what the following lines belong to; suites that stay empty get a `pass`."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.positions: list[tuple[int, int]] = []
        self.position = (0, 0)
        self._indent = 0
        self._suites: list[int] = []

    def line(self, text: str) -> None:
        self.lines.append("    " * self._indent + text)
        self.positions.append(self.position)

    def open(self, head: str) -> None:
        """Begin a suite below head."""
        self.line(head)
        self._indent += 1
        self._suites.append(len(self.lines))

    def close(self) -> None:
        """End the innermost suite."""
        if self._suites.pop() == len(self.lines):
            self.line("pass")
        self._indent -= 1

    @contextmanager
    def suite(self, head: str) -> Iterator[None]:
        self.open(head)
        yield
        self.close()

    @property
    def source(self) -> str:
        return "\n".join(self.lines) + "\n"
