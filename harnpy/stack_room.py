"""Room for deep recursion: programs may be nested, and may recurse, far deeper than Python allows by default."""

from __future__ import annotations

import sys

# Python frames that the deepest Harn recursion may need when every other Harn frame calls back through a builtin.
_PYTHON_FRAMES = 160_000
# C stack for the same: a call from a builtin back into the interpreter costs about a kilobyte of it.
_C_STACK_BYTES = 96 * 1024 * 1024


def make_room() -> None:
    """Raise the limits of this process as far as it may, so that depth ends in its own error rather than in Python's or
    the machine's. Doing it again costs nothing.
    """
    if sys.getrecursionlimit() < _PYTHON_FRAMES:
        sys.setrecursionlimit(_PYTHON_FRAMES)
    try:
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
        if soft != resource.RLIM_INFINITY and soft < _C_STACK_BYTES:
            wanted = _C_STACK_BYTES if hard == resource.RLIM_INFINITY else min(_C_STACK_BYTES, hard)
            resource.setrlimit(resource.RLIMIT_STACK, (wanted, hard))
    except (ImportError, ValueError, OSError):
        return
