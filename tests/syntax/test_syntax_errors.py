"""What errors say, where they point, and how parsing goes on: chapter 01, section 11."""

from __future__ import annotations

import pytest
from syntax_outline import diagnostics, error, errors

from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.parser import parse_program

HEREDOC = (
    "Expected an expression — heredocs are only valid inside LLM tool-call argument JSON; for multiline strings in "
    'source code use triple-quoted `"""..."""`, got `<<` heredoc-like syntax at '
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("let x = )", "Expected expression, got ) at 1:9"),
        ("let x =", "Unexpected end of file, expected expression"),
        ("fn f() {\n  a\n", "Unexpected end of file, expected }"),
        ("f(1", "Unexpected end of file, expected )"),
        ("[1, 2", "Unexpected end of file, expected ]"),
        ("let x: list<int", "Unexpected end of file, expected >"),
        ("let tool = 1", "Expected variable name or destructuring pattern, got 'tool' (reserved keyword) at 1:5"),
        ("for )", "Expected variable name or destructuring pattern, got ) at 1:5"),
        ("for (a, 5) in x {}", "Expected pair pattern element, got int(5) at 1:9"),
        ("let {5} = x", "Expected field name, got int(5) at 1:6"),
        ("let {a: 5} = x", "Expected alias name, got int(5) at 1:9"),
        ("let [5] = x", "Expected element name, got int(5) at 1:6"),
        ("let [...5] = x", "Expected rest variable name, got int(5) at 1:9"),
        ("fn 5() {}", "Expected function name, got int(5) at 1:4"),
        ("tool 5() {}", "Expected tool name, got int(5) at 1:6"),
        ("pipeline if() {}", "Expected pipeline name, got 'if' (reserved keyword) at 1:10"),
        ("pipeline p() extends 5 {}", "Expected parent pipeline name, got int(5) at 1:22"),
        ("pipeline p(5) {}", "Expected parameter name, got int(5) at 1:12"),
        ("override 5() {}", "Expected override name, got int(5) at 1:10"),
        ("struct 5 {}", "Expected struct name, got int(5) at 1:8"),
        ("enum 5 {}", "Expected enum name, got int(5) at 1:6"),
        ("interface 5 {}", "Expected interface name, got int(5) at 1:11"),
        ("impl 5 {}", "Expected type name, got int(5) at 1:6"),
        ("type 5 = int", "Expected type name, got int(5) at 1:6"),
        ("let x: ) = 1", "Expected type name, got ) at 1:8"),
        ("fn f(5) {}", "Expected parameter name, got int(5) at 1:6"),
        ("fn f<5>() {}", "Expected type parameter name, got int(5) at 1:6"),
        ("fn f() where 5", "Expected type parameter name, got int(5) at 1:14"),
        ("fn f() where T: 5", "Expected type bound, got int(5) at 1:17"),
        ("enum E { 5 }", "Expected variant name, got int(5) at 1:10"),
        ("struct S { 5 }", "Expected field name, got int(5) at 1:12"),
        ("type S = {5: int}", "Expected field name, got int(5) at 1:11"),
        ("interface I { let }", "Expected fn, got let at 1:15"),
        ("interface I { type 5 }", "Expected associated type name, got int(5) at 1:20"),
        ("interface I { fn 5 }", "Expected method name, got int(5) at 1:18"),
        ("impl I { let }", "Expected fn, got let at 1:10"),
        ("import {5}", "Expected import name, got int(5) at 1:9"),
        ("import 5", "Expected import path string, got int(5) at 1:8"),
        ('import r"x"', "Expected import path string, got rstr(x) at 1:8"),
        ('import "a${b}"', "Expected import path string, got istr(...) at 1:8"),
        ('import {a} "x"', "Expected from, got str(x) at 1:12"),
        ("@5 fn f() {}", "Expected attribute name, got int(5) at 1:2"),
        ("@a(+) fn f() {}", "Expected attribute argument value (literal or identifier), got + at 1:4"),
        ("@a(-x) fn f() {}", "Expected number after '-' in attribute argument, got id(x) at 1:5"),
        ("try {} catch (5) {}", "Expected error variable, got int(5) at 1:15"),
        ("select { 5 from c {} }", "Expected select case variable, got int(5) at 1:10"),
        ("a.5", "Expected member name, got int(5) at 1:3"),
        ("a?.)", "Expected member name, got ) at 1:4"),
        ("pub let", "Expected fn, tool, struct, enum, or pipeline after pub, got let at 1:5"),
        ("let x = (1]", "Expected ), got ] at 1:11"),
        ("x[1)", "Expected ], got ) at 1:4"),
        ("if x ]", "Expected {, got ] at 1:6"),
        ("fn f {}", "Expected (, got { at 1:6"),
        ("let x 5", "Expected =, got int(5) at 1:7"),
        ("let x\nlet y = 1", "Expected =, got let at 2:1"),
        ("for x )", "Expected in, got ) at 1:7"),
        ("guard x { }", "Expected else, got { at 1:9"),
        ("match x { 1 { } }", "Expected ->, got { at 1:13"),
        ("a ? b )", "Expected :, got ) at 1:7"),
        ("let x: list<int = 1", "Expected >, got = at 1:17"),
        ("f(1 ]", "Expected expression, got ] at 1:5"),
        ("[1, 2\nlet y = 2", "Expected expression, got let at 2:1"),
        ("{a: 1 ]", "Expected dict key, got ] at 1:7"),
        ("fn f(a ]", "Expected parameter name, got ] at 1:8"),
        ("a b c )", "Expected expression, got ) at 1:7"),
        ("match x { 1 -> {} ) }", "Expected expression, got ) at 1:19"),
        ("let x = <<EOF", HEREDOC + "1:9"),
        ("f(<<EOF", HEREDOC + "1:3"),
    ],
)
def test_an_error_says_what_was_expected_and_what_was_found(text: str, expected: str) -> None:
    assert errors(text)[0] == expected


