"""Laws that hold for every template."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from support import growth
from template_rendering import rendered

from harnpy.builtins.template import TemplateError, parse_template
from harnpy.builtins.template.nodes import Text

_FRAGMENTS = [
    "{{",
    "}}",
    "{{-",
    "-}}",
    "-",
    "{{#",
    "#}}",
    "raw",
    "endraw",
    "if",
    "elif",
    "else",
    "end",
    "for",
    "in",
    "include",
    "with",
    "x",
    "y.z",
    "[",
    "]",
    "(",
    ")",
    "0",
    "-1",
    "2.5",
    "'a'",
    '"',
    "'",
    "\\",
    ",",
    ":",
    "|",
    "upper",
    "length",
    "join",
    "default",
    "json",
    "indent",
    "and",
    "or",
    "not",
    "==",
    "!=",
    "<",
    "<=",
    "!",
    "&&",
    "||",
    "&",
    "=",
    "nil",
    "true",
    "{",
    "}",
    "\n",
    "\r\n",
    "\t",
    "é",
    "😀",
    "loop.index",
]
_TEMPLATES = st.lists(st.sampled_from([*_FRAGMENTS, " "])).map("".join)
_DIRECTIVES = st.lists(st.sampled_from(_FRAGMENTS[12:])).map(lambda words: "{{ " + " ".join(words) + " }}")
# A brace right before a directive belongs to it: `{{{` begins with its first two.
_PLAIN = st.text().filter(lambda text: "{{" not in text + "{")
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.one_of(st.text(), _TEMPLATES, st.lists(_DIRECTIVES).map("".join)), _VALUES)
def test_a_template_renders_or_is_refused_with_a_place(text: str, value: object) -> None:
    try:
        assert isinstance(rendered(text, {"/t/a": "inner"}, x=value, y={"z": value}), str)
    except TemplateError as error:
        lines = text.split("\n")
        assert lines[error.line - 1].startswith("{{", error.column - 1)


@given(st.text().filter(lambda text: "{{" not in text))
def test_text_without_directives_is_copied(text: str) -> None:
    assert rendered(text) == text


@given(_PLAIN)
def test_raw_text_is_copied(text: str) -> None:
    assert rendered("{{ raw }}" + text + "{{ endraw }}") == text


@given(st.text().filter(lambda text: "#}}" not in text), _PLAIN)
def test_a_comment_leaves_the_text_around_it(comment: str, text: str) -> None:
    assert rendered(text + "{{# " + comment + " #}}" + text) == text + text


@given(_VALUES)
def test_an_interpolated_string_survives(value: object) -> None:
    text = repr(value)
    assert rendered("{{ x.y }}", x={"y": text}) == text


@given(st.text())
def test_text_is_not_interpreted_when_it_is_a_value(text: str) -> None:
    assert rendered("{{ (x) }}", x=text) == text


@given(st.lists(st.sampled_from(["a", "\n", " ", "{{ 1 }}", "{{# c #}}", "{{ 1 -}}", "{{- 1 }}"])))
def test_trimming_only_ever_removes_white_space(pieces: list[str]) -> None:
    text = "".join(pieces)
    trimmed = rendered(text)
    untrimmed = rendered(text.replace("-", ""))
    assert "".join(trimmed.split()) == "".join(untrimmed.split())


def test_parsing_time_grows_with_the_text_only() -> None:
    unit = "line of text\n{{ if x }}{{ y.z | upper }}{{ end }}{{# c #}}{{ raw }}{{ q }}{{ endraw }}\n"
    assert growth(lambda size: parse_template(unit * (size // len(unit))), 1_000_000) < 10


def test_a_megabyte_of_plain_text_is_one_node() -> None:
    text = "{ }} x" * 170_000
    assert parse_template(text) == (Text(text),)


def test_a_megabyte_of_blanks_between_trim_markers_is_trimmed() -> None:
    assert rendered("{{ 1 -}}" + " " * 1_000_000 + "{{- 2 }}") == "12"
