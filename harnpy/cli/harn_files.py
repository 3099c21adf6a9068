"""Finding Harn source files below a directory."""

from __future__ import annotations

import os

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def harn_files(root: str | Path) -> list[Path]:
    """All `*.harn` files below root, sorted by path. Links to directories are not followed."""
    from pathlib import Path

    return sorted(Path(file) for file in harn_paths(root))


def harn_paths(root: str | Path) -> list[str]:
    """As harn_files, as texts in any order."""
    found = []
    for directory, _, names in os.walk(root):
        found += [os.path.join(directory, name) for name in names if name.endswith(".harn")]
    return found
