"""Expressions, their precedence and disambiguation: chapter 01, sections 5.5 to 7."""

from __future__ import annotations

import pytest
from syntax_outline import error, expression, outlines, parse

from harnpy.syntax import ast
from harnpy.syntax.parser import parse_program
from harnpy.syntax.tokens import KEYWORDS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a |> b |> c", "((a |> b) |> c)"),
        ("1 to n - 1 exclusive |> f", "(RangeExpr(1, (n - 1), False) |> f)"),
        ("a |> f ? b : c", "(a |> Ternary(f, b, c))"),
        ("a || b && c", "(a || (b && c))"),
        ("a && b == c", "(a && (b == c))"),
        ("a == b < c", "(a == (b < c))"),
        ("a < b < c", "((a < b) < c)"),
        ("a in b", "(a in b)"),
        ("a.b not in c", "(Prop(a, b, False) not_in c)"),
        ("a - b - c", "((a - b) - c)"),
        ("a + b ?? c", "(a + (b ?? c))"),
        ("x ?? 0 > 1", "((x ?? 0) > 1)"),
        ("a ?? b * c", "(a ?? (b * c))"),
        ("a * b % c / d", "(((a * b) % c) / d)"),
        ("-2 ** 2", "((-2) ** 2)"),
        ("2 ** -1", "(2 ** (-1))"),
        ("2 ** 3 ** 2", "(2 ** (3 ** 2))"),
        ("!-x", "(!(-x))"),
        ("try* f(x)? + 1", "(TryStar(TryOp(f(x))) + 1)"),
        ("try *x", "TryStar(x)"),
        ("a ? b : c", "Ternary(a, b, c)"),
        ("a ? b : c ? d : e", "Ternary(a, b, Ternary(c, d, e))"),
        ("(a + b) * c", "((a + b) * c)"),
    ],
)
def test_operators_bind_as_the_table_says(text: str, expected: str) -> None:
    assert expression(text) == expected


def test_ranges_do_not_chain() -> None:
    assert error("a to b to c") == "Expected expression, got to at 1:8"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f(1)(2)", "f(1)(2)"),
        ("xs[0](x)", "Index(xs, 0)(x)"),
        ("(f)(x)", "f(x)"),
        ("a.b(1)(2)", "MethodCall(a, b, <1>, False)(2)"),
        ("(a.b)(1)", "Prop(a, b, False)(1)"),
        ("a.b?()", "TryOp(Prop(a, b, False))()"),
        ("a?.b(1)", "MethodCall(a, b, <1>, True)"),
        ("a?.b", "Prop(a, b, True)"),
        ("f()? .x", "Prop(TryOp(f()), x, False)"),
        ("x[1]", "Index(x, 1)"),
        ("x[a:b]", "Slice(x, a, b)"),
        ("x[:b]", "Slice(x, None, b)"),
        ("x[a:]", "Slice(x, a, None)"),
        ("x[:]", "Slice(x, None, None)"),
        ("x[c ? 1 : 2 : 5]", "Slice(x, Ternary(c, 1, 2), 5)"),
        ("{ x -> x }(1)", "ClosureExpr(<Param(x, None, None, False)>, <x>, False)(1)"),
        ("f(...a, 1, ...b)", "f(Spread(a), 1, Spread(b))"),
        ("x?.m(...a)", "MethodCall(x, m, <Spread(a)>, True)"),
        ("[...a, 1]", "[Spread(a), 1]"),
        ("[1, 2,]", "[1, 2]"),
        ('{...a, b: 1, "c": 2, [d]: 3,}', "{...a, 'b': 1, 'c': 2, d: 3}"),
    ],
)
def test_postfix_forms_and_collections(text: str, expected: str) -> None:
    assert expression(text) == expected


