"""Noticing that a `.harn` file below a path has changed, by looking at it again and again.

Time comes from outside, so that nothing here has to be tested by waiting.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from harnpy.cli.harn_files import harn_files

POLL_SECONDS = 0.1

# What identifies the state of a file: modification time in nanoseconds, and size.
Snapshot = dict[Path, tuple[int, int]]


class Watcher:
    """Remembers how the `.harn` files below root looked and waits for a difference."""

    def __init__(self, root: Path, sleep: Callable[[float], None] = time.sleep) -> None:
        self._root = root
        self._sleep = sleep
        self._seen = self._look()

    def wait_for_change(self) -> None:
        """Return once something was added, changed or removed and then stayed quiet for one poll."""
        while True:
            self._sleep(POLL_SECONDS)
            now = self._look()
            if now != self._seen:
                break
        while now != self._seen:
            self._seen = now
            self._sleep(POLL_SECONDS)
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
