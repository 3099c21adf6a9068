"""No nesting is too deep for the linter, and its time grows with the text and no faster."""

from __future__ import annotations

import pytest
from linting import lint
from support import growth

from harnpy.analysis.fixes import apply
from harnpy.analysis.lint.lint import lint_program
from harnpy.analysis.lint.options import LintOptions
from harnpy.syntax.parser import parse_program

NESTED = {
    "parentheses": ("let x = ", "(", "1", ")"),
    "blocks": ("", "if a { ", "b", " }"),
    "else if": ("fn f() { if a { return 1 } ", "else if b { return 2 } ", "else { return 3 } }", ""),
    "else": ("fn f() { ", "if a { return 1 } else { ", "return 2", " }"),
    "returns behind else": ("fn f() { ", "if a { return 1 } else { ", "return 2", "\nreturn 3 }"),
    "closures": ("let x = ", "{ x -> ", "x", " }"),
    "functions": ("", "fn f(x) { ", "x", " }"),
    "lists": ("let x = ", "[", "1", "]"),
    "dicts": ("let x = ", "{a: ", "1", "}"),
    "additions": ("let x = ", "nil + ", "1", ""),
    "comparisons": ("let x = a", " == false", "", ""),
    "ternaries": ("let x = ", "x == nil ? 1 : ", "x", ""),
    "calls": ("let x = ", "f(", "1", ")"),
    "method calls": ("let x: list = a", ".map(f)", "", ""),
    "matches": ("", "match x { 1 -> { ", "x", " } }"),
    "interpolations": ("let x = ", '"${', "y", '}"'),
    "types": ("type T = ", "list<", "int", ">"),
    "tries": ("", "try { ", "x", " } catch (e) { }"),
    "negations": ("if ", "!", "a", "", " { }"),
    "tasks": ("", "spawn { ", "break", " }"),
    "assignments": ("var x = 1\nx", ".a", " = 2", ""),
    "patterns": ("match x { ", "[", "a", "]", " -> { 1 } }"),
}


@pytest.mark.parametrize("parts", NESTED.values(), ids=NESTED)
def test_deep_nesting(parts):
    before, opener, middle, closer, *after = parts
    source = before + opener * 5000 + middle + closer * 5000 + "".join(after)
    if before.startswith("fn f() { ") and closer:
        source += " }"
    result, _ = apply(source, lint(source))
    parse_program(result, "fixed.harn")


SECTION = """
/** Number {i}. */
fn f{i}(a, b{i}) {{
  let x = a == true ? [1, 2,
    3] : nil
  if a {{ return x }} else {{ return nil }}
}}
// about the struct
struct S{i} {{ a: int }}
var v{i} = f{i}(1)
log(undefinedfunction{i}("${{v{i}}}", {{ x -> x.map({{ x -> x }}) }}))
"""


def test_time_grows_with_the_number_of_declarations():
    def work(size):
        source = "".join(SECTION.format(i=i) for i in range(size))
        program = parse_program(source, "a.harn")
        lint_program(program, source, "a.harn", LintOptions(builtins=frozenset(("log",))))

    assert growth(work, 300) < 8


def test_time_grows_with_the_length_of_a_statement():
    def work(size):
        source = (
            f"let x = a{' == true' * size}\nimport {{ {', '.join(f'n{i}' for i in range(size))} }} from 'm'".replace(
                "'", '"'
            )
        )
        program = parse_program(source, "a.harn")
        apply(source, lint_program(program, source, "a.harn", LintOptions()))

    assert growth(work, 2000) < 8
