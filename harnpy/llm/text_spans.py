"""Replacing what stands between two markers, in time linear in the text however many markers have no end."""

from __future__ import annotations

import re
from collections.abc import Callable


def replace_spans(
    text: str,
    opening: re.Pattern[str],
    closing: re.Pattern[str],
    replacement: Callable[[str, str], str] = lambda _opening, _inside: "",
) -> str:
    """text with each span, from opening to the first closing behind it, replaced by another text.

    replacement makes that of the opening and the inside of a span. Spans do not nest; an opening without closing stays. Both patterns have to match in bounded time at each place.
    """
    kept: list[str] = []
    position = 0
    while True:
        start = opening.search(text, position)
        end = closing.search(text, start.end()) if start else None
        if start is None or end is None:
            kept.append(text[position:])
            return "".join(kept)
        kept += text[position : start.start()], replacement(start[0], text[start.end() : end.start()])
        position = end.end()