@pytest.mark.parametrize("word", sorted(KEYWORDS))
def test_every_reserved_word_is_a_member_name_and_a_key(word: str) -> None:
    assert expression(f"x.{word}") == f"Prop(x, {word}, False)"
    assert expression(f"x?.\n{word}()") == f"MethodCall(x, {word}, <>, True)"
    assert expression(f"{{{word}: 1, a: {{ {word}: 2 }}}}") == f"{{'{word}': 1, 'a': {{'{word}': 2}}}}"
    assert expression(f"P {{{word}: 1}}") == f"StructLit(P, <'{word}': 1>)"


@pytest.mark.parametrize("word", sorted(KEYWORDS))
def test_every_reserved_word_is_a_field_name(word: str) -> None:
    assert expression(f"struct S {{ {word}: int, {word}? }}") == (
        f"Struct(S, <>, <StructField({word}, int, False) StructField({word}, None, True)>, False)"
    )
    assert expression(f"type S = {{{word}: int}}") == f"TypeAlias_(S, <>, ShapeType(<ShapeField({word}, int, False)>))"


@pytest.mark.parametrize("word", sorted(KEYWORDS))
def test_no_reserved_word_is_a_variable(word: str) -> None:
    expected = f"Expected variable name or destructuring pattern, got '{word}' (reserved keyword) at 1:5"
    assert error(f"let {word}") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", "{}"),
        ("let x = {\n\n}", "Let(x, None, {}, False)"),
        ("{ -> 1 }", "ClosureExpr(<>, <1>, False)"),
        ("{ a: { b -> b } }", "{'a': ClosureExpr(<Param(b, None, None, False)>, <b>, False)}"),
        (
            "{ x: int, y: int = 2, ...r -> x }",
            "ClosureExpr(<Param(x, int, None, False) Param(y, int, 2, False) Param(r, None, None, True)>, <x>, False)",
        ),
        (
            "{ x -> match x { 1 -> {} } }",
            "ClosureExpr(<Param(x, None, None, False)>, <Match(x, <MatchArm(1, None, <>)>)>, False)",
        ),
        (
            "{ x -> fn(y) { x } }",
            "ClosureExpr(<Param(x, None, None, False)>, <ClosureExpr(<Param(y, None, None, False)>, <x>, True)>, False)",
        ),
        ("if x == {a: 1} { y }", "If((x == {'a': 1}), <y>, None)"),
        ("for x in {a: 1} { y }", "For(x, {'a': 1}, <y>)"),
    ],
)
def test_a_brace_is_a_dict_unless_an_arrow_makes_it_a_closure(text: str, expected: str) -> None:
    assert expression(text) == expected


def test_a_name_before_a_brace_is_a_struct_literal_if_a_struct_of_that_name_came_earlier() -> None:
    assert outlines("struct P { x }\nlet p = P {}")[1] == "Let(p, None, StructLit(P, <>), False)"
    assert outlines("fn f() { struct P { x } }\nP {}")[1] == "StructLit(P, <>)"


def test_an_imported_struct_is_known_by_its_keys_or_by_being_told() -> None:
    assert expression("let p = P {x: 1}") == "Let(p, None, StructLit(P, <'x': 1>), False)"
    assert expression("let p = P {...q}") == "Let(p, None, StructLit(P, <...q>), False)"
    (item,) = parse_program("let p = P {}", "x", structs={"P"}).items
    assert isinstance(item, ast.Let)
    assert isinstance(item.value, ast.StructLit)


def test_a_struct_name_in_a_type_position_takes_no_literal() -> None:
    assert outlines("struct P { x }\nfn f() -> P { 1 }\nimpl P { }")[1:] == [
        "Fn(f, <>, <>, P, <>, <1>, False)",
        "Impl(P, <>)",
    ]


def test_a_struct_literal_begins_on_the_line_of_its_name() -> None:
    assert outlines("struct P { x }\nP\n{}")[1:] == ["P", "{}"]


@pytest.mark.parametrize(
    "then", ["b", "1", "1.5", '"s"', '"${s}"', "true", "false", "nil", "(b)", "[b]", "{}", "!b", "-b", "fn() {}"]
)
def test_a_question_mark_before_a_value_is_a_ternary(then: str) -> None:
    assert expression(f"a ?{then} : c").startswith("Ternary(a, ")


