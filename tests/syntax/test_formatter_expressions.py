"""Expressions: literals, sequences, operators, chains, closures (chapter 10 sections 7.1 to 7.6 and 8)."""

from __future__ import annotations

import pytest
from formatting import check_formatting


def formatted(source: str, width: int = 100) -> str:
    """The formatted source without its final line break."""
    return check_formatting(source, width).removesuffix("\n")


# --- atoms ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r'"a\\b\"c\nd\te"', r'"a\\b\"c\nd\te"'),
        ('"a\tb"', r'"a\tb"'),
        (r'"\d"', r'"\\d"'),
        (r'"$ \${x} $x {y}"', r'"$ \${x} $x {y}"'),
        ('"é ü"', '"é ü"'),
        ('"""one "line" \\ here"""', r'"one \"line\" \\ here"'),
        ('"""a ${ x+1 } \\${y}"""', r'"a ${ x+1 } \\${y}"'),
        ('"${f("x",1)}${ {a:1}.a }$${x}"', '"${f("x",1)}${ {a:1}.a }$${x}"'),
        ('"""a ${} b"""', '"""a ${} b"""'),
        (r'r"a\b${c}"', r'r"a\b${c}"'),
        ("007", "7"),
        ("0", "0"),
        ("000", "0"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("1.50", "1.5"),
        ("2.0", "2.0"),
        ("100000000000000000000.0", "100000000000000000000.0"),
        ("0.000000125", "0.000000125"),
        ("123456789.123456789123456789", "123456789.12345679"),
        ("true", "true"),
        ("false", "false"),
        ("nil", "nil"),
        ("_x1", "_x1"),
        ("90s", "90s"),
        ("60s", "1m"),
        ("1d", "24h"),
        ("1w", "168h"),
        ("0h", "0ms"),
        ("1500ms", "1500ms"),
        ("2000ms", "2s"),
        ("[a,b,]", "[a, b]"),
        ("[ ]", "[]"),
        ("[...a b]", "[...a, b]"),
        ('let d={"a":1,[k]:2,"b c":3}', 'let d = {a: 1, [k]: 2, ["b c"]: 3}'),
        ('let d={ ["e"]: 1, "type": 2, if: 3, ...r, "": 4, "x²": 5, "²": 6, "1a": 7, ["a" + b]: 8}',
         'let d = {e: 1, type: 2, if: 3, ...r, [""]: 4, x²: 5, ["²"]: 6, ["1a"]: 7, ["a" + b]: 8}'),
        ("{ }", "{}"),
        ("struct S {}\nS{a:1,...b}", "struct S {\n}\n\nS {a: 1, ...b}"),
        ("struct S {}\nS { }", "struct S {\n}\n\nS {}"),
        ("a  to b", "a to b"),
        ("a to (b)  exclusive", "a to b exclusive"),
        ("c?a:b", "c ? a : b"),
        ("! x", "!x"),
        ("- x", "-x"),
        ("try*x", "try* x"),
        ("f(a,...b,c:1,type:2)", "f(a, ...b, c: 1, type: 2)"),
        ("o . m(a) ?. m(b) . p ?. q", "o.m(a)?.m(b).p?.q"),
        ("o[i][a:b][:b][a:][:]", "o[i][a:b][:b][a:][:]"),
        ("f(a)?", "f(a)?"),
        ("o.type.in", "o.type.in"),
    ],
)  # fmt: skip
def test_atoms_and_postfix(source: str, expected: str) -> None:
    assert formatted(source) == expected


def test_numbers_that_python_refuses_to_write_stay() -> None:
    digits = "9" * 6000
    assert formatted(digits) == digits
    assert formatted(digits + "ms") == digits + "ms"
    assert formatted(f"{digits}.5") == f"{digits}.5"


