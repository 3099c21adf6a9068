"""From the targets of a command to the files it is about (chapter 05 section 1.1)."""

from __future__ import annotations

import os

from harnpy import TYPE_CHECKING
from harnpy.cli.harn_files import harn_paths

if TYPE_CHECKING:
    from collections.abc import Iterable


def collect(targets: Iterable[str]) -> list[str]:
    """All `*.harn` files below directories, other targets as they are; sorted, without duplicates.

    Directories that cannot be listed are among them, so that whoever reads them reports it.
    """
    found: set[str] = set()
    for target in targets:
        if os.path.isdir(target):
            unreadable: list[str] = []
            found.update(tidy(file) for file in harn_paths(target, unreadable))
            found.update(unreadable)
        else:
            found.add(target)
    return sorted(found)


def tidy(path: str) -> str:
    """path without parts that lead nowhere, such as the dot in `./a.harn`."""
    parts = [part for part in path.split(os.sep) if part not in ("", os.curdir)]
    return (os.sep if path.startswith(os.sep) else "") + os.sep.join(parts)
