"""Canonical schemas in the vocabulary of JSON Schema and OpenAPI (chapter 06 section 12.5; 02 section 14.1)."""

from __future__ import annotations

from harnpy.records import Enum
from harnpy.vm.schema.canonical import METADATA, Schema
from harnpy.vm.values import Value

_TYPE_NAMES = {
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
    "nil": "null",
}

_SAME = (*METADATA, "pattern", "default", "const", "enum", "required", "$ref")
_LENGTHS = {"min_length": "minLength", "max_length": "maxLength", "min_items": "minItems", "max_items": "maxItems"}
_BOUNDS = {"min": "minimum", "max": "maximum"}
_BRANCHES = {"union": "oneOf", "all_of": "allOf"}


class Dialect(Enum):
    """How "nil is accepted" is written: as a type of its own, or as a flag."""

    JSON_SCHEMA = "json_schema"
    OPENAPI = "openapi"


def to_json_schema(schema: Schema, dialect: Dialect = Dialect.JSON_SCHEMA) -> Schema:
    """The JSON Schema (or OpenAPI schema) of a canonical schema, recursively."""
    result: Schema = {name: schema[name] for name in _SAME if name in schema}
    if "type" in schema:
        _export_type(schema, dialect, result)
    if "nullable" in schema and dialect is Dialect.OPENAPI:
        result["nullable"] = True
    for name, exported in _LENGTHS.items():
        if name in schema:
            result[exported] = schema[name]
    for name, exported in _BOUNDS.items():
        if name in schema:
            result[exported] = _as_float(schema[name])
    for name, exported in _BRANCHES.items():
        if name in schema:
            result[exported] = [to_json_schema(branch, dialect) for branch in schema[name]]
    if "items" in schema:
        result["items"] = to_json_schema(schema["items"], dialect)
    if "additional_properties" in schema:
        additional = schema["additional_properties"]
        result["additionalProperties"] = to_json_schema(additional, dialect) if type(additional) is dict else additional
    for name in ("properties", "definitions"):
        if name in schema:
            result[name] = _export_named(schema[name], dialect)
    if "components" in schema:
        components = schema["components"]
        if type(components) is dict and type(components.get("schemas")) is dict:
            components = {**components, "schemas": _export_named(components["schemas"], dialect)}
        result["components"] = components
    return result


def _export_named(schemas: dict[str, Schema], dialect: Dialect) -> dict[str, Schema]:
    return {name: to_json_schema(schema, dialect) for name, schema in schemas.items()}


def _export_type(schema: Schema, dialect: Dialect, result: Schema) -> None:
    name = schema["type"]
    exported = _TYPE_NAMES.get(name, name)
    if name == "set":
        exported = "array"
        result["uniqueItems"] = True
    elif name in ("closure", "builtin"):
        exported = "string"
        result["x-harn-type"] = name
    if "nullable" in schema and dialect is Dialect.JSON_SCHEMA:
        result["type"] = [exported, "null"]
    else:
        result["type"] = exported


def _as_float(bound: Value) -> float:
    try:
        return float(bound)
    except OverflowError:
        return float("inf") if bound > 0 else float("-inf")
