"""Calls that a model wrote out as the JSON of a provider's wire format (chapter 12 section 12.3.5)."""

from __future__ import annotations

from dataclasses import dataclass

from harnpy.llm.argument_expressions import MAX_DEPTH
from harnpy.llm.call_expressions import KnownTools
from harnpy.llm.json_values import Json, parse_json, parse_json_at, to_json, well_formed
from harnpy.llm.source_text import SourceText

LIST_OPENING = '[{"id":'
OBJECT_OPENING = '{"id":"call_'

_DEFAULT_ID = "native_fallback"
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class ListedCall:
    """A call with the id that the model gave it."""

    id: str
    name: str
    arguments: Json


def listing_at(source: SourceText, position: int) -> tuple[Json, int] | None:
    """The JSON value that begins at position and where it ends; None if there is none. Costs the whole rest."""
    source.meter.examined += source.length - position
    try:
        return parse_json_at(source.text, position, MAX_DEPTH)
    except ValueError:
        return None


def find_listing(source: SourceText) -> Json | None:
    """The first list of calls in a text, whatever follows it; else the first single call, with which the text ends."""
    start = source.find(LIST_OPENING, 0)
    if start >= 0:
        found = listing_at(source, start)
        return found[0] if found else None
    start = source.find(OBJECT_OPENING, 0)
    found = listing_at(source, start) if start >= 0 else None
    return found[0] if found and not source.text[found[1] :].strip() else None


def listed_calls(listing: Json, known: KnownTools) -> tuple[list[ListedCall], list[str]]:
    """The calls of a listing and a message for each item that names an unknown tool or has damaged arguments."""
    calls: list[ListedCall] = []
    errors: list[str] = []
    for item in listing if isinstance(listing, list) else [listing]:
        function = item.get("function") if isinstance(item, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        if not isinstance(function, dict) or not isinstance(name, str) or not name:
            continue
        if name not in known:
            errors.append(known.unknown(name))
            continue
        arguments = function.get("arguments")
        if isinstance(arguments, str):
            try:
                arguments = parse_json(arguments, MAX_DEPTH)
            except ValueError as error:
                errors.append(f"Could not parse arguments for tool '{name}': {error}. Raw: {arguments[:_SHOWN]}")
                continue
        identifier = item.get("id")
        calls.append(
            ListedCall(
                well_formed(identifier) if isinstance(identifier, str) else _DEFAULT_ID,
                name,
                # Escapes can name half characters, and exponents infinite numbers: nothing after this could write them.
                to_json(well_formed(arguments)) if isinstance(arguments, dict) else {},
            )
        )
    return calls, errors
