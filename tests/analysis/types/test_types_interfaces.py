"""Which types satisfy an interface, and the reasons why others do not (chapter 09, 7.4)."""

from __future__ import annotations

import pytest
from types_of_text import declared, fits, type_of

from harnpy.analysis.types.forms import WILDCARD, Named
from harnpy.analysis.types.interfaces import unsatisfied

PROGRAM = """
interface Show { fn show(self) -> string }
interface Scale { fn scale(self, by: int, times: float) -> Scale }
interface Loose { fn a(self, x)
 fn b(self) -> int }
interface Nothing { type Item }
interface Container { type Item
 fn get(self, i: int) -> Item
 fn put(self, item: Item) }
interface Keyed { type Key = int
 fn key(self) -> Key }
interface Col<T> { fn at(self, i: int) -> T
 fn all(self) -> list<T> }
interface Same { fn same(self, other: Same) -> bool }
interface Next { type Item
 fn next(self) -> Item | nil }

struct P { x: int }
struct Q { x: int }
struct Box<T> { v: T }
enum E { V }
impl P {
  fn show(self) -> string { "p" }
  fn scale(self, by: int, times: float) -> Scale { self }
  fn a(self, x: string) { x }
  fn b(self) { 1 }
  fn get(self, i: int) -> string { "s" }
  fn put(self, item: string) { nil }
  fn key(self) -> int { 1 }
  fn at(self, i: int) -> int { 1 }
  fn all(self) -> list<int> { [1] }
  fn same(self, other: P) -> bool { true }
  fn next(self) -> int | nil { nil }
}
impl E {
  fn show(self) -> int { 1 }
  fn scale(self, by: string, times: float) { nil }
  fn a() { 1 }
  fn get(self, i: int) -> int { 1 }
  fn put(self, item: string) { nil }
  fn key(self) -> string { "s" }
  fn at(self, i: int) -> string { "s" }
}
impl Box {
  fn at(self, i: int) -> T { self.v }
  fn all(self) -> list<T> { [self.v] }
}
type Alias = P
type Others = P | E
type Shape = {show: fn() -> string}
type Both = P | Alias
"""
WORLD = declared(PROGRAM, "G")


def reason(type_, interface):
    return unsatisfied(type_of(type_), type_of(interface), WORLD)


@pytest.mark.parametrize(
    "type_, interface",
    [
        ("P", "Show"),
        ("P", "Scale"),
        ("P", "Loose"),
        ("P", "Container"),
        ("P", "Keyed"),
        ("P", "Col<int>"),
        ("P", "Col"),
        ("P", "Same"),
        ("P", "Next"),
        ("Alias", "Show"),
        # Nothing is asked of a type by an interface without methods.
        ("Q", "Nothing"),
        ("int", "Nothing"),
        ("Box<int>", "Col<int>"),
        ("Box", "Col<int>"),
        # Better variants.
        ("any", "Show"),
        ("never", "Show"),
        ("Show", "Show"),
        ("Col<int>", "Col<int>"),
        ("G", "Show"),
        ("P | any", "Show"),
        ("Both", "Show"),
        ("Both | never", "Show"),
    ],
)
def test_satisfied(type_, interface):
    assert reason(type_, interface) is None
    assert fits(interface, type_, WORLD)


@pytest.mark.parametrize(
    "type_, interface, expected",
    [
        ("P", "Unknown", "interface 'Unknown' not found"),
        ("P", "int | nil", "interface 'int | nil' not found"),
        ("Q", "Show", "missing method(s): show"),
        ("Q", "Container", "missing method(s): get, put"),
        ("int", "Show", "missing method(s): show"),
        ("nil", "Show", "missing method(s): show"),
        ("unknown", "Show", "missing method(s): show"),
        ("Box<int>", "Show", "missing method 'show'"),
        ("E", "Loose", "method 'a' has 0 parameter(s), expected 1"),
        ("E", "Show", "method 'show' returns 'int', expected 'string'"),
        ("E", "Scale", "method 'scale' parameter 1 has type 'string', expected 'int'"),
        ("E", "Container", "type parameter 'Item' was inferred as both int and string"),
        ("E", "Keyed", "associated type 'Key' resolves to 'string', expected 'int'"),
        ("E", "Col<int>", "method 'at' returns 'string', expected 'int'"),
        ("E", "Col", "missing method 'all'"),
        ("P", "Col<string>", "method 'at' returns 'int', expected 'string'"),
        ("Box<string>", "Col<int>", "method 'at' returns 'string', expected 'int'"),
        ("list<int>", "Show", "only named types can satisfy interfaces"),
        ("{a: int}", "Show", "only named types can satisfy interfaces"),
        ("P | E", "Show", "only named types can satisfy interfaces"),
        ("P | nil", "Show", "only named types can satisfy interfaces"),
        # An alias has a name, though what it stands for may have none.
        ("Others", "Show", "missing method(s): show"),
        ("Shape", "Show", "missing method(s): show"),
        ("Show", "Same", "missing method(s): same"),
    ],
)
def test_not_satisfied(type_, interface, expected):
    assert reason(type_, interface) == expected
    if "not found" not in expected:
        assert not fits(interface, type_, WORLD)


def test_the_wildcard_satisfies_every_interface():
    assert unsatisfied(WILDCARD, Named("Show"), WORLD) is None


def test_a_union_with_an_interface_takes_what_satisfies_it():
    assert fits("Show | nil", "P | nil", WORLD)
    assert fits("Show | nil", "nil", WORLD)
    assert not fits("Show | nil", "E", WORLD)
    assert fits("list<Show>", "list<Show>", WORLD)
    assert not fits("P", "Show", WORLD)


def test_interfaces_that_mention_each_other_come_to_an_end():
    world = declared(
        "interface A { fn b(self) -> B }\ninterface B { fn a(self) -> A }\nstruct X { n: int }\nstruct Y { n: int }"
        "\nimpl X { fn b(self) -> Y { nil } }\nimpl Y { fn a(self) -> X { nil } }"
    )
    assert fits("A", "X", world)
    assert fits("B", "Y", world)
    assert not fits("A", "Y", world)


def test_a_second_impl_replaces_the_first():
    world = declared(PROGRAM + "impl P { fn other(self) { nil } }")
    assert unsatisfied(Named("P"), Named("Show"), world) == "missing method 'show'"


def test_an_impl_of_an_alias_is_found_by_the_name_of_the_alias():
    world = declared("interface S { fn s(self) }\ntype Id = int\nimpl Id { fn s(self) { 1 } }")
    assert unsatisfied(Named("Id"), Named("S"), world) is None
    assert unsatisfied(Named("int"), Named("S"), world) == "missing method(s): s"
