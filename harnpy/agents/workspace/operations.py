"""What workspace tools do to files, as operations of the effect seam: arguments and results are plain data.

All of them raise RefusedPath for paths that they may not touch and OSError for what the system refuses.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from harnpy.agents.workspace.failures import ToolFailure, quoted
from harnpy.agents.workspace.paths import Location, Workspace, is_git, located, open_directory
from harnpy.vm.effects import Repeat, operation

# Links and mounts aside no tree is so deep; it bounds how many descriptors a listing has open.
_DEEPEST = 128


class TooLarge(ToolFailure):
    """A file with more bytes than were asked for."""


@operation("fs.read", Repeat.PURE)
def workspace_root(path: str) -> str:
    """The canonical path of a directory. Raises OSError if it is none."""
    root = os.path.realpath(path, strict=True)
    if not os.path.isdir(root):
        raise NotADirectoryError(errno.ENOTDIR, "")
    return root


@operation("fs.read", Repeat.PURE)
def read_file(workspace: Workspace, path: str, limit: int) -> bytes:
    """The bytes of a regular file. Raises TooLarge if there are more than limit of them."""
    with located(workspace, path) as location:
        return _content(location, path, limit)


def _content(location: Location, path: str, limit: int) -> bytes:
    with open(location.open_file(), "rb") as file:
        data = file.read(limit + 1)
        if len(data) > limit:
            size = max(os.fstat(file.fileno()).st_size, len(data))
            raise TooLarge(f"{quoted(path)} has {size} bytes; allowed are files of at most {limit} bytes")
    return data


@operation("fs.read", Repeat.PURE)
def list_entries(workspace: Workspace, path: str, depth: int, most: int) -> list[str]:
    """The entries of a directory down to some depth, as paths from it; those of directories end in `/`.

    Sorted by name in each directory, what is in a directory right after it. At most `most` entries. What is in a
    `.git` is not listed. A link counts as a directory if it leads to one within the workspace; it is not entered.
    """
    found: list[str] = []
    with located(workspace, path) as location, _opened(location.name, location.directory) as directory:
        for entry, below in _entries(workspace, directory, "", depth):
            is_directory = entry.is_dir(follow_symlinks=False) or (
                entry.is_symlink() and _leads_to_directory(workspace, f"{path}/{below}")
            )
            found.append(below + "/" if is_directory else below)
            if len(found) >= most:
                break
    return found


@operation("fs.read", Repeat.PURE)
def list_files(workspace: Workspace, path: str) -> list[str]:
    """The regular files below a directory as paths from it, in the order of list_entries; links and `.git` left out.

    For a file, a list with "" alone.
    """
    with located(workspace, path) as location:
        status = location.status()
        if status is not None and not stat.S_ISDIR(status.st_mode):
            os.close(location.open_file())
            return [""]
        with _opened(location.name, location.directory) as directory:
            entries = _entries(workspace, directory, "", _DEEPEST)
            return [below for entry, below in entries if entry.is_file(follow_symlinks=False)]


def _entries(workspace: Workspace, directory: int, prefix: str, depth: int) -> Iterator[tuple[os.DirEntry[str], str]]:
    """The entries below an open directory with their paths from the first one."""
    with os.scandir(directory) as scan:
        entries = sorted(scan, key=lambda entry: entry.name)
    for entry in entries:
        if entry.name.startswith(".") and not workspace.hidden:
            continue
        below = prefix + entry.name
        yield entry, below
        if depth > 1 and entry.is_dir(follow_symlinks=False) and not is_git(entry.name):
            # It may have gone meanwhile, or be closed to us: its name is all there is to say.
            with suppress(OSError), _opened(entry.name, directory) as child:
                yield from _entries(workspace, child, below + "/", min(depth, _DEEPEST) - 1)


@contextmanager
def _opened(name: str, parent: int) -> Iterator[int]:
    descriptor = open_directory(name, parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _leads_to_directory(workspace: Workspace, path: str) -> bool:
    try:
        with located(workspace, path) as location:
            status = location.status()
            return status is not None and stat.S_ISDIR(status.st_mode)
    except (OSError, ToolFailure):
        return False


@operation("fs.write", Repeat.IDEMPOTENT)
def write_file(workspace: Workspace, path: str, data: bytes) -> bool:
    """Create or replace a file and make the directories above it; whether it is new. It is never seen half written."""
    with located(workspace, path, writing=True) as location:
        status = location.status()
        _replace(location, path, status, data)
        return status is None


@operation("fs.write", Repeat.IDEMPOTENT)
def rewrite_file(workspace: Workspace, path: str, before: bytes, after: bytes) -> None:
    """Replace the content of a file that is still before. It is never seen half written. Raises ToolFailure otherwise."""
    with located(workspace, path, writing=True) as location:
        status = location.status()
        if status is None:
            raise FileNotFoundError(errno.ENOENT, "")
        if status.st_size != len(before) or _content(location, path, len(before)) != before:
            raise ToolFailure(f"{quoted(path)} was changed by somebody else meanwhile; read it again")
        _replace(location, path, status, after)


def _replace(location: Location, path: str, status: os.stat_result | None, data: bytes) -> None:
    """Put a new file in the place of what status tells of.

    Hard links to the old one, which may stand outside of the workspace, keep their content.
    """
    directory, name = location.directory, location.name
    if status is not None:
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, "")
        if not stat.S_ISREG(status.st_mode):
            raise ToolFailure(f"{quoted(path)} is no regular file; allowed are regular files")
        if not os.access(name, os.W_OK, dir_fd=directory):
            raise PermissionError(errno.EACCES, "")
    temporary = f".harn-{os.urandom(8).hex()}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o666, dir_fd=directory)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            if status is not None:
                os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
        os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=directory)
        raise
