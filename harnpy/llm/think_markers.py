"""Removing the thinking that leaked into a response (chapter 12 section 12.3.1)."""

from __future__ import annotations

import re

from harnpy.llm.think import CLOSE, OPEN

_MARKER = re.compile(r"</?think>")


def without_thinking(text: str) -> str:
    """text without each span of thinking and without single markers; no marker is left in it."""
    if OPEN not in text and CLOSE not in text:
        return text
    # Removing a marker may join the halves of another; a space cannot, so that once more is enough.
    return _MARKER.sub(" ", _MARKER.sub("", _without_spans(text)))


def _without_spans(text: str) -> str:
    kept: list[str] = []
    position = 0
    while True:
        start = text.find(OPEN, position)
        end = text.find(CLOSE, start) if start >= 0 else -1
        if end < 0:
            kept.append(text[position:])
            return "".join(kept)
        kept.append(text[position:start])
        position = end + len(CLOSE)
