"""Tokens: chapter 01, sections 1 and 2."""

from __future__ import annotations

import pytest
from syntax_outline import error, errors, expression, outlines

from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.lexer import lex, lex_lenient
from harnpy.syntax.tokens import KEYWORDS


def kinds(text: str) -> list[str]:
    return [token.type for token in lex(text)]


def values(text: str) -> list[str]:
    return [token.value for token in lex(text)]


def string(text: str) -> str:
    (token,) = lex(text)
    assert token.type == "STR"
    return token.value


def pieces(text: str) -> list[str]:
    return [token.value for token in lex(text) if token.type == "ISTR_TEXT" and token.value]


def lexical(text: str) -> str:
    with pytest.raises(HarnSyntaxError) as caught:
        lex(text)
    assert caught.value.is_lexical
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.label == "here"
    assert diagnostic.span.end - diagnostic.span.start == 1
    return diagnostic.message


def test_positions_count_code_points_from_one_and_a_tab_counts_one() -> None:
    a, b = lex("\té = b")[0::2]
    assert a.span == (1, 2, 1, 2, 1)
    assert b.span == (5, 6, 1, 6, 1)


def test_a_carriage_return_is_white_space() -> None:
    assert kinds("a\r\nb\r\n") == ["NAME", "NEWLINE", "NAME", "NEWLINE"]


@pytest.mark.parametrize("character", ["\f", "\u00a0", "&", "^", "~", "#", "'", "`", "$", "\u00b2"])
def test_characters_without_a_meaning_are_errors(character: str) -> None:
    assert lexical(f"a {character} b") == f"Unexpected character '{character}' at 1:3"


def test_a_backslash_joins_lines_also_before_crlf() -> None:
    assert kinds("a \\\n b \\\r\n c") == ["NAME"] * 3
    assert lex("a \\\n b")[1].span.line == 2


@pytest.mark.parametrize("text", ["a \\ \nb", "a \\"])
def test_a_backslash_before_anything_else_is_an_error(text: str) -> None:
    assert lexical(text) == "Unexpected character '\\' at 1:3"


def test_a_line_comment_leaves_the_line_break() -> None:
    assert kinds("a // b\nc") == ["NAME", "NEWLINE", "NAME"]


def test_block_comments_nest_and_yield_no_line_break() -> None:
    tokens = lex("a /* x /* y\n */ \n z */ b")
    assert [token.value for token in tokens] == ["a", "b"]
    assert tokens[1].span[2:4] == (3, 7)


def test_an_open_block_comment_is_reported_at_its_outermost_start() -> None:
    assert lexical("a\n /* x /* y */") == "Unterminated block comment at 2:2"


def test_doc_comments_are_told_from_ordinary_ones() -> None:
    text = "/// a\n//// b\n/** c */ /**/ /*** d */ // e"
    comments = [(t.type, t.value) for t in lex_lenient(text) if "COMMENT" in t.type]
    assert comments == [
        ("DOC_COMMENT", " a"),
        ("COMMENT", "// b"),
        ("DOC_COMMENT", " c "),
        ("COMMENT", ""),
        ("COMMENT", "** d "),
        ("COMMENT", " e"),
    ]


def test_there_are_43_reserved_words() -> None:
    assert len(KEYWORDS) == 43
    assert all(kinds(word) == [word.upper()] for word in KEYWORDS)


def test_identifiers_take_unicode_letters_and_numbers() -> None:
    assert values("x² _a été 名前1") == ["x²", "_a", "été", "名前1"]


def test_reserved_words_are_case_sensitive() -> None:
    assert kinds("If") == ["NAME"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("42.m", ["42", ".", "m"]),
        ("1.", ["1", "."]),
        ("1.5.3", ["1.5", ".", "3"]),
        (".5", [".", "5"]),
        ("007", ["007"]),
        ("5msx", ["5ms", "x"]),
        ("5mins", ["5", "mins"]),
        ("3day", ["3", "day"]),
        ("1.5s", ["1.5", "s"]),
        ("5s_", ["5s", "_"]),
    ],
)
def test_numbers_and_durations_end_where_the_digits_or_the_suffix_end(text: str, expected: list[str]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "ms"), [("7ms", 7), ("2s", 2000), ("3m", 180000), ("1h", 3600000), ("1d", 86400000), ("1w", 604800000)]
)
def test_durations_are_whole_milliseconds(text: str, ms: int) -> None:
    assert expression(text) == f"DurationLit({ms})"


