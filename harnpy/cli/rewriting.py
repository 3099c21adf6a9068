"""Replacing the contents of a user's file so that an interruption leaves either the old or the new ones."""

from __future__ import annotations

import os
import shutil


def rewrite(path: str, data: bytes) -> None:
    """Replace the contents of an existing file; links are followed, permissions are kept. Raises OSError."""
    target = os.path.realpath(path)
    with open(target, "r+b"):
        pass  # what may not be written is not replaced either, though the directory would let us
    unfinished = f"{target}.{os.getpid()}.tmp"
    try:
        with open(unfinished, "xb") as file:
            file.write(data)
        shutil.copymode(target, unfinished)
        os.replace(unfinished, target)
    except BaseException:
        if os.path.exists(unfinished):
            os.unlink(unfinished)
        raise
