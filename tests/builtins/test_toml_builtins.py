"""TOML: what is read, what fails, and the exact text that is written."""

from __future__ import annotations

import pytest
from builtin_calls import call, caught, set_of
from data_values import data, identical, mutations, texts
from hypothesis import given
from hypothesis import strategies as st

from harnpy.vm.errors import HarnError
from harnpy.vm.values import Duration, StructInstance, StructType, Value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", {}),
        ("a = 1\nb = 0x1F\nc = 1.0\nd = 'x'\ne = true", {"a": 1, "b": 31, "c": 1.0, "d": "x", "e": True}),
        ("[a.b]\nc = [1, [2]]\n[[d]]\n[[d]]\nx = {y = 1}", {"a": {"b": {"c": [1, [2]]}}, "d": [{}, {"x": {"y": 1}}]}),
        ("a = inf\nb = -inf\nc = nan\nd = 1e999", {"a": None, "b": None, "c": None, "d": None}),
        ("a = 1979-05-27T07:32:00Z", {"a": "1979-05-27T07:32:00Z"}),
        ("a = 1979-05-27 07:32:00.120-07:00", {"a": "1979-05-27T07:32:00.12-07:00"}),
        ("a = 1979-05-27T00:00:00", {"a": "1979-05-27T00:00:00"}),
        ("a = [1979-05-27, 07:32:00.5]", {"a": ["1979-05-27", "07:32:00.5"]}),
    ],
)
def test_toml_parse_reads(text: str, value: Value) -> None:
    assert identical(call("toml_parse", text), value)


@pytest.mark.parametrize("text", ["x", "a = ", "a = 1\na = 2", "a = 01", "[a]\n[a]", "a = '", "a = " + "[" * 200_000])
def test_bad_toml_is_a_thrown_string(text: str) -> None:
    assert caught(call, "toml_parse", text).startswith("TOML parse error: ")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, ""),
        ({"z": 1, "b": {"c": 2}, "a": "x"}, 'a = "x"\nz = 1\n\n[b]\nc = 2\n'),
        ({"a": {"b": {"c": 1}}}, "[a.b]\nc = 1\n"),
        ({"a": {"b": {}}}, "[a.b]\n"),
        ({"a": {"b": {}, "c": 1}}, "[a]\nc = 1\n\n[a.b]\n"),
        ({"t": [{"x": 1}, {}]}, "[[t]]\nx = 1\n\n[[t]]\n"),
        ({"t": [{"u": [{"x": 1}]}]}, "[[t]]\n\n[[t.u]]\nx = 1\n"),
        ({"a": [1, {"x": 2}, []], "b": []}, "a = [1, { x = 2 }, []]\nb = []\n"),
        ({"a": [1.0, 1.5, 1e20, float("inf"), -2]}, "a = [1.0, 1.5, 100000000000000000000.0, inf, -2]\n"),
        ({"k v": 1, "": 2, "a.b": 3, 'q"': {"x": 1}}, '"" = 2\n"a.b" = 3\n"k v" = 1\n\n[\'q"\']\nx = 1\n'),
        ({"a": 'say "hi"'}, "a = 'say \"hi\"'\n"),
        ({"a": "x\ny"}, 'a = """\nx\ny"""\n'),
        ({"a": "\x07\t\x7f"}, 'a = "\\u0007\\t\\u007F"\n'),
        ({"a": 'it\'s "x"'}, 'a = """it\'s "x""""\n'),
    ],
)
def test_toml_stringify_writes(value: Value, text: str) -> None:
    assert call("toml_stringify", value) == text


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ([1], "the top level must be a dict, got list"),
        (None, "the top level must be a dict, got nil"),
        ({"a": None}, "'a' holds nil, which TOML cannot express"),
        ({"a": {"b": [1, None]}}, "'b' holds nil, which TOML cannot express"),
    ],
)
def test_a_value_without_a_toml_form_is_a_thrown_string(value: Value, problem: str) -> None:
    assert caught(call, "toml_stringify", value) == f"toml_stringify: {problem}"


def test_sets_become_lists_structs_become_tables_and_the_rest_its_display_text() -> None:
    point = StructInstance(StructType("Point"), {"y": 2, "x": Duration(5000)})
    assert call("toml_stringify", {"p": point, "s": set_of(1, 2)}) == 's = [1, 2]\n\n[p]\nx = "5s"\ny = 2\n'


@given(st.dictionaries(texts(), data(with_nil=False), max_size=4))
def test_what_is_written_reads_back_as_itself(value: Value) -> None:
    assert identical(call("toml_parse", call("toml_stringify", value)), value)


PIECES = [
    "a",
    " = ",
    ".",
    '"',
    "'",
    '"""',
    "[",
    "]",
    "{",
    "}",
    ", ",
    "\n",
    "#",
    "1",
    "0x",
    "-",
    "e",
    "inf",
    "1979-05-27",
    "\x00",
]


@given(st.data(), st.dictionaries(texts(), data(with_nil=False), max_size=3))
def test_a_damaged_text_parses_or_fails_as_a_thrown_string(draw: st.DataObject, value: Value) -> None:
    text = draw.draw(mutations(call("toml_stringify", value), PIECES))
    try:
        call("toml_parse", text)
    except HarnError as error:
        assert error.caught.startswith("TOML parse error: ")
