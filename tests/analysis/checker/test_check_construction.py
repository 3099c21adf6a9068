"""Chapter 09, 4.7: struct literals and enum values."""

from __future__ import annotations

import pytest
from checked_programs import findings

POINT = "struct P { x: int, y?: string, z }\n"
SHAPE = "enum S { Dot, Ring(radius: float), Box(w: int, h) }\n"


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (POINT + "log(P { x: 1, z: 2 })", []),
        (POINT + 'log(P { x: 1, y: "a", z: nil })', []),
        (POINT + "log(P { })", ["W 2:5 Missing field 'x' in struct 'P' construction", "W 2:5 Missing field 'z' in struct 'P' construction"]),
        (POINT + "log(P { x: 1, z: 1, q: 1 })", ["W 2:21 Unknown field 'q' in struct 'P'"]),
        (POINT + 'log(P { x: "s", z: 1 })', ["E 2:12 Field 'x' in struct 'P' expects int, got string"]),
        (POINT + "log(P { x: 1, y: 2, z: 1 })", ["E 2:18 Field 'y' in struct 'P' expects string, got int"]),
        (POINT + "log(P { ...other })", []),
        (POINT + "log(P({x: \"s\"}))", []),
        (POINT + "let p = P { x: \"s\" }", []),
        ("log(Q { x: 1 })", []),
        ("struct B<T> { a: T, b: T }\nlog(B { a: 1, b: 2 })", []),
        ('struct B<T> { a: T, b: T }\nlog(B { a: 1, b: "x" })', ["E 2:18 Field 'b' in struct 'B' expects int, got string"]),
        ("struct B<T> { a: T, b: list<T> }\nlog(B { a: f(), b: [1] })", []),
        (POINT + "log(P { x: true + 1, z: 1 })", ["E 2:12 can't add bool and int"]),
    ],
)  # fmt: skip
def test_struct_literals(program: str, expected: list[str]) -> None:
    assert findings(program) == expected


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (SHAPE + "log(S.Dot, S.Ring(1.5), S.Ring(2), S.Box(1, nil))", []),
        (SHAPE + "log(S.Dott)", ["W 2:5 Unknown variant 'Dott' in enum 'S'"]),
        (SHAPE + "log(S.Rong(1))", ["W 2:5 Unknown variant 'Rong' in enum 'S'"]),
        (SHAPE + "log(S.Box(1))", ["W 2:5 S.Box expects 2 argument(s), got 1"]),
        (SHAPE + "log(S.Dot(1))", ["W 2:5 S.Dot expects 0 argument(s), got 1"]),
        (SHAPE + 'log(S.Ring("x"))', ["W 2:12 S.Ring expects radius: float, got string"]),
        (SHAPE + "log(S.Box(...xs))", []),
        (SHAPE + "let s = S.Dott\nlet t = S.Box(1)", []),
        (SHAPE + "fn f(s: S) { match s { S.Box(w) -> { } S.Nope(x) -> { } _ -> { } } }", []),
        (SHAPE + "fn f(S) { log(S.Dott) }", []),
        ("enum O<T> { Some(v: T), Two(a: T, b: T) }\nlog(O.Some(1), O.Two(1, 2))", []),
        ('enum O<T> { Two(a: T, b: T) }\nlog(O.Two(1, "x"))', ["W 2:14 O.Two expects b: int, got string"]),
        ('log(Result.Ok(1), Ok(1), Result.Err("x"))', []),
        ("log(Unknown.Thing(1))", []),
        (SHAPE + "log(S.Ring(true + 1))", ["E 2:12 can't add bool and int"]),
    ],
)  # fmt: skip
def test_enum_values(program: str, expected: list[str]) -> None:
    assert findings(program) == expected
