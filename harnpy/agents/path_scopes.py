"""Which paths a pattern of a policy admits, whatever way a model spells them.

The literal beginning of a pattern names a place: `src/*` is for what is below `src`. Matching the text alone would let
`src/../../etc/passwd` out of it, so a path with `..` has to match as it is given and again once it is resolved. A star
stands for anything: `*.md` is for such files wherever they are. Links are the business of those who open files.
"""

from __future__ import annotations

from collections.abc import Iterable

from harnpy.agents.globs import fits, parts

_UP = ".."


def admits(pattern: str, path: str) -> bool:
    """Whether path is within pattern."""
    starts, literal, ends = parts(pattern)
    if not fits((starts, literal, ends), path):
        return False
    if _UP not in path.split("/") or not (starts or ends):
        return True
    return fits((starts, literal, ends), _plain(path)) if starts else _is_below(literal, path)


def admitted(patterns: Iterable[str], path: str) -> bool:
    """Whether path is within one of the patterns."""
    return any(admits(pattern, path) for pattern in patterns)


def _is_below(beginning: str, path: str) -> bool:
    """Whether path still begins so when both are resolved; what precedes the last slash names a directory."""
    directory, slash, name = beginning.rpartition("/")
    place, resolved = _plain(directory + slash), _plain(path)
    if _levels_up(resolved) > _levels_up(place):
        return False
    # The directory itself, as in `src/` or `src/sub/..`, is within `src/*`.
    return f"{resolved}/".startswith(place + name) if not name else resolved.startswith(place + name)


def _plain(path: str) -> str:
    """path without `.` and doubled slashes, and with `..` only where it leads out of the start; a directory ends in `/`
    if it did so before, and the start itself is empty.
    """
    root = "/" if path.startswith("/") else ""
    names: list[str] = []
    for name in path.split("/"):
        if name in ("", "."):
            continue
        if name != _UP:
            names.append(name)
        elif names and names[-1] != _UP:
            names.pop()
        elif not root:
            names.append(_UP)
    end = "/" if names and path.endswith("/") else ""
    return root + "/".join(names) + end


def _levels_up(plain: str) -> int:
    names = plain.split("/")
    return next((index for index, name in enumerate(names) if name != _UP), len(names))
