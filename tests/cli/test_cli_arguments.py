"""How command lines are read, and what is said about those that make no sense."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harnpy.cli.arguments import Command, Flag, HelpWanted, Positional, UsageError, parse

COMMAND = Command(
    "cook",
    "Cook something",
    flags=(
        Flag("--pan", "which pan", "PAN"),
        Flag("--pot", "which pot", "POT"),
        Flag("--minutes", "how long", "N", short="-n"),
        Flag("--quick", "hurry", short="-q"),
    ),
    positionals=(Positional("DISH", "what", required=True), Positional("SIDE", "with what")),
    exclusive=(("--pan", "--pot"),),
    passthrough="GUEST",
)
MANY = Command("eat", "Eat", positionals=(Positional("DISH", "what", many=True),))


def problem(*words: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse(COMMAND, list(words))
    return caught.value


@pytest.mark.parametrize("words", [["--pan", "iron", "soup"], ["soup", "--pan=iron"], ["--pan=iron", "soup"]])
def test_a_value_stands_behind_its_flag_or_behind_an_equals_sign_on_either_side_of_positionals(words):
    found = parse(COMMAND, words)
    assert (found.value("--pan"), found.positionals) == ("iron", ["soup"])


def test_a_short_form_is_the_same_flag():
    found = parse(COMMAND, ["soup", "-n", "5", "-q"])
    assert (found.integer("--minutes", 1), found.has("--quick")) == (5, True)


def test_a_flag_that_was_not_given_has_its_default():
    found = parse(COMMAND, ["soup"])
    assert (found.value("--pan"), found.has("--quick"), found.integer("--minutes", 7)) == (None, False, 7)


def test_everything_behind_two_dashes_is_passed_on_untouched():
    found = parse(COMMAND, ["soup", "--", "--pan", "-h", "--"])
    assert (found.positionals, found.passed) == (["soup"], ["--pan", "-h", "--"])


def test_without_somebody_to_pass_them_to_words_behind_two_dashes_are_positionals():
    assert parse(MANY, ["a", "--", "--b"]).positionals == ["a", "--b"]


def test_a_lone_dash_is_a_positional():
    assert parse(COMMAND, ["-"]).positionals == ["-"]


def test_a_value_may_begin_with_a_dash_unless_it_is_a_flag():
    assert parse(COMMAND, ["soup", "--pan", "-1"]).value("--pan") == "-1"


def test_a_missing_value_is_named():
    expected = "a value is required for '--pan <PAN>' but none was supplied"
    assert [str(problem("soup", "--pan")), str(problem("--pan", "--quick")), str(problem("--pan", "--", "x"))] == [
        expected
    ] * 3


def test_an_unknown_flag_is_named_with_the_one_that_was_probably_meant():
    error = problem("soup", "--pam", "x")
    assert (str(error), error.hint) == (
        "unexpected argument '--pam' found",
        "a similar argument exists: '--pan <PAN>'",
    )


def test_a_surplus_positional_is_named():
    assert str(problem("soup", "bread", "wine")) == "unexpected argument 'wine' found"


def test_a_missing_positional_is_named():
    assert str(problem("--quick")) == "the following required arguments were not provided: DISH"


def test_flags_that_exclude_each_other_are_both_named():
    assert str(problem("soup", "--pot", "a", "--pan", "b")) == (
        "the argument '--pan <PAN>' cannot be used with '--pot <POT>'"
    )


def test_a_flag_cannot_be_given_twice():
    assert str(problem("soup", "-q", "--quick")) == "the argument '--quick' cannot be used multiple times"


def test_a_switch_takes_no_value():
    assert str(problem("soup", "--quick=yes")) == "unexpected value 'yes' for '--quick' found; no more were expected"


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "", "\u0663"])
def test_a_number_that_is_none_is_refused(text):
    with pytest.raises(UsageError, match="expected a whole number"):
        parse(COMMAND, ["soup", f"--minutes={text}"]).integer("--minutes", 1)


def test_a_number_below_the_minimum_is_refused():
    with pytest.raises(UsageError, match="expected at least 1"):
        parse(COMMAND, ["soup", "-n", "0"]).integer("--minutes", 1, minimum=1)


def test_help_is_wanted_wherever_it_stands_before_two_dashes():
    with pytest.raises(HelpWanted):
        parse(COMMAND, ["soup", "--quick", "-h"])


def test_the_usage_line_follows_from_the_declaration():
    assert COMMAND.usage == "harn cook [--pan PAN | --pot POT] [--minutes N] [--quick] DISH [SIDE] [-- GUEST...]"


def test_the_help_names_every_flag_and_argument():
    for text in ("Cook something", "-n, --minutes <N>", "how long", "DISH", "-- GUEST...", "-h, --help"):
        assert text in COMMAND.help


@given(st.lists(st.text(max_size=8)))
def test_any_words_are_parsed_or_refused_as_a_usage_error(words):
    try:
        found = parse(COMMAND, words)
    except (UsageError, HelpWanted):
        return
    assert len(found.positionals) in (1, 2)


@given(st.text(), st.text(max_size=5).filter(lambda text: not text.startswith("-")))
def test_a_value_behind_an_equals_sign_arrives_as_it_is(value, dish):
    found = parse(COMMAND, [f"--pan={value}", dish])
    assert (found.value("--pan"), found.positionals) == (value, [dish])
