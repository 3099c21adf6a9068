"""Chapter 09, section 9: patterns, exhaustiveness, coverage of `unknown`, `unreachable`."""

from __future__ import annotations

import pytest
from checked_programs import findings, messages

ENUM = "enum E { A, B(x: int), C }\n"


@pytest.mark.parametrize(
    ("type_", "pattern", "expected"),
    [
        ("int", '"a"', ["W Match pattern type mismatch: matching int against string literal"]),
        ("int", "1", []),
        ("int", "1.5", []),
        ("float", "1", []),
        ("string", "1", ["W Match pattern type mismatch: matching string against int literal"]),
        ("string", "1.5", ["W Match pattern type mismatch: matching string against float literal"]),
        ("string", "true", ["W Match pattern type mismatch: matching string against bool literal"]),
        ("string", "nil", []),
        ("string | int", "true", ["W Match pattern type mismatch: matching string | int against bool literal"]),
        ("string | int", "1", []),
        ("any", "1", []),
        ('"a" | "b"', '"c"', []),
        ("E", '"A"', ["W Match pattern type mismatch: matching E against string literal"]),
        ("{a: int}", "1", ["W Match pattern type mismatch: matching {a: int} against int literal"]),
    ],
)  # fmt: skip
def test_literal_patterns(type_: str, pattern: str, expected: list[str]) -> None:
    assert messages(f"{ENUM}fn f(x: {type_}) {{ match x {{ {pattern} -> {{ }} _ -> {{ }} }} }}") == expected


def missing(*variants: str) -> list[str]:
    return [f"W Non-exhaustive match on enum E: missing variants {', '.join(variants)}"] if variants else []


@pytest.mark.parametrize(
    ("value", "arms", "expected"),
    [
        ("x", "E.A -> { } E.B -> { } E.C -> { }", []),
        ("x", "E.A -> { }", missing('"B"', '"C"')),
        ("x", "E.C -> { } E.A -> { }", missing('"B"')),
        ("x", "", missing('"A"', '"B"', '"C"')),
        ("x", "E.A -> { } _ -> { }", []),
        ("x", "E.A -> { } other -> { }", []),
        ("x", "E.A -> { } E.B(n) -> { }", []),
        ("x", "E.A if true -> { } E.B -> { }", missing('"C"')),
        ("x.variant", '"A" -> { } "B" -> { }', missing('"C"')),
        ("x.variant", '"A" -> { } "B" -> { } "C" -> { }', []),
        ("alias", "E.A -> { }", missing('"B"', '"C"')),
        ("res", "Result.Ok -> { }", []),
        ("nobody", "E.A -> { }", []),
    ],
)
def test_enums_are_exhausted(value: str, arms: str, expected: list[str]) -> None:
    program = f"{ENUM}type Same = E\nfn f(x: E, alias: Same, res: Result<int, string>) {{ match {value} {{ {arms} }} }}"
    assert messages(program) == expected


@pytest.mark.parametrize(
    ("type_", "arms", "expected"),
    [
        ("string | nil", 'nil -> { } "a" -> { }', None),
        ("string | nil", '"a" -> { }', "nil"),
        ("string | int | nil", "nil -> { }", "string, int"),
        ("string | nil", "x -> { }", None),
        ("string | nil", "_ -> { }", None),
        ("string | list<int>", '"a" -> { }', None),
        ("Maybe", '"a" -> { }', "nil"),
        ("int | float", "1 -> { } 1.5 -> { }", None),
        ("string", '"a" -> { }', None),
    ],
)
def test_unions_are_exhausted(type_: str, arms: str, expected: str | None) -> None:
    found = messages(f"type Maybe = string | nil\nfn f(x: {type_}) {{ match x {{ {arms} }} }}")
    assert found == ([] if expected is None else [f"W Non-exhaustive match on union type: missing {expected}"])


def test_the_findings_about_a_match_come_in_their_order() -> None:
    program = """fn f(x: string | nil) {
  match x {
    1 if true + 1 -> { log(nil + 1) }
    "a" -> { }
  }
}
"""
    assert findings(program) == [
        "W 3:5 Match pattern type mismatch: matching string | nil against int literal",
        "E 3:10 can't add bool and int",
        "E 3:28 can't add nil and int",
        "W 2:3 Non-exhaustive match on union type: missing nil",
    ]


ALL = ("int", "string", "float", "bool", "nil", "list", "dict", "closure")


