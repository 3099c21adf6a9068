"""Rendered diagnostics and failure reports: chapter 01 section 11.4, chapter 02 section 16."""

from __future__ import annotations

import pytest
from syntax_outline import diagnostics

from harnpy.syntax.ast import Span
from harnpy.syntax.diagnostics import Diagnostic
from harnpy.syntax.render import render_diagnostic, render_failure


def rendered(source: str, **options: bool) -> str:
    return render_diagnostic(diagnostics(source)[0], "demo.harn", source, **options)


def test_the_layout_of_an_error() -> None:
    assert rendered("pipeline p() {\n  let x = (1]\n}") == (
        "error: Expected ), got ] at 2:13\n"
        "  --> demo.harn:2:13\n"
        "   |\n"
        " 2 |   let x = (1]\n"
        "   |             ^ unexpected token\n"
        "   = help: add a closing `)` to finish this expression or parameter list\n"
    ).replace("   = help", "   = help")


def test_the_gutter_is_one_wider_than_the_line_number() -> None:
    text = rendered("\n" * 99 + "let x = )")
    assert text.splitlines()[1:] == [
        "    --> demo.harn:100:9",
        "     |",
        " 100 | let x = )",
        "     |         ^ unexpected token",
    ]


def test_a_file_that_ends_with_a_line_break_has_no_line_to_show_at_its_end() -> None:
    assert rendered("if a {\n") == (
        "error: Unexpected end of file, expected }\n  --> demo.harn:2:1\n   |\n   = help: add a closing `}` to finish this block\n"
    )


def test_a_file_without_a_last_line_break_shows_where_it_ends() -> None:
    assert rendered("let x =").splitlines()[3:] == [" 1 | let x =", "   |        ^ file ends here"]


def test_carets_cover_the_span_and_a_carriage_return_is_dropped() -> None:
    assert rendered('let "abc" = 1\r\n').splitlines()[3:] == [' 1 | let "abc" = 1', "   |     ^^^^^ unexpected token"]


@pytest.mark.parametrize(
    ("character", "shown"),
    [("\0", "\u2400"), ("\x1b", "\u241b"), ("\x7f", "\u2421"), ("\x9b", "\ufffd"), ("\u202e", "\ufffd"), ("\t", "\t")],
)
def test_a_control_character_in_a_source_line_is_shown_by_a_stand_in_of_the_same_width(character, shown) -> None:
    report = render_failure("Thrown: x", "a.harn", f'"{character}" + nope', 1, 7)
    assert f' 1 | "{shown}" + nope\n   |       ^^^^\n' in report


def test_the_name_of_a_file_does_not_control_the_terminal() -> None:
    finding = Diagnostic("warning", "unused", Span(0, 1, 1, 1, 1))
    assert "  --> a\u241b[2J\u240a.harn:1:1\n" in render_diagnostic(finding, "a\x1b[2J\n.harn", "x")


def test_without_a_label_there_are_no_carets() -> None:
    finding = Diagnostic("warning", "unused", Span(0, 1, 1, 1, 1))
    assert render_diagnostic(finding, "a.harn", "\tx") == "warning: unused\n  --> a.harn:1:1\n   |\n 1 | \tx\n"


@pytest.mark.parametrize(
    ("severity", "note"),
    [
        ("error", "the compiler stepped on a rake here."),
        ("warning", "this still runs, but it has strong 'double-check me' energy."),
        ("note", "a tiny gremlin has left a note in the margins."),
    ],
)
def test_fun_adds_a_note_at_the_end(severity: str, note: str) -> None:
    finding = Diagnostic(severity, "m", Span(0, 1, 1, 1, 1), None, "h")
    assert render_diagnostic(finding, "a", "x", fun=True).endswith(
        f"   = help: h\n   = note: {note}\n".replace("   =", "   =")
    )


@pytest.mark.parametrize(
    ("severity", "code"), [("error", "1;31"), ("warning", "1;33"), ("note", "1;35"), ("info", "1;36")]
)
def test_colours(severity: str, code: str) -> None:
    finding = Diagnostic(severity, "m", Span(0, 1, 1, 1, 1), "l", "h")
    assert render_diagnostic(finding, "a", "x", color=True) == (
        f"\x1b[{code}m{severity}\x1b[0m: m\n"
        "  \x1b[1;34m-->\x1b[0m a:1:1\n"
        "   \x1b[34m|\x1b[0m\n"
        " 1 \x1b[34m|\x1b[0m x\n"
        f"   \x1b[34m|\x1b[0m \x1b[{code}m^\x1b[0m l\n"
        "   = \x1b[1;36mhelp\x1b[0m: h\n"
    )


def test_a_runtime_failure_underlines_the_word_and_names_the_callers() -> None:
    text = render_failure(
        "Type error: Cannot add int and string (line 3)",
        "demo.harn",
        '\n\n  let x = count + "a"\n',
        3,
        11,
        ["called from compute at demo.harn:8", "called from pipeline at demo.harn:12"],
    )
    assert text == (
        "error: Type error: Cannot add int and string (line 3)\n"
        "  --> demo.harn:3:11\n"
        "   |\n"
        ' 3 |   let x = count + "a"\n'
        "   |           ^^^^^\n"
        "  = note: called from compute at demo.harn:8\n"
        "  = note: called from pipeline at demo.harn:12\n"
    )


def test_a_failure_without_a_column_underlines_the_trimmed_line() -> None:
    assert (
        render_failure("m", "a", "  x + y  \n", 1, None)
        == "error: m\n  --> a:1:1\n   |\n 1 |   x + y  \n   |   ^^^^^\n"
    )


def test_a_failure_without_source_or_line_leaves_the_excerpt_out() -> None:
    assert render_failure("m", "a", None, 3, 2) == "error: m\n  --> a:3:2\n"
    assert render_failure("m", "a", "x", None, None, ["called from f at a:1"]) == "error: m\n"
