"""Chapter 09, 4.4, 4.5 and 7.2 to 7.4: calls, type parameters, constraints."""

from __future__ import annotations

import pytest
from checked_programs import findings, messages


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("fn f(a, b) { }\nf(1)", ["W 2:1 Function 'f' expects 2 arguments, got 1"]),
        ("fn f(a) { }\nf()", ["W 2:1 Function 'f' expects 1 arguments, got 0"]),
        ("fn f(a, b = 1, c = 2) { }\nf()\nf(1)\nf(1, 2, 3)\nf(1, 2, 3, 4)", ["W 2:1 Function 'f' expects 1-3 arguments, got 0", "W 5:1 Function 'f' expects 1-3 arguments, got 4"]),
        ("fn f(a, ...rest) { }\nf()\nf(1, 2, 3)", []),
        ("fn f(a, b) { }\nf(...[1])", []),
        ("fn trim(a, b) { }\ntrim(1)", []),
        ("fn f(a, b) { }\nf(b: 1, a: 2)", []),
        ("trim()\nlog(1, 2, 3)", []),
        ("fn f(a) { }\nlet g = f\ng(1, 2)", []),
    ],
)  # fmt: skip
def test_numbers_of_arguments(program: str, expected: list[str]) -> None:
    assert findings(program) == expected


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ('fn f(a: int) { return a }\nf("x")', ["E 2:3 Argument 1 ('a'): expected int, got string"]),
        ("fn f(a, b: string) { }\nf(1, 2)", ["E 2:6 Argument 2 ('b'): expected string, got int"]),
        ('fn f(a: int) { }\nf("x", 1)', ["W 2:1 Function 'f' expects 1 arguments, got 2", "E 2:3 Argument 1 ('a'): expected int, got string"]),
        ("fn f(a: int) { }\nf(unknown_thing)", []),
        ("fn f(a: float) { }\nf(1)", []),
        ('fn f(a: int, b: int) { }\nf(1, b: "x")', ["E 2:9 Argument 2 ('b'): expected int, got string"]),
        # Of a rest parameter every argument is an element.
        ('fn f(...xs: list<int>) { }\nf(1, 2, "x")', ["E 2:9 Argument 3 ('xs'): expected int, got string"]),
        ('fn f(...xs: int) { }\nf(1, "x")', ["E 2:6 Argument 2 ('xs'): expected int, got string"]),
        ("fn f(...xs: list) { }\nf(1, \"x\")", []),
        ('fn f(a: int, b: int) { }\nf(...[1], "x")', []),
        # A nested function is known in its block, a recursive one in its body at top level.
        ('fn f(a: int) {\n  f("x")\n}', ["E 2:5 Argument 1 ('a'): expected int, got string"]),
        ('fn g() {\n  fn f(a: int) { }\n  f("x")\n}\nf("x")', ["E 3:5 Argument 1 ('a'): expected int, got string"]),
        # An alias is printed as it is written.
        ('type Id = int\nfn f(a: Id) { }\nf("x")', ["E 3:3 Argument 1 ('a'): expected Id, got string"]),
        ("type Id = int\nfn f(a: Id) { }\nf(1)", []),
        # A schema is a dict.
        ("type A = {x: int}\nfn f<T>(s: string, t: Schema<T>) -> T { return s }\nf(\"x\", schema_of(A))", []),
        ("fn f(t: Schema<int>) { }\nf({type: \"int\"})", []),
        ("fn f(t: Schema<int>) { }\nf(1)", ["E 2:3 Argument 1 ('t'): expected Schema<int>, got int"]),
        # A type that comes from another file is unknown, so it goes with everything.
        ('import { Id } from "ids"\nfn f(a: Id) { return a + 1 }\nf("x")', []),
        ('import "ids"\nfn f(a: Id, b: list<Id>) { return a + 1 }\nf("x", 2)', []),
        ('import "ids"\nfn f(a: int) { }\nf("x")', ["E 3:3 Argument 1 ('a'): expected int, got string"]),
        ('fn f(a: Id) { }\nf("x")', ["E 2:3 Argument 1 ('a'): expected Id, got string"]),
        # The value of an `if` is narrowed by its conditions where it matters.
        ("fn f(a: int) { }\nfn g(x: int | nil) {\n  f(if x == nil { 1 } else { x })\n}", []),
        ("fn f(a: int) { }\nfn g(x: int | nil) {\n  f(if x == nil { 1 } else { \"x\" })\n}", ["E 3:5 Argument 1 ('a'): expected int, got int | string"]),
    ],
)  # fmt: skip
def test_arguments(program: str, expected: list[str]) -> None:
    assert findings(program) == expected


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ('fn k<T>(a: T, b: T) { return a }\nk(1, "x")', ["E 2:6 type parameter 'T' was inferred as both int and string", "E 2:6 Argument 2 ('b'): expected int, got string"]),
        ("fn k<T>(a: T, b: T) { return a }\nk(1, 1.5)", ["E 2:6 type parameter 'T' was inferred as both int and float", "E 2:6 Argument 2 ('b'): expected int, got float"]),
        ("fn k<T>(a: T, b: T) { return a }\nk(1, unknown_thing)", []),
        ('fn k<T>(a: list<T>, b: T) { }\nk([1], "x")', ["E 2:8 type parameter 'T' was inferred as both int and string", "E 2:8 Argument 2 ('b'): expected int, got string"]),
        ('fn k<T>(a: {v: T}, b: T) { }\nk({v: 1}, "x")', ["E 2:11 type parameter 'T' was inferred as both int and string", "E 2:11 Argument 2 ('b'): expected int, got string"]),
        ("fn k<T>(a: T | nil, b: T) { }\nk(1, \"x\")", ["E 2:3 Argument 1 ('a'): expected string | nil, got int"]),
        ('fn first<T>(xs: list<T>) -> T { return xs[0] }\nlet s: string = first([1])', ["E 2:1 's' declared as string, but assigned int"]),
        ("fn none<T>() -> T { return x() }\nlet s: string = none()", []),
        ("fn none<T>() -> list<T> { return [] }\nlet s: string = none()", ["E 2:1 's' declared as string, but assigned list<_>"]),
        ('fn apply<T, U>(x: T, f: fn(T) -> U) -> U { return f(x) }\nlet s: string = apply(1, { n: int -> 2 })', ["E 2:1 's' declared as string, but assigned int"]),
        ('fn parse<T>(text: string, s: Schema<T>) -> T { return text }\nlet s: string = parse("1", {type: "int"})', ["E 2:1 's' declared as string, but assigned int"]),
        ('type A = {x: int}\nfn parse<T>(text: string, s: Schema<T>) -> T { return text }\nlet s: string = parse("1", A)', ["E 3:1 's' declared as string, but assigned {x: int}"]),
        # Inside a generic function its parameters go with everything.
        ("fn f<T>(x: T) -> int { return x }", []),
        ("fn f<T>(x: T) { return x + 1 }", []),
        ("fn f<T>(x: T) {\n  fn g(y: T) { log(y + 1) }\n  g(1)\n}", []),
        ("struct Box<T> { v: T }\nimpl Box { fn get(self) -> T { return 1 } }", []),
    ],
)  # fmt: skip
def test_type_parameters(program: str, expected: list[str]) -> None:
    assert findings(program) == expected


