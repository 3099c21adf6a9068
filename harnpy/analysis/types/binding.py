"""Binding type parameters: what the arguments of a call say about the `T` of the function (chapter 09, 7.2)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.types.forms import Applied, DictOf, Function, ListOf, Loose, Named, Shape, Wildcard
from harnpy.syntax import ast

if TYPE_CHECKING:
    from collections.abc import Callable

    from harnpy.analysis.types.forms import Type

    Conflict = tuple[str, Type, Type]


def bind(
    parameter: Type,
    argument: ast.Expr | None,
    inferred: Type | None,
    names: frozenset[str],
    bindings: dict[str, Type],
    infer: Callable[[ast.Expr], Type | None],
    schema_of: Callable[[ast.Expr], Type | None],
) -> list[Conflict]:
    """Bind what parameter says about names, from an argument: its expression and its type, where they are known.

    The first binding of a name stays. infer gives the types of the entries of a dict literal, schema_of the type that an
    expression is the schema of. Returns each later, different type for a name: the name, what it is bound to, the other.
    """
    conflicts: list[Conflict] = []
    match parameter, argument:
        case Applied(name="Schema", args=(Named(name=name),)), _ if name in names:
            schema = None if argument is None else schema_of(argument)
            if schema is not None:
                _bind_name(name, schema, bindings, conflicts)
        case Shape(fields=fields), ast.DictLit(entries=entries):
            values = {entry.key.value: entry.value for entry in entries if isinstance(entry.key, ast.Str | ast.RawStr)}
            for field in fields:
                value = values.get(field.name)
                if value is not None:
                    conflicts += bind(field.type, value, infer(value), names, bindings, infer, schema_of)
        case _:
            if inferred is not None:
                bind_types(parameter, inferred, names, bindings, conflicts)
    return conflicts


def bind_types(
    parameter: Type, actual: Type, names: frozenset[str], bindings: dict[str, Type], conflicts: list[Conflict]
) -> None:
    """Bind names by comparing two types structurally. Unions and `iter` bind nothing."""
    match parameter, actual:
        case Named(name=name), _ if name in names:
            _bind_name(name, actual, bindings, conflicts)
        case ListOf(element=element), ListOf(element=other):
            bind_types(element, other, names, bindings, conflicts)
        case DictOf(key=key, value=value), DictOf(key=other_key, value=other_value):
            bind_types(key, other_key, names, bindings, conflicts)
            bind_types(value, other_value, names, bindings, conflicts)
        case Applied(name=name, args=args), Applied(name=other_name, args=others):
            if name == other_name and len(args) == len(others):
                for each, other in zip(args, others):
                    bind_types(each, other, names, bindings, conflicts)
        case Shape(fields=fields), Shape(fields=other_fields):
            types = {field.name: field.type for field in other_fields}
            for field in fields:
                if field.name in types:
                    bind_types(field.type, types[field.name], names, bindings, conflicts)
        case Function(params=params, result=result), Function(params=other_params, result=other_result):
            for each, other in zip(params, other_params):
                bind_types(each, other, names, bindings, conflicts)
            bind_types(result, other_result, names, bindings, conflicts)
        case _:
            pass


def _bind_name(name: str, type_: Type, bindings: dict[str, Type], conflicts: list[Conflict]) -> None:
    # `_` says that nothing is known, and a loose type that little is, which neither settles a parameter nor contradicts anything.
    if isinstance(type_, Wildcard | Loose):
        return
    first = bindings.setdefault(name, type_)
    if first != type_:
        conflicts.append((name, first, type_))
