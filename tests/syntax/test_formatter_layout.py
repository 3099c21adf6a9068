"""The layout of whole files: blank lines, imports, declarations, statements (chapter 10 sections 5, 6, 8 and 9)."""

from __future__ import annotations

import pytest
from formatting import check_formatting

from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.formatter import format_source


def lines(text: str) -> str:
    """A text that is written with a line break in front."""
    return text.removeprefix("\n")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", "\n"),
        ("\n\n  \n", "\n"),
        ("x", "x\n"),
        ("x  \n\n\n", "x\n"),
        ("\ufeffx\r\ny\r\n", "x\n\ny\n"),
        ("let a = 1\nlet b = 2\n\n\n\nlog(a)", "let a = 1\n\nlet b = 2\n\nlog(a)\n"),
        ("a; b; c", "a\n\nb\n\nc\n"),
        ("log(1) log(2)", "log(1)\n\nlog(2)\n"),
        ("fn f() {}", "fn f() {\n}\n"),
        ("fn f() {\n\n\n  a\n\n  b; c\n\n}", "fn f() {\n  a\n  b\n  c\n}\n"),
        ("#!/usr/bin/env harn  \nlog(1)", "#!/usr/bin/env harn\n\nlog(1)\n"),
        ("#!/usr/bin/env harn", "#!/usr/bin/env harn\n"),
    ],
)
def test_lines_of_a_file(source: str, expected: str) -> None:
    assert check_formatting(source) == expected


def test_the_worked_example_of_statements() -> None:
    source = "fn f(a,b){if a>1&&b{return a}\nfor x in [1,2]{log(x)}}"
    assert check_formatting(source) == lines("""
fn f(a, b) {
  if a > 1 && b {
    return a
  }
  for x in [1, 2] {
    log(x)
  }
}
""")


def test_functions_on_consecutive_lines_get_a_blank_line_between() -> None:
    assert check_formatting("fn a(){return 1}\nfn b(){return 2}") == lines("""
fn a() {
  return 1
}

fn b() {
  return 2
}
""")


def test_what_does_not_parse_is_an_error_with_its_terse_text() -> None:
    with pytest.raises(HarnSyntaxError) as raised:
        format_source("let x = )")
    assert str(raised.value) == "Expected expression, got ) at 1:9"


# --- imports ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('import "z"\nimport "std/a"', 'import "std/a"\nimport "z"\n'),
        ('import "b"\n\nimport "a"\nlet x = 1', 'import "a"\nimport "b"\n\nlet x = 1\n'),
        ('import {b,a} from "m"\nimport "m"', 'import "m"\nimport { a, b } from "m"\n'),
        ('import {b} from "m"\nimport {a, c} from "m"', 'import { a, c } from "m"\nimport { b } from "m"\n'),
        ('import "py:x" as y\nimport {q} from "py:x"\nimport "py:x"', 'import "py:x"\nimport "py:x" as y\nimport { q } from "py:x"\n'),
        ('import {b, B, a, _c} from "m"', 'import { B, _c, a, b } from "m"\n'),
        ('import {} from "m"', 'import {} from "m"\n'),
        # Behind the first other item, imports stay where they are.
        ('import "b"\nlet x = 1\nimport "d"\nimport {z, y} from "c"', 'import "b"\n\nlet x = 1\n\nimport "d"\n\nimport { y, z } from "c"\n'),
        # What stands above an import moves with it, but for the beginning of the file.
        ('// file\nimport "b"\n// about a\nimport "a" // why', '// file\n// about a\nimport "a" // why\nimport "b"\n'),
        ('// file\nimport "b" // b\n\n/* c */\nimport "a"\nimport "c"', '// file\n/* c */\nimport "a"\nimport "b" // b\nimport "c"\n'),
        ('import "b"\nimport "a"\n// about x\nlet x = 1', 'import "a"\nimport "b"\n\n// about x\nlet x = 1\n'),
        # Names take their comments along.
        (
            'import {\n  b, // second\n  // first\n  a\n} from "m"',
            'import {\n  // first\n  a,\n  b, // second\n} from "m"\n',
        ),
    ],
)  # fmt: skip
def test_imports(source: str, expected: str) -> None:
    assert check_formatting(source) == expected


def test_imports_wrap_by_the_length_of_names_and_path() -> None:
    source = 'import { first_name, second_name } from "path"\n'
    # 9 + 23 + 3 + 6 + 4 + 1
    assert check_formatting(source, 46) == source
    assert check_formatting(source, 45) == 'import {\n  first_name,\n  second_name,\n} from "path"\n'


