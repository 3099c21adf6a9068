"""The types of what operators give (chapter 09, 5.4)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.types.forms import ANY, BOOL, DICT, FLOAT, INT, LIST, NEVER, NIL, STRING, Loose, Named, Union

if TYPE_CHECKING:
    from harnpy.analysis.checker.context import Checker
    from harnpy.analysis.types.forms import Type

# Operators that give a bool and take anything.
LOGICAL = frozenset({"==", "!=", "&&", "||", "in", "not_in"})
ORDERING = frozenset({"<", ">", "<=", ">="})
NUMBERS = frozenset({"int", "float"})

# Where the operands of `+` are the same and what they give is so too.
_JOINED = {"string": STRING, "list": LIST, "dict": DICT}

_MOST_MEMBERS = 32


def union(members: list[Type]) -> Type:
    """The union of at least one type: members of unions are flattened, and repetitions stay, so that messages show what
    was written. Of a great many members each is kept once, and if they still are too many, it is anything.
    """
    flat: list[Type] = []
    for each in members:
        flat.extend(each.members if isinstance(each, Union) else (each,))
    if len(flat) > _MOST_MEMBERS:
        flat = list(dict.fromkeys(flat))
        if len(flat) > _MOST_MEMBERS:
            return ANY
    return flat[0] if len(flat) == 1 else Union(tuple(flat))


def result_type(checker: Checker, op: str, left: Type | None, right: Type | None) -> Type | None:
    """The type of `left op right`, None if it is untyped."""
    if op in LOGICAL or op in ORDERING:
        return BOOL
    if op == "??":
        return _coalesced(checker, left, right)
    if left is None or right is None:
        return None
    left, right = checker.head(left), checker.head(right)
    if not (isinstance(left, Named) and isinstance(right, Named)):
        return None
    a, b = left.name, right.name
    if op == "|>":
        return None
    if a in NUMBERS and b in NUMBERS:
        return INT if a == b == "int" else FLOAT
    if op == "+" and a == b:
        return _JOINED.get(a)
    if op == "*" and (a, b) in (("string", "int"), ("int", "string")):
        return STRING
    return None


def _coalesced(checker: Checker, left: Type | None, right: Type | None) -> Type | None:
    if left is None:
        return right
    first = checker.head(left)
    if isinstance(first, Loose):
        shown, other = _coalesced(checker, first.shown, right), _coalesced(checker, first.other, right)
        return None if shown is None or other is None else Loose(shown, other)
    if isinstance(first, Union):
        members: list[Type] = [each for each in first.members if each != NIL]
        if not members:
            return right
        return left if len(members) == len(first.members) else union(members)
    return right if first in (NIL, NEVER) else left
