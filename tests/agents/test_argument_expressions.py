"""The values that models write as arguments, and what is said about broken ones."""

from __future__ import annotations

import pytest

from harnpy.llm.argument_expressions import MAX_DEPTH, ArgumentError, parse_argument
from harnpy.llm.json_values import Json
from harnpy.llm.source_text import SourceText


def parse(text: str) -> Json:
    value, end = parse_argument(SourceText(text), 0)
    assert end == len(text)
    return value


def message(text: str) -> str:
    with pytest.raises(ArgumentError) as caught:
        parse_argument(SourceText(text), 0)
    assert 0 <= caught.value.position <= len(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", {}),
        ("{ a: 1, 'b': 2, \"c\": 3, $d_1: 4, }", {"a": 1, "b": 2, "c": 3, "$d_1": 4}),
        ("{ a: 1, a: 2 }", {"a": 2}),
        ("[1, [2,], []]", [1, [2], []]),
        (" /* a */ { // b\n a /* c */ : /* d */ 1 /* e */ , /* f */ }", {"a": 1}),
        ("true", True),
        ("false", False),
        ("null", None),
        ("undefined", None),
    ],
)
def test_containers_comments_and_keywords(text: str, value: Json) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a\'b"', "a'b"),
        ("'a\"b'", 'a"b'),
        ('"a\nb"', "a\nb"),
        (r'"\n\t\r\0\\\"\'\`"', "\n\t\r\0\\\"'`"),
        (r'"\x41\u0042\u{43}\u{1F600}"', "ABC😀"),
        (r'"\ud83d\ude00"', "😀"),
        ('"a\\\nb\\\r\nc"', "abc"),
        (r'"\q\d\b"', "qdb"),
        ("'héllo — 日本 😀'", "héllo — 日本 😀"),
        ('"<< 2"', "<< 2"),
        ('"<<EOF cat"', "<<EOF cat"),
    ],
)
def test_strings(text: str, value: str) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("`a\nb 'c' \"d\" é`", "a\nb 'c' \"d\" é"),
        (r"`\n\t\r\\\`\$`", "\n\t\r\\`$"),
        ("`a\\\nb`", "ab"),
        (r"`\d\0`", r"\d\0"),
        ("`a ${b ? {c: `x`} : d} e`", "a ${b ? {c: `x`} : d} e"),
        ("`$5 {x}`", "$5 {x}"),
    ],
)
def test_templates_keep_what_they_interpolate(text: str, value: str) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("<<EOF\na\nEOF", "a"),
        ("<<EOF\nEOF", ""),
        ("<<EOF\n\nEOF", ""),
        ("<<EOF\r\na\r\nb\r\nEOF", "a\r\nb"),
        ("<<'EOF'\n`${x}` \\n \"q\"\n  EOF", '`${x}` \\n "q"'),
        ('<<"E_1"\nE_12\nE_1$\n E\nE_1', "E_12\nE_1$\n E"),
        ('"<<EOF\na\nEOF"', "a"),
        ("'<<EOF\na\nEOF", "a"),
        ("<<EOF\nnot EOF here\nEOF", "not EOF here"),
    ],
)
def test_heredocs_are_raw(text: str, value: str) -> None:
    assert parse(text) == value


def test_the_closing_tag_may_be_followed_by_the_rest_of_the_call() -> None:
    assert parse("{ content: <<END\nx = \"1\"\nEND, path: 'a.txt' }") == {"content": 'x = "1"', "path": "a.txt"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-12", -12),
        ("007", 7),
        ("1.5", 1.5),
        ("1.", 1.0),
        ("-2e3", -2000.0),
        ("1E+2", 100.0),
        ("123456789012345678901234567890", 123456789012345678901234567890),
    ],
)
def test_numbers(text: str, value: float) -> None:
    parsed = parse(text)
    assert parsed == value
    assert type(parsed) is type(value)


def test_an_integer_of_more_digits_than_python_converts_is_no_finite_number() -> None:
    assert message("9" * 5000) == "non-finite number literal"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "unexpected end of input"),
        (" // only a comment", "unexpected end of input"),
        ("{ a: /* open", "unexpected end of input"),
        ("?", "unexpected character `?` starting a value"),
        ("<a", "unexpected character `<` starting a value"),
        ("[,]", "unexpected character `,` starting a value"),
        ("٣", "unexpected character `٣` starting a value"),
        ("{ 1: 2 }", "expected an object key (identifier or string) inside `{ ... }`"),
        ("{ ...a }", "expected an object key (identifier or string) inside `{ ... }`"),
        ("{,}", "expected an object key (identifier or string) inside `{ ... }`"),
        ("{ a }", "expected `:` after key `a` inside object literal"),
        ("{ 'k 1' 2 }", "expected `:` after key `k 1` inside object literal"),
        ("{ a: 1 b: 2 }", "expected `,` or `}` after value inside object literal, got `b`"),
        ("{ a: truest }", "expected `,` or `}` after value inside object literal, got `s`"),
        ("{", "unexpected end of input inside object literal"),
        ("{ a: 1", "unexpected end of input inside object literal"),
        ("{ a: 1,", "unexpected end of input inside object literal"),
        ("[1 2]", "expected `,` or `]` inside array literal, got `2`"),
        ("[1", "unexpected end of input inside array literal"),
        ("'a", "unterminated string literal"),
        ("'a\\", "unterminated escape sequence in string literal"),
        ("'\\u12'", "invalid \\u escape in string literal"),
        ("'\\u{}'", "invalid \\u escape in string literal"),
        ("'\\u{110000}'", "invalid \\u escape in string literal"),
        ("'\\ud83d'", "invalid \\u escape in string literal"),
        ("'\\x4", "invalid \\x escape in string literal"),
        ("'\\xg1'", "invalid \\x escape"),
        ("`a", "unterminated template literal"),
        ("`a\\", "unterminated escape in template literal"),
        ("`${ { }`", "unterminated ${...} interpolation in template literal"),
        ("<< EOF\n", "heredoc requires a tag after << (e.g. <<EOF)"),
        ("<<EOF x\n", "expected newline after heredoc tag <<EOF"),
        ("<<'EOF\n", "expected newline after heredoc tag <<EOF"),
        ("<<EOF\na EOF\nEOFS", "unterminated heredoc: expected closing EOF at the start of a line"),
        ("tru", "expected `true` or `false`"),
        ("fals", "expected `true` or `false`"),
        ("nul", "expected `null`"),
        ("undef", "expected `undefined`"),
        ("1-2", "invalid number literal `1-2`"),
        ("-", "invalid number literal `-`"),
        ("1e999", "non-finite number literal"),
    ],
)
def test_messages(text: str, expected: str) -> None:
    assert message(text) == expected


def test_nesting_is_limited_and_not_by_the_stack_of_the_interpreter() -> None:
    assert parse("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert message("[" * (MAX_DEPTH + 1)) == f"value nested more than {MAX_DEPTH} levels deep"
    assert message("[" * 1_000_000).startswith("value nested more than")
    assert message("{a:" * 300_000).startswith("value nested more than")
