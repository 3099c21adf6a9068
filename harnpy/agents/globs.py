"""The globs of tool hooks and policies (chapter 12 section 12.7)."""

from __future__ import annotations

import re
from collections.abc import Iterable

_STARS = re.compile(r"\*{2,}")


def parts(pattern: str) -> tuple[bool, str, bool]:
    """Whether anything may come first, the literal text, whether anything may follow.

    A run of stars is one star. Only the first and the last star of a pattern are special, any other is a character.
    """
    single = _STARS.sub("*", pattern)
    if single == "*":
        return True, "", True
    starts, ends = single.startswith("*"), single.endswith("*")
    return starts, single[starts : len(single) - ends], ends


def matches(pattern: str, text: str) -> bool:
    """Whether a glob is for text: `*`, `prefix*`, `*suffix`, `*part*`, or the very text."""
    return fits(parts(pattern), text)


def fits(pattern: tuple[bool, str, bool], text: str) -> bool:
    """As matches, for the parts of a pattern."""
    starts, literal, ends = pattern
    if starts and ends:
        return literal in text
    if starts:
        return text.endswith(literal)
    return text.startswith(literal) if ends else text == literal


def first_match(patterns: Iterable[str], text: str) -> str | None:
    """The first of the patterns that is for text."""
    return next((pattern for pattern in patterns if matches(pattern, text)), None)
