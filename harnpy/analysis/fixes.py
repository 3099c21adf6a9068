"""Applying the edits that findings carry (chapter 10 section 1.5)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harnpy.syntax.diagnostics import Diagnostic, Edit


def apply(source: str, diagnostics: Iterable[Diagnostic]) -> tuple[str, int]:
    """source with the edits of diagnostics, and how many were applied.

    Edits are looked at from the end of the text to its beginning, those of one place in the order given; one that
    overlaps an edit taken before is left out. Edits that only touch, or that insert at one place, do not overlap.
    """
    edits = [edit for diagnostic in diagnostics for edit in diagnostic.fixes]
    taken: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: -edit.start):
        if not _overlaps_one_of(edit, taken):
            taken.append(edit)
    pieces: list[str] = []
    cursor = 0
    for edit in sorted(taken, key=lambda edit: (edit.start, edit.end)):
        pieces += (source[cursor : edit.start], edit.text)
        cursor = edit.end
    pieces.append(source[cursor:])
    return "".join(pieces), len(taken)


def _overlaps_one_of(edit: Edit, taken: list[Edit]) -> bool:
    """Whether edit overlaps one of those taken, which all begin where it begins or later, the first ones last."""
    for other in reversed(taken):
        if other.start >= edit.end:
            return False
        if edit.start < other.end and edit.end > other.start:
            return True
    return False
