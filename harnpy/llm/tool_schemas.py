"""The schemas of the tools that a model is offered, as checks, prompts and transcripts use them (chapter 12 section 12.4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from harnpy.llm.json_values import Json, to_json
from harnpy.llm.tool_types import (
    ArrayOf,
    Field,
    Fields,
    Intersection,
    Literal,
    Primitive,
    Reference,
    ToolType,
    TypeReader,
    Union,
    Unknown,
    in_order,
)
from harnpy.llm.tools_wire import tool_definitions
from harnpy.vm.display import display
from harnpy.vm.values import Value


@dataclass(frozen=True, slots=True)
class ToolSchema:
    """A tool as models see it; required parameters first, then by name."""

    name: str
    description: str
    parameters: tuple[Field, ...]
    compact: bool = False


@dataclass(frozen=True, slots=True)
class CollectedSchemas:
    """The schemas sorted by name, and the types that references in them name, in order of their first mention."""

    tools: tuple[ToolSchema, ...]
    named_types: dict[str, ToolType]


def collect_schemas(tools: Value, native: Sequence[Json] = ()) -> CollectedSchemas:
    """The schemas of a tools value, nil for none, and of native definitions of tools that it does not have.

    Of two tools with one name the first counts. Raises thrown strings as tool_definitions does.
    """
    named: dict[str, ToolType] = {}
    by_name: dict[str, ToolSchema] = {}
    reader = TypeReader(cache(lambda: to_json(tools)), named)
    for tool in tool_definitions(tools) if tools is not None else ():
        if tool.get("name") is not None and display(tool["name"]) not in by_name:
            schema = _registry_schema(tool, reader)
            by_name[schema.name] = schema
    for definition in native:
        function = definition.get("function", definition) if isinstance(definition, dict) else None
        if isinstance(function, dict) and isinstance(function.get("name"), str) and function["name"] not in by_name:
            by_name[function["name"]] = _native_schema(definition, function, named)
    return CollectedSchemas(tuple(by_name[name] for name in sorted(by_name)), named)


def _registry_schema(tool: dict[str, Value], reader: TypeReader) -> ToolSchema:
    parameters = tool.get("parameters")
    given: dict[str, Value] = parameters if type(parameters) is dict else {}
    return ToolSchema(
        display(tool["name"]),
        _text(tool.get("description")),
        in_order(_parameter(name, value, reader) for name, value in given.items()),
        tool.get("compact") is True,
    )


def _parameter(name: str, value: Value, reader: TypeReader) -> Field:
    if type(value) is not dict:
        return Field(name, Primitive("string"), True, display(value))
    schema: Json = to_json(value)
    return reader.field(name, schema, schema.get("required") is not False)


def _native_schema(definition: Json, function: dict[str, Json], named: dict[str, ToolType]) -> ToolSchema:
    schema = function.get("parameters") or function.get("input_schema")
    fields = TypeReader(lambda: definition, named).fields(schema) if isinstance(schema, dict) else ()
    return ToolSchema(function["name"], _text(function.get("description")), fields)


def tool_schemas(tools: Value) -> list[Json]:
    """The schemas of a tools value that options have accepted, as transcripts record them."""
    return [_recorded_schema(tool) for tool in collect_schemas(tools).tools]


def _recorded_schema(tool: ToolSchema) -> Json:
    return {
        "name": tool.name,
        "description": tool.description,
        "params": [_recorded_field(field) for field in tool.parameters],
        "compact": tool.compact,
    }


def _recorded_field(field: Field) -> Json:
    return {
        "name": field.name,
        "ty": recorded_type(field.type),
        "description": field.description,
        "required": field.required,
        "default": field.default,
        "examples": list(field.examples),
    }


def recorded_type(kind: ToolType) -> Json:
    """A type as transcripts record it."""
    match kind:
        case Unknown():
            return "Unknown"
        case Primitive(name):
            return {"Primitive": name}
        case Literal(value):
            return {"Literal": value}
        case Reference(name):
            return {"Ref": name}
        case ArrayOf(item):
            return {"Array": recorded_type(item)}
        case Fields(fields):
            return {"Object": [_recorded_field(field) for field in fields]}
        case Union(members):
            return {"Union": [recorded_type(member) for member in members]}
        case Intersection(members):
            return {"Intersection": [recorded_type(member) for member in members]}


def _text(value: Value) -> str:
    return "" if value is None else display(value)
