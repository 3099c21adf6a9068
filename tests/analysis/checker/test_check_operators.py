"""Chapter 09, 4.6: operators and what they take; the edits that mend `"a" + x`."""

from __future__ import annotations

import pytest
from checked_programs import diagnostics, findings, messages

TYPES = ("int", "float", "string", "bool", "nil", "list", "dict", "set", "unknown", "any", "P")
NUMBERS = ("int", "float")


def verdict(left: str, op: str, right: str) -> list[str]:
    return messages(f"struct P {{ x: int }}\nfn f(a: {left}, b: {right}) {{ log(a {op} b) }}")


@pytest.mark.parametrize("left", TYPES)
@pytest.mark.parametrize("right", TYPES)
def test_every_pair_of_operands(left: str, right: str) -> None:
    numbers = left in NUMBERS and right in NUMBERS
    anything = "any" in (left, right)
    adds = numbers or anything or (left == right and left in ("string", "list", "dict"))
    multiplies = numbers or anything or (left, right) in (("string", "int"), ("int", "string"))
    ordered = all(each in ("int", "float", "string") for each in (left, right))
    assert verdict(left, "+", right) == ([] if adds else [f"can't add {left} and {right}"])
    assert verdict(left, "*", right) == (
        [] if multiplies else [f"can't multiply {left} and {right} (try string * int)"]
    )
    for op in ("-", "/", "%", "**"):
        wrong = f"can't use '{op}' on {left} and {right} (needs numeric operands)"
        assert verdict(left, op, right) == ([] if numbers or anything else [wrong])
    for op in ("<", ">", "<=", ">="):
        wanted = []
        if not anything and not ordered:
            wanted = [f"W Comparison '{op}' may not be meaningful for types {left} and {right}"]
        elif not anything and (left == "string") != (right == "string"):
            wanted = [f"W Comparing {left} with {right} using '{op}' may give unexpected results"]
        assert verdict(left, op, right) == wanted
    for op in ("==", "!=", "&&", "||", "??", "in", "not in"):
        assert verdict(left, op, right) == []


@pytest.mark.parametrize(
    "type_", ["int | nil", "list<int>", "{a: int}", '"a"', "1", "Result<int, string>", "fn() -> int"]
)
def test_only_plain_names_are_checked(type_: str) -> None:
    for op in ("+", "-", "*", "<"):
        assert verdict(type_, op, "bool") == []


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("log(true + 1)", ["E 1:5 can't add bool and int"]),
        ("log((true + 1) + (nil + 1))", ["E 1:6 can't add bool and int", "E 1:19 can't add nil and int"]),
        ("log(1 + 2 + true)", ["E 1:5 can't add int and bool"]),
        ("log(-true + 1)", ["E 1:5 can't add bool and int"]),
        ("log(!x + 1)", ["E 1:5 can't add bool and int"]),
        ('log("a" * 2.0)', ["E 1:5 can't multiply string and float (try string * int)"]),
        ("log(5s + 1s)", ["E 1:5 can't add duration and duration"]),
        ("log(5s < 1s)", []),
        ("type Id = int\nfn f(a: Id) { log(a + 1) }", []),
        ("type Id = string\nfn f(a: Id) { log(a + 1) }", ["E 2:19 can't add string and int"]),
        ("type Id = int | nil\nfn f(a: Id) { log(a + 1) }", []),
        # What is wrong only without what the left operand says is not wrong.
        ("fn g(a: int) { }\nfn f(x: int | nil) { return x != nil && g(x) }", []),
        ("fn g(a: int) { }\nfn f(x: int | nil) { return x == nil || g(x) }", []),
        ("fn g(a: int) { }\nfn f(x: int | nil, y: int | nil) { return x != nil && y != nil && g(x) && g(y) }", []),
        ("fn g(a: int) { }\nfn f(x: int | nil, y: int | nil) { return x != nil && (y != nil && (g(x) && g(y))) }", []),
        ("fn g(a: int) { }\nfn f(x: int | nil) { return x == nil && g(x) }", ["E 2:43 Argument 1 ('a'): expected int, got int | nil"]),
        ("fn g(a: int) { }\nfn f(x: int | nil) { return x != nil || g(x) }", ["E 2:43 Argument 1 ('a'): expected int, got int | nil"]),
        # The right operand is judged by the type that the variable has without them.
        ("fn f(x: string | nil) { return x != nil && x > 1 }", []),
    ],
)  # fmt: skip
def test_operators_in_expressions(program: str, expected: list[str]) -> None:
    assert findings(program) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"a" + n', '"a${n}"'),
        ('n + "a"', '"${n}a"'),
        ('"a\\n" + n', '"a\\n${n}"'),
        ('"" + n', '"${n}"'),
        ('"a" + len2(n)', '"a${len2(n)}"'),
        ('"a"+n', '"a${n}"'),
        ('"a" + (n + 1)', None),
        ('("a") + n', None),
        ('"a" + /* } */ n', None),
        ('"a" + len2("b")', None),
        ('"a" + len2({a: 1})', None),
        ('"$" + n', None),
        ('r"a" + n', None),
        ('"""a""" + n', None),
        ('"x${n}" + n', None),
        ("[] + n", None),
    ],
)
def test_the_fix_of_text_and_number(before: str, after: str | None) -> None:
    program = f"fn len2(x) -> int {{ return 1 }}\nfn f(n: int) {{\n  log({before})\n}}"
    (found,) = [each for each in diagnostics(program) if each.code == "addition-operands"]
    if after is None:
        assert found.fixes == ()
        return
    (edit,) = found.fixes
    mended = program[: edit.start] + edit.text + program[edit.end :]
    assert mended == program.replace(before, after)
    assert messages(mended) == []


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("range(3) + 1", ["can't add list and int"]),
        ("x.map({ y -> y }) * 2", ["can't multiply list and int (try string * int)"]),
        ("x.filter({ y -> y }) + 1", ["can't add list and int"]),
        ("x.filter({ y -> y }) + {a: 1}", []),
        ("x.map({ y -> y }) + to_list(x)", []),
        ("x.filter({ y -> y }) + dict_of()", []),
    ],
)
def test_operands_of_several_types_are_rejected_if_all_of_these_are(expression: str, found: list[str]) -> None:
    assert messages(f"fn dict_of() -> dict {{ return {{}} }}\nfn f(x) {{ return {expression} }}\n") == found
