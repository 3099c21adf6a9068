"""String functions and string methods, row by row."""

from __future__ import annotations

import pytest
from builtin_calls import call, call_method, caught
from hypothesis import given
from hypothesis import strategies as st

WHITE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2005\u200a\u2028\u2029\u202f\u205f\u3000"


@pytest.mark.parametrize(
    ("name", "args", "result"),
    [
        ("trim", ("  a b \n",), "a b"),
        ("trim", (42,), "42"),
        ("trim", (None,), "nil"),
        ("trim", (), ""),
        ("trim", (WHITE + "x" + WHITE,), "x"),
        ("trim", ("\x1c\x1d\x1e\x1fx\u200b",), "\x1c\x1d\x1e\x1fx\u200b"),
        ("lowercase", ("ÀB",), "àb"),
        ("lowercase", (True,), "true"),
        ("uppercase", ("straße",), "STRASSE"),
        ("uppercase", (), ""),
        ("split", ("a b  c",), ["a", "b", "", "c"]),
        ("split", ("a,b", ","), ["a", "b"]),
        ("split", ("", ","), [""]),
        ("split", ("ab", ""), ["", "a", "b", ""]),
        ("split", ("", ""), ["", ""]),
        ("split", (10203, 0), ["1", "2", "3"]),
        ("split", ("a nil b", None), ["a ", " b"]),
        ("split", (), [""]),
        ("starts_with", ("harn", "ha"), True),
        ("starts_with", ("harn", "a"), False),
        ("starts_with", ("harn", ""), True),
        ("starts_with", ("harn",), True),
        ("starts_with", (123, 12), True),
        ("ends_with", ("harn", "rn"), True),
        ("ends_with", ("harn", ""), True),
        ("ends_with", ("harn", "r"), False),
        ("contains", ("harn", "ar"), True),
        ("contains", ("harn", "x"), False),
        ("contains", ("a1b", 1), True),
        ("contains", ("harn", ""), True),
        ("contains", ([1, 2], 2), True),
        ("contains", ([1, 2], 2.0), True),
        ("contains", ([1, 2], True), False),
        ("contains", ([1, 2], "2"), False),
        ("contains", ({"a": 1}, "a"), False),
        ("contains", (42, 4), False),
        ("contains", (None, None), False),
        ("replace", ("aXbX", "X", "-"), "a-b-"),
        ("replace", ("ab", "", "-"), "-a-b-"),
        ("replace", ("ab", "b"), "a"),
        ("replace", (112, 1, 3), "332"),
        ("join", (["a", 1, None], ", "), "a, 1, nil"),
        ("join", (["a", "b"],), "ab"),
        ("join", ([], ","), ""),
        ("join", ("ab", ","), ""),
        ("join", (), ""),
        ("substring", ("hello", 1, 3), "ell"),
        ("substring", ("hello", 1), "ello"),
        ("substring", ("hello", -2, 2), "he"),
        ("substring", ("hello", 9, 2), ""),
        ("substring", ("hello", 1, -1), ""),
        ("substring", ("hello", 1, "2"), "ello"),
        ("substring", ("hello", "1", 2), "he"),
        ("substring", ("hello", 1, 99), "ello"),
        ("substring", ("hello",), "hello"),
        ("substring", ("h😀y", 1, 1), "😀"),
    ],
)
def test_string_function(name, args, result):
    assert call(name, *args) == result


@pytest.mark.parametrize(
    ("template", "values", "result"),
    [
        ("{} + {} = {}", (1, 2.0, "three"), "1 + 2.0 = three"),
        ("{} {}", ("a",), "a {}"),
        ("{}", ("a", "b"), "a"),
        ("{name} {0}", ("a",), "{name} {0}"),
        ("{}{}", ("{}", "x"), "{}x"),
        ("none", (), "none"),
        ("{}", (), "{}"),
        ("{}", (None,), "nil"),
        ("{} {}", ([1], {"a": 2}), "[1] {a: 2}"),
        ("{{}}", ("a",), "{a}"),
        (42, (), "42"),
    ],
)
def test_format_fills_empty_braces_in_order(template, values, result):
    assert call("format", template, *values) == result


@pytest.mark.parametrize(
    ("template", "values", "result"),
    [
        ("{a} and {b}", {"a": 1, "b": [2]}, "1 and [2]"),
        ("{a} {c}", {"a": 1}, "1 {c}"),
        ("{ a }", {"a": 1}, "{ a }"),
        ("{ a }", {" a ": 1}, "1"),
        ("{a", {"a": 1}, "{a"),
        ("{a} {b", {"a": 1, "b": 2}, "1 {b"),
        ("{a}", {"a": "{b}", "b": 2}, "{b}"),
        ("{}", {"": "empty"}, "empty"),
        ("{}", {}, "{}"),
        ("{{a}}", {"a": 1}, "{{a}}"),
        ("{{a}}", {"{a": 1}, "1}"),
        ("x } {a}", {"a": 1}, "x } 1"),
        ("{a}", {"a": None}, "nil"),
    ],
)
def test_format_with_a_dict_fills_known_names(template, values, result):
    assert call("format", template, values) == result


