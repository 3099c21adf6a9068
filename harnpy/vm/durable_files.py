"""Files that outlive whoever writes them: replaced as a whole, on the disk when a function returns, one writer at a time.

Readers need no lock: they see what was there before or what is there afterwards, whenever a writer is killed. Writers
exclude each other, also between processes, by a lock that the system takes from a process that ends; so a fixed name
does for the file that is being written, and the next writer clears away what a killed one has left of it.

A file is identified by a fingerprint of its content. Every function raises OSError, BlockingIOError if somebody else is
writing the same file at this moment. Nothing here knows Harn.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from harnpy.digest import blake2b
from harnpy.records import Record

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

# The fingerprints of what has no content.
MISSING = "missing"
UNREADABLE = "unreadable"

# More is taken for a mistake: such a file would have to fit into memory several times over.
MOST_BYTES = 1 << 30

_ONLY_THIS_FILE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
# What file systems answer that have no way to write a directory to the disk.
_NO_DIRECTORY_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)
# And what they answer that know one name for each file.
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP)


class Content(Record):
    """What a file held; data is None if it is missing or cannot be read, and then problem says why."""

    data: bytes | None
    fingerprint: str
    problem: str = ""


def fingerprint_of(data: bytes) -> str:
    """What identifies a file with this content."""
    return blake2b(data, digest_size=16).hexdigest()


def read(path: str) -> Content:
    """The content of a regular file. What cannot be read is told of in the result and raises nothing."""
    from harnpy.vm.os_errors import reason

    try:
        data = _bytes_of(path)
    except FileNotFoundError as error:
        return Content(None, MISSING, reason(error))
    except (OSError, ValueError) as error:
        return Content(None, UNREADABLE, reason(error))
    return Content(data, fingerprint_of(data))


def save(path: str, data: bytes) -> None:
    """Create or replace a file. An error of putting it in its place, not of writing it, has a filename2."""
    target = os.path.realpath(path)  # a link stays a link
    with only_writer(target):
        _replace(target, data)


def swap(path: str, data: bytes, before: str) -> bool:
    """As save, if the file still has the fingerprint `before`; else do nothing and return False."""
    target = os.path.realpath(path)
    with only_writer(target):
        if read(target).fingerprint != before:
            return False
        _replace(target, data)
    return True


def remove(path: str) -> None:
    """Remove a file, or a link but not its target; one that is missing is fine."""
    if not os.path.lexists(path):
        return
    with only_writer(os.path.realpath(path)):
        with suppress(FileNotFoundError):
            os.unlink(path)
        _sync_directory(os.path.dirname(path))


def set_aside(path: str) -> str:
    """Give a file a second name that no file has, and return it: it then survives that another takes its place."""
    target = os.path.realpath(path)
    _refuse_irregular(target, os.stat(target))
    number = 1
    while True:
        name = f"{target}.corrupt" if number == 1 else f"{target}.corrupt.{number}"
        try:
            os.link(target, name)
        except FileExistsError:
            if os.path.samefile(target, name):
                return name  # by a writer that was killed before it went on
            number += 1
        except OSError as error:
            if error.errno not in _NO_LINKS or os.path.lexists(name):
                raise
            os.rename(target, name)
            return name
        else:
            return name


def _bytes_of(path: str) -> bytes:
    # A pipe would keep us waiting for somebody who writes, a device might never end.
    with open(os.open(path, _READ), "rb") as file:
        status = os.fstat(file.fileno())
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, "")
        if not stat.S_ISREG(status.st_mode):
            raise OSError("it is no regular file")
        if status.st_size > MOST_BYTES:
            raise OSError(errno.EFBIG, "")
        return file.read()


def _replace(target: str, data: bytes) -> None:
    """Put data in the place of target, which has the permissions of before and, if possible, its owner."""
    if len(data) > MOST_BYTES:
        raise OSError(errno.EFBIG, "", target)
    before = _status(target)
    if before is not None:
        _refuse_irregular(target, before)
        if not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, "", target)
    temporary = target + ".tmp"
    with suppress(FileNotFoundError):
        os.unlink(temporary)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _ONLY_THIS_FILE, 0o666)
    try:
        with open(descriptor, "wb", buffering=0) as file:
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]
            if before is not None:
                # Not by its path: whoever may write in the directory could have put a link to something else there.
                _take_over(temporary if sys.platform == "win32" else descriptor, before)
            os.fsync(descriptor)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_directory(os.path.dirname(target))


def _refuse_irregular(path: str, status: os.stat_result) -> None:
    """Raise OSError, as one of putting a file in its place, for directories, devices and the like."""
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "", path, None, path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "", path, None, path)


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _take_over(file: int | str, before: os.stat_result) -> None:
    own = os.stat(file)
    if sys.platform != "win32" and (own.st_uid, own.st_gid) != (before.st_uid, before.st_gid):
        with suppress(OSError):  # only root may give files away
            os.chown(file, before.st_uid, before.st_gid)
    if stat.S_IMODE(own.st_mode) != stat.S_IMODE(before.st_mode):
        os.chmod(file, stat.S_IMODE(before.st_mode))


def _sync_directory(path: str) -> None:
    """Let the names in a directory survive that the machine stops."""
    if sys.platform == "win32":
        return
    descriptor = os.open(path or ".", os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_DIRECTORY_SYNC:
            raise
    finally:
        os.close(descriptor)


# --- the lock ----------------------------------------------------------------------------------------------------------


@contextmanager
def only_writer(target: str) -> Iterator[None]:
    """Nobody else is in here for the same file. The lock is a file that is there only meanwhile."""
    lock = target + ".lock"
    descriptor = _acquire(lock)
    try:
        yield
    finally:
        with suppress(OSError):  # on Windows it stays: nobody may remove an open file
            os.unlink(lock)
        os.close(descriptor)


def _acquire(lock: str) -> int:
    while True:
        descriptor = _opened(lock)
        try:
            _take(descriptor)
            if _is_at(descriptor, lock):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its owner had just removed it


def _opened(lock: str) -> int:
    try:
        return os.open(lock, os.O_RDWR | os.O_CREAT | _ONLY_THIS_FILE, 0o666)
    except PermissionError as error:
        # One that a killed process of somebody else has left can still be locked.
        try:
            return os.open(lock, os.O_RDONLY | _ONLY_THIS_FILE)
        except OSError:
            raise error from None


def _take(descriptor: int) -> None:
    """Lock an open file or raise BlockingIOError. The lock goes with the descriptor, so with the process at the latest."""
    if sys.platform == "win32":
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(errno.EAGAIN, "") from error
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_at(descriptor: int, path: str) -> bool:
    own, other = os.fstat(descriptor), _status(path)
    return other is not None and (own.st_dev, own.st_ino) == (other.st_dev, other.st_ino)
