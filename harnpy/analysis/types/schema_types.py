"""The type that an expression is the schema of (chapter 09, 7.3): `{type: "int"}` is the schema of int."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.schema_spellings import SCHEMA_TYPES
from harnpy.analysis.types.aliases import union_of
from harnpy.analysis.types.forms import DEEPEST, DICT, NIL, STRING, DictOf, Field, ListOf, Named, Shape
from harnpy.syntax import ast

if TYPE_CHECKING:
    from collections.abc import Callable

    from harnpy.analysis.types.forms import Type

    Lookup = Callable[[str], Type | None]


def schema_type(expression: ast.Expr, lookup: Lookup, depth: int = 0) -> Type | None:
    """The type whose schema expression is, or None if that cannot be told.

    lookup gives the type for a name: that of a variable that holds a schema, else the body of the alias of that name.
    depth is how many schemas lie around this one; those nested deeper than DEEPEST are none.
    """
    if depth > DEEPEST:
        return None
    match expression:
        case ast.Name(name=name):
            return lookup(name)
        case ast.Call(callee=ast.Name(name="schema_of"), args=(ast.Name(name=name),)):
            return lookup(name)
        case ast.DictLit(entries=entries):
            values = _constant_entries(entries)
            return None if values is None else _described(values, lookup, depth + 1)
        case _:
            return None


def _constant_entries(entries: tuple[ast.Entry, ...]) -> dict[str, ast.Expr] | None:
    values: dict[str, ast.Expr] = {}
    for entry in entries:
        if not isinstance(entry.key, ast.Str | ast.RawStr):
            return None
        values[entry.key.value] = entry.value
    return values


def _described(values: dict[str, ast.Expr], lookup: Lookup, depth: int) -> Type | None:
    for key in ("union", "oneOf", "anyOf"):
        branches = values.get(key)
        if isinstance(branches, ast.ListLit):
            found = [schema_type(each, lookup, depth) for each in branches.elements]
            members = [each for each in found if each is not None]
            return _nullable(union_of(members), values) if members else None
    kind = values.get("type")
    if isinstance(kind, ast.ListLit):
        texts = [_text(each) for each in kind.elements]
        names = [_named(each) for each in texts if each is not None]
        return union_of(names) if names and len(names) == len(texts) else None
    type_ = _plain(kind, values, lookup, depth)
    return None if type_ is None else _nullable(type_, values)


def _plain(kind: ast.Expr | None, values: dict[str, ast.Expr], lookup: Lookup, depth: int) -> Type | None:
    properties = values.get("properties")
    if isinstance(properties, ast.DictLit):
        return _shape(properties, values.get("required"), lookup, depth)
    if "items" in values:
        element = schema_type(values["items"], lookup, depth)
        if element is not None:
            return ListOf(element)
    text = None if kind is None else _text(kind)
    if text is None:
        return None
    named = _named(text)
    if named == DICT:
        others = values.get("additional_properties", values.get("additionalProperties"))
        value = None if others is None else schema_type(others, lookup, depth)
        if value is not None:
            return DictOf(STRING, value)
    return named


def _shape(properties: ast.DictLit, required: ast.Expr | None, lookup: Lookup, depth: int) -> Shape | None:
    values = _constant_entries(properties.entries)
    if values is None:
        return None
    names = {_text(each) for each in required.elements} if isinstance(required, ast.ListLit) else set()
    fields = []
    for name, value in values.items():
        type_ = schema_type(value, lookup, depth)
        if type_ is None:
            return None
        fields.append(Field(name, type_, name not in names))
    return Shape(tuple(fields))


def _nullable(type_: Type, values: dict[str, ast.Expr]) -> Type:
    nullable = values.get("nullable")
    return union_of([type_, NIL]) if isinstance(nullable, ast.Bool) and nullable.value else type_


def _text(expression: ast.Expr) -> str | None:
    return expression.value if isinstance(expression, ast.Str | ast.RawStr) else None


def _named(text: str) -> Type:
    return Named(SCHEMA_TYPES.get(text, text))
