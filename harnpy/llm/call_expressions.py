"""One tool call written as an expression, `name({ key: value })`, and how it may stand at the beginning of a line."""

from __future__ import annotations

import heapq
import re
from collections.abc import Collection
from typing import NamedTuple

from harnpy.llm.argument_expressions import ArgumentError, parse_argument, skip_trivia
from harnpy.llm.json_values import Json, compact_json
from harnpy.llm.source_text import SourceText

_LISTED_NAMES = 20

IDENTIFIER = r"[A-Za-z_$][A-Za-z0-9_$]*+"
_PREFIXES = (
    "tool_code:",
    "tool_call:",
    "tool_output:",
    "call:",
    "tool:",
    "use:",
    "python:",
    "javascript:",
    "typescript:",
    "shell:",
    "bash:",
)
_LINE_HEAD = re.compile(rf"[ \t]*+(?:<[ \t]*+)?(?:(?:{'|'.join(_PREFIXES)})[ \t]*+)?")
_LABEL = re.compile(rf"({IDENTIFIER}):[ \t]*+")
# Dots, dashes and slashes are no part of an identifier, yet tools of other programs have them in their names.
_NAME = re.compile(r"([A-Za-z_$][A-Za-z0-9_$./-]*+)(?=\()")
_ARGUMENT_BRACE = re.compile(r"[ \t]*+\{")
_PLAIN_NAME = re.compile(IDENTIFIER)
_TAIL = re.compile(r"[ \t]*+>?")
# A call as it should be written, alone on its lines.
_LONE_CALL = re.compile(r"(?:[ \t\r]*+\n)*+[ \t]*+([A-Za-z_$][A-Za-z0-9_$./-]*+)\((?=\{)")
_LONE_CALL_END = re.compile(r"[ \t\r\n]*+\)[ \t\r\n]*+\Z")


class FoundCall(NamedTuple):
    """A whole call in a text. end is behind it, a `>` after it included; has_argument is false for `name()`."""

    name: str
    arguments: Json
    end: int
    has_argument: bool


class CallError(ValueError):
    """Something that was meant as a call and is none. The text is for the model; position is where reading stopped."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class KnownTools:
    """The names that may be called."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(names)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def unknown(self, name: str) -> str:
        """What to say of a call of name, which is none of them."""
        listed = ", ".join(heapq.nsmallest(_LISTED_NAMES, self._names))
        return f"Unknown tool '{name}'. Available tools: [{listed}]"


def parse_call(source: SourceText, name: str, position: int) -> FoundCall:
    """The call of name whose `(` is at position. Raises CallError."""
    if source.at(position) != "(":
        raise CallError(f"TOOL CALL PARSE ERROR: `{name}(` expected immediately after the tool name.", position)
    position = skip_trivia(source, position + 1)
    if source.at(position) == ")":
        return FoundCall(name, {}, _behind_tail(source, position + 1), has_argument=False)
    try:
        arguments, position = parse_argument(source, position)
    except ArgumentError as error:
        raise CallError(
            f"TOOL CALL PARSE ERROR: `{name}(...)` — {error}. "
            "Write the arguments as one TypeScript object literal, `{ key: value, key: value }`.",
            error.position,
        ) from None
    position = skip_trivia(source, position)
    if source.at(position) != ")":
        raise CallError(
            f"TOOL CALL PARSE ERROR: `{name}(...)` — missing closing `)`. "
            "A tool call has to be a whole TypeScript expression, up to its last parenthesis.",
            position,
        )
    if not isinstance(arguments, dict):
        raise CallError(
            f"TOOL CALL PARSE ERROR: `{name}(...)` — expected an object literal argument, got "
            f"`{compact_json(arguments)}`. Wrap the value in braces: `{name}({{ key: value }})`.",
            position,
        )
    return FoundCall(name, arguments, _behind_tail(source, position + 1), has_argument=True)


def lone_call(source: SourceText, known: KnownTools) -> FoundCall | None:
    """The call of a known tool with an object of arguments that is all of a text, but for white space.

    None for everything else, whether there is something wrong with it or not.
    """
    opening = source.match(_LONE_CALL, 0)
    if opening is None or opening[1] not in known:
        return None
    try:
        arguments, position = parse_argument(source, opening.end())
    except ArgumentError:
        return None
    closing = source.match(_LONE_CALL_END, position)
    return FoundCall(opening[1], arguments, closing.end(), has_argument=True) if closing else None


def name_before_parenthesis(source: SourceText, position: int) -> str | None:
    """The name of a tool, known or not, that begins at position and has `(` right behind it."""
    found = source.match(_NAME, position)
    return found[1] if found else None


def call_at_line_start(source: SourceText, position: int, known: KnownTools) -> FoundCall | None:
    """The call with which the line at position begins; None if the line is no call. Raises CallError."""
    head = source.match(_LINE_HEAD, position)
    start = head.end() if head else position
    label = source.match(_LABEL, start)
    if label:
        labelled = name_before_parenthesis(source, label.end())
        if labelled is None or labelled not in known:
            return None
        raise CallError(
            f"Saw `{label[1]}: {labelled}(...)`. Put no `{label[1]}:` in front of a tool call: write a bare "
            f"`{labelled}({{ ... }})` alone on its line. This line counted as prose and ran nothing; "
            "send the call again without the label.",
            label.end(),
        )
    name = name_before_parenthesis(source, start)
    if name is None:
        return None
    parenthesis = start + len(name)
    if name not in known:
        brace = source.match(_ARGUMENT_BRACE, parenthesis + 1)
        if brace and _PLAIN_NAME.fullmatch(name):
            raise CallError(known.unknown(name), brace.end())
        return None
    argument = skip_trivia(source, parenthesis + 1)
    first = source.at(argument)
    if first not in ("{", ")"):
        raise CallError(
            f"Tool '{name}' must be called with an object literal argument like {name}({{ ... }}).", argument
        )
    return parse_call(source, name, parenthesis)


def _behind_tail(source: SourceText, position: int) -> int:
    tail = source.match(_TAIL, position)
    return tail.end() if tail else position
