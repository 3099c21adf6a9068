"""The heads of directives that are more than one expression: `for x in EXPR` and `include EXPR with { k: EXPR }`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harnpy.builtins.template.errors import Fault
from harnpy.builtins.template.expressions import parse_expression
from harnpy.builtins.template.nodes import Expression

_QUOTED = r"""(?P<quoted>"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*')"""
_BRACKET = r"(?P<open>[(\[{])|(?P<close>[)\]}])"
# Only spaces stand around the keywords: a tab or newline does not make one.
_MARKS = {
    needle: re.compile(f"{_QUOTED}|{_BRACKET}|{re.escape(needle)}", re.DOTALL)
    for needle in (" in ", " with ", ",", ":")
}


def is_identifier(text: str) -> bool:
    """A letter or `_`, then letters, digits and `_`, of any script."""
    return text.isidentifier()


def parse_for(text: str) -> tuple[tuple[str, ...], Expression]:
    """The one or two variables of a loop and what it goes through. Raises Fault."""
    place = next(_outside(text, " in "), None)
    if place is None:
        raise Fault("expected `in` in for-loop")
    names = tuple(name.strip() for name in text[:place].split(",", 1))
    if not all(is_identifier(name) for name in names):
        raise Fault("invalid for-loop variable" if len(names) == 1 else "invalid for-loop variables")
    return names, parse_expression(text[place + len(" in ") :])


def parse_include(text: str) -> tuple[Expression, tuple[tuple[str, Expression], ...]]:
    """The path and the extra bindings of an include. Raises Fault."""
    place = next(_outside(text, " with "), None)
    if place is None:
        return parse_expression(text), ()
    bindings = text[place + len(" with ") :].strip()
    if not (bindings.startswith("{") and bindings.endswith("}") and len(bindings) > 1):
        raise Fault("expected `{ ... }` after `with`")
    return parse_expression(text[:place]), tuple(_parse_bindings(bindings[1:-1]))


def _parse_bindings(text: str) -> Iterator[tuple[str, Expression]]:
    start = 0
    for end in (*_outside(text, ","), len(text)):
        entry = text[start:end]
        start = end + 1
        if end == len(text) and not entry.strip():
            return
        colon = next(_outside(entry, ":"), None)
        if colon is None:
            raise Fault("expected `key: value` in include bindings")
        key = entry[:colon].strip()
        if not is_identifier(key):
            raise Fault("invalid include binding key")
        yield key, parse_expression(entry[colon + 1 :])


def _outside(text: str, needle: str) -> Iterator[int]:
    """Where needle stands outside quotes and brackets."""
    depth = 0
    for match in _MARKS[needle].finditer(text):
        if match["open"]:
            depth += 1
        elif match["close"]:
            depth = max(0, depth - 1)
        elif not match["quoted"] and depth == 0:
            yield match.start()