@pytest.mark.parametrize("number", ["1e5", "1E-5", "1.5e3", "0x1F", "0b01", "1_000", "1_000_000"])
def test_numbers_of_other_languages_are_malformed(number: str) -> None:
    assert lexical(f"let x = {number}") == f"Malformed number '{number}' at 1:9"


def test_integers_are_exact_at_any_length() -> None:
    assert expression("9223372036854775808") == "9223372036854775808"
    digits = "7" * 6000
    assert lex(digits)[0].value == digits
    assert outlines("0" * 9000) == ["0"]


def test_escapes_in_single_line_strings() -> None:
    assert string(r'"\n\t\\\"\$"') == '\n\t\\"$'


def test_unknown_escapes_keep_their_backslash() -> None:
    assert string(r'"\r\u\0"') == r"\r\u\0"


def test_a_dollar_without_a_brace_is_literal() -> None:
    assert string('"$a $ 5$"') == "$a $ 5$"


def test_an_escaped_dollar_does_not_interpolate() -> None:
    assert string(r'"\${x}"') == "${x}"


@pytest.mark.parametrize(
    "text", ['x "abc', 'x "abc\ny"', 'x "abc\\\ny"', 'x "a ${b', 'x "${ f("abc }"', 'x """a', 'x r"abc', 'x r"a\nb"']
)
def test_an_open_string_is_reported_where_it_begins(text: str) -> None:
    assert lexical(text) == "Unterminated string at 1:3"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"${f("x")}"', "Interp(<f('x')>)"),
        ('"${ {a: 1}.a }"', "Interp(<Prop({'a': 1}, a, False)>)"),
        ('"a${"in ${y}"}b"', "Interp(<a Interp(<in  y>) b>)"),
        ('"${f("}")}"', "Interp(<f('}')>)"),
        ('"${a /* } */}"', "Interp(<a>)"),
        ('"${a // }\n}"', "Interp(<a>)"),
        ('"${join(xs, ", ")}"', "Interp(<join(xs, ', ')>)"),
        ('"${\n a\n + b\n}"', "Interp(<(a + b)>)"),
        (
            '"${xs.map({ x -> "<${x}>" })}"',
            "Interp(<MethodCall(xs, map, <ClosureExpr(<Param(x, None, None, False)> <Interp(<< x >>)> False)>, False)>)",
        ),
    ],
)
def test_interpolations_are_lexed_properly(text: str, expected: str) -> None:
    assert expression(text).replace(", ", " ") == expected.replace(", ", " ")


def test_lines_inside_an_interpolation_are_counted() -> None:
    assert lex('"${\na\n}" b')[-1].span[2:4] == (3, 4)


@pytest.mark.parametrize("blank", ["", " ", "\t "])
def test_an_empty_interpolation_is_an_error_behind_its_brace(blank: str) -> None:
    assert lexical(f'"a${{{blank}}}"') == f"Unexpected character '}}' at 1:{6 + len(blank)}"


def test_an_empty_interpolation_is_nothing_in_triple_quotes() -> None:
    assert pieces('"""a${}b"""') == ["ab"]
    assert expression('"""a${ }b"""') == "Interp(<ab>)"


def test_errors_inside_an_interpolation_have_their_true_position() -> None:
    assert error('let a = 1\nlog("x ${a +}")') == "Expected expression, got } at 2:13"


def test_left_over_tokens_in_an_interpolation_are_rejected() -> None:
    assert error('"${a b}"') == "Expected }, got id(b) at 1:6"


def test_an_interpolation_knows_the_structs_of_the_file() -> None:
    assert outlines('struct P { x }\n"${P {x: 1}}"')[1] == "Interp(<StructLit(P, <'x': 1>)>)"


def test_raw_strings_have_no_escapes() -> None:
    (token,) = lex(r'r"a\n${x}"')
    assert (token.type, token.value) == ("RSTR", r"a\n${x}")


def test_an_identifier_that_ends_in_r_is_no_raw_string() -> None:
    assert kinds('bar"x"') == ["NAME", "STR"]


def test_triple_quotes_end_at_the_first_closing_quotes() -> None:
    assert lexical('"""a""""') == "Unterminated string at 1:8"
    assert string('"""a "b" ""c"""') == 'a "b" ""c'


