"""Where a text that is not there probably should have been: the line of a file that looks most like one."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from harnpy.agents.workspace.failures import one_line

_LIKE_ENOUGH = 0.6
# Comparing is dear: of a line so many characters, and so many lines of those that share most characters.
_COMPARED = 120
_CANDIDATES = 50
_MOST_LINES = 100_000
_SHOWN = 120


def nearest_line(lines: Sequence[str], wanted: str) -> str | None:
    """`line <number> is the nearest: '<line>'`, None if no line is much like wanted."""
    key = wanted.strip()[:_COMPARED]
    if not key:
        return None
    for index, line in enumerate(lines):
        if line.strip()[:_COMPARED] == key:
            return _told(index, line) + " (other white space, or the lines after it differ)"
    matcher = SequenceMatcher(None, "", key, autojunk=False)
    letters = set(key)
    by_letters = sorted(
        range(min(len(lines), _MOST_LINES)), key=lambda index: -_overlap(letters, set(lines[index].strip()[:_COMPARED]))
    )
    best, best_ratio = -1, _LIKE_ENOUGH
    for index in by_letters[:_CANDIDATES]:
        matcher.set_seq1(lines[index].strip()[:_COMPARED])
        if matcher.real_quick_ratio() > best_ratio and (ratio := matcher.ratio()) > best_ratio:
            best, best_ratio = index, ratio
    return None if best < 0 else _told(best, lines[best])


def _overlap(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)


def _told(index: int, line: str) -> str:
    shown = line.strip()
    return f"line {index + 1} is the nearest: '{one_line(shown[:_SHOWN])}'"
