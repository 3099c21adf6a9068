"""The checker survives every program that parses, says the same each time, and takes time in proportion to the program."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable

import pytest
from checked_programs import diagnostics, findings
from hypothesis import given, settings
from hypothesis import strategies as st
from support import growth

from harnpy.analysis.checker.check import check_program
from harnpy.cli.builtin_types import BUILTIN_TYPES
from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.lexer import lex
from harnpy.syntax.parser import parse_program

PROGRAM = """
import { helper, Id } from "lib"
type Row = {a: int, b?: string | nil, rest: list<Row>}
type Two<T> = {first: T, second: T}
enum E { A, B(x: int), C(y: Row, z) }
enum O<out T> { Some(v: T), None }
struct P { x: int, y?: Two<string> }
struct Q<T> { v: T, w: list<T> }
interface I { type Item
  type Key = int
  fn m(self, a: Item) -> Key
}
impl P {
  fn m(self, a: int) -> int { return self.x + a }
}
@deprecated(since: "1", use: "new_one")
fn old(a: int, b = 2, ...c: list<int>) -> int { return a }
fn pick<T>(a: T, b: list<T>, f: fn(T) -> T) -> T where T: I { a.m(1); return f(a) }
fn fail(e) -> never { throw e }
fn narrow(v: unknown, x: string | int | nil, p: P, e: E) -> string {
  guard x != nil else { return "none" }
  if type_of(v) == "int" { return to_string(v) } else if type_of(v) == "nil" { fail(v) }
  if type_of(x) == "string" && x != "a" { return x }
  var n = x ?? 0
  n += 1.5
  n = nil
  x = 1
  match e { E.A -> { return "a" } E.B(y) if y > 1 -> { throw v } _ -> { unreachable(x) } }
  match x { nil -> { x } "a" -> { x + 1 } 1 -> { x * 2 } }
  while x { break }
  for (k, w) in {a: 1}.iter() { log(k + w, old(1), old("x")) }
  let [h, t = true + 1] = [1, 2]
  let {a, b: c = 1} = {a: 1}
  return p.x
}
tool t(a: string) -> int { description "d"
  schema_is(a, Row) ? a.a : 1
}
pipeline main(task) -> int {
  let r: Row = {a: 1, rest: []}
  let two: Two<int> = {first: 1, second: "x"}
  let s = {type: "int", nullable: true}
  let o = schema_expect(task, s)
  let res = try { if task { throw "x" }
    old(1)? }
  let f = { y: int, z: string -> y + z }
  log(P { x: "s", q: 1 }, Q { v: 1, w: ["a"] }, E.D, E.B("x", 2), O.Some(1), pick(1, ["a"], f))
  parallel each [1] with { max_concurrent: "2" } { i -> i + true }
  select { m from task { m } timeout 5s { 1 } }
  try { defer { spawn { mutex { } } } } catch (e: string) { e - 1 } finally { deadline 1s { retry 2 { } } }
  try* (r.rest[0]["a"][1:] |> f)
  require r.has("b"), "no ${r.b + 1}"
  if schema_is(o, {type: ["int", "string"]}) { o < "a" || o >= 1 && !(o == nil) }
  fn nested<in U>(u: U) -> U { return u }
  override step(a) { nested(a) }
  return r.b == nil ? 1 : -r.b ** 2
}
"""

TOKENS = [
    PROGRAM[token.span.start : token.span.end]
    for token in lex(PROGRAM)
    if not token.type.startswith(("ISTR", "INTERP")) and token.span.end > token.span.start
]
TYPES = [
    "int",
    "string | nil",
    "list<T>",
    "unknown",
    "any",
    "never",
    "fn(int) -> T",
    "{a: int}",
    "Two<T>",
    "_",
    "E",
    "I",
]


def check(text: str, strict: bool) -> None:
    """Check a program that parses, twice."""
    try:
        program = parse_program(text, "fuzz.harn")
    except HarnSyntaxError:
        return
    first = check_program(program, BUILTIN_TYPES, strict, text)
    assert first == check_program(program, BUILTIN_TYPES, strict, text)
    for each in first:
        assert 0 <= each.span.start <= each.span.end <= len(text)
        assert each.code and each.severity in ("error", "warning")
        for edit in each.fixes:
            assert 0 <= edit.start <= edit.end <= len(text)


def test_the_program_that_is_mutated_is_checked_in_many_ways() -> None:
    assert len({each.code for each in diagnostics(PROGRAM)}) >= 15
    assert len(diagnostics(PROGRAM)) >= 25


@settings(max_examples=250, deadline=None)
@given(st.randoms(use_true_random=False), st.booleans())
def test_mutated_programs(chance: random.Random, strict: bool) -> None:
    lines = PROGRAM.split("\n")
    for _ in range(chance.randint(1, 5)):
        at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        words = lines[at].split(" ")
        place = chance.randrange(len(words))
        match chance.randrange(6):
            case 0:
                lines[at], lines[other] = lines[other], lines[at]
            case 1:
                lines[at] = ""
            case 2:
                lines.insert(at, lines[other])
            case 3:
                words[place] = chance.choice(lines[other].split(" "))
                lines[at] = " ".join(words)
            case 4:
                words[place] = chance.choice(TOKENS)
                lines[at] = " ".join(words)
            case _:
                lines[at] = lines[at].replace("int", chance.choice(TYPES), 1)
    check("\n".join(lines), strict)


OPERATORS = ["+", "-", "*", "/", "%", "**", "<", ">=", "==", "!=", "&&", "||", "??", "in", "|>"]
EXPRESSIONS = st.recursive(
    st.sampled_from(["x", "v", "r", "1", "1.5", '"s"', "true", "nil", "[]", "{}", "E.A", "5s", "f", "task", "P { x: 1 }"]),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(OPERATORS), inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{a: {}, b: {}}}".format, inner, inner),
        st.builds("{}({})".format, st.sampled_from(["f", "g", "trim", "Ok", "schema_expect", "unreachable"]), inner),
        st.builds("g({}, {})".format, inner, inner),
        st.builds("({}).{}({})".format, inner, st.sampled_from(["map", "filter", "first", "iter", "m", "has"]), inner),
        st.builds("({}).{}".format, inner, st.sampled_from(["a", "first", "variant"])),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("(!{})".format, inner),
        st.builds("{{ y: int -> {} }}".format, inner),
        st.builds("(if {} {{ {} }} else {{ {} }})".format, inner, inner, inner),
        st.builds("(try {{ throw {} }})".format, inner),
        st.builds("(match {} {{ nil -> {{ {} }} \"s\" -> {{ x }} }})".format, inner, inner),
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(EXPRESSIONS, EXPRESSIONS, st.sampled_from(TYPES), st.booleans())
def test_random_expressions(first: str, second: str, type_: str, strict: bool) -> None:
    check(
        f"""enum E {{ A, B(x: int) }}
