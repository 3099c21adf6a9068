"""Tool definitions from Harn to the provider channel (chapter 11 section 8)."""

from __future__ import annotations

from harnpy.llm.json_values import Json, to_json
from harnpy.llm.providers.styles import Style
from harnpy.vm.display import display
from harnpy.vm.errors import HarnError, thrown
from harnpy.vm.schema import canonicalize, to_json_schema
from harnpy.vm.values import Value

_TYPES = {
    "int": "integer",
    "integer": "integer",
    "float": "number",
    "number": "number",
    "bool": "boolean",
    "boolean": "boolean",
    "list": "array",
    "array": "array",
    "dict": "object",
    "object": "object",
}


def tool_definitions(tools: Value) -> list[dict[str, Value]]:
    """The tool dicts of a registry or list; a registry in a list, such as a declared `tool`, stands for its tools.

    Raises thrown strings for anything else.
    """
    if type(tools) is dict:
        tools = tools.get("tools")
    if type(tools) is not list:
        raise thrown("tools must be a tool_registry or a list of tool definition dicts")
    for tool in tools:
        if type(tool) is str:
            raise thrown("tools must be declared as tool definition dicts or a tool_registry")
        if type(tool) is not dict:
            raise thrown("tools must contain only tool definition dicts")
    return [definition for tool in tools for definition in _definitions_in(tool)]


def _definitions_in(tool: dict[str, Value]) -> list[dict[str, Value]]:
    return tool_definitions(tool) if tool.get("_type") == "tool_registry" else [tool]


def tool_names(tools: Value) -> list[str]:
    """The names of a tools value that tool_definitions has accepted; none for nil."""
    if tools is None:
        return []
    return [_text(tool, "name") for tool in tool_definitions(tools)]


def native_tools(tools: Value, style: Style) -> list[Json]:
    """The definitions as a provider takes them. Raises as tool_definitions does."""
    return [_native_tool(tool, style) for tool in tool_definitions(tools)]


def _native_tool(tool: dict[str, Value], style: Style) -> Json:
    schema = input_schema(tool.get("parameters"))
    extra = {"x-harn-output-schema": to_json(tool["outputSchema"])} if tool.get("outputSchema") is not None else {}
    named: dict[str, Json] = {"name": _text(tool, "name"), "description": _text(tool, "description")}
    if style is Style.ANTHROPIC:
        return {**named, "input_schema": schema, **extra}
    return {"type": "function", "function": {**named, "parameters": schema, **extra}}


def input_schema(parameters: Value) -> dict[str, Json]:
    """The JSON schema of a tool's arguments; a parameter is required unless its dict says `required: false`."""
    given: dict[str, Value] = parameters if type(parameters) is dict else {}
    return {
        "type": "object",
        "properties": {name: _parameter_schema(given[name]) for name in sorted(given)},
        "required": [name for name in sorted(given) if not _optional(given[name])],
        "additionalProperties": False,
    }


def _parameter_schema(parameter: Value) -> Json:
    if type(parameter) is not dict:
        return {"type": _TYPES.get(display(parameter), "string")}
    declared = declared_schema(parameter)
    try:
        schema = to_json_schema(canonicalize(declared))
    except HarnError:
        schema = declared
    if schema.get("type") == "any":
        del schema["type"]
    wire: Json = to_json(schema)
    return wire


def declared_schema(parameter: dict[str, Value]) -> dict[str, Value]:
    """The schema in the declaration of a parameter.

    Its own `required` is a flag about it, not the list of names that a schema has under this key.
    """
    return {key: value for key, value in parameter.items() if key != "required" or type(value) is list}


def _optional(parameter: Value) -> bool:
    return type(parameter) is dict and parameter.get("required") is False


def _text(tool: dict[str, Value], key: str) -> str:
    value = tool.get(key)
    return "" if value is None else display(value)