def test_format_with_a_dict_ignores_further_arguments():
    assert call("format", "{a} {}", {"a": 1}, "x") == "1 {}"


def test_format_without_arguments_is_empty():
    assert call("format") == ""


@given(st.text(alphabet="{}ab"), st.dictionaries(st.text(alphabet="{ab", max_size=2), st.text(max_size=2)))
def test_format_with_names_leaves_everything_outside_known_placeholders(template, values):
    expected, rest = "", template
    while True:
        before, opening, after = rest.partition("{")
        key, closing, following = after.partition("}")
        if not opening or not closing:
            break
        expected += before + values.get(key, "{" + key + "}")
        rest = following
    assert call("format", template, values) == expected + rest


@given(st.text(alphabet="{}a"), st.lists(st.text(alphabet="{}x", max_size=3), max_size=4))
def test_format_in_order_replaces_each_placeholder_once(template, values):
    expected, rest, left = "", template, list(values)
    while left and "{}" in rest:
        before, _, rest = rest.partition("{}")
        expected += before + left.pop(0)
    assert call("format", template, *values) == expected + rest


@pytest.mark.parametrize(
    ("text", "name", "args", "result"),
    [
        ("h😀", "count", (), 2),
        ("h😀", "len", (), 2),
        ("", "empty", (), True),
        (" ", "empty", (), False),
        ("harn", "contains", ("ar",), True),
        ("a1", "contains", (1,), True),
        ("harn", "contains", (), True),
        ("harn", "starts_with", ("ha",), True),
        ("harn", "starts_with", ("x",), False),
        ("harn", "ends_with", ("rn",), True),
        ("1.0", "ends_with", (0,), True),
        ("aXbX", "replace", ("X", 1), "a1b1"),
        ("ab", "replace", ("", "-"), "-a-b-"),
        ("ab", "replace", ("a",), None),
        ("ab", "replace", (), None),
        ("ab", "replace", ("b", None), "anil"),
        ("a,b c", "split", (), ["a", "b c"]),
        ("a b", "split", (" ",), ["a", "b"]),
        ("ab", "split", ("",), ["", "a", "b", ""]),
        ("", "split", (), [""]),
        (WHITE + "x" + WHITE, "trim", (), "x"),
        (" x ", "trim_start", (), "x "),
        (" x ", "trim_end", (), " x"),
        ("\x1fx\x1f", "trim", (), "\x1fx\x1f"),
        ("ÄB", "lowercase", (), "äb"),
        ("ÄB", "lower", (), "äb"),
        ("ÄB", "to_lower", (), "äb"),
        ("äß", "uppercase", (), "ÄSS"),
        ("äß", "upper", (), "ÄSS"),
        ("äß", "to_upper", (), "ÄSS"),
        ("hello", "substring", (1, 3), "el"),
        ("hello", "substring", (1,), "ello"),
        ("hello", "substring", (), "hello"),
        ("hello", "substring", (-3, 2), "he"),
        ("hello", "substring", (3, 1), ""),
        ("hello", "substring", (9,), ""),
        ("hello", "substring", (1, 99), "ello"),
        ("hello", "substring", (1, -1), "ello"),
        ("hello", "substring", ("1", "3"), "hello"),
        ("hello", "index_of", ("l",), 2),
        ("hello", "index_of", ("z",), -1),
        ("hello", "index_of", ("",), 0),
        ("hello", "index_of", (), 0),
        ("h😀l", "index_of", ("l",), 2),
        ("hello", "last_index_of", ("l",), 3),
        ("hello", "last_index_of", ("z",), -1),
        ("hello", "last_index_of", ("",), 5),
        ("h😀", "chars", (), ["h", "😀"]),
        ("", "chars", (), []),
        ("abc", "char_at", (1,), "b"),
        ("abc", "char_at", (), "a"),
        ("abc", "char_at", ("2",), "a"),
        ("abc", "char_at", (3,), None),
        ("abc", "char_at", (-1,), None),
        ("", "char_at", (), None),
        ("ab", "repeat", (3,), "ababab"),
        ("ab", "repeat", (), "ab"),
        ("ab", "repeat", ("3",), "ab"),
        ("ab", "repeat", (0,), ""),
        ("ab", "repeat", (-2,), ""),
        ("añ😀", "reverse", (), "😀ña"),
        ("7", "pad_left", (3,), "  7"),
        ("7", "pad_left", (3, "0"), "007"),
        ("7", "pad_left", (3, "xy"), "xx7"),
        ("7", "pad_left", (3, ""), "  7"),
        ("7", "pad_left", (3, 0), "007"),
        ("777", "pad_left", (2, "0"), "777"),
        ("7", "pad_left", (-5, "0"), "7"),
        ("7", "pad_left", (), "7"),
        ("7", "pad_left", (3.0,), "7"),
        ("7", "pad_right", (3, "0"), "700"),
        ("7", "pad_right", (3,), "7  "),
        ("a\nb", "lines", (), ["a", "b"]),
        ("a\r\nb\r\n", "lines", (), ["a", "b"]),
        ("a\n", "lines", (), ["a"]),
        ("", "lines", (), []),
        ("\n", "lines", (), [""]),
        ("\n\n", "lines", (), ["", ""]),
        ("a\rb", "lines", (), ["a\rb"]),
        ("a\r", "lines", (), ["a\r"]),
        ("a\r\r\nb", "lines", (), ["a\r", "b"]),
        ("a\u2028b\x0cc", "lines", (), ["a\u2028b\x0cc"]),
    ],
)
def test_string_method(text, name, args, result):
    outcome = call_method(text, name, *args)
    assert outcome == result
    assert type(outcome) is type(result)


