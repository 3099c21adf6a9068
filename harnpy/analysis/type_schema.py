"""The schema dict of a type (chapter 06 section 12.4; 02 section 5.9): what a parameter annotation checks, and what a
type alias is when it is used as a value. Knows the syntax tree only; the dicts are in canonical schema spelling.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_NAMED = frozenset({"int", "float", "string", "bool", "list", "dict", "set", "nil", "closure"})


def schema_of_type(type_expr: ast.TypeExpr, aliases: Mapping[str, ast.TypeExpr], expand: bool) -> dict[str, Any] | None:
    """The schema of a type, or None when it has none.

    With expand, for an alias used as a value, names are looked up in aliases; an alias inside itself has no schema
    there, and union members without a schema are left out. Without, for parameter annotations, aliases are opaque
    and a union with a member that cannot be checked is not checked at all, since it would refuse what it allows.
    """
    return _Lowering(aliases if expand else {}, not expand).lower(type_expr, frozenset())


class _Lowering:
    def __init__(self, aliases: Mapping[str, ast.TypeExpr], whole_unions: bool) -> None:
        self._aliases = aliases
        self._whole_unions = whole_unions

    def lower(self, type_expr: ast.TypeExpr, expanding: frozenset[str]) -> dict[str, Any] | None:
        """The schema of one type; expanding holds the aliases whose bodies are being lowered around it."""
        type_expr, expanding = self._expanded(type_expr, expanding)
        match type_expr:
            case ast.NamedType(name=name) if name in _NAMED:
                return {"type": name}
            case ast.LitStringType(value=text):
                return {"type": "string", "const": text}
            case ast.LitIntType(value=number):
                return {"type": "int", "const": number}
            case ast.FnType():
                return {"type": "closure"}
            case ast.ListType(element=element):
                items = self.lower(element, expanding)
                return {"type": "list"} if items is None else {"type": "list", "items": items}
            case ast.DictType(key=key, value=value):
                return self._dict(key, value, expanding)
            case ast.ShapeType(fields=fields):
                return self._shape(fields, expanding)
            case ast.UnionType(members=members):
                return self._union(members, expanding)
            case _:
                return None

    def _expanded(self, type_expr: ast.TypeExpr, expanding: frozenset[str]) -> tuple[ast.TypeExpr, frozenset[str]]:
        """type_expr with an alias at its top replaced by its body; an alias that leads back to itself stays a name."""
        while isinstance(type_expr, ast.NamedType) and type_expr.name not in _NAMED:
            name = type_expr.name
            if name in expanding or name not in self._aliases:
                break
            type_expr, expanding = self._aliases[name], expanding | {name}
        return type_expr, expanding

    def _dict(self, key: ast.TypeExpr, value: ast.TypeExpr, expanding: frozenset[str]) -> dict[str, Any]:
        key, _ = self._expanded(key, expanding)
        values = self.lower(value, expanding)
        if values is None or not (isinstance(key, ast.NamedType) and key.name == "string"):
            return {"type": "dict"}
        return {"type": "dict", "additional_properties": values}

    def _shape(self, fields: tuple[ast.ShapeField, ...], expanding: frozenset[str]) -> dict[str, Any] | None:
        properties: dict[str, Any] = {}
        for field in fields:
            schema = self.lower(field.type, expanding)
            if schema is None:
                return None
            properties[field.name] = schema
        result: dict[str, Any] = {"type": "dict", "properties": properties}
        required = [field.name for field in fields if not field.optional]
        if required:
            result["required"] = required
        return result

    def _union(self, members: tuple[ast.TypeExpr, ...], expanding: frozenset[str]) -> dict[str, Any] | None:
        expanded = [self._expanded(member, expanding) for member in members]
        texts = [member.value for member, _ in expanded if isinstance(member, ast.LitStringType)]
        if len(texts) == len(members):
            return {"type": "string", "enum": texts}
        numbers = [member.value for member, _ in expanded if isinstance(member, ast.LitIntType)]
        if len(numbers) == len(members):
            return {"type": "int", "enum": numbers}
        schemas = [self.lower(member, inside) for member, inside in expanded]
        branches = [schema for schema in schemas if schema is not None]
        if not branches or (self._whole_unions and len(branches) < len(members)):
            return None
        return {"union": branches}