NAMED = """interface Named {
  fn name(self) -> string
  fn rename(self, text: string)
}
fn greet<T>(who: T) where T: Named { log(who.name()) }
struct Dog { age: int }
"""


@pytest.mark.parametrize(
    ("methods", "reason"),
    [
        ("", "missing method(s): name, rename"),
        ('impl Dog { fn name(self) { return "x" } }', "missing method 'rename'"),
        ("impl Dog {\n fn name(self, a) { }\n fn rename(self, text) { }\n}", "method 'name' has 1 parameter(s), expected 0"),
        ("impl Dog {\n fn name(self) -> int { return 1 }\n fn rename(self, text) { }\n}", "method 'name' returns 'int', expected 'string'"),
        ("impl Dog {\n fn name(self) { }\n fn rename(self, text: int) { }\n}", "method 'rename' parameter 1 has type 'int', expected 'string'"),
        ("impl Dog {\n fn name(self) { }\n fn rename(self, text) { }\n}", None),
    ],
)  # fmt: skip
def test_constraints(methods: str, reason: str | None) -> None:
    found = messages(f"{NAMED}{methods}\ngreet(Dog {{ age: 1 }})")
    wanted = f"Type 'Dog' does not satisfy interface 'Named': {reason} (required by constraint `where T: Named`)"
    assert found == ([] if reason is None else [wanted])


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("fn f<T>(x: T) where T: Nothing { }\nf(1)", ["E 2:1 Type 'int' does not satisfy interface 'Nothing': interface 'Nothing' not found (required by constraint `where T: Nothing`)"]),
        (NAMED + "greet([1])", ["E 7:1 Type 'list<int>' does not satisfy interface 'Named': only named types can satisfy interfaces (required by constraint `where T: Named`)"]),
        (NAMED + "greet(unknown_thing)", []),
        (NAMED + "fn other<U>(x: U) where U: Named { greet(x) }", []),
        (NAMED + "fn other<U>(x: U) where U: Named { x.title() }", ["W 7:36 Method 'title' not found in interface 'Named' (constraint on 'U')"]),
        (NAMED + "fn other<U>(x: U) where U: Named { x.rename(1, 2, 3) }", []),
        (NAMED + "fn other<U>(x: U) where U: Nothing { x.title() }", []),
        (NAMED + "fn other<U>(x: U) { x.title() }", []),
        (NAMED + "fn show(x: Named) { }\nshow(Dog { age: 1 })", ["E 8:6 Argument 1 ('x'): expected Named, got Dog"]),
        (NAMED + "fn show(x: Named) { show(x) }", []),
    ],
)  # fmt: skip
def test_interfaces(program: str, expected: list[str]) -> None:
    assert findings(program) == expected


def test_the_findings_about_a_call_come_in_their_order() -> None:
    program = """@deprecated
fn bad<T>(v: unknown, a: T, b: T, c: string) -> never where T: Named { throw v }
interface Named { fn name(self) }
fn f(u: unknown) {
  if type_of(u) == "int" { return 1 }
  bad(u, 1, "x", 2, bad(1))
}
"""
    assert findings(program) == [
        "W 6:3 `bad` is deprecated",
        "W 6:21 `bad` is deprecated",
        "W 6:3 `bad()` reached but `u: unknown` was not fully narrowed — uncovered concrete type(s): "
        "string, float, bool, nil, list, dict, closure",
        "W 6:3 Function 'bad' expects 4 arguments, got 5",
        "E 6:13 type parameter 'T' was inferred as both int and string",
        "E 6:13 Argument 3 ('b'): expected int, got string",
        "E 6:18 Argument 4 ('c'): expected string, got int",
        "E 6:3 Type 'int' does not satisfy interface 'Named': missing method(s): name "
        "(required by constraint `where T: Named`)",
        "W 6:21 `bad()` reached but `u: unknown` was not fully narrowed — uncovered concrete type(s): "
        "string, float, bool, nil, list, dict, closure",
        "W 6:21 Function 'bad' expects 4 arguments, got 1",
    ]
