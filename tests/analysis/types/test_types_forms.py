"""Types are printed as they are written, and substitution is what it is in algebra."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from types_of_text import NOTHING, type_of, types

from harnpy.analysis.types.assignability import assignable
from harnpy.analysis.types.forms import (
    ANY,
    DEEPEST,
    INT,
    STRING,
    WILDCARD,
    ListOf,
    Named,
    annotated,
    is_deep,
    show,
    substituted,
)
from harnpy.syntax.parser import parse_program


@pytest.mark.parametrize(
    "text",
    [
        "int",
        "int | nil",
        "{a: int, b?: string}",
        "{}",
        "list<int>",
        "dict<string, list<any>>",
        "iter<int>",
        "Result<int, string>",
        "list<int, string>",
        "set<int>",
        "fn(int, string) -> bool",
        "fn() -> never",
        "fn(int) -> int | nil",
        '"a\\"b\\\\c"',
        "-3",
        "42",
        "int | int",
    ],
)
def test_what_is_written_is_printed(text):
    assert show(type_of(text)) == text


@pytest.mark.parametrize(
    "text, printed", [("true", "bool"), ("true | false", "bool | bool"), ("Iter<int>", "iter<int>")]
)
def test_other_spellings_are_printed_in_the_usual_one(text, printed):
    assert show(type_of(text)) == printed


def test_the_wildcard_is_an_underscore():
    assert show(ListOf(WILDCARD)) == "list<_>"


@given(types())
def test_every_printed_type_can_be_read_again(type_):
    assert type_of(show(type_)) == type_


VARIABLES = types(st.sampled_from([Named("T"), Named("U"), INT, STRING]))
BINDINGS = st.dictionaries(st.sampled_from(["T", "U"]), VARIABLES)


@given(VARIABLES)
def test_nothing_changes_without_bindings_or_when_names_stand_for_themselves(type_):
    assert substituted(type_, {}) == type_
    assert substituted(type_, {"T": Named("T"), "U": Named("U"), "V": INT}) == type_


@given(VARIABLES, BINDINGS, BINDINGS)
def test_two_substitutions_are_one(type_, first, second):
    both = {**second, **{name: substituted(value, second) for name, value in first.items()}}
    assert substituted(substituted(type_, first), second) == substituted(type_, both)


@given(VARIABLES)
def test_a_name_that_was_replaced_is_gone(type_):
    replaced = substituted(type_, {"T": INT, "U": INT})
    assert substituted(replaced, {"T": STRING, "U": STRING}) == replaced


@pytest.mark.parametrize(
    "opening, closing", [("list<", ">"), ("{a: ", "}"), ("fn() -> ", ""), ("set<", ">"), ("int | {a: ", "}")]
)
def test_annotations_may_be_nested_thousands_of_levels(opening, closing):
    program = parse_program(f"type Deep = {opening * 5000}int{closing * 5000}", "deep")
    type_ = annotated(program.items[0].type)
    assert not is_deep(type_, DEEPEST + 1)
    assert "any" in show(type_)
    assert assignable(type_, type_, NOTHING)


def test_what_lies_below_the_deepest_level_is_any():
    type_ = INT
    for _ in range(DEEPEST):
        type_ = ListOf(type_)
    assert type_of(show(type_)) == type_
    assert not is_deep(type_)
    assert is_deep(ListOf(type_))
    assert type_of(show(ListOf(type_))) == substituted(ListOf(type_), {"int": ANY})
