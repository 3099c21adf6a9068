"""Simple case folding: which characters count as one when case is ignored (Unicode CaseFolding, statuses C and S)."""

from __future__ import annotations

from bisect import bisect_left
from functools import cache

from harnpy.vm.patterns.nodes import Case
from harnpy.vm.patterns.ranges import RangeSet, union

# No character above this one has case (the Adlam block is the last that does).
_LAST_CASED = 0x1E943
# The only characters outside ASCII that fold to ASCII letters: Kelvin sign and long s.
_OUTSIDE_ASCII = {"k": "\u212a", "s": "\u017f"}


def case_variants(char: str, case: Case) -> tuple[str, ...]:
    """char and every character that equals it under a treatment of case, sorted."""
    if case is Case.EXACT:
        return (char,)
    if case is Case.FOLDED_ASCII:
        return tuple(sorted({char.lower(), char.upper()})) if char.isascii() else (char,)
    if char.isascii():
        lower = char.lower()
        extra = _OUTSIDE_ASCII.get(lower, "")
        return tuple(sorted({lower, char.upper(), *extra}))
    return tuple(map(chr, _orbits().get(ord(char), (ord(char),))))


def fold_ranges(ranges: RangeSet, case: Case) -> RangeSet:
    """The set with all case variants of its members."""
    if case is Case.EXACT or not ranges:
        return ranges
    if ranges[-1][1] < 0x80:
        codes = [code for low, high in ranges for code in range(low, high + 1)]
        variants = {variant for code in codes for variant in case_variants(chr(code), case)}
        return union(ranges, [(ord(variant), ord(variant)) for variant in variants])
    orbits = _orbits()
    cased = _cased_code_points()
    added: list[tuple[int, int]] = []
    for low, high in ranges:
        index = bisect_left(cased, low)
        while index < len(cased) and cased[index] <= high:
            added.extend([(variant, variant) for variant in orbits[cased[index]]])
            index += 1
    return union(ranges, added)


def _fold(char: str) -> str:
    for folded in (char.casefold(), char.lower()):
        if len(folded) == 1:
            return folded
    return char


@cache
def _orbits() -> dict[int, tuple[int, ...]]:
    """For each character with case variants, all of them, itself included."""
    members: dict[str, list[int]] = {}
    for code in range(_LAST_CASED + 1):
        char = chr(code)
        folded = _fold(char)
        if folded != char:
            members.setdefault(folded, [ord(folded)]).append(code)
    return {code: tuple(sorted(set(orbit))) for orbit in members.values() for code in orbit}


@cache
def _cased_code_points() -> tuple[int, ...]:
    return tuple(sorted(_orbits()))