def test_strings_of_several_lines_are_one_level_deeper_than_their_statement() -> None:
    source = 'fn f() {\n  let x = """\n      a\n        b "q" \\\n\n      ${ c }d\n   """\n}'
    expected = 'fn f() {\n  let x = """\n    a\n      b "q" \\\n\n    ${ c }d\n    """\n}'
    assert formatted(source) == expected
    assert formatted('let x = """\nhello\n"""') == 'let x = """\n  hello\n  """'


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # Nothing but blanks is not dedented, and `${` cannot be written in triple quotes.
        ('let x = """\n  \n """', r'let x = "  \n "'),
        ('let x = """\na\n\n"""', 'let x = """\n  a\n\n  """'),
        ('let x = """\na${} b\n"""', 'let x = """\na${} b\n"""'),
        # Without indentation, what follows the last interpolation stays.
        ('let x = """\n${a} b\n"""', 'let x = """\n  ${a} b\n\n  """'),
        ('let x = """\n${a}\n"""', 'let x = """\n  ${a}\n  """'),
        # The text of an interpolation is nobody's business, not even its lines.
        ('let x = "${f(\n 1 )}"', 'let x = "${f(\n 1 )}"'),
        ('let x = """\n  a ${f(\n 1 )}\n  """', 'let x = """\n  a ${f(\n 1 )}\n  """'),
        ('let x = "a ${ y // why\n } b"', 'let x = "a ${ y // why\n } b"'),
    ],
)
def test_strings_keep_their_contents(source: str, expected: str) -> None:
    assert formatted(source) == expected


def test_blanks_at_the_ends_of_lines_in_strings_stay() -> None:
    assert formatted('let x = """\n  a  \n  b\n  """') == 'let x = """\n  a  \n  b\n  """'


# --- comma sequences --------------------------------------------------------------------------------------------------


def test_the_worked_example_of_wrapping() -> None:
    source = "let x = combine_results(alpha, beta_value, gamma_1)"
    assert formatted(source, 43) == source
    assert formatted(source, 42) == "let x = combine_results(\n  alpha,\n  beta_value,\n  gamma_1,\n)"


@pytest.mark.parametrize(
    ("source", "width"),
    [
        ("call(alpha, beta)", 17),
        ("x.name.call(alpha, beta)", 24),
        ("x?.call(alpha, beta)", 20),
        ("[alpha, beta]", 13),
        ("let x = {alpha: 1, beta: 2}", 19),
        ("struct Name {\n}\n\nlet x = Name {alpha: 1, beta: 2}", 24),
        ("call(élan, wörter)", 20),
    ],
)
def test_sequences_wrap_when_what_counts_is_longer_than_the_width(source: str, width: int) -> None:
    assert formatted(source, width) == source
    assert "\n" in formatted(source, width - 1).rpartition("\n\n")[2]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("call(alpha, beta)", "call(\n  alpha,\n  beta,\n)"),
        ("x.call(alpha, beta)", "x\n  .call(\n  alpha,\n  beta,\n)"),
        ("[alpha, ...beta]", "[\n  alpha,\n  ...beta,\n]"),
        ("let d = {alpha: 1, [b]: 2}", "let d = {\n  alpha: 1,\n  [b]: 2,\n}"),
        ("struct S {\n}\n\nS {alpha: 1, b: 2}", "struct S {\n}\n\nS {\n  alpha: 1,\n  b: 2,\n}"),
        ("a_very_long_name()", "a_very_long_name()"),
        ("f(alpha: 1, b: 2)", "f(\n  alpha: 1,\n  b: 2,\n)"),
        ("f({ alpha, beta -> alpha })", "f(\n  { alpha, beta -> alpha },\n)"),
    ],
)
def test_wrapped_sequences(source: str, expected: str) -> None:
    assert formatted(source, 12) == expected


def test_inner_sequences_stay_on_their_line_if_they_fit() -> None:
    expected = "let d = {\n  first_group: {one: 1, two: 2},\n  second_group: some_long_value_name,\n}"
    assert formatted("let d = {first_group: {one: 1, two: 2}, second_group: some_long_value_name}", 60) == expected


def test_items_with_lines_wrap_whatever_the_width() -> None:
    assert formatted('f(a, """\n b\n """)') == 'f(\n  a,\n  """\n  b\n  """,\n)'


# --- binary expressions -----------------------------------------------------------------------------------------------


def test_the_worked_examples_of_operators() -> None:
    source = "let ok = first_condition == 1 && second_condition == 2 && third"
    expected = "let ok = first_condition == 1\n  && second_condition == 2\n  && third"
    assert formatted(source, 44) == expected
    source = "let same = left_hand_value_with_a_long_name == right_hand_value_with_a_long_name"
    expected = "let same = left_hand_value_with_a_long_name \\\n  == right_hand_value_with_a_long_name"
    assert formatted(source, 60) == expected


