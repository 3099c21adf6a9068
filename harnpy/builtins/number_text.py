"""Numbers in data formats: integers of any length, and floats that can be told from integers."""

from __future__ import annotations

from harnpy.vm.display import plain_float

# Python refuses to convert more than some thousand digits at once.
_PIECE = 4000


def decimal_int(digits: str) -> int:
    """The integer of optional sign and decimal digits, of any length."""
    if len(digits) <= _PIECE:
        return int(digits)
    value = 0
    magnitude = digits.lstrip("+-")
    for start in range(0, len(magnitude), _PIECE):
        piece = magnitude[start : start + _PIECE]
        value = value * 10 ** len(piece) + int(piece)
    return -value if digits[0] == "-" else value


def float_with_point(value: float) -> str:
    """A finite float in plain decimal form, with `.0` where it is whole."""
    text = plain_float(value)
    return text if "." in text else text + ".0"