def uncovered(site: str, variable: str, *covered: str) -> str:
    left = ", ".join(each for each in ALL if each not in covered)
    return f"`{site}` reached but `{variable}: unknown` was not fully narrowed — uncovered concrete type(s): {left}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("throw 1", []),
        ('if type_of(v) == "int" { return 1 }\nthrow 1', [uncovered("throw", "v", "int")]),
        ('if type_of(v) == "int" { return 1 }\nreturn 1', []),
        ('if type_of(v) == "int" { log(1) }\nthrow 1', []),
        ('if type_of(v) != "int" { throw 1 }', [uncovered("throw", "v", "int")]),
        ('if type_of(v) == "int" { return 1 }\nif type_of(v) == "nil" { return 1 }\nthrow 1', [uncovered("throw", "v", "int", "nil")]),
        ('if type_of(v) == "int" || type_of(v) == "nil" { return 1 }\nthrow 1', [uncovered("throw", "v", "int", "nil")]),
        ('if type_of(v) == "int" { return 1 } else if type_of(v) == "nil" { return 2 } else { throw 1 }', [uncovered("throw", "v", "int", "nil")]),
        ("\n".join(f'if type_of(v) == "{each}" {{ return 1 }}' for each in ALL) + "\nthrow 1", []),
        # Behind a chain, all that was ruled out counts, but the list has what the first condition leaves.
        ('if type_of(v) == "int" { return 1 } else if type_of(v) == "nil" { return 2 }\nthrow 1', [uncovered("throw", "v", "int")]),
        (" else ".join(f'if type_of(v) == "{each}" {{ return 1 }}' for each in ALL) + "\nthrow 1", []),
        ('if type_of(v) == "int" { return 1 }\nunreachable()', [uncovered("unreachable()", "v", "int")]),
        ('if type_of(v) == "int" { return 1 }\nunreachable("no")', [uncovered("unreachable()", "v", "int")]),
        ('if type_of(v) == "int" { return 1 }\nfail(1)', [uncovered("fail()", "v", "int")]),
        ('if type_of(v) == "int" { return 1 }\nif v == nil { return 1 }\nthrow 1', [uncovered("throw", "v", "int")]),
        ('if type_of(v) == "set" { return 1 }\nthrow 1', []),
        ('guard type_of(v) == "int" else { throw 1 }', [uncovered("throw", "v", "int")]),
        ('if type_of(v) == "int" { return 1 }\nif type_of(a) == "int" { return 1 }\nthrow 1', [uncovered("throw", "a", "int"), uncovered("throw", "v", "int")]),
        ('if type_of(v) == "int" { return 1 }\n[1].map({ x -> fail(x) })', [uncovered("fail()", "v", "int")]),
        ('if type_of(v) == "int" { return 1 }\nfn g() { throw 1 }', []),
        ('var w: unknown = v\nif type_of(w) == "int" { return 1 }\nw = other()\nthrow 1', []),
    ],
)  # fmt: skip
def test_coverage_of_unknown(body: str, expected: list[str]) -> None:
    program = f"fn fail(x) -> never {{ throw x }}\nfn f(v: unknown, a: unknown) {{\n{body}\n}}"
    assert messages(program) == [f"W {each}" for each in expected]


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("x", "unreachable() argument has type `int | string` — not all cases are handled"),
        ("", None),
        ("x.y", None),
        ("nobody", None),
        ("untyped", None),
    ],
)
def test_unreachable(argument: str, expected: str | None) -> None:
    found = messages(f"fn f(x: int | string, untyped) {{ unreachable({argument}) }}")
    assert found == ([] if expected is None else [expected])


def test_unreachable_where_nothing_is_left() -> None:
    program = "fn f(x: int | string) {{\n{}  unreachable(x)\n}}"
    cases = [f'  if type_of(x) == "{each}" {{ return 1 }}\n' for each in ("int", "string")]
    assert messages(program.format("".join(cases))) == []
    assert messages(program.format(cases[0])) == [
        "unreachable() argument has type `string` — not all cases are handled"
    ]
    assert messages("fn unreachable(x) { }\nfn f(x: int) { unreachable(x) }") == []


def test_variables_of_patterns_hide_others() -> None:
    assert (
        messages('let a = "s"\nfn f(x) { match x { [a] -> { log(a + 1) } {k: a} -> { log(a - 1) } a -> { a * 2.5 } } }')
        == []
    )


def test_types_from_elsewhere_match_every_literal() -> None:
    assert messages('import "ids"\nfn f(x: Id) { match x { 1 -> { } _ -> { } } }') == []
    assert messages('import { Id } from "ids"\nfn f(x: Id) { match x { 1 -> { } _ -> { } } }') == []


_TAKERS = """
fn int_of(n: int) { return n }
fn text_of(s: string) { return s }
"""


@pytest.mark.parametrize(
    ("declared", "match"),
    [
        ("int | string | nil", 'match type_of(x) { "int" -> { int_of(x) } "string" -> { text_of(x) } }'),
        ("int | string", 'match type_of(x) { "int" -> { int_of(x) } _ -> { text_of(x) } }'),
        (
            "unknown",
            'match type_of(x) { "int" -> { int_of(x + 1) } "string" -> { text_of(x + "!") } _ -> { throw x } }',
        ),
        ("string | nil", "match x { nil -> { nil } _ -> { text_of(x) } }"),
        ("{a: string | nil}", "match x.a { nil -> { nil } _ -> { text_of(x.a) } }"),
        ("{a: int | string}", 'match type_of(x.a) { "int" -> { int_of(x.a) } _ -> { text_of(x.a) } }'),
    ],
)
def test_arms_know_what_their_pattern_and_those_before_say(declared: str, match: str) -> None:
    assert messages(f"{_TAKERS}\nfn f(x: {declared}) {{\n  {match}\n}}\n") == []


@pytest.mark.parametrize(
    ("match", "message"),
    [
        ("match x { nil if y -> { nil } _ -> { text_of(x) } }", "string | nil"),
        ("match x { nil -> { nil } _ -> { nil } }\n  text_of(x)", "string | nil"),
        ('match type_of(y) { "nil" -> { nil } _ -> { text_of(x) } }', "string | nil"),
    ],
)
def test_arms_know_no_more_than_patterns_say(match: str, message: str) -> None:
    found = messages(f"{_TAKERS}\nfn f(x: string | nil, y: unknown) {{\n  {match}\n}}\n")
    assert found == [f"Argument 1 ('s'): expected string, got {message}"]
