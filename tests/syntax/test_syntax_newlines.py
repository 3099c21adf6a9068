"""Line breaks, separators and what may stand on one line: chapter 01, sections 3 and 5.4."""

from __future__ import annotations

import pytest
from syntax_outline import diagnostics, error, expression, outlines

OPERATORS_THAT_CONTINUE = ["+", "*", "/", "%", "**", "&&", "||", "|>", "??", "==", "!=", "<", ">", "<=", ">=", "in"]


@pytest.mark.parametrize("operator", OPERATORS_THAT_CONTINUE)
def test_an_operator_that_cannot_begin_a_statement_continues_the_line(operator: str) -> None:
    assert expression(f"a // note\n\n  {operator} b") == f"(a {operator} b)"


@pytest.mark.parametrize("operator", [*OPERATORS_THAT_CONTINUE, "-"])
def test_a_line_that_ends_in_an_operator_continues(operator: str) -> None:
    assert expression(f"a {operator} // note\n\n b") == f"(a {operator} b)"


def test_not_in_may_begin_a_line() -> None:
    assert expression("a\n  not in b") == "(a not_in b)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n  .b\n  .c()", "MethodCall(Prop(a, b, False), c, <>, False)"),
        ("a\n  ?.b", "Prop(a, b, True)"),
        ("a\n to b\n exclusive", "RangeExpr(a, b, False)"),
        ("a\n ? b\n : c", "Ternary(a, b, c)"),
        ("x\n = 1", "Assign(x, 1, None)"),
        ("let x\n = 1", "Let(x, None, 1, False)"),
        ("x =\n\n 1", "Assign(x, 1, None)"),
        ("type T\n = int", "TypeAlias_(T, <>, int)"),
    ],
)
def test_other_continuations(text: str, expected: str) -> None:
    assert expression(text) == expected


@pytest.mark.parametrize(
    ("text", "second"), [("a\n-b", "(-b)"), ("a\n(b)", "b"), ("a\n[b]", "[b]"), ("a\n{b: 1}", "{'b': 1}")]
)
def test_what_can_begin_a_statement_begins_one_on_a_new_line(text: str, second: str) -> None:
    assert outlines(text) == ["a", second]


def test_the_same_holds_inside_brackets() -> None:
    assert expression("f(a\n- b)") == "f(a, (-b))"
    assert expression("[x\n(y)]") == "[x, y]"
    assert error("(a\n- b)") == "Expected ), got - at 2:1"


@pytest.mark.parametrize("word", ["return", "yield"])
def test_return_and_yield_have_no_value_on_the_next_line(word: str) -> None:
    assert outlines(f"{word}\n1") == [f"{word.title()}(None)", "1"]
    assert outlines(f"if a {{ {word} }}") == [f"If(a, <{word.title()}(None)>, None)"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("if a {}\n\nelse {}", "If(a, <>, <>)"),
        ("if a {} else\nif b {}", "If(a, <>, <If(b, <>, None)>)"),
        ("try {}\ncatch e {}\nfinally {}", "TryCatch(<>, True, e, None, <>, <>)"),
        ("if a\n{ b }", "If(a, <b>, None)"),
        ("while a\n{ b }", "While(a, <b>)"),
        ("match a\n{\n1 -> { b }\n}", "Match(a, <MatchArm(1, None, <b>)>)"),
        ("fn f()\n  -> int\n{ }", "Fn(f, <>, <>, int, <>, <>, False)"),
        ("fn f<T>()\n  where T: X\n{ }", "Fn(f, <TypeParam(T, '')>, <>, None, <WhereBound(T, X)>, <>, False)"),
    ],
)
def test_bodies_and_their_followers_may_begin_a_line(text: str, expected: str) -> None:
    assert expression(text) == expected


def test_a_line_break_behind_try_is_given_back() -> None:
    assert outlines("let a = try { f() }\n[1]") == ["Let(a, None, TryExpr(<f()>), False)", "[1]"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "fn f(\n  a,\n  b\n) {}",
            "Fn(f, <>, <Param(a, None, None, False) Param(b, None, None, False)>, None, <>, <>, False)",
        ),
        (
            "let {\n a,\n b\n} = c",
            "Let(DictPattern(<DictPatternField(a, None, None, False) DictPatternField(b, None, None, False)>), None, c, False)",
        ),
        (
            "let [\n a\n b\n] = c",
            "Let(ListPattern(<ListPatternElement(a, None, False) ListPatternElement(b, None, False)>), None, c, False)",
        ),
        (
            "let [\n a,\n ...b\n] = c",
            "Let(ListPattern(<ListPatternElement(a, None, False) ListPatternElement(b, None, True)>), None, c, False)",
        ),
    ],
)
def test_line_breaks_are_free_in_parameter_lists_and_patterns(text: str, expected: str) -> None:
    assert expression(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("log(1) log(2)", ["log(1)", "log(2)"]),
        ("let a = 1 let b = 2", ["Let(a, None, 1, False)", "Let(b, None, 2, False)"]),
        ("if a { b } foo()", ["If(a, <b>, None)", "foo()"]),
        ('"a" "b"', ["'a'", "'b'"]),
        ("[1 2 3]", ["[1, 2, 3]"]),
        ("f(a b)", ["f(a, b)"]),
        ("{a: 1 b: 2 else: 3}", ["{'a': 1, 'b': 2, 'else': 3}"]),
        ("a; b;; c;", ["a", "b", "c"]),
        ("if a { ; b; }", ["If(a, <b>, None)"]),
    ],
)
def test_statements_and_elements_stand_side_by_side(text: str, expected: list[str]) -> None:
    assert outlines(text) == expected


def test_a_semicolon_separates_statements_only() -> None:
    assert error("f(1; 2)") == "Expected expression, got ; at 1:4"
    assert error("let x = ;") == "Expected expression, got ; at 1:9"


@pytest.mark.parametrize("text", ["f(x) {a: 1}", "if a { b } if c { d }"])
def test_a_slip_on_one_line_asks_for_a_line_break(text: str) -> None:
    (found,) = diagnostics(text)
    assert found.message.startswith("Expected expression, got ")
    assert found.help == "put the next statement on a line of its own"


def test_crlf_files_parse_like_others() -> None:
    text = 'fn f(a,\n b) {\n  // c\n  a\n    + b\n}\nlet s = """\n  x\n"""\n'
    assert outlines(text.replace("\n", "\r\n"))[0] == outlines(text)[0]


def test_keywords_as_keys_keep_the_line_break_before_them() -> None:
    assert expression("{a: 1\n in: 2\n else: 3\n to: 4}") == "{'a': 1, 'in': 2, 'else': 3, 'to': 4}"
