"""JSON: what is written, what is read, and the exact text and place of every error."""

from __future__ import annotations

import json

import pytest
from builtin_calls import call, caught, set_of
from data_values import data, identical, mutations
from hypothesis import given
from hypothesis import strategies as st

from harnpy.vm.errors import HarnError
from harnpy.vm.values import (
    Duration,
    EnumVariant,
    Pair,
    Range,
    StructInstance,
    StructType,
    Value,
)

POINT = StructInstance(StructType("Point"), {"y": 2, "x": 1})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": [True, None], "a": 1}, '{"a":1,"b":[true,null]}'),
        ('"\\\n\r\t', '"\\"\\\\\\n\\r\\t"'),
        ("\b\f\x00\x1f\x7f\x80\x9f", '"\\u0008\\u000c\\u0000\\u001f\\u007f\\u0080\\u009f"'),
        ("\\b\\f", '"\\\\b\\\\f"'),
        ("/é\u2028😀", '"/é\u2028😀"'),
        ({"\x7f": 1}, '{"\\u007f":1}'),
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (1.5, "1.5"),
        (1e16, "10000000000000000.0"),
        (1e-7, "0.0000001"),
        ([1e-7, "\x80", "a\b"], '[0.0000001,"\\u0080","a\\u0008"]'),
        ("e-1", '"e-1"'),
        (float("nan"), "null"),
        ([float("inf"), {"a": float("-inf")}], '[null,{"a":null}]'),
        (10**30, "1" + "0" * 30),
        (Range(1, 3, True), '"1 to 3"'),
        (POINT, '{"x":1,"y":2}'),
        ([POINT, 1e300], '[{"x":1,"y":2},1' + "0" * 300 + ".0]"),
        (Pair(1, 2), "null"),
        (Duration(5), "null"),
        (EnumVariant("E", "V", (1,)), "null"),
        ({}, "{}"),
        ([], "[]"),
    ],
)
def test_json_stringify_writes(value: Value, text: str) -> None:
    assert call("json_stringify", value) == text


def test_a_set_is_written_as_an_array_in_insertion_order() -> None:
    assert call("json_stringify", set_of(3, 1, 2)) == "[3,1,2]"


def test_keys_are_sorted_by_code_point() -> None:
    assert call("json_stringify", {"é": 1, "z": 2, "Z": 3, "😀": 4}) == '{"Z":3,"z":2,"é":1,"😀":4}'


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (" \t\r\n[1, -2, 3.0, 1e2, 1E+2, -0, 0, -0.0]\n", [1, -2, 3.0, 100.0, 100.0, -0.0, 0, -0.0]),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("1e-999", 0.0),
        ("0e999", 0.0),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ('"\\u00e9\\ud83d\\ude00\\/\\b\\f\\n\\r\\t"', "é😀/\b\f\n\r\t"),
        ('"\\\\ud800"', "\\ud800"),
        ("null", None),
        ("[true,false]", [True, False]),
        ('{"": {}}', {"": {}}),
    ],
)
def test_json_parse_reads(text: str, value: Value) -> None:
    assert identical(call("json_parse", text), value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "EOF while parsing a value at line 1 column 0"),
        ("  \n ", "EOF while parsing a value at line 2 column 1"),
        ('"abc', "EOF while parsing a string at line 1 column 4"),
        ('"a\\', "EOF while parsing a string at line 1 column 3"),
        ('"\\u12', "EOF while parsing a string at line 1 column 5"),
        ("[", "EOF while parsing a list at line 1 column 1"),
        ("[1,", "EOF while parsing a value at line 1 column 3"),
        ("{", "EOF while parsing an object at line 1 column 1"),
        ('{"a"', "EOF while parsing an object at line 1 column 4"),
        ('{"a":', "EOF while parsing a value at line 1 column 5"),
        ('{"a":1', "EOF while parsing an object at line 1 column 6"),
        ("x", "expected value at line 1 column 1"),
        ("[1,x]", "expected value at line 1 column 4"),
        ("\ufeff1", "expected value at line 1 column 1"),
        ("\u00a01", "expected value at line 1 column 1"),
        ("NaN", "expected value at line 1 column 1"),
        ("[Infinity]", "expected value at line 1 column 2"),
        ("not json", "expected ident at line 1 column 2"),
        ("tru", "EOF while parsing a value at line 1 column 3"),
        ('{"a" 1}', "expected `:` at line 1 column 6"),
        ('{"a":1 "b"}', "expected `,` or `}` at line 1 column 8"),
        ("[1 2]", "expected `,` or `]` at line 1 column 4"),
        ("{a:1}", "key must be a string at line 1 column 2"),
        ('{"a":1,}', "trailing comma at line 1 column 8"),
        ("[1,]", "trailing comma at line 1 column 4"),
        ("1 2", "trailing characters at line 1 column 3"),
        ("01", "invalid number at line 1 column 2"),
        ("-x", "invalid number at line 1 column 2"),
        ("-Infinity", "invalid number at line 1 column 2"),
        ("1.x", "invalid number at line 1 column 3"),
        ("1.", "EOF while parsing a value at line 1 column 2"),
        ("1e", "EOF while parsing a value at line 1 column 2"),
        ("1e999", "number out of range at line 1 column 5"),
        ("[-1E+999]", "number out of range at line 1 column 8"),
        ('"\\x"', "invalid escape at line 1 column 3"),
        ('"\\u00zz"', "invalid escape at line 1 column 7"),
        ('"a\nb"', "control character (\\u0000-\\u001F) found while parsing a string at line 2 column 0"),
        ('"a\tb"', "control character (\\u0000-\\u001F) found while parsing a string at line 1 column 3"),
        ('"\\udc00"', "lone leading surrogate in hex escape at line 1 column 7"),
        ('"\\ud800\\u0041"', "lone leading surrogate in hex escape at line 1 column 13"),
        ('"\\\\ud83d\\ude00"', "lone leading surrogate in hex escape at line 1 column 14"),
        ('"\\ud800x"', "unexpected end of hex escape at line 1 column 8"),
        ('{\n "é": x}', "expected value at line 2 column 8"),
        ("[" * 128, "recursion limit exceeded at line 1 column 128"),
        ("[" * 128 + "]" * 128, "recursion limit exceeded at line 1 column 128"),
        ('{"a":' * 200000, "recursion limit exceeded at line 1 column 636"),
    ],
)
def test_json_parse_says_what_is_wrong_and_where(text: str, problem: str) -> None:
    assert caught(call, "json_parse", text) == f"JSON parse error: {problem}"


