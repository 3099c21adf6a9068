"""The inline flags of regular expressions: `(?i)`, `(?m-s:...)` and so on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harnpy.vm.patterns.cursor import Cursor
from harnpy.vm.patterns.nodes import Case

_FLAG_NAMES = {
    "i": "ignore_case",
    "m": "multi_line",
    "s": "dot_matches_newline",
    "U": "swap_greed",
    "u": "unicode",
    "R": "crlf",
    "x": "verbose",
}


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags in force at one place of a pattern."""

    ignore_case: bool = False
    multi_line: bool = False
    dot_matches_newline: bool = False
    swap_greed: bool = False
    unicode: bool = True
    crlf: bool = False
    verbose: bool = False

    @property
    def case(self) -> Case:
        """How characters treat case under these flags."""
        if not self.ignore_case:
            return Case.EXACT
        return Case.FOLDED if self.unicode else Case.FOLDED_ASCII


def parse_flags(cursor: Cursor, flags: Flags) -> tuple[Flags, bool]:
    """Read flags up to `:` or `)`; the flags then in force, and whether any flag was named. Raises PatternSyntaxError."""
    seen: dict[str, int] = {}
    changes: dict[str, bool] = {}
    value = True
    dangling = False
    while cursor.char not in (":", ")"):
        char = cursor.char
        if char != "-" and char not in _FLAG_NAMES:
            raise cursor.error("unrecognized flag", cursor.here_char())
        if char in seen:
            reason = "flag negation operator repeated" if char == "-" else "duplicate flag"
            original = cursor.here_char()._replace(start=seen[char], end=seen[char] + 1)
            raise cursor.error(reason, original, cursor.here_char())
        seen[char] = cursor.position
        dangling = char == "-"
        if dangling:
            value = False
        else:
            changes[_FLAG_NAMES[char]] = value
        if not cursor.bump():
            raise cursor.error("expected flag but got end of regex", cursor.here())
    if dangling:
        position = seen["-"]
        raise cursor.error(
            "dangling flag negation operator", cursor.here_char()._replace(start=position, end=position + 1)
        )
    return replace(flags, **changes), bool(seen)
