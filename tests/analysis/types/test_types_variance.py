"""Where type parameters marked `in` and `out` may appear (chapter 09, section 10)."""

from __future__ import annotations

import pytest
from types_of_text import declared

from harnpy.analysis.types.declared import without_attributes, world_of
from harnpy.analysis.types.variance import marker_word, violations
from harnpy.syntax.parser import parse_program

AROUND = """
enum Source<out T> { S(v: T) }
enum Sink<in T> { S(v: fn(T) -> nil) }
struct Cell<T> { v: T }
type Maker<out T> = fn() -> T
"""


def found(text):
    """(parameter, marker, position) of each violation in the last declaration of text."""
    program = parse_program(AROUND + text, "variance")
    return [each[:3] for each in violations(without_attributes(program.items[-1]), world_of(program))]


@pytest.mark.parametrize(
    "text",
    [
        "type A<out T> = T",
        "type A<out T> = {a: T, b: T | nil, c: iter<T>}",
        "type A<out T> = fn(int) -> T",
        "type A<in T> = fn(T) -> int",
        "type A<out T> = fn(fn(T) -> int) -> int",
        "type A<T> = fn(T) -> list<T>",
        "type A<out T> = Source<T>",
        "type A<in T> = Sink<T>",
        "type A<out T> = Sink<fn(T) -> nil>",
        "type A<out T> = Sink<Sink<T>>",
        "type A<out T> = Maker<T>",
        "type A<out T> = Result<T, int>",
        "enum A<out T> { V(v: T), W(x), X }",
        "enum A<out T> { V(v: A<T>) }",
        "struct A<T> { v: T }",
        "interface A<out T> { fn get(self) -> T }",
        "interface A<in T> { fn put(self, v: T) -> nil }",
        "interface A<out T> { type Item = list<T>\n fn get(self) -> T }",
        "interface A<in T> { fn map<T>(self) -> T }",
        "fn a<in T, out U>(x: T) -> U { nil }",
    ],
)
def test_allowed(text):
    assert found(text) == []


@pytest.mark.parametrize(
    "text, expected",
    [
        ("type A<in T> = T", [("T", "in", "covariant")]),
        ("type A<in T> = fn() -> T", [("T", "in", "covariant")]),
        ("type A<out T> = fn(T) -> int", [("T", "out", "contravariant")]),
        ("type A<in T> = fn(fn(T) -> int) -> int", [("T", "in", "covariant")]),
        ("type A<out T> = list<T>", [("T", "out", "invariant")]),
        ("type A<out T> = dict<T, T>", [("T", "out", "invariant")] * 2),
        ("type A<out T> = fn(list<T>) -> T", [("T", "out", "invariant")]),
        ("type A<out T> = list<fn(T) -> T>", [("T", "out", "invariant")] * 2),
        ("type A<out T> = Sink<T>", [("T", "out", "contravariant")]),
        ("type A<in T> = Sink<Sink<T>>", [("T", "in", "covariant")]),
        ("type A<out T> = Cell<T>", [("T", "out", "invariant")]),
        ("type A<out T> = set<T>", [("T", "out", "invariant")]),
        ("type A<out T> = Source<T, T>", [("T", "out", "invariant")] * 2),
        ("enum A<in T> { V(v: T), W(w: T) }", [("T", "in", "covariant")] * 2),
        ("struct A<out T> { v: T }", [("T", "out", "invariant")]),
        ("struct A<in T> { v: fn(T) -> int }", [("T", "in", "invariant")]),
        ("interface A<out T> { fn put(self, v: T) }", [("T", "out", "contravariant")]),
        ("interface A<in T> { fn get(self) -> T }", [("T", "in", "covariant")]),
        ("fn a<out T, in U>(x: T) -> U { nil }", [("T", "out", "contravariant"), ("U", "in", "covariant")]),
        ("@x enum A<in T> { V(v: T) }", [("T", "in", "covariant")]),
    ],
)
def test_not_allowed(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    "text, kind",
    [
        ("type A<in T> = T", "type alias"),
        ("enum A<in T> { V(v: T) }", "enum"),
        ("struct A<in T> { v: T }", "struct"),
        ("interface A<in T> { fn get(self) -> T }", "interface"),
        ("fn A<in T>() -> T { nil }", "function"),
    ],
)
def test_a_violation_names_the_declaration(text, kind):
    declaration = parse_program(text, "variance").items[0]
    assert [each[3:] for each in violations(declaration, declared(""))] == [(kind, "A")]


def test_a_declaration_that_the_world_does_not_know_may_mention_itself():
    declaration = parse_program("enum Local<out T> { V(v: Local<T>) }", "variance").items[0]
    assert violations(declaration, declared("")) == []


def test_markers_have_words():
    assert (marker_word("out"), marker_word("in")) == ("covariant", "contravariant")
