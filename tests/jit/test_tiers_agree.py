"""Both tiers do the same: the whole language suite, errors with their stack traces, and generated programs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import HANG_SECONDS
from tiers import assert_tiers_agree, outcome

from harnpy.cli.terminal import Paint
from harnpy.cli.test_expectations import ExpectationOptions, load, run_expectation

LANGUAGE_SUITE = Path(__file__).parent.parent / "lang"
PROGRAMS = sorted(path for path in LANGUAGE_SUITE.rglob("*.harn") if load(path, LANGUAGE_SUITE) is not None)


@pytest.mark.parametrize("tier", ["eager", "auto"])
@pytest.mark.parametrize("program", PROGRAMS, ids=[str(path.relative_to(LANGUAGE_SUITE)) for path in PROGRAMS])
def test_a_program_of_the_suite_behaves_as_specified_when_translated(
    program: Path, tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARN_JIT", tier)
    expectation = load(program, LANGUAGE_SUITE)
    assert expectation is not None
    result = run_expectation(expectation, ExpectationOptions(timeout_ms=round(HANG_SECONDS * 1000), paint=Paint(False)))
    assert not result.failure, result.failure


FAILING = {
    "in nested calls": 'fn a(x) { return b(x) + 1 }\nfn b(x) {\n  return x + "s"\n}\nprintln(a(1))',
    "through a callback": "fn f(x) { return [x].map({ y -> y.foo.bar }) }\nprintln(f({a: 1}))",
    "in a method": "struct P { x }\nimpl P {\n  fn m(self) { return self.x.y.z }\n}\nprintln(P {x: 1}.m())",
    "in a loop": "var i = 0\nwhile i < 5 {\n  i = i + 1\n  if i == 3 { throw {at: i} }\n}",
    "in a task": "let r = parallel each [1] { x ->\n  x / 0\n}",
    "in a generator": "fn g() {\n  yield 1\n  nope()\n}\nfor x in g() { println(x) }",
    "after a finally": 'fn f() {\n  try { throw "a" } finally { println("f") }\n}\nfn g() { f() }\ng()',
    "thrown again by retry": 'fn f() {\n  retry 2 {\n    throw "a"\n  }\n}\nf()',
    "passed on by a typed catch": 'enum E { A }\nfn f() {\n  try { throw "x" } catch (e: E) { }\n}\nf()',
    "in a deferred block": "fn f() {\n  defer { nope }\n  return 1\n}\nf()",
    "in an initializer of a parameter": "fn f(a = 1 / 0) { return a }\nf()",
    "of a parameter check": 'fn f(a: int) { return a }\nfn g() { return [f("x")] }\ng()',
    "by a deep recursion": "fn f(n) { return 1 + f(n + 1) }\nlet r = try { f(0) }\nprintln(r)\nr.x.y",
}


@pytest.mark.parametrize("source", FAILING.values(), ids=FAILING.keys())
def test_an_error_has_the_same_text_place_and_stack_trace(source: str) -> None:
    _, report = assert_tiers_agree(source)
    assert report.startswith("error: ")


COUNTED = {
    "a collecting loop": "var xs = []\nfor i in range(300) { xs = xs + [i] }\nprintln(xs.count)",
    "kinds that change": 'fn f(x) { return x + x }\nprintln([f(1), f(2.5), f("a"), f([1]), f(1)])',
    "a variable that changes its kind": 'var x = 1\nx = x + 1\nx = "a"\nx = x + "b"\nprintln(x)',
    "a parameter default of another kind": 'fn f(a = 1) { return a }\nprintln([f(), f("x"), f(nil)])',
    "big ints": "var x = 1\nfor i in range(200) { x = x * 7 + i }\nprintln(x)",
    "negative division": "fn f(a, b) { return [a / b, a % b] }\nprintln([f(7, 2), f(-7, 2), f(7, -2), f(-7.5, 2)])",
    "NaN": "let n = 0.0 / 0\nprintln([n < 1, n <= 1, n > 1, n >= 1, n == n, n != n, 1.5 <= n])",
    "true is no number": "println([true == 1, 1 == true, [1, true].contains(true), 1 == 1.0])",
    "breaks over several loops": (
        "var n = 0\nfor i in 1 to 5 {\n  match i {\n    2 -> { continue }\n    4 -> { break }\n    _ -> { n = n + i }\n  }\n"
        "}\nprintln(n)"
    ),
    "tail calls": "fn f(n, s) { if n == 0 { return s }\n return g(n - 1, s + n) }\nfn g(n, s) { return f(n, s) }\n"
    "println(f(50000, 0))",
    "self tail calls": "fn f(n, s) { if n == 0 { return s }\n return f(n - 1, s + n) }\nprintln(f(100000, 0))",
    "generators": "fn g(n) { for i in range(n) { try { yield i } finally { print(i) } } }\nfor x in g(5) { if x == 3 { break } }",
    "deadlines": 'println(try { deadline 20ms { while true { } } })\nprintln("after")',
    "a deadline around calls": "fn f(n) { return n }\nprintln(try { deadline 20ms { while true { f(1) } } })",
    "fair tasks": (
        "let done = atomic(0)\nlet t = spawn { sleep(5)\n atomic_set(done, 1) }\nvar n = 0\n"
        "while atomic_get(done) == 0 { n = n + 1 }\nprintln(n > 0)"
    ),
}


@pytest.mark.parametrize("source", COUNTED.values(), ids=COUNTED.keys())
def test_translated_code_prints_what_the_interpreter_prints(source: str) -> None:
    output, report = assert_tiers_agree(source)
    assert output and not report


def test_a_stack_overflow_can_be_caught_in_translated_code() -> None:
    source = "fn f(n) { return 1 + f(n + 1) }\nprintln(try { f(0) })\nfn d(n) { return n == 0 ? 0 : 1 + d(n - 1) }\n"
    output, _ = outcome(source + "println(d(12000))", translated=True)
    assert output == "Result.Err(Stack overflow: too many nested calls)\n12000\n"


# --- generated programs -------------------------------------------------------------------------------------------

NAMES = ("a", "b", "c")
LITERALS = st.sampled_from(
    [
        "nil",
        "true",
        "false",
        "0",
        "1",
        "2",
        "-3",
        "7",
        "10000000000000000000",
        "0.5",
        "-2.5",
        "1.0",
        '"s"',
        '""',
        "[]",
        "[1,2]",
        '["b","a"]',
        '{k:1,x:"y"}',
        "range(3)",
    ]
)
OPERATORS = st.sampled_from(["+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "&&", "||", "??", "in"])


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    form = draw(st.integers(0, 9 if depth else 1))
    if form == 0:
        return draw(LITERALS)
    if form == 1:
        return draw(st.sampled_from(NAMES))
    inner = expressions(depth - 1)
    if form <= 4:
        return f"({draw(inner)} {draw(OPERATORS)} {draw(inner)})"
    if form == 5:
        return f"({draw(inner)} ? {draw(inner)} : {draw(inner)})"
    if form == 6:
        return f'"${{{draw(inner)}}}-"'
    if form == 7:
        return f"[{draw(inner)}, {draw(inner)}][{draw(st.integers(-3, 3))}]"
    if form == 8:
        return f"f({draw(inner)}, {draw(inner)})"
    return f"(try {{ {draw(inner)} }})"


@st.composite
def statements(draw: st.DrawFn, depth: int = 2) -> str:
    form = draw(st.integers(0, 9 if depth else 3))
    value = draw(expressions())
    name = draw(st.sampled_from(NAMES))
    if form <= 1:
        return f"{name} = {value}"
    if form == 2:
        return f"{name} {draw(st.sampled_from(['+=', '-=', '*=']))} {value}"
    if form == 3:
        return f"println({value})"
    body = "\n".join(draw(st.lists(statements(depth - 1), min_size=1, max_size=3)))
    if form == 4:
        return f"if {value} {{\n{body}\n}} else {{\n{draw(statements(depth - 1))}\n}}"
    if form == 5:
        leave = draw(st.sampled_from(["", "break", "continue", "if i == 1 { continue }"]))
        return f"for i in 0 to 3 {{\n{body}\n{leave}\n}}"
    if form == 6:
        return f"try {{\n{body}\n}} catch (problem) {{\nprintln(problem)\n}} finally {{\nprintln({name})\n}}"
    if form == 7:
        return f"match {value} {{\n1 -> {{\n{body}\n}}\n[x, y] -> {{ println(x) }}\n_ -> {{ {name} = 1 }}\n}}"
    if form == 8:
        return f"var n{depth} = 0\nwhile n{depth} < 3 {{\nn{depth} = n{depth} + 1\n{body}\n}}"
    return f"{{ x ->\nprintln(x)\n{value}\n}} |> call_it"


@settings(max_examples=100, deadline=None)
@given(st.lists(statements(), min_size=1, max_size=6), LITERALS, LITERALS, LITERALS)
def test_generated_programs_do_the_same_in_both_tiers(body: list[str], a: str, b: str, c: str) -> None:
    program = [
        "fn call_it(g) { return g(1) }",
        "fn f(p, q) { if p == q { return p }\nreturn p + q }",
        f"var a = {a}",
        f"var b = {b}",
        f"var c = {c}",
        *body,
        "println([a, b, c])",
    ]
    assert_tiers_agree("\n".join(program))
