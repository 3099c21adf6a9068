"""YAML: what scalars mean, what fails, and the exact text that is written."""

from __future__ import annotations

import pytest
from builtin_calls import call, caught, set_of
from data_values import data, identical, mutations
from hypothesis import given
from hypothesis import strategies as st

from harnpy.vm.errors import HarnError
from harnpy.vm.values import Duration, StructInstance, StructType, Value


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL", "# only a comment", "---\n"])
def test_nothing_and_null_are_nil(text: str) -> None:
    assert call("yaml_parse", text) is None


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("true", True),
        ("True", True),
        ("FALSE", False),
        *[(word, word) for word in ("yes", "no", "on", "off", "y", "tRUE", "nULL")],
        ("12", 12),
        ("+5", 5),
        ("-7", -7),
        ("0", 0),
        ("-0", 0),
        ("0x1F", 31),
        ("-0x10", -16),
        ("0o17", 15),
        ("0b11", 3),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        *[(text, text) for text in ("0123", "-0123", "00", "1_000", "0X1F", "0o8", "0x", "++5")],
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("-1.5E-2", -0.015),
        ("0123.5", 123.5),
        *[(text, text) for text in ("1e999", "1e", ".", "1.5.2", "inf", "nan", "2024-01-01", "12:30:45")],
        (".inf", None),
        ("-.Inf", None),
        (".NaN", None),
        ("'12'", "12"),
        ('"true"', "true"),
        ('"\\x41\\u00e9"', "Aé"),
        ("!!str 12", "12"),
        ("!!int '12'", 12),
        ("!!float 3", 3.0),
        ("! 12", "12"),
        ("!!binary aGk=", "aGk="),
        ("!Ref x", {"!Ref": "x"}),
        ("!Ref 12", {"!Ref": 12}),
        ("!GetAtt [a, .inf]", {"!GetAtt": ["a", None]}),
    ],
)
def test_scalar_means(scalar: str, value: Value) -> None:
    assert identical(call("yaml_parse", f"- {scalar}\n"), [value])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a:\n  - 1\n  - {b: c}\n", {"a": [1, {"b": "c"}]}),
        ("a:\n- 1\n", {"a": [1]}),
        ("1: a\ntrue: b\n1.5: c\n0x10: d\n", {"1": "a", "true": "b", "1.5": "c", "16": "d"}),
        ("a: &x {k: 1}\nb:\n  <<: *x\n", {"a": {"k": 1}, "b": {"<<": {"k": 1}}}),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", {"a": "x\ny\n", "b": "x y"}),
        ("{a: 1, b}", {"a": 1, "b": None}),
        ("%YAML 1.2\n---\na", "a"),
    ],
)
def test_document_means(text: str, value: Value) -> None:
    assert identical(call("yaml_parse", text), value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: b: c", "mapping values are not allowed in this context at line 1 column 5"),
        (
            "a: [1",
            "did not find expected ',' or ']' at line 2 column 1, while parsing a flow sequence at line 1 column 4",
        ),
        ("a: 1\na: 2", 'duplicate entry with key "a" at line 2 column 1'),
        ("1: a\n'1': b", 'duplicate entry with key "1" at line 2 column 1'),
        ("--- 1\n--- 2", "the text holds more than one document"),
        ("*nope", "unknown anchor 'nope'"),
        ("&a [*a]", "anchor 'a' refers to itself"),
        ("!!int x", "'x' is not of type int"),
    ],
)
def test_syntax_error_says(text: str, problem: str) -> None:
    assert caught(call, "yaml_parse", text) == f"YAML parse error: {problem}"


@pytest.mark.parametrize("key", ["~", "null", "!!null ~", "[1]", "? {a: 1}\n", ".inf", "? \n"])
def test_a_key_without_a_text_fails(key: str) -> None:
    assert caught(call, "yaml_parse", f"{key}: 1") == "yaml_parse: key must be a string"


def test_nesting_is_limited() -> None:
    assert call("yaml_parse", "[" * 128 + "]" * 128) is not None
    assert "recursion limit exceeded" in caught(call, "yaml_parse", "[" * 129 + "]" * 129)
    assert "recursion limit exceeded" in caught(call, "yaml_parse", "[" * 100_000)


