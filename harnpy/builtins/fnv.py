"""The hash function FNV-1a with 64 bits."""

from __future__ import annotations

_OFFSET = 0xCBF29CE484222325
_PRIME = 0x100000001B3
_MASK = 2**64 - 1


def fnv1a(data: bytes) -> int:
    """The hash of data, 0 to 2**64 - 1."""
    value = _OFFSET
    for byte in data:
        value = (value ^ byte) * _PRIME & _MASK
    return value
