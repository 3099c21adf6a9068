"""What the text between the quotes of a string literal stands for: escapes and the dedent of triple-quoted strings.

Knows nothing of tokens. A literal with interpolations is a list of pieces; None stands for one interpolation.
"""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", '"': '"', "$": "$"}
# Source text never contains NUL (source.py), so it can stand for an interpolation while lines are measured.
_HOLE = "\0"


def unescape(raw: str) -> str:
    """Text of a single-line literal; a backslash before any character without a meaning stays."""
    if "\\" not in raw:
        return raw
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[0]), raw)


def dedent_pieces(pieces: list[str | None]) -> list[str | None]:
    """Pieces of a triple-quoted literal with the common indentation removed; same length, None kept in place."""
    whole = "".join(_HOLE if piece is None else piece for piece in pieces)
    whole = whole.removeprefix("\r\n") if whole.startswith("\r\n") else whole.removeprefix("\n")
    if len(pieces) == 1 and pieces[0] is not None:
        return [_dedent(whole)]
    if _indentation(whole) > 0:
        whole = _dedent(whole)
    else:
        # Without indentation only a closing line of blanks goes: the part behind the last interpolation.
        last_hole = whole.rfind(_HOLE)
        if not whole[last_hole + 1 :].strip():
            whole = whole[: last_hole + 1]
    return _cut_apart(whole, pieces)


def _cut_apart(whole: str, pieces: list[str | None]) -> list[str | None]:
    texts = iter(whole.split(_HOLE))
    result: list[str | None] = []
    current = next(texts)
    for piece in pieces:
        if piece is None:
            result.append(None)
            current = next(texts)
        else:
            result.append(current)
    return result


def _indentation(text: str) -> int:
    widths = [len(line) - len(line.lstrip(" \t")) for line in text.split("\n") if line.strip()]
    return min(widths, default=0)


def _dedent(text: str) -> str:
    width = _indentation(text)
    lines = text.split("\n")
    if not any(line.strip() for line in lines):
        return text
    if width > 0:
        lines = [line[width:] if line.strip() else "" for line in lines]
    return "\n".join(lines).removesuffix("\n")
