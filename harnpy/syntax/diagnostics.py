"""Diagnostics: what is wrong, where, and what to do. Data only; `render.py` turns them into text.

One renderer serves lexical, parse, structural, type and lint findings (chapter 01 section 11.4).
"""

from __future__ import annotations

from harnpy.records import Record
from harnpy.syntax.ast import Span


class Edit(Record):
    """A change of a file: the text from start to end, offsets in code points, is replaced. Equal offsets insert."""

    start: int
    end: int
    text: str


class Diagnostic(Record):
    """One finding in one file.

    severity: "error", "warning" or "note". message: the terse text, the position included where chapter 01
    section 11 has it. label: text behind the carets; no label, no carets. code: stable identifier of the rule. fixes: edits that mend
    it mechanically, none if only people can.
    """

    severity: str
    message: str
    span: Span
    label: str | None = None
    help: str | None = None
    code: str = ""
    fixes: tuple[Edit, ...] = ()


class CheckFailed(Exception):
    """A program that parses and is not to be run: its check found errors. Carries all findings; `str()` is the first error."""

    def __init__(self, path: str, source: str, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(next(each.message for each in diagnostics if each.severity == "error"))
        self.path = path
        self.source = source
        self.diagnostics = diagnostics


class HarnSyntaxError(Exception):
    """Source text that cannot become a program. Carries every diagnostic; `str()` is the first terse text."""

    def __init__(self, path: str, source: str, diagnostics: list[Diagnostic]) -> None:
        super().__init__(diagnostics[0].message)
        self.path = path
        self.source = source
        self.diagnostics = diagnostics
        self.is_lexical = diagnostics[0].code == "lex"
