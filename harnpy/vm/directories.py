"""Paths from the working directory, which somebody may have removed."""

from __future__ import annotations

import os


def absolute(path: str) -> str:
    """As os.path.abspath; "." and path, normalized, where there is no working directory."""
    try:
        return os.path.abspath(path)
    except OSError:
        return os.path.join(os.curdir, os.path.normpath(path))
