"""What arguments say about type parameters (chapter 09, 7.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from types_of_text import expression, type_of, types

from harnpy.analysis.types.binding import bind, bind_types
from harnpy.analysis.types.forms import INT, STRING, WILDCARD, Applied, IterOf, ListOf, Named, Union, show, substituted
from harnpy.syntax import ast

NAMES = frozenset({"T", "U"})
LITERALS = {ast.Int: "int", ast.Str: "string", ast.Bool: "bool", ast.Float: "float"}


def infer(value):
    """The types of literals, for dict literals whose entries are asked for one by one."""
    text = LITERALS.get(type(value))
    return None if text is None else type_of(text)


def schema_of(value):
    return INT if isinstance(value, ast.Name) and value.name == "Schemas" else None


def bound(parameter, argument, inferred=None, bindings=None):
    """The bindings as text, and the conflicts."""
    found = {} if bindings is None else bindings
    value = None if argument is None else expression(argument)
    known = None if inferred is None else type_of(inferred)
    conflicts = bind(type_of(parameter), value, known, NAMES, found, infer, schema_of)
    return (
        {name: show(type_) for name, type_ in found.items()},
        [(name, show(first), show(other)) for name, first, other in conflicts],
    )


@pytest.mark.parametrize(
    "parameter, inferred, expected",
    [
        ("T", "int", {"T": "int"}),
        ("T", "int | nil", {"T": "int | nil"}),
        ("list<T>", "list<int>", {"T": "int"}),
        ("dict<T, U>", "dict<string, int>", {"T": "string", "U": "int"}),
        ("Result<T, U>", "Result<int, string>", {"T": "int", "U": "string"}),
        ("set<T>", "set<int>", {"T": "int"}),
        ("{a: T, b: U}", "{b: int, c: string}", {"U": "int"}),
        ("fn(T) -> U", "fn(int) -> string", {"T": "int", "U": "string"}),
        ("fn(T, T) -> int", "fn(int) -> int", {"T": "int"}),
        ("list<list<T>>", "list<list<int>>", {"T": "int"}),
        # What binds nothing.
        ("V", "int", {}),
        ("int", "int", {}),
        ("list<T>", "list", {}),
        ("list<T>", "iter<int>", {}),
        ("iter<T>", "iter<int>", {}),
        ("T | nil", "int | nil", {}),
        ("T | nil", "int", {}),
        ("Result<T, U>", "Pair<int, string>", {}),
        ("set<T>", "set<int, int>", {}),
        ("dict<string, T>", "{a: int}", {}),
        ("Schema<T>", "Schema<int>", {}),
    ],
)
def test_types_are_taken_apart_alike(parameter, inferred, expected):
    assert bound(parameter, "value", inferred) == (expected, [])
    assert bound(parameter, None, inferred) == (expected, [])


def test_an_untyped_argument_binds_nothing():
    assert bound("T", "value") == ({}, [])


def test_the_first_binding_stays_and_others_are_conflicts():
    assert bound("fn(T) -> T", "value", "fn(int) -> string") == ({"T": "int"}, [("T", "int", "string")])
    assert bound("T", "value", "float", {"T": INT}) == ({"T": "int"}, [("T", "int", "float")])
    assert bound("T", "value", "int", {"T": INT}) == ({"T": "int"}, [])
    assert bound("fn(T, T) -> T", "value", "fn(int, string) -> bool") == (
        {"T": "int"},
        [("T", "int", "string"), ("T", "int", "bool")],
    )


def test_the_wildcard_neither_binds_nor_contradicts():
    found = {}
    conflicts = []
    bind_types(type_of("Result<T, T>"), Applied("Result", (WILDCARD, INT)), NAMES, found, conflicts)
    bind_types(type_of("list<T>"), ListOf(WILDCARD), NAMES, found, conflicts)
    assert (found, conflicts) == ({"T": INT}, [])


def test_the_entries_of_a_dict_literal_are_asked_one_by_one():
    assert bound("{a: T, b: {c: U}}", '{"a": 1, b: {c: "s", d: f()}}') == ({"T": "int", "U": "string"}, [])
    assert bound("{a: T, b: T}", '{a: 1, b: "s"}') == ({"T": "int"}, [("T", "int", "string")])
    assert bound("{a: T}", "{a: f(), ...rest, [k]: 1}") == ({}, [])
    # The literal is looked at, not the type that somebody found for it.
    assert bound("{a: T}", "{a: 1}", "{a: string}") == ({"T": "int"}, [])


def test_a_schema_binds_what_it_is_the_schema_of():
    assert bound("Schema<T>", "Schemas", "dict") == ({"T": "int"}, [])
    assert bound("Schema<T>", "other", "Schema<string>") == ({}, [])
    assert bound("Schema<T>", "Schemas", None, {"T": STRING}) == ({"T": "string"}, [("T", "string", "int")])
    assert bound("{output_schema: Schema<T>}", "{output_schema: Schemas}") == ({"T": "int"}, [])


PATTERNS = types(st.sampled_from([Named("T"), Named("U"), INT, STRING]), in_unions=False)


def reachable(type_):
    """The names that binding gets to: not those inside `iter`."""
    match type_:
        case Named(name=name):
            return {name} & NAMES
        case IterOf():
            return set()
        case _:
            values = [getattr(type_, field) for field in type(type_)._fields]
            parts = [part for value in values for part in (value if isinstance(value, tuple) else (value,))]
            inner = [getattr(part, "type", part) for part in parts]
            return set().union(*[reachable(each) for each in inner if not isinstance(each, str | bool)])


@given(PATTERNS, st.fixed_dictionaries({"T": types(), "U": types()}))
def test_binding_undoes_substitution(pattern, values):
    bindings, conflicts = {}, []
    bind_types(pattern, substituted(pattern, values), NAMES, bindings, conflicts)
    assert conflicts == []
    assert bindings == {name: values[name] for name in reachable(pattern)}


@given(types(st.sampled_from([Named("T"), INT])), types())
def test_what_is_bound_never_changes(pattern, actual):
    bindings = {"T": Union((INT, STRING))}
    conflicts = []
    bind_types(pattern, actual, NAMES, bindings, conflicts)
    assert bindings["T"] == Union((INT, STRING))
    assert all(first == Union((INT, STRING)) and other != first for name, first, other in conflicts if name == "T")
