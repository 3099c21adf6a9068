"""What is written in other languages and does not parse here: the help says what to write, and edits mend what is plain."""

from __future__ import annotations

import pytest

from harnpy.syntax.diagnostics import Diagnostic, HarnSyntaxError
from harnpy.syntax.parser import parse_program


def first(text: str) -> Diagnostic:
    with pytest.raises(HarnSyntaxError) as failure:
        parse_program(text, "main.harn")
    return failure.value.diagnostics[0]


def mended(text: str, found: Diagnostic) -> str:
    for edit in sorted(found.fixes, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("const x: int = 1", "let x: int = 1"),
        ("const {a, b} = d", "let {a, b} = d"),
        ("let mut x = 1", "var x = 1"),
        ("x := 1", "let x = 1"),
        ("def f(x) { return x }", "fn f(x) { return x }"),
        ("function f(x) { return x }", "fn f(x) { return x }"),
        ("func f(x) { return x }", "fn f(x) { return x }"),
        ("if a { 1 } elif b > 1 { 2 }", "if a { 1 } else if b > 1 { 2 }"),
        ("if a { 1 }\nelsif b { 2 }", "if a { 1 }\nelse if b { 2 }"),
        ("loop { break }", "while true { break }"),
        ("if a and b { 1 }", "if a && b { 1 }"),
        ("while a or b { 1 }", "while a || b { 1 }"),
        ("if a === b { 1 }", "if a == b { 1 }"),
        ("if a !== b { 1 }", "if a != b { 1 }"),
        ("if a <> b { 1 }", "if a != b { 1 }"),
        ("var x = 1\nx++\nf(x)", "var x = 1\nx += 1\nf(x)"),
        ("for y in ys { x-- }", "for y in ys { x -= 1 }"),
        ('let x = "a" ++ "b"', 'let x = "a" + "b"'),
        ("match v { 1 => { 2 } }", "match v { 1 -> { 2 } }"),
        ("for x of xs { 1 }", "for x in xs { 1 }"),
        ("fn f(x: int): int { return x }", "fn f(x: int) -> int { return x }"),
        ("fn f(x: string?) { 1 }", "fn f(x: string | nil) { 1 }"),
        ("let x: list<int>? = nil", "let x: list<int> | nil = nil"),
        ("let d = {x}", "let d = {x: x}"),
        ("let x = 'a b'", 'let x = "a b"'),
        ("let x = 1 # one", "let x = 1 // one"),
    ],
)
def test_what_is_plain_is_mended(text, result):
    found = first(text)
    assert found.help
    assert mended(text, found) == result
    parse_program(result, "main.harn")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("def f(x):\n  return x", "declared with `fn`"),
        ("if x:\n  1", "stand in braces"),
        ("try:\n  1", "stand in braces"),
        ("if x { 1 }\nelse:\n 1", "stand in braces"),
        ("if (a) return 1", "the body stands in braces"),
        ("if not x { 1 }", "`!x`"),
        ("if x is nil { 1 }", "`==`"),
        ("let f = (x) => x + 1", "`{ x -> x + 1 }`"),
        ("xs.map(x => x + 1)", "`{ x -> x + 1 }`"),
        ("xs.map(|x| x + 1)", "`{ x -> x + 1 }`"),
        ("let f = || 1", "`{ x -> x + 1 }`"),
        ("let f = lambda x: x", "`{ x -> x + 1 }`"),
        ("fn f(x) => x + 1", "the body of a function stands in braces"),
        ("for (let i = 0; i < 3; i = i + 1) { 1 }", "`for i in 0 to n exclusive { ... }`"),
        ("for (x of xs) { 1 }", "`for x in xs { ... }`"),
        ("for (x in xs) { 1 }", "without parentheses"),
        ("for k, v in d { 1 }", "in parentheses"),
        ("for i in 0..5 { 1 }", "`a to b exclusive`"),
        ("xs[1..3]", "`xs[a:b]`"),
        ("x **= 2", "`x = x ** ...`"),
        ("x ||= 2", "`x = x || ...`"),
        ("var x", "`var x = nil`"),
        ("fn f() {\n  let y\n  g()\n}", "`let y = nil`"),
        ("from m import a", 'import { name } from "lib/util"'),
        ("import os", 'import { name } from "lib/util"'),
        ('let fs = require("fs")', 'import { name } from "lib/util"'),
        ("class Foo { fn x() {} }", "`struct Name"),
        ("class Foo extends Bar { }", "`struct Name"),
        ("trait T { }", "`interface Name"),
        ("switch x { }", "`match value"),
        ("try { 1 } except E { 2 }", "`catch`"),
        ("unless x { 1 }", "`if !condition"),
        ("impl A for B { }", "`impl Type"),
        ("fn f(x: int[]) { 1 }", "`list<T>`"),
        ("let y = a?.[0]", "`?.` stands before names"),
        ("enum E { A = 1 }", "variants have no values"),
        ("struct A { x: int = 1 }", "fields have no defaults"),
        ("let x = y if c else z", "`condition ? a : b`"),
        ("let x = [y for y in ys]", "`xs.filter("),
        ("let a, b = f()", "`let [a, b] = ...`"),
        ("let (a, b) = f()", "`let [a, b] = ...`"),
        ("a = b = 1", "an assignment has no value"),
        ("let x = a ?: b", "`a ?? b`"),
        ("use foo::bar", "no `::`"),
        ("interface A { m(self) -> int }", "`fn name(self"),
        ("let x = a & b", "`a && b`"),
        ("let x = `a`", "double quotes"),
    ],
)
def test_the_help_says_what_to_write(text, part):
    assert part in (first(text).help or "")


def test_messages_stay_as_they_are():
    assert first("const x: int = 1").message == "Expected expression, got : at 1:8"
    assert first("if a and b { 1 }").message == "Expected {, got id(and) at 1:6"


@pytest.mark.parametrize("text", ["let x = )", "f(1, ]", "fn { }", "let )", "let x = &", "log(1) {a: 1}"])
def test_what_is_no_habit_gets_no_such_help(text):
    assert first(text).fixes == ()
