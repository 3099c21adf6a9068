"""Globs in which a star stands for any run of characters, slashes and none included, and nothing else is special."""

from __future__ import annotations


def star_matches(pattern: str, text: str) -> bool:
    """Whether pattern is for the whole of text; in time proportional to their lengths, however many stars there are."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    *middle, last = rest
    if not text.startswith(first):
        return False
    place = len(first)
    for part in middle:
        # The leftmost place is as good as any: it leaves most for the parts that follow.
        found = text.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return len(text) - len(last) >= place and text.endswith(last)
