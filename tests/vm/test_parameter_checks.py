"""Checks of annotated parameters: exact texts in order, and the quick check against the slow one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import run_source

from harnpy.analysis.type_schema import schema_of_type
from harnpy.syntax import ast
from harnpy.syntax.parser import parse_program
from harnpy.vm.compare import make_set
from harnpy.vm.errors import HarnError
from harnpy.vm.schema import check_parameter, compile_parameter_check
from harnpy.vm.values import Builtin, Closure, StructInstance, StructType, Value

POINT = StructInstance(StructType("Point"), {"x": 1})
TRIM = Builtin("trim", lambda text: text, "", frozenset(), False, 1, 1, False)
CLOSURE = Closure(None, (), None, StructType("Point"))


def schema_of(type_text: str) -> dict[str, Any]:
    (item,) = parse_program(f"type Subject = {type_text}\n", "test.harn").items
    assert isinstance(item, ast.TypeAlias_)
    schema = schema_of_type(item.type, {}, False)
    assert schema is not None
    return schema


def problem(type_text: str, value: Value) -> str | None:
    """What `catch` binds when value is passed for a parameter p of this type, or None when it fits."""
    schema = schema_of(type_text)
    try:
        check_parameter("p", value, schema)
    except HarnError as error:
        assert not compile_parameter_check(schema)(value)
        return str(error.caught)
    assert compile_parameter_check(schema)(value)
    return None


@pytest.mark.parametrize(
    ("type_text", "value"),
    [
        ("int", 1),
        ("int", 1.5),
        ("float", 1),
        ("list<int>", [1, 2.5]),
        ("string | nil", None),
        ("dict", POINT),
        ("{x: int}", POINT),
        ("{x: int}", {"x": 1, "y": "extra"}),
        ("{x?: int}", {}),
        ("dict<string, int>", {"a": 1}),
        ("closure", TRIM),
        ("closure", CLOSURE),
        ("fn(int) -> int", TRIM),
        ('"a" | "b"', "b"),
        ("1 | 2", 2.0),
        ("3", 3),
        ("list<{a: int} | nil>", [None, {"a": 1}]),
        ("set", make_set([1])),
        ("nil", None),
    ],
)
def test_fits(type_text: str, value: Value) -> None:
    assert problem(type_text, value) is None


@pytest.mark.parametrize(
    ("type_text", "value", "text"),
    [
        ("int", "hello", "Runtime error: TypeError: parameter 'p' expected int, got string (hello)"),
        ("int", True, "Runtime error: TypeError: parameter 'p' expected int, got bool (true)"),
        ("string", POINT, "Runtime error: TypeError: parameter 'p' expected string, got dict (Point {x: 1})"),
        ("list", None, "Runtime error: TypeError: parameter 'p' expected list, got nil (nil)"),
        ("closure", 1, "Runtime error: TypeError: parameter 'p' expected closure, got int (1)"),
        ("string | int", True, "Runtime error: TypeError: parameter 'p' expected string|int, got bool (true)"),
        ("{a: int} | nil", 1, "Runtime error: TypeError: parameter 'p' expected dict|nil, got int (1)"),
        ('"a" | 1', 2, "Runtime error: TypeError: parameter 'p' expected string|int, got int (2)"),
        ('"a"', "b", "Runtime error: TypeError: parameter 'p': expected constant a, got b"),
        ('"a"', 1, "Runtime error: TypeError: parameter 'p' expected string, got int (1)"),
        ('"a" | "b"', "c", "Runtime error: TypeError: parameter 'p': value must be one of [a, b]"),
        ('"a" | "b"', 1, "Runtime error: TypeError: parameter 'p' expected string, got int (1)"),
        (
            "list<int>",
            [1, "a"],
            "Runtime error: TypeError: parameter 'p': at root[1]: expected type 'int', got 'string'",
        ),
        (
            "list<int>",
            ["a", POINT],
            "Runtime error: TypeError: parameter 'p': at root[0]: expected type 'int', got 'string'; "
            "at root[1]: expected type 'int', got 'dict'",
        ),
        (
            "list<{a: int}>",
            [{"a": "x"}],
            "Runtime error: TypeError: parameter 'p': at root[0].a: expected type 'int', got 'string'",
        ),
        ("dict", 5, "Type error: parameter 'p': expected dict or struct, got int"),
        ("{a: int}", [1], "Type error: parameter 'p': expected dict or struct, got list"),
        ("{b: int, a: string}", {}, "Type error: parameter 'p': missing field 'b' (int)"),
        ("{a: {b: int}}", {}, "Type error: parameter 'p': missing field 'a' (dict)"),
        ("{a: string | nil}", {}, "Type error: parameter 'p': missing field 'a' (string|nil)"),
        ("{b: int, a: int}", {"b": "x", "a": "y"}, "Type error: parameter 'p': field 'a' expected int, got string"),
        ("{a: int}", {"a": POINT}, "Type error: parameter 'p': field 'a' expected int, got dict"),
        ("{a: {b: int}}", {"a": 1}, "Type error: parameter 'p': field 'a' expected dict or struct, got int"),
        ("{a: {b: int}}", {"a": {}}, "Type error: parameter 'p.a': missing field 'b' (int)"),
        ("{a: {b: int}}", {"a": {"b": "x"}}, "Type error: parameter 'p.a': field 'b' expected int, got string"),
        ("{a: string | nil}", {"a": 1}, "Type error: parameter 'p.a' expected string|nil, got int (1)"),
        ("{a: list<int>}", {"a": ["x"]}, "Type error: parameter 'p.a': at root[0]: expected type 'int', got 'string'"),
        ('{a: "x"}', {"a": "y"}, "Type error: parameter 'p.a': expected constant x, got y"),
        ("dict<string, int>", {"b": 1, "a": "x"}, "Type error: parameter 'p': field 'a' expected int, got string"),
    ],
)
def test_does_not_fit(type_text: str, value: Value, text: str) -> None:
    assert problem(type_text, value) == text


@pytest.mark.parametrize(
    ("schema", "value", "text"),
    [
        (
            {"$ref": "#/definitions/A", "definitions": {"A": {"type": "int"}}},
            "x",
            "parameter 'p' expected int, got string (x)",
        ),
        ({"$ref": "#"}, 1, "parameter 'p': unresolved schema reference '#'"),
        ({"all_of": [{"min": 1}, {"max": 0}]}, 0.5, "parameter 'p': expected value >= 1, got 0.5"),
        (
            {"type": "string", "pattern": "b", "max_length": 1},
            "aa",
            "parameter 'p': expected length <= 1, got 2; value does not match pattern 'b'",
        ),
        ({"union": [{"min": 5}, {"type": "nil"}]}, 1, "parameter 'p' expected value|nil, got int (1)"),
    ],
)
def test_schemas_beyond_annotations_are_checked_too(schema: dict[str, Any], value: Value, text: str) -> None:
    assert not compile_parameter_check(schema)(value)
    with pytest.raises(HarnError) as caught:
        check_parameter("p", value, schema)
    assert caught.value.caught == f"Runtime error: TypeError: {text}"


def test_an_unexpected_field_is_named() -> None:
    schema = {"type": "dict", "properties": {"a": {"type": "int"}}, "additional_properties": False}
    assert not compile_parameter_check(schema)({"a": 1, "b": 2})
    with pytest.raises(HarnError) as caught:
        check_parameter("p", {"a": 1, "c": 2, "b": 2}, schema)
    assert caught.value.caught == "Type error: parameter 'p': unexpected field 'b'"


def test_nil_fits_a_nullable_schema() -> None:
    schema = {"type": "int", "nullable": True}
    check_parameter("p", None, schema)
    assert compile_parameter_check(schema)(None)


def test_a_rest_parameter_is_not_checked() -> None:
    check_parameter("p", ["x"], {"type": "list", "items": {"type": "int"}}, is_rest=True)


def test_a_program_sees_the_text() -> None:
    program = (
        'fn f(a: int, b: {x: list<string>}) { return a }\nprintln(try { f("x", {}) })\nprintln(try { f(1, {x: [1]}) })'
    )
    assert run_source(program).splitlines() == [
        "Result.Err(Runtime error: TypeError: parameter 'a' expected int, got string (x))",
        "Result.Err(Type error: parameter 'b.x': at root[0]: expected type 'string', got 'int')",
    ]


SIMPLE = st.sampled_from(["int", "float", "string", "bool", "nil", "list", "dict", "set", "closure", '"a"', "3"])
TYPES = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.builds("list<{}>".format, inner),
        st.builds("dict<string, {}>".format, inner),
        st.builds("{{a: {}, b?: {}}}".format, inner, inner),
        st.builds("{} | {}".format, inner, inner),
    ),
    max_leaves=6,
)
VALUES = st.recursive(
    st.sampled_from([None, True, 1, 3, 3.0, "a", "b", TRIM, CLOSURE, POINT, make_set([1])]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abx"), inner, max_size=3),
    max_leaves=6,
)


@given(TYPES, VALUES)
def test_the_quick_check_agrees_with_the_slow_one(type_text: str, value: Value) -> None:
    problem(type_text, value)