@given(st.text(alphabet="a\n"))
def test_lines_put_together_again_give_the_text(text):
    lines = call_method(text, "lines")
    assert "\n".join(lines) + ("\n" if text.endswith("\n") else "") == text


@given(st.text(alphabet="a\n"))
def test_lines_do_not_depend_on_the_kind_of_line_end(text):
    assert call_method(text.replace("\n", "\r\n"), "lines") == call_method(text, "lines")


def test_iter_of_a_string_gives_characters():
    assert call_method(call_method("a😀", "iter"), "to_list") == ["a", "😀"]


def test_a_repetition_that_does_not_fit_is_an_error_of_the_program():
    assert caught(call_method, "ab", "repeat", 10**30) == "Runtime error: string repetition is too large"
    assert caught(call_method, "ab", "pad_left", 10**30) == "Runtime error: string repetition is too large"


@pytest.mark.parametrize(
    ("name", "text", "result"),
    [
        ("snake_to_camel", "user_name_id", "userNameId"),
        ("snake_to_camel", "__User__NAME_", "userName"),
        ("snake_to_pascal", "user_name", "UserName"),
        ("snake_to_kebab", "User_name", "user-name"),
        ("kebab_to_camel", "user-name", "userName"),
        ("kebab_to_snake", "User--name", "user_name"),
        ("camel_to_snake", "userName", "user_name"),
        ("camel_to_snake", "HTTPServer", "http_server"),
        ("camel_to_snake", "v2Beta", "v2_beta"),
        ("camel_to_snake", "a_b", "a_b"),
        ("camel_to_snake", "parseJSON", "parse_json"),
        ("camel_to_snake", "ABC", "abc"),
        ("camel_to_snake", "aB", "a_b"),
        ("camel_to_snake", "x_Y", "x_y"),
        ("camel_to_snake", "", ""),
        ("pascal_to_snake", "UserName", "user_name"),
        ("pascal_to_snake", "ÄpfelÖl", "äpfel_öl"),
        ("camel_to_kebab", "userNameX", "user-name-x"),
        ("pascal_to_camel", "UserName", "userName"),
        ("camel_to_pascal", "userName", "UserName"),
        ("lowercase_first", "ABC", "aBC"),
        ("lowercase_first", "", ""),
        ("uppercase_first", "ßa", "SSa"),
        ("uppercase_first", "abc", "Abc"),
        ("title_case", "hello wORLD\tagain", "Hello World\tAgain"),
        ("title_case", "  two  spaces ", "  Two  Spaces "),
        ("title_case", "it's o-k", "It's O-k"),
        ("title_case", "a\x1fb", "A\x1fb"),
        ("title_case", True, "True"),
        ("snake_to_camel", None, "nil"),
    ],
)
def test_case_conversion(name, text, result):
    assert call(name, text) == result


@pytest.mark.parametrize(
    "name", ["snake_to_camel", "camel_to_snake", "kebab_to_snake", "title_case", "uppercase_first"]
)
def test_case_conversion_of_nothing_is_empty(name):
    assert call(name) == ""


@given(st.from_regex(r"[a-z]{2,5}(_[a-z]{2,5})*", fullmatch=True))
def test_snake_case_survives_camel_case(text):
    assert call("camel_to_snake", call("snake_to_camel", text)) == text
