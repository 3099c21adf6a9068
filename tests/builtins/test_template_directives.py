"""Blocks and interpolation: if, for, bare names, and how unmatched ones are reported."""

from __future__ import annotations

import pytest
from template_rendering import fault_of, rendered

from harnpy.vm.compare import make_set
from harnpy.vm.values import Duration, EnumVariant, Pair, Range


def test_the_first_true_branch_is_rendered() -> None:
    template = "{{ if a }}A{{ elif b }}B{{ elif c }}C{{ else }}D{{ end }}"
    assert [rendered(template, a=1), rendered(template, b=1), rendered(template, c=1), rendered(template)] == [
        "A",
        "B",
        "C",
        "D",
    ]


def test_an_if_without_else_renders_nothing() -> None:
    assert rendered("<{{ if nil }}x{{ end }}>") == "<>"


def test_conditions_after_the_chosen_branch_are_not_evaluated() -> None:
    assert rendered("{{ if true }}x{{ elif 1 | nonsense }}y{{ end }}") == "x"


@pytest.mark.parametrize("value", [None, False, 0, 0.0, -0.0, "", " \n\t\u3000", [], {}])
def test_blank_and_empty_values_are_false(value: object) -> None:
    assert rendered("{{ if x }}yes{{ else }}no{{ end }}", x=value) == "no"


@pytest.mark.parametrize("value", [make_set([]), Range(1, 0, True), Duration(0), float("nan"), "0", [None], "\x1c"])
def test_everything_else_is_true(value: object) -> None:
    assert rendered("{{ if x }}yes{{ else }}no{{ end }}", x=value) == "yes"


def test_a_list_is_looped_over_in_order() -> None:
    assert rendered("{{ for x in xs }}[{{ x }}]{{ end }}", xs=[3, 1, 2]) == "[3][1][2]"


def test_a_dict_with_one_variable_gives_its_values_by_key() -> None:
    assert rendered("{{ for v in d }}{{ v }},{{ end }}", d={"b": 2, "a": 1}) == "1,2,"


def test_a_dict_with_two_variables_gives_keys_and_values() -> None:
    assert rendered("{{ for k, v in d }}{{ k }}={{ v }} {{ end }}", d={"b": 2, "a": 1}) == "a=1 b=2 "


@pytest.mark.parametrize(
    ("value", "text"),
    [(["x", "y"], "0x1y"), (make_set(["y", "x"]), "0y1x"), (Range(5, 6, True), "0516"), (Range(5, 6, False), "05")],
)
def test_other_iterables_with_two_variables_give_indexes_and_items(value: object, text: str) -> None:
    assert rendered("{{ for i, x in xs }}{{ i }}{{ x }}{{ end }}", xs=value) == text


@pytest.mark.parametrize("value", [None, [], {}, make_set([]), Range(1, 0, True)])
def test_the_else_of_a_loop_stands_for_no_items(value: object) -> None:
    assert rendered("{{ for x in xs }}a{{ else }}none{{ end }}", xs=value) == "none"


@pytest.mark.parametrize(("value", "kind"), [("abc", "string"), (1, "int"), (True, "bool"), (Pair(1, 2), "pair")])
def test_what_cannot_be_looped_over_is_refused(value: object, kind: str) -> None:
    expected = f"/t/main.prompt at 1:2: cannot iterate over {kind} — expected list, dict, set, or range"
    assert fault_of(" {{ for c in x }}{{ end }}", x=value) == expected


def test_loop_tells_where_it_is() -> None:
    template = (
        "{{ for x in xs }}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }};{{ end }}"
    )
    assert rendered(template, xs=["a", "b"]) == "10truefalse2;21falsetrue2;"


def test_an_inner_loop_hides_the_outer_one() -> None:
    template = "{{ for x in xs }}{{ for y in x }}{{ loop.length }}{{ end }}/{{ loop.length }} {{ end }}"
    assert rendered(template, xs=[[1, 2, 3], []]) == "333/2 /2 "


def test_loop_variables_hide_bindings_and_end_with_the_loop() -> None:
    assert rendered("{{ x }}{{ for x in xs }}{{ x }}{{ end }}{{ x }}{{ loop }}", x="o", xs=[1]) == "o1o{{loop}}"