def test_triple_quotes_process_no_escapes() -> None:
    assert string(r'"""a\n\"b"""') == r"a\n\"b"
    assert expression('"""\\${x}"""') == "Interp(<\\ x>)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\n  a\n    b\n  ", "a\n  b"),
        ("\r\n  a\r\n", "a\r"),
        ("\na\n", "a"),
        ("\na\n  ", "a\n  "),
        ("\n   \n  ", "   \n  "),
        ("\n  a\n\n \n  b\n", "a\n\n\nb"),
        ("  abc", "abc"),
        ("", ""),
    ],
)
def test_triple_quoted_text_is_dedented(text: str, expected: str) -> None:
    assert string(f'"""{text}"""') == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\n  a ${x}\n    b\n  ", ["a ", "\n  b"]),
        ("\n  a\n  ${x}\n  b\n", ["a\n", "\nb"]),
        ("\n  ${x}  y\n", ["  y"]),
        ("\na ${x}\n  ", ["a "]),
        ("\na ${x}\n b\n", ["a ", "\n b\n"]),
        ("\n  ${x}\n  ${y}\n", ["\n"]),
    ],
)
def test_an_interpolation_counts_as_one_character_to_the_dedent(text: str, expected: list[str]) -> None:
    assert pieces(f'"""{text}"""') == expected


def test_longest_operators_win() -> None:
    assert values("=== **= => ?. ?? ... .. |> || |") == [
        "==",
        "=",
        "**",
        "=",
        "=",
        ">",
        "?.",
        "??",
        "...",
        ".",
        ".",
        "|>",
        "||",
        "|",
    ]


def test_a_shebang_line_is_skipped() -> None:
    assert [token.span.line for token in lex("#!/usr/bin/env harn\nx")] == [1, 2]
    assert outlines("#!/usr/bin/env harn\nx") == ["x"]


def test_a_byte_order_mark_is_skipped() -> None:
    assert error("\ufefflet x = )") == "Expected expression, got ) at 1:9"
    assert error(b"\xef\xbb\xbflet x = )") == "Expected expression, got ) at 1:9"


@pytest.mark.parametrize(
    ("source", "help"),
    [
        ("let s = 'a'", 'write strings in double quotes: "..."'),
        ("# note", "comments begin with `//`"),
        ("let s = “a”", 'write strings in straight double quotes: "..."'),
        ("let s = `a`", 'write strings in double quotes; those in three (""") may have several lines'),
    ],
)
def test_habits_from_other_languages_are_answered_with_help(source: str, help: str) -> None:
    with pytest.raises(HarnSyntaxError) as caught:
        lex(source)
    assert caught.value.diagnostics[0].help == help


def test_invalid_utf8_is_a_lexical_error_with_position_and_help() -> None:
    with pytest.raises(HarnSyntaxError) as caught:
        from harnpy.syntax.parser import parse_program

        parse_program(b'let a = 1\nlet b = "\xff"', "x.harn")
    assert caught.value.is_lexical
    assert caught.value.path == "x.harn"
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.message == "Invalid UTF-8 byte 0xFF at 2:10"
    assert diagnostic.help == "save the file as UTF-8"


@pytest.mark.parametrize("source", ["a\n \0b", b"a\n \0b", '\n "\0"'])
def test_a_nul_character_is_a_lexical_error(source: str | bytes) -> None:
    (message,) = errors(source)
    assert message.startswith("Unexpected NUL character at 2:")


def test_only_the_first_lexical_error_is_reported() -> None:
    assert error("let x = )\n& ^") == "Unexpected character '&' at 2:1"


def test_lenient_lexing_yields_everything_in_text_order() -> None:
    tokens = lex_lenient('a /* b */ & "x ${y} z" // c\n"open\n1e5 d')
    assert [token.type for token in tokens] == [
        "NAME",
        "COMMENT",
        "ERROR",
        "ISTR_BEGIN",
        "ISTR_TEXT",
        "INTERP_OPEN",
        "NAME",
        "INTERP_CLOSE",
        "ISTR_TEXT",
        "ISTR_END",
        "COMMENT",
        "NEWLINE",
        "ERROR",
        "NEWLINE",
        "ERROR",
        "NAME",
    ]
