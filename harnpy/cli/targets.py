"""From the targets of a command to the files it is about (chapter 05 section 1.1)."""

from __future__ import annotations

import os
from collections.abc import Iterable

from harnpy.cli.harn_files import harn_files


def collect(targets: Iterable[str]) -> list[str]:
    """All `*.harn` files below directories, other targets as they are; sorted, without duplicates."""
    found: set[str] = set()
    for target in targets:
        if os.path.isdir(target):
            found.update(str(file) for file in harn_files(target))
        else:
            found.add(target)
    return sorted(found)
