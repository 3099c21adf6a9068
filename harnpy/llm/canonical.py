"""The protocol's own way to write what a response says (chapter 12 section 12.3.6); read again, it says the same."""

from __future__ import annotations

import re

from harnpy.llm.json_values import Json, compact_json, pretty_json

# Deeper values are written in one line: with two spaces for each level, indentation would be most of the text.
_MOST_INDENTED = 32

# What would end the block, or be taken for leaked thinking, although it stands in a string.
_MARKERS = re.compile(r"<(?=/?think>|/tool_call>)")
# JSON escapes that the argument grammar reads as the letter behind the backslash.
_SHORT_ESCAPES = re.compile(r"\\(.)")
_LONG_FORMS = {"b": "\\u0008", "f": "\\u000c"}


def canonical_call(name: str, arguments: Json) -> str:
    """A `<tool_call>` block."""
    return f"<tool_call>\n{name}({_arguments_text(arguments)})\n</tool_call>"


def canonical_prose(text: str) -> str:
    """An `<assistant_prose>` block; text is trimmed."""
    return f"<assistant_prose>\n{text}\n</assistant_prose>"


def canonical_done(body: str) -> str:
    """A `<done>` block; body is trimmed."""
    return f"<done>{body}</done>"


def _arguments_text(arguments: Json) -> str:
    written = compact_json(arguments) if _is_deep(arguments) else pretty_json(arguments)
    if "<" in written:
        written = _MARKERS.sub(r"\\u003c", written)
    if "\\b" in written or "\\f" in written:
        written = _SHORT_ESCAPES.sub(lambda escape: _LONG_FORMS.get(escape[1], escape[0]), written)
    return written


def _is_deep(value: Json) -> bool:
    if isinstance(value, dict) and not any(isinstance(each, (dict, list)) for each in value.values()):
        return False
    level = [value]
    for _ in range(_MOST_INDENTED):
        level = [
            inner
            for container in level
            if isinstance(container, (dict, list))
            for inner in (container.values() if isinstance(container, dict) else container)
        ]
        if not level:
            return False
    return True
