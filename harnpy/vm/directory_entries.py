"""What is directly in a directory, as plain data."""

from __future__ import annotations

import os
import stat

from harnpy.records import NamedTuple


class Entry(NamedTuple):
    """One entry of a directory; a link counts as itself. name is for people, path is what leads there.

    They differ in names that are not Unicode. size in bytes, modified in whole Unix seconds.
    """

    name: str
    path: str
    size: int
    modified: int
    is_directory: bool


def entries(path: str) -> list[Entry]:
    """The entries of a directory by code point of their names. What vanishes meanwhile is left out. Raises OSError."""
    found = []
    with os.scandir(path) as scan:
        for each in scan:
            try:
                status = each.stat(follow_symlinks=False)
            except OSError:
                continue
            name = each.name
            shown = name if name.isascii() else os.fsencode(name).decode("utf-8", "replace")
            is_directory = stat.S_ISDIR(status.st_mode)
            found.append(Entry(shown, each.path, status.st_size, status.st_mtime_ns // 10**9, is_directory))
    found.sort()
    return found
