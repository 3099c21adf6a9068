"""Server-sent events from bytes that may be cut anywhere, even inside a character (WHATWG HTML, "Server-sent events").

Only the data field is kept, since no provider puts anything into the others that its JSON does not repeat.
"""

from __future__ import annotations


class SseParser:
    """Turns pieces of a response body into the data texts of its events."""

    __slots__ = ("_buffer", "_data", "_skip_newline", "_started")

    def __init__(self) -> None:
        self._buffer = b""
        self._data: list[str] = []
        self._skip_newline = False
        self._started = False

    def feed(self, piece: bytes) -> list[str]:
        """The data of the events that piece completes, in order; the lines of one event are joined by newlines."""
        events: list[str] = []
        if self._skip_newline and piece:
            # A CR ended the last line; an LF right after it belongs to the same line end.
            self._skip_newline = False
            if piece[:1] == b"\n":
                piece = piece[1:]
        buffer = self._buffer + piece if self._buffer else piece
        if b"\r" in buffer:
            self._skip_newline = buffer.endswith(b"\r")
            buffer = buffer.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, self._buffer = buffer.split(b"\n")
        for line in lines:
            self._take_line(line, events)
        return events

    def finish(self) -> list[str]:
        """The event that the end of the body completes. Servers that forget the last blank line are forgiven."""
        events: list[str] = []
        if self._buffer:
            self._take_line(self._buffer, events)
            self._buffer = b""
        self._take_line(b"", events)
        return events

    def _take_line(self, line: bytes, events: list[str]) -> None:
        if not self._started:
            self._started = True
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line.startswith(b"data:"):
            value = line[5:]
            self._data.append((value[1:] if value[:1] == b" " else value).decode("utf-8", "replace"))
        elif line == b"data":
            self._data.append("")
        elif not line and self._data:
            events.append("\n".join(self._data))
            self._data = []
