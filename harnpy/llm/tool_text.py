"""Tool calls that a model wrote as text: `name({...})` with a JSON object, or a raw JSON list of calls.

The names of the tools are all that it knows about them. Chapter 12 section 12.3 has the whole argument grammar; what
`llm_call` needs of it is the JSON subset that stands here.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from harnpy.llm.deltas import ToolCall
from harnpy.llm.json_values import Json, parse_json, parse_json_at

IDENTIFIER = r"[A-Za-z_$][A-Za-z0-9_$]*"

_CALL_HEAD = re.compile(rf"[ \t]*({IDENTIFIER})\([ \t\r\n]*")
_CALL_TAIL = re.compile(r"[ \t\r\n]*\)")
_SINGLE_FENCE = re.compile(r"```[^\n`]*\n(.*?)\n?```", re.DOTALL)
_LISTED_NAMES = 20


@dataclass(slots=True)
class Scan:
    """The calls found, in order, and a message for each thing that looked like a call but is none."""

    calls: list[ToolCall] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def scan_calls(text: str, known: Collection[str], first_id: int) -> Scan:
    """Find the calls of known tools that begin at a line start. Ids are `tc_N`, N counting on from first_id."""
    fenced = _SINGLE_FENCE.fullmatch(text.strip())
    scan = Scan()
    _scan_lines(fenced[1] if fenced else text, known, first_id, scan)
    if not scan.calls and not scan.errors:
        _scan_json_list(text, known, scan)
    return scan


def parse_call(text: str, start: int, known: Collection[str]) -> tuple[str, Json, int] | str | None:
    """Parse `name({...})` at start: name, arguments and end; a message if it is damaged; None if it is no call."""
    head = _CALL_HEAD.match(text, start)
    if head is None:
        return None
    name = head[1]
    if name not in known:
        return _unknown(name, known) if text.startswith("{", head.end()) else None
    if text.startswith(")", head.end()):
        return name, {}, head.end() + 1
    if not text.startswith("{", head.end()):
        return f"Tool '{name}' must be called with an object literal argument like {name}({{ ... }})."
    try:
        arguments, end = parse_json_at(text, head.end())
    except ValueError as error:
        return f"TOOL CALL PARSE ERROR: `{name}(...)` — {error}. Write the arguments as one JSON object."
    tail = _CALL_TAIL.match(text, end)
    if tail is None:
        return (
            f"TOOL CALL PARSE ERROR: `{name}(...)` — missing closing `)`. "
            "A tool call has to be written out to its last parenthesis."
        )
    return name, arguments, tail.end()


def _scan_lines(text: str, known: Collection[str], first_id: int, scan: Scan) -> None:
    position = 0
    while position < len(text):
        found = parse_call(text, position, known)
        if isinstance(found, tuple):
            name, arguments, position = found
            scan.calls.append({"id": f"tc_{first_id + len(scan.calls)}", "name": name, "arguments": arguments})
        elif isinstance(found, str):
            scan.errors.append(found)
        newline = text.find("\n", position)
        position = len(text) if newline < 0 else newline + 1


def _scan_json_list(text: str, known: Collection[str], scan: Scan) -> None:
    start = text.find('[{"id":')
    if start < 0:
        start = text.find('{"id":"call_')
    if start < 0:
        return
    try:
        listed, _ = parse_json_at(text, start)
    except ValueError:
        return
    for item in listed if isinstance(listed, list) else [listed]:
        function = item.get("function") if isinstance(item, dict) else None
        if not isinstance(function, dict):
            continue
        name = function.get("name")
        if not isinstance(name, str) or not name:
            continue
        if name not in known:
            scan.errors.append(_unknown(name, known))
            continue
        arguments = function.get("arguments")
        if isinstance(arguments, str):
            try:
                arguments = parse_json(arguments)
            except ValueError as error:
                scan.errors.append(
                    f"Could not parse arguments for tool '{name}': {error}. Raw: {function['arguments'][:200]}"
                )
                continue
        identifier = item.get("id")
        scan.calls.append(
            {
                "id": identifier if isinstance(identifier, str) else "native_fallback",
                "name": name,
                "arguments": arguments if isinstance(arguments, dict) else {},
            }
        )


def _unknown(name: str, known: Collection[str]) -> str:
    return f"Unknown tool '{name}'. Available tools: [{', '.join(sorted(known)[:_LISTED_NAMES])}]"