# --- declarations and statements --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "pipeline p(a, b) {\n}",
        "pub pipeline p(a, b) -> int extends base {\n  a\n}",
        "pub fn f<in A, out B, C>(a: T, b = 1, ...c: list<T>) -> T where A: I, B: J {\n}",
        "fn f() -> fn(int) -> {a: int, b?: string} {\n  x\n}",
        'tool t(a: string) -> int {\n  description "text \\"q\\""\n  len(a)\n}',
        "pub tool t() {\n}",
        "override name(a, b) {\n  a\n}",
        "let x: int = 1",
        "var x = 1",
        "let {a, b: alias, c = 1, d: e = 2, ...rest} = v",
        "let [a, b = 1, ...rest] = v",
        "let {} = v",
        "x = 1",
        "x.a[0] += 1",
        "x -= 1",
        "x *= 1",
        "x /= 1",
        "x %= 1",
        "if c {\n  a\n} else if d {\n  b\n} else {\n  e\n}",
        "for p in e {\n  p\n}",
        "for (k, v) in e {\n}",
        "for [a, b] in e {\n}",
        "while c {\n  continue\n}",
        "retry 3 {\n  a\n}",
        "retry (n + 1) {\n  a\n}",
        "deadline 5s {\n  a\n}",
        "deadline (limits.most) {\n}",
        "guard c else {\n  return\n}",
        "require c",
        'require c, "message ${x}"',
        "try {\n  a\n} catch (e: T) {\n  b\n} finally {\n  c\n}",
        "try {\n  a\n} catch (e) {\n  b\n}",
        "try {\n  a\n} catch {\n  b\n}",
        "try {\n  a\n} catch {\n}",
        "try {\n  a\n} finally {\n  c\n}",
        "try {\n  a\n}",
        "match v {\n  0 -> { a }\n  n if n > 9 -> { b }\n  _ -> {\n    a\n    b\n  }\n}",
        "match v {\n  E.A(x) -> {\n  }\n  [a, _] -> { a }\n  {k: 1} -> { k }\n}",
        "match v {\n}",
        "parallel n { i ->\n  i\n}",
        "parallel each xs { x ->\n  x\n}",
        "parallel settle xs { x ->\n  x\n}",
        "parallel each xs with { max_concurrent: 3 } { x ->\n  x\n}",
        "parallel n {\n  a\n}",
        "spawn {\n  a\n}",
        "defer {\n  a\n}",
        "mutex {\n  a\n}",
        "select {\n  v from ch {\n    a\n  }\n  w from dh {\n  }\n  timeout 5s {\n    b\n  }\n}",
        "select {\n  v from ch {\n    a\n  }\n  default {\n    b\n  }\n}",
        "return",
        "return a",
        "throw a",
        "yield",
        "yield a",
        "while c {\n  break\n}",
        "pub enum N<T> {\n  A\n  B(x: int, y)\n}",
        "pub struct N<T> {\n  a: int\n  b?: string\n  c\n  d?\n  type: string\n}",
        "interface N<T> {\n  type Item\n  type Key = int\n  fn m<U>(self, a: int) -> T\n  fn n()\n}",
        "impl N {\n  fn a(self) {\n    1\n  }\n  pub fn b(self) {\n  }\n}",
        "type N<T> = list<T> | dict<string, {a: int, b?: T}> | iter<never> | fn() -> nil",
        'type N = "a \\"b\\" \\\\" | 1 | -2 | bool | Pair<int, N>',
        "@test\n@deprecated(since: \"1\", n: -1, f: -1.5, old, r\"\\d\", true, nil)\npub fn f() {\n}",
        "@a\nstruct S {\n}",
    ],
)  # fmt: skip
def test_constructs_are_printed_as_the_table_has_them(text: str) -> None:
    assert check_formatting(text) == text + "\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("pub struct N{a:int,b?:string c}", "pub struct N {\n  a: int\n  b?: string\n  c\n}\n"),
        ("enum N{A,B(x:int,y),C()}", "enum N {\n  A\n  B(x: int, y)\n  C\n}\n"),
        ("interface N{fn m()\ntype T\nfn n()\ntype U}", "interface N {\n  type T\n  type U\n  fn m()\n  fn n()\n}\n"),
        ("impl N{fn a(){}\n\n\nfn b(){}}", "impl N {\n  fn a() {\n  }\n  fn b() {\n  }\n}\n"),
        ("type A\n= true|Iter<int>", "type A = bool | iter<int>\n"),
        ("type A = list<true> | r\"a\\b\"", "type A = list<bool> | \"a\\\\b\"\n"),
        ("@a @b(x)\n\nfn f(){}", "@a\n@b(x)\nfn f() {\n}\n"),
        ("fn f(\na,\nb: int,\n){}", "fn f(a, b: int) {\n}\n"),
        ("if a {} else { if b {} }", "if a {\n} else if b {\n}\n"),
        ("if (a) {} else { if b {} c }", "if a {\n} else {\n  if b {\n  }\n  c\n}\n"),
        ("guard c else {return}", "guard c else {\n  return\n}\n"),
        ("spawn { a }", "spawn {\n  a\n}\n"),
        ("parallel 3 { i -> i }", "parallel 3 { i ->\n  i\n}\n"),
        ("match v { 0 -> { a\n} 1 -> { throw b } }", "match v {\n  0 -> { a }\n  1 -> {\n    throw b\n  }\n}\n"),
        ("select { default { a } v from c { b } }", "select {\n  v from c {\n    b\n  }\n  default {\n    a\n  }\n}\n"),
        ("fn f() { tool t() { description\n \"d\" a } }", "fn f() {\n  tool t() {\n    description \"d\"\n    a\n  }\n}\n"),
        ("type Long = alpha_beta_gamma | delta_epsilon", "type Long = alpha_beta_gamma | delta_epsilon\n"),
    ],
)  # fmt: skip
def test_constructs_are_brought_into_the_layout_of_the_table(source: str, expected: str) -> None:
    assert check_formatting(source, 30) == expected


