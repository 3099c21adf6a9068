"""How large types may get: what is made of types can double with each step, and comparing types takes time."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.types.forms import (
    Applied,
    DictOf,
    Function,
    IterOf,
    ListOf,
    Shape,
    Union,
    annotated,
)

if TYPE_CHECKING:
    from harnpy.analysis.types.forms import Type
    from harnpy.syntax import ast

_MOST_PARTS = 1000
_MOST_LEVELS = 80
_SHORT = 2 * _MOST_PARTS  # an annotation of so many characters cannot have more parts


def is_large(type_: Type) -> bool:
    """Whether a type has more parts or levels than the checker deals with."""
    pending = [(type_, 0)]
    seen = 0
    while pending:
        part, level = pending.pop()
        seen += 1
        if seen + len(pending) > _MOST_PARTS or level > _MOST_LEVELS:
            return True
        level += 1
        match part:
            case Union(members=parts) | Applied(args=parts):
                pending.extend([(each, level) for each in parts])
            case Shape(fields=fields):
                pending.extend([(each.type, level) for each in fields])
            case ListOf(element=element) | IterOf(element=element):
                pending.append((element, level))
            case DictOf(key=key, value=value):
                pending.append((key, level))
                pending.append((value, level))
            case Function(params=parts, result=result):
                pending.extend([(each, level) for each in parts])
                pending.append((result, level))
            case _:
                pass
    return False


def annotation(expression: ast.TypeExpr | None) -> Type | None:
    """The type that an annotation means; None if there is none, or if it is one that nobody would write."""
    if expression is None:
        return None
    type_ = annotated(expression)
    return None if expression.span.end - expression.span.start > _SHORT and is_large(type_) else type_
