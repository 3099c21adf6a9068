"""Finding Harn source files below a directory."""

from __future__ import annotations

import os

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def harn_files(root: str | Path, unreadable: list[str] | None = None) -> list[Path]:
    """All `*.harn` files below root, sorted by path. Links to directories are not followed.

    Directories that cannot be listed are passed over, and appended to unreadable: whoever opens them says why.
    """
    from pathlib import Path

    return sorted(Path(file) for file in harn_paths(root, unreadable))


def harn_paths(root: str | Path, unreadable: list[str] | None = None) -> list[str]:
    """As harn_files, as texts in any order."""
    found = []
    for directory, _, names in os.walk(root, onerror=lambda error: _note(error, unreadable)):
        found += [os.path.join(directory, name) for name in names if name.endswith(".harn")]
    return found


def _note(error: OSError, unreadable: list[str] | None) -> None:
    if unreadable is not None:
        unreadable.append(os.fspath(error.filename))
