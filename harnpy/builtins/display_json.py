"""Values as JSON for people to read, in templates and trace summaries: what JSON lacks becomes its display text."""

from __future__ import annotations

import json
import math

from harnpy.vm.display import display, display_int, plain_float
from harnpy.vm.values import Value


def display_json(value: Value, pretty: bool = False) -> str:
    """JSON with sorted keys: compact, or with two spaces of indentation."""
    return "".join(_json_parts(value, pretty, 0))


def _json_parts(value: Value, pretty: bool, depth: int) -> list[str]:
    kind = type(value)
    if kind is list:
        return _container("[", [_json_parts(item, pretty, depth + 1) for item in value], "]", pretty, depth)
    if kind is dict:
        colon = ": " if pretty else ":"
        entries = [[_quoted(key), colon, *_json_parts(value[key], pretty, depth + 1)] for key in sorted(value)]
        return _container("{", entries, "}", pretty, depth)
    if value is None:
        return ["null"]
    if kind is bool:
        return ["true" if value else "false"]
    if kind is int:
        return [display_int(value)]
    if kind is float:
        return [_json_float(value)]
    return [_quoted(display(value))]


def _container(opening: str, entries: list[list[str]], closing: str, pretty: bool, depth: int) -> list[str]:
    if not entries:
        return [opening + closing]
    inner, outer = ("\n" + "  " * (depth + 1), "\n" + "  " * depth) if pretty else ("", "")
    parts = [opening]
    for number, entry in enumerate(entries):
        parts.append(f",{inner}" if number else inner)
        parts.extend(entry)
    return [*parts, outer, closing]


def _json_float(value: float) -> str:
    if not math.isfinite(value):
        return "null"
    text = plain_float(value)
    return text if "." in text else text + ".0"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
