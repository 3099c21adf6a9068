"""Aliases expanded at the top, and everywhere."""

from __future__ import annotations

import pytest
from types_of_text import declared, type_of

from harnpy.analysis.types.aliases import head
from harnpy.analysis.types.assignability import expanded
from harnpy.analysis.types.forms import WILDCARD, DictOf, show
from harnpy.analysis.types.world import World

WORLD = declared(
    """
    type Id = int
    type Maybe = Id | nil
    type Ids = list<Id>
    type Opt<T> = T | nil
    type Two<A, B> = {a: A, b: Opt<B>}
    type Tree = {value: Id, children: list<Tree>}
    type Json = string | list<Json> | dict<string, Json>
    type Loop = Loop
    type Again = Again | Id
    type Other = Again | Loop
    type Around = Around | Opt<Around | Around>
    type Empty = Empty | Empty
    type First = Second
    type Second = First
    type Third = Second
    type Grow<T> = Grow<list<T>>
    struct P { x: Id }
    """,
    "G",
)


@pytest.mark.parametrize(
    "text, at_the_top, everywhere",
    [
        ("int", "int", "int"),
        ("Id", "int", "int"),
        ("Ids", "list<Id>", "list<int>"),
        ("list<Ids>", "list<Ids>", "list<list<int>>"),
        ("Maybe", "int | nil", "int | nil"),
        ("string | Maybe | Id", "string | int | nil | int", "string | int | nil | int"),
        ("Opt<Maybe>", "int | nil | nil", "int | nil | nil"),
        ("Two<Id, string>", "{a: Id, b: Opt<string>}", "{a: int, b: string | nil}"),
        ("Two<int>", "Two<int>", "Two<int>"),
        ("Opt", "_ | nil", "_ | nil"),
        ("Tree", "{value: Id, children: list<Tree>}", "{value: int, children: list<Tree>}"),
        ("list<Tree>", "list<Tree>", "list<{value: int, children: list<Tree>}>"),
        ("Json", "string | list<Json> | dict<string, Json>", "string | list<Json> | dict<string, Json>"),
        ("list<Json | nil>", "list<Json | nil>", "list<string | list<Json> | dict<string, Json> | nil>"),
        ("Loop", "Loop", "Loop"),
        ("Again", "int", "int"),
        ("Other", "int | Loop", "int | Loop"),
        ("Loop | Loop", "Loop | Loop", "Loop | Loop"),
        ("Empty", "never", "never"),
        ("Second", "First", "First"),
        ("list<Third>", "list<Third>", "list<First>"),
        ("Around", "nil", "nil"),
        ("Grow<int>", "Grow<int>", "Grow<int>"),
        ("P", "P", "P"),
        ("set<Id>", "set<Id>", "set<int>"),
        ("fn(Id) -> Maybe", "fn(Id) -> Maybe", "fn(int) -> int | nil"),
        ("iter<Id>", "iter<Id>", "iter<int>"),
        ("dict<string, Id>", "dict<string, Id>", "dict<string, int>"),
        ("G", "G", "G"),
    ],
)
def test_expanded(text, at_the_top, everywhere):
    assert show(head(type_of(text), WORLD)) == at_the_top
    assert show(expanded(type_of(text), WORLD)) == everywhere


def test_what_needs_no_expansion_stays_the_same_object():
    for text in ["int", "int | nil", "{a: Id}", "list<Ids>"]:
        type_ = type_of(text)
        assert head(type_, WORLD) is type_


def test_a_type_parameter_in_scope_is_no_alias():
    world = World({**WORLD.aliases}, {}, {}, {}, {}, frozenset({"Id"}))
    assert show(head(type_of("Maybe"), world)) == "Id | nil"
    assert show(expanded(type_of("list<Id>"), world)) == "list<Id>"


def test_an_expansion_does_not_get_enormous():
    world = declared("type A0 = int\n" + "\n".join([f"type A{n} = {{a: A{n - 1}, b: A{n - 1}}}" for n in range(1, 60)]))
    text = show(expanded(type_of("A59"), world))
    assert len(text) < 100_000
    assert "A" in text


def test_wildcards_are_kept():
    type_ = DictOf(WILDCARD, type_of("Id"))
    assert show(expanded(type_, WORLD)) == "dict<_, int>"


def test_an_endless_chain_of_aliases_is_followed_only_so_far():
    for end in ["", " | nil"]:
        world = declared("type A0 = int\n" + "\n".join([f"type A{n} = A{n - 1}{end}" for n in range(1, 5000)]))
        assert "any" in show(head(type_of("A4999"), world))
        assert "int" in show(head(type_of("A40"), world))
