"""Which types of values the fields of structs have ever held, by the name of the field.

Declarations do not say: the types of struct fields are not enforced while a program runs. Translated code does without
tests of fields that have held one type all along, and is told as soon as that ends.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Names of fields that are remembered; a program with more makes them up as it goes.
_MOST_NAMES = 4096


class FieldTypes:
    """The types that have been stored under each field name, in any struct of one program.

    Whoever makes a struct or stores into one has to note it, before anybody else can see the value there. listener is
    called with the name of a field when it is about to hold a value of another type than before, and with None when no
    more names are remembered.
    """

    __slots__ = ("_pairs", "_types", "listener", "overflowed")

    def __init__(self) -> None:
        self._pairs: set[tuple[str, type]] = set()
        self._types: dict[str, set[type]] = {}
        self.listener: Callable[[str | None], None] | None = None
        self.overflowed = False

    def note(self, fields: Mapping[str, object]) -> None:
        """A struct has these fields."""
        pairs = self._pairs
        before = len(pairs)
        pairs.update(zip(fields, map(type, fields.values())))
        if len(pairs) != before:
            for name, value in fields.items():
                self._add(name, type(value))

    def note_one(self, name: str, value: object) -> None:
        """The field of that name in a struct gets this value."""
        pair = (name, type(value))
        if pair not in self._pairs:
            self._pairs.add(pair)
            self._add(*pair)

    def types_of(self, name: str) -> frozenset[type] | None:
        """The types that fields of that name have held; None if that is not known."""
        return None if self.overflowed else frozenset(self._types.get(name, ()))

    def _add(self, name: str, kind: type) -> None:
        if self.overflowed:
            self._pairs.clear()
            return
        found = self._types.setdefault(name, set())
        if kind in found:
            return
        found.add(kind)
        if len(self._types) > _MOST_NAMES:
            self.overflowed = True
            self._types.clear()
            self._pairs.clear()
        if self.listener is not None:
            self.listener(None if self.overflowed else name)
