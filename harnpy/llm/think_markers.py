"""Removing the thinking that leaked into a response (chapter 12 section 12.3.1)."""

from __future__ import annotations

import re

from harnpy.llm.text_spans import replace_spans
from harnpy.llm.think import CLOSE, OPEN

_OPENING = re.compile(OPEN)
_CLOSING = re.compile(CLOSE)
_MARKER = re.compile(f"{OPEN}|{CLOSE}")


def without_thinking_spans(text: str) -> str:
    """text without each whole span of thinking; single markers stay."""
    return replace_spans(text, _OPENING, _CLOSING) if OPEN in text else text


def without_thinking(text: str) -> str:
    """text without each span of thinking and without single markers; no marker is left in it."""
    if OPEN not in text and CLOSE not in text:
        return text
    # Removing a marker may join the halves of another; a space cannot, so that once more is enough.
    return _MARKER.sub(" ", _MARKER.sub("", without_thinking_spans(text)))
