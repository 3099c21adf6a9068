"""Chapter 09, section 8: what conditions say about variables, and where."""

from __future__ import annotations

import pytest
from checked_programs import findings, messages


def types(declared: str, condition: str) -> tuple[str, str]:
    """The type of x where the condition holds, and where it does not."""
    program = f"type Row = {{a: int}}\nfn f(x: {declared}, y: int | nil) {{\n  if {condition} {{ let p: Probe = x }} else {{ let q: Probe = x }}\n}}"
    found = [each.partition("but assigned ")[2] for each in messages(program)]
    return found[0], found[1]


@pytest.mark.parametrize(
    ("declared", "condition", "holds", "fails"),
    [
        ("string | nil", "x != nil", "string", "nil"),
        ("string | nil", "nil != x", "string", "nil"),
        ("string | nil", "x == nil", "nil", "string"),
        ("string | int | nil", "x != nil", "string | int", "nil"),
        ("string | int", "x != nil", "string | int", "nil"),
        ("string", "x != nil", "string", "string"),
        ("string | nil", "x", "string", "nil"),
        ("string | int", "x", "string | int", "string | int"),
        ("string | nil", "!x", "nil", "string"),
        ("string | nil", "!(x == nil)", "string", "nil"),
        ("string | int", 'type_of(x) == "int"', "int", "string"),
        ("string | int", '"int" == type_of(x)', "int", "string"),
        ("string | int", 'type_of(x) != "int"', "string", "int"),
        ("string | int | nil", 'type_of(x) == "int"', "int", "string | nil"),
        ("string | int", 'type_of(x) == "bool"', "string | int", "string | int"),
        ("unknown", 'type_of(x) == "int"', "int", "unknown"),
        ("unknown", 'type_of(x) != "int"', "unknown", "int"),
        ("unknown", 'type_of(x) == "set"', "unknown", "unknown"),
        ("list<int> | string", 'type_of(x) == "list"', "list<int>", "string"),
        ("{a: int} | string", 'type_of(x) == "dict"', "{a: int}", "string"),
        ("string | fn(int) -> int", 'type_of(x) == "closure"', "fn(int) -> int", "string"),
        ('"a" | 1', 'type_of(x) == "string"', '"a"', "1"),
        ("{a?: int, b: int}", 'x.has("a")', "{a: int, b: int}", "{a?: int, b: int}"),
        ("{b: int}", 'x.has("a")', "{b: int}", "{b: int}"),
        ("string | Row", "schema_is(x, Row)", "{a: int}", "string"),
        ("unknown", "schema_is(x, Row)", "{a: int}", "unknown"),
        ("dict", "is_type(x, Row)", "{a: int}", "dict"),
        ("string | int", 'schema_is(x, {type: "int"})', "int", "string"),
        ("string | int", "schema_is(x, nobody)", "string | int", "string | int"),
        ("string | int | nil", 'x != nil && type_of(x) == "int"', "int", "string | int | nil"),
        ("string | int | nil", 'x == nil || type_of(x) == "int"', "string | int | nil", "string"),
        ("string | nil", "x != nil && y", "string", "string | nil"),
        ("string | nil", "y || x == nil", "string | nil", "string"),
        ("string | nil", "y == nil", "string | nil", "string | nil"),
        ("string | nil", "x.y != nil", "string | nil", "string | nil"),
        ("string | nil", "g(x)", "string | nil", "string | nil"),
    ],
)  # fmt: skip
def test_conditions(declared: str, condition: str, holds: str, fails: str) -> None:
    assert types(declared, condition) == (holds, fails)


@pytest.mark.parametrize(
    ("declared", "condition", "holds", "fails"),
    [("Maybe", "x != nil", "string", "nil"), ("Opt<int>", "x != nil", "int", "nil")],
)
def test_aliases_are_expanded_first(declared: str, condition: str, holds: str, fails: str) -> None:
    program = f"type Maybe = string | nil\ntype Opt<T> = T | nil\nfn f(x: {declared}) {{\n  if {condition} {{ let p: Probe = x }} else {{ let q: Probe = x }}\n}}"
    assert [each.partition("but assigned ")[2] for each in messages(program)] == [holds, fails]


