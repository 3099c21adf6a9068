"""The visible text of an answer while it streams in, piece by piece (chapter 12 section 12.14)."""

from __future__ import annotations

import re

from harnpy.llm.visible_text import visible_delta, visible_text

_CALL = "<tool_call>"
_PROSE, _PROSE_END = "<assistant_prose>", "</assistant_prose>"
# What may reach across the beginning of a call, or end it, wherever it stands.
_ACROSS = re.compile(r"<\|tool_call|</\|tool_call|think>|<done>|<tool_result|\[result of |```json|\{\s*\"mode\"")
_ENDS_CALL = re.compile(r"tool_call|think>")
_LONGEST_MARK = 12


class VisibleStream:
    """Adds pieces up. public says that what may be the beginning of something internal is held back meanwhile.

    Inside a call, where long answers spend most of their time, nothing visible is added, and a piece costs no more than
    itself.
    """

    def __init__(self, public: bool) -> None:
        self.visible = ""
        self._public = public
        self._pieces: list[str] = []
        # The end of what has been seen of the call that the text is inside of; None outside.
        self._call_tail: str | None = None

    def add(self, piece: str) -> str:
        """Take one more piece; what it adds to the visible text, or all of that if it is no longer a beginning of it."""
        self._pieces.append(piece)
        if self._call_tail is not None:
            seen = self._call_tail + piece
            if _ENDS_CALL.search(seen) is None:
                self._call_tail = seen[-_LONGEST_MARK:]
                return ""
            self._call_tail = None
        raw = "".join(self._pieces)
        self._pieces = [raw]
        before, self.visible = self.visible, visible_text(raw, partial=self._public)
        if self._public:
            self._call_tail = _tail_of_open_call(raw)
        return visible_delta(before, self.visible)


def _tail_of_open_call(raw: str) -> str | None:
    """The last characters of a call that the text ends inside of, if nothing else is open that it could be part of."""
    start = raw.rfind(_CALL)
    if start < 0 or _ENDS_CALL.search(raw, start + len(_CALL)) or _ACROSS.search(raw, 0, start):
        return None
    if raw.rfind(_PROSE, 0, start) > raw.rfind(_PROSE_END, 0, start):
        return None
    return raw[start + len(_CALL) :][-_LONGEST_MARK:]
