"""Values -> compact JSON text, keys sorted. Python's encoder does the work; where its text differs from Harn's (floats
in exponent form, the escapes of control characters) the text is put right or written here.
"""

from __future__ import annotations

import json
import math
import re

from harnpy.builtins.number_text import float_with_point
from harnpy.vm.display import display, display_int
from harnpy.vm.errors import runtime_error
from harnpy.vm.values import HarnSet, Range, StructInstance, Value


def to_json(value: Value) -> str:
    """Compact JSON: sets as arrays, structs as objects, ranges as text, what JSON has no form for as null.

    Floats are written positionally and keep their point; those that are not finite are null. Raises a runtime error
    for a value that nests too deeply.
    """
    try:
        try:
            text = _ENCODER.encode(value)
        except ValueError:
            # A float that is not finite, or an int beyond Python's limit of digits.
            return _write(value)
        if "e-" in text or "e+" in text:
            return _write(value)
        return _with_control_escapes(text)
    except RecursionError:
        raise runtime_error("json_stringify: the value is nested too deeply") from None


def plain_form(value: Value) -> Value:
    """What stands in JSON for a value of another kind: a list, a dict, a string or nil."""
    kind = type(value)
    if kind is HarnSet:
        return list(value)
    if kind is StructInstance:
        return value.fields
    if kind is Range:
        return display(value)
    return None


_ENCODER = json.JSONEncoder(
    ensure_ascii=False,
    check_circular=False,
    allow_nan=False,
    sort_keys=True,
    separators=(",", ":"),
    default=plain_form,
)
_STRING_ENCODER = json.JSONEncoder(ensure_ascii=False)

# DEL and the C1 controls, which Python leaves as they are; they occur in strings only.
_HIGH_CONTROL = re.compile("[\x7f-\x9f]")
# Any escape, so that a backslash that is itself escaped is stepped over; only the last two groups are replaced.
_ESCAPE = re.compile(r'\\(?:["\\nrtu]|(b)|(f))')


def _with_control_escapes(text: str) -> str:
    """Encoded text with the escapes that Harn writes: `\\u0008` and `\\u000c` for `\\b` and `\\f`, `\\u007f` and on."""
    if "\\b" in text or "\\f" in text:
        text = _ESCAPE.sub(lambda found: "\\u0008" if found[1] else "\\u000c" if found[2] else found[0], text)
    if not text.isascii() or "\x7f" in text:
        text = _HIGH_CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text


def _write(value: Value) -> str:
    """The same text, value by value."""
    kind = type(value)
    if kind is str:
        return _with_control_escapes(_STRING_ENCODER.encode(value))
    if kind is float:
        return _float_text(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return display_int(value)
    if kind is list:
        return "[" + ",".join([_write(item) for item in value]) + "]"
    if kind is dict:
        return "{" + ",".join([f"{_write(key)}:{_write(value[key])}" for key in sorted(value)]) + "}"
    plain = None if value is None else plain_form(value)
    return "null" if plain is None else _write(plain)


def _float_text(value: float) -> str:
    return float_with_point(value) if math.isfinite(value) else "null"
