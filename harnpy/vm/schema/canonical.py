"""Schemas in canonical spelling (chapter 06 section 12.1): which keywords exist, how else they may be spelled, which
values count. Knows nothing of validation; unknown keywords and keywords with unusable values are dropped.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.schema_spellings import SCHEMA_TYPES
from harnpy.records import Record
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

Schema: TypeAlias = dict[str, Value]

# Keywords that say something about a schema and check nothing; they are kept unchanged.
METADATA = (
    "title",
    "description",
    "format",
    "deprecated",
    "readOnly",
    "writeOnly",
    "example",
    "examples",
    "x-harn-type",
)


class _Unusable:
    """The type of UNUSABLE: what a reader returns for a value that its keyword does not take."""


_UNUSABLE = _Unusable()


def canonicalize(schema: Value) -> Schema:
    """The canonical form of a schema, recursively; the argument is not changed.

    Raises a thrown HarnError: `schema must be a dict` for any schema position that holds something else,
    `schema union/all_of must be a list`.
    """
    if type(schema) is not dict:
        raise thrown("schema must be a dict")
    result: Schema = {}
    for key, value in schema.items():
        keyword = _KEYWORDS.get(key)
        if keyword is None or any(spelling in schema for spelling in keyword.yields_to):
            continue
        read = keyword.read(value)
        if read is not _UNUSABLE:
            result[keyword.name] = read
    names = schema.get("type")
    if type(names) is list:
        result["union"] = [{"type": _type_spelling(display(name))} for name in names]
    if schema.get("uniqueItems") is True and result.get("type") == "list":
        result["x-harn-type"] = "set"
    if result.get("x-harn-type") == "set":
        result["type"] = "set"
    return result


def is_object_like(schema: Schema) -> bool:
    """Whether a canonical schema describes a dict by its keywords, even when it does not name the type."""
    return (
        schema.get("type") == "dict"
        or "properties" in schema
        or "required" in schema
        or "additional_properties" in schema
    )


def _type_spelling(name: str) -> str:
    return SCHEMA_TYPES.get(name, name)


def _anything(value: Value) -> Value:
    return value


def _type(value: Value) -> Value:
    return _type_spelling(value) if type(value) is str else _UNUSABLE


def _text(value: Value) -> Value:
    return value if type(value) is str else _UNUSABLE


def _number(value: Value) -> Value:
    return value if type(value) is int or type(value) is float else _UNUSABLE


def _count(value: Value) -> Value:
    return value if type(value) is int else _UNUSABLE


def _true(value: Value) -> Value:
    return True if value is True else _UNUSABLE


def _values(value: Value) -> Value:
    return value if type(value) is list else _UNUSABLE


def _names(value: Value) -> Value:
    return [display(name) for name in value] if type(value) is list else []


def _schemas(value: Value) -> Value:
    return {name: canonicalize(schema) for name, schema in value.items()} if type(value) is dict else _UNUSABLE


def _flag_or_schema(value: Value) -> Value:
    if type(value) is bool:
        return value
    return canonicalize(value) if type(value) is dict else _UNUSABLE


def _branches(value: Value) -> Value:
    if type(value) is not list:
        raise thrown("schema union/all_of must be a list")
    return [canonicalize(branch) for branch in value]


def _components(value: Value) -> Value:
    if type(value) is dict and type(value.get("schemas")) is dict:
        return {**value, "schemas": _schemas(value["schemas"])}
    return value


class _Keyword(Record):
    """One accepted spelling: the canonical name, how its value is read, and the spellings that win over it."""

    name: str
    read: Callable[[Value], Value]
    yields_to: tuple[str, ...] = ()


def _keyword_table() -> dict[str, _Keyword]:
    readers: dict[str, Callable[[Value], Value]] = {
        "type": _type,
        "properties": _schemas,
        "required": _names,
        "additional_properties": _flag_or_schema,
        "items": canonicalize,
        "nullable": _true,
        "enum": _values,
        "const": _anything,
        "default": _anything,
        "min": _number,
        "max": _number,
        "min_length": _count,
        "max_length": _count,
        "min_items": _count,
        "max_items": _count,
        "pattern": _text,
        "union": _branches,
        "all_of": _branches,
        "$ref": _text,
        "definitions": _schemas,
        "components": _components,
    }
    readers.update(dict.fromkeys(METADATA, _anything))
    other_spellings = {
        "additional_properties": ("additionalProperties",),
        "min": ("minimum",),
        "max": ("maximum",),
        "min_length": ("minLength",),
        "max_length": ("maxLength",),
        "min_items": ("minItems",),
        "max_items": ("maxItems",),
        "union": ("oneOf", "anyOf"),
        "all_of": ("allOf",),
    }
    table: dict[str, _Keyword] = {}
    for name, read in readers.items():
        spellings = (name, *other_spellings.get(name, ()))
        for index, spelling in enumerate(spellings):
            table[spelling] = _Keyword(name, read, spellings[:index])
    return table


_KEYWORDS = _keyword_table()
