"""Chapter 09, section 6: what functions give back."""

from __future__ import annotations

import pytest
from checked_programs import findings

WRONG = "return type doesn't match: expected string, got "


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return 1", ["3:1 int"]),
        ("return", []),
        ("log(1)", []),
        ("return x", ["3:1 string | nil"]),
        ("return nobody()", []),
        ("if x == nil {\nreturn 1\n} else {\nreturn 2\n}", ["4:1 int", "6:1 int"]),
        ('if x == nil { return "none" }\nreturn x', []),
        ('if x != nil { return x }\nreturn "none"', []),
        ("if i { return 1 } else if i { return 2 }", ["3:8 int", "3:31 int"]),
        ("for i in [1] { return 1 }", []),
        ("while i { return 1 }", []),
        ("match i { _ -> { return 1 } }", []),
        ("try { return 1 } catch (e) { return 2 }", []),
        ("[1].map(fn(y) { return 1 })", []),
        ("guard x != nil else { return 1 }\nreturn x", []),
        ("require x != nil\nreturn x", []),
        ("let local = 1\nreturn local", []),
        ("let x = 1\nreturn x", []),
        ("fn g() -> int { return 1 }\nreturn g()", []),
        ("return g()\nfn g() -> int { return 1 }", ["W 4:1 unreachable code"]),
        ("if i { let x = 1\n return x }\nreturn x", ["5:1 string | nil"]),
        ("let n = true + 1\nreturn 1", ["E 3:9 can't add bool and int", "4:1 int"]),
        ("return if x == nil { \"none\" } else { x }", []),
        ('return x ?? "none"', []),
        ('return x == nil ? "none" : x', []),
    ],
)  # fmt: skip
def test_returns(body: str, expected: list[str]) -> None:
    """The function begins in line 2, its body in line 3."""
    found = findings(f'fn g() -> string {{ return "s" }}\nfn f(x: string | nil, i) -> string {{\n{body}\n}}')
    wanted = []
    for each in expected:
        position, _, type_ = each.partition(" ")
        wanted.append(each if position in "EW" else f"E {position} {WRONG}{type_}")
    assert found == wanted


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("tool t(a: int) -> string {\n  return a\n}", ["E 2:3 return type doesn't match: expected string, got int"]),
        ("impl P { fn m(self) -> string { return 1 } }", ["E 1:33 return type doesn't match: expected string, got int"]),
        ("pipeline main(t) -> string {\n  return 1\n}", ["E 2:3 return type doesn't match: expected string, got int"]),
        ("pipeline main(t) -> string { return t }", []),
        ("fn f() {\n  fn g() -> string { return 1 }\n}", ["E 2:22 return type doesn't match: expected string, got int"]),
        ("fn f() -> nil { return nil }", []),
        ("fn f() -> int { return unreachable() }", []),
        ("fn f() -> never { throw 1 }", []),
        ("let g = 1\nfn f() -> string { return g }", ["E 2:20 return type doesn't match: expected string, got int"]),
        ("fn f(x: int) -> {a: int} { return {a: x} }", []),
        ("fn f(x: int) -> {a: int} { return {b: x} }", ["E 1:28 return type doesn't match: expected {a: int}, got {b: int}"]),
        ("fn f() -> Result<int, string> { return Ok(1) }\nfn g() -> Result<int, string> { return Ok(\"x\") }", ["E 2:33 return type doesn't match: expected Result<int, string>, got Result<string, _>"]),
        ("fn f(a: int = \"x\") { }", []),
    ],
)  # fmt: skip
def test_what_else_returns(program: str, expected: list[str]) -> None:
    assert findings(program) == expected
