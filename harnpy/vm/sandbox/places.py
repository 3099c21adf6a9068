"""Where paths lead, and which operations touch which paths.

What a path means is decided once: an operation that is let through works on the path that was found to be permitted, with
all its links resolved, so that a link which is changed meanwhile leads nowhere else.
"""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple


class Touch(NamedTuple):
    """An argument of an operation that is a path.

    follows tells whether a link at its end is followed, is_tree whether all that is below is touched as well.
    """

    effect: str
    argument: int
    follows: bool = True
    is_tree: bool = False


_READ, _WRITE = (Touch("fs.read", 0),), (Touch("fs.write", 0),)
_LINK_WRITE = (Touch("fs.write", 0, follows=False),)

# The operations that take paths, by their names; every other one on files is refused where there are scopes.
TOUCHES: dict[str, tuple[Touch, ...]] = {
    **dict.fromkeys(
        [
            "read_bytes",
            "is_file",
            "real_path",
            "exists",
            "is_directory",
            "list_directory",
            "file_status",
            "entries",
            "modified_ns",
            "read_state",
            "workspace_root",
        ],
        _READ,
    ),
    # Asked about what is to be deleted, which takes no right to read it.
    "is_real_directory": _LINK_WRITE,
    **dict.fromkeys(
        [
            "write_bytes",
            "append_bytes",
            "make_directories",
            "save_state",
            "swap_state",
            "set_state_aside",
            "begin_file",
        ],
        _WRITE,
    ),
    "copy_file": (Touch("fs.read", 0), Touch("fs.write", 1)),
    "remove_file": _LINK_WRITE,
    "remove_tree": (Touch("fs.write", 0, follows=False, is_tree=True),),
    # The link is removed, but the file that it leads to is locked meanwhile.
    "remove_state": (Touch("fs.write", 0, follows=False), Touch("fs.write", 0)),
    "finish_file": (Touch("fs.write", 0, follows=False), Touch("fs.write", 1)),
    "discard_file": _LINK_WRITE,
}

# Operations on a path within a workspace (the first argument), which does not let it lead out.
WORKSPACE_TOUCHES: dict[str, Touch] = {
    "read_file": Touch("fs.read", 1),
    "list_entries": Touch("fs.read", 1, is_tree=True),
    "list_files": Touch("fs.read", 1, is_tree=True),
    "write_file": Touch("fs.write", 1),
    "rewrite_file": Touch("fs.write", 1),
}

# These tell nothing but where the program runs, which it knows from every path.
PLACELESS = frozenset({"working_directory"})

# As vm/partial_files.py names what is still being written beside its place.
_PARTIAL = re.compile(r"\.harn-[0-9a-f]{16}\.part")


# On Linux the kernel itself tells where a path leads, in a fraction of the time that looking at each link takes.
_LOOK = getattr(os, "O_PATH", 0) | getattr(os, "O_CLOEXEC", 0)
_IS_GONE = " (deleted)"


def real_place(path: str, follows: bool) -> str:
    """The absolute path that path leads to, as far as it exists. Raises ValueError for what is no path."""
    if "\0" in path:
        raise ValueError("embedded null byte")
    name = os.path.basename(path.rstrip("/"))
    if follows or name in ("", ".", ".."):
        return _resolved(path)
    return os.path.join(_resolved(os.path.dirname(path.rstrip("/")) or "."), name)


def _resolved(path: str) -> str:
    if hasattr(os, "O_PATH"):
        try:
            descriptor = os.open(path, _LOOK)
        except OSError:  # there is no such thing yet
            return os.path.realpath(path)
        try:
            found = os.readlink(f"/proc/self/fd/{descriptor}")
            if found.startswith("/") and not found.endswith(_IS_GONE):
                return found
        except OSError:  # there is no /proc
            pass
        finally:
            os.close(descriptor)
    return os.path.realpath(path)


def substituted(path: str, place: str) -> str:
    """place with the slash at the end of path, which asks for a directory."""
    return f"{place}/" if path.endswith("/") and not place.endswith("/") else place


def is_within(place: str, directory: str) -> bool:
    """Whether a real path is directory or below it."""
    return place == directory or place.startswith(directory if directory.endswith("/") else f"{directory}/")


def is_same_or_within(place: str, directory: str) -> bool:
    """As is_within, but by what the names stand for: other spellings of a name and further names of a file count, too."""
    if is_within(place, directory):
        return True
    try:
        wanted = os.stat(directory)
    except OSError:
        return False
    while True:
        try:
            if os.path.samestat(os.stat(place), wanted):
                return True
        except OSError:
            pass
        above = os.path.dirname(place)
        if above == place:
            return False
        place = above


def is_partial_of(place: str, file: str) -> bool:
    """Whether place is what is still being written beside file."""
    return os.path.dirname(place) == os.path.dirname(file) and _PARTIAL.fullmatch(os.path.basename(place)) is not None


def workspace_path(args: tuple[Any, ...]) -> str:
    """The path that an operation on a workspace is about."""
    return str(os.path.join(args[0].root, args[1]))
