"""Finding Harn source files below a directory."""

from __future__ import annotations

import os
from pathlib import Path


def harn_files(root: str | Path) -> list[Path]:
    """All `*.harn` files below root, sorted by path. Links to directories are not followed."""
    found = []
    for directory, _, names in os.walk(root):
        found += [Path(directory, name) for name in names if name.endswith(".harn")]
    return sorted(found)
