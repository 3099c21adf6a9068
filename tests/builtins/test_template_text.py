"""What templates do outside and around their directives: copying, comments, raw blocks, trimming, positions."""

from __future__ import annotations

import pytest
from template_rendering import fault_of, rendered


def test_text_without_directives_is_copied() -> None:
    assert rendered("a } b }} { c\r\n\t") == "a } b }} { c\r\n\t"


def test_whitespace_around_directives_is_kept() -> None:
    assert rendered("a \n {{ 1 }} \n b") == "a \n 1 \n b"


def test_a_comment_is_removed_up_to_its_first_end() -> None:
    assert rendered("a{{# x }} {{ y #}}b #}}") == "ab #}}"


def test_a_dash_before_the_end_of_a_comment_trims_nothing() -> None:
    assert rendered("a{{# x -#}}  b") == "a  b"


def test_a_hash_after_a_space_starts_no_comment() -> None:
    assert fault_of("{{ # x }}") == "at 1:1: unexpected character `#` in expression"


def test_a_comment_without_an_end_is_refused() -> None:
    assert fault_of("ab{{# c }}") == "at 1:3: unterminated comment"


def test_the_hash_that_opens_a_comment_does_not_close_it() -> None:
    assert fault_of("{{#}}") == "at 1:1: unterminated comment"


def test_a_raw_block_is_copied_verbatim() -> None:
    assert rendered("<{{ raw }} {{ x }}{{# c #}} {{ endraw }}>") == "< {{ x }}{{# c #}} >"


def test_trim_markers_inside_a_raw_block_mean_nothing() -> None:
    assert rendered("{{ raw -}} \n{{- x -}} \n{{- endraw }}") == " \n{{- x -}} \n"


def test_trim_markers_outside_a_raw_block_work() -> None:
    assert rendered("a\n{{- raw }}b{{ endraw -}}\n c") == "ab c"


def test_the_end_of_a_raw_block_does_not_hide_in_quotes() -> None:
    assert rendered("{{ raw }}{{ ' {{ endraw }} ' }}{{ endraw }}") == "{{ ' {{ endraw }} ' }}"


def test_a_longer_word_than_raw_is_no_raw_block() -> None:
    assert rendered("{{ rawish }}") == "{{rawish}}"


def test_a_raw_block_without_an_end_is_refused() -> None:
    assert fault_of("\n {{ raw }} {{ x }}") == "at 2:2: unterminated `{{ raw }}` block"


def test_a_directive_ends_at_the_first_closing_braces_outside_quotes() -> None:
    assert rendered("""{{ "}}" }}{{ '}}' }}{{ "\\"}}" }}""") == '}}}}"}}'


def test_a_directive_without_an_end_is_refused() -> None:
    assert fault_of("a\nb {{ x") == "at 2:3: unterminated directive"


def test_a_quote_that_never_closes_leaves_its_directive_without_an_end() -> None:
    assert fault_of("{{ it's }} {{ x }}") == "at 1:1: unterminated directive"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("a \t{{- 1 }}", "a1"),
        ("a\n \t{{- 1 }}", "a1"),
        ("a\r\n{{- 1 }}", "a1"),
        ("a\n\n{{- 1 }}", "a\n1"),
        ("a \n{{- 1 }}", "a 1"),
    ],
)
def test_a_leading_marker_trims_blanks_and_one_newline_before_it(template: str, text: str) -> None:
    assert rendered(template) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ 1 -}} \tb", "1b"),
        ("{{ 1 -}} \n b", "1 b"),
        ("{{ 1 -}}\r\nb", "1b"),
        ("{{ 1 -}}\n\nb", "1\nb"),
    ],
)
def test_a_trailing_marker_trims_blanks_and_one_newline_after_it(template: str, text: str) -> None:
    assert rendered(template) == text


def test_between_two_markers_the_start_is_trimmed_first() -> None:
    assert rendered("{{ 1 -}} \n {{- 2 }}") == "12"


def test_between_two_markers_two_newlines_go() -> None:
    assert rendered("{{ 1 -}}\n\n{{- 2 }}") == "12"


def test_a_leading_marker_works_before_a_comment() -> None:
    assert rendered("a\n{{-# c #}}b") == "ab"


def test_a_dash_away_from_the_braces_trims_nothing() -> None:
    assert fault_of("{{ - 1 }}") == "at 1:1: unexpected character `-` in expression"


def test_columns_count_characters() -> None:
    assert fault_of("→→\n→😀{{ end }}") == "at 2:3: unexpected `{{ end }}`"
