"""Where in a longer text a JSON value stands: in a code fence, or between balanced brackets."""

from __future__ import annotations

import re

from harnpy import TYPE_CHECKING
from harnpy.builtins.white_space import WHITE_SPACE

if TYPE_CHECKING:
    from collections.abc import Iterator

_FENCE = "```"
# A string literal, closed or not, or one bracket.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z|\\\Z)|[\[\]{}]', re.DOTALL)
_CLOSING = {"{": "}", "[": "]"}


def candidates(text: str, objects_first: bool) -> Iterator[str]:
    """The pieces of text to be tried, best first.

    An array that encloses the first object is tried before it, unless objects are wanted; an array elsewhere only
    counts where there is no object.
    """
    text = text.strip(WHITE_SPACE)
    fenced = _fenced(text)
    if fenced is not None:
        yield fenced
        return
    found = _balanced(text, "{")
    array = _balanced(text, "[")
    if found is None and array is None:
        yield text
        return
    if found is None or (array is not None and not objects_first and array[0] < found[0] and found[1] <= array[1]):
        assert array is not None
        yield text[array[0] : array[1]]
    if found is not None:
        yield text[found[0] : found[1]]


def _fenced(text: str) -> str | None:
    """What stands in the first code fence, or None if there is no closed one."""
    start = text.find(_FENCE)
    if start < 0:
        return None
    start += len(_FENCE)
    newline = text.find("\n", start)
    if newline >= 0:
        start = newline + 1
    end = text.find(_FENCE, start)
    return None if end < 0 else text[start:end].strip(WHITE_SPACE)


def _balanced(text: str, opening: str) -> tuple[int, int] | None:
    """The span from the first opening bracket to its match, brackets in strings left out of account."""
    start = text.find(opening)
    if start < 0:
        return None
    closing = _CLOSING[opening]
    depth = 0
    for token in _TOKEN.finditer(text, start):
        if token[0] == opening:
            depth += 1
        elif token[0] == closing:
            depth -= 1
            if depth == 0:
                return start, token.end()
    return None