NEEDS = "fn s(a: string) { }\n"
WRONG = "Argument 1 ('a'): expected string, got string | nil"


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("s(x)", [1]),
        ("if x != nil {\n s(x)\n}\ns(x)", [4]),
        ("if x == nil { return 1 }\ns(x)", []),
        ("if x == nil { throw 1 }\ns(x)", []),
        ("if x == nil { log(1) }\ns(x)", [2]),
        ("if x == nil { return 1 } else { log(2) }\ns(x)", []),
        ("if x != nil { log(1) } else { return 1 }\ns(x)", []),
        ("if x == nil { return 1 } else { return 2 }", []),
        ("x == nil ? 1 : s(x)", []),
        ("x != nil ? s(x) : 1", []),
        ("while x != nil {\n s(x)\n}\ns(x)", [4]),
        ("guard x != nil else { return 1 }\ns(x)", []),
        ("guard x != nil else { log(1) }\ns(x)", []),
        ("require x != nil\ns(x)", []),
        ("require x != nil, \"no\"\ns(x)", []),
        ("match x { nil -> { } _ -> { s(x) } }", []),
        ("match x { nil if i -> { } _ -> { s(x) } }", [1]),
        ('match x { "a" -> { s(x) } _ -> { } }', []),
        ("match 1 { _ if x != nil -> { s(x) } _ -> { } }", []),
        ("if x != nil { [1].map({ y -> s(x) }) }", []),
        ("if x != nil { fn inner() { s(x) } }", []),
        ("for i in [1] { if x == nil { continue }\n s(x) }", []),
        ("for i in [1] { if x == nil { break } }\ns(x)", [2]),
        ("if x != nil { if x != nil { s(x) } }", []),
        ("if x == nil { } else if i { s(x) } else { s(x) }", []),
        ("try { if x == nil { return 1 } } catch (e) { }\ns(x)", [2]),
    ],
)  # fmt: skip
def test_where_conditions_hold(body: str, lines: list[int]) -> None:
    found = findings(f"{NEEDS}fn f(x: string | nil, i) {{\n{body}\n}}")
    assert [(int(each.split()[1].split(":")[0]) - 2, each.split(" ", 2)[2]) for each in found] == [
        (line, WRONG) for line in lines
    ]


@pytest.mark.parametrize(
    ("pattern", "type_"),
    [("nil", "nil"), ('"a"', "string"), ("1", "int"), ("_", "string | int | nil"), ("true", "string | int | nil")],
)
def test_literal_patterns_narrow_a_union(pattern: str, type_: str) -> None:
    program = f"fn f(x: string | int | nil) {{\n  match x {{ {pattern} -> {{ let p: Probe = x }} _ -> {{ }} }}\n}}"
    assert messages(program)[-1].partition("but assigned ")[2] == type_


_PATHS = """
type Tree = {value: int, left: Tree | nil, right: Tree | nil}
fn send(address: string) { return address }
fn count(n: int) { return n }
"""


@pytest.mark.parametrize(
    "body",
    [
        "if u.email != nil { send(u.email) }",
        'if u["email"] != nil { send(u.email) }',
        "if u.email { send(u.email) }",
        'if type_of(u.email) == "string" { send(u.email) }',
        'if schema_is(u.email, {type: "string"}) { send(u.email) }',
        "guard u.email != nil else { return nil }\n  send(u.email)",
        "if u.email == nil { return nil }\n  send(u.email)",
        "return u.email != nil && send(u.email)",
        "while u.email != nil { send(u.email) }",
        'u.email = "x"\n  send(u.email)',
    ],
)
def test_a_field_that_a_condition_has_looked_at_is_untyped(body: str) -> None:
    assert messages(f"{_PATHS}\nfn f(u: {{email: string | nil}}) {{\n  {body}\n}}\n") == []


@pytest.mark.parametrize(
    "body",
    [
        "send(u.email)",
        "if u.email != nil { return nil }\n  send(u.email)",
        "if u.other != nil { send(u.email) }",
        "if u.email != nil { log(1) }\n  send(u.email)",
    ],
)
def test_a_field_is_typed_where_no_condition_has_looked_at_it(body: str) -> None:
    found = messages(f"{_PATHS}\nfn f(u: {{email: string | nil, other: int | nil}}) {{\n  {body}\n}}\n")
    assert found == ["Argument 1 ('address'): expected string, got string | nil"]


