"""Compiled patterns by source text, kept for as long as their owner lives."""

from __future__ import annotations

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from harnpy.vm.patterns.pattern import Pattern

_LIMIT = 128


class PatternCache:
    """At most 128 compiled patterns; emptied when full."""

    def __init__(self) -> None:
        self._patterns: dict[str, Pattern] = {}

    def get(self, source: str) -> Pattern:
        """The compiled pattern. Raises PatternError."""
        found = self._patterns.get(source)
        if found is None:
            from harnpy.vm.patterns.pattern import Pattern

            found = Pattern(source)
            if len(self._patterns) >= _LIMIT:
                self._patterns.clear()
            self._patterns[source] = found
        return found
