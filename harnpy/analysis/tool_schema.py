"""The JSON Schema form of a parameter annotation, as tool registries carry it (chapter 02 section 14.1)."""

from __future__ import annotations

from collections.abc import Mapping

from harnpy import TYPE_CHECKING
from harnpy.analysis.type_schema import schema_of_type
from harnpy.syntax import ast

if TYPE_CHECKING:
    from typing import Any

_TYPES = {
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "string": "string",
    "list": "array",
    "dict": "object",
    "nil": "null",
}


def json_schema_of_type(type_expr: ast.TypeExpr, aliases: Mapping[str, ast.TypeExpr]) -> dict[str, Any] | None:
    """The JSON Schema of an annotation, or None when it has no schema."""
    schema = schema_of_type(type_expr, aliases, False)
    return None if schema is None else _convert(schema)


def _convert(schema: Mapping[str, Any]) -> dict[str, Any]:
    if "union" in schema:
        return {"oneOf": [_convert(member) for member in schema["union"]]}
    kind = schema.get("type")
    result: dict[str, Any] = {}
    if kind == "set":
        result = {"type": "array", "uniqueItems": True}
    elif kind == "closure":
        result = {"type": "string", "x-harn-type": "closure"}
    elif isinstance(kind, str):
        result["type"] = _TYPES.get(kind, kind)
    if "items" in schema:
        result["items"] = _convert(schema["items"])
    if "properties" in schema:
        result["properties"] = {name: _convert(each) for name, each in schema["properties"].items()}
    if schema.get("required"):
        result["required"] = list(schema["required"])
    if "additional_properties" in schema:
        extra = schema["additional_properties"]
        result["additionalProperties"] = _convert(extra) if isinstance(extra, Mapping) else extra
    for key in ("const", "enum"):
        if key in schema:
            result[key] = schema[key]
    return result
