"""Harn values as JSON and back, and the two JSON texts that this layer writes and reads.

Chapter 11 section 7.1 fixes the conversion: what JSON has no form for becomes its display text. Dicts come out sorted
by key, since that is the order in which Harn shows them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, TypeAlias

from harnpy.builtins.json_form import to_json as to_json
from harnpy.builtins.pretty_json import pretty_json as pretty_json
from harnpy.builtins.pretty_json import quoted

# What json.loads returns: None, bool, int, float, str, list and dict with text keys, nested at will.
Json: TypeAlias = Any


MAX_DEPTH = 1000

# A string literal, so that brackets inside it do not count, or one bracket. A literal without its end takes the rest:
# each of its escaped quotes would else be tried as the beginning of another.
_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def well_formed(value: Json) -> Json:
    """value with its texts mended: escapes in JSON can name halves of surrogate pairs, which no output can encode."""
    if isinstance(value, str):
        return value if value.isascii() else _mended(value)
    if isinstance(value, list):
        return [well_formed(item) for item in value]
    if isinstance(value, dict):
        return {well_formed(key): well_formed(item) for key, item in value.items()}
    return value


def _mended(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _pieces_of_one_line(*, sort_keys: bool) -> Callable[[Json, int], Iterable[str]]:
    """What JSONEncoder sets up anew for each text, which takes longer than to write the arguments of a tool call."""
    set_up = getattr(json.encoder, "c_make_encoder", None)
    encoder = json.JSONEncoder(ensure_ascii=False, sort_keys=sort_keys, separators=(",", ":"))
    if set_up is None:
        return lambda value, _: encoder.iterencode(value)
    pieces: Callable[[Json, int], Iterable[str]] = set_up(
        None, encoder.default, json.encoder.encode_basestring, None, ":", ",", sort_keys, False, True
    )
    return pieces


_sorted_pieces = _pieces_of_one_line(sort_keys=True)
_ordered_pieces = _pieces_of_one_line(sort_keys=False)


def compact_json(value: Json) -> str:
    """One line without spaces, keys sorted by code point."""
    return quoted(value) if type(value) is str else "".join(_sorted_pieces(value, 0))


def ordered_json(value: Json) -> str:
    """One line without spaces, keys in their own order."""
    return "".join(_ordered_pieces(value, 0))


def parse_json(text: str | bytes, max_depth: int = MAX_DEPTH) -> Json:
    """Parse strict JSON. `-0` is the float -0.0.

    Raises ValueError, also for NaN, for numbers beyond a float's range and for more than max_depth nested brackets.
    """
    decoded = text if isinstance(text, str) else text.decode("utf-8-sig")
    _limit_depth(decoded, max_depth)
    return _DECODER.decode(decoded)


def parse_json_at(text: str, start: int, max_depth: int = MAX_DEPTH) -> tuple[Json, int]:
    """The JSON value that begins exactly at start, and where it ends. Raises ValueError as parse_json does."""
    _limit_depth(text[start:], max_depth)
    value, end = _DECODER.raw_decode(text, start)
    return value, end


def complaint(error: ValueError) -> str:
    """What parse_json found wrong, without the place: a number in the text of an error is taken for an HTTP status."""
    match error:
        case json.JSONDecodeError():
            return error.msg
        case UnicodeDecodeError():
            return error.reason
    return str(error)


def _limit_depth(text: str, max_depth: int) -> None:
    """Python's own limit is raised for deep Harn recursion, so a hostile reply could use up the stack."""
    if text.count("[") + text.count("{") <= max_depth:
        return
    depth = 0
    for bracket in _BRACKETS.finditer(text):
        if bracket[0] in "[{":
            depth += 1
            if depth > max_depth:
                raise ValueError("JSON is nested too deeply")
        elif bracket[0] in "]}":
            depth -= 1


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def finite_float(digits: str) -> float:
    """The number of these digits. Raises ValueError if no float is that large."""
    value = float(digits)
    if math.isinf(value):
        raise ValueError("number out of range")
    return value


def _read_int(digits: str) -> int | float:
    return -0.0 if digits == "-0" else int(digits)


_DECODER = json.JSONDecoder(parse_constant=_reject_constant, parse_float=finite_float, parse_int=_read_int)