def test_aliases_that_multiply_without_end_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    assert caught(call, "yaml_parse", "\n".join(lines)) == "YAML parse error: repetition limit exceeded"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null\n"),
        (5, "5\n"),
        (1.0, "1.0\n"),
        (1e20, "100000000000000000000.0\n"),
        (float("nan"), "null\n"),
        ([float("inf")], "- null\n"),
        ([], "[]\n"),
        ({}, "{}\n"),
        ({"b": [], "a": {}}, "a: {}\nb: []\n"),
        ({"a": [1, {"z": 1, "x": [2]}]}, "a:\n- 1\n- x:\n  - 2\n  z: 1\n"),
        ({"y": 1}, "'y': 1\n"),
        ({"a": {"b": {"c": 1}}}, "a:\n  b:\n    c: 1\n"),
        ([1, [2, [3]]], "- 1\n- - 2\n  - - 3\n"),
        ("plain text", "plain text\n"),
        ("multi\nline\n", "|\n  multi\n  line\n"),
        ({"a": "x\ny"}, "a: |-\n  x\n  y\n"),
        ({"a": "x\n\n"}, "a: |+\n  x\n\n"),
        ({"a": " x\ny"}, "a: |2-\n   x\n  y\n"),
        ([["a\nb"]], "- - |-\n    a\n    b\n"),
        ({"a": "x \ny"}, 'a: "x \\ny"\n'),
        ({"a": "tab\there"}, 'a: "tab\\there"\n'),
        ({"a": "\x00\x1b\x85\ufeff"}, 'a: "\\0\\e\\N\\uFEFF"\n'),
        ({"a": "😀 é"}, "a: 😀 é\n"),
        ({"k" * 129: 1}, "? " + "k" * 129 + "\n: 1\n"),
        ({"x\ny": [1]}, "? |-\n  x\n  y\n: - 1\n"),
    ],
)
def test_yaml_stringify_writes(value: Value, text: str) -> None:
    assert call("yaml_stringify", value) == text


@pytest.mark.parametrize(
    "text",
    [
        *("y", "n", "yes", "no", "on", "off", "Yes", "NO", "On"),
        *("null", "~", "true", "False", "1", "-1", "0x1F", "0123", "1.5", ".inf", ".nan", "1e3", ""),
        *("a: b", "a:", "#x", "x #y", "- a", "-", "? a", "[", "]x", "{", "&x", "*x", "!x", "|", ">", "%", "@", "`"),
        *("'q'", '"q"', " a", "a ", "---", "...", ",a"),
    ],
)
def test_a_string_that_would_read_otherwise_is_quoted(text: str) -> None:
    assert call("yaml_stringify", text) == "'" + text.replace("'", "''") + "'\n"


@pytest.mark.parametrize(
    "text", ["it's", "a:b", "a#b", "http://x", "2024-01-01", "-a", "--", "?a", "a,b", "a]", "<<", "\\"]
)
def test_a_string_that_reads_as_itself_is_plain(text: str) -> None:
    assert call("yaml_stringify", text) == text + "\n"


def test_sets_become_lists_structs_become_tables_and_the_rest_its_display_text() -> None:
    point = StructInstance(StructType("Point"), {"z": 2, "x": Duration(5000)})
    assert call("yaml_stringify", {"p": point, "s": set_of(1, 2)}) == "p:\n  x: 5s\n  z: 2\ns:\n- 1\n- 2\n"


@given(data())
def test_what_is_written_reads_back_as_itself(value: Value) -> None:
    assert identical(call("yaml_parse", call("yaml_stringify", value)), value)


PIECES = [
    *(
        "a",
        ": ",
        ":",
        "- ",
        "\n",
        "\n  ",
        "1",
        "null",
        '"',
        "'",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "&a ",
        "*a",
        "!!int ",
        "!x ",
    ),
    *("|\n  ", ">-\n  ", "# c\n", "? ", "---\n", "...\n", ".inf", "\t", "é", "%", "@", "\x00", "\x85"),
]


@given(st.data(), data())
def test_a_damaged_text_parses_or_fails_as_a_thrown_string(draw: st.DataObject, value: Value) -> None:
    text = draw.draw(mutations(call("yaml_stringify", value), PIECES))
    try:
        call("yaml_parse", text)
    except HarnError as error:
        assert error.caught.startswith(("YAML parse error: ", "yaml_parse: "))
