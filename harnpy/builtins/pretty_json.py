"""Plain data as JSON for people and version control: two spaces for each level, keys sorted, no newline at the end."""

from __future__ import annotations

from json.encoder import encode_basestring

from harnpy.vm.display import display_int
from harnpy.vm.values import Value


def pretty_json(value: Value, indent: str = "") -> str:
    """nil, bools, ints, finite floats, strings, lists and dicts as JSON; lines after the first begin with indent.

    What Unicode has is written as it is. Raises RecursionError for data that nests too deeply.
    """
    return _text(value, "\n" + indent)


def quoted(text: str) -> str:
    """A string as JSON."""
    return encode_basestring(text)


def _text(value: Value, newline: str) -> str:
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return display_int(value)
    if kind is float:
        return _float_text(value)
    inner = newline + "  "
    if kind is dict:
        items = [f"{encode_basestring(key)}: {_text(value[key], inner)}" for key in sorted(value)]
        brackets = "{}"
    else:
        items = [_text(item, inner) for item in value]
        brackets = "[]"
    if not items:
        return brackets
    return brackets[0] + inner + ("," + inner).join(items) + newline + brackets[1]


def _float_text(value: float) -> str:
    """The shortest digits that give the float back, `1.0` for a whole one; `1e16` and `1e-6` as other JSON writers do."""
    text = repr(value)
    digits, mark, exponent = text.partition("e")
    if not mark:
        return text
    if exponent == "-05":
        sign, digits = ("-", digits[1:]) if digits[0] == "-" else ("", digits)
        return f"{sign}0.0000{digits.replace('.', '')}"
    return f"{digits}e{int(exponent)}"
