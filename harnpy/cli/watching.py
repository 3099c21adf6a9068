"""Noticing that a `.harn` file below a path has changed.

What counts is how the files look; the system only wakes us up. So nothing that changes while nobody waits is missed,
and file systems that tell of no changes are looked at every second. Waiting comes from outside, so that nothing here
has to be tested by it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from harnpy.cli.harn_files import harn_files

# How long files have to stay as they are before a burst of changes counts as over.
SETTLE_SECONDS = 0.1

# How often files are looked at where the system cannot be asked, and where it tells of no change.
_POLL_SECONDS = 0.25
_LONGEST_WAIT_MS = 1000

# What identifies the state of a file: modification time in nanoseconds, and size.
Snapshot = dict[Path, tuple[int, int]]


class Watcher:
    """Remembers how the `.harn` files below root (or root itself) looked and waits for a difference.

    pause returns when something may have changed, settle_seconds is how long a burst may pause.
    """

    def __init__(
        self,
        root: Path,
        settle_seconds: float = SETTLE_SECONDS,
        pause: Callable[[], object] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._root = root
        self._settle_seconds = settle_seconds
        self._pause = pause if pause is not None else system_pause(root)
        self._sleep = sleep
        self._seen = self._look()

    def wait_for_change(self) -> None:
        """Return once something was added, changed or removed since the last time, and then stayed as it is."""
        now = self._look()
        while now == self._seen:
            self._pause()
            now = self._look()
        while now != self._seen:
            self._seen = now
            self._sleep(self._settle_seconds)
            now = self._look()

    def _look(self) -> Snapshot:
        files = harn_files(self._root) if self._root.is_dir() else [self._root]
        snapshot: Snapshot = {}
        for file in files:
            try:
                status = os.stat(file)
            except OSError:
                continue  # removed between listing and looking
            snapshot[file] = (status.st_mtime_ns, status.st_size)
        return snapshot


def system_pause(root: Path) -> Callable[[], object]:
    """What waits until the system tells of a change below root; a short sleep where it cannot be asked."""

    def poll() -> None:
        time.sleep(_POLL_SECONDS)

    try:
        from watchfiles import watch
    except ImportError:
        return poll
    # A file is replaced rather than changed by many editors, so its directory is what is watched.
    directory, recursive = (root, True) if root.is_dir() else (root.parent, False)
    events = watch(
        directory, watch_filter=None, recursive=recursive, rust_timeout=_LONGEST_WAIT_MS, yield_on_timeout=True
    )

    def pause() -> None:
        try:
            next(events)
        except (OSError, RuntimeError, StopIteration):
            # No more watches can be had, or the directory is gone: the generator has ended.
            poll()

    return pause
