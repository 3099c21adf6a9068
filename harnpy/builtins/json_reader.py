"""JSON text -> values. Python's parser does the work; what it accepts too generously is looked for around it.

Integers of any size stay exact, `-0` is the float -0.0, the last of equal keys wins.
"""

from __future__ import annotations

import json
import re

from harnpy import TYPE_CHECKING
from harnpy.builtins.json_syntax import NESTING_LIMIT, JsonError, check_json
from harnpy.builtins.number_text import decimal_int
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from typing import NoReturn


def parse_json(text: str) -> Value:
    """The value of a JSON text. Raises JsonError."""
    try:
        value = (_EXACT if _needs_exact_numbers(text) else _FAST).decode(text)
    except (ValueError, RecursionError):
        check_json(text)
        raise
    if _is_too_deep(text, value) or ("\\u" in text and _may_have_lone_surrogates(text)):
        check_json(text)
    return value


# Digits all read as 0 and E as e, so that the search for numbers that may overflow looks for fixed text.
_DIGITS_ALIKE = bytes.maketrans(b"123456789E", b"000000000e")
_MINUS_ZERO = re.compile(r"-0(?<![^\[,: \t\n\r]-0)(?![.eE0-9])")
_LONE_SURROGATE = re.compile(
    r"\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])|\\u[dD][c-fC-F]..(?<!\\u[dD][89abAB]..\\u[dD][c-fC-F]..)", re.DOTALL
)
_LONGEST_QUICK_NUMBER = 100


def _needs_exact_numbers(text: str) -> bool:
    """Whether some number may be out of a float's range, an int beyond Python's limit of digits, or `-0`.

    May say so of a text that only looks like it, since strings are not told apart.
    """
    if "-0" in text and _MINUS_ZERO.search(text):
        return True
    alike = text.encode("utf-8", "surrogatepass").translate(_DIGITS_ALIKE, b"+")
    return b"0e000" in alike or b"0" * _LONGEST_QUICK_NUMBER in alike


def _may_have_lone_surrogates(text: str) -> bool:
    """Escaped backslashes hide what an escape is, so that a text with two of them before a `u` counts as suspect."""
    return "\\\\u" in text or _LONE_SURROGATE.search(text) is not None


def _is_too_deep(text: str, value: Value) -> bool:
    if text.count("[") + text.count("{") < NESTING_LIMIT:
        return False
    level = [value] if type(value) is list or type(value) is dict else []
    for _ in range(NESTING_LIMIT - 1):
        level = [
            child
            for container in level
            for child in (container.values() if type(container) is dict else container)
            if type(child) is list or type(child) is dict
        ]
        if not level:
            return False
    return True


def _reject_constant(name: str) -> NoReturn:
    raise JsonNumberError(name)


class JsonNumberError(ValueError):
    """A number that Python takes and JSON does not; says only that the text is to be checked."""


def _read_float(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise JsonNumberError(digits)
    return value


def _read_int(digits: str) -> int | float:
    return -0.0 if digits == "-0" else decimal_int(digits)


_FAST = json.JSONDecoder(parse_constant=_reject_constant)
_EXACT = json.JSONDecoder(parse_constant=_reject_constant, parse_int=_read_int, parse_float=_read_float)

__all__ = ["JsonError", "parse_json"]