def test_a_field_of_an_alias_that_may_be_nil_goes_where_it_fits_without_nil() -> None:
    program = """
fn sum(t: Tree) -> int {
  var cur = t
  while cur.left != nil { cur = cur.left }
  let left = t.left
  if left != nil { sum(left) }
  return sum(t.left) + sum(t.right ?? t)
}
"""
    assert messages(_PATHS + program) == []
    assert messages(_PATHS + "fn f(t: Tree) { return count(t.left) }") == [
        "Argument 1 ('n'): expected int, got Tree | nil"
    ]
    assert messages(_PATHS + "fn g(t: Tree) { return send(t.value) }") == [
        "Argument 1 ('address'): expected string, got int"
    ]


@pytest.mark.parametrize(
    "body",
    [
        "let y = if x != nil { x } else { 'd' }\n  send(y)",
        "var y = if x == nil { 'd' } else { x }\n  send(y)\n  y = x",
        "var y = x\n  if y == nil { y = 'd' }\n  send(y)",
        "var y = x\n  if y == nil { let d = 'd'\n y = d }\n  send(y)",
        "var y = x\n  if !y { y = 'd' }\n  if y == nil { return 1 }\n  send(y)",
    ],
)
def test_what_stands_in_for_nil_leaves_none(body: str) -> None:
    body = body.replace("'", '"')
    assert messages(f"{_PATHS}\nfn f(x: string | nil) {{\n  {body}\n}}\n") == []


@pytest.mark.parametrize(
    ("body", "actual"),
    [
        ("let y = if x != nil { x } else { 1 }\n  send(y)", "string | nil | int"),
        ("let y = if x == nil { x } else { 'd' }\n  send(y)", "string | nil | string"),
        ("var y = x\n  if y == nil { y = nil }\n  send(y)", "string | nil"),
        ("var y = x\n  if y != nil { y = 'd' }\n  send(y)", "string | nil"),
        ("var y = x\n  if z { y = 'd' }\n  send(y)", "string | nil"),
        ("var y = x\n  if y == nil { y = 'd' }\n  y = x\n  send(y)", "string | nil"),
    ],
)
def test_what_may_still_be_nil_is_reported(body: str, actual: str) -> None:
    body = body.replace("'", '"')
    found = messages(f"{_PATHS}\nfn f(x: string | nil, z) {{\n  {body}\n}}\n")
    assert found == [f"Argument 1 ('address'): expected string, got {actual}"]


@pytest.mark.parametrize(
    ("declared", "body"),
    [
        ("unknown", "if type_of(x) == 'int' || type_of(x) == 'float' { return x * 2 }"),
        ("unknown", "if type_of(x) != 'string' && type_of(x) != 'int' { throw 'x' }"),
        ("int | string | nil", "if type_of(x) == 'int' || type_of(x) == 'string' { let y: int | string = x }"),
        ("int | string | nil", "guard type_of(x) == 'int' || type_of(x) == 'string' else { return 1 }\n  either(x)"),
        ("int | string | nil", "if !(type_of(x) != 'int' && type_of(x) != 'string') { either(x) }"),
    ],
)
def test_alternatives_that_all_say_something_of_a_variable(declared: str, body: str) -> None:
    body = body.replace("'", '"')
    before = "fn either(x: int | string) { return x }"
    found = messages(f"{before}\nfn f(x: {declared}) {{\n  {body}\n}}\n")
    assert [each for each in found if not each.startswith("W ")] == []


@pytest.mark.parametrize(
    "condition",
    ["x != nil || y", "type_of(x) == 'int' || type_of(x) == 'nil'", "x != nil || x == nil", "y || x != nil"],
)
def test_alternatives_that_leave_nil_are_reported(condition: str) -> None:
    condition = condition.replace("'", '"')
    before = "fn either(x: int | string) { return x }"
    found = messages(f"{before}\nfn f(x: int | string | nil, y) {{\n  if {condition} {{ either(x) }}\n}}\n")
    assert found == ["Argument 1 ('x'): expected int | string, got int | string | nil"]
