"""What conditions make of types (chapter 09, section 8)."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from types_of_text import NOTHING, type_of, types

from harnpy.analysis.types.assignability import assignable
from harnpy.analysis.types.forms import NEVER, UNKNOWN, Named, Union, show
from harnpy.analysis.types.narrowed import (
    TYPE_NAMES,
    base_name,
    has_nil,
    intersect,
    removed,
    selected,
    subtract,
    with_field,
    without_nil,
)


def text(type_):
    return None if type_ is None else show(type_)


@pytest.mark.parametrize(
    "type_, expected",
    [
        ("int | nil", "int"),
        ("nil | int | nil | string", "int | string"),
        ("int | string", "int | string"),
        ("nil", "never"),
        ("nil | nil", "never"),
        ("int", "int"),
        ("any", "any"),
    ],
)
def test_without_nil(type_, expected):
    assert text(without_nil(type_of(type_))) == expected


@pytest.mark.parametrize(
    "type_, expected", [("nil", True), ("int | nil", True), ("int | string", False), ("any", False)]
)
def test_has_nil(type_, expected):
    assert has_nil(type_of(type_)) is expected


@pytest.mark.parametrize(
    "type_, name, yes, no",
    [
        ("int | string", "int", "int", "string"),
        ("int | string | nil", "string", "string", "int | nil"),
        ("int | string", "float", None, None),
        ("int | int", "int", "int | int", "never"),
        ("int", "int", "int", "never"),
        ("int", "string", None, None),
        ("unknown", "list", "list", None),
        ("any", "int", None, None),
        ("Thing", "int", None, None),
        # `t` has to be one of the eight names.
        ("range | int", "range", None, None),
        ("unknown", "set", None, None),
        ("set", "set", None, None),
        # Better: every form has the name that `type_of` gives its values.
        ("list<string> | nil", "list", "list<string>", "nil"),
        ("{a: int} | int", "dict", "{a: int}", "int"),
        ("dict<string, int> | int", "dict", "dict<string, int>", "int"),
        ("int | fn(int) -> int", "closure", "fn(int) -> int", "int"),
        ('"a" | "b" | 1', "string", '"a" | "b"', "1"),
        ('"a" | "b" | 1', "int", "1", '"a" | "b"'),
        ("list | list<int> | nil", "list", "list | list<int>", "nil"),
        ("list<int>", "list", "list<int>", "never"),
    ],
)
def test_type_of(type_, name, yes, no):
    assert text(selected(type_of(type_), name)) == yes
    assert text(removed(type_of(type_), name)) == no


@pytest.mark.parametrize(
    "type_, key, expected",
    [
        ("{a?: int, b?: int}", "a", "{a: int, b?: int}"),
        ("{a: int}", "a", None),
        ("{a?: int}", "b", None),
        ("dict", "a", None),
        ("{a?: int} | nil", "a", None),
    ],
)
def test_with_field(type_, key, expected):
    assert text(with_field(type_of(type_), key)) == expected


@pytest.mark.parametrize(
    "type_, schema, expected",
    [
        ("int", "int", "int"),
        ("int", "string", None),
        ("float", "int", None),
        ("Thing", "Thing", "Thing"),
        ("dict", "{a: int}", "{a: int}"),
        ("{a: int}", "dict", "{a: int}"),
        ("dict", "dict<string, int>", "dict<string, int>"),
        ("dict<string, int>", "dict", "dict<string, int>"),
        ("list", "list<int>", "list<int>"),
        ("list<int>", "list", "list<int>"),
        ("{a: int}", "{b: int}", "{b: int}"),
        ("list<int | string>", "list<int>", "list<int>"),
        ("list<int>", "list<string>", None),
        ("dict<string, int | nil>", "dict<string, int>", "dict<string, int>"),
        ("dict<string, int>", "dict<int, int>", None),
        ('"a"', '"a"', '"a"'),
        ('"a"', '"b"', None),
        ("string", '"a"', '"a"'),
        ('"a"', "string", '"a"'),
        ("1", "int", "1"),
        ("1", "float", "1"),
        ("float", "1", "1"),
        ("1", "2", None),
        ("int | string | nil", "int | nil", "int | nil"),
        ("int | string", "string", "string"),
        ("string", "int | string", "string"),
        ("int | list", "list<int> | string", "list<int>"),
        ("int | string", "bool", None),
        ("dict", "{a: int} | {b: int}", "{a: int} | {b: int}"),
        ("list<int>", "dict", None),
        ("any", "any", "any"),
        ("int", "any", None),
        ("int", "unknown", None),
        # Better: what says nothing becomes what the schema says.
        ("unknown", "{a: int}", "{a: int}"),
        ("any", "int | string", "int | string"),
        ("list<any>", "list<int>", "list<int>"),
    ],
)
def test_intersect(type_, schema, expected):
    assert text(intersect(type_of(type_), type_of(schema))) == expected


@pytest.mark.parametrize(
    "type_, schema, expected",
    [
        ("int | string", "int", "string"),
        ("int | string | nil", "int | nil", "string"),
        ("{a: int} | int | nil", "dict", "int | nil"),
        ("int | string", "int | string", "int | string"),
        ("int | string", "bool", "int | string"),
        ("int", "int", "int"),
        ("int", "string", "int"),
        # What is wider than the schema may still hold anything else.
        ("any | int", "int", "any"),
        ("unknown | string", "string", "unknown"),
        ("list<any> | nil", "list<int>", "list<any> | nil"),
    ],
)
def test_subtract(type_, schema, expected):
    assert text(subtract(type_of(type_), type_of(schema))) == expected


FLAT = types().filter(lambda each: not isinstance(each, Union))
UNIONS = st.lists(FLAT, min_size=2, max_size=4).map(lambda members: Union(tuple(members)))


def members(type_):
    if type_ == NEVER:
        return []
    return list(type_.members) if isinstance(type_, Union) else [type_]


@given(UNIONS, st.sampled_from(TYPE_NAMES))
def test_a_union_is_what_is_selected_and_what_is_left(union, name):
    assume(NEVER not in union.members)
    taken, left = selected(union, name), removed(union, name)
    if taken is None:
        assert left is None
        return
    assert sorted(members(taken) + members(left), key=repr) == sorted(union.members, key=repr)
    assert all(base_name(each) == name for each in members(taken))
    assert all(base_name(each) != name for each in members(left))


@given(types(), st.sampled_from(TYPE_NAMES))
def test_the_name_of_a_type_fits_it(type_, name):
    if base_name(type_) == name:
        assert assignable(Named(name), type_, NOTHING)


@given(types())
def test_nothing_nil_is_left_without_nil(type_):
    assert not has_nil(without_nil(type_))


@given(types())
def test_a_type_has_itself_in_common_with_itself(type_):
    assert intersect(type_, type_) == type_


@given(types(), types())
def test_unknown_becomes_whatever_a_schema_says(type_, other):
    assert intersect(UNKNOWN, type_) == type_
    common = intersect(type_, other)
    assert common is None or show(common)


@given(UNIONS, types())
def test_subtracting_keeps_members_in_order_and_never_all_of_those_in_common(union, schema):
    left = subtract(union, schema)
    kept = list(left.members) if isinstance(left, Union) else [left]
    remaining = iter(union.members)
    assert all(any(each == member for member in remaining) for each in kept)
    if len(kept) < len(union.members):
        assert all(intersect(each, schema) is not None for each in union.members if each not in kept)
