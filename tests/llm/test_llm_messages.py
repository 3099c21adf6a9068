"""Messages and tool definitions from Harn to the wire."""

from __future__ import annotations

from typing import Any

import pytest

from harnpy.llm.json_values import compact_json, parse_json, to_json
from harnpy.llm.messages import content_text, message_shapes, wire_messages
from harnpy.llm.providers.styles import Style
from harnpy.llm.tools_wire import input_schema, native_tools
from harnpy.vm.compare import make_set
from harnpy.vm.errors import HarnError
from harnpy.vm.values import Duration


def test_a_prompt_is_one_user_message() -> None:
    assert wire_messages("hi", None) == [{"role": "user", "content": "hi"}]


def test_a_message_list_replaces_the_prompt_and_other_elements_are_dropped() -> None:
    assert wire_messages("hi", [{"role": "system", "content": "s"}, "x", 1]) == [{"role": "system", "content": "s"}]


def test_a_message_keeps_all_its_keys() -> None:
    message = {"role": "assistant", "content": None, "tool_calls": [{"id": "c"}], "name": "n", "custom": Duration(1000)}
    assert wire_messages("", [message]) == [{**message, "custom": "1s"}]


def test_missing_content_is_empty_text_and_a_missing_role_is_user() -> None:
    assert wire_messages("", [{}]) == [{"role": "user", "content": ""}]


def test_a_role_that_is_no_text_is_displayed() -> None:
    assert wire_messages("", [{"role": 1, "content": "x"}]) == [{"role": "1", "content": "x"}]


@pytest.mark.parametrize(("content", "text"), [("done", "done"), ({"b": 1, "a": [True]}, '{"a":[true],"b":1}')])
def test_a_tool_result_becomes_a_block_of_a_user_message(content: Any, text: str) -> None:
    block = {"type": "tool_result", "tool_use_id": "t1", "content": text}
    message = {"role": "tool_result", "tool_use_id": "t1", "content": content}
    assert wire_messages("", [message]) == [{"role": "user", "content": [block]}]


def test_blocks_travel_verbatim_but_for_their_visibility() -> None:
    block = {"type": "image", "source": {"type": "url", "url": "u"}}
    sent = wire_messages("", [{"role": "user", "content": [{**block, "visibility": "public"}]}])
    assert sent == [{"role": "user", "content": [block]}]


def test_values_that_json_lacks_become_their_display_text() -> None:
    assert to_json({"s": make_set([1, 2]), "d": Duration(1500), "f": 1.5, "n": None, "inf": float("inf")}) == {
        "s": "set(1, 2)",
        "d": "1500ms",
        "f": 1.5,
        "n": None,
        "inf": None,
    }


def test_dicts_are_sent_sorted_by_key() -> None:
    assert list(to_json({"b": 1, "a": {"d": 1, "c": 2}})) == ["a", "b"]
    assert compact_json({"é": 1, "a": "ü"}) == '{"a":"ü","é":1}'


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "[1e400]", "-1e400", "{", "", "[" * 1001 + "]" * 1001])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_json(text)


def test_numbers_of_any_size_are_read_as_json_parse_reads_them() -> None:
    assert list(map(repr, parse_json("[-0, 0, -0.0, -10, 99999999999999999999]"))) == [
        *("-0.0", "0", "-0.0", "-10", "99999999999999999999")
    ]


def test_brackets_inside_strings_are_no_nesting() -> None:
    assert parse_json('["' + "[" * 3000 + '"]') == ["[" * 3000]


def test_content_is_flattened_to_text() -> None:
    blocks = [
        {"type": "text", "text": "a"},
        {"type": "output_text", "text": "b"},
        {"type": "tool_result", "content": "r"},
        {"type": "thinking", "thinking": "t"},
        {"type": "image", "text": "i"},
        None,
        {"type": "image", "url": "u"},
    ]
    assert content_text(blocks) == 'ab\n\n[Result] r\nt\ni\n{"type":"image","url":"u"}'
    assert (content_text(None), content_text("x"), content_text({"a": 1})) == ("", "x", '{"a":1}')


def test_message_shapes_show_no_content() -> None:
    messages = [
        {"role": "user", "content": "secret", "tool_call_id": "x"},
        {"content": None, "tool_calls": [1, 2]},
        {"role": "a", "content": [], "reasoning": "r"},
        {"role": "b", "content": {}},
        {"role": "c"},
        {"role": "d", "content": 1},
    ]
    assert message_shapes(messages) == (
        "#0:user:content=string:tool_call_id=true:tool_calls=0:reasoning=false | "
        "#1:?:content=null:tool_call_id=false:tool_calls=2:reasoning=false | "
        "#2:a:content=array:tool_call_id=false:tool_calls=0:reasoning=true | "
        "#3:b:content=object:tool_call_id=false:tool_calls=0:reasoning=false | "
        "#4:c:content=missing:tool_call_id=false:tool_calls=0:reasoning=false | "
        "#5:d:content=other:tool_call_id=false:tool_calls=0:reasoning=false"
    )


@pytest.mark.parametrize(
    ("word", "mapped"),
    [
        ("int", "integer"),
        ("integer", "integer"),
        ("float", "number"),
        ("bool", "boolean"),
        ("list", "array"),
        ("dict", "object"),
        ("path to a file", "string"),
        (5, "string"),
    ],
)
def test_a_parameter_declared_by_a_word_has_its_type(word: Any, mapped: str) -> None:
    assert input_schema({"p": word})["properties"] == {"p": {"type": mapped}}


def test_a_parameter_declared_by_a_dict_keeps_what_it_says() -> None:
    parameter = {"type": "int", "description": "how many", "default": 3, "enum": [1, 3], "required": False}
    assert input_schema({"n": parameter, "m": {"type": "list", "items": {"type": "string"}}}) == {
        "type": "object",
        "properties": {
            "m": {"type": "array", "items": {"type": "string"}},
            "n": {"type": "integer", "description": "how many", "default": 3, "enum": [1, 3]},
        },
        "required": ["m"],
        "additionalProperties": False,
    }


def test_a_parameter_of_any_type_is_sent_without_one() -> None:
    assert input_schema({"x": {"type": "any", "description": "d"}})["properties"] == {"x": {"description": "d"}}


def test_a_parameter_that_is_no_schema_travels_unchanged() -> None:
    assert input_schema({"x": {"items": "strings"}})["properties"] == {"x": {"items": "strings"}}


def test_a_tool_without_parameters_takes_none() -> None:
    assert input_schema(None) == {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


def test_the_output_schema_of_a_tool_goes_where_the_format_has_room() -> None:
    tools = {"_type": "tool_registry", "tools": [{"name": "f", "outputSchema": {"type": "string"}}]}
    assert native_tools(tools, Style.ANTHROPIC)[0]["x-harn-output-schema"] == {"type": "string"}
    assert native_tools(tools, Style.OPENAI)[0]["function"]["x-harn-output-schema"] == {"type": "string"}


@pytest.mark.parametrize(
    ("tools", "text"),
    [
        (None, "tools must be a tool_registry"),
        (5, "tools must be a tool_registry"),
        ({"tools": 1}, "tools must be a tool_registry"),
        (["f"], "tools must be declared as tool definition dicts or a tool_registry"),
        ([1], "tools must contain only tool definition dicts"),
    ],
)
def test_other_tools_values_are_refused(tools: Any, text: str) -> None:
    with pytest.raises(HarnError) as caught:
        native_tools(tools, Style.OPENAI)
    assert caught.value.value.startswith(text)