def test_ints_of_any_length_are_exact() -> None:
    assert call("json_parse", "-" + "9" * 9000) == -(10**9000) + 1
    assert call("json_stringify", [10**9000]) == "[1" + "0" * 9000 + "]"


def test_nesting_of_127_is_allowed_also_far_into_a_text() -> None:
    deep = "[" * 126 + "]" * 126
    assert call("json_parse", f"[{deep},{deep},{deep}]")[2] is not None


def test_the_argument_is_taken_as_text() -> None:
    assert call("json_parse", 42) == 42
    assert caught(call, "json_parse", None) == "JSON parse error: expected ident at line 1 column 2"
    assert caught(call, "json_parse") == "JSON parse error: EOF while parsing a value at line 1 column 0"


def test_parsing_the_same_text_twice_gives_the_same_object() -> None:
    assert call("is_same", call("json_parse", '{"a": [1]}'), call("json_parse", '{"a": [1]}'))


def test_many_large_texts_do_not_pile_up() -> None:
    texts = [f'["{i}{"x" * 1_500_000}"]' for i in range(4)]
    parsed = [call("json_parse", text) for text in texts]
    assert call("is_same", parsed[-1], call("json_parse", texts[-1]))
    assert not call("is_same", parsed[0], call("json_parse", texts[0]))


@given(data())
def test_what_is_written_reads_back_as_itself(value: Value) -> None:
    assert identical(call("json_parse", call("json_stringify", value)), value)


@given(data())
def test_what_is_written_is_json_to_others(value: Value) -> None:
    assert identical(json.loads(call("json_stringify", value)), value)


PIECES = [
    *('"', "\\", "\\u", "d800", "\\ud83d\\ude00", "\\ud800", "{", "}", "[", "]", ",", ":", "-", "0", "-0", "1e999"),
    *("e", ".", "nul", "true", "NaN", " ", "\n", "\x01", "é", "99999999999999999999", "01", "/"),
]


@given(st.data(), data())
def test_a_damaged_text_parses_or_fails_with_a_place(draw: st.DataObject, value: Value) -> None:
    text = draw.draw(mutations(json.dumps(value), PIECES))
    try:
        call("json_parse", text)
    except HarnError as error:
        assert " at line " in error.caught
        with pytest.raises(ValueError):
            strict_loads(text)
    else:
        strict_loads(text)


def strict_loads(text: str) -> Value:
    """Python's parser, held to the standard: no NaN, no infinities, no lone surrogates."""

    def refuse(name: str) -> Value:
        raise ValueError(name)

    value = json.loads(text, parse_constant=refuse)
    written = json.dumps(value, ensure_ascii=False, allow_nan=False)
    written.encode("utf-8")
    return value


# --- json_extract ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ("  [1, 2] ", [1, 2]),
        ("42", 42),
        ('Sure! {"a": "}"} is it.', {"a": "}"}),
        ('{"a": "\\"}"} {"b": 1}', {"a": '"}'}),
        ('see [1] and {"a": 1}', {"a": 1}),
        ('[{"a": 1}]', [{"a": 1}]),
        ('[note {"a": 1}]', {"a": 1}),
        ('{"a": [1]} [2]', {"a": [1]}),
        ("unclosed { but [1]", [1]),
        ('text\n```json\n{"a": 1}\n``` more {', {"a": 1}),
        ("```[1]```", [1]),
        ("```\n\n 7 \n```", 7),
        ('``` {"a": 1}', {"a": 1}),
    ],
)
def test_json_extract_finds(text: str, value: Value) -> None:
    assert identical(call("json_extract", text), value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("hello", "expected value at line 1 column 1"),
        ("{a}", "key must be a string at line 1 column 2"),
        ('```\nnope\n``` {"a": 1}', "expected ident at line 1 column 2"),
        ("", "EOF while parsing a value at line 1 column 0"),
    ],
)
def test_json_extract_reports_what_it_could_not_parse(text: str, problem: str) -> None:
    assert caught(call, "json_extract", text) == f"json_extract: failed to parse JSON: {problem}"


def test_json_extract_with_a_key_takes_an_entry_of_the_first_object() -> None:
    assert call("json_extract", '[{"a": {"b": 2}}]', "a") == {"b": 2}
    assert caught(call, "json_extract", '{"a": 1}', "b") == "json_extract: key 'b' not found"
    assert caught(call, "json_extract", '{"a": 1}', None) == "json_extract: key 'nil' not found"
    expected = "json_extract: parsed value is not a dict, cannot extract key"
    assert caught(call, "json_extract", "[1]", "a") == expected
    assert caught(call, "json_extract") == "json_extract requires at least 1 argument: text"
