"""Harn values as JSON and back, and the two JSON texts that this layer writes and reads.

Chapter 11 section 7.1 fixes the conversion: what JSON has no form for becomes its display text. Dicts come out sorted
by key, since that is the order in which Harn shows them.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn, TypeAlias

from harnpy.vm.display import display
from harnpy.vm.values import Value

# What json.loads returns: None, bool, int, float, str, list and dict with text keys, nested at will.
Json: TypeAlias = Any


def to_json(value: Value) -> Json:
    """The JSON form of a Harn value; sets, structs, durations, closures and the like become their display text."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is dict:
        return {key: to_json(value[key]) for key in sorted(value)}
    if kind is list:
        return [to_json(item) for item in value]
    if kind is float:
        return value if math.isfinite(value) else None
    return display(value)


def compact_json(value: Json) -> str:
    """One line without spaces, keys sorted by code point."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def pretty_json(value: Json) -> str:
    """Two-space indent, keys sorted by code point."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2)


def parse_json(text: str | bytes) -> Json:
    """Parse strict JSON. Raises ValueError, also for NaN, for infinities and for nesting that no reader would follow."""
    try:
        return json.loads(text, parse_constant=_reject_constant)
    except RecursionError:
        raise ValueError("JSON is nested too deeply") from None


def parse_json_at(text: str, start: int) -> tuple[Json, int]:
    """The JSON value that begins exactly at start, and where it ends. Raises ValueError as parse_json does."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except RecursionError:
        raise ValueError("JSON is nested too deeply") from None
    return value, end


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_reject_constant)
