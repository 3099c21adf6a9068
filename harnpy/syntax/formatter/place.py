"""Where something is printed: the levels that its lines go by (chapter 10 section 7.8)."""

from __future__ import annotations

from harnpy.records import NamedTuple


class Place(NamedTuple):
    """base: the level of the enclosing statement, from which all that belongs to values is indented.
    own: the level of the construct's last line. is_statement: whether the statement printer is at work, which raises base
    for the bodies that it prints; the expression printer never does.
    """

    base: int
    own: int
    is_statement: bool

    def inner(self) -> Place:
        """The place of the statements in a body of a construct that is here."""
        if self.is_statement:
            return Place(self.base + 1, self.base + 1, True)
        return Place(self.base, self.own + 1, False)


TOP = Place(0, 0, True)


def value_place(base: int) -> Place:
    """The place of a construct that is (part of) a value of a statement at a level."""
    return Place(base, base, False)
