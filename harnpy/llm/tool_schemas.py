"""Tool definitions as transcripts record them: parameters with types that can be shown (chapter 12 sections 12.4.3, 12.4.5)."""

from __future__ import annotations

from harnpy.llm.json_values import Json, to_json
from harnpy.llm.tools_wire import tool_definitions
from harnpy.vm.display import display
from harnpy.vm.values import Value

UNKNOWN = "Unknown"


def tool_schemas(tools: Value) -> list[Json]:
    """The schemas of a tools value that options have accepted, sorted by name; of two with one name the first counts."""
    if tools is None:
        return []
    by_name: dict[str, Json] = {}
    for tool in tool_definitions(tools):
        if tool.get("name") is not None:
            by_name.setdefault(display(tool["name"]), _tool_schema(tool))
    return [by_name[name] for name in sorted(by_name)]


def _tool_schema(tool: dict[str, Value]) -> Json:
    parameters = tool.get("parameters")
    fields = [_parameter(name, value) for name, value in parameters.items()] if type(parameters) is dict else []
    return {
        "name": display(tool["name"]),
        "description": _text(tool.get("description")),
        "params": _ordered(fields),
        "compact": tool.get("compact") is True,
    }


def _parameter(name: str, value: Value) -> Json:
    if type(value) is not dict:
        return _field(name, {"Primitive": "string"}, True, display(value), None, [])
    schema: Json = to_json(value)
    return _described_field(name, schema, schema.get("required") is not False)


def _described_field(name: str, schema: Json, required: bool) -> Json:
    if not isinstance(schema, dict):
        return _field(name, schema_type(schema), required, "", None, [])
    examples = schema.get("examples")
    if not isinstance(examples, list):
        examples = [schema["example"]] if schema.get("example") is not None else []
    description = _text(schema.get("description"))
    return _field(name, schema_type(schema), required, description, schema.get("default"), examples)


def _field(name: str, kind: Json, required: bool, description: str, default: Json, examples: list[Json]) -> Json:
    return {
        "name": name,
        "ty": kind,
        "description": description,
        "required": required,
        "default": default,
        "examples": examples,
    }


def _ordered(fields: list[Json]) -> list[Json]:
    """Required ones first, by name inside each group."""
    return sorted(fields, key=lambda field: (not field["required"], field["name"]))


def schema_type(schema: Json) -> Json:
    """The type that a JSON schema, or the name of a primitive, describes."""
    if isinstance(schema, str):
        return {"Primitive": schema}
    if not isinstance(schema, dict):
        return UNKNOWN
    kind = _plain_type(schema)
    if schema.get("nullable") is True:
        members = kind["Union"] if isinstance(kind, dict) and "Union" in kind else [kind]
        null = {"Primitive": "null"}
        return _joined("Union", members if null in members else [*members, null])
    return kind


def _plain_type(schema: dict[str, Json]) -> Json:
    if isinstance(schema.get("$ref"), str):
        return {"Ref": schema["$ref"].rpartition("/")[2]}
    if "const" in schema:
        return {"Literal": schema["const"]}
    if isinstance(schema.get("enum"), list):
        return _joined("Union", [{"Literal": value} for value in schema["enum"]])
    for key in ("oneOf", "anyOf"):
        if isinstance(schema.get(key), list):
            members = [member for member in map(schema_type, schema[key]) if member != UNKNOWN]
            return _joined("Union", members)
    if isinstance(schema.get("allOf"), list):
        return _joined("Intersection", [schema_type(member) for member in schema["allOf"]])
    named = schema.get("type")
    if isinstance(named, list):
        return _joined("Union", [{"Primitive": _text(name)} for name in named])
    if named == "array":
        return {"Array": schema_type(schema.get("items"))}
    if named == "object" and isinstance(schema.get("properties"), dict):
        return {"Object": _ordered(_properties(schema))}
    return {"Primitive": named} if isinstance(named, str) else UNKNOWN


def _properties(schema: dict[str, Json]) -> list[Json]:
    listed = schema.get("required")
    required = listed if isinstance(listed, list) else []
    return [_described_field(name, value, name in required) for name, value in schema["properties"].items()]


def _joined(kind: str, members: list[Json]) -> Json:
    """A union or intersection; of one member that member, of none the unknown type."""
    if not members:
        return UNKNOWN
    return members[0] if len(members) == 1 else {kind: members}


def _text(value: Value) -> str:
    return "" if value is None else display(value)
