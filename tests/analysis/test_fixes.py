"""Applying edits: which are taken, in which order, and what comes of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harnpy.analysis.fixes import apply
from harnpy.syntax.ast import NO_SPAN
from harnpy.syntax.diagnostics import Diagnostic, Edit


def finding(*edits):
    return Diagnostic("warning", "", NO_SPAN, fixes=tuple(Edit(*edit) for edit in edits))


@pytest.mark.parametrize(
    "edits, result, count",
    [
        ([], "abcdef", 0),
        ([(1, 2, "X")], "aXcdef", 1),
        ([(1, 2, "X"), (4, 6, "")], "aXcd", 2),
        ([(4, 6, ""), (1, 2, "X")], "aXcd", 2),
        # the later place wins
        ([(1, 4, "X"), (3, 5, "Y")], "abcYf", 1),
        ([(3, 5, "Y"), (1, 4, "X")], "abcYf", 1),
        # of one place the first wins
        ([(1, 4, "X"), (1, 2, "Y")], "aXef", 1),
        ([(1, 2, "Y"), (1, 4, "X")], "aYcdef", 1),
        ([(1, 2, "X"), (1, 2, "X")], "aXcdef", 1),
        # touching
        ([(1, 3, "X"), (3, 5, "Y")], "aXYf", 2),
        # insertions
        ([(2, 2, "X"), (2, 2, "Y")], "abXYcdef", 2),
        ([(2, 2, "X"), (2, 4, "Y")], "abXYef", 2),
        ([(2, 4, "Y"), (2, 2, "X")], "abXYef", 2),
        ([(4, 4, "X"), (2, 4, "Y")], "abYXef", 2),
        ([(3, 3, "X"), (2, 4, "Y")], "abcXdef", 1),
        ([(0, 0, "X"), (6, 6, "Y")], "XabcdefY", 2),
    ],
)
def test_edits(edits, result, count):
    assert apply("abcdef", [finding(edit) for edit in edits]) == (result, count)
    assert apply("abcdef", [finding(*edits)]) == (result, count)


EDITS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5), st.text("XY", max_size=3)), max_size=8)


@given(EDITS)
def test_what_is_taken_is_what_the_chapter_says(drawn):
    source = "abcdefghijklmnopq"
    edits = [Edit(start, start + length, text) for start, length, text in drawn]
    taken = []
    for edit in sorted(edits, key=lambda edit: -edit.start):
        if not any(edit.start < other.end and edit.end > other.start for other in taken):
            taken.append(edit)
    result, count = apply(source, [Diagnostic("warning", "", NO_SPAN, fixes=(edit,)) for edit in edits])
    assert count == len(taken)
    # Every character is either kept or belongs to exactly one edit.
    removed = {offset for edit in taken for offset in range(edit.start, edit.end)}
    kept = "".join(letter for offset, letter in enumerate(source) if offset not in removed)
    assert "".join(letter for letter in result if letter in source) == kept
    assert len(result) == len(kept) + sum(len(edit.text) for edit in taken)