@pytest.mark.parametrize("operator", ["|>", "||", "&&", "+", "*", "/", "%", "**"])
def test_operators_that_continue_a_line(operator: str) -> None:
    assert formatted(f"aa {operator} bb", len(operator) + 5) == f"aa\n  {operator} bb"
    assert formatted(f"aa {operator} bb", len(operator) + 6) == f"aa {operator} bb"
    assert formatted(f"aa\n{operator} bb") == f"aa\n  {operator} bb"


@pytest.mark.parametrize("operator", ["-", "==", "!=", "<", ">", "<=", ">=", "in", "not in", "??"])
def test_operators_that_need_the_continuation_mark(operator: str) -> None:
    assert formatted(f"aa \\\n{operator} bb") == f"aa \\\n  {operator} bb"
    assert formatted(f"aa {operator} bb", len(operator) + 5) == f"aa \\\n  {operator} bb"
    assert formatted(f"aa {operator} bb", len(operator) + 6) == f"aa {operator} bb"


def test_indentation_counts_for_the_width_of_operations() -> None:
    text = "fn f() {\n  aa + bb\n}"
    assert formatted(text, 9) == text
    assert formatted(text, 8) == "fn f() {\n  aa\n    + bb\n}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a&&b||c", "(a && b) || c"),
        ("(a || b) && c", "(a || b) && c"),
        ("a && b && c", "a && b && c"),
        ("a ?? b || c", "a ?? b || c"),
        ("a + (b ?? c)", "a + b ?? c"),
        ("(a + b) ?? c", "(a + b) ?? c"),
        ("(a * b) + c", "a * b + c"),
        ("a * (b + c)", "a * (b + c)"),
        ("a - (b - c)", "a - (b - c)"),
        ("(a - b) - c", "a - b - c"),
        ("a + (b + c)", "a + (b + c)"),
        ("a ?? (b ?? c)", "a ?? (b ?? c)"),
        ("(a ** b) ** c", "(a ** b) ** c"),
        ("a ** (b ** c)", "a ** b ** c"),
        ("(-a) ** b", "-a ** b"),
        ("-(a ** b)", "-(a ** b)"),
        ("a == (b < c)", "a == b < c"),
        ("(a == b) < c", "(a == b) < c"),
        ("(a in b) == c", "a in b == c"),
        ("(a |> b) |> c", "a |> b |> c"),
        ("(a not  in b)", "a not in b"),
        ("(a ? b : c) + 1", "(a ? b : c) + 1"),
        ("(1 to 3) + a", "(1 to 3) + a"),
        ("(1 to 3) |> f", "(1 to 3) |> f"),
        ("(try* a) + 1", "(try* a) + 1"),
        ("(a ?? b).split(\"x\")", "(a ?? b).split(\"x\")"),
        ("!(a + b)", "!(a + b)"),
        ("(-a).abs()", "(-a).abs()"),
        ("!(!a)", "!!a"),
        ("-(-a)", "--a"),
        ("(a to b).map(f)", "(a to b).map(f)"),
        ("(try* a).b", "(try* a).b"),
        ("(a ? b : c)[0]", "(a ? b : c)[0]"),
        ("(a + b)?", "(a + b)?"),
        ("(f(x)?) - 1", "(f(x)?) - 1"),
        ("f(x)? + 1", "f(x)? + 1"),
        ("(f(x)?) not in y", "(f(x)?) not in y"),
        ("(f(x)?).g", "(f(x)?).g"),
        ("(f(x)?)[0]", "(f(x)?)[0]"),
        ("(f(x)?)?", "(f(x)?)?"),
        ("(o.m)(1)", "(o.m)(1)"),
        ("(f)(1)", "f(1)"),
        ("f(1)(2)", "f(1)(2)"),
        ("c ? (5s) : (6s)", "c ? (5s) : 6s"),
        ("c ? (r\"a\") : b", "c ? (r\"a\") : b"),
        ("c ? (5s.x) : b", "c ? (5s.x) : b"),
        ("(x?) ? a : b", "x? ? a : b"),
        ("(a ? b : c) ? (d ? e : f) : (g ? h : i)", "(a ? b : c) ? (d ? e : f) : g ? h : i"),
        ("a ? (1 to 2) : (3 to 4)", "a ? (1 to 2) : (3 to 4)"),
        ("(a |> b) ? c : (d |> e)", "(a |> b) ? c : (d |> e)"),
        ("(a to b) to c", "(a to b) to c"),
        ("(a ? b : c) to d", "a ? b : c to d"),
        ("!(a ? b : c)", "!(a ? b : c)"),
        ("try* (a + b)", "try* (a + b)"),
        ("((((a))))", "a"),
        ("(not) in x", "(not) in x"),
    ],
)  # fmt: skip
def test_only_the_parentheses_that_are_needed_survive(source: str, expected: str) -> None:
    assert formatted(source) == expected


