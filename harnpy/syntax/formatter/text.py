"""Printed text that is put together without copying it again and again, and knows its length and whether it has lines.

Knows nothing of Harn. Short texts are strings; longer ones are trees of pieces that are written out once, at the end, so
that what nests deeply costs no more than what is long.
"""

from __future__ import annotations

# Up to so many bytes a text is kept as one string.
_SHORT = 400


class Text:
    """Pieces in order. length: in bytes of UTF-8. is_broken: whether there is a line break in it."""

    __slots__ = ("is_broken", "length", "pieces")

    def __init__(self, pieces: tuple[Text | str, ...], length: int, is_broken: bool) -> None:
        self.pieces = pieces
        self.length = length
        self.is_broken = is_broken

    def __str__(self) -> str:
        written: list[str] = []
        pending: list[Text | str] = [self]
        while pending:
            piece = pending.pop()
            if isinstance(piece, str):
                written.append(piece)
            else:
                pending.extend(reversed(piece.pieces))
        return "".join(written)

    def starts_with(self, prefix: str) -> bool:
        """Whether the text starts with prefix, which is short: no longer than the first piece that is not empty."""
        piece: Text | str = self
        while isinstance(piece, Text):
            piece = next((each for each in piece.pieces if _length(each)), "")
        return piece.startswith(prefix)

    def ends_with(self, character: str) -> bool:
        """Whether the last character is this one."""
        piece: Text | str = self
        while isinstance(piece, Text):
            piece = next((each for each in reversed(piece.pieces) if _length(each)), "")
        return piece.endswith(character)


def join(*pieces: Text | str) -> Text:
    """The pieces, one behind the other."""
    length, is_broken = 0, False
    for piece in pieces:
        if isinstance(piece, str):
            length += byte_length(piece)
            is_broken = is_broken or "\n" in piece
        else:
            length += piece.length
            is_broken = is_broken or piece.is_broken
    made = Text(pieces, length, is_broken)
    return made if length > _SHORT else Text((str(made),), length, is_broken)


def separated(separator: str, pieces: list[Text]) -> Text:
    """The pieces with a separator between them."""
    if not pieces:
        return join()
    parts: list[Text | str] = [pieces[0]]
    for piece in pieces[1:]:
        parts += [separator, piece]
    return join(*parts)


def byte_length(text: str) -> int:
    """The length of text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def indented(level: int) -> str:
    """The blanks at the start of a line."""
    return "  " * level


def new_line(level: int) -> str:
    """The end of a line, and the blanks at the start of the next."""
    return "\n" + "  " * level


def _length(piece: Text | str) -> int:
    return len(piece) if isinstance(piece, str) else piece.length
