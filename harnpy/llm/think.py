"""Separating inline `<think>...</think>` blocks from the visible answer, whole or as it streams in."""

from __future__ import annotations

OPEN = "<think>"
CLOSE = "</think>"


def split_thinking(text: str) -> tuple[str, str]:
    """The visible part and the thinking of a complete text; an unclosed block takes the rest.

    Leading newlines of the visible part go, and the thinking is trimmed, if there was a tag at all.
    """
    if OPEN not in text:
        return text, ""
    visible: list[str] = []
    thinking: list[str] = []
    rest = text
    while True:
        before, opened, rest = rest.partition(OPEN)
        visible.append(before)
        if not opened:
            break
        inside, closed, rest = rest.partition(CLOSE)
        thinking.append(inside)
        if not closed:
            break
    return "".join(visible).lstrip("\n"), "".join(thinking).strip()


class ThinkSplitter:
    """Splits a text that arrives in pieces. No character is lost or duplicated, however the pieces are cut."""

    __slots__ = ("_carry", "_thinking")

    def __init__(self) -> None:
        self._carry = ""
        self._thinking = False

    def feed(self, piece: str) -> tuple[str, str]:
        """The visible text and the thinking that piece settles; what may be the start of a tag is held back."""
        if not self._carry and not self._thinking and "<" not in piece:
            return piece, ""
        text = self._carry + piece
        outputs = ["", ""]
        while True:
            tag = CLOSE if self._thinking else OPEN
            before, found, after = text.partition(tag)
            if not found:
                held = _tag_start_length(text, tag)
                outputs[self._thinking] += text[: len(text) - held]
                self._carry = text[len(text) - held :]
                return outputs[0], outputs[1]
            outputs[self._thinking] += before
            self._thinking = not self._thinking
            text = after

    def flush(self) -> tuple[str, str]:
        """What was held back, at the end of the text."""
        rest, self._carry = self._carry, ""
        return ("", rest) if self._thinking else (rest, "")


def _tag_start_length(text: str, tag: str) -> int:
    """The length of the longest end of text that tag begins with."""
    for length in range(min(len(tag) - 1, len(text)), 0, -1):
        if tag.startswith(text[-length:]):
            return length
    return 0
