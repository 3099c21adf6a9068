"""Cutting one long text, such as the output of a tool, to its ends and its diagnostics (chapter 11 section 27.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from heapq import heapify, heappop, heapreplace
from itertools import islice

from harnpy.builtins.arguments import int_or
from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.llm.utf8 import first_bytes, last_bytes
from harnpy.vm.compare import utf8_length
from harnpy.vm.display import display
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

DEFAULT_LIMIT = 20_000

_LEAST_LIMIT = 200
_MOST_DIAGNOSTICS = 32
_LEAST_END = 80
_ROOM_FOR_LABELS = 64

_ALARMS = ("FAIL", "panic", "Panic")
_PLACED_WORDS = ("error", "undefined", "expected", "got")
_PLACED_PHRASES = (
    "cannot find",
    "not found",
    "no such",
    "unresolved",
    "missing",
    "declared but not used",
    "unused",
    "mismatch",
)
_PHRASES = (" error ", "panic:")
_BEGINNINGS = ("error:", "warning:", "note:")

# Whatever makes a line a diagnostic has one of these in it, in some case. Most lines have none.
_SIGNS = tuple(sign.encode() for sign in ("fail", "panic", "warning:", "note:", *_PLACED_WORDS, *_PLACED_PHRASES))
_PLACE = re.compile("[^:]*:[0-9]")


@builtin(f"microcompact(text: string, max_chars: int = {DEFAULT_LIMIT}) -> string", pure=True)
def microcompact(text: Value = "", max_chars: Value = None) -> str:
    """A text longer than max_chars bytes cut to its beginning, its diagnostics (error lines and the like) and its end.

    A text that fits comes back as it is, and every text does if max_chars is below 200.
    """
    return compact_text(display(text), int_or(max_chars, DEFAULT_LIMIT))


def compact_text(text: str, limit: int) -> str:
    """text, cut as microcompact does it. The result has limit bytes and those of one label at most."""
    length = utf8_length(text)
    if length <= limit or limit < _LEAST_LIMIT:
        return text
    diagnostics = "\n".join(islice(_diagnostic_lines(text), _MOST_DIAGNOSTICS))
    if diagnostics:
        keep = max(0, limit - utf8_length(diagnostics) - _ROOM_FOR_LABELS) // 2
        if keep >= _LEAST_END and length > 2 * keep:
            label = f"[diagnostic lines preserved]\n{diagnostics}\n\n[... output compacted ...]"
            return f"{_head(text, keep)}\n\n{label}\n\n{_tail(text, keep)}"
    head, tail = _head(text, limit // 2), _tail(text, limit // 2)
    snipped = length - utf8_length(head) - utf8_length(tail)
    return f"{head}\n\n[... {snipped} characters snipped ...]\n\n{tail}"


def _diagnostic_lines(text: str) -> Iterator[str]:
    """The lines that report a problem, as they are."""
    for line in _lines_with_signs(text):
        if _is_diagnostic(line.strip(WHITE_SPACE)):
            yield line.removesuffix("\r")


def _lines_with_signs(text: str) -> Iterator[str]:
    """The lines that may report a problem. To look at all lines one by one would take long for large outputs."""
    data = text.encode("utf-8", "surrogatepass")
    lowered = data.lower()
    # The next place of each sign, nearest first.
    places = [(place, sign) for sign in _SIGNS if (place := lowered.find(sign)) >= 0]
    heapify(places)
    end = -1
    while places:
        place, sign = places[0]
        if place > end:
            start = data.rfind(b"\n", end + 1, place) + 1 or end + 1
            end = data.find(b"\n", place)
            if end < 0:
                end = len(data)
            yield data[start:end].decode("utf-8", "surrogatepass")
        following = lowered.find(sign, end + 1)
        if following < 0:
            heappop(places)
        else:
            heapreplace(places, (following, sign))


def _is_diagnostic(line: str) -> bool:
    if _has_any(line, _ALARMS):
        return True
    lowered = line.lower()
    if _PLACE.match(line) and (_has_any(line, _PLACED_WORDS) or _has_any(lowered, _PLACED_PHRASES)):
        return True
    return _has_any(lowered, _PHRASES) or lowered.startswith(_BEGINNINGS)


def _has_any(line: str, words: tuple[str, ...]) -> bool:
    # No any(): a generator would take most of the time that a large output takes.
    for word in words:  # noqa: SIM110
        if word in line:
            return True
    return False


def _head(text: str, keep: int) -> str:
    """The first keep bytes, whole lines if there are any."""
    head = first_bytes(text, keep)
    return head[: head.rfind("\n") + 1] or head


def _tail(text: str, keep: int) -> str:
    """The last keep bytes, whole lines if there are any."""
    tail = last_bytes(text, keep)
    return tail[tail.find("\n") + 1 :] or tail
