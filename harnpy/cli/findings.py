"""Findings: diagnostics with the file that they are about. What commands that look at several files exchange."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harnpy.syntax.diagnostics import Diagnostic


class Finding(Record):
    """A diagnostic and the file that it is about, with the text of that: "" for a file that could not be read."""

    path: str
    text: str
    diagnostic: Diagnostic

    @property
    def end(self) -> tuple[int, int]:
        """Line and column, from 1, of what stands behind the place."""
        span = self.diagnostic.span
        if span.end <= span.start:
            return span.line, span.column
        from harnpy.syntax.source import line_and_column

        return line_and_column(self.text, span.end)


class CheckedFile(Record):
    """What a command has found in one file that it was to look at, or in what that imports.

    failed: whether it makes the command fail. applied: how many corrections have been written.
    """

    path: str
    findings: tuple[Finding, ...]
    failed: bool
    applied: int = 0


def fails(found: Iterable[Diagnostic], is_strict: bool) -> bool:
    """Whether diagnostics make a command fail: errors do, and if a project is strict, warnings do as well."""
    severities = {each.severity for each in found}
    return "error" in severities or (is_strict and "warning" in severities)