# --- chains and closures ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("items\n  .filter({ x -> x > 1 })\n  .map({ x -> x * 2 })", "items\n  .filter({ x -> x > 1 })\n  .map({ x -> x * 2 })"),
        ("items.filter(a).map(b)", "items.filter(a).map(b)"),
        ("items.filter(a)\n.map(b)", "items.filter(a)\n  .map(b)"),
        ("items.\nfilter(a)", "items\n  .filter(a)"),
        ("items\n?.filter(a)", "items\n  ?.filter(a)"),
        ("items.filter(\na\n)", "items\n  .filter(a)"),
        ("items\n.name", "items.name"),
        ("items.each({ x -> a; b })", "items\n  .each(\n  { x ->\n  a\n  b\n},\n)"),
    ],
)  # fmt: skip
def test_chains_keep_their_breaks(source: str, expected: str) -> None:
    assert formatted(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("xs.map({x->x*2})", "xs.map({ x -> x * 2 })"),
        ("let f={x,y->log(x)\nx*y}", "let f = { x, y ->\n  log(x)\n  x * y\n}"),
        ("let f={->a}", "let f = { -> a }"),
        ("let f={->a\nb}", "let f = { ->\n  a\n  b\n}"),
        ("let f={x->}", "let f = { x ->\n}"),
        ("let f={x: int, y = 1, ...z: list<int> -> x}", "let f = { x: int, y = 1, ...z: list<int> -> x }"),
        ("let f=fn(a:int){a}", "let f = fn(a: int) { a }"),
        ("let f=fn(){a;b}", "let f = fn() {\n  a\n  b\n}"),
        ("let f=fn(){}", "let f = fn() {\n}"),
        ("let f={x->y=x}", "let f = { x -> y = x }"),
        ("let f={x->return x}", "let f = { x -> return x }"),
        ("let f={x->require x, \"m\"}", "let f = { x -> require x, \"m\" }"),
        ("let f={x->r\"a\"}", "let f = { x ->\n  r\"a\"\n}"),
        ("let f={x->{y->y}}", "let f = { x ->\n  { y -> y }\n}"),
        ("let f={x->throw x}", "let f = { x ->\n  throw x\n}"),
        ("let f={x->let y = 1}", "let f = { x ->\n  let y = 1\n}"),
        ("let f={x->if a {b}}", "let f = { x ->\n  if a {\n    b\n  }\n}"),
        ("let f={x->{a:1}}", "let f = { x -> {a: 1} }"),
        ("let f={x->[a,b,c]}", "let f = { x -> [\n  a,\n  b,\n  c,\n] }"),
    ],
)  # fmt: skip
def test_closures(source: str, expected: str) -> None:
    assert formatted(source, 8 if "[a,b,c]" in source else 100) == expected


@pytest.mark.parametrize(
    "body",
    [
        *("1", "1.5", "true", "nil", '"a"', '"a${b}"', "a", "5s", "-a", "a + b", "f(a)", "o.m(a)", "o?.m(a)", "o.p"),
        *("o?.p", "o[1]", "o[1:2]", "a ? b : c", "a = b", "[a]", "{a: 1}", "1 to 2", "a?", "try* a"),
        *("return", "return a", "break", "continue", "require a", "require a, b"),
    ],
)
def test_simple_bodies_stay_on_the_line_of_their_braces(body: str) -> None:
    assert formatted(f"let f = {{ x -> {body}\n}}") == f"let f = {{ x -> {body} }}"
    assert formatted(f"match v {{ a -> {{\n{body} }} }}") == f"match v {{\n  a -> {{ {body} }}\n}}"


@pytest.mark.parametrize(
    "body", ["yield", "yield a", "throw a", "let a = b", 'r"a"', "S {a: 1}", "{ -> a }", "spawn {\n}"]
)
def test_other_bodies_get_lines(body: str) -> None:
    assert formatted(f"let f = {{ x -> {body} }}").startswith(f"let f = {{ x ->\n  {body.splitlines()[0]}\n")
    assert formatted(f"match v {{ a -> {{ {body} }} }}").startswith(
        f"match v {{\n  a -> {{\n    {body.splitlines()[0]}\n"
    )
