"""Template text to pieces: plain text and directives, with comments removed, raw blocks and trim markers resolved.

Nothing here looks inside a directive, except that a `}}` in quotes does not close it. Scanning is linear in the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harnpy.builtins.template.errors import TemplateError
from harnpy.builtins.template.nodes import Text
from harnpy.builtins.white_space import WHITE_SPACE

_QUOTE_OR_CLOSE = re.compile(r"""\}\}|["']""")
_QUOTED = {
    '"': re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL),
    "'": re.compile(r"'[^'\\]*(?:\\.[^'\\]*)*'", re.DOTALL),
}
_RAW = re.compile(r"[ \t]*raw(?=\s|-?\}\})")


@dataclass(frozen=True, slots=True)
class Directive:
    """The trimmed text between `{{` and `}}`, and where its `{{` stands."""

    body: str
    line: int
    column: int


def scan(text: str) -> list[Text | Directive]:
    """The pieces of text in order. Raises TemplateError for a comment, raw block or directive without an end."""
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces: list[Text | Directive] = []
        self.trims_next = False  # the directive just passed ended in `-}}`
        self.line = 1
        self.line_start = 0
        self.counted = 0

    def scan(self) -> list[Text | Directive]:
        text = self.text
        cursor = 0
        while (opening := text.find("{{", cursor)) >= 0:
            trims_previous = text.startswith("-", opening + 2)
            self._add_text(text[cursor:opening], trims_previous)
            line, column = self._locate(opening)
            start = opening + 2 + trims_previous
            if text.startswith("#", start):
                cursor = self._comment(start, line, column)
            elif _RAW.match(text, start):
                cursor = self._raw(start, line, column)
            else:
                cursor = self._directive(start, line, column)
        self._add_text(text[cursor:], False)
        return self.pieces

    def _add_text(self, chunk: str, trims_end: bool) -> None:
        if self.trims_next:
            chunk = trim_start(chunk)
            self.trims_next = False
        if trims_end:
            chunk = trim_end(chunk)
        if chunk:
            self.pieces.append(Text(chunk))

    def _comment(self, start: int, line: int, column: int) -> int:
        end = self.text.find("#}}", start + 1)
        if end < 0:
            raise TemplateError(line, column, "unterminated comment")
        return end + 3

    def _directive(self, start: int, line: int, column: int) -> int:
        close = find_close(self.text, start)
        if close < 0:
            raise TemplateError(line, column, "unterminated directive")
        body, self.trims_next = _without_trim_marker(self.text[start:close])
        self.pieces.append(Directive(body.strip(WHITE_SPACE), line, column))
        return close + 2

    def _raw(self, start: int, line: int, column: int) -> int:
        """Copy a raw block, whose inner trim markers mean nothing; only the one after `endraw` does."""
        text = self.text
        close = find_close(text, start)
        content = cursor = close + 2
        while close >= 0 and (opening := text.find("{{", cursor)) >= 0:
            close = find_close(text, opening + 2)
            if close >= 0:
                body, trims_next = _without_trim_marker(text[opening + 2 : close])
                if body.removeprefix("-").strip(WHITE_SPACE) == "endraw":
                    if opening > content:
                        self.pieces.append(Text(text[content:opening]))
                    self.trims_next = trims_next
                    return close + 2
                cursor = close + 2
        raise TemplateError(line, column, "unterminated `{{ raw }}` block")

    def _locate(self, index: int) -> tuple[int, int]:
        """Line and column of index. Only ever asked for growing indexes, so that the counting stays linear."""
        newlines = self.text.count("\n", self.counted, index)
        if newlines:
            self.line += newlines
            self.line_start = self.text.rfind("\n", self.counted, index) + 1
        self.counted = index
        return self.line, index - self.line_start + 1


def find_close(text: str, start: int) -> int:
    """Where the first `}}` outside quotes stands, from start on; -1 if there is none."""
    while match := _QUOTE_OR_CLOSE.search(text, start):
        if match.group() == "}}":
            return match.start()
        quoted = _QUOTED[match.group()].match(text, match.start())
        if quoted is None:
            break
        start = quoted.end()
    return -1


def trim_start(text: str) -> str:
    """text without its leading spaces and tabs, and without one newline after them."""
    text = text.lstrip(" \t")
    return text.removeprefix("\r\n") if text.startswith("\r\n") else text.removeprefix("\n")


def trim_end(text: str) -> str:
    """text without its trailing spaces and tabs, and without one newline before them."""
    text = text.rstrip(" \t")
    return text.removesuffix("\r\n") if text.endswith("\r\n") else text.removesuffix("\n")


def _without_trim_marker(inner: str) -> tuple[str, bool]:
    return (inner[:-1], True) if inner.endswith("-") else (inner, False)
