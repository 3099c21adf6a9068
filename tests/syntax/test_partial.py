"""What is understood of texts with syntax errors: the whole items, and nothing but them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import growth

from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.parser import parse_program
from harnpy.syntax.partial import parse_partial


def kept(text):
    return [text[item.span.start : item.span.end] for item in parse_partial(text).program.items]


def lost(text):
    return [text[tokens[0].span.start : tokens[-1].span.end].strip() for tokens in parse_partial(text).lost]


@pytest.mark.parametrize(
    ("text", "whole", "broken"),
    [
        ("let x = )\nlet y = 2\n", ["let y = 2"], ["let x = )"]),
        ("let x =\nlet y = 2\n", ["let y = 2"], ["let x ="]),
        ("let x = 1\nlet y = 2 )\nlet z = 3", ["let x = 1", "let y = 2", "let z = 3"], [")"]),
        ("let x = 1\nlet y = 2 3 +\nlet z = 3", ["let x = 1", "let y = 2", "let z = 3"], ["3 +"]),
        ("1 = 2\nlet y = 2", ["let y = 2"], ["1 = 2"]),
        (
            "fn f() {\n  let a = )\n  return a\n}\n\nfn g() { return 1 }\n",
            ["fn g() { return 1 }"],
            ["fn f() {\n  let a = )\n  return a\n}"],
        ),
        (
            "fn f() {\n  if x {\n\nfn g() { return 1 }\nlet z = 3\n",
            ["fn g() { return 1 }", "let z = 3"],
            ["fn f() {\n  if x {"],
        ),
        (
            "@test\npipeline t(x) {\n  let a = 1 +\n}\nlet ok = 1",
            ["let ok = 1"],
            ["@test\npipeline t(x) {\n  let a = 1 +\n}"],
        ),
        ("struct P { x: int\nfn g() { return P {x: 1} }", ["fn g() { return P {x: 1} }"], ["struct P { x: int"]),
        ("let q = [1, 2\nlet r = 3\nprintln(r)", ["let r = 3", "println(r)"], ["let q = [1, 2"]),
        ("let a = 1; let b = ); let c = 3", ["let a = 1", "let c = 3"], ["let b = );"]),
        ("fn f(x) {\n  return x.\n}\nlet a = 1", ["let a = 1"], ["fn f(x) {\n  return x.\n}"]),
        ("let a = 1\n}\nlet b = 2", ["let a = 1", "let b = 2"], ["}"]),
        ("", [], []),
        ("let a = 1", ["let a = 1"], []),
    ],
)
def test_whole_items_are_kept_and_broken_ones_lost(text, whole, broken):
    assert (kept(text), lost(text)) == (whole, broken)


def test_an_open_string_costs_its_line():
    text = 'let a = 1\nlet s = "abc\nlet c = 3\n'
    assert kept(text) == ["let a = 1", "let c = 3"]


PIECES = st.sampled_from(
    [
        "let a = 1",
        "let b = )",
        "fn f() {",
        "}",
        "return 2",
        "println(1)",
        "if a {",
        "@test",
        "pub",
        "(",
        "]",
        '"',
        "${",
        "x =",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=12).map("\n".join))
def test_every_text_gives_items_that_stand_in_it_and_do_not_overlap(text):
    partial = parse_partial(text)
    stretches = [item.span[:2] for item in partial.program.items]
    stretches += [(tokens[0].span.start, tokens[-1].span.end) for tokens in partial.lost]
    stretches.sort()
    assert all(0 <= start <= end <= len(text) for start, end in stretches)
    assert all(first[1] <= second[0] for first, second in pairwise(stretches))


@settings(max_examples=100, deadline=None)
@given(st.lists(PIECES, max_size=8).map("\n".join))
def test_a_text_without_errors_is_understood_as_a_whole(text):
    try:
        program = parse_program(text, "a.harn")
    except HarnSyntaxError:
        return
    partial = parse_partial(text)
    assert (partial.program.items, partial.lost) == (program.items, ())


def test_time_grows_with_the_length_of_the_text_whatever_is_wrong_in_it():
    def unclosed(size):
        parse_partial("fn f() {\n" * size)

    def broken(size):
        parse_partial("let x = )\nlet y = 1\n" * size)

    def late(size):
        parse_partial("let y = 1\n" * size + "(")

    assert growth(unclosed, 2000) < 20
    assert growth(broken, 1000) < 10
    assert growth(late, 1000) < 10
