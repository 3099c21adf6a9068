"""Which builtins --deny and --allow take away."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harnpy.cli.sandbox import CORE, LANGUAGE, denied_by_allow, denied_by_deny, items_in

REGISTERED = {"println", "read_file", "exec", "checkpoint", "Ok", "__range", "await", "len"}


def names_in(text):
    return frozenset(items_in(text))


def test_a_list_is_comma_separated_with_blanks_trimmed_and_empty_items_ignored():
    assert items_in(" exec ,, shell,") == ["exec", "shell"]


def test_deny_denies_exactly_the_names_given_even_unknown_ones():
    assert denied_by_deny(names_in("exec,nonsense")) == {"exec", "nonsense"}


def test_deny_leaves_the_control_of_ones_own_tasks():
    assert denied_by_deny(names_in("cancel,await,exec")) == {"exec"}


def test_allow_denies_all_but_the_listed_names_and_the_core():
    assert denied_by_allow(names_in("read_file"), REGISTERED) == {"exec", "checkpoint"}


def test_an_empty_allow_list_leaves_the_core_and_the_language():
    assert denied_by_allow(names_in(""), REGISTERED) == {"read_file", "exec", "checkpoint"}


@given(st.text(), st.sets(st.text()))
def test_allow_never_denies_what_is_listed_nor_the_core_nor_internal_names(text, registered):
    denied = denied_by_allow(names_in(text), registered)
    assert denied <= registered
    assert not denied & (names_in(text) | CORE | LANGUAGE)
    assert not any(name.startswith("__") for name in denied)
