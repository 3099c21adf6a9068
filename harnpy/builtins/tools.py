"""Tool registries as values: tool_registry, tool_define, tool_schema (chapter 02 section 14.2)."""

from __future__ import annotations

from harnpy.vm.errors import thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import MISSING, Value

_KIND = "tool_registry"
_JSON_TYPES = {"int": "integer", "float": "number", "bool": "boolean", "list": "array", "dict": "object"}


@builtin("tool_registry() -> dict", pure=True)
def tool_registry() -> Value:
    """An empty tool registry."""
    return {"_type": _KIND, "tools": []}


def is_registry(value: Value) -> bool:
    """Whether value is a dict that tool_registry or a tool declaration made."""
    return type(value) is dict and value.get("_type") == _KIND and type(value.get("tools")) is list


@builtin("tool_define(registry: dict, name: string, description: string, config: dict) -> dict", pure=True)
def tool_define(
    registry: Value = MISSING, name: Value = MISSING, description: Value = MISSING, config: Value = MISSING
) -> Value:
    """A registry with one more tool; one of the same name is replaced and the new one goes last.

    config holds `parameters` (a dict), `handler` (a closure), `returns` (an output schema), `annotations`; further
    keys are kept. Throws a string when an argument is missing or of the wrong kind.
    """
    from harnpy.vm.display import display

    if config is MISSING:
        raise thrown("tool_define: requires registry, name, description, and config dict")
    if type(registry) is not dict:
        raise thrown("tool_define: first argument must be a tool registry")
    if not is_registry(registry):
        raise thrown("tool_define: argument must be a tool registry (created with tool_registry())")
    if type(config) is not dict:
        raise thrown("tool_define: config must be a dict with parameters and handler")
    if "params" in config:
        raise thrown("tool_define: use 'parameters', not 'params'")
    entry = {key: value for key, value in config.items() if key != "returns"}
    entry["name"] = display(name)
    entry["description"] = display(description)
    entry["handler"] = config.get("handler")
    parameters = config.get("parameters")
    entry["parameters"] = {} if parameters is None else parameters
    if config.get("returns") is not None:
        entry["outputSchema"] = config["returns"]
    others = [tool for tool in registry["tools"] if type(tool) is not dict or tool.get("name") != entry["name"]]
    return {**registry, "tools": [*others, entry]}


@builtin("tool_schema(registry: dict, components?: dict) -> dict", pure=True)
def tool_schema(registry: Value = None, components: Value = None) -> Value:
    """The registry as JSON Schema: `{schema_version, tools: [{name, description, inputSchema, outputSchema?}]}`.

    components resolves `{$ref: "X"}` parameters. Throws a string when the first argument is no registry.
    """
    if not is_registry(registry):
        raise thrown("tool_schema: argument must be a tool registry (created with tool_registry())")
    known = components if type(components) is dict else {}
    tools = []
    for tool in registry["tools"]:
        parameters = tool.get("parameters")
        shapes = parameters if type(parameters) is dict else {}
        properties = {name: _parameter(shapes[name], known) for name in sorted(shapes)}
        required = [name for name in sorted(shapes) if not _is_optional(shapes[name])]
        schema: dict[str, Value] = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        entry = {"name": tool.get("name"), "description": tool.get("description"), "inputSchema": schema}
        if tool.get("outputSchema") is not None:
            entry["outputSchema"] = tool["outputSchema"]
        tools.append(entry)
    result: dict[str, Value] = {"schema_version": "harn-tools/1.0", "tools": tools}
    if type(components) is dict:
        result["components"] = components
    return result


def _is_optional(shape: Value) -> bool:
    return type(shape) is dict and shape.get("required") is False


def _parameter(shape: Value, components: dict[str, Value]) -> Value:
    if type(shape) is str:
        return {"type": _JSON_TYPES.get(shape, "string")}
    if type(shape) is dict:
        reference = shape.get("$ref")
        if type(reference) is str:
            return components.get(reference, {"$ref": f"#/components/schemas/{reference}"})
        return {key: value for key, value in shape.items() if not (key == "required" and value is False)}
    return {"type": "string"}
