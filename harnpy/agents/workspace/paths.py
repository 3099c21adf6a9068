"""Paths within a workspace: where they lead, and that they do not lead out of it.

A path is walked component by component from a descriptor of the root. Directories are opened relative to the one
before, never through a symbolic link (O_NOFOLLOW): links are read and walked in the same way, and `..` goes back to a
descriptor that is already open. So nothing that other processes do to the tree meanwhile makes the walk leave it, and
whoever gets a Location works relative to its descriptor instead of looking the path up again.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from harnpy.agents.workspace.failures import RefusedPath, quoted

# What Linux allows; a longer path is no path anywhere.
_LONGEST_PATH = 4095
_LONGEST_NAME = 255
# As the kernel counts before it says ELOOP.
_MOST_LINKS = 40

_FOLLOW_NOTHING = os.O_NOFOLLOW | os.O_CLOEXEC
_WALK = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | _FOLLOW_NOTHING
# Opening must neither wait for the other end of a pipe nor make a terminal the controlling one.
_READ = os.O_RDONLY | _FOLLOW_NOTHING | os.O_NONBLOCK | os.O_NOCTTY

ALLOWED = "allowed are paths within the workspace, relative to its root, such as 'src/main.py'"


@dataclass(frozen=True, slots=True)
class Workspace:
    """root is an absolute path without symbolic links; hidden tells whether names that begin with a dot exist for tools."""

    root: str
    hidden: bool = True


@dataclass(frozen=True, slots=True)
class Location:
    """The entry called name in an open directory; name is "." for the root. There need not be such an entry."""

    directory: int
    name: str

    def status(self) -> os.stat_result | None:
        """What is there, a link not followed; None for nothing."""
        try:
            return os.stat(self.name, dir_fd=self.directory, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def open_file(self) -> int:
        """A descriptor for reading a regular file. Raises OSError, and RefusedPath for devices, pipes and sockets."""
        found = self.status()
        if found is None:
            raise FileNotFoundError(errno.ENOENT, "")
        _check_regular(found, self.name)
        descriptor = os.open(self.name, _READ, dir_fd=self.directory)
        try:
            _check_regular(os.fstat(descriptor), self.name)  # it may have been replaced
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def open_directory(self) -> int:
        """A descriptor for listing a directory. Raises OSError."""
        return open_directory(self.name, self.directory)


def open_directory(name: str, parent: int) -> int:
    """A descriptor for listing the directory called name in an open one; no link is followed. Raises OSError."""
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | _FOLLOW_NOTHING, dir_fd=parent)


def _check_regular(status: os.stat_result, name: str) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "")
    if not stat.S_ISREG(status.st_mode):
        raise RefusedPath(
            f"{quoted(name)} is no regular file (a device, a pipe or a socket); allowed are regular files"
        )


@contextmanager
def located(workspace: Workspace, path: str, *, writing: bool = False) -> Iterator[Location]:
    """Where path leads, links followed; valid for the body.

    With writing, missing directories above it are made. Raises RefusedPath for a path that no file within the
    workspace can have, one that leads out of it, one with hidden names if they are not allowed and, with writing, one
    in a `.git`; OSError for what the system refuses.
    """
    check_text(path)
    walk = _Walk(workspace, path, writing)
    try:
        yield walk.location()
    finally:
        walk.close()


def check_text(path: str) -> None:
    """Raises RefusedPath for a text that is no path of any file."""
    try:
        data = path.encode("utf-8")
    except UnicodeEncodeError:
        raise RefusedPath(f"the path {quoted(path)} is not valid UTF-8; {ALLOWED}") from None
    if any(byte < 32 or byte == 127 for byte in data):
        raise RefusedPath(f"the path {quoted(path)} has control characters; {ALLOWED}")
    if len(data) > _LONGEST_PATH or any(len(name) > _LONGEST_NAME for name in data.split(b"/")):
        limits = f"{_LONGEST_PATH} bytes in all, {_LONGEST_NAME} bytes a name"
        raise RefusedPath(f"the path {quoted(path)} is too long ({limits}); {ALLOWED}")


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in ("", ".")]


class _Walk:
    """One walk: the descriptors of the directories from the root to where it is, and the names still to go."""

    def __init__(self, workspace: Workspace, path: str, writing: bool) -> None:
        self._workspace = workspace
        self._path = path
        self._writing = writing
        self._links = 0
        self._pending = self._within_root(path) if path.startswith("/") else _names(path)
        self._pending.reverse()  # the next name is the last
        self._directories = [os.open(workspace.root, _WALK)]

    def close(self) -> None:
        for descriptor in self._directories:
            os.close(descriptor)
        self._directories.clear()

    def location(self) -> Location:
        try:
            return self._location()
        except BaseException:
            self.close()
            raise

    def _location(self) -> Location:
        while self._pending:
            name = self._pending.pop()
            if name == "..":
                self._leave()
                continue
            self._check_name(name)
            if self._pending:
                self._enter(name)
            elif not self._follow(name):
                return Location(self._directories[-1], name)
        return Location(self._directories[-1], ".")

    def _leave(self) -> None:
        if len(self._directories) == 1:
            raise self._outside()
        os.close(self._directories.pop())

    def _enter(self, name: str) -> None:
        parent = self._directories[-1]
        try:
            self._directories.append(os.open(name, _WALK, dir_fd=parent))
            return
        except FileNotFoundError:
            # What comes after a directory that is yet to be made cannot lead back.
            if not self._writing or ".." in self._pending:
                raise
            for each in self._pending:
                self._check_name(each)
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP) and self._follow(name):
                return
            raise
        with suppress(FileExistsError):  # somebody else was faster; if it is a link now, the next line refuses it
            os.mkdir(name, dir_fd=parent)
        self._directories.append(os.open(name, _WALK, dir_fd=parent))

    def _follow(self, name: str) -> bool:
        """Go on with where a link leads; False if name is no link."""
        try:
            target = os.readlink(name, dir_fd=self._directories[-1])
        except OSError:  # no link, or nothing
            return False
        self._links += 1
        if self._links > _MOST_LINKS:
            raise OSError(errno.ELOOP, "")
        if target.startswith("/"):
            self._pending += reversed(self._within_root(target))
            while len(self._directories) > 1:
                os.close(self._directories.pop())
        else:
            self._pending += reversed(_names(target))
        return True

    def _within_root(self, path: str) -> list[str]:
        """The names of an absolute path from the root on."""
        root, names = _names(self._workspace.root), _names(path)
        if names[: len(root)] != root:
            raise self._outside()
        return names[len(root) :]

    def _check_name(self, name: str) -> None:
        if name.startswith(".") and not self._workspace.hidden:
            raise RefusedPath(
                f"the path {quoted(self._path)} has a name that begins with a dot, which are out of bounds"
            )
        if self._writing and is_git(name):
            # Hooks and configuration of git are programs that the next git command runs.
            raise RefusedPath(f"the path {quoted(self._path)} is in '.git', which git alone may change; {ALLOWED}")

    def _outside(self) -> RefusedPath:
        return RefusedPath(f"the path {quoted(self._path)} leads out of the workspace; {ALLOWED}")


def is_git(name: str) -> bool:
    """Whether this is where git keeps a repository, also on file systems that ignore case."""
    return name.casefold() == ".git"