def test_the_keyword_in_may_stand_in_quotes_and_brackets() -> None:
    assert rendered('{{ for x in d[" in "] }}{{ x }}{{ end }}', d={" in ": [7]}) == "7"


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("for", "expected `in` in for-loop"),
        ("for x", "expected `in` in for-loop"),
        ("for x in", "expected `in` in for-loop"),
        ("for x\tin\txs", "expected `in` in for-loop"),
        ("for 1x in xs", "invalid for-loop variable"),
        ("for x y in xs", "invalid for-loop variable"),
        ("for x, in xs", "invalid for-loop variables"),
        ("for a, b, c in xs", "invalid for-loop variables"),
        ("for x in 1 +", "unexpected character `+` in expression"),
        ("if", "expected expression"),
        ("include", "expected expression"),
    ],
)
def test_a_malformed_head_is_refused(head: str, message: str) -> None:
    assert fault_of("{{ " + head + " }}{{ end }}") == f"at 1:1: {message}"


@pytest.mark.parametrize("word", ["end", "else", "elif x"])
def test_what_continues_no_block_is_refused(word: str) -> None:
    assert fault_of("a{{ " + word + " }}") == f"at 1:2: unexpected `{{{{ {word.split()[0]} }}}}`"


@pytest.mark.parametrize("word", ["elif 1", "else"])
def test_nothing_but_the_end_follows_an_else(word: str) -> None:
    expected = f"at 1:24: unexpected `{{{{ {word.split()[0]} }}}}`"
    assert fault_of("{{ if 1 }}1{{ else }}22{{ " + word + " }}{{ end }}") == expected


def test_a_loop_has_no_elif() -> None:
    assert fault_of("{{ for x in y }}{{ elif 1 }}{{ end }}") == "at 1:17: unexpected `{{ elif }}`"


@pytest.mark.parametrize(
    ("template", "place"),
    [
        ("\n{{ if 1 }}", "2:1: `{{ if }}`"),
        ("{{ if 1 }}\n{{ elif 2 }}", "1:1: `{{ if }}`"),
        ("{{ if 1 }}\n{{ else }}", "2:1: `{{ else }}`"),
        ("{{ for x in y }}\n", "1:1: `{{ for }}`"),
        ("{{ for x in y }}\n{{ else }}", "1:1: `{{ else }}`"),
        ("{{ for x in y }}\n{{ if 1 }}", "2:1: `{{ if }}`"),
    ],
)
def test_a_block_without_its_end_is_reported_where_it_began(template: str, place: str) -> None:
    assert fault_of(template) == f"at {place} missing matching `{{{{ end }}}}`"


def test_a_condition_after_else_is_refused() -> None:
    assert fault_of("{{ if 1 }}{{ else if 2 }}{{ end }}").startswith("at 1:11: unexpected text after `else`")


def test_words_after_end_are_ignored() -> None:
    assert rendered("{{ if 1 }}a{{ end if }}b") == "ab"


def test_a_bare_name_shows_its_value() -> None:
    assert rendered("{{ x }}{{y}}", x=[1, None], y=4.0) == "[1, nil]4.0"


def test_a_bare_name_bound_to_nil_shows_nothing() -> None:
    assert rendered("<{{ x }}>", x=None) == "<>"


@pytest.mark.parametrize("name", ["x", "_", "größe", "名前", "true", "nil", "endraw"])
def test_a_bare_name_that_is_not_bound_is_copied_without_its_blanks(name: str) -> None:
    assert rendered("{{   " + name + " }}") == "{{" + name + "}}"


def test_unbound_names_in_expressions_show_nothing() -> None:
    assert rendered("<{{ x.y }}{{ (x) }}{{ x | upper }}>") == "<>"


@pytest.mark.parametrize(
    ("value", "text"),
    [(Duration(5000), "5s"), (EnumVariant("E", "V"), "E.V"), (make_set([1]), "set(1)"), (True, "true")],
)
def test_values_show_their_display_text(value: object, text: str) -> None:
    assert rendered("{{ (x) }}", x=value) == text


def test_blocks_may_nest_far_deeper_than_the_stack() -> None:
    assert rendered("{{ if 1 }}" * 20_000 + "x" + "{{ end }}" * 20_000) == "x"


def test_an_empty_directive_is_refused() -> None:
    assert fault_of("{{}}") == "at 1:1: expected expression"


def test_a_syntax_error_comes_before_errors_of_rendering() -> None:
    assert fault_of("{{ 1 | nonsense }}{{ end }}") == "at 1:19: unexpected `{{ end }}`"
