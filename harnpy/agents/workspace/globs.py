"""Globs on paths, as ignore files and ripgrep have them."""

from __future__ import annotations

import re
from fnmatch import translate


class PathGlob:
    """`*` and `?` stand for characters of one name, `**` for any number of names; without a `/` the glob is for the last
    name wherever it is. Matching takes time in proportion to the lengths of glob and path.
    """

    def __init__(self, glob: str) -> None:
        names = glob.strip("/").split("/")
        if len(names) == 1 and not glob.startswith("/"):
            names = ["**", *names]
        self._names = [None if name == "**" else re.compile(translate(name)) for name in names]

    def matches(self, path: str) -> bool:
        """Whether the glob is for a relative path."""
        # Which beginnings of the glob, by length, the names so far can be for.
        reached = _through_stars(self._names, {0})
        for name in path.split("/"):
            passed = set()
            for at in reached:
                if at < len(self._names):
                    pattern = self._names[at]
                    if pattern is None:
                        passed.add(at)
                    elif pattern.match(name):
                        passed.add(at + 1)
            reached = _through_stars(self._names, passed)
        return len(self._names) in reached


def _through_stars(names: list[re.Pattern[str] | None], reached: set[int]) -> set[int]:
    """reached and what is reached if `**` stands for no further name."""
    for at in sorted(reached):
        while at < len(names) and names[at] is None:
            at += 1
            reached.add(at)
    return reached
