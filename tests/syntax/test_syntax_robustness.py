"""No text hangs the parser, overflows the stack or raises anything but HarnSyntaxError."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import growth
from syntax_outline import error, parse

from harnpy.syntax.completeness import is_complete
from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.lexer import lex, lex_lenient
from harnpy.syntax.parser import parse_program
from harnpy.syntax.render import render_diagnostic
from harnpy.syntax.tokens import KEYWORDS, OPERATORS

PROGRAM = '''#!/usr/bin/env harn
import { a, b } from "std/x"
/// Doc.
@test @deprecated(since: "1", n: -1)
pub fn f<T, out U>(a: int, b: list<int>= [], ...c) -> fn(int) -> {x: int, y?: "z"} | nil where T: X {
  let {p, q: r = 2, ...rest} = d
  var [s, ...t] = xs
  for (k, v) in {a: 1} { log("k ${k + "${v}"} \\${no}") }
  while (a) && (b) { break }
  if a not in b { return } else if c?.d[1:] { yield 1 } else { throw x }
  match x { {a: 1} -> { 1 } E.V(y) if y > 2 -> { 2 } _ -> { nil } }
  try { a } catch (e: T) { b } finally { c }
  parallel each xs with { max_concurrent: 3 } { x -> x }.len()
  select { m from ch { 1 } timeout 5s { 2 } }
  guard a else { return 1.5 }
  require a ? b : c ? d : e, """
    text ${a}
      more
  """
  retry 3 { deadline 1m { spawn { mutex { defer { } } } } }
  xs |> map({ x -> x ** -2 ?? 0 }) |> { y -> [...y, 1 to 3 exclusive] }
  a.b[0] += try* g(r"raw")
}
struct P { x: int
  type?: string }
enum E { V(y), W }
interface I { type Q = int
  fn m(self) -> Q }
impl P { fn m(self) -> int { P {x: 1}.x } }
type A<T> = dict<string, T>
tool t(a: string) -> int { description "d"
  len(a) }
pipeline main(task) extends base { override o() { } }
'''

WORDS = st.sampled_from(
    [
        *sorted(KEYWORDS),
        *OPERATORS,
        "x",
        "y",
        "P",
        "_",
        "each",
        "with",
        "not",
        "timeout",
        "default",
        "where",
        "out",
        "1",
        "2.5",
        "5s",
        '"s"',
        'r"s"',
        '"${',
        '}"',
        '"',
        '"""',
        "\n",
        "\n",
        " ",
        "//",
        "/*",
        "*/",
        "\\",
        "$",
        "é",
        "1e5",
        "0",
        "\r\n",
        "<<",
        "\x00",
    ]
)


def survives(text: str | bytes) -> None:
    """Parse, render what is wrong, and ask the REPL's question: nothing may go wrong but the syntax."""
    start = time.process_time()
    try:
        parse_program(text, "fuzz.harn")
    except HarnSyntaxError as found:
        assert found.diagnostics
        for diagnostic in found.diagnostics:
            assert render_diagnostic(diagnostic, found.path, found.source, fun=True).endswith("\n")
            assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(found.source) + 1
            assert (
                f" at {diagnostic.span.line}:{diagnostic.span.column}" in diagnostic.message
                or "end of file" in diagnostic.message
            )
    assert time.process_time() - start < 60


def test_the_program_that_is_mutated_is_valid() -> None:
    assert len(parse(PROGRAM)) == 9


@settings(max_examples=600, deadline=None)
@given(st.lists(WORDS, max_size=40))
def test_token_soup(words: list[str]) -> None:
    text = " ".join(words)
    survives(text)
    assert isinstance(is_complete(text), bool)
    starts = [token.span.start for token in lex_lenient(text)]
    assert starts == sorted(starts)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    survives(text)
    lex_lenient(text)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survives(data)


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_mutated_programs(chance: random.Random) -> None:
    tokens = [
        PROGRAM[token.span.start : token.span.end]
        for token in lex(PROGRAM)
        if not token.type.startswith(("ISTR", "INTERP"))
    ]
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(tokens))
        match chance.randrange(4):
            case 0:
                del tokens[at]
            case 1:
                tokens.insert(at, chance.choice(tokens))
            case 2:
                other = chance.randrange(len(tokens))
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case _:
                tokens = tokens[:at] + tokens[at + chance.randint(1, 20) :] or ["x"]
    survives(" ".join(tokens))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(PROGRAM)), st.integers(0, 12), st.sampled_from(["", "{", "}", '"', "(", "\n", "/*", "${"]))
def test_programs_with_a_cut_or_an_insertion(at: int, length: int, inserted: str) -> None:
    survives(PROGRAM[:at] + inserted + PROGRAM[at + length :])


@pytest.mark.parametrize("end", range(0, len(PROGRAM), 7))
def test_programs_that_end_early(end: int) -> None:
    survives(PROGRAM[:end])


DEPTH = 5000


@pytest.mark.parametrize(
    "text",
    [
        "(" * DEPTH + "1" + ")" * DEPTH,
        "[" * DEPTH + "]" * DEPTH,
        "{a: " * DEPTH + "1" + "}" * DEPTH,
        "{ x -> " * DEPTH + "}" * DEPTH,
        "f(" * DEPTH + ")" * DEPTH,
        "-" * DEPTH + "x",
        "x" + ".y" * DEPTH,
        "x" + "[0]" * DEPTH,
        "**".join(["x"] * DEPTH),
        " + ".join(["x"] * DEPTH),
        "a ? b : " * DEPTH + "c",
        "if a { " * DEPTH + "}" * DEPTH,
        "if a {}" + " else if b {}" * DEPTH,
        '"${' * DEPTH + "x" + '}"' * DEPTH,
        "type T = " + " | ".join(["int"] * DEPTH),
        "type T = " + "list<" * DEPTH + "int" + ">" * DEPTH,
        "/*" * DEPTH + "*/" * DEPTH + " x",
    ],
    ids=lambda text: text[:12],
)
def test_five_thousand_levels_cost_no_recursion(text: str) -> None:
    assert len(parse(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        lambda depth: "(" * depth,
        lambda depth: "}" * depth,
        lambda depth: "(" * depth + "}" * depth,
        lambda depth: "{" * depth + ")" * depth,
        lambda depth: '"${' * depth,
    ],
    ids=["opening", "closing", "of another kind", "of a third kind", "interpolations"],
)
def test_unbalanced_depth_is_reported_quickly(text: Callable[[int], str]) -> None:
    assert growth(lambda depth: survives(text(depth)), 30_000) < 10


@pytest.mark.parametrize(
    "text",
    [
        lambda size: 'let x = "' + "a" * size + '"',
        lambda size: 'let x = "' + "a\\n$" * (size // 4) + '"',
        lambda size: "/* " + "a\n" * (size // 2) + "*/\nlet x = 1",
        lambda size: "// a comment on a line of its own, of common length\n" * (size // 50) + "let x = 1",
        lambda size: 'let x = """\n' + "  some text, indented\n" * (size // 22) + '"""',
        lambda size: "let x = 1" + " " * size,
    ],
    ids=["string", "escapes", "block comment", "line comments", "triple quotes", "blanks"],
)
def test_ten_megabytes(text: Callable[[int], str]) -> None:
    assert len(parse(text(10_000_000))) == 1
    assert growth(lambda size: parse(text(size)), 1_000_000) < 10


def test_an_error_at_the_end_of_a_large_file_has_its_true_line() -> None:
    assert error("// x\n" * 100_000 + "let x = )") == "Expected expression, got ) at 100001:9"
