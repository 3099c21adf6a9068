"""Which programs `harn test conformance [SELECTION]` is about."""

from __future__ import annotations

import os
from pathlib import Path

from harnpy.cli.harn_files import harn_files

# The word that asks for this mode, and the directory that it means.
ROOT = "conformance"


class TargetError(Exception):
    """There is nothing to run; str() is the line for stderr."""


def select(selection: str | None) -> tuple[Path, ...]:
    """The programs below ./conformance that selection (a file or directory in it) names; all without one."""
    root = Path(ROOT)
    if not root.is_dir():
        raise TargetError(f"Directory not found: {ROOT}")
    target = root if selection is None else _resolve(root, selection)
    if target.is_file():
        if target.suffix != ".harn":
            raise TargetError(f"Conformance target must be a .harn file or directory: {target}")
        return (target,)
    programs = tuple(harn_files(target))
    if not programs:
        raise TargetError(f"No .harn conformance tests found under {target}")
    return programs


def _resolve(root: Path, selection: str) -> Path:
    """selection as a path that starts with root, so that it is shown as reports show all others."""
    found = next((path for path in (Path(selection), root / selection) if path.exists()), None)
    if found is None:
        raise TargetError(f"Conformance target not found: {selection}. Expected a file or directory under {ROOT}")
    canonical_root, canonical = os.path.realpath(root), os.path.realpath(found)
    if canonical != canonical_root and not canonical.startswith(canonical_root + os.sep):
        raise TargetError(f"Conformance target must be inside {ROOT}: {found}")
    return root / os.path.relpath(canonical, canonical_root)
