"""The tool contract prompt: types, declarations, bullets, shared types, and the prompt as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harnpy.agents.contract import contract_prompt
from harnpy.agents.tool_set import collect_tools
from harnpy.agents.type_text import type_text
from harnpy.llm.mock import MockProvider
from harnpy.llm.providers.styles import Style
from harnpy.llm.tool_types import TypeReader
from harnpy.llm.tools_wire import native_tools
from harnpy.vm.errors import HarnError

GOLDEN = Path(__file__).parent / "golden"


def rendered(schema: Any) -> str:
    return type_text(TypeReader(lambda: {}, {}).read(schema))


def tool(name: str, parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "description": "", "parameters": parameters, "handler": None, **more}


def registry(*tools: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"_type": "tool_registry", "tools": list(tools), **more}


def prompt(*tools: dict[str, Any], native: bool = False, gated: bool = False, examples: str | None = None) -> str:
    return contract_prompt(collect_tools(registry(*tools)), native=native, action_gated=gated, examples=examples)


def declaration(parameters: dict[str, Any], **more: Any) -> str:
    return prompt(tool("f", parameters, **more)).partition("## Available tools\n\n")[2]


# --- types -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        *((word, "string") for word in ("str", "string")),
        *((word, "number") for word in ("int", "integer", "long", "number", "float", "double")),
        *((word, "boolean") for word in ("bool", "boolean")),
        *((word, "null") for word in ("nil", "null", "none")),
        *((word, "object") for word in ("dict", "map", "object")),
        *((word, "unknown[]") for word in ("list", "array")),
        ("any", "any"),
        ("void", "void"),
        ("Custom", "Custom"),
        ({}, "unknown"),
        (7, "unknown"),
        ({"const": "a"}, '"a"'),
        ({"enum": ["a", 2, True, None, 0.5, {"b": [1], "a": 2}]}, '"a" | 2 | true | null | 0.5 | {"a":2,"b":[1]}'),
        ({"enum": ['say "hi"\\']}, '"say \\"hi\\"\\\\"'),
        ({"enum": []}, "unknown"),
        ({"oneOf": ["string", {}, "int"]}, "string | number"),
        ({"oneOf": [{}]}, "unknown"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string | null"),
        ({"allOf": ["A", {"oneOf": ["B", "C"]}]}, "A & (B | C)"),
        ({"type": ["string", "null"]}, "string | null"),
        ({"type": "array", "items": {"type": "integer"}}, "number[]"),
        ({"type": "array"}, "unknown[]"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, '("a" | "b")[]'),
        ({"type": "array", "items": {"allOf": ["A", "B"]}}, "(A & B)[]"),
        ({"type": "array", "items": {"type": "array", "items": "str"}}, "string[][]"),
        ({"type": "string", "nullable": True}, "string | null"),
        ({"type": ["string", "null"], "nullable": True}, "string | null"),
        ({"type": "array", "items": {"type": "string", "nullable": True}}, "(string | null)[]"),
        ({"type": "object", "properties": {}}, "{}"),
        (
            {"type": "object", "properties": {"b": "int", "a": "str", "c": "bool"}, "required": ["c"]},
            "{ c: boolean /* required */; a?: string /* optional */; b?: number /* optional */ }",
        ),
    ],
)
def test_a_schema_is_shown_in_the_notation_of_typescript(schema: Any, text: str) -> None:
    assert rendered(schema) == text


def test_a_reference_comes_before_everything_else_in_a_schema() -> None:
    assert rendered({"$ref": "#/types/Node", "type": "string", "enum": ["a"]}) == "Node"


# --- declarations ----------------------------------------------------------------------------------------------------


def test_a_tool_without_parameters_takes_an_empty_object() -> None:
    assert declaration({}) == "declare function f(args: {}): string;"


def test_comments_tell_need_description_default_and_examples() -> None:
    parameters = {
        "z": {"type": "int", "description": "  how many ", "default": 3, "example": 7},
        "path": {"type": "string", "description": "a file"},
        "mode": {"type": "string", "required": False, "examples": ["a", "b"], "default": None},
        "plain": "some text",
    }
    assert declaration(parameters) == (
        "declare function f(args: { path: string /* required — a file */; "
        "plain: string /* required — some text */; "
        "z: number /* required — how many — default 3 — example 7 */; "
        'mode?: string /* optional — default null — examples "a", "b" */ }): string;'
    )


def test_nothing_in_a_description_ends_its_comment() -> None:
    text = declaration({"x": {"type": "int", "description": "a */ b"}}, description="first */\n\nsecond")
    assert text == (
        "declare function f(args: { x: number /* required — a * / b */ }): string;\n"
        "/**\n * first * /\n *\n * second\n */"
    )


def test_a_key_that_is_no_identifier_stands_in_quotes_as_a_call_has_to_write_it() -> None:
    assert 'args: { "file-path": string' in declaration({"file-path": "string"})


def test_compact_tools_are_bullets_with_the_first_sentence() -> None:
    text = prompt(
        tool("zip", {"a": "x"}, compact=True, description="Zips files. Fast\nand well"),
        tool("big", {}, description="Does much"),
        tool("art", {}, compact=True, description="Draws\nmuch. More"),
        tool("bare", {}, compact=True),
        tool("ok", {}, compact=1),
    )
    whole, _, others = text.partition("\n\n## Other tools")
    assert others.partition("\n\n")[2] == (
        "- `art({})` — Draws\n- `bare({})`\n- `zip({ a: string /* required — x */ })` — Zips files"
    )
    assert whole.endswith(
        "## Available tools\n\ndeclare function big(args: {}): string;\n/**\n * Does much\n */\n\n"
        "declare function ok(args: {}): string;"
    )


def test_the_first_of_two_tools_with_one_name_counts_and_nameless_ones_do_not() -> None:
    tools = collect_tools(registry(tool("f", {"a": "x"}), tool("f", {"b": "y"}), {"description": "no name"}))
    assert [parameter.name for parameter in tools.schemas[0].parameters] == ["a"]
    assert (tools.names, tools.entry("f"), tools.schema("g")) == (("f",), tools.value["tools"][0], None)


# --- shared types ----------------------------------------------------------------------------------------------------

NODE = {
    "type": "object",
    "properties": {"next": {"$ref": "#/types/Node"}, "of": {"$ref": "#/types/Kind"}},
    "required": ["of"],
}


def test_referenced_types_are_declared_once_in_order_of_mention_even_if_they_mention_themselves() -> None:
    tools = registry(
        tool("a", {"x": {"$ref": "#/types/Node"}}),
        tool("b", {"x": {"$ref": "#/types/Node"}, "y": {"$ref": "#/types/Absent"}}),
        types={"Node": NODE, "Kind": {"enum": ["leaf", "list"]}},
    )
    text = contract_prompt(collect_tools(tools), native=False, action_gated=False)
    shared = text.partition("## Shared types\n\n")[2].partition("\n\n")[0]
    assert shared == (
        'type Node = { of: Kind /* required */; next?: Node /* optional */ };\ntype Kind = "leaf" | "list";'
    )
    assert "declare function b(args: { x: Node /* required */; y: Absent /* required */ }): string;" in text


def test_native_definitions_add_tools_and_resolve_references_in_themselves() -> None:
    definition = {
        "type": "function",
        "function": {
            "name": "extra",
            "description": "More",
            "parameters": {
                "type": "object",
                "properties": {"b": {"type": "string"}, "a": {"$ref": "#/function/parameters/$defs/Id"}},
                "required": ["b"],
                "$defs": {"Id": {"type": "integer"}},
            },
        },
    }
    own = {"name": "f", "description": "ignored", "input_schema": {"type": "object", "properties": {}}}
    tools = collect_tools(registry(tool("f", {"x": "text"})), [definition, own, {"name": "bare"}, 7])
    assert tools.names == ("bare", "extra", "f")
    assert [(each.name, each.required) for each in tools.schemas[1].parameters] == [("b", True), ("a", False)]
    assert tools.schema("f") == collect_tools(registry(tool("f", {"x": "text"}))).schema("f")
    assert "type Id = number;" in contract_prompt(tools, native=True, action_gated=False)
    assert tools.entry("extra") is None


def test_the_native_form_of_a_registry_adds_nothing_to_it() -> None:
    tools = registry(tool("f", {"x": {"type": "int"}}), tool("g", {}))
    for style in (Style.ANTHROPIC, Style.OPENAI):
        assert collect_tools(tools, native_tools(tools, style)) == collect_tools(tools)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("f", "tools must be a tool_registry or a list of tool definition dicts"),
        (["f"], "tools must be declared as tool definition dicts or a tool_registry"),
        ([7], "tools must contain only tool definition dicts"),
    ],
)
def test_what_is_no_tools_value_is_refused(value: Any, text: str) -> None:
    with pytest.raises(HarnError) as caught:
        collect_tools(value)
    assert caught.value.value == text


def test_no_tools_are_no_schemas() -> None:
    assert collect_tools(None).names == ()


# --- the whole prompt ------------------------------------------------------------------------------------------------

TOOLS = (
    tool("run", {"command": "shell command"}, description="Runs a command.\nGives its output."),
    tool("edit", {"path": {"type": "string"}, "content": {"type": "string", "required": False}}, description="Edits."),
    tool("find", {"name": "a pattern"}, description="Finds files. By name", compact=True),
)


@pytest.mark.parametrize("native", [False, True])
def test_the_prompt_as_a_whole(native: bool) -> None:
    text = prompt(*TOOLS, native=native, gated=native, examples="\n  an example \n" if native else None)
    path = GOLDEN / ("contract_native.txt" if native else "contract_text.txt")
    assert text == path.read_text(encoding="utf-8").removesuffix("\n")


def test_sections_come_in_order() -> None:
    text = prompt(*TOOLS, native=True, gated=True, examples="e")
    places = [
        text.index(mark)
        for mark in (
            "## Tool Calling Contract\n",
            "Active mode: `native`.",
            "native tool-calling channel",
            "strip the tools parameter",
            "## Response protocol\n",
            "## Task ledger\n",
            "This turn is action-gated.",
            "## Tool call examples\n\ne\n",
            "## Available tools\n\ndeclare function edit",
            "declare function run",
            "## Other tools (",
            "- `find(",
        )
    ]
    assert places == sorted(places)


def test_a_prompt_for_text_says_nothing_of_a_native_channel_nor_of_gates() -> None:
    text = prompt(*TOOLS, examples=" \n ")
    assert "Active mode: `text`." in text
    for absent in ("native", "action-gated", "Tool call examples", "Shared types"):
        assert absent not in text


def test_the_mock_provider_finds_the_sentinel_in_it() -> None:
    answer = MockProvider().answer([{"role": "user", "content": "do it"}], prompt(*TOOLS), None)
    assert answer["text"].endswith("\n<done>##DONE##</done>")
