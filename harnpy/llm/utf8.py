"""The ends of a text by bytes of UTF-8, which is how this layer measures texts. A character is never split."""

from __future__ import annotations


def first_bytes(text: str, limit: int) -> str:
    """As many of the first characters of text as fit into limit bytes."""
    if text.isascii():
        return text[:limit]
    data = text[:limit].encode("utf-8", "surrogatepass")
    while 0 < limit < len(data) and _continues(data[limit]):
        limit -= 1
    return data[:limit].decode("utf-8", "surrogatepass")


def last_bytes(text: str, limit: int) -> str:
    """As many of the last characters of text as fit into limit bytes."""
    if limit == 0:
        return ""
    if text.isascii():
        return text[-limit:]
    data = text[-limit:].encode("utf-8", "surrogatepass")
    start = max(0, len(data) - limit)
    while start < len(data) and _continues(data[start]):
        start += 1
    return data[start:].decode("utf-8", "surrogatepass")


def _continues(byte: int) -> bool:
    """Whether a byte is inside of a character, not its first."""
    return byte & 0xC0 == 0x80
