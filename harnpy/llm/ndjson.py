"""JSON lines from bytes that may be cut anywhere, even inside a character (the NDJSON of Ollama's native API)."""

from __future__ import annotations


class NdjsonParser:
    """Turns pieces of a response body into the texts of its lines. Blank lines are left out."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, piece: bytes) -> list[str]:
        """The lines that piece completes, in order."""
        if b"\n" not in piece:
            self._buffer += piece
            return []
        *lines, self._buffer = (self._buffer + piece).split(b"\n")
        return [text for text in map(_text, lines) if text]

    def finish(self) -> list[str]:
        """The line that the end of the body completes; servers need not end the last one."""
        last, self._buffer = _text(self._buffer), b""
        return [last] if last else []


def _text(line: bytes) -> str:
    return line.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").strip()
