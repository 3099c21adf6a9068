"""Files that appear when they are complete: written under another name beside their place, and renamed at the end."""

from __future__ import annotations

import errno
import os
import secrets
import stat

from harnpy.vm.effects import Repeat, operation


@operation("fs.write", Repeat.IDEMPOTENT)
def begin_file(path: str) -> str:
    """Make an empty file beside path, with the permissions of a file that is there; where it is.

    A link is followed. Raises OSError, also for what is there and is no file, or none that may be written.
    """
    place = os.path.realpath(path)
    mode = None
    if os.path.lexists(place):
        mode = os.stat(place).st_mode
        if stat.S_ISDIR(mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if not stat.S_ISREG(mode):
            raise OSError("what is there is no regular file")
        if not os.access(place, os.W_OK):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), path)
    elif path.endswith("/"):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    while True:
        partial = os.path.join(os.path.dirname(place), f".harn-{secrets.token_hex(8)}.part")
        try:
            file = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o666)
            break
        except FileExistsError:
            continue
    os.close(file)
    if mode is not None:
        os.chmod(partial, stat.S_IMODE(mode))
    return partial


@operation("fs.write", Repeat.COMMITTED)
def finish_file(partial: str, path: str) -> None:
    """Give a file that begin_file made its place. Raises OSError."""
    os.replace(partial, os.path.realpath(path))


@operation("fs.write", Repeat.IDEMPOTENT)
def discard_file(partial: str) -> None:
    """Remove a file that begin_file made. One that is gone is fine."""
    try:
        os.unlink(partial)
    except OSError:
        return
