"""What a run of the linter depends on besides the file."""

from __future__ import annotations

from harnpy.records import Record

DEFAULT_COMPLEXITY_THRESHOLD = 25


class LintOptions(Record):
    """disabled: codes of rules whose findings are dropped; unknown ones mean nothing. require_file_header: whether that rule is on.

    complexity_threshold: the score above which a function is reported. builtins: the names that programs may call
    without declaring them. imported_elsewhere: names that selective imports of other files bring there.
    """

    disabled: frozenset[str] = frozenset()
    require_file_header: bool = False
    complexity_threshold: int = DEFAULT_COMPLEXITY_THRESHOLD
    builtins: frozenset[str] = frozenset()
    imported_elsewhere: frozenset[str] = frozenset()