struct P {{ x: int }}
type Two<T> = {{first: T, second: T}}
interface I {{ fn m(self) }}
fn f(a: {type_}) -> {type_} {{ return a }}
fn g<T>(a: T, b: list<T>) -> Two<T> where T: I {{ a.m()
 return {{first: a, second: a}} }}
fn h(x: {type_}, v: unknown, r: {{a: int, b?: int}}) -> {type_} {{
  if {first} {{ log({second}) }} else if {second} {{ return {first} }}
  let z: {type_} = {first}
  var w = {second}
  w = {first}
  while {second} {{ w += {first} }}
  guard {first} else {{ throw {second} }}
  match {first} {{ 1 -> {{ x }} E.A -> {{ v }} }}
  for i in {first} {{ log(i + 1, {second}) }}
  return {second}
}}
""",
        strict,
    )


def deep(make: Callable[[int], str]) -> Callable[[int], str]:
    before = (
        "fn f(a: int) -> int { return a }\nfn g<T>(a: T) -> T { return a }\n"
        "let x: int | nil = 1\nlet u: unknown = 1\nvar v: string | nil = nil\n"
    )
    return lambda depth: before + make(depth)


DEEP: dict[str, Callable[[int], str]] = {
    "lists": lambda n: "f(" + "[" * n + "1" + "]" * n + ")",
    "dicts": lambda n: "f(" + "{a: " * n + "1" + "}" * n + ")",
    "closures": lambda n: "{ y -> " * n + "}" * n,
    "typed closures": lambda n: "g({ y: int -> " * n + "1" + "})" * n,
    "calls": lambda n: "f(" * n + '"s"' + ")" * n,
    "generic calls": lambda n: "g(" * n + "1" + ")" * n,
    "negations": lambda n: "-" * n + "x",
    "properties": lambda n: "x" + ".y" * n,
    "methods": lambda n: "x" + ".map(1)" * n,
    "subscripts": lambda n: "x" + "[0]" * n,
    "powers": lambda n: "**".join(["2"] * n),
    "sums": lambda n: " + ".join(["1"] * n),
    "sums to the right": lambda n: "1 + (" * n + "1" + ")" * n,
    "conjunctions": lambda n: " && ".join(["x != nil"] * n),
    "conjunctions of errors": lambda n: "x != nil && " + " && ".join(['1 > "a"'] * n),
    "conjunctions to the right": lambda n: "x != nil && (" * n + '1 > "a"' + ")" * n,
    "coalescing": lambda n: " ?? ".join(["x"] * n),
    "pipes": lambda n: " |> ".join(["x"] * n),
    "conditionals": lambda n: "f(" + "x == nil ? 1 : " * n + "2)",
    "ifs": lambda n: "if x != nil { " * n + "f(x)" + "}" * n,
    "returning ifs": lambda n: "fn q(x: int | nil) -> int { " + "if x != nil { " * n + "return x" + "} else { return 1 }" * n + "}",
    "else ifs": lambda n: "if v == nil {}" + " else if x == nil {}" * n,
    "values of else ifs": lambda n: "let z: int = if v == nil {1}" + " else if x == nil {2}" * n + "else { 3 }",
    "whiles": lambda n: "while x != nil {" * n + "}" * n,
    "fors": lambda n: "for i in [1] {" * n + "f(i)" + "}" * n,
    "functions": lambda n: "fn a(x: int) -> int {" * n + "return 1" + "}" * n,
    "matches": lambda n: "match x { 1 -> { " * n + "}}" * n,
    "tries": lambda n: "let z = " + "try { " * n + "throw 1" + "}" * n,
    "catches": lambda n: "try { " * n + "throw 1" + "} catch (e) { }" * n,
    "spawns": lambda n: "spawn { " * n + "}" * n,
    "parallels": lambda n: "parallel 3 { i -> " * n + "}" * n,
    "guards": lambda n: "guard x != nil else { " * n + "}" * n,
    "selects": lambda n: "select { a from x { " * n + "} }" * n,
    "structs": lambda n: "S {a: " * n + "1" + "}" * n,
    "list types": lambda n: 'type T = ' + "list<" * n + "int" + ">" * n + '\nlet y: T = "s"',
    "unions": lambda n: "type T = " + " | ".join(["int"] * n) + '\nlet y: T = "s"',
    "lists of lists": lambda n: "let a0 = [1]\n" + "\n".join(f"let a{i + 1} = [a{i}]" for i in range(n)),
    "doubling types": lambda n: "let a0 = {x: 1}\n" + "\n".join(f"let a{i + 1} = {{x: a{i}, y: a{i}}}" for i in range(n)),
    "doubling results": lambda n: "fn d<T>(a: T) -> {p: T, q: T} { }\nf(" + "d(" * n + "1" + ")" * n + ")",
    "growing unions": lambda n: "let a0 = {x: 1}\n" + "\n".join(f"let a{i + 1} = x ? a{i} : {{f{i}: 1}}" for i in range(n)),
    "never sites": lambda n: "fn q(u: unknown) {\n" + 'if type_of(u) == "int" { throw 1 }\n' * n + "}",
    "variables": lambda n: "\n".join(f"let x{i} = {i}" for i in range(n)),
    "attributes": lambda n: "@deprecated " * n + "fn z() {}",
    "deprecated calls": lambda n: "@deprecated fn z(a) {}\n" + "z(" * n + ")" * n,
    "aliases": lambda n: "\n".join(f"type A{i} = list<A{i + 1}>" for i in range(n)) + '\nlet y: A0 = ["s"]',
}  # fmt: skip


@pytest.mark.parametrize("name", DEEP)
def test_five_thousand_levels(name: str) -> None:
    assert isinstance(findings(deep(DEEP[name])(5000)), list)


@pytest.mark.parametrize("name", DEEP)
def test_time_grows_with_the_program(name: str) -> None:
    make = deep(DEEP[name])
    programs = {}

    def run(depth: int) -> None:
        if depth not in programs:
            programs[depth] = parse_program(make(depth), "deep.harn")
        check_program(programs[depth], BUILTIN_TYPES)

    assert growth(run, 2000) < 10


def test_what_is_nested_beyond_measure_is_left_alone() -> None:
    """In a process of its own, with little room, as in a thread with a small stack."""
    program = "import sys\nfrom harnpy import stack_room\nstack_room._PYTHON_FRAMES = 2000\n" + (
        "from harnpy.analysis.checker.check import check_program\nfrom harnpy.syntax.parser import parse_program\n"
        "text = 'log(1 + true)\\n' + 'if x { ' * 5000 + '}' * 5000\n"
        "print(len(check_program(parse_program(text, 'x'), {})))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


def test_the_checker_is_quick_to_load() -> None:
    """It imports nothing that costs more than itself: no dataclasses, typing, enum, re beyond what the parser has."""
    program = (
        "import sys\nimport harnpy.syntax.parser\nbefore = set(sys.modules)\nimport harnpy.analysis.checker.check\n"
        "print([each for each in sys.modules if each not in before and not each.startswith('harnpy')])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
