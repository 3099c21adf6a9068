"""What is wrong with a regular expression, and the multi-line text that shows where."""

from __future__ import annotations

from harnpy.records import NamedTuple

_DIVIDER = "~" * 79


class PatternSpan(NamedTuple):
    """A piece of a pattern, as offsets in characters; an empty piece is a point."""

    start: int
    end: int


class PatternError(Exception):
    """A regular expression that cannot be used. str() is the whole message."""


class PatternTooLarge(PatternError):
    """A pattern whose counted repetitions unroll to more than an engine may be asked to hold."""

    def __init__(self) -> None:
        super().__init__("Compiled regex exceeds size limit of 10485760 bytes.")


class PatternSyntaxError(PatternError):
    """An ill-formed regular expression: str() shows the pattern, carets under spans, and the reason."""

    def __init__(self, pattern: str, reason: str, *spans: PatternSpan) -> None:
        self.pattern = pattern
        self.reason = reason
        self.spans = spans
        super().__init__(self._message())

    def _message(self) -> str:
        lines = self.pattern.split("\n")
        if len(lines) == 1:
            text = [f"    {self.pattern}", *self._carets(0, self.pattern, 4)]
            return "\n".join(["regex parse error:", *text, f"error: {self.reason}"])
        width = len(str(len(lines)))
        if not lines[-1]:
            lines.pop()
        text = []
        offset = 0
        for number, line in enumerate(lines, 1):
            text.append(f"{number:>{width}}: {line}")
            text.extend(self._carets(offset, line, width + 2))
            offset += len(line) + 1
        notes = [self._note(span) for span in self.spans if self._is_multi_line(span)]
        return "\n".join(["regex parse error:", _DIVIDER, *text, _DIVIDER, *notes, f"error: {self.reason}"])

    def _carets(self, offset: int, line: str, indent: int) -> list[str]:
        """The caret line under one line of the pattern, if a span stands there."""
        marks = ""
        for span in sorted(self.spans):
            column = span.start - offset
            if 0 <= column <= len(line) and not self._is_multi_line(span):
                marks = marks.ljust(column) + "^" * max(1, span.end - span.start)
        return [" " * indent + marks] if marks else []

    def _is_multi_line(self, span: PatternSpan) -> bool:
        return "\n" in self.pattern[span.start : span.end]

    def _note(self, span: PatternSpan) -> str:
        """What stands for carets where a span covers several lines."""
        (first, start), (last, end) = self._line_and_column(span.start), self._line_and_column(span.end)
        return f"on line {first} (column {start}) through line {last} (column {end - 1})"

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        before = self.pattern[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
