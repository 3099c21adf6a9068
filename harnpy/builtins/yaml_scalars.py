"""What a plain YAML scalar means: the core schema of YAML 1.2 with binary integers, so `yes`, `0123` and dates are text."""

from __future__ import annotations

import math
import re

from harnpy.builtins.number_text import decimal_int

Scalar = str | int | float | bool | None

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INFINITE = {
    f"{sign}{word}": float(f"{sign}inf") for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")
} | dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan)
_DECIMAL = re.compile(r"[+-]?(?:0|[1-9][0-9]*)\Z")
_RADIX = re.compile(r"([+-]?)0(?:x([0-9a-fA-F]+)|o([0-7]+)|b([01]+))\Z")
_FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")
_DIGITS = re.compile(r"[+-]?[0-9]+\Z")


def resolve_plain(text: str) -> Scalar:
    """The value of a plain scalar; infinities and NaN come out as such."""
    if text in _WORDS:
        return _WORDS[text]
    number = parse_int(text)
    if number is not None:
        return number
    real = parse_float(text)
    return text if real is None or _DIGITS.match(text) else real


def parse_int(text: str) -> int | None:
    """The integer that text is, or None: decimal without leading zeros, or with `0x`, `0o` or `0b`."""
    if _DECIMAL.match(text):
        return decimal_int(text)
    match = _RADIX.match(text)
    if match is None:
        return None
    sign, *digits = match.groups()
    number = next(int(each, base) for each, base in zip(digits, (16, 8, 2)) if each)
    return -number if sign == "-" else number


def parse_float(text: str) -> float | None:
    """The float that text is, or None; numbers out of range are none."""
    if text in _INFINITE:
        return _INFINITE[text]
    if not _FLOAT.match(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None
