"""Tool registries as schemas and texts, and the calls and results of models that get them so (chapter 12 section 12.6.2)."""

from __future__ import annotations

from contextlib import suppress

from harnpy.builtins.json_reader import parse_json
from harnpy.builtins.json_syntax import JsonError
from harnpy.builtins.json_writer import to_json
from harnpy.builtins.tools import checked_registry, entry_name, entry_text, tool_entries
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import MISSING, Value

_JSON_TYPES = {
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "boolean": "boolean",
    "list": "array",
    "array": "array",
    "dict": "object",
    "object": "object",
}
_CALL_START = "<tool_call>"
_CALL_END = "</tool_call>"

_PROMPT_HEAD = """\
# Available Tools

You may use the tools below. Write a tool call in exactly this form:

<tool_call>{"name": "tool_name", "arguments": {"param": "value"}}</tool_call>

One response may hold several tool calls. Wait for their results before you go on.

## Tools
"""


@builtin("tool_schema(registry: dict, components?: dict) -> dict", pure=True)
def tool_schema(registry: Value = None, components: Value = None) -> Value:
    """The registry as JSON Schema: `{schema_version, tools: [{name, description, inputSchema, outputSchema?}]}`.

    components resolves `{$ref: "X"}`, and the result has it as `components.schemas`. Throws a string when the first
    argument is no registry.
    """
    known = checked_registry("tool_schema", registry)
    shared = components if type(components) is dict else {}
    result: dict[str, Value] = {"schema_version": "harn-tools/1.0"}
    if type(components) is dict:
        result["components"] = {"schemas": components}
    result["tools"] = [_tool(entry, shared) for entry in tool_entries(known)]
    return result


@builtin("tool_describe(registry: dict) -> string", pure=True)
def tool_describe(registry: Value = None) -> Value:
    """The tools as a list for people, sorted by name. Throws a string for what is no registry."""
    entries = _by_name(checked_registry("tool_describe", registry))
    lines = ["Available tools:"]
    for entry in entries:
        lines.append(f"- {entry_name(entry)}({_parameters_text(entry)}): {entry_text(entry, 'description')}")
        if entry.get("outputSchema") is not None:
            lines.append(f"  returns {_schema_text(entry['outputSchema'])}")
    return "\n".join(lines if entries else [*lines, "(none)"])


@builtin("tool_prompt(registry: dict) -> string", pure=True)
def tool_prompt(registry: Value = None) -> Value:
    """A system prompt for calls in the form that tool_parse_call reads. Throws a string for what is no registry."""
    entries = _by_name(checked_registry("tool_prompt", registry))
    if not entries:
        return "No tools are available."
    lines = [_PROMPT_HEAD]
    for entry in entries:
        lines += [f"### {entry_name(entry)}", entry_text(entry, "description")]
        parameters = _parameters_text(entry)
        if parameters:
            lines.append(f"Parameters: {parameters}")
        output = _schema_text(entry.get("outputSchema"))
        if output:
            lines.append(f"Returns: {output}")
        lines.append("")
    return "\n".join(lines).rstrip()


@builtin("tool_parse_call(text: string) -> list", pure=True)
def tool_parse_call(text: Value = None) -> Value:
    """The JSON values of the `<tool_call>...</tool_call>` blocks of a text, in order; other blocks are passed over."""
    calls: list[Value] = []
    whole = display(text)
    start = whole.find(_CALL_START)
    while start >= 0:
        body = start + len(_CALL_START)
        end = whole.find(_CALL_END, body)
        if end < 0:
            break
        with suppress(JsonError):
            calls.append(parse_json(whole[body:end].strip()))
        start = whole.find(_CALL_START, end)
    return calls


@builtin("tool_format_result(name: string, result: any) -> string", pure=True)
def tool_format_result(name: Value = MISSING, result: Value = MISSING) -> Value:
    """A result for a model that was prompted by tool_prompt. Throws a string when an argument is missing."""
    if result is MISSING:
        raise thrown("tool_format_result: requires name and result")
    return f'<tool_result>{{"name": {to_json(display(name))}, "result": {to_json(display(result))}}}</tool_result>'


def _by_name(registry: dict[str, Value]) -> list[dict[str, Value]]:
    return sorted(tool_entries(registry), key=entry_name)


def _tool(entry: dict[str, Value], components: dict[str, Value]) -> dict[str, Value]:
    parameters = entry.get("parameters")
    shapes = parameters if type(parameters) is dict else {}
    schema: dict[str, Value] = {
        "type": "object",
        "properties": {name: _json_schema(shapes[name], components) for name in sorted(shapes)},
    }
    required = [name for name in sorted(shapes) if not _is_optional(shapes[name])]
    if required:
        schema["required"] = required
    tool: dict[str, Value] = {
        "name": entry_name(entry),
        "description": entry_text(entry, "description"),
        "inputSchema": schema,
    }
    if entry.get("outputSchema") is not None:
        tool["outputSchema"] = _json_schema(entry["outputSchema"], components)
    return tool


def _is_optional(shape: Value) -> bool:
    return type(shape) is dict and shape.get("required") is False


def _json_schema(shape: Value, components: dict[str, Value]) -> Value:
    if type(shape) is str:
        return {"type": _JSON_TYPES.get(shape, "string")}
    if type(shape) is dict:
        reference = shape.get("$ref")
        if type(reference) is str:
            return components.get(reference, {"$ref": f"#/components/schemas/{reference}"})
        # The flag of an optional parameter is no part of its schema.
        return {key: value for key, value in shape.items() if not (key == "required" and value is False)}
    return {"type": "string"}


def _parameters_text(entry: dict[str, Value]) -> str:
    parameters = entry.get("parameters")
    return _sorted_text(parameters) if type(parameters) is dict else ""


def _schema_text(schema: Value) -> str:
    if type(schema) is str:
        return schema
    if type(schema) is not dict:
        return ""
    reference = schema.get("$ref")
    return f"$ref({reference})" if type(reference) is str else _sorted_text(schema)


def _sorted_text(values: dict[str, Value]) -> str:
    return ", ".join(f"{key}: {display(values[key])}" for key in sorted(values))
