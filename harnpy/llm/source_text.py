"""A text that a parser reads, with a meter of how much of it was looked at.

Model output is hostile input: each reader of it has to be linear. All searches go through here, so that readers can
stop when they looked at too much, and tests can count instead of measuring time.
"""

from __future__ import annotations

import re
from bisect import bisect_left

# So many heredocs are looked for one by one, which is what ordinary responses need; an index of all lines, which takes
# several times as long as one search, then keeps the work linear.
_MOST_SEARCHED_HEREDOCS = 8
_LONGEST_SEARCHED_TAG = 64
_LINE_BEGINNING = r"^[ \t]*+{tag}(?![A-Za-z0-9_$])"
# The first word of a line; with `$` behind it, it is part of a longer identifier and ends no heredoc.
_LINE_WORD = re.compile(r"^[ \t]*+([A-Za-z0-9_]++)(?!\$)", re.MULTILINE)


class Meter:
    """The number of characters that searches passed, shared by a text and its parts."""

    __slots__ = ("examined",)

    def __init__(self) -> None:
        self.examined = 0


class SourceText:
    """A text to be read from front to back, with some looking ahead.

    Arguments: text; meter, where to count, a new one by default.
    """

    __slots__ = ("_heredocs", "_line_words", "_next", "length", "meter", "text")

    def __init__(self, text: str, meter: Meter | None = None) -> None:
        self.text = text
        self.length = len(text)
        self.meter = meter or Meter()
        self._heredocs = 0
        self._line_words: dict[str, list[tuple[int, int]]] | None = None
        self._next: dict[str, tuple[int, int]] = {}

    def part(self, start: int, end: int) -> SourceText:
        """The text from start to end as a text of its own that counts on the same meter."""
        self.meter.examined += end - start
        return SourceText(self.text[start:end], self.meter)

    def at(self, position: int) -> str:
        """The character at position, "" behind the end."""
        return self.text[position : position + 1]

    def match(self, pattern: re.Pattern[str], position: int) -> re.Match[str] | None:
        """pattern matched exactly at position."""
        found = pattern.match(self.text, position)
        self.meter.examined += found.end() - position + 1 if found else 1
        return found

    def search(self, pattern: re.Pattern[str], position: int, until: int | None = None) -> re.Match[str] | None:
        """The first match of pattern at or behind position and before until, by default in the whole rest."""
        limit = self.length if until is None else until
        found = pattern.search(self.text, position, limit)
        self.meter.examined += (found.end() if found else limit) - position + 1
        return found

    def find(self, needle: str, position: int) -> int:
        """Where needle comes next, at or behind position; -1 if it does not.

        The last answer for a needle is kept: openings without their end would else each search the whole rest.
        """
        asked, answer = self._next.get(needle, (self.length + 1, -1))
        if asked <= position and (answer < 0 or position <= answer):
            return answer
        answer = self.text.find(needle, position)
        self.meter.examined += (answer + len(needle) if answer >= 0 else self.length) - position + 1
        self._next[needle] = (position, answer)
        return answer

    def heredoc_end(self, tag: str, position: int) -> tuple[int, int] | None:
        """Where the line begins that closes a heredoc whose body begins at position, and where its tag ends.

        None if no line at or behind position begins with tag. position has to be the start of a line.
        """
        if self._heredocs < _MOST_SEARCHED_HEREDOCS and len(tag) <= _LONGEST_SEARCHED_TAG:
            self._heredocs += 1
            found = self.search(re.compile(_LINE_BEGINNING.format(tag=tag), re.MULTILINE), position)
            return (found.start(), found.end()) if found else None
        if self._line_words is None:
            self._line_words = self._index_lines()
        lines = self._line_words.get(tag, [])
        index = bisect_left(lines, (position, 0))
        return lines[index] if index < len(lines) else None

    def _index_lines(self) -> dict[str, list[tuple[int, int]]]:
        self.meter.examined += self.length
        lines: dict[str, list[tuple[int, int]]] = {}
        for found in _LINE_WORD.finditer(self.text):
            lines.setdefault(found[1], []).append((found.start(), found.end()))
        return lines
