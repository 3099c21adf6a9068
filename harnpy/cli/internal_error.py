"""The text for an error that is harnpy's own fault: what happened, where, and that it should be reported."""

from __future__ import annotations

import traceback
from pathlib import Path

import harnpy

_SHOWN_FRAMES = 8


def describe(error: BaseException) -> str:
    """Several lines: the exception, the innermost frames of harnpy's own files, and a report hint."""
    root = Path(harnpy.__file__).parent.parent
    lines = [f"internal error: {type(error).__name__}: {error}"]
    for frame in reversed(traceback.extract_tb(error.__traceback__)[-_SHOWN_FRAMES:]):
        path = Path(frame.filename)
        shown = path.relative_to(root) if path.is_relative_to(root) else path
        lines.append(f"  at {frame.name} ({shown}:{frame.lineno})")
    lines.append("This is a bug in harnpy, not in your program. Please report it together with the lines above")
    lines.append(f"and the script that shows it (harn {harnpy.__version__}).")
    return "\n".join(lines)
