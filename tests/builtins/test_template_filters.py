"""The filters of templates."""

from __future__ import annotations

import pytest
from template_rendering import fault_of, rendered

from harnpy.vm.compare import make_set
from harnpy.vm.values import Duration, Range


def shown(expression: str, **bindings: object) -> str:
    return rendered("{{ " + expression + " }}", **bindings)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("'aß' | upper", "ASS"),
        ("'AÉ' | lower", "aé"),
        ("' \u3000a b\n' | trim", "a b"),
        ("'hELLO wORLD' | capitalize", "Hello world"),
        ("'' | capitalize", ""),
        ("'hELLO  wORLD\tx' | title", "Hello  World\tX"),
        ("nil | upper", ""),
        ("1.0 | upper", "1.0"),
        ("'a' | upper | lower", "a"),
    ],
)
def test_filters_of_text(expression: str, text: str) -> None:
    assert shown(expression) == text


@pytest.mark.parametrize(
    ("value", "length"),
    [
        ("h😀", 2),
        ([1, 2], 2),
        (make_set([1]), 1),
        ({"a": 1}, 1),
        (Range(1, 5, True), 5),
        (Range(5, 1, True), 0),
        (None, 0),
    ],
)
def test_length_counts_characters_and_items(value: object, length: int) -> None:
    assert shown("x | length", x=value) == str(length)


@pytest.mark.parametrize(("value", "kind"), [(5, "int"), (True, "bool"), (Duration(1), "duration")])
def test_length_of_anything_else_is_refused(value: object, kind: str) -> None:
    assert fault_of("{{ x | length }}", x=value) == f"/t/main.prompt at 1:1: `length` not defined for {kind}"


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [(["a", "b"], "a", "b"), ("xyz", "x", "z"), (make_set([3, 4]), "3", "4"), ([], "", ""), ("", "", ""), (7, "", "")],
)
def test_first_and_last(value: object, first: str, last: str) -> None:
    assert shown("x | first", x=value) + "," + shown("x | last", x=value) == f"{first},{last}"


@pytest.mark.parametrize(("value", "text"), [([1, 2], "[2, 1]"), ("añ", "ña"), (12, "12")])
def test_reverse_turns_lists_and_strings(value: object, text: str) -> None:
    assert shown("x | reverse", x=value) == text


@pytest.mark.parametrize(
    ("value", "text"), [([1, None, "a"], "1, , a"), (make_set([2, 1]), "2, 1"), ("abc", "abc"), ([], "")]
)
def test_join(value: object, text: str) -> None:
    assert shown("x | join: ', '", x=value) == text


@pytest.mark.parametrize(("value", "kind"), [(None, "nil"), (1, "int"), ({"a": 1}, "dict")])
def test_join_of_anything_else_is_refused(value: object, kind: str) -> None:
    assert fault_of("{{ x | join: '' }}", x=value) == f"/t/main.prompt at 1:1: `join` requires a list (got {kind})"


@pytest.mark.parametrize("value", [None, 0, False, "", "  ", []])
def test_default_replaces_what_is_false(value: object) -> None:
    assert shown("x | default: 'd'", x=value) == "d"


def test_default_keeps_what_is_true() -> None:
    assert shown("x | default: 'd'", x="v") == "v"


def test_json_is_compact_and_sorted() -> None:
    value = {"b": [1, 1.0, 0.5, None, True], "a": 'q"\\\n\x01é', "c": {}, "d": []}
    assert shown("x | json", x=value) == '{"a":"q\\"\\\\\\n\\u0001é","b":[1,1.0,0.5,null,true],"c":{},"d":[]}'


def test_json_is_indented_on_demand() -> None:
    assert shown("x | json: true", x={"b": [1, {}], "a": []}) == '{\n  "a": [],\n  "b": [\n    1,\n    {}\n  ]\n}'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("nan"), "null"),
        (float("inf"), "null"),
        (make_set([1]), '"set(1)"'),
        (Duration(1000), '"1s"'),
    ],
)
def test_json_of_what_json_lacks(value: object, text: str) -> None:
    assert shown("x | json", x=value) == text


def test_json_of_an_int_has_all_its_digits() -> None:
    assert shown("x | json", x=10**5000) == "1" + "0" * 5000


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("x | indent: 2", "a\n  b\n\n  c"),
        ("x | indent: 2, true", "  a\n  b\n\n  c"),
        ("x | indent: 2, ''", "a\n  b\n\n  c"),
        ("x | indent: -1", "a\nb\n\nc"),
        ("x | indent: 0", "a\nb\n\nc"),
    ],
)
def test_indent_leaves_the_first_and_empty_lines(expression: str, text: str) -> None:
    assert shown(expression, x="a\nb\n\nc") == text


@pytest.mark.parametrize("width", ["'2'", "2.0", "true", "nil"])
def test_indent_wants_an_int(width: str) -> None:
    assert fault_of("{{ 'a' | indent: " + width + " }}").endswith("at 1:1: `indent` requires an integer width")


def test_indent_refuses_a_width_that_would_exhaust_the_memory() -> None:
    assert "too large" in fault_of("{{ 'a' | indent: 999999999999999999 }}")


def test_lines_keeps_the_empty_line_after_a_final_newline() -> None:
    assert rendered("{{ for l in x }}[{{ l }}]{{ end }}", x=["a"]) == "[a]"
    assert shown("x | lines | length", x="a\r\nb\n") == "3"


def test_escape_md_puts_a_backslash_before_what_markdown_reads() -> None:
    assert shown("x | escape_md", x="\\`|*_{}[]()#+-.!<>a1~") == (
        "\\\\\\`\\|\\*\\_\\{\\}\\[\\]\\(\\)\\#\\+\\-\\.\\!\\<\\>a1~"
    )


@pytest.mark.parametrize(
    ("expression", "text"),
    [("'banana' | replace: 'a', 'o'", "bonono"), ("'ab' | replace: '', '-'", "-a-b-"), ("'a1' | replace: 1, nil", "a")],
)
def test_replace_takes_all_occurrences(expression: str, text: str) -> None:
    assert shown(expression) == text


@pytest.mark.parametrize("call", ["upper: 1", "join", "join: 1, 2", "default", "json: 1, 2", "indent", "replace: 'a'"])
def test_a_wrong_number_of_arguments_is_refused(call: str) -> None:
    name = call.split(":")[0]
    expected = f"/t/main.prompt at 1:1: filter `{name}` got wrong number of arguments"
    assert fault_of("{{ 'x' | " + call + " }}") == expected


def test_an_unknown_filter_is_refused_when_it_is_reached() -> None:
    template = "{{ if x }}\n{{ 1 | nope }}{{ end }}"
    assert rendered(template) == ""
    assert fault_of(template, x=1) == "/t/main.prompt at 2:1: unknown filter `nope`"