@pytest.mark.parametrize("text", ["a?", "(a?)", "[a?, 1]", "a? + 1", "a? == b", "a?\nb"])
def test_any_other_question_mark_propagates(text: str) -> None:
    assert "TryOp(a)" in outlines(text)[0]


@pytest.mark.parametrize("text", ["x? - 1", "x? [0]"])
def test_a_ternary_without_its_colon_is_an_error(text: str) -> None:
    assert error(text) == "Unexpected end of file, expected :"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("let x = if a { b } else { c } + 1", "Let(x, None, (If(a, <b>, <c>) + 1), False)"),
        ("if a { b } else { c }.d", "Prop(If(a, <b>, <c>), d, False)"),
        ("match a { 1 -> { b } }.c()", "MethodCall(Match(a, <MatchArm(1, None, <b>)>), c, <>, False)"),
        ("try { a } ?? b", "(TryExpr(<a>) ?? b)"),
        ("parallel each xs { x -> x }.len()", "MethodCall(Parallel(each, xs, x, <>, <x>), len, <>, False)"),
        ("spawn { a }.b", "Prop(Spawn(<a>), b, False)"),
        ("let x = select { a from b { a } }", "Let(x, None, Select(<SelectCase(a, b, <a>)>, None, None), False)"),
        ("let x = retry 3 { a }", "Let(x, None, Retry(3, <a>), False)"),
        ("let x = deadline 5s { a }", "Let(x, None, Deadline(DurationLit(5000), <a>), False)"),
        ("deadline n.x { a }", "Deadline(Prop(n, x, False), <a>)"),
        ("retry (n + 1) { a }", "Retry((n + 1), <a>)"),
        ("deadline f(1) { a }", "Deadline(f(1), <a>)"),
        ("let f = fn(x: int) { x }", "Let(f, None, ClosureExpr(<Param(x, int, None, False)>, <x>, True), False)"),
    ],
)
def test_constructs_with_bodies_are_expressions_and_can_be_continued(text: str, expected: str) -> None:
    assert expression(text) == expected


def test_fn_at_the_start_of_a_statement_is_a_declaration() -> None:
    assert error("fn (x) { x }") == "Expected function name, got ( at 1:4"
    assert error("a\nfn (x) { x }") == "Expected function name, got ( at 2:4"


@pytest.mark.parametrize(
    "statement", ["mutex { }", "defer { }", "yield 1", "throw 1", "return 1", "require a", "guard a else { }"]
)
def test_statements_are_no_values(statement: str) -> None:
    assert error(f"let x = {statement}").startswith(f"Expected expression, got {statement.split()[0]} at 1:9")


def test_literals_keep_their_kind() -> None:
    assert expression('[1, 2.5, "a", r"b", true, nil, 3s]') == "[1, 2.5, 'a', RawStr(b), True, nil, DurationLit(3000)]"


def test_binary_nodes_start_at_their_leftmost_operand_and_parentheses_leave_no_trace() -> None:
    (item,) = parse("\n  (a + b).c(1) * 2")
    assert item.span[2:4] == (2, 4)
    assert item.left.object.span[0:2] == (4, 9)


def test_every_span_covers_the_text_of_its_node() -> None:
    text = 'x = f(a, "b${c}")[1].d ?? { y -> y }'
    (item,) = parse(text)
    assert text[item.span.start : item.span.end] == text
    call = item.value.left.object.object
    assert text[call.span.start : call.span.end] == 'f(a, "b${c}")'
    interp = call.args[1]
    assert text[interp.span.start : interp.span.end] == '"b${c}"'
    closure = item.value.right
    assert text[closure.span.start : closure.span.end] == "{ y -> y }"


def test_a_node_over_several_lines_knows_its_last_line() -> None:
    (item,) = parse('f("""\n a\n""",\n 2\n)')
    assert (item.span.line, item.span.end_line) == (1, 5)
    assert (item.args[0].span.line, item.args[0].span.end_line) == (1, 3)
