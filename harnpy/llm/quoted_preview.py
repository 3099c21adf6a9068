"""The beginning of a text as a double-quoted literal, for messages that show a model what it wrote."""

from __future__ import annotations

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}


def quoted(text: str, limit: int) -> str:
    """At most limit characters of text as a double-quoted literal; an ellipsis says that something was cut."""
    shown = text if len(text) <= limit else text[:limit] + "…"
    if shown.isprintable() and '"' not in shown and "\\" not in shown:
        return f'"{shown}"'
    return '"' + "".join(map(_escaped, shown)) + '"'


def _escaped(character: str) -> str:
    known = _ESCAPES.get(character)
    if known is not None:
        return known
    return character if character.isprintable() else f"\\u{{{ord(character):x}}}"
