"""The forms of types as the checker sees them, how they are printed, and how annotations become them (chapter 09, 2.2).

Forms know nothing of source positions: two types are the same type if they are equal. "Untyped" is no form; where a type
may be unknown, it is None.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import Record
from harnpy.syntax import ast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias


class Named(Record):
    """A type that is nothing but a name: int, string, any, a generic parameter, an alias, a struct, ..."""

    name: str


class Union(Record):
    """At least two members, in the order in which they were written or found, repetitions included."""

    members: tuple[Type, ...]


class Field(Record):
    """One field of a shape."""

    name: str
    type: Type
    optional: bool


class Shape(Record):
    """The type of dicts that have these fields."""

    fields: tuple[Field, ...]


class ListOf(Record):
    """`list<T>`; a `list` without argument is Named."""

    element: Type


class DictOf(Record):
    """`dict<K, V>`; a `dict` without arguments is Named."""

    key: Type
    value: Type


class IterOf(Record):
    """`iter<T>`; an `iter` without argument is Named."""

    element: Type


class Applied(Record):
    """Any other name with arguments: `set<A>`, `Result<A, B>`, `Schema<A>`, generic enums, structs and aliases."""

    name: str
    args: tuple[Type, ...]


class Function(Record):
    """`fn(A, B) -> R`."""

    params: tuple[Type, ...]
    result: Type


class Never(Record):
    """What no value has; there is one, NEVER."""


class LitString(Record):
    """The type of one string."""

    value: str


class LitInt(Record):
    """The type of one int."""

    value: int


class Wildcard(Record):
    """An argument that nothing is known about, such as the error type of `Ok(1)`; there is one, WILDCARD."""


class Loose(Record):
    """What is printed as shown, but may as well be other: where one of them is wanted, it fits.

    For what the chapter types more narrowly than programs that run well can know: neither binds a type parameter.
    """

    shown: Type
    other: Type


if TYPE_CHECKING:
    Type: TypeAlias = (
        Named
        | Union
        | Shape
        | ListOf
        | DictOf
        | IterOf
        | Applied
        | Function
        | Never
        | LitString
        | LitInt
        | Wildcard
        | Loose
    )

NEVER = Never()
WILDCARD = Wildcard()
INT, FLOAT, STRING, BOOL, NIL = Named("int"), Named("float"), Named("string"), Named("bool"), Named("nil")
LIST, DICT, SET, CLOSURE, ANY, UNKNOWN = (
    Named("list"),
    Named("dict"),
    Named("set"),
    Named("closure"),
    Named("any"),
    Named("unknown"),
)

# Types nested deeper than this are not told apart: nobody writes them, and all that works on types may be recursive.
DEEPEST = 50


def is_deep(type_: Type, allowed: int = DEEPEST) -> bool:
    """Whether a type is nested deeper than allowed: what makes types of types has to stop there."""
    parts: tuple[Type, ...]
    match type_:
        case Union(members=parts) | Applied(args=parts):
            pass
        case Shape(fields=fields):
            parts = tuple([each.type for each in fields])
        case ListOf(element=element) | IterOf(element=element):
            parts = (element,)
        case DictOf(key=key, value=value):
            parts = (key, value)
        case Function(params=params, result=result):
            parts = (*params, result)
        case _:
            return False
    return allowed <= 0 or any([is_deep(each, allowed - 1) for each in parts])


def alternatives(type_: Type) -> list[Type]:
    """The types that a value of type_ may have: what is shown first, and that alone unless it is loose."""
    return [*alternatives(type_.shown), *alternatives(type_.other)] if isinstance(type_, Loose) else [type_]


def show(type_: Type) -> str:
    """A type as messages print it."""
    match type_:
        case Named(name=name):
            return name
        case Union(members=members):
            return " | ".join([show(each) for each in members])
        case Shape(fields=fields):
            inner = [f"{each.name}{'?' if each.optional else ''}: {show(each.type)}" for each in fields]
            return "{" + ", ".join(inner) + "}"
        case ListOf(element=element):
            return f"list<{show(element)}>"
        case DictOf(key=key, value=value):
            return f"dict<{show(key)}, {show(value)}>"
        case IterOf(element=element):
            return f"iter<{show(element)}>"
        case Applied(name=name, args=args):
            return f"{name}<{', '.join([show(each) for each in args])}>"
        case Function(params=params, result=result):
            return f"fn({', '.join([show(each) for each in params])}) -> {show(result)}"
        case Never():
            return "never"
        case LitString(value=text):
            escaped = text.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        case LitInt(value=number):
            return str(number)
        case Wildcard():
            return "_"
        case Loose(shown=shown):
            return show(shown)


def annotated(expression: ast.TypeExpr, depth: int = 0) -> Type:
    """The type that an annotation means. Names are not looked up: an alias is a Named.

    depth is how many levels of an annotation lie around expression; below DEEPEST of them everything is `any`.
    """
    if depth > DEEPEST:
        return ANY
    inside = depth + 1
    match expression:
        case ast.NamedType(name=name):
            return Named(name)
        case ast.UnionType(members=members):
            return Union(tuple([annotated(each, inside) for each in members]))
        case ast.ShapeType(fields=fields):
            return Shape(tuple([Field(each.name, annotated(each.type, inside), each.optional) for each in fields]))
        case ast.ListType(element=element):
            return ListOf(annotated(element, inside))
        case ast.DictType(key=key, value=value):
            return DictOf(annotated(key, inside), annotated(value, inside))
        case ast.IterType(element=element):
            return IterOf(annotated(element, inside))
        case ast.AppliedType(name=name, args=args):
            return Applied(name, tuple([annotated(each, inside) for each in args]))
        case ast.FnType(params=params, result=result):
            return Function(tuple([annotated(each, inside) for each in params]), annotated(result, inside))
        case ast.NeverType():
            return NEVER
        case ast.LitStringType(value=text):
            return LitString(text)
        case ast.LitIntType(value=number):
            return LitInt(number)


def substituted(type_: Type, bindings: Mapping[str, Type]) -> Type:
    """type_ with the names that bindings has replaced everywhere in it."""
    if not bindings:
        return type_
    match type_:
        case Named(name=name):
            return bindings.get(name, type_)
        case Union(members=members):
            return Union(tuple([substituted(each, bindings) for each in members]))
        case Shape(fields=fields):
            return Shape(tuple([Field(each.name, substituted(each.type, bindings), each.optional) for each in fields]))
        case ListOf(element=element):
            return ListOf(substituted(element, bindings))
        case DictOf(key=key, value=value):
            return DictOf(substituted(key, bindings), substituted(value, bindings))
        case IterOf(element=element):
            return IterOf(substituted(element, bindings))
        case Applied(name=name, args=args):
            return Applied(name, tuple([substituted(each, bindings) for each in args]))
        case Function(params=params, result=result):
            return Function(tuple([substituted(each, bindings) for each in params]), substituted(result, bindings))
        case _:
            return type_
