"""What is wrong with base64 text: standard alphabet, required padding, no white space, no stray bits (RFC 4648)."""

from __future__ import annotations

import re
import string

_ALPHABET = (string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/").encode()
_VALUES = {byte: value for value, byte in enumerate(_ALPHABET)}
_PAD = ord("=")
_SYMBOLS = re.compile(rb"[A-Za-z0-9+/]*")
_COMPLETE = re.compile(rb"(?:[A-Za-z0-9+/]{4})*\Z")


def describe_problem(data: bytes) -> str | None:
    """The first problem in reading order, or None if data is valid."""
    if _COMPLETE.match(data):
        return None
    if len(data) % 4 == 1 and data[-1] != _PAD and data[-1] not in _VALUES:
        return _invalid_symbol(data, len(data) - 1)
    # The last four bytes, or what is left over of them, may hold padding; nothing before may.
    tail = (len(data) - 1) // 4 * 4
    valid = _valid_prefix(data)
    if valid < tail:
        return _invalid_symbol(data, valid)
    return _problem_in_tail(data, tail)


def _problem_in_tail(data: bytes, tail: int) -> str | None:
    symbols = padding = 0
    for offset in range(tail, len(data)):
        byte = data[offset]
        if byte == _PAD:
            if offset - tail < 2:
                return _invalid_symbol(data, offset)
            padding += 1
        elif padding:
            return _invalid_symbol(data, offset - padding)
        elif byte not in _VALUES:
            return _invalid_symbol(data, offset)
        else:
            symbols += 1
    if symbols < 2:
        return f"Invalid input length: {tail + symbols}"
    if (symbols + padding) % 4:
        return "Invalid padding"
    # Two symbols carry one byte and three carry two; the bits that are left over must be zero.
    stray_bits = {2: 0b1111, 3: 0b11, 4: 0}[symbols]
    last = tail + symbols - 1
    if _VALUES[data[last]] & stray_bits:
        return f"Invalid last symbol {data[last]}, offset {last}."
    return None


def _valid_prefix(data: bytes) -> int:
    match = _SYMBOLS.match(data)
    assert match is not None
    return match.end()


def _invalid_symbol(data: bytes, offset: int) -> str:
    return f"Invalid symbol {data[offset]}, offset {offset}."
