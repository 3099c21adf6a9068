"""Scopes while a function is being compiled: bindings, blocks, and what a name means where it is used.

A name is looked up lexically. A closure takes a snapshot of what is declared before it; functions that are declared
later in a block around it are reached late, through a cell. The compiler turns each candidate into code.
"""

from __future__ import annotations

from harnpy.records import Enum
from harnpy.syntax import ast
from harnpy.syntax.patterns import pattern_names
from harnpy.syntax.walk import without_attributes


class Kind(Enum):
    """What a binding was declared as; it decides whether the value is known to be callable."""

    DATA = "data"
    FUNCTION = "function"  # fn, struct constructor, let of a closure literal: always callable


class Binding:
    """One variable. Exactly one of slot and module_index is set.

    cell: the slot holds a cell. checked: it may be read while unset, so reads look. text: the string that an
    immutable binding is known to hold.
    """

    __slots__ = ("cell", "checked", "kind", "module_index", "mutable", "name", "slot", "text")

    def __init__(
        self,
        name: str,
        mutable: bool,
        kind: Kind,
        slot: int = -1,
        module_index: int = -1,
        cell: bool = False,
        checked: bool = False,
    ) -> None:
        self.name = name
        self.mutable = mutable
        self.kind = kind
        self.slot = slot
        self.module_index = module_index
        self.cell = cell
        self.checked = checked
        self.text: str | None = None


class Block:
    """One lexical scope. upcoming maps the names that later statements of this block declare to their kind."""

    __slots__ = ("aliases", "bindings", "late", "start", "upcoming")

    def __init__(self, start: int, upcoming: dict[str, Kind]) -> None:
        self.start = start
        self.upcoming = upcoming
        self.bindings: dict[str, Binding] = {}
        self.late: dict[str, Binding] = {}
        self.aliases: list[int] = []


def declared_names(body: ast.Body) -> dict[str, Kind]:
    """The names that the statements of a body declare in its own scope."""
    names: dict[str, Kind] = {}
    for statement in map(without_attributes, body):
        if isinstance(statement, ast.Fn | ast.Struct):
            names[statement.name] = Kind.FUNCTION
        elif isinstance(statement, ast.Tool):
            names[statement.name] = Kind.DATA
        elif isinstance(statement, ast.Let):
            for name in pattern_names(statement.pattern):
                names.setdefault(name, Kind.DATA)
    return names