@pytest.mark.parametrize(
    ("token", "name"),
    [
        ("if", "if"),
        ("+=", "+="),
        ("x", "id(x)"),
        ('"a\\tb"', "str(a\tb)"),
        ('r"a"', "rstr(a)"),
        ('"${a}"', "istr(...)"),
        ("007", "int(7)"),
        ("2.50", "float(2.5)"),
        ("2.0", "float(2)"),
        ("100000000000000000000000.0", "float(100000000000000000000000)"),
        ("2s", "duration(2000ms)"),
        ("{", "{"),
        ("?", "?"),
        ("each", "id(each)"),
    ],
)
def test_tokens_are_named_by_kind_and_value(token: str, name: str) -> None:
    assert errors(f"spawn {token}" if token != "{" else "match x { 1 {")[0].startswith(
        f"Expected {'->' if token == '{' else '{'}, got {name} at "
    )


def test_a_reserved_word_as_a_member_or_key_is_named_plainly() -> None:
    assert error("{[a if]: 1}").startswith("Expected ], got if at 1:5")


def test_every_broken_statement_is_reported_once() -> None:
    text = "pipeline p() {\n  let x = )\n  let y = 42\n  let z = )\n}\nfn f() { }\n"
    assert errors(text) == ["Expected expression, got ) at 2:11", "Expected expression, got ) at 4:11"]


def test_parsing_goes_on_before_a_statement_word_or_a_brace_only() -> None:
    assert errors("let x = )\nfoo )\nlet y = )") == [
        "Expected expression, got ) at 1:9",
        "Expected expression, got ) at 3:9",
    ]
    assert errors("if a { let x = ) }\nlet y = )") == [
        "Expected expression, got ) at 1:16",
        "Expected expression, got ) at 2:9",
    ]


def test_recovery_never_goes_on_inside_a_string() -> None:
    assert errors('let x = "${)\nlet y = ) }"\nlet z = 1') == ["Expected expression, got ) at 1:12"]


def test_braces_left_over_by_an_error_are_skipped_silently() -> None:
    assert errors("fn f() {\n  if a {\n    let x = )\n  }\n}\nlet y = 1\n}\n") == ["Expected expression, got ) at 3:13"]


def test_there_is_no_limit_on_the_number_of_errors() -> None:
    assert len(errors("let = 1\n" * 3000)) == 3000


def test_the_exception_carries_path_source_and_the_first_text() -> None:
    with pytest.raises(HarnSyntaxError) as caught:
        parse_program(b"let x = )", "dir/demo.harn")
    assert caught.value.path == "dir/demo.harn"
    assert caught.value.source == "let x = )"
    assert str(caught.value) == "Expected expression, got ) at 1:9"
    assert not caught.value.is_lexical


@pytest.mark.parametrize(
    ("text", "label", "help"),
    [
        ("f(1", "file ends here", "add a closing `)` to finish this expression or parameter list"),
        ("if a {", "file ends here", "add a closing `}` to finish this block"),
        ("x[1)", "unexpected token", "add a closing `]` to finish this list or subscript"),
        ("pub let", "unexpected token", "use `pub fn`, `pub pipeline`, `pub enum`, or `pub struct`"),
        ("let )", "unexpected token", None),
        ("select { }\n", "line break not allowed here", None),
        ("let x = &", "here", None),
    ],
)
def test_labels_and_help(text: str, label: str, help: str | None) -> None:
    (found,) = diagnostics(text)
    assert (found.severity, found.label, found.help) == ("error", label, help)


def test_an_end_of_file_error_points_behind_the_last_character() -> None:
    assert diagnostics("f(1")[0].span == (3, 3, 1, 4, 1)
    assert diagnostics("f(1\n")[0].span == (4, 4, 2, 1, 2)
