"""What the node builders share: spans over children, blocks, and the misuse that a builder finds.

Children of a reduction are nodes, tokens and None for an absent optional part; line breaks never show up.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import NamedTuple
from harnpy.syntax import ast
from harnpy.syntax.ast import Span
from harnpy.syntax.tokens import Token

if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Children: TypeAlias = list[Any]


_new = tuple.__new__


class Misuse(Exception):
    """Text that the grammar accepts and Harn does not: `Expected <what>, got <token>`.

    The token is either given, or it is the one that follows `after` in the text, line breaks included.
    """

    def __init__(
        self, what: str, *, token: Token | None = None, after: Span | None = None, got: str | None = None
    ) -> None:
        super().__init__(what)
        self.what = what
        self.token = token
        self.after = after
        self.got = got


class Block(NamedTuple):
    """`{ statements }` on its way into a node."""

    span: Span
    statements: ast.Body


def cover(first: Any, last: Any) -> Span:
    """From the start of one node or token to the end of another."""
    start, end = first.span, last.span
    return _new(Span, (start[0], end[1], start[2], start[3], end[4]))


def cover_all(children: Children) -> Span:
    """From the first to the last child that is there."""
    return cover(next(child for child in children if child is not None), last_of(children))


def last_of(children: Children) -> Any:
    return next(child for child in reversed(children) if child is not None)


def nodes_of(children: Children) -> list[Any]:
    """The children that are no tokens (commas, brackets) and not absent."""
    return [child for child in children if child is not None and type(child) is not Token]


def names_of(children: Children) -> tuple[str, ...]:
    return tuple(child.value for child in children if child.type == "NAME")