@pytest.mark.parametrize(
    ("header", "width"),
    [
        # What counts is the indentation, `pub`, the keyword, name and type parameters, `(`, the parameters, `)`.
        ("fn name(alpha, beta)", 20),
        ("pub fn name<T, in U>(alpha: T, beta = 1)", 40),
        ("tool name(alpha, beta)", 22),
        ("pub tool name(alpha, beta)", 26),
        ("pipeline name(alpha, beta)", 26),
        ("override name(alpha, beta)", 26),
    ],
)
def test_parameters_wrap_without_regard_to_what_follows_them(header: str, width: int) -> None:
    text = header + " {\n  a_statement_of_some_length()\n}\n"
    if header.startswith(("fn", "pub fn", "tool")):
        text = text.replace(" {", " -> int {", 1)
    assert check_formatting(text, width) == text
    head, _, rest = text.partition("(")
    params, _, body = rest.partition(")")
    items = "".join(f"  {param},\n" for param in params.split(", "))
    assert check_formatting(text, width - 1) == f"{head}(\n{items}){body}"


def test_the_indentation_of_an_override_does_not_count() -> None:
    nested = "pipeline p(t) {\n  override name(alpha, beta) {\n  }\n}\n"
    assert check_formatting(nested, 26) == nested
    wrapped = "pipeline p(t) {\n  override name(\n    alpha,\n    beta,\n  ) {\n  }\n}\n"
    assert check_formatting(nested, 25) == wrapped


def test_members_of_interfaces_and_enums_wrap() -> None:
    interface = "interface N {\n  fn name<T>(alpha, beta)\n}\n"
    assert check_formatting(interface, 25) == interface
    assert check_formatting(interface, 24) == "interface N {\n  fn name<T>(\n    alpha,\n    beta,\n  )\n}\n"
    enum = "enum N {\n  Name(alpha: int, beta)\n}\n"
    assert check_formatting(enum, 24) == enum
    assert check_formatting(enum, 23) == "enum N {\n  Name(\n    alpha: int,\n    beta,\n  )\n}\n"


def test_behind_a_rest_parameter_stands_no_comma() -> None:
    assert check_formatting("fn f(alpha, ...beta: list<int>) {}", 20) == lines("""
fn f(
  alpha,
  ...beta: list<int>
) {
}
""")


def test_patterns_never_wrap() -> None:
    text = "let {alpha, beta: gamma, delta = 1, ...rest} = value\n"
    assert check_formatting(text, 10) == text


@pytest.mark.parametrize(
    "text",
    [
        "struct P {\n}\n\nif (P) {\n}",
        "struct P {\n}\n\nwhile (x == P) {\n}",
        "if P {\n}\n\nstruct P {\n}",  # only what is declared above is known for a struct
        "match (f()?) {\n}",
        "guard (if a {\n  b\n}) else {\n}",
        "guard if a {\n  b\n} else {\n  c\n} else {\n}",
        "parallel (each) { x ->\n  x\n}",
        "parallel each each { x ->\n  x\n}",
        "(fn(x) { x })",
        "(fn(x) { x }(1))",
        "match v {\n  (fn(x) { x }) -> { 1 }\n}",
        'fn f() {\n  (description)\n  "text"\n}',
        "fn f() {\n  description\n}",
    ],
)
def test_parentheses_stay_where_a_header_or_statement_would_read_otherwise(text: str) -> None:
    assert check_formatting(text) == text + "\n"
