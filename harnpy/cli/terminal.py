"""Whether and how a stream is coloured: only terminals are, and only without NO_COLOR in the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TextIO


def wants_colour(stream: TextIO) -> bool:
    """Whether text written to stream may carry colours."""
    return "NO_COLOR" not in os.environ and stream.isatty()


@dataclass(frozen=True, slots=True)
class Paint:
    """Wraps text in colours, or leaves it alone."""

    enabled: bool

    def red(self, text: str) -> str:
        return self._wrap("31", text)

    def green(self, text: str) -> str:
        return self._wrap("32", text)

    def yellow(self, text: str) -> str:
        return self._wrap("33", text)

    def cyan(self, text: str) -> str:
        return self._wrap("36", text)

    def bold(self, text: str) -> str:
        return self._wrap("1", text)

    def dim(self, text: str) -> str:
        return self._wrap("2", text)

    def _wrap(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.enabled else text


# No colours at all.
PLAIN = Paint(False)
