"""Every benchmark program does the same as its twin, and takes its size from the command line as the twin does."""

from __future__ import annotations

import re

import pytest
from pairs import PROGRAMS, all_pairs, chosen_pairs
from processes import run

PAIRS = all_pairs()
NAMES = [pair.name for pair in PAIRS]


def test_every_program_has_a_twin_and_every_twin_a_program():
    assert sorted(path.stem for path in PROGRAMS.glob("*.py")) == NAMES


@pytest.mark.parametrize("pair", PAIRS, ids=NAMES)
def test_a_program_and_its_twin_have_the_same_usual_size(pair):
    assert re.findall(r'else "(\d+)"\)', pair.twin.read_text(encoding="utf-8")) == [str(pair.usual_size)]


@pytest.mark.parametrize("size", [1, 6])
@pytest.mark.parametrize("pair", PAIRS, ids=NAMES)
def test_a_program_and_its_twin_print_the_same_line(pair, size, tmp_path):
    printed = run(pair.harn(size, "off", str(tmp_path))).output
    assert printed == run(pair.python(size)).output
    assert printed.count("\n") == 1


def test_a_size_never_shrinks_to_nothing():
    assert PAIRS[0].scaled(1e-9) == 1


def test_chosen_programs_keep_the_order_in_which_they_were_named():
    assert [pair.name for pair in chosen_pairs("sieve, collatz")] == ["sieve", "collatz"]


def test_an_unknown_name_is_refused_with_the_names_that_exist():
    with pytest.raises(ValueError, match=r"there is no benchmark 'seive'; there are .*sieve"):
        chosen_pairs("seive")
