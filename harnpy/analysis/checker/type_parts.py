"""What types are made of, and how large they may get: what is made of types can double with each step."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.types.forms import (
    Applied,
    DictOf,
    Function,
    IterOf,
    ListOf,
    Loose,
    Shape,
    Union,
    annotated,
)

if TYPE_CHECKING:
    from harnpy.analysis.types.forms import Type
    from harnpy.syntax import ast

_MOST_PARTS = 300
_MOST_LEVELS = 32
_SHORT = 2 * _MOST_PARTS  # an annotation of so many characters cannot have more parts


def parts(type_: Type) -> tuple[Type, ...]:
    """The types that a type is made of directly."""
    match type_:
        case Union(members=inner) | Applied(args=inner):
            return inner
        case Shape(fields=fields):
            return tuple([each.type for each in fields])
        case ListOf(element=element) | IterOf(element=element):
            return (element,)
        case DictOf(key=key, value=value):
            return (key, value)
        case Function(params=params, result=result):
            return (*params, result)
        case Loose(shown=shown, other=other):
            return (shown, other)
        case _:
            return ()


def is_large(type_: Type) -> bool:
    """Whether a type has more parts or levels than the checker deals with."""
    pending = [(type_, 0)]
    seen = 0
    while pending:
        part, level = pending.pop()
        inner = parts(part)
        seen += 1
        if seen + len(pending) + len(inner) > _MOST_PARTS or level > _MOST_LEVELS:
            return True
        pending.extend([(each, level + 1) for each in inner])
    return False


def annotation(expression: ast.TypeExpr | None) -> Type | None:
    """The type that an annotation means; None if there is none, or if it is one that nobody would write."""
    if expression is None:
        return None
    type_ = annotated(expression)
    return None if expression.span.end - expression.span.start > _SHORT and is_large(type_) else type_
